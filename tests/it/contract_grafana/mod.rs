//! What we rely on of a Grafana, asserted over plain HTTP, by the same code against the fake in both
//! dialects and against any real server that `TRUEUP_TEST_GRAFANA_URL` names, with
//! `TRUEUP_TEST_GRAFANA_USER` and `_PASSWORD` (both `admin` where not set). What is made there has uids of
//! its own, and goes when the test ends.

mod access;
mod dashboards;
mod fake;
mod folders;
mod library;
mod resource_dashboards;
mod resource_folders;
mod resource_lists;
mod resource_updates;
mod rules;
mod saves;
mod search;
mod server;
mod sources;

use std::sync::{Mutex, OnceLock, PoisonError};

use libtest_mimic::Trial;

use self::server::{Dialect, Server, Traits};
use crate::fake::grafana::Flavor;
use crate::support::{Need, test};

/// One article of the contract.
#[derive(Clone, Copy)]
struct Article {
    name: &'static str,
    of: Of,
    assert: fn(&Server),
}

/// Of which servers an article is. What a server is, it is asked: no version is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    All,
    Classic,
    Resource,
    /// Those without unified alerting, as 7.5; so much else came with it that it stands for all of that.
    Legacy,
    /// Those with unified alerting.
    Alerting,
}

impl Of {
    fn holds(self, traits: Traits) -> bool {
        match self {
            Self::All => true,
            Self::Classic => traits.dialect == Dialect::Classic,
            Self::Resource => traits.dialect == Dialect::Resource,
            Self::Legacy => !traits.alerting,
            Self::Alerting => traits.alerting,
        }
    }
}

const fn both(name: &'static str, assert: fn(&Server)) -> Article {
    let of = Of::All;
    Article { name, of, assert }
}

const fn classic(name: &'static str, assert: fn(&Server)) -> Article {
    let of = Of::Classic;
    Article { name, of, assert }
}

const fn resource(name: &'static str, assert: fn(&Server)) -> Article {
    let of = Of::Resource;
    Article { name, of, assert }
}

const fn legacy(name: &'static str, assert: fn(&Server)) -> Article {
    let of = Of::Legacy;
    Article { name, of, assert }
}

const fn alerting(name: &'static str, assert: fn(&Server)) -> Article {
    let of = Of::Alerting;
    Article { name, of, assert }
}

fn articles() -> impl Iterator<Item = Article> {
    [
        access::ARTICLES,
        dashboards::ARTICLES,
        saves::ARTICLES,
        search::ARTICLES,
        folders::ARTICLES,
        sources::ARTICLES,
        rules::ARTICLES,
        library::ARTICLES,
        resource_dashboards::ARTICLES,
        resource_updates::ARTICLES,
        resource_folders::ARTICLES,
        resource_lists::ARTICLES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// What the real server is, asked once.
fn real_traits() -> Option<Traits> {
    static TRAITS: OnceLock<Option<Traits>> = OnceLock::new();
    *TRAITS.get_or_init(|| Some(Server::real()?.traits))
}

pub fn tests() -> Vec<Trial> {
    articles().flat_map(trials).chain(fake::tests()).collect()
}

fn trials(article: Article) -> Vec<Trial> {
    let Article { name, of, assert } = article;
    let mut trials = Vec::new();
    for (word, dialect, alerting, flavor) in [
        ("fake_classic", Dialect::Classic, false, Flavor::Classic75),
        (
            "fake_resource",
            Dialect::Resource,
            true,
            Flavor::Resource124,
        ),
    ] {
        if of.holds(Traits { dialect, alerting }) {
            let name = format!("contract_grafana::{name}::{word}");
            trials.push(test(&name, &[], move || assert(&Server::fake(flavor))));
        }
    }
    if real_traits().is_none_or(|traits| of.holds(traits)) {
        let needs = &[Need::Env("TRUEUP_TEST_GRAFANA_URL")];
        let name = format!("contract_grafana::{name}::real");
        trials.push(test(&name, needs, move || {
            // One at a time: 7.5 on SQLite repeats a save that met another one, and then finds its own
            // version in the way.
            static ONE: Mutex<()> = Mutex::new(());
            let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
            assert(&Server::real().unwrap());
        }));
    }
    trials
}

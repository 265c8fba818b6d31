//! What we rely on of a Grafana, asserted over plain HTTP, by the same code against the fake in both
//! dialects and against any real server that `TRUEUP_TEST_GRAFANA_URL` names, with
//! `TRUEUP_TEST_GRAFANA_USER` and `_PASSWORD` (both `admin` where not set). What is made there has uids of
//! its own, and goes when the test ends.

mod access;
mod dashboards;
mod folders;
mod resource_dashboards;
mod resource_folders;
mod resource_lists;
mod rules;
mod saves;
mod search;
mod server;
mod sources;

use std::sync::OnceLock;

use libtest_mimic::Trial;

use self::server::{Dialect, Server};
use crate::fake::grafana::Flavor;
use crate::support::{Need, test};

/// One article of the contract.
#[derive(Clone, Copy)]
struct Article {
    name: &'static str,
    /// `None` where it is asserted of both.
    dialect: Option<Dialect>,
    assert: fn(&Server),
}

const fn both(name: &'static str, assert: fn(&Server)) -> Article {
    Article {
        name,
        dialect: None,
        assert,
    }
}

const fn classic(name: &'static str, assert: fn(&Server)) -> Article {
    Article {
        name,
        dialect: Some(Dialect::Classic),
        assert,
    }
}

const fn resource(name: &'static str, assert: fn(&Server)) -> Article {
    Article {
        name,
        dialect: Some(Dialect::Resource),
        assert,
    }
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
        resource_dashboards::ARTICLES,
        resource_folders::ARTICLES,
        resource_lists::ARTICLES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The real server's dialect, asked once.
fn real_dialect() -> Option<Dialect> {
    static DIALECT: OnceLock<Option<Dialect>> = OnceLock::new();
    *DIALECT.get_or_init(|| Some(Server::real()?.dialect))
}

pub fn tests() -> Vec<Trial> {
    articles().flat_map(trials).collect()
}

fn trials(article: Article) -> Vec<Trial> {
    let Article {
        name,
        dialect,
        assert,
    } = article;
    let holds = |speaks: Dialect| dialect.is_none_or(|dialect| dialect == speaks);
    let mut trials = Vec::new();
    for (word, speaks, flavor) in [
        ("fake_classic", Dialect::Classic, Flavor::Classic75),
        ("fake_resource", Dialect::Resource, Flavor::Resource124),
    ] {
        if holds(speaks) {
            let name = format!("contract_grafana::{name}::{word}");
            trials.push(test(&name, &[], move || assert(&Server::fake(flavor))));
        }
    }
    if real_dialect().is_none_or(holds) {
        let needs = &[Need::Env("TRUEUP_TEST_GRAFANA_URL")];
        let name = format!("contract_grafana::{name}::real");
        trials.push(test(&name, needs, move || assert(&Server::real().unwrap())));
    }
    trials
}

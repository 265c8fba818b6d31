//! A real vmalert, which says yes to a reload before it has looked.

use libtest_mimic::Trial;
use trueup::model::capabilities::Flavor;
use trueup::model::{OutcomeResult, Rule, RuleName};

use super::world::{Declared, Setup, World, alert, error_of, group, scratch, simple};
use crate::support::prometheus::Server;
use crate::support::proxy::Proxy;
use crate::support::{Need, block_on, test};

pub fn tests() -> Vec<Trial> {
    let needs = &[Need::Program("vmalert")];
    vec![
        test("provider::vmalert::creates_updates_deletes", needs, cycle),
        test(
            "provider::vmalert::refused_reload_is_noticed",
            needs,
            refused,
        ),
    ]
}

fn vmalert() -> (Server, Proxy, World) {
    let directory = scratch();
    let server = Server::vmalert(directory.path());
    let proxy = Proxy::start(server.port);
    let setup = Setup {
        flavor: Flavor::Vmalert,
        ..Setup::new(directory, Some(proxy.url()))
    };
    (server, proxy, setup.world())
}

fn cycle() {
    block_on(async {
        let (server, proxy, world) = vmalert();
        let one = vec![("a/one", simple("G")), ("b/two", simple("H"))];
        let mut two = one.clone();
        two[0].1.rules[0] = alert("AlertG", "vector(0) > 5");
        for (declared, running) in [(&one, 2), (&two, 2), (&vec![], 0)] {
            world.settle(declared).await;
            // It is asked again where a group that was just started makes it wait.
            let writes = proxy.take_writes().len();
            assert!((1..=2).contains(&writes), "{writes}");
            assert_eq!(server.groups().len(), running, "{:?}", server.groups());
            world.settle(declared).await;
            assert_eq!(proxy.take_writes(), []);
        }
    });
}

fn refused() {
    block_on(async {
        let (server, proxy, world) = vmalert();
        world.settle(&vec![("a/one", simple("G"))]).await;
        proxy.take();
        // This one has nowhere to write the results of recording rules.
        let record = Rule {
            name: RuleName::Record("job:up:sum".into()),
            ..alert("", "sum(up)")
        };
        let mut declared: Declared = ["1", "2", "3"].map(|name| ("a/one", simple(name))).into();
        declared.push(("a/one", simple("G")));
        declared.push(("b/two", group("Bad", vec![record])));
        let outcomes = world.sync(&declared).await;
        let failed: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.error.is_some())
            .collect();
        assert_eq!(failed.len(), 1, "{outcomes:?}");
        assert_eq!(
            (&*failed[0].id.name, failed[0].result),
            ("b/two/Bad", OutcomeResult::Failed)
        );
        assert!(error_of(&outcomes).contains("vmalert_config_last_reload_successful is 0"));
        assert_eq!(server.groups().len(), 4);
        assert!(proxy.take_writes().len() <= 2 + 2 + 1);
        declared.pop();
        world.settle(&declared).await;
    });
}

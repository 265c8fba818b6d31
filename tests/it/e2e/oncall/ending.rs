//! How a daemon ends while something hangs.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::proxy::{Fault, Proxy};
use crate::support::wait_until;

/// Longer than any of this takes.
const HANGS: Duration = Duration::from_mins(1);

/// A target whose server no longer answers an order to reload, and another one that is well.
struct Stuck {
    world: World,
    daemon: Daemon,
    /// Both live as long as this.
    _server: (FakePrometheus, Proxy),
}

impl Stuck {
    fn new(drain: &str) -> Self {
        let mut world = World::shop();
        world.set_targets([Target::files("one"), Target::files("stuck")]);
        let server = FakePrometheus::start(&world.rules("stuck"));
        let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
        let proxy = Proxy::start(port);
        let stuck = Target::server("stuck", &proxy.url()).with("timeout: 1m");
        world.set_targets([Target::files("one"), stuck]);
        world.set(|setup| setup.interval = format!("1h, drain: {drain}"));
        let daemon = Daemon::start(&world);
        let head = world.platform.head();
        daemon.wait_target("one", "synced", &head);
        daemon.wait_target("stuck", "synced", &head);
        proxy.set_policy(|request| match request.path() {
            "/-/reload" => Fault::Delay(HANGS),
            _ => Fault::None,
        });
        let head = super::change(&world, "42");
        daemon.wait_target("one", "synced", &head);
        wait_until("the file is written", PATIENCE, || {
            world.text("stuck").contains("up == 42")
        });
        Self {
            world,
            daemon,
            _server: (server, proxy),
        }
    }

    fn signal(&self) {
        let id = i32::try_from(self.daemon.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    }

    /// What was begun is finished by the next one.
    fn starts_again(self) {
        let Self { world, daemon, .. } = self;
        drop(daemon);
        let server = FakePrometheus::start(&world.rules("stuck"));
        let mut world = world;
        let stuck = Target::server("stuck", &server.url());
        world.set_targets([Target::files("one"), stuck]);
        let mut daemon = Daemon::start(&world);
        daemon.wait_target("stuck", "synced", &world.platform.head());
        assert_eq!(server.expr("AisDown").unwrap(), "up == 42");
        assert_eq!(daemon.terminate(), Some(0));
    }
}

pub fn drained() {
    let mut stuck = Stuck::new("1s");
    let began = Instant::now();
    assert_eq!(stuck.daemon.terminate(), Some(1));
    assert!(began.elapsed() < HANGS / 2, "{:?}", began.elapsed());
    let said = stuck.daemon.lines("stopping");
    assert_eq!(said[0]["reason"], "SIGTERM");
    let last = stuck.daemon.log().pop().unwrap();
    let error = "what is in hand did not end within reconcile.drain (1s): changes on stuck; the next start finishes it";
    assert_eq!(
        (&last["message"], &last["error"]),
        (&"stopped".into(), &error.into())
    );
    assert_eq!(last["level"], "ERROR");
    let history = stuck.world.run("history", &[]).expect(0).stdout;
    assert!(
        history
            .trim_end()
            .ends_with(&format!("stopped trueup: {error}")),
        "{history}"
    );
    stuck.starts_again();
}

pub fn second_signal() {
    let mut stuck = Stuck::new("10m");
    stuck.signal();
    wait_until("the first is heard", PATIENCE, || {
        !stuck.daemon.lines("stopping").is_empty()
    });
    let began = Instant::now();
    assert_eq!(stuck.daemon.terminate(), Some(143));
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    stuck.starts_again();
}

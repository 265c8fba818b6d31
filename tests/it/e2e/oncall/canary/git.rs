//! The token of the repository, and Git servers that repeat it.

use std::fs;

use crate::e2e::ran::touches;
use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::World;
use crate::source::fixture;
use crate::source::nginx::{Nginx, PASSWORD};
use crate::support::wait_until;

/// `x-access-token:` and the password, as it is sent.
const AS_SENT: &str = "eC1hY2Nlc3MtdG9rZW46Y2FuYXJ5LTdmM2E5Yw";

pub fn token() {
    let (mut world, elsewhere) = (World::shop(), fixture::World::new());
    let nginx = Nginx::start(&elsewhere, 1);
    let served = elsewhere.path("served/platform.git").display().to_string();
    let folder = elsewhere.folder.path();
    fixture::git(folder, ["init", "-q", "--bare", "-b", "main", &served]);
    fixture::git(world.platform.folder(), ["push", "-q", &served, "main"]);
    fs::write(world.path("token"), PASSWORD).unwrap();
    let head = world.platform.head();
    let mut said = String::new();
    for (location, works) in [
        ("private", true),
        ("echo", false),
        ("page", false),
        ("elsewhere", false),
        ("private", true),
    ] {
        let (url, ca_file) = (nginx.url(location), nginx.ca_file.display().to_string());
        world.set(|setup| {
            setup.url = url;
            setup.repository =
                format!("poll: 1h, auth: {{ token_file: token }}, tls: {{ ca_file: '{ca_file}' }}");
            setup.more = "log: { format: json, level: trace }".into();
        });
        let mut daemon = Daemon::start(&world);
        if works {
            daemon.wait_target("one", "synced", &head);
        } else {
            wait_until(location, PATIENCE, || {
                daemon.status()["repository"]["error"].is_string()
            });
        }
        for command in ["status", "history", "plan", "render", "sync"] {
            said += &world.run(command, &[]).to_string();
        }
        said += &daemon.status().to_string();
        said += &daemon.get("/metrics").unwrap().1;
        assert_eq!(daemon.terminate(), Some(0));
        said += &daemon.raw_log();
    }
    assert!(said.contains("repository cannot be read"), "{said}");
    // With the mirror.
    for path in touches(&world.state_folder()).into_keys() {
        said += &String::from_utf8_lossy(&fs::read(path).unwrap());
    }
    for secret in [PASSWORD, AS_SENT] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is out");
    }
}

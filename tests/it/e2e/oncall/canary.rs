//! Every credential is a canary, and is looked for wherever anything is said or kept.

pub mod git;
mod loader;
mod stage;

use std::fs;
use std::time::Duration;

use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::Target;
use crate::fake::grafana::Role;
use crate::support::echo::Echo;
use crate::support::exchange::{Listening, Reply, send};
use crate::support::forge::{github, push};
use crate::support::proxy::Fault;
use crate::support::wait_until;
use stage::{PASSWORD, SERVER, Stage, WEBHOOK};

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Servers and proxies that repeat what they were sent, in every form; and those that only fail.
pub fn faults() {
    let mut stage = Stage::new();
    let mut daemon = stage.start();
    stage.ask_everything();
    let faults = [
        Fault::Echo(Echo::Text(401)),
        Fault::Echo(Echo::Message(403)),
        Fault::Echo(Echo::Text(500)),
        Fault::Echo(Echo::Page(500)),
        Fault::Echo(Echo::Redirect),
        Fault::Echo(Echo::Success),
        Fault::DropAnswer,
        Fault::Delay(Duration::from_millis(600)),
    ];
    for (round, fault) in faults.into_iter().enumerate() {
        let level = LEVELS[round % LEVELS.len()];
        stage.set_level(&daemon, level);
        for only_writes in [true, false] {
            if only_writes && fault == Fault::Echo(Echo::Success) {
                // Long waited for: a server that says yes and does nothing.
                continue;
            }
            stage.change();
            stage.fail_by(fault, only_writes);
            stage.run("sync", &[]);
            stage.run("status", &[]);
            if !only_writes {
                stage.run("plan", &[]);
                stage.run("explain", &["grafana/data_source/metrics"]);
            }
            stage.look_at(&daemon);
        }
        stage.no_more_faults();
    }
    // It was said that something was sent, not what.
    let said = stage.said();
    for expected in [
        "cannot take Bearer (secret)",
        "cannot take Basic (secret)",
        "secureJsonData\":{\"basicAuthPassword\":\"(secret)\"",
        "invalid type: string \"cannot take",
    ] {
        assert!(said.contains(expected), "never said: {expected}\n{said}");
    }
    // Killed with all that in its memory and its files.
    stage.fail_by(Fault::DropAnswer, true);
    stage.change();
    stage.run("sync", &[]);
    drop(daemon);
    stage.look_at_state();
    stage.no_more_faults();
    daemon = stage.start();
    stage.ask_everything();
    stage.is_live();
    assert_eq!(daemon.terminate(), Some(0));
    stage.look_at(&daemon);
}

/// A token that is not taken, one that is, a reload that is refused in words that hold the file, and what is asked of
/// the daemon itself.
pub fn refusals() {
    let mut stage = Stage::new();
    stage.set_log("trace");
    let mut daemon = stage.start();
    stage.put("grafana-token", "canary-no-token");
    stage.run("sync", &[]);
    let said = stage.run("status", &[]);
    assert!(said.contains("give a valid credential"), "{said}");
    let token = stage.grafana.token(Role::Admin);
    stage.put("grafana-token", &token);
    stage.run("sync", &[]);
    stage.is_live();
    // Other values of what stands in the repository.
    stage.put("secrets/default/prom/password", "canary-source-2");
    stage.put("secrets/default/pager/key", "canary-receiver-2");
    stage.loader.set_refuses(true);
    stage.run("sync", &[]);
    let said = stage.ask_everything();
    assert!(said.contains("token: (secret)"), "{said}");
    stage.loader.set_refuses(false);
    stage.run("sync", &[]);
    stage.is_live();

    let wrong = format!("{WEBHOOK}x");
    let body = push("https://x.invalid/y", "refs/heads/main").to_string();
    for secret in [WEBHOOK, &wrong, ""] {
        let headers = github("push", secret, &body);
        let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
        send(daemon.port, "POST", "/webhook", &headers, &body).unwrap();
    }
    for token in [SERVER, "canary-no-token"] {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", &*bearer)];
        for path in ["/metrics", "/status"] {
            let answer = send(daemon.port, "GET", path, &headers, "").unwrap();
            assert_eq!(answer.0 == 200, token == SERVER, "{path}");
            stage.keep(path, &answer.1);
        }
    }
    assert_eq!(daemon.terminate(), Some(0));
    stage.look_at(&daemon);
}

/// A server that speaks no TLS where it should.
pub fn tls() {
    let mut stage = Stage::new();
    let plain = Listening::start(|mut stream| async move {
        let reply = Reply::text(400, "an HTTP request was sent to an HTTPS port");
        reply.write(&mut stream).await
    });
    let url = plain.url().replace("http", "https");
    let keys = format!("url: \"{url}\", auth: {{ token_file: grafana-token }}");
    stage
        .world
        .set_targets([Target::grafana("secure", &keys), Target::files("rules")]);
    stage.set_log("trace");
    let daemon = Daemon::start(&stage.world);
    let said = stage.run("sync", &[]);
    assert!(said.contains("cannot connect: "), "{said}");
    stage.run("plan", &[]);
    stage.look_at(&daemon);
}

/// Somebody writes the secret itself where its file should be named.
pub fn settings() {
    let stage = Stage::new();
    let daemon = stage.start();
    let good = fs::read_to_string(stage.world.settings()).unwrap();
    let told = |daemon: &Daemon| daemon.lines("the new settings are not taken").len();
    let auth = "auth: { token_file: grafana-token }";
    for (number, bad) in [
        good.replace(auth, &format!("auth: {{ token: {PASSWORD} }}")),
        good.replace(auth, &format!("auth: {PASSWORD}")),
        good.replace(auth, &format!("auth: {{ token_file: [ {PASSWORD} ] }}")),
        good.replace(
            auth,
            &format!("auth: {{ username: a, password: {PASSWORD} }}"),
        ),
        good.replace(auth, &format!("auth: {{ token_file: \"{PASSWORD}")),
        good.replace("http://127", &format!("http://ann:{PASSWORD}@127")),
        good.replace("http://127", &format!("htp://ann:{PASSWORD}@127")),
        good.replace("secret_file: webhook", &format!("secret: {PASSWORD}")),
        good.replace("{ kind: github, secret_file: webhook }", PASSWORD),
        good.replace(
            "url: \"platform\"",
            &format!("url: \"https://ann:{PASSWORD}@git.invalid/x\""),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        assert_ne!(bad, good, "{number}");
        fs::write(stage.world.settings(), &bad).unwrap();
        wait_until("it is refused", PATIENCE, || told(&daemon) == number + 1);
        for command in ["status", "plan", "history", "sync"] {
            let ran = stage.world.run(command, &[]).expect(1);
            stage.keep(&format!("{bad}\n{command}"), &ran.to_string());
        }
        stage.look_at(&daemon);
    }
}

//! On-call's ten questions, each with the one command that answers it.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::office::{BOARD, Office, RULES};
use super::story::Story;
use crate::e2e::repository::group;
use crate::e2e::running::{Daemon, target};
use crate::support::proxy::Fault;

/// What a command says, as it is said in every run.
struct Desk<'a> {
    office: &'a Office,
    story: Story,
    text: String,
}

impl Desk<'_> {
    /// Asks, by one command that ends with this code.
    #[track_caller]
    fn ask(&mut self, question: &str, code: i32, command: &str, arguments: &[&str]) -> String {
        let ran = self.office.world.run(command, arguments).expect(code);
        let line = [&["trueup", command], arguments].concat().join(" ");
        let mut said = self.story.mask(&ran.stdout);
        if command == "history" {
            // Several targets are served at the same time.
            let mut lines: Vec<_> = said.lines().collect();
            lines.sort_unstable();
            said = lines.join("\n") + "\n";
        }
        let line = self.story.mask(&line);
        writeln!(self.text, "=== {question}\n$ {line}\n{said}").unwrap();
        ran.stdout
    }
}

pub fn questions() {
    let office = Office::new();
    let mut story = Story::new(&office.world);
    story.name(&office.world.platform.head(), "COMMIT-1");
    let mut daemon = office.start();
    let from = Timestamp::now();
    office.write_board("up == 1");
    office.write_rule("up == 1");
    let second_commit = office.world.platform.commit_by("Bob", "A threshold");
    story.name(&second_commit, "COMMIT-2");
    office.settled(&daemon);
    let until = Timestamp::now();
    office.edit_board();
    let mut desk = Desk {
        office: &office,
        story,
        text: String::new(),
    };
    desk.office.world.run("sync", &[]).expect(0);
    let said = desk.ask("is anything not as declared now?", 0, "status", &[]);
    assert_eq!(said.matches(" synced ").count(), 3, "{said}");

    let (from, until) = (from.to_string(), until.to_string());
    let range = ["--target", "grafana", "--since", &from, "--until", &until];
    let said = desk.ask(
        "what changed on grafana between T1 and T2, and who?",
        0,
        "history",
        &range,
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&format!("update {BOARD}  {} by Bob", &second_commit[..7])),
        "{said}"
    );
    let said = desk.ask(
        "what was undone as drift since yesterday?",
        0,
        "history",
        &["--drift", "--since", "1d"],
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    let said = desk.ask(
        "what did this commit change live?",
        0,
        "history",
        &["--revision", &second_commit[..8]],
    );
    assert_eq!(said.lines().count(), 2, "{said}");
    desk.ask("where does this come from?", 0, "explain", &[RULES]);

    paused(&mut desk, &daemon);
    failing(&mut desk, &daemon);
    deletes(&mut desk, &daemon);
    branch(&mut desk);
    assert_eq!(daemon.terminate(), Some(0));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("ten_questions", desk.text);
    });
}

fn paused(desk: &mut Desk<'_>, daemon: &Daemon) {
    let world = &desk.office.world;
    world
        .run(
            "pause",
            &["pager", "--for", "2h", "--reason", "a migration"],
        )
        .expect(0);
    daemon.wait("it is paused", |status| {
        target(status, "pager")["state"] == "paused"
    });
    let said = desk.ask("who paused pager, until when, and why?", 0, "status", &[]);
    assert!(said.contains("paused by anna"), "{said}");
    desk.office.world.run("resume", &["pager"]).expect(0);
    desk.office.settled(daemon);
}

/// A change that is refused, and a target that is out of reach.
fn failing(desk: &mut Desk<'_>, daemon: &Daemon) {
    desk.office
        .proxy
        .set_policy(|request| match &*request.method {
            "PUT" => Fault::Status(403),
            _ => Fault::None,
        });
    desk.office.write_board("up == 3");
    let head = desk.office.world.platform.commit_by("Carl", "Refused");
    desk.story.name(&head, "COMMIT-3");
    let is_failing = |status: &Value| target(status, "grafana")["failed"][0]["id"] == BOARD;
    daemon.wait("it fails", is_failing);
    let said = desk.ask(
        "why does this fail, since when, and when is the next try?",
        1,
        "explain",
        &[BOARD],
    );
    for part in ["failing since ", "next try ", "403", "by Carl: Refused"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    desk.office.set_dead(true);
    daemon.wait("it is out of reach", |status| {
        target(status, "grafana")["state"] == "unknown"
    });
    let said = desk.ask(
        "why is grafana unknown, since when, and when is the next try?",
        1,
        "status",
        &[],
    );
    for part in ["the connection broke", "since ", "next try "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    desk.ask("which commit is live on grafana?", 1, "status", &[]);
    desk.office.set_dead(false);
    desk.office.settled(daemon);
}

fn deletes(desk: &mut Desk<'_>, daemon: &Daemon) {
    let platform = &desk.office.world.platform;
    platform.remove("rules/a.yaml").remove("rules/b.yaml");
    platform.write("rules/c.yaml", group("c", "CisDown", "up =="));
    let head = platform.commit("One for two");
    desk.story.name(&head, "COMMIT-4");
    daemon.wait("they wait", |status| {
        target(status, "rules")["state"] == "held"
    });
    let said = desk.ask("which deletes wait, and for what?", 1, "status", &[]);
    assert_eq!(
        said.matches(": delete rules/rule_group/").count(),
        2,
        "{said}"
    );
    let platform = &desk.office.world.platform;
    platform.reset("HEAD~1");
    desk.office.settled(daemon);
}

fn branch(desk: &mut Desk<'_>) {
    let platform = &desk.office.world.platform;
    let main = platform.head();
    desk.office.write_board("up == 9");
    let head = platform.commit_by("Dora", "On a branch");
    platform.branch("dora");
    platform.reset(&main);
    desk.story.name(&head, "COMMIT-5");
    let said = desk.ask(
        "what if this branch were merged?",
        0,
        "plan",
        &["--rev", "dora"],
    );
    assert!(said.contains(BOARD), "{said}");
}

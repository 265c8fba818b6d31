//! What a tenant tries in order to get out of its bounds, one by one: each is refused at its place with the reason,
//! or is made harmless; everybody else, and the tenant's other work, goes on.

mod dashboards;
mod identity;
mod paths;
mod places;
mod rules;

use libtest_mimic::Trial;
use serde_json::Value;

use super::scene::Scene;
use crate::fake::grafana::Flavor;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    let tables: [Table; 6] = [
        ("places", Flavor::Resource124, places::attempts),
        (
            "places_on_an_old_grafana",
            Flavor::Classic75,
            places::attempts,
        ),
        ("identity", Flavor::Resource124, identity::attempts),
        ("paths", Flavor::Resource124, paths::attempts),
        ("rules", Flavor::Resource124, rules::attempts),
        ("dashboards", Flavor::Resource124, dashboards::attempts),
    ];
    let tests = tables.into_iter().map(|(name, flavor, attempts)| {
        let name = format!("e2e::tenants::attempts::{name}");
        test(&name, &[], move || try_all(flavor, &attempts()))
    });
    tests.collect()
}

/// Name, which Grafana, attempts.
type Table = (&'static str, Flavor, fn() -> Vec<Attempt>);

/// Something that a tenant adds to its own files. What it must not get is called `stolen` in it.
struct Attempt {
    name: &'static str,
    files: Vec<(&'static str, Content)>,
    fate: Fate,
    /// Whether the settings are needed to see what is wrong.
    online: bool,
    /// Whether who claims the same thing is told as well, where nothing says who was there before.
    blames_others: bool,
}

enum Content {
    Text(String),
    /// A symbolic link to this path.
    Link(&'static str),
}

enum Fate {
    /// An error at this place, with these words in it; line 0 is for the whole file.
    Refused(&'static str, u64, &'static str),
    /// It is made, with this in it.
    Carries(String),
}

impl Attempt {
    fn refused(
        name: &'static str,
        file: &'static str,
        text: impl Into<String>,
        line: u64,
        words: &'static str,
    ) -> Self {
        Self {
            name,
            files: vec![(file, Content::Text(text.into()))],
            fate: Fate::Refused(file, line, words),
            online: false,
            blames_others: false,
        }
    }

    fn harmless(
        name: &'static str,
        file: &'static str,
        text: impl Into<String>,
        carries: impl Into<String>,
    ) -> Self {
        Self {
            fate: Fate::Carries(carries.into()),
            ..Self::refused(name, file, text, 0, "")
        }
    }

    /// With another file.
    fn with(mut self, file: &'static str, text: impl Into<String>) -> Self {
        self.files.push((file, Content::Text(text.into())));
        self
    }

    fn with_link(mut self, file: &'static str, to: &'static str) -> Self {
        self.files.push((file, Content::Link(to)));
        self
    }

    /// Refused at another file than the first.
    fn at(mut self, file: &'static str) -> Self {
        if let Fate::Refused(_, line, words) = self.fate {
            self.fate = Fate::Refused(file, line, words);
        }
        self
    }

    fn online(mut self) -> Self {
        self.online = true;
        self
    }

    fn blaming_others(mut self) -> Self {
        self.blames_others = true;
        self
    }

    fn write(&self, scene: &Scene) {
        let platform = &scene.world.platform;
        for (path, content) in &self.files {
            match content {
                Content::Text(text) => _ = platform.write(path, text),
                Content::Link(to) => {
                    std::os::unix::fs::symlink(to, platform.folder().join(path)).unwrap();
                }
            }
        }
    }
}

fn errors(check: &Value) -> Vec<&Value> {
    let found = check["diagnostics"].as_array().unwrap().iter();
    found.filter(|found| found["severity"] == "error").collect()
}

/// `file:line message` of each error.
fn said(errors: &[&Value]) -> String {
    let lines = errors.iter().map(|error| {
        let text = |field: &str| error[field].as_str().unwrap_or_default();
        format!("{}:{} {}", text("file"), error["line"], text("message"))
    });
    lines.collect::<Vec<_>>().join("\n    ")
}

/// What stands around a text.
fn around<'t>(live: &'t str, text: &str) -> &'t str {
    let at = live.find(text).unwrap_or_default();
    let (from, to) = (at.saturating_sub(80), (at + 80).min(live.len()));
    live.get(from..to).unwrap_or_default()
}

impl Attempt {
    /// What is wrong with what `check` says, if anything.
    fn judge(&self, check: &Value) -> Option<String> {
        let errors = errors(check);
        let Fate::Refused(file, line, words) = &self.fate else {
            return (!errors.is_empty())
                .then(|| format!("there should be no error: {}", said(&errors)));
        };
        let told = errors.iter().any(|error| {
            let message = error["message"].as_str().unwrap();
            error["file"] == *file
                && error["line"].as_u64().unwrap_or_default() == *line
                && message.contains(words)
        });
        // Nobody else is blamed.
        let (folder, _) = file
            .match_indices('/')
            .nth(1)
            .map_or((*file, ""), |(at, _)| file.split_at(at));
        let stray = errors
            .iter()
            .find(|error| !error["file"].as_str().unwrap().starts_with(folder));
        match stray {
            Some(stray) if !self.blames_others => {
                Some(format!("somebody else is blamed: {}", said(&[stray])))
            }
            Some(_) | None => {
                (!told).then(|| format!("no error {file}:{line} {words:?}: {}", said(&errors)))
            }
        }
    }

    fn run(&self, scene: &Scene, round: usize) -> Vec<String> {
        let world = &scene.world;
        scene.write_round(round);
        self.write(scene);
        world.platform.commit(self.name);
        let mut wrong = Vec::new();
        let offline = ["check", "platform", "--format", "json"];
        if !self.online {
            let check = world.bare(&offline).json();
            wrong.extend(self.judge(&check).map(|why| format!("check: {why}")));
        }
        let check = world.with_config("check", &["platform", "--format", "json"]);
        let check = crate::e2e::ran::Ran::of(&mut { check }).json();
        wrong.extend(
            self.judge(&check)
                .map(|why| format!("check --config: {why}")),
        );
        let apply = world.run("apply", &["--format", "json"]);
        let refused = matches!(self.fate, Fate::Refused(..));
        if apply.code != i32::from(refused) && !(refused && apply.code == 0) {
            wrong.push(format!("exit {}: {}", apply.code, apply.stderr));
        }
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            scene.everybody_goes_on(self.name, round);
        }));
        if let Err(why) = seen {
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            wrong.push(format!("somebody was stopped: {why}"));
        }
        let live = scene.live();
        match &self.fate {
            Fate::Carries(text) if !live.contains(text) => {
                wrong.push(format!(
                    "nothing carries {text}: {}\n{}",
                    around(&live, "tried"),
                    apply.stderr
                ));
            }
            Fate::Refused(..) if live.contains("stolen") => {
                wrong.push(format!("it is made: {}", around(&live, "stolen")));
            }
            Fate::Carries(_) | Fate::Refused(..) => {}
        }
        for (path, _) in &self.files {
            world.platform.remove(path);
        }
        wrong
    }
}

fn try_all(flavor: Flavor, attempts: &[Attempt]) {
    let scene = Scene::new(flavor);
    scene.world.apply();
    scene.everybody_goes_on("before", 0);
    let mut failed = Vec::new();
    for (index, attempt) in attempts.iter().enumerate() {
        let wrong = attempt.run(&scene, index + 1);
        if !wrong.is_empty() {
            failed.push(format!("{}:\n  {}", attempt.name, wrong.join("\n  ")));
        }
    }
    // What was made is gone again.
    let last = attempts.len() + 1;
    scene.write_round(last);
    scene.world.platform.commit("All is well");
    scene.world.apply();
    scene.everybody_goes_on("after", last);
    let count = attempts.len();
    assert!(
        failed.is_empty(),
        "{} of {count}:\n{}",
        failed.len(),
        failed.join("\n")
    );
    println!("{count} attempts");
}

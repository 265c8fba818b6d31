//! A scratch folder with a repository, settings and rules directories; and the binary, run in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::ran::Ran;
use super::repository::{Platform, group, rule_set};

/// Everything one scenario needs.
pub struct World {
    scratch: TempDir,
    pub platform: Platform,
    setup: Setup,
    /// Variables of the binary's environment.
    env: BTreeMap<String, String>,
}

/// What the settings say.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Base name of the settings file, and of the folder of the state.
    pub name: String,
    pub instance: String,
    pub url: String,
    pub branch: String,
    /// More keys of `repository`: `path: sub`.
    pub repository: String,
    pub interval: String,
    /// Of the daemon's HTTP side; any where it is 0.
    pub port: u16,
    /// More keys of `server`: `token_file: token`.
    pub server: String,
    pub targets: Vec<Target>,
    /// More top-level lines.
    pub more: String,
}

/// One target of the settings; its directory is `rules-<name>`, unless said otherwise.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: String,
    pub labels: String,
    pub url: Option<String>,
    pub rules_dir: String,
    more: String,
    /// Another provider and its keys, instead of a directory.
    other: Option<(&'static str, String)>,
}

impl Target {
    /// Files only, with the label `env=prod`.
    pub fn files(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            labels: "env: prod".to_owned(),
            url: None,
            rules_dir: format!("rules-{name}"),
            more: String::new(),
            other: None,
        }
    }

    /// A Grafana, by all its keys but name, provider and labels.
    pub fn grafana(name: &str, keys: &str) -> Self {
        Self {
            other: Some(("grafana", keys.to_owned())),
            ..Self::files(name)
        }
    }

    /// An Alertmanager, by all its keys but name, provider and labels.
    pub fn alertmanager(name: &str, keys: &str) -> Self {
        Self {
            other: Some(("alertmanager", keys.to_owned())),
            ..Self::files(name)
        }
    }

    /// With a server that reads the directory.
    pub fn server(name: &str, url: &str) -> Self {
        Self {
            url: Some(url.to_owned()),
            ..Self::files(name)
        }
    }

    /// More keys: `paused: true`.
    #[must_use]
    pub fn with(mut self, more: &str) -> Self {
        write!(self.more, ", {more}").unwrap();
        self
    }

    #[must_use]
    pub fn labelled(mut self, labels: &str) -> Self {
        labels.clone_into(&mut self.labels);
        self
    }
}

impl World {
    /// One target `one`, files only, and a repository without a commit.
    pub fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let world = Self {
            platform: Platform::new(scratch.path().join("platform")),
            setup: Setup {
                name: "trueup".to_owned(),
                instance: "acme".to_owned(),
                url: "platform".to_owned(),
                branch: "main".to_owned(),
                repository: String::new(),
                interval: "1h".to_owned(),
                port: 0,
                server: String::new(),
                targets: vec![Target::files("one")],
                more: String::new(),
            },
            env: BTreeMap::new(),
            scratch,
        };
        world.save();
        world
    }

    /// A world with a set `default/shop` of `rules/*.yaml` with the groups `a` and `b`, committed.
    pub fn shop() -> Self {
        let world = Self::new();
        world
            .platform
            .write("set.yaml", rule_set("shop", "rules/*.yaml"))
            .write("rules/a.yaml", group("a", "AisDown", "up{job=\"a\"} == 0"))
            .write("rules/b.yaml", group("b", "BisDown", "up{job=\"b\"} == 0"));
        world.platform.commit("Two groups");
        world
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.scratch.path().join(path)
    }

    pub fn settings(&self) -> PathBuf {
        self.path(&format!("{}.yaml", self.setup.name))
    }

    pub fn url(&self) -> &str {
        &self.setup.url
    }

    /// The folder of state file, lock and mirror.
    pub fn state_folder(&self) -> PathBuf {
        self.path(&format!("var-{}", self.setup.name))
    }

    /// Forgets all that was remembered.
    pub fn delete_state(&self) {
        fs::remove_dir_all(self.state_folder()).unwrap();
    }

    /// The directory of a target.
    pub fn rules(&self, target: &str) -> PathBuf {
        let mut targets = self.setup.targets.iter();
        let target = targets.find(|known| known.name == target).unwrap();
        self.path(&target.rules_dir)
    }

    /// The files of a target, hidden ones too: base name and text.
    pub fn files(&self, target: &str) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.rules(target)).unwrap();
        entries
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    }

    /// All texts of a target's files in one.
    pub fn text(&self, target: &str) -> String {
        self.files(target).into_values().collect()
    }

    /// Sets a variable for the binary.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// Changes the settings.
    pub fn set(&mut self, change: impl FnOnce(&mut Setup)) -> &mut Self {
        change(&mut self.setup);
        self.save();
        self
    }

    pub fn set_targets(&mut self, targets: impl IntoIterator<Item = Target>) -> &mut Self {
        let targets = targets.into_iter().collect();
        self.set(|setup| setup.targets = targets)
    }

    fn save(&self) {
        let Setup {
            name: _,
            instance,
            url,
            branch,
            repository,
            interval,
            port,
            server,
            targets,
            more,
        } = &self.setup;
        let state = self.state_folder().join("trueup.db");
        let mut text = format!(
            "instance: {instance}\n\
             repository: {{ url: \"{url}\", branch: \"{branch}\", {repository} }}\n\
             reconcile: {{ interval: {interval} }}\n\
             state: {{ path: \"{}\" }}\n\
             server: {{ listen: \"127.0.0.1:{port}\", {server} }}\n\
             {more}\n\
             targets:\n",
            state.display()
        );
        for target in targets {
            let Target {
                name,
                labels,
                url,
                rules_dir,
                more,
                other,
            } = target;
            if let Some((provider, keys)) = other {
                let fields = format!("name: {name}, provider: {provider}, labels: {{ {labels} }}");
                writeln!(text, "- {{ {fields}, {keys}{more} }}").unwrap();
                continue;
            }
            fs::create_dir_all(self.path(rules_dir)).unwrap();
            let url = url.as_ref().map(|url| format!(", url: \"{url}\""));
            let url = url.unwrap_or_default();
            let fields = format!("name: {name}, provider: prometheus, labels: {{ {labels} }}");
            writeln!(
                text,
                "- {{ {fields}, rules_dir: \"{rules_dir}\"{url}{more} }}"
            )
            .unwrap();
        }
        fs::write(self.settings(), text).unwrap();
    }

    /// The binary, to be run in the scratch folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command
            .args(arguments)
            .envs(&self.env)
            .current_dir(self.scratch.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it with just these arguments.
    pub fn bare(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// A command with `--config`.
    pub fn with_config(&self, command: &str, arguments: &[&str]) -> Command {
        let mut built = self.command(&[command, "--config"]);
        built.arg(self.settings()).args(arguments);
        built
    }

    pub fn run(&self, command: &str, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.with_config(command, arguments))
    }

    /// `plan` as JSON, whatever its exit code.
    pub fn plan(&self, arguments: &[&str]) -> Value {
        let json = ["--format", "json"];
        self.run("plan", &[&json, arguments].concat()).json()
    }

    /// An `apply` that ends with this exit code, as JSON.
    #[track_caller]
    pub fn apply_to(&self, code: i32, arguments: &[&str]) -> Value {
        let json = ["--format", "json"];
        let ran = self.run("apply", &[&json, arguments].concat());
        ran.expect(code).json()
    }

    /// An `apply` that goes well, as JSON.
    #[track_caller]
    pub fn apply(&self) -> Value {
        self.apply_to(0, &[])
    }
}

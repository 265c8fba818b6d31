//! One Trueup on a scratch folder: settings, state and rules directories, passed over like the daemon does it, and
//! cut short where a test says so.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::git;
use super::rules::Rules;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trueup::apply;
use trueup::model::{
    Change, Intent, Journal, JournalError, Outcome, OutcomeResult, Snapshot, TargetName,
};
use trueup::plan::{self, Plan};
use trueup::provider::{Cancel, Depth};
use trueup::reconcile::allowance::Trailers;
use trueup::reconcile::cycle::{self, Considered, Pass, Prepared, Watcher};
use trueup::reconcile::lane::{self, Writers};
use trueup::reconcile::memo::ParseMemo;
use trueup::reconcile::{Declaration, Lane};
use trueup::report::json::{self, Frame};
use trueup::settings::Settings;
use trueup::source::{Source, Want};
use trueup::state::{State, StateView};

/// A folder for one world; in memory where that is possible, since every write is synced.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The target's name and labels.
pub type Site = (&'static str, &'static str);

/// A pass that came to its end.
#[derive(Debug)]
pub struct Passed {
    pub plan: Plan,
    pub outcomes: Vec<Outcome>,
    pub declaration: Declaration,
    /// As `trueup plan --format json` has it.
    pub json: String,
}

impl Passed {
    pub fn digest(&self) -> String {
        plan::digest(&self.plan)
    }

    pub fn assert_done(&self) {
        for outcome in &self.outcomes {
            assert_eq!(outcome.result, OutcomeResult::Done, "{outcome:?}");
        }
    }
}

/// Where a pass is cut, as a crash would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Nowhere,
    /// Where it asks for the nth time whether to stop: before it begins, then before each file.
    Asking(usize),
    BeforeBegin,
    AfterBegin,
    BeforeEnd,
    AfterEnd,
    /// After the outcomes, before they are recorded.
    BeforeRecord,
    /// After the nth outcome was recorded.
    Recorded(usize),
    /// After everything else, before the last good texts are remembered.
    BeforeRemember,
}

/// What was thrown to cut a pass.
struct Killed;

fn kill() -> ! {
    // Without the hook of panics, which would print it.
    resume_unwind(Box::new(Killed))
}

pub struct Machine {
    pub root: PathBuf,
    pub settings: Settings,
    pub lanes: Vec<Lane>,
    writers: Writers,
    pub memo: ParseMemo,
    state: Option<State>,
    source: Source,
    cycles: i64,
}

impl Machine {
    /// Reads the repository of [`super::git`] in the same folder.
    pub fn new(root: &Path, runtime: &Runtime, sites: &[Site]) -> Self {
        let mut text = format!(
            "instance: acme\nrepository: {{ url: {} }}\nstate: {{ path: {}/state.db }}\n\
             guard: {{ max_deletes: 100000, max_delete_percent: 100, trailer: false }}\ntargets:\n",
            root.join(git::FOLDER).display(),
            root.display()
        );
        for (name, labels) in sites {
            let folder = root.join(name);
            fs::create_dir_all(&folder).unwrap();
            writeln!(
 text,
                "  - {{ name: {name}, provider: prometheus, labels: {{ {labels} }}, rules_dir: {} }}",
                folder.display()
            )
            .unwrap();
        }
        let settings = Settings::parse(&text, &root.join("trueup.yaml")).unwrap();
        let (repository, limits) = (&settings.repository, &settings.limits);
        let source = Source::open(repository, root, limits, runtime.handle().clone());
        let (lanes, writers) = lane::open(&settings);
        Self {
            root: root.to_owned(),
            lanes,
            writers,
            memo: ParseMemo::default(),
            state: Some(State::open(&settings.state).unwrap()),
            settings,
            source,
            cycles: 0,
        }
    }

    /// As after a start of the process: nothing is known but what is on disk.
    pub fn restart(&mut self) {
        self.state = None;
        self.state = Some(State::open(&self.settings.state).unwrap());
        (self.lanes, self.writers) = lane::open(&self.settings);
        self.memo = ParseMemo::default();
    }

    pub fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }

    /// The files of a target, with content, time and inode.
    pub fn rules(&self, site: &str) -> Rules {
        Rules::read(&self.root.join(site))
    }

    /// What would be done, by somebody who has no state.
    pub fn plan_without_state(&self, runtime: &Runtime) -> Passed {
        let state = StateView::open(&self.root.join("no-such-state.db")).unwrap();
        let mut lanes = lane::readers(&self.settings);
        let mut memo = ParseMemo::default();
        runtime.block_on(async {
            let snapshot = self.snapshot().await;
            let (declaration, prepared) = self
                .prepare(&mut lanes, &mut memo, &state, snapshot, Depth::Full)
                .await;
            self.passed(declaration, &prepared, Vec::new())
        })
    }

    /// One pass, as the daemon makes it.
    pub fn pass(&mut self, runtime: &Runtime, depth: Depth) -> Passed {
        self.pass_cut(runtime, depth, Cut::Nowhere).unwrap()
    }

    /// One pass; `None` where it was cut.
    pub fn pass_cut(&mut self, runtime: &Runtime, depth: Depth, cut: Cut) -> Option<Passed> {
        let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run(depth, cut))));
        match result {
            Ok(passed) => Some(passed),
            Err(thrown) if is_killed(&*thrown) => None,
            Err(thrown) => resume_unwind(thrown),
        }
    }

    async fn snapshot(&self) -> Snapshot {
        self.source.snapshot(Want::Head).await.unwrap()
    }

    async fn run(&mut self, depth: Depth, cut: Cut) -> Passed {
        let started = jiff::Timestamp::now();
        self.cycles += 1;
        let snapshot = self.snapshot().await;
        let (mut lanes, mut memo) = (
            std::mem::take(&mut self.lanes),
            std::mem::take(&mut self.memo),
        );
        let state = self.state();
        let (declaration, mut prepared) = self
            .prepare(&mut lanes, &mut memo, state, snapshot, depth)
            .await;
        let pass = Pass {
            cycle: self.cycles,
            declaration: &declaration,
        };
        let knife = Knife {
            cut,
            state,
            asked: AtomicUsize::new(0),
            recorded: AtomicUsize::new(0),
        };
        if matches!(
            cut,
            Cut::BeforeBegin | Cut::AfterBegin | Cut::BeforeEnd | Cut::AfterEnd | Cut::BeforeRecord
        ) {
            // `cycle::execute` takes the real journal: so this is its first half, with ours.
            for approved in std::mem::take(&mut prepared.approved).into_targets() {
                let (now, _) = approved.split_waiting();
                let writer = self.writers.get(now.target()).unwrap();
                apply::execute(&now, writer, "", &knife, &knife).await;
            }
            kill();
        }
        let outcomes = cycle::execute(&self.writers, &mut prepared, state, pass, &knife, &knife);
        let outcomes = outcomes.await.unwrap();
        if cut == Cut::BeforeRemember {
            kill();
        }
        cycle::remember(state, &self.settings.repository.name, &declaration.memory).unwrap();
        let record = cycle::record(pass, &prepared.plan.targets, &outcomes, started);
        state.end_cycle(&record).unwrap();
        (self.lanes, self.memo) = (lanes, memo);
        self.passed(declaration, &prepared, outcomes)
    }

    async fn prepare(
        &self,
        lanes: &mut [Lane],
        memo: &mut ParseMemo,
        state: &StateView,
        snapshot: Snapshot,
        depth: Depth,
    ) -> (Declaration, Prepared) {
        let declaration = cycle::declare(&self.settings, &self.source, snapshot, memo, state);
        let declaration = declaration.await.unwrap();
        let observations = cycle::observe(lanes, depth, state).await.unwrap();
        let inventory = state.inventory().unwrap();
        let considered = Considered {
            settings: &self.settings,
            declaration: &declaration,
            inventory: &inventory,
            peers: &[],
            // How many deletes go through is another test's matter.
            flag: Some(u32::MAX),
        };
        let prepared = cycle::prepare(lanes, observations, &self.source, state, considered);
        let prepared = prepared.await.unwrap();
        (declaration, prepared)
    }

    fn passed(
        &self,
        declaration: Declaration,
        prepared: &Prepared,
        outcomes: Vec<Outcome>,
    ) -> Passed {
        let frame = Frame {
            instance: &self.settings.instance,
            revision: None,
            digest: &plan::digest(&prepared.plan),
            orphaned: &BTreeMap::new(),
            diagnostics: &declaration.diagnostics(),
        };
        Passed {
            json: json::plan(&prepared.plan, frame).to_string(),
            plan: prepared.plan.clone(),
            outcomes,
            declaration,
        }
    }
}

fn is_killed(thrown: &(dyn Any + Send)) -> bool {
    thrown.is::<Killed>()
}

/// Kills the pass at its place.
struct Knife<'a> {
    cut: Cut,
    state: &'a State,
    asked: AtomicUsize,
    recorded: AtomicUsize,
}

impl Cancel for Knife<'_> {
    fn is_cancelled(&self) -> bool {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if self.cut == Cut::Asking(asked) {
            kill();
        }
        false
    }
}

impl Watcher for Knife<'_> {
    fn deletes_allowed(&self, _: &TargetName, _: &Trailers) {}

    fn outcome(&self, _: &Change, _: &Outcome) {
        let recorded = self.recorded.fetch_add(1, Ordering::Relaxed);
        if self.cut == Cut::Recorded(recorded) {
            kill();
        }
    }
}

impl Journal for Knife<'_> {
    fn begin(&self, intent: &Intent) -> Result<i64, JournalError> {
        if self.cut == Cut::BeforeBegin {
            kill();
        }
        let number = self.state.begin(intent);
        if self.cut == Cut::AfterBegin {
            kill();
        }
        number
    }

    fn end(&self, number: i64) -> Result<(), JournalError> {
        if self.cut == Cut::BeforeEnd {
            kill();
        }
        let ended = self.state.end(number);
        if self.cut == Cut::AfterEnd {
            kill();
        }
        ended
    }

    fn pending(&self, target: &TargetName) -> Result<Vec<(i64, Intent)>, JournalError> {
        self.state.pending(target)
    }
}

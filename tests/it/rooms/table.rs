//! The table of rooms, as data, and as `docs/architecture.md` shows it.

/// What a room may use beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    These(&'static [&'static str]),
    /// Every room of the rows above its own.
    AllAbove,
    All,
}

#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub name: &'static str,
    pub uses: Uses,
    pub pure: bool,
}

const fn pure(name: &'static str, uses: &'static [&'static str]) -> Room {
    Room {
        name,
        uses: Uses::These(uses),
        pure: true,
    }
}

const fn room(name: &'static str, uses: &'static [&'static str]) -> Room {
    Room {
        name,
        uses: Uses::These(uses),
        pure: false,
    }
}

/// In the order in which the data flows.
pub const ROOMS: &[Room] = &[
    pure("model", &[]),
    room("settings", &["model"]),
    room("source", &["model", "settings"]),
    pure("load", &["model"]),
    pure("catalog", &["model"]),
    room("expand", &["model", "catalog"]),
    pure("resolve", &["model", "catalog"]),
    room("provider", &["model", "settings"]),
    room("observe", &["model", "provider"]),
    pure("plan", &["model"]),
    room("apply", &["model", "plan", "provider"]),
    room("state", &["model"]),
    room("report", &["model", "plan", "apply"]),
    Room {
        name: "reconcile",
        uses: Uses::AllAbove,
        pure: false,
    },
    room("serve", &["reconcile", "state", "catalog"]),
    room("telemetry", &["model"]),
    Room {
        name: "cli",
        uses: Uses::All,
        pure: false,
    },
];

/// Used by whatever is not pure.
pub const TELEMETRY: &str = "telemetry";

/// Parts that are pure although their room is not, as files or folders: texts for people are, who receives them is not.
pub const PURE_PARTS: &[&str] = &[
    "report/catalog",
    "report/diagnostics",
    "report/json",
    "report/markdown",
    "report/text",
];

/// Whether a file below `src/` must name no IO.
pub fn is_pure(room: &str, file: &str) -> bool {
    let part = |part: &&str| {
        let rest = file.strip_prefix(part);
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    };
    find(room).is_some_and(|room| room.pure) || PURE_PARTS.iter().any(part)
}

/// Uses that the table does not allow and that are better as they are: room, what it uses, and why.
pub const DEVIATIONS: &[(&str, &str, &str)] = &[];

/// What pure code does not name: IO, clocks, environment, chance, runtimes, HTTP, logging.
pub const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "std::os",
    "std::time::SystemTime",
    "std::time::Instant",
    "axum",
    "backon",
    "fastrand",
    "git2",
    "hyper",
    "hyper_util",
    "jiff",
    "notify",
    "reqwest",
    "rusqlite",
    "rustix",
    "tempfile",
    "tokio",
    "tracing",
    "tracing_subscriber",
];

pub fn find(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// Why `from` may not use `to`, if it may not.
pub fn forbidden(from: &Room, to: &str) -> bool {
    let listed = match from.uses {
        Uses::These(names) => names.contains(&to),
        Uses::AllAbove => ROOMS
            .iter()
            .take_while(|room| room.name != from.name)
            .any(|room| room.name == to),
        Uses::All => true,
    };
    let telemetry = to == TELEMETRY && !from.pure;
    let deviates = DEVIATIONS
        .iter()
        .any(|(room, used, _)| *room == from.name && *used == to);
    !(to == from.name || listed || telemetry || deviates)
}

/// The rows as `docs/architecture.md` has them: name, what it may use, whether it is pure.
pub fn shown(room: &Room) -> [String; 3] {
    let uses = match room.uses {
        Uses::These([]) => "nothing".to_owned(),
        Uses::These(names) => names.join(", "),
        Uses::AllAbove => "all above".to_owned(),
        Uses::All => "all".to_owned(),
    };
    let pure = if room.pure { "yes" } else { "" };
    [format!("`{}/`", room.name), uses, pure.to_owned()]
}

/// The rows of the table in a page.
pub fn rows(page: &str) -> Vec<[String; 3]> {
    let lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| room |"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cell = |at: usize| {
            let cell = line.split('|').nth(at).unwrap_or_default();
            cell.trim().to_owned()
        };
        [cell(1), cell(3), cell(4)]
    })
    .collect()
}

//! Values that somebody might write, or that no one should.

use fastrand::Rng;

use super::text::Text;
use super::urls::URLS;

/// Scalars that YAML types by how they look.
const RAW: &[&str] = &[
    "null",
    "~",
    "Null",
    "nULL",
    "5",
    "-0",
    "010",
    "0o10",
    "0o8",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.",
    ".5",
    "+1",
    ".inf",
    "-.Inf",
    ".nan",
    "1e400",
    "123456789012345678901",
    "true",
    "TRUE",
    "tRUE",
    "False",
    "yes",
    "off",
    "2001-01-01",
    "12:30",
    "!!str 5",
    "!!str",
    "!!int \"5\"",
    "!!int x",
    "!!float 1",
    "!!bool \"true\"",
    "!!null x",
    "!!null ''",
    "!own 5",
    "! 5",
    "'5'",
    "'null'",
    "plain",
    "<<",
];

/// Texts that are at the edge of some rule.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{A0}\u{FEFF}",
    "\u{85}",
    "\t\n",
    "a",
    "A",
    "9",
    "-",
    "-a",
    "a-",
    "a--b",
    "a.b",
    ".a",
    "a.",
    "a_b",
    "_a",
    "a b",
    "a\n",
    "\na",
    "a/b",
    "a/b/c",
    "/a",
    "a/",
    "/",
    "a:b",
    ":",
    "c++",
    "#",
    "ä",
    "é\u{301}",
    "\u{1F600}",
    "\u{131}",
    "\u{212A}",
    "a\u{0}b",
    "\u{2028}",
    "x:y/z",
    "a.b.c/d",
    "a..b/c",
    "A.b/c",
    "-a/b",
    "a-.b/c",
    "constructor",
    "__proto__",
    "toString",
    "required",
    "optional",
    "service",
    "mcp-server",
    "skill",
    "rule",
    "plugin",
    "marketplace",
    "$text",
    "${{ values.x }}",
    "backstage.io/v1alpha1",
    "backstage.io/v1beta1",
    "backstage.io/v1beta2",
    "backstage.io/",
    "backstage.io/v1/x",
    "backstage.io/v-1",
    "scaffolder.backstage.io/v1beta3",
    "scaffolder.backstage.io/v1beta2",
    "Component",
    "component",
    "API",
    "Api",
    "Template",
    "AiResource",
    "Group",
    "Foo",
    "9Foo",
    "Foo-Bar",
];

/// A value of no particular kind.
pub fn value(rng: &mut Rng) -> Text {
    match rng.u8(0..20) {
        0..=5 => Text::raw(pick(rng, RAW)),
        6..=9 => text(rng),
        10 | 11 => Text::List(Vec::new()),
        12 | 13 => Text::Map(Vec::new()),
        14 => Text::List(vec![value(rng)]),
        15 => Text::List(vec![text(rng), text(rng)]),
        16 => Text::Map(vec![(key(rng), value(rng))]),
        17 => Text::List(vec![Text::Map(vec![(key(rng), value(rng))])]),
        _ => placeholder(rng),
    }
}

/// A text, a short one or one at the edge of a limit.
pub fn text(rng: &mut Rng) -> Text {
    let long = |rng: &mut Rng, letter: &str| {
        let limits = [62, 63, 64, 252, 253, 254, 499, 500, 501];
        letter.repeat(limits[rng.usize(..limits.len())])
    };
    match rng.u8(0..10) {
        0..=5 => Text::quoted(pick(rng, TEXTS)),
        6 => Text::quoted(long(rng, "a")),
        7 => Text::quoted(long(rng, "\u{1F600}")),
        _ => Text::quoted(near_name(rng)),
    }
}

/// A key: of a label, mostly.
pub fn key(rng: &mut Rng) -> Text {
    match rng.u8(0..8) {
        0 => Text::raw(["5", "1.0", "true", "~", "0x1F", "1e21", "<<"][rng.usize(..7)]),
        1 => {
            // A DNS subdomain of 251 to 255 characters.
            let label = "a".repeat(63);
            let last = "a".repeat(rng.usize(59..=63));
            Text::quoted(format!("{label}.{label}.{label}.{last}/a"))
        }
        2 => Text::quoted(format!("{}/{}", near_name(rng), near_name(rng))),
        3 => Text::quoted(format!("example.com/{}", "a".repeat(rng.usize(62..=64)))),
        _ => text(rng),
    }
}

/// What a link leads to.
pub fn url(rng: &mut Rng) -> Text {
    Text::quoted(pick(rng, URLS))
}

/// What looks like a name, and often is one.
fn near_name(rng: &mut Rng) -> String {
    let letters: Vec<char> = "abzAZ09--..__:+#/ ä".chars().collect();
    let length = rng.usize(1..8);
    (0..length)
        .map(|_| letters[rng.usize(..letters.len())])
        .collect()
}

fn placeholder(rng: &mut Rng) -> Text {
    let key = pick(
        rng,
        &["$text", "$text", "$json", "$yaml", "$openapi", "$", "text"],
    );
    let path = if rng.u8(0..6) == 0 {
        Text::raw("5")
    } else {
        Text::quoted("./x.yaml")
    };
    let mut fields = vec![(Text::quoted(key), path)];
    if rng.u8(0..6) == 0 {
        fields.push((Text::quoted("beside"), Text::raw("x")));
    }
    Text::Map(fields)
}

fn pick<'t>(rng: &mut Rng, from: &[&'t str]) -> &'t str {
    from[rng.usize(..from.len())]
}

//! Definitions that reach for what is not theirs. They stand in the namespace `mallory`, and are called `attack`.

/// What becomes of one.
#[derive(Debug)]
pub enum Fate {
    /// It is applied, and nobody else notices.
    Harmless,
    /// It is refused at this line and column, in words with these in them.
    Refused(u32, u32, &'static str),
}

use Fate::{Harmless, Refused};

pub struct Attack {
    pub name: &'static str,
    /// `spec`, which begins in line 5, column 3; or the whole document, where it begins with `apiVersion`.
    pub text: String,
    pub fate: Fate,
}

/// Receivers with one `x`; `HOOK` becomes an address of the namespace.
const X: &str = "receivers: [ { name: x, webhookConfigs: [ { url: HOOK } ] } ]\n";

/// Name, what stands before the receivers, fate.
const WITH_X: &[(&str, &str, Fate)] = &[
    // Matchers.
    (
        "no matchers",
        "route: { receiver: x, matchers: [] }\n",
        Harmless,
    ),
    (
        "continue: false",
        "route: { receiver: x, continue: false }\n",
        Harmless,
    ),
    (
        "an empty value of the fence's label",
        "route: { receiver: x, matchers: [ { name: namespace, value: '' } ] }\n",
        Harmless,
    ),
    (
        "a matcher without a value",
        "route: { receiver: x, matchers: [ { name: severity } ] }\n",
        Harmless,
    ),
    (
        "a regex of everything",
        "route: { receiver: x, matchers: [ { name: alertname, value: '.*', matchType: '=~' } ] }\n",
        Harmless,
    ),
    (
        "another's namespace",
        "route: { receiver: x, matchers: [ { name: namespace, value: payments } ] }\n",
        Harmless,
    ),
    (
        "every namespace",
        "route: { receiver: x, matchers: [ { name: namespace, value: '.*', matchType: '=~' } ] }\n",
        Harmless,
    ),
    (
        "not the own namespace",
        "route: { receiver: x, matchers: [ { name: namespace, value: mallory, matchType: '!=' } ] }\n",
        Harmless,
    ),
    (
        "not like the own namespace",
        "route: { receiver: x, matchers: [ { name: namespace, value: mallory, matchType: '!~' } ] }\n",
        Harmless,
    ),
    (
        "out of the anchors",
        "route: { receiver: x, matchers: [ { name: namespace, value: 'mallory)|(?:.*', matchType: '=~' } ] }\n",
        Refused(5, 63, "is not a regular expression"),
    ),
    (
        "a second matcher in the value",
        "route: { receiver: x, matchers: [ { name: alertname, value: 'x\",namespace=\"payments' } ] }\n",
        Harmless,
    ),
    (
        "braces in the value",
        "route: { receiver: x, matchers: [ { name: alertname, value: 'x\"}, {namespace=~\".*' } ] }\n",
        Harmless,
    ),
    (
        "a backslash at the end of the value",
        "route: { receiver: x, matchers: [ { name: alertname, value: 'Down\\' } ] }\n",
        Harmless,
    ),
    (
        "a line break in the value",
        "route: { receiver: x, matchers: [ { name: alertname, value: \"Down\\n  # payments/web\\n  - receiver: x\" } ] }\n",
        Harmless,
    ),
    (
        "a regex that is none",
        "route: { receiver: x, matchers: [ { name: alertname, value: '(', matchType: '=~' } ] }\n",
        Refused(5, 63, "regular expression"),
    ),
    (
        "a matcher as a text",
        "route: { receiver: x, matchers: [ 'namespace=payments' ] }\n",
        Refused(5, 37, "mapping"),
    ),
    // Routes below.
    (
        "a route below for everybody",
        "route: { receiver: x, routes: [ { matchers: [ { name: namespace, value: '.*', matchType: '=~' } ], continue: true } ] }\n",
        Harmless,
    ),
    (
        "another's receiver",
        "route: { receiver: payments/web/x }\n",
        Refused(5, 22, "no receiver \"payments/web/x\""),
    ),
    (
        "another's receiver, by a path",
        "route: { receiver: ../../payments/web/x }\n",
        Refused(5, 22, "no receiver"),
    ),
    (
        "the platform's receiver",
        "route: { receiver: default }\n",
        Refused(5, 22, "no receiver \"default\""),
    ),
    (
        "another's receiver, below",
        "route: { receiver: x, routes: [ { receiver: payments/web/x } ] }\n",
        Refused(5, 47, "no receiver"),
    ),
    (
        "groups of all labels, never told",
        "route: { receiver: x, groupBy: ['...'], groupWait: 1y, repeatInterval: 10y }\n",
        Harmless,
    ),
    (
        "groups over all namespaces",
        "route: { receiver: x, groupBy: [severity], groupWait: 0s }\n",
        Harmless,
    ),
    (
        "groups of all labels and one",
        "route: { receiver: x, groupBy: ['...', namespace] }\n",
        Refused(5, 35, "cannot stand beside"),
    ),
    (
        "groups by no label",
        "route: { receiver: x, groupBy: ['namespace, alertname'] }\n",
        Refused(5, 35, "not the name of a label"),
    ),
    (
        "groups by a label twice",
        "route: { receiver: x, groupBy: [a, a] }\n",
        Refused(5, 38, "twice"),
    ),
    // Inhibition.
    (
        "inhibits everything by everything",
        "inhibitRules: [ { } ]\nroute: { receiver: x }\n",
        Harmless,
    ),
    (
        "inhibits without equal",
        "inhibitRules: [ { sourceMatch: [ { name: severity, value: critical } ], targetMatch: [ { name: severity, value: 'page|warning', matchType: '=~' } ] } ]\n",
        Harmless,
    ),
    (
        "inhibits every namespace",
        "inhibitRules: [ { sourceMatch: [ { name: severity, value: critical } ], targetMatch: [ { name: namespace, value: '.*', matchType: '=~' } ] } ]\n",
        Harmless,
    ),
    (
        "inhibits another's",
        "inhibitRules: [ { sourceMatch: [ { name: namespace, value: mallory } ], targetMatch: [ { name: namespace, value: payments } ], equal: [alertname] } ]\n",
        Harmless,
    ),
    (
        "inhibits all but its own",
        "inhibitRules: [ { targetMatch: [ { name: namespace, value: mallory, matchType: '!=' } ], equal: [nothing] } ]\n",
        Harmless,
    ),
    // Time.
    (
        "another's time interval, anew",
        "route: { receiver: x, muteTimeIntervals: [nights] }\ntimeIntervals: [ { name: nights, timeIntervals: [ { } ] } ]\n",
        Harmless,
    ),
    (
        "the platform's time interval, anew",
        "route: { receiver: x, muteTimeIntervals: [offhours] }\ntimeIntervals: [ { name: offhours, timeIntervals: [ { } ] } ]\n",
        Harmless,
    ),
    (
        "another's time interval by its whole name, anew",
        "route: { receiver: x, muteTimeIntervals: [payments/web/nights] }\ntimeIntervals: [ { name: payments/web/nights, timeIntervals: [ { } ] } ]\n",
        Harmless,
    ),
    (
        "muted at all times",
        "route: { receiver: x, matchers: [ { name: namespace, value: '.*', matchType: '=~' } ], muteTimeIntervals: [always] }\ntimeIntervals: [ { name: always, timeIntervals: [ { times: [ { startTime: '00:00', endTime: '24:00' } ] } ] } ]\n",
        Harmless,
    ),
    (
        "never active",
        "route: { receiver: x, activeTimeIntervals: [never] }\ntimeIntervals: [ { name: never, timeIntervals: [ { years: ['1970'] } ] } ]\n",
        Harmless,
    ),
    (
        "another's time interval",
        "route: { receiver: x, muteTimeIntervals: [nights] }\n",
        Refused(5, 45, "no time interval \"nights\""),
    ),
    (
        "another's time interval by its whole name",
        "route: { receiver: x, muteTimeIntervals: [payments/web/nights] }\n",
        Refused(5, 45, "no time interval"),
    ),
    // Beyond the format.
    (
        "templates of the platform",
        "templates: [ '/etc/*' ]\nroute: { receiver: x }\n",
        Refused(5, 3, "templates"),
    ),
    (
        "a second route",
        "route: { receiver: x }\nroute: { receiver: default }\n",
        Refused(6, 3, "route"),
    ),
    (
        "aliases that explode",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\nroute: { receiver: x }\n",
        Refused(9, 38, "aliases"),
    ),
];

/// Name, the name of a receiver as YAML, fate. Its route leads there.
const NAMES: &[(&str, &str, Fate)] = &[
    (
        "a receiver of another's whole name",
        "payments/web/x",
        Harmless,
    ),
    ("a receiver of the platform's name", "default", Harmless),
    ("a receiver by a path", "../../payments/web/x", Harmless),
    ("a receiver with a comment", "'x # payments/web'", Harmless),
    ("a receiver that is a comment", "'# payments/web'", Harmless),
    (
        "a receiver of signs",
        "'\"x'': [ {&a *b !c | > % @ `'",
        Harmless,
    ),
    (
        "a receiver with a line separator",
        "\"x\\u2028# payments/web\\u2028- name: payments/web/x\"",
        Harmless,
    ),
    (
        "a receiver with a byte order mark",
        "\"\\uFEFF# payments/web\"",
        Harmless,
    ),
    (
        "a receiver with a line break",
        "\"x\\n# payments/web\\n- name: payments/web/x\"",
        Refused(7, 13, "control character"),
    ),
    (
        "a receiver with a next line",
        "\"x\\u0085# payments/web\"",
        Refused(7, 13, "control character"),
    ),
    (
        "a receiver with a tab",
        "\"x\\ty\"",
        Refused(7, 13, "control character"),
    ),
    ("a receiver without a name", "''", Refused(7, 13, "empty")),
];

/// Name, a receiver's settings, fate.
const SETTINGS: &[(&str, &str, Fate)] = &[
    (
        "a text like the file",
        "emailConfigs: [ { to: a@example.org, from: b@example.org, smarthost: '127.0.0.1:9', text: \"x\\n# payments/web\\n- name: payments/web/x\\n  webhook_configs: []\\nroute:\\n  receiver: mallory\\n\" } ]",
        Harmless,
    ),
    (
        "a text with line separators",
        "emailConfigs: [ { to: a@example.org, from: b@example.org, smarthost: '127.0.0.1:9', text: \"a\\n\\u2028- name: x\\u2028inhibit_rules: []\\n\\u2029\", html: \"\\u2028inhibit_rules: []\" } ]",
        Harmless,
    ),
    (
        "a header of two lines",
        "emailConfigs: [ { to: a@example.org, from: b@example.org, smarthost: '127.0.0.1:9', headers: [ { key: Subject, value: \"x\\n# payments/web\\n- y\" } ] } ]",
        Harmless,
    ),
    (
        "a file for its secret",
        "slackConfigs: [ { channel: x, apiURL: { name: own, key: url } } ]",
        Harmless,
    ),
    (
        "another's secret",
        "webhookConfigs: [ { urlSecret: { name: ../../payments/web, key: url } } ]",
        Refused(6, 66, "not the name of a secret"),
    ),
    (
        "another's secret, by the key",
        "webhookConfigs: [ { urlSecret: { name: web, key: ../../payments/web/url } } ]",
        Refused(6, 76, "not the key of a secret"),
    ),
    (
        "another's secret, by its namespace",
        "webhookConfigs: [ { urlSecret: { namespace: payments, name: web, key: url } } ]",
        Refused(6, 60, "namespace"),
    ),
    (
        "a file of the server's machine",
        "pushoverConfigs: [ { userKeyFile: /etc/shadow, token: { name: a, key: b } } ]",
        Refused(6, 61, "another's secrets"),
    ),
    (
        "a certificate of the server's machine",
        "webhookConfigs: [ { url: 'http://x', httpConfig: { tlsConfig: { caFile: /etc/shadow } } } ]",
        Refused(6, 91, "caFile"),
    ),
    (
        "a secret in the text",
        "webhookConfigs: [ { urlSecret: 'http://x' } ]",
        Refused(6, 58, "reference to a secret"),
    ),
    (
        "an address of files",
        "webhookConfigs: [ { url: 'file:///etc/shadow' } ]",
        Refused(6, 52, "scheme"),
    ),
];

/// Names of receivers with a secret that the file names by path.
const NAMES_WITH_SECRETS: &[(&str, &str)] = &[
    (
        "a secret's receiver with a line separator",
        "\"x\\u2028inhibit_rules: [ { source_matchers: ['severity=critical'], target_matchers: ['severity!=none'] } ] #\"",
    ),
    (
        "a secret's receiver with a paragraph separator",
        "\"x\\u2029inhibit_rules: [ { source_matchers: ['severity=critical'], target_matchers: ['severity!=none'] } ] #\"",
    ),
    ("a secret's receiver with spaces", "'x  y # %41 %0A%0d'"),
    (
        "a secret's receiver with a byte order mark",
        "\"\\uFEFFx\\uFFFE\"",
    ),
];

pub fn attacks() -> Vec<Attack> {
    let with_x = WITH_X.iter().map(|(name, text, fate)| Attack {
        name,
        text: format!("{text}{X}"),
        fate: copy(fate),
    });
    let names = NAMES.iter().map(|(name, receiver, fate)| Attack {
        name,
        text: format!(
            "route: {{ receiver: {receiver} }}\nreceivers:\n  - name: {receiver}\n    webhookConfigs: [ {{ url: HOOK }} ]\n"
        ),
        fate: copy(fate),
    });
    let settings = SETTINGS.iter().map(|(name, settings, fate)| Attack {
        name,
        text: format!("route: {{ receiver: x }}\nreceivers: [ {{ name: x, {settings} }} ]\n"),
        fate: copy(fate),
    });
    let with_secrets = NAMES_WITH_SECRETS.iter().map(|(name, receiver)| Attack {
        name,
        text: format!(
            "route: {{ receiver: {receiver} }}\nreceivers:\n  - name: {receiver}\n    \
             slackConfigs: [ {{ channel: x, apiURL: {{ name: own, key: url }} }} ]\n"
        ),
        fate: Harmless,
    });
    let all = with_x.chain(names).chain(settings).chain(with_secrets);
    let mut all: Vec<Attack> = all.collect();
    all.extend(others());
    all
}

fn others() -> Vec<Attack> {
    let nested = |depth: usize| {
        let (open, close) = ("{ routes: [ ".repeat(depth), " ] }".repeat(depth));
        let inner = "{ matchers: [ { name: namespace, value: '.*', matchType: '=~' } ] }";
        format!("route: {{ receiver: x, routes: [ {open}{inner}{close} ] }}\n{X}")
    };
    let document = |metadata: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\nmetadata: {metadata}\n\
             spec:\n  route: {{ receiver: x }}\n  {X}"
        )
    };
    vec![
        Attack {
            name: "routes twenty deep",
            text: nested(20),
            fate: Harmless,
        },
        Attack {
            name: "routes a thousand deep",
            text: nested(1000),
            fate: Refused(5, 1557, "recursion limit"),
        },
        Attack {
            name: "two receivers of one name",
            text: format!("route: {{ receiver: x }}\n{X}").replace("[ {", "[ { name: x }, {"),
            fate: Refused(6, 37, "stands twice"),
        },
        Attack {
            name: "another's definition again",
            text: document("{ namespace: payments, name: web }"),
            fate: Refused(3, 40, "declared twice"),
        },
        Attack {
            name: "a definition by a path",
            text: document("{ namespace: mallory, name: ../payments/web }"),
            fate: Refused(3, 39, "not a name"),
        },
        Attack {
            name: "a namespace by a path",
            text: document("{ namespace: ../payments, name: web }"),
            fate: Refused(3, 24, "not a namespace"),
        },
        Attack {
            name: "a namespace that ends its matcher",
            text: document("{ namespace: 'x\" or namespace=~\".*', name: web }"),
            fate: Refused(3, 24, "not a namespace"),
        },
        Attack {
            name: "the name of the platform's part",
            text: document("{ namespace: mallory, name: base_file }"),
            fate: Refused(3, 39, "not a name"),
        },
    ]
}

fn copy(fate: &Fate) -> Fate {
    match fate {
        Harmless => Harmless,
        Refused(line, column, words) => Refused(*line, *column, words),
    }
}

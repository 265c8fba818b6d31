//! Trueup keeps live systems true to what Git says.
//!
//! A platform repository declares what should be: rule groups, dashboards, folders, data sources, and with
//! every version more kinds.
//! Trueup reads one commit of it, resolves what it declares onto targets, compares that with what each
//! target has, and makes the difference go away, or shows it.
//!
//! # How the code is laid out
//!
//! The modules are the stations of the data, in the order in which it flows:
//!
//! ```text
//! source → load → catalog → resolve → observe → plan → apply → report
//! ```
//!
//! | module | what happens there | does IO |
//! |---|---|---|
//! | [`model`] | the nouns that all others speak in | no |
//! | [`settings`] | the daemon's settings: read, validated, typed | reads files |
//! | [`source`] | a commit, work tree or folder becomes a [`Snapshot`](model::Snapshot): which files there are, by content | Git |
//! | [`load`] | files become definitions and diagnostics, with places | no |
//! | [`catalog`] | entities of one commit become a catalog: relations, owners, queries | no |
//! | [`resolve`] | definitions become resources on targets: placement, identity | no |
//! | [`provider`] | speaks to one kind of live system; both sides become [`Canonical`](model::Canonical) there | HTTP, files |
//! | [`plan`] | the one comparison, the verdict on every id, the guard | no |
//! | [`apply`] | carries out an approved plan | through a provider |
//! | [`state`] | what was applied, begun and good last, in one SQLite file | SQLite |
//! | [`report`] | texts and JSON for people and their tools | no |
//! | [`reconcile`] | one pass from Git to live, when passes run, what is remembered between them | through the above |
//! | [`serve`] | the daemon's HTTP side | HTTP |
//! | [`telemetry`] | what happens, as one type an event | logs |
//! | [`cli`] | one file a command | terminal |
//!
//! Observing has no module of its own: a [`Lane`](reconcile::Lane) asks its provider, which gives the live
//! side normalised, and normalises the desired side with what the server turned out to be. What of a live
//! side shows only beside what is declared (which folder a path means, whose title is taken) is added by
//! [`relate`](provider::Reader::relate), which is pure. One module of
//! the whole design is still to come before `resolve`: the expansion of abstractions.
//!
//! Which module may use which is a table in `docs/architecture.md`, and a test holds it. The pure ones know no
//! clock, environment, runtime or HTTP, so that everything which decides whether something live is
//! touched can be tested without a server.
//!
//! # What makes it safe
//!
//! - **Unknown is not empty.** Reading never fails silently into "nothing there": a source gives a
//!   snapshot or a [`SourceError`](source::SourceError), a target is [`Known`](model::Observation) or
//!   unknown with a reason. Plans touch nothing in what is unknown.
//! - **The types carry the order of things.** [`plan::approve`] is the only maker of an
//!   [`ApprovedPlan`](plan::ApprovedPlan), and [`apply::execute`] takes nothing else. A preview is given
//!   [`Reader`](provider::Reader)s and a read-only [`StateView`](state::StateView); there is no `dry_run`.
//! - **Ownership is on the live side.** A marker in the live object names the instance; the state file's
//!   inventory is a cache of that. A plan made with an empty state file is the same plan.
//! - **A write whose end could be lost is journalled before it begins**, with what it replaces, so that a crash
//!   at any point ends in the next pass either finishing it or putting the former content back. What has a name
//!   of its own on the server (a uid) needs no journal: the next pass sees whether it is there.
//! - **Absence is evidence only where everything was read**: one unreadable file holds the deletes that
//!   it could have prevented ([`Block`](model::Block), [`Invalid`](model::Invalid)).
//!
//! # What makes it quick
//!
//! Work grows with the change. Parsed files are remembered by path and blob
//! ([`ParseMemo`](reconcile::memo::ParseMemo)), and hand out the same `Arc<Spec>` while a file stays;
//! normalised bodies are remembered by that pointer ([`NormaliseMemo`](reconcile::memo::NormaliseMemo));
//! a provider remembers what it read by what the file system says of it, except in the periodic full
//! check, or by the version that a server gives it. Passes over ids are linear and cheap. Bodies that are
//! large and rarely looked into are kept packed ([`Form`](model::Form)).
//!
//! # The daemon
//!
//! One task looks at the repository and publishes what it declares
//! ([`Daemon`](reconcile::driver::Daemon)); one lane a target observes, plans and applies on its own
//! clock with its own backoff, so that a dead target delays no other. Whatever wakes them says only
//! "something may have changed"; they look for themselves. So does a webhook: it is proved, and asks for a
//! look ([`Poke`](reconcile::Poke)). HTTP has a thread of its own, and answers however busy the others are.
//!
//! A delete on one target of what moved to another waits until the other has it: lanes tell each other
//! what they have, and nothing else.

pub mod apply;
pub mod catalog;
pub mod cli;
pub mod load;
pub mod model;
pub mod plan;
pub mod provider;
pub mod reconcile;
pub mod report;
pub mod resolve;
pub mod serve;
pub mod settings;
pub mod source;
pub mod state;
pub mod telemetry;

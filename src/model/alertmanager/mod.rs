//! Alert routing: what definitions add to the one configuration of an Alertmanager, how the whole is put
//! together, and whom an alert reaches through it.
//!
//! Sources: Alertmanager 0.25 to 0.28 (`config/config.go`, `dispatch/route.go`, `inhibit/inhibit.go`,
//! `pkg/labels`), and the Prometheus Operator's `AlertmanagerConfig`.

pub mod check;
pub mod compose;
pub mod definition;
pub mod live;
pub mod matcher;
pub mod piece;
pub mod route;
pub mod value;

pub use check::check;
pub use compose::{BASE, Base, BaseError, Fenced, Part, compose, order};
pub use definition::{Need, Receiver, Routing, TimeInterval};
pub use live::{LiveRouting, Whole};
pub use matcher::{Labels, Matcher, MatcherError, Operator};
pub use piece::Piece;
pub use route::{InhibitRule, Route, Step};
pub use value::{SecretFile, SecretValue, Value};

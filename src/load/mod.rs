//! From the files of a snapshot to what they declare, and what is wrong with them.
//!
//! ```text
//! wanted: which files  →  parse: one file, on its own  →  assemble: all of them together
//! ```
//!
//! Pure: bytes go in, data comes out. [`parse`] depends on nothing but one path and its bytes, so its
//! results can be remembered by (path, blob); [`assemble`] parses nothing.
//!
//! How YAML's odd corners are read is decided in `yaml`, which documents are ours in `kinds`, and when
//! rules are valid in `rules`, `template` and `model::promql`.

mod alertmanager;
mod assemble;
mod backstage;
mod document;
mod embedded;
mod entities;
mod grafana;
mod kinds;
mod locate;
mod meta;
mod parse;
mod patterns;
mod platform;
mod read;
mod rule_set;
mod rules;
pub mod schema;
mod secret;
mod sets;
mod template;
mod tenant;
mod tenants;
mod text;
mod tree;
mod wanted;
mod yaml;

pub use assemble::{Given, Loaded, assemble};
pub use document::ParsedFile;
pub use embedded::embedded;
pub use locate::locate;
pub use parse::parse;
pub use platform::FILE as PLATFORM_FILE;
pub use tree::Files;
pub use wanted::{is_wanted, wanted};

#[cfg(test)]
mod tests;

//! YAML and JSON as a tree of nodes that know where they were written.
//!
//! The tree is built from the events of `saphyr-parser`, of `*.json` files by a reader of their own;
//! typed definitions are read from it. A `*.json` file must be JSON, not just YAML. What the
//! formats leave open is decided here once, after what Prometheus 2.42 (go-yaml v3) and Kubernetes
//! tools do with it:
//!
//! | case | decision |
//! |---|---|
//! | bytes that are not UTF-8 | refused; UTF-16, which go-yaml reads, too |
//! | byte order mark | skipped at the start of the file; elsewhere refused, though go-yaml takes it |
//! | control characters, NUL | refused, as in go-yaml |
//! | CRLF | a line break |
//! | tabs | refused as indentation and, unlike in go-yaml, right behind a key's colon; fine elsewhere and in JSON |
//! | flow collections | their content is indented, as YAML 1.2 demands and go-yaml does not |
//! | empty file, empty document | no document |
//! | duplicate keys | an error at the second place that names the first, as in go-yaml v3 |
//! | `<<` | merged where it is plain; what is written beside it wins, the first of a list wins; in Backstage's entities a key like any other |
//! | `yes`, `no`, `on`, `off` | text, unless a boolean is wanted |
//! | `.inf`, `.nan` | numbers, and refused wherever an integer is wanted |
//! | `010`, `0o10`, `0b1`, `1_000` | integers, as go-yaml v3 reads them |
//! | `!!str` and the other core tags | obeyed; other tags are passed over; `!!binary` is refused |
//! | anchors and aliases | resolved; at most 100,000 nodes a document may come from aliases |
//! | nesting | at most 128 levels |

mod build;
pub(crate) mod json;
mod locate;
mod merge;
mod node;
mod scalar;
mod value;

pub(crate) use build::{Document, YamlError, count};
pub(crate) use locate::Locator;
pub(crate) use merge::documents;
pub(crate) use node::{Node, Scalar, Style, Tag, Value};

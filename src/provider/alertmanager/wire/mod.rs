//! The text of the composed file: written, and taken apart again.
//!
//! The platform's fields come in the order in which `base_file` has them. In each list that definitions add to,
//! their items stand under a comment with the definition's name, sorted by it: routes before the platform's own,
//! everything else after. The same input gives the same bytes.

mod read;
mod section;
mod write;

pub use read::{Composed, ReadError, read, read_foreign};
pub use write::{Secrets, Written, write, write_pieces};

/// The line over the routes below the root.
const ROUTES: &str = "  routes:";

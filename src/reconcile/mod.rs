//! One pass from Git to live, and when passes run.
//!
//! [`declare`] reads what should be, a [`Lane`] looks after one target, [`cycle`] puts both together,
//! and the [`driver`] says when. What the pure rooms would compute again for the same content is
//! remembered here.

pub mod allowance;
pub mod cycle;
pub mod declare;
pub mod driver;
pub mod embedded;
mod keeper;
pub mod lane;
pub mod memo;
mod notes;
pub mod orders;
pub mod providers;
pub mod status;
pub mod stop;
mod wake;

pub use declare::Declaration;
pub use lane::Lane;
pub use wake::Poke;

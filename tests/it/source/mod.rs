//! The source against real repositories and real servers.

mod faults;
pub mod fixture;
mod folder;
mod https;
mod local;
mod mirror;
pub mod nginx;
mod revisions;
mod slow;
mod ssh;
mod sshd;
mod trees;

use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    [
        local::tests(),
        trees::tests(),
        revisions::tests(),
        folder::tests(),
        mirror::tests(),
        https::tests(),
        ssh::tests(),
        faults::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

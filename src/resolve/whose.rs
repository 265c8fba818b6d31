//! Whose a file is, asked once for many definitions in a row.

use std::cell::RefCell;
use std::sync::Arc;

use crate::model::{RepoPath, Tenant, Tenants};

/// The tenants, with the last answers. The groups of a set come file by file, and of each the file of the set and its
/// own are asked for, several times.
pub(super) struct Whose<'a> {
    tenants: &'a Tenants,
    /// The last two files with their tenants' indexes, the latest first.
    last: RefCell<[Option<Answer>; 2]>,
}

/// A file with its tenant's index.
type Answer = (RepoPath, Option<usize>);

impl<'a> Whose<'a> {
    pub(super) fn new(tenants: &'a Tenants) -> Self {
        let last = RefCell::default();
        Self { tenants, last }
    }

    /// The index of the tenant that a file belongs to; `None` is the platform.
    pub(super) fn index(&self, file: &RepoPath) -> Option<usize> {
        if self.tenants.is_empty() {
            return None;
        }
        let mut last = self.last.borrow_mut();
        let mut answers = last.iter().flatten();
        let same = |asked: &RepoPath| std::ptr::eq(asked.as_str(), file.as_str()) || asked == file;
        if let Some((_, index)) = answers.find(|(asked, _)| same(asked)) {
            return *index;
        }
        let index = self.tenants.index_of(file);
        last.swap(0, 1);
        last[0] = Some((file.clone(), index));
        index
    }

    /// The tenant that a file belongs to; `None` is the platform.
    pub(super) fn of(&self, file: &RepoPath) -> Option<&'a Arc<Tenant>> {
        self.tenants.all().get(self.index(file)?)
    }
}

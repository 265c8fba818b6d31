//! Whose each file is.

use std::collections::HashMap;
use std::sync::Arc;

use super::tenant::TenantPath;
use super::{RepoPath, Tenant};

/// The tenants of one commit, by the paths that they own.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    /// Sorted by name.
    all: Vec<Arc<Tenant>>,
    folders: HashMap<RepoPath, usize>,
    files: HashMap<RepoPath, usize>,
}

impl Tenants {
    /// Each path is owned once.
    pub fn new(all: &[Arc<Tenant>]) -> Self {
        let mut tenants = Self {
            all: all.to_vec(),
            ..Self::default()
        };
        for (index, tenant) in all.iter().enumerate() {
            for path in &tenant.paths {
                match &path.value {
                    TenantPath::Folder(folder) => tenants.folders.insert(folder.clone(), index),
                    TenantPath::File(file) => tenants.files.insert(file.clone(), index),
                };
            }
        }
        tenants
    }

    /// Sorted by name.
    pub fn all(&self) -> &[Arc<Tenant>] {
        &self.all
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The tenant that owns a file: by itself, else by the nearest folder that somebody owns. Without one it is the
    /// platform's.
    pub fn of(&self, file: &RepoPath) -> Option<&Arc<Tenant>> {
        self.all.get(self.index_of(file)?)
    }

    /// The same, as an index of [`Self::all`].
    pub fn index_of(&self, file: &RepoPath) -> Option<usize> {
        if self.all.is_empty() {
            return None;
        }
        let by_file = self.files.get(file);
        by_file.or_else(|| self.by_folder(file)).copied()
    }

    fn by_folder(&self, file: &RepoPath) -> Option<&usize> {
        let mut folder = file.folder();
        while !folder.is_empty() {
            if let Some(index) = self.folders.get(folder) {
                return Some(index);
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::model::tenant::{Quotas, TenantMetrics};
    use crate::model::{EntityRef, Place, Span, Spanned};

    fn tenant(name: &str, paths: &[&str]) -> Arc<Tenant> {
        let paths = paths.iter().map(|path| {
            let path = TenantPath::parse(path).unwrap();
            Spanned::new(path, Span::default())
        });
        Arc::new(Tenant {
            name: name.into(),
            place: Place::whole(RepoPath::new("tenants.yaml").unwrap()),
            owner: Spanned::new(EntityRef::new("Group", "default", name), Span::default()),
            paths: paths.collect(),
            targets: None,
            kinds: BTreeSet::new(),
            folder: None,
            metrics: TenantMetrics {
                labels: BTreeMap::new(),
                ..TenantMetrics::default()
            },
            quotas: Quotas::default(),
        })
    }

    #[test]
    fn the_longest_path_wins() {
        let all = [
            tenant("a", &["teams/a/**", "shared/one.yaml"]),
            tenant("b", &["teams/a/b/**", "shared/**"]),
        ];
        let tenants = Tenants::new(&all);
        let of = |file: &str| {
            let file = RepoPath::new(file).unwrap();
            tenants.of(&file).map(|tenant| tenant.name.to_string())
        };
        assert_eq!(of("teams/a/x.yaml").as_deref(), Some("a"));
        assert_eq!(of("teams/a/c/x.yaml").as_deref(), Some("a"));
        assert_eq!(of("teams/a/b/x.yaml").as_deref(), Some("b"));
        assert_eq!(of("teams/a/b/c/x.yaml").as_deref(), Some("b"));
        assert_eq!(of("shared/one.yaml").as_deref(), Some("a"));
        assert_eq!(of("shared/two.yaml").as_deref(), Some("b"));
        assert_eq!(of("teams/x.yaml"), None);
        assert_eq!(of("x.yaml"), None);
    }
}

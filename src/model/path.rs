//! A path inside the platform repository.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A relative path with `/` between its parts, without `.`, `..` or empty parts, in UTF-8.
///
/// It is relative to `repository.path` of the settings. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl AsRef<RepoPath> for RepoPath {
    fn as_ref(&self) -> &RepoPath {
        self
    }
}

/// Ordered and hashed as its text is.
impl Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl RepoPath {
    /// `None` where `text` is empty, absolute, or has a part that is empty, `.` or `..`.
    pub fn new(text: &str) -> Option<Self> {
        let clean = text
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
        clean.then(|| Self(text.into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as text that is shared with it.
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }

    /// The folder that holds the file; empty at the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// What follows the last dot of the file name, if anything.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').map(|(_, end)| end)
    }

    /// Whether any part starts with a dot.
    pub fn is_hidden(&self) -> bool {
        self.0.split('/').any(|part| part.starts_with('.'))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RepoPath;

    #[test]
    fn refuses_what_could_leave_the_repository() {
        for bad in ["", "/etc/passwd", "a/../b", "a//b", "./a", "a/"] {
            assert_eq!(RepoPath::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn knows_its_parts() {
        let path = RepoPath::new("teams/.old/rules.v2.yaml").unwrap();
        assert_eq!(
            (path.folder(), path.file_name(), path.extension()),
            ("teams/.old", "rules.v2.yaml", Some("yaml"))
        );
        assert!(path.is_hidden());
    }
}

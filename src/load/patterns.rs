//! `files` patterns: which paths of the snapshot a set takes in.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::{RepoPath, Spanned};

/// A pattern of a set, ready to be matched against paths of the repository.
#[derive(Debug)]
pub(crate) struct FilePattern {
    pub(crate) text: Spanned<String>,
    /// What every matching path starts with.
    prefix: String,
    /// `None` where the pattern is one plain path, `prefix`.
    matcher: Option<GlobMatcher>,
}

impl FilePattern {
    /// Compiles a pattern that is relative to the folder of the file that it stands in.
    ///
    /// The error says what is wrong with it.
    pub(crate) fn compile(defined_in: &RepoPath, text: Spanned<String>) -> Result<Self, String> {
        let pattern = &text.value;
        let clean = pattern.strip_prefix("./").unwrap_or(pattern);
        if clean.is_empty() {
            return Err("a pattern cannot be empty".to_owned());
        }
        if clean.starts_with('/') {
            return Err(format!("the pattern {pattern:?} is absolute"));
        }
        if clean.split('/').any(|part| part == "..") {
            return Err(format!(
                "the pattern {pattern:?} leaves the folder of its file"
            ));
        }
        let literal = clean
            .find(['*', '?', '[', '{', '\\'])
            .unwrap_or(clean.len());
        let slash = |folder: &str| if folder.is_empty() { "" } else { "/" };
        let folder = defined_in.folder();
        let prefix = format!("{folder}{}{}", slash(folder), &clean[..literal]);
        if literal == clean.len() {
            return Ok(Self {
                text,
                prefix,
                matcher: None,
            });
        }
        let whole = format!("{}{}{clean}", globset::escape(folder), slash(folder));
        let glob = GlobBuilder::new(&whole)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| format!("{pattern:?} is not a pattern: {}", error.kind()))?;
        let matcher = Some(glob.compile_matcher());
        Ok(Self {
            text,
            prefix,
            matcher,
        })
    }

    /// The matching ones of sorted paths. Costs no more than the paths below the pattern's plain
    /// beginning.
    pub(crate) fn expand<P: AsRef<RepoPath> + Copy>(&self, sorted: &[P]) -> Vec<P> {
        let start = sorted.partition_point(|path| path.as_ref().as_str() < self.prefix.as_str());
        let below = sorted[start..]
            .iter()
            .take_while(|path| path.as_ref().as_str().starts_with(&self.prefix));
        let matching = below.filter(|path| self.is_match((*path).as_ref()));
        matching.copied().collect()
    }

    fn is_match(&self, path: &RepoPath) -> bool {
        match &self.matcher {
            Some(matcher) => matcher.is_match(path.as_str()),
            None => path.as_str() == self.prefix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;
    use rstest::rstest;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn compile(file: &str, pattern: &str) -> Result<FilePattern, String> {
        FilePattern::compile(
            &path(file),
            Spanned::new(pattern.to_owned(), Span::default()),
        )
    }

    #[rstest]
    #[case("*.yaml", "team/a.yaml", true)]
    #[case("./*.yaml", "team/a.yaml", true)]
    #[case("*.yaml", "team/sub/a.yaml", false)]
    #[case("**/*.yaml", "team/sub/deep/a.yaml", true)]
    #[case("**/*.yaml", "team/a.yaml", true)]
    #[case("a.yaml", "a.yaml", false)]
    #[case("a.yaml", "team/a.yaml", true)]
    #[case("{a,b}.yaml", "team/b.yaml", true)]
    #[case("[ab].yaml", "team/b.yaml", true)]
    #[case("a?.yaml", "team/a1.yaml", true)]
    fn matches_from_its_folder(#[case] pattern: &str, #[case] file: &str, #[case] matches: bool) {
        let file = path(file);
        let found = compile("team/set.yaml", pattern).unwrap().expand(&[&file]);
        assert_eq!(!found.is_empty(), matches);
    }

    #[test]
    fn finds_what_is_below_its_beginning() {
        let paths = ["a.yaml", "b/1.yaml", "b/2.yaml", "b/2.yml", "c/1.yaml"].map(path);
        let sorted: Vec<&RepoPath> = paths.iter().collect();
        let found = compile("set.yaml", "b/*.yaml").unwrap().expand(&sorted);
        assert_eq!(found, [&paths[1], &paths[2]]);
    }

    #[test]
    fn folders_are_taken_literally() {
        let pattern = compile("a[1]/set.yaml", "*.yaml").unwrap();
        let paths = ["a1/x.yaml", "a[1]/x.yaml"].map(path);
        assert_eq!(pattern.expand(&[&paths[0], &paths[1]]), [&paths[1]]);
    }

    #[rstest]
    #[case("")]
    #[case("/etc/*.yaml")]
    #[case("../other/*.yaml")]
    #[case("a/../../b.yaml")]
    #[case("a[.yaml")]
    fn refuses(#[case] pattern: &str) {
        assert!(compile("team/set.yaml", pattern).is_err());
    }
}

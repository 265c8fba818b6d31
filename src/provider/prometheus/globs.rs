//! Whether the server's `rule_files` patterns reach our files.
//!
//! The server's paths are its own: it may see the same directory elsewhere (a container's mount), and
//! relative patterns count from its configuration file. So a pattern counts where its last part
//! matches the names of our files, and its directory
//! - is the rules directory, as written or after symbolic links, or
//! - is relative, or
//! - does not exist here: then it is a mount of something.
//!
//! A directory that exists here and is another one does not count, unless the server already lists
//! files of ours; then it evidently reads them.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::container::{Container, temporary_suffix};

/// A set that need not exist: its file name stands for all of ours.
const SAMPLE: &str = "namespace/trueup";

/// The patterns of `rule_files` in a server's configuration.
pub(super) fn rule_files(yaml: &str) -> Result<Vec<String>, serde_yaml::Error> {
    #[derive(Deserialize)]
    struct Config {
        rule_files: Option<Vec<String>>,
    }
    let config: Option<Config> = serde_yaml::from_str(yaml)?;
    Ok(config
        .and_then(|config| config.rule_files)
        .unwrap_or_default())
}

/// Checks that the patterns reach the directory's files, and not the temporary ones.
///
/// # Errors
/// With what to do, where they do not.
pub(super) fn check(
    patterns: &[String],
    directory: &Path,
    instance: &str,
    listed: bool,
) -> Result<(), String> {
    let file = Container::of_name(SAMPLE).map_or_else(String::new, |sample| sample.file());
    let reaching: Vec<&String> = patterns
        .iter()
        .filter(|pattern| matches_name(pattern, &file))
        .filter(|pattern| listed || may_be(pattern, directory))
        .collect();
    if reaching.is_empty() {
        let has = if patterns.is_empty() {
            "none".to_owned()
        } else {
            patterns.join(", ")
        };
        return Err(format!(
            "no `rule_files` pattern of the server matches the files in {0}; add `{0}/*.yaml` to `rule_files` in its configuration, as the server sees that directory, and reload it (it has: {has})",
            directory.display()
        ));
    }
    let temporary = format!("{file}{}", temporary_suffix(instance));
    match reaching
        .iter()
        .find(|pattern| matches_name(pattern, &temporary))
    {
        None => Ok(()),
        Some(pattern) => Err(format!(
            "the `rule_files` pattern {pattern} of the server also matches files that are half written; narrow it to `*.yaml`"
        )),
    }
}

/// Whether the last part of a pattern matches a file name.
fn matches_name(pattern: &str, file: &str) -> bool {
    let last = pattern.rsplit('/').next().unwrap_or(pattern);
    glob(last).is_some_and(|glob| glob.is_match(file))
}

/// Whether the directory part of a pattern may be our directory.
fn may_be(pattern: &str, directory: &Path) -> bool {
    let Some((parent, _)) = pattern.rsplit_once('/') else {
        return true;
    };
    let parent = match parent {
        "" => "/",
        relative if !relative.starts_with('/') => return true,
        absolute => absolute,
    };
    let real = directory.canonicalize();
    let real = real.as_deref().unwrap_or(directory);
    if [directory, real]
        .iter()
        .any(|path| glob(parent).is_some_and(|glob| glob.is_match(path)))
    {
        return true;
    }
    match Path::new(parent).canonicalize() {
        Ok(other) => other == real,
        Err(_) => !has_wildcard(parent) || !first_exists(parent),
    }
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Whether the part of a pattern before its first wildcard exists here.
fn first_exists(pattern: &str) -> bool {
    let end = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let fixed = pattern[..end]
        .rsplit_once('/')
        .map_or("/", |(fixed, _)| fixed);
    Path::new(fixed).exists()
}

/// A pattern of Go's `filepath.Match`, which has no alternatives in braces.
fn glob(pattern: &str) -> Option<GlobMatcher> {
    let literal_braces = pattern.replace('{', "[{]").replace('}', "[}]");
    let glob = GlobBuilder::new(&literal_braces)
        .literal_separator(true)
        .backslash_escape(true)
        .build();
    Some(glob.ok()?.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn verdict(patterns: &[&str], directory: &Path, listed: bool) -> Result<(), String> {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        check(&patterns, directory, "acme", listed)
    }

    #[rstest]
    #[case(&["rules/*.yaml"], true)]
    #[case(&["/no/such/mount/*.yaml"], true)]
    #[case(&["/no/such/mount/*.yml"], false)]
    #[case(&["/no/such/mount/default.node.yaml"], false)]
    #[case(&["rules/*"], false)]
    #[case(&[], false)]
    #[case(&["/*.yaml"], false)]
    fn patterns_reach_or_not(#[case] patterns: &[&str], #[case] reaches: bool) {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(verdict(patterns, directory.path(), false).is_ok(), reaches);
    }

    #[test]
    fn another_directory_that_exists_here_does_not_count() {
        let ours = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let pattern = format!("{}/*.yaml", other.path().display());
        let error = verdict(&[&pattern], ours.path(), false).unwrap_err();
        assert!(
            error.contains(&format!("add `{}/*.yaml`", ours.path().display())),
            "{error}"
        );
        assert_eq!(verdict(&[&pattern], ours.path(), true), Ok(()));
        let exact = format!("{}/*.y*ml", ours.path().display());
        assert_eq!(verdict(&[&exact], ours.path(), false), Ok(()));
    }
}

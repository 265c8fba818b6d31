//! Containers: the rule file of a set, its name, and the marker that says whose it is.

use crate::model::Ownership;

/// The end of every container's file name.
const SUFFIX: &str = ".yaml";
const MARKER: &str = "# trueup ";

/// The file of a set: `<namespace>.<set>.yaml`. A namespace has no dots, so the first one ends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Container {
    /// `<namespace>/<set>`
    name: String,
    split: usize,
}

impl Container {
    /// Of `<namespace>/<set>`.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let (namespace, set) = name.split_once('/')?;
        (is_label(namespace) && is_subdomain(set)).then(|| Self {
            name: name.to_owned(),
            split: namespace.len(),
        })
    }

    /// Of a file's base name; `None` where the file could not be a container.
    pub(super) fn of_file(file: &str) -> Option<Self> {
        let (namespace, set) = file.strip_suffix(SUFFIX)?.split_once('.')?;
        Self::of_name(&format!("{namespace}/{set}"))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The file's base name.
    pub(super) fn file(&self) -> String {
        let (namespace, set) = (&self.name[..self.split], &self.name[self.split + 1..]);
        format!("{namespace}.{set}{SUFFIX}")
    }

    /// The name that its content has until it is complete; no `*.yaml` or `*.yml` matches it, and no
    /// other instance uses it.
    pub(super) fn temporary(&self, instance: &str) -> String {
        format!("{}{}", self.file(), temporary_suffix(instance))
    }

    /// The first line, without line end, that makes the file `instance`'s.
    pub(super) fn marker(&self, instance: &str) -> String {
        format!("{MARKER}instance={instance} set={}", self.name)
    }

    /// Whose a file of this name with this content is.
    pub(super) fn ownership(&self, content: &str, instance: &str) -> Ownership {
        let first = content.lines().next().unwrap_or_default();
        if first == self.marker(instance) {
            return Ownership::Ours;
        }
        let Some((owner, set)) = parse_marker(first) else {
            return Ownership::Nobody;
        };
        Ownership::Theirs(if owner != instance {
            format!("Trueup instance {owner}")
        } else if set == self.name {
            // The words are right and the line is not: nothing that we wrote.
            format!("somebody who changed the marker line {first:?}")
        } else {
            format!("somebody who renamed or copied the file of the set {set}")
        })
    }
}

/// What the names of `instance`'s temporary files end with.
pub(super) fn temporary_suffix(instance: &str) -> String {
    format!(".{instance}.trueup-tmp")
}

/// Instance and set of a marker line.
fn parse_marker(line: &str) -> Option<(&str, &str)> {
    let mut words = line.strip_prefix(MARKER)?.split_whitespace();
    let instance = words.next()?.strip_prefix("instance=")?;
    let set = words.next()?.strip_prefix("set=")?;
    Some((instance, set))
}

/// RFC 1123, as Kubernetes has it.
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
        && bytes.first().copied().is_some_and(inner)
        && bytes.last().copied().is_some_and(inner)
}

fn is_subdomain(text: &str) -> bool {
    // Shorter than the 253 of Kubernetes: a file name has 255 bytes, and the temporary one is longer.
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn file_and_name_map_both_ways() {
        let container = Container::of_name("default/node.rules-1").unwrap();
        assert_eq!(container.file(), "default.node.rules-1.yaml");
        assert_eq!(Container::of_file(&container.file()), Some(container));
    }

    #[rstest]
    #[case("node.yaml")]
    #[case("default.node.yml")]
    #[case(".default.node.yaml")]
    #[case("Default.node.yaml")]
    #[case("default.node.yaml.acme.trueup-tmp")]
    #[case("default..yaml")]
    fn other_files_are_none(#[case] file: &str) {
        assert_eq!(Container::of_file(file), None);
    }

    #[rstest]
    #[case("# trueup instance=a set=n/s\ngroups: []\n", Ownership::Ours)]
    #[case("groups: []\n", Ownership::Nobody)]
    #[case("\n# trueup instance=a set=n/s\n", Ownership::Nobody)]
    #[case("# trueup instance=b set=n/s\n", Ownership::Theirs("Trueup instance b".into()))]
    #[case(
        "# trueup instance=a set=n/t\n",
        Ownership::Theirs("somebody who renamed or copied the file of the set n/t".into())
    )]
    fn markers_tell_whose(#[case] content: &str, #[case] ownership: Ownership) {
        let container = Container::of_name("n/s").unwrap();
        assert_eq!(container.ownership(content, "a"), ownership);
    }
}

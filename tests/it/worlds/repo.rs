//! Generated repositories: sets, rule files, inline groups, placements, things that are wrong, and edits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

/// What a repository declares; `folder` of a set tells its place in the tree.
#[derive(Clone, Debug)]
pub struct Repo {
    pub sets: BTreeMap<u8, Set>,
}

#[derive(Clone, Debug)]
pub struct Set {
    /// Two sets may have one name: then both are wrong.
    pub name: u8,
    pub ours: bool,
    pub placement: Placement,
    pub files: BTreeMap<u8, File>,
    pub inline: Vec<Group>,
    /// A field that no set has.
    pub unknown_field: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    Prod,
    Dev,
    Both,
    /// The platform's default, which is prod.
    Default,
    /// Matches no target: an error, and nothing is deleted.
    Nowhere,
}

#[derive(Clone, Debug)]
pub struct File {
    pub groups: Vec<Group>,
    /// Not YAML.
    pub broken: bool,
}

/// A name may come twice in a set: then both are wrong.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: u8,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub name: u8,
    pub threshold: u8,
    pub minutes: u8,
    pub severity: Option<u8>,
    /// Not `PromQL`.
    pub broken: bool,
}

/// One edit of a commit. What it names is looked up among what is there.
#[derive(Clone, Debug)]
pub enum Edit {
    Threshold(Index, Index, u8),
    RemoveGroup(Index, Index),
    RemoveSet(Index),
    AddSet(u8, Set),
    RemoveFile(Index, Index),
    RenameFile(Index, Index, u8),
    /// Breaks a good file, mends a broken one.
    BreakFile(Index, Index),
    BreakRule(Index, Index),
    Place(Index, Placement),
    MoveFolder(Index, u8),
}

pub fn repo() -> impl Strategy<Value = Repo> {
    prop::collection::btree_map(0..6_u8, set(), 1..4).prop_map(|sets| Repo { sets })
}

pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 1..4)
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), index(), 0..9_u8).prop_map(|(set, group, to)| Edit::Threshold(set, group, to)),
        2 => (index(), index()).prop_map(|(set, group)| Edit::RemoveGroup(set, group)),
        1 => index().prop_map(Edit::RemoveSet),
        1 => (0..6_u8, set()).prop_map(|(folder, set)| Edit::AddSet(folder, set)),
        1 => (index(), index()).prop_map(|(set, file)| Edit::RemoveFile(set, file)),
        1 => (index(), index(), 0..6_u8).prop_map(|(set, file, to)| Edit::RenameFile(set, file, to)),
        1 => (index(), index()).prop_map(|(set, file)| Edit::BreakFile(set, file)),
        1 => (index(), index()).prop_map(|(set, group)| Edit::BreakRule(set, group)),
        1 => (index(), placement()).prop_map(|(set, to)| Edit::Place(set, to)),
        1 => (index(), 0..6_u8).prop_map(|(set, to)| Edit::MoveFolder(set, to)),
    ]
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        3 => Just(Placement::Prod),
        2 => Just(Placement::Dev),
        2 => Just(Placement::Both),
        2 => Just(Placement::Default),
        1 => Just(Placement::Nowhere),
    ]
}

fn set() -> impl Strategy<Value = Set> {
    let rarely = prop::bool::weighted(0.05);
    let files = prop::collection::btree_map(0..4_u8, file(), 0..3);
    let inline = prop::collection::vec(group(), 0..3);
    (
        0..12_u8,
        prop::bool::weighted(0.7),
        placement(),
        files,
        inline,
        rarely,
    )
        .prop_map(
            |(name, ours, placement, files, inline, unknown_field)| Set {
                name,
                ours,
                placement,
                files,
                inline,
                unknown_field,
            },
        )
}

fn file() -> impl Strategy<Value = File> {
    let groups = prop::collection::vec(group(), 0..3);
    (groups, prop::bool::weighted(0.05)).prop_map(|(groups, broken)| File { groups, broken })
}

fn group() -> impl Strategy<Value = Group> {
    let rules = prop::collection::vec(rule(), 0..4);
    (0..12_u8, rules).prop_map(|(name, rules)| Group { name, rules })
}

fn rule() -> impl Strategy<Value = Rule> {
    let severity = prop::option::of(0..3_u8);
    let broken = prop::bool::weighted(0.03);
    (0..4_u8, 0..9_u8, 0..3_u8, severity, broken).prop_map(
        |(name, threshold, minutes, severity, broken)| Rule {
            name,
            threshold,
            minutes,
            severity,
            broken,
        },
    )
}

impl Repo {
    /// Makes an edit; one that finds nothing to edit does nothing.
    pub fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Threshold(set, group, to) => {
                let rules = self.group(*set, *group).map(|group| &mut group.rules);
                for rule in rules.into_iter().flatten() {
                    rule.threshold = *to;
                }
            }
            Edit::RemoveGroup(set, group) => {
                let Some(set) = self.set(*set) else { return };
                let Some(name) = pick(&set.groups(), *group).map(|group| group.name) else {
                    return;
                };
                set.inline.retain(|group| group.name != name);
                for file in set.files.values_mut() {
                    file.groups.retain(|group| group.name != name);
                }
            }
            Edit::RemoveSet(set) => {
                let folders: Vec<u8> = self.sets.keys().copied().collect();
                if let Some(folder) = pick(&folders, *set) {
                    self.sets.remove(folder);
                }
            }
            Edit::AddSet(folder, set) => {
                _ = self.sets.entry(*folder).or_insert_with(|| set.clone());
            }
            Edit::RemoveFile(set, file) => {
                let Some(set) = self.set(*set) else { return };
                let names: Vec<u8> = set.files.keys().copied().collect();
                if let Some(name) = pick(&names, *file) {
                    set.files.remove(name);
                }
            }
            Edit::RenameFile(set, file, to) => {
                let Some(set) = self.set(*set) else { return };
                let names: Vec<u8> = set.files.keys().copied().collect();
                if let Some(name) = pick(&names, *file).filter(|_| !set.files.contains_key(to)) {
                    let file = set.files.remove(name).unwrap();
                    set.files.insert(*to, file);
                }
            }
            Edit::BreakFile(set, file) => {
                let Some(set) = self.set(*set) else { return };
                let names: Vec<u8> = set.files.keys().copied().collect();
                if let Some(name) = pick(&names, *file) {
                    let file = set.files.get_mut(name).unwrap();
                    file.broken = !file.broken;
                }
            }
            Edit::BreakRule(set, group) => {
                let rules = self.group(*set, *group).map(|group| &mut group.rules);
                if let Some(rule) = rules.and_then(|rules| rules.first_mut()) {
                    rule.broken = !rule.broken;
                }
            }
            Edit::Place(set, to) => {
                if let Some(set) = self.set(*set) {
                    set.placement = *to;
                }
            }
            Edit::MoveFolder(set, to) => {
                let folders: Vec<u8> = self.sets.keys().copied().collect();
                if let Some(from) = pick(&folders, *set).filter(|_| !self.sets.contains_key(to)) {
                    let set = self.sets.remove(from).unwrap();
                    self.sets.insert(*to, set);
                }
            }
        }
    }

    fn set(&mut self, index: Index) -> Option<&mut Set> {
        let folders: Vec<u8> = self.sets.keys().copied().collect();
        self.sets.get_mut(pick(&folders, index)?)
    }

    fn group(&mut self, set: Index, group: Index) -> Option<&mut Group> {
        let set = self.set(set)?;
        let in_files = set.files.values_mut().flat_map(|file| &mut file.groups);
        let mut groups: Vec<&mut Group> = in_files.chain(&mut set.inline).collect();
        if groups.is_empty() {
            return None;
        }
        let at = group.index(groups.len());
        Some(groups.swap_remove(at))
    }
}

impl Set {
    pub fn groups(&self) -> Vec<&Group> {
        let in_files = self.files.values().flat_map(|file| &file.groups);
        in_files.chain(&self.inline).collect()
    }
}

fn pick<T>(items: &[T], index: Index) -> Option<&T> {
    (!items.is_empty()).then(|| index.get(items))
}

//! One pass of the reconciler, as it is remembered and told.

/// How a cycle ended, on all its targets together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CycleResult {
    /// Everything is as declared, or drift that is only reported.
    Done,
    /// Something is held, and nothing failed.
    Held,
    /// Something failed, or a target or the repository could not be read.
    Failed,
}

impl CycleResult {
    pub const ALL: &'static [Self] = &[Self::Done, Self::Held, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }

    /// Reads back what `as_str` gave.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|result| result.as_str() == text)
    }
}

/// What became of the changes of a cycle, and how much needed none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CycleCounts {
    pub done: u64,
    pub failed: u64,
    pub skipped: u64,
    pub held: u64,
    pub unchanged: u64,
}

impl CycleCounts {
    /// Whether no change was tried.
    pub fn is_quiet(self) -> bool {
        self.done == 0 && self.failed == 0 && self.skipped == 0
    }
}

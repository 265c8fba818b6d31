//! Finding the one change that a server refuses.
//!
//! What was accepted stays applied while the search goes on, so each step asks about the accepted ones
//! and the first half of the suspects: accepted, that half joins the good ones; refused, the culprit is
//! in it, and the other half waits. ⌈log₂ n⌉ steps leave one culprit; one more reload puts what waited
//! in place. Where there are several culprits the first is found, everything before it stays applied,
//! and what waited is tried again in the next cycle.

/// The state of a search. Items are numbers whose meaning is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bisect {
    /// Accepted together.
    pub(super) good: Vec<usize>,
    /// Refused together with the good ones, or without which nothing is refused.
    suspects: Vec<usize>,
    /// Not asked about.
    pub(super) waiting: Vec<usize>,
}

impl Bisect {
    /// `suspects` were refused together.
    pub(super) fn new(suspects: Vec<usize>) -> Self {
        Self {
            good: Vec::new(),
            suspects,
            waiting: Vec::new(),
        }
    }

    /// What to ask about next; `None` when the culprit is found.
    pub(super) fn question(&self) -> Option<Vec<usize>> {
        if self.suspects.len() < 2 {
            return None;
        }
        let half = &self.suspects[..self.suspects.len() / 2];
        Some(self.good.iter().chain(half).copied().collect())
    }

    /// The answer to the last question.
    pub(super) fn answer(&mut self, accepted: bool) {
        let second = self.suspects.split_off(self.suspects.len() / 2);
        if accepted {
            self.good.append(&mut self.suspects);
            self.suspects = second;
        } else {
            self.waiting.extend(second);
        }
    }

    /// The culprit, once there is no more question.
    pub(super) fn culprit(&self) -> Option<usize> {
        match *self.suspects {
            [culprit] => Some(culprit),
            _ => None,
        }
    }

    /// The reloads that a search among `n` may take, with the last one that puts the rest in place.
    pub(super) fn budget(n: usize) -> u32 {
        n.max(1).next_power_of_two().trailing_zeros() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn search(n: usize, culprits: &[usize]) -> (Bisect, u32) {
        let mut bisect = Bisect::new((0..n).collect());
        let mut steps = 0;
        while let Some(question) = bisect.question() {
            steps += 1;
            let accepted = !question.iter().any(|item| culprits.contains(item));
            bisect.answer(accepted);
        }
        (bisect, steps)
    }

    #[test]
    fn budget_is_the_logarithm_rounded_up_and_one() {
        let budgets: Vec<_> = [1, 2, 3, 4, 5, 300].map(Bisect::budget).into();
        assert_eq!(budgets, [1, 2, 3, 3, 4, 10]);
    }

    proptest! {
        #[test]
        fn finds_the_first_culprit_within_the_budget(
            n in 1_usize..400,
            places in proptest::collection::vec(0.0..1.0_f64, 1..4),
        ) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let culprits: Vec<usize> = places.iter().map(|at| (at * n as f64) as usize).collect();
            let first = *culprits.iter().min().unwrap();
            let (bisect, steps) = search(n, &culprits);
            prop_assert_eq!(bisect.culprit(), Some(first));
            prop_assert!(steps < Bisect::budget(n));
            prop_assert!(bisect.good.iter().all(|item| !culprits.contains(item)));
            prop_assert_eq!(bisect.good.len() + bisect.waiting.len() + 1, n);
        }
    }
}

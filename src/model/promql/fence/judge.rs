//! What a matcher of a selector says about a matcher of the fence.

use super::FenceMatcher;
use super::shape::{self, Shape};
use crate::model::alertmanager::Operator;

/// A matcher of a selector whose value is known.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) operator: Operator,
    pub(super) value: String,
}

impl Given {
    /// Whether it is the fence's own.
    pub(super) fn is(&self, fence: &FenceMatcher) -> bool {
        self.operator == fence.operator && self.value == fence.value
    }

    /// Whether what it selects is surely inside the fence.
    pub(super) fn implies(&self, fence: &FenceMatcher) -> bool {
        if self.is(fence) {
            return true;
        }
        match self.operator {
            Operator::Equal => fence.surely_admits(&self.value),
            Operator::Matches => {
                shape::of(&self.value).is_some_and(|selected| stays_inside(&selected, fence))
            }
            Operator::NotEqual | Operator::MatchesNot => false,
        }
    }

    /// Whether nothing inside the fence can be selected.
    pub(super) fn contradicts(&self, fence: &FenceMatcher) -> bool {
        if self.value.contains(['\n', '\r']) {
            return false;
        }
        let excluded = || match self.operator {
            Operator::NotEqual => Some(Shape::exactly(&self.value)),
            Operator::MatchesNot => shape::of(&self.value),
            Operator::Equal | Operator::Matches => None,
        };
        match self.operator {
            Operator::Equal => !fence.admits(&self.value),
            Operator::Matches => {
                shape::of(&self.value).is_some_and(|selected| stays_outside(&selected, fence))
            }
            Operator::NotEqual | Operator::MatchesNot => {
                if !fence.is_positive() {
                    return false;
                }
                let opposite = fence.value == self.value
                    && (fence.operator == Operator::Matches)
                        == (self.operator == Operator::MatchesNot);
                let all = excluded().zip(fence.shape.as_ref());
                opposite
                    || all.is_some_and(|(excluded, inside)| inside.inside(&excluded, |_| false))
            }
        }
    }
}

fn stays_inside(selected: &Shape, fence: &FenceMatcher) -> bool {
    if let Some(texts) = selected.listed() {
        return texts.iter().all(|text| fence.surely_admits(text));
    }
    let Some(shape) = &fence.shape else {
        return false;
    };
    if fence.is_positive() {
        selected.inside(shape, |text| fence.surely_admits(text))
    } else {
        selected.disjoint(shape)
    }
}

fn stays_outside(selected: &Shape, fence: &FenceMatcher) -> bool {
    if let Some(texts) = selected.listed() {
        let outside = |text: &&str| !text.contains(['\n', '\r']) && !fence.admits(text);
        return texts.iter().all(outside);
    }
    let Some(shape) = &fence.shape else {
        return false;
    };
    if fence.is_positive() {
        selected.disjoint(shape)
    } else {
        selected.inside(shape, |text| !fence.admits(text))
    }
}

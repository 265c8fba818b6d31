//! The lists of the file that definitions add to.

use crate::model::alertmanager::{Piece, Value};

/// The lists of the file that definitions add to, but for the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Receivers,
    InhibitRules,
    TimeIntervals,
}

impl Section {
    pub(super) const ALL: &'static [Self] =
        &[Self::Receivers, Self::InhibitRules, Self::TimeIntervals];

    pub(super) fn of(field: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|section| section.field() == field)
    }

    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Receivers => "receivers",
            Self::InhibitRules => "inhibit_rules",
            Self::TimeIntervals => "time_intervals",
        }
    }

    pub(super) fn of_piece(self, piece: &Piece) -> &[Value] {
        match self {
            Self::Receivers => &piece.receivers,
            Self::InhibitRules => &piece.inhibit_rules,
            Self::TimeIntervals => &piece.time_intervals,
        }
    }

    pub(super) fn of_piece_mut(self, piece: &mut Piece) -> &mut Vec<Value> {
        match self {
            Self::Receivers => &mut piece.receivers,
            Self::InhibitRules => &mut piece.inhibit_rules,
            Self::TimeIntervals => &mut piece.time_intervals,
        }
    }
}

//! Selectors are judged one by one; what is missing is put into their braces.

use std::borrow::Cow;
use std::ops::Range;

use super::judge::Given;
use super::read::read;
use super::{Fence, FenceFault, FenceMatcher, Insertion};
use crate::model::alertmanager::Operator;
use crate::model::promql::lex::{Kind as TokenKind, Token};
use crate::model::promql::notes::{Matcher, Notes, Selector};
use crate::model::promql::unquote::unquote;

type Faults = Vec<FenceFault>;

/// An expression that was read whole. `shown` is what its author wrote, of the same length.
struct Expression<'t> {
    shown: &'t str,
    text: &'t str,
    notes: Notes,
    /// Sorted.
    open: &'t [Range<usize>],
}

pub(super) fn insertions(
    fence: &Fence,
    shown: &str,
    text: &str,
    open: &[Range<usize>],
) -> Result<Vec<Insertion>, Faults> {
    let expr = Expression::read(shown, text, open)?;
    expr.refuse_contradictions(fence)?;
    let each = expr.notes.selectors.iter();
    let mut insertions: Vec<Insertion> = each
        .filter_map(|selector| expr.insertion(fence, selector))
        .collect();
    insertions.sort_by_key(|insertion| insertion.at);
    expr.verify(fence, &insertions)?;
    Ok(insertions)
}

pub(super) fn require(
    fence: &Fence,
    shown: &str,
    text: &str,
    open: &[Range<usize>],
) -> Result<(), Faults> {
    let expr = Expression::read(shown, text, open)?;
    expr.refuse_contradictions(fence)?;
    let each = expr.notes.selectors.iter();
    let faults: Faults = each
        .filter_map(|selector| expr.requirement(fence, selector))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The text with what goes into it.
pub(crate) fn apply<'t>(text: &'t str, insertions: &[Insertion]) -> Cow<'t, str> {
    if insertions.is_empty() {
        return Cow::Borrowed(text);
    }
    let added: usize = insertions.iter().map(|each| each.text.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut done = 0;
    for insertion in insertions {
        out.push_str(&text[done..insertion.at]);
        out.push_str(&insertion.text);
        done = insertion.at;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

impl<'t> Expression<'t> {
    fn read(shown: &'t str, text: &'t str, open: &'t [Range<usize>]) -> Result<Self, Faults> {
        Ok(Self {
            shown,
            text,
            notes: read(text)?,
            open,
        })
    }

    fn is_open(&self, token: Token) -> bool {
        let next = self.open.partition_point(|range| range.end <= token.from);
        let range = self.open.get(next);
        range.is_some_and(|range| range.start < token.to)
    }

    /// The matcher, where it is about this label and its value is known.
    fn given(&self, matcher: &Matcher, label: &str) -> Option<Given> {
        let Matcher {
            label: name,
            op,
            value,
        } = *matcher;
        if self.is_open(name) || self.is_open(value) {
            return None;
        }
        let spelling = &self.text[name.from..name.to];
        let about = match name.kind {
            TokenKind::Text => unquote(spelling).is_some_and(|name| name == label),
            TokenKind::Word
            | TokenKind::Number
            | TokenKind::Duration
            | TokenKind::Mark(_)
            | TokenKind::End => spelling == label,
        };
        if !about {
            return None;
        }
        Some(Given {
            operator: Operator::parse(op)?,
            value: unquote(&self.text[value.from..value.to])?,
        })
    }

    fn matchers(&self, selector: &Selector) -> &[Matcher] {
        &self.notes.matchers[selector.matchers.clone()]
    }

    fn any(
        &self,
        selector: &Selector,
        fence: &FenceMatcher,
        so: impl Fn(&Given, &FenceMatcher) -> bool,
    ) -> Option<Matcher> {
        let mut each = self.matchers(selector).iter();
        let found = each.find(|matcher| {
            let given = self.given(matcher, &fence.label);
            given.is_some_and(|given| so(&given, fence))
        });
        found.copied()
    }

    fn refuse_contradictions(&self, fence: &Fence) -> Result<(), Faults> {
        let mut faults = Vec::new();
        for selector in &self.notes.selectors {
            for fence in &fence.matchers {
                let Some(matcher) = self.any(selector, fence, Given::contradicts) else {
                    continue;
                };
                let (from, to) = (matcher.label.from, matcher.value.to);
                faults.push(FenceFault {
                    from,
                    to,
                    message: format!(
                        "{} selects nothing of what the tenant may see, which is {}",
                        &self.shown[from..to],
                        fence.written
                    ),
                    hint: "Select series inside the fence, or take the matcher out.".to_owned(),
                });
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn insertion(&self, fence: &Fence, selector: &Selector) -> Option<Insertion> {
        let each = fence.matchers.iter();
        let missing: Vec<&str> = each
            .filter(|fence| self.any(selector, fence, Given::is).is_none())
            .map(|fence| &*fence.written)
            .collect();
        if missing.is_empty() {
            return None;
        }
        let joined = missing.join(",");
        Some(match selector.braces {
            None => Insertion {
                at: selector.to,
                text: format!("{{{joined}}}"),
            },
            // Right behind the brace: what stands further back may be in a comment for somebody.
            Some(braces) => Insertion {
                at: braces.open,
                text: if braces.filled { joined + "," } else { joined },
            },
        })
    }

    fn requirement(&self, fence: &Fence, selector: &Selector) -> Option<FenceFault> {
        let mut each = fence.matchers.iter();
        let missing = each.find(|fence| self.any(selector, fence, Given::implies).is_none())?;
        Some(FenceFault {
            from: selector.from,
            to: selector.to,
            message: format!(
                "{} may select series that the tenant may not see: it does not stay inside {}",
                &self.shown[selector.from..selector.to],
                missing.written
            ),
            hint: format!("Write {} into its braces.", missing.written),
        })
    }

    /// Reads the result again: it must have the same selectors, and each must carry the fence.
    fn verify(&self, fence: &Fence, insertions: &[Insertion]) -> Result<(), Faults> {
        if insertions.is_empty() {
            return Ok(());
        }
        let edited = apply(self.text, insertions);
        let fenced = Expression::read(&edited, &edited, &[]).is_ok_and(|after| {
            let all = after.notes.selectors.iter().all(|selector| {
                let mut each = fence.matchers.iter();
                each.all(|fence| after.any(selector, fence, Given::is).is_some())
            });
            all && after.notes.selectors.len() == self.notes.selectors.len()
        });
        if fenced {
            return Ok(());
        }
        Err(vec![FenceFault {
            from: 0,
            to: self.text.len(),
            message: "the fence cannot be put into this expression so that it surely holds"
                .to_owned(),
            hint: "Write the selectors in a plainer way: name{label=\"value\"}.".to_owned(),
        }])
    }
}

//! Reads an expression that somebody outside wrote: all of it, or not at all.

use super::FenceFault;
use crate::model::promql::lex::{Kind as TokenKind, Token};
use crate::model::promql::notes::Notes;
use crate::model::promql::{Fault, Kind, parse};

/// What stands in an expression, if all of it is understood.
///
/// # Errors
/// Everything in it that cannot be fenced.
pub(super) fn read(text: &str) -> Result<Notes, Vec<FenceFault>> {
    let (faults, notes) = parse::read(text);
    let mut refused: Vec<FenceFault> = faults.into_iter().filter_map(refusal).collect();
    if refused.is_empty() {
        refused.extend(notes.joins.iter().map(join));
        refused.extend(carriage_return(text, &notes.tokens));
    }
    if refused.is_empty() {
        Ok(notes)
    } else {
        Err(refused)
    }
}

fn refusal(fault: Fault) -> Option<FenceFault> {
    let Fault {
        from,
        to,
        message,
        hint,
        kind,
    } = fault;
    match kind {
        Kind::Invalid => Some(FenceFault {
            from,
            to,
            message,
            hint: hint
                .unwrap_or_else(|| "Only valid PromQL can be kept inside a fence.".to_owned()),
        }),
        Kind::Unknown => Some(FenceFault {
            from,
            to,
            message: format!(
                "{message}, and inside a fence only what is understood is let through"
            ),
            hint: "Write it in syntax of Prometheus 2.42, or ask the platform's owners.".to_owned(),
        }),
        // Nothing is selected that should not be.
        Kind::Useless => None,
    }
}

fn join(name: &Token) -> FenceFault {
    FenceFault {
        from: name.from,
        to: name.to,
        message: "info() reads series that no selector names, which a fence cannot hold".to_owned(),
        hint: "Join them: x * on (job, instance) group_left (version) target_info.".to_owned(),
    }
}

/// A comment ends at it for Prometheus and not for others; in backquotes Go's own reader drops it.
fn carriage_return(text: &str, tokens: &[Token]) -> Option<FenceFault> {
    let bytes = text.as_bytes();
    let quoted = |at: usize| {
        let next = tokens.partition_point(|token| token.to <= at);
        let token = tokens.get(next);
        token.is_some_and(|token| token.kind == TokenKind::Text && token.from <= at)
    };
    let mut found = text.match_indices('\r').map(|(at, _)| at);
    let at = found.find(|at| bytes.get(at + 1) != Some(&b'\n') || quoted(*at))?;
    Some(FenceFault {
        from: at,
        to: at + 1,
        message: "a carriage return stands alone here, which servers read in different ways"
            .to_owned(),
        hint: "Break the line with a line feed.".to_owned(),
    })
}

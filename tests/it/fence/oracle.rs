//! Looks at a fenced expression with another parser than ours: the trees of `promql-parser`.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, MatrixSelector, ParenExpr, SubqueryExpr, UnaryExpr,
    VectorSelector, parse,
};

use trueup::model::promql::fence::Fence;

/// Every selector of a tree.
pub fn selectors(expr: &mut Expr, see: &mut impl FnMut(&mut VectorSelector)) {
    match expr {
        Expr::Aggregate(AggregateExpr { expr, param, .. }) => {
            selectors(expr, see);
            if let Some(param) = param {
                selectors(param, see);
            }
        }
        Expr::Unary(UnaryExpr { expr })
        | Expr::Paren(ParenExpr { expr })
        | Expr::Subquery(SubqueryExpr { expr, .. }) => selectors(expr, see),
        Expr::Binary(BinaryExpr { lhs, rhs, .. }) => {
            selectors(lhs, see);
            selectors(rhs, see);
        }
        Expr::Call(Call { args, .. }) => args.args.iter_mut().for_each(|arg| selectors(arg, see)),
        Expr::VectorSelector(selector) => see(selector),
        Expr::MatrixSelector(MatrixSelector { vs, .. }) => see(vs),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::Extension(_) => panic!("no extension comes of a text"),
    }
}

/// In one form: printing sorts matchers, and writes some names as one.
fn plain(tree: &Expr) -> Expr {
    let mut tree = tree.clone();
    selectors(&mut tree, &mut |selector| {
        if let Some(name) = selector.name.take() {
            let matcher = Matcher::new(MatchOp::Equal, "__name__", &name);
            selector.matchers.matchers.push(matcher);
        }
        let key = |matcher: &Matcher| format!("{} {} {}", matcher.name, matcher.op, matcher.value);
        selector.matchers.matchers.sort_by_key(key);
    });
    tree
}

/// A fence's matchers as that crate has them.
fn matchers(fence: &Fence) -> Vec<Matcher> {
    let text = format!("x{{{}}}", fence.written().collect::<Vec<_>>().join(","));
    match parse(&text).unwrap() {
        Expr::VectorSelector(selector) => selector.matchers.matchers,
        other => panic!("{other}"),
    }
}

fn same(a: &Matcher, b: &Matcher) -> bool {
    let op = |op: &MatchOp| op.to_string();
    a.name == b.name && a.value == b.value && op(&a.op) == op(&b.op)
}

/// Why the result of [`Fence::inject`] is wrong, if it is; `Ok(false)` where that crate does not take what was written.
pub fn judge(fence: &Fence, written: &str, fenced: &str) -> Result<bool, String> {
    let Ok(mut before) = parse(written) else {
        return Ok(false);
    };
    let mut tree = parse(fenced).map_err(|why| format!("{fenced}: {why}"))?;
    let printed = tree.to_string();
    let mut again = parse(&printed).map_err(|why| format!("printed {printed}: {why}"))?;
    // Some things it prints so that they read back as something else, with and without a fence.
    let faithful = parse(&before.to_string()).is_ok_and(|again| plain(&again) == plain(&before));
    if faithful && plain(&again) != plain(&tree) {
        return Err(format!("{printed} is not {fenced}"));
    }
    let wanted = matchers(fence);
    let mut bare = Vec::new();
    for tree in [&mut tree, &mut again] {
        selectors(tree, &mut |selector| {
            let has = &selector.matchers;
            let all = wanted
                .iter()
                .all(|wanted| has.matchers.iter().any(|matcher| same(matcher, wanted)));
            if !all || !has.or_matchers.is_empty() {
                bare.push(selector.to_string());
            }
        });
    }
    if !bare.is_empty() {
        return Err(format!("outside of the fence in {fenced}: {bare:?}"));
    }
    // Without the fence's matchers nothing else has changed.
    for tree in [&mut before, &mut tree] {
        selectors(tree, &mut |selector| {
            let own = |matcher: &Matcher| wanted.iter().any(|wanted| same(matcher, wanted));
            selector.matchers.matchers.retain(|matcher| !own(matcher));
        });
    }
    if before != tree {
        return Err(format!("{fenced} is more than {written} with a fence"));
    }
    Ok(true)
}

/// Whether taking the fence out of a text gives back the author's, who did not write any of it.
pub fn reversible_text(fence: &Fence, written: &str, fenced: &str) -> Result<(), String> {
    let added = fence.written().collect::<Vec<_>>().join(",");
    let braced = format!("{{{added}}}");
    let (mut author, mut rest) = (written, fenced);
    loop {
        if rest.starts_with(&braced) && !author.starts_with('{') {
            rest = &rest[braced.len()..];
        } else if let Some(after) = rest.strip_prefix(&*added) {
            // In front of other matchers, none of which begins with a comma.
            rest = after.strip_prefix(',').unwrap_or(after);
        } else if rest.chars().next() != author.chars().next() {
            return Err(format!("{fenced} is not {written}: {rest} is not {author}"));
        } else if let Some(c) = rest.chars().next() {
            (rest, author) = (&rest[c.len_utf8()..], &author[c.len_utf8()..]);
        } else {
            return Ok(());
        }
    }
}

/// The same, and whether fencing twice is fencing once.
pub fn reversible(fence: &Fence, written: &str, fenced: &str) -> Result<(), String> {
    reversible_text(fence, written, fenced)?;
    match fence.inject(fenced) {
        Ok(twice) if twice == fenced => fence
            .require(fenced)
            .map_err(|faults| format!("{fenced} is refused: {faults:?}")),
        other => Err(format!("{fenced} fenced twice: {other:?}")),
    }
}

//! Keeps the queries of a dashboard inside a tenant's [`Fence`], with Grafana's variables left alive.
//!
//! A dashboard is hostile, and Grafana reads more than the fields that it documents. So every object that has an `expr`
//! is a query wherever it stands, unless its data source is surely another (`source.rs`); names of that field are
//! compared as Go compares them, without case, since the query ends in Grafana's Go backend.
//!
//! What Grafana does is taken from `grafana/grafana`, `packages/grafana-prometheus/src` (`escaping.ts`,
//! `metric_find_query.ts`, `variables.ts`, `add_label_to_query.ts`) and `pkg/promlib/models/scope.go`.
//!
//! What this cannot hold: a viewer may put anything into a variable by the dashboard's address, and may query the data
//! source without any dashboard. And Grafana does not escape double quotes in values of labels, so a series inside the
//! fence with a quote in a label's value can break out of the text that a variable stands in. Who must be kept out by
//! more than review needs a fence in front of the server.

mod filters;
mod find;
mod mask;
mod source;
mod stand_in;
mod variables;

use serde_json::{Map, Value};

use super::promql::fence::{Enforce, Fence, FenceFault, apply};
use super::promql::{self, Kind};
use source::{Around, Source};
use variables::Variables;

/// Why a dashboard cannot stay inside a fence; `pointer` is where, as in RFC 6901.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardFault {
    pub pointer: String,
    pub message: String,
    pub hint: String,
}

/// Says what plugin a data source is of (`prometheus`, `loki`), by its uid or name, where the repository declares it.
pub type TypeOf<'t> = &'t dyn Fn(&str) -> Option<String>;

/// Keeps every query of a dashboard's body inside the fence, and says what cannot be kept there. The body is the one that
/// goes to Grafana, with all inputs put in, of the classic schema or of `dashboard.grafana.app`. With faults it is not
/// to be used.
pub fn fence_dashboard(
    json: &mut Value,
    fence: &Fence,
    mode: Enforce,
    type_of: TypeOf<'_>,
) -> Vec<DashboardFault> {
    if fence.is_empty() {
        return Vec::new();
    }
    let variables = Variables::of(json, type_of);
    let mut walk = Walk {
        fence,
        mode,
        type_of,
        variables: &variables,
        pointer: String::new(),
        faults: Vec::new(),
    };
    walk.value(json, Around::Nothing);
    walk.faults
}

struct Walk<'w> {
    fence: &'w Fence,
    mode: Enforce,
    type_of: TypeOf<'w>,
    variables: &'w Variables,
    pointer: String,
    faults: Vec<DashboardFault>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, around: Around) {
        match value {
            Value::Object(fields) => self.object(fields, around),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.inside(&index.to_string(), |walk| walk.value(item, around));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn object(&mut self, fields: &mut Map<String, Value>, around: Around) {
        let own = source::of(fields, self.variables, self.type_of);
        let source = own.within(around);
        if fields.keys().any(|key| is_expr(key)) {
            self.query(fields, source);
        }
        if let Some(fault) = filters::of_variable(fields, self.fence) {
            self.refuse(fault);
        }
        if variables::is_query(fields) {
            self.find(fields, own);
        }
        if let Some(spec) = variables::query_spec(fields) {
            self.inside("spec", |walk| {
                let own = source::of(spec, walk.variables, walk.type_of);
                walk.find(spec, own);
            });
        }
        for (key, value) in fields.iter_mut() {
            if !(is_expr(key) && value.is_string()) {
                self.inside(key, |walk| walk.value(value, own.handed_on(key, around)));
            }
        }
    }

    fn inside(&mut self, key: &str, then: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&key.replace('~', "~0").replace('/', "~1"));
        then(self);
        self.pointer.truncate(length);
    }

    /// A query, as the backend gets it.
    fn query(&mut self, fields: &mut Map<String, Value>, source: Source) {
        if source == Source::Other {
            return;
        }
        for (key, value) in fields.iter_mut() {
            if !is_expr(key) {
                continue;
            }
            self.inside(key, |walk| match value {
                // No PromQL has a pipe outside of quotes; what else Loki understands may be PromQL for somebody.
                Value::String(text)
                    if source == Source::Perhaps && mask::has_pipe(text, walk.variables) => {}
                Value::String(text) => {
                    let fenced = walk.expression(text, 0, Source::Prometheus);
                    let fenced = fenced.map_err(|refusals| claimed(source, refusals));
                    walk.put(text, fenced);
                }
                Value::Null => {}
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    if source == Source::Prometheus {
                        walk.refuse(Refusal {
                            message: "the expression of a query is no text".to_owned(),
                            hint: "Write it as a text.".to_owned(),
                        });
                    }
                }
            });
        }
        if let Some(fault) = filters::of_query(fields) {
            self.refuse(fault);
        }
    }

    /// The query of a template variable: a text, or an object with that text.
    fn find(&mut self, fields: &mut Map<String, Value>, own: Around) {
        let Some(query) = fields.get_mut("query") else {
            return;
        };
        let inner = match &*query {
            Value::Object(query) => source::of(query, self.variables, self.type_of),
            _ => Around::Nothing,
        };
        let source = inner.within(own);
        let mut changed = None;
        variables::texts_of_query(query, &mut |pointer, text| {
            self.inside("query", |walk| {
                let length = walk.pointer.len();
                walk.pointer.push_str(pointer);
                let before = text.clone();
                let fenced = find::fence(walk, text, source);
                let fenced = fenced.map_err(|refusals| claimed(source, refusals));
                walk.put(text, fenced);
                changed = Some((before, text.clone()));
                walk.pointer.truncate(length);
            });
        });
        // The copy that is shown.
        if let (Some((before, after)), Some(Value::String(shown))) =
            (changed, fields.get_mut("definition"))
            && *shown == before
        {
            *shown = after;
        }
    }

    fn put(&mut self, text: &mut String, fenced: Result<Option<String>, Vec<Refusal>>) {
        match fenced {
            Ok(Some(fenced)) => *text = fenced,
            Ok(None) => {}
            Err(refusals) => refusals
                .into_iter()
                .for_each(|refusal| self.refuse(refusal)),
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        let Refusal { message, hint } = refusal;
        self.faults.push(DashboardFault {
            pointer: self.pointer.clone(),
            message,
            hint,
        });
    }

    /// The expression inside the fence; `None` where it stays as it is. Before it stand so many characters of the query.
    fn expression(
        &self,
        text: &str,
        before: usize,
        source: Source,
    ) -> Result<Option<String>, Vec<Refusal>> {
        if text.trim().is_empty() || source == Source::Other {
            return Ok(None);
        }
        let refuse = |faults| Err(refusals(text, before, faults));
        let masked = match mask::mask(text, self.variables) {
            Ok(masked) => masked,
            Err(faults) => return refuse(faults),
        };
        // What claims to be of another kind, and is no PromQL, is what it claims.
        if source == Source::Perhaps && !is_promql(&masked.text) {
            return Ok(None);
        }
        let checked = match self.mode {
            Enforce::Inject => self.fence.insertions(text, &masked.text, &masked.open),
            Enforce::Require => self
                .fence
                .require_masked(text, &masked.text, &masked.open)
                .map(|()| Vec::new()),
        };
        match checked {
            Ok(insertions) if insertions.is_empty() => Ok(None),
            Ok(insertions) => Ok(Some(apply(text, &insertions).into_owned())),
            Err(faults) => refuse(faults),
        }
    }
}

/// Whether a text may be `PromQL` for some server: syntax that is too new for us is.
fn is_promql(text: &str) -> bool {
    let faults = promql::check(text);
    !faults.iter().any(|fault| fault.kind == Kind::Invalid)
}

/// `encoding/json` of Go takes `Expr` and `EXPR` for `expr`, and the last of them counts.
fn is_expr(key: &str) -> bool {
    key.eq_ignore_ascii_case("expr")
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    message: String,
    hint: String,
}

/// Says how to prove that a query is none of Prometheus.
fn claimed(source: Source, mut refusals: Vec<Refusal>) -> Vec<Refusal> {
    if source == Source::Perhaps {
        for refusal in &mut refusals {
            let more = " Or declare its data source in the repository, if it is no Prometheus.";
            refusal.hint.push_str(more);
        }
    }
    refusals
}

fn refusals(text: &str, before: usize, faults: Vec<FenceFault>) -> Vec<Refusal> {
    let refusals = faults.into_iter().map(|fault| {
        let inside = text.get(..fault.from).unwrap_or_default();
        let column = before + inside.chars().count() + 1;
        Refusal {
            message: format!("column {column} of the query: {}", fault.message),
            hint: fault.hint,
        }
    });
    refusals.collect()
}

#[cfg(test)]
mod tests;

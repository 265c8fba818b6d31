//! STUB until the load branch brings the real one.
use crate::model::{Diagnostic, RepoPath};
pub fn text(found: &[Diagnostic], _: &dyn Fn(&RepoPath) -> Option<String>, _: bool) -> String {
    found.iter().map(|d| format!("{d:?}\n")).collect()
}
pub fn github(_: &[Diagnostic]) -> String {
    String::new()
}
pub fn json(_: &[Diagnostic]) -> serde_json::Value {
    serde_json::Value::Array(vec![])
}

//! PromQL: is it valid, where is it wrong, and how is it printed.

/// What is known of an expression.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The printed form; `None` where the parser does not know the syntax.
    pub(crate) printed: Option<String>,
    pub(crate) faults: Vec<Fault>,
}

/// Something wrong at the bytes `from..to` of the expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Prometheus may know it.
    pub(crate) unknown: bool,
}

pub(crate) fn check(text: &str) -> Checked {
    match promql_parser::parser::parse(text) {
        Ok(expr) => Checked {
            printed: Some(expr.to_string()),
            faults: Vec::new(),
        },
        Err(message) => Checked {
            printed: None,
            faults: vec![Fault {
                from: 0,
                to: text.len(),
                message: format!("not a PromQL expression: {message}"),
                hint: None,
                unknown: false,
            }],
        },
    }
}

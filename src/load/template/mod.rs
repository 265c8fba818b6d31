//! Templates of labels and annotations.

/// Something wrong at the bytes `from..to` of the template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Prometheus may take it; it is not looked at deeply enough here to say.
    pub(crate) unchecked: bool,
}

pub(crate) fn check(_text: &str) -> Vec<Fault> {
    Vec::new()
}

//! Templates of labels and annotations: Go's `text/template` with what Prometheus puts into it.
//!
//! `promtool` parses templates and does not run them; so does this, after `text/template/parse` of Go
//! 1.19, which Prometheus 2.42 is built with, and with the functions of Prometheus 3.9. What parses but
//! cannot run, as far as it is seen here, is a warning (`template_unchecked`).

mod functions;
mod lex;
mod parse;

/// Something wrong at the bytes `from..to` of the template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Prometheus takes it, and then fails to fill it in.
    pub(crate) unchecked: bool,
}

impl Fault {
    fn new(from: usize, to: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            from,
            to,
            message: message.into(),
            hint: Some(hint.into()),
            unchecked: false,
        }
    }
}

/// Checks a template. At most one error, the first, as in Go.
pub(crate) fn check(text: &str) -> Vec<Fault> {
    if !text.contains("{{") {
        return Vec::new();
    }
    match lex::tokens(text) {
        Ok(tokens) => parse::check(text, &tokens),
        Err(fault) => vec![fault],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn first(text: &str) -> Option<(&str, bool)> {
        let faults = check(text);
        let fault = faults.first()?;
        Some((&text[fault.from..fault.to], fault.unchecked))
    }

    #[rstest]
    #[case("plain")]
    #[case("{{ $labels.instance }} is {{ $value | humanize }}")]
    #[case("{{- /* note */ -}}")]
    #[case("{{ if gt $value 1.0 }}a{{ else if eq .Value 2e3 }}b{{ else }}c{{ end }}")]
    #[case("{{ range $i, $x := query \"up\" }}{{ $x.Value }}{{ break }}{{ end }}")]
    #[case("{{ with $x := printf \"%s\" $labels.job }}{{ $x }}{{ end }}")]
    #[case("{{ define \"a\" }}{{ . }}{{ end }}{{ template \"a\" $value }}")]
    #[case("{{ (query \"up\" | first).Value }}")]
    #[case("{{ $x := `a` }}{{ $x = 'b' }}")]
    #[case("}} alone is text")]
    fn takes(#[case] text: &str) {
        assert_eq!(check(text), []);
    }

    #[rstest]
    #[case("{{ $labels.instance", "{{")]
    #[case("{{ $label.instance }}", "$label")]
    #[case("{{ humanise $value }}", "humanise")]
    #[case("{{ if $value }}", "{{ if $value }}")]
    #[case("{{ end }}", "end")]
    #[case("{{ }}", "}}")]
    #[case("{{ \"a }}", "\"")]
    #[case("{{ ($value }}", "}}")]
    #[case("{{ $value) }}", ")")]
    #[case("{{ $value | 5 }}", "5")]
    #[case("{{ break }}", "break")]
    #[case("{{ $labels.a-b }}", "-")]
    #[case("{{ range $x, $y, $z := . }}{{ end }}", ",")]
    #[case("{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}", "define")]
    fn points_at_what_is_wrong(#[case] text: &str, #[case] place: &str) {
        assert_eq!(first(text), Some((place, false)), "{text}");
    }

    #[rstest]
    #[case("{{ .Lables.job }}", ".Lables")]
    #[case("{{ template \"none\" }}", "\"none\"")]
    fn warns_of_what_cannot_run(#[case] text: &str, #[case] place: &str) {
        assert_eq!(first(text), Some((place, true)), "{text}");
    }
}

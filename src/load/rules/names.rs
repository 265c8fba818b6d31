//! Names as Prometheus and Kubernetes allow them.

/// `model.IsValidMetricName` of `prometheus/common` 0.39: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) fn is_metric_name(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}

/// `model.LabelName.IsValid` of `prometheus/common` 0.39: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_label_name(text: &str) -> bool {
    is_metric_name(text) && !text.contains(':')
}

/// RFC 1123: at most 63 of `[-a-z0-9]`, a letter or digit at both ends.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || c == '-')
}

/// RFC 1123: labels with dots between, at most 253 characters. As in Kubernetes the parts are not
/// limited to 63 characters.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(edge) && part.ends_with(edge) && part.chars().all(|c| edge(c) || c == '-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_prometheus() {
        for good in ["a", "_a1", "job:rate:5m", ":a"] {
            assert!(is_metric_name(good), "{good}");
        }
        for bad in ["", "1a", "a-b", "a.b", "é", "a b"] {
            assert!(!is_metric_name(bad), "{bad}");
        }
        assert!(is_label_name("__name__"));
        assert!(!is_label_name("a:b"));
    }

    #[test]
    fn names_of_kubernetes() {
        assert!(is_dns_label("team-a"));
        assert!(!is_dns_label("-a") && !is_dns_label("a.b") && !is_dns_label("A"));
        assert!(is_dns_subdomain("node-exporter.rules"));
        assert!(!is_dns_subdomain("a..b") && !is_dns_subdomain("") && !is_dns_subdomain("a_b"));
    }
}

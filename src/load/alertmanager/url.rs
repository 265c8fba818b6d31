//! The shape of addresses, as Alertmanager checks it (`config/config.go`, `parseURL` and `HostPort`).

/// What is wrong with an address.
pub(super) struct Fault {
    pub(super) detail: String,
    pub(super) hint: &'static str,
}

const HINT: &str = "Write a whole address, such as https://example.org/hook.";

/// Whether a text is a url of `http` or `https` with a host.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    of_schemes(text, &["http", "https"])
}

/// Whether a text is the url of a proxy.
pub(super) fn check_proxy(text: &str) -> Result<(), Fault> {
    of_schemes(text, &["http", "https", "socks5", "socks5h"])
}

fn of_schemes(text: &str, schemes: &[&str]) -> Result<(), Fault> {
    let fault = |detail: String| Err(Fault { detail, hint: HINT });
    let Some((scheme, rest)) = text.split_once("://") else {
        return fault("it is not a url: the scheme is missing".to_owned());
    };
    if !schemes.contains(&scheme.to_ascii_lowercase().as_str()) {
        return fault(format!(
            "the scheme {scheme:?} is none of {}",
            schemes.join(", ")
        ));
    }
    // The text itself may hold a password, and is not repeated.
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return fault("it is not a url: there is a space in it".to_owned());
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains(']'));
    let (name, port) = name.unwrap_or((host, "0"));
    if name.is_empty() {
        return fault("it is not a url: the host is missing".to_owned());
    }
    if !port.chars().all(|c| c.is_ascii_digit()) {
        return fault(format!("the port {port:?} is not a number"));
    }
    if !percent_signs_hold(rest) {
        return fault("it is not a url: a % is not followed by two hexadecimal digits".to_owned());
    }
    Ok(())
}

fn percent_signs_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut signs = text.match_indices('%');
    signs.all(|(at, _)| {
        let digits = bytes.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Whether a text is `host:port`.
pub(super) fn check_host_port(text: &str) -> Result<(), Fault> {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| !port.is_empty() && !port.contains([']', '/'])) {
        return Ok(());
    }
    Err(Fault {
        detail: format!("{text:?} has no port"),
        hint: "Write host and port, such as mail.example.org:587.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:9/hook", true)]
    #[case("https://user:pass@example.org", true)]
    #[case("https://[::1]:9093/x?y=%20#z", true)]
    #[case("HTTPS://example.org", true)]
    #[case("example.org/hook", false)]
    #[case("ftp://example.org", false)]
    #[case("http://", false)]
    #[case("http:///path", false)]
    #[case("http://:9093", false)]
    #[case("http://example.org:port", false)]
    #[case("http://exa mple.org", false)]
    #[case("http://example.org/%2", false)]
    fn tells_urls(#[case] text: &str, #[case] good: bool) {
        assert_eq!(check(text).is_ok(), good);
    }

    #[rstest]
    #[case("mail.example.org:587", true)]
    #[case("[::1]:25", true)]
    #[case(":25", true)]
    #[case("mail.example.org", false)]
    #[case("mail.example.org:", false)]
    #[case("[::1]", false)]
    fn tells_hosts_with_ports(#[case] text: &str, #[case] good: bool) {
        assert_eq!(check_host_port(text).is_ok(), good);
    }
}

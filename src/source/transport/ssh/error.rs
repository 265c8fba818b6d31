//! What the messages of `ssh`, and of what it ran over there, mean.

use super::super::super::SourceError;
use super::super::clean;

const KEY_HINT: &str = "check repository.auth: that the key file is the right one, readable by its owner \
                        only (mode 0600), without a passphrase, and that the server knows its public half";

/// The fault, out of what was printed before the connection ended.
pub(super) fn explain(stderr: &str, place: String, known_hosts: String) -> SourceError {
    let has = |text: &str| stderr.contains(text);
    let detail = detail(stderr);
    if has("REMOTE HOST IDENTIFICATION HAS CHANGED") || has("Host key for ") && has("has changed") {
        SourceError::HostKeyChanged { place, known_hosts }
    } else if has("Host key verification failed") || has("host key is known for") {
        SourceError::HostKeyUnknown { place, known_hosts }
    } else if has("Permission denied (") || has("Too many authentication failures") {
        SourceError::Authentication {
            place,
            detail,
            hint: KEY_HINT,
        }
    } else if has("does not appear to be a git repository")
        || has("epository not found")
        || has("ot a git repository")
        || has("could not be found")
    {
        SourceError::RepositoryNotFound { place }
    } else if has("ssh: ") || has("Connection ") || has("kex_exchange") || has("timed out") {
        SourceError::Unreachable { place, detail }
    } else if detail.is_empty() {
        SourceError::Unreachable {
            place,
            detail: "the connection ended too early".to_owned(),
        }
    } else {
        SourceError::NotGit { place, detail }
    }
}

/// The lines that say something, in one.
fn detail(stderr: &str) -> String {
    let lines: Vec<_> = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Warning: ") && !line.contains("@@@@"))
        .collect();
    clean(&lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn kind(stderr: &str) -> String {
        let error = explain(stderr, "HERE".to_owned(), "FILE".to_owned());
        let text = format!("{error:?}");
        text[..text.find(' ').unwrap()].to_owned()
    }

    #[rstest]
    #[case(
        "No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n",
        "HostKeyUnknown"
    )]
    #[case(
        "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.\r\n",
        "HostKeyChanged"
    )]
    #[case("git@h: Permission denied (publickey).\r\n", "Authentication")]
    #[case(
        "ssh: connect to host h port 22: Connection refused\r\n",
        "Unreachable"
    )]
    #[case(
        "ssh: Could not resolve hostname h: Name or service not known\r\n",
        "Unreachable"
    )]
    #[case(
        "kex_exchange_identification: read: Connection reset by peer\r\n",
        "Unreachable"
    )]
    #[case(
        "fatal: '/x' does not appear to be a git repository\n",
        "RepositoryNotFound"
    )]
    #[case("ERROR: Repository not found.\n", "RepositoryNotFound")]
    #[case("bash: git-upload-pack: command not found\n", "NotGit")]
    #[case("", "Unreachable")]
    fn tells_faults_apart(#[case] stderr: &str, #[case] expected: &str) {
        assert_eq!(kind(stderr), expected);
    }
}

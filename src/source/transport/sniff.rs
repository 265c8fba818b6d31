//! Finding out why libgit2 will not understand a server, before it says "invalid".

use super::super::SourceError;

/// The first line of an advertisement holds the capabilities; it is well within this.
const HEAD: usize = 8 * 1024;

/// Looks at the beginning of what a server sends.
#[derive(Debug, Default)]
pub(super) struct Sniffer {
    head: Vec<u8>,
}

impl Sniffer {
    /// # Errors
    /// Where the server's repository has object ids that cannot be read.
    pub(super) fn look(&mut self, bytes: &[u8], place: &str) -> Result<(), SourceError> {
        if self.head.len() >= HEAD {
            return Ok(());
        }
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let sha256 = b"object-format=sha256";
        if self.head.windows(sha256.len()).any(|part| part == sha256) {
            return Err(SourceError::UnsupportedFormat {
                place: place.to_owned(),
                format: "SHA-256 object ids".to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_format_across_reads() {
        let mut sniffer = Sniffer::default();
        sniffer.look(b"...HEAD\0multi_ack object-for", "x").unwrap();
        assert!(sniffer.look(b"mat=sha256 agent=git", "x").is_err());

        let mut sniffer = Sniffer::default();
        assert!(sniffer.look(b"object-format=sha1", "x").is_ok());
    }
}

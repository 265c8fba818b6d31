//! Bytes that are kept long and looked at rarely.

use std::fmt;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Bytes in compressed form.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    bytes: Box<[u8]>,
    /// Of what was packed, in bytes.
    length: usize,
}

impl Packed {
    pub fn of(bytes: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory does not fail.
        let packed = match encoder.write_all(bytes) {
            Ok(()) => encoder.finish().unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        Self {
            bytes: packed.into(),
            length: bytes.len(),
        }
    }

    /// What was packed.
    pub fn open(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length);
        // Neither does reading what was written there.
        let _ = DeflateDecoder::new(&*self.bytes).read_to_end(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, packed", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn comes_out_as_it_went_in() {
        for text in ["", "a", &"panel".repeat(10_000)] {
            let packed = Packed::of(text.as_bytes());
            assert_eq!(packed.open(), text.as_bytes());
        }
    }
}

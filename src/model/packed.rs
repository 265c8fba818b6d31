//! Bytes that are kept long and looked at rarely.

use std::fmt;

use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};
use miniz_oxide::inflate::decompress_to_vec;

/// Bytes in compressed form.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    bytes: Box<[u8]>,
    /// Of what was packed, in bytes.
    length: usize,
}

impl Packed {
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: compress_to_vec(bytes, CompressionLevel::BestSpeed as u8).into(),
            length: bytes.len(),
        }
    }

    /// What was packed.
    pub fn open(&self) -> Vec<u8> {
        // What was packed here unpacks.
        decompress_to_vec(&self.bytes).unwrap_or_default()
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

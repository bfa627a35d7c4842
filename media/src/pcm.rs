//! Sixteen-bit little-endian PCM as bytes, read in chunks that may cut a sample in two.

/// Reads samples from chunks of bytes of any length, and never loses their alignment.
#[derive(Clone, Debug, Default)]
pub struct PcmReader {
    /// The first byte of a sample whose second one has not come yet.
    odd: Option<u8>,
}

impl PcmReader {
    /// A reader at the beginning of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { odd: None }
    }

    /// Appends the samples that `bytes` complete to `out`; a byte left over waits for the next
    /// chunk.
    pub fn read(&mut self, bytes: &[u8], out: &mut Vec<i16>) {
        let mut bytes = bytes;
        if let (Some(low), Some((&high, rest))) = (self.odd, bytes.split_first()) {
            out.push(i16::from_le_bytes([low, high]));
            self.odd = None;
            bytes = rest;
        }
        let (pairs, rest) = bytes.as_chunks::<2>();
        out.extend(pairs.iter().map(|&pair| i16::from_le_bytes(pair)));
        if let Some(&byte) = rest.first() {
            self.odd = Some(byte);
        }
    }

    /// Whether half a sample is waiting for its second byte.
    #[must_use]
    pub const fn is_split(&self) -> bool {
        self.odd.is_some()
    }

    /// Forgets a byte left over: the next chunk begins with a whole sample.
    pub const fn reset(&mut self) {
        self.odd = None;
    }
}

/// Appends `samples` to `out`, two bytes each.
pub fn write(samples: &[i16], out: &mut Vec<u8>) {
    out.reserve(samples.len() * 2);
    out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_split_sample_waits() {
        let (mut reader, mut out) = (PcmReader::new(), Vec::new());
        reader.read(&[0x34], &mut out);
        assert!(out.is_empty() && reader.is_split());
        reader.read(&[], &mut out);
        assert!(reader.is_split());
        reader.read(&[0x12, 0xFF, 0xFF, 0x01], &mut out);
        assert_eq!(out, [0x1234, -1]);
        reader.reset();
        reader.read(&[0x01, 0x00], &mut out);
        assert_eq!(out, [0x1234, -1, 1]);
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same_samples(
            samples in prop::collection::vec(any::<i16>(), 0..200),
            cuts in prop::collection::vec(0usize..7, 1..20),
        ) {
            let mut bytes = Vec::new();
            write(&samples, &mut bytes);
            let (mut reader, mut out, mut rest) = (PcmReader::new(), Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle().take(2000) {
                let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
                reader.read(chunk, &mut out);
                rest = tail;
            }
            reader.read(rest, &mut out);
            prop_assert_eq!(out, samples);
            prop_assert!(!reader.is_split());
        }
    }
}

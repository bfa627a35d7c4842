//! What an ONNX file says of itself: the key and value pairs at its end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end is looked at. Fields of a protobuf message are written in the order of
/// their numbers, and `metadata_props` (14) has a higher one than the graph (7).
const END: u64 = 1 << 20;

/// The end of a model file.
#[derive(Debug)]
pub(super) struct Metadata(Vec<u8>);

impl Metadata {
    /// Reads it.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
        let mut end = Vec::new();
        file.take(END).read_to_end(&mut end)?;
        Ok(Self(end))
    }

    /// The value of a key: a `StringStringEntryProto` of `onnx.proto`, whose key is its first
    /// field and whose value is its second, each a length and as many bytes.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let mut entry = vec![0x0a, u8::try_from(key.len()).ok()?];
        entry.extend_from_slice(key.as_bytes());
        entry.push(0x12);
        let at = self
            .0
            .windows(entry.len())
            .rposition(|window| window == entry)?;
        let (length, value) = varint(&self.0[at + entry.len()..])?;
        let value = value.get(..length)?;
        String::from_utf8(value.to_vec()).ok()
    }
}

/// A length of up to two bytes (base 128, the lowest first), and what follows it.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [length, rest @ ..] if *length < 0x80 => Some((usize::from(*length), rest)),
        [low, high, rest @ ..] if *high < 0x80 => {
            Some((usize::from(low & 0x7f) | usize::from(*high) << 7, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
        let length = bytes.len();
        let mut field = vec![tag];
        if length < 0x80 {
            field.push(length as u8);
        } else {
            field.extend([(length & 0x7f | 0x80) as u8, (length >> 7) as u8]);
        }
        field.extend(bytes);
        field
    }

    fn entry(key: &str, value: &str) -> Vec<u8> {
        let pair = [field(0x0a, key.as_bytes()), field(0x12, value.as_bytes())].concat();
        field(0x72, &pair)
    }

    #[test]
    fn finds_values_of_any_usual_length() {
        let long = "af_bella,".repeat(40);
        let bytes = [
            vec![9; 300],
            entry("model_type", "kokoro"),
            entry("speakers", &long),
            entry("empty", ""),
        ];
        let metadata = Metadata(bytes.concat());
        assert_eq!(metadata.get("model_type").as_deref(), Some("kokoro"));
        assert_eq!(metadata.get("speakers").as_deref(), Some(&*long));
        assert_eq!(metadata.get("empty").as_deref(), Some(""));
        assert_eq!(metadata.get("model"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes: Vec<u8>, cut in 0_usize..40) {
            let mut text = entry("key", "a value of some length");
            text.extend(bytes);
            text.truncate(cut);
            let _ = Metadata(text).get("key");
        }
    }
}

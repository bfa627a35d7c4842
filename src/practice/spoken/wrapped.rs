//! An answer wrapped in an object of JSON: its one text is what is said.

use serde_json::{Map, Value};

use super::speech::is_own_speech;

/// What an answer is wrapped in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrapped {
    None,
    /// More has to be read.
    Undecided,
    /// What it says, and how many bytes that is with its wrapping.
    Says(String, usize),
}

/// Longest object that is read, in bytes.
pub(super) const LONGEST: usize = 4_000;

/// Whether a text begins as an object does.
pub(super) fn begins(text: &str) -> bool {
    let inner = text.strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.is_empty() || inner.starts_with('"'))
}

/// Reads the object that a text begins with.
pub(super) fn read(text: &str, end: bool) -> Wrapped {
    if !begins(text) {
        return Wrapped::None;
    }
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    match objects.next() {
        Some(Ok(object)) => match said(&object) {
            Some(said) => Wrapped::Says(said.to_owned(), objects.byte_offset()),
            None => Wrapped::None,
        },
        Some(Err(error)) if error.is_eof() && !end => Wrapped::Undecided,
        _ => Wrapped::None,
    }
}

/// The one text of an object, or the one of several that is somebody's own words.
fn said(object: &Map<String, Value>) -> Option<&str> {
    let texts = || object.values().filter_map(Value::as_str);
    match texts().count() {
        1 => texts().next(),
        _ => {
            let own: Vec<&str> = texts().filter(|text| is_own_speech(text)).collect();
            (own.len() == 1).then(|| own[0])
        }
    }
}

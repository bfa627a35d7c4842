//! Items that lie further back, together: complete, and packed to a tenth of their size.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use media::Position;
use serde::{Deserialize, Serialize};
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::Entry;
use super::words::{content_bytes, role};
use crate::archive::event::Outcome;

/// Most items of one page.
pub const ITEMS: usize = 32;
/// As much as is packed at once: more would keep the session waiting.
const MOST_BYTES: usize = 64 * 1024;

/// Consecutive items.
#[derive(Debug)]
pub struct Page {
    /// Fingerprints of their ids.
    prints: Box<[u32]>,
    body: Body,
    bytes: usize,
    /// Which roles their messages have.
    roles: [bool; 3],
}

/// The items of a page.
#[derive(Debug)]
enum Body {
    Packed(Box<[u8]>),
    /// One that is too heavy.
    Plain(Box<[Entry]>),
}

/// An item as it is packed.
#[derive(Serialize, Deserialize)]
enum Packed {
    /// A message that is one piece of text, as nearly every item: id, status, role, kind of the
    /// text, text.
    #[serde(rename = "m")]
    Message(String, ItemStatus, Role, Text, Option<String>, Beside),
    /// Any other.
    #[serde(rename = "i")]
    Item(Item, Beside),
}

/// What is known of an item beside it: whether it was cut, where it was said, what became of
/// silences.
#[derive(Serialize, Deserialize)]
struct Beside(bool, Option<(Position, Position)>, Vec<Outcome>);

/// What a message's text is.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Text {
    #[serde(rename = "i")]
    Input,
    #[serde(rename = "h")]
    Heard,
    #[serde(rename = "o")]
    Output,
    #[serde(rename = "s")]
    Spoken,
}

impl Page {
    /// How many of these, which are some, the first page takes: as many as are not too heavy
    /// together, and one at least.
    pub fn extent(entries: &[Entry]) -> usize {
        let mut bytes = 0;
        let light = |entry: &&Entry| {
            bytes += content_bytes(&entry.item.kind);
            bytes <= MOST_BYTES
        };
        let light = entries.iter().take(ITEMS).take_while(light).count();
        light.max(1)
    }

    /// Packs items, if they are not too heavy.
    pub fn of(entries: Vec<Entry>) -> Self {
        let bytes = entries.iter().map(|entry| content_bytes(&entry.item.kind));
        let bytes = bytes.sum();
        let mut roles = [false; 3];
        for role in entries.iter().filter_map(|entry| role(&entry.item)) {
            roles[role as usize] = true;
        }
        let packed = (bytes <= MOST_BYTES).then(|| pack(&entries)).flatten();
        Self {
            prints: entries.iter().map(|entry| print(&entry.item.id)).collect(),
            bytes,
            roles,
            body: packed.map_or_else(|| Body::Plain(entries.into()), Body::Packed),
        }
    }

    /// The items, in order.
    pub fn open(&self) -> Vec<Entry> {
        let packed = match &self.body {
            Body::Packed(packed) => packed,
            Body::Plain(entries) => return entries.to_vec(),
        };
        let mut json = Vec::with_capacity(packed.len() * 8);
        // What was packed here can be read.
        let _ = DeflateDecoder::new(&**packed).read_to_end(&mut json);
        let all: Vec<Packed> = serde_json::from_slice(&json).unwrap_or_default();
        all.into_iter().map(Packed::entry).collect()
    }

    /// The item.
    pub fn get(&self, id: &str) -> Option<Entry> {
        if !self.prints.contains(&print(id)) {
            return None;
        }
        self.open().into_iter().find(|entry| entry.item.id == id)
    }

    /// Whether there is a message of this role.
    pub const fn holds(&self, role: Role) -> bool {
        self.roles[role as usize]
    }

    /// How many items there are.
    pub const fn len(&self) -> usize {
        self.prints.len()
    }

    /// How much memory it takes.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        let body = match &self.body {
            Body::Packed(packed) => packed.len(),
            Body::Plain(entries) => self.bytes + entries.len() * size_of::<Entry>(),
        };
        body + self.prints.len() * size_of::<u32>() + size_of::<Self>()
    }

    /// How much they hold, unpacked.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Packed {
    fn of(entry: &Entry) -> Self {
        let Item { id, status, kind } = &*entry.item;
        let beside = Beside(entry.cut, entry.span, entry.silences.clone());
        if let ItemKind::Message { role, content } = kind
            && let [part] = &**content
            && let Some((kind, text)) = words(part)
        {
            return Self::Message(id.clone(), *status, *role, kind, text, beside);
        }
        Self::Item(Item::clone(&entry.item), beside)
    }

    fn entry(self) -> Entry {
        let (item, Beside(cut, span, silences)) = match self {
            Self::Item(item, beside) => (item, beside),
            Self::Message(id, status, role, kind, text, beside) => {
                let content = vec![content(kind, text)];
                let kind = ItemKind::Message { role, content };
                (Item { id, status, kind }, beside)
            }
        };
        Entry {
            item: item.into(),
            cut,
            span,
            silences,
        }
    }
}

fn pack(entries: &[Entry]) -> Option<Box<[u8]>> {
    let all: Vec<Packed> = entries.iter().map(Packed::of).collect();
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut packed, &all).ok()?;
    Some(packed.finish().ok()?.into())
}

/// The words of a part that is nothing else.
fn words(part: &Content) -> Option<(Text, Option<String>)> {
    let (kind, text) = match part {
        Content::InputText { text } => (Text::Input, Some(text)),
        Content::OutputText { text } => (Text::Output, Some(text)),
        Content::InputAudio {
            audio: None,
            transcript,
        } => (Text::Heard, transcript.as_ref()),
        Content::OutputAudio {
            audio: None,
            transcript,
        } => (Text::Spoken, transcript.as_ref()),
        _ => return None,
    };
    Some((kind, text.cloned()))
}

fn content(kind: Text, words: Option<String>) -> Content {
    let (audio, transcript) = (None, words);
    match kind {
        Text::Input => Content::InputText {
            text: transcript.unwrap_or_default(),
        },
        Text::Output => Content::OutputText {
            text: transcript.unwrap_or_default(),
        },
        Text::Heard => Content::InputAudio { audio, transcript },
        Text::Spoken => Content::OutputAudio { audio, transcript },
    }
}

fn print(id: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish() as u32
}

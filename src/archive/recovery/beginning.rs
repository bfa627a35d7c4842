//! How a part began, for when its log does not say so any more: its first line is damaged, or it is
//! gone and only the sound is there.

use serde_json::{Value, json};

use super::super::event::{Entry, Event};
use super::super::sessions::SessionRow;
use super::super::sessions::parts::PartRow;
use crate::clock::Micros;

/// What is known of a session besides its logs.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub id: String,
    /// When it began, by its row or its manifest.
    pub started_at: Option<Micros>,
    engines: Option<Value>,
    parts: Vec<PartRow>,
}

impl Known {
    /// What the database knows.
    pub(super) fn of(id: &str, row: Option<&SessionRow>, parts: Vec<PartRow>) -> Self {
        Self {
            id: id.to_owned(),
            started_at: row.map(|row| Micros(row.started_at)),
            engines: row.and_then(|row| serde_json::from_str(&row.engines).ok()),
            parts,
        }
    }

    /// The entry that a part's log began with, as far as it is known; `None` if it is not even known
    /// when the session began. `first_ms` is the first of the part that is left.
    pub(super) fn beginning(&self, part: u32, first_ms: u64) -> Option<Entry> {
        let row = self.parts.iter().find(|row| row.number() == part);
        let at_ms = match row {
            Some(row) => u64::try_from(row.from_ms).unwrap_or(0),
            None if part == 1 => 0,
            None => first_ms,
        };
        let carried = || {
            let is_webrtc = self.id.starts_with("rtc_");
            if is_webrtc { "webrtc" } else { "websocket" }.to_owned()
        };
        let began = i64::try_from(at_ms).unwrap_or(i64::MAX);
        Some(Entry {
            at_ms,
            event: Event::Connected {
                part,
                transport: row.map_or_else(carried, |row| row.transport.clone()),
                engines: self.engines.clone().unwrap_or_else(|| json!({})),
                wall: self
                    .started_at?
                    .0
                    .saturating_add(began.saturating_mul(1000)),
            },
        })
    }
}

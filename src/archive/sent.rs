//! What left of an answer, heard or not: by it the answer can be cut to what was heard, also over
//! another connection.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Said, Speaker, TimedWord};

/// Spoken answers, the last ones, of which it is remembered how they sound. A client that says how much
/// it played speaks of the last one, or of what it hurried over just before.
pub const REMEMBERED: usize = 8;

/// How an answer sounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// The item of the conversation.
    pub item_id: String,
    /// How much of its sound left.
    pub audio_ms: u64,
    /// The words in that, with their times in it.
    pub words: Vec<TimedWord>,
    /// Where it stands: it was held back, or made too slowly, where there are several.
    pub places: Vec<Placed>,
}

/// Where sound stands, up to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Placed {
    /// Which, in milliseconds from the beginning of the answer.
    pub audio_ms: u64,
    /// When it is heard.
    pub at_ms: u64,
}

impl Sent {
    /// As far as it was heard, of an answer that a killed process was still speaking.
    pub(super) fn heard(said: &Said) -> Option<Self> {
        if said.speaker != Speaker::Client || said.typed {
            return None;
        }
        let word = |word: &TimedWord| TimedWord {
            text: word.text.clone(),
            from_ms: word.from_ms.saturating_sub(said.from_ms),
            to_ms: word.to_ms.saturating_sub(said.from_ms),
        };
        let (audio_ms, at_ms) = (0, said.from_ms);
        Some(Self {
            item_id: said.item_id.clone(),
            audio_ms: said.to_ms.saturating_sub(said.from_ms),
            words: said.words.iter().map(word).collect(),
            places: vec![Placed { audio_ms, at_ms }],
        })
    }
}

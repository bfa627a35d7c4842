//! What happened in a session, entry by entry, as the archive keeps it.
//!
//! One entry is one line of JSON, `{"at_ms": 5120, "type": "barge_in", …}`. Times are milliseconds of
//! the session's timeline, which begins when the session first begins and goes on through every
//! resumption. What the state machine records is a function of its inputs alone, so a session that
//! is fed through it again records the same. [`Event::Connected`], [`Event::Disconnected`],
//! [`Event::EngineCall`] and [`Event::HeardAfterwards`] are the conductor's; all else is the machine's.
//!
//! # From the entries to the conversation
//!
//! Read in order, over all parts: [`Event::Configured`] gives the configuration in force,
//! [`Event::Item`] and [`Event::ItemRemoved`] the items. A part that goes on does not repeat the
//! items that there were. Where a process was killed, the last entries leave something in the air:
//!
//! - An item still `in_progress` becomes `incomplete`: a message of the client with the text of its
//!   last [`Event::Said`], which is what was heard; without any, and a function call, never was.
//! - A message of the coach that has no transcript takes the text of its last `Said`. A `Said` of
//!   the coach with a text, whose item never came, becomes a message at the end.
//!
//! What follows [`Event::HeardAfterwards`] in a part came to be after its process was killed. An item in
//! it that was not known before may have come too late for a part that went on meanwhile: it is one of the
//! conversation if a later entry names it, or if no other item came after it.
//!
//! An answer outside the conversation that was spoken has a `Said` and no item; a written one has
//! no entries at all.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signaling::event::{Item, Session};
use utoipa::ToSchema;

use super::engine_calls::EngineCall;
use super::inner::Inner;
pub use super::sent::{Placed, REMEMBERED, Sent};
pub use super::silence::{Outcome, Place, Silence};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// When it was recorded.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Who speaks.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person at the microphone.
    Coach,
    /// The AI client.
    Client,
}

/// A word, and when it was spoken (of the AI client: heard).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimedWord {
    /// The word with its punctuation.
    pub text: String,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
}

/// Something that was said, or typed. A later entry for the same item replaces the earlier one:
/// while somebody speaks there is one about every second, `cut`, with what was said so far; and
/// words may be corrected, or cut to what was heard. An empty text takes back what was no turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// The item of the conversation.
    pub item_id: String,
    /// Who said it.
    pub speaker: Speaker,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// The words as one text; empty if nothing was understood, or nothing heard.
    pub text: String,
    /// The words with their times; empty if it was typed or corrected by hand. Of the client, the
    /// words that were heard, pauses of its voice within them.
    pub words: Vec<TimedWord>,
    /// Whether it was cut off, or goes on: the text ends with what was heard by then.
    pub cut: bool,
    /// Whether it was typed (or corrected by typing) instead of spoken.
    pub typed: bool,
    /// In a transcript: whether the words were understood only after the server had been killed and
    /// started again. Without a text it could not be understood then either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub afterwards: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = EntryEvent)]
pub enum Event {
    /// A connection began to carry the session. Written by the conductor.
    Connected {
        /// Which one, from 1.
        part: u32,
        /// `websocket` or `webrtc`.
        transport: String,
        /// Who listens, thinks and speaks: `{"stt": …, "llm": …, "tts": …}`.
        #[schema(value_type = Object)]
        engines: Value,
        /// Microseconds since 1970.
        wall: i64,
    },
    /// The connection ended. Written by the conductor.
    Disconnected {
        /// By the names of [`EndReason`](super::sessions::EndReason).
        reason: String,
        /// Where the part ends: when the connection ended, or when something last came from somebody
        /// who was gone before. What is on record was learned later, or nobody was there for it. At
        /// `at_ms`, if it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_ms: Option<u64>,
    },
    /// The session's configuration from here on, whole.
    Configured {
        /// The effective configuration.
        #[schema(value_type = Object)]
        session: Box<Session>,
        /// The AI client that it makes.
        #[schema(required)]
        client_id: Option<String>,
    },
    /// An item entered the conversation, or changed: its whole present state. An item that is
    /// known stays at its place.
    Item {
        /// The item.
        #[schema(value_type = Object)]
        item: Item,
        /// The item before it; `None` at the front.
        #[schema(required)]
        after: Option<String>,
    },
    /// An item was deleted.
    ItemRemoved {
        /// Which.
        item_id: String,
    },
    /// What was said, with word times.
    Said(Said),
    /// What left of an answer of the conversation, heard or not. Comes once all of it has left, or it
    /// was cut off.
    Sent(Sent),
    /// A stretch of the coach's voice, by voice activity.
    Speech {
        /// Its beginning.
        from_ms: u64,
        /// Its end.
        to_ms: u64,
    },
    /// The coach's turn was taken to be over. Its item follows.
    TurnEnded {
        /// The item that it becomes.
        item_id: String,
        /// Its first speech.
        from_ms: u64,
        /// Its last speech.
        to_ms: u64,
    },
    /// The AI client began to answer. At most one answer runs at a time.
    ResponseStarted {
        /// `resp_…`
        response_id: String,
    },
    /// The first sound of an answer left.
    VoiceStarted {
        /// `resp_…`
        response_id: String,
    },
    /// The last sound of an answer was heard, or the voice was cut off. It may outlast the
    /// response, and ends before the next voice starts.
    VoiceStopped {
        /// `resp_…`
        response_id: String,
    },
    /// The answer is over.
    ResponseEnded {
        /// `resp_…`
        response_id: String,
        /// `completed`, `cancelled`, `incomplete` or `failed`.
        status: String,
        /// Why, as the protocol names it (`turn_detected`, `client_cancelled`, …); `left` if the
        /// connection ended, `engine_failed` if it failed.
        #[schema(required)]
        reason: Option<String>,
    },
    /// The voice was held back, since somebody may be interrupting.
    Paused,
    /// It was held back no longer: it went on, or was cut off.
    Resumed,
    /// The coach took the turn while the client spoke.
    BargeIn {
        /// Whom the coach cut off; an answer that was not heard yet may be meant.
        #[schema(required)]
        response_id: Option<String>,
        /// Whether the client was silent then, thinking. Its [`Event::Silence`] comes before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        thinking: bool,
    },
    /// A silence that was the client's is over: the coach left it, or stepped in.
    Silence(Silence),
    /// What the coach's turn changed inside the client. Comes with the answer to it.
    Inner {
        /// The coach's item.
        #[schema(required)]
        item_id: Option<String>,
        /// What moved.
        #[serde(flatten)]
        inner: Inner,
    },
    /// Speech over the client's voice did not interrupt it.
    Overlap {
        /// `noise`, `back_channel` or `echo`.
        kind: String,
    },
    /// An answer begun before the turn was over was kept, or thrown away.
    Speculated {
        /// Whether it was kept.
        kept: bool,
    },
    /// An answer was cut to what was heard.
    Truncated {
        /// The item.
        item_id: String,
        /// Milliseconds of its sound that were heard.
        audio_ms: u64,
        /// The words in them.
        text: String,
    },
    /// How long one turn took, each step in milliseconds after the end of speech.
    Latency {
        /// `resp_…`
        response_id: String,
        /// When the coach stopped speaking; absent for a typed turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speech_end_ms: Option<u64>,
        /// Until the turn was taken to be over.
        turn_decided_ms: u64,
        /// Until the first token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_token_ms: Option<u64>,
        /// Until the first sound of the voice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_audio_ms: Option<u64>,
        /// How long the client still thought when its voice was ready; in no other figure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thinking_ms: Option<u64>,
        /// Until the first packet with the voice left, without that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_packet_ms: Option<u64>,
    },
    /// The microphone's stream stood still; the timeline went on without it.
    Gap {
        /// How long.
        length_ms: u64,
    },
    /// The process was killed while the coach spoke, and what was recorded of that and not understood
    /// by then was put to the recogniser later. What came of it follows, `at_ms` where the process had
    /// come to. Written by the conductor.
    HeardAfterwards {
        /// Where that speech begins.
        from_ms: u64,
        /// Where the sound of it ends.
        to_ms: u64,
        /// Whether a recogniser listened to all of it. If not, nothing may be known of its words.
        recognised: bool,
        /// When it listened: microseconds since 1970.
        wall: i64,
    },
    /// A call to an engine is over. Written by the conductor.
    EngineCall(Box<EngineCall>),
    /// An engine failed; the conversation went on.
    Failed {
        /// `stt`, `llm` or `tts`.
        place: String,
        /// Why.
        message: String,
    },
    /// The coach was told something.
    Notice {
        /// Short name.
        code: String,
        /// One sentence.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_flat_line() {
        let event = Event::BargeIn {
            response_id: Some("resp_1".to_owned()),
            thinking: false,
        };
        let line = serde_json::to_string(&Entry { at_ms: 5120, event }).unwrap();
        assert_eq!(
            line,
            r#"{"at_ms":5120,"type":"barge_in","response_id":"resp_1"}"#
        );
        let said = r#"{"at_ms":1,"type":"said","item_id":"i","speaker":"coach","from_ms":0,"to_ms":1,"text":"Hi","words":[],"cut":false,"typed":true}"#;
        let entry: Entry = serde_json::from_str(said).unwrap();
        assert!(matches!(&entry.event, Event::Said(said) if said.speaker == Speaker::Coach));
        assert_eq!(serde_json::to_string(&entry).unwrap(), said);
    }
}

//! What goes into the state machine: everything that can happen to a conversation.

use media::Position;
use serde::{Deserialize, Serialize};
use signaling::event::ClientEvent;

use crate::archive::inner::Inner;
use crate::providers::ProviderError;
use crate::providers::llm::Token;
use crate::providers::stt::Transcript;
use crate::providers::tts::SpokenWord;

/// One attempt at an answer. Later attempts have higher numbers, so that whatever arrives late
/// for an earlier one is known to be stale.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Generation(pub u64);

/// Something that happened. What comes often has a short form of its own in a
/// [trace](super::trace).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Audio can flow.
    Ready,
    /// The client sent an event (audio excepted: that is [`Input::Audio`]).
    Client(Box<ClientEvent>),
    /// Audio from the microphone was received up to here.
    #[serde(skip)]
    Audio {
        /// End of what was received, on the session's timeline.
        to: Position,
    },
    /// The microphone's stream stood still for this long; the timeline went on without it.
    Gap {
        /// In samples at 48 kHz.
        samples: u64,
    },
    /// Silence was left out of the microphone's stream; the timeline stayed where it was.
    Omitted {
        /// In samples at 48 kHz.
        samples: u64,
    },
    /// The timeline leapt to now, since sound comes faster than time passes. Whatever takes its
    /// time by the clock has not come further: what is heard, engines.
    Leapt {
        /// In samples at 48 kHz.
        samples: u64,
    },
    /// Voice activity began.
    VoiceStarted {
        /// The onset, which lies in the past.
        at: Position,
    },
    /// Voice activity ended.
    VoiceStopped {
        /// The last speech, which lies in the past.
        at: Position,
    },
    /// The recogniser's words so far.
    #[serde(skip)]
    Partial {
        /// The segment.
        segment: u64,
        /// The words.
        transcript: Transcript,
    },
    /// The recogniser's final words.
    #[serde(skip)]
    Final {
        /// The segment.
        segment: u64,
        /// The words.
        transcript: Transcript,
    },
    /// The recogniser failed on a segment.
    TranscriptFailed {
        /// The segment.
        segment: u64,
        /// Why.
        error: ProviderError,
    },
    /// The recogniser believes that the speaker has finished with a segment.
    EndOfTurn {
        /// The segment.
        segment: u64,
        /// How sure it is, 0 to 1.
        confidence: f32,
    },
    /// The recogniser failed, and another listens.
    ListenerStoodIn {
        /// Why.
        error: ProviderError,
        /// Who.
        by: String,
    },
    /// A recogniser that another stood in for listens again.
    ListenerBack {
        /// Which.
        by: String,
        /// Whether that is the one that was asked for first.
        first: bool,
    },
    /// A piece of the answer.
    Token {
        /// The attempt it belongs to.
        generation: Generation,
        /// The piece.
        token: Token,
    },
    /// A sentence of the answer is ready to be spoken.
    Sentence {
        /// The attempt it belongs to.
        generation: Generation,
        /// What to say.
        text: String,
    },
    /// What moved inside the client when it heard what it answers now.
    Inner {
        /// The attempt that answers.
        generation: Generation,
        /// What moved, and where the client stands.
        inner: Box<Inner>,
    },
    /// The language model failed.
    ModelFailed {
        /// The attempt.
        generation: Generation,
        /// Why.
        error: ProviderError,
    },
    /// More sound of a sentence was produced.
    Produced {
        /// The sentence.
        sentence: u64,
        /// Samples at 24 kHz, in addition to those before.
        samples: u64,
    },
    /// When words of a sentence are spoken.
    Words {
        /// The sentence.
        sentence: u64,
        /// The words.
        words: Vec<SpokenWord>,
    },
    /// A sentence is complete.
    SentenceDone {
        /// The sentence.
        sentence: u64,
    },
    /// A sentence could not be spoken.
    VoiceFailed {
        /// The sentence.
        sentence: u64,
        /// Why.
        error: ProviderError,
    },
    /// Sound of a sentence was sent to the client.
    #[serde(skip)]
    Sent {
        /// The sentence.
        sentence: u64,
        /// Samples at 24 kHz sent of it in all.
        samples: u64,
    },
    /// Time passed.
    Time,
    /// The server is stopping: tell the client.
    Stopping,
    /// The language model failed, and another answers.
    ModelStoodIn {
        /// Why.
        error: ProviderError,
    },
    /// The language model that was asked for first answers again.
    ModelBack,
    /// The language model broke off, and the answer ends with what was said.
    ModelBrokeOff {
        /// Why.
        error: ProviderError,
    },
    /// The language model failed, and the answer comes without it.
    StoodIn {
        /// Why.
        error: ProviderError,
    },
    /// The voice failed, and another speaks.
    VoiceStoodIn {
        /// Why.
        error: ProviderError,
    },
    /// The voice that was asked for first speaks again.
    VoiceBack,
    /// As turns out now, nobody has been there to hear anything since then. [`Input::Leave`]
    /// follows.
    Deserted {
        /// When something last came from the client.
        since: Position,
    },
    /// The connection is gone, or the session ends: what was said is completed, and nothing new
    /// begins. [`Output::Left`](super::Output::Left) follows, at the latest after
    /// [`LEAVING`](super::LEAVING).
    Leave,
}

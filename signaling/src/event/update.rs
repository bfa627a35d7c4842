//! A change of the session: what a client gave, field by field absent, cleared or set.

use serde::{Deserialize, Serialize};

use super::audio::{AudioFormat, Eagerness, NoiseReduction, Voice};
use super::session::{
    MaxTokens, Modality, Prompt, Reasoning, Tool, ToolChoice, Tracing, Truncation,
};

/// What a client gave for a field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field<T> {
    /// Nothing: it stays as it is.
    #[default]
    Absent,
    /// `null`: it is cleared.
    Null,
    /// This.
    Value(T),
}

/// A partial session, of `session.update`, of a client secret or of a call's offer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionUpdate {
    /// The model. It chooses one when a session begins and is ignored afterwards: clients repeat
    /// it in every update.
    pub model: Option<String>,
    /// `null` clears, as `""` does.
    pub instructions: Field<String>,
    /// Spoken or written; `null` is the default.
    pub output_modalities: Field<Modality>,
    /// Sound from the client.
    pub input: InputUpdate,
    /// How samples to the client are written.
    pub output_format: Field<AudioFormat>,
    /// Whose voice. `null` leaves it.
    pub voice: Field<Voice>,
    /// Of the voice's natural pace; `null` is the default.
    pub speed: Field<f64>,
    /// `null` clears, as `[]` does.
    pub tools: Field<Vec<Tool>>,
    /// `null` is the default.
    pub tool_choice: Field<ToolChoice>,
    /// `null` is the default.
    pub max_output_tokens: Field<MaxTokens>,
    /// `null` is the default.
    pub truncation: Field<Truncation>,
    /// `null` turns it off.
    pub tracing: Field<Tracing>,
    /// `null` clears.
    pub prompt: Field<Prompt>,
    /// `null` clears, as `[]` does.
    pub include: Field<Vec<String>>,
    /// `null` clears.
    pub parallel_tool_calls: Field<bool>,
    /// `null` clears.
    pub reasoning: Field<Reasoning>,
}

/// A partial [`InputAudio`](super::audio::InputAudio).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InputUpdate {
    /// `null` is the default.
    pub format: Field<AudioFormat>,
    /// `null` turns it off.
    pub transcription: Field<TranscriptionUpdate>,
    /// `null` turns it off.
    pub noise_reduction: Field<NoiseReduction>,
    /// `null` turns it off: the client commits.
    pub turn_detection: Field<TurnDetectionUpdate>,
}

/// A partial [`Transcription`](super::audio::Transcription).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TranscriptionUpdate {
    /// By which model.
    pub model: Field<String>,
    /// In which language.
    pub language: Field<String>,
    /// Words to expect.
    pub prompt: Field<String>,
    /// How long it may wait for more context.
    pub delay: Field<String>,
}

/// A partial [`TurnDetection`](super::audio::TurnDetection). What is absent stays as it is while
/// the kind stays, and is the default of another kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnDetectionUpdate {
    /// Which kind; absent: the one in force, or `server_vad`.
    pub kind: Option<TurnDetectionKind>,
    /// As in [`ServerVad`](super::audio::ServerVad).
    pub threshold: Option<f64>,
    /// As in [`ServerVad`](super::audio::ServerVad).
    pub prefix_padding_ms: Option<u32>,
    /// As in [`ServerVad`](super::audio::ServerVad).
    pub silence_duration_ms: Option<u32>,
    /// As in [`ServerVad`](super::audio::ServerVad).
    pub idle_timeout_ms: Field<u32>,
    /// As in [`SemanticVad`](super::audio::SemanticVad).
    pub eagerness: Option<Eagerness>,
    /// Whether a response begins by itself when a turn ends.
    pub create_response: Option<bool>,
    /// Whether the user's speech cancels a running response.
    pub interrupt_response: Option<bool>,
}

/// How the end of a turn is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnDetectionKind {
    /// By silence.
    ServerVad,
    /// By what was said.
    SemanticVad,
}

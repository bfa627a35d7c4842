//! The session as it is in force, echoed whole by `session.created` and `session.updated`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audio::{AudioFormat, InputAudio, OutputAudio, Voice};

/// The value of `session.include` with which a client asks for the events of our own.
pub const OWN_EVENTS: &str = "praxiloom.events";

/// The value of `session.include` with which a client asks for log probabilities.
pub const LOGPROBS: &str = "item.input_audio_transcription.logprobs";

/// The full configuration in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "realtime")]
pub struct Session {
    /// Always `realtime.session`.
    #[serde(default)]
    pub object: SessionObject,
    /// `sess_…`
    pub id: String,
    /// The model. It never changes within a session.
    pub model: String,
    /// What the model is told before anything else; empty for none.
    pub instructions: String,
    /// Whether answers are spoken or written.
    pub output_modalities: Modality,
    /// Sound in both directions.
    pub audio: SessionAudio,
    /// Functions that the model may call.
    pub tools: Vec<Tool>,
    /// Whether and which it must call.
    pub tool_choice: ToolChoice,
    /// The longest answer.
    pub max_output_tokens: MaxTokens,
    /// What happens when the conversation outgrows the model.
    pub truncation: Truncation,
    /// Whether the vendor's tracing was asked for. Echoed; this server keeps its own archive.
    pub tracing: Option<Tracing>,
    /// A stored prompt. Echoed, and resolved by whoever knows stored prompts.
    pub prompt: Option<Prompt>,
    /// What else the client wants to be sent.
    pub include: Option<Vec<String>>,
    /// Whether the model may call several functions at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// How long a reasoning model may think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// When the session ends, in seconds since 1970.
    pub expires_at: u64,
}

impl Session {
    /// A session with the defaults of the Realtime API: speech in and out, `server_vad`.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        model: impl Into<String>,
        voice: impl Into<String>,
        expires_at: u64,
    ) -> Self {
        Self {
            object: SessionObject::Session,
            id: id.into(),
            model: model.into(),
            instructions: String::new(),
            output_modalities: Modality::Audio,
            audio: SessionAudio {
                input: InputAudio::default(),
                output: OutputAudio {
                    format: AudioFormat::Pcm,
                    voice: Voice::Named(voice.into()),
                    speed: 1.0,
                },
            },
            tools: Vec::new(),
            tool_choice: ToolChoice::AUTO,
            max_output_tokens: MaxTokens::Inf,
            truncation: Truncation::AUTO,
            tracing: None,
            prompt: None,
            include: None,
            parallel_tool_calls: None,
            reasoning: None,
            expires_at,
        }
    }

    /// Whether the client asked for `name` with `session.include`.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        self.include
            .iter()
            .flatten()
            .any(|included| included == name)
    }

    /// Whether the client is sent the events of our own.
    #[must_use]
    pub fn wants_own_events(&self) -> bool {
        self.includes(OWN_EVENTS)
    }
}

/// Always `realtime.session`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionObject {
    /// The only value.
    #[default]
    #[serde(rename = "realtime.session")]
    Session,
}

/// Sound in both directions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionAudio {
    /// From the client.
    pub input: InputAudio,
    /// To the client.
    pub output: OutputAudio,
}

/// Whether an answer is spoken or written. On the wire a list of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// Spoken, with a transcript.
    Audio,
    /// Written.
    Text,
}

impl Modality {
    const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }
}

impl Serialize for Modality {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.name()].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Modality {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["audio"] => Ok(Self::Audio),
            ["text"] => Ok(Self::Text),
            _ => Err(serde::de::Error::custom(
                "invalid value: expected [\"audio\"] or [\"text\"]",
            )),
        }
    }
}

/// A function that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "function")]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// When to use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// Whether and which function the model must call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ToolChoice {
    /// As it sees fit, never, or some function.
    Mode(ToolMode),
    /// This one.
    Function(NamedFunction),
}

impl ToolChoice {
    /// As the model sees fit.
    pub const AUTO: Self = Self::Mode(ToolMode::Auto);
}

/// Whether the model calls functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolMode {
    /// As it sees fit.
    Auto,
    /// Never.
    None,
    /// At least one.
    Required,
}

/// The one function that the model must call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "function")]
pub struct NamedFunction {
    /// Its name.
    pub name: String,
}

/// The longest answer, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MaxTokens {
    /// At most this many, 1 to 4096.
    Limit(u32),
    /// As many as the model can write. On the wire `"inf"`.
    #[serde(with = "inf")]
    Inf,
}

impl MaxTokens {
    /// The limit, if there is one.
    #[must_use]
    pub const fn limit(self) -> Option<u32> {
        match self {
            Self::Limit(tokens) => Some(tokens),
            Self::Inf => None,
        }
    }
}

mod inf {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("inf")
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "inf" => Ok(()),
            _ => Err(serde::de::Error::custom("invalid value: expected \"inf\"")),
        }
    }
}

/// What happens when the conversation outgrows the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Truncation {
    /// The oldest is forgotten, or the response fails.
    Mode(TruncationMode),
    /// Forget more than needed at once, so that a cache of the beginning stays good.
    Retention(RetentionRatio),
}

impl Truncation {
    /// The oldest is forgotten.
    pub const AUTO: Self = Self::Mode(TruncationMode::Auto);
}

/// Whether the conversation is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TruncationMode {
    /// The oldest is forgotten.
    Auto,
    /// Nothing is forgotten: the response fails.
    Disabled,
}

/// How much of the conversation is kept when it is cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "retention_ratio")]
pub struct RetentionRatio {
    /// 0 to 1: this part of the conversation is kept.
    pub retention_ratio: f64,
    /// Limits of the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_limits: Option<TokenLimits>,
}

/// When the conversation is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLimits {
    /// The most tokens after the instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_instructions: Option<u64>,
}

/// What the client asked of the vendor's tracing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tracing {
    /// With default names. On the wire `"auto"`.
    #[serde(with = "auto")]
    Auto,
    /// With these names.
    Named(TraceNames),
}

mod auto {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("auto")
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "auto" => Ok(()),
            _ => Err(serde::de::Error::custom("invalid value: expected \"auto\"")),
        }
    }
}

/// Names of a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceNames {
    /// Of the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_name: Option<String>,
    /// Of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A stored prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// Which.
    pub id: String,
    /// Which version; the newest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What to put in its places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<serde_json::Map<String, Value>>,
}

/// How long a reasoning model may think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    /// How hard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
}

/// How hard a reasoning model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// As much as it can.
    Xhigh,
}

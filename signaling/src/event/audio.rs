//! How sound travels and when a turn ends: formats, transcription, voice activity.

use serde::{Deserialize, Serialize};

/// How samples are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudioFormat {
    /// 16-bit little-endian samples at 24 kHz, mono.
    #[default]
    Pcm,
    /// G.711 µ-law at 8 kHz.
    Pcmu,
    /// G.711 A-law at 8 kHz.
    Pcma,
}

impl AudioFormat {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcm => "audio/pcm",
            Self::Pcmu => "audio/pcmu",
            Self::Pcma => "audio/pcma",
        }
    }

    /// Samples per second.
    #[must_use]
    pub const fn rate(self) -> u32 {
        match self {
            Self::Pcm => 24_000,
            Self::Pcmu | Self::Pcma => 8_000,
        }
    }

    /// Bytes per sample.
    #[must_use]
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::Pcm => 2,
            Self::Pcmu | Self::Pcma => 1,
        }
    }

    /// Whole milliseconds that `bytes` bytes last.
    #[must_use]
    pub const fn ms(self, bytes: usize) -> u64 {
        (bytes / self.bytes_per_sample()) as u64 * 1000 / self.rate() as u64
    }
}

#[derive(Serialize, Deserialize)]
struct WireFormat {
    #[serde(rename = "type")]
    kind: WireFormatName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
}

#[derive(Serialize, Deserialize)]
enum WireFormatName {
    #[serde(rename = "audio/pcm")]
    Pcm,
    #[serde(rename = "audio/pcmu")]
    Pcmu,
    #[serde(rename = "audio/pcma")]
    Pcma,
}

impl Serialize for AudioFormat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, rate) = match self {
            Self::Pcm => (WireFormatName::Pcm, Some(24_000)),
            Self::Pcmu => (WireFormatName::Pcmu, None),
            Self::Pcma => (WireFormatName::Pcma, None),
        };
        WireFormat { kind, rate }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AudioFormat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireFormat::deserialize(deserializer)?;
        let format = match wire.kind {
            WireFormatName::Pcm => Self::Pcm,
            WireFormatName::Pcmu => Self::Pcmu,
            WireFormatName::Pcma => Self::Pcma,
        };
        match wire.rate {
            Some(rate) if rate != format.rate() => Err(serde::de::Error::custom(format_args!(
                "invalid value: {} has a rate of {}",
                format.name(),
                format.rate()
            ))),
            _ => Ok(format),
        }
    }
}

/// Sound from the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputAudio {
    /// How samples are written (WebSocket; on WebRTC it is always Opus).
    pub format: AudioFormat,
    /// How the user's words are written down; `None` sends no transcription events.
    pub transcription: Option<Transcription>,
    /// What kind of microphone it is.
    pub noise_reduction: Option<NoiseReduction>,
    /// How the end of a turn is found; `None`: the client commits.
    pub turn_detection: Option<TurnDetection>,
}

impl Default for InputAudio {
    fn default() -> Self {
        Self {
            format: AudioFormat::Pcm,
            transcription: None,
            noise_reduction: None,
            turn_detection: Some(TurnDetection::SERVER_VAD),
        }
    }
}

/// How the user's words are written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcription {
    /// By which model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// In which language (ISO 639-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Words to expect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// How long it may wait for more context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<String>,
}

/// What kind of microphone the user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NoiseReduction {
    /// A headset.
    NearField,
    /// A laptop or a conference room.
    FarField,
}

/// How the end of a turn is found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TurnDetection {
    /// By silence.
    ServerVad(ServerVad),
    /// By what was said.
    SemanticVad(SemanticVad),
}

impl TurnDetection {
    /// By silence, with the defaults of the Realtime API.
    pub const SERVER_VAD: Self = Self::ServerVad(ServerVad::DEFAULT);

    /// Whether a response begins by itself when a turn ends.
    #[must_use]
    pub const fn create_response(&self) -> bool {
        match self {
            Self::ServerVad(vad) => vad.create_response,
            Self::SemanticVad(vad) => vad.create_response,
        }
    }

    /// Whether the user's speech cancels a running response.
    #[must_use]
    pub const fn interrupt_response(&self) -> bool {
        match self {
            Self::ServerVad(vad) => vad.interrupt_response,
            Self::SemanticVad(vad) => vad.interrupt_response,
        }
    }
}

/// The end of a turn by silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerVad {
    /// 0 to 1: how likely sound must be speech to count as speech.
    pub threshold: f64,
    /// Milliseconds before the first sound of speech that belong to it.
    pub prefix_padding_ms: u32,
    /// Milliseconds of silence that end a turn.
    pub silence_duration_ms: u32,
    /// Whether a response begins by itself when a turn ends.
    pub create_response: bool,
    /// Whether the user's speech cancels a running response.
    pub interrupt_response: bool,
    /// Milliseconds of silence after a response until the model speaks again by itself.
    pub idle_timeout_ms: Option<u32>,
}

impl ServerVad {
    /// The defaults of the Realtime API.
    pub const DEFAULT: Self = Self {
        threshold: 0.5,
        prefix_padding_ms: 300,
        silence_duration_ms: 500,
        create_response: true,
        interrupt_response: true,
        idle_timeout_ms: None,
    };
}

/// The end of a turn by what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemanticVad {
    /// How soon the model answers.
    pub eagerness: Eagerness,
    /// Whether a response begins by itself when a turn ends.
    pub create_response: bool,
    /// Whether the user's speech cancels a running response.
    pub interrupt_response: bool,
}

impl SemanticVad {
    /// The defaults of the Realtime API.
    pub const DEFAULT: Self = Self {
        eagerness: Eagerness::Auto,
        create_response: true,
        interrupt_response: true,
    };
}

/// How soon the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eagerness {
    /// It waits longest: up to 8 s.
    Low,
    /// Up to 4 s.
    Medium,
    /// Up to 2 s.
    High,
    /// The same as medium.
    Auto,
}

/// Sound to the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputAudio {
    /// How samples are written (WebSocket; on WebRTC it is always Opus).
    pub format: AudioFormat,
    /// Whose voice.
    pub voice: Voice,
    /// 0.25 to 1.5 of the voice's natural pace.
    pub speed: f64,
}
/// A voice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Voice {
    /// By name.
    Named(String),
    /// One made for this account.
    Custom {
        /// Its id.
        id: String,
    },
}

impl Voice {
    /// The name or id.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Custom { id } => id,
        }
    }
}

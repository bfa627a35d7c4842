//! What stands in a model's `model.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Speech to text.
    Stt,
    /// Text to speech.
    Tts,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stt => "listens",
            Self::Tts => "speaks",
        })
    }
}

/// How a model is built, by which it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A streaming transducer: `encoder`, `decoder`, `joiner`, `tokens`.
    Transducer,
    /// A voice of Piper: `model`, `tokens`.
    Piper,
    /// Kokoro: `model`, `voices`, `tokens`.
    Kokoro,
}

impl Family {
    /// What models of this family do.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Transducer => Kind::Stt,
            Self::Piper | Self::Kokoro => Kind::Tts,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Transducer => "transducer",
            Self::Piper => "piper",
            Self::Kokoro => "kokoro",
        })
    }
}

/// A file that the model is loaded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is in the model's folder.
    pub path: PathBuf,
    /// How long it was when it was installed.
    pub bytes: u64,
}

/// What is known of an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it does.
    pub kind: Kind,
    /// How it is built.
    pub family: Family,
    /// The files that it is loaded from, by what they are to it ([`Family`]).
    pub files: BTreeMap<String, File>,
    /// Language, as BCP 47 or espeak-ng writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The address or path that it came from.
    pub source: String,
    /// SHA-256 of the archive that it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether somebody knew what that sum should be.
    pub compared: bool,
    /// Under which terms it is given, or the file of its folder that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// When it was installed, in microseconds since 1970.
    pub installed: i64,
}

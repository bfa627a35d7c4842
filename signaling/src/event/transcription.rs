//! What comes with the words of a transcription: what it cost, and how sure the engine is.

use serde::{Deserialize, Serialize};

/// What a transcription cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TranscriptionUsage {
    /// By length.
    Duration {
        /// Seconds of sound.
        seconds: f64,
    },
    /// By tokens.
    Tokens {
        /// Both together.
        total_tokens: u64,
        /// Heard.
        input_tokens: u64,
        /// Written.
        output_tokens: u64,
        /// What was heard. Clients refuse the event without it.
        input_token_details: TranscriptionTokens,
    },
}

/// What a transcription heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptionTokens {
    /// The prompt.
    pub text_tokens: u64,
    /// The sound.
    pub audio_tokens: u64,
}

/// How sure a speech engine is of a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogProb {
    /// The token.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// Its UTF-8 bytes.
    pub bytes: Vec<u8>,
}

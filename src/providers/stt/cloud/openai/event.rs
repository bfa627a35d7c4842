//! Events of OpenAI, as far as they are of interest, and what its errors mean.

use serde::Deserialize;

use super::NAME;
use crate::providers::ProviderError;
use crate::providers::socket::{rejected, unavailable, unusable};
use crate::providers::term::reason;

/// An event.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub item_id: Option<String>,
    pub delta: Option<String>,
    pub transcript: Option<String>,
    pub error: Option<Fault>,
}

/// What went wrong.
#[derive(Deserialize)]
pub(super) struct Fault {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
}

impl Fault {
    /// What it means for the connection.
    pub fn judge(&self) -> ProviderError {
        let name = self.code.as_deref().or(self.kind.as_deref());
        let name = reason(name.unwrap_or_default());
        let told = name.to_owned();
        match name {
            "rate_limit_exceeded" | "rate_limit_error" => ProviderError::Limited {
                engine: NAME.to_owned(),
                retry_after: None,
            },
            "insufficient_quota" | "invalid_api_key" | "model_not_found" => unusable(NAME, told),
            "session_expired" => unavailable(NAME, told),
            _ if self.kind.as_deref() == Some("invalid_request_error") => rejected(NAME, told),
            _ => unavailable(NAME, told),
        }
    }
}

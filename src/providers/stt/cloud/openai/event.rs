//! Events of OpenAI, as far as they are of interest, and what its errors mean.

use serde::Deserialize;

use super::NAME;
use crate::providers::socket::unavailable;
use crate::providers::term::reason;
use crate::providers::{ProviderError, named};

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
        let names = [self.code.as_deref(), self.kind.as_deref()];
        let told = reason(names.into_iter().flatten().next().unwrap_or_default()).to_owned();
        match self.code.as_deref() {
            // The next connection has a session of its own.
            Some("session_expired") => unavailable(NAME, told),
            _ => named::judge(
                NAME,
                None,
                &names.map(Option::unwrap_or_default),
                None,
                told,
            ),
        }
    }
}

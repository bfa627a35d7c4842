//! Who plays: the AI client that a session picked, or the one that it has without.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use signaling::event::audio::Voice;
use signaling::event::session::Prompt;
use signaling::event::{ErrorBody, Session};

use super::Conversation;

/// What is known of an AI client before it says a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traits {
    /// How much longer than others it waits before it answers.
    pub patience: Duration,
    /// Its voice.
    pub voice: String,
    /// How long a coach may say nothing before it says something; zero: as long as they like.
    #[serde(default)]
    pub silence: Duration,
    /// Whether it speaks first.
    #[serde(default)]
    pub opens: bool,
}

/// The AI clients that can be picked, by id.
pub type Cast = BTreeMap<String, Traits>;

/// The AI client that a session picked, by its id.
#[must_use]
pub fn picked(session: &Session) -> Option<&str> {
    session.prompt.as_ref().map(|prompt| prompt.id.as_str())
}

/// Whether the AI client that was picked, if one was, is one of these; `param` is where.
///
/// # Errors
/// If it is not; the message names those there are.
pub fn check(prompt: Option<&Prompt>, cast: &Cast, param: &str) -> Result<(), ErrorBody> {
    match prompt {
        Some(prompt) if !cast.contains_key(&prompt.id) => {
            let known: Vec<&str> = cast.keys().map(String::as_str).collect();
            let wanted = format!("no AI client has this id. Known: {}", known.join(", "));
            Err(ErrorBody::value(param, &wanted))
        }
        _ => Ok(()),
    }
}

/// Gives a session the voice of the AI client that it picked, or else of `default`.
pub fn give_voice(session: &mut Session, cast: &Cast, default: Option<&str>) {
    let traits = picked(session).or(default).and_then(|id| cast.get(id));
    if let Some(traits) = traits {
        session.audio.output.voice = Voice::Named(traits.voice.clone());
    }
}

impl Conversation {
    /// The AI client of this session.
    pub(super) fn client_id(&self) -> Option<&str> {
        let plain = self.settings.follows_instructions && !self.session.instructions.is_empty();
        let default = self.settings.default_client.as_deref();
        picked(&self.session).or(default.filter(|_| !plain))
    }

    /// What is known of the AI client that the session picked, to practise with: a session that only
    /// has one because there must be one is spoken to as the protocol has it, when it asks.
    pub(super) fn partner(&self) -> Option<&Traits> {
        picked(&self.session).and_then(|id| self.settings.cast.get(id))
    }

    /// How much longer than others the AI client waits before it answers.
    pub(super) fn patience(&self) -> Duration {
        let traits = self.client_id().and_then(|id| self.settings.cast.get(id));
        traits.map_or(Duration::ZERO, |traits| traits.patience)
    }
}

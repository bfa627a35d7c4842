//! How the recording of a part begins.

use media::Position;
use serde_json::Value;

use super::super::Archive;
use super::super::event::Event;
use super::super::ledger::Begin;
use super::super::manifest::Manifest;
use super::super::reopen::Claim;
use super::super::tally::Tally;
use super::super::trouble::Refusal;
use super::super::writer::{Opening, Shared};
use super::Recorder;
use super::track::Track;
use crate::clock::Micros;
use crate::db::AccountId;

/// One connection of a session, from its beginning.
#[derive(Debug)]
pub struct Part {
    /// Whose session it is.
    pub account: AccountId,
    /// The session: `sess_…` or `rtc_…`.
    pub id: String,
    /// Which part of it, from 1.
    pub number: u32,
    /// Where it begins on the session's timeline.
    pub from: Position,
    /// What carries it: `websocket` or `webrtc`.
    pub transport: &'static str,
    /// With which AI client, if that is known.
    pub client_id: Option<String>,
    /// Who listens, thinks and speaks: `{"stt": …, "llm": …, "tts": …}`.
    pub engines: Value,
    /// The time of day at which it begins.
    pub began_at: Micros,
    /// What [`Archive::reopen`] gave, for every part but the first.
    pub claim: Option<Claim>,
}

impl Archive {
    /// Begins to record a part. Never fails and never waits: trouble is told by
    /// [`Recorder::trouble`]. Belongs into a tokio runtime.
    #[must_use]
    pub fn record(&self, part: Part) -> Recorder {
        let began = || part.began_at.minus(part.from - Position::ZERO);
        let started_at = part.claim.as_ref().map_or_else(began, Claim::started_at);
        let key = self.next_key();
        let shared = Shared::new(part.from);
        let opening = self
            .core
            .layout
            .session(&part.account, &part.id)
            .map(|folder| {
                let manifest = Manifest::new(&part.account, &part.id, started_at);
                Box::new(Opening {
                    key,
                    account: part.account.clone(),
                    id: part.id.clone(),
                    folder,
                    part: part.number,
                    manifest: manifest.text(),
                    shared: shared.clone(),
                })
            });
        if opening.is_none() {
            // No id that this server gave out: nothing may be written under it.
            let _ = shared.refused.set(Refusal::Failed);
        }
        self.core.ledger.begin(Begin {
            account: part.account.clone(),
            id: part.id.clone(),
            part: part.number,
            from: Some(part.from),
            client_id: part.client_id.clone(),
            transport: part.transport.to_owned(),
            engines: part.engines.to_string(),
            started_at,
            is_new: part.claim.is_none(),
            shared: shared.clone(),
        });
        if let Some(claim) = part.claim {
            claim.take_up();
        }
        let serial = (key as u32).wrapping_mul(2);
        let mut recorder = Recorder {
            writer: self.writer.clone(),
            ledger: self.core.ledger.clone(),
            metrics: self.core.metrics.clone(),
            clock: self.core.clock.clone(),
            key,
            account: part.account,
            id: part.id,
            from: part.from,
            opening,
            shared,
            coach: Track::new(serial),
            client: Track::new(serial + 1),
            events: Vec::new(),
            trace: Vec::new(),
            logged: 0,
            since: None,
            noted: 0,
            crowded: None,
            now: part.from,
            awaited: None,
            tally: Tally::default(),
            client_id: part.client_id,
            trouble: None,
            told: false,
            finished: false,
        };
        let connected = Event::Connected {
            part: part.number,
            transport: part.transport.to_owned(),
            engines: part.engines,
            wall: part.began_at.0,
        };
        recorder.event(part.from, &connected);
        recorder
    }
}

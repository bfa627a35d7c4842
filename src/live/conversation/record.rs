//! What the archive is told: everything that happened, as it happens.

use media::Position;
use signaling::event::{Item, own};

use super::interruption::Harmless;
use super::items::Change;
use super::response::{Answer, Ending};
use super::sounding::Sounding;
use super::{Conversation, Output};
use crate::archive::event::{Entry, Event};
use crate::providers::ProviderError;

impl Conversation {
    /// Keeps what happened, after what became of the items by it.
    pub(super) fn record(&mut self, event: Event) {
        self.record_items();
        self.put_down(event);
    }

    /// Keeps what became of the items.
    pub(super) fn record_items(&mut self) {
        for change in self.items.changes() {
            match change {
                Change::Removed(item_id) => self.put_down(Event::ItemRemoved { item_id }),
                Change::Put(id) => {
                    let after = self.items.before(&id);
                    if let Some(item) = self.items.get(&id) {
                        let item = Item::clone(&item);
                        self.put_down(Event::Item { item, after });
                    }
                }
            }
        }
    }

    fn put_down(&mut self, event: Event) {
        let at_ms = self.clock.ms();
        let entry = Box::new(Entry { at_ms, event });
        self.outputs.push_back(Output::Record(entry));
    }

    /// Keeps the configuration, whole.
    pub(super) fn record_configuration(&mut self) {
        let session = Box::new((*self.session).clone());
        let client_id = self.client_id().map(str::to_owned);
        self.record(Event::Configured { session, client_id });
    }

    pub(super) fn record_harmless(&mut self, kind: Harmless) {
        let kind = match kind {
            Harmless::Noise => "noise",
            Harmless::BackChannel => "back_channel",
            Harmless::Echo => "echo",
        };
        let kind = kind.to_owned();
        self.record(Event::Overlap { kind });
    }

    pub(super) fn record_latency(&mut self, latency: &own::Latency) {
        self.record(Event::Latency {
            response_id: latency.response_id.clone(),
            speech_end_ms: latency.speech_end_ms,
            turn_decided_ms: latency.turn_decided_ms.unwrap_or_default(),
            first_token_ms: latency.first_token_ms,
            first_audio_ms: latency.first_audio_ms,
            thinking_ms: latency.thinking_ms,
            first_packet_ms: latency.first_packet_ms,
        });
    }

    /// Keeps that the voice is silent.
    pub(super) fn record_voice_stopped(&mut self, sounding: &Sounding) {
        let response_id = sounding.response_id.clone();
        self.record(Event::VoiceStopped { response_id });
    }

    /// Keeps that an answer is over.
    pub(super) fn record_ended(&mut self, answer: &Answer, ending: Ending) {
        self.record(Event::ResponseEnded {
            response_id: answer.response.id.clone(),
            status: ending.status_name().to_owned(),
            reason: ending.reason().map(str::to_owned),
        });
    }

    pub(super) fn record_failed(&mut self, place: &str, error: &ProviderError) {
        let (place, message) = (place.to_owned(), error.to_string());
        self.record(Event::Failed { place, message });
    }

    /// Voice activity ended at `to`.
    pub(super) fn record_speech(&mut self, to: Position) {
        if let Some(from) = self.voice_since.take() {
            let (from_ms, to_ms) = (from.ms(), to.max(from).ms());
            self.record(Event::Speech { from_ms, to_ms });
        }
    }

    pub(super) fn record_gap(&mut self, samples: u64) {
        let length_ms = Position::new(samples).ms();
        self.record(Event::Gap { length_ms });
    }
}

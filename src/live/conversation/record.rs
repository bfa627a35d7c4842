//! What the archive is told: everything that happened, as it happens.

use media::Position;
use signaling::event::own;

use super::interruption::Harmless;
use super::{Conversation, Output};
use crate::archive::event::{Entry, Event};
use crate::providers::ProviderError;

impl Conversation {
    /// Keeps what happened.
    pub(super) fn record(&mut self, event: Event) {
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
            first_packet_ms: latency.first_packet_ms,
        });
    }

    pub(super) fn record_failed(&mut self, place: &str, error: &ProviderError) {
        let (place, message) = (place.to_owned(), error.to_string());
        self.record(Event::Failed { place, message });
    }

    pub(super) fn record_gap(&mut self, samples: u64) {
        let length_ms = Position::new(samples).ms();
        self.record(Event::Gap { length_ms });
    }
}

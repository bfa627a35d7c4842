//! A session that goes on after its connection was cut: the items it had, and the turn that was
//! not answered.

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use serde::{Deserialize, Serialize};
use signaling::event::{Item, ItemStatus, ServerEvent, own};

use super::input::Generation;
use super::speech::{Speech, in_samples};
use super::{Conversation, Settings};
use crate::archive::event::{Outcome, Sent};

/// What there was before the connection was cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// Which connection of the session begins now; the first was 1.
    pub part: u32,
    /// How long nobody was connected.
    pub away: Duration,
    /// The items, in order.
    pub items: Vec<Item>,
    /// What became of the client's silences, by item, in order.
    #[serde(default)]
    pub silences: Vec<(String, Outcome)>,
    /// How the last spoken answers sound, in order.
    #[serde(default)]
    pub sent: Vec<Sent>,
}

impl Conversation {
    /// A conversation that goes on. The client is greeted as at the beginning, and told of the
    /// items that there are. If the coach's last turn was not answered, it is as soon as sound
    /// can flow.
    #[must_use]
    pub fn resumed(mut settings: Settings, past: Past) -> Self {
        // Ids of another part differ in it; no letter stands in those of the first.
        settings.tag = format!("{}p{}x", settings.tag, past.part);
        let mut conversation = Self::begun(settings);
        let resumed = own::Resumed {
            session_id: conversation.session.id.clone(),
            part: past.part,
            at_ms: conversation.settings.from.ms(),
            away_ms: past.away.as_millis() as u64,
            items: past.items.len() as u64,
        };
        conversation.emit_own(ServerEvent::Resumed(resumed));
        let mut previous_item_id = None;
        for mut item in past.items {
            if item.status == ItemStatus::InProgress {
                item.status = ItemStatus::Incomplete;
            }
            let item = Arc::new(item);
            conversation.emit(ServerEvent::ItemAdded {
                previous_item_id: previous_item_id.clone(),
                item: item.clone(),
            });
            conversation.emit(ServerEvent::ItemDone {
                previous_item_id: previous_item_id.replace(item.id.clone()),
                item: item.clone(),
            });
            conversation.items.restore(item);
        }
        for (item_id, outcome) in past.silences {
            conversation.items.silence(&item_id, outcome);
        }
        conversation.remember_sent(&past.sent);
        conversation.voice_locked = conversation.items.has_answer();
        conversation.unopened = false;
        conversation.owes_answer = conversation.items.owes_answer();
        conversation
    }

    /// Remembers how answers of before sound, and where: the client may still say how much of them it
    /// played.
    fn remember_sent(&mut self, answers: &[Sent]) {
        let delay = self.playout.delay();
        for sent in answers {
            // What was sent ahead of an answer before, and cut off, does not stand in the way of this one.
            if let Some(first) = sent.places.first() {
                self.playout.end(Position::from_ms(first.at_ms));
            }
            self.counters.generation += 1;
            let generation = Generation(self.counters.generation);
            let ends = sent.places.iter().skip(1).map(|place| place.audio_ms);
            for (place, end) in sent.places.iter().zip(ends.chain([sent.audio_ms])) {
                let at = Position::from_ms(place.at_ms).back(delay);
                let length = in_samples(end.saturating_sub(place.audio_ms));
                self.playout.send(generation.0, at, length);
            }
            let speech = Speech::sent_before(sent);
            self.items.spoken(&sent.item_id, generation, speech, None);
        }
        // What was not heard then never is.
        self.playout.end(self.settings.from);
    }

    /// Audio can flow: the client answers what it was asked before the connection was cut, or
    /// speaks first.
    pub(super) fn ready(&mut self, now: Position) {
        self.quiet_since = now;
        self.connected = true;
        if std::mem::take(&mut self.owes_answer) && self.answers_by_itself() {
            self.response_waits = true;
        }
    }
}

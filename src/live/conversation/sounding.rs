//! The client's voice on its way to the listener: held back, heard, ended.

use std::time::Duration;

use media::Position;
use signaling::event::{ServerEvent, own};
use signaling::link::Carrier;

use super::items::ms;
use super::output::Output;
use super::response::Answer;
use super::speech::Speech;
use super::{Conversation, Generation, said};
use crate::archive::event::Event;

/// How long ago sound was heard that is forgotten with its answer: the archive writes it down
/// within a third of that.
const HEARD_LONG_AGO: Duration = Duration::from_secs(1);

/// A response whose sound is on its way to the listener.
#[derive(Clone, Debug)]
pub struct Sounding {
    /// Its attempt, under which its sound is accounted.
    pub generation: Generation,
    /// The response.
    pub response_id: String,
    /// Its message.
    pub item_id: Option<String>,
    /// Its last sentence so far.
    pub through: u64,
    /// How it sounds, once it is complete, where no item of the conversation knows it.
    pub speech: Option<Speech>,
    /// What was heard when that was last told.
    told: String,
    /// Until when the archive is told nothing more of what was heard.
    pub kept_until: Position,
    /// How many of its silences were heard to their end.
    pub silences: usize,
}

impl Sounding {
    /// An answer of which the first sound leaves.
    #[must_use]
    pub fn new(answer: &Answer, now: Position) -> Self {
        Self {
            generation: answer.generation,
            response_id: answer.response.id.clone(),
            item_id: answer.message_id(),
            through: answer.speech.last().unwrap_or_default(),
            speech: None,
            told: String::new(),
            kept_until: now + said::EVERY,
            silences: 0,
        }
    }
}

impl Conversation {
    /// Whether the server, not the client, holds the sound until it is played (WebRTC).
    pub(super) fn server_plays(&self) -> bool {
        self.settings.carrier == Carrier::WebRtc
    }

    /// Holds the voice back: somebody may be interrupting.
    pub(super) fn pause(&mut self, now: Position) {
        if !self.paused {
            self.paused = true;
            self.playout.pause(now);
            self.outputs.push_back(Output::Pause);
            self.record(Event::Paused);
        }
    }

    /// The voice goes on where it was held back.
    pub(super) fn resume(&mut self, now: Position) {
        if self.paused {
            self.paused = false;
            self.playout.resume(now);
            self.outputs.push_back(Output::Resume);
            self.record(Event::Resumed);
            if let Some(answer) = &mut self.answer {
                answer.progress = now;
            }
        }
    }

    /// The first sound of the present answer leaves.
    pub(super) fn begin_sounding(&mut self, now: Position) {
        // The end of an earlier answer may not have been heard yet; this one follows it.
        self.end_sounding(now);
        let Some(answer) = &self.answer else { return };
        let sounding = Sounding::new(answer, now);
        let response_id = sounding.response_id.clone();
        self.said_all = None;
        self.sounding = Some(sounding);
        self.record(Event::VoiceStarted {
            response_id: response_id.clone(),
        });
        if self.server_plays() {
            self.emit(ServerEvent::OutputStarted { response_id });
        }
    }

    /// When all sound will have been heard; `None` while more is to come.
    pub(super) fn playout_ends(&self) -> Option<Position> {
        let sounding = self.sounding.as_ref()?;
        let answer = self.answer.as_ref();
        if answer.is_some_and(|answer| answer.generation == sounding.generation) {
            return None;
        }
        self.playout.ends()
    }

    /// Remembers how an answer of the conversation sounds, and forgets one that sounded long ago.
    pub(super) fn remember_sound(
        &mut self,
        item_id: &str,
        generation: Generation,
        speech: Speech,
        heard: Option<u64>,
        now: Position,
    ) {
        if let Some(forgotten) = self.items.spoken(item_id, generation, speech, heard) {
            self.playout.forget(forgotten.0, now.back(HEARD_LONG_AGO));
        }
        self.record_sent(item_id);
    }

    /// All sound of a finished answer was heard.
    pub(super) fn finish_sounding(&mut self, now: Position) {
        if self.playout_ends().is_some_and(|end| now >= end) {
            self.end_sounding(now);
        }
    }

    fn end_sounding(&mut self, now: Position) {
        let Some(sounding) = self.sounding.take() else {
            return;
        };
        self.quiet_since = now;
        if let Some(item_id) = &sounding.item_id
            && let Some(sent) = self.items.sent(item_id)
        {
            self.said_all = Some((item_id.clone(), now));
            self.record_heard(item_id, sent, false);
            self.tell_heard(item_id, sent);
        }
        self.record_heard_beside(&sounding, u64::MAX, false);
        self.record_voice_stopped(&sounding);
        if self.server_plays() {
            self.emit(ServerEvent::OutputStopped {
                response_id: sounding.response_id,
            });
        }
    }

    /// Tells a client that wants to know what the listener has heard so far.
    pub(super) fn tell_progress(&mut self, now: Position) {
        if !self.session.wants_own_events() {
            return;
        }
        let (Some(sounding), Some(answer)) = (&mut self.sounding, &self.answer) else {
            return;
        };
        let Some(item_id) = sounding
            .item_id
            .clone()
            .filter(|_| sounding.generation == answer.generation)
        else {
            return;
        };
        let Some(heard) = self.playout.heard_of(sounding.generation.0, now) else {
            return;
        };
        let text = answer.speech.heard(heard.heard);
        if text != sounding.told {
            sounding.told.clone_from(&text);
            self.emit_own(heard_event(item_id, heard.heard, text));
        }
    }

    /// Tells how much of an item was heard for good.
    pub(super) fn tell_heard(&mut self, item_id: &str, heard: u64) {
        let text = self.items.text(item_id).unwrap_or_default();
        self.emit_own(heard_event(item_id.to_owned(), heard, text));
    }
}

fn heard_event(item_id: String, heard: u64, transcript: String) -> ServerEvent {
    ServerEvent::Heard(own::Heard {
        item_id,
        content_index: 0,
        audio_ms: ms(heard),
        transcript,
    })
}

//! What a session does: everything that the state machine says, and the ways it can end.

use std::sync::Arc;
use std::time::Duration;

use signaling::event::session::Modality;
use signaling::event::{ServerEvent, Session};
use signaling::link::{Carrier, CloseReason, ToClient};
use tokio::sync::mpsc::Permit;

use super::backlog::Refused;
use super::{Ended, LiveSession};
use crate::archive::event::Event;
use crate::calls::{Call, Subject};
use crate::live::conversation::Output;
use crate::live::sound::{Encoding, SoundError};
use crate::telemetry::{Stage, Transport};

/// Longest silence that voice activity passes over within speech.
const HANGOVER: Duration = Duration::from_millis(200);

impl LiveSession {
    /// Does what the machine says.
    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::Emit(event) => self.send(ToClient::Event(Arc::new(*event))),
            Output::Begin { segment, from } => self.hearing.begin(segment, from),
            Output::End { segment, to } => {
                self.name(Subject::Segment(segment));
                self.hearing.end(segment, to);
            }
            Output::Discard { segment } => self.hearing.discard(segment),
            Output::Generate(ask) => {
                self.name(Subject::Answer(ask.generation.0));
                for thought in self.mind.ask(*ask) {
                    self.thought(Some(thought));
                }
            }
            Output::CancelGenerate { generation } => self.mind.cancel(generation),
            Output::Say { sentence, text } => {
                self.name(Subject::Sentence(sentence));
                self.voice.say(sentence, text);
            }
            Output::Release { through, part } => self.speaker.release(through, part),
            Output::Silence { through } => {
                self.voice.cancel(through);
                self.speaker.silence(through);
            }
            Output::Pause => self.speaker.pause(),
            Output::Resume => self.speaker.resume(),
            Output::Configure(session) => self.configure(session),
            Output::Record(entry) => {
                self.count(&entry.event);
                self.tape.event(&entry);
            }
            Output::Close(reason) => self.expired = Some(reason),
            Output::Left => self.left = true,
        }
    }

    pub(super) fn configure(&mut self, session: Arc<Session>) {
        let old = std::mem::replace(&mut self.session, session.clone());
        let (new_audio, old_audio) = (&session.audio, &old.audio);
        let mut done = Ok(());
        if self.link.carrier == Carrier::WebSocket {
            if new_audio.input.format != old_audio.input.format {
                done = self.inlet.intake.read_as(new_audio.input.format);
            }
            if new_audio.output.format != old_audio.output.format {
                done = done.and(
                    Encoding::of(new_audio.output.format).map(|to| self.speaker.encode_as(to)),
                );
            }
        }
        if let Err(error) = done {
            self.fail(&error);
            return;
        }
        if old_audio.input.turn_detection.is_none() && new_audio.input.turn_detection.is_some() {
            // Speech that began while nobody was to notice must still begin a turn.
            self.inlet.intake.listen_anew();
        }
        if self.session.wants_own_events() && !old.wants_own_events() {
            self.tell_engines();
            self.tell_unrecorded();
            self.tell_database();
        }
        self.configure_mic();
        self.voice.configure(
            &self.session.audio.output,
            self.session.output_modalities == Modality::Audio,
        );
        self.hearing
            .configure(self.session.audio.input.transcription.as_ref());
    }

    pub(super) fn tell_engines(&mut self) {
        let engines = self.engines.clone();
        self.send(ToClient::Event(Arc::new(ServerEvent::Engines(engines))));
    }

    pub(super) fn configure_mic(&mut self) {
        use signaling::event::audio::TurnDetection::ServerVad;
        let (threshold, silence) = match self.session.audio.input.turn_detection {
            Some(ServerVad(vad)) => (
                vad.threshold,
                Duration::from_millis(vad.silence_duration_ms.into()),
            ),
            _ => (0.5, HANGOVER),
        };
        self.inlet.intake.listen(threshold, silence.min(HANGOVER));
    }

    /// What is about to be asked of an engine belongs to this.
    fn name(&mut self, subject: Subject) {
        self.called
            .name(subject, self.conversation.name_of(subject));
    }

    /// Puts a call to an engine on record.
    pub(super) fn record_call(&mut self, call: Call) {
        let from = self.inlet.timeline.at(call.began);
        let call = self.called.record(call, from);
        self.tape.engine_call(self.time(), call);
    }

    /// Counts what is worth counting.
    fn count(&self, event: &Event) {
        let (decided, thinking, stages) = match *event {
            Event::BargeIn { .. } => return self.metrics.interruption(),
            // What the client thought is its own, and no part of what the machine took.
            Event::Latency {
                turn_decided_ms,
                first_token_ms,
                first_audio_ms,
                thinking_ms,
                first_packet_ms,
                ..
            } => (
                Duration::from_millis(turn_decided_ms),
                thinking_ms.map(Duration::from_millis),
                [
                    (Stage::FirstToken, first_token_ms),
                    (Stage::FirstAudio, first_audio_ms),
                    (Stage::FirstPacket, first_packet_ms),
                ],
            ),
            _ => return,
        };
        let transport = match self.link.carrier {
            Carrier::WebSocket => Transport::WebSocket,
            Carrier::WebRtc => Transport::WebRtc,
        };
        let mut since = decided;
        self.metrics.stage(Stage::TurnDecided, since);
        if let Some(thinking) = thinking {
            self.metrics.stage(Stage::Thinking, thinking);
        }
        for (stage, at) in stages {
            if let Some(at) = at.map(Duration::from_millis) {
                // A draft's token or sound may be there before the turn is decided.
                self.metrics.stage(stage, at.saturating_sub(since));
                since = since.max(at);
                if stage == Stage::FirstPacket {
                    self.metrics.turn(transport, at);
                }
            }
        }
    }

    /// Sends to the client, which must keep reading. A connection that has closed says itself how.
    pub(super) fn send(&mut self, message: ToClient) {
        let sent = self.backlog.send(&self.link.outgoing, message);
        self.heed(sent.err());
    }

    /// Sends what waited for this room.
    pub(super) fn forward(&mut self, room: Result<Permit<'_, ToClient>, Refused>) {
        match room {
            Ok(room) => self.backlog.forward(room),
            Err(refused) => self.heed(Some(refused)),
        }
    }

    fn heed(&mut self, refused: Option<Refused>) {
        if refused == Some(Refused::NotReading) {
            self.ended = self.ended.or(Some(Ended::NotReading));
        }
    }

    pub(super) fn fail(&mut self, error: &SoundError) {
        tracing::error!(%error, "a session's sound failed");
        self.metrics.error("sound");
        self.end(Ended::Failed, CloseReason::Internal);
    }

    pub(super) fn end(&mut self, ended: Ended, reason: CloseReason) {
        self.ended = self.ended.or(Some(ended));
        self.send(ToClient::Close(reason));
    }
}

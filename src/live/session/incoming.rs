//! What reaches a session: messages of the client, sound, words, thoughts, speech.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::Position;
use signaling::event::{ClientEvent, ClientEventKind, ErrorBody, ServerEvent};
use signaling::link::{Carrier, Closed, FromClient, ToClient};
use tokio::time::Instant;

use super::{Ended, LiveSession};
use crate::live::conversation::Input;
use crate::live::intake::IntakeError;
use crate::live::llm::Thought;
use crate::live::mic::Captured;
use crate::live::sound::SoundError;
use crate::providers::ProviderError;
use crate::providers::stt::ListenOutput;
use crate::providers::tts::SpeakOutput;

impl LiveSession {
    /// Takes in a message, or lets it wait if it asks for something and is not `heeded` now.
    pub(super) fn admit(&mut self, received: Option<FromClient>, heeded: bool) {
        if !heeded && received.as_ref().is_some_and(|message| self.asks(message)) {
            self.waiting = received;
        } else {
            self.received(received);
        }
    }

    /// Whether a message asks for something that the client would have to read. Sound does not,
    /// nor does what stops an answer.
    fn asks(&self, message: &FromClient) -> bool {
        use ClientEventKind::{AppendInput, CancelResponse, ClearOutput};
        match message {
            FromClient::Event(event) => match event.kind {
                AppendInput(_) => self.link.carrier == Carrier::WebRtc,
                CancelResponse { .. } | ClearOutput => false,
                _ => true,
            },
            FromClient::Audio(_) => self.link.carrier == Carrier::WebRtc,
            FromClient::Malformed(_) => true,
            _ => false,
        }
    }

    pub(super) fn received(&mut self, received: Option<FromClient>) {
        if self.comes_too_soon(received.as_ref()) {
            self.waiting = received;
            return;
        }
        match received {
            Some(FromClient::Ready) => {
                self.connected = true;
                self.backlog.ready();
                self.handle(Input::Ready);
            }
            Some(FromClient::Event(event)) => self.asked(event),
            Some(FromClient::Audio(bytes)) => self.accept(bytes, None),
            Some(FromClient::Packet(packet)) => {
                let now = self.time();
                self.inlet.intake.packet(packet, now, &mut self.captured);
                self.capture();
            }
            Some(FromClient::Malformed(error)) => self.refuse(*error),
            Some(FromClient::SilentSince(since)) => self.deserted = Some(since),
            Some(FromClient::Closed(Closed::ByClient)) => self.ended = Some(Ended::Completed),
            Some(FromClient::Closed(Closed::NotReading)) => self.ended = Some(Ended::NotReading),
            Some(FromClient::Closed(Closed::Lost)) | None => self.ended = Some(Ended::Lost),
        }
    }

    /// Does what the client asks for, as long as there is room to write it down. What is refused is
    /// not on record: neither was it done.
    fn asked(&mut self, event: Box<ClientEvent>) {
        if let ClientEventKind::AppendInput(bytes) = event.kind {
            return self.accept(bytes, event.event_id);
        }
        if let Err(error) = self.allowance.ask(self.tape.logged(), Instant::now()) {
            return self.refuse(error.for_event(event.event_id));
        }
        if matches!(event.kind, ClientEventKind::CommitInput) {
            self.flush();
        }
        self.handle(Input::Client(event));
    }

    /// Whether a message has to wait until sound was read that came before it.
    fn comes_too_soon(&mut self, received: Option<&FromClient>) -> bool {
        use ClientEventKind::{ClearInput, CommitInput, SessionUpdate};
        let Some(FromClient::Event(event)) = received.filter(|_| self.inlet.intake.is_holding())
        else {
            return false;
        };
        if !matches!(event.kind, CommitInput | ClearInput | SessionUpdate(_)) {
            return false;
        }
        self.release();
        self.inlet.intake.next().is_some()
    }

    /// Sound that is held back is held back no longer.
    pub(super) fn release(&mut self) {
        let now = self.time();
        let released = self.inlet.intake.release(now, &mut self.captured);
        self.placed(released);
    }

    /// Sound found its place, and is still to be read.
    pub(super) fn placed(&mut self, placed: Result<(), SoundError>) {
        match placed {
            Ok(()) => self.capture(),
            Err(error) => self.fail(&error),
        }
    }

    /// Takes audio that came as bytes.
    pub(super) fn accept(&mut self, bytes: Bytes, event_id: Option<String>) {
        if self.link.carrier == Carrier::WebRtc {
            let wanted = "over WebRTC sound comes as a track, not as events";
            self.refuse(ErrorBody::value("type", wanted).for_event(event_id));
            return;
        }
        let now = self.time();
        match self.inlet.intake.accept(bytes, now, &mut self.captured) {
            Ok(()) => self.capture(),
            Err(error @ IntakeError::Odd) => {
                let wanted = error.to_string();
                self.refuse(ErrorBody::value("audio", &wanted).for_event(event_id));
            }
            Err(IntakeError::Sound(error)) => self.fail(&error),
        }
    }

    pub(super) fn read_slice(&mut self) {
        let read = self.inlet.read_slice(Instant::now(), &mut self.captured);
        self.took_in(read);
    }

    /// Brings out what is still inside the microphone's stage.
    pub(super) fn flush(&mut self) {
        let flushed = self.inlet.intake.flush(&mut self.captured);
        let leapt = flushed.map(|()| self.inlet.took_in(Instant::now()));
        self.took_in(leapt);
    }

    fn took_in(&mut self, leapt: Result<Option<Duration>, SoundError>) {
        match leapt {
            Err(error) => return self.fail(&error),
            Ok(None) => {}
            Ok(Some(by)) => {
                self.speaker.leap(by);
                let samples = (Position::ZERO + by).samples();
                self.handle(Input::Leapt { samples });
            }
        }
        self.capture();
    }

    pub(super) fn refuse(&mut self, error: ErrorBody) {
        self.send(ToClient::Event(Arc::new(ServerEvent::Error { error })));
    }

    /// Passes on what the microphone stage captured.
    pub(super) fn capture(&mut self) {
        let mut captured = std::mem::take(&mut self.captured);
        for capture in captured.drain(..) {
            if let Err(error) = self.tape.captured(&capture) {
                self.fail(&error);
            }
            match capture {
                Captured::Frame { at, samples } => {
                    let to = at + media::FRAME;
                    self.hearing.audio(at, samples);
                    self.handle(Input::Audio { to });
                }
                Captured::Packet { .. } => {}
                Captured::Gap(samples) => self.handle(Input::Gap { samples }),
                Captured::Omitted(samples) => self.handle(Input::Omitted { samples }),
                Captured::Started(at) => self.handle(Input::VoiceStarted { at }),
                Captured::Stopped(at) => self.handle(Input::VoiceStopped { at }),
            }
            // What the machine says about one edge must reach the recogniser before the next.
            while let Some(output) = self.conversation.poll() {
                self.perform(output);
            }
        }
        self.captured = captured;
    }

    pub(super) fn understood(&mut self, heard: ListenOutput) {
        self.handle(match heard {
            ListenOutput::Partial {
                segment,
                transcript,
            } => Input::Partial {
                segment,
                transcript,
            },
            ListenOutput::Final {
                segment,
                transcript,
            } => Input::Final {
                segment,
                transcript,
            },
            ListenOutput::Failed { segment, error } => Input::TranscriptFailed { segment, error },
            ListenOutput::EndOfTurn {
                segment,
                confidence,
            } => Input::EndOfTurn {
                segment,
                confidence,
            },
            ListenOutput::StoodIn { error, by } => {
                tracing::warn!(%error, "the recogniser fails: another listens");
                self.metrics.error("stt");
                Input::ListenerStoodIn { error, by }
            }
            ListenOutput::Back { by, first } => Input::ListenerBack { by, first },
            // The stage opens another stream, and tells of the segments that this one left.
            ListenOutput::Lost { .. } => return,
        });
    }

    pub(super) fn thought(&mut self, thought: Option<Thought>) {
        let Some(thought) = thought else { return };
        self.handle(match thought {
            Thought::Token(generation, token) => Input::Token { generation, token },
            Thought::Sentence(generation, text) => Input::Sentence { generation, text },
            Thought::Inner(generation, inner) => Input::Inner { generation, inner },
            Thought::Failed(generation, error) => Input::ModelFailed { generation, error },
            Thought::Replaced(error) => {
                tracing::warn!(%error, "the language model fails: another answers");
                self.metrics.error("llm");
                Input::ModelStoodIn { error }
            }
            Thought::BrokeOff(error) => {
                tracing::warn!(%error, "the language model breaks off: the answer ends");
                self.metrics.error("llm");
                Input::ModelBrokeOff { error }
            }
            Thought::StoodIn(error) => return self.stood_in(error),
            Thought::Back => Input::ModelBack,
        });
    }

    /// The model failed, and the session goes on without it.
    fn stood_in(&mut self, error: ProviderError) {
        tracing::warn!(%error, "the language model fails: authored lines answer");
        self.metrics.error("llm");
        self.handle(Input::StoodIn { error });
    }

    pub(super) fn spoken(&mut self, spoken: SpeakOutput) {
        match spoken {
            SpeakOutput::Audio { sentence, samples } => {
                let count = samples.len() as u64;
                if let Some(before) = self.voice.produced(sentence, count) {
                    self.speaker.push(sentence, before, samples);
                    self.handle(Input::Produced {
                        sentence,
                        samples: count,
                    });
                }
            }
            SpeakOutput::Words { sentence, words } => self.handle(Input::Words { sentence, words }),
            SpeakOutput::StoodIn { error, .. } => {
                tracing::warn!(%error, "the voice fails: another speaks");
                self.metrics.error("tts");
                self.handle(Input::VoiceStoodIn { error });
            }
            SpeakOutput::Back { .. } => self.handle(Input::VoiceBack),
            SpeakOutput::Done { sentence } => self.handle(Input::SentenceDone { sentence }),
            SpeakOutput::Failed { sentence, error } => {
                self.handle(Input::VoiceFailed { sentence, error })
            }
        }
    }
}

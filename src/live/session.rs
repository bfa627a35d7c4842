//! The conductor of one session: one loop that feeds the state machine and does what it says.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::Position;
use signaling::event::own;
use signaling::event::own::Notice;
use signaling::event::session::Modality;
use signaling::event::{ClientEventKind, ErrorBody, ServerEvent, Session};
use signaling::link::{Carrier, CloseReason, Closed, FromClient, Link, ToClient};
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::conversation::{Conversation, Input, Latency, Note, Output};
use super::hearing::Hearing;
use super::intake::{Intake, IntakeError};
use super::llm::{Mind, Thought};
use super::mic::{Captured, Mic};
use super::sound::{Encoding, SoundError};
use super::speaker::Speaker;
use super::voice::VoiceStage;
use crate::providers::ProviderError;
use crate::providers::stt::ListenOutput;
use crate::providers::tts::SpeakOutput;
use crate::telemetry::{Metrics, Stage, Transport};

/// Sound that waits for the speaker beyond this holds the voice engine back.
const MOST_QUEUED: Duration = Duration::from_secs(20);
/// While the client has read less than leaves this many places free, nothing more is taken from
/// it: one event may bring forth many.
const HEEDED: usize = signaling::link::QUEUE / 2;
/// Longest silence that voice activity passes over within speech.
const HANGOVER: Duration = Duration::from_millis(200);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it, or the server closed it as agreed (cap, hang-up).
    Completed,
    /// The connection broke.
    Lost,
    /// The client stopped reading.
    NotReading,
    /// It reached its longest duration.
    Expired,
    /// The server stopped.
    Stopped,
    /// Something failed.
    Failed,
}

/// Everything one session is made of.
pub struct Parts {
    /// The connection.
    pub link: Link,
    /// The state machine, new.
    pub conversation: Conversation,
    /// The recogniser's stage.
    pub hearing: Hearing,
    /// The model's stage.
    pub mind: Mind,
    /// The voice's stage.
    pub voice: VoiceStage,
    /// What the coach is told of the engines.
    pub engines: own::Engines,
    /// How far ahead sound is sent over WebSocket.
    pub lead: Duration,
    /// Where latencies are counted.
    pub metrics: Metrics,
    /// Asks the session to end soon: the client is told.
    pub stopping: CancellationToken,
    /// The server stops now.
    pub now: CancellationToken,
    /// Somebody ends the session from outside.
    pub hang_up: CancellationToken,
}

/// One live session.
pub struct LiveSession {
    link: Link,
    conversation: Conversation,
    intake: Intake,
    hearing: Hearing,
    mind: Mind,
    voice: VoiceStage,
    speaker: Speaker,
    session: Arc<Session>,
    engines: own::Engines,
    metrics: Metrics,
    stopping: CancellationToken,
    now: CancellationToken,
    hang_up: CancellationToken,
    started: Instant,
    /// How far the timeline runs ahead of the clock, because a client sent sound faster than
    /// time passes.
    skew: Duration,
    captured: Vec<Captured>,
    ended: Option<Ended>,
}

impl LiveSession {
    /// Puts the parts together.
    ///
    /// # Errors
    /// If a codec cannot be set up.
    pub fn new(parts: Parts) -> Result<Self, SoundError> {
        let Parts {
            link,
            conversation,
            hearing,
            mind,
            voice,
            engines,
            lead,
            metrics,
            stopping,
            now,
            hang_up,
        } = parts;
        let session = conversation.session().clone();
        let (mic, encoding) = match link.carrier {
            Carrier::WebRtc => (
                Mic::packets()?,
                Encoding::opus(media::opus::EncoderSettings::default())?,
            ),
            Carrier::WebSocket => (
                Mic::bytes(session.audio.input.format)?,
                Encoding::of(session.audio.output.format)?,
            ),
        };
        let mut live = Self {
            speaker: Speaker::new(link.carrier, encoding, lead),
            link,
            conversation,
            intake: Intake::new(mic, session.audio.input.format),
            hearing,
            mind,
            voice,
            session,
            engines,
            metrics,
            stopping,
            now,
            hang_up,
            started: Instant::now(),
            skew: Duration::ZERO,
            captured: Vec::new(),
            ended: None,
        };
        live.configure_mic();
        Ok(live)
    }

    /// Runs the session to its end.
    pub async fn run(mut self) -> Ended {
        let timer = tokio::time::sleep_until(self.started);
        tokio::pin!(timer);
        let (stopping, stop_now, hang_up) = (
            self.stopping.clone(),
            self.now.clone(),
            self.hang_up.clone(),
        );
        let outgoing = self.link.outgoing.clone();
        let mut told = false;
        self.settle();
        if self.session.wants_own_events() {
            self.tell_engines();
        }
        while self.ended.is_none() {
            let due = self.due();
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            let roomy = self.speaker.queued() < MOST_QUEUED;
            // Sound that came all at once is read before anything that came after it.
            let waiting = self.intake.next();
            let slice = waiting.filter(|_| self.hearing.has_room());
            // What the client asks for is answered at the pace at which it reads.
            let heeded = outgoing.capacity() >= HEEDED || outgoing.is_closed();
            // In no fixed order, so that no stage can keep the others waiting.
            tokio::select! {
                () = stop_now.cancelled() => self.end(Ended::Stopped, CloseReason::GoingAway),
                () = hang_up.cancelled() => self.end(Ended::Completed, CloseReason::Ended),
                received = self.link.incoming.recv(), if waiting.is_none() && heeded => {
                    self.received(received);
                }
                _ = outgoing.reserve_many(HEEDED), if !heeded => {}
                () = tokio::time::sleep_until(slice.unwrap_or(self.started)), if slice.is_some() => {
                    self.read_slice();
                }
                heard = self.hearing.next() => {
                    if let Some(heard) = heard {
                        self.understood(heard);
                    }
                }
                thought = self.mind.next() => self.thought(thought),
                spoken = self.voice.next(), if roomy => self.spoken(spoken),
                () = stopping.cancelled(), if !told => {
                    told = true;
                    self.handle(Input::Stopping);
                }
                () = &mut timer => self.tick(),
            }
            self.settle();
        }
        if let Some(stats) = self.intake.mic().stats() {
            let media::jitter::JitterStats {
                received,
                lost,
                concealed,
                late,
                ..
            } = stats;
            tracing::debug!(received, lost, concealed, late, "packets of a call");
        }
        self.ended.unwrap_or(Ended::Completed)
    }

    /// Now, on the session's timeline.
    fn time(&self) -> Position {
        Position::ZERO + self.started.elapsed() + self.skew
    }

    /// When the loop must wake though nothing arrives.
    fn due(&self) -> Instant {
        let machine = self.conversation.deadline().map(|(at, _)| at);
        let soonest = [machine, self.speaker.due(), self.intake.mic().deadline()]
            .into_iter()
            .flatten()
            .min();
        let at = soonest.unwrap_or(Position::from_ms(u32::MAX.into())) - Position::ZERO;
        self.started + at.saturating_sub(self.skew)
    }

    fn tick(&mut self) {
        let now = self.time();
        self.intake.wake(now, &mut self.captured);
        self.capture();
        self.handle(Input::Time);
    }

    /// Sends what is due and does what the machine says, until nothing is left to do.
    fn settle(&mut self) {
        loop {
            while let Some(output) = self.conversation.poll() {
                self.perform(output);
            }
            if self.ended.is_some() || !self.send_due() {
                return;
            }
        }
    }

    /// Sends one frame, if one is due.
    fn send_due(&mut self) -> bool {
        match self.speaker.pull(self.time()) {
            Ok(None) => false,
            Ok(Some(sent)) => {
                self.send(ToClient::Audio(sent.audio));
                for (sentence, samples) in sent.progress.iter() {
                    self.handle(Input::Sent { sentence, samples });
                }
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn handle(&mut self, input: Input) {
        let now = self.time();
        self.conversation.handle(input, now);
    }

    fn received(&mut self, received: Option<FromClient>) {
        match received {
            Some(FromClient::Ready) => self.handle(Input::Ready),
            Some(FromClient::Event(event)) => match event.kind {
                ClientEventKind::AppendInput(bytes) => self.accept(bytes, event.event_id),
                ClientEventKind::CommitInput => {
                    let flushed = self.intake.flush(&mut self.captured);
                    self.took_in(flushed);
                    self.handle(Input::Client(event));
                }
                _ => self.handle(Input::Client(event)),
            },
            Some(FromClient::Audio(bytes)) => self.accept(bytes, None),
            Some(FromClient::Packet(packet)) => {
                let now = self.time();
                self.intake.packet(packet, now, &mut self.captured);
                self.capture();
            }
            Some(FromClient::Malformed(error)) => self.refuse(*error),
            Some(FromClient::Closed(Closed::ByClient)) => self.ended = Some(Ended::Completed),
            Some(FromClient::Closed(Closed::NotReading)) => self.ended = Some(Ended::NotReading),
            Some(FromClient::Closed(Closed::Lost)) | None => self.ended = Some(Ended::Lost),
        }
    }

    /// Takes audio that came as bytes.
    fn accept(&mut self, bytes: Bytes, event_id: Option<String>) {
        if self.link.carrier == Carrier::WebRtc {
            let wanted = "over WebRTC sound comes as a track, not as events";
            self.refuse(ErrorBody::value("type", wanted).for_event(event_id));
            return;
        }
        let now = self.time();
        match self.intake.accept(bytes, now, &mut self.captured) {
            Ok(()) => self.capture(),
            Err(error @ IntakeError::Odd) => {
                let wanted = error.to_string();
                self.refuse(ErrorBody::value("audio", &wanted).for_event(event_id));
            }
            Err(IntakeError::Sound(error)) => self.fail(&error),
        }
    }

    fn read_slice(&mut self) {
        let read = self.intake.slice(Instant::now(), &mut self.captured);
        self.took_in(read);
    }

    fn took_in(&mut self, read: Result<(), SoundError>) {
        if let Err(error) = read {
            self.fail(&error);
            return;
        }
        // Sound never lies in the future: if it comes faster than time passes, time jumps.
        self.skew += self.intake.mic().end() - self.time();
        self.capture();
    }

    fn refuse(&mut self, error: ErrorBody) {
        self.send(ToClient::Event(Arc::new(ServerEvent::Error { error })));
    }

    /// Passes on what the microphone stage captured.
    fn capture(&mut self) {
        let mut captured = std::mem::take(&mut self.captured);
        for capture in captured.drain(..) {
            match capture {
                Captured::Frame { at, samples } => {
                    let to = at + media::FRAME;
                    self.hearing.audio(at, samples);
                    self.handle(Input::Audio { to });
                }
                Captured::Gap(samples) => self.handle(Input::Gap { samples }),
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

    fn understood(&mut self, heard: ListenOutput) {
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
        });
    }

    fn thought(&mut self, thought: Option<Thought>) {
        let Some(thought) = thought else { return };
        self.handle(match thought {
            Thought::Token(generation, token) => Input::Token { generation, token },
            Thought::Sentence(generation, text) => Input::Sentence { generation, text },
            Thought::Failed(generation, error) => Input::ModelFailed { generation, error },
            Thought::StoodIn(_, error) => return self.stood_in(&error),
        });
    }

    /// The model failed, and the session goes on without it: the page is told quietly.
    fn stood_in(&mut self, error: &ProviderError) {
        tracing::warn!(%error, "the language model fails: authored lines answer");
        self.metrics.error("llm");
        if self.session.wants_own_events() {
            let notice = Notice {
                code: "model_replaced".to_owned(),
                message: format!("The client answers without the language model: {error}"),
            };
            self.send(ToClient::Event(Arc::new(ServerEvent::Notice(notice))));
        }
    }

    fn spoken(&mut self, spoken: SpeakOutput) {
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
            SpeakOutput::Done { sentence } => self.handle(Input::SentenceDone { sentence }),
            SpeakOutput::Failed { sentence, error } => {
                self.handle(Input::VoiceFailed { sentence, error })
            }
        }
    }

    /// Does what the machine says.
    fn perform(&mut self, output: Output) {
        match output {
            Output::Emit(event) => self.send(ToClient::Event(Arc::new(*event))),
            Output::Begin { segment, from } => self.hearing.begin(segment, from),
            Output::End { segment, to } => self.hearing.end(segment, to),
            Output::Discard { segment } => self.hearing.discard(segment),
            Output::Generate(ask) => {
                for thought in self.mind.ask(*ask) {
                    self.thought(Some(thought));
                }
            }
            Output::CancelGenerate { generation } => self.mind.cancel(generation),
            Output::Say { sentence, text } => self.voice.say(sentence, text),
            Output::Release { through, part } => self.speaker.release(through, part),
            Output::Silence { through } => {
                self.voice.cancel(through);
                self.speaker.silence(through);
            }
            Output::Pause => self.speaker.pause(),
            Output::Resume => self.speaker.resume(),
            Output::Configure(session) => self.configure(session),
            Output::Measured(latency) => self.measure(latency),
            Output::Noted(note) => {
                if note == Note::BargeIn {
                    self.metrics.interruption();
                }
            }
            Output::Close(reason) => self.end(Ended::Expired, reason),
        }
    }

    fn configure(&mut self, session: Arc<Session>) {
        let old = std::mem::replace(&mut self.session, session.clone());
        let (new_audio, old_audio) = (&session.audio, &old.audio);
        let mut done = Ok(());
        if self.link.carrier == Carrier::WebSocket {
            if new_audio.input.format != old_audio.input.format {
                done = self.intake.read_as(new_audio.input.format);
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
            self.intake.listen_anew();
        }
        if self.session.wants_own_events() && !old.wants_own_events() {
            self.tell_engines();
        }
        self.configure_mic();
        self.voice.configure(
            &self.session.audio.output,
            self.session.output_modalities == Modality::Audio,
        );
        self.hearing
            .configure(self.session.audio.input.transcription.as_ref());
    }

    fn tell_engines(&mut self) {
        let engines = self.engines.clone();
        self.send(ToClient::Event(Arc::new(ServerEvent::Engines(engines))));
    }

    fn configure_mic(&mut self) {
        use signaling::event::audio::TurnDetection::ServerVad;
        let (threshold, silence) = match self.session.audio.input.turn_detection {
            Some(ServerVad(vad)) => (
                vad.threshold,
                Duration::from_millis(vad.silence_duration_ms.into()),
            ),
            _ => (0.5, HANGOVER),
        };
        self.intake.listen(threshold, silence.min(HANGOVER));
    }

    fn measure(&mut self, latency: Latency) {
        let transport = match self.link.carrier {
            Carrier::WebSocket => Transport::WebSocket,
            Carrier::WebRtc => Transport::WebRtc,
        };
        let mut since = latency.turn_decided;
        self.metrics.stage(Stage::TurnDecided, since);
        let stages = [
            (Stage::FirstToken, latency.first_token),
            (Stage::FirstAudio, latency.first_audio),
            (Stage::FirstPacket, latency.first_packet),
        ];
        for (stage, at) in stages {
            if let Some(at) = at {
                // A draft's token or sound may be there before the turn is decided.
                self.metrics.stage(stage, at.saturating_sub(since));
                since = since.max(at);
            }
        }
        if let Some(took) = latency.first_packet {
            self.metrics.turn(transport, took);
        }
    }

    /// Sends to the client, which must keep reading.
    fn send(&mut self, message: ToClient) {
        match self.link.outgoing.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.ended = Some(Ended::NotReading),
            Err(TrySendError::Closed(_)) => self.ended = self.ended.or(Some(Ended::Lost)),
        }
    }

    fn fail(&mut self, error: &SoundError) {
        tracing::error!(%error, "a session's sound failed");
        self.metrics.error("sound");
        self.end(Ended::Failed, CloseReason::Internal);
    }

    fn end(&mut self, ended: Ended, reason: CloseReason) {
        self.send(ToClient::Close(reason));
        self.ended = self.ended.or(Some(ended));
    }
}

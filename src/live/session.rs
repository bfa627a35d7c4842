//! The conductor of one session: one loop that feeds the state machine and does what it says.

mod incoming;
mod outgoing;

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::Session;
use signaling::event::own;
use signaling::link::{Carrier, CloseReason, Link, ToClient};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::conversation::{Conversation, Input};
use super::hearing::Hearing;
use super::intake::Intake;
use super::llm::Mind;
use super::mic::{Captured, Mic};
use super::sound::{Encoding, SoundError};
use super::speaker::Speaker;
use super::voice::VoiceStage;
use crate::telemetry::Metrics;

/// Sound that waits for the speaker beyond this holds the voice engine back.
const MOST_QUEUED: Duration = Duration::from_secs(20);
/// While the client has read less than leaves this many places free, nothing more is taken from
/// it: one event may bring forth many.
const HEEDED: usize = signaling::link::QUEUE / 2;

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

    /// Runs the session to its end. How it ended, and which AI client it was held with.
    pub async fn run(mut self) -> (Ended, Option<String>) {
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
        let client = self.session.prompt.as_ref().map(|prompt| prompt.id.clone());
        (self.ended.unwrap_or(Ended::Completed), client)
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
}

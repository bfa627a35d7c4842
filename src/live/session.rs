//! The conductor of one session: one loop that feeds the state machine and does what it says.

mod incoming;
mod leaving;
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
use super::registry::Orders;
use super::sound::{Encoding, SoundError};
use super::speaker::Speaker;
use super::tape::Tape;
use super::voice::VoiceStage;
use crate::archive::sessions::EndReason;
use crate::telemetry::Metrics;

/// Sound that waits for the speaker beyond this holds the voice engine back.
const MOST_QUEUED: Duration = Duration::from_secs(20);
/// While the client has read less than leaves this many places free, nothing more is taken from
/// it: one event may bring forth many.
const HEEDED: usize = signaling::link::QUEUE / 2;

/// How long a connection that takes nothing any more has to say why: longer than a WebSocket's
/// close takes.
const FAREWELL: Duration = Duration::from_secs(4);

/// Later than any session lasts.
const FAR: Duration = Duration::from_secs(30 * 24 * 3600);

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
    /// Another connection took the session over.
    Displaced,
    /// Something failed.
    Failed,
}

impl Ended {
    /// As it goes on record.
    #[must_use]
    pub const fn reason(self) -> EndReason {
        match self {
            Self::Completed => EndReason::ByClient,
            Self::Lost | Self::NotReading | Self::Displaced => EndReason::Lost,
            Self::Expired => EndReason::Expired,
            Self::Stopped => EndReason::ServerStopped,
            Self::Failed => EndReason::Failed,
        }
    }

    /// Whether the coach may have meant it, so that a hang-up that comes later settles it: its
    /// request and the end of the connection go different ways.
    #[must_use]
    pub const fn is_open_to_doubt(self) -> bool {
        matches!(
            self,
            Self::Lost | Self::NotReading | Self::Stopped | Self::Displaced
        )
    }
}

/// Everything one session is made of.
pub struct Parts {
    /// The connection.
    pub link: Link,
    /// The state machine, new.
    pub conversation: Conversation,
    /// Where on the session's timeline the connection begins.
    pub from: Position,
    /// Records it.
    pub tape: Tape,
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
    /// What it is told from outside.
    pub told: Told,
}

/// What a session is told from outside.
#[derive(Clone, Debug)]
pub struct Told {
    /// To end soon: the client is told.
    pub stopping: CancellationToken,
    /// The server stops now.
    pub now: CancellationToken,
    /// To end.
    pub orders: Orders,
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
    told: Told,
    tape: Tape,
    from: Position,
    started: Instant,
    /// How far the timeline runs ahead of the clock, because a client sent sound faster than
    /// time passes.
    skew: Duration,
    captured: Vec<Captured>,
    ended: Option<Ended>,
    /// Nothing is left to be completed.
    left: bool,
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
            from,
            tape,
            hearing,
            mind,
            voice,
            engines,
            lead,
            metrics,
            told,
        } = parts;
        let session = conversation.session().clone();
        let (mic, encoding) = match link.carrier {
            Carrier::WebRtc => (
                Mic::packets(from)?,
                Encoding::opus(media::opus::EncoderSettings::default())?,
            ),
            Carrier::WebSocket => (
                Mic::bytes(session.audio.input.format, from)?,
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
            told,
            tape,
            from,
            started: Instant::now(),
            skew: Duration::ZERO,
            captured: Vec::new(),
            ended: None,
            left: false,
        };
        live.configure_mic();
        Ok(live)
    }

    /// Runs the session to the end of its connection, and puts it away. How it ended.
    pub async fn run(mut self) -> Ended {
        self.converse().await;
        self.leave().await;
        let mut ended = self.ended.unwrap_or(Ended::Completed);
        if ended.is_open_to_doubt() && self.told.orders.hang_up.is_cancelled() {
            ended = Ended::Completed;
        }
        let now = self.time();
        self.tape.finish(now, ended.reason()).await;
        ended
    }

    /// Runs the session to the end of its connection.
    async fn converse(&mut self) {
        let timer = tokio::time::sleep_until(self.started);
        tokio::pin!(timer);
        let Told {
            stopping,
            now: stop_now,
            orders,
        } = self.told.clone();
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
                () = orders.displaced.cancelled() => self.give_way(),
                () = orders.hang_up.cancelled() => self.hang_up(),
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
            if self.ended.is_none() && outgoing.is_closed() {
                self.hear_out().await;
            }
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
    }

    /// Now, on the session's timeline.
    fn time(&self) -> Position {
        self.from + self.started.elapsed() + self.skew
    }

    /// When the loop must wake though nothing arrives.
    fn due(&self) -> Instant {
        let machine = self.conversation.deadline().map(|(at, _)| at);
        let mic = self.intake.mic().deadline();
        self.soonest([machine, self.speaker.due(), mic, self.tape.due()])
    }

    /// When the first of these is, by the clock.
    fn soonest<const N: usize>(&self, due: [Option<Position>; N]) -> Instant {
        let soonest = due.into_iter().flatten().min();
        let at = soonest.map_or(FAR, |at| at - self.from);
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
                break;
            }
        }
        self.record();
    }

    /// Puts on record what was heard by now.
    fn record(&mut self) {
        match self.tape.advance(self.time(), self.conversation.playout()) {
            Ok(Some(trouble)) => self.tell_trouble(&trouble),
            Ok(None) => {}
            Err(error) => self.fail(&error),
        }
    }

    /// Sends one frame, if one is due.
    fn send_due(&mut self) -> bool {
        match self.speaker.pull(self.time()) {
            Ok(None) => false,
            Ok(Some(sent)) => {
                let before = self.conversation.playout().latest();
                for (sentence, samples) in sent.progress.iter() {
                    self.handle(Input::Sent { sentence, samples });
                }
                let playout = self.conversation.playout();
                self.tape.sent(&sent, self.speaker.frame(), before, playout);
                self.send(ToClient::Audio(sent.audio));
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
        self.tape.input(&input, now);
        self.conversation.handle(input, now);
    }
}

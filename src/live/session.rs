//! The conductor of one session: one loop that feeds the state machine and does what it says.

mod allowance;
mod backlog;
mod ended;
mod incoming;
mod inlet;
mod leaving;
mod outgoing;
mod parts;
#[cfg(test)]
mod stalls;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::Session;
use signaling::event::own;
use signaling::link::{Carrier, CloseReason, FromClient, Link, ToClient};
use tokio::sync::watch;
use tokio::time::Instant;

use super::called::Called;
use super::conversation::{Conversation, Input};
use super::hearing::Hearing;
use super::intake::Intake;
use super::llm::Mind;
use super::mic::{Captured, Mic};
use super::sound::{Encoding, SoundError};
use super::speaker::Speaker;
use super::tape::Tape;
use super::voice::VoiceStage;
use crate::archive::Trouble;
use crate::telemetry::Metrics;
use allowance::Allowance;
use backlog::Backlog;
pub use ended::Ended;
use inlet::Inlet;
pub use parts::{Parts, Told};

/// Sound that waits for the speaker beyond this holds the voice engine back.
const MOST_QUEUED: Duration = Duration::from_secs(20);
/// While the client has read less than leaves this many places free, nothing more that it asks for
/// is done: one event may bring forth many. It is heard all the same, until it asks for something
/// more.
const HEEDED: usize = signaling::link::QUEUE / 2;

/// Later than any session lasts.
const FAR: Position = Position::from_ms(30 * 24 * 3600 * 1000);

/// One live session.
pub struct LiveSession {
    link: Link,
    backlog: Backlog,
    conversation: Conversation,
    inlet: Inlet,
    hearing: Hearing,
    mind: Mind,
    voice: VoiceStage,
    called: Called,
    speaker: Speaker,
    session: Arc<Session>,
    engines: own::Engines,
    metrics: Metrics,
    told: Told,
    tape: Tape,
    allowance: Allowance,
    /// Why it is not recorded any more.
    trouble: Option<Trouble>,
    /// Whether the client was told last that the database takes nothing.
    told_behind: bool,
    captured: Vec<Captured>,
    /// A message that comes after sound that is still to be read, or that asks for something while
    /// the client is behind with reading.
    waiting: Option<FromClient>,
    /// Since when nothing has come from a client that is gone.
    deserted: Option<Instant>,
    /// Until when the connection is heard, once its end has begun.
    heard_by: Option<Instant>,
    /// Whether the connection came about.
    connected: bool,
    /// The session reached its longest duration: how the connection is to be closed.
    expired: Option<CloseReason>,
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
            called,
            engines,
            lead,
            strain,
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
        let intake = Intake::new(mic, session.audio.input.format);
        let allowance = Allowance::new(from > Position::ZERO, tape.logged(), Instant::now());
        let mut live = Self {
            speaker: Speaker::new(link.carrier, encoding, lead, strain),
            link,
            backlog: Backlog::new(),
            conversation,
            inlet: Inlet::new(intake, from, Instant::now()),
            hearing,
            mind,
            voice,
            called,
            session,
            engines,
            metrics,
            told,
            tape,
            allowance,
            trouble: None,
            told_behind: false,
            captured: Vec::new(),
            waiting: None,
            deserted: None,
            heard_by: None,
            connected: false,
            expired: None,
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
            ended = Ended::HungUp;
        }
        let may_be_none = [Ended::Completed, Ended::HungUp, Ended::Lost, Ended::Stopped];
        if !self.connected && may_be_none.contains(&ended) {
            ended = Ended::Unconnected;
        }
        if ended == Ended::Displaced && self.deserted.is_some() {
            // It was gone before another came.
            ended = Ended::Lost;
        }
        self.put_away(ended).await;
        ended
    }

    /// Runs the session to the end of its connection.
    async fn converse(&mut self) {
        let Told {
            stopping,
            now: stop_now,
            orders,
            behind,
        } = self.told.clone();
        // What is waited for all along is waited for once: none of it costs anything per frame.
        let timer = tokio::time::sleep_until(Instant::now());
        let (stopping, stop_now) = (stopping.cancelled(), stop_now.cancelled());
        let (displaced, hang_up) = (orders.displaced.cancelled(), orders.hang_up.cancelled());
        let database = changed(behind);
        tokio::pin!(timer, stopping, stop_now, displaced, hang_up, database);
        let outgoing = self.link.outgoing.clone();
        let mut told = false;
        self.settle();
        if self.session.wants_own_events() {
            self.tell_engines();
            self.tell_database();
        }
        self.backlog.begun();
        while self.ended.is_none() {
            if let Some(reason) = self.expired.take() {
                self.write_last().await;
                self.end(Ended::Expired, reason);
                break;
            }
            // Sound that came all at once is read before anything that came after it.
            let unread = self.inlet.intake.next();
            // What the client asks for is answered at the pace at which it reads.
            let behind = !self.backlog.is_empty();
            let heeded = (!behind && outgoing.capacity() >= HEEDED) || outgoing.is_closed();
            if unread.is_none()
                && heeded
                && let Some(message) = self.waiting.take()
            {
                self.received(Some(message));
                self.settle();
                continue;
            }
            let due = self.due();
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            let roomy = self.speaker.queued() < MOST_QUEUED;
            let slice = unread.filter(|_| self.hearing.has_room());
            let free = self.waiting.is_none();
            // In no fixed order, so that no stage can keep the others waiting.
            tokio::select! {
                () = &mut stop_now => {
                    self.hear_last().await;
                    self.end(Ended::Stopped, CloseReason::GoingAway);
                }
                () = &mut displaced => {
                    self.hear_last().await;
                    self.give_way();
                }
                () = &mut hang_up => {
                    self.hear_last().await;
                    self.hang_up();
                }
                received = self.link.incoming.recv(), if unread.is_none() && free => {
                    self.admit(received, heeded);
                }
                room = self.backlog.room(&outgoing), if behind => self.forward(room),
                _ = outgoing.reserve_many(HEEDED), if !free && !heeded && !behind => {}
                () = until(slice), if slice.is_some() => self.read_slice(),
                heard = self.hearing.next() => {
                    if let Some(heard) = heard {
                        self.understood(heard);
                    }
                }
                thought = self.mind.next() => self.thought(thought),
                spoken = self.voice.next(), if roomy => self.spoken(spoken),
                call = self.called.next() => {
                    if let Some(call) = call {
                        self.record_call(call);
                    }
                }
                () = &mut stopping, if !told => {
                    told = true;
                    self.handle(Input::Stopping);
                }
                () = &mut timer => self.tick(),
                behind = &mut database => {
                    database.set(changed(behind));
                    self.tell_database();
                }
            }
            self.settle();
            if self.ended.is_none() && outgoing.is_closed() {
                self.hear_out().await;
            }
        }
        if let Some(media::jitter::JitterStats {
            received,
            lost,
            concealed,
            late,
            ..
        }) = self.inlet.intake.mic().stats()
        {
            tracing::debug!(received, lost, concealed, late, "packets of a call");
        }
    }

    /// Now, on the session's timeline.
    fn time(&self) -> Position {
        self.inlet.timeline.at(Instant::now())
    }

    /// When the loop must wake though nothing arrives.
    fn due(&self) -> Instant {
        let machine = self.conversation.deadline().map(|(at, _)| at);
        let intake = self.inlet.intake.deadline();
        self.soonest([machine, self.speaker.due(), intake, self.tape.due()])
    }

    /// When the first of these is, by the clock.
    fn soonest<const N: usize>(&self, due: [Option<Position>; N]) -> Instant {
        let soonest = due.into_iter().flatten().min();
        self.inlet.timeline.when(soonest.unwrap_or(FAR))
    }

    fn tick(&mut self) {
        let now = self.time();
        let woken = self.inlet.intake.wake(now, &mut self.captured);
        self.placed(woken);
        self.handle(Input::Time);
    }

    /// While nothing goes on, the timeline waits for the clock that it ran ahead of.
    fn rest(&mut self) {
        self.inlet
            .rest(|| self.conversation.is_at_rest(), Instant::now);
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
        self.rest();
    }

    /// Puts on record what was heard by now.
    fn record(&mut self) {
        match self.tape.advance(self.time(), self.conversation.playout()) {
            Ok(Some(trouble)) => self.tell_trouble(trouble),
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

/// Waits until this is another than it was; for ever, if nobody changes it any more.
async fn changed(mut of: watch::Receiver<bool>) -> watch::Receiver<bool> {
    if of.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    of
}

/// Waits until then; for ever, if there is no such time. Costs nothing before it is waited for.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

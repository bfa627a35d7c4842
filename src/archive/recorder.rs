//! The recording of one part, on the session's side: collects what happens and hands it to the
//! writer about every half second. Nothing here blocks or fails; trouble is told.

#[cfg(test)]
mod faults;
mod track;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use media::Position;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use super::Archive;
use super::event::Event;
use super::ledger::{Begin, End, Ledger};
use super::manifest::Manifest;
use super::reopen::Claim;
use super::sessions::EndReason;
use super::tally::Tally;
use super::trouble::{Refusal, Trouble};
use super::writer::{Job, Opening, Pieces, Shared, Writer};
use crate::clock::{Clock, Micros};
use crate::db::AccountId;
use crate::telemetry::Metrics;
use track::Track;

/// How old what was recorded may become before it is handed over.
const BATCH: Duration = Duration::from_millis(500);
/// Bytes of a part that may wait for the disk: more than half a minute of a busy session. Beyond,
/// its recording ends.
const MOST_WAITING: usize = 1 << 20;
/// How long the end of a part waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// One connection of a session, from its beginning.
#[derive(Debug)]
pub struct Part {
    /// Whose session it is.
    pub account: AccountId,
    /// The session: `sess_…` or `rtc_…`.
    pub id: String,
    /// Which part of it, from 1.
    pub number: u32,
    /// Where it begins on the session's timeline.
    pub from: Position,
    /// What carries it: `websocket` or `webrtc`.
    pub transport: &'static str,
    /// With which AI client, if that is known.
    pub client_id: Option<String>,
    /// Who listens, thinks and speaks: `{"stt": …, "llm": …, "tts": …}`.
    pub engines: Value,
    /// The time of day at which it begins.
    pub began_at: Micros,
    /// What [`Archive::reopen`] gave, for every part but the first.
    pub claim: Option<Claim>,
}

/// Records one part. Positions are on the session's timeline.
///
/// It writes [`Event::Connected`] and [`Event::Disconnected`] itself. Dropped without
/// [`finish`](Self::finish), the part ends as `failed`.
#[derive(Debug)]
pub struct Recorder {
    writer: Writer,
    ledger: Ledger,
    metrics: Metrics,
    clock: Clock,
    key: u64,
    id: String,
    from: Position,
    /// Handed over before the first batch.
    opening: Option<Box<Opening>>,
    shared: Arc<Shared>,
    coach: Track,
    client: Track,
    events: Vec<u8>,
    trace: Vec<u8>,
    /// When the oldest was recorded that was not handed over.
    since: Option<Position>,
    /// The latest time that the recorder knows of.
    now: Position,
    /// Up to where everything was handed over.
    handed: Position,
    tally: Tally,
    client_id: Option<String>,
    trouble: Option<Trouble>,
    told: bool,
    finished: bool,
}

impl Archive {
    /// Begins to record a part. Never fails and never waits: trouble is told by
    /// [`Recorder::trouble`]. Belongs into a tokio runtime.
    #[must_use]
    pub fn record(&self, part: Part) -> Recorder {
        let started_at = part.began_at.minus(part.from - Position::ZERO);
        let key = self.next_key();
        let shared = Arc::<Shared>::default();
        let opening = self
            .core
            .layout
            .session(&part.account, &part.id)
            .map(|folder| {
                let manifest = Manifest::new(&part.account, &part.id, started_at);
                Box::new(Opening {
                    key,
                    account: part.account.clone(),
                    id: part.id.clone(),
                    folder,
                    part: part.number,
                    manifest: manifest.text(),
                    shared: shared.clone(),
                })
            });
        if opening.is_none() {
            // No id that this server gave out: nothing may be written under it.
            let _ = shared.refused.set(Refusal::Failed);
        }
        self.core.ledger.begin(Begin {
            account: part.account,
            id: part.id.clone(),
            part: part.number,
            client_id: part.client_id.clone(),
            transport: part.transport.to_owned(),
            engines: part.engines.to_string(),
            started_at,
            is_new: part.claim.is_none(),
            shared: shared.clone(),
        });
        if let Some(claim) = part.claim {
            claim.take_up();
        }
        let serial = (key as u32).wrapping_mul(2);
        let mut recorder = Recorder {
            writer: self.writer.clone(),
            ledger: self.core.ledger.clone(),
            metrics: self.core.metrics.clone(),
            clock: self.core.clock.clone(),
            key,
            id: part.id,
            from: part.from,
            opening,
            shared,
            coach: Track::new(serial),
            client: Track::new(serial + 1),
            events: Vec::new(),
            trace: Vec::new(),
            since: None,
            now: part.from,
            handed: part.from,
            tally: Tally::default(),
            client_id: part.client_id,
            trouble: None,
            told: false,
            finished: false,
        };
        let connected = Event::Connected {
            part: part.number,
            transport: part.transport.to_owned(),
            engines: part.engines,
            wall: part.began_at.0,
        };
        recorder.event(part.from, &connected);
        recorder
    }
}

impl Recorder {
    /// A packet of the coach, as received, in order.
    pub fn coach(&mut self, at: Position, packet: &[u8], peak: u8) {
        self.now = self.now.max(at);
        if self.is_running() {
            self.coach.place(self.in_part(at), packet, peak);
            self.mark();
        }
    }

    /// A packet of the client, as sent; `at` is where it is heard.
    pub fn client(&mut self, at: Position, packet: &[u8], peak: u8) {
        if self.is_running() {
            self.client.place(self.in_part(at), packet, peak);
            self.mark();
        }
    }

    /// Something happened.
    pub fn event(&mut self, at: Position, event: &Event) {
        #[derive(Serialize)]
        struct Line<'a> {
            at_ms: u64,
            #[serde(flatten)]
            event: &'a Event,
        }
        self.now = self.now.max(at);
        self.tally.count(event);
        if let Event::Configured { client_id, .. } = event
            && *client_id != self.client_id
        {
            self.client_id.clone_from(client_id);
            self.ledger.name_client(&self.id, client_id.clone());
        }
        if self.is_running() {
            let at_ms = at.ms();
            // Writing to memory fails only for what JSON cannot hold; events hold none of it.
            let _ = serde_json::to_writer(&mut self.events, &Line { at_ms, event });
            self.events.push(b'\n');
            self.mark();
        }
    }

    /// A line of the state machine's trace, without its end.
    pub fn trace(&mut self, line: &str) {
        if self.is_running() {
            self.trace.extend_from_slice(line.as_bytes());
            self.trace.push(b'\n');
            self.mark();
        }
    }

    /// Time goes by: hands over what is old enough.
    pub fn tick(&mut self, now: Position) {
        self.now = self.now.max(now);
        if self.due().is_some_and(|due| due <= self.now) {
            self.hand_over();
        }
    }

    /// When [`tick`](Self::tick) is due.
    #[must_use]
    pub fn due(&self) -> Option<Position> {
        self.since.map(|since| since + BATCH)
    }

    /// Told once: the recording has ended, while the session goes on.
    pub fn trouble(&mut self) -> Option<Trouble> {
        if self.is_running()
            && let Some(&refusal) = self.shared.refused.get()
        {
            self.stop(refusal);
        }
        let told = std::mem::replace(&mut self.told, self.trouble.is_some());
        self.trouble.filter(|_| !told)
    }

    /// The part is over. Waits, for a bounded time, until everything is on the disk.
    pub async fn finish(mut self, at: Position, reason: EndReason) {
        let (done, answer) = oneshot::channel();
        let jobs = self.complete(at, reason, Some(done));
        let writer = self.writer.clone();
        let handed = async move {
            for job in jobs {
                writer.hand(job).await;
            }
        };
        // In a task, so that a part that stopped waiting is closed all the same.
        tokio::spawn(handed);
        if tokio::time::timeout(PATIENCE, answer).await.is_err() {
            tracing::warn!(session.id = %self.id, "the end of a recording waits for the disk");
        }
        self.end_row(reason);
    }

    fn is_running(&self) -> bool {
        self.trouble.is_none()
    }

    /// A position on the session's timeline as one on the part's.
    fn in_part(&self, at: Position) -> Position {
        at.back(self.from - Position::ZERO)
    }

    /// Something waits to be handed over.
    fn mark(&mut self) {
        self.since.get_or_insert(self.now);
    }

    /// Ends the recording, not the session.
    fn stop(&mut self, refusal: Refusal) {
        let at = self.handed;
        self.trouble = Some(Trouble { at, refusal });
        self.since = None;
        (self.events, self.trace) = (Vec::new(), Vec::new());
        self.coach.stop();
        self.client.stop();
        self.ledger.stopped(&self.id, at, refusal);
        self.metrics.recording_stopped(refusal.name());
        tracing::warn!(session.id = %self.id, reason = refusal.name(), "a recording stopped");
    }

    fn hand_over(&mut self) {
        // If there is no room it is tried again as soon as another batch would be due.
        self.since = Some(self.now);
        if self.opening.is_some()
            && let Some(room) = self.writer.room()
            && let Some(opening) = self.opening.take()
        {
            room.send(Job::Open(opening));
        }
        if self.opening.is_none()
            && let Some(room) = self.writer.room()
        {
            let pieces = self.pieces();
            room.send(self.append(pieces));
            (self.since, self.handed) = (None, self.now);
        }
        let waiting = self.shared.unwritten.load(Ordering::Relaxed);
        if waiting + self.collected() > MOST_WAITING {
            // The writer drops what it still has of this part.
            let _ = self.shared.refused.set(Refusal::TooSlow);
        }
    }

    /// Bytes that were not handed over yet.
    fn collected(&self) -> usize {
        self.events.len() + self.trace.len() + self.coach.waiting() + self.client.waiting()
    }

    fn pieces(&mut self) -> Pieces {
        let (coach, coach_peaks) = self.coach.take();
        let (client, client_peaks) = self.client.take();
        let events = renewed(&mut self.events);
        let trace = renewed(&mut self.trace);
        [events, trace, coach, client, coach_peaks, client_peaks]
    }

    fn append(&self, pieces: Pieces) -> Job {
        let bytes = pieces.iter().map(Vec::len).sum();
        self.shared.unwritten.fetch_add(bytes, Ordering::Relaxed);
        Job::Append {
            key: self.key,
            pieces,
        }
    }

    /// Ends the files; what is left to be done for them, in order.
    fn complete(
        &mut self,
        at: Position,
        reason: EndReason,
        done: Option<oneshot::Sender<()>>,
    ) -> Vec<Job> {
        self.finished = true;
        self.now = self.now.max(at);
        let _ = self.trouble();
        let reason = reason.name().to_owned();
        self.event(at, &Event::Disconnected { reason });
        let end = self.in_part(at);
        self.coach.finish(end);
        self.client.finish(end);
        let opening = self.opening.take().map(Job::Open);
        let pieces = self.pieces();
        let append = self.append(pieces);
        let close = Job::Close {
            key: self.key,
            done,
        };
        opening.into_iter().chain([append, close]).collect()
    }

    fn end_row(&mut self, reason: EndReason) {
        let _ = self.trouble();
        let end = End {
            ended_at: self.clock.now(),
            reason,
            length_ms: self.now.ms(),
            turns: self.tally.turns(),
            interruptions: self.tally.interruptions(),
        };
        self.ledger.end(&self.id, end);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let jobs = self.complete(self.now, EndReason::Failed, None);
        for job in jobs {
            // Without room the files stay as they are, and the next start finishes them.
            if let Some(room) = self.writer.room() {
                room.send(job);
            }
        }
        self.end_row(EndReason::Failed);
    }
}

/// Takes a buffer's content, and leaves one that will hold as much without growing.
fn renewed(buffer: &mut Vec<u8>) -> Vec<u8> {
    let capacity = buffer.len();
    std::mem::replace(buffer, Vec::with_capacity(capacity))
}

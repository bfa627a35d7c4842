//! The recording of one part, on the session's side: collects what happens and hands it to the
//! writer about every half second. Nothing here blocks or fails; trouble is told.

mod begin;
mod ending;
#[cfg(test)]
mod faults;
mod track;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use media::Position;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::disclosures::SessionLog;
use super::event::Event;
use super::ledger::Ledger;
use super::tally::Tally;
use super::trouble::{Refusal, Trouble};
use super::writer::{Job, Opening, Pieces, Shared, Writer};
use crate::clock::Clock;
use crate::db::AccountId;
use crate::disclosure::Witness;
use crate::telemetry::Metrics;
pub use begin::Part;
use track::Track;

/// How old what was recorded may become before it is handed over.
const BATCH: Duration = Duration::from_millis(500);
/// More bytes than this are handed over at once.
const MUCH: usize = 256 << 10;
/// Bytes of a part that may wait for the disk for longer than a moment: minutes of a busy session.
/// Beyond, its recording ends.
const MOST_WAITING: usize = 8 << 20;
/// So long more may wait: what is typed comes at once, and stands in the log and in the trace.
const MOMENT: Duration = Duration::from_secs(3);
/// More than this never waits: an item of the longest message, three times, and as much again …
const MOST_EVER: usize = 64 << 20;
/// … and of all sessions together not more than this, but for …
const MOST_OF_ALL: usize = 256 << 20;
/// … what every one of them may have waiting: a minute of it.
const OWN: usize = 1 << 20;

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
    account: AccountId,
    id: String,
    from: Position,
    /// Handed over before the first batch.
    opening: Option<Box<Opening>>,
    shared: Arc<Shared>,
    coach: Track,
    client: Track,
    events: Vec<u8>,
    trace: Vec<u8>,
    /// Bytes that both came to in all.
    logged: u64,
    /// When the oldest was recorded that was not handed over.
    since: Option<Position>,
    /// Bytes that wait here, as the writer was told.
    noted: usize,
    /// Since when more has waited for the disk than may for long.
    crowded: Option<Position>,
    /// The latest time that the recorder knows of.
    now: Position,
    /// From where on a voice that was heard already comes only later.
    awaited: Option<Position>,
    tally: Tally,
    client_id: Option<String>,
    trouble: Option<Trouble>,
    told: bool,
    finished: bool,
}

impl Recorder {
    /// Where engines tell what they disclose in this session.
    #[must_use]
    pub fn witness(&self) -> Witness {
        Witness::new(SessionLog {
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
            account: self.account.clone(),
            id: self.id.clone(),
        })
    }

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
            let before = self.events.len();
            // Writing to memory fails only for what JSON cannot hold; events hold none of it.
            let _ = serde_json::to_writer(&mut self.events, &Line { at_ms, event });
            self.events.push(b'\n');
            self.logged += (self.events.len() - before) as u64;
            self.mark();
        }
    }

    /// A line of the state machine's trace, without its end.
    pub fn trace(&mut self, line: &str) {
        if self.is_running() {
            self.trace.extend_from_slice(line.as_bytes());
            self.trace.push(b'\n');
            self.logged += line.len() as u64 + 1;
            self.mark();
        }
    }

    /// How many bytes of events and of the trace were recorded so far.
    #[must_use]
    pub const fn logged(&self) -> u64 {
        self.logged
    }

    /// What was heard from here on may still come, if there is such a place: what is handed over
    /// is whole up to there alone.
    pub fn awaits(&mut self, from: Option<Position>) {
        self.awaited = from;
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
        // What the session needs to go on elsewhere is handed over at once.
        let batch = if self.opening.is_some() || self.collected() > MUCH {
            Duration::ZERO
        } else {
            BATCH
        };
        let batch = self.since.map(|since| since + batch);
        let moment = self.crowded.map(|since| since + MOMENT);
        batch.into_iter().chain(moment).min()
    }

    /// Hands over everything, and waits until that is written or refused, so that [trouble](Self::trouble)
    /// with it can still be told; not longer than until then.
    pub async fn written(&mut self, now: Position, latest: Instant) {
        self.now = self.now.max(now);
        if self.is_running() && self.since.is_some() {
            self.hand_over();
        }
        if let Some(room) = self.writer.room() {
            let (done, reached) = oneshot::channel();
            room.send(Job::Reach { done });
            let _ = timeout_at(latest, reached).await;
        }
    }

    /// Told once: the recording has ended, while the session goes on.
    pub fn trouble(&mut self) -> Option<Trouble> {
        if self.is_running()
            && let Some((at, refusal)) = self.shared.stopped()
        {
            self.stop(Trouble { at, refusal });
        }
        let told = std::mem::replace(&mut self.told, self.trouble.is_some());
        self.trouble.filter(|_| !told)
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
    fn stop(&mut self, trouble: Trouble) {
        let reason = trouble.refusal.name();
        self.trouble = Some(trouble);
        (self.since, self.crowded) = (None, None);
        (self.events, self.trace) = (Vec::new(), Vec::new());
        self.coach.stop();
        self.client.stop();
        self.note();
        self.ledger.look();
        self.metrics.recording_stopped(reason);
        tracing::warn!(session.id = %self.id, reason, "a recording stopped");
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
            let whole = self.awaited.map_or(self.now, |from| from.min(self.now));
            room.send(self.append(pieces, whole));
            self.since = None;
        }
        self.note();
        let waiting = self.shared.unwritten.load(Ordering::Relaxed) + self.noted;
        let is_too_much =
            waiting > MOST_EVER || waiting > OWN && self.writer.waiting() > MOST_OF_ALL;
        if waiting <= MOST_WAITING && !is_too_much {
            self.crowded = None;
            return;
        }
        let crowded = *self.crowded.get_or_insert(self.now);
        if is_too_much || self.now >= crowded + MOMENT {
            // The writer drops what it still has of this part.
            let _ = self.shared.refused.set(Refusal::TooSlow);
        }
    }

    /// Tells the writer how many bytes wait here.
    fn note(&mut self) {
        self.writer.release(self.noted);
        self.noted = self.collected();
        self.writer.wait(self.noted);
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

    fn append(&self, pieces: Pieces, to: Position) -> Job {
        let bytes = pieces.iter().map(Vec::len).sum();
        self.writer.wait(bytes);
        self.shared.unwritten.fetch_add(bytes, Ordering::Relaxed);
        Job::Append {
            key: self.key,
            pieces,
            to,
        }
    }
}

/// Takes a buffer's content, and leaves one that will hold as much without growing.
fn renewed(buffer: &mut Vec<u8>) -> Vec<u8> {
    let capacity = buffer.len();
    std::mem::replace(buffer, Vec::with_capacity(capacity))
}

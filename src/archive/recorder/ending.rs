//! How the recording of a part ends: as it should, or because whoever recorded it is gone.

use std::time::Duration;

use media::Position;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::super::event::Event;
use super::super::ledger::{End, Ledger};
use super::super::sessions::EndReason;
use super::super::writer::{Job, Writer};
use super::Recorder;

/// How long the end of a part waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);

impl Recorder {
    /// The part is over, and ends at `end`, which may lie before what was recorded last: of somebody
    /// who was gone before anybody noticed. Waits, for a bounded time, until everything is on the
    /// disk.
    pub async fn finish(mut self, end: Position, reason: EndReason) {
        let jobs = self.complete(end, reason);
        // In a task, so that a part that stopped waiting is closed all the same.
        let closed = tokio::spawn(jobs.close());
        if tokio::time::timeout(PATIENCE, closed).await.is_err() {
            tracing::warn!(session.id = %self.id, "the end of a recording waits for the disk");
        }
        self.end_row(end, reason);
    }

    /// Ends the files; what is left to be done for them.
    fn complete(&mut self, end: Position, reason: EndReason) -> Rest {
        self.finished = true;
        self.now = self.now.max(end);
        let _ = self.trouble();
        let reason = reason.name().to_owned();
        let to_ms = Some(end.ms());
        self.event(self.now, &Event::Disconnected { reason, to_ms });
        let end = self.in_part(end);
        self.coach.finish(end);
        self.client.finish(end);
        let opening = self.opening.take().map(Job::Open);
        let pieces = self.pieces();
        let append = self.append(pieces, self.now);
        self.note();
        let (done, closed) = oneshot::channel();
        let (key, shared) = (self.key, self.shared.clone());
        let close = Job::Close { key, shared, done };
        Rest {
            writer: self.writer.clone(),
            ledger: self.ledger.clone(),
            jobs: opening.into_iter().chain([append, close]).collect(),
            closed,
        }
    }

    fn end_row(&mut self, end: Position, reason: EndReason) {
        let _ = self.trouble();
        let end = End {
            ended_at: self.clock.now(),
            reason,
            length_ms: end.ms(),
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
        let jobs = self.complete(self.now, EndReason::Failed);
        // Where no task runs any more the process ends, and the next start finishes the files.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(jobs.close());
        }
        self.end_row(self.now, EndReason::Failed);
    }
}

/// What is left to be done for the files of a part.
struct Rest {
    writer: Writer,
    ledger: Ledger,
    /// In order.
    jobs: Vec<Job>,
    /// Answered when all of it is on the disk.
    closed: oneshot::Receiver<()>,
}

impl Rest {
    /// Does it, however long that takes. Until then the row does not say that the part ended.
    async fn close(self) {
        for job in self.jobs {
            self.writer.hand(job).await;
        }
        let _ = self.closed.await;
        self.ledger.look();
    }
}

//! The end of a connection: what was said last is completed, with nobody there to be told.

use std::sync::Arc;
use std::time::Duration;

use signaling::event::ServerEvent;
use signaling::event::own::Notice;
use signaling::link::{CloseReason, ToClient};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{Ended, FAREWELL, LiveSession};
use crate::archive::Trouble;
use crate::live::conversation::{Input, LEAVING};

/// How much longer than the state machine the conductor waits for the end.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many slices of sound are still read: ten seconds. Only a client that sends much faster than
/// time passes leaves more behind.
const LAST_SLICES: usize = 50;

impl LiveSession {
    /// Lets go of the connection and waits, for a bounded time, for the last words of what was
    /// said.
    pub(super) async fn leave(&mut self) {
        self.let_go();
        self.last_sound();
        if let Some(since) = self.deserted {
            let since = self.timeline.at(since);
            self.handle(Input::Deserted { since });
        }
        self.handle(Input::Leave);
        self.settle();
        let patience = tokio::time::sleep(LEAVING + PATIENCE);
        tokio::pin!(patience);
        while !self.left {
            let machine = self.conversation.deadline().map(|(at, _)| at);
            let due = self.soonest([machine, self.tape.due()]);
            tokio::select! {
                heard = self.hearing.next() => {
                    if let Some(heard) = heard {
                        self.understood(heard);
                    }
                }
                () = tokio::time::sleep_until(due) => self.handle(Input::Time),
                () = &mut patience => return,
            }
            self.settle();
        }
    }

    /// Closes both ways of the connection; what was sent before is delivered.
    fn let_go(&mut self) {
        self.link.incoming.close();
        let (nowhere, _) = mpsc::channel(1);
        self.link.outgoing = nowhere;
    }

    /// Takes in the sound that arrived and was not read yet.
    fn last_sound(&mut self) {
        self.release();
        self.read_rest();
        let now = self.time();
        let woken = self.intake.wake(now, &mut self.captured);
        let flushed = woken.and_then(|()| self.intake.flush(&mut self.captured));
        self.took_in(flushed);
    }

    /// Reads what was accepted, as far as there is room for it.
    fn read_rest(&mut self) {
        for _ in 0..LAST_SLICES {
            if self.intake.next().is_none() || !self.hearing.has_room() {
                break;
            }
            self.read_slice();
        }
    }

    /// The connection takes nothing any more: takes in what it still brought, and why it closed.
    pub(super) async fn hear_out(&mut self) {
        let patience = Instant::now() + FAREWELL;
        while self.ended.is_none() {
            self.read_rest();
            if let Some(message) = self.waiting.take() {
                self.received(Some(message));
                continue;
            }
            match timeout_at(patience, self.link.incoming.recv()).await {
                Ok(received) => self.received(received),
                Err(_) => self.ended = Some(Ended::Lost),
            }
        }
    }

    /// Somebody ends the session, maybe from elsewhere.
    pub(super) fn hang_up(&mut self) {
        self.tell("session_ended", "The session was ended.");
        self.end(Ended::Completed, CloseReason::Ended);
    }

    /// Another connection goes on with the session.
    pub(super) fn give_way(&mut self) {
        let message = "The session goes on over another connection.";
        self.tell("session_taken_over", message);
        self.end(Ended::Displaced, CloseReason::Ended);
    }

    /// The recording ended; the conversation goes on.
    pub(super) fn tell_trouble(&mut self, trouble: &Trouble) {
        tracing::error!(
            reason = trouble.refusal.name(),
            at_ms = trouble.at.ms(),
            "a recording ended before its session did"
        );
        self.metrics.error("archive");
        self.tell("recording_stopped", trouble.refusal.message());
    }

    fn tell(&mut self, code: &str, message: &str) {
        if self.session.wants_own_events() {
            let (code, message) = (code.to_owned(), message.to_owned());
            let notice = ServerEvent::Notice(Notice { code, message });
            self.send(ToClient::Event(Arc::new(notice)));
        }
    }
}

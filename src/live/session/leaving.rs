//! The end of a connection: what was said last is completed, with nobody there to be told.

use std::sync::Arc;
use std::time::Duration;

use signaling::event::ServerEvent;
use signaling::event::own::Notice;
use signaling::link::{Carrier, CloseReason, ToClient};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::backlog::Backlog;
use super::{Ended, LiveSession};
use crate::archive::Trouble;
use crate::lifecycle::LAST_WORDS;
use crate::live::conversation::{Input, LEAVING};
use crate::live::registry::PUTTING_AWAY;

/// How long the connection is heard and sent to once the end of it has begun: longer than the close
/// of a WebSocket takes. Whoever displaces it, or stops the server, waits for this and [`WORDS`].
const HEARING: Duration = Duration::from_millis(3250);
/// How long it takes at most from then on until the last words are complete.
const WORDS: Duration = LEAVING.saturating_add(PATIENCE);
/// How long it takes in all, but for what the disk takes.
const LONGEST: Duration = HEARING.saturating_add(WORDS).saturating_add(LAST_CALLS);
// Nobody who waits for it waits in vain.
const _: () = assert!(LONGEST.as_millis() < LAST_WORDS.as_millis());
const _: () = assert!(LONGEST.as_millis() < PUTTING_AWAY.as_millis());
/// How much longer than the state machine the conductor waits for the end.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a displaced connection may take to be sent what waits for it.
const DISPLACED: Duration = Duration::from_millis(200);
/// What is on its way is waited for so long before the server closes a connection by itself …
const LAST_MOMENT: Duration = Duration::from_millis(250);
/// … if it is not quiet for so long before; …
const QUIET: Duration = Duration::from_millis(60);
/// … and longer, while sound comes that is so much longer than the time it takes to come.
const BURST: Duration = Duration::from_millis(100);
/// The disk may take so long to write what there is then.
const WRITTEN: Duration = Duration::from_millis(250);
/// A sign of life so soon after sound came with it.
const SOUNDING: Duration = Duration::from_millis(500);
/// How long calls that end with the session are waited for.
const LAST_CALLS: Duration = Duration::from_millis(500);

/// What the coach is told of a database that takes nothing.
const BEHIND: &str = "The server's database does not answer. The conversation goes on and is \
                      recorded; your list of sessions may not be up to date until it does.";
/// The same where the recording has ended, too.
const BEHIND_UNRECORDED: &str = "The server's database does not answer. The conversation goes on; \
                                 your list of sessions may not be up to date until it does.";

impl LiveSession {
    /// Lets go of the connection and waits, for a bounded time, for the last words of what was
    /// said.
    pub(super) async fn leave(&mut self) {
        let latest = self.heard_by() + WORDS;
        self.deserted = self.deserted.or_else(|| self.silent_since());
        self.send_rest().await;
        self.let_go();
        self.last_sound().await;
        if let Some(since) = self.deserted {
            // What was read of its sound a little later is a sign of life too.
            let came_to = self.inlet.intake.mic().came_to();
            let since = self.inlet.timeline.at(since).max(came_to);
            self.handle(Input::Deserted { since });
        }
        self.handle(Input::Leave);
        self.settle();
        let patience = latest.min(Instant::now() + LEAVING + PATIENCE);
        let patience = tokio::time::sleep_until(patience);
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

    /// Since when nobody has been there, where the server closes a connection of which that has not
    /// shown yet: the coach goes on over another, or hangs up from elsewhere.
    fn silent_since(&self) -> Option<Instant> {
        let heard = &self.link.heard;
        // A track's packets never cease; over WebSocket a client may send sound only as it has some.
        let streams = self.link.carrier == Carrier::WebRtc;
        let sound = self.inlet.intake.mic().came_to();
        let sounding = streams && self.inlet.timeline.at(heard.last()) - sound < SOUNDING;
        heard.silent_since(sounding)
    }

    /// Lets go of the engines, waits a moment for what they were asked to be on record, and puts the
    /// session away. What is learned after the connection ended is on record, but the part ends
    /// where that did.
    pub(super) async fn put_away(self, ended: Ended) {
        let now = self.time();
        let Self {
            hearing,
            mind,
            voice,
            mut called,
            mut tape,
            allowance,
            inlet,
            conversation,
            ..
        } = self;
        let refused = allowance.refused();
        if refused > 0 {
            tracing::warn!(refused, "events of a client were not taken");
        }
        drop((hearing, mind, voice));
        called.close();
        let until = Instant::now() + LAST_CALLS;
        while let Ok(Some(call)) = timeout_at(until, called.next()).await {
            let from = inlet.timeline.at(call.began);
            tape.engine_call(now, called.record(call, from));
        }
        let playout = conversation.playout();
        let end = conversation.ended_at().unwrap_or(now);
        tape.finish(end, playout, ended.reason()).await;
    }

    /// Until when the connection is heard and sent to: its end has begun.
    fn heard_by(&mut self) -> Instant {
        *self
            .heard_by
            .get_or_insert_with(|| Instant::now() + HEARING)
    }

    /// Sends what still waits, as far as the client reads.
    async fn send_rest(&mut self) {
        let latest = self.heard_by();
        let until = match self.ended {
            Some(Ended::NotReading) => return,
            // Most of the time it is one that stalled, and another waits for this to be over.
            Some(Ended::Displaced) => latest.min(Instant::now() + DISPLACED),
            _ => latest,
        };
        self.backlog.flush(&self.link.outgoing, until).await;
    }

    /// Closes both ways of the connection; what was sent before is delivered.
    fn let_go(&mut self) {
        self.link.incoming.close();
        let (nowhere, _) = mpsc::channel(1);
        self.link.outgoing = nowhere;
        self.backlog = Backlog::new();
    }

    /// Takes in the sound that arrived and was not read yet.
    async fn last_sound(&mut self) {
        self.release();
        let patience = self.heard_by();
        self.read_rest(patience).await;
        let now = self.time();
        match self.inlet.intake.wake(now, &mut self.captured) {
            Ok(()) => self.flush(),
            Err(error) => self.fail(&error),
        }
    }

    /// Reads what was accepted: until then as fast as the recogniser takes it, and what is left
    /// then at once, since it belongs on record.
    async fn read_rest(&mut self, patience: Instant) {
        while self.inlet.intake.next().is_some() {
            if self.hearing.has_room() || Instant::now() >= patience {
                self.read_slice();
            } else if let Ok(Some(heard)) = timeout_at(patience, self.hearing.next()).await {
                self.understood(heard);
            }
        }
    }

    /// The connection takes nothing any more: takes in what it still brought, and why it closed.
    pub(super) async fn hear_out(&mut self) {
        let patience = self.heard_by();
        while self.ended.is_none() {
            self.read_rest(patience).await;
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

    /// Takes in what is on its way, before the server closes the connection by itself: after a
    /// stall of the network that may be a whole sentence.
    pub(super) async fn hear_last(&mut self) {
        let (began, from) = (Instant::now(), self.inlet.intake.mic().end());
        let patience = self.heard_by();
        while self.ended.is_none() {
            self.read_rest(patience).await;
            let passed = began.elapsed();
            let came = self.inlet.intake.mic().end() - from;
            if Instant::now() >= patience || (passed >= LAST_MOMENT && came <= passed + BURST) {
                break;
            }
            let message = match self.waiting.take() {
                Some(message) => Some(message),
                None => match timeout(QUIET, self.link.incoming.recv()).await {
                    Ok(message) => message,
                    Err(_) => break,
                },
            };
            self.received(message);
            self.settle();
        }
        if self.ended.is_none() {
            self.write_last().await;
        }
    }

    /// Puts everything on record while somebody is still there to be told should the disk refuse it.
    pub(super) async fn write_last(&mut self) {
        let latest = self.heard_by().min(Instant::now() + WRITTEN);
        self.tape.written(self.time(), latest).await;
        self.record();
    }

    /// Somebody ends the session, maybe from elsewhere.
    pub(super) fn hang_up(&mut self) {
        self.tell("session_ended", "The session was ended.");
        self.end(Ended::HungUp, CloseReason::Ended);
    }

    /// Another connection goes on with the session.
    pub(super) fn give_way(&mut self) {
        let message = "The session goes on over another connection.";
        self.tell("session_taken_over", message);
        self.end(Ended::Displaced, CloseReason::Ended);
    }

    /// The recording ended; the conversation goes on.
    pub(super) fn tell_trouble(&mut self, trouble: Trouble) {
        tracing::error!(
            reason = trouble.refusal.name(),
            at_ms = trouble.at.ms(),
            "a recording ended before its session did"
        );
        self.metrics.error("archive");
        self.trouble = Some(trouble);
        self.tell_unrecorded();
        if self.told_behind {
            // It was told that the conversation is recorded.
            self.tell("database_behind", BEHIND_UNRECORDED);
        }
    }

    /// That nothing is recorded any more, to a client that may have asked for it later.
    pub(super) fn tell_unrecorded(&mut self) {
        if let Some(trouble) = self.trouble {
            self.tell("recording_stopped", &trouble.message());
        }
    }

    /// That the database takes nothing, and that it does again, to a client that asked for such news.
    pub(super) fn tell_database(&mut self) {
        let behind = *self.told.behind.borrow();
        if behind == self.told_behind || !self.session.wants_own_events() {
            return;
        }
        self.told_behind = behind;
        match (behind, self.trouble) {
            (true, None) => self.tell("database_behind", BEHIND),
            (true, Some(_)) => self.tell("database_behind", BEHIND_UNRECORDED),
            (false, _) => self.tell("database_back", "The server's database answers again."),
        }
    }

    fn tell(&mut self, code: &str, message: &str) {
        if self.session.wants_own_events() {
            let (code, message) = (code.to_owned(), message.to_owned());
            let notice = ServerEvent::Notice(Notice { code, message });
            self.send(ToClient::Event(Arc::new(notice)));
        }
    }
}

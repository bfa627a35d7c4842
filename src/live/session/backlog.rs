//! What a client has still to be sent that reads more slowly than the session speaks: the items of
//! a long session that goes on, or an answer whose words come all at once.

use std::collections::VecDeque;
use std::time::Duration;

use signaling::link::ToClient;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio::time::{Instant, timeout_at};

/// How many messages may wait beyond those with which the session began: more than any answer has
/// words, and little memory for a client that never reads.
const MOST: usize = 1024;
/// How long a client may take none of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// Messages behind a queue that is full, in order.
#[derive(Debug)]
pub(super) struct Backlog {
    waiting: VecDeque<ToClient>,
    /// How many may wait.
    most: usize,
    /// When the client last took one; `None` before it can take any.
    taken: Option<Instant>,
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The client does not read.
    NotReading,
    /// The connection has closed.
    Closed,
}

impl Backlog {
    /// None yet, and room for all with which a session begins.
    pub(super) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            most: usize::MAX,
            taken: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything is there with which the session begins.
    pub(super) fn begun(&mut self) {
        self.most = self.waiting.len() + MOST;
    }

    /// The connection is up: from now on the client is expected to read.
    pub(super) fn ready(&mut self) {
        self.taken = Some(Instant::now());
    }

    /// Sends, at once if there is room.
    ///
    /// # Errors
    /// If too much waits.
    pub(super) fn send(
        &mut self,
        outgoing: &Sender<ToClient>,
        message: ToClient,
    ) -> Result<(), Refused> {
        let mut message = message;
        if self.is_empty() {
            match outgoing.try_send(message) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(Refused::Closed),
                Err(TrySendError::Full(unsent)) => message = unsent,
            }
            if let Some(taken) = &mut self.taken {
                *taken = Instant::now();
            }
        }
        if self.waiting.len() >= self.most {
            return Err(Refused::NotReading);
        }
        self.waiting.push_back(message);
        Ok(())
    }

    /// Waits until there is room for the first. May be dropped before.
    ///
    /// # Errors
    /// If there is none for too long once the connection is up, or it closes.
    pub(super) async fn room<'a>(
        &self,
        outgoing: &'a Sender<ToClient>,
    ) -> Result<Permit<'a, ToClient>, Refused> {
        let room = outgoing.reserve();
        let room = match self.taken {
            Some(taken) => timeout_at(taken + PATIENCE, room).await,
            None => Ok(room.await),
        };
        match room {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Refused::Closed),
            Err(_) => Err(Refused::NotReading),
        }
    }

    /// Sends the first.
    pub(super) fn forward(&mut self, room: Permit<'_, ToClient>) {
        if let Some(message) = self.waiting.pop_front() {
            room.send(message);
        }
        self.taken = Some(Instant::now());
        self.most = self.most.min(self.waiting.len() + MOST);
    }

    /// Sends what it can until then.
    pub(super) async fn flush(&mut self, outgoing: &Sender<ToClient>, until: Instant) {
        while !self.is_empty()
            && let Ok(Ok(room)) = timeout_at(until, self.room(outgoing)).await
        {
            self.forward(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signaling::link::CloseReason;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    fn message() -> ToClient {
        ToClient::Close(CloseReason::Ended)
    }

    #[tokio::test(start_paused = true)]
    async fn what_finds_no_room_is_sent_in_order_once_there_is() {
        let (outgoing, mut client) = mpsc::channel(1);
        let mut backlog = Backlog::new();
        let reasons = [
            CloseReason::Ended,
            CloseReason::GoingAway,
            CloseReason::Internal,
        ];
        for reason in reasons {
            backlog.send(&outgoing, ToClient::Close(reason)).unwrap();
        }
        let mut read = Vec::new();
        while let Some(ToClient::Close(reason)) = client.recv().await {
            read.push(reason);
            if backlog.is_empty() {
                break;
            }
            let room = backlog.room(&outgoing).await.unwrap();
            backlog.forward(room);
        }
        assert_eq!(read, reasons);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_may_begin_with_more_than_may_wait_later() {
        let (outgoing, _client) = mpsc::channel(1);
        let mut backlog = Backlog::new();
        for _ in 0..=3 * MOST {
            backlog.send(&outgoing, message()).unwrap();
        }
        backlog.begun();
        for _ in 0..MOST {
            backlog.send(&outgoing, message()).unwrap();
        }
        let sent = backlog.send(&outgoing, message());
        assert_eq!(sent, Err(Refused::NotReading));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (outgoing, client) = mpsc::channel(1);
        let mut backlog = Backlog::new();
        backlog.send(&outgoing, message()).unwrap();
        backlog.send(&outgoing, message()).unwrap();
        // Not before it can take anything.
        let connecting = timeout(6 * PATIENCE, backlog.room(&outgoing)).await;
        assert!(connecting.is_err());
        backlog.ready();
        let began = Instant::now();
        assert_eq!(
            backlog.room(&outgoing).await.err(),
            Some(Refused::NotReading)
        );
        assert_eq!(began.elapsed(), PATIENCE);
        drop(client);
        assert_eq!(backlog.room(&outgoing).await.err(), Some(Refused::Closed));
    }
}

//! What waits for one call between the shared ports and its driver.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::roaming::Roaming;
use crate::heard::Heard;

/// Datagrams that wait for one call; more are dropped, as a full socket would.
pub(super) const WAITING: usize = 256;
/// TCP connections one call may hold at once: several paths, and those a network change left.
pub(super) const STREAMS: usize = 16;

/// DTLS datagrams that are kept until they can be answered: a client's first flight and its repeats.
const EARLY: usize = 8;

/// As often as a client without a microphone is heard at least: it checks its path every 5 s, give or
/// take a fifth (RFC 7675, section 5.1).
const CHECKED: Duration = Duration::from_secs(6);

/// What waits for one call, and under which names the call is known.
#[derive(Debug)]
pub(super) struct Inbox {
    v4: Side,
    v6: Side,
    early: Mutex<Early>,
    /// Both ways pass here, which nobody else ever holds for longer than a look.
    roaming: Mutex<Roaming>,
    /// Sound, reports, checks of the path.
    pub(super) heard: Heard,
    pub(super) names: Mutex<Names>,
}

/// DTLS that came before ICE had chosen a path. A client says hello as soon as its own check was
/// answered, which is before ours is; the stack would answer it into the void, and the client would
/// say it again a second later (RFC 6347 section 4.2.4).
#[derive(Debug, Default)]
struct Early {
    /// There is a path.
    over: bool,
    held: Vec<(Bytes, SocketAddr)>,
}

#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) fragments: VecDeque<Box<str>>,
    pub(super) addresses: VecDeque<SocketAddr>,
    pub(super) closed: bool,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            v4: Side::new(),
            v6: Side::new(),
            early: Mutex::default(),
            roaming: Mutex::default(),
            heard: Heard::new(CHECKED),
            names: Mutex::default(),
        }
    }

    /// The half that serves an address's family: ICE never pairs one with the other.
    pub(super) fn side(&self, address: SocketAddr) -> &Side {
        if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        }
    }

    /// Takes a datagram for the call.
    pub(super) fn push(&self, datagram: Bytes, from: SocketAddr) {
        self.heard.note();
        let from = lock(&self.roaming).came(&datagram, from);
        if is_dtls(&datagram) {
            let mut early = lock(&self.early);
            if !early.over {
                if early.held.len() < EARLY {
                    early.held.push((datagram, from));
                }
                return;
            }
        }
        self.side(from).push(datagram, from);
    }

    /// Where a datagram has to go that the stack sends `to` there.
    pub(super) fn destination(&self, datagram: &[u8], to: SocketAddr) -> SocketAddr {
        lock(&self.roaming).goes(datagram, to)
    }

    /// ICE has chosen a path: what came too early can be answered now.
    pub(super) fn path_found(&self) {
        let held = {
            let mut early = lock(&self.early);
            early.over = true;
            std::mem::take(&mut early.held)
        };
        for (datagram, from) in held {
            self.side(from).push(datagram, from);
        }
    }

    /// Datagrams dropped because the call did not fetch them in time.
    pub(super) fn overflowed(&self) -> usize {
        self.v4.overflowed.load(Ordering::Relaxed) + self.v6.overflowed.load(Ordering::Relaxed)
    }
}

/// Told from STUN and RTP by its first byte (RFC 9443 section 2).
fn is_dtls(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(20..=63))
}

/// A TCP connection on its way to its call, with the bytes already read from it.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) stream: TcpStream,
    pub(super) read: Bytes,
    pub(super) peer: SocketAddr,
    /// Held for as long as the connection is open.
    pub(super) open: OwnedSemaphorePermit,
}

/// What waits for one call on one address family.
#[derive(Debug)]
pub(super) struct Side {
    queue: Mutex<Queue>,
    overflowed: AtomicUsize,
    open: Arc<Semaphore>,
    streams: mpsc::Sender<Arrived>,
    accept: Mutex<Option<mpsc::Receiver<Arrived>>>,
}

#[derive(Debug, Default)]
struct Queue {
    datagrams: VecDeque<(Bytes, SocketAddr)>,
    waker: Option<Waker>,
}

impl Side {
    fn new() -> Self {
        let (streams, accept) = mpsc::channel(STREAMS);
        Self {
            queue: Mutex::default(),
            overflowed: AtomicUsize::new(0),
            open: Arc::new(Semaphore::new(STREAMS)),
            streams,
            accept: Mutex::new(Some(accept)),
        }
    }

    pub(super) fn push(&self, datagram: Bytes, from: SocketAddr) {
        let mut queue = lock(&self.queue);
        if queue.datagrams.len() >= WAITING {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.datagrams.push_back((datagram, from));
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The next datagram and where it came from.
    pub(super) fn poll_pop(&self, context: &mut Context<'_>) -> Poll<(Bytes, SocketAddr)> {
        let mut queue = lock(&self.queue);
        match queue.datagrams.pop_front() {
            Some(next) => Poll::Ready(next),
            None => {
                // The driver also probes with a waker that does nothing: it must not replace the
                // one that waits.
                if !context.waker().will_wake(Waker::noop()) {
                    queue.waker = Some(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    /// Hands a TCP connection to the call; closed at once when the call has enough.
    pub(super) fn deliver(&self, stream: TcpStream, read: Bytes, peer: SocketAddr) {
        if let Ok(open) = Arc::clone(&self.open).try_acquire_owned() {
            let _ = self.streams.try_send(Arrived {
                stream,
                read,
                peer,
                open,
            });
        }
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.queue).datagrams.len()
    }

    /// The connections that arrive; `None` if they were already taken.
    pub(super) fn accept(&self) -> Option<mpsc::Receiver<Arrived>> {
        lock(&self.accept).take()
    }
}

/// A panic elsewhere cannot leave these small structures half-changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_waits_for_a_path_and_nothing_else_does() {
        let inbox = Inbox::new();
        let from = SocketAddr::from(([192, 0, 2, 1], 1));
        let (hello, rtp) = (
            Bytes::from_static(&[22, 254, 253]),
            Bytes::from_static(&[128, 111]),
        );
        inbox.push(rtp.clone(), from);
        for _ in 0..EARLY + 5 {
            inbox.push(hello.clone(), from);
        }
        assert_eq!(inbox.side(from).waiting(), 1);
        inbox.path_found();
        assert_eq!(inbox.side(from).waiting(), 1 + EARLY);
        inbox.push(hello, from);
        assert_eq!(inbox.side(from).waiting(), 2 + EARLY);
    }
}

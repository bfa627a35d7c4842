//! Connections that carry no live session: how many there may be, and how long one may say nothing.
//!
//! Whoever reaches the listener can hold connections open without any key, each at the cost of a
//! file and some memory. So every connection begins as a guest: it has to say something soon, and
//! when there are too many guests, the one that has been here for longest goes. Whoever comes with
//! a real request is served within milliseconds and has nothing to fear; and a connection that
//! carries a session is no guest any more.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tower_http::add_extension::AddExtension;

/// Guests at once, unless the process may open too few files for that.
const MOST: usize = 1024;
/// So much has to be said before the patience ends, as a request is never shorter and HTTP/2's
/// preface is exactly so long (RFC 9113 section 3.4). From there on HTTP has times of its own.
const FIRST_WORDS: usize = 24;

/// Keeps count of guests. Clones count together.
#[derive(Clone, Debug)]
pub struct Guests(Arc<House>);

#[derive(Debug)]
struct House {
    most: usize,
    patience: Duration,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    next: u64,
    /// In the order in which they came; what tells each to go.
    guests: BTreeMap<u64, CancellationToken>,
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Guest(Arc<Place>);

#[derive(Debug)]
struct Place {
    house: Arc<House>,
    number: u64,
    go: CancellationToken,
}

impl Guests {
    /// Guests who say something within `patience`.
    pub fn new(patience: Duration) -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let files = files.and_then(|files| usize::try_from(files).ok());
        let most = files.map_or(MOST, |files| (files / 4).min(MOST));
        Self::at_most(most, patience)
    }

    fn at_most(most: usize, patience: Duration) -> Self {
        Self(Arc::new(House {
            most,
            patience,
            present: Mutex::default(),
        }))
    }

    /// Counts every connection that this acceptor takes.
    pub const fn acceptor<A>(self, inner: A) -> Doorman<A> {
        Doorman {
            guests: self,
            inner,
        }
    }

    fn welcome(&self) -> Guest {
        let go = CancellationToken::new();
        let mut present = self.0.present();
        let number = present.next;
        present.next += 1;
        present.guests.insert(number, go.clone());
        if present.guests.len() > self.0.most
            && let Some((_, first)) = present.guests.pop_first()
        {
            first.cancel();
        }
        drop(present);
        Guest(Arc::new(Place {
            house: self.0.clone(),
            number,
            go,
        }))
    }
}

impl House {
    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// The connection carries a session: it is no guest from now on.
    pub fn stays(&self) {
        let Place { house, number, .. } = self.0.as_ref();
        house.present().guests.remove(number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.house.present().guests.remove(&self.number);
    }
}

/// Takes connections and counts them.
#[derive(Clone, Debug)]
pub struct Doorman<A> {
    guests: Guests,
    inner: A,
}

impl<A, I, S> Accept<I, S> for Doorman<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: Send,
    A::Service: Send,
{
    type Stream = Watched<A::Stream>;
    type Service = AddExtension<A::Service, Guest>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let guest = self.guests.welcome();
        let patience = self.guests.0.patience;
        let accepted = self.inner.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = tokio::select! {
                accepted = accepted => accepted?,
                () = guest.0.go.cancelled() => return Err(sent_away()),
            };
            let watched = Watched {
                stream,
                go: Box::pin(guest.0.go.clone().cancelled_owned()),
                patience: Some(Box::pin(tokio::time::sleep(patience))),
                said: 0,
                _guest: guest.clone(),
            };
            Ok((watched, AddExtension::new(service, guest)))
        })
    }
}

/// A connection that ends when its guest has to go.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    go: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Until enough was said.
    patience: Option<Pin<Box<Sleep>>>,
    said: usize,
    _guest: Guest,
}

impl<S> Watched<S> {
    fn stays(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.go.as_mut().poll(cx) {
            Poll::Ready(()) => Err(sent_away()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stays(cx)?;
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(patience) = &mut self.patience {
            if read.is_pending() {
                ready!(patience.as_mut().poll(cx));
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            self.said += buf.filled().len() - before;
            if self.said >= FIRST_WORDS {
                self.patience = None;
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stays(cx)?;
        self.patience = None;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stays(cx)?;
        self.patience = None;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn sent_away() -> io::Error {
    ErrorKind::ConnectionAborted.into()
}

#[cfg(test)]
mod tests {
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);

    async fn enter(guests: &Guests) -> (Watched<DuplexStream>, Guest, DuplexStream) {
        let (here, there) = duplex(4096);
        let doorman = guests.clone().acceptor(DefaultAcceptor::new());
        let (watched, _) = doorman.accept(here, ()).await.unwrap();
        let guest = watched._guest.clone();
        (watched, guest, there)
    }

    async fn ends(watched: &mut Watched<DuplexStream>) -> Option<ErrorKind> {
        let read = tokio::time::timeout(PATIENCE * 2, watched.read_u8()).await;
        read.ok()?.err().map(|error| error.kind())
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_goes_when_too_many_are_there_but_a_session_stays() {
        let guests = Guests::at_most(2, PATIENCE);
        let (mut session, guest, mut coach) = enter(&guests).await;
        coach.write_all(&[b'G'; FIRST_WORDS]).await.unwrap();
        session.read_exact(&mut [0; FIRST_WORDS]).await.unwrap();
        guest.stays();
        let (mut first, _, _one) = enter(&guests).await;
        let (second, _, _two) = enter(&guests).await;
        drop(second);
        let (mut third, _, _three) = enter(&guests).await;
        assert_eq!(guests.0.present().guests.len(), 2);
        let (_fourth, _, _four) = enter(&guests).await;
        assert_eq!(ends(&mut first).await, Some(ErrorKind::ConnectionAborted));
        assert!(first.write_u8(1).await.is_err());
        assert_eq!(ends(&mut third).await, Some(ErrorKind::TimedOut));
        assert_eq!(ends(&mut session).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_too_little_for_too_long_goes() {
        let guests = Guests::at_most(9, PATIENCE);
        for said in ["", "PRI * HTTP/2.0\r\n\r\n"] {
            let (mut watched, _, mut there) = enter(&guests).await;
            there.write_all(said.as_bytes()).await.unwrap();
            watched.read_exact(&mut vec![0; said.len()]).await.unwrap();
            assert_eq!(ends(&mut watched).await, Some(ErrorKind::TimedOut));
        }
        // A request is being answered: the answer takes its time.
        let (mut watched, _, mut there) = enter(&guests).await;
        there.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        watched.read_exact(&mut [0; 18]).await.unwrap();
        watched.write_all(b"HTTP/1.0").await.unwrap();
        assert_eq!(ends(&mut watched).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_ends_leaves_its_place() {
        let guests = Guests::at_most(9, PATIENCE);
        drop(enter(&guests).await);
        assert!(guests.0.present().guests.is_empty());
    }
}

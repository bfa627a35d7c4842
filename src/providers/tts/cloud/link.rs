//! A session's connection to a vendor: opened ahead, kept, and opened again.

mod speaking;

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::wire::{Frame, Heard, Wire, fault};
use super::{Patience, Recipient};
use crate::providers::ProviderError;
use crate::providers::socket::{Dial, Socket, unavailable};
use crate::providers::tts::stream::Made;
use crate::providers::tts::text::Written;

/// How often a connection in which nothing happens is looked after.
const ROUND: Duration = Duration::from_secs(15);

/// A connection that the vendor closes sooner than this is not opened again until it is needed.
const LASTING: Duration = Duration::from_secs(8);

/// How often in a row a connection is opened again without being used.
const UNUSED: u32 = 4;

/// A piece to be spoken.
#[derive(Debug)]
pub(super) struct Ask {
    pub text: String,
    pub words: Vec<Written>,
    pub asked: Instant,
    /// Dropping the other end gives the piece up.
    pub reply: mpsc::Sender<Result<Made, ProviderError>>,
}

/// The connection of one session.
pub(super) struct Link {
    pub wire: Box<dyn Wire>,
    pub dial: Dial,
    pub patience: Patience,
    recipient: Recipient,
    open: Option<Open>,
    unused: u32,
}

struct Open {
    socket: Socket,
    since: Instant,
    /// A ping that nothing answered yet.
    pinged: bool,
}

impl Link {
    pub fn new(wire: Box<dyn Wire>, dial: Dial, patience: Patience, recipient: Recipient) -> Self {
        Self {
            wire,
            dial,
            patience,
            recipient,
            open: None,
            unused: 0,
        }
    }

    /// Opens the connection, unless it is open.
    ///
    /// # Errors
    /// As [`Dial::connect`].
    pub async fn connect(&mut self) -> Result<(), ProviderError> {
        self.begin(None).await
    }

    /// The same with a connection that stands already, if there is one.
    ///
    /// # Errors
    /// As [`Dial::connect`].
    pub async fn begin(&mut self, spare: Option<Socket>) -> Result<(), ProviderError> {
        if self.open.is_none() {
            let socket = match spare {
                Some(socket) => socket,
                None => self.dial.connect().await?,
            };
            self.wire.opened();
            self.open = Some(Open {
                socket,
                since: Instant::now(),
                pinged: false,
            });
        }
        Ok(())
    }

    /// Speaks what is asked for until nobody can ask any more.
    pub async fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        loop {
            let round = Instant::now() + ROUND;
            let connected = self.open.is_some();
            tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => self.serve(ask).await,
                    None => break,
                },
                // Nothing is under way: what comes late is nobody's.
                received = self.receive(), if connected => if received.is_err() {
                    self.reopen().await;
                },
                () = sleep_until(round), if connected => self.look_after().await,
            }
        }
        if let Some(open) = &mut self.open {
            let _ = timeout(Duration::from_secs(1), open.socket.close(None)).await;
        }
    }

    async fn send(&mut self, frames: Vec<String>) -> Result<(), ProviderError> {
        let engine = self.wire.engine();
        let gone = || unavailable(engine, "the connection broke".to_owned());
        let open = self.open.as_mut().ok_or_else(gone)?;
        let sending = async {
            for frame in frames {
                open.socket.feed(Message::text(frame)).await?;
            }
            open.socket.flush().await
        };
        match timeout(self.patience.stall, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(gone()),
        }
    }

    /// The next frame, read. Safe to drop.
    async fn receive(&mut self) -> Result<Vec<Heard>, ProviderError> {
        let engine = self.wire.engine();
        let gone = |what: &str| unavailable(engine, what.to_owned());
        let open = self
            .open
            .as_mut()
            .ok_or_else(|| gone("the connection broke"))?;
        let received = open.socket.next().await;
        let now = Instant::now();
        open.pinged = false;
        match received {
            Some(Ok(Message::Text(text))) => Ok(self.wire.receive(Frame::Text(&text), now)),
            Some(Ok(Message::Binary(bytes))) => Ok(self.wire.receive(Frame::Binary(&bytes), now)),
            Some(Ok(Message::Close(Some(close)))) => Err(fault(
                engine,
                Some(u16::from(close.code).into()),
                &close.reason,
            )),
            Some(Ok(Message::Close(None))) | None => Err(gone("it closed the connection")),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Vec::new()),
            Some(Err(_)) => Err(gone("the connection broke")),
        }
    }

    /// Opens anew what the vendor closed while nothing was said, so that the next sentence need
    /// not wait for it.
    async fn reopen(&mut self) {
        let lasted = self.open.take().map(|open| open.since.elapsed());
        self.unused += 1;
        if lasted >= Some(LASTING) && self.unused <= UNUSED {
            // If this fails, the next sentence tries again and says why it cannot be spoken.
            let _ = self.connect().await;
        }
    }

    async fn look_after(&mut self) {
        let frames = self.wire.idle(Instant::now());
        let told = self.send(frames).await.is_ok();
        let Some(open) = &mut self.open else { return };
        let answered = !std::mem::replace(&mut open.pinged, true);
        let ping = open.socket.send(Message::Ping(Vec::new().into()));
        let pinged = timeout(self.patience.stall, ping).await;
        if !told || !answered || !matches!(pinged, Ok(Ok(()))) {
            self.reopen().await;
        }
    }
}

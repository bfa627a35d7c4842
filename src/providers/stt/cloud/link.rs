//! One connection to a vendor: its socket and its wire, opened and closed as the vendor wants it.

use std::time::Duration;

use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::wire::{RATE, Said, Vendor, Wire, closed};
use crate::calls::{Amount, Kind, OpenCall};
use crate::disclosure::VoiceMeter;
use crate::providers::line::Line;
use crate::providers::socket::{Socket, unavailable};
use crate::providers::spares::Spare;
use crate::providers::stt::ListenRequest;
use crate::providers::{EngineInfo, ProviderError};

/// A vendor that takes nothing for so long is gone.
const TAKES: Duration = Duration::from_secs(2);

/// A connection that stands.
pub(super) struct Link {
    socket: Socket,
    wire: Box<dyn Wire>,
    engine: &'static str,
    /// Messages on their way.
    out: Vec<Message>,
    /// What the session learns of it.
    call: OpenCall,
    /// Tells of the voices that leave with it.
    meter: VoiceMeter,
    /// Samples of sound that were sent.
    sent: u64,
}

impl Link {
    /// Connects, over a line that stands if there is one, and waits until the vendor is ready if it
    /// says so.
    ///
    /// # Errors
    /// What the vendor says, or that it does not answer.
    pub async fn open(
        vendor: &dyn Vendor,
        request: &ListenRequest,
        line: Option<Line>,
    ) -> Result<Self, ProviderError> {
        let dial = vendor.dial(request);
        let after = dial.within;
        let engine = dial.engine;
        let model = vendor.model(request);
        let mut call = request.witness.call(Kind::Stt, engine, Some(&model));
        let opened = timeout(after, async {
            let socket = match line {
                Some(line) => dial.connect_over(line).await?,
                None => dial.connect().await?,
            };
            let wire = vendor.wire(request)?;
            let mut link = Self {
                socket,
                wire,
                engine,
                out: Vec::new(),
                call: OpenCall::untold(),
                meter: meter(vendor, request),
                sent: 0,
            };
            link.wire.greet(&mut link.out);
            link.send_all().await?;
            let mut said = Vec::new();
            while vendor.habits().greets && !said.contains(&Said::Ready) {
                link.next(&mut said).await?;
            }
            Ok(link)
        });
        let opened = opened.await.unwrap_or_else(|_| {
            let engine = engine.to_owned();
            Err(ProviderError::TimedOut { engine, after })
        });
        match opened {
            Ok(link) => {
                call.connected();
                Ok(Self { call, ..link })
            }
            Err(error) => {
                call.fail(error.kind());
                Err(error)
            }
        }
    }

    /// It is of no use any more.
    pub fn broke(self, error: &ProviderError) {
        self.call.fail(error.kind());
    }

    /// The session is over. What the vendor still says is not waited for on record.
    pub fn complete(&mut self) {
        self.meter.tell();
        std::mem::replace(&mut self.call, OpenCall::untold()).complete();
    }

    /// The session that asks for this takes it over, and learns of it from here on.
    pub fn serves(&mut self, vendor: &dyn Vendor, request: &ListenRequest) {
        let model = vendor.model(request);
        let mut call = request.witness.call(Kind::Stt, self.engine, Some(&model));
        call.connected();
        self.call = call;
        self.meter = meter(vendor, request);
    }

    /// Whether it can still be used, as far as is known on this side. For a connection on which no
    /// session has said anything: what the vendor says on it is lost.
    pub fn stands(&mut self) -> bool {
        loop {
            match self.next(&mut Vec::new()).now_or_never() {
                Some(Ok(())) => {}
                heard => return heard.is_none(),
            }
        }
    }

    /// Waits for the vendor's next message and adds what it says, which may be nothing.
    ///
    /// # Errors
    /// What went wrong, if the connection is of no use any more.
    pub async fn next(&mut self, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        let read = self.read(said).await;
        let has_words =
            |said: &Said| matches!(said, Said::Words { words, .. } if !words.is_empty());
        if said.iter().any(has_words) {
            self.call.answered();
        }
        read
    }

    async fn read(&mut self, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => self.wire.read(&text, said),
            // Vendors speak in text; a binary frame that holds text is read all the same.
            Some(Ok(Message::Binary(bytes))) => match std::str::from_utf8(&bytes) {
                Ok(text) => self.wire.read(text, said),
                Err(_) => Ok(()),
            },
            Some(Ok(Message::Close(frame))) => {
                let frame = frame.map(|frame| (frame.code.into(), frame.reason));
                let (code, reason) = frame.unwrap_or((1005, Utf8Bytes::default()));
                let known = self.wire.closed(code);
                Err(known.unwrap_or_else(|| closed(self.engine, code, &reason)))
            }
            Some(Ok(Message::Pong(number))) => {
                let number = number.as_ref().try_into().map(u64::from_be_bytes);
                said.extend(number.map(Said::Alive));
                Ok(())
            }
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(unavailable(
                self.engine,
                "the connection broke off".to_owned(),
            )),
        }
    }

    /// Sends sound of the session.
    ///
    /// # Errors
    /// If the connection is gone. So do the others.
    pub async fn audio(&mut self, samples: &[i16]) -> Result<(), ProviderError> {
        self.meter.count(samples.len());
        self.sound(samples).await
    }

    /// Sends silence that is nobody's.
    pub async fn silence(&mut self, samples: usize) -> Result<(), ProviderError> {
        self.sound(&vec![0; samples]).await
    }

    async fn sound(&mut self, samples: &[i16]) -> Result<(), ProviderError> {
        let ms = |samples| samples * 1000 / u64::from(RATE);
        let before = self.sent;
        self.sent += samples.len() as u64;
        self.call.used(Amount {
            audio_ms: Some(ms(self.sent) - ms(before)),
            ..Amount::default()
        });
        self.wire.audio(samples, &mut self.out);
        self.send_all().await
    }

    /// Asks for final words, and for a sign of life.
    pub async fn flush(&mut self, ping: u64) -> Result<(), ProviderError> {
        self.wire.flush(&mut self.out);
        self.ping(ping).await
    }

    /// Gives up the sound since the last flush. Whether it was given up rather than flushed.
    pub async fn forget(&mut self) -> Result<bool, ProviderError> {
        let can = self.wire.forget(&mut self.out);
        if !can {
            self.wire.flush(&mut self.out);
        }
        self.send_all().await.map(|()| can)
    }

    /// Says that the session is still there.
    pub async fn keep_alive(&mut self) -> Result<(), ProviderError> {
        self.wire.keep_alive(&mut self.out);
        self.send_all().await
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self, number: u64) -> Result<(), ProviderError> {
        let number = Bytes::copy_from_slice(&number.to_be_bytes());
        self.out.push(Message::Ping(number));
        self.send_all().await
    }

    /// Says that the session is over, so that it costs nothing any more. What the vendor still
    /// has to say comes as before.
    pub async fn finish(&mut self) -> Result<(), ProviderError> {
        self.wire.finish(&mut self.out);
        if self.out.is_empty() {
            self.out.push(Message::Close(None));
        }
        self.send_all().await
    }

    /// Closes the connection, waiting for the other side for a moment.
    pub async fn close(self) {
        Spare::close(self.socket).await;
    }

    async fn send_all(&mut self) -> Result<(), ProviderError> {
        let socket = &mut self.socket;
        let sending = async {
            for message in self.out.drain(..) {
                socket.feed(message).await?;
            }
            socket.flush().await
        };
        match timeout(TAKES, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(unavailable(
                self.engine,
                "the connection broke off".to_owned(),
            )),
            Err(_) => Err(ProviderError::TimedOut {
                engine: self.engine.to_owned(),
                after: TAKES,
            }),
        }
    }
}

/// Nothing was sent yet of the voice of the session that asks for this.
fn meter(vendor: &dyn Vendor, request: &ListenRequest) -> VoiceMeter {
    let EngineInfo {
        name, processor, ..
    } = vendor.info();
    VoiceMeter::new(request.witness.clone(), processor, name, RATE)
}

//! A session over WebSocket that costs little: no task, no decoding, messages that are shared.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::frame::{CLOSE, Message, PING, PONG, Reader, TEXT, client_frame, text_frame};
use super::target::Target;
use crate::BenchError;

/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// A server that leaves so much unread does not read.
const UNREAD: usize = 1 << 20;
/// The longest answer to an upgrade.
const HEAD: usize = 16 * 1024;

/// A connected socket.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    reader: Reader,
    /// What could not be written yet.
    waiting: Vec<u8>,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Socket {
    /// Connects. Blocks until the server has agreed.
    ///
    /// # Errors
    /// If it cannot be reached or refuses.
    pub fn connect(target: &Target) -> Result<Self, BenchError> {
        let connected = std::net::TcpStream::connect_timeout(&target.address()?, PATIENCE);
        let mut stream = connected.map_err(BenchError::connection)?;
        let quick = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        quick.map_err(BenchError::connection)?;
        let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
        let head = target.upgrade(&nonce);
        let (stream, rest) = if target.secure() {
            let name = rustls::pki_types::ServerName::try_from(target.host().to_owned());
            let name = name.map_err(BenchError::connection)?;
            let tls = ClientConnection::new(tls()?, name).map_err(BenchError::connection)?;
            let mut secured = StreamOwned::new(tls, stream);
            let rest = upgrade(&mut secured, &head)?;
            let StreamOwned { conn, sock } = secured;
            let sock = unblocked(sock)?;
            (Stream::Tls(Box::new(StreamOwned::new(conn, sock))), rest)
        } else {
            let rest = upgrade(&mut stream, &head)?;
            (Stream::Plain(unblocked(stream)?), rest)
        };
        let mut reader = Reader::default();
        reader.push(&rest);
        Ok(Self {
            stream,
            reader,
            waiting: Vec::new(),
        })
    }

    /// Has `registry` tell when there is something to read or room to write.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let stream = match &mut self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &mut stream.sock,
        };
        registry.register(stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Writes a whole frame, now or when there is room.
    ///
    /// # Errors
    /// If the connection is gone, or the server does not read.
    pub fn send(&mut self, frame: &[u8]) -> Result<(), BenchError> {
        self.flush()?;
        let mut frame = frame;
        if self.waiting.is_empty() {
            match self.stream.write(frame) {
                Ok(written) => frame = frame.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(BenchError::connection(error)),
            }
        }
        self.waiting.extend_from_slice(frame);
        if self.waiting.len() > UNREAD {
            return Err(BenchError::connection("the server does not read"));
        }
        Ok(())
    }

    /// Writes an event.
    ///
    /// # Errors
    /// As [`Socket::send`].
    pub fn tell(&mut self, event: &str) -> Result<(), BenchError> {
        self.send(&text_frame(event))
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        // The connection may be gone already.
        let _ = self.send(&client_frame(CLOSE, &1000u16.to_be_bytes()));
    }

    /// Writes what is waiting, as far as there is room.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn flush(&mut self) -> Result<(), BenchError> {
        while !self.waiting.is_empty() {
            match self.stream.write(&self.waiting) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(BenchError::connection(error)),
            }
        }
        Ok(())
    }

    /// Reads all there is.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn read(&mut self, mut heard: impl FnMut(&str)) -> Result<(), BenchError> {
        let mut bytes = [0; 16 * 1024];
        loop {
            while let Some(Message { opcode, payload }) =
                self.reader.message().map_err(BenchError::connection)?
            {
                match opcode {
                    TEXT => heard(std::str::from_utf8(&payload).unwrap_or_default()),
                    PING => self.send(&client_frame(PONG, &payload))?,
                    CLOSE => return Err(BenchError::connection("the server closed it")),
                    _ => {}
                }
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(BenchError::connection("it ended")),
                Ok(read) => self.reader.push(&bytes[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(BenchError::connection(error)),
            }
        }
    }
}

impl Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => {
                let written = stream.write(bytes)?;
                match stream.flush() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ => Ok(written),
                }
            }
        }
    }
}

/// Asks for the upgrade; what came after the answer.
fn upgrade(stream: &mut (impl io::Read + io::Write), head: &str) -> Result<Vec<u8>, BenchError> {
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.flush())
        .map_err(BenchError::connection)?;
    let (mut answer, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = answer.split_off(end + 4);
            let status = answer.split(|byte| *byte == b'\r').next();
            let status = String::from_utf8_lossy(status.unwrap_or_default());
            if status.split(' ').nth(1) == Some("101") {
                return Ok(rest);
            }
            return Err(BenchError::Server(format!("refused a session: {status}")));
        }
        let read = stream.read(&mut bytes).map_err(BenchError::connection)?;
        if read == 0 || answer.len() > HEAD {
            return Err(BenchError::connection("no answer to the upgrade"));
        }
        answer.extend_from_slice(&bytes[..read]);
    }
}

fn unblocked(stream: std::net::TcpStream) -> Result<TcpStream, BenchError> {
    stream
        .set_nonblocking(true)
        .map_err(BenchError::connection)?;
    Ok(TcpStream::from_std(stream))
}

fn tls() -> Result<Arc<ClientConfig>, BenchError> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(BenchError::connection)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

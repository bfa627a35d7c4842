//! Vendors of voices, stood in for on real sockets: each speaks its wire as its documentation and
//! its own client have it, and does what a test tells it to do wrong.

pub mod cartesia;
pub mod deepgram;
pub mod elevenlabs;
pub mod openai;

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// Samples of a character at 24 kHz.
pub const STEP: usize = 960;

/// Characters of a chunk.
const CHUNK: usize = 5;

/// From one chunk to the next.
const TICK: Duration = Duration::from_millis(2);

/// The same where sound drips, so slowly that it might be over.
const DRIP: Duration = Duration::from_millis(400);

/// What goes wrong on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The handshake, or the request, is refused with this status and name.
    Refuses(u16, &'static str),
    /// The first sentence is answered by an error of this name and number.
    Fails(u16, &'static str),
    /// The connection breaks after so many chunks.
    Cuts(usize),
    /// Nothing comes after so many chunks, and the connection stays.
    Stalls(usize),
    /// Words have no times.
    Timeless,
    /// Samples are cut in two.
    Odd,
    /// A sentence's end has no mark.
    Endless,
    /// Nonsense comes before everything.
    Garbage,
    /// Sound comes slowly.
    Drips,
    /// Sentences end without a sound.
    Mute,
    /// A request is answered with a body of this type, whatever was asked for.
    Answers(&'static str, &'static [u8]),
    /// The handshake is answered after so many milliseconds.
    Slow(u64),
}

impl Fault {
    /// From one chunk to the next.
    fn tick(self) -> Duration {
        match self {
            Self::Drips => DRIP,
            _ => TICK,
        }
    }
}

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    /// Connections that are gone.
    pub gone: usize,
    /// Path and query of every connection or request, with its authorization.
    pub calls: Vec<(String, String)>,
    /// What was to be spoken.
    pub texts: Vec<String>,
    /// Names of the contexts that the texts were in.
    pub contexts: Vec<String>,
    /// What was taken back.
    pub cancelled: usize,
    /// Characters that are to be paid for.
    pub billed: usize,
    /// What a vendor would have refused.
    pub complaints: Vec<String>,
    /// Messages and bodies as they came.
    pub bodies: Vec<Value>,
}

/// A stand-in. Dropping it ends it and its connections.
pub struct Server {
    pub address: SocketAddr,
    pub seen: watch::Receiver<Seen>,
    _task: JoinSet<()>,
}

impl Server {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until what has happened is as it should be.
    pub async fn until(&self, wanted: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.clone();
        let waiting = seen.wait_for(wanted);
        let reached = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        reached.expect("it never happened").unwrap().clone()
    }
}

/// A vendor's side of one connection.
pub trait Wire: Default + Send + 'static {
    /// It is called at this path and query.
    fn called(&mut self, _path: &str) {}

    /// What is said first, asked for nothing.
    fn greeting(&self) -> Option<Value> {
        None
    }

    /// Reads a message.
    fn receive(&mut self, message: Value, fault: Fault, seen: &mut Seen) -> Vec<Out>;

    /// The next chunk, and what follows it.
    fn speak(&mut self, fault: Fault, seen: &mut Seen) -> Vec<Out>;

    /// Whether it has something to speak.
    fn is_speaking(&self) -> bool;

    /// Its form of an error.
    fn error(name: &str, number: u16) -> Option<Value>;
}

/// What a vendor does.
#[derive(Clone, Debug)]
pub enum Out {
    Text(Value),
    /// The mark of a sentence's end.
    End(Value),
    Sound(Vec<u8>),
    Close(u16, &'static str),
}

/// Starts a vendor, whose connections have these faults in turn; the last is repeated.
pub async fn start<W: Wire>(faults: impl IntoIterator<Item = Fault>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, seen) = watch::channel(Seen::default());
    let sender = Arc::new(sender);
    let faults: Arc<Mutex<VecDeque<Fault>>> = Arc::new(Mutex::new(faults.into_iter().collect()));
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (sender, fault) = (sender.clone(), next(&faults));
            connections.spawn(async move {
                sender.send_modify(|seen| seen.connections += 1);
                serve::<W>(stream, fault, &sender).await;
                sender.send_modify(|seen| seen.gone += 1);
            });
        }
    });
    Server {
        address,
        seen,
        _task: task,
    }
}

/// The next fault.
fn next(faults: &Mutex<VecDeque<Fault>>) -> Fault {
    let mut faults = faults.lock().unwrap();
    match faults.len() {
        0 => Fault::None,
        1 => faults[0],
        _ => faults.pop_front().unwrap(),
    }
}

#[expect(clippy::result_large_err, reason = "the handshake's own type")]
async fn serve<W: Wire>(stream: TcpStream, fault: Fault, sender: &watch::Sender<Seen>) {
    stream.set_nodelay(true).unwrap();
    if let Fault::Slow(ms) = fault {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    let mut path = String::new();
    let greet = |request: &Request, response: Response| {
        path = request.uri().to_string();
        let header = |name| {
            request
                .headers()
                .get(name)?
                .to_str()
                .ok()
                .map(str::to_owned)
        };
        let key = header("authorization").or(header("xi-api-key"));
        let call = (path.clone(), key.unwrap_or_default());
        sender.send_modify(|seen| seen.calls.push(call));
        match fault {
            Fault::Refuses(status, name) => {
                let mut refusal = ErrorResponse::new(Some(format!("{{\"error\":\"{name}\"}}")));
                *refusal.status_mut() = status.try_into().unwrap();
                let name = name.parse().unwrap();
                refusal.headers_mut().insert("dg-error", name);
                Err(refusal)
            }
            _ => Ok(response),
        }
    };
    let Ok(mut socket) = accept_hdr_async(stream, greet).await else {
        return;
    };
    let (mut wire, mut chunks) = (W::default(), 0);
    wire.called(&path);
    if let Some(greeting) = wire.greeting() {
        // Who has gone is noticed below.
        let _ = socket.send(Message::text(greeting.to_string())).await;
    }
    loop {
        let stalls = matches!(fault, Fault::Stalls(after) if chunks >= after);
        let outs = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    let mut outs = Vec::new();
                    sender.send_modify(|seen| {
                        seen.bodies.push(message.clone());
                        outs = wire.receive(message, fault, seen);
                    });
                    if let (Fault::Fails(number, name), true) = (fault, wire.is_speaking()) {
                        outs = W::error(name, number).map(Out::Text).into_iter().collect();
                        outs.push(Out::Close(number, name));
                    }
                    outs
                }
                Some(Ok(Message::Close(_))) => {
                    // Its own close is on the way to be answered.
                    let _ = socket.flush().await;
                    return;
                }
                Some(Err(_)) | None => return,
                Some(Ok(_)) => Vec::new(),
            },
            () = tokio::time::sleep(fault.tick()), if wire.is_speaking() && !stalls => {
                let mut outs = Vec::new();
                sender.send_modify(|seen| outs = wire.speak(fault, seen));
                chunks += 1;
                outs
            }
        };
        for out in outs {
            if fault == Fault::Garbage {
                for text in [
                    "",
                    "no json",
                    "{}",
                    "[1]",
                    r#"{"type":7,"audio":[]}"#,
                    r#"{"type":"News"}"#,
                ] {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
            }
            let message = match out {
                Out::End(_) if fault == Fault::Endless => continue,
                Out::Text(value) | Out::End(value) => Message::text(value.to_string()),
                Out::Sound(bytes) => Message::binary(bytes),
                Out::Close(code, reason) => Message::Close(Some(CloseFrame {
                    code: code.into(),
                    reason: reason.into(),
                })),
            };
            if socket.send(message).await.is_err() {
                return;
            }
        }
        if matches!(fault, Fault::Cuts(after) if chunks >= after) {
            return;
        }
    }
}

/// Something being spoken, character by character.
#[derive(Debug)]
pub struct Speech {
    chars: VecDeque<char>,
    made: usize,
    odd: Option<u8>,
}

impl Speech {
    pub fn of(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            made: 0,
            odd: None,
        }
    }

    pub fn is_over(&self) -> bool {
        self.chars.is_empty()
    }

    /// The next chunk: its characters, the sample it begins with and its samples as bytes.
    pub fn chunk(&mut self, fault: Fault) -> (Vec<char>, usize, Vec<u8>) {
        if fault == Fault::Mute {
            self.chars.clear();
        }
        let many = CHUNK.min(self.chars.len());
        let chars: Vec<_> = self.chars.drain(..many).collect();
        let (from, to) = (self.made, self.made + many * STEP);
        self.made = to;
        let mut bytes: Vec<_> = self.odd.take().into_iter().collect();
        bytes.extend((from..to).flat_map(|at| tone(at).to_le_bytes()));
        if fault == Fault::Odd && !self.is_over() {
            self.odd = bytes.pop();
        }
        (chars, from, bytes)
    }
}

/// A tone of −20 dBFS.
pub fn tone(at: usize) -> i16 {
    (4634.0 * (TAU * (at % 100) as f32 / 100.0).sin()) as i16
}

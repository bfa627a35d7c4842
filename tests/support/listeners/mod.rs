//! Vendors of speech recognition, stood in for on real sockets: each speaks its vendor's wire, and
//! fails as a test tells it to.
//!
//! What they understand can be foretold: every stretch of sound is a word that names how loud it
//! is (`w37` for a peak of 3700), at the time where it stands. The key is [`KEY`].

mod assemblyai;
mod deepgram;
mod ear;
mod elevenlabs;
mod flux;
mod openai;
mod talk;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;

/// The key that all of them take.
pub const KEY: &str = "letters";

/// Whose wire it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    AssemblyAi,
    Deepgram,
    Flux,
    ElevenLabs,
    OpenAi,
}

/// What goes wrong on a connection.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// The handshake is refused with this status and header.
    pub refuses: Option<(u16, &'static str, &'static str)>,
    /// After so much sound the connection is closed with this code; cut, if there is none.
    pub ends: Option<(Duration, Option<u16>)>,
    /// After so much sound nothing is read or said any more, but the connection stands.
    pub hangs: Option<Duration>,
    /// How long it takes until it answers the handshake.
    pub slow: Duration,
    /// It closes instead of answering the handshake.
    pub shuts: bool,
    /// How late everything is said.
    pub late: Duration,
    /// Between its messages stands what no vendor says.
    pub garbage: bool,
    /// It never stops saying what no vendor says.
    pub floods: bool,
    /// It does not answer when asked for final words.
    pub answers_nothing: bool,
    /// It takes sound and answers signs of life, and says nothing of what it hears.
    pub mute: bool,
    /// How late it says what it hears, while it answers signs of life at once.
    pub lags: Duration,
    /// It never says that it is ready.
    pub greets_nobody: bool,
}

/// What a connection saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Path and query.
    pub path: String,
    pub headers: HashMap<String, String>,
    /// Text messages.
    pub texts: Vec<Value>,
    /// Milliseconds of sound, message by message.
    pub sound: Vec<f64>,
    /// How it ended: the client's close, or `None` if it broke off.
    pub closed: Option<bool>,
}

impl Seen {
    /// How many text messages have this value under `type` or `message_type`.
    pub fn count(&self, kind: &str) -> usize {
        let of = |text: &Value| text["type"] == kind || text["message_type"] == kind;
        self.texts.iter().filter(|text| of(text)).count()
    }
}

/// What a vendor does about a message.
enum Reply {
    Say(Value),
    Close(u16),
}

/// One connection's side of a wire, without the socket.
trait Wire: Send {
    /// The connection stands.
    fn open(&mut self) -> Vec<Reply> {
        Vec::new()
    }

    /// A text message came.
    fn text(&mut self, message: &Value) -> Vec<Reply>;

    /// Sound came as it is.
    fn binary(&mut self, _: &[u8]) -> Vec<Reply> {
        vec![Reply::Close(1003)]
    }

    /// Milliseconds of sound so far.
    fn heard(&self) -> f64;
}

/// A vendor that listens on this machine, for as long as it is kept.
pub struct Listener {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    faults: HashMap<usize, Fault>,
    usual: Fault,
}

impl Listener {
    pub async fn start(vendor: Vendor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(vendor, stream, shared.clone()));
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    /// Where it is, as it stands in a configuration.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What goes wrong on the connection with this number, from 0.
    pub fn fault(&self, connection: usize, fault: Fault) {
        self.state.lock().unwrap().faults.insert(connection, fault);
    }

    /// What goes wrong on every other.
    pub fn always(&self, fault: Fault) {
        self.state.lock().unwrap().usual = fault;
    }

    /// What every connection saw, in their order.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// The same once every connection has ended.
    pub async fn ended(&self) -> Vec<Seen> {
        let ended = |seen: &[Seen]| seen.iter().all(|seen| seen.closed.is_some());
        self.until("a connection stands", ended).await
    }

    /// The same once it is as it should be; `otherwise` is what is wrong if it never is.
    pub async fn until(&self, otherwise: &str, wanted: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let reached = async {
            loop {
                let seen = self.seen();
                if wanted(&seen) {
                    return seen;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let reached = timeout(Duration::from_secs(30), reached).await;
        reached.unwrap_or_else(|_| panic!("{otherwise}: {:?}", self.seen()))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(vendor: Vendor, stream: TcpStream, state: Arc<Mutex<State>>) {
    let (number, fault) = {
        let mut state = state.lock().unwrap();
        state.seen.push(Seen::default());
        let number = state.seen.len() - 1;
        let fault = state.faults.get(&number).unwrap_or(&state.usual).clone();
        (number, fault)
    };
    sleep(fault.slow).await;
    if fault.shuts {
        drop(stream);
        state.lock().unwrap().seen[number].closed = Some(true);
        return;
    }
    let see = |change: &mut dyn FnMut(&mut Seen)| change(&mut state.lock().unwrap().seen[number]);
    let mut authorised = false;
    #[expect(clippy::result_large_err, reason = "what the handshake takes")]
    let shake = |request: &Request, response: Response| {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        see(&mut |seen| {
            seen.path = request.uri().to_string();
            let names = request
                .headers()
                .keys()
                .map(|name| name.as_str().to_owned());
            seen.headers = names
                .filter_map(|name| Some((name.clone(), header(&name)?)))
                .collect();
        });
        let (name, key) = match vendor {
            Vendor::AssemblyAi => ("authorization", KEY.to_owned()),
            Vendor::Deepgram | Vendor::Flux => ("authorization", format!("Token {KEY}")),
            Vendor::ElevenLabs => ("xi-api-key", KEY.to_owned()),
            Vendor::OpenAi => ("authorization", format!("Bearer {KEY}")),
        };
        authorised = header(name) == Some(key);
        // AssemblyAI takes everybody in, and then says who may not stay.
        let unknown = !authorised && vendor != Vendor::AssemblyAi;
        match fault
            .refuses
            .or(unknown.then_some((401, "dg-error", "INVALID_AUTH")))
        {
            None => Ok(response),
            Some((status, name, value)) => {
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = StatusCode::from_u16(status).unwrap();
                refusal.headers_mut().insert(name, value.parse().unwrap());
                Err(refusal)
            }
        }
    };
    let socket = tokio_tungstenite::accept_hdr_async(stream, shake).await;
    let polite = match socket {
        Err(_) => true,
        Ok(mut socket) => {
            let path = state.lock().unwrap().seen[number].path.clone();
            let mut wire: Box<dyn Wire> = match vendor {
                Vendor::AssemblyAi => Box::new(assemblyai::Turns::new(&path, authorised)),
                Vendor::Deepgram => Box::new(deepgram::Results::new(&path)),
                Vendor::Flux => Box::new(flux::Turns::new(&path)),
                Vendor::ElevenLabs => Box::new(elevenlabs::Commits::new(&path)),
                Vendor::OpenAi => Box::new(openai::Items::new(&path)),
            };
            talk::talk(&mut socket, &mut *wire, &fault, &see).await
        }
    };
    see(&mut |seen| seen.closed = Some(polite));
}

//! A vendor of streamed answers, stood in for on a real socket: it says byte for byte what a test
//! tells it to, and when.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the server does after it has read a request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub script: Vec<Step>,
}

/// One thing that it does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes of the body as a piece of its own.
    Send(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Says nothing more, but keeps the connection, until the client goes.
    Hang,
    /// Cuts the connection in the middle of the body.
    Cut,
}

impl Reply {
    /// A stream of events in pieces, ended properly.
    pub fn stream<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let send = |piece: P| Step::Send(piece.as_ref().to_vec());
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream".to_owned())],
            script: pieces.into_iter().map(send).collect(),
        }
    }

    /// A response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            script: vec![Step::Send(body.to_string().into_bytes())],
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn then(mut self, step: Step) -> Self {
        self.script.push(step);
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: Value,
}

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub requests: Vec<Request>,
    /// Responses during which the client went away.
    pub abandoned: usize,
}

/// The server. Dropping it ends it and its connections.
pub struct SseServer {
    pub address: SocketAddr,
    seen: watch::Receiver<Seen>,
    _task: JoinSet<()>,
}

impl SseServer {
    /// Answers the first request with the first reply and so on; the last is repeated.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = watch::channel(Seen::default());
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        let state = Arc::new(State {
            replies: Mutex::new(replies),
            seen: sender,
        });
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                state.seen.send_modify(|seen| seen.connections += 1);
                connections.spawn(serve(stream, Arc::clone(&state)));
            }
        });
        Self {
            address,
            seen,
            _task: task,
        }
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

struct State {
    replies: Mutex<Vec<Reply>>,
    seen: watch::Sender<Seen>,
}

impl State {
    fn next(&self) -> Reply {
        let mut replies = self.replies.lock().unwrap();
        match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop().unwrap(),
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        // What is asked ahead to open the connection takes no reply from the test's own.
        let reply = match request.line.starts_with("GET /v1/models ") {
            true => Reply::json(200, &serde_json::json!({"object": "list", "data": []})),
            false => state.next(),
        };
        state.seen.send_modify(|seen| seen.requests.push(request));
        match answer(&mut stream, &reply).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                state.seen.send_modify(|seen| seen.abandoned += 1);
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let line = lines.next().unwrap().to_owned();
            let headers: HashMap<_, _> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length");
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            let all = end + 4 + length;
            if buffer.len() >= all {
                let body = serde_json::from_slice(&buffer[end + 4..all]).unwrap_or_default();
                buffer.drain(..all);
                return Some(Request {
                    line,
                    headers,
                    body,
                });
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Plays a reply. Whether the connection can be used again, or the error that the client left.
async fn answer(stream: &mut TcpStream, reply: &Reply) -> std::io::Result<bool> {
    let mut head = format!(
        "HTTP/1.1 {} Scripted\r\ntransfer-encoding: chunked\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    for step in &reply.script {
        match step {
            Step::Send(bytes) => {
                let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
                chunk.extend_from_slice(bytes);
                chunk.extend_from_slice(b"\r\n");
                stream.write_all(&chunk).await?;
            }
            Step::Wait(time) => {
                // The client's leaving is noticed while waiting, too.
                tokio::select! {
                    () = tokio::time::sleep(*time) => {}
                    gone = gone(stream) => return gone,
                }
            }
            Step::Hang => return gone(stream).await,
            Step::Cut => return Ok(false),
        }
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(true)
}

/// Ends with an error when the client closes.
async fn gone(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut byte = [0];
    while stream.read(&mut byte).await? > 0 {}
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

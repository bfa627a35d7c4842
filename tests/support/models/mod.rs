//! Vendors of language models, stood in for: each behaves in one of these ways on its own wire.

use std::time::Duration;

use serde_json::Value;

use crate::sse_server::{Reply, Request, Step};

pub mod anthropic;
pub mod chat;
pub mod responses;

/// What a vendor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Answers [`GREETING`] in pieces of one byte.
    DripsBytes,
    /// Answers [`GREETING`], word by word and slowly.
    DripsSlowly,
    /// Answers "Well" and then waits for ever.
    FallsSilent,
    /// Accepts, and never says a word.
    NeverAnswers,
    /// Sends comments or pings for ever, without a token.
    OnlyPings,
    /// Answers "Well" and closes in good order, without saying that it is done.
    EndsTooEarly,
    /// Answers "Well" and cuts the connection.
    CutsOff,
    /// Answers "Well" and then sends what is not its protocol.
    TurnsToGarbage,
    /// Answers "Well" and then an error of its own making.
    FailsInside,
    /// Sends one event that never ends.
    NeverEndsAnEvent,
    /// Is asked too often: come back in two seconds.
    Limits,
    /// Wants money first.
    WantsMoney,
    /// Does not know the key.
    KnowsNoKey,
    /// Is broken.
    IsBroken,
    /// Answers "Well" up to the longest length.
    ReachesTheLength,
    /// Withholds its answer.
    Withholds,
    /// Calls `look` with [`ARGUMENTS`] as `call_1`, the arguments byte by byte.
    Calls,
}

/// An answer of letters of every length.
pub const GREETING: [&str; 3] = ["Grüß ", "dich, ", "世界!"];

/// Arguments of a call.
pub const ARGUMENTS: &str = r#"{"at":"é"}"#;

/// Between the pieces of an answer that drips slowly.
const SLOWLY: Duration = Duration::from_millis(150);

/// How a vendor puts an answer: events before the first piece, the pieces, events after the last.
struct Wire {
    before: Vec<String>,
    pieces: Vec<String>,
    after: Vec<String>,
    /// What keeps the connection alive.
    ping: &'static str,
    /// An event that tells of an error.
    error: String,
}

impl Wire {
    /// The first piece of an answer alone.
    fn begun(&self) -> Reply {
        Reply::stream(self.before.iter().chain(&self.pieces[..1]))
    }

    /// What any vendor does on its own wire, unless a status or another answer is asked for.
    fn reply(&self, vendor: Vendor) -> Option<Reply> {
        Some(match vendor {
            Vendor::DripsBytes => {
                let all = [&self.before[..], &self.pieces, &self.after]
                    .concat()
                    .concat();
                let all = format!("{}{all}", self.ping).replace('\n', "\r\n");
                Reply::stream(all.as_bytes().chunks(1))
            }
            Vendor::DripsSlowly => {
                let mut reply = Reply::stream(&self.before);
                for piece in self.pieces.iter().chain(&self.after) {
                    reply.script.push(Step::Wait(SLOWLY));
                    reply.script.push(Step::Send(piece.clone().into_bytes()));
                }
                reply
            }
            Vendor::FallsSilent => self.begun().then(Step::Hang),
            Vendor::NeverAnswers => Reply::stream::<&str>([]).then(Step::Hang),
            Vendor::OnlyPings => {
                let mut reply = Reply::stream(&self.before);
                for _ in 0..200 {
                    reply.script.push(Step::Send(self.ping.as_bytes().to_vec()));
                    reply.script.push(Step::Wait(Duration::from_millis(40)));
                }
                reply
            }
            Vendor::EndsTooEarly => self.begun(),
            Vendor::CutsOff => self.begun().then(Step::Cut),
            Vendor::TurnsToGarbage => self.begun().then(Step::Send(b"data: <html>\n\n".to_vec())),
            Vendor::FailsInside => {
                let error = Step::Send(self.error.clone().into_bytes());
                self.begun().then(error)
            }
            Vendor::NeverEndsAnEvent => Reply::stream((0..2000).map(|_| [b'x'; 1000])),
            _ => return None,
        })
    }
}

/// What a vendor would have refused in a request: another line than its own, or another key.
fn complaint(request: &Request, path: &str) -> Option<String> {
    let line = format!("POST {path} HTTP/1.1");
    let key = request.headers.get("authorization");
    let taken = request.line == line && key.is_some_and(|key| key == "Bearer letters");
    (!taken).then(|| format!("{}, not {line} with its key", request.line))
}

/// An event with a name.
fn named(data: &Value) -> String {
    let name = data["type"].as_str().unwrap();
    format!("event: {name}\ndata: {data}\n\n")
}

/// The pieces of the arguments of a call.
fn letters() -> impl Iterator<Item = String> {
    ARGUMENTS.chars().map(String::from)
}

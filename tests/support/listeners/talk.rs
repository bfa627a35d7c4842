//! The conversation of a stand-in with its client over a socket, and what goes wrong in it.

use std::time::Duration;

use std::collections::VecDeque;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::{Fault, Reply, Seen, Wire};

/// Talks until the connection ends. Whether the client closed it as it should, or was told to go.
pub(super) async fn talk(
    socket: &mut WebSocketStream<TcpStream>,
    wire: &mut dyn Wire,
    fault: &Fault,
    see: &impl Fn(&mut dyn FnMut(&mut Seen)),
) -> bool {
    if !fault.greets_nobody && !say(socket, wire.open(), fault).await {
        return true;
    }
    let mut lagging: VecDeque<(Instant, Vec<Reply>)> = VecDeque::new();
    loop {
        let heard = wire.heard();
        let reached = |at: Duration| heard >= at.as_secs_f64() * 1000.0;
        if fault.hangs.is_some_and(reached) {
            std::future::pending::<()>().await;
        }
        match fault.ends {
            Some((at, None)) if reached(at) => return false,
            Some((at, Some(code))) if reached(at) => {
                say(socket, vec![Reply::Close(code)], fault).await;
                return true;
            }
            _ => {}
        }
        let before = wire.heard();
        let due = lagging.front().map(|(due, _)| *due);
        let received = tokio::select! {
            received = socket.next() => received,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                let late = lagging.pop_front().map(|(_, replies)| replies);
                if !say(socket, late.unwrap_or_default(), fault).await {
                    return true;
                }
                continue;
            }
            () = yield_now(), if fault.floods => match flood(socket).await {
                true => continue,
                false => return false,
            },
        };
        let replies = match received {
            Some(Ok(Message::Text(text))) => {
                let text: Value = serde_json::from_str(&text).expect("JSON");
                let replies = wire.text(&text);
                if wire.heard() == before {
                    see(&mut |seen| seen.texts.push(text.clone()));
                }
                let asks = ["Finalize", "ForceEndpoint", "input_audio_buffer.commit"];
                let asks = asks.iter().any(|kind| text["type"] == *kind) || text["commit"] == true;
                if asks && fault.answers_nothing {
                    Vec::new()
                } else {
                    replies
                }
            }
            Some(Ok(Message::Binary(bytes))) => wire.binary(&bytes),
            Some(Ok(Message::Close(_))) => {
                // Its own close is on the way to be answered.
                let _ = socket.flush().await;
                return true;
            }
            Some(Ok(_)) => continue,
            Some(Err(_)) | None => return false,
        };
        let sound = wire.heard() - before;
        if sound > 0.0 {
            see(&mut |seen| seen.sound.push(sound));
        }
        let hears = wire.heard() > 0.0;
        if replies.is_empty() || (fault.mute && hears) {
            continue;
        }
        if hears && !fault.lags.is_zero() {
            lagging.push_back((Instant::now() + fault.lags, replies));
        } else if !say(socket, replies, fault).await {
            return true;
        }
    }
}

/// Says these things. Whether the connection stands after them.
async fn say(socket: &mut WebSocketStream<TcpStream>, replies: Vec<Reply>, fault: &Fault) -> bool {
    for reply in replies {
        sleep(fault.late).await;
        let sent = match reply {
            Reply::Say(value) => {
                if fault.garbage {
                    for text in garbage() {
                        let _ = socket.feed(Message::text(text)).await;
                    }
                    let _ = socket.feed(Message::binary(vec![0xff, 0, 0xfe])).await;
                }
                socket.send(Message::text(value.to_string())).await
            }
            Reply::Close(code) => {
                let frame = CloseFrame {
                    code: code.into(),
                    reason: "".into(),
                };
                let _ = socket.close(Some(frame)).await;
                // Until the client has closed as well.
                while let Some(Ok(_)) = socket.next().await {}
                return false;
            }
        };
        if sent.is_err() {
            return false;
        }
    }
    true
}

/// Says more than anybody asked for. Whether the connection stands after it.
async fn flood(socket: &mut WebSocketStream<TcpStream>) -> bool {
    let text = Message::text(json!({"type": "Noise", "of": "noise ".repeat(500)}).to_string());
    for _ in 0..32 {
        if socket.feed(text.clone()).await.is_err() {
            return false;
        }
    }
    socket.flush().await.is_ok()
}

/// What no vendor says, or will say one day.
fn garbage() -> Vec<String> {
    let kinds = ["Turn", "Results", "TurnInfo", "Begin2", "session.strange"];
    let mut all: Vec<String> = ["", "{", "[]", "null", "7", "\"Turn\""]
        .map(str::to_owned)
        .into();
    for kind in kinds {
        all.push(json!({"type": kind, "message_type": kind}).to_string());
        all.push(json!({"type": kind, "words": 5, "start": "x", "turn_order": -1}).to_string());
    }
    all
}

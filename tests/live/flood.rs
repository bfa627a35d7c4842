//! Clients that never stop, or never read: memory stays bounded, and others talk on.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::process::Process;
use crate::socket::Socket;

const STANDINS: [(&str, &str); 2] = [
    ("PRAXILOOM_STT_ENGINE", "standin"),
    ("PRAXILOOM_TTS_ENGINE", "standin"),
];
/// How long a client misbehaves.
const WHILE: Duration = Duration::from_secs(6);

struct Server {
    process: Process,
    url: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::serve(folder.path(), &STANDINS);
        let url = process.url().replace("http://", "ws://") + "/v1/realtime";
        Self {
            process,
            url,
            _folder: folder,
        }
    }

    /// Peak of resident memory, in MiB.
    fn peak(&self) -> u64 {
        let file = format!("/proc/{}/status", self.process.pid());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kib: u64 = line
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        kib / 1024
    }
}

/// Sends this again and again, reading only if told to. How much was sent, in MiB.
async fn flood(url: &str, message: String, read: bool) -> usize {
    let (mut sink, mut stream) = Socket::at(url).await.stream.split();
    let mut sent = 0;
    let send = async {
        while sink.send(Message::text(message.clone())).await.is_ok() {
            sent += message.len();
        }
    };
    let drain = async { while read && stream.next().await.is_some_and(|read| read.is_ok()) {} };
    let _ = timeout(WHILE, async { tokio::join!(send, drain) }).await;
    sent / 1024 / 1024
}

/// A healthy session beside it, turn after turn. The slowest turn.
async fn healthy(url: &str) -> Duration {
    let mut socket = Socket::at(url).await;
    let (began, mut slowest) = (Instant::now(), Duration::ZERO);
    while began.elapsed() < WHILE {
        let asked = Instant::now();
        socket.is_well().await;
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slowest
}

async fn bounded(name: &str, message: String, read: bool, most: u64) {
    let server = Server::start();
    Socket::at(&server.url).await.is_well().await;
    let before = server.peak();
    let (sent, slowest) = tokio::join!(flood(&server.url, message, read), healthy(&server.url));
    let grown = server.peak() - before;
    println!("{name}: {sent} MiB sent, memory grew by {grown} MiB, slowest turn {slowest:?}");
    assert!(grown <= most, "{grown} MiB");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    Socket::at(&server.url).await.is_well().await;
}

#[tokio::test]
async fn sound_without_end_in_long_messages() {
    // Ten seconds each, as fast as they are taken.
    let audio = STANDARD.encode(vec![1; 480_000]);
    let append = json!({"type": "input_audio_buffer.append", "audio": audio});
    bounded("long sound", append.to_string(), true, 64).await;
}

#[tokio::test]
async fn sound_without_end_in_the_longest_messages() {
    let audio = STANDARD.encode(vec![1; 11 * 1024 * 1024]);
    let append = json!({"type": "input_audio_buffer.append", "audio": audio});
    bounded("longest sound", append.to_string(), true, 160).await;
}

#[tokio::test]
async fn sound_without_end_in_short_messages_from_a_client_that_never_reads() {
    let audio = STANDARD.encode(vec![1; 960]);
    let append = json!({"type": "input_audio_buffer.append", "audio": audio});
    bounded("short sound", append.to_string(), false, 48).await;
}

#[tokio::test]
async fn questions_from_a_client_that_never_reads() {
    let event = json!({"type": "conversation.item.retrieve", "item_id": "x".repeat(60_000)});
    bounded("unread errors", event.to_string(), false, 64).await;
}

#[tokio::test]
async fn items_without_end() {
    let content = json!([{"type": "input_text", "text": "x".repeat(1024 * 1024)}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    let create = json!({"type": "conversation.item.create", "item": item});
    bounded("items", create.to_string(), true, 160).await;
}

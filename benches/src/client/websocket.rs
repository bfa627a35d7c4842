//! A client over WebSocket, as `realtime` SDKs speak it.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use media::pcm::{self, PcmReader};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::{Carrier, Client, Heard, QUEUE, Said, loudness};
use crate::BenchError;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects to `url`/v1/realtime.
pub(super) async fn connect(url: &str) -> Result<Client, BenchError> {
    let url = format!(
        "{}/v1/realtime?model=praxiloom",
        url.replacen("http", "ws", 1)
    );
    let (socket, _) = connect_async_with_config(url, None, true)
        .await
        .map_err(BenchError::connection)?;
    let (sink, stream) = socket.split();
    let (outgoing, said) = mpsc::channel(QUEUE);
    let (heard, incoming) = mpsc::channel(QUEUE);
    let mut tasks = JoinSet::new();
    tasks.spawn(write(sink, said));
    tasks.spawn(read(stream, heard));
    Ok(Client {
        carrier: Carrier::Websocket,
        outgoing,
        incoming,
        _tasks: tasks,
    })
}

async fn write(mut sink: SplitSink<Socket, Message>, mut said: mpsc::Receiver<Said>) {
    let (mut bytes, mut text) = (Vec::new(), String::new());
    while let Some(said) = said.recv().await {
        let message = match said {
            Said::Sound(frame) => {
                bytes.clear();
                pcm::write(frame.as_slice(), &mut bytes);
                text.clear();
                text.push_str(r#"{"type":"input_audio_buffer.append","audio":""#);
                STANDARD.encode_string(&bytes, &mut text);
                text.push_str("\"}");
                text.clone()
            }
            Said::Event(event) => event.to_string(),
        };
        if sink.send(Message::Text(message.into())).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

async fn read(mut stream: SplitStream<Socket>, heard: mpsc::Sender<Heard>) {
    while let Some(Ok(message)) = stream.next().await {
        let at = Instant::now();
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(event) = serde_json::from_str::<Value>(&text) else {
            return;
        };
        let arrived = if event["type"] == "response.output_audio.delta" {
            let delta = event["delta"].as_str().unwrap_or_default();
            let mut samples = Vec::new();
            let bytes = STANDARD.decode(delta).unwrap_or_default();
            PcmReader::new().read(&bytes, &mut samples);
            Heard::Audio(at, loudness(&samples))
        } else {
            Heard::Event(at, event)
        };
        if heard.send(arrived).await.is_err() {
            return;
        }
    }
}

//! The carrier against a real peer on loopback: the same stack in the browser's part.

mod calls;
mod client;
mod limits;
mod offers;
mod relay;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{CallHandle, WebRtc, WebRtcSettings};
use crate::event::{ErrorBody, ServerEvent};
use crate::link::{Closed, FromClient, Link, OutputAudio, PartIds, ToClient};
use client::Client;

/// The shortest client event.
const CLEAR: &str = r#"{"type":"input_audio_buffer.clear"}"#;

fn settings() -> WebRtcSettings {
    WebRtcSettings {
        udp_listen: ([127, 0, 0, 1], 0).into(),
        ..WebRtcSettings::default()
    }
}

/// Everything a test waits for comes long before.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(15), future)
        .await
        .expect("in time")
}

async fn next(link: &mut Link) -> FromClient {
    soon(link.incoming.recv()).await.expect("an open link")
}

async fn connect(server: &WebRtc) -> (Client, Link, CallHandle) {
    connect_over(server, Client::udp().await).await
}

async fn connect_over(server: &WebRtc, client: Client) -> (Client, Link, CallHandle) {
    let offer = client.offer().await;
    let (answer, mut link, call) = server.answer(&offer).await.expect("an answer");
    client.accept(&answer).await;
    let first = next(&mut link).await;
    assert!(matches!(first, FromClient::Ready), "{first:?}");
    (client, link, call)
}

/// A connected client on a machine of its own, which can be switched off.
async fn connect_elsewhere(server: &WebRtc) -> (tokio::runtime::Runtime, Link) {
    let machine = tokio::runtime::Runtime::new().unwrap();
    let client = machine.spawn(Client::udp()).await.unwrap();
    let (_client, link, _call) = connect_over(server, client).await;
    (machine, link)
}

/// The reason the link ended, passing over what came before.
async fn closed(link: &mut Link) -> Closed {
    loop {
        if let FromClient::Closed(reason) = next(link).await {
            assert!(
                soon(link.incoming.recv()).await.is_none(),
                "nothing follows"
            );
            return reason;
        }
    }
}

/// Waits until nothing of any call is left.
async fn all_gone(server: &WebRtc) {
    soon(async {
        while server.calls() > 0 || server.mux.entries() != (0, 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// A server event that carries a text of ours.
fn event(text: &str) -> ToClient {
    let error = ErrorBody::server("test", text);
    ToClient::Event(Arc::new(ServerEvent::Error { error }))
}

fn audio(at: u64, first: bool, payload: &'static [u8]) -> ToClient {
    ToClient::Audio(OutputAudio {
        part: Arc::new(PartIds {
            response_id: "resp_1".to_owned(),
            item_id: "item_1".to_owned(),
            output_index: 0,
            content_index: 0,
        }),
        payload: Bytes::from_static(payload),
        at,
        first,
    })
}

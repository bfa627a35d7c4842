//! What carries the frames, alone: real sockets, no sound stages behind them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use signaling::link::{Carrier, FromClient, Link, OutputAudio, PartIds, ToClient};
use signaling::webrtc::{WebRtc, WebRtcSettings};
use signaling::websocket::{self, Patience};
use tokio::sync::Notify;

use super::Cost;
use crate::BenchError;
use crate::client;
use crate::counting::allocations;
use crate::load::clips::Clips;
use crate::load::script::Manners;
use crate::load::target::Target;
use crate::load::{Crowd, Plan};
use crate::process::thread_cpu;

/// Sessions at the same time: enough for figures, few enough that nothing waits.
const SESSIONS: usize = 20;
/// How long is counted.
const LENGTH: Duration = Duration::from_secs(10);

/// Carries frames both ways over this carrier on a thread of its own, with sinks in place of
/// sessions, and counts that thread's time: microseconds per frame heard and frame sent.
///
/// # Errors
/// If nothing can be carried.
pub async fn measure(carrier: Carrier, clips: &Arc<Clips>) -> Result<Cost, BenchError> {
    let (told, address) = mpsc::channel();
    let (counted, result) = mpsc::channel();
    let (begin, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun, ended) = (Arc::clone(&begin), Arc::clone(&end));
    let thread = std::thread::spawn(move || -> Result<(), BenchError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BenchError::connection)?;
        runtime.block_on(async {
            let _ = told.send(serve(carrier).await?);
            begun.notified().await;
            let (cpu, made) = (thread_cpu()?, allocations());
            ended.notified().await;
            let _ = counted.send((thread_cpu()? - cpu, allocations() - made));
            Ok(())
        })
    });
    let ended = |_| BenchError::Late("the carrier's thread");
    let address = address.recv().map_err(ended)?;
    let target = Target::new(&format!("http://{address}"), "none", "none")?;
    let (load, name) = match carrier {
        Carrier::WebRtc => (
            client::Carrier::Webrtc,
            "WebRTC: RTP, SRTP, ICE, UDP, both ways",
        ),
        Carrier::WebSocket => (
            client::Carrier::Websocket,
            "WebSocket: frames, JSON, base64, TCP, both ways",
        ),
    };
    let crowd = Crowd::gather(&plan(load), &target, clips).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    begin.notify_one();
    tokio::time::sleep(LENGTH).await;
    end.notify_one();
    let (cpu, made) = result.recv().map_err(ended)?;
    let live = crowd.report().live;
    drop(crowd);
    thread
        .join()
        .map_err(|_| BenchError::Late("the carrier's thread"))??;
    let frames = live as f64 * LENGTH.as_secs_f64() * 50.0;
    Ok(Cost {
        name,
        times: std::iter::once(cpu.as_secs_f64() * 1e6 / frames).collect(),
        allocations: Some(made as f64 / frames),
    })
}

fn plan(carrier: client::Carrier) -> Plan {
    Plan {
        carrier,
        sessions: SESSIONS,
        length: LENGTH,
        ramp: Duration::from_millis(10),
        spread: Duration::ZERO,
        silence_ms: 500,
        instructions: None,
        manners: Manners {
            expected: Duration::ZERO,
            interrupt_every: 0,
            patience: Duration::from_secs(60),
        },
        threads: 1,
        server: None,
        sample_every: LENGTH,
        aftermath: None,
        seed: 1,
    }
}

/// Serves the protocol's two doors; behind them is a [sink](sink).
async fn serve(carrier: Carrier) -> Result<SocketAddr, BenchError> {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = tokio::net::TcpListener::bind(here).await;
    let listener = listener.map_err(BenchError::connection)?;
    let address = listener.local_addr().map_err(BenchError::connection)?;
    let router = match carrier {
        Carrier::WebSocket => Router::new().route("/v1/realtime", get(socket)),
        Carrier::WebRtc => {
            let settings = WebRtcSettings {
                udp_listen: here,
                ..WebRtcSettings::default()
            };
            let calls = WebRtc::bind(settings).map_err(BenchError::connection)?;
            let calls = Arc::new(calls);
            Router::new()
                .route("/v1/realtime/calls", post(call))
                .with_state(calls)
        }
    };
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn socket(upgrade: WebSocketUpgrade) -> Response {
    websocket::prepare(upgrade).on_upgrade(|socket| async {
        let (link, pump) = websocket::open(socket, Patience::default());
        tokio::spawn(sink(link));
        pump.run().await;
    })
}

async fn call(State(calls): State<Arc<WebRtc>>, offer: String) -> Response {
    match calls.answer(&offer).await {
        Ok((answer, link, _)) => {
            tokio::spawn(sink(link));
            (StatusCode::CREATED, answer).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// Takes what comes and sends a frame every 20 ms.
async fn sink(mut link: Link) {
    let payload = match link.carrier {
        Carrier::WebSocket => Bytes::from(vec![1; 960]),
        Carrier::WebRtc => Bytes::from(vec![0x48; 70]),
    };
    let part = Arc::new(PartIds {
        response_id: "resp_0123456789abcdef".to_owned(),
        item_id: "item_0123456789abcdef".to_owned(),
        output_index: 0,
        content_index: 0,
    });
    let mut clock = tokio::time::interval(media::FRAME);
    let mut at = 0;
    loop {
        tokio::select! {
            came = link.incoming.recv() => match came {
                Some(FromClient::Closed(_)) | None => return,
                Some(_) => {}
            },
            _ = clock.tick() => {
                let part = Arc::clone(&part);
                let audio = OutputAudio { part, payload: payload.clone(), at, first: at == 0 };
                at += 960;
                if link.outgoing.try_send(ToClient::Audio(audio)).is_err() {
                    return;
                }
            }
        }
    }
}

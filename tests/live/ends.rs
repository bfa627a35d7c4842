//! Every way a session ends, and what is kept of it.

use std::time::Duration;

use praxiloom::archive::sessions::{self, SessionRow};
use praxiloom::lifecycle::Stopped;
use praxiloom::live::Opening;
use serde_json::{Value, json};
use signaling::heard::Heard;
use signaling::link::{Carrier, Closed, FromClient, Link, ToClient};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Error;
use tokio_util::sync::CancellationToken;

use crate::call::Call;
use crate::postgres::Postgres;
use crate::record::curious;
use crate::server::{Running, client};
use crate::socket::{LONG, Socket, serve};

/// The row of a session, once it has ended.
pub async fn ended(server: &Running, id: &str) -> SessionRow {
    let find = async {
        loop {
            let of = server.app.db.of(&server.app.account);
            let row = sessions::find(of, id).await.unwrap();
            if let Some(row) = row.filter(|row| row.ended_at.is_some()) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, find)
        .await
        .expect("it did not end")
}

pub async fn hang_up(server: &Running, id: &str) -> u16 {
    let url = server.url(&format!("/v1/realtime/calls/{id}/hangup"));
    client().post(url).send().await.unwrap().status().as_u16()
}

async fn every_end(server: &Running) {
    let mut closing = Socket::open(server).await;
    let id = closing.id();
    assert!(id.starts_with("sess_"));
    let prompt = json!({"id": "tom-boundaries"});
    let session = json!({"type": "realtime", "prompt": prompt});
    closing
        .send(json!({"type": "session.update", "session": session}))
        .await;
    closing.until("session.updated").await;
    closing.stream.close(None).await.unwrap();
    let row = ended(server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
    assert_eq!(row.transport, "websocket");
    assert!(row.engines.contains("standin"));
    assert_eq!(row.client_id.as_deref(), Some("tom-boundaries"));

    let vanishing = Socket::open(server).await;
    let id = vanishing.id();
    drop(vanishing);
    assert_eq!(ended(server, &id).await.end_reason.as_deref(), Some("lost"));
    // Then its coach gives it up.
    assert_eq!(hang_up(server, &id).await, 200);
    let row = ended(server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
    assert_eq!(hang_up(server, &id).await, 404);

    let mut hung = Socket::open(server).await;
    assert_eq!(hang_up(server, &hung.id()).await, 200);
    // From now on it is no more, and its place is free, though its last words are still heard.
    assert_eq!(server.app.live.registry().taken(), 0);
    assert_eq!(hang_up(server, &hung.id()).await, 404);
    assert_eq!(hung.closed().await, 1000);
    let row = ended(server, &hung.id()).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
    assert_eq!(hang_up(server, &hung.id()).await, 404);
    assert_eq!(hang_up(server, "rtc_none").await, 404);
}

#[tokio::test]
async fn every_end_is_on_record_in_sqlite() {
    every_end(&serve(&[]).await).await;
}

#[tokio::test]
async fn every_end_is_on_record_in_postgresql() {
    let database = Postgres::start();
    let url = database.url("postgres");
    let server = serve(&[("PRAXILOOM_DATABASE_URL", &url)]).await;
    every_end(&server).await;
    server.stop().await;
}

/// How often the client of such a link gives a sign at least; long enough that none is needed.
const PINGED: Duration = Duration::from_secs(600);

/// A link as a carrier makes it, and the carrier's ends.
pub fn link() -> (Link, mpsc::Sender<FromClient>, mpsc::Receiver<ToClient>) {
    let (to_session, incoming) = mpsc::channel(signaling::link::QUEUE);
    let (outgoing, from_session) = mpsc::channel(signaling::link::QUEUE);
    let link = Link {
        carrier: Carrier::WebSocket,
        incoming,
        outgoing,
        heard: Heard::new(PINGED),
    };
    (link, to_session, from_session)
}

/// Somebody wants a session over such a link.
pub fn opening(server: &Running) -> Opening {
    Opening {
        account: server.app.account.clone(),
        seal: None,
        carrier: Carrier::WebSocket,
        model: None,
        updates: Vec::new(),
    }
}

#[tokio::test]
async fn how_a_connection_ended_counts_whichever_way_of_it_ends_first() {
    let server = serve(&[]).await;
    let live = &server.app.live;
    for (closed, reason) in [(Closed::ByClient, "by_client"), (Closed::Lost, "lost")] {
        let begun = live.begin(opening(&server)).unwrap();
        let id = begun.id().to_owned();
        let (link, to_session, from_session) = link();
        // Nothing can be sent any more, and the session has something to send.
        drop(from_session);
        let never = CancellationToken::new;
        let run = live.run(begun, link, never(), never());
        let close = async {
            to_session.send(FromClient::Ready).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            to_session.send(FromClient::Closed(closed)).await.unwrap();
        };
        tokio::join!(run, close);
        assert_eq!(
            ended(&server, &id).await.end_reason.as_deref(),
            Some(reason)
        );
    }
}

#[tokio::test]
async fn of_a_connection_that_never_came_about_nothing_is_kept() {
    let server = serve(&[]).await;
    let live = &server.app.live;
    for is_hung_up in [false, true] {
        let begun = live.begin(opening(&server)).unwrap();
        let id = begun.id().to_owned();
        let (link, to_session, mut from_session) = link();
        let never = CancellationToken::new;
        let run = live.run(begun, link, never(), never());
        let end = async {
            from_session.recv().await.unwrap();
            if is_hung_up {
                assert_eq!(hang_up(&server, &id).await, 200);
            } else {
                let lost = FromClient::Closed(Closed::Lost);
                to_session.send(lost).await.unwrap();
            }
        };
        tokio::join!(run, end);
        let of = server.app.db.of(&server.app.account);
        assert_eq!(sessions::find(of, &id).await.unwrap(), None);
        let path = server.url(&format!("/api/sessions/{id}"));
        assert_eq!(client().get(path).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn a_call_that_is_closed_in_good_order_was_not_cut_off() {
    let server = serve(&[]).await;
    let mut call = Call::at(&server.url(""), "").await;
    let id = call.id();
    // It is being spoken to.
    call.send(json!({"type": "response.create"})).await;
    call.until("output_audio_buffer.started").await;
    call.close().await;
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

#[tokio::test]
async fn a_hang_up_counts_though_the_connection_broke_before_it_came() {
    let server = serve(&[]).await;
    let socket = curious(&server).await;
    let id = socket.id();
    drop(socket);
    // While it is put away or after.
    assert_eq!(hang_up(&server, &id).await, 200);
    let settled = async {
        while ended(&server, &id).await.end_reason.as_deref() != Some("hung_up") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, settled).await.unwrap();
    // Not for ever.
    let socket = Socket::open(&server).await;
    let id = socket.id();
    drop(socket);
    ended(&server, &id).await;
    server.clock.advance(Duration::from_secs(11 * 60));
    assert_eq!(hang_up(&server, &id).await, 404);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("lost"));
}

#[tokio::test]
async fn a_call_that_is_hung_up_elsewhere_is_told_why_it_closes() {
    let server = serve(&[]).await;
    let mut call = Call::at(&server.url(""), "").await;
    let own = json!({"type": "realtime", "include": ["praxiloom.events"]});
    call.send(json!({"type": "session.update", "session": own}))
        .await;
    call.until("session.updated").await;
    assert_eq!(hang_up(&server, &call.id()).await, 200);
    let notice = call.until("praxiloom.notice").await;
    assert_eq!(notice["code"], "session_ended");
    while call.event().await.is_some() {}
    let row = ended(&server, &call.id()).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
}

#[tokio::test]
async fn a_stop_is_announced_and_ends_live_sessions_after_the_grace() {
    let server = serve(&[("PRAXILOOM_LIVE_STOP_GRACE_SECONDS", "1")]).await;
    let mut socket = Socket::open(&server).await;
    let own = json!({"type": "realtime", "include": ["praxiloom.events"]});
    socket
        .send(json!({"type": "session.update", "session": own}))
        .await;
    socket.until("session.updated").await;
    let url = format!("ws://{}/v1/realtime", server.address);
    let (app, id) = (server.app.clone(), socket.id());
    let stopping = tokio::spawn(async move { app.lifecycle.stop(std::future::pending()).await });
    let notice = socket.until("praxiloom.notice").await;
    assert_eq!(notice["code"], "server_stopping");
    // Nobody else begins, and this one talks on.
    assert!(Socket::with(&url, &[]).await.is_err());
    socket.is_well().await;
    assert_eq!(socket.closed().await, 1001);
    assert_eq!(stopping.await.unwrap(), Stopped::Cut);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("server_stopped"));
}

#[tokio::test]
async fn a_server_that_stops_serves_those_who_are_live_and_nobody_else() {
    let server = serve(&[("PRAXILOOM_LIVE_STOP_GRACE_SECONDS", "20")]).await;
    let mut call = Call::at(&server.url(""), "").await;
    let (app, id) = (server.app.clone(), call.id());
    let began = Instant::now();
    let stopping = tokio::spawn(async move { app.lifecycle.stop(std::future::pending()).await });
    server.app.lifecycle.soft().cancelled().await;
    // Whoever balances load takes the server out, and keeps no connection to it.
    let health = client().get(server.url("/health")).send().await.unwrap();
    assert_eq!(health.status(), 503);
    assert_eq!(health.headers()["connection"], "close");
    let health: Value = health.json().await.unwrap();
    assert_eq!(health["status"], "stopping");
    let url = format!("ws://{}/v1/realtime", server.address);
    for url in [url.clone(), format!("{url}?resume={id}")] {
        let Err(Error::Http(refused)) = Socket::with(&url, &[]).await else {
            panic!("somebody else came in: {url}");
        };
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.headers()["retry-after"], "5");
        let body = String::from_utf8(refused.into_body().unwrap()).unwrap();
        assert!(body.contains("server_stopping"), "{body}");
    }
    // The call finds another way, talks on, and is hung up.
    call.restart().await;
    call.send(json!({"type": "response.create"})).await;
    call.until("response.done").await;
    assert_eq!(hang_up(&server, &id).await, 200);
    // With it the last one has left.
    assert_eq!(stopping.await.unwrap(), Stopped::Drained);
    assert!(began.elapsed() < Duration::from_secs(15));
    assert!(TcpStream::connect(server.address).await.is_err());
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
}

#[tokio::test]
async fn a_stop_waits_for_nobody_who_has_left() {
    let server = serve(&[("PRAXILOOM_LIVE_STOP_GRACE_SECONDS", "20")]).await;
    let mut socket = Socket::open(&server).await;
    socket.stream.close(None).await.unwrap();
    ended(&server, &socket.id()).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test]
async fn a_full_house_refuses_and_takes_again() {
    let server = serve(&[("PRAXILOOM_LIVE_MAX_SESSIONS", "2")]).await;
    let url = format!("ws://{}/v1/realtime", server.address);
    let mut first = Socket::at(&url).await;
    let _second = Socket::at(&url).await;
    let Err(Error::Http(refused)) = Socket::with(&url, &[]).await else {
        panic!("a third was taken");
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "30");
    let body = refused.into_body().unwrap();
    assert!(
        String::from_utf8(body)
            .unwrap()
            .contains("too_many_sessions")
    );
    first.stream.close(None).await.unwrap();
    ended(&server, &first.id()).await;
    let taken = async {
        loop {
            if let Ok(socket) = Socket::with(&url, &[]).await {
                return socket;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, taken)
        .await
        .unwrap()
        .is_well()
        .await;
}

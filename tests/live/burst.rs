//! Sound that comes all at once, as a network gives it back after a stall, is kept though its
//! connection ends in the same moment, whoever ends it.

use praxiloom::archive::event::Speaker;
use praxiloom::lifecycle::Stopped;

use crate::archived::Part;
use crate::ends::{ended, hang_up};
use crate::record::curious;
use crate::resume::resume_url;
use crate::server::Running;
use crate::socket::{Socket, question_pcm, serve};

/// How often the question is asked: more than ten seconds of sound.
const QUESTIONS: usize = 6;

/// Asks everything in one moment.
async fn burst(server: &Running) -> Socket {
    let mut socket = curious(server).await;
    let sound = question_pcm().repeat(QUESTIONS);
    for chunk in sound.chunks(4800) {
        socket.append(chunk).await;
    }
    socket
}

/// Asserts that the session's first part holds everything that was asked, sound and words.
async fn holds_everything(server: &Running, id: &str) {
    ended(server, id).await;
    let part = Part::read(&server.app.config.server.data, id, 1);
    let sent = question_pcm().len() as u64 * QUESTIONS as u64 / 48;
    let heard = part.track("coach").ms;
    assert!(heard + 100 >= sent, "{heard} of {sent} ms");
    let said = part.said(Speaker::Coach);
    assert_eq!(said.len(), QUESTIONS, "{said:?}");
    part.replays();
}

#[tokio::test]
async fn before_another_connection_takes_over() {
    let server = serve(&[]).await;
    let mut socket = burst(&server).await;
    let id = socket.id();
    let mut next = Socket::at(&resume_url(&server.url(""), &id)).await;
    next.until("praxiloom.session.resumed").await;
    assert_eq!(socket.closed().await, 1000);
    next.stream.close(None).await.unwrap();
    holds_everything(&server, &id).await;
}

#[tokio::test]
async fn before_somebody_hangs_up() {
    let server = serve(&[]).await;
    let mut socket = burst(&server).await;
    assert_eq!(hang_up(&server, &socket.id()).await, 200);
    assert_eq!(socket.closed().await, 1000);
    holds_everything(&server, &socket.id()).await;
}

#[tokio::test]
async fn before_the_client_closes() {
    let server = serve(&[]).await;
    let mut socket = burst(&server).await;
    socket.stream.close(None).await.unwrap();
    holds_everything(&server, &socket.id()).await;
}

#[tokio::test]
async fn before_the_server_stops() {
    let server = serve(&[("PRAXILOOM_LIVE_STOP_GRACE_SECONDS", "0")]).await;
    let socket = burst(&server).await;
    let stopped = server.app.lifecycle.stop(std::future::pending()).await;
    assert_eq!(stopped, Stopped::Cut);
    holds_everything(&server, &socket.id()).await;
}

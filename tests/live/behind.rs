//! Clients that are behind with reading: they are heard all the same, and waited for as long as it
//! is fair.

use std::time::Duration;

use bytes::Bytes;
use signaling::event::ServerEvent;
use signaling::link::{Closed, FromClient, ToClient};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::archived::folder;
use crate::ends::{ended, hang_up, link, opening};
use crate::resume::of_many_items;
use crate::server::Running;
use crate::socket::{LONG, UNDERSTOOD, question_pcm, serve};

/// So many that they do not fit into the queue of a connection by far.
const ITEMS: usize = 600;

/// Goes on with a session over a link whose far end the test holds.
async fn resume(
    server: &Running,
    id: &str,
) -> (
    impl Future<Output = ()> + use<>,
    mpsc::Sender<FromClient>,
    mpsc::Receiver<ToClient>,
) {
    let begun = server.app.live.resume(id, opening(server)).await.unwrap();
    let (link, to_session, from_session) = link();
    let app = server.app.clone();
    let run = async move {
        let never = CancellationToken::new;
        app.live.run(begun, link, never(), never()).await;
    };
    (run, to_session, from_session)
}

/// The next event that is no sound.
async fn event(client: &mut mpsc::Receiver<ToClient>) -> ServerEvent {
    loop {
        match timeout(LONG, client.recv()).await.unwrap() {
            Some(ToClient::Event(event)) => return ServerEvent::clone(&event),
            Some(ToClient::Audio(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_heard_all_the_same() {
    let server = serve(&[]).await;
    let id = of_many_items(&server, ITEMS).await;
    let (run, to_session, mut client) = resume(&server, &id).await;
    let log = folder(&server.app.config.server.data, &id).join("002.events.jsonl");
    let understood = || std::fs::read_to_string(&log).is_ok_and(|log| log.contains(UNDERSTOOD));
    let talk = async {
        to_session.send(FromClient::Ready).await.unwrap();
        for chunk in question_pcm().chunks(1920) {
            let sound = FromClient::Audio(Bytes::copy_from_slice(chunk));
            timeout(LONG, to_session.send(sound))
                .await
                .unwrap()
                .unwrap();
        }
        let mut read = 0;
        while !understood() {
            // So slowly that it stays behind for a minute.
            assert!(read < 2 * ITEMS, "heard only once everything was read");
            event(&mut client).await;
            read += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // It is told, after everything that came before it.
        let mut items = 0;
        loop {
            match event(&mut client).await {
                ServerEvent::ItemDone { .. } => items += 1,
                ServerEvent::TranscriptionCompleted { transcript, .. } => {
                    assert_eq!(transcript, UNDERSTOOD);
                    break;
                }
                _ => {}
            }
        }
        assert!(items + read / 2 >= ITEMS, "{items} after {read}");
        let closed = FromClient::Closed(Closed::ByClient);
        to_session.send(closed).await.unwrap();
    };
    tokio::join!(run, talk);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

#[tokio::test]
async fn whoever_does_not_read_is_given_up_but_not_before_the_connection_is_up() {
    let server = serve(&[]).await;
    let (early, late) = tokio::join!(of_many_items(&server, ITEMS), of_many_items(&server, ITEMS));
    let (late_run, late_client, mut client) = resume(&server, &late).await;
    let late_run = tokio::spawn(late_run);
    let (run, early_client, _unread) = resume(&server, &early).await;
    early_client.send(FromClient::Ready).await.unwrap();
    timeout(LONG, run).await.unwrap();
    let row = ended(&server, &early).await;
    assert_eq!(row.end_reason.as_deref(), Some("lost"));
    // The other has waited for longer.
    late_client.send(FromClient::Ready).await.unwrap();
    let mut items = 0;
    while items < ITEMS {
        items += usize::from(matches!(
            event(&mut client).await,
            ServerEvent::ItemDone { .. }
        ));
    }
    late_client
        .send(FromClient::Closed(Closed::ByClient))
        .await
        .unwrap();
    timeout(LONG, late_run).await.unwrap().unwrap();
    let row = ended(&server, &late).await;
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

#[tokio::test]
async fn a_connection_that_stalls_lets_go_of_its_session_for_another() {
    let server = serve(&[]).await;
    let (one, other) = tokio::join!(of_many_items(&server, ITEMS), of_many_items(&server, ITEMS));
    let (ended_elsewhere, coach, _unread) = resume(&server, &other).await;
    coach.send(FromClient::Ready).await.unwrap();
    let mut ended_elsewhere = tokio::spawn(ended_elsewhere);
    let (stalled, coach, _unread) = resume(&server, &one).await;
    coach.send(FromClient::Ready).await.unwrap();
    let stalled = tokio::spawn(stalled);
    // One waits for its client to read what it was sent; the other is waited for.
    assert_eq!(hang_up(&server, &other).await, 200);
    let (run, coach, mut client) = resume(&server, &one).await;
    timeout(LONG, stalled).await.unwrap().unwrap();
    assert!(!ended_elsewhere.is_finished());
    let run = tokio::spawn(run);
    coach.send(FromClient::Ready).await.unwrap();
    let mut items = 0;
    while items < ITEMS {
        items += usize::from(matches!(
            event(&mut client).await,
            ServerEvent::ItemDone { .. }
        ));
    }
    let closed = FromClient::Closed(Closed::ByClient);
    coach.send(closed).await.unwrap();
    timeout(LONG, run).await.unwrap().unwrap();
    timeout(LONG, &mut ended_elsewhere).await.unwrap().unwrap();
}

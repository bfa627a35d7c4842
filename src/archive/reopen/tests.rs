//! Who goes on with a session whose disk or database is slow.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signaling::event::Session;
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use super::super::event::{Event, Said, Speaker};
use super::super::layout::{Folder, Stream};
use super::super::scene::{Scene, answers_unless, half_a_second, node, scene};
use super::super::writer::disk;
use super::super::{EndReason, Part, Recorder};
use super::*;
use postgres::Postgres;

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

const ID: &str = "sess_1";
const LONG: Duration = Duration::from_secs(60);

impl Scene {
    /// A session of half a second, on the disk.
    async fn begun(&self) -> Recorder {
        let mut recorder = self.record(ID);
        let configured = Event::Configured {
            session: Box::new(Session::new(ID, "praxiloom", "slt", 1_795_266_000)),
            client_id: None,
        };
        recorder.event(Position::ZERO, &configured);
        half_a_second(&mut recorder, 0);
        let log = self.files().file(1, Stream::Events);
        let is_written =
            || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("configured"));
        until(async || is_written() && self.row(ID).await.is_some()).await;
        recorder
    }

    fn files(&self) -> Folder {
        let layout = &self.archive.core.layout;
        layout.session(&self.me, ID).unwrap()
    }

    /// Why the database says that its part ended, and the session.
    async fn ends(&self) -> (Option<String>, Option<String>) {
        let of = self.archive.core.db.of(&self.me);
        let parts = parts::of_session(of, ID).await.unwrap();
        let part = parts.first().and_then(|part| part.end_reason.clone());
        (part, self.row(ID).await.and_then(|row| row.end_reason))
    }

    async fn reopened(&self) -> Result<Reopened, ReopenError> {
        self.archive.reopen(&self.me, ID).await
    }

    /// Tries to go on until it is not refused any more for what is being put away.
    async fn reopened_once_closed(&self) -> Reopened {
        let until = Instant::now() + LONG;
        loop {
            assert!(Instant::now() < until, "it is not put away");
            match self.reopened().await {
                Err(ReopenError::Closing) => tokio::time::sleep(AGAIN).await,
                reopened => return reopened.unwrap(),
            }
        }
    }
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let until = Instant::now() + LONG;
    while !is_so().await {
        assert!(Instant::now() < until, "it does not come to that");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn said_last(recorder: &mut Recorder) {
    let said = Event::Said(Said {
        item_id: "a".to_owned(),
        speaker: Speaker::Coach,
        from_ms: 500,
        to_ms: 900,
        text: "How are you?".to_owned(),
        words: Vec::new(),
        cut: false,
        typed: false,
        afterwards: false,
    });
    recorder.event(Position::from_ms(900), &said);
}

#[tokio::test]
async fn nobody_goes_on_before_what_was_said_last_is_on_the_disk() {
    let stuck = Arc::new(AtomicBool::new(false));
    let scene = scene(answers_unless(&stuck)).await;
    let mut recorder = scene.begun().await;
    stuck.store(true, Ordering::SeqCst);
    said_last(&mut recorder);
    drop(recorder);
    // The database knows of the end of the part, and leaves the session open.
    until(async || scene.ends().await.0.is_some()).await;
    assert_eq!(scene.ends().await, (Some("failed".to_owned()), None));
    let refused = scene.reopened().await;
    assert!(matches!(refused, Err(ReopenError::Closing)), "{refused:?}");
    stuck.store(false, Ordering::SeqCst);
    assert_eq!(scene.reopened_once_closed().await.items.len(), 1);
}

#[tokio::test]
async fn no_other_node_goes_on_before_that_either() {
    let server = Postgres::start();
    let (url, folder) = (server.url("postgres"), tempfile::tempdir().unwrap());
    let stuck = Arc::new(AtomicBool::new(false));
    let here = node(&url, folder.path(), answers_unless(&stuck)).await;
    let there = node(&url, folder.path(), disk(None)).await;
    let mut recorder = here.begun().await;
    let refused = there.reopened().await;
    assert!(
        matches!(refused, Err(ReopenError::Connected)),
        "{refused:?}"
    );
    stuck.store(true, Ordering::SeqCst);
    said_last(&mut recorder);
    let end = Position::from_ms(1000);
    recorder.finish(end, EndReason::ByClient).await;
    until(async || here.ends().await.0.is_some()).await;
    let refused = there.reopened().await;
    assert!(matches!(refused, Err(ReopenError::Closing)), "{refused:?}");
    stuck.store(false, Ordering::SeqCst);
    let reopened = there.reopened_once_closed().await;
    assert_eq!((reopened.part_number, reopened.items.len()), (2, 1));
    // As it is the other node's now, this one has no say any more.
    drop(reopened);
    there.archive.settled().await;
    here.archive.settled().await;
    let by_client = Some("by_client".to_owned());
    assert_eq!(there.ends().await, (by_client.clone(), by_client));
}

#[tokio::test]
async fn what_the_database_knew_of_the_end_outlives_a_node_that_died_before_the_disk_did() {
    let server = Postgres::start();
    let (url, folder) = (server.url("postgres"), tempfile::tempdir().unwrap());
    let stuck = Arc::new(AtomicBool::new(false));
    let here = node(&url, folder.path(), answers_unless(&stuck)).await;
    let recorder = here.begun().await;
    stuck.store(true, Ordering::SeqCst);
    let end = Position::from_ms(700);
    recorder.finish(end, EndReason::ByClient).await;
    until(async || here.ends().await.0.is_some()).await;
    // It stops without a word, and is silent for long.
    here.archive.tasks.abort();
    let there = node(&url, folder.path(), disk(None)).await;
    there.archive.core.clock.advance(Duration::from_secs(60));
    let reopened = there.reopened().await.unwrap();
    assert_eq!(reopened.part_number, 2);
    drop(reopened);
    there.archive.settled().await;
    let row = there.row(ID).await.unwrap();
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
    assert_eq!(row.length_ms, 700);
    stuck.store(false, Ordering::SeqCst);
}

/// Locks the database for whoever writes.
async fn lock(folder: &Path) -> SqliteConnection {
    let url = format!("sqlite:{}", folder.join("x.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    other
}

#[tokio::test]
async fn a_session_goes_on_though_the_database_was_locked_after_it_knew_of_the_end() {
    let scene = scene(disk(None)).await;
    let mut recorder = scene.begun().await;
    said_last(&mut recorder);
    let end = Position::from_ms(1000);
    recorder.finish(end, EndReason::Lost).await;
    scene.archive.settled().await;
    let folder = scene.folder.as_ref().unwrap().path();
    let mut other = lock(folder).await;
    // Of two that come at once one goes on with it; let go of, it is as it was.
    let (one, two) = tokio::join!(scene.reopened(), scene.reopened());
    match (one, two) {
        (Ok(_), Err(ReopenError::Connected)) | (Err(ReopenError::Connected), Ok(_)) => {}
        other => panic!("both or none: {other:?}"),
    }
    let reopened = scene.reopened().await.unwrap();
    assert_eq!((reopened.part_number, reopened.items.len()), (2, 1));
    let from = reopened.from;
    let mut recorder = scene.archive.record(Part {
        number: 2,
        from,
        claim: Some(reopened.claim),
        ..scene.part(ID)
    });
    said_last(&mut recorder);
    recorder.tick(from + Duration::from_secs(1));
    let again = scene.reopened().await;
    assert!(matches!(again, Err(ReopenError::Connected)), "{again:?}");
    other.execute("COMMIT").await.unwrap();
    scene.archive.settled().await;
    let row = scene.row(ID).await.unwrap();
    assert_eq!((row.part, row.ended_at, row.turns), (2, None, 1));
    let end = from + Duration::from_secs(1);
    recorder.finish(end, EndReason::ByClient).await;
    scene.archive.settled().await;
    let row = scene.row(ID).await.unwrap();
    assert_eq!((row.part, row.turns), (2, 2));
    assert_eq!(row.length_ms as u64, end.ms());
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

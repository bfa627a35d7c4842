//! Sessions that go on while the database takes nothing: what it is told of all their parts later.

use std::path::Path;
use std::time::Duration;

use praxiloom::archive::event::Speaker;
use praxiloom::archive::{EndReason, Part, Recorder, Refusal, ReopenError, sessions};
use praxiloom::clock::Clock;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::postgres::Postgres;
use crate::scene::{NOON, Scene, Tone, configured, ms, said, speak};

/// Longer than anything takes on a machine that is busy.
const LONG: Duration = Duration::from_secs(60);

/// Has a lock on the database, for as long as it is not told to give that up.
async fn lock(folder: &Path) -> SqliteConnection {
    let url = format!("sqlite:{}", folder.join("praxiloom.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    other
}

impl Scene {
    /// Waits until the database knows everything.
    async fn told(&self) {
        let settled = tokio::time::timeout(LONG, self.archive.settled()).await;
        settled.expect("the database is not told");
    }

    /// Speaks for a second from `from` on, with one turn.
    fn turn(&self, recorder: &mut Recorder, from: u64) {
        let item = format!("item_{from}");
        speak(recorder, &mut Tone::new(), ms(from), ms(from + 1000));
        let event = said(&item, Speaker::Coach, from + 100, "How are you?");
        recorder.event(ms(from + 900), &event);
        self.clock.advance(Duration::from_secs(1));
    }

    /// A session with one turn.
    fn begun(&self, id: &str) -> Recorder {
        let mut recorder = self.record(id);
        recorder.event(ms(0), &configured(id, Some("maya")));
        self.turn(&mut recorder, 0);
        recorder
    }

    /// Goes on with a session, with one more turn.
    async fn resumed(&self, id: &str) -> (Recorder, u32, u64) {
        let reopened = self.archive.reopen(&self.me, id).await.unwrap();
        assert_eq!(reopened.client_id.as_deref(), Some("maya"));
        let (number, from) = (reopened.part_number, reopened.from);
        assert_eq!(reopened.items.len(), number as usize - 1);
        let mut recorder = self.archive.record(Part {
            number,
            from,
            transport: "webrtc",
            client_id: reopened.client_id,
            claim: Some(reopened.claim),
            ..self.part(id)
        });
        self.turn(&mut recorder, from.ms());
        (recorder, number, from.ms())
    }

    async fn row(&self, id: &str) -> sessions::SessionRow {
        let found = sessions::find(self.db.of(&self.me), id).await;
        found.unwrap().unwrap()
    }

    /// Where the parts are that the database knows, and why they ended.
    async fn rows_of_parts(&self, id: &str) -> Vec<(i64, i64, Option<i64>, Option<String>)> {
        sqlx::query_as(
            "SELECT number, from_ms, to_ms, end_reason FROM session_parts WHERE session_id = $1
             ORDER BY number",
        )
        .bind(id)
        .fetch_all(self.db.pool())
        .await
        .unwrap()
    }
}

fn lost(number: i64, from: i64) -> (i64, i64, Option<i64>, Option<String>) {
    (number, from, Some(from + 1000), Some("lost".to_owned()))
}

#[tokio::test]
async fn every_part_that_waited_is_in_the_database_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let known = scene.begun("sess_known");
    scene.told().await;
    let mut other = lock(folder.path()).await;
    // One that the database has a row of, and one that it never heard of.
    known.finish(ms(1000), EndReason::Lost).await;
    let new = scene.begun("sess_begun");
    let late = scene.archive.reopen(&scene.me, "sess_begun").await;
    assert!(matches!(late, Err(ReopenError::Connected)), "{late:?}");
    new.finish(ms(1000), EndReason::Lost).await;

    for (id, from) in [("sess_known", 2000), ("sess_begun", 1000)] {
        // Of two that come at once one goes on with it; let go of, it is as it was.
        let (one, two) = tokio::join!(
            scene.archive.reopen(&scene.me, id),
            scene.archive.reopen(&scene.me, id)
        );
        let one = match (one, two) {
            (Ok(one), Err(ReopenError::Connected)) | (Err(ReopenError::Connected), Ok(one)) => one,
            other => panic!("both or none: {other:?}"),
        };
        assert_eq!((one.part_number, one.from), (2, ms(from)));
        assert_eq!(one.started_at.0, NOON.0 + 2_000_000 - 1000 * from as i64);
    }
    let mut live = Vec::new();
    for id in ["sess_known", "sess_begun"] {
        let (recorder, second, from) = scene.resumed(id).await;
        assert_eq!(second, 2);
        recorder.finish(ms(from + 1000), EndReason::Lost).await;
        let (recorder, third, again) = scene.resumed(id).await;
        assert_eq!(third, 3);
        live.push((id, recorder, from, again));
    }
    // Nobody is told of it yet; of what has no row the API knows all the same.
    assert_eq!(scene.row("sess_known").await.part, 1);
    let parts = scene.archive.parts(&scene.me, "sess_begun").await.unwrap();
    assert_eq!(parts.len(), 3);
    let found = scene.archive.find(&scene.me, "sess_begun").await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.part, found.turns, found.ended_at), (3, 2, None));
    assert_eq!(found.recording, "whole");

    other.execute("COMMIT").await.unwrap();
    scene.told().await;
    for (id, recorder, second, third) in live {
        let row = scene.row(id).await;
        assert_eq!((row.part, row.turns, row.ended_at), (3, 2, None), "{id}");
        recorder.finish(ms(third + 1000), EndReason::ByClient).await;
        scene.told().await;
        let row = scene.row(id).await;
        assert_eq!((row.part, row.turns), (3, 3), "{id}");
        assert_eq!(row.end_reason.as_deref(), Some("by_client"));
        assert_eq!(row.length_ms as u64, third + 1000);
        assert_eq!(row.recording, "whole");
        let (second, third) = (second as i64, third as i64);
        let by_client = Some("by_client".to_owned());
        let last = (3, third, Some(third + 1000), by_client);
        assert_eq!(
            scene.rows_of_parts(id).await,
            [lost(1, 0), lost(2, second), last]
        );
    }
}

#[tokio::test]
async fn what_was_hung_up_goes_on_no_more_though_the_database_does_not_know_yet() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let recorder = scene.begun("sess_1");
    scene.told().await;
    let mut other = lock(folder.path()).await;
    recorder.finish(ms(2000), EndReason::Lost).await;
    assert!(scene.archive.hung_up(&scene.me, "sess_1").await.unwrap());
    let refused = scene.archive.reopen(&scene.me, "sess_1").await;
    assert!(matches!(refused, Err(ReopenError::HungUp)), "{refused:?}");
    other.execute("COMMIT").await.unwrap();
    scene.told().await;
    let row = scene.row("sess_1").await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
    let refused = scene.archive.reopen(&scene.me, "sess_1").await;
    assert!(matches!(refused, Err(ReopenError::HungUp)), "{refused:?}");
}

#[tokio::test]
async fn what_waited_when_the_process_was_killed_is_found_by_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let known = scene.begun("sess_open");
    let ended = scene.begun("sess_ended");
    let again = scene.begun("sess_resumed");
    scene.told().await;
    let mut other = lock(folder.path()).await;
    let new = scene.begun("sess_new");
    for recorder in [known, ended, again, new] {
        recorder.finish(ms(1000), EndReason::Lost).await;
    }
    let ids = ["sess_open", "sess_ended", "sess_resumed", "sess_new"];
    let mut begun = Vec::new();
    for id in ids {
        let (mut recorder, number, from) = scene.resumed(id).await;
        assert_eq!(number, 2);
        // The batch of half a second that is older is handed over.
        recorder.tick(ms(from + 2000));
        while !scene.session(id).join("002.coach.opus").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        begun.push(from);
        std::mem::forget(recorder);
    }
    scene.archive.close().await;
    scene.db.close().await;
    // It died in the moment in which the database took that a part had ended.
    for id in ["sess_ended", "sess_resumed"] {
        sqlx::query(
            "UPDATE sessions SET ended_at = $2, end_reason = 'lost', length_ms = 1000, turns = 1
             WHERE id = $1",
        )
        .bind(id)
        .bind(scene.clock.now().0)
        .execute(&mut other)
        .await
        .unwrap();
    }
    other.execute("COMMIT").await.unwrap();

    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let next = Scene::open(&url, &scene.folder, scene.clock.clone()).await;
    // Resumed before anybody looked for what was left.
    let (recorder, third, from) = next.resumed("sess_resumed").await;
    assert_eq!(third, 3);
    recorder.finish(ms(from + 1000), EndReason::Lost).await;
    next.told().await;
    let finished = async {
        for id in ids {
            let part = if id == "sess_resumed" { 3 } else { 2 };
            loop {
                let row = sessions::find(next.db.of(&next.me), id).await.unwrap();
                if row.is_some_and(|row| row.ended_at.is_some() && row.part == part) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    tokio::time::timeout(LONG, finished)
        .await
        .expect("a part was not found");
    for (id, second) in ids.into_iter().zip(begun) {
        let row = next.row(id).await;
        assert_eq!(row.turns, row.part, "{id}");
        assert_eq!(row.transport, "webrtc", "{id}");
        assert_eq!(row.end_reason.as_deref(), Some("lost"));
        assert_eq!(row.client_id.as_deref(), Some("maya"));
        let parts = next.rows_of_parts(id).await;
        assert_eq!(parts.len() as i64, row.part, "{id}");
        assert_eq!(parts[0], lost(1, 0), "{id}");
        assert_eq!((parts[1].0, parts[1].1), (2, second as i64), "{id}");
        assert!(parts[1].2.unwrap() > second as i64 + 500, "{parts:?}");
        let track = std::fs::File::open(next.session(id).join("002.coach.opus")).unwrap();
        assert!(media::record::recover(&track).unwrap().ended, "{id}");
        assert!(next.archive.reopen(&next.me, id).await.is_ok(), "{id}");
    }
}

/// A session whose end is on its way into the database, which does not take it yet, and that has gone
/// on since.
async fn on_its_way(scene: &Scene, url: &str) -> (PgConnection, Recorder, u64) {
    let recorder = scene.begun("sess_1");
    scene.told().await;
    let mut other = PgConnection::connect(url).await.unwrap();
    other
        .execute("BEGIN; LOCK TABLE sessions IN EXCLUSIVE MODE")
        .await
        .unwrap();
    recorder.finish(ms(1000), EndReason::Lost).await;
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
    while sqlx::query_scalar::<_, i64>(waits)
        .fetch_one(&mut other)
        .await
        .unwrap()
        == 0
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (recorder, part, from) = scene.resumed("sess_1").await;
    assert_eq!(part, 2);
    (other, recorder, from)
}

#[tokio::test]
async fn an_end_that_was_on_its_way_is_taken_back() {
    let server = Postgres::start();
    let url = server.url("postgres");
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::open(&url, folder.path(), Clock::set_to(NOON)).await;
    let (mut other, mut recorder, from) = on_its_way(&scene, &url).await;
    other.execute("COMMIT").await.unwrap();
    scene.told().await;
    let row = scene.row("sess_1").await;
    assert_eq!((row.part, row.turns, row.ended_at), (2, 1, None));
    assert_eq!(row.end_reason, None);
    assert_eq!(recorder.trouble(), None);
    recorder.finish(ms(from + 1000), EndReason::Lost).await;
    scene.told().await;
    let row = scene.row("sess_1").await;
    assert_eq!((row.part, row.turns), (2, 2));
    let parts = scene.rows_of_parts("sess_1").await;
    assert_eq!(parts, [lost(1, 0), lost(2, from as i64)]);
}

#[tokio::test]
async fn where_another_node_was_faster_the_session_is_its_own() {
    let server = Postgres::start();
    let url = server.url("postgres");
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::open(&url, folder.path(), Clock::set_to(NOON)).await;
    let (mut other, mut recorder, from) = on_its_way(&scene, &url).await;
    assert_eq!(recorder.trouble(), None);
    let taken = "UPDATE sessions SET part = 2, node = 'elsewhere', turns = 1; COMMIT";
    other.execute(taken).await.unwrap();
    scene.told().await;
    let trouble = recorder.trouble().unwrap();
    assert_eq!(trouble.refusal, Refusal::TakenOver);
    recorder.finish(ms(from + 1000), EndReason::Lost).await;
    scene.told().await;
    let row = scene.row("sess_1").await;
    let open = (row.part, row.turns, row.ended_at, row.node.as_deref());
    assert_eq!(open, (2, 1, None, Some("elsewhere")));
}

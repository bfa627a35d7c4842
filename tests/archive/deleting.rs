//! Deletions that a disk refuses, and sessions that cannot be finished: what is said of them, and
//! how they come to an end.

use std::path::Path;
use std::time::Duration;

use praxiloom::archive::sessions::SessionRow;
use praxiloom::archive::{Deletion, EndReason, ReadError, ReopenError, Standing, Voices};
use praxiloom::clock::Clock;
use sqlx::{Connection as _, Executor as _};

use crate::disk::Disk;
use crate::scene::{NOON, Scene, configured, ms};

/// The rows of the list, and how they stand.
async fn list(scene: &Scene) -> Vec<(String, Standing)> {
    let rows = scene.archive.list(&scene.me, 10, None).await.unwrap();
    let standings = scene.archive.standings(&rows).await;
    let ids = rows.into_iter().map(|row: SessionRow| row.id);
    ids.zip(standings).collect()
}

async fn hold(scene: &Scene, id: &str) {
    let mut recorder = scene.record(id);
    recorder.event(ms(0), &configured(id, None));
    recorder.finish(ms(1000), EndReason::Lost).await;
    scene.archive.settled().await;
}

#[tokio::test]
async fn a_deletion_on_a_read_only_disk_is_told_and_done_once_it_can_be() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let url = disk.url();
    let mut scene = disk.scene().await;
    hold(&scene, "sess_1").await;
    disk.read_only();
    // It is begun once, by whoever asks again it goes on, and a restart does not forget it.
    for _ in 0..2 {
        for _ in 0..2 {
            let deleted = scene.archive.delete(&scene.me, "sess_1").await.unwrap();
            assert_eq!(deleted, Deletion::Begun);
            let told = [("sess_1".to_owned(), Standing::Deleting)];
            assert_eq!(list(&scene).await, told);
            assert!(scene.session("sess_1").exists());
            let words = scene.archive.transcript(&scene.me, "sess_1").await;
            assert!(matches!(words, Err(ReadError::NotFound)), "{words:?}");
            let sound = scene.archive.sound(&scene.me, "sess_1", Voices::Both).await;
            assert!(matches!(sound, Err(ReadError::NotFound)), "{sound:?}");
            let resumed = scene.archive.reopen(&scene.me, "sess_1").await;
            assert!(matches!(resumed, Err(ReopenError::NotFound)), "{resumed:?}");
        }
        scene.archive.close().await;
        scene = Scene::open(&url, disk.path(), Clock::set_to(NOON)).await;
    }
    disk.writable();
    scene.archive.close().await;
    let scene = Scene::open(&url, disk.path(), Clock::set_to(NOON)).await;
    let gone = async {
        while !list(&scene).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone)
        .await
        .expect("nobody finished the deletion");
    assert!(!scene.session("sess_1").exists());
    let trash = disk.path().join(".trash").read_dir().unwrap();
    assert_eq!(trash.count(), 0);
}

/// A session whose process was killed, and whose log cannot be repaired by the next.
async fn left_beyond_repair(scene: Scene, folder: &Path) -> Scene {
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    recorder.tick(ms(1000));
    let log = scene.session("sess_1").join("001.events.jsonl");
    while !log.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scene.archive.settled().await;
    std::mem::forget(recorder);
    scene.archive.close().await;
    std::fs::rename(&log, log.with_extension("away")).unwrap();
    std::fs::create_dir(&log).unwrap();
    Scene::sqlite(folder).await
}

#[tokio::test]
async fn a_session_that_cannot_be_finished_is_not_said_to_be_live() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let scene = left_beyond_repair(scene, folder.path()).await;
    let told = [("sess_1".to_owned(), Standing::Finishing)];
    assert_eq!(list(&scene).await, told);
    // Taken over and refused, twice: it stays so, and is not forgotten.
    for _ in 0..2 {
        let refused = scene.archive.reopen(&scene.me, "sess_1").await;
        assert!(
            matches!(refused, Err(ReopenError::Recovery(_))),
            "{refused:?}"
        );
        assert_eq!(list(&scene).await, told);
    }
    let log = scene.session("sess_1").join("001.events.jsonl");
    std::fs::remove_dir(&log).unwrap();
    std::fs::rename(log.with_extension("away"), &log).unwrap();
    let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
    assert_eq!(reopened.part_number, 2);
    drop(reopened);
    scene.archive.settled().await;
    let told = [("sess_1".to_owned(), Standing::Ended)];
    assert_eq!(list(&scene).await, told);
}

#[tokio::test]
async fn a_session_that_cannot_be_finished_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let scene = left_beyond_repair(scene, folder.path()).await;
    let deleted = scene.archive.delete(&scene.me, "sess_1").await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    assert_eq!(list(&scene).await, []);
    assert!(!scene.session("sess_1").exists());
}

/// Which of the database's files hold this word.
fn files_with(folder: &Path, word: &str) -> Vec<String> {
    let files = folder.read_dir().unwrap().map(|file| file.unwrap());
    let names = files.filter(|file| file.file_type().unwrap().is_file());
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    let holding = names.filter(|file| holds(&file.path()));
    holding
        .map(|file| file.file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn nothing_of_a_deleted_session_is_left_in_any_file_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let sessions = folder.path().join("sessions");
    let scene = Scene::open(&url, &sessions, Clock::set_to(NOON)).await;
    let ids: Vec<String> = (1000..1040)
        .map(|number| format!("sess_{number}_x"))
        .collect();
    for id in &ids {
        hold(&scene, id).await;
        assert!(!files_with(folder.path(), id).is_empty());
    }
    for id in ids.iter().step_by(2) {
        let deleted = scene.archive.delete(&scene.me, id).await.unwrap();
        assert_eq!(deleted, Deletion::Done);
    }
    let gone = async |id: &str| {
        let gone = async {
            while !files_with(folder.path(), id).is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(60), gone).await;
        done.unwrap_or_else(|_| panic!("{id} in {:?}", files_with(folder.path(), id)));
    };
    for id in ids.iter().step_by(2) {
        gone(id).await;
    }
    // While somebody reads what there was it stays in the log, and nobody waits for that.
    let mut reader = sqlx::SqliteConnection::connect(&url).await.unwrap();
    reader.execute("BEGIN").await.unwrap();
    reader
        .execute("SELECT count(*) FROM sessions")
        .await
        .unwrap();
    let deleted = scene.archive.delete(&scene.me, &ids[1]).await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    assert!(!files_with(folder.path(), &ids[1]).is_empty());
    reader.execute("ROLLBACK").await.unwrap();
    gone(&ids[1]).await;
    let left = list(&scene).await;
    assert_eq!(left.len(), 10);
    assert!(!files_with(folder.path(), &ids[3]).is_empty());
}

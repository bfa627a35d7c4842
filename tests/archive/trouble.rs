//! A disk that is full or may not be written to, a database that is locked or gone.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use praxiloom::archive::event::Speaker;
use praxiloom::archive::{EndReason, Refusal, Voices, sessions};
use sqlx::Connection;

use crate::postgres::Postgres;
use crate::scene::{NOON, Scene, Tone, configured, ms, said, speak};

/// A file system of its own in memory, for as long as it is held.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(done) if done.status.success() => Some(Self(folder)),
            Ok(done) => {
                println!(
                    "skipped: no disk can be mounted here: {}",
                    String::from_utf8_lossy(&done.stderr).trim()
                );
                None
            }
            Err(error) => {
                println!("skipped: no disk can be mounted here: {error}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read_only(&self) {
        let done = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(self.path())
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Waits until a batch or two are through.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_full_disk_ends_the_recordings_and_damages_none() {
    let Some(disk) = Disk::mount("512k") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let clock = praxiloom::clock::Clock::set_to(NOON);
    let scene = Scene::open(&url, disk.path(), clock).await;
    let mut tone = Tone::new();
    let mut recorders = ["sess_1", "sess_2", "sess_3"].map(|id| scene.record(id));
    for recorder in &mut recorders {
        recorder.event(ms(0), &configured("x", None));
    }
    let mut stopped = [None; 3];
    let mut at = 0;
    while stopped.iter().any(Option::is_none) {
        assert!(
            at < 600_000,
            "a disk of half a megabyte holds ten minutes: {stopped:?}"
        );
        for (recorder, stopped) in recorders.iter_mut().zip(&mut stopped) {
            speak(recorder, &mut tone, ms(at), ms(at + 500));
            if let Some(trouble) = recorder.trouble() {
                assert!(stopped.is_none(), "told twice");
                *stopped = Some(trouble);
            }
        }
        at += 500;
        a_moment().await;
    }
    // The conversation goes on.
    for recorder in &mut recorders {
        speak(recorder, &mut tone, ms(at), ms(at + 2000));
        assert_eq!(recorder.trouble(), None);
    }
    for recorder in recorders {
        recorder.finish(ms(at + 2000), EndReason::ByClient).await;
    }
    scene.archive.settled().await;
    for (id, stopped) in ["sess_1", "sess_2", "sess_3"].into_iter().zip(stopped) {
        let stopped = stopped.unwrap();
        assert_eq!(stopped.refusal, Refusal::Full);
        let row = sessions::find(scene.db.of(&scene.me), id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.recording, "stopped");
        assert_eq!(row.stopped_reason.as_deref(), Some("disk_full"));
        assert_eq!(row.stopped_at_ms, Some(stopped.at.ms() as i64));
        assert_eq!(row.length_ms, at as i64 + 2000);
        for track in ["001.coach.opus", "001.client.opus"] {
            let file = std::fs::File::open(scene.session(id).join(track)).unwrap();
            let whole = media::record::recover(&file).unwrap();
            assert_eq!(
                whole.bytes,
                file.metadata().unwrap().len(),
                "{id} {track} is damaged"
            );
            assert!(
                whole.end.ms() + 1000 >= stopped.at.ms(),
                "{id} {track}: {:?}",
                whole.end
            );
        }
        let log = std::fs::read_to_string(scene.session(id).join("001.trace.jsonl")).unwrap();
        assert!(log.ends_with('\n'));
        // There is no room for what is made of it, either; it is made elsewhere.
        let sound = scene
            .archive
            .sound(&scene.me, id, Voices::Both)
            .await
            .unwrap();
        assert!(sound.bytes > 1000);
    }
}

#[tokio::test]
async fn a_disk_that_becomes_read_only_ends_the_recording() {
    let Some(disk) = Disk::mount("8m") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let clock = praxiloom::clock::Clock::set_to(NOON);
    let scene = Scene::open(&url, disk.path(), clock).await;
    disk.read_only();
    let mut recorder = scene.record("sess_1");
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(1000));
    let mut trouble = None;
    for _ in 0..100 {
        trouble = trouble.or(recorder.trouble());
        a_moment().await;
        if trouble.is_some() {
            break;
        }
    }
    let trouble = trouble.unwrap();
    assert_eq!(trouble.refusal, Refusal::ReadOnly);
    assert!(trouble.refusal.message().contains("conversation goes on"));
    recorder.finish(ms(1000), EndReason::ByClient).await;
    scene.archive.settled().await;
    let row = sessions::find(scene.db.of(&scene.me), "sess_1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.stopped_reason.as_deref(), Some("read_only"));
}

#[tokio::test]
async fn a_locked_database_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    let began = std::time::Instant::now();
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", Some("maya")));
    recorder.event(ms(500), &said("a", Speaker::Coach, 100, "How are you?"));
    recorder.finish(ms(1000), EndReason::ByClient).await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "the session waited for the database"
    );
    tokio::time::sleep(Duration::from_secs(10)).await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), scene.archive.settled())
        .await
        .unwrap();
    let row = sessions::find(scene.db.of(&scene.me), "sess_1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.length_ms, row.turns), (1000, 1));
    assert_eq!(row.client_id.as_deref(), Some("maya"));
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

#[tokio::test]
async fn a_database_that_is_gone_loses_nothing() {
    let server = Postgres::start();
    let folder = tempfile::tempdir().unwrap();
    let clock = praxiloom::clock::Clock::set_to(NOON);
    let scene = Scene::open(&server.url("postgres"), folder.path(), clock).await;
    let mut early = scene.record("sess_early");
    early.event(ms(0), &configured("sess_early", Some("maya")));
    scene.archive.settled().await;
    // Its door is shut, and everybody inside is sent away.
    let folder_of = server.url("").rsplit_once("host=").unwrap().1.to_owned();
    let door = Path::new(&folder_of).join(".s.PGSQL.5432");
    let shut = Path::new(&folder_of).join("shut");
    let mut inside = sqlx::PgConnection::connect(&server.url("postgres"))
        .await
        .unwrap();
    std::fs::rename(&door, &shut).unwrap();
    let everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    sqlx::query(everybody).execute(&mut inside).await.unwrap();
    let late = scene.record("sess_late");
    late.finish(ms(700), EndReason::Lost).await;
    early.finish(ms(900), EndReason::ByClient).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    std::fs::rename(&shut, &door).unwrap();
    tokio::time::timeout(Duration::from_secs(30), scene.archive.settled())
        .await
        .unwrap();
    for (id, length, reason) in [("sess_early", 900, "by_client"), ("sess_late", 700, "lost")] {
        let row = sessions::find(scene.db.of(&scene.me), id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.length_ms, row.end_reason.as_deref()),
            (length, Some(reason))
        );
    }
}

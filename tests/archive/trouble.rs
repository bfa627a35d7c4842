//! A disk that is full or may not be written to, a database that is locked or gone.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use praxiloom::archive::event::{Event, Speaker};
use praxiloom::archive::shapes::{Break, BreakKind};
use praxiloom::archive::{
    EndReason, Part, Recorder, RecoveryError, Refusal, ReopenError, Trouble, Voices, Warning,
    sessions,
};
use sqlx::Connection;
use tokio::time::timeout;

use crate::disk::Disk;
use crate::postgres::Postgres;
use crate::scene::{NOON, Scene, Tone, configured, ms, said, speak};

/// Longer than anything takes that is waited for.
const LONG: Duration = Duration::from_secs(60);

/// Waits until a batch or two are through.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_full_disk_ends_the_recordings_and_damages_none() {
    let Some(disk) = Disk::mount("512k") else {
        return;
    };
    let scene = disk.scene().await;
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
        assert!(sound.metadata().unwrap().len() > 1000);
    }
}

/// Speaks until the recording stops; where, and how far it spoke.
async fn speak_until_trouble(recorder: &mut Recorder, from: u64) -> (Trouble, u64) {
    let (mut tone, mut at) = (Tone::new(), from);
    loop {
        speak(recorder, &mut tone, ms(at), ms(at + 500));
        at += 500;
        a_moment().await;
        if let Some(trouble) = recorder.trouble() {
            return (trouble, at);
        }
        assert!(at < from + 600_000, "the disk is not full");
    }
}

#[tokio::test]
async fn what_was_not_recorded_is_told_when_the_session_goes_on() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let scene = disk.scene().await;
    let find = async || {
        let found = sessions::find(scene.db.of(&scene.me), "sess_1").await;
        found.unwrap().unwrap()
    };
    let go_on = async || {
        let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
        let from = reopened.from.ms();
        let recorder = scene.archive.record(Part {
            number: reopened.part_number,
            from: reopened.from,
            claim: Some(reopened.claim),
            ..scene.part("sess_1")
        });
        (recorder, from)
    };

    // The disk becomes full in the middle of the first connection,
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    recorder.event(ms(900), &said("a", Speaker::Coach, 100, "How are you?"));
    let deleted = Event::ItemRemoved {
        item_id: "a".to_owned(),
    };
    recorder.event(ms(950), &deleted);
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(2000));
    a_moment().await;
    disk.fill();
    let (stopped, first_end) = speak_until_trouble(&mut recorder, 2000).await;
    assert!(stopped.at >= ms(1500) && stopped.at < ms(first_end));
    scene.archive.settled().await;
    let live = scene.archive.parts(&scene.me, "sess_1").await.unwrap();
    assert_eq!(live[0].stopped.as_ref().unwrap().0, stopped.at.ms());
    scene.clock.advance(Duration::from_millis(first_end));
    let live = scene.archive.parts(&scene.me, "sess_1").await.unwrap();
    assert_eq!((live[0].to_ms, &live[0].end_reason), (first_end, &None));
    recorder.finish(ms(first_end), EndReason::Lost).await;
    scene.archive.settled().await;
    let row = find().await;
    assert_eq!(row.recording, "stopped");

    // stays so during the second,
    disk.fill();
    scene.clock.advance(Duration::from_secs(5));
    let (mut recorder, second) = go_on().await;
    let (never, second_end) = speak_until_trouble(&mut recorder, second).await;
    assert_eq!((never.at, never.refusal), (ms(second), Refusal::Full));
    scene
        .clock
        .advance(Duration::from_millis(second_end - second));
    recorder.finish(ms(second_end), EndReason::Lost).await;
    scene.archive.settled().await;
    assert_eq!(find().await.recording, "stopped");

    // and has room again in the third.
    disk.empty();
    scene.clock.advance(Duration::from_secs(5));
    let (mut recorder, third) = go_on().await;
    speak(&mut recorder, &mut Tone::new(), ms(third), ms(third + 2000));
    scene.clock.advance(Duration::from_secs(2));
    recorder.finish(ms(third + 2000), EndReason::ByClient).await;
    scene.archive.settled().await;

    let row = find().await;
    assert_eq!(row.recording, "interrupted");
    assert_eq!(row.stopped_at_ms, Some(stopped.at.ms() as i64));
    assert_eq!(row.stopped_reason.as_deref(), Some("disk_full"));
    assert_eq!(row.length_ms as u64, third + 2000);
    let parts = scene.archive.parts(&scene.me, "sess_1").await.unwrap();
    let told: Vec<_> = parts
        .iter()
        .map(|part| {
            let stopped = part.stopped.as_ref().map(|(at, _)| *at);
            (
                part.from_ms,
                part.to_ms,
                part.end_reason.as_deref(),
                stopped,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, first_end, Some("lost"), Some(stopped.at.ms())),
            (second, second_end, Some("lost"), Some(second)),
            (third, third + 2000, Some("by_client"), None),
        ]
    );
    let transcript = scene.archive.transcript(&scene.me, "sess_1").await;
    let transcript = transcript.unwrap();
    let missing = |kind, from_ms, to_ms| Break {
        from_ms,
        to_ms,
        kind,
    };
    assert_eq!(
        transcript.breaks,
        [
            missing(BreakKind::Unrecorded, stopped.at.ms(), first_end),
            missing(BreakKind::Away, first_end, second),
            missing(BreakKind::Unrecorded, second, second_end),
            missing(BreakKind::Away, second_end, third),
        ]
    );
    assert_eq!(
        transcript.vtt().matches("NOTE Not recorded from").count(),
        2
    );
    // It was said, and is on record, although the client was made to forget it.
    assert_eq!(transcript.lines[0].text, "How are you?");
    let peaks = scene
        .archive
        .peaks(&scene.me, "sess_1", 10, (Some(third), Some(third + 2000)))
        .await
        .unwrap();
    assert_eq!(peaks.coach, [70; 10]);
    let sound = scene.archive.sound(&scene.me, "sess_1", Voices::Both).await;
    assert!(sound.unwrap().metadata().unwrap().len() > 10_000);
}

#[tokio::test]
async fn a_part_that_never_was_recorded_ends_where_it_began_if_its_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    scene.clock.advance(Duration::from_secs(1));
    recorder.finish(ms(1000), EndReason::Lost).await;
    scene.clock.advance(Duration::from_secs(4));
    let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
    let recorder = scene.archive.record(Part {
        number: reopened.part_number,
        from: reopened.from,
        claim: Some(reopened.claim),
        ..scene.part("sess_1")
    });
    scene.archive.settled().await;
    // As if it were killed before the first batch.
    std::mem::forget(recorder);
    scene.archive.close().await;
    let next = Scene::sqlite(folder.path()).await;
    let ended = async {
        loop {
            let found = sessions::find(next.db.of(&next.me), "sess_1").await;
            let row = found.unwrap().unwrap();
            if row.ended_at.is_some() {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .unwrap();
    assert_eq!((row.length_ms, row.part), (5000, 2));
    assert_eq!(row.ended_at.unwrap() - row.started_at, 5_000_000);
    assert_eq!(row.end_reason.as_deref(), Some("lost"));
    let parts = next.archive.parts(&next.me, "sess_1").await.unwrap();
    let told: Vec<_> = parts
        .iter()
        .map(|part| (part.from_ms, part.to_ms, part.stopped.is_some()))
        .collect();
    assert_eq!(told, [(0, 1000, false), (5000, 5000, true)]);
}

#[tokio::test]
async fn a_disk_that_becomes_read_only_ends_the_recording() {
    let Some(disk) = Disk::mount("8m") else {
        return;
    };
    let scene = disk.scene().await;
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
    let message = trouble.message();
    assert!(message.contains("at 0:00:00") && message.contains("conversation goes on"));
    recorder.finish(ms(1000), EndReason::ByClient).await;
    scene.archive.settled().await;
    let row = sessions::find(scene.db.of(&scene.me), "sess_1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.recording, "none");
    assert_eq!(row.stopped_reason.as_deref(), Some("read_only"));
}

#[tokio::test]
async fn what_neither_the_disk_nor_the_database_takes_is_not_said_to_be_recorded() {
    let Some(disk) = Disk::mount("8m") else {
        return;
    };
    let url = disk.url();
    let scene = disk.scene().await;
    disk.fill();
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    let mut recorder = scene.record("sess_1");
    let (trouble, _) = speak_until_trouble(&mut recorder, 0).await;
    assert_eq!(trouble.at, ms(0));
    let row = scene.archive.find(&scene.me, "sess_1").await;
    let row = row.unwrap().unwrap();
    assert_eq!(row.recording, "none");
    assert_eq!(row.stopped_reason.as_deref(), Some("disk_full"));
    let parts = scene.archive.parts(&scene.me, "sess_1").await.unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].stopped.as_ref().unwrap().0, 0);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    recorder.finish(ms(1000), EndReason::ByClient).await;
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

/// Waits until this is what is wrong.
async fn warned(scene: &Scene, expected: &[Warning]) {
    let known = async {
        while scene.archive.warnings() != expected {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let known = tokio::time::timeout(Duration::from_secs(60), known).await;
    assert!(known.is_ok(), "{:?}", scene.archive.warnings());
}

#[tokio::test]
async fn what_the_disk_and_the_database_refuse_is_known_though_nothing_waits_for_them() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let url = disk.url();
    let scene = disk.scene().await;
    let mut database = scene.archive.watch_database();
    assert_eq!(scene.archive.warnings(), []);
    disk.read_only();
    warned(&scene, &[Warning::DiskReadOnly]).await;
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    database.changed().await.unwrap();
    assert!(*database.borrow_and_update());
    warned(&scene, &[Warning::DiskReadOnly, Warning::DatabaseBehind]).await;
    disk.writable();
    warned(&scene, &[Warning::DatabaseBehind]).await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    warned(&scene, &[]).await;
    database.changed().await.unwrap();
    assert!(!*database.borrow());
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

#[tokio::test]
async fn what_a_killed_process_left_waits_for_room_and_goes_on_then() {
    let Some(disk) = Disk::mount("1m") else {
        return;
    };
    let scene = disk.scene().await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(3000));
    recorder.event(ms(2900), &said("a", Speaker::Coach, 100, "How are you?"));
    recorder.tick(ms(4000));
    let log = scene.session("sess_1").join("001.events.jsonl");
    let on_disk = async {
        while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("How are you?")) {
            a_moment().await;
        }
    };
    timeout(LONG, on_disk).await.expect("it is not on the disk");
    scene.archive.settled().await;
    std::mem::forget(recorder);
    scene.archive.close().await;
    // Cut off within a line, and without room to end its tracks.
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&whole[..], br#"{"at_ms":3000,"ty"#].concat()).unwrap();
    disk.fill();
    for _ in 0..2 {
        let scene = disk.scene().await;
        for _ in 0..2 {
            match scene.archive.reopen(&scene.me, "sess_1").await {
                Err(ReopenError::Recovery(RecoveryError::Disk(error))) => {
                    assert_eq!(error.kind(), ErrorKind::StorageFull);
                }
                other => panic!("{other:?}"),
            }
        }
        scene.archive.close().await;
    }
    assert!(std::fs::read(&log).unwrap().starts_with(&whole));
    let scene = disk.scene().await;
    let refused = scene.archive.reopen(&scene.me, "sess_1").await;
    assert!(refused.is_err(), "{refused:?}");
    disk.empty();
    let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
    assert_eq!(reopened.part_number, 2);
    assert_eq!(reopened.items.len(), 1);
    drop(reopened);
    scene.archive.settled().await;
    for track in ["001.coach.opus", "001.client.opus"] {
        let file = std::fs::File::open(scene.session("sess_1").join(track)).unwrap();
        let found = media::record::recover(&file).unwrap();
        assert_eq!(found.bytes, file.metadata().unwrap().len(), "{track}");
        assert!(found.end.ms() >= 2500, "{track}: {:?}", found.end);
    }
    let told = scene.archive.transcript(&scene.me, "sess_1").await.unwrap();
    assert_eq!(told.lines[0].text, "How are you?");
}

//! A session is recorded, ends, and goes on.

use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use media::record::TrackReader;
use praxiloom::archive::event::{Entry, Event, Speaker};
use praxiloom::archive::sessions;
use praxiloom::archive::{EndReason, Part, ReopenError};
use praxiloom::db::AccountId;
use signaling::event::parse::MAX_MESSAGE;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use crate::postgres::Postgres;
use crate::scene::{Scene, Tone, configured, item, ms, said, speak};

#[tokio::test]
async fn everything_that_happens_is_in_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", Some("maya")));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(3000));
    recorder.event(ms(3000), &said("a", Speaker::Coach, 100, "How are you?"));
    assert!(recorder.trouble().is_none());
    scene.clock.advance(Duration::from_secs(3));
    recorder.finish(ms(3100), EndReason::ByClient).await;

    let session = scene.session("sess_1");
    for track in ["001.coach.opus", "001.client.opus"] {
        let file = BufReader::new(File::open(session.join(track)).unwrap());
        let mut reader = TrackReader::new(file).unwrap();
        let mut packets = 0;
        while reader.next_packet().unwrap().is_some() {
            packets += 1;
        }
        assert!(packets >= 150 && reader.is_ended(), "{track}: {packets}");
        assert_eq!(reader.end(), ms(3100), "{track}");
    }
    let peaks = std::fs::read(session.join("001.coach.peaks")).unwrap();
    assert_eq!(peaks, [[70; 150].as_slice(), &[0; 5]].concat());
    let peaks = std::fs::read(session.join("001.client.peaks")).unwrap();
    assert_eq!(peaks.iter().filter(|&&peak| peak == 140).count(), 150);
    let log = std::fs::read_to_string(session.join("001.events.jsonl")).unwrap();
    let entries: Vec<Entry> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(matches!(entries[0].event, Event::Connected { part: 1, .. }));
    assert!(matches!(entries[1].event, Event::Configured { .. }));
    let Event::Disconnected { reason, to_ms } = &entries[3].event else {
        panic!("{log}");
    };
    assert_eq!((reason.as_str(), *to_ms), ("by_client", Some(3100)));
    let trace = std::fs::read_to_string(session.join("001.trace.jsonl")).unwrap();
    assert_eq!(trace.lines().count(), 150);
    for file in std::fs::read_dir(&session).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }

    scene.archive.close().await;
    let of = scene.db.of(&scene.me);
    let row = sessions::find(of, "sess_1").await.unwrap().unwrap();
    assert_eq!(row.client_id.as_deref(), Some("maya"));
    assert_eq!((row.length_ms, row.turns, row.part), (3100, 1, 1));
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
    assert_eq!(row.recording, "whole");
    assert_eq!(row.ended_at.unwrap() - row.started_at, 3_000_000);
    let left = std::fs::read_dir(scene.folder.join(".open")).unwrap();
    let marks: usize = left
        .map(|node| std::fs::read_dir(node.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(marks, 0, "a finished session is still marked");
}

#[tokio::test]
async fn a_session_goes_on_where_it_was_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    a_session_goes_on(&url).await;
}

#[tokio::test]
async fn a_session_goes_on_where_it_was_on_postgres() {
    let server = Postgres::start();
    a_session_goes_on(&server.url("postgres")).await;
}

async fn a_session_goes_on(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clock = praxiloom::clock::Clock::set_to(crate::scene::NOON);
    let here = Scene::open(url, folder.path(), clock.clone()).await;
    // Another node, on the same database and folder; SQLite serves one alone.
    let mut there = here.clone();
    if url.starts_with("postgres") {
        there = Scene::open(url, folder.path(), clock.clone()).await;
    }
    let mut recorder = here.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    recorder.event(ms(10), &configured("sess_1", Some("maya")));
    recorder.event(ms(900), &item("b", Role::Assistant, "Fine.", None));
    recorder.event(ms(910), &item("a", Role::User, "How are you?", None));
    recorder.event(
        ms(920),
        &item("b", Role::Assistant, "Quite fine.", Some("a")),
    );
    recorder.event(ms(930), &said("a", Speaker::Coach, 100, "How are you?"));
    recorder.event(ms(940), &item("c", Role::User, "?", Some("b")));
    recorder.event(
        ms(950),
        &Event::ItemRemoved {
            item_id: "c".to_owned(),
        },
    );
    let connected = here.archive.reopen(&here.me, "sess_1").await;
    assert!(matches!(
        connected,
        Err(ReopenError::Connected | ReopenError::NotFound)
    ));
    clock.advance(Duration::from_secs(1));
    recorder.finish(ms(1000), EndReason::Lost).await;
    here.archive
        .reopen(&here.me, "sess_1")
        .await
        .map(drop)
        .unwrap();

    clock.advance(Duration::from_secs(60));
    let other = AccountId::new("00000000-0000-7000-8000-000000000002");
    for (account, id) in [(&other, "sess_1"), (&here.me, "sess_2"), (&here.me, "../x")] {
        let refused = here.archive.reopen(account, id).await;
        assert!(matches!(refused, Err(ReopenError::NotFound)), "{id}");
    }
    // A node that had not said anything for a minute would be taken for dead.
    let silent = async || -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM nodes WHERE seen_at < $1");
        let count = count.bind(clock.now().0).fetch_one(here.db.pool());
        count.await.unwrap()
    };
    while silent().await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Let go above, it is back as it was; now both nodes want it at once.
    here.archive.settled().await;
    let (one, two) = tokio::join!(
        here.archive.reopen(&here.me, "sess_1"),
        there.archive.reopen(&there.me, "sess_1")
    );
    let (scene, reopened) = match (one, two) {
        (Ok(one), Err(ReopenError::Connected)) => (&here, one),
        (Err(ReopenError::Connected), Ok(two)) => (&there, two),
        other => panic!("both or none: {other:?}"),
    };
    assert_eq!(reopened.part_number, 3);
    assert_eq!(reopened.from, ms(61_000));
    assert_eq!(reopened.client_id.as_deref(), Some("maya"));
    assert_eq!(reopened.session.id, "sess_1");
    assert_eq!(reopened.started_at, crate::scene::NOON);
    let ids: Vec<&str> = reopened.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let mut recorder = scene.archive.record(Part {
        number: reopened.part_number,
        from: reopened.from,
        claim: Some(reopened.claim),
        ..scene.part("sess_1")
    });
    recorder.event(ms(61_500), &said("d", Speaker::Coach, 61_100, "And now?"));
    clock.advance(Duration::from_secs(2));
    recorder.finish(ms(63_000), EndReason::Expired).await;
    scene.archive.settled().await;
    let of = scene.db.of(&scene.me);
    let row = sessions::find(of, "sess_1").await.unwrap().unwrap();
    assert_eq!((row.length_ms, row.turns, row.part), (63_000, 2, 3));
    assert!(scene.session("sess_1").join("003.events.jsonl").exists());
    let over = there.archive.reopen(&there.me, "sess_1").await;
    assert!(matches!(over, Err(ReopenError::Over)), "{over:?}");
}

/// The longest message of a client is an item with a picture: it is on record once in the trace and
/// twice in the log.
#[tokio::test]
async fn a_picture_as_long_as_a_message_may_be_is_recorded_and_ends_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    let image_url = format!("data:image/png;base64,{}", "A".repeat(MAX_MESSAGE - 300));
    let picture = |status| Event::Item {
        item: Item {
            id: "a".to_owned(),
            status,
            kind: ItemKind::Message {
                role: Role::User,
                content: vec![Content::InputImage {
                    image_url: image_url.clone(),
                    detail: None,
                }],
            },
        },
        after: None,
    };
    recorder.trace(&image_url);
    recorder.event(ms(10), &picture(ItemStatus::InProgress));
    recorder.event(ms(20), &picture(ItemStatus::Completed));
    speak(&mut recorder, &mut Tone::new(), ms(20), ms(1000));
    assert_eq!(recorder.trouble(), None);
    recorder.finish(ms(1000), EndReason::Lost).await;
    scene.archive.settled().await;
    let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
    let expected = serde_json::to_value(picture(ItemStatus::Completed)).unwrap();
    assert_eq!(reopened.items.len(), 1);
    assert_eq!(
        serde_json::to_value(&reopened.items[0]).unwrap(),
        expected["item"]
    );
}

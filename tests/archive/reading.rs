//! Sessions read again, and deleted.

use std::io::Read;
use std::time::Duration;

use media::record::{TrackReader, has_head, recover};
use praxiloom::archive::event::Speaker;
use praxiloom::archive::{DeleteError, Deletion, EndReason, Part, ReadError, Voices, sessions};
use praxiloom::db::AccountId;

use crate::postgres::Postgres;
use crate::scene::{NOON, Scene, Tone, configured, ms, said, speak};

/// A session of two parts: three seconds, seven away, two more.
async fn two_parts(scene: &Scene) {
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", Some("maya")));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(3000));
    recorder.event(ms(2900), &said("a", Speaker::Coach, 100, "How are you?"));
    recorder.finish(ms(3000), EndReason::Lost).await;
    scene.clock.advance(Duration::from_secs(10));
    let reopened = scene.archive.reopen(&scene.me, "sess_1").await.unwrap();
    let mut recorder = scene.archive.record(Part {
        number: reopened.part_number,
        from: reopened.from,
        claim: Some(reopened.claim),
        ..scene.part("sess_1")
    });
    speak(&mut recorder, &mut Tone::new(), ms(10_000), ms(12_000));
    recorder.event(
        ms(11_900),
        &said("b", Speaker::Client, 10_500, "Back again."),
    );
    recorder.finish(ms(12_000), EndReason::ByClient).await;
    scene.archive.settled().await;
}

#[tokio::test]
async fn a_session_of_two_parts_is_one_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    two_parts(&scene).await;
    let (archive, me) = (&scene.archive, &scene.me);
    let parts = archive.parts(me, "sess_1").await.unwrap();
    let spans: Vec<_> = parts
        .iter()
        .map(|part| {
            (
                part.number,
                part.from_ms,
                part.to_ms,
                part.end_reason.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        spans,
        [
            (1, 0, 3000, Some("lost")),
            (2, 10_000, 12_000, Some("by_client"))
        ]
    );
    let transcript = archive.transcript(me, "sess_1").await.unwrap();
    assert_eq!(transcript.length_ms, 12_000);
    assert_eq!(
        (transcript.breaks[0].from_ms, transcript.breaks[0].to_ms),
        (3000, 10_000)
    );
    assert!(transcript.vtt().contains("<v Client>Back again.</v>"));
    let peaks = async |points, window| {
        let peaks = archive.peaks(me, "sess_1", points, window).await;
        peaks.unwrap()
    };
    let whole = peaks(12, (None, None)).await;
    assert_eq!(whole.coach, [70, 70, 70, 0, 0, 0, 0, 0, 0, 0, 70, 70]);
    assert_eq!(
        (whole.length_ms, whole.from_ms, whole.to_ms),
        (12_000, 0, 12_000)
    );
    let window = peaks(4, (Some(2000), Some(4000))).await;
    assert_eq!(window.coach, [70, 70, 0, 0]);
    assert_eq!(
        (window.length_ms, window.from_ms, window.to_ms),
        (12_000, 2000, 4000)
    );
    assert_eq!(peaks(2, (Some(9000), None)).await.coach, [70, 70]);
    assert_eq!(peaks(2, (Some(20_000), None)).await.coach, [0, 0]);
    // Lost, they are heard again.
    for part in ["001", "002"] {
        let path = scene.session("sess_1").join(format!("{part}.coach.peaks"));
        std::fs::remove_file(path).unwrap();
    }
    let heard = peaks(12, (None, None)).await.coach;
    // The encoder takes a tone that goes on and on for noise.
    assert!(heard[0] > 50 && heard[10] > 50, "{heard:?}");
    assert_eq!(heard[3..10], [0; 7]);
    assert_eq!(peaks(12, (None, None)).await.coach, heard);

    for voices in [
        Voices::Both,
        Voices::One(Speaker::Coach),
        Voices::One(Speaker::Client),
    ] {
        let mut sound = archive.sound(me, "sess_1", voices).await.unwrap();
        let mut bytes = Vec::new();
        sound.read_to_end(&mut bytes).unwrap();
        let again = archive.sound(me, "sess_1", voices).await.unwrap();
        assert_eq!(age_and_size(&again), age_and_size(&sound));
        // Made anew, it is the same: what was read of it goes on being valid.
        let cache = scene.session("sess_1").join("cache");
        std::fs::remove_dir_all(cache).unwrap();
        let anew = archive.sound(me, "sess_1", voices).await.unwrap();
        assert_eq!(age_and_size(&anew), age_and_size(&sound));
        let channels = bytes[28 + 9];
        if voices == Voices::Both {
            assert_eq!(channels, 2);
            continue;
        }
        assert_eq!(channels, 1);
        // Silence comes in steps of 2.5 ms; the client is heard a little later.
        let end = recover(bytes.as_slice()).unwrap().end;
        assert!((12_000..=12_080).contains(&end.ms()), "{end}");
        let Voices::One(speaker) = voices else {
            continue;
        };
        let name = if speaker == Speaker::Coach {
            "coach"
        } else {
            "client"
        };
        let joined = packets(&bytes, u64::MAX);
        for (part, from, lasted) in [("001", 0, 3000), ("002", 10_000, 2000)] {
            let file = scene.session("sess_1").join(format!("{part}.{name}.opus"));
            // What would have been heard after the part's end was not heard.
            let packets = packets(&std::fs::read(file).unwrap(), lasted);
            let alike = |here: &[Vec<u8>]| here == packets;
            // Both parts may begin with the same sound.
            let at = joined.windows(packets.len()).rposition(alike);
            let before = span(&joined[..at.expect("every packet that was heard, as it is")]);
            assert!(
                before.abs_diff(from) <= 10,
                "part {part} begins at {before} ms"
            );
        }
    }
}

#[tokio::test]
async fn a_track_whose_head_is_damaged_is_given_with_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", Some("maya")));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(3000));
    recorder.finish(ms(3000), EndReason::ByClient).await;
    scene.archive.settled().await;
    let read = async || {
        let voices = Voices::One(Speaker::Coach);
        let sound = scene.archive.sound(&scene.me, "sess_1", voices).await;
        let mut bytes = Vec::new();
        sound.unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let path = scene.session("sess_1").join("001.coach.opus");
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(read().await, whole);
    // In its first page, and in its second.
    for at in [0, 30, 70] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(!has_head(damaged.as_slice()).unwrap(), "{at}");
        let given = read().await;
        assert!(has_head(given.as_slice()).unwrap(), "{at}");
        // Made anew it may end with another packet of silence.
        let given = packets(&given, u64::MAX);
        assert!(given.starts_with(&packets(&whole, 2900)), "{at}");
    }
}

#[tokio::test]
async fn without_its_log_a_session_still_has_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    two_parts(&scene).await;
    let (archive, me) = (&scene.archive, &scene.me);
    let peaks = async || archive.peaks(me, "sess_1", 12, (None, None)).await;
    let before = peaks().await.unwrap();
    let remove = |stream: &str| {
        for part in ["001", "002"] {
            let path = scene.session("sess_1").join(format!("{part}.{stream}"));
            std::fs::remove_file(path).unwrap();
        }
    };
    remove("events.jsonl");
    let after = peaks().await.unwrap();
    assert_eq!((after.coach, after.client), (before.coach, before.client));
    assert_eq!(after.length_ms, 12_000);
    let transcript = archive.transcript(me, "sess_1").await.unwrap();
    assert_eq!((transcript.length_ms, transcript.lines.len()), (12_000, 0));
    let calls = archive.engine_calls(me, "sess_1").await;
    assert_eq!(calls.unwrap().session_id, "sess_1");
    // Without the sound there is nothing.
    remove("coach.opus");
    remove("client.opus");
    let gone = peaks().await;
    assert!(matches!(gone, Err(ReadError::NotRecorded)), "{gone:?}");
}

/// What a version is known by.
fn age_and_size(file: &std::fs::File) -> (std::time::SystemTime, u64) {
    let about = file.metadata().unwrap();
    (about.modified().unwrap(), about.len())
}

#[tokio::test]
async fn a_live_session_can_be_read_as_far_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &said("a", Speaker::Coach, 0, "Hello."));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(3000));
    scene.archive.settled().await;
    let read = async {
        loop {
            let parts = scene.archive.parts(&scene.me, "sess_1").await.unwrap();
            if parts.len() == 1 {
                return scene
                    .archive
                    .sound(&scene.me, "sess_1", Voices::One(Speaker::Coach))
                    .await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let sound = tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .unwrap()
        .unwrap();
    assert!(age_and_size(&sound).1 > 0);
    let archive = &scene.archive;
    let both = async || {
        let sound = archive.sound(&scene.me, "sess_1", Voices::Both).await;
        age_and_size(&sound.unwrap())
    };
    let made = async || {
        let made = archive.sounds_made(&scene.me, "sess_1", Voices::Both).await;
        made.unwrap().iter().map(age_and_size).collect::<Vec<_>>()
    };
    // As long as there is no more of it the file is the same; then those before it stay a while.
    let mut latest = both().await;
    let (mut tone, mut at) = (Tone::new(), 3000);
    for _ in 0..4 {
        let before = latest;
        while latest == before {
            speak(&mut recorder, &mut tone, ms(at), ms(at + 600));
            at += 600;
            tokio::time::sleep(Duration::from_millis(20)).await;
            latest = both().await;
        }
        let made = made().await;
        assert_eq!(made[..2], [latest, before]);
        assert!(made.len() <= 3);
    }
    let refused = scene.archive.delete(&scene.me, "sess_1").await;
    assert!(matches!(refused, Err(DeleteError::Live)), "{refused:?}");
    recorder.finish(ms(at), EndReason::ByClient).await;
    archive.settled().await;
    let whole = both().await;
    assert_eq!(made().await, [whole], "of one that has ended one is enough");
}

#[tokio::test]
async fn s0_18_a_deleted_session_leaves_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    deleted(&url).await;
}

#[tokio::test]
async fn s0_18_a_deleted_session_leaves_nothing_on_postgres() {
    let server = Postgres::start();
    deleted(&server.url("postgres")).await;
}

async fn deleted(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clock = praxiloom::clock::Clock::set_to(NOON);
    let scene = Scene::open(url, folder.path(), clock.clone()).await;
    two_parts(&scene).await;
    scene
        .archive
        .sound(&scene.me, "sess_1", Voices::Both)
        .await
        .unwrap();
    let other = AccountId::new("00000000-0000-7000-8000-000000000002");
    let theirs = scene.archive.delete(&other, "sess_1").await;
    assert!(matches!(theirs, Err(DeleteError::NotFound)));
    let unread = scene.archive.sound(&other, "sess_1", Voices::Both).await;
    assert!(matches!(unread, Err(ReadError::NotFound)));
    let done = scene.archive.delete(&scene.me, "sess_1").await.unwrap();
    assert_eq!(done, Deletion::Done);
    let again = scene.archive.delete(&scene.me, "sess_1").await;
    assert!(matches!(again, Err(DeleteError::NotFound)));
    let read = scene.archive.transcript(&scene.me, "sess_1").await;
    assert!(matches!(read, Err(ReadError::NotFound)));
    let kept = nothing_but_folders(folder.path());
    assert!(kept.is_empty(), "{kept:?}");

    // A deletion that was cut off after its first step is finished by the next start.
    let half = scene.record("sess_half");
    half.finish(ms(100), EndReason::ByClient).await;
    scene.archive.settled().await;
    sqlx::query("UPDATE sessions SET deleted_at = 1 WHERE id = 'sess_half'")
        .execute(scene.db.pool())
        .await
        .unwrap();
    let of = scene.db.of(&scene.me);
    assert_eq!(sessions::find(of, "sess_half").await.unwrap(), None);
    assert!(scene.session("sess_half").exists());
    scene.archive.close().await;
    let next = Scene::open(url, folder.path(), clock).await;
    let gone = async {
        while next.session("sess_half").exists() || !nothing_but_folders(&next.folder).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .unwrap();
}

/// The packets of a track that end by then, in milliseconds.
fn packets(track: &[u8], by: u64) -> Vec<Vec<u8>> {
    let (mut reader, mut packets) = (TrackReader::new(track).unwrap(), Vec::new());
    while let Some(packet) = reader.next_packet().unwrap() {
        if media::Position::new(packet.at.samples() + u64::from(packet.span)).ms() <= by {
            packets.push(packet.bytes.to_vec());
        }
    }
    packets
}

/// How long packets sound, in milliseconds.
fn span(packets: &[Vec<u8>]) -> u64 {
    let span = |packet: &Vec<u8>| media::opus::duration(packet).unwrap().as_micros() as u64;
    packets.iter().map(span).sum::<u64>() / 1000
}

/// The files below a folder, but for those in which nodes say that they live.
fn nothing_but_folders(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with(".nodes") => {}
            true => files.extend(nothing_but_folders(&path)),
            false => files.push(path),
        }
    }
    files
}

#[tokio::test]
async fn a_live_session_in_which_nobody_speaks_is_as_long_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(2000));
    recorder.tick(ms(3000));
    let log = scene.session("sess_1").join("001.events.jsonl");
    while !std::fs::metadata(&log).is_ok_and(|about| about.len() > 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scene.archive.settled().await;
    scene.clock.advance(Duration::from_secs(90));
    let ends = async |scene: &Scene| {
        let (archive, me) = (&scene.archive, &scene.me);
        let parts = archive.parts(me, "sess_1").await.unwrap();
        let whole = (None, None);
        let peaks = archive.peaks(me, "sess_1", 10, whole).await.unwrap();
        let told = archive.transcript(me, "sess_1").await.unwrap();
        [parts[0].to_ms, peaks.length_ms, told.length_ms]
    };
    assert_eq!(ends(&scene).await, [90_000; 3]);
    // It was killed, and nobody has found out for how long it went on.
    std::mem::forget(recorder);
    scene.archive.close().await;
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.ends_with('\n'));
    let next = Scene::sqlite(folder.path()).await;
    next.clock.advance(Duration::from_secs(600));
    for end in ends(&next).await {
        assert!(end < 600_000, "{end}");
    }
}

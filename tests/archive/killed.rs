//! `kill -9` in the middle: the next start finishes the sessions, and at most a second is lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use media::record::{TrackReader, has_head};
use praxiloom::archive::event::Speaker;
use praxiloom::archive::{ReadError, ReopenError, Voices, sessions};
use praxiloom::clock::Clock;

use crate::postgres::Postgres;
use crate::scene::{Scene, Tone, configured, ms, said, speak};

const CHILD: &str = "ARCHIVE_TEST_RECORDS_IN";
const SESSIONS: usize = 3;

/// Not a test of its own: what the killed process does. It records in real time and says how far
/// it is.
#[tokio::test]
async fn records_until_it_is_killed() {
    let Ok(place) = std::env::var(CHILD) else {
        return;
    };
    let (url, folder) = place.split_once('|').unwrap();
    let scene = Scene::open(url, Path::new(folder), Clock::system()).await;
    let mut recorders: Vec<_> = (0..SESSIONS)
        .map(|n| scene.record(&format!("sess_{n}")))
        .collect();
    for (n, recorder) in recorders.iter_mut().enumerate() {
        recorder.event(ms(0), &configured(&format!("sess_{n}"), Some("maya")));
        recorder.event(ms(1), &said("a", Speaker::Coach, 0, "How are you?"));
    }
    let (mut tone, began, mut at) = (Tone::new(), Instant::now(), 0);
    loop {
        for recorder in &mut recorders {
            speak(recorder, &mut tone, ms(at), ms(at + 20));
        }
        at += 20;
        println!("at {at} {}", now());
        std::io::stdout().flush().unwrap();
        tokio::time::sleep_until((began + Duration::from_millis(at)).into()).await;
    }
}

/// Microseconds by the clock that both processes have.
fn now() -> i64 {
    Clock::system().now().0
}

/// How far a process had come when it was killed, in milliseconds.
struct Killed {
    at: u64,
    /// A second before.
    second_before: u64,
}

impl Killed {
    /// Asserts that at most a second is lost of what is there up to `length`: a second of sound,
    /// or, where a machine that stood still brings more of it at once, what came in a second.
    fn assert_whole(&self, length: u64) {
        let Self { at, second_before } = *self;
        assert!(
            self.may_have_left(length),
            "{length} of {at} ms, {second_before} a second before"
        );
    }

    fn may_have_left(&self, length: u64) -> bool {
        self.at <= length + 1000 || self.second_before <= length
    }
}

/// Kills a recording process after `after`.
fn kill_one(url: &str, folder: &Path, after: Duration) -> Killed {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::records_until_it_is_killed",
            "--nocapture",
        ])
        .env(CHILD, format!("{url}|{}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.map_while(Result::ok);
    let mut steps = lines.filter_map(|line| {
        let (at, when) = line.rsplit_once("at ")?.1.split_once(' ')?;
        Some((at.parse::<u64>().ok()?, when.parse::<i64>().ok()?))
    });
    let first = steps.next().unwrap();
    std::thread::sleep(after);
    let killed = now();
    child.kill().unwrap();
    child.wait().unwrap();
    let steps: Vec<(u64, i64)> = std::iter::once(first).chain(steps).collect();
    let old = |(_, when): &&(u64, i64)| *when <= killed - 1_000_000;
    Killed {
        at: steps.last().map_or(0, |(at, _)| *at),
        second_before: steps.iter().rfind(old).map_or(0, |(at, _)| *at),
    }
}

/// Whether enough of a session was written to know whose it is and that it had a connection.
fn has_begun(session: &Path) -> bool {
    let events = std::fs::read_to_string(session.join("001.events.jsonl"));
    session.join("session.json").exists() && events.is_ok_and(|events| events.contains('\n'))
}

async fn finished(scene: &Scene, id: &str) -> sessions::SessionRow {
    let finished = async {
        loop {
            match sessions::find(scene.db.of(&scene.me), id).await.unwrap() {
                Some(row) if row.ended_at.is_some() => return row,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), finished)
        .await
        .unwrap()
}

#[tokio::test]
async fn at_most_a_second_is_lost() {
    for after in [0, 130, 977, 1640] {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
        let killed = kill_one(
            &url,
            &folder.path().join("sessions"),
            Duration::from_millis(after),
        );
        let scene = Scene::open(&url, &folder.path().join("sessions"), Clock::system()).await;
        for n in 0..SESSIONS {
            let id = format!("sess_{n}");
            if killed.may_have_left(0) && !has_begun(&scene.session(&id)) {
                continue;
            }
            let row = finished(&scene, &id).await;
            killed.assert_whole(row.length_ms as u64);
            let voice = Voices::One(Speaker::Coach);
            let sound = match scene.archive.sound(&scene.me, &id, voice).await {
                // What it began with is written at once, sound when there is a page of it.
                Err(ReadError::NotRecorded) if killed.may_have_left(0) => continue,
                sound => sound.unwrap(),
            };
            assert_eq!(
                (row.end_reason.as_deref(), row.recording.as_str()),
                (Some("lost"), "whole")
            );
            assert_eq!(row.turns, 1);
            let ended_after = row.ended_at.unwrap() / 1000 - row.started_at / 1000;
            assert!(ended_after.abs_diff(row.length_ms) <= 1);
            let whole = media::record::recover(&sound).unwrap();
            assert!(whole.ended);
            killed.assert_whole(whole.end.ms());
            assert_eq!(whole.bytes, sound.metadata().unwrap().len());
            let transcript = scene.archive.transcript(&scene.me, &id).await.unwrap();
            assert_eq!(transcript.lines[0].text, "How are you?");
            scene.archive.reopen(&scene.me, &id).await.unwrap();
        }
        scene.archive.settled().await;
        scene.archive.close().await;
    }
}

#[tokio::test]
async fn a_lost_beginning_is_silent_and_what_follows_stands_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let sessions_in = folder.path().join("sessions");
    kill_one(&url, &sessions_in, Duration::from_millis(2500));
    let account = std::fs::read_dir(&sessions_in).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.join("sess_0").exists().then_some(path)
    });
    let path = account.unwrap().join("sess_0/001.coach.opus");
    let mut track = std::fs::read(&path).unwrap();
    let pages: Vec<usize> = (0..track.len())
        .filter(|&at| track[at..].starts_with(b"OggS"))
        .collect();
    // The head, all of a page, and a part of the next.
    let (lost, whole) = (pages[3] + 50, pages[4]);
    let granule = |page: usize| u64::from_le_bytes(*track[page + 6..].first_chunk().unwrap());
    let begin = granule(pages[3]);
    let kept = placed(&track, begin);
    assert!(lost < whole && kept.len() > 20, "{}", kept.len());
    track[..lost].fill(0);
    std::fs::write(&path, &track).unwrap();

    let scene = Scene::open(&url, &sessions_in, Clock::system()).await;
    finished(&scene, "sess_0").await;
    let read = async |voices| {
        let sound = scene.archive.sound(&scene.me, "sess_0", voices).await;
        let mut bytes = Vec::new();
        sound.unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let coach = read(Voices::One(Speaker::Coach)).await;
    assert!(has_head(coach.as_slice()).unwrap());
    assert!(placed(&coach, begin).starts_with(&kept));
    let both = read(Voices::Both).await;
    // What conceals a loss is made anew.
    let spoken = kept.iter().filter(|(_, packet)| packet.len() > 10);
    for (at, packet) in spoken {
        let sound = &packet[1..];
        let is_there = both.windows(sound.len()).any(|bytes| bytes == sound);
        assert!(is_there, "what the coach said at {at}");
    }
}

/// The packets of a track from `begin` on, with their places.
fn placed(track: &[u8], begin: u64) -> Vec<(u64, Vec<u8>)> {
    let mut packets = Vec::new();
    let mut reader = TrackReader::new(track).unwrap();
    while let Ok(Some(packet)) = reader.next_packet() {
        if packet.at.samples() >= begin {
            packets.push((packet.at.samples(), packet.bytes.to_vec()));
        }
    }
    packets
}

#[tokio::test]
async fn another_node_finishes_what_a_dead_one_left() {
    let server = Postgres::start();
    let url = server.url("postgres");
    let folder = tempfile::tempdir().unwrap();
    let killed = kill_one(&url, folder.path(), Duration::from_millis(1500));
    // It said that it lives a moment ago, so it is believed for half a minute.
    let clock = Clock::set_to(Clock::system().now());
    let scene = Scene::open(&url, folder.path(), clock.clone()).await;
    let early = scene.archive.reopen(&scene.me, "sess_0").await;
    assert!(matches!(early, Err(ReopenError::Connected)), "{early:?}");
    clock.advance(Duration::from_secs(31));
    let reopened = scene.archive.reopen(&scene.me, "sess_0").await.unwrap();
    assert_eq!(
        (reopened.part_number, reopened.client_id.as_deref()),
        (2, Some("maya"))
    );
    killed.assert_whole(reopened.from.ms());
    drop(reopened);
    let of = scene.db.of(&scene.me);
    assert!(
        sessions::find(of, "sess_1")
            .await
            .unwrap()
            .unwrap()
            .ended_at
            .is_none()
    );
    // Its successor in the same folder knows at once.
    let row = finished(&scene, "sess_0").await;
    assert_eq!(row.end_reason.as_deref(), Some("lost"));
}

#[tokio::test]
async fn a_node_that_the_database_does_not_hear_of_keeps_its_sessions() {
    let server = Postgres::start();
    let url = server.url("postgres");
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::set_to(crate::scene::NOON);
    let here = Scene::open(&url, folder.path(), clock.clone()).await;
    let mut recorder = here.record("sess_1");
    recorder.event(ms(0), &configured("sess_1", None));
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(600));
    here.archive.settled().await;
    sqlx::raw_sql(
        "CREATE FUNCTION deaf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER deaf BEFORE INSERT OR UPDATE ON nodes
             FOR EACH ROW EXECUTE FUNCTION deaf()",
    )
    .execute(here.db.pool())
    .await
    .unwrap();
    clock.advance(Duration::from_secs(60));
    // What it says from now on is heard in the folder alone.
    let beats = || {
        let nodes = std::fs::read_dir(folder.path().join(".nodes")).unwrap();
        let said = nodes.filter_map(|node| std::fs::read_to_string(node.unwrap().path()).ok());
        said.filter_map(|said| said.parse::<i64>().ok()).max()
    };
    let heard = async {
        while beats() < Some(clock.now().0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard)
        .await
        .unwrap();
    let there = Scene::open(&url, folder.path(), clock.clone()).await;
    let refused = there.archive.reopen(&there.me, "sess_1").await;
    assert!(
        matches!(refused, Err(ReopenError::Connected)),
        "{refused:?}"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    speak(&mut recorder, &mut Tone::new(), ms(600), ms(1200));
    assert!(recorder.trouble().is_none());
    let reason = praxiloom::archive::EndReason::ByClient;
    recorder.finish(ms(1200), reason).await;
    here.archive.settled().await;
    let row = finished(&there, "sess_1").await;
    assert_eq!((row.length_ms, row.recording.as_str()), (1200, "whole"));
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
}

#[tokio::test]
async fn a_session_that_the_database_never_heard_of_is_found_by_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let sessions_in = folder.path().join("sessions");
    let old = format!("sqlite:{}", folder.path().join("old.db").display());
    let killed = kill_one(&old, &sessions_in, Duration::from_millis(1200));
    // The database of another day.
    let scene = Scene::open(
        &format!("sqlite:{}", folder.path().join("new.db").display()),
        &sessions_in,
        Clock::system(),
    )
    .await;
    let row = finished(&scene, "sess_2").await;
    killed.assert_whole(row.length_ms as u64);
    assert_eq!((row.part, row.transport.as_str()), (1, "websocket"));
    assert_eq!(
        row.engines,
        r#"{"llm":"standin","stt":"pocketsphinx","tts":"flite"}"#
    );
    assert_eq!(row.client_id.as_deref(), Some("maya"));
    let (files, before) = (scene.session("sess_2"), row);
    let bytes = |name: &str| std::fs::read(files.join(name)).unwrap();
    let first = ["001.coach.opus", "001.events.jsonl", "001.trace.jsonl"].map(bytes);
    scene.archive.close().await;
    drop(scene);
    // Once more, by another start: nothing changes.
    let again = Scene::open(
        &format!("sqlite:{}", folder.path().join("new.db").display()),
        &sessions_in,
        Clock::system(),
    )
    .await;
    assert_eq!(finished(&again, "sess_2").await, before);
    assert_eq!(
        ["001.coach.opus", "001.events.jsonl", "001.trace.jsonl"].map(bytes),
        first
    );
}

/// Speaks for a while without a process being killed, so that the above says what it should.
#[tokio::test]
async fn a_session_that_ended_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let mut recorder = scene.record("sess_1");
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(500));
    recorder
        .finish(ms(500), praxiloom::archive::EndReason::ByClient)
        .await;
    scene.archive.close().await;
    let log = std::fs::read(scene.session("sess_1").join("001.events.jsonl")).unwrap();
    let again = Scene::sqlite(folder.path()).await;
    let row = finished(&again, "sess_1").await;
    assert_eq!(row.end_reason.as_deref(), Some("by_client"));
    assert_eq!(
        std::fs::read(again.session("sess_1").join("001.events.jsonl")).unwrap(),
        log
    );
}

//! Recording on a disk that fails on purpose: in the middle of a batch, or by never answering.

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use media::Position;
use media::record::recover;

use super::super::event::Event;
use super::super::layout::Stream;
use super::super::scene::{answers_unless, half_a_second, scene};
use super::super::writer::WriteAt;
use super::super::{EndReason, Recorder, Refusal, Trouble, sessions};
use super::{MOMENT, MOST_EVER, MOST_OF_ALL, MOST_WAITING, OWN};

/// Waits until what was handed over is written.
async fn written(recorder: &Recorder) {
    while recorder.shared.unwritten.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
}

/// Records until something is wrong, from this half second on.
async fn trouble(recorder: &mut Recorder, half: &mut u64) -> Trouble {
    while *half < 1000 {
        recorder.event(Position::from_ms(*half * 500), &Event::Paused);
        half_a_second(recorder, *half);
        *half += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let Some(trouble) = recorder.trouble() {
            return trouble;
        }
    }
    panic!("nothing went wrong");
}

/// What goes wrong from the moment it is armed: a write gets through half, the next fails.
fn fails_half_way(armed: &Arc<AtomicBool>, kind: std::io::ErrorKind) -> WriteAt {
    let (armed, halves) = (armed.clone(), AtomicUsize::new(0));
    Box::new(move |file, bytes, at| {
        if !armed.load(Ordering::SeqCst) {
            return file.write_at(bytes, at);
        }
        match halves.fetch_add(1, Ordering::SeqCst) {
            0 => file.write_at(&bytes[..bytes.len() / 2], at),
            _ => Err(kind.into()),
        }
    })
}

#[tokio::test]
async fn half_a_write_is_cut_back_to_what_was_whole() {
    use std::io::ErrorKind::{Other, ReadOnlyFilesystem, StorageFull};
    for (kind, refusal) in [
        (StorageFull, Refusal::Full),
        (ReadOnlyFilesystem, Refusal::ReadOnly),
        (Other, Refusal::Failed),
    ] {
        let armed = Arc::new(AtomicBool::new(false));
        let scene = scene(fails_half_way(&armed, kind)).await;
        let mut recorder = scene.record("sess_1");
        let mut half = 0;
        while half < 4 {
            half_a_second(&mut recorder, half);
            half += 1;
        }
        written(&recorder).await;
        armed.store(true, Ordering::SeqCst);
        let trouble = trouble(&mut recorder, &mut half).await;
        assert_eq!(trouble.refusal, refusal);
        assert_eq!(recorder.trouble(), None, "told twice");
        recorder
            .finish(Position::from_ms(half * 500), EndReason::ByClient)
            .await;
        scene.archive.settled().await;
        let core = &scene.archive.core;
        let folder = core.layout.session(&scene.me, "sess_1").unwrap();
        let noted = Some((trouble.at.ms(), refusal.name().to_owned()));
        assert_eq!(folder.stop_of(1).unwrap(), noted);
        let log = std::fs::read_to_string(folder.file(1, Stream::Trace)).unwrap();
        assert!(log.ends_with('\n') && log.lines().count() >= 100);
        for stream in [Stream::Coach, Stream::Client] {
            let bytes = std::fs::read(folder.file(1, stream)).unwrap();
            let whole = recover(bytes.as_slice()).unwrap();
            assert_eq!(whole.bytes, bytes.len() as u64, "{stream:?} is damaged");
            assert!(whole.ended, "the end of {stream:?} is not marked");
            assert!(
                whole.end >= Position::from_ms(1990),
                "{stream:?}: {}",
                whole.end
            );
        }
        let row = sessions::find(core.db.of(&scene.me), "sess_1")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.stopped_reason.as_deref(), Some(refusal.name()));
        let counted = format!(
            "praxiloom_recordings_stopped_total{{reason=\"{}\"}} 1",
            refusal.name()
        );
        assert!(scene.metrics.render().contains(&counted));
    }
}

#[tokio::test]
async fn a_folder_in_which_no_file_can_be_made_any_more_loses_nothing_of_what_goes_on() {
    let scene = scene(super::super::writer::disk(None)).await;
    let mut recorder = scene.record("sess_1");
    // Nobody has spoken yet.
    recorder.event(Position::ZERO, &Event::Paused);
    recorder.tick(Position::from_ms(500));
    written(&recorder).await;
    let folder = scene.archive.core.layout.session(&scene.me, "sess_1");
    let folder = folder.unwrap();
    let aside = folder.path().with_extension("aside");
    std::fs::rename(folder.path(), &aside).unwrap();
    for half in 1..4 {
        half_a_second(&mut recorder, half);
    }
    recorder
        .finish(Position::from_ms(2000), EndReason::ByClient)
        .await;
    scene.archive.settled().await;
    std::fs::rename(&aside, folder.path()).unwrap();
    let row = scene.row("sess_1").await.unwrap();
    assert_eq!((row.recording.as_str(), row.length_ms), ("whole", 2000));
    for stream in [Stream::Coach, Stream::Client] {
        let bytes = std::fs::read(folder.file(1, stream)).unwrap();
        let whole = recover(bytes.as_slice()).unwrap();
        assert!(whole.ended && whole.end == Position::from_ms(2000));
        let peaks = std::fs::read(folder.file(1, stream.peaks())).unwrap();
        assert_eq!(peaks.len(), 100);
    }
}

#[tokio::test]
async fn what_the_disk_refuses_last_is_known_as_soon_as_it_was_handed_over() {
    for kind in [None, Some(std::io::ErrorKind::StorageFull)] {
        let armed = Arc::new(AtomicBool::new(false));
        let held = armed.clone();
        let scene = scene(Box::new(move |file, bytes, at| match kind {
            Some(kind) if held.load(Ordering::SeqCst) => Err(kind.into()),
            _ => file.write_at(bytes, at),
        }))
        .await;
        let mut recorder = scene.record("sess_1");
        half_a_second(&mut recorder, 0);
        written(&recorder).await;
        armed.store(true, Ordering::SeqCst);
        recorder.trace("1");
        let latest = tokio::time::Instant::now() + Duration::from_secs(10);
        recorder.written(Position::from_ms(600), latest).await;
        let refused = recorder.trouble().map(|trouble| trouble.refusal);
        assert_eq!(refused, kind.map(|_| Refusal::Full));
    }
}

#[tokio::test]
async fn a_recording_that_another_node_has_finished_is_not_written_to() {
    let scene = scene(super::super::writer::disk(None)).await;
    let mut recorder = scene.record("sess_1");
    half_a_second(&mut recorder, 0);
    written(&recorder).await;
    let folder = scene.archive.core.layout.session(&scene.me, "sess_1");
    let log = folder.unwrap().file(1, Stream::Events);
    let finished = std::fs::read_to_string(&log).unwrap() + "{\"the\":\"end\"}\n";
    std::fs::write(&log, &finished).unwrap();
    let mut half = 1;
    let trouble = trouble(&mut recorder, &mut half).await;
    assert_eq!(trouble.refusal, Refusal::TakenOver);
    assert_eq!(trouble.at, Position::from_ms(500));
    let end = Position::from_ms(half * 500);
    recorder.finish(end, EndReason::ByClient).await;
    assert_eq!(std::fs::read_to_string(&log).unwrap(), finished);
}

#[tokio::test]
async fn a_last_batch_that_fails_after_the_session_is_told_all_the_same() {
    let armed = Arc::new(AtomicBool::new(false));
    let held = armed.clone();
    let scene = scene(Box::new(move |file, bytes, at| {
        if held.load(Ordering::SeqCst) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        file.write_at(bytes, at)
    }))
    .await;
    let mut recorder = scene.record("sess_1");
    half_a_second(&mut recorder, 0);
    written(&recorder).await;
    armed.store(true, Ordering::SeqCst);
    recorder.trace("1");
    drop(recorder);
    scene.archive.settled().await;
    let of = scene.archive.core.db.of(&scene.me);
    let row = sessions::find(of, "sess_1").await.unwrap().unwrap();
    assert_eq!(row.end_reason.as_deref(), Some("failed"));
    assert_eq!(row.recording, "stopped");
    assert_eq!(row.stopped_at_ms, Some(500));
}

#[tokio::test]
async fn a_recording_stops_where_both_voices_are_whole() {
    let packet = [&[0x48][..], &[0x5A; 60]].concat();
    for (awaited, whole) in [(None, 1300), (Some(980), 980), (Some(1400), 1300)] {
        let armed = Arc::new(AtomicBool::new(false));
        let scene = scene(fails_half_way(&armed, std::io::ErrorKind::StorageFull)).await;
        let mut recorder = scene.record("sess_1");
        // What the client says goes on record some time after it was heard.
        for frame in 0..49 {
            recorder.client(Position::from_ms(frame * 20), &packet, 90);
        }
        recorder.awaits(awaited.map(Position::from_ms));
        recorder.tick(Position::from_ms(1300));
        written(&recorder).await;
        armed.store(true, Ordering::SeqCst);
        let trouble = trouble(&mut recorder, &mut 3).await;
        assert_eq!(trouble.at, Position::from_ms(whole));
        let end = Position::from_ms(5000);
        recorder.finish(end, EndReason::ByClient).await;
        scene.archive.settled().await;
        let row = scene.row("sess_1").await.unwrap();
        assert_eq!(row.stopped_at_ms, Some(whole as i64));
    }
}

#[tokio::test]
async fn a_disk_that_never_answers_holds_up_nobody() {
    let stuck = Arc::new(AtomicBool::new(true));
    let scene = scene(answers_unless(&stuck)).await;
    let mut recorders = ["sess_1", "sess_2"].map(|id| scene.record(id));
    let mut half = 0;
    while recorders
        .iter_mut()
        .any(|recorder| recorder.trouble.is_none())
    {
        for recorder in &mut recorders {
            let began = Instant::now();
            recorder.trace(&"x".repeat(200_000));
            half_a_second(recorder, half);
            let waiting = recorder.shared.unwritten.load(Ordering::SeqCst);
            assert!(waiting < 2 * MOST_WAITING, "{waiting} bytes wait");
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "the session waited"
            );
            if let Some(trouble) = recorder.trouble() {
                assert_eq!(trouble.refusal, Refusal::TooSlow);
            }
        }
        half += 1;
        assert!(half < 200, "nothing stopped");
    }
    stuck.store(false, Ordering::SeqCst);
    let [one, two] = recorders;
    one.finish(Position::from_ms(half * 500), EndReason::ByClient)
        .await;
    drop(two);
    scene.archive.settled().await;
    let core = &scene.archive.core;
    for (id, reason) in [("sess_1", "by_client"), ("sess_2", "failed")] {
        let row = sessions::find(core.db.of(&scene.me), id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.end_reason.as_deref(), Some(reason));
        assert_eq!(row.stopped_reason.as_deref(), Some("disk_too_slow"));
    }
}

#[tokio::test]
async fn what_all_wait_for_together_is_bounded_and_who_asks_for_little_keeps_it() {
    let stuck = Arc::new(AtomicBool::new(true));
    let scene = scene(answers_unless(&stuck)).await;
    let now = Position::from_ms(500);
    let mut small = scene.record("sess_small");
    // As much at once as each may have for a moment, until it is too much in all.
    let much = MOST_EVER - (4 << 20);
    let mut greedy = Vec::new();
    loop {
        let mut recorder = scene.record(&format!("sess_{}", greedy.len()));
        recorder.trace(&"x".repeat(much));
        recorder.tick(now);
        let trouble = recorder.trouble();
        let waiting = recorder.writer.waiting();
        assert!(waiting <= MOST_OF_ALL + MOST_EVER, "{waiting} bytes wait");
        greedy.push(recorder);
        if let Some(trouble) = trouble {
            assert_eq!(trouble.refusal, Refusal::TooSlow);
            break;
        }
    }
    assert_eq!(greedy.len(), MOST_OF_ALL / much + 1);
    small.trace(&"x".repeat(OWN / 2));
    small.tick(now);
    assert_eq!(small.trouble(), None);
    // It has enough, and asks for more.
    small.trace(&"x".repeat(OWN));
    small.tick(now + super::BATCH);
    assert!(small.trouble().is_some());
    stuck.store(false, Ordering::SeqCst);
    let writer = small.writer.clone();
    drop((small, greedy));
    scene.archive.settled().await;
    assert_eq!(writer.waiting(), 0);
}

#[tokio::test]
async fn what_comes_at_once_may_wait_for_a_moment() {
    for kept in [true, false] {
        let stuck = Arc::new(AtomicBool::new(true));
        let scene = scene(answers_unless(&stuck)).await;
        let mut recorder = scene.record("sess_1");
        let now = Position::from_ms(500);
        // A dozen typed items of 300 kB stand in the trace once and in the log twice.
        for _ in 0..36 {
            recorder.trace(&"x".repeat(300_000));
            recorder.tick(now);
            assert_eq!(recorder.trouble(), None);
        }
        if !kept {
            // But not as much as anybody likes.
            let mut other = scene.record("sess_2");
            other.trace(&"x".repeat(MOST_EVER));
            other.tick(now);
            let trouble = other.trouble().map(|trouble| trouble.refusal);
            assert_eq!(trouble, Some(Refusal::TooSlow));
        }
        if kept {
            stuck.store(false, Ordering::SeqCst);
            while recorder.due().is_some_and(|due| due <= now) {
                recorder.tick(now);
                tokio::task::yield_now().await;
            }
            written(&recorder).await;
        }
        let later = now + MOMENT;
        assert!(kept || recorder.due().is_some_and(|due| due <= later));
        recorder.tick(later);
        let refused = (!kept).then_some(Refusal::TooSlow);
        assert_eq!(recorder.trouble().map(|trouble| trouble.refusal), refused);
        stuck.store(false, Ordering::SeqCst);
        recorder.finish(later, EndReason::ByClient).await;
    }
}

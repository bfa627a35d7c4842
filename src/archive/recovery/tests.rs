//! Files cut anywhere are finished, and what is finished stays as it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use media::Position;
use media::opus::{Encoder, EncoderSettings};
use media::record::{TrackReader, TrackWriter, recover};

use super::super::entries;
use super::super::event::{Entry, Event};
use super::super::layout::{Folder, Layout, Stream};
use super::super::sessions::EndReason;
use super::super::sessions::parts::PartRow;
use super::super::trouble::Refusal;
use super::beginning::Known;
use super::files::{Finished, finish};
use crate::clock::Micros;
use crate::db::AccountId;

const BEGAN: Micros = Micros(1_795_262_400_000_000);

fn folder(root: &Path) -> Folder {
    let layout = Layout::open(root).unwrap();
    let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
    folder.make().unwrap();
    folder
}

fn known() -> Known {
    known_with(Vec::new())
}

fn known_with(parts: Vec<PartRow>) -> Known {
    let mut known = Known::of("rtc_1", None, parts);
    known.started_at = Some(BEGAN);
    known
}

fn finished(folder: &Folder) -> Finished {
    finish(folder, 1, None, &known(), |_| {}).unwrap().unwrap()
}

/// Finishes a part of which this is the coach's track; where that lies then.
fn finished_with(folder: &Folder, coach: &[u8]) -> (Finished, PathBuf) {
    let path = folder.file(1, Stream::Coach);
    std::fs::write(folder.file(1, Stream::Events), line(0, connected(1, 0))).unwrap();
    std::fs::write(&path, coach).unwrap();
    (finished(folder), path)
}

fn line(at_ms: u64, event: Event) -> String {
    serde_json::to_string(&Entry { at_ms, event }).unwrap() + "\n"
}

fn connected(part: u32, after_ms: u64) -> Event {
    Event::Connected {
        part,
        transport: "webrtc".to_owned(),
        engines: serde_json::json!({"stt": "pocketsphinx"}),
        wall: BEGAN.0 + after_ms as i64 * 1000,
    }
}

/// A second of a track, one page each 100 ms, without its end.
fn track() -> Vec<u8> {
    let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
    let silence = vec![0; encoder.frame()];
    let (mut track, mut file) = (TrackWriter::new(7), Vec::new());
    for frame in 0..50 {
        let packet = encoder.encode(&silence).unwrap();
        track
            .place(Position::from_ms(frame * 20), packet, 0)
            .unwrap();
        if frame % 5 == 4 {
            track.take_pages(&mut file);
        }
    }
    file
}

#[test]
fn a_log_cut_at_any_byte_keeps_its_whole_lines() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let path = folder.file(1, Stream::Events);
    let lines = [
        line(0, connected(1, 0)),
        line(400, Event::Paused),
        line(
            900,
            Event::BargeIn {
                response_id: Some("ö".to_owned()),
                thinking: false,
            },
        ),
    ];
    let whole = lines.concat();
    for cut in 0..=whole.len() {
        // A power cut may leave a hole in place of what was not yet on the disk.
        for hole in ["", "\0\0\0\0\0\0"] {
            std::fs::write(&path, [&whole.as_bytes()[..cut], hole.as_bytes()].concat()).unwrap();
            let found = finish(&folder, 1, None, &known(), |_| {}).unwrap();
            let kept = (1..=3)
                .rev()
                .find(|&count| lines[..count].concat().len() <= cut);
            let after = std::fs::read_to_string(&path).unwrap();
            let Some(kept) = kept else {
                assert_eq!((found, after.as_str()), (None, ""), "cut at {cut}");
                continue;
            };
            let found = found.unwrap();
            assert_eq!(found.length_ms, [0, 400, 900][kept - 1], "cut at {cut}");
            assert_eq!(found.interruptions, u32::from(kept == 3));
            assert_eq!(found.ended_at.0 - BEGAN.0, found.length_ms as i64 * 1000);
            let reason = EndReason::Lost.name().to_owned();
            let to_ms = Some(found.length_ms);
            let end = line(found.length_ms, Event::Disconnected { reason, to_ms });
            assert_eq!(after, lines[..kept].concat() + &end);
            assert_eq!(finished(&folder), found);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after, "again");
        }
    }
}

#[test]
fn a_track_damaged_at_any_byte_keeps_every_other_page() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let whole = track();
    let ends: Vec<u64> = (1..=whole.len())
        .filter(|&end| whole[end..].starts_with(b"OggS") || end == whole.len())
        .map(|end| end as u64)
        .collect();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let (found, path) = finished_with(&folder, &damaged);
        let is_last = at as u64 >= ends[ends.len() - 2];
        assert_eq!(found.length_ms, if is_last { 900 } else { 1000 }, "at {at}");

        let file = std::fs::read(&path).unwrap();
        let mut track = TrackReader::new(&file[..]).unwrap();
        let (mut next, mut silent) = (Position::ZERO, 0);
        while let Some(packet) = track.next_packet().unwrap() {
            assert_eq!(packet.at, next, "at {at}");
            next = Position::new(next.samples() + u64::from(packet.span));
            silent += packet.span / 960 * u32::from(packet.bytes.ends_with(&[0xFF, 0xFE]));
        }
        assert!(track.is_ended());
        // A page is a tenth of a second, the two of the head are none of it.
        let is_head = (at as u64) < ends[1];
        let lost = if is_head || is_last { 0 } else { 5 };
        assert_eq!(silent, lost, "at {at}");
        let names = std::fs::read_dir(folder.path()).unwrap();
        assert!(names.count() <= 4, "nothing is left lying about");
    }
}

#[test]
fn a_track_cut_at_any_byte_keeps_its_whole_pages() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let whole = track();
    for cut in 0..=whole.len() {
        let expected = recover(&whole[..cut]).unwrap();
        let (found, path) = finished_with(&folder, &whole[..cut]);
        assert_eq!(found.length_ms, expected.end.ms(), "cut at {cut}");
        if !expected.is_track() {
            assert!(!path.exists());
            continue;
        }
        let after = std::fs::read(&path).unwrap();
        let repaired = recover(after.as_slice()).unwrap();
        assert!(
            repaired.ended && repaired.end == expected.end,
            "cut at {cut}"
        );
        assert_eq!(repaired.bytes, after.len() as u64);
        assert_eq!(finished(&folder), found);
        assert_eq!(std::fs::read(&path).unwrap(), after, "again");
    }
}

#[test]
fn parts_before_the_last_and_after_the_known_one_are_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let torn = line(0, connected(1, 0)) + &line(3000, Event::Paused) + "{\"at";
    std::fs::write(folder.file(1, Stream::Events), &torn).unwrap();
    let second = line(9000, connected(2, 9000))
        + &line(
            9500,
            Event::Disconnected {
                reason: "by_client".to_owned(),
                to_ms: None,
            },
        );
    std::fs::write(folder.file(2, Stream::Events), &second).unwrap();
    let third = line(20_000, connected(3, 20_000)) + "{";
    std::fs::write(folder.file(3, Stream::Events), &third).unwrap();
    let found = finish(&folder, 2, None, &known(), |_| {}).unwrap().unwrap();
    assert_eq!(
        (found.part, found.length_ms, found.reason),
        (2, 9500, EndReason::ByClient)
    );
    for (part, before) in [(1, torn), (2, second), (3, third)] {
        let after = std::fs::read_to_string(folder.file(part, Stream::Events)).unwrap();
        assert_eq!(after, before, "part {part}");
    }
}

#[test]
fn a_long_torn_line_is_cut_off_too() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let whole = line(0, connected(1, 0));
    let path = folder.file(1, Stream::Events);
    std::fs::write(&path, format!("{whole}{}", "x".repeat(300_000))).unwrap();
    assert_eq!(finished(&folder).length_ms, 0);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&whole));
    assert!(std::fs::metadata(&path).unwrap().len() < 400);
}

#[test]
fn who_was_silent_was_there_for_as_long_as_the_node_lived() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let path = folder.file(1, Stream::Events);
    let begun = line(0, connected(1, 0)) + &line(400, Event::Paused);
    std::fs::write(&path, &begun).unwrap();
    let alive = Micros(BEGAN.0 + 70_000_000);
    let found = finish(&folder, 1, Some(alive), &known(), |_| {})
        .unwrap()
        .unwrap();
    assert_eq!((found.length_ms, found.ended_at), (70_000, alive));
    // What is finished stays so, and a sign of life from before says nothing.
    let later = Micros(alive.0 + 5_000_000);
    assert_eq!(
        finish(&folder, 1, Some(later), &known(), |_| {})
            .unwrap()
            .unwrap(),
        found
    );
    std::fs::write(&path, &begun).unwrap();
    let before = Micros(BEGAN.0 - 5_000_000);
    let found = finish(&folder, 1, Some(before), &known(), |_| {})
        .unwrap()
        .unwrap();
    assert_eq!(found.length_ms, 400);
}

#[test]
fn a_recording_that_stopped_is_not_whole() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let path = folder.file(1, Stream::Events);
    std::fs::write(&path, line(0, connected(1, 0))).unwrap();
    let at = Position::from_ms(250);
    folder.note_stop(1, at, Refusal::Full).unwrap();
    let found = finished(&folder);
    assert_eq!(found.stopped, Some((250, "disk_full".to_owned())));
}

#[test]
fn a_part_ends_where_it_is_said_to_though_its_files_go_on() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let ended = Event::Disconnected {
        reason: "lost".to_owned(),
        to_ms: Some(400),
    };
    let log = line(0, connected(1, 0)) + &line(900, Event::Paused) + &line(2000, ended);
    std::fs::write(folder.file(1, Stream::Events), &log).unwrap();
    std::fs::write(folder.file(1, Stream::Client), track()).unwrap();
    let found = finished(&folder);
    assert_eq!((found.length_ms, found.reason), (400, EndReason::Lost));
    // When that was known is another matter.
    assert_eq!(found.ended_at.0 - BEGAN.0, 2_000_000);
}

#[test]
fn a_log_without_its_beginning_keeps_the_sound_and_every_other_line() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let path = folder.file(1, Stream::Events);
    let first = line(0, connected(1, 0));
    let rest = line(400, Event::Paused) + &line(700, Event::Resumed);
    let mut flipped = first.clone().into_bytes();
    flipped[5] ^= 0x10;
    // A byte, a whole block, the line alone with nothing after it, and all of the log.
    let zeroed = vec![0; first.len() + 20];
    let cases = [
        [&flipped, rest.as_bytes()].concat(),
        [&zeroed, &rest.as_bytes()[20..]].concat(),
        flipped.clone(),
        Vec::new(),
    ];
    for (case, log) in cases.into_iter().enumerate() {
        std::fs::write(&path, &log).unwrap();
        std::fs::write(folder.file(1, Stream::Coach), track()).unwrap();
        let found = finished(&folder);
        assert_eq!((found.part, found.from_ms, found.length_ms), (1, 0, 1000));
        assert_eq!(found.ended_at.0 - BEGAN.0, 1_000_000);
        assert_eq!(found.transport, "webrtc", "by its id");
        assert!(folder.file(1, Stream::Coach).exists());
        let mut times = Vec::new();
        entries::read_part(&folder, 1, &mut |entry| times.push(entry.at_ms)).unwrap();
        let kept: &[u64] = match case {
            0 => &[0, 400, 700, 1000],
            1 => &[0, 700, 1000],
            _ => &[0, 1000],
        };
        assert_eq!(times, kept, "case {case}");
        let after = std::fs::read(&path).unwrap();
        assert_eq!(finished(&folder), found);
        assert_eq!(std::fs::read(&path).unwrap(), after, "again");
    }
}

#[test]
fn a_later_part_without_its_beginning_stands_where_its_row_says() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    std::fs::write(folder.file(1, Stream::Events), line(0, connected(1, 0))).unwrap();
    let damaged = "{\"at_\n".to_owned() + &line(9500, Event::Paused);
    std::fs::write(folder.file(2, Stream::Events), &damaged).unwrap();
    std::fs::write(folder.file(2, Stream::Coach), track()).unwrap();
    let row = PartRow {
        number: 2,
        transport: "websocket".to_owned(),
        from_ms: 9000,
        to_ms: None,
        end_reason: None,
        stopped_at_ms: None,
        stopped_reason: None,
    };
    let known = known_with(vec![row]);
    let found = finish(&folder, 2, None, &known, |_| {}).unwrap().unwrap();
    assert_eq!((found.from_ms, found.length_ms), (9000, 10_000));
    assert_eq!((found.part, found.transport.as_str()), (2, "websocket"));
    assert_eq!(found.ended_at.0 - BEGAN.0, 10_000_000);
    assert_eq!(found.before.len(), 1);
}

#[test]
fn what_is_lost_is_in_the_log_of_the_server() {
    let root = tempfile::tempdir().unwrap();
    let layout = Layout::open(root.path()).unwrap();
    let events = line(0, connected(1, 0)) + &line(400, Event::Paused);
    let (events, track) = (events.into_bytes(), track());
    let torn = &events[..events.len() - 9];
    let zeros = vec![0; track.len()];
    let (log, sound) = (Some(&events[..]), Some(&track[..]));
    const LOG: &str = "the log of a session is lost";
    const COACH: &str = "a track of a session is lost session.id=rtc_1 part=1 track=Coach";
    const CLIENT: &str = "a track of a session is lost session.id=rtc_1 part=1 track=Client";
    let cases = [
        (log, sound, sound, &[][..]),
        (None, sound, sound, &[LOG]),
        (Some(&[][..]), sound, sound, &[LOG]),
        (
            Some(torn),
            sound,
            sound,
            &["the log of a session is damaged"],
        ),
        (log, None, sound, &[COACH]),
        (log, sound, Some(&[][..]), &[CLIENT]),
        (log, None, None, &[COACH, CLIENT]),
        (log, Some(&zeros[..]), Some(&zeros[..]), &[COACH, CLIENT]),
    ];
    for (case, (log, coach, client, expected)) in cases.into_iter().enumerate() {
        let id = format!("rtc_{case}");
        let folder = layout.session(&AccountId::new("me"), &id).unwrap();
        folder.make().unwrap();
        let files = [Stream::Events, Stream::Coach, Stream::Client];
        for (stream, bytes) in files.into_iter().zip([log, coach, client]) {
            if let Some(bytes) = bytes {
                std::fs::write(folder.file(1, stream), bytes).unwrap();
            }
        }
        let warned = root.path().join(format!("{case}.log"));
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(File::create(&warned).unwrap())
            .finish();
        tracing::subscriber::with_default(subscriber, || finished(&folder));
        let warned = std::fs::read_to_string(warned).unwrap();
        let lines: Vec<&str> = warned.lines().collect();
        assert_eq!(lines.len(), expected.len(), "case {case}: {warned}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.contains("WARN") && line.contains(expected), "{line}");
        }
    }
}

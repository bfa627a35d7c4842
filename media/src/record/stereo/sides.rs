//! Tests of the file with two channels: every packet in its slot, both sides at their places.

use std::io::Cursor;

use opus::MSDecoder;
use proptest::prelude::*;

use super::super::{Placed, TrackReader, TrackWriter};
use super::*;
use crate::opus::{Encoder, EncoderSettings};
use crate::signal::{amplitude, sine};

/// The packets of both sides, slot by slot, as an independent reader of Ogg finds them. The left
/// ones must have one or two frames of less than 252 bytes.
pub(in super::super) fn sides(file: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut reader = ogg::PacketReader::new(Cursor::new(file));
    let head = reader.read_packet_expected().unwrap().data;
    assert_eq!(&head[..10], b"OpusHead\x01\x02");
    assert_eq!(&head[18..], [1, 2, 0, 0, 1]);
    reader.read_packet_expected().unwrap();
    let mut sides = Vec::new();
    while let Some(packet) = reader.read_packet().unwrap() {
        let (toc, len, rest) = (
            packet.data[0],
            usize::from(packet.data[1]),
            &packet.data[2..],
        );
        let (left, right) = rest.split_at(len * if toc & 3 == 1 { 2 } else { 1 });
        assert!(toc & 3 < 2 && len < 252);
        sides.push(([&[toc][..], left].concat(), right.to_vec()));
    }
    sides
}

/// The sound of both sides at 48 kHz, as libopus decodes it.
fn decode(file: &[u8]) -> [Vec<i16>; 2] {
    let mut reader = ogg::PacketReader::new(Cursor::new(file));
    reader.read_packet_expected().unwrap();
    reader.read_packet_expected().unwrap();
    let mut decoder = MSDecoder::new(48_000, 2, 0, &[0, 1]).unwrap();
    let (mut sound, mut frame) = ([Vec::new(), Vec::new()], [0; 1920]);
    while let Some(packet) = reader.read_packet().unwrap() {
        assert_eq!(
            decoder.decode(&packet.data, &mut frame, false).unwrap(),
            960
        );
        for pair in frame.chunks(2) {
            sound[0].push(pair[0]);
            sound[1].push(pair[1]);
        }
    }
    sound
}

/// A track that sounds at `hertz` during `bursts` (from, to; ms) in packets of `frames` frames of
/// 20 ms.
fn track(hertz: f64, bursts: &[(u64, u64)], frames: usize) -> Vec<u8> {
    let (mut writer, mut file) = (TrackWriter::new(1), Vec::new());
    let settings = EncoderSettings {
        rate: 48_000,
        bitrate: 32_000,
        complexity: 0,
        loss: 0,
        dtx: false,
    };
    for &(from, to) in bursts {
        let mut encoder = Encoder::new(settings).unwrap();
        let tone = sine(hertz, 48_000, (to - from) as usize * 48, 0.5);
        let mut at = Position::from_ms(from);
        for packet in tone.chunks(960 * frames) {
            let parts: Vec<_> = packet
                .chunks_exact(960)
                .map(|frame| encoder.encode(frame).unwrap().to_vec())
                .collect();
            let mut packet = vec![0; 4000];
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let len = opus::Repacketizer::new()
                .unwrap()
                .combine(&parts, &mut packet)
                .unwrap();
            writer.place(at, &packet[..len], 100).unwrap();
            at += crate::FRAME * parts.len() as u32;
        }
    }
    writer.finish(Position::ZERO, &mut file);
    file
}

/// In which frames of 10 ms a tone sounds: its runs, from and to in ms.
fn runs(sound: &[i16], hertz: f64) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for (n, frame) in sound.chunks_exact(480).enumerate() {
        let at = n as i64 * 10;
        if amplitude(frame, hertz, 48_000) > 0.2 {
            match runs.last_mut() {
                Some((_, to)) if *to == at => *to += 10,
                _ => runs.push((at, at + 10)),
            }
        }
    }
    runs
}

#[track_caller]
fn assert_runs(sound: &[i16], hertz: f64, expected: &[(i64, i64)]) {
    let found = runs(sound, hertz);
    let near = |(from, to): (i64, i64), &(expected_from, expected_to): &(i64, i64)| {
        (from - expected_from).abs() <= 20 && (to - expected_to).abs() <= 20
    };
    let same = found.len() == expected.len();
    let all = found
        .iter()
        .zip(expected)
        .all(|(found, expected)| near(*found, expected));
    assert!(same && all, "{hertz} Hz: {found:?} instead of {expected:?}");
}

#[test]
fn both_sides_of_several_parts_sound_at_their_places() {
    let coach = track(500.0, &[(300, 900), (1_513, 1_813)], 1);
    let client = track(1500.0, &[(1_000, 1_400), (1_700, 2_000)], 1);
    let odd = track(500.0, &[(260, 860)], 3);
    let mut torn = client.clone();
    torn.truncate(client.len() - 1);
    let part = |from, coach: Option<_>, client: Option<_>| StereoPart {
        from: Position::from_ms(from),
        lasted: None,
        coach,
        client,
    };
    let parts = [
        part(0, Some(&coach[..]), Some(&client[..])),
        part(4_000, Some(&odd), Some(&client)),
        // The next part begins before the tracks of this one end.
        part(8_000, Some(&coach), Some(&odd)),
        part(8_600, Some(&[][..]), None),
        part(9_000, Some(b"no track"), Some(&coach)),
        part(12_000, None, Some(&torn)),
    ];
    let mut out = Vec::new();
    let length = stereo(parts, Position::from_ms(15_123), 1, &mut out).unwrap();
    assert_eq!(length, Position::from_ms(15_123));
    let [left, right] = decode(&out);
    assert_eq!(left.len(), 15_140 * 48);
    assert_runs(
        &left,
        500.0,
        &[(300, 900), (1_513, 1_813), (4_260, 4_860), (8_300, 8_600)],
    );
    assert_runs(&left, 1500.0, &[]);
    assert_runs(
        &right,
        1500.0,
        &[
            (1_000, 1_400),
            (1_700, 2_000),
            (5_000, 5_400),
            (5_700, 6_000),
        ],
    );
    assert_runs(
        &right,
        500.0,
        &[(8_260, 8_600), (9_300, 9_900), (10_513, 10_813)],
    );
}

#[test]
fn what_lies_beyond_the_end_of_a_part_is_left_out() {
    let voice = track(1500.0, &[(1_000, 3_000)], 1);
    let odd = track(1500.0, &[(1_000, 3_000)], 3);
    let part = |from, lasted, client| StereoPart {
        from: Position::from_ms(from),
        lasted: Some(Duration::from_millis(lasted)),
        coach: None,
        client,
    };
    let parts = [
        part(0, 1_507, Some(&voice[..])),
        part(4_000, 1_300, Some(&odd)),
        part(8_000, 1_207, Some(&voice)),
    ];
    let mut out = Vec::new();
    let length = stereo(parts, Position::from_ms(9_207), 1, &mut out).unwrap();
    assert_eq!(length, Position::from_ms(9_207));
    let [_, right] = decode(&out);
    let expected = [(1_000, 1_507), (5_000, 5_300), (9_000, 9_207)];
    assert_runs(&right, 1500.0, &expected);
}

#[test]
fn nothing_is_a_file_too() {
    let mut out = Vec::new();
    let none: [StereoPart<&[u8]>; 0] = [];
    assert_eq!(
        stereo(none, Position::ZERO, 1, &mut out).unwrap(),
        Position::ZERO
    );
    let silent = &decode(&out)[0];
    assert!(silent.len() == 960 && silent.iter().all(|&sample| sample == 0));
}

#[test]
fn the_rest_of_a_slot_that_is_over_is_left_out() {
    let (mut writer, mut short) = (TrackWriter::new(1), Vec::new());
    writer.place(Position::ZERO, &[0xE0, 1, 2], 9).unwrap();
    writer.finish(Position::ZERO, &mut short);
    let long = track(500.0, &[(0, 100)], 1);
    let parts = [(0, &long), (700, &short)].map(|(from, track)| StereoPart {
        from: Position::new(from),
        lasted: None,
        coach: Some(&track[..]),
        client: None,
    });
    let mut out = Vec::new();
    stereo(parts, Position::from_ms(100), 1, &mut out).unwrap();
    assert_eq!(sides(&out).len(), 5);
}

#[test]
fn trouble_has_its_error() {
    let part = |ms| StereoPart::<&[u8]> {
        from: Position::from_ms(ms),
        lasted: None,
        coach: None,
        client: None,
    };
    let gap = stereo([part(u64::MAX / 48)], Position::ZERO, 1, io::sink());
    assert!(matches!(gap, Err(StereoError::Gap)));
    let gap = stereo([part(0)], Position::new(u64::MAX), 1, io::sink());
    assert!(matches!(gap, Err(StereoError::Gap)));
    let mut small = [0; 100];
    let full = stereo([part(0)], Position::from_ms(90_000), 1, &mut small[..]);
    assert!(matches!(full, Err(StereoError::Write(_))));
}

/// Tables of contents of mono and stereo packets of 20 ms in one frame or two.
const TOCS: [u8; 8] = [0x08, 0x4C, 0x68, 0x78, 0xF8, 0xFC, 0x40 | 1, 0xF0 | 1];

/// Steps in samples from the end of a packet to the next, each with its table of contents.
fn steps() -> impl Strategy<Value = Vec<(u64, usize)>> {
    let step = prop_oneof![6 => Just(0u64), 2 => 0u64..3_000, 1 => 0u64..100_000];
    prop::collection::vec((step, 0..TOCS.len()), 0..80)
}

/// A track whose packets have numbers, and where each of them stands in it.
fn numbered(steps: &[(u64, usize)]) -> (Vec<u8>, Vec<(u64, Vec<u8>)>) {
    let (mut writer, mut file, mut placed) = (TrackWriter::new(1), Vec::new(), Vec::new());
    for (n, (step, toc)) in steps.iter().enumerate() {
        let packet = vec![TOCS[*toc], n as u8, 1, 1, 1];
        let at = Position::new(writer.end().samples() + step);
        if let Placed::At(at) = writer.place(at, &packet, 50 + n as u8).unwrap() {
            placed.push((at.samples(), packet));
        }
    }
    writer.finish(Position::ZERO, &mut file);
    (file, placed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_packet_is_in_the_slot_nearest_to_its_place(
        coach in steps(), client in steps(), from in 0u64..100_000, length in 0u64..1_000_000,
    ) {
        let tracks = [numbered(&coach), numbered(&client)];
        let mut out = Vec::new();
        let part = StereoPart {
            from: Position::new(from),
            lasted: None,
            coach: Some(&tracks[0].0[..]),
            client: Some(&tracks[1].0[..]),
        };
        let end = stereo([part], Position::new(length), 1, &mut out).unwrap().samples();
        let slots = sides(&out);
        prop_assert_eq!(slots.len() as u64, end.div_ceil(SLOT).max(1));
        for (side, (file, placed)) in tracks.iter().enumerate() {
            let side = |slot: usize| if side == 0 { &slots[slot].0 } else { &slots[slot].1 };
            let mut last = 0;
            for (at, packet) in placed {
                let slot = ((from + at) as f64 / 960.0).round() as usize;
                prop_assert_eq!(side(slot), packet);
                last = slot as u64 + 1;
            }
            prop_assert!(end >= length.max(last * SLOT));
            let found = (0..slots.len()).filter(|&slot| side(slot).len() == 5);
            prop_assert_eq!(found.count(), placed.len());
            // A whole track is as long as its packets and fillers.
            let mut reader = TrackReader::new(&file[..]).unwrap();
            while reader.next_packet().unwrap().is_some() {}
            prop_assert!(reader.is_ended());
        }
        prop_assert_eq!(decode(&out)[1].len(), slots.len() * 960);
    }

    #[test]
    fn packets_of_any_length_and_cut_tracks_give_a_whole_file(
        packets in prop::collection::vec((0u64..5_000, any::<u8>(), any::<[u8; 7]>()), 0..40),
        cut in 0.0f64..1.1, second in 0u64..60_000,
    ) {
        let mut writer = TrackWriter::new(1);
        let mut file = Vec::new();
        for (step, toc, rest) in &packets {
            let at = Position::new(writer.end().samples() + step);
            let _ = writer.place(at, &[&[toc & !3][..], rest].concat(), 9);
            writer.take_pages(&mut file);
        }
        writer.finish(Position::ZERO, &mut file);
        let cut = ((cut * file.len() as f64) as usize).min(file.len());
        let mut out = Vec::new();
        let parts = [0, second].map(|from| StereoPart {
            from: Position::new(from),
            lasted: None,
            coach: Some(&file[..]),
            client: Some(&file[..cut]),
        });
        let length = stereo(parts, Position::ZERO, 1, &mut out).unwrap();
        let samples = decode(&out)[0].len() as u64;
        prop_assert_eq!(samples, length.samples().next_multiple_of(SLOT).max(SLOT));
    }
}

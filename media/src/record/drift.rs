//! A test of an hour on a clock that runs fast or slow: jitter buffer, track, both sides in one
//! file, in simulated time.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::stereo::sides::sides;
use super::{MAX_DEVIATION, Placed, StereoPart, TrackWriter, stereo};
use crate::Position;
use crate::jitter::{JitterBuffer, JitterSettings, Packet, Piece};

const HOUR: u64 = 3_600_000;

/// What came of an hour.
#[derive(Debug)]
struct Outcome {
    /// The most that a packet stands away from its time, in the track and in the stereo file.
    track: Duration,
    stereo: Duration,
    left_out: usize,
    length: Position,
}

/// Sends packets of 20 ms without a pause for an hour by a clock that is `ppm` fast; `peak` tells
/// how loud packet number `n` is.
fn hour(ppm: f64, peak: impl Fn(u64) -> u8) -> Outcome {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let sent = |n: u64| (n as f64 * 960.0 / (1.0 + ppm / 1e6)) as u64;
    let (mut buffer, mut writer) = (
        JitterBuffer::new(JitterSettings::default()),
        TrackWriter::new(1),
    );
    let (mut file, mut track, mut left_out) = (Vec::new(), 0, 0);
    let number = |payload: &[u8]| u64::from(u32::from_le_bytes(payload[1..5].try_into().unwrap()));
    let mut n = 0;
    while sent(n) < HOUR * 48 {
        let payload = [&[0x48][..], &(n as u32).to_le_bytes()].concat();
        let arrival = Position::new(sent(n) + 960 + random.random_range(0..480));
        let packet = Packet {
            sequence: n as u16,
            timestamp: (n * 960) as u32,
            payload,
        };
        buffer.push(packet, arrival);
        while let Some(piece) = buffer.pop(arrival) {
            let Piece::Packet { at, payload, .. } = piece else {
                panic!("nothing was lost: {piece:?}");
            };
            let n = number(&payload);
            match writer.place(at, &payload, peak(n)).unwrap() {
                Placed::At(at) => track = track.max(at.samples().abs_diff(sent(n))),
                Placed::LeftOut => left_out += 1,
            }
        }
        if n.is_multiple_of(25) {
            writer.take_pages(&mut file);
        }
        n += 1;
    }
    writer.finish(Position::from_ms(HOUR), &mut file);
    let (mut out, mut found) = (Vec::new(), 0);
    let part = StereoPart {
        from: Position::ZERO,
        lasted: None,
        coach: Some(&file[..]),
        client: None,
    };
    let length = stereo([part], Position::from_ms(HOUR), 1, &mut out).unwrap();
    let mut stereo = 0;
    for (slot, (left, _)) in sides(&out).into_iter().enumerate() {
        if left.len() == 5 {
            found += 1;
            stereo = stereo.max((slot as u64 * 960).abs_diff(sent(number(&left))));
        }
    }
    assert_eq!(found + left_out as u64, n, "every other packet is there");
    let span = |samples: u64| Duration::from_micros(samples * 1000 / 48);
    Outcome {
        track: span(track),
        stereo: span(stereo),
        left_out,
        length,
    }
}

/// Ten seconds of speech, then three of quiet.
fn speech(n: u64) -> u8 {
    if n % 650 < 500 { 40 + (n % 7) as u8 } else { 2 }
}

#[test]
fn an_hour_of_drift_stays_in_place_with_pauses() {
    for ppm in [100.0, -100.0] {
        let outcome = hour(ppm, speech);
        println!("{ppm:+} ppm: {outcome:?}");
        assert!(outcome.track <= Duration::from_millis(20), "{outcome:?}");
        assert!(outcome.stereo <= Duration::from_millis(25), "{outcome:?}");
        // 100 ppm of an hour are 360 ms, eighteen packets.
        assert!(outcome.left_out <= 40, "{outcome:?}");
        let end = Position::from_ms(HOUR);
        assert!(outcome.length >= end && outcome.length - end <= MAX_DEVIATION);
    }
}

#[test]
fn an_hour_of_drift_stays_in_place_without_a_pause() {
    for ppm in [100.0, -100.0] {
        // Always equally loud: one place is as good as another.
        let outcome = hour(ppm, |_| 100);
        println!("{ppm:+} ppm: {outcome:?}");
        assert!(
            outcome.track <= MAX_DEVIATION + Duration::from_millis(20),
            "{outcome:?}"
        );
    }
}

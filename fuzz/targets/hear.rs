//! Looks for packets that the way in does not survive: any payload in any order at any time,
//! through the jitter buffer and the Opus decoder.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use media::Position;
use media::jitter::{JitterBuffer, JitterSettings, Packet, Piece};
use media::opus::Decoder;

const CAPACITY: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let settings = JitterSettings {
        capacity: CAPACITY,
        ..JitterSettings::default()
    };
    let mut buffer = JitterBuffer::new(settings);
    let mut decoder = Decoder::new(16_000).expect("a decoder");
    let (mut now, mut last, mut sequence) = (Position::ZERO, Position::ZERO, 0u16);
    let mut rest = bytes;
    // Per packet: steps of sequence number, timestamp and time, then the payload's length.
    while let [step, stamp, passed, length, tail @ ..] = rest {
        let (payload, after) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = after;
        now += Duration::from_millis(u64::from(*passed));
        sequence = sequence.wrapping_add(i16::from(*step as i8) as u16);
        let timestamp = u32::from(sequence)
            .wrapping_mul(960)
            .wrapping_add(u32::from(*stamp) << 16);
        let payload = payload.to_vec();
        buffer.push(Packet { sequence, timestamp, payload }, now);
        assert!(buffer.len() <= CAPACITY);
        while let Some(piece) = buffer.pop(now) {
            let at = play(&mut decoder, piece);
            assert!(at >= last, "the timeline goes back");
            last = at;
        }
        assert!(buffer.deadline().is_none_or(|deadline| deadline > now), "it waits too long");
        assert!(buffer.wait() <= settings.max_wait);
    }
});

fn play(decoder: &mut Decoder, piece: Piece<Vec<u8>>) -> Position {
    let mut samples = Vec::new();
    let (at, played) = match piece {
        Piece::Packet { at, payload, .. } => (at, decoder.decode(&payload, &mut samples)),
        Piece::Lost { at, span, next: Some(next) } => {
            (at, decoder.decode_fec(&next, span, &mut samples))
        }
        Piece::Lost { at, span, next: None } => (at, decoder.conceal(span, &mut samples)),
        Piece::Gap { at, .. } => return at,
    };
    // 120 ms is the longest packet there is (RFC 6716); one that is none is an error.
    assert!(played.is_err() || samples.len() <= 16 * 120);
    at
}

//! Tests of the whole way in: encoder, a bad network, jitter buffer, decoder, voice activity.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::jitter::{JitterBuffer, JitterSettings, JitterStats, Packet, Piece};
use crate::opus::{Decoder, Encoder, EncoderSettings};
use crate::signal::recording;
use crate::vad::{Edge, Vad, VadSettings};
use crate::{FRAME, Position};

/// How a network treats packets.
struct Network {
    loss: f64,
    jitter_ms: u64,
}

/// Sends `speech` (16 kHz) through a network; returns when phrases began and ended, in
/// milliseconds, and the counters.
fn receive(speech: &[i16], network: &Network) -> (Vec<u64>, JitterStats) {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let settings = EncoderSettings {
        rate: 16_000,
        dtx: false,
        ..Default::default()
    };
    let mut encoder = Encoder::new(settings).unwrap();
    let mut arrivals = Vec::new();
    for (n, frame) in speech.chunks_exact(320).enumerate() {
        let payload = encoder.encode(frame).unwrap().to_vec();
        let packet = Packet {
            sequence: (n as u16).wrapping_add(65_500),
            timestamp: (n as u32 * 960).wrapping_add(4_294_900_000),
            payload,
        };
        let delay = random.random_range(0..=network.jitter_ms);
        if !random.random_bool(network.loss) {
            arrivals.push((Position::from_ms(n as u64 * 20 + 20 + delay), packet));
        }
    }
    arrivals.sort_by_key(|(at, packet)| (*at, packet.timestamp));

    let mut buffer = JitterBuffer::new(JitterSettings::default());
    let (mut decoder, mut vad) = (
        Decoder::new(16_000).unwrap(),
        Vad::new(VadSettings::default()),
    );
    let (mut activity, mut samples) = (Vec::new(), Vec::new());
    let mut arrivals = arrivals.into_iter().peekable();
    let mut now = Position::ZERO;
    while now < Position::from_ms(speech.len() as u64 / 16 + 400) {
        now += Duration::from_millis(1);
        while let Some((at, packet)) = arrivals.next_if(|(at, _)| *at <= now) {
            buffer.push(packet, at);
        }
        while let Some(piece) = buffer.pop(now) {
            samples.clear();
            let at = match piece {
                Piece::Packet { at, payload, .. } => {
                    decoder.decode(&payload, &mut samples).unwrap();
                    at
                }
                Piece::Lost { at, span, next } => {
                    match next {
                        Some(next) => decoder.decode_fec(&next, span, &mut samples).unwrap(),
                        None => decoder.conceal(span, &mut samples).unwrap(),
                    };
                    at
                }
                Piece::Gap { .. } => continue,
            };
            assert_eq!(samples.len(), 320);
            // The first packets may have been the slow ones; five seconds are enough to know.
            let ahead = if at < Position::from_ms(5000) {
                network.jitter_ms
            } else {
                1
            };
            let latest = now + Duration::from_millis(ahead);
            assert!(at + FRAME <= latest, "{at} was heard before it was said");
            vad.push(at, &samples, &mut activity);
        }
    }
    let edges = activity.iter().filter_map(|activity| activity.edge);
    let times = edges.map(|edge| match edge {
        Edge::Started { at } | Edge::Stopped { at } => at.ms(),
    });
    (times.collect(), *buffer.stats())
}

#[test]
fn a_bad_network_moves_no_phrase() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    let (clean, stats) = receive(
        &speech,
        &Network {
            loss: 0.0,
            jitter_ms: 0,
        },
    );
    assert_eq!((clean.len(), stats.lost), (7, 0), "{clean:?}");
    let (bad, stats) = receive(
        &speech,
        &Network {
            loss: 0.05,
            jitter_ms: 60,
        },
    );
    assert!(stats.lost > 10 && stats.lost < 60, "{stats:?}");
    assert!(
        stats.late * 20 < stats.received,
        "the wait is long enough: {stats:?}"
    );
    assert_eq!(bad.len(), clean.len(), "{bad:?} {clean:?}");
    for (bad, clean) in bad.iter().zip(&clean) {
        assert!(bad.abs_diff(*clean) <= 150, "{bad} ms instead of {clean}");
    }
}

//! Tests of the jitter buffer.

use proptest::prelude::*;

use super::bridge::UNIT;
use super::*;

/// A minimal Opus packet of 20 ms (configuration 1, one frame) that carries its number.
fn packet(sequence: u16, timestamp: u32) -> Packet<Vec<u8>> {
    let [high, low] = sequence.to_be_bytes();
    Packet {
        sequence,
        timestamp,
        payload: vec![1 << 3, high, low],
    }
}

fn drain(buffer: &mut JitterBuffer<Vec<u8>>, ms: u64) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(piece) = buffer.pop(Position::from_ms(ms)) {
        out.push(match piece {
            Piece::Packet { at, payload, .. } => {
                format!(
                    "{}@{}",
                    u16::from_be_bytes([payload[1], payload[2]]),
                    at.ms()
                )
            }
            Piece::Lost { at, span, next } => {
                let next = if next.is_some() { "+" } else { "" };
                format!("lost{next}@{}:{}", at.ms(), span.as_millis())
            }
            Piece::Gap { at, span } => format!("gap@{}:{}", at.ms(), span.as_millis()),
        });
    }
    out
}

/// Pushes packet number `n`, sent in its turn, which arrives at `ms`.
fn push(buffer: &mut JitterBuffer<Vec<u8>>, n: u16, ms: u64) {
    let timestamp = (u32::MAX - 2000).wrapping_add(u32::from(n) * 960);
    buffer.push(
        packet(65_533u16.wrapping_add(n), timestamp),
        Position::from_ms(ms),
    );
}

fn name(n: u16) -> u16 {
    65_533u16.wrapping_add(n)
}

#[test]
fn in_order_comes_out_at_once_across_the_wraparound() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    for n in 0..8 {
        let ms = 1020 + u64::from(n) * 20;
        push(&mut buffer, n, ms);
        assert_eq!(drain(&mut buffer, ms), [format!("{}@{}", name(n), ms - 20)]);
        assert!(buffer.is_empty() && buffer.deadline().is_none());
    }
}

#[test]
fn swapped_packets_come_out_in_order() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    push(&mut buffer, 0, 1020);
    push(&mut buffer, 2, 1060);
    assert_eq!(drain(&mut buffer, 1060), [format!("{}@1000", name(0))]);
    push(&mut buffer, 1, 1065);
    push(&mut buffer, 1, 1066);
    assert_eq!(
        drain(&mut buffer, 1066),
        [format!("{}@1020", name(1)), format!("{}@1040", name(2))]
    );
    push(&mut buffer, 2, 1067);
    assert_eq!(drain(&mut buffer, 1067), [""; 0]);
    assert_eq!(buffer.stats().duplicate, 2);
    assert_eq!(buffer.stats().lost, 0);
}

#[test]
fn a_missing_packet_is_given_up_at_the_deadline() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    push(&mut buffer, 0, 1020);
    push(&mut buffer, 2, 1060);
    assert_eq!(drain(&mut buffer, 1060).len(), 1);
    assert_eq!(buffer.deadline(), Some(Position::from_ms(1080)));
    assert_eq!(drain(&mut buffer, 1079), [""; 0]);
    assert_eq!(
        drain(&mut buffer, 1080),
        ["lost+@1020:20".into(), format!("{}@1040", name(2))]
    );
    push(&mut buffer, 1, 1110);
    assert_eq!(drain(&mut buffer, 1110), [""; 0]);
    let stats = buffer.stats();
    assert_eq!(
        (stats.lost, stats.concealed, stats.late, stats.duplicate),
        (1, 1, 1, 0)
    );
    // It has learnt: the packet was 70 ms late.
    assert!(buffer.wait() > Duration::from_millis(80));
}

#[test]
fn a_long_loss_is_mostly_silence() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    push(&mut buffer, 0, 1020);
    push(&mut buffer, 50, 2020);
    let out = drain(&mut buffer, 2300);
    assert_eq!(out[1], "gap@1020:860");
    assert_eq!(out[2], "lost@1880:20");
    assert_eq!(out[7], "lost+@1980:20");
    assert_eq!(out[8], format!("{}@2000", name(50)));
    assert_eq!((buffer.stats().lost, buffer.stats().concealed), (49, 6));
}

#[test]
fn a_pause_is_a_gap() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    buffer.push(packet(7, 0), Position::from_ms(1020));
    buffer.push(packet(8, 48_000), Position::from_ms(2020));
    assert_eq!(
        drain(&mut buffer, 2020),
        ["7@1000", "gap@1020:980", "8@2000"]
    );
    // A packet lost in the next pause is looked for directly before the one that follows.
    buffer.push(packet(10, 96_000), Position::from_ms(3020));
    assert_eq!(
        drain(&mut buffer, 3300),
        ["gap@2020:960", "lost+@2980:20", "10@3000"]
    );
}

#[test]
fn another_stream_begins_after_two_packets() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    buffer.push(packet(7, 0), Position::from_ms(1020));
    buffer.push(packet(30_000, 777_777_777), Position::from_ms(1040));
    assert_eq!(drain(&mut buffer, 1040), ["7@1000"]);
    buffer.push(packet(30_001, 777_778_737), Position::from_ms(1060));
    assert_eq!(drain(&mut buffer, 1060), ["gap@1020:20", "30001@1040"]);
    assert_eq!(buffer.stats().malformed, 1);
}

#[test]
fn timestamps_that_leap_stay_in_order() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    for (n, timestamp) in [(1, 5_000_000), (2, 3_000_000_000), (3, 17), (4, 977)] {
        let ms = 1000 + u64::from(n) * 20;
        buffer.push(packet(n, timestamp), Position::from_ms(ms));
        assert_eq!(drain(&mut buffer, ms), [format!("{n}@{}", ms - 20)]);
    }
}

#[test]
fn a_flood_is_bounded() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    for n in 0..5000u16 {
        buffer.push(packet(n, u32::from(n) * 960), Position::from_ms(1000));
        while let Some(piece) = buffer.pop(Position::from_ms(1000)) {
            let Piece::Packet { at, .. } = piece else {
                panic!("{piece:?}")
            };
            assert!(at <= Position::from_ms(2000));
        }
    }
    assert!(buffer.stats().overflow > 4900);
    // Holes everywhere, and nobody reads.
    for n in (5000..9000u16).step_by(2) {
        buffer.push(packet(n, u32::from(n) * 960), Position::from_ms(1000));
        assert!(buffer.len() <= 128 && buffer.slots.len() <= 128);
    }
}

#[test]
fn garbage_is_counted() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    buffer.push(
        Packet {
            sequence: 1,
            timestamp: 0,
            payload: vec![],
        },
        Position::ZERO,
    );
    buffer.push(
        Packet {
            sequence: 1,
            timestamp: 0,
            payload: vec![0xFF],
        },
        Position::ZERO,
    );
    assert_eq!(buffer.pop(Position::from_ms(500)), None);
    assert_eq!(buffer.stats().malformed, 2);
}

#[test]
fn waits_longer_on_a_jittery_network() {
    let mut buffer = JitterBuffer::new(JitterSettings::default());
    for n in 0..200u16 {
        push(
            &mut buffer,
            n,
            1020 + u64::from(n) * 20 + u64::from(n) * 37 % 5 * 10,
        );
        while buffer.pop(Position::from_ms(9000)).is_some() {}
    }
    let wait = buffer.wait();
    assert!((40..=120).contains(&wait.as_millis()), "{wait:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_comes_stays_in_order_and_in_bounds(
        steps in prop::collection::vec(
            (prop_oneof![4 => 0i32..4, 1 => -8i32..8, 1 => any::<i32>()],
             prop_oneof![4 => Just(None), 1 => any::<u32>().prop_map(Some)],
             prop_oneof![6 => 0u64..60, 1 => 0u64..3000],
             prop::sample::select(vec![0u8, 8, 16, 24, 0x0B, 0x9F, 0xFB]),
             0u8..50),
            1..200,
        ),
        capacity in 1usize..40,
    ) {
        let settings = JitterSettings { capacity, ..Default::default() };
        let mut buffer = JitterBuffer::new(settings);
        let (mut sequence, mut now, mut last) = (65_500u16, Position::from_ms(0), Position::ZERO);
        let mut end = Position::ZERO;
        for (step, timestamp, passed, head, frames) in steps {
            sequence = sequence.wrapping_add(step as u16);
            now += Duration::from_millis(passed);
            let timestamp = timestamp.unwrap_or_else(|| u32::from(sequence).wrapping_mul(960));
            let payload = vec![head, frames, 0, 0];
            buffer.push(Packet { sequence, timestamp, payload }, now);
            prop_assert!(buffer.len() <= capacity);
            let mut pieces = 0;
            let mut next_is_promised = None;
            while let Some(piece) = buffer.pop(now) {
                pieces += 1;
                prop_assert!(pieces <= 30 * (capacity + 2), "{pieces} pieces");
                let (at, span) = match &piece {
                    Piece::Packet { at, span, payload } => {
                        if let Some(promised) = next_is_promised.take() {
                            prop_assert_eq!(payload, &promised);
                        }
                        (*at, *span)
                    }
                    Piece::Lost { at, span, next } => {
                        prop_assert!(next_is_promised.is_none());
                        next_is_promised = next.clone();
                        prop_assert!(span.as_nanos() % 2_500_000 == 0);
                        prop_assert!(*span > Duration::ZERO && *span <= opus::MAX_DURATION);
                        (*at, *span)
                    }
                    Piece::Gap { at, span } => (*at, *span),
                };
                prop_assert!(at >= last, "{piece:?} before {last}");
                prop_assert!(at.samples() + UNIT >= end.samples(), "{piece:?} overlaps {end}");
                prop_assert!(at <= now + AHEAD, "{piece:?} after {now}");
                last = at;
                end = at + span;
            }
            prop_assert!(next_is_promised.is_none());
            if let Some(deadline) = buffer.deadline() {
                prop_assert!(deadline > now && deadline <= now + settings.max_wait);
            }
        }
        let stats = *buffer.stats();
        let gone = stats.delivered + stats.duplicate + stats.late + stats.malformed + stats.overflow;
        prop_assert_eq!(stats.received, gone + buffer.len() as u64);
    }
}

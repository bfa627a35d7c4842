//! Packets that get lost, overtake each other, or are not sent.

use super::*;

#[test]
fn losses_and_reordering_are_bridged_and_the_timeline_stays_whole() {
    let speech = speech();
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let mut kept = None;
    for (number, frame) in speech.chunks_exact(SAMPLES).enumerate() {
        match number % 10 {
            4 => rig.packet(frame, true),
            6 => {
                // It is overtaken by the next.
                rig.pass(FRAME);
                kept = Some(rig.next_packet(frame));
            }
            _ => {
                rig.packet(frame, false);
                if let Some(packet) = kept.take() {
                    rig.deliver(packet);
                }
            }
        }
    }
    rig.pass(Duration::from_secs(1));
    let sent = speech.len() / SAMPLES;
    let got = frames(&rig.out);
    contiguous(&rig.out);
    assert!(got.abs_diff(sent) <= 25, "{got} frames of {sent}");
    let stats = rig.mic.stats().unwrap();
    assert!(stats.lost >= (sent / 10 - 1) as u64, "{stats:?}");
    assert_eq!(stats.late, 0, "{stats:?}");
    assert!(!edges(&rig.out).is_empty());
}

#[test]
fn silence_that_is_not_sent_is_a_gap_or_silence_and_no_sound_moves() {
    // Discontinuous transmission: nothing for 300 ms at a time, timestamps go on.
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let tone = noise(1, SAMPLES, -40.0);
    for _ in 0..10 {
        rig.packet(&tone, false);
    }
    for pause in [15u32, 100, 500] {
        rig.pass(FRAME * pause);
        rig.timestamp = rig.timestamp.wrapping_add(960 * pause);
        for _ in 0..5 {
            rig.packet(&tone, false);
        }
    }
    let end = contiguous(&rig.out).unwrap();
    assert!(
        (rig.now - end) < Duration::from_millis(100),
        "{end} of {}",
        rig.now
    );
    let gaps = rig
        .out
        .iter()
        .filter(|capture| matches!(capture, Captured::Gap(_)));
    // At the beginning, and the one too long to be filled.
    assert_eq!(gaps.count(), 2);
}

#[test]
fn packets_that_the_network_held_back_in_mid_word_are_heard_whole() {
    let speech = speech();
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let (before, after) = speech.split_at(60 * SAMPLES);
    for frame in before.chunks_exact(SAMPLES) {
        rig.packet(frame, false);
    }
    assert!(rig.mic.vad.is_speaking());
    let mut held = Vec::new();
    for frame in after.chunks_exact(SAMPLES).take(30) {
        rig.pass(FRAME);
        held.push(rig.next_packet(frame));
    }
    assert!(!rig.mic.vad.is_speaking(), "nothing came for too long");
    held.into_iter().for_each(|packet| rig.deliver(packet));
    for frame in after.chunks_exact(SAMPLES).skip(30).take(30) {
        rig.packet(frame, false);
    }
    contiguous(&rig.out);
    // None of it is silence that was put in or came too late.
    assert!(frames(&rig.out).abs_diff(120) <= 3, "{}", frames(&rig.out));
    let stats = rig.mic.stats().unwrap();
    assert_eq!((stats.lost, stats.late), (0, 0), "{stats:?}");
}

#[test]
fn what_came_ends_with_the_last_packet_and_before_what_completes_a_frame() {
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let tone = noise(1, SAMPLES, -40.0);
    for number in 0..20 {
        rig.packet(&tone, number == 12);
    }
    rig.pass(Duration::from_secs(1));
    let packets = rig.out.iter().filter_map(|capture| match capture {
        Captured::Packet { at, .. } => Some(*at),
        _ => None,
    });
    assert_eq!(rig.mic.came_to(), packets.max().unwrap() + FRAME);

    let mut rig = Rig::bytes(AudioFormat::Pcm);
    rig.chunk(&bytes_of(&[900; 24 * 50]), Duration::from_millis(50));
    let end = rig.mic.end();
    assert_eq!(rig.mic.came_to(), end);
    rig.mic.flush(&mut rig.out).unwrap();
    assert!(rig.mic.end() > end && rig.mic.came_to() == end);
}

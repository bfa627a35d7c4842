//! Tests of voice activity.

use super::*;
use crate::signal::{noise, recording, sine};

fn run(vad: &mut Vad, samples: &[i16]) -> Vec<Activity> {
    let mut out = Vec::new();
    for (n, chunk) in samples.chunks(320).enumerate() {
        vad.push(Position::from_ms(n as u64 * 20), chunk, &mut out);
    }
    out
}

fn spans(samples: &[i16]) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for activity in run(&mut Vad::new(VadSettings::default()), samples) {
        match activity.edge {
            Some(Edge::Started { at }) => found.push((at.ms(), u64::MAX)),
            Some(Edge::Stopped { at }) => found.last_mut().unwrap().1 = at.ms(),
            None => {}
        }
    }
    found
}

fn mixed(a: &[i16], b: &[i16]) -> Vec<i16> {
    a.iter().zip(b).map(|(a, b)| a.saturating_add(*b)).collect()
}

/// A quiet room of two seconds with `sound` after the first.
fn room(sound: &[i16]) -> Vec<i16> {
    let mut samples = noise(1, 32_000, -65.0);
    for (slot, sample) in samples[16_000..].iter_mut().zip(sound) {
        *slot = slot.saturating_add(*sample);
    }
    samples
}

#[test]
fn steady_sounds_are_no_speech() {
    for level in [-60.0, -45.0, -30.0, -20.0] {
        assert_eq!(spans(&noise(3, 80_000, level)), [], "noise at {level} dB");
    }
    assert_eq!(spans(&sine(100.0, 16_000, 80_000, 0.3)), [], "hum");
    assert_eq!(spans(&[0; 80_000]), [], "silence");
}

#[test]
fn clicks_and_coughs_are_no_speech() {
    for ms in [1, 10, 40, 80, 115] {
        for seed in 0..8 {
            let burst = noise(seed, 16 * ms, -12.0);
            assert_eq!(spans(&room(&burst)), [], "{ms} ms of noise");
        }
    }
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    for start in (0..speech.len() - 1600).step_by(4000) {
        assert_eq!(
            spans(&room(&speech[start..start + 1600])),
            [],
            "100 ms of voice"
        );
    }
}

#[test]
fn finds_the_phrases_of_a_speech() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    let found = spans(&speech);
    // "and so my fellow americans | ask not | what your country can do for you | ask what …"
    let expected = [(320, 2300), (3280, 4480), (5400, 7540), (8190, u64::MAX)];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.0.abs_diff(expected.0) < 150, "{found:?} {expected:?}");
        assert!(found.1.abs_diff(expected.1) < 150, "{found:?} {expected:?}");
    }
}

#[test]
fn notices_soon_and_dates_back() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    // "ask not" begins at 3.28 s.
    let mut samples = noise(1, 16_000, -65.0);
    samples.extend_from_slice(&speech[16 * 3280..16 * 4480]);
    let mut vad = Vad::new(VadSettings::default());
    let activity = run(&mut vad, &samples);
    let first = activity
        .iter()
        .find(|activity| activity.edge.is_some())
        .unwrap();
    let Some(Edge::Started { at }) = first.edge else {
        panic!("{first:?}")
    };
    assert!(at.ms().abs_diff(1000) <= 100, "dated to {at}");
    assert!((first.at + STEP).ms() < 1280, "noticed at {}", first.at);
    assert!(first.speaking && vad.is_speaking());
}

#[test]
fn speech_ends_in_noise() {
    let Some(speech) = recording("15-digits.wav") else {
        return;
    };
    for below in [20.0, 10.0] {
        let background = noise(
            5,
            speech.len() + 80_000,
            f64::from(rms_dbfs(&speech)) - below,
        );
        let mut samples = speech.clone();
        samples.resize(background.len(), 0);
        let found = spans(&mixed(&samples, &background));
        assert!((2..=6).contains(&found.len()), "{below} dB: {found:?}");
        let end = found.last().unwrap().1;
        assert!((7500..9000).contains(&end), "{below} dB: {found:?}");
    }
}

#[test]
fn follows_a_meeting() {
    let Some(speech) = recording("09-ami-meeting-2spk.wav") else {
        return;
    };
    // Far from the microphone, so whoever is faint is missed rather than noise taken for
    // speech.
    let total: u64 = spans(&speech)
        .iter()
        .map(|(from, to)| to.min(&30_000) - from)
        .sum();
    assert!((14_000..24_000).contains(&total), "{total} ms of 30 s");
}

#[test]
fn threshold_and_hangover_take_effect() {
    let mut vad = Vad::new(VadSettings::default());
    for (threshold, on) in [
        (0.5, 0.7),
        (0.0, 0.4),
        (1.0, 0.98),
        (7.0, 0.98),
        (f32::NAN, 0.7),
    ] {
        vad.set_threshold(threshold);
        assert!((vad.settings().on - on).abs() < 1e-6);
        assert!(vad.settings().off < vad.settings().on);
    }
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    vad.set_threshold(0.5);
    vad.set_hangover(Duration::from_millis(1200));
    let stops = run(&mut vad, &speech)
        .iter()
        .filter(|activity| matches!(activity.edge, Some(Edge::Stopped { .. })))
        .count();
    assert_eq!(stops, 0);
}

#[test]
fn a_gap_counts_as_quiet() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    let (mut vad, mut out) = (Vad::new(VadSettings::default()), Vec::new());
    vad.push(Position::ZERO, &speech[..16 * 1500], &mut out);
    assert!(vad.is_speaking());
    out.clear();
    vad.push(Position::from_ms(9000), &[0; 512], &mut out);
    let Some(Edge::Stopped { at }) = out[0].edge else {
        panic!("{out:?}")
    };
    assert!((1300..=1500).contains(&at.ms()));
    assert_eq!(out[1].at, Position::from_ms(9000));
}

#[test]
fn chunks_of_any_size_give_the_same() {
    let Some(speech) = recording("12-ami-es2011a.wav") else {
        return;
    };
    let whole = run(&mut Vad::new(VadSettings::default()), &speech);
    let (mut vad, mut out, mut at) = (Vad::new(VadSettings::default()), Vec::new(), 0);
    for size in [1, 7, 255, 256, 257, 3000].into_iter().cycle() {
        let end = (at + size).min(speech.len());
        vad.push(
            Position::from_samples(at as u64, RATE),
            &speech[at..end],
            &mut out,
        );
        at = end;
        if at == speech.len() {
            break;
        }
    }
    assert_eq!(out, whole);
}

#[test]
fn speech_that_breaks_off_ends_with_its_last_sound_and_goes_on_from_there() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    let mut vad = Vad::new(VadSettings::default());
    assert_eq!(vad.break_off(), None);
    // In the middle of "americans".
    run(&mut vad, &speech[..16 * 2000]);
    assert!(vad.is_speaking() && !vad.is_background(&[0; 320]));
    let Some(Edge::Stopped { at }) = vad.break_off() else {
        panic!("somebody spoke");
    };
    assert!(at.ms() > 1900 && at.ms() <= 2000, "{at}");
    assert!(!vad.is_speaking());
    let mut out = Vec::new();
    vad.push(
        Position::from_ms(2000),
        &speech[16 * 2000..16 * 2300],
        &mut out,
    );
    let started = out.iter().find_map(|activity| activity.edge);
    let Some(Edge::Started { at: again }) = started else {
        panic!("{started:?}");
    };
    assert!(again >= at && again.ms() < 2050, "{again}");
}

#[test]
fn background_is_what_is_no_louder_than_before() {
    let mut vad = Vad::new(VadSettings::default());
    run(&mut vad, &noise(3, 48_000, -45.0));
    assert!(vad.is_background(&noise(4, 320, -45.0)));
    assert!(vad.is_background(&[0; 320]));
    assert!(!vad.is_background(&noise(4, 320, -38.0)));
}

//! What the library gives: times inside the sound, an end when asked for, nothing kept.

use super::*;
use proptest::prelude::*;

#[derive(Default)]
struct Heard {
    timing: Option<Timing>,
    sound: Vec<i16>,
    stop_after: Option<usize>,
}

impl Listener for Heard {
    fn timing(&mut self, timing: Timing) {
        assert!(self.timing.is_none() && self.sound.is_empty());
        self.timing = Some(timing);
    }

    fn sound(&mut self, samples: &[i16]) -> ControlFlow<()> {
        self.sound.extend_from_slice(samples);
        match self.stop_after {
            Some(limit) if self.sound.len() >= limit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn speak(recording: Recording, text: &CStr, stretch: f32) -> Heard {
    let mut heard = Heard::default();
    synthesise(recording, text, stretch, 320, &mut heard).unwrap();
    heard
}

#[test]
fn every_recording_speaks_with_times_inside_its_sound() {
    for recording in [
        Recording::Slt,
        Recording::Rms,
        Recording::Awb,
        Recording::Kal16,
    ] {
        let heard = speak(recording, c"In 2026, I felt stuck.", 1.0);
        let timing = heard.timing.unwrap();
        let seconds = heard.sound.len() as f32 / RATE as f32;
        assert_eq!(timing.tokens, 5, "{recording:?}");
        assert!(timing.lead_in > 0.0 && timing.lead_in < timing.words[0].end);
        // The year is read as at least two words of one token.
        assert!(timing.words.iter().filter(|word| word.token == 1).count() >= 2);
        assert!(timing.words.is_sorted_by(|a, b| a.end <= b.start + 0.001));
        assert!(timing.words.last().unwrap().end <= seconds + 0.01);
        assert!(heard.sound.iter().any(|sample| sample.abs() > 1000));
    }
}

#[test]
fn stretching_lengthens() {
    for recording in [Recording::Rms, Recording::Kal16] {
        let plain = speak(recording, c"A longer silence helps.", 1.0)
            .sound
            .len() as f32;
        let slow = speak(recording, c"A longer silence helps.", 2.0)
            .sound
            .len() as f32;
        assert!((1.8..2.2).contains(&(slow / plain)), "{}", slow / plain);
    }
}

#[test]
fn a_stop_is_obeyed_within_a_step() {
    for recording in [Recording::Slt, Recording::Kal16] {
        let mut heard = Heard {
            stop_after: Some(3200),
            ..Heard::default()
        };
        let text = c"This is a rather long sentence that nobody will hear to its end.";
        synthesise(recording, text, 1.0, 320, &mut heard).unwrap();
        assert!(heard.sound.len() < 3200 + 1200, "{}", heard.sound.len());
    }
}

#[test]
fn the_robotic_recording_is_reproducible() {
    let first = speak(Recording::Kal16, c"Tell me more.", 1.0).sound;
    let second = speak(Recording::Kal16, c"Tell me more.", 1.0).sound;
    assert_eq!(first, second);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_spoken_or_stopped_is_given_back() {
    let pages = || -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse().unwrap()
    };
    let speak = |stop_after| {
        let mut heard = Heard {
            stop_after,
            ..Heard::default()
        };
        let text = c"A sentence of about two seconds, said again.";
        synthesise(Recording::Kal16, text, 1.0, 320, &mut heard).unwrap();
    };
    (0..50).for_each(|n| speak((n % 2 == 0).then_some(8000)));
    let before = pages();
    (0..400).for_each(|n| speak((n % 2 == 0).then_some(8000)));
    // A lost wave would be 64 KiB each time, a lost utterance as much again.
    let grown = pages().saturating_sub(before) * 4;
    assert!(grown < 6 * 1024, "{grown} KiB");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The alphabet is all that the normaliser ever hands to the library.
    #[test]
    fn no_text_of_the_permitted_alphabet_harms_the_library(
        tokens in prop::collection::vec("[A-Za-z0-9'.,;:!?$/-]{1,40}", 0..6),
    ) {
        let text = std::ffi::CString::new(tokens.join(" ")).unwrap();
        let mut heard = Heard::default();
        let _ = synthesise(Recording::Kal16, &text, 1.0, 320, &mut heard);
    }
}

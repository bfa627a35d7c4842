//! Sound that does not come as it is spoken: too fast, too late, after a pause, by another clock.

use super::*;

#[test]
fn sound_faster_than_time_keeps_its_length() {
    let samples = at_rate(&speech(), 24_000);
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    let (began, length) = (rig.now, Duration::from_secs(1));
    for second in samples.chunks_exact(24_000) {
        // No time passes between them.
        rig.chunk(&bytes_of(second), length);
    }
    let seconds = samples.len() as u64 / 24_000;
    contiguous(&rig.out);
    assert!(rig.now - began >= Duration::from_millis(seconds * 1000 - 1040));
    assert!(frames(&rig.out) as u64 >= seconds * 50 - 2);
}

#[test]
fn a_pause_moves_the_timeline_on_without_sound() {
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    let noise = noise(2, 24_000, -45.0);
    rig.say(&noise, 24_000, 30);
    rig.pass(Duration::from_secs(20));
    rig.say(&noise, 24_000, 30);
    let end = contiguous(&rig.out).unwrap();
    assert!(
        rig.now - end < Duration::from_millis(60),
        "{end} of {}",
        rig.now
    );
    let gaps: Vec<_> = rig
        .out
        .iter()
        .filter_map(|capture| match capture {
            Captured::Gap(samples) => Some(samples / 48),
            _ => None,
        })
        .collect();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps[1].abs_diff(20_000) <= 60, "{gaps:?}");
    // What was sent is all there.
    assert!(frames(&rig.out).abs_diff(100) <= 3);
}

#[test]
fn what_comes_after_speech_broke_off_follows_without_a_gap() {
    let samples = at_rate(&speech(), 24_000);
    let (first, late) = samples.split_at(24_000);
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    rig.say(first, 24_000, 20);
    rig.pass(Duration::from_millis(500));
    let (before, ended) = (rig.mic.end(), edges(&rig.out));
    assert!(!ended.last().unwrap().0, "the speech ended");
    // The network gives back at once what it held.
    for chunk in late[..12_000].chunks(480) {
        rig.chunk(&bytes_of(chunk), FRAME);
    }
    contiguous(&rig.out);
    assert_eq!(rig.mic.end() - before, Duration::from_millis(500));
    let (started, at) = edges(&rig.out)[ended.len()];
    assert!(
        started && at.abs_diff(before.ms()) <= 40,
        "{at} of {before}"
    );
}

#[test]
fn a_clock_that_drifts_is_followed_and_no_word_is_torn() {
    let once = speech();
    let pause = noise(3, RATE as usize, -60.0);
    let samples = at_rate(&[once, pause].concat(), 24_000);
    let rounds = 14;
    for (percent, least) in [(99u32, 1), (100, 0), (101, 0)] {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        let mut reference = None;
        for _ in 0..rounds {
            let began = rig.out.len();
            for chunk in samples.chunks(480) {
                // The client's 20 ms last longer or shorter here.
                rig.pass(FRAME * 100 / percent);
                rig.chunk(&bytes_of(chunk), FRAME);
            }
            let count = edges(&rig.out[began..]).len();
            assert_eq!(*reference.get_or_insert(count), count, "{percent} %");
            let behind = rig.now - rig.mic.end();
            assert!(
                behind < Duration::from_millis(200),
                "{behind:?} at {percent} %"
            );
        }
        contiguous(&rig.out);
        let gaps = rig
            .out
            .iter()
            .filter(|capture| matches!(capture, Captured::Gap(_)));
        assert!(gaps.count() > least, "{percent} %");
    }
}

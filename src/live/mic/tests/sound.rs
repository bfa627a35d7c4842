//! Sound in every format, in chunks of any length, and what falls silent.

use media::g711::Law;

use super::super::arrival::SILENT;
use super::*;

#[test]
fn speech_is_found_where_it_is_in_every_format() {
    let speech = speech();
    let mut found = Vec::new();
    for (format, rate) in [
        (AudioFormat::Pcm, 24_000),
        (AudioFormat::Pcmu, 8000),
        (AudioFormat::Pcma, 8000),
    ] {
        let mut rig = Rig::bytes(format);
        let samples = at_rate(&speech, rate);
        for chunk in samples.chunks(rate as usize / 50) {
            let mut bytes = Vec::new();
            match format {
                AudioFormat::Pcm => pcm::write(chunk, &mut bytes),
                AudioFormat::Pcmu => Law::Mu.encode(chunk, &mut bytes),
                AudioFormat::Pcma => Law::A.encode(chunk, &mut bytes),
            }
            rig.pass(FRAME);
            rig.chunk(&bytes, FRAME);
        }
        rig.pass(Duration::from_secs(1));
        contiguous(&rig.out);
        found.push(edges(&rig.out));
    }
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    for frame in speech.chunks_exact(SAMPLES) {
        rig.packet(frame, false);
    }
    rig.pass(Duration::from_secs(1));
    found.push(edges(&rig.out));
    let (first, others) = found.split_first().unwrap();
    assert!(first.len() >= 2 && first.len() % 2 == 0, "{first:?}");
    for other in others {
        assert!(first[0].1.abs_diff(other[0].1) < 100, "{found:?}");
        let (last, its) = (first.last().unwrap(), other.last().unwrap());
        assert!(last.1.abs_diff(its.1) < 150, "{found:?}");
    }
}

#[test]
fn a_microphone_that_falls_silent_in_mid_word_ends_the_speech() {
    let speech = speech();
    let loud = |rig: &Rig| rig.mic.vad.is_speaking();
    for packets in [false, true] {
        let mut rig = if packets {
            Rig::new(Mic::packets(Position::ZERO).unwrap())
        } else {
            Rig::bytes(AudioFormat::Pcm)
        };
        for frame in speech.chunks_exact(SAMPLES) {
            if packets {
                rig.packet(frame, false);
            } else {
                rig.say(&at_rate(frame, 24_000), 24_000, 20);
            }
            if loud(&rig) && frames(&rig.out) > 60 {
                break;
            }
        }
        assert!(loud(&rig));
        let stopped = rig.now;
        rig.pass(SILENT - FRAME * 3);
        assert!(loud(&rig), "too soon");
        rig.pass(FRAME * 4);
        assert!(!loud(&rig), "{packets}");
        let (started, at) = *edges(&rig.out).last().unwrap();
        assert!(!started && at <= stopped.ms() + 20, "{at} of {stopped}");
        // And nothing more happens while nothing comes.
        let before = rig.out.len();
        rig.pass(Duration::from_secs(60));
        assert_eq!((rig.out.len(), rig.mic.deadline()), (before, None));
    }
}

#[test]
fn long_chunks_are_no_silence() {
    let speech = speech();
    let samples = at_rate(&[speech.clone(), speech].concat(), 24_000);
    let reference = {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        rig.say(&samples, 24_000, 20);
        rig.pass(Duration::from_secs(2));
        edges(&rig.out).len()
    };
    for chunk in [100, 500, 1000] {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        rig.say(&samples, 24_000, chunk);
        rig.pass(Duration::from_secs(2));
        contiguous(&rig.out);
        assert_eq!(edges(&rig.out).len(), reference, "chunks of {chunk} ms");
    }
}

#[test]
fn a_commit_brings_out_everything_that_was_sent() {
    for format in [AudioFormat::Pcm, AudioFormat::Pcmu] {
        let mut rig = Rig::bytes(format);
        let bytes = format.rate() as usize / 10 * format.bytes_per_sample();
        rig.chunk(&vec![0x55; bytes], Duration::from_millis(100));
        assert!(frames(&rig.out) < 5, "the resampler holds some of it back");
        rig.mic.flush(&mut rig.out).unwrap();
        assert_eq!(frames(&rig.out), 5, "{format:?}");
        rig.mic.flush(&mut rig.out).unwrap();
        assert_eq!(frames(&rig.out), 5, "and nothing more");
    }
}

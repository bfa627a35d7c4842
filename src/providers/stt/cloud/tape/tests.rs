//! What is taken from the tape, sent again and forgotten.

use super::*;

fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

/// 20 ms each, whose samples say which frame it is.
fn tape(frames: &[u64]) -> Tape {
    let mut tape = Tape::default();
    for frame in frames {
        tape.push(ms(frame * 20), vec![*frame as i16; 320].into());
    }
    tape
}

fn all() -> Vec<Range> {
    vec![(Position::ZERO, ms(1_000_000))]
}

/// Takes everything in pieces: where each begins, its length, whether it ended a stretch.
fn drain(tape: &mut Tape, wanted: &[Range], most: usize) -> Vec<(u64, usize, bool)> {
    let mut taken = Vec::new();
    while let Some(piece) = tape.next(wanted, most) {
        let samples = tape.take(&piece);
        assert_eq!(samples.len(), piece.samples);
        // Every sample says which frame it is of.
        for (index, sample) in samples.iter().enumerate() {
            let at = later(piece.at, index as u64);
            assert_eq!(at.ms() / 20, *sample as u64, "at {at}");
        }
        taken.push((piece.at.ms(), piece.samples, piece.ended));
    }
    taken
}

#[test]
fn sound_is_cut_into_pieces_and_a_gap_ends_one() {
    let mut tape = tape(&[0, 1, 2, 3, 10, 11]);
    assert_eq!(tape.unsent(&all(), 10_000), 1920);
    let pieces = drain(&mut tape, &all(), 960);
    assert_eq!(
        pieces,
        [(0, 960, false), (60, 320, true), (200, 640, false)]
    );
    assert_eq!(tape.unsent(&all(), 10_000), 0);
    tape.rewind(ms(50));
    assert_eq!(
        drain(&mut tape, &all(), 480),
        [(50, 480, false), (200, 480, false), (230, 160, false)]
    );
}

#[test]
fn only_what_is_wanted_is_sent() {
    let mut tape = tape(&[0, 1, 2, 3, 4, 5]);
    let wanted = vec![(ms(10), ms(50)), (ms(50), ms(55)), (ms(90), ms(200))];
    assert_eq!(tape.unsent(&wanted, 10_000), 720 + 480);
    let pieces = drain(&mut tape, &wanted, 10_000);
    assert_eq!(pieces, [(10, 720, true), (90, 480, false)]);
    // A stretch that is over.
    tape.rewind(Position::ZERO);
    let wanted = vec![(ms(10), ms(50))];
    assert_eq!(drain(&mut tape, &wanted, 10_000), [(10, 640, true)]);
}

/// For how many of the frames from there on, which are this loud, it is more than silence.
fn loud(tape: &mut Tape, frames: std::ops::Range<u64>, amplitude: i16) -> u128 {
    let (from, to) = (ms(frames.start * 20), ms(frames.end * 20));
    for frame in frames {
        tape.push(ms(frame * 20), vec![amplitude; 320].into());
    }
    tape.loud(from, to).as_millis() / 20
}

#[test]
fn loud_is_what_stands_above_the_background_of_the_session() {
    // Soft speech in a quiet room: −50 dBFS above −84.
    let mut tape = Tape::default();
    assert_eq!(loud(&mut tape, 0..50, 2), 0);
    assert_eq!(loud(&mut tape, 50..75, 100), 25);
    assert_eq!(loud(&mut tape, 75..100, 2), 0);
    // A fan at −34 dBFS is silence once it is known, and speech is heard above it.
    loud(&mut tape, 100..250, 650);
    assert_eq!(loud(&mut tape, 250..300, 650), 0);
    assert_eq!(loud(&mut tape, 300..325, 3000), 25);
}

#[test]
fn sound_that_comes_again_is_known_and_old_sound_goes() {
    let mut tape = tape(&[5, 5, 4, 6]);
    tape.push(ms(130), vec![9; 640].into());
    let piece = tape.next(&all(), 10_000).unwrap();
    assert_eq!((piece.at, piece.samples), (ms(100), 640 + 480));
    assert!(tape.has(ms(169), ms(180)) && !tape.has(ms(170), ms(900)));
    tape.forget(ms(120));
    assert!(!tape.has(ms(0), ms(120)) && tape.has(ms(0), ms(121)));
    for frame in 20..4000 {
        tape.push(ms(frame * 20), vec![0; 320].into());
    }
    assert_eq!(tape.samples, MOST);
}

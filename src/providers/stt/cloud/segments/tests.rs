//! Whose word it is, and what may change about it.

use super::super::words::Heard;
use super::*;

fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

fn words(spoken: &[(&str, u64, bool)]) -> Words {
    let heard = |(text, at, settled): &(&str, u64, bool)| Heard {
        word: Word {
            text: (*text).to_owned(),
            start: ms(*at),
            end: ms(at + 100),
            confidence: 1.0,
        },
        settled: *settled,
    };
    let mut words = Words::default();
    words.put(0, spoken.iter().map(heard).collect());
    words
}

#[test]
fn a_word_belongs_to_the_nearest_segment() {
    let mut segments = Segments::default();
    segments.begin(1, ms(1000));
    assert!(segments.end(1, ms(2000)));
    segments.begin(2, ms(2600));
    for (at, owner) in [
        (500, None),
        (700, Some(1)),
        (1500, Some(1)),
        (2250, Some(1)),
        (2350, Some(2)),
        (90_000, Some(2)),
    ] {
        assert_eq!(segments.owner(ms(at)), owner, "{at}");
    }
}

#[test]
fn what_was_called_stable_stays_until_the_final() {
    let mut segments = Segments::default();
    segments.begin(1, ms(1000));
    let partials = segments.partials(&words(&[("what", 1000, true), ("wood", 1100, false)]));
    assert_eq!(
        (partials[0].1.text().as_str(), partials[0].1.stable),
        ("what wood", 1)
    );
    let formatted = words(&[("What", 1010, true), ("would", 1100, true)]);
    let partials = segments.partials(&formatted);
    assert_eq!(
        (partials[0].1.text().as_str(), partials[0].1.stable),
        ("what would", 2)
    );
    assert!(segments.partials(&formatted).is_empty());
    // A vendor that takes words back.
    assert!(segments.partials(&words(&[])).is_empty());
    segments.end(1, ms(1200));
    assert_eq!(segments.answer(1, &formatted).text(), "What would");
    assert!(!segments.end(1, ms(1200)), "answered twice");
}

#[test]
fn words_of_a_discarded_segment_are_nobodys() {
    let mut segments = Segments::default();
    segments.begin(1, ms(1000));
    assert!(segments.discard(1, ms(1500)));
    assert!(!segments.discard(1, ms(1500)));
    segments.begin(2, ms(1500));
    let words = words(&[("mine", 1200, true), ("yours", 1600, true)]);
    let partials = segments.partials(&words);
    assert_eq!(partials.len(), 1);
    assert_eq!((partials[0].0, partials[0].1.text().as_str()), (2, "yours"));
    // One that was never begun has no words, and is ended all the same.
    assert!(segments.end(7, ms(1650)));
    assert_eq!(segments.answer(7, &words).words, []);
}

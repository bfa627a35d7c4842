//! Turns by hand: their segments, what is understood of them, and how long words are waited for.

use super::*;
use crate::providers::stt::Word;

fn words(text: &str, stable: usize) -> Transcript {
    let word = |text: &str| {
        let (start, end) = (Position::ZERO, Position::ZERO);
        Word {
            text: text.to_owned(),
            start,
            end,
            confidence: 1.0,
        }
    };
    Transcript {
        words: text.split(' ').map(word).collect(),
        stable,
    }
}

#[test]
fn a_turn_joins_its_segments() {
    let mut turn = Turn::new("item".to_owned(), Position::from_ms(100));
    turn.begin(1, Position::from_ms(100));
    assert!(turn.understood(1, words("what would", 1), false, Position::ZERO));
    assert_eq!(turn.caption(), ("what".to_owned(), "would".to_owned()));
    assert_eq!(
        turn.end(
            Position::from_ms(900),
            Position::from_ms(1100),
            Position::from_ms(1000)
        ),
        Some(1)
    );
    assert!(!turn.settled());
    assert!(turn.understood(1, words("what would", 2), true, Position::ZERO));
    assert!(turn.settled());
    turn.begin(2, Position::from_ms(1400));
    turn.understood(2, words("you like", 0), false, Position::ZERO);
    assert_eq!(turn.text(), "what would you like");
    assert_eq!(
        turn.caption(),
        ("what would".to_owned(), "you like".to_owned())
    );
    assert_eq!(
        turn.voiced(Position::from_ms(1500)),
        Duration::from_millis(900)
    );
    assert_eq!(turn.open().collect::<Vec<_>>(), [2]);
}

#[test]
fn while_words_come_they_are_waited_for_but_not_for_ever() {
    let at = Position::from_ms;
    let mut turn = Turn::new("item".to_owned(), at(0));
    turn.begin(1, at(0));
    turn.end(at(1000), at(1200), at(1200));
    assert_eq!(turn.patience_ends(), at(7200));
    turn.understood(1, timed("what would you"), false, at(4000));
    assert_eq!(turn.patience_ends(), at(7000));
    turn.understood(1, timed("what would you like"), false, at(6500));
    assert_eq!(turn.patience_ends(), at(7200));
}

#[test]
fn another_recogniser_has_longer_for_the_words() {
    let at = Position::from_ms;
    let mut turn = Turn::new("item".to_owned(), at(0));
    turn.begin(1, at(0));
    turn.asked_anew(at(500));
    turn.end(at(1000), at(1200), at(1200));
    assert_eq!(turn.patience_ends(), at(16_200));
    turn.asked_anew(at(4700));
    turn.asked_anew(at(9000));
    // However often it is replaced: altogether no longer.
    assert_eq!(turn.patience_ends(), at(16_200));
    turn.understood(1, words("what", 1), true, at(10_000));
    turn.asked_anew(at(11_000));
    assert_eq!(turn.patience_ends(), at(13_000));
}

/// Words of 200 ms each, from the beginning.
fn timed(text: &str) -> Transcript {
    let mut words = words(text, 0);
    for (word, index) in words.words.iter_mut().zip(0..) {
        word.start = Position::from_ms(index * 200);
        word.end = Position::from_ms(index * 200 + 200);
    }
    words
}

#[test]
fn words_that_are_missing_are_waited_for_and_another_recogniser_gives_them() {
    let at = Position::from_ms;
    let mut turn = Turn::new("item".to_owned(), at(0));
    turn.begin(1, at(0));
    turn.understood(1, timed("what would"), false, at(500));
    turn.end(at(1000), at(1200), at(1200));
    assert_eq!(turn.patience_ends(), at(7200));
    turn.asked_anew(at(3000));
    // What another recogniser has not reached yet is not taken back.
    turn.understood(1, timed("what"), false, at(3500));
    assert_eq!(turn.text(), "what would");
    assert_eq!(turn.patience_ends(), at(16_200));
    turn.understood(1, timed("what could you"), false, at(4000));
    assert_eq!(turn.text(), "what could you");
    // No more than a breath lies behind them.
    assert_eq!(turn.patience_ends(), at(7000));
    turn.understood(1, timed("what"), true, at(4100));
    assert_eq!(turn.text(), "what");
    // A cough without words is not waited for as long.
    turn.begin(2, at(2000));
    turn.end(at(2400), at(2600), at(4200));
    assert_eq!(turn.patience_ends(), at(7200));
}

#[test]
fn late_words_of_another_turn_are_not_taken() {
    let mut turn = Turn::new("item".to_owned(), Position::ZERO);
    turn.begin(5, Position::ZERO);
    assert!(!turn.understood(4, words("old", 1), true, Position::ZERO));
    assert_eq!(turn.text(), "");
    turn.end(
        Position::from_ms(10),
        Position::from_ms(10),
        Position::from_ms(10),
    );
    turn.understood(5, words("new", 1), true, Position::ZERO);
    turn.understood(5, words("late partial", 0), false, Position::ZERO);
    assert_eq!(turn.text(), "new");
}

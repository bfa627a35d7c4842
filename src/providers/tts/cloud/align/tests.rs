//! Words and their times, from answers cut anywhere and spelt otherwise.

use proptest::prelude::*;

use super::*;
use crate::providers::tts::text::{Part, parse};

/// Samples that a character takes in these tests.
const STEP: u64 = 10;

fn aligner(text: &str) -> Aligner {
    match parse(text).pop() {
        Some(Part::Speech(words)) => Aligner::new(&words),
        other => panic!("{other:?}"),
    }
}

/// What comes of a vendor that says `said`, one character at a time.
fn aligned(text: &str, said: &str) -> Vec<String> {
    let mut aligner = aligner(text);
    let mut at = 0;
    for c in said.chars() {
        aligner.hear(&c.to_string(), at, at + STEP);
        at += STEP;
    }
    let mut words = aligner.ready(at);
    words.extend(aligner.rest(&(0..at), at));
    words
        .into_iter()
        .map(|word| format!("{} {}-{}", &text[word.text], word.start, word.end))
        .collect()
}

#[test]
fn the_same_letters_give_their_times() {
    assert_eq!(
        aligned("Well, I **know** — Zoë!", " Well, I know, Zoë!"),
        [
            "Well, 10-50",
            "I 70-80",
            "**know** — 90-130",
            "Zoë! 150-180"
        ]
    );
}

#[test]
fn spaces_marks_and_case_do_not_matter() {
    let expected = ["first-time 0-100", "customers. 120-210"];
    assert_eq!(
        aligned("first-time customers.", "first-time  customers"),
        expected
    );
    assert_eq!(
        aligned("first-time customers.", "First time. CUSTOMERS"),
        ["first-time 0-100", "customers. 120-210"]
    );
}

#[test]
fn what_is_read_otherwise_shares_the_time_left_for_it() {
    assert_eq!(
        aligned("In 2024 it began", "In twenty four it began"),
        ["In 0-20", "2024 20-150", "it 150-170", "began 180-230"]
    );
    // Also at the end, where nothing follows that could agree.
    assert_eq!(
        aligned("Since 2024.", "Since two thousand"),
        ["Since 0-50", "2024. 50-180"]
    );
}

#[test]
fn words_wait_for_their_sound() {
    let mut aligner = aligner("one two");
    aligner.hear("one", 0, 30);
    assert_eq!(aligner.ready(29), []);
    assert_eq!(aligner.ready(30).len(), 1);
    aligner.hear("two", 40, 90);
    assert!(aligner.is_complete());
    assert_eq!(aligner.ready(80), []);
    let last = aligner.rest(&(0..80), 80);
    assert_eq!((last[0].start, last[0].end), (40, 80));
}

proptest! {
    #[test]
    fn any_answer_gives_every_word_once_in_order_and_within_the_sound(
        text in "[a-zA-Zäß0-9,.' -]{1,60}x",
        said in prop::collection::vec(("\\PC{0,8}", 0u64..4000, 0u64..4000), 0..20),
        produced in 0u64..3000,
    ) {
        let mut aligner = aligner(&text);
        let mut words = Vec::new();
        for (said, start, end) in said {
            aligner.hear(&said, start, end);
            words.extend(aligner.ready(produced));
        }
        words.extend(aligner.rest(&(0..produced), produced));
        let expected: usize = parse(&text).iter().map(|part| match part {
            Part::Speech(words) => words.len(),
            Part::Pause(_) => 0,
        }).sum();
        prop_assert_eq!(words.len(), expected);
        let mut last = (0, 0);
        for word in words {
            prop_assert!(word.text.start >= last.0 && text.get(word.text.clone()).is_some());
            prop_assert!(word.start >= last.1 && word.end >= word.start && word.end <= produced);
            last = (word.text.end, word.end);
        }
    }

    #[test]
    fn where_an_answer_is_cut_makes_no_difference(text in "[a-zäöé0-9 ,.!]{0,50}z", cuts in prop::collection::vec(1usize..9, 1..20)) {
        let mut cut = aligner(&text);
        let chars: Vec<char> = text.chars().collect();
        let (mut from, mut sizes) = (0, cuts.into_iter().cycle());
        while from < chars.len() {
            let to = chars.len().min(from + sizes.next().unwrap());
            for (n, c) in chars[from..to].iter().enumerate() {
                let start = (from + n) as u64 * STEP;
                cut.hear(&c.to_string(), start, start + STEP);
            }
            from = to;
        }
        prop_assert!(cut.is_complete());
        let all = chars.len() as u64 * STEP;
        let words: Vec<_> = cut.rest(&(0..all), all).into_iter().map(|word| (word.start, text[word.text].to_owned())).collect();
        for (start, word) in words {
            let at = (start / STEP) as usize;
            let first = word.chars().find(|c| c.is_alphanumeric()).unwrap();
            prop_assert_eq!(chars[at], first);
        }
    }
}

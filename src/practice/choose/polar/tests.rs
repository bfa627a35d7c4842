//! Tests of what is confirmed or denied.

mod guesses;

use super::super::super::Heard;
use super::super::super::scripted::{gallery, last, reply};
use super::super::super::sheet::{Sheet, Slot};
use super::super::super::words::tokens;
use super::*;

/// How whoever confirms or denies begins.
const TAKES_SIDES: &[&str] = &[
    "yes",
    "no",
    "yeah",
    "obviously",
    "probably",
    "exactly",
    "mostly",
    "absolutely",
    "right",
    "true",
    "never",
    "always",
    "sometimes",
    "not really",
    "not quite",
    "not yet",
    "i think so",
    "i would say so",
    "i do",
    "i did",
    "i doubt",
    "that is right",
    "that is it",
    "in part",
    "sort of",
];

fn takes_sides(text: &str) -> bool {
    let words = tokens(text).join(" ") + " ";
    let mut sides = TAKES_SIDES.iter();
    sides.any(|side| words.starts_with(&format!("{side} ")) && !words.starts_with("i do not"))
}

/// The first line of the last answer, and its words.
fn said(sheet: &Sheet, seed: u64, asked: &[&str]) -> (String, String) {
    let last = last(sheet, seed, &[&["Hello."], asked].concat());
    (last.line_ids[0].clone(), last.text())
}

#[test]
fn asked_again_they_say_nothing_else() {
    for sheet in gallery().sheets() {
        for asked in [
            "Are you going to sell the practice?",
            "Do you like your work?",
            "Is your boss a man or a woman?",
            "Are you angry with them?",
        ] {
            for seed in 0..2 {
                for times in 1..5 {
                    let (id, text) = said(sheet, seed, &vec![asked; times]);
                    assert!(!takes_sides(&text), "{}: {asked}: {id} {text}", sheet.id);
                }
            }
        }
    }
}

#[test]
fn whoever_checks_what_they_gave_back_hears_whether_it_is_right() {
    let sheet = gallery().get("maya-promotion").unwrap();
    for (asked, prefix) in [
        (
            &["So you want that promotion. Is that right?"][..],
            "reflection/",
        ),
        (
            &["You want that promotion.", "Is that right?"],
            "reflection/",
        ),
        (&["So you are a purple elephant. Is that right?"], "not_so/"),
        (&["So you want to hide. Is that right?"], "closed/"),
    ] {
        let (id, text) = said(sheet, 2, asked);
        assert!(id.contains(prefix), "{asked:?}: {id} {text}");
    }
}

#[test]
fn what_they_said_or_tell_openly_is_not_put_off() {
    for (client, asked) in [
        ("maya-promotion", "Did you apply for the promotion?"),
        ("maya-promotion", "You applied for a promotion, right?"),
        ("tom-boundaries", "Are you a teacher?"),
        ("samuel-ward", "Are you a nurse?"),
        ("elena-crossroads", "Are you an architect?"),
        ("callum-thesis", "Do you study puffins?"),
        ("victor-feedback", "Are you a sales director?"),
    ] {
        let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
        let so = id.split('/').any(|part| part == "so");
        assert!(
            so && text.starts_with("Yes"),
            "{client}: {asked}: {id} {text}"
        );
    }
    let sheet = gallery().get("maya-promotion").unwrap();
    for (asked, prefix) in [
        ("So you didn't get it?", "so/"),
        ("Did you get the promotion?", "not_so/"),
    ] {
        let history = [
            Heard::coach("What brings you here?"),
            Heard::client("I applied for a bigger role and I didn't get it."),
            Heard::coach(asked),
        ];
        let id = reply(sheet, &history, 1).line_ids[0].clone();
        assert!(
            id.trim_start_matches("shared/").starts_with(prefix),
            "{asked}: {id}"
        );
    }
}

#[test]
fn what_nobody_told_is_neither_denied_nor_confirmed() {
    for (client, given) in [
        ("tom-boundaries", "You're overworked."),
        ("maya-promotion", "That must have stung."),
        ("maya-promotion", "You're planning a wedding."),
        ("tom-boundaries", "You're a workhorse."),
    ] {
        let sheet = gallery().get(client).unwrap();
        for seed in 0..4 {
            let (id, text) = said(sheet, seed, &["What brings you here?", given]);
            assert!(!takes_sides(&text), "{client}: {given}: {id} {text}");
        }
    }
    let tom = gallery().get("tom-boundaries").unwrap();
    let mut history = vec![
        Heard::coach("What brings you here?"),
        Heard::client(
            "I'm drowning a bit, in a cheerful way. I'd like some help with managing my time.",
        ),
    ];
    for turn in 0..6 {
        history.push(Heard::coach("mm hmm"));
        history.push(Heard::client(&format!(
            "There is the timetable, and {turn} more of it."
        )));
    }
    history.push(Heard::coach("You are drowning."));
    let reply = reply(tom, &history, 1);
    assert!(!reply.line_ids[0].contains("not_so/"), "{reply:?}");
    assert!(reply.steps.iter().any(|step| step.by > 0), "{reply:?}");
}

#[test]
fn the_contrary_of_what_they_told_is_denied_and_earns_nothing() {
    let samuel = gallery().get("samuel-ward").unwrap();
    for (given, so) in [
        ("You take the nights nobody wants.", true),
        ("You don't take any nights.", false),
    ] {
        for seed in 0..4 {
            let history = [
                Heard::coach("What brings you here?"),
                Heard::client("I take the nights nobody wants."),
                Heard::coach(given),
            ];
            let reply = reply(samuel, &history, seed);
            assert_eq!(
                reply.line_ids[0].contains("not_so/"),
                !so,
                "{given}: {reply:?}"
            );
            let earns = reply.steps.iter().any(|step| step.by > 0);
            assert_eq!(earns, so, "{given}: {reply:?}");
        }
    }
}

#[test]
fn what_is_wrong_is_not_confirmed() {
    for sheet in gallery().sheets() {
        for seed in 0..4 {
            let wrong = "So you are a purple elephant. Is that right?";
            for times in 1..4 {
                let (id, text) = said(sheet, seed, &vec![wrong; times]);
                assert!(id.contains("not_so/"), "{}: {id} {text}", sheet.id);
            }
        }
    }
}

#[test]
fn the_lines_themselves_take_the_side_they_are_for() {
    use Reaction::{Closed, Leading, NotSo, Private, So};
    for sheet in gallery().sheets() {
        let own = |wanted: Reaction| {
            let lines = sheet.lines.iter();
            lines.filter(move |line| line.slot == Slot::Reaction(wanted))
        };
        for line in [Closed, Private, Leading].into_iter().flat_map(own) {
            assert!(!takes_sides(&line.text), "{}: {}", sheet.id, line.text);
        }
        assert!(own(NotSo).count() >= 2, "{}", sheet.id);
        assert!(own(So).count() >= 2, "{}", sheet.id);
        for line in own(So) {
            assert!(line.words[0] == "yes", "{}: {}", sheet.id, line.text);
        }
        for line in own(NotSo) {
            let yes = line.words.iter().any(|word| word == "yes");
            assert!(!yes, "{}: {}", sheet.id, line.text);
        }
    }
}

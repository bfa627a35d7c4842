//! Single turns: what a client answers to one move of the coach.

use super::scripted::{gallery, reply};
use super::sheet::{Line, Reaction, Slot};
use super::{Heard, Move};

#[test]
fn a_line_cut_off_is_taken_up_again() {
    let sheet = gallery().first().unwrap();
    let mut history = vec![Heard::Coach("what brings you here today".into())];
    let line = reply(sheet, &history, 3);
    assert_eq!(line.line_ids, ["what_brings/1/0"]);
    history.push(Heard::cut("Well, I was up for"));
    history.push(Heard::Coach("sorry go on".into()));
    let again = reply(sheet, &history, 3);
    assert!(
        again.line_ids.contains(&"what_brings/1/0".to_owned()),
        "{again:?}"
    );
    assert!(
        again.line_ids.len() == 2,
        "takes it up in so many words: {again:?}"
    );
    // With the point heard, it is not said again.
    history[1] = Heard::cut(
        "Well, I was up for a promotion, head of planning. It went to someone else. So I'd",
    );
    let on = reply(sheet, &history, 3);
    assert!(
        !on.line_ids.contains(&"what_brings/1/0".to_owned()),
        "{on:?}"
    );
}

#[test]
fn moves_are_answered_in_kind() {
    for sheet in gallery().sheets() {
        let mut history = vec![Heard::Coach("what brings you here today".into())];
        let first = reply(sheet, &history, 1).text();
        history.push(Heard::client(&first));
        for (text, prefix, kind) in [
            ("you should just tell your boss", "advice/", Move::Advice),
            ("do you like your work", "closed/", Move::ClosedQuestion),
            ("could you say that again please", "repeat/", Move::Repeat),
            ("orange nebula window", "misheard/", Move::Unclear),
            ("thank you for today goodbye", "goodbye/", Move::Goodbye),
            (
                "can i share an observation with you",
                "permission/",
                Move::AskPermission,
            ),
            (
                "don't you think that is a bit childish",
                "leading/",
                Move::LeadingQuestion,
            ),
            (
                "well done that takes courage",
                "affirmation/",
                Move::Affirmation,
            ),
        ] {
            let mut now = history.clone();
            now.push(Heard::Coach(text.into()));
            let reply = reply(sheet, &now, 1);
            assert_eq!(reply.heard_as.map(|h| h.0), Some(kind), "{text}");
            assert!(reply.line_ids[0].starts_with(prefix), "{text}: {reply:?}");
        }
    }
}

#[test]
fn asked_for_leave_they_give_it_and_what_comes_then_is_welcome() {
    for sheet in gallery().sheets() {
        for (seed, leave) in [
            "Would you like some feedback on that?",
            "Can I push back on that?",
            "Can I be honest with you?",
            "May I offer a thought?",
        ]
        .into_iter()
        .enumerate()
        {
            let mut history = vec![Heard::coach("what brings you here today")];
            history.push(Heard::client(&reply(sheet, &history, 1).text()));
            history.push(Heard::coach(leave));
            let consent = reply(sheet, &history, seed as u64);
            assert!(
                consent.line_ids[0].starts_with("permission/"),
                "{}: {leave}: {consent:?}",
                sheet.id
            );
            history.push(Heard::client(&consent.text()));
            for (text, kind) in [
                (
                    "I think the problem is that you never ask for anything.",
                    Move::TellingWithPermission,
                ),
                ("You should write him a letter.", Move::AdviceWithPermission),
            ] {
                let mut now = history.clone();
                now.push(Heard::coach(text));
                let heard = reply(sheet, &now, 1).heard_as.map(|heard| heard.0);
                assert_eq!(heard, Some(kind), "{}: {text}", consent.text());
            }
        }
    }
}

#[test]
fn asked_to_repeat_they_repeat_and_misheard_they_ask_in_new_words() {
    let sheet = gallery().first().unwrap();
    let history = [
        Heard::Coach("what brings you".into()),
        Heard::client("It went to someone else. So I'd like to work out how to get the next one."),
        Heard::Coach("sorry i did not catch that".into()),
    ];
    assert!(
        reply(sheet, &history, 5)
            .text()
            .contains("how to get the next one")
    );
    let mut history = Vec::new();
    let mut before = String::new();
    for _ in 0..20 {
        history.push(Heard::Coach("zebra cactus fluorescent".into()));
        let now = reply(sheet, &history, 5).text();
        assert_ne!(now, before);
        before.clone_from(&now);
        history.push(Heard::client(&now));
    }
}

#[test]
fn pleasantries_are_answered_in_kind() {
    for sheet in gallery().sheets() {
        for (text, slot) in [
            ("hello nice to meet you i'm anna", "greeting/"),
            ("can you hear me", "sound_check/"),
            ("what's your name", "name/"),
            ("how are you", "small_talk/"),
            ("thank you", "thanks/"),
            ("shall we start", "contract/"),
        ] {
            let reply = reply(sheet, &[Heard::Coach(text.into())], 1);
            let id = &reply.line_ids[0];
            assert!(id.contains(slot), "{} {text}: {id}", sheet.id);
            assert_eq!(reply.line_ids.len(), 1, "{} {text}", sheet.id);
        }
    }
}

#[test]
fn a_life_in_danger_comes_before_everything_and_counts_for_nothing() {
    for sheet in gallery().sheets() {
        let mut history = vec![Heard::coach("what brings you here today")];
        history.push(Heard::cut(&reply(sheet, &history, 1).text()));
        let before = reply(sheet, &history, 1).state;
        for (text, kind, id, begins) in [
            (
                "I'm sorry, my name is Ann. I want to kill myself.",
                Move::Danger,
                "shared/danger/1/0",
                "I'm stepping out of the role.",
            ),
            (
                "You said it's a lot. Are you suicidal?",
                Move::AskDanger,
                "shared/safe/",
                "No",
            ),
        ] {
            for _ in 0..3 {
                history.push(Heard::coach(text));
                let reply = reply(sheet, &history, 1);
                assert_eq!(reply.heard_as, Some((kind, None)), "{text}");
                assert!(reply.line_ids[0].starts_with(id), "{text}: {reply:?}");
                assert!(reply.text().starts_with(begins), "{text}: {reply:?}");
                assert_eq!(reply.line_ids.len(), 1, "{text}: {reply:?}");
                assert_eq!(reply.state, before, "{text}: {reply:?}");
                history.push(Heard::client(&reply.text()));
            }
        }
        let mut sheet = sheet.clone();
        sheet.lines.push(Line {
            id: "safe/1/0".into(),
            slot: Slot::Reaction(Reaction::Safe),
            level: 1,
            text: "I was, last year.".to_owned(),
            words: Vec::new(),
        });
        for _ in 0..2 {
            history.push(Heard::coach("Are you safe?"));
            let said = reply(&sheet, &history, 1).text();
            assert_eq!(said, "I was, last year.", "{}", sheet.id);
            history.push(Heard::client(&said));
        }
    }
}

#[test]
fn what_ends_in_their_life_does_not_end_the_session() {
    for (client, given) in [
        ("elena-crossroads", "So the end of the month is close."),
        (
            "callum-thesis",
            "So your funding ends in March and three chapters are missing.",
        ),
        ("samuel-ward", "At the end of a shift you're exhausted."),
        (
            "tom-boundaries",
            "You work until late, and at the end of the day there's nothing left.",
        ),
        (
            "victor-feedback",
            "So in the end you stop before it is complete.",
        ),
        ("maya-promotion", "In the end somebody else got the place."),
        (
            "maya-promotion",
            "What did you do at the end of that meeting?",
        ),
    ] {
        let sheet = gallery().get(client).unwrap();
        let mut history = vec![Heard::coach("What brings you here?")];
        let first = reply(sheet, &history, 1).text();
        history.extend([Heard::client(&first), Heard::coach(given)]);
        for seed in 0..4 {
            let reply = reply(sheet, &history, seed);
            let closes = reply.line_ids.iter().any(|id| id.starts_with("closing/"));
            assert!(!closes, "{client}: {given}: {reply:?}");
        }
    }
}

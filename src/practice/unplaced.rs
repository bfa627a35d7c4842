//! What no line was written for: a client reacts as a person does, and comes back to what they brought.

use super::scripted::{gallery, last, remembered, reply, talk};
use super::sentences::split;
use super::{Heard, Move};

/// Questions that coaches ask, and that no cue and no line is of.
const ASKED: &[&str] = &[
    "What would your younger self say to you?",
    "If this were a film, what's it called?",
    "What does freedom mean?",
    "Where does the courage come from?",
    "What's the gift in this?",
    "What would love do?",
    "What are you not saying?",
    "What's the question behind the question?",
    "If you had a magic wand, what would you wish for?",
    "What would you regret?",
    "Which animal would it be?",
    "Who would you be without this story?",
    "What are you tolerating?",
    "What is the price of staying?",
    "What do you need to let go of?",
    "How would a child look at it?",
    "What wants to happen here?",
    "What would be enough?",
    "What makes you smile?",
    "How old does that part of you feel?",
    "What would you do with a free afternoon?",
    "Where in your life is there ease?",
    "What promise did you make to yourself?",
    "What rule are you living by?",
    "What would a wise old woman tell you?",
    "What's the smallest version of that?",
    "How much of that is yours?",
    "What do you know that you don't want to know?",
    "What are you pretending?",
    "What if it were easy?",
    "Whose voice is that?",
    "What does silence sound like to you?",
];

/// What has nothing to do with them.
const WORLD: &[&str] = &[
    "What's your favourite pizza?",
    "Did you watch the football last night?",
    "Who won the election?",
    "What phone do you have?",
    "How do I change the microphone?",
    "What's the capital of Peru?",
    "How far is the moon?",
    "Which restaurant is the best?",
    "Who's your favourite singer?",
    "How tall is the Eiffel Tower?",
    "What do you think about bitcoin?",
];

/// Asks to hear it again.
const AGAIN: &[&str] = &[
    "What did you just say?",
    "Sorry, can you repeat that?",
    "Say that again?",
    "Sorry, I missed that.",
    "Could you say that once more?",
    "Pardon?",
    "What was that?",
    "I'm sorry, what did you say?",
];

/// Asks to hear what the coach said.
const OWN: &[&str] = &[
    "What did I just say?",
    "What did I ask you?",
    "Can you repeat what I said?",
    "What was my question?",
    "Do you remember what I just asked?",
];

/// Turns within which nothing is said twice.
const APART: usize = 4;

fn is_of(id: &str, slots: &[&str]) -> bool {
    let mut parts = id.split('/');
    parts.any(|part| slots.contains(&part))
}

#[test]
fn what_is_asked_of_them_is_never_beside_the_point() {
    for sheet in gallery().sheets() {
        let coach = [&["Hello.", "What brings you here?"], ASKED].concat();
        let replies = talk(sheet, 3, &coach);
        for (turn, (reply, asked)) in replies.iter().zip(&coach).enumerate().skip(2) {
            println!("{}: {asked}\n    {}", sheet.name, reply.text());
            let strays = |id: &String| is_of(id, &["off_topic", "misheard", "all_told"]);
            assert!(
                !reply.line_ids.iter().any(strays),
                "{}: {asked}: {reply:?}",
                sheet.id
            );
            let mut before = replies[turn.saturating_sub(APART)..turn].iter();
            let again = before.any(|before| before.text() == reply.text());
            assert!(!again, "{}: {asked}: {}", sheet.id, reply.text());
        }
    }
}

#[test]
fn what_is_of_the_world_at_large_is() {
    for sheet in gallery().sheets() {
        let coach = [&["Hello.", "What brings you here?"], WORLD].concat();
        let replies = talk(sheet, 3, &coach);
        for (reply, asked) in replies.iter().zip(&coach).skip(2) {
            let heard = reply.heard_as.map(|heard| heard.0);
            assert_eq!(heard, Some(Move::OffTopic), "{}: {asked}", sheet.id);
            assert_eq!(reply.state, replies[1].state, "{}: {asked}", sheet.id);
        }
    }
}

#[test]
fn asked_to_say_it_again_they_do() {
    for sheet in gallery().sheets() {
        for before in ["What brings you here?", "Do you like your work?"] {
            for again in AGAIN {
                let replies = talk(sheet, 5, &["Hello.", before, again, again]);
                let said = split(&replies[1].text()).pop().unwrap();
                for reply in &replies[2..] {
                    let heard = reply.heard_as.map(|heard| heard.0);
                    assert_eq!(heard, Some(Move::Repeat), "{}: {again}", sheet.id);
                    assert!(
                        reply.text().ends_with(said.trim()),
                        "{}: {again}: {reply:?}",
                        sheet.id
                    );
                    assert_eq!(reply.state, replies[1].state, "{}: {again}", sheet.id);
                }
            }
        }
    }
}

#[test]
fn saying_it_again_uncovers_nothing() {
    for sheet in gallery().sheets() {
        let mut history = vec![Heard::coach("What brings you here?")];
        history.push(Heard::client(&reply(sheet, &history, 1).text()));
        let before = remembered(sheet, &history);
        for again in ["Say that again?", "What did I just say?"] {
            for _ in 0..3 {
                history.push(Heard::coach(again));
                history.push(Heard::client(&reply(sheet, &history, 1).text()));
                let after = remembered(sheet, &history);
                assert_eq!(after.deepest, before.deepest, "{}: {again}", sheet.id);
            }
        }
    }
}

#[test]
fn asked_what_the_coach_said_they_give_it_back_and_it_makes_nothing_theirs() {
    for sheet in gallery().sheets() {
        for own in OWN {
            let reply = last(sheet, 5, &["Hello.", "What matters most to you?", own]);
            let said = reply.text();
            assert!(
                said.ends_with("What matters most to you?"),
                "{}: {own}: {said}",
                sheet.id
            );
            let planted = ["Hello.", "I always lie.", own, "Do you always lie?"];
            let reply = last(sheet, 5, &planted);
            let agrees = |id: &String| is_of(id, &["so", "reflection"]);
            assert!(
                !reply.line_ids.iter().any(agrees),
                "{}: {own}: {reply:?}",
                sheet.id
            );
        }
    }
}

//! Ordinary talk: what any coach asks, and what every client has an answer for.

use std::collections::BTreeMap;

use super::Reply;
use super::scripted::{gallery, last, talk};
use super::sheet::Sheet;

/// What any coach may ask, and what an answer may be about.
const QUESTIONS: &[(&str, &[&str])] = &[
    ("What would you like to get out of our hour?", &["goal"]),
    ("Where do you want to go from here?", &["goal"]),
    ("What do you want instead?", &["goal"]),
    ("What would be different then?", &["future", "measure"]),
    ("How would you know?", &["measure"]),
    ("What happened next?", &["what_brings"]),
    ("What happened just before that?", &["what_brings"]),
    ("How did it come to this?", &["what_brings"]),
    ("What did you do then?", &["what_brings"]),
    ("What was the worst moment?", &["obstacles"]),
    ("What's the hardest part?", &["obstacles"]),
    ("What's it costing you?", &["obstacles"]),
    ("What are you avoiding?", &["obstacles"]),
    ("What could get in your way?", &["obstacles"]),
    ("When did this start?", &["small"]),
    ("When did you first notice it?", &["small"]),
    ("How did you sleep last night?", &["small"]),
    ("Tell me about your father.", &["small"]),
    ("Tell me about your work.", &["small"]),
    ("Walk me through a typical day.", &["small"]),
    ("Whose idea was it to come here?", &["small"]),
    ("How did they react?", &["others"]),
    ("What did they say?", &["others"]),
    ("Who knows about this?", &["others"]),
    ("Tell me about your family.", &["small"]),
    ("What would your best friend say?", &["others"]),
    ("What was going through your mind?", &["feelings"]),
    ("How did you feel when you heard it?", &["feelings"]),
    ("What do you notice in your body?", &["feelings"]),
    ("What's one word for it?", &["feelings"]),
    ("What's underneath that?", &["feelings"]),
    ("What surprised you?", &["learning"]),
    ("What have you learned?", &["learning"]),
    ("What was most useful for you today?", &["learning"]),
    (
        "What is one thing you could change before the end of the month?",
        &["next_step"],
    ),
    ("What shall we look at today?", &["what_brings"]),
    ("What would you like from me?", &["goal"]),
    ("What do you love about your work?", &["values"]),
    ("What gives you energy?", &["values"]),
    ("What are you good at?", &["strengths"]),
    ("What do you tell yourself?", &["identity"]),
    ("How do you usually handle that?", &["tried"]),
    ("What have you already tried?", &["tried"]),
    ("Where are you now, from one to ten?", &["scale"]),
    ("What else could you do?", &["options"]),
    (
        "If nothing changes, where will you be in a year?",
        &["future"],
    ),
    (
        "What will you do, and by when?",
        &["next_step", "accountability"],
    ),
    ("Who could help you with this?", &["support"]),
];

/// What nothing in particular answers, or what no cue is of.
const OPEN: &[&str] = &[
    "What do you make of that?",
    "What did you expect?",
    "What's the opposite of that?",
    "What would you rename it?",
    "Where does that lead?",
    "What colour does it have?",
    "What would it say if it could speak?",
    "How is that working out?",
];

/// What is answered to a question early in a talk.
fn asked(sheet: &Sheet, question: &str) -> Reply {
    last(sheet, 3, &["Hello.", "What brings you here?", question])
}

#[test]
fn ordinary_questions_get_an_answer_to_what_is_asked() {
    let mut wrong = Vec::new();
    for sheet in gallery().sheets() {
        println!("## {}", sheet.name);
        for (question, about) in QUESTIONS {
            let reply = asked(sheet, question);
            println!("{question} > {:?} {}", reply.line_ids, reply.text());
            let fits = |id: &String| about.iter().any(|slot| id.starts_with(slot));
            if !reply.line_ids.iter().any(fits) {
                wrong.push(format!(
                    "{} {question} {:?} {:?}",
                    sheet.name,
                    reply.line_ids,
                    reply.text()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_they_are_asked_of_themselves_is_never_off_topic() {
    for sheet in gallery().sheets() {
        for question in [
            "What would you gain?",
            "What would you lose?",
            "What do you miss?",
            "How do you say no to them?",
            "What are you taking with you from today?",
        ] {
            let reply = asked(sheet, question);
            let strays = |id: &String| id.starts_with("off_topic") || id.starts_with("unclear");
            let ids = &reply.line_ids;
            assert!(!ids.iter().any(strays), "{}: {question} {ids:?}", sheet.id);
        }
    }
}

#[test]
fn what_is_no_secret_is_told_when_it_is_asked() {
    for (client, question, answer) in [
        ("callum-thesis", "When is the thesis due?", "March"),
        ("callum-thesis", "When does your grant run out?", "March"),
        (
            "callum-thesis",
            "How much have you written?",
            "Two chapters",
        ),
        ("callum-thesis", "Is your supervisor kind?", "She's kind"),
        (
            "callum-thesis",
            "What do you do all day at your desk?",
            "nine to six",
        ),
        ("samuel-ward", "Who does the rota?", "myself"),
        ("samuel-ward", "Who suggested coaching?", "matron"),
        ("victor-feedback", "Who sent you?", "Human resources"),
        (
            "victor-feedback",
            "What did the feedback say exactly?",
            "feared",
        ),
        ("maya-promotion", "When did this start?", "Six weeks"),
    ] {
        let text = asked(gallery().get(client).unwrap(), question).text();
        assert!(text.contains(answer), "{client}: {question} {text}");
    }
}

#[test]
fn nobody_is_out_of_things_while_the_coach_asks_something_new() {
    let all: Vec<&str> = QUESTIONS.iter().map(|(text, _)| *text).collect();
    for sheet in gallery().sheets() {
        for seed in [3, 8] {
            let coach = [&["Hello.", "What brings you here?"], OPEN, &all].concat();
            let mut before = BTreeMap::new();
            for (turn, reply) in talk(sheet, seed, &coach).iter().enumerate() {
                let text = reply.text();
                let ids = &reply.line_ids;
                println!("{} {} > {ids:?} {text}", sheet.name, coach[turn]);
                let out = ids.iter().any(|id| id.contains("all_told"));
                assert!(!out, "{} {}: {text}", sheet.name, coach[turn]);
                let small = ids[0].starts_with("small");
                if let Some(last) = before.insert(text.clone(), turn).filter(|_| !small) {
                    panic!("{} {turn}: {text} as at {last}", sheet.name);
                }
            }
        }
    }
}

#[test]
fn who_asks_the_very_same_again_hears_that_it_is_all() {
    for sheet in gallery().sheets() {
        let replies = talk(sheet, 3, &["What would you rename it?"; 2]);
        let ids: Vec<&String> = replies.iter().map(|reply| &reply.line_ids[0]).collect();
        assert!(!ids[0].contains("all_told"), "{} {ids:?}", sheet.name);
        assert!(ids[1].contains("all_told"), "{} {ids:?}", sheet.name);
    }
}

#[test]
fn whoever_listens_hears_more_before_it_is_all() {
    for sheet in gallery().sheets() {
        let coach = [
            "What brings you here?",
            "I see.",
            "Hm.",
            "Really?",
            "I see.",
        ];
        for reply in talk(sheet, 3, &coach) {
            let out = reply.line_ids.iter().any(|id| id.contains("all_told"));
            assert!(!out, "{}: {}", sheet.name, reply.text());
        }
    }
}

#[test]
fn what_is_not_quite_what_was_asked_is_said_so_now_and_then() {
    for sheet in gallery().sheets() {
        for seed in 0..3 {
            let replies = talk(sheet, seed, OPEN);
            let aside = |reply: &&Reply| reply.line_ids.iter().any(|id| id.contains("aside"));
            for six in replies.windows(6) {
                assert!(
                    six.iter().filter(|r| aside(r)).count() < 2,
                    "{}",
                    sheet.name
                );
            }
        }
    }
}

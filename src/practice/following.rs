//! Ordinary coaching questions are followed, and what is no coaching question unlocks nothing.

use super::scripted::{gallery, last, practice, talk};
use super::{Move, Reply, Topic};

const OFF_TOPIC: &[&str] = &[
    "what is the capital of france",
    "tell me a joke",
    "how far is the moon",
    "what is two plus two",
    "who won the game last night",
    "how do i cook pasta",
    "who is the president of brazil",
    "how many legs does a spider have",
    "what do you think about the football game",
    "what did you have for breakfast",
    "how do i get to the station",
];

/// Off topic too, with words that sound like a cue.
const DOUBTFUL: &[&str] = &[
    "what colour is a zebra",
    "which phone is best",
    "how tall is the eiffel tower",
    "when was the second world war",
];

/// The slot and the level of each line, where it is the client's own and about a topic.
fn told(reply: &Reply) -> Vec<(&str, u8)> {
    let ids = reply.line_ids.iter().map(|id| id.split('/').collect());
    ids.filter_map(|parts: Vec<&str>| match parts[..] {
        [slot, level, _] => Some((slot, level.parse().unwrap())),
        _ => None,
    })
    .collect()
}

#[test]
fn ordinary_questions_land_on_their_topic() {
    for (topic, questions) in [
        (
            "tried",
            [
                "what have you tried so far",
                "what did you already try",
                "have you done anything about it",
                "have you tried anything already",
            ],
        ),
        (
            "scale",
            [
                "on a scale from one to ten how sure are you",
                "how confident are you from 1 to 10",
                "where are you on a scale from 1 to 10 with 10 being certain",
                "on a scale of one to ten",
            ],
        ),
        (
            "fears",
            [
                "what are you afraid of",
                "what are you worried about",
                "what is the worst that could happen",
                "what worries you about it",
            ],
        ),
    ] {
        for sheet in gallery().sheets() {
            for question in questions {
                let replies = talk(sheet, 7, &["what brings you here today", question]);
                println!("{}: {question}\n  {}", sheet.name, replies[1].text());
                assert_eq!(told(&replies[1]), [(topic, 1)], "{} {question}", sheet.id);
            }
            let again = talk(sheet, 7, &questions[..2]);
            assert_eq!(told(&again[1])[0].0, topic, "{}: a second line", sheet.id);
            assert_ne!(again[0].text(), again[1].text());
        }
    }
}

#[test]
fn what_to_take_away_is_a_goal_before_the_session_and_not_a_lesson() {
    let heard = practice().understand("what would you like to take away from our session today");
    assert_eq!(heard.topic, Some(Topic::Goal));
}

#[test]
fn an_answer_on_a_scale_has_a_number_and_a_reason() {
    const NUMBERS: &str = "one two three four five six seven eight nine ten";
    for sheet in gallery().sheets() {
        for line in sheet.lines.iter().filter(|l| l.id.starts_with("scale/")) {
            let number = line
                .words
                .iter()
                .any(|w| NUMBERS.split(' ').any(|n| n == w));
            assert!(
                number && line.words.len() >= 10,
                "{}: {}",
                sheet.id,
                line.text
            );
        }
    }
}

#[test]
fn asked_for_more_they_stay_with_it() {
    for sheet in gallery().sheets() {
        for more in ["tell me more about that", "say more"] {
            for (topic, question) in [
                ("fears", "what are you afraid of"),
                ("others", "what does your family think about it"),
                ("next_step", "what is the first step"),
            ] {
                let coach = [question, more, more, more, more, more];
                let replies = talk(sheet, 2, &coach);
                for reply in &replies {
                    for (slot, _) in told(reply) {
                        let stays = [topic, "listened", "musing", "all_told"].contains(&slot);
                        assert!(stays, "{} {question}, {more}: {}", sheet.id, reply.text());
                    }
                }
                let ends = replies.last().unwrap().text();
                assert_ne!(ends, replies[4].text(), "{} {more}", sheet.id);
            }
        }
    }
}

#[test]
fn given_time_nobody_says_that_all_is_told() {
    for sheet in gallery().sheets() {
        for time in [
            "Take your time.",
            "Take the time you need.",
            "Take whatever time you need.",
        ] {
            let mut coach = vec!["what are you afraid of"];
            coach.extend([time; 12]);
            for reply in talk(sheet, 2, &coach).iter().skip(1) {
                assert_eq!(
                    reply.heard_as.map(|h| h.0),
                    Some(Move::InviteSilence),
                    "{time}"
                );
                let ends = reply.line_ids.iter().any(|id| id.contains("all_told/"));
                assert!(!ends, "{} {time}: {reply:?}", sheet.id);
            }
        }
    }
}

#[test]
fn what_opens_a_client_is_not_off_topic_and_no_noise() {
    let hears = |client: &str, text: &str| {
        let sheet = gallery().get(client).unwrap();
        last(sheet, 1, &["what brings you here today", text])
    };
    let sea = hears("callum-thesis", "Tell me about the sea.");
    assert_eq!(
        sea.heard_as.map(|h| h.0),
        Some(Move::OpenQuestion),
        "{sea:?}"
    );
    let disagrees = hears("victor-feedback", "I disagree.");
    assert!(
        !disagrees.line_ids[0].contains("misheard/"),
        "{disagrees:?}"
    );
    assert_eq!(disagrees.triggers.len(), 1, "{disagrees:?}");
    let stops = hears("victor-feedback", "Stop repeating yourself.");
    assert!(!stops.line_ids[0].contains("repeat/"), "{stops:?}");
    let thinks = hears(
        "tom-boundaries",
        "I think the exams and the timetable matter more.",
    );
    assert!(!thinks.line_ids[0].contains("thanks/"), "{thinks:?}");
}

#[test]
fn off_topic_questions_unlock_nothing_and_are_not_answered_twice_alike() {
    for sheet in gallery().sheets() {
        let coach: Vec<&str> = OFF_TOPIC.iter().cycle().take(40).copied().collect();
        let replies = talk(sheet, 4, &coach);
        for (turn, reply) in replies.iter().enumerate() {
            assert_eq!(
                reply.heard_as.map(|h| h.0),
                Some(Move::OffTopic),
                "{}",
                coach[turn]
            );
            let own = told(reply);
            let deflects = own.iter().all(|(slot, _)| *slot == "musing");
            assert!(deflects, "{} {}: {reply:?}", sheet.id, coach[turn]);
            assert!(turn == 0 || replies[turn - 1].text() != reply.text());
        }
        assert_eq!(replies.last().unwrap().state, sheet.start, "{}", sheet.id);
    }
}

#[test]
fn a_question_that_only_sounds_like_a_cue_opens_no_door() {
    for sheet in gallery().sheets() {
        let mut coach = vec!["what brings you here today"];
        coach.extend(["it sounds like that is hard for you", "mm"]);
        let ready = talk(sheet, 4, &coach);
        let deepest = |replies: &[Reply]| {
            let levels = replies.iter().flat_map(told).map(|(_, level)| level);
            levels.max()
        };
        coach.extend(DOUBTFUL.iter().cycle().take(40));
        let after = talk(sheet, 4, &coach);
        assert_eq!(deepest(&ready), deepest(&after), "{}", sheet.id);
    }
}

#[test]
fn the_weather_and_noise_bring_nobody_closer() {
    for sheet in gallery().sheets() {
        for text in ["what is the weather like", "orange nebula window"] {
            let mut coach = vec!["what brings you here today"];
            coach.extend([text; 20]);
            let replies = talk(sheet, 4, &coach);
            let trust = replies[0].state.trust;
            for reply in &replies {
                assert!(reply.state.trust <= trust, "{} {text}: {reply:?}", sheet.id);
                assert!(told(reply).iter().all(|(_, level)| *level == 1));
            }
        }
    }
}

#[test]
fn asked_whether_they_are_real_they_are_honest() {
    for sheet in gallery().sheets() {
        for text in [
            "are you an ai",
            "are you a robot",
            "are you real",
            "wait are you a real person",
            "am i talking to a machine",
            "are you chatgpt",
            "are you a language model",
            "is this a recording",
            "who programmed you",
        ] {
            for reply in talk(sheet, 9, &[text; 8]) {
                assert_eq!(reply.heard_as.map(|h| h.0), Some(Move::AskNature), "{text}");
                let said = reply.text();
                assert!(
                    said.contains("practise") || said.contains("practice"),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn no_reply_has_two_spaces_in_a_row() {
    for sheet in gallery().sheets() {
        for seed in 0..6 {
            for script in [super::scripted::GOOD, super::scripted::TELLING, &["mm"; 20]] {
                for reply in talk(sheet, seed, script) {
                    let joined: String = reply.sentences.iter().map(|s| s.text.as_str()).collect();
                    for text in [reply.text(), joined] {
                        assert!(!text.contains("  "), "{}: {text:?}", sheet.id);
                    }
                    for sentence in &reply.sentences {
                        let alone = super::sentences::without_pauses(&sentence.text);
                        assert!(!alone.trim().is_empty(), "{}: a mere pause", sheet.id);
                    }
                }
            }
        }
    }
}

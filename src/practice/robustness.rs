//! How well moves and topics survive a recogniser's errors, measured with seeded ones.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Context, Move, Recogniser, Topic};

/// What coaches say, with the topic they mean; written for this measure, not for the cues.
const QUESTIONS: &[(&str, Topic)] = &[
    ("what would you like to talk about today", Topic::WhatBrings),
    ("so what brings you to coaching", Topic::WhatBrings),
    ("what is on your mind at the moment", Topic::WhatBrings),
    ("what topic did you bring for us", Topic::WhatBrings),
    ("what do you want to achieve in this session", Topic::Goal),
    ("what would be a good outcome for you today", Topic::Goal),
    (
        "what would you like to leave with at the end of our conversation",
        Topic::Goal,
    ),
    (
        "what would make this conversation useful for you",
        Topic::Goal,
    ),
    ("what is your goal for the next half hour", Topic::Goal),
    (
        "what makes this so important for you right now",
        Topic::WhyNow,
    ),
    ("why does this matter to you now", Topic::WhyNow),
    (
        "what is the significance of this for your life",
        Topic::WhyNow,
    ),
    (
        "how will you know that you have been successful",
        Topic::Measure,
    ),
    ("what would success look like", Topic::Measure),
    ("how would you measure your progress", Topic::Measure),
    ("how do you feel when you think about it", Topic::Feelings),
    ("what emotions are coming up for you", Topic::Feelings),
    ("where do you notice that in your body", Topic::Feelings),
    ("what are you afraid of", Topic::Fears),
    ("what worries you most about it", Topic::Fears),
    ("what have you tried so far", Topic::Tried),
    ("have you already done anything about it", Topic::Tried),
    ("on a scale from one to ten how sure are you", Topic::Scale),
    ("how confident are you from one to ten", Topic::Scale),
    (
        "what feelings are there as you talk about this",
        Topic::Feelings,
    ),
    ("which of your values is touched here", Topic::Values),
    ("what matters most to you in all of this", Topic::Values),
    ("what do you deeply believe about work", Topic::Values),
    ("how do you see yourself in that role", Topic::Identity),
    ("what does that say about you as a person", Topic::Identity),
    ("who do you want to become", Topic::Identity),
    ("what is getting in the way", Topic::Obstacles),
    ("what is stopping you from doing it", Topic::Obstacles),
    ("what is the biggest challenge for you", Topic::Obstacles),
    ("what obstacles do you see", Topic::Obstacles),
    ("what is holding you back", Topic::Obstacles),
    (
        "how would your colleagues describe the situation",
        Topic::Others,
    ),
    ("what does your boss think about it", Topic::Others),
    ("what would your family say", Topic::Others),
    ("what strengths could you use here", Topic::Strengths),
    (
        "when have you handled something similar in the past",
        Topic::Strengths,
    ),
    ("what are you proud of", Topic::Strengths),
    ("what worked before", Topic::Strengths),
    ("what options do you have", Topic::Options),
    ("what other possibilities do you see", Topic::Options),
    ("what else could you try", Topic::Options),
    ("what ideas come to you", Topic::Options),
    ("imagine it is solved what is different", Topic::Future),
    ("what would the ideal future look like", Topic::Future),
    ("where do you want to be in a year", Topic::Future),
    ("what is the first step", Topic::NextStep),
    ("what will you do next week", Topic::NextStep),
    ("what action do you want to commit to", Topic::NextStep),
    ("who could support you with this", Topic::Support),
    ("what help do you need", Topic::Support),
    ("what resources can you lean on", Topic::Support),
    (
        "how will you hold yourself accountable",
        Topic::Accountability,
    ),
    (
        "how will you make sure that you follow through",
        Topic::Accountability,
    ),
    ("what have you learned about yourself", Topic::Learning),
    ("what insights are you taking with you", Topic::Learning),
    ("what are you discovering", Topic::Learning),
    ("how would you like to close our session", Topic::Closing),
    ("is this a good place to finish", Topic::Closing),
    ("can you tell me more about that", Topic::More),
    ("could you say a little more", Topic::More),
];

/// What coaches do besides asking.
const MOVES: &[(&str, Move)] = &[
    (
        "it sounds like you are really disappointed by what happened",
        Move::ComplexReflection,
    ),
    (
        "so you have been carrying this for a long time",
        Move::SimpleReflection,
    ),
    (
        "i hear that part of you is tired of waiting",
        Move::ComplexReflection,
    ),
    (
        "you should talk to your manager about it tomorrow",
        Move::Advice,
    ),
    ("if i were you i would look for another job", Move::Advice),
    ("you need to be clear with them and say no", Move::Advice),
    (
        "let me summarize what i have heard from you so far",
        Move::Summary,
    ),
    (
        "would it be okay if i shared an observation with you",
        Move::AskPermission,
    ),
    ("can i offer you a thought about that", Move::AskPermission),
    (
        "i really appreciate how open you are with me",
        Move::Affirmation,
    ),
    ("take your time there is no rush", Move::InviteSilence),
    ("sorry could you say that again please", Move::Repeat),
    ("what do you mean when you say that", Move::Clarify),
    (
        "thank you for today and see you next week goodbye",
        Move::Goodbye,
    ),
    ("do you think that is going to change", Move::ClosedQuestion),
    ("have you spoken with her about it", Move::ClosedQuestion),
    (
        "why did you not say anything in the meeting",
        Move::WhyQuestion,
    ),
    (
        "do not you think it would be better to wait",
        Move::LeadingQuestion,
    ),
];

/// Words that a recogniser likes to hear, and that a misheard word turns into.
const VOCABULARY: &[&str] = &[
    "the", "a", "and", "of", "to", "in", "it", "is", "was", "for", "on", "are", "as", "with",
    "his", "they", "at", "be", "this", "from", "or", "had", "by", "but", "some", "we", "there",
    "out", "all", "your", "up", "time", "no", "just", "him", "know", "people", "into", "year",
    "good", "see", "other", "than", "now", "only", "come", "over", "also", "back", "after", "two",
    "how", "our", "work", "well", "way", "even", "because", "day", "most", "us", "water", "light",
    "paper", "summer", "market", "reason", "garden", "window", "building", "letter", "evening",
    "million", "table", "river", "called", "million", "state", "war", "house", "city", "fill",
    "call", "cold", "lamb", "belly", "port", "stamp", "pen", "hall", "sea", "field", "tree",
    "bring", "ring", "pass", "last", "least", "lease",
];

/// One word as a recogniser could get it wrong: another ending, another vowel, a consonant of its
/// family, or another word altogether.
fn misheard(word: &str, dice: &mut ChaCha8Rng) -> String {
    let swap = |c: char, dice: &mut ChaCha8Rng| {
        let family = ["aeiou", "pb", "td", "kg", "fv", "szc", "mn", "lr"]
            .into_iter()
            .find(|f| f.contains(c));
        family
            .and_then(|f| f.chars().nth(dice.random_range(0..f.len())))
            .unwrap_or(c)
    };
    match dice.random_range(0..100) {
        0..40 => {
            // Sounds close: one or two letters change within their family.
            let mut letters: Vec<char> = word.chars().collect();
            for _ in 0..dice.random_range(1..3) {
                let at = dice.random_range(0..letters.len());
                letters[at] = swap(letters[at], dice);
            }
            letters.into_iter().collect()
        }
        40..55 => {
            let cut = word.strip_suffix(['s', 'd', 'g', 't']).unwrap_or(word);
            if cut.is_empty() {
                word.to_owned()
            } else {
                cut.to_owned()
            }
        }
        55..65 => format!("{word}s"),
        _ => VOCABULARY[dice.random_range(0..VOCABULARY.len())].to_owned(),
    }
}

/// A sentence with each word wrong at the given rate: of the errors a quarter is left out, a tenth
/// put in, the rest misheard.
fn noisy(text: &str, percent: u32, dice: &mut ChaCha8Rng) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in text.split(' ') {
        if dice.random_range(0..100) >= percent {
            out.push(word.to_owned());
            continue;
        }
        match dice.random_range(0..100) {
            0..25 => {}
            25..35 => {
                out.push(VOCABULARY[dice.random_range(0..VOCABULARY.len())].to_owned());
                out.push(word.to_owned());
            }
            _ => out.push(misheard(word, dice)),
        }
    }
    out.join(" ")
}

/// One misheard word decides whether a reflection is simple or complex; the client takes both alike.
fn alike(a: Move, b: Move) -> bool {
    let reflects = |kind| matches!(kind, Move::SimpleReflection | Move::ComplexReflection);
    a == b || reflects(a) && reflects(b)
}

#[test]
fn clean_words_are_understood() {
    let r = Recogniser::load().unwrap();
    let mut wrong = Vec::new();
    for (text, topic) in QUESTIONS {
        let u = r.understand(text, "", &Context::new());
        if u.topic != Some(*topic) {
            wrong.push(format!(
                "{text}: {:?} {:?} instead of {topic:?}",
                u.kind, u.topic
            ));
        }
    }
    for (text, kind) in MOVES {
        let u = r.understand(text, "", &Context::new());
        if !alike(u.kind, *kind) {
            wrong.push(format!("{text}: {:?} instead of {kind:?}", u.kind));
        }
    }
    println!(
        "clean: {} of {} right\n{}",
        QUESTIONS.len() + MOVES.len() - wrong.len(),
        QUESTIONS.len() + MOVES.len(),
        wrong.join("\n")
    );
    assert!(wrong.len() <= 3);
}

#[test]
fn misheard_words_change_little() {
    let r = Recogniser::load().unwrap();
    let rounds = 20;
    for (percent, floor_topic, floor_move) in [(10, 88, 85), (20, 78, 74), (30, 68, 61)] {
        let mut dice = ChaCha8Rng::seed_from_u64(u64::from(percent));
        let (mut topics, mut moves) = (0, 0);
        for _ in 0..rounds {
            for (text, topic) in QUESTIONS {
                topics += usize::from(
                    r.understand(&noisy(text, percent, &mut dice), "", &Context::new())
                        .topic
                        == Some(*topic),
                );
            }
            for (text, kind) in MOVES {
                let heard = r.understand(&noisy(text, percent, &mut dice), "", &Context::new());
                moves += usize::from(alike(heard.kind, *kind));
            }
        }
        let topics = topics as f64 * 100.0 / (rounds * QUESTIONS.len()) as f64;
        let moves = moves as f64 * 100.0 / (rounds * MOVES.len()) as f64;
        println!("{percent} % of words wrong: topic right {topics:.1} %, move right {moves:.1} %");
        assert!(
            topics >= f64::from(floor_topic),
            "{percent} %: topics {topics:.1}"
        );
        assert!(
            moves >= f64::from(floor_move),
            "{percent} %: moves {moves:.1}"
        );
    }
}

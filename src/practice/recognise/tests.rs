//! Tests of recognising moves and topics.

use std::sync::OnceLock;

use super::*;

fn recogniser() -> &'static Recogniser {
    static RECOGNISER: OnceLock<Recogniser> = OnceLock::new();
    RECOGNISER.get_or_init(|| Recogniser::load().unwrap())
}

fn hear(text: &str) -> (Move, Option<Topic>) {
    let u = recogniser().understand(text, "", &Context::new());
    (u.kind, u.topic)
}

/// Nothing but this was said.
fn after(client: &str) -> Context {
    let mut context = Context::new();
    context.client(client);
    context
}

#[test]
fn moves_are_told_apart_without_punctuation() {
    for (text, kind) in [
        ("hello maya welcome", Move::Greeting),
        ("hi how are you today", Move::SmallTalk),
        ("what brings you here today", Move::OpenQuestion),
        ("do you want to stay there", Move::ClosedQuestion),
        ("could you tell me more about that", Move::OpenQuestion),
        (
            "what do you want and what is in the way and who could help you",
            Move::StackedQuestion,
        ),
        ("why did you not say anything", Move::WhyQuestion),
        ("so you feel overlooked", Move::ComplexReflection),
        (
            "it sounds like this has been lonely",
            Move::ComplexReflection,
        ),
        ("you should talk to your boss", Move::Advice),
        ("if i were you i would just tell him", Move::Advice),
        ("may i share a thought", Move::AskPermission),
        (
            "would it be okay if i offered something",
            Move::AskPermission,
        ),
        (
            "don't you think you are overreacting",
            Move::LeadingQuestion,
        ),
        ("let me summarize what i have heard", Move::Summary),
        ("i admire how you stayed with it", Move::Affirmation),
        ("take your time", Move::InviteSilence),
        ("mm hmm", Move::Backchannel),
        ("sorry could you say that again", Move::Repeat),
        ("what do you mean by invisible", Move::Clarify),
        ("thank you for today goodbye", Move::Goodbye),
        ("you're an ai right", Move::AskNature),
        ("purple banana seventeen", Move::Unclear),
        (
            "in most companies the process is that the board decides in the spring and then it is published",
            Move::Telling,
        ),
    ] {
        assert_eq!(hear(text).0, kind, "{text}");
    }
}

#[test]
fn what_a_word_means_is_asked_of_what_was_said_only_if_the_client_said_it() {
    for (client, kind) in [
        ("My boss never listens.", Move::OpenQuestion),
        ("I only want my freedom.", Move::Clarify),
    ] {
        for asked in [
            "what does freedom mean to you",
            "What does freedom mean for you?",
        ] {
            let understood = recogniser().understand(asked, client, &after(client));
            assert_eq!(understood.kind, kind, "{client} {asked}");
        }
    }
}

#[test]
fn why_is_no_reproach_where_it_asks_what_matters() {
    for kind in [
        "why is that important to you",
        "Why now?",
        "Why does it matter, and why now?",
    ] {
        assert_eq!(hear(kind).0, Move::OpenQuestion, "{kind}");
    }
    for reproach in [
        "why did you not say anything",
        "Why does it matter? And why did you not ask?",
    ] {
        let understood = recogniser().understand(reproach, "", &Context::new());
        assert!(understood.moves.contains(Move::WhyQuestion), "{reproach}");
    }
}

#[test]
fn words_of_the_client_that_come_back_are_a_reflection() {
    let r = recogniser();
    let said = "I worked three years on that project and nobody noticed.";
    let permitted = after("Nobody noticed. What would you do?");
    assert_eq!(
        r.understand("three years and nobody noticed", said, &after(said))
            .kind,
        Move::SimpleReflection
    );
    assert_eq!(
        r.understand(
            "there is a book by a professor that explains it",
            said,
            &permitted
        )
        .kind,
        Move::TellingWithPermission
    );
}

#[test]
fn what_is_said_to_be_kind_is_not_misheard() {
    let r = recogniser();
    let said = "I was passed over for the promotion, and I didn't say anything.";
    for (text, kind) in [
        ("Good to see you.", Move::Greeting),
        ("Great to see you.", Move::Greeting),
        ("Nice to see you, Tom.", Move::Greeting),
        ("I'm sorry. That must have hurt.", Move::ComplexReflection),
        ("I'm so sorry.", Move::Backchannel),
        ("I'm sorry to hear that.", Move::Backchannel),
        ("Fair enough.", Move::Backchannel),
        ("Good point.", Move::Backchannel),
        ("I believe you.", Move::Affirmation),
        ("That's a lot to carry.", Move::Affirmation),
        ("What did you say to your boss?", Move::OpenQuestion),
        ("What happens when you say no?", Move::OpenQuestion),
        ("Please, take a seat.", Move::SmallTalk),
        ("Rate it from one to ten.", Move::ClosedQuestion),
        ("That really hurts.", Move::Affirmation),
    ] {
        assert_eq!(r.understand(text, said, &after(said)).kind, kind, "{text}");
    }
}

#[test]
fn what_happens_is_not_what_happened() {
    for (text, topic) in [
        ("What happens when you say no?", Topic::Obstacles),
        ("What happens if you don't decide?", Topic::Fears),
    ] {
        assert_eq!(hear(text), (Move::OpenQuestion, Some(topic)), "{text}");
    }
    assert_eq!(hear("What happened then?").1, Some(Topic::WhatBrings));
}

#[test]
fn where_a_session_is_to_lead_does_not_end_it() {
    for (text, topic) in [
        (
            "What would you like to achieve by the end of our session?",
            Topic::Goal,
        ),
        (
            "Where would you like to be at the end of this session?",
            Topic::Goal,
        ),
        (
            "How will you know at the end of this session that it was worth it?",
            Topic::Goal,
        ),
        (
            "By the end of our conversation, what would you like to be different?",
            Topic::Goal,
        ),
        (
            "What needs to have happened by the end of today?",
            Topic::Goal,
        ),
        (
            "What should be different for you when we end our session?",
            Topic::Goal,
        ),
        ("How would you like to end our session?", Topic::Closing),
        (
            "We're at the end of our session. What will you take with you?",
            Topic::Closing,
        ),
        ("What would you like to say before we end?", Topic::Closing),
        (
            "What else would you like to say before the end of our session?",
            Topic::Closing,
        ),
        ("What would you like to take away from today?", Topic::Goal),
        ("What would be most useful for you today?", Topic::Goal),
        ("How shall we end this session?", Topic::Closing),
    ] {
        assert_eq!(hear(text).1, Some(topic), "{text}");
    }
}

#[test]
fn what_is_done_by_a_day_ends_no_session() {
    for (text, topic) in [
        (
            "What is one thing you could change before the end of the month?",
            Topic::NextStep,
        ),
        ("What could you do before the end of term?", Topic::NextStep),
        (
            "Before the end of today, what could you do?",
            Topic::NextStep,
        ),
        (
            "What is one thing you could do before the thirtieth?",
            Topic::NextStep,
        ),
        ("What will you do before term ends?", Topic::NextStep),
        (
            "What could you do before the twenty-first of May?",
            Topic::NextStep,
        ),
        (
            "What could you try before the death of your idea?",
            Topic::Options,
        ),
        (
            "How confident are you that you'll do it before the end of the year?",
            Topic::Scale,
        ),
        (
            "Who could help you before the end of the month?",
            Topic::Support,
        ),
        (
            "What might get in the way before the end of the year?",
            Topic::Obstacles,
        ),
    ] {
        assert_eq!(hear(text).1, Some(topic), "{text}");
    }
}

#[test]
fn a_session_is_opened_and_looked_back_on_in_many_words() {
    for (topic, texts) in [
        (
            Topic::WhatBrings,
            &[
                "What shall we look at today?",
                "What shall we work on?",
                "Where would you like to start?",
                "Where shall we begin?",
            ][..],
        ),
        (
            Topic::Goal,
            &[
                "What would you like from me?",
                "How will you know that this session was useful?",
            ],
        ),
        (
            Topic::Learning,
            &[
                "What do you take away from today?",
                "What was most useful for you today?",
                "What was the most valuable part of this session for you?",
                "What was helpful today?",
                "What will you remember from today?",
                "What are you taking away?",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(hear(text), (Move::OpenQuestion, Some(topic)), "{text}");
        }
    }
}

#[test]
fn what_is_asked_about_is_told_from_what_sounds_like_it() {
    for (text, topic) in [
        ("Who else is affected by this?", Topic::Others),
        ("Who else is touched by this?", Topic::Others),
        ("Who else suffers?", Topic::Others),
        ("Who else could help you?", Topic::Support),
        ("What else is affected?", Topic::More),
        ("Where shall we go from here?", Topic::NextStep),
        ("Where do we go from here?", Topic::NextStep),
        (
            "What does that say about what matters to you?",
            Topic::Values,
        ),
        (
            "What does that tell you about what is important to you?",
            Topic::Values,
        ),
        ("Why does that matter now?", Topic::WhyNow),
        ("What makes this important now?", Topic::WhyNow),
        ("What do you really want?", Topic::Goal),
        ("Who do you really want to be?", Topic::Identity),
        ("Who would you be without that worry?", Topic::Identity),
    ] {
        assert_eq!(hear(text).1, Some(topic), "{text}");
    }
}

#[test]
fn every_move_of_the_table_is_looked_for() {
    let looked_for: Vec<Move> = [LIVE, MISHEARD_ASKING, MISHEARD].concat();
    for kind in recogniser().moves.keys() {
        assert!(looked_for.contains(kind), "{kind:?}");
    }
}

proptest::proptest! {
    #[test]
    fn anything_can_be_heard(text in "\\PC{0,300}", client in "\\PC{0,80}") {
        recogniser().understand(&text, &client, &after(&client));
    }
}

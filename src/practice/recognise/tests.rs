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
        ("so you feel overlooked", Move::SimpleReflection),
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

proptest::proptest! {
    #[test]
    fn anything_can_be_heard(text in "\\PC{0,300}", client in "\\PC{0,80}") {
        recogniser().understand(&text, &client, &after(&client));
    }
}

//! Utterances with the moves that they are, with punctuation and without.

use proptest::prelude::*;

use super::{Context, Move, Moves, classify};

use Move::{
    Advice, AdviceWithPermission, Affirmation, AskPermission, Backchannel, Clarify, ClosedQuestion,
    ComplexReflection, Contracting, Goodbye, Greeting, InviteSilence, LeadingQuestion,
    OpenQuestion, Repeat, SimpleReflection, SmallTalk, StackedQuestion, Summary, Telling,
    TellingWithPermission, Thanks, WhyQuestion,
};

/// What the client said before each of them.
const BEFORE: &str =
    "My sister stopped calling after the funeral, and I keep waiting by the phone.";

/// Moves that an utterance has, and those that it must not have.
const EXAMPLES: &[(&str, &[Move], &[Move])] = &[
    (
        "What would you like to be different by summer?",
        &[OpenQuestion],
        &[ClosedQuestion, StackedQuestion, Advice],
    ),
    (
        "How did that land with you?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "So when you imagine talking to her, what happens inside?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "Tell me more about the phone.",
        &[OpenQuestion],
        &[ClosedQuestion, Advice],
    ),
    (
        "I wonder what it would take to forgive her.",
        &[OpenQuestion],
        &[Telling],
    ),
    (
        "Could you say a bit more about that?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "On a scale from one to ten, how ready are you to call her?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    ("Did you call her back?", &[ClosedQuestion], &[OpenQuestion]),
    ("Is there a letter?", &[ClosedQuestion], &[OpenQuestion]),
    (
        "Have you spoken since March?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "How many times did you try?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Who else was at the funeral?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Will you call her this week?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Why did you wait so long?",
        &[WhyQuestion, OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "How come nobody rang her?",
        &[WhyQuestion, OpenQuestion],
        &[],
    ),
    (
        "Why is this important to you now?",
        &[OpenQuestion],
        &[WhyQuestion],
    ),
    (
        "Don't you think she is grieving too?",
        &[LeadingQuestion, ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Wouldn't it be better to just call her?",
        &[LeadingQuestion, ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "It's your pride that stops you, isn't it?",
        &[LeadingQuestion, ClosedQuestion],
        &[],
    ),
    (
        "What do you miss? And who knows about it? And when did it begin?",
        &[StackedQuestion, OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "Did you write to her? Did she answer?",
        &[StackedQuestion, ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "In what ways has the silence changed you?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    ("Remind me again what she said.", &[OpenQuestion], &[Advice]),
    (
        "I wonder how much of that you tell her.",
        &[OpenQuestion],
        &[],
    ),
    (
        "Are there any other reasons?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "Can you think of anybody who might call for you?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "Any worries about the call?",
        &[OpenQuestion],
        &[ClosedQuestion],
    ),
    (
        "What makes it so hard? Is it the money?",
        &[OpenQuestion, StackedQuestion],
        &[ClosedQuestion],
    ),
    (
        "Would you like to talk more about that?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "How often do you ring her?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Where would you put yourself on a scale from one to ten?",
        &[ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "So what you're saying is you keep waiting by the phone.",
        &[SimpleReflection],
        &[OpenQuestion, ClosedQuestion],
    ),
    (
        "You waited by the phone? That takes patience.",
        &[],
        &[OpenQuestion, ClosedQuestion],
    ),
    (
        "And then you ask yourself, \"Will she ever call?\"",
        &[],
        &[OpenQuestion, ClosedQuestion],
    ),
    (
        "You keep waiting, you know what I mean?",
        &[],
        &[OpenQuestion, ClosedQuestion],
    ),
    (
        "Your sister stopped calling.",
        &[SimpleReflection],
        &[ComplexReflection, Telling],
    ),
    (
        "So you keep waiting by the phone.",
        &[SimpleReflection],
        &[ComplexReflection, Telling],
    ),
    (
        "It sounds like you lost two people that day.",
        &[ComplexReflection],
        &[Telling, Advice],
    ),
    (
        "You feel abandoned, and part of you is angry with her.",
        &[ComplexReflection],
        &[Telling, Advice],
    ),
    (
        "It's as if the phone had become a test of her love.",
        &[ComplexReflection],
        &[Advice],
    ),
    (
        "So you're hoping she will make the first step?",
        &[ComplexReflection, ClosedQuestion],
        &[OpenQuestion],
    ),
    (
        "Let me summarize: your sister stopped calling after the funeral, you keep waiting by the phone, and you are not sure who should make the first step.",
        &[Summary],
        &[OpenQuestion, ClosedQuestion],
    ),
    (
        "I really appreciate how honest you are with yourself here.",
        &[Affirmation],
        &[Advice, OpenQuestion],
    ),
    (
        "That took a lot of courage, well done.",
        &[Affirmation],
        &[Advice],
    ),
    (
        "You should call her tonight and apologise.",
        &[Advice],
        &[SimpleReflection, ComplexReflection, AdviceWithPermission],
    ),
    (
        "If I were you, I would write her a letter.",
        &[Advice],
        &[AdviceWithPermission],
    ),
    (
        "Just call her and tell her how you feel.",
        &[Advice],
        &[OpenQuestion],
    ),
    (
        "You need to stop waiting and get on with your life.",
        &[Advice],
        &[],
    ),
    (
        "I'd recommend that you see a grief counsellor.",
        &[Advice],
        &[],
    ),
    (
        "Grief often takes people in very different ways, and there are studies that show it.",
        &[Telling],
        &[SimpleReflection, ComplexReflection, Advice],
    ),
    (
        "In most families the eldest keeps everybody together, and when she leaves the rest fall apart.",
        &[Telling],
        &[Advice],
    ),
    (
        "I had the same thing with my brother, and we did not speak for years.",
        &[Telling],
        &[Advice],
    ),
    (
        "Would it be okay if I shared an observation?",
        &[AskPermission, ClosedQuestion],
        &[OpenQuestion, Advice],
    ),
    (
        "May I offer a thought?",
        &[AskPermission, ClosedQuestion],
        &[Advice],
    ),
    (
        "What would you like to work on in our session today?",
        &[Contracting, OpenQuestion],
        &[],
    ),
    (
        "We have about forty minutes, shall we begin?",
        &[Contracting],
        &[],
    ),
    (
        "Take your time, there is no rush.",
        &[InviteSilence],
        &[Advice, Telling],
    ),
    ("Mm-hmm.", &[Backchannel], &[SimpleReflection, Telling]),
    ("Yeah. Okay. Right.", &[Backchannel], &[ClosedQuestion]),
    (
        "Hello Maya, good to see you.",
        &[Greeting],
        &[Telling, SimpleReflection],
    ),
    ("Goodbye, and take care.", &[Goodbye], &[Telling]),
    ("Thank you.", &[Thanks], &[Telling]),
    ("How was your journey?", &[SmallTalk, OpenQuestion], &[]),
    ("What do you mean by a test?", &[Clarify, OpenQuestion], &[]),
    ("Sorry, could you say that again?", &[Repeat], &[]),
];

fn after(client: &str) -> Context {
    let mut context = Context::new();
    context.client(client);
    context
}

#[test]
fn moves_are_recognised() {
    let context = after(BEFORE);
    let mut wrong = String::new();
    for (text, has, has_not) in EXAMPLES {
        let moves = classify(text, &context);
        let missed = has.iter().filter(|kind| !moves.contains(**kind));
        let alarms = has_not.iter().filter(|kind| moves.contains(**kind));
        if missed.count() + alarms.count() > 0 {
            let moves = serde_json::to_string(&moves).unwrap();
            wrong += &format!("{text}: {moves} instead of {has:?}, not {has_not:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn questions_are_known_without_punctuation() {
    let context = after(BEFORE);
    let (mut wrong, mut all) = (Vec::new(), 0);
    for (text, has, _) in EXAMPLES {
        let plain: String = text
            .to_lowercase()
            .chars()
            .filter(|c| !matches!(c, '.' | ',' | '?' | ':'))
            .collect();
        let moves = classify(&plain, &context);
        let asks = has.contains(&OpenQuestion) || has.contains(&ClosedQuestion);
        all += 1;
        if moves.asks() != asks || has.contains(&OpenQuestion) != moves.contains(OpenQuestion) {
            wrong.push(plain);
        }
    }
    // Statements that only the voice or the mark makes a question are not to be had.
    assert!(wrong.len() * 8 <= all, "{wrong:#?}");
}

#[test]
fn a_permission_makes_the_difference() {
    let advice = "You could try writing her a short letter.";
    let telling = "There is research that shows how common this is among siblings.";
    let mut context = after(BEFORE);
    assert!(classify(advice, &context).contains(Advice));
    let asks = "May I offer a thought?";
    context.coach(classify(asks, &context));
    context.client("Sure, go ahead.");
    assert!(classify(advice, &context).contains(AdviceWithPermission));
    assert!(classify(telling, &context).contains(TellingWithPermission));
    let short = "You could write her a short letter.";
    let moves = classify(short, &context);
    assert!(moves.contains(AdviceWithPermission) && !moves.reflects());
    let moves = classify(short, &after(BEFORE));
    assert!(moves.contains(Advice) && !moves.reflects());
    let mut refused = after(BEFORE);
    refused.coach(classify(asks, &refused));
    refused.client("No, not now please.");
    assert!(classify(advice, &refused).contains(Advice));
    let asked = after("I don't know. What do you think I should do?");
    assert!(classify(advice, &asked).contains(AdviceWithPermission));
}

#[test]
fn the_client_s_own_words_are_given_back() {
    let text = "three winters and nobody rang";
    let said = after("I lived there for three winters and nobody ever rang the bell.");
    assert!(classify(text, &said).contains(SimpleReflection));
    assert!(!classify(text, &Context::new()).reflects());
}

fn talk() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "what", "do", "you", "so", "tell", "me", "should", "is", "it", "the", "how", "not", "?",
        ".", ",", "-", "--", "[", "]", "i", "wonder", "may", "sounds", "like", "why", "who", "…",
    ]);
    let spoken = proptest::collection::vec(words, 0..40).prop_map(|words| words.join(" "));
    prop_oneof![spoken, "\\PC{0,300}", any::<String>()]
}

proptest! {
    #[test]
    fn anything_has_moves_and_they_are_consistent(text in talk(), client in talk(), coach in talk()) {
        let mut context = after(&client);
        context.coach(classify(&coach, &context));
        context.client(&client);
        let moves = classify(&text, &context);
        prop_assert!(!moves.is_empty());
        prop_assert_eq!(moves, classify(&text, &context.clone()));
        let both = moves.contains(OpenQuestion) && moves.contains(ClosedQuestion);
        prop_assert!(!both);
        for besides in [WhyQuestion, LeadingQuestion, StackedQuestion] {
            prop_assert!(!moves.contains(besides) || moves.asks());
        }
        let both: Moves = [SimpleReflection, ComplexReflection].into_iter().collect();
        prop_assert!(!both.iter().all(|kind| moves.contains(kind)));
        let told = [Advice, AdviceWithPermission, Telling, TellingWithPermission];
        prop_assert!(told.into_iter().filter(|kind| moves.contains(*kind)).count() <= 1);
        prop_assert!(!moves.contains(Move::Interruption) && !moves.contains(Move::SilenceHeld));
    }
}

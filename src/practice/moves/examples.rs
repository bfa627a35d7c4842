//! Utterances with the moves that they are, with punctuation and without.

use proptest::prelude::*;

use super::{Context, Move, Moves, classify};

use Move::{
    Advice, AdviceWithPermission, ClosedQuestion, ComplexReflection, LeadingQuestion, OpenQuestion,
    SimpleReflection, StackedQuestion, Telling, TellingWithPermission, WhyQuestion,
};

/// What the client said before each of them.
const BEFORE: &str =
    "My sister stopped calling after the funeral, and I keep waiting by the phone.";

/// An utterance with the moves that it has, and those that it must not have.
struct Example {
    text: &'static str,
    has: Vec<Move>,
    has_not: Vec<Move>,
}

impl Example {
    /// What is wrong with these moves.
    fn wrong(&self, moves: Moves) -> Option<String> {
        let missed = self.has.iter().filter(|kind| !moves.contains(**kind));
        let alarms = self.has_not.iter().filter(|kind| moves.contains(**kind));
        (missed.count() + alarms.count() > 0).then(|| {
            let found = serde_json::to_string(&moves).unwrap();
            format!("{found} instead of {:?}, not {:?}", self.has, self.has_not)
        })
    }
}

/// The utterances of the file, under the moves that they have and, with `!`, have not.
fn examples() -> Vec<Example> {
    let kind = |name: &str| {
        let mut all = Move::all();
        all.find(|kind| kind.name() == name)
            .unwrap_or_else(|| panic!("{name}: no move"))
    };
    let (mut has, mut has_not) = (Vec::new(), Vec::new());
    let mut examples = Vec::new();
    for line in include_str!("examples.txt").lines() {
        if let Some(names) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let (not, is): (Vec<&str>, Vec<&str>) =
                names.split(' ').partition(|name| name.starts_with('!'));
            has = is.into_iter().map(kind).collect();
            has_not = not.into_iter().map(|name| kind(&name[1..])).collect();
        } else if !line.is_empty() && !line.starts_with('#') {
            let (has, has_not) = (has.clone(), has_not.clone());
            let text = line;
            examples.push(Example { text, has, has_not });
        }
    }
    examples
}

fn after(client: &str) -> Context {
    let mut context = Context::new();
    context.client(client);
    context
}

#[test]
fn moves_are_recognised() {
    let context = after(BEFORE);
    let wrong = |example: &Example| {
        let wrong = example.wrong(classify(example.text, &context))?;
        Some(format!("{}: {wrong}", example.text))
    };
    let wrong: Vec<String> = examples().iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn moves_are_known_without_punctuation() {
    let context = after(BEFORE);
    let examples = examples();
    let wrong = |example: &Example| {
        let plain: String = example
            .text
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '\'' | '-' | ' '))
            .collect();
        let wrong = example.wrong(classify(&plain, &context))?;
        Some(format!("{plain}: {wrong}"))
    };
    let wrong: Vec<String> = examples.iter().filter_map(wrong).collect();
    println!("{} of {}: {wrong:#?}", wrong.len(), examples.len());
    // Statements that only the voice or the mark makes a question are not to be had.
    assert!(wrong.len() * 8 <= examples.len(), "{wrong:#?}");
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
    let mut offered = after(BEFORE);
    offered.coach(classify("Would you like some feedback?", &offered));
    offered.client("Yes, please.");
    let should = "You should set clearer deadlines.";
    assert!(classify(should, &offered).contains(AdviceWithPermission));
    let short = "You could write her a short letter.";
    let moves = classify(short, &context);
    assert!(moves.contains(AdviceWithPermission) && !moves.reflects());
    let moves = classify(short, &after(BEFORE));
    assert!(moves.contains(Advice) && !moves.reflects());
    let mut refused = after(BEFORE);
    refused.coach(classify(asks, &refused));
    refused.client("No, not now please.");
    assert!(classify(advice, &refused).contains(Advice));
    for leave in [
        "With your permission, I'd like to explain how this works.",
        "If I may, most people find it hard at first.",
    ] {
        let moves = classify(leave, &after(BEFORE));
        assert!(moves.contains(TellingWithPermission), "{leave}: {moves:?}");
    }
    let asked = after("I don't know. What do you think I should do?");
    assert!(classify(advice, &asked).contains(AdviceWithPermission));
    for seeks in [
        "Can you give me some advice?",
        "I need some advice.",
        "Do you have any tips for me?",
        "I'd love your feedback.",
    ] {
        let meeting = "Have you thought about a weekly meeting?";
        let moves = classify(meeting, &after(seeks));
        assert!(moves.contains(AdviceWithPermission), "{seeks}: {moves:?}");
    }
    for told in ["Everybody gives me advice.", "Don't give me advice."] {
        assert!(classify(advice, &after(told)).contains(Advice), "{told}");
    }
    for leave in [
        "Would you like some feedback on that?",
        "Can I push back on that?",
    ] {
        let mut given = after(BEFORE);
        given.coach(classify(leave, &given));
        given.client("Sure.");
        let moves = classify("I think the problem is that you avoid him.", &given);
        assert!(moves.contains(TellingWithPermission), "{leave}: {moves:?}");
    }
    let asked = after("What would you do in my place?");
    for would in [
        "I'd talk to your wife first.",
        "I'd start with the letter.",
        "I would sleep on it.",
    ] {
        let moves = classify(would, &asked);
        assert!(moves.contains(AdviceWithPermission), "{would}: {moves:?}");
    }
    for own in ["I had the same problem once.", "I'd be sad too."] {
        let moves = classify(own, &asked);
        assert!(moves.contains(TellingWithPermission), "{own}: {moves:?}");
    }
}

#[test]
fn the_client_s_own_words_are_given_back() {
    let angry = after("I'm angry.");
    let moves = classify("Angry.", &angry);
    assert!(moves.contains(SimpleReflection), "{moves:?}");
    assert!(!classify("You're weak.", &after("I'm weak.")).tells());
    let must = after("I have to finish the report by Friday. I must set priorities.");
    for own in ["You have to finish the report.", "You must set priorities."] {
        let moves = classify(own, &must);
        assert!(
            moves.contains(SimpleReflection) && !moves.tells(),
            "{own}: {moves:?}"
        );
    }
    for (said, own) in [
        ("Drinking damages my liver.", "Drinking damages your liver."),
        ("I'm not a failure.", "You're not a failure."),
        ("I'm a perfectionist.", "You're a perfectionist."),
        (
            "I need time for myself.",
            "You need some time for yourself.",
        ),
        (
            "My boss is probably stressed.",
            "Your boss is probably stressed.",
        ),
        ("The problem is I never say no.", "You never say no."),
    ] {
        let moves = classify(own, &after(said));
        assert!(moves.reflects() && !moves.tells(), "{own}: {moves:?}");
    }
    let never = after("I never call her.");
    assert!(classify("You must call her.", &never).contains(Advice));
    let mut lost = after("I'm scared I'll lose the house, and my wife says I drink too much.");
    for later in ["Hm.", "I don't know.", "Well."] {
        let text = "You're scared you'll lose the house, and your wife says you drink too much.";
        let moves = classify(text, &lost);
        assert!(moves.contains(SimpleReflection), "{moves:?}");
        lost.client(later);
    }
    let text = "three winters and nobody rang";
    let said = after("I lived there for three winters and nobody ever rang the bell.");
    assert!(classify(text, &said).contains(SimpleReflection));
    assert!(!classify(text, &Context::new()).reflects());
}

#[test]
fn what_the_client_said_word_by_word_is_no_advice() {
    let said = after(
        "I don't know. Maybe I should just quit my job. You know, everybody has to work. I need to \
         call her tonight. Try harder, that's what I tell myself.",
    );
    for echo in [
        "I should just quit my job…",
        "You should quit your job.",
        "You should quit your job?",
        "So you should just quit.",
        "Quit your job.",
        "Everybody has to work.",
        "You need to call her tonight.",
        "you need to call her",
        "Try harder, that's what you tell yourself.",
    ] {
        let moves = classify(echo, &said);
        assert!(!moves.tells(), "{echo}: {moves:?}");
        assert!(moves.reflects() || moves.asks(), "{echo}: {moves:?}");
    }
    for advice in [
        "You should call your boss.",
        "You need to write to your boss tomorrow.",
    ] {
        assert!(classify(advice, &said).advises(), "{advice}");
    }
    let mut later = said;
    later.client("It is late.");
    assert!(
        classify("You should quit your job.", &later).advises(),
        "it is not what was said last"
    );
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

//! Tests of what brackets hold: said in passing, or seen of whoever speaks.

use super::*;

fn clean(text: &str, pronouns: &str) -> String {
    let mut filter = SpokenFilter::of("Maya", pronouns);
    let mut out: String = text.chars().map(|c| filter.push(&c.to_string())).collect();
    out.push_str(&filter.finish());
    out.trim().to_owned()
}

#[test]
fn a_sentence_in_brackets_that_is_no_gesture_of_ones_own_is_said() {
    for pronouns in ["she/her", "he/him", "they/them", ""] {
        for inner in [
            "He died in May.",
            "She was my best friend.",
            "Laughing was not allowed at home.",
            "They never asked.",
            "He laughs at me all the time.",
            "Daniel laughs a lot.",
            "She left us.",
            "My mother did.",
            "Nobody knows.",
            "Das war im Mai.",
            "J'étais seule.",
            "Er war mein Freund.",
            "Murió en mayo.",
        ] {
            let text = format!("So it was. ({inner}) And so on.");
            let said = format!("So it was. {inner} And so on.");
            assert_eq!(clean(&text, pronouns), said, "{pronouns}");
        }
        for text in [
            "My boss is new (he started in May).",
            "My boss is new (she left in June).",
            "I told him [Daniel].",
            "My [so-called] friends.",
            "I thought: [what now]?",
            "My boss (Henrik) left.",
            "I was (as always) late.",
        ] {
            assert_eq!(
                clean(text, pronouns),
                text.replace(['(', ')', '[', ']'], "")
            );
        }
    }
}

#[test]
fn a_gesture_in_the_present_is_ones_own_or_said_of_another() {
    for (text, own, other) in [
        ("(She looks away.)", "she/her", "he/him"),
        ("(She laughs.)", "she/her", "he/him"),
        ("(He laughs.)", "he/him", "she/her"),
        ("(They look down.)", "they/them", "she/her"),
        ("(Her voice trembles.)", "she/her", "he/him"),
        ("(She takes a deep breath.)", "she/her", "they/them"),
    ] {
        let whole = format!("Well. {text} It hurts.");
        assert_eq!(clean(&whole, own), "Well. It hurts.", "{text}");
        assert_eq!(clean(&whole, ""), "Well. It hurts.", "{text}");
        assert_eq!(clean(&whole, other), whole.replace(['(', ')'], ""));
    }
    assert_eq!(clean("(Maya sighs) It hurts.", "she/her"), "It hurts.");
    assert_eq!(clean("(Maya's voice breaks.) It hurts.", ""), "It hurts.");
    let said = "It hurts. (She raises three kids.) So.";
    assert_eq!(clean(said, "she/her"), said.replace(['(', ')'], ""));
}

#[test]
fn a_manner_is_a_direction_in_any_language() {
    for manner in [
        "d'une voix basse",
        "d'un ton sec",
        "d'un air triste",
        "avec un sourire",
        "mit leiser Stimme",
        "unter Tränen",
        "en voz baja",
        "con un hilo de voz",
        "a bassa voce",
        "con un sospiro",
        "in a low voice",
        "with a small smile",
    ] {
        for (before, after) in [
            ("", "Bien."),
            ("Bon,", "oui."),
            ("Non", "pas."),
            ("Oui.", "Si."),
        ] {
            let text = format!("{before} ({manner}) {after}");
            let said = format!("{before} {after}");
            assert_eq!(clean(&text, "she/her"), said.trim(), "{text}");
        }
    }
}

#[test]
fn a_gesture_without_marks_before_an_answer_is_not_said() {
    for text in [
        "Sigh. I know.",
        "sigh I know.",
        "Sigh… I know.",
        "sighs I know.",
        "Chuckles. I know.",
    ] {
        assert_eq!(clean(text, "she/her"), "I know.", "{text}");
    }
    for text in ["Laugh all you want.", "Pause for me.", "Silence. I know."] {
        assert_eq!(clean(text, "she/her"), text);
    }
    assert_eq!(clean("Sigh.", "she/her"), "");
}

#[test]
fn lists_and_signs_are_written_as_they_are_said() {
    for (text, said) in [
        (
            "I want:\n- to sleep\n- to be seen",
            "I want: to sleep, to be seen",
        ),
        (
            "- To sleep\n- To be seen\n\nThat's it.",
            "To sleep. To be seen. That's it.",
        ),
        ("1. to sleep;\n2. to be seen.\n", "to sleep; to be seen."),
        ("That is 3 * 4.", "That is 3 × 4."),
        ("That is 3*4.", "That is 3×4."),
        ("I write C#, mostly.", "I write C sharp, mostly."),
        ("I write C# and C++.", "I write C sharp and C++."),
    ] {
        assert_eq!(clean(text, "she/her"), said, "{text}");
    }
}

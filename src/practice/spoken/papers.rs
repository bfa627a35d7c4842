//! Tests of what a model writes on paper around what is said.

use super::tests::clean;
use super::*;

pub(super) fn both(text: &str, spoken: &str) {
    assert_eq!(clean(text), spoken, "{text}");
    let mut filter = SpokenFilter::of("Maya", "she/her");
    let mut letters: String = text.chars().map(|c| filter.push(&c.to_string())).collect();
    letters.push_str(&filter.finish());
    assert_eq!(letters.trim(), spoken, "{text} by letters");
}

#[test]
fn who_speaks_is_not_said() {
    for label in [
        "Maya's response: ",
        "Sure! Here's Maya's response: ",
        "Sure! Here's Maya's response:\n\n",
        "Certainly. Maya: ",
        "Of course! Here is how Maya would answer: ",
        "Response: ",
        "**Response:** ",
        "Maya says: ",
        "Maya sagt leise: ",
        "Maya, sighing: ",
        "As Maya, I would say: ",
        "Speaking as Maya: ",
        "Klientin: ",
        "[Maya]: ",
        "[Maya] : ",
        "Maya> ",
    ] {
        both(&format!("{label}I don't know."), "I don't know.");
    }
    both("\"Maya\": I don't know.", "I don't know.");
    both("I don't know.\n— Maya", "I don't know.");
    both("I don't know. —Maya\n", "I don't know.");
    both("I don't know.\n\n- **Maya**", "I don't know.");
}

#[test]
fn a_colon_alone_is_no_label() {
    for text in [
        "My boss said: no.",
        "Here's the thing: I'm tired.",
        "Here is what I know: nothing.",
        "Sure! I can do that.",
        "Sure, here is the thing: I'm tired.",
        "As I said: no.",
        "Maya, that's me: the quiet one.",
        "I asked him. Answer: no.",
        "Response times are bad.",
        "Okay. Maybe.",
        "Call me — Maya.",
        "It's me. — Maya is my name.",
    ] {
        both(text, text);
    }
}

#[test]
fn sentences_that_tell_of_who_speaks_are_not_said() {
    for direction in [
        "She sighs.",
        "She slowly looks away.",
        "She looks at you.",
        "She is quiet for a moment.",
        "She says nothing.",
        "She takes a deep breath.",
        "Her voice trembles.",
        "Her eyes fill with tears.",
        "Maya is quiet for a moment.",
        "Maya looks at you.",
        "Sighs.",
        "Looks down.",
        "Takes a deep breath.",
        "Beat.",
        "Long pause.",
        "She sighs. Her voice breaks.",
        "*Maya looks at you. She says nothing. Then:*",
        "/sighs/",
        "::sighs::",
        "|sighs|",
    ] {
        both(&format!("{direction} I don't know."), "I don't know.");
    }
    both("I — *swallows* — I can't.", "I — I can't.");
    both("Yes, *laughs*, I do.", "Yes, I do.");
    both("Well, (sighs), I do.", "Well, I do.");
}

#[test]
fn sentences_that_tell_of_others_are_said() {
    for text in [
        "She runs the department.",
        "She looks at me as if I were nobody.",
        "She cries.",
        "She says I should go.",
        "She is my boss.",
        "She is still my boss.",
        "Her voice is all I remember.",
        "My boss is loud. She sighs.",
        "My boss came in. She sighs. Looks down.",
        "Silence.",
        "Tears.",
        "Waves.",
        "Looks good.",
        "Takes time.",
        "Long story.",
        "24/7, and/or so.",
        "So I said: no; no, no.",
        "我——不知道。",
    ] {
        both(text, text);
    }
}

#[test]
fn what_is_marked_and_said_is_kept() {
    for (text, spoken) in [
        ("I felt… *invisible*.", "I felt… invisible."),
        ("I felt... *invisible*", "I felt... invisible"),
        ("I don't know… *sighs*.", "I don't know…."),
        ("Ich weiß nicht… *seufzt*.", "Ich weiß nicht…."),
        (
            "I don't know… *voice breaking* It hurts.",
            "I don't know… It hurts.",
        ),
        ("My boss (Henrik) said no.", "My boss Henrik said no."),
        ("I'm fine (really).", "I'm fine really."),
        ("I'm fine (smiling).", "I'm fine."),
        ("I'm fine (her voice breaks).", "I'm fine."),
        ("I'm tired (long pause) of it.", "I'm tired of it."),
        ("Well, (seufzt leise) ja.", "Well, ja."),
        ("*Thank you.* I needed that.", "Thank you. I needed that."),
        ("*Tired.* Just tired.", "Tired. Just tired."),
        (
            "*Invisible.* That's what I felt.",
            "Invisible. That's what I felt.",
        ),
        ("*Pause.* That's what I felt.", "That's what I felt."),
        ("*Beat.* That's what I felt.", "That's what I felt."),
    ] {
        both(text, spoken);
    }
}

#[test]
fn signs_are_not_read_out() {
    for (text, spoken) in [
        ("**1.** I stay.\n**2.** I go.", "I stay. I go."),
        ("1: stay\n2: go", "stay, go"),
        ("— one thing\n— another", "one thing, another"),
        ("~~~rust\nlet code;\n~~~\nYes.", "Yes."),
        ("~~~\nHello.", "Hello."),
        ("I'm sad :( today.", "I'm sad today."),
        ("Yes ;-)", "Yes"),
        ("Yes :D.", "Yes."),
        ("Thanks <3", "Thanks"),
        ("Well ¯\\_(ツ)_/¯ so.", "Well so."),
        ("It is $$E=mc^2$$ then.", "It is then."),
        ("It costs $5.", "It costs $5."),
        ("I'm #tired.", "I'm tired."),
    ] {
        both(text, spoken);
    }
}

#[test]
fn the_text_of_an_object_is_said() {
    for (text, spoken) in [
        ("{\"response\": \"I don't know.\"}", "I don't know."),
        (
            "{\n  \"response\": \"*sighs* No. \\\"Go,\\\" she said.\"\n}",
            "No. \"Go,\" she said.",
        ),
        ("```json\n{\"text\": \"Maya: Maybe.\"}\n```", "Maybe."),
        (
            "{\"mood\": \"tired\", \"says\": \"I want to go.\"}",
            "I want to go.",
        ),
        ("{smiles} Yes.", "Yes."),
    ] {
        both(text, spoken);
    }
}

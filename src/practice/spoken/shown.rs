//! Tests of what is shown, told or noted beside what is said, and of what is stressed or quoted.

use super::papers::both;

#[test]
fn what_is_seen_or_heard_within_a_sentence_is_not_said() {
    for (text, spoken) in [
        ("Well, *nervous laugh* not really.", "Well, not really."),
        ("I'm okay, I guess *small smile*", "I'm okay, I guess"),
        ("I can't *voice breaking* do this.", "I can't do this."),
        (
            "I thought *long pause* he would call.",
            "I thought he would call.",
        ),
        ("I just *swallows* can't.", "I just can't."),
        ("I'm okay *forced smile* really.", "I'm okay really."),
        ("I just _voice trailing off_ left.", "I just left."),
        ("He is busy *air quotes* again.", "He is busy again."),
        ("I know *sigh* it is late.", "I know it is late."),
        (
            "Well, *in a low voice* I do not know.",
            "Well, I do not know.",
        ),
    ] {
        both(text, spoken);
    }
    for text in [
        "I *really* can't",
        "that was *my* idea",
        "I'm *so* tired of it",
        "it was *not* fine",
        "I will do it *never again*.",
        "I wear my *fake smile* all day.",
        "I needed *a good laugh* today.",
        "He made me *really laugh* once.",
        "I see *people smile* at me.",
        "It just *swallows* me.",
        "He just *looks* at me.",
        "I said *no pause* at all.",
        "I felt *so small* there.",
        "I can only *shrug* at it.",
        "All they do is *nod*.",
        "He left *with a smile* that day.",
    ] {
        both(text, &text.replace('*', ""));
    }
}

#[test]
fn what_is_told_after_a_quoted_answer_is_not_said() {
    for (text, spoken) in [
        (
            "\"I don't know,\" Maya says. She looks at her hands.",
            "\"I don't know,\"",
        ),
        ("\"I don't know.\" She shrugs.", "\"I don't know.\""),
        (
            "\"I'm fine.\" she says, looking out of the window.",
            "\"I'm fine.\"",
        ),
        (
            "\"No,\" says Maya quietly. \"Not now.\"",
            "\"No,\" \"Not now.\"",
        ),
        ("“Maybe.” She looks away. “Yes.”", "“Maybe.” “Yes.”"),
    ] {
        both(text, spoken);
    }
    for text in [
        "He said \"you are done\". I just stood there.",
        "She told me \"grow up\" and left.",
        "\"Fine\" is what she says.",
        "\"Grow up.\" She said that to my face.",
        "\"Grow up.\" She says that all the time.",
        "\"You are done.\" She runs the department.",
        "\"No.\" He says. I can't.",
        "\"No.\" She looks at me.",
        "I said \"No.\" She shrugs.",
    ] {
        both(text, text);
    }
}

#[test]
fn notes_about_the_role_are_not_said() {
    for (text, spoken) in [
        (
            "It hurts. (Note: I stayed in character at level 2.)",
            "It hurts.",
        ),
        (
            "It hurts.\n---\nNote: Maya is still guarded here. She may open up.",
            "It hurts.",
        ),
        (
            "Thought: keep it short. Be kind.\nAnswer: I don't know.",
            "I don't know.",
        ),
        ("Maybe…<|im_end|>\n<|im_start|>user\nWhat else?", "Maybe…"),
        (
            "<|begin|>I don't know.<|eot_id|>What else?",
            "I don't know.",
        ),
    ] {
        both(text, spoken);
    }
    for text in [
        "Note to self: sleep more.",
        "I had a thought: leave. Thought so.",
        "He left a note: grow up.",
    ] {
        both(text, text);
    }
}

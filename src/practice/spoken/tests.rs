//! Tests of what of a model's stream is spoken.

use proptest::prelude::*;

use super::super::SentenceSplitter;
use super::*;
use crate::providers::llm::thoughts::Thoughts;

fn clean(text: &str) -> String {
    let mut filter = SpokenFilter::of("Maya");
    let mut out = filter.push(text);
    out.push_str(&filter.finish());
    out.trim().to_owned()
}

#[test]
fn only_words_reach_the_voice() {
    for (text, spoken) in [
        ("*sighs* I don't know.", "I don't know."),
        ("I *really* want it.", "I really want it."),
        ("I **really** want it.", "I really want it."),
        (
            "(looks away) Maybe. [pause 900] Maybe not.",
            "Maybe. [pause 900] Maybe not.",
        ),
        ("[nervous laugh] Fine 🙂.", "Fine."),
        (
            "## Plan\n- one thing\n- another\n2. third",
            "Plan one thing another third",
        ),
        ("*She looks away* It hurts.", "It hurts."),
        ("Well. *voice breaking* It hurts.", "Well. It hurts."),
        ("Maya: It hurts.", "It hurts."),
        ("Client: Maya: yes.", "Maya: yes."),
        ("Honestly: no.", "Honestly: no."),
        ("Maya: **Yes.**", "Yes."),
        ("<speak>Yes, <b>really</b>.</speak>", "Yes, really."),
        ("* one\n* two", "one two"),
        ("...", "..."),
        ("In 2019 I left.", "In 2019 I left."),
        ("2019 was hard.", "2019 was hard."),
        ("It costs $5, 20% of it.", "It costs $5, 20% of it."),
    ] {
        assert_eq!(clean(text), spoken, "{text}");
    }
}

fn cut(text: &str, at: &[usize]) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut ends: Vec<usize> = at.iter().map(|a| a % (chars.len() + 1)).collect();
    ends.extend([0, chars.len()]);
    ends.sort_unstable();
    ends.windows(2)
        .map(|w| chars[w[0]..w[1]].iter().collect())
        .collect()
}

/// Something that a model may write, and the words of it that are said.
fn written() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("Well, maybe. ", "Well, maybe."),
        ("It hurts. ", "It hurts."),
        ("I *really* mean it. ", "I really mean it."),
        ("I **do** want it. ", "I do want it."),
        ("*sighs* ", ""),
        ("*She looks away* ", ""),
        ("(a long pause) ", ""),
        ("[nervous laugh] ", ""),
        ("🙂 ", ""),
        ("\n## Plan\n", "Plan"),
        ("\n- one\n- two\n", "one two"),
        ("\n* three\n* four\n", "three four"),
        ("\n1. five\n2) six\n", "five six"),
        ("\n> quoted\n", "quoted"),
        ("\n| left | right |\n", "left right"),
        ("`code` ", "code"),
        ("<b>bold</b> ", "bold"),
        ("<think>The coach *asks*.\n- so what</think>\n", ""),
        ("[pause 700] Yes. ", "[pause 700] Yes."),
    ])
}

proptest! {
    #[test]
    fn what_only_makes_sense_on_paper_is_not_said(parts in prop::collection::vec(written(), 0..12), at in prop::collection::vec(0usize..400, 0..12)) {
        let text: String = parts.iter().map(|(text, _)| *text).collect();
        let (mut thoughts, mut filter) = (Thoughts::default(), SpokenFilter::of("Maya"));
        let mut splitter = SentenceSplitter::default();
        let mut sentences = Vec::new();
        for piece in cut(&text, &at) {
            sentences.extend(splitter.push(&filter.push(&thoughts.pass(&piece))));
        }
        sentences.extend(splitter.push(&filter.push(&thoughts.end())));
        sentences.extend(splitter.push(&filter.finish()));
        sentences.extend(splitter.finish());
        let said: Vec<&str> = sentences.iter().flat_map(|s| s.split_whitespace()).collect();
        let words: Vec<&str> = parts.iter().flat_map(|(_, said)| said.split_whitespace()).collect();
        prop_assert_eq!(said, words, "{}", text);
    }

    #[test]
    fn cutting_the_stream_changes_nothing(text in "([a-z*_#(\\[\\]).:<>/ 0-9\n-]|think|\\PC){0,300}", at in prop::collection::vec(0usize..300, 0..8)) {
        let mut filter = SpokenFilter::default();
        let mut out: String = cut(&text, &at).iter().map(|p| filter.push(p)).collect();
        out.push_str(&filter.finish());
        let mut whole = SpokenFilter::default();
        let mut all = whole.push(&text);
        all.push_str(&whole.finish());
        prop_assert_eq!(&out, &all);
        prop_assert!(!out.contains(['*', '#', '_', '<', '`']));
    }
}

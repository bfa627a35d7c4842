//! Tests of what of a model's stream is spoken.

use proptest::prelude::*;

use super::super::SentenceSplitter;
use super::*;
use crate::providers::llm::thoughts::Thoughts;

pub(super) fn clean(text: &str) -> String {
    let mut filter = SpokenFilter::of("Maya", "she/her");
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
            "Plan, one thing, another, third",
        ),
        ("*She looks away* It hurts.", "It hurts."),
        ("Well. *voice breaking* It hurts.", "Well. It hurts."),
        ("Maya: It hurts.", "It hurts."),
        ("Client: Maya: yes.", "yes."),
        ("Honestly: no.", "Honestly: no."),
        ("Maya: **Yes.**", "Yes."),
        ("<speak>Yes, <b>really</b>.</speak>", "Yes, really."),
        ("* one\n* two", "one, two"),
        ("_sighs_ I don't know.", "I don't know."),
        ("I'm tired *rolls eyes* of it.", "I'm tired of it."),
        ("I don't know *wipes a tear*.", "I don't know."),
        ("*Wipes eyes* I can't.", "I can't."),
        ("*Tears up* I can't.", "I can't."),
        ("**Maya:** I don't know.", "I don't know."),
        ("**Maya**: hello.", "hello."),
        ("Maya (hesitating): I don't know.", "I don't know."),
        ("Maya (hesitating), that's me.", "Maya, that's me."),
        (
            "Coach: What do you want?\nMaya: I want peace.",
            "I want peace.",
        ),
        (
            "I think so.\n\nCoach: And what else?\n\nMaya: nothing.",
            "I think so.",
        ),
        (
            "I think so. Coach: And what else? Maya: nothing.",
            "I think so.",
        ),
        ("The coach: that's you.", "The coach: that's you."),
        ("~smiles~ Yes.", "Yes."),
        ("~~no~~ yes.", "yes."),
        ("It took ~5 days.", "It took 5 days."),
        ("{smiles} Yes.", "Yes."),
        ("/me smiles. Yes.", "Yes."),
        ("— pause — I see.", "I see."),
        ("I see — a long pause — yes.", "I see yes."),
        ("I was — well — tired.", "I was — well — tired."),
        ("I - I don't know.", "I - I don't know."),
        (
            "See https://example.com/foo_bar?a=1*2 for it.",
            "See for it.",
        ),
        ("www.example.com, is it.", ", is it."),
        (
            "See [my page](https://example.com/x_y). So.",
            "See my page. So.",
        ),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a b 1 2"),
        ("---\nHello.\n---", "Hello."),
        (
            "&nbsp;yes &amp; no. You&#39;re R&D.",
            "yes & no. You're R&D.",
        ),
        ("```rust\nlet code;\n```\nYes.", "Yes."),
        ("```\nI don't know.\n```", "I don't know."),
        (
            "(unclosed and then a lot. And on.",
            "unclosed and then a lot. And on.",
        ),
        ("(unclosed", "unclosed"),
        ("[unclosed and more. And on.", "unclosed and more. And on."),
        ("(sighs I don't know. And on.", "I don't know. And on."),
        ("(She looks away. Her voice trembles.) Yes.", "Yes."),
        (
            "(She looks away. I don't know. And on.",
            "I don't know. And on.",
        ),
        (
            "(She looks away, her voice trembling, and for a very long time nobody says anything at all while the clock \
             on the wall ticks and the rain falls and the coach waits and waits.) Yes. And on.",
            "Yes. And on.",
        ),
        (
            "(I didn't tell my sister.) So.",
            "I didn't tell my sister. So.",
        ),
        (
            "I went (it was raining that day) home.",
            "I went it was raining that day home.",
        ),
        ("*it's nothing*", "it's nothing"),
        (
            "*I don't want to go. Not at all.* So.",
            "I don't want to go. Not at all. So.",
        ),
        (
            "It is *really important* to me.",
            "It is really important to me.",
        ),
        (
            "I was *thinking* of it. She *laughs* at me.",
            "I was thinking of it. She laughs at me.",
        ),
        ("***really*** important", "really important"),
        (
            "5 * 3 is fifteen, a file_name_x.",
            "5 × 3 is fifteen, a file name x.",
        ),
        ("<break time=\"500ms\"/> Yes. 3 < 4.", "Yes. 3 4."),
        ("\\n yes", "yes"),
        ("7. No, 6.", "7. No, 6."),
        ("1. First\n2. Second\na) third", "First. Second, third"),
        (
            "I earn $3,500 — 20% more than in 2019.",
            "I earn $3,500 — 20% more than in 2019.",
        ),
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
        ("Ja. *Seufzt leise* Ja. ", "Ja. Ja."),
        ("Ja. * lacht * Ja. ", "Ja. Ja."),
        ("Ja doch *seufzt* schon. ", "Ja doch schon."),
        ("（叹了口气） ", ""),
        ("So! &ast;Lacht&ast; So. ", "So! So."),
        ("🙂 ", ""),
        ("/sighs/ ", ""),
        ("Well ;-) so. ", "Well so."),
        ("\n**1.** seven\n", "seven"),
        ("\nMaya, sighing: Yes. ", "Yes."),
        ("\n— Maya\n", ""),
        ("My boss (Henrik) left. ", "My boss Henrik left."),
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
        let (mut thoughts, mut filter) = (Thoughts::default(), SpokenFilter::of("Maya", "she/her"));
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
        let bare = |words: Vec<&str>| words.iter().map(|w| w.trim_end_matches(['.', ',']).to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(bare(said), bare(words), "{}", text);
    }

    #[test]
    fn cutting_the_stream_changes_nothing(text in "([a-z*_~#(\\[\\]{}|&;).:<>/ 0-9\n—-]|[（）＊。「」«»⟨⟩]|&ast;|Maya sighs|think|Maya:|Coach:|sighs|https://|```|\\{\"a\": \"|\"\\}|Sure! |Here's Maya|— Maya|[Ss]he sighs|\\$\\$|/sighs/|… |Of course|\\PC){0,300}", at in prop::collection::vec(0usize..300, 0..8)) {
        let mut filter = SpokenFilter::of("Maya", "she/her");
        let mut out: String = cut(&text, &at).iter().map(|p| filter.push(p)).collect();
        out.push_str(&filter.finish());
        let mut whole = SpokenFilter::of("Maya", "she/her");
        let mut all = whole.push(&text);
        all.push_str(&whole.finish());
        prop_assert_eq!(&out, &all);
        let paper = out.contains(['*', '#', '_', '<', '>', '`', '~', '{', '}', '|']);
        prop_assert!(!paper, "{}", out);
    }

    /// A mark that is never closed holds nothing back beyond its bound.
    #[test]
    fn nothing_is_held_for_long(open in "[(*_~{<\\[]{1,3}", words in prop::collection::vec("[a-z]{1,9}", 30..60)) {
        let text = format!("Yes. {open}{} ", words.join(" "));
        let mut filter = SpokenFilter::of("Maya", "she/her");
        let said = filter.push(&text);
        prop_assert!(said.len() + 120 > text.len() || said.is_empty() == words.is_empty(), "{} of {}", said, text);
        let held = filter.finish();
        prop_assert!(held.len() < 120, "{}", held);
    }
}

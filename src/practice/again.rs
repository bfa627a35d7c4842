//! Asked to say something again: whose words are wanted, and how much of them comes back.

use super::sentences::split;
use super::words::{Word, tokens};

/// Sentences that come back at most, and the words of them: who repeats is brief.
const SENTENCES: usize = 2;
const WORDS: usize = 30;

/// Whether the coach wants to hear what they said themselves: `what did I just say`.
pub(super) fn wants_own(heard: &[Word]) -> bool {
    let plain = |word: &&str| !PASSED_OVER.contains(word);
    let mut heard: Vec<&str> = heard.iter().map(|word| &*word.text).filter(plain).collect();
    while let Some(rest) = AFTER.iter().find_map(|after| without(&heard, after)) {
        heard.truncate(rest);
    }
    let opens = heard.first().is_some_and(|word| OPENERS.contains(word));
    let judges = heard.iter().any(|word| JUDGING.contains(word));
    opens && !judges && OWN.iter().any(|own| without(&heard, own).is_some())
}

/// How many words stand before this ending, if they end in it.
fn without(heard: &[&str], ending: &str) -> Option<usize> {
    let ending: Vec<&str> = ending.split(' ').collect();
    let ends = heard.ends_with(&ending);
    ends.then(|| heard.len() - ending.len())
}

/// The end of what was said, as one says it again.
pub(super) fn last_of(said: &str) -> Option<String> {
    let said = split(said);
    let (mut from, mut words) = (said.len(), 0);
    while from > 0 && said.len() - from < SENTENCES {
        words += tokens(&said[from - 1]).len();
        if from < said.len() && words > WORDS {
            break;
        }
        from -= 1;
    }
    let last = said[from..].concat().trim().to_owned();
    (!last.is_empty()).then_some(last)
}

/// What is no part of such a question.
const PASSED_OVER: &[&str] = &[
    "just", "really", "actually", "even", "exactly", "so", "and", "but", "okay", "ok", "well",
    "now", "please", "sorry", "hey", "wait", "oh", "right", "last",
];

/// What may stand after it.
const AFTER: &[&str] = &[
    "a moment ago",
    "a minute ago",
    "a second ago",
    "to you",
    "from you",
    "you",
    "then",
    "before",
    "again",
    "back to me",
];

const OPENERS: &[&str] = &[
    "what", "can", "could", "would", "will", "do", "did", "tell", "repeat", "say", "remember",
    "which",
];

/// What asks for more than the words.
const JUDGING: &[&str] = &[
    "think", "feel", "make", "mean", "like", "agree", "about", "of", "if", "wrong", "believe",
    "happened", "matter", "hurt", "help", "changes",
];

const OWN: &[&str] = &[
    "did i say",
    "did i ask",
    "was i saying",
    "was i asking",
    "have i said",
    "have i asked",
    "i said",
    "i say",
    "i asked",
    "i was saying",
    "i was asking",
    "was my question",
    "is my question",
    "my question",
];

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn whose_words_are_wanted() {
        for own in [
            "What did I just say?",
            "Sorry, what did I ask you just now?",
            "Okay, and what was my last question?",
            "Can you repeat what I said?",
            "Do you remember what I just asked you?",
            "Tell me what I said a moment ago.",
            "Did you hear what I said?",
        ] {
            assert!(wants_own(&words(own)), "{own}");
        }
        for other in [
            "What did you just say?",
            "What do you think of what I said?",
            "That's what I said.",
            "Did I say something wrong?",
            "What do you make of my question?",
            "What did he say to you?",
            "How does it feel to hear what I said?",
        ] {
            assert!(!wants_own(&words(other)), "{other}");
        }
    }

    #[test]
    fn the_end_comes_back() {
        assert_eq!(
            last_of("It went. It is gone. I miss it.").unwrap(),
            "It is gone. I miss it."
        );
        let long = format!("It is {}gone. I miss it.", "so very much ".repeat(12));
        assert_eq!(last_of(&long).unwrap(), "I miss it.");
        assert_eq!(last_of(&"and so on ".repeat(20)).unwrap().len(), 199);
        assert_eq!(last_of(" "), None);
    }
}

//! How bare words are shown as a sentence: a capital at the beginning, a mark at the end.

use super::Transcript;

/// First words of an English question.
const ASKING: &[&str] = &[
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "how", "is", "may",
    "might", "shall", "should", "was", "were", "what", "what's", "when", "where", "where's",
    "which", "who", "who's", "whom", "whose", "why", "will", "would",
];

/// Words before a question that are no part of it.
const LEADING: &[&str] = &[
    "and", "but", "hello", "hi", "now", "okay", "so", "then", "well",
];

/// A final transcript as it is shown: for engines that give bare words. What has a mark at its
/// end already stays as it is, apart from the capital.
#[must_use]
pub fn punctuated(transcript: &Transcript) -> String {
    let text = transcript.text();
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return text;
    };
    let mut shown: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '?', '!', '…']) {
        shown.push(if is_question(&text) { '?' } else { '.' });
    }
    shown
}

fn is_question(text: &str) -> bool {
    let text = text.to_lowercase();
    let first = text.split_whitespace().find(|word| !LEADING.contains(word));
    first.is_some_and(|word| ASKING.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::stt::Word;
    use media::Position;

    fn shown(text: &str) -> String {
        let words = text.split_whitespace().map(|text| Word {
            text: text.to_owned(),
            start: Position::ZERO,
            end: Position::ZERO,
            confidence: 1.0,
        });
        punctuated(&Transcript {
            words: words.collect(),
            stable: 0,
        })
    }

    #[test]
    fn questions_and_statements_get_their_marks() {
        assert_eq!(shown("what would you like"), "What would you like?");
        assert_eq!(shown("so what else"), "So what else?");
        assert_eq!(
            shown("I hear that you are tired"),
            "I hear that you are tired."
        );
        assert_eq!(shown("thank you."), "Thank you.");
        assert_eq!(shown("élan"), "Élan.");
        assert_eq!(shown(""), "");
    }
}

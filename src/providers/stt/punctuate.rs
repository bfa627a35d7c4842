//! How bare words are shown as a sentence: a capital at the beginning, a mark at the end.

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

/// The final words of a turn as they are shown: for engines that give bare words. What has a mark
/// at its end already stays as it is, apart from the capital.
#[must_use]
pub fn punctuated(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut shown: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '?', '!', '…']) {
        shown.push(if is_question(text) { '?' } else { '.' });
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

    #[test]
    fn questions_and_statements_get_their_marks() {
        assert_eq!(punctuated("what would you like"), "What would you like?");
        assert_eq!(punctuated("so what else"), "So what else?");
        assert_eq!(
            punctuated("I hear that you are tired"),
            "I hear that you are tired."
        );
        assert_eq!(punctuated("thank you."), "Thank you.");
        assert_eq!(punctuated("élan"), "Élan.");
        assert_eq!(punctuated(""), "");
    }
}

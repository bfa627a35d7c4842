//! From the decoder's words to a transcript's: spelling, fillers, and names that are expected.

/// Stands for an expected name in the sentences of the coaching model.
pub(super) const PLACEHOLDER: &str = "NAME";
/// Names that one decoder can know.
///
/// The library adds no words to a mixture of language models (it takes it to be read-only), so
/// the coaching model holds places for names from the start; a name becomes known when its
/// pronunciation is put into one.
pub(super) const SLOTS: usize = 64;
/// Marks a place, so that a name that is also in the dictionary has one beside it.
const ADDED: char = '_';

/// The word that stands for a place in the model and the dictionary.
pub(super) fn slot(index: usize) -> String {
    format!("{index}{ADDED}")
}

/// How a word of the dictionary is written, `None` for fillers and noises. `taught` tells whose
/// name is in which place.
pub(super) fn spelling(word: &str, taught: &[String], expected: &[Expected]) -> Option<String> {
    // Alternative pronunciations are numbered: `read(2)`.
    let word = word.split('(').next().unwrap_or_default();
    if word.is_empty() || word.starts_with(['<', '[', '+']) {
        return None;
    }
    if let Some(index) = word.strip_suffix(ADDED) {
        let key = taught.get(index.parse::<usize>().ok()?)?;
        let known = expected.iter().find(|expected| expected.key == *key);
        return Some(known.map_or_else(|| key.clone(), |known| known.written.clone()));
    }
    if word == "i" || word.starts_with("i'") {
        return Some(format!("I{}", &word[1..]));
    }
    Some(word.to_owned())
}

/// A word that a session expects, such as the client's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// Lower case, letters only.
    pub key: String,
    /// As the session writes it.
    pub written: String,
}

/// Expected words of one session at most.
pub(super) const EXPECTED: usize = 16;
/// Letters of an expected word at most.
const LETTERS: usize = 32;

impl Expected {
    /// The single words of what a session expects; what cannot be pronounced in English letters
    /// is left out.
    pub(super) fn parse(expect: &[String]) -> Vec<Self> {
        let mut parsed: Vec<Self> = Vec::new();
        for written in expect.iter().flat_map(|phrase| phrase.split_whitespace()) {
            let written = written.trim_matches(|letter: char| !letter.is_alphabetic());
            let plain = written
                .chars()
                .all(|letter| letter.is_ascii_alphabetic() || letter == '\'');
            let key = written.to_ascii_lowercase();
            let new = parsed.iter().all(|known| known.key != key);
            if plain && new && (2..=LETTERS).contains(&key.len()) && parsed.len() < EXPECTED {
                parsed.push(Self {
                    key,
                    written: written.to_owned(),
                });
            }
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_words_as_people_do() {
        let maya = Expected::parse(&["Maya O'Brien!".to_owned(), "maya".to_owned()]);
        assert_eq!(maya.len(), 2);
        let taught = ["tom", "o'brien", "maya"].map(str::to_owned);
        let spelt = |word: &str| spelling(word, &taught, &maya);
        assert_eq!(spelt("read(2)").as_deref(), Some("read"));
        assert_eq!(spelt("i").as_deref(), Some("I"));
        assert_eq!(spelt("i'm(2)").as_deref(), Some("I'm"));
        assert_eq!(spelt("2_").as_deref(), Some("Maya"));
        assert_eq!(spelt("1_").as_deref(), Some("O'Brien"));
        assert_eq!(spelt("0_").as_deref(), Some("tom"));
        assert_eq!(spelt("3_"), None);
        for filler in ["<s>", "</s>", "<sil>", "[NOISE]", "++UM++", ""] {
            assert_eq!(spelt(filler), None, "{filler}");
        }
    }

    #[test]
    fn leaves_out_what_cannot_be_pronounced() {
        let odd = ["張偉", "x", "--", "a\0b", &"a".repeat(50), "42"].map(str::to_owned);
        assert_eq!(Expected::parse(&odd), []);
        let many: Vec<String> = (b'a'..=b'z').map(|a| format!("na{}", a as char)).collect();
        assert_eq!(Expected::parse(&many).len(), EXPECTED);
    }
}

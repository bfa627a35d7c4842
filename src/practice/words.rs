//! Words as a recogniser hears them: stems and sound-alikes, so that a misheard word still counts.

/// A word in the forms it is compared in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, without punctuation.
    pub(crate) text: String,
    stem: String,
    sound: String,
    function: bool,
}

impl Word {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            stem: stem(text),
            sound: sound(text),
            function: FUNCTION.contains(&text),
        }
    }

    /// From this likeness on two words are one, or forms of one.
    pub(super) const FORM: u32 = 95;
    /// From this likeness on they sound the same.
    pub(super) const SOUND: u32 = 80;

    /// From this likeness on they may differ in a letter.
    pub(super) const LETTER: u32 = 70;

    /// Shortest stem that may have a letter wrong, in bytes.
    pub(super) const EDITABLE: usize = 5;

    /// Whether it only holds a sentence together.
    pub(super) fn is_function(&self) -> bool {
        self.function
    }

    pub(super) fn stem(&self) -> &str {
        &self.stem
    }

    pub(super) fn sound(&self) -> &str {
        &self.sound
    }

    /// Whether it carries a meaning of its own.
    pub(crate) fn is_content(&self) -> bool {
        !self.function && self.text.len() > 2
    }

    /// How alike two words are, 0 to 100. Function words are alike only if they are the same: a
    /// recogniser's guess at one says nothing.
    pub(crate) fn likeness(&self, other: &Self) -> u32 {
        if self.text == other.text {
            return 100;
        }
        if self.function || other.function {
            return 0;
        }
        if self.stem == other.stem {
            return Self::FORM;
        }
        if self.sound == other.sound {
            return match self.sound.len() {
                0 | 1 => 0,
                2 => 60,
                _ => Self::SOUND,
            };
        }
        let shorter = self.stem.len().min(other.stem.len());
        if shorter >= Self::EDITABLE && within_one_edit(&self.stem, &other.stem) {
            return Self::LETTER;
        }
        if shorter >= Self::EDITABLE
            && self.sound.len() >= 4
            && within_one_edit(&self.sound, &other.sound)
        {
            return 50;
        }
        0
    }
}

/// The words of a text: lower case, contractions opened (`what's` is `what is`), `[pause …]`
/// left out.
pub(crate) fn words(text: &str) -> Vec<Word> {
    tokens(text).iter().map(|t| Word::new(t)).collect()
}

/// The same words, without the forms that they are compared in: exact, and much cheaper.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut in_mark = false;
    for token in text.split_whitespace() {
        in_mark |= token.starts_with('[');
        if in_mark {
            in_mark = !token.contains(']');
            continue;
        }
        for part in token.split(['-', '—', '–', '…', '/']) {
            let plain: String = part
                .chars()
                .map(|c| if c == '’' { '\'' } else { c })
                .filter(|c| c.is_alphanumeric() || *c == '\'')
                .flat_map(char::to_lowercase)
                .collect();
            open_contraction(plain.trim_matches('\''), &mut out);
        }
    }
    out
}

fn open_contraction(token: &str, out: &mut Vec<String>) {
    let (head, tail) = match token {
        "" => return,
        "can't" | "cannot" => ("can", "not"),
        "won't" => ("will", "not"),
        "gonna" => ("going", "to"),
        _ => {
            if let Some(head) = token.strip_suffix("n't") {
                (head, "not")
            } else if let Some((head, end)) = token.split_once('\'') {
                let tail = match end {
                    "re" => "are",
                    "m" => "am",
                    "ve" => "have",
                    "ll" => "will",
                    "d" => "would",
                    "s" if IS_AFTER.contains(&head) => "is",
                    _ => "",
                };
                (head, tail)
            } else {
                (token, "")
            }
        }
    };
    out.extend(
        [head, tail]
            .into_iter()
            .filter(|w| !w.is_empty())
            .map(str::to_owned),
    );
}

const IS_AFTER: &[&str] = &[
    "what", "that", "it", "how", "who", "where", "there", "here", "he", "she",
];

/// Words that hold a sentence together.
const FUNCTION: &[&str] = &[
    "a", "about", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could",
    "did", "do", "does", "for", "from", "get", "had", "has", "have", "he", "her", "here", "him",
    "his", "how", "i", "if", "in", "is", "it", "its", "just", "like", "may", "me", "might", "must",
    "my", "no", "not", "of", "on", "or", "our", "out", "really", "shall", "she", "should", "so",
    "some", "than", "that", "the", "their", "them", "then", "there", "they", "this", "to", "too",
    "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "who", "why",
    "will", "with", "would", "yes", "you", "your", "yourself",
];

fn stem(word: &str) -> String {
    let mut s = word.replace("isation", "ization").replace("ise", "ize");
    for suffix in [
        "ments", "ment", "ness", "ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "s",
        "ly", "ful",
    ] {
        let Some(head) = s.strip_suffix(suffix) else {
            continue;
        };
        if head.len() >= 3 && !(suffix == "s" && head.ends_with(['s', 'u', 'i'])) {
            s = if suffix == "ies" {
                format!("{head}y")
            } else {
                head.to_owned()
            };
            break;
        }
    }
    if s.len() > 3 && s.ends_with('e') {
        s.pop();
    }
    let doubled =
        s.len() > 4 && s.is_ascii() && s.as_bytes()[s.len() - 1] == s.as_bytes()[s.len() - 2];
    if doubled && !s.ends_with(['l', 's']) {
        s.pop();
    }
    s
}

/// The skeleton of consonants, with those a recogniser confuses (voiced and unvoiced) as one.
fn sound(word: &str) -> String {
    let w = word
        .replace("tion", "sn")
        .replace("ph", "f")
        .replace("ght", "t")
        .replace("gh", "")
        .replace("ck", "k")
        .replace("dge", "s")
        .replace("ch", "s")
        .replace("sh", "s")
        .replace("th", "t")
        .replace("wh", "w");
    let w = w
        .strip_prefix('k')
        .filter(|r| r.starts_with('n'))
        .unwrap_or(&w);
    let w = w
        .strip_prefix('w')
        .filter(|r| r.starts_with('r'))
        .unwrap_or(w);
    let letters: Vec<char> = w.chars().collect();
    let mut out = String::new();
    for (i, &c) in letters.iter().enumerate() {
        let soft = matches!(letters.get(i + 1), Some('e' | 'i' | 'y'));
        let code = match c {
            'b' | 'p' => 'p',
            'c' if soft => 's',
            'c' | 'k' | 'q' => 'k',
            'g' if soft && i > 0 => 's',
            'g' => 'k',
            'd' | 't' => 't',
            'f' | 'v' => 'f',
            's' | 'z' | 'j' => 's',
            'x' => 's',
            'l' | 'm' | 'n' | 'r' => c,
            'h' | 'w' | 'y' if i == 0 => c,
            'a' | 'e' | 'i' | 'o' | 'u' if i == 0 => 'a',
            _ => continue,
        };
        if !out.ends_with(code) {
            out.push(code);
        }
    }
    out
}

/// Whether two words differ by at most one letter put in, left out or changed.
fn within_one_edit(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let room = a.len().min(b.len()) - front;
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(room)
        .take_while(|(x, y)| x == y)
        .count();
    a.len().max(b.len()) - front - back <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(a: &str, b: &str) -> u32 {
        Word::new(a).likeness(&Word::new(b))
    }

    #[test]
    fn forms_and_sound_alikes_count() {
        assert!(like("feelings", "feel") >= 90);
        assert!(like("stopping", "stop") >= 90);
        assert!(like("obstacles", "obstacle") >= 90);
        assert!(like("feel", "fill") >= 60);
        assert!(like("value", "valley") >= 60);
        assert_eq!(like("goal", "team"), 0);
        assert_eq!(like("the", "there"), 0);
    }

    #[test]
    fn contractions_open_and_marks_go() {
        let texts: Vec<_> = words("What's [pause 800] the-thing you’re… can't?")
            .into_iter()
            .map(|w| w.text)
            .collect();
        assert_eq!(
            texts,
            ["what", "is", "the", "thing", "you", "are", "can", "not"]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_words(text in "\\PC{0,200}") {
            for word in words(&text) {
                proptest::prop_assert_eq!(word.likeness(&word), 100);
            }
        }
    }
}

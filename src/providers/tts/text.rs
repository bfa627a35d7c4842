//! What a voice is given to read: a sentence cut into words and authored pauses, markup removed.

use std::ops::Range;

use super::RATE;

/// Longest authored pause, in milliseconds.
const LONGEST_PAUSE: u64 = 10_000;

/// A stretch of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Words to speak.
    Speech(Vec<Written>),
    /// Silence, in samples at [`RATE`].
    Pause(u64),
}

/// A word as it stands in the text and as it is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The word with the punctuation that follows it, in bytes of the sentence.
    pub range: Range<usize>,
    /// The word without markup, emoji and control characters; never blank.
    pub reading: String,
}

impl Written {
    /// Whether a sentence ends with this word.
    fn ends_sentence(&self) -> bool {
        self.last_mark(&['.', '!', '?', '…', '。', '！', '？'])
    }

    /// Whether a speaker could breathe after this word.
    fn ends_clause(&self) -> bool {
        self.last_mark(&[',', ';', ':', '、', '，', '—', '–'])
    }

    fn last_mark(&self, marks: &[char]) -> bool {
        self.reading
            .trim_end_matches(['"', '\'', ')', '”', '’', '»'])
            .ends_with(marks)
    }
}

/// Cuts a sentence into words and pauses (`[pause 1200]`, see the module's documentation).
pub(super) fn parse(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut words = Vec::new();
    let mut rest = 0;
    for (mark, samples) in pauses(text) {
        push_words(text, rest..mark.start, &mut words);
        if !words.is_empty() {
            parts.push(Part::Speech(std::mem::take(&mut words)));
        }
        parts.push(Part::Pause(samples));
        rest = mark.end;
    }
    push_words(text, rest..text.len(), &mut words);
    if !words.is_empty() {
        parts.push(Part::Speech(words));
    }
    parts
}

/// Cuts words into pieces that can be spoken one by one: at the ends of sentences, at clauses
/// once a piece is half full (the first, for which the listener waits, a quarter), and anywhere
/// when it has `limit` bytes.
pub(super) fn pieces(words: &[Written], limit: usize) -> Vec<&[Written]> {
    let mut pieces = Vec::new();
    let mut first = 0;
    let mut length = 0;
    for (at, word) in words.iter().enumerate() {
        if at > first && length + word.reading.len() > limit {
            pieces.push(&words[first..at]);
            first = at;
            length = 0;
        }
        length += word.reading.len() + 1;
        let enough = if first == 0 { limit / 4 } else { limit / 2 };
        if word.ends_sentence() || (word.ends_clause() && length > enough) {
            pieces.push(&words[first..=at]);
            first = at + 1;
            length = 0;
        }
    }
    if first < words.len() {
        pieces.push(&words[first..]);
    }
    pieces
}

/// Every pause mark: where it stands and how many samples it lasts.
fn pauses(text: &str) -> Vec<(Range<usize>, u64)> {
    let mut marks = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        from = open + 1;
        let Some(close) = text[open..].find(']').map(|at| open + at) else {
            break;
        };
        let inside = text[open + 1..close].trim();
        let Some(number) = inside
            .get(..5)
            .filter(|name| name.eq_ignore_ascii_case("pause"))
            .map(|_| inside[5..].trim())
        else {
            continue;
        };
        if let Ok(ms) = number.parse::<u32>() {
            let ms = u64::from(ms).min(LONGEST_PAUSE);
            marks.push((open..close + 1, ms * u64::from(RATE) / 1000));
            from = close + 1;
        }
    }
    marks
}

/// Adds the words between two positions. A token with nothing to read (a dash, an emoji) belongs
/// to the word before it.
fn push_words(text: &str, within: Range<usize>, words: &mut Vec<Written>) {
    let mut at = within.start;
    for token in text[within.clone()].split_inclusive(char::is_whitespace) {
        let bare = token.trim_end();
        let range = at..at + bare.len();
        at += token.len();
        if bare.is_empty() {
            continue;
        }
        let reading = without_markup(bare);
        if reading.chars().any(char::is_alphanumeric) {
            words.push(Written { range, reading });
        } else if let Some(before) = words.last_mut() {
            before.range.end = range.end;
            // A dash or an ellipsis that stands alone is still heard as a break.
            if !before.ends_clause()
                && !before.ends_sentence()
                && reading.contains(['-', '–', '—', '…', '.'])
            {
                before.reading.push(',');
            }
        }
    }
}

/// A token without Markdown, the address of a link, emoji and control characters.
fn without_markup(token: &str) -> String {
    let mut token = token;
    let joined;
    if let Some((label, link)) = token.split_once("](") {
        let after = link.split_once(')').map_or("", |(_, after)| after);
        joined = format!("{label}{after}");
        token = &joined;
    }
    token.chars().filter(|c| is_read(*c)).collect()
}

/// Letters, digits, the marks that shape how a sentence is said, and signs with a name.
fn is_read(c: char) -> bool {
    c.is_alphanumeric()
        || is_combining(c)
        || matches!(
            c,
            '.' | ','
                | ';'
                | ':'
                | '!'
                | '?'
                | '\''
                | '"'
                | '-'
                | '/'
                | '%'
                | '&'
                | '+'
                | '='
                | '@'
        )
        || matches!(
            c,
            '’' | '‘' | '“' | '”' | '«' | '»' | '…' | '–' | '—' | '¿' | '¡'
        )
        || matches!(c, '$' | '€' | '£' | '°' | '。' | '、' | '，' | '！' | '？')
}

/// Marks that belong to the letter before them; without the joiners and variation selectors that
/// emoji are made of.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}'
        | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn readings(text: &str) -> Vec<String> {
        parse(text)
            .into_iter()
            .map(|part| match part {
                Part::Pause(samples) => format!("<{samples}>"),
                Part::Speech(words) => words
                    .into_iter()
                    .map(|word| format!("{}={}", &text[word.range], word.reading))
                    .collect::<Vec<_>>()
                    .join(" "),
            })
            .collect()
    }

    #[test]
    fn words_keep_their_place_and_lose_their_markup() {
        assert_eq!(
            readings("I **really** 😀 [mean](http://x.y/z) it."),
            ["I=I **really** 😀=really [mean](http://x.y/z)=mean it.=it."]
        );
    }

    #[test]
    fn a_lone_dash_is_a_break_after_the_word_before() {
        assert_eq!(readings("Well — yes"), ["Well —=Well, yes=yes"]);
        assert_eq!(readings("— yes"), ["yes=yes"]);
    }

    #[test]
    fn pauses_stand_anywhere_and_are_bounded() {
        assert_eq!(
            readings("[Pause 500]Well,[pause 20 ]yes [pause 99999999]"),
            ["<12000>", "Well,=Well,", "<480>", "yes=yes", "<240000>"]
        );
        assert_eq!(readings("[pause]"), ["[pause]=pause"]);
        assert_eq!(readings("[pause ten] [x"), ["[pause=pause ten]=ten [x=x"]);
    }

    #[test]
    fn nothing_to_read_gives_nothing() {
        assert!(parse("").is_empty());
        assert!(parse(" … — !? ** 🎉👩‍👩‍👧").is_empty());
    }

    #[test]
    fn pieces_end_where_a_speaker_would_breathe() {
        let Some(Part::Speech(words)) = parse("One two. Three, four five, six seven eight").pop()
        else {
            panic!("no words")
        };
        let cut: Vec<_> = pieces(&words, 20)
            .into_iter()
            .map(|piece| {
                piece
                    .iter()
                    .map(|w| w.reading.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(cut, ["One two.", "Three, four five,", "six seven eight"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_words_in_order_on_character_boundaries(text in "(\\PC|\\[pause [0-9]{1,4}\\]| ){0,60}") {
            let mut last = 0;
            for part in parse(&text) {
                let Part::Speech(words) = part else { continue };
                let count: usize = pieces(&words, 10).iter().map(|piece| piece.len()).sum();
                prop_assert_eq!(count, words.len());
                for word in words {
                    prop_assert!(word.range.start >= last && word.range.start < word.range.end);
                    prop_assert!(text.get(word.range.clone()).is_some());
                    prop_assert!(word.reading.chars().any(char::is_alphanumeric));
                    last = word.range.end;
                }
            }
        }
    }
}

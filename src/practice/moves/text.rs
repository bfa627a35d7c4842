//! An utterance as sentences of plain words.

use super::super::words::tokens;
use super::stutter::plain;

/// How a sentence ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a stop.
    Stops,
    /// With a question mark.
    Asks,
    /// With neither: cut off, or written without punctuation.
    Open,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) words: Vec<String>,
    /// Where clauses begin, by commas.
    starts: Vec<bool>,
    /// Where the sentence begins once what merely leads in is passed over.
    pub(super) body: usize,
    pub(super) end: End,
}

impl Sentence {
    /// The words from its body on.
    pub(super) fn body(&self) -> &[String] {
        &self.words[self.body..]
    }

    /// The word at a place; nothing beyond the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// Whether a clause can begin here: at the body, after a comma, after what leads in.
    pub(super) fn starts(&self, at: usize) -> bool {
        self.starts.get(at).copied().unwrap_or(false)
    }

    /// Whether one of some words stands right before one of others.
    pub(super) fn pairs(&self, first: &str, second: &str) -> bool {
        let pairs = |w: &[String]| is(&w[0], first) && is(&w[1], second);
        self.words.windows(2).any(pairs)
    }

    /// Whether it opens with this word, before its body.
    pub(super) fn leads_with(&self, word: &str) -> bool {
        self.words[..self.body].iter().any(|w| w == word)
    }
}

/// What may stand before what a sentence says.
const LEADS: &str = "so and but well okay now then just all right yeah yes oh great good sure \
    because no or hey hi hello excellent cool like actually maybe perhaps wow interesting perfect \
    anyway also absolutely exactly fine nice again alrighty gotcha please sorry";

/// Whether the word is one of those of a list.
pub(in super::super) fn is(word: &str, list: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// Words of a sentence at most; what goes on without a stop for longer is cut. Every rule looks at a
/// sentence as a whole, so that this bounds what one costs.
const LONGEST: usize = 200;
/// Characters of a note or a quotation at most: a mark that is closed later than that, or never, stands
/// for nothing.
const ENCLOSED: usize = 2000;

/// Cuts an utterance into sentences.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut pieces: Vec<String> = vec![String::new()];
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut closes) = (0, None);
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        let ends_word = next.is_none_or(|n| !n.is_alphanumeric());
        let dash = matches!(c, '—' | '–') || (c == '-' && next == Some('-'));
        match c {
            // A note of who typed it: "[laughs]".
            '[' => match chars[at..].iter().take(ENCLOSED).position(|c| *c == ']') {
                Some(length) => at += length,
                None => push(&mut pieces, ' '),
            },
            '"' | '“' if closes.is_none_or(|closes| at > closes) => {
                match chars[at + 1..].iter().take(ENCLOSED).position(is_quote) {
                    // What somebody else asks, "Will she?", the coach does not.
                    Some(length) if asks_within(&chars, at, length) => at += length + 1,
                    Some(length) => closes = Some(at + length + 1),
                    None => closes = Some(chars.len()),
                }
            }
            '?' => close(&mut pieces, End::Asks, &mut out),
            '!' | ';' => close(&mut pieces, End::Stops, &mut out),
            '…' => close(&mut pieces, End::Open, &mut out),
            '.' if ends_word && !abbreviates(&pieces) => {
                let end = if next == Some('.') {
                    End::Open
                } else {
                    End::Stops
                };
                close(&mut pieces, end, &mut out);
            }
            '\n' => push(&mut pieces, ' '),
            _ if dash => {
                at += usize::from(c == '-');
                close(&mut pieces, End::Open, &mut out);
            }
            ',' | ':' if ends_word => pieces.push(String::new()),
            _ => push(&mut pieces, c),
        }
        at += 1;
    }
    close(&mut pieces, End::Open, &mut out);
    out
}

fn push(pieces: &mut Vec<String>, c: char) {
    match pieces.last_mut() {
        Some(piece) => piece.push(c),
        None => pieces.push(c.into()),
    }
}

fn is_quote(c: &char) -> bool {
    matches!(c, '"' | '”')
}

/// Whether there is a question in these quotation marks, and they do not hold everything.
fn asks_within(chars: &[char], opens: usize, length: usize) -> bool {
    let (before, rest) = chars.split_at(opens + 1);
    let (quoted, after) = rest.split_at(length);
    let mut around = before.iter().chain(after);
    quoted.contains(&'?') && around.any(|c| c.is_alphanumeric())
}

/// Whether a stop here belongs to a title.
fn abbreviates(pieces: &[String]) -> bool {
    let word = pieces.last().and_then(|piece| piece.split(' ').next_back());
    word.is_some_and(|word| ["Mr", "Mrs", "Ms", "Dr", "St", "e.g", "i.e"].contains(&word))
}

fn close(pieces: &mut Vec<String>, end: End, out: &mut Vec<Sentence>) {
    let (mut words, mut starts) = (Vec::new(), Vec::new());
    for piece in std::mem::replace(pieces, vec![String::new()]) {
        let tokens = tokens(&piece);
        starts.extend((0..tokens.len()).map(|i| i == 0));
        words.extend(tokens);
    }
    let (mut words, mut starts) = plain(&words, &starts);
    if words.is_empty() {
        // "right...?": the mark belongs to what came just before.
        if let (End::Asks, Some(last)) = (end, out.last_mut())
            && last.end == End::Open
        {
            last.end = end;
        }
        return;
    }
    while words.len() > LONGEST {
        let (words, starts) = (words.drain(..LONGEST), starts.drain(..LONGEST));
        out.push(sentence(words.collect(), starts.collect(), End::Open));
    }
    out.push(sentence(words, starts, end));
}

fn sentence(words: Vec<String>, mut starts: Vec<bool>, end: End) -> Sentence {
    let leads: Vec<bool> = words.iter().map(|w| is(w, LEADS)).collect();
    let body = leads.iter().take_while(|leads| **leads).count();
    for at in 1..words.len() {
        starts[at] |= starts[at - 1] && leads[at - 1];
    }
    Sentence {
        words,
        starts,
        body,
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, End)> {
        let sentences = sentences(text);
        sentences
            .iter()
            .map(|s| (s.words.join(" "), s.end))
            .collect()
    }

    #[test]
    fn sentences_end_where_they_are_marked() {
        let text = "So, um, you- you're tired. Is it 2.5 hours, Mr. Hill? [laughs] Well-- go on";
        assert_eq!(
            shown(text),
            [
                ("so you are tired".to_owned(), End::Stops),
                ("is it 25 hours mr hill".to_owned(), End::Asks),
                ("well".to_owned(), End::Open),
                ("go on".to_owned(), End::Open),
            ]
        );
        assert_eq!(shown("Right...?"), [("right".to_owned(), End::Asks)]);
        assert_eq!(shown(" [pause 800] … "), []);
        let asked = ("she asked".to_owned(), End::Stops);
        assert_eq!(shown("She asked, \"Why? When?\".")[..], [asked]);
        assert_eq!(shown("“Why?”"), [("why".to_owned(), End::Asks)]);
        assert_eq!(shown("\"No\", \"yes\" or 5\"?").len(), 1);
        assert_eq!(shown("never closed [ at all").len(), 1);
    }

    #[test]
    fn what_has_no_stop_is_cut_and_what_is_never_closed_is_not_searched_for() {
        let long = sentences(&"you are a so tired and ".repeat(100));
        let words: Vec<usize> = long.iter().map(|s| s.words.len()).collect();
        assert_eq!(words, [200, 200, 200]);
        let far = format!("[{}] go on", "x ".repeat(ENCLOSED));
        assert!(sentences(&far).iter().any(|s| s.word(0) == "x"));
    }

    #[test]
    fn the_body_comes_after_what_leads_in() {
        let said = &sentences("Okay, so, well, what would help, do you think?")[0];
        assert_eq!(said.body()[0], "what");
        assert!(said.leads_with("so") && !said.leads_with("what"));
        let starts: Vec<&str> = (0..said.words.len())
            .filter(|at| said.starts(*at))
            .map(|at| said.word(at))
            .collect();
        assert_eq!(starts, ["okay", "so", "well", "what", "do"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_sentences(text in "\\PC{0,200}|([a-z' ,.?!\\[\\]-]){0,200}") {
            for sentence in sentences(&text) {
                proptest::prop_assert!(!sentence.words.is_empty());
                proptest::prop_assert_eq!(sentence.words.len(), sentence.starts.len());
                proptest::prop_assert!(sentence.body <= sentence.words.len());
            }
        }
    }
}

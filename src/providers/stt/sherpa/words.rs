//! From a model's tokens, which are pieces of words, to words with their times.

use crate::providers::stt::Word;
use crate::providers::stt::local::{RATE, Timeline};

/// How long the last token of a word is taken to sound, in seconds: that is not told.
const TOKEN: f32 = 0.12;

/// How a model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As people do.
    Own,
    /// In capitals throughout, as models that were trained on LibriSpeech do.
    Capitals,
}

impl Spelling {
    /// That of a model with these tokens, one a line before its number.
    pub(super) fn of(tokens: &str) -> Self {
        let pieces = tokens.lines().filter(|line| !line.starts_with('<'));
        let mut letters = pieces.flat_map(str::chars);
        if letters.any(char::is_lowercase) {
            Self::Own
        } else {
            Self::Capitals
        }
    }

    /// The words of these tokens, of which the first of each word begins with a blank (in the
    /// model's file: `▁`). Tokens without a time are left out: so are words of nothing else.
    pub(super) fn words(self, tokens: &[String], times: &[f32], timeline: &Timeline) -> Vec<Word> {
        let place = |seconds: f32| {
            let sample = (seconds.max(0.0) * RATE as f32) as usize;
            timeline.position(sample)
        };
        let mut words: Vec<Word> = Vec::new();
        for (token, time) in tokens.iter().zip(times) {
            let begins = token.starts_with([' ', '▁']);
            let piece = token.trim_matches([' ', '▁']);
            let (start, end) = (place(*time), place(*time + TOKEN));
            match words.last_mut() {
                Some(word) if !begins => {
                    word.text.push_str(piece);
                    word.end = end;
                }
                last => {
                    if let Some(last) = last {
                        last.end = last.end.min(start.max(last.start));
                    }
                    words.push(Word {
                        text: piece.to_owned(),
                        start,
                        end,
                        // The library does not tell how sure the model is.
                        confidence: 1.0,
                    });
                }
            }
        }
        words.retain(|word| !word.text.is_empty() && word.end > word.start);
        for word in &mut words {
            word.text = self.spell(&word.text);
        }
        words
    }

    fn spell(self, word: &str) -> String {
        match self {
            Self::Own => word.to_owned(),
            Self::Capitals if word == "I" || word.starts_with("I'") => {
                format!("I{}", word[1..].to_lowercase())
            }
            Self::Capitals => word.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use media::Position;

    use super::*;

    fn words(spelling: Spelling, tokens: &[(&str, f32)]) -> Vec<(String, u64, u64)> {
        let mut timeline = Timeline::default();
        timeline.push(Position::from_ms(1000), 10 * RATE);
        let (tokens, times): (Vec<String>, Vec<f32>) = tokens
            .iter()
            .map(|(token, time)| ((*token).to_owned(), *time))
            .unzip();
        let words = spelling.words(&tokens, &times, &timeline);
        let ms = |position: Position| position.samples() / 48;
        words
            .into_iter()
            .map(|word| (word.text, ms(word.start), ms(word.end)))
            .collect()
    }

    #[test]
    fn pieces_become_words_with_times() {
        let heard = [
            ("▁I", 0.0),
            ("'M", 0.04),
            ("▁TI", 0.12),
            ("RED", 0.4),
            (" ", 0.6),
        ];
        let told = |text: &str, start, end| (text.to_owned(), start, end);
        assert_eq!(
            words(Spelling::Capitals, &heard),
            [told("I'm", 1000, 1120), told("tired", 1120, 1520)]
        );
        let heard = [(" Ma", 0.0), ("ya", 0.2), (" ok", 0.24), (".", 0.3)];
        assert_eq!(
            words(Spelling::Own, &heard),
            [told("Maya", 1000, 1240), told("ok.", 1240, 1420)]
        );
        assert_eq!(words(Spelling::Own, &[]), []);
    }

    #[test]
    fn a_model_that_knows_no_small_letters_shouts() {
        assert_eq!(
            Spelling::of("<blk> 0\n<unk> 1\n▁THE 2\nS 3\n"),
            Spelling::Capitals
        );
        assert_eq!(Spelling::of("<blk> 0\n▁the 1\n"), Spelling::Own);
    }
}

//! What was said so far of a stream: words with the white space between them, unless the model
//! speaks for the other side.

use super::labels::Label;
use super::quoted::Quoted;
use super::signs;
use super::speech::SUBJECTS;

/// Longest silence that is passed on, in milliseconds.
const LONGEST_PAUSE: u32 = 5_000;

/// Words that no sentence ends with.
const WAITING: &[&str] = &[
    "a", "an", "the", "my", "so", "just", "very", "really", "too", "and", "but", "am", "is", "was",
    "are", "were", "be", "been", "feel", "feels", "felt", "i'm", "i’m", "it's", "it’s",
];

/// Words by which English is known.
const ENGLISH: &[&str] = &[
    "I", "I'm", "I’m", "I'd", "I've", "the", "The", "and", "And", "you", "You", "it", "It", "it's",
    "It's", "that", "That", "they", "They", "she", "She", "we", "We", "my", "My", "of", "not",
    "but", "But", "what", "What", "well", "Well", "maybe", "Maybe", "yes", "Yes",
];

/// What was said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    after_word: bool,
    /// White space is due before the next word.
    spaced: bool,
    /// Something was said of the sentence that goes on.
    pub(super) mid_sentence: bool,
    /// The word before.
    pub(super) before: String,
    /// A word was said that only English has.
    pub(super) english: bool,
    pub(super) anything: bool,
    pub(super) quoted: Quoted,
    /// The last subject named, if it is no noun, is `I`.
    pub(super) of_oneself: bool,
    /// What was said last.
    last: Option<char>,
    /// An item of a list is over.
    parted: bool,
    muted: Muted,
}

/// Whether the model speaks for the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Muted {
    #[default]
    No,
    /// It began with the other side's words.
    UntilOwn,
    /// It went on with the other side's words: the answer was over before.
    Over,
}

impl Said {
    /// Who is said to speak from here on.
    pub(super) fn labelled(&mut self, label: &Label) {
        self.mid_sentence = false;
        match (label, self.muted) {
            (Label::Own(_), Muted::UntilOwn) => self.muted = Muted::No,
            (Label::Other(_), Muted::No) if self.anything => self.muted = Muted::Over,
            (Label::Other(_), Muted::No) => self.muted = Muted::UntilOwn,
            _ => {}
        }
    }

    /// What follows is nobody's, or the other side's: the answer is over if it began.
    pub(super) const fn ended(&mut self) {
        if self.anything {
            self.muted = Muted::Over;
        }
    }

    /// A silence of so many milliseconds.
    pub(super) fn pause(&mut self, ms: u32, out: &mut String) {
        if self.muted != Muted::No {
            return;
        }
        if std::mem::take(&mut self.parted) && self.last.is_some_and(char::is_alphanumeric) {
            out.push('.');
        }
        if self.after_word || self.spaced {
            out.push(' ');
        }
        out.push_str(&format!("[pause {}]", ms.min(LONGEST_PAUSE)));
        (self.after_word, self.spaced) = (true, false);
    }

    /// An item of a list, or a heading, is over: what is said next stands apart from it.
    pub(super) const fn parted(&mut self) {
        self.parted = true;
    }

    /// Whether the last that was said is a digit.
    pub(super) fn ends_in_digit(&self) -> bool {
        self.last.is_some_and(|c| c.is_ascii_digit())
    }

    /// Whether the last sentence trailed off in the middle: its last word waits for another, or
    /// what follows goes on to its stop.
    pub(super) fn trails_into(&self, after: &str) -> bool {
        let Some(word) = self
            .before
            .strip_suffix('…')
            .or(self.before.strip_suffix("..."))
        else {
            return false;
        };
        WAITING.contains(&word) || after.starts_with(['.', ',', '!', '?'])
    }

    /// Words, without the addresses among them.
    pub(super) fn words(&mut self, text: &str, out: &mut String) {
        for word in text.split_inclusive(char::is_whitespace) {
            self.english |=
                ENGLISH.contains(&word.trim_end().trim_end_matches(['.', ',', '!', '?']));
            let plain = word.trim().to_lowercase();
            if plain == "i" || plain.starts_with("i'") || plain.starts_with("i’") {
                self.of_oneself = true;
            } else if SUBJECTS.contains(&&*plain) || ["you", "we", "they"].contains(&&*plain) {
                self.of_oneself = false;
            }
            if !signs::is_address(word.trim()) {
                self.all(&signs::written_as_said(word), out);
            }
        }
        if let Some(word) = text.split_whitespace().next_back() {
            self.before = word.to_lowercase();
        }
    }

    /// These characters, as far as they can be spoken.
    pub(super) fn all(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            self.one(c, out);
        }
    }

    /// This character, if it can be spoken.
    pub(super) fn one(&mut self, c: char, out: &mut String) {
        if c.is_whitespace() || "_|".contains(c) {
            self.spaced |= self.after_word;
            self.after_word = false;
        } else if is_speakable(c) {
            // What is quoted ends where its sentence does.
            if !"\"”’」』".contains(c) {
                self.mid_sentence = !".!?…。！？।؟".contains(c);
            }
            if self.muted != Muted::No {
                return;
            }
            // Items would run together in one breath.
            if std::mem::take(&mut self.parted)
                && self.last.is_some_and(char::is_alphanumeric)
                && !".,;:!?…".contains(c)
            {
                out.push(if c.is_uppercase() { '.' } else { ',' });
                self.spaced = true;
            }
            // What stood between two of them may have been left out.
            if self.spaced && self.last == Some(c) && ",;—–".contains(c) {
                return;
            }
            // What stood between may have been left out: no space before a full stop.
            if self.spaced && !".,;:!?…。！？；，、：".contains(c) {
                out.push(' ');
            }
            out.push(c);
            (self.after_word, self.spaced) = (true, false);
            self.anything |= c.is_alphanumeric();
            self.quoted = self.quoted.then(c, self.last);
            self.last = Some(c);
        }
    }
}

/// Whether a voice can make something of a character.
pub(in super::super) fn is_speakable(c: char) -> bool {
    c.is_alphanumeric()
        || ".,;:!?'’\"“”…-–—%&+×/$€£°".contains(c)
        || "。！？；，、：「」『』।॥؟،؛¿¡".contains(c)
        || is_part(c)
}

/// Whether a character is part of the letter before: accents, vowel signs, tones.
fn is_part(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x591..=0x5bd | 0x64b..=0x65f | 0x900..=0xdff | 0xe31..=0xe4e)
}

//! Tells a stage direction from words that are only marked.

use super::gestures::{
    is_gesture, is_inflected, is_made, is_own_gesture, is_plain_gesture, is_third_person,
};
use super::sights::is_note;
use super::speaker::Speaker;
use super::speech::{
    ALONE, SUBJECTS, WHERE, begins_speech, follows_gesture, is_bodily, is_contracted,
    is_first_person, speaks, words,
};

/// Where marked words stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The opening mark.
    pub(super) mark: char,
    pub(super) speaker: &'a Speaker,
    /// In a sentence of which something was said.
    pub(super) mid_sentence: bool,
    /// The word said before.
    pub(super) before: &'a str,
    /// What is said is English, whose gestures are known by their words.
    pub(super) english: bool,
    /// Whoever speaks was the last subject.
    pub(super) of_oneself: bool,
    /// After the beginning of a direction within the same marks.
    pub(super) carried: bool,
    /// In a direction that goes on.
    pub(super) goes_on: bool,
    /// Struck out (`~~`).
    pub(super) struck: bool,
    /// In more than one mark (`**`).
    pub(super) bold: bool,
}

impl Place<'_> {
    /// Whether what follows has to be known: only words of the same sentence beside them tell marked
    /// words that are stressed from a direction, in whatever language.
    pub(super) fn asks_what_follows(&self) -> bool {
        !self.mid_sentence && !self.goes_on && !self.struck && "*_~«".contains(self.mark)
    }

    /// Whether words between two marks are not said. `apart`: no words of the same sentence stand
    /// beside them, as far as capitals tell; `next` is what follows.
    pub(super) fn is_left_out(&self, inner: &str, apart: bool, next: &str) -> bool {
        let words = words(inner);
        match self.mark {
            '<' => true,
            _ if self.carried && !speaks(&words) => true,
            '(' | '[' | '{' => self.is_bracketed_direction(inner, &words),
            '~' if self.struck => true,
            '«' => {
                let small = apart && inner.trim().starts_with(char::is_lowercase);
                self.is_direction(inner) || small && !speaks(&words)
            }
            _ if apart && self.bold && ends(inner) => self.is_direction(inner),
            _ if apart => {
                let said = is_plainly_said(inner, &words) || is_stressed(inner, &words, next);
                self.is_direction(inner) || !said
            }
            _ => {
                let aside = !self.mid_sentence && words.len() >= 2;
                let aside = aside && inner.trim().starts_with(char::is_lowercase);
                self.is_direction(inner) || aside && !speaks(&words) || self.is_shown(&words)
            }
        }
    }

    /// Whether words after a mark that was not closed in their sentence are a direction.
    pub(super) fn is_open_direction(&self, inner: &str) -> bool {
        let apart = self.asks_what_follows() && "*_".contains(self.mark) && !self.bold;
        self.is_direction(inner) || apart && !speaks(&words(inner))
    }

    /// How many bytes of such words are a direction, before the sentence that is said begins:
    /// `*sighs Well, …`.
    pub(super) fn direction_before(&self, inner: &str) -> Option<usize> {
        let begins = inner.match_indices(char::is_whitespace);
        let begins = begins.map(|(at, space)| at + space.len());
        let mut begins = begins
            .take(LONGEST_BEFORE)
            .filter(|at| inner[*at..].starts_with(char::is_uppercase));
        let at = begins.next().filter(|_| !self.mid_sentence)?;
        let before = &inner[..at];
        let small = before.starts_with(char::is_lowercase) && !before.contains(['.', ',', '!']);
        (small && !speaks(&words(before))).then_some(at)
    }

    /// Whether words are a stage direction beyond doubt.
    pub(super) fn is_direction(&self, inner: &str) -> bool {
        if is_note(inner) {
            return true;
        }
        let words = words(inner);
        let Some(first) = words.first().map(String::as_str) else {
            return true;
        };
        if words.iter().any(|word| is_first_person(word)) {
            return false;
        }
        let second = words.get(1).map_or("", String::as_str);
        if first == "not" && second.ends_with("ing") && is_gesture(second) {
            return true;
        }
        let in_brackets = "([{".contains(self.mark);
        // With a capital it is a sentence of its own.
        let own = inner.trim_start().starts_with(char::is_uppercase);
        let mid_sentence = self.mid_sentence && !in_brackets && !own;
        if self.goes_on {
            return true;
        }
        if !mid_sentence {
            if let Some(own) = self.tells_of(inner, &words) {
                return own;
            }
            let adorned = is_gesture(second) && !speaks(&words);
            return is_gesture(first) || adorned;
        }
        // In the middle of a sentence a gesture's word may only be stressed.
        let third = |word: &str| word.ends_with('s') && is_gesture(word);
        let broken_off = self.before.ends_with(['—', '–', '…']);
        match words.len() {
            1 if broken_off => is_made(first),
            1 => is_made(first) && is_plain_gesture(first) && !SUBJECTS.contains(&self.before),
            _ => {
                let bodily = follows_gesture(second);
                is_made(first) && !SUBJECTS.contains(&self.before)
                    || bodily && (is_gesture(first) || is_third_person(first))
                    || first.ends_with("ly") && third(second)
            }
        }
    }
}

/// Whether a word can stand for a silence (`— a long pause —`).
pub(super) fn is_pause(word: &str) -> bool {
    let word = word.to_lowercase();
    let adorns = ["a", "long", "short", "brief", "deep", "heavy", "another"];
    adorns.contains(&&*word) || is_plain_gesture(&word)
}

/// Whether words name a silence and nothing else.
pub(super) fn is_silence(words: &[String]) -> bool {
    let named = |word: &String| is_plain_gesture(word);
    words.iter().all(|word| is_pause(word)) && words.iter().any(named)
}

/// Whether a sentence tells what somebody of this name does: `Maya sighs.` `doing` is what stands
/// after the name.
pub(super) fn is_told_of(doing: &str) -> bool {
    let words = words(doing);
    let Some(first) = words.first().map(String::as_str) else {
        return false;
    };
    let small = doing.trim_start().starts_with(char::is_lowercase);
    let short = words.len() <= 3 && !NO_DOING.contains(&first);
    let doing = words.iter().take(2).any(|word| is_gesture(word));
    small && !speaks(&words) && (doing || short)
}

/// With so many spaces at most a direction ends before the sentence that is said.
const LONGEST_BEFORE: usize = 3;

/// What somebody says after their own name.
const NO_DOING: &[&str] = &["here", "speaking", "is", "was", "has", "and", "or", "from"];

/// Whether words that stand by themselves are plainly a sentence that is said.
fn is_plainly_said(inner: &str, words: &[String]) -> bool {
    let whole = inner.trim_start().starts_with(char::is_uppercase) && ends(inner);
    if let [word] = words {
        return whole || begins_speech(words) || ALONE.contains(&&**word);
    }
    let gesture = words.iter().any(|word| is_gesture(word)) || is_of_body(words);
    if whole && words.len() <= 3 && speaks(words) && !gesture {
        return true;
    }
    let contracted = words.iter().take(2).any(|word| is_contracted(word));
    let said = begins_speech(words) && (ends(inner) || contracted);
    (said || inner.trim_end().ends_with(['?', '？'])) && !is_of_body(words)
}

/// Whether a word with a capital is the first of the sentence that goes on with another: `*Tom* I
/// trust`, `*Mein* Chef`. A direction's word is inflected, as a verb that tells what somebody does.
fn is_stressed(inner: &str, words: &[String], next: &str) -> bool {
    let [word] = words else {
        return false;
    };
    let begins = |text: &str| text.starts_with(char::is_uppercase);
    let english = next.split(['\'', '’']).next() == Some("I");
    begins(inner) && !ends(inner) && begins(next) && !is_inflected(word, english)
}

/// Whether words tell what the one who speaks does with their body.
pub(super) fn is_of_body(words: &[String]) -> bool {
    if words.iter().any(|word| is_bodily(word)) {
        return true;
    }
    let mut after = words.iter().skip(1).skip_while(|word| word.ends_with("ly"));
    let own = words.first().is_some_and(|word| is_first_person(word));
    own && after.next().is_some_and(|doing| {
        let then = after.next();
        let bodily = then.is_none_or(|then| WHERE.contains(&&**then) || then.ends_with("ly"));
        is_plain_gesture(doing) || is_own_gesture(doing) && bodily
    })
}

pub(super) fn ends(inner: &str) -> bool {
    inner
        .trim_end()
        .ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

//! Brackets: what is said in passing, told from what is seen and heard of whoever speaks.
//!
//! The form decides. Said is what has a first person, another subject than whoever speaks, a past or a
//! finite verb that is no gesture. A direction is a gesture in the present of whoever speaks, a part
//! of the body, a silence, a manner; and what is neither, if it stands between sentences.

use super::directions::{Place, ends, is_of_body, is_silence};
use super::gestures::{is_gesture, is_inflected, is_made, is_plain_gesture};
use super::sights::is_note;
use super::speaker::Subject;
use super::speech::{begins_speech, is_bodily, is_contracted};
use super::staged;

impl Place<'_> {
    /// Whether words in brackets are not said.
    pub(super) fn is_bracketed_direction(&self, inner: &str, words: &[String]) -> bool {
        if is_note(inner) {
            return true;
        }
        let has = |list: &str| words.iter().any(|word| is_one_of(word, list));
        let Some(first) = words.first() else {
            return true;
        };
        if has(FIRST_PERSON) {
            return is_of_body(words) && !has(PAST);
        }
        if let Some(own) = self.tells_of(inner, words) {
            return own;
        }
        if has(PAST) || inner.trim_end().ends_with(['?', '？']) {
            return false;
        }
        let bodily = words.iter().any(|word| is_bodily(word));
        if bodily || is_silence(words) || is_manner(words) {
            return true;
        }
        if words
            .iter()
            .skip(1)
            .any(|word| is_one_of(word, PRESENT) || is_contracted(word))
        {
            return false;
        }
        if self.is_direction(inner) {
            return true;
        }
        if begins_speech(words) {
            return false;
        }
        let latin = inner.chars().all(|c| c < '\u{370}' || !c.is_alphanumeric());
        match self.mid_sentence && latin && !self.before.ends_with([',', '…', '—', '–']) {
            true => self.is_lone(inner),
            // A whole sentence that does not begin with its verb.
            false => {
                let whole = words.len() >= 3 && ends(inner);
                let verb = first.len() > 3 && is_inflected(first, self.english);
                !whole || verb || !inner.trim_start().starts_with(char::is_uppercase)
            }
        }
    }

    /// Whether words are a direction that begins with whom it is of; nothing if they name nobody.
    pub(super) fn tells_of(&self, inner: &str, words: &[String]) -> Option<bool> {
        let (first, rest) = words.split_first()?;
        let second = rest.first()?;
        match self.speaker.subject(first) {
            Some(Subject::Other) => Some(false),
            Some(Subject::Own) => {
                let told = [FIRST_PERSON, PAST].join(" ");
                let told = rest.iter().any(|word| is_one_of(word, &told));
                // Gestures in other languages are not known by their words.
                let foreign = !is_one_of(first, "she he they her his their") && rest.len() <= 3;
                let foreign = foreign && !ends(inner) && is_inflected(second, false);
                Some(!told && (staged::is_seen(first, rest) || foreign))
            }
            // `Daniel laughs`, but not `Then laughs`.
            None => {
                let name = inner.trim_start().starts_with(char::is_uppercase);
                let name = name && !is_inflected(first, true) && !staged::is_stage_word(first);
                (name && is_made(second)).then_some(false)
            }
        }
    }

    /// Whether it is one small word of what somebody does meanwhile. In English those are known.
    fn is_lone(&self, inner: &str) -> bool {
        let lone = !inner.contains(char::is_whitespace) && inner.starts_with(char::is_lowercase);
        let tag = self.mark == '[' && !inner.contains('-');
        lone && (tag || !self.english) && !is_one_of(inner, IN_PASSING)
    }
}

/// Whether words say in what manner something is said: `d'une voix basse`, `with a sigh`.
pub(super) fn is_manner(words: &[String]) -> bool {
    let [first, rest @ ..] = words else {
        return false;
    };
    let leads = is_one_of(first, MANNER) || first.starts_with("d'");
    let how = |word: &String| is_one_of(word, VOICE) || is_plain_gesture(word) || is_gesture(word);
    leads && rest.len() <= 5 && rest.iter().any(how)
}

fn is_one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

/// Of whoever speaks, in the languages of clients.
const FIRST_PERSON: &str = "i i'm i've i'd i'll me my mine myself we we're we've we'd us our ours \
    ich mich mir mein meine meinen meinem meiner wir uns unser unsere je j'ai j'étais moi mon mes nous notre \
    yo mí mi mis nosotros nos io mio mia miei noi nostro ik mijn eu meu minha";
/// Verbs that tell of what is over, in the same.
const PAST: &str = "was were had did wasn't weren't hadn't didn't war waren hatte hatten wurde était étaient \
    avait fue era había estaba ero aveva";
/// Verbs of how things are, no gesture among them.
const PRESENT: &str = "is are has have does do can could will would should may might must ist sind hat haben \
    wird kann est sont ont es está ha han è sono hanno";
/// With these begins how something is said.
const MANNER: &str = "with in under through after mit unter nach in avec en sous dans sur con a entre tra fra met op";
/// What has a manner.
const VOICE: &str = "voice tone whisper murmur tears smile sigh voix ton air larmes sourire soupir stimme tonfall \
    tränen lächeln seufzer seufzen miene blick voz tono lágrimas sonrisa suspiro gesto voce lacrime sorriso sospiro aria stem";
/// What is said in passing with one word.
const IN_PASSING: &str = "nicht auch leider vielleicht fast sehr immer wieder noch nur heute pas aussi \
    encore presque très no también casi quizás muy non anche forse quasi";

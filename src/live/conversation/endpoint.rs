//! Endpointing: how long a silence must last before the coach's turn is over.

use std::time::Duration;

use signaling::event::audio::{Eagerness, TurnDetection};

/// What the words so far say about whether the sentence is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It plainly goes on: it ends in "and", "because", "the", "um".
    GoesOn,
    /// It could be either.
    Open,
    /// It is a whole question or statement.
    Complete,
    /// The same, and so it sounded.
    Confirmed,
}

impl Completeness {
    /// The recogniser heard that the speaker has finished: one step nearer to the end. Words that
    /// plainly go on are believed more than that.
    #[must_use]
    pub const fn confirmed(self) -> Self {
        match self {
            Self::GoesOn => Self::Open,
            Self::Open => Self::Complete,
            Self::Complete | Self::Confirmed => Self::Confirmed,
        }
    }
}

/// So sure must a recogniser be that a speaker has finished for that to count.
pub const SURE: f32 = 0.5;

/// Words after which a sentence goes on.
const CONTINUING: &[&str] = &[
    "a", "although", "an", "and", "as", "because", "but", "if", "my", "or", "our", "since", "than",
    "that's", "the", "their", "very", "whether", "which", "while", "your",
];

/// Words after which a statement goes on, but at which a question may well end: "what was that
/// like", "who are you talking to".
const STRANDED: &[&str] = &[
    "about", "are", "at", "by", "can", "could", "do", "does", "for", "from", "how", "in", "into",
    "is", "like", "of", "on", "should", "so", "then", "to", "was", "were", "when", "where", "who",
    "will", "with", "would",
];

/// Sounds that hold the floor.
const FILLERS: &[&str] = &["ah", "eh", "er", "erm", "hm", "hmm", "uh", "uhm", "um"];

/// First words of a question.
const QUESTION: &[&str] = &[
    "are", "can", "could", "did", "do", "does", "has", "have", "how", "is", "should", "was",
    "were", "what", "what's", "when", "where", "which", "who", "why", "will", "would",
];

/// Judges the words of a turn so far. Punctuation, where the engine gives any, decides first.
#[must_use]
pub fn completeness(text: &str) -> Completeness {
    let trimmed = text.trim_end();
    if trimmed.ends_with("...") || trimmed.ends_with('…') || trimmed.ends_with([',', '-', '–', ':'])
    {
        return Completeness::GoesOn;
    }
    let words: Vec<String> = trimmed
        .split_whitespace()
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'')
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect();
    let Some(last) = words.last().map(String::as_str) else {
        return Completeness::Open;
    };
    if FILLERS.contains(&last) {
        return Completeness::GoesOn;
    }
    if trimmed.ends_with(['.', '?', '!']) {
        return Completeness::Complete;
    }
    if words.len() == 1 {
        return Completeness::Open;
    }
    if CONTINUING.contains(&last) {
        return Completeness::GoesOn;
    }
    // "So what", "and how", "okay but why": a question often has a word or two before it.
    let opening = words.iter().take(3);
    let question = opening
        .map(String::as_str)
        .any(|word| QUESTION.contains(&word));
    if STRANDED.contains(&last) {
        return if question && words.len() >= 3 {
            Completeness::Open
        } else {
            Completeness::GoesOn
        };
    }
    if words.len() >= 4 || (words.len() >= 3 && question) {
        Completeness::Complete
    } else {
        Completeness::Open
    }
}

/// The silence after a whole sentence that ends a turn with the least patient client.
pub const QUICKEST: Duration = Duration::from_millis(600);
/// The same where the recogniser heard that the speaker has finished.
const CONFIRMED: Duration = Duration::from_millis(400);

/// How long the silence after the last speech must last, counted from the end of that speech.
///
/// `server_vad` waits exactly `silence_duration_ms`, as the protocol says. `semantic_vad` judges
/// the words, and what the recogniser heard in the voice if it says so, and adds the AI client's
/// own patience; its longest wait is the one the protocol documents for each eagerness (low 8 s,
/// medium and auto 4 s, high 2 s).
///
/// `None`: the client commits by itself (`turn_detection: null`).
#[must_use]
pub fn silence_needed(
    detection: Option<&TurnDetection>,
    completeness: Completeness,
    patience: Duration,
) -> Option<Duration> {
    match detection? {
        TurnDetection::ServerVad(vad) => {
            Some(Duration::from_millis(vad.silence_duration_ms.into()))
        }
        TurnDetection::SemanticVad(vad) => {
            let (pace, longest) = pace(vad.eagerness);
            let base = match completeness {
                Completeness::Confirmed => CONFIRMED,
                Completeness::Complete => QUICKEST,
                Completeness::Open => Duration::from_millis(1100),
                Completeness::GoesOn => return Some(longest),
            };
            Some((base.mul_f64(pace) + patience).min(longest))
        }
    }
}

/// How long a silence ends a turn whatever the words are. `None` as above.
#[must_use]
pub fn longest_silence(detection: Option<&TurnDetection>) -> Option<Duration> {
    match detection? {
        TurnDetection::ServerVad(vad) => {
            Some(Duration::from_millis(vad.silence_duration_ms.into()))
        }
        TurnDetection::SemanticVad(vad) => Some(pace(vad.eagerness).1),
    }
}

/// By how much waits are stretched, and the longest.
fn pace(eagerness: Eagerness) -> (f64, Duration) {
    let (pace, longest) = match eagerness {
        Eagerness::Low => (1.6, 8000),
        Eagerness::Medium | Eagerness::Auto => (1.0, 4000),
        Eagerness::High => (0.7, 2000),
    };
    (pace, Duration::from_millis(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signaling::event::audio::{SemanticVad, ServerVad};

    #[test]
    fn a_sentence_that_plainly_goes_on_is_recognised() {
        for text in [
            "I was thinking and",
            "what would happen if",
            "so um",
            "well,",
            "it is like the",
            "I want to",
            "how was it for your",
            "I wonder…",
        ] {
            assert_eq!(completeness(text), Completeness::GoesOn, "{text}");
        }
    }

    #[test]
    fn a_whole_question_or_statement_is_recognised() {
        for text in [
            "what would you like to talk about today",
            "how was it",
            "and how was it",
            "I see you are tired.",
            "Why?",
        ] {
            assert_eq!(completeness(text), Completeness::Complete, "{text}");
        }
    }

    #[test]
    fn a_question_may_end_in_a_preposition() {
        for text in [
            "what was that like",
            "so who are you talking to",
            "and",
            "okay",
            "",
        ] {
            assert_eq!(completeness(text), Completeness::Open, "{text}");
        }
    }

    #[test]
    fn server_vad_waits_exactly_what_was_asked() {
        let vad = TurnDetection::ServerVad(ServerVad {
            silence_duration_ms: 350,
            ..ServerVad::DEFAULT
        });
        for completeness in [Completeness::GoesOn, Completeness::Confirmed] {
            let wait = silence_needed(Some(&vad), completeness, Duration::from_secs(3));
            assert_eq!(wait, Some(Duration::from_millis(350)));
        }
    }

    #[test]
    fn semantic_vad_waits_longer_for_an_open_sentence_and_a_patient_client() {
        let vad = TurnDetection::SemanticVad(SemanticVad::DEFAULT);
        let wait = |text, patience| {
            let patience = Duration::from_millis(patience);
            silence_needed(Some(&vad), completeness(text), patience).unwrap()
        };
        let quick = wait("what would you like to change", 0);
        assert!(quick < wait("okay", 0));
        assert!(wait("okay", 0) < wait("I wonder whether", 0));
        assert_eq!(
            wait("what would you like to change", 900) - quick,
            Duration::from_millis(900)
        );
        assert!(wait("okay", 60_000) <= Duration::from_secs(4));
    }

    #[test]
    fn what_was_heard_in_the_voice_is_one_step() {
        let vad = TurnDetection::SemanticVad(SemanticVad::DEFAULT);
        let wait = |text| {
            let words = completeness(text);
            let waits = [words, words.confirmed()];
            waits.map(|c| {
                silence_needed(Some(&vad), c, Duration::ZERO)
                    .unwrap()
                    .as_millis()
            })
        };
        assert_eq!(wait("what would you like to change"), [600, 400]);
        assert_eq!(wait("okay"), [1100, 600]);
        assert_eq!(wait("I wonder whether"), [4000, 1100]);
    }

    #[test]
    fn push_to_talk_never_ends_a_turn_by_silence() {
        let whole = Completeness::Complete;
        assert_eq!(silence_needed(None, whole, Duration::ZERO), None);
    }
}

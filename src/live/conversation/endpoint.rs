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
}

/// Words after which a sentence goes on.
const CONTINUING: &[&str] = &[
    "a", "about", "although", "an", "and", "are", "as", "at", "because", "but", "by", "can",
    "could", "do", "does", "for", "from", "how", "if", "in", "into", "is", "like", "my", "of",
    "on", "or", "our", "should", "since", "so", "than", "that's", "the", "their", "then", "to",
    "very", "was", "were", "when", "where", "whether", "which", "while", "who", "will", "with",
    "would", "your",
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
    if CONTINUING.contains(&last) && words.len() > 1 {
        return Completeness::GoesOn;
    }
    let first = words.first().map_or("", String::as_str);
    if words.len() >= 4 || (words.len() >= 3 && QUESTION.contains(&first)) {
        Completeness::Complete
    } else {
        Completeness::Open
    }
}

/// The silence after a whole sentence that ends a turn with the least patient client.
pub const QUICKEST: Duration = Duration::from_millis(600);

/// How long the silence after the last speech must last, counted from the end of that speech.
///
/// `server_vad` waits exactly `silence_duration_ms`, as the protocol says. `semantic_vad` judges
/// the words and adds the AI client's own patience; its longest wait is the one the protocol
/// documents for each eagerness (low 8 s, medium and auto 4 s, high 2 s).
///
/// `None`: the client commits by itself (`turn_detection: null`).
#[must_use]
pub fn silence_needed(
    detection: Option<&TurnDetection>,
    text: &str,
    patience: Duration,
) -> Option<Duration> {
    match detection? {
        TurnDetection::ServerVad(vad) => {
            Some(Duration::from_millis(vad.silence_duration_ms.into()))
        }
        TurnDetection::SemanticVad(vad) => {
            let (pace, longest) = match vad.eagerness {
                Eagerness::Low => (1.6, 8000),
                Eagerness::Medium | Eagerness::Auto => (1.0, 4000),
                Eagerness::High => (0.7, 2000),
            };
            let longest = Duration::from_millis(longest);
            let base = match completeness(text) {
                Completeness::Complete => QUICKEST,
                Completeness::Open => Duration::from_millis(1100),
                Completeness::GoesOn => return Some(longest),
            };
            Some((base.mul_f64(pace) + patience).min(longest))
        }
    }
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
        ] {
            assert_eq!(completeness(text), Completeness::GoesOn, "{text}");
        }
        for text in [
            "what would you like to talk about today",
            "how was it",
            "I see you are tired.",
            "Why?",
        ] {
            let expected = if text.contains("about today")
                || text.ends_with(['.', '?'])
                || text == "how was it"
            {
                Completeness::Complete
            } else {
                Completeness::Open
            };
            assert_eq!(completeness(text), expected, "{text}");
        }
        assert_eq!(completeness("okay"), Completeness::Open);
        assert_eq!(completeness(""), Completeness::Open);
    }

    #[test]
    fn server_vad_waits_exactly_what_was_asked() {
        let vad = TurnDetection::ServerVad(ServerVad {
            silence_duration_ms: 350,
            ..ServerVad::DEFAULT
        });
        let wait = silence_needed(Some(&vad), "and", Duration::from_secs(3));
        assert_eq!(wait, Some(Duration::from_millis(350)));
    }

    #[test]
    fn semantic_vad_waits_longer_for_an_open_sentence_and_a_patient_client() {
        let vad = TurnDetection::SemanticVad(SemanticVad::DEFAULT);
        let wait = |text, patience| {
            silence_needed(Some(&vad), text, Duration::from_millis(patience)).unwrap()
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
    fn push_to_talk_never_ends_a_turn_by_silence() {
        assert_eq!(silence_needed(None, "what now", Duration::ZERO), None);
    }
}

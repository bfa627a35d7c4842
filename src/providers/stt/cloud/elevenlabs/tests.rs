//! Messages of ElevenLabs and what they say.

use super::*;

fn read(wire: &mut Commits, value: serde_json::Value) -> Vec<Said> {
    let mut said = Vec::new();
    wire.read(&value.to_string(), &mut said).unwrap();
    said
}

#[test]
fn a_commit_is_answered_once_by_the_words_with_times() {
    let mut wire = Commits::default();
    let bare = json!({"message_type": "committed_transcript", "text": "What now?"});
    let said = read(&mut wire, bare);
    assert!(matches!(
        said[..],
        [Said::Words {
            turn: 0,
            last: false,
            ..
        }]
    ));
    let word = |text: &str, kind: &str, at: f64| json!({"text": text, "type": kind, "start": at, "end": at + 0.2, "logprob": -0.1});
    let timed = json!({"message_type": "committed_transcript_with_timestamps",
        "text": "What now?", "words": [word("What", "word", 0.1), word(" ", "spacing", 0.3),
        word("now?", "word", 0.4), word("(laughs)", "audio_event", 0.7)]});
    let said = read(&mut wire, timed);
    let [
        Said::Words {
            turn: 0,
            words,
            last: true,
        },
        Said::Flushed(Flushed::Number(0)),
    ] = &said[..]
    else {
        panic!("{said:?}")
    };
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["What", "now?"]);
    assert!((words[0].confidence - 0.905).abs() < 0.001);
    // Without times the text has to do.
    let untimed = json!({"message_type": "committed_transcript_with_timestamps",
        "text": "And then?", "words": null});
    let said = read(&mut wire, untimed);
    let Said::Words { turn: 1, words, .. } = &said[0] else {
        panic!("{said:?}")
    };
    assert_eq!((words.len(), words[0].span), (2, None));
}

#[test]
fn errors_are_what_they_mean() {
    let error = |kind: &str| {
        let text = json!({"message_type": kind, "error": "letters"}).to_string();
        Commits::default().read(&text, &mut Vec::new())
    };
    assert!(matches!(
        error("auth_error"),
        Err(ProviderError::Unusable { .. })
    ));
    assert!(matches!(
        error("quota_exceeded"),
        Err(ProviderError::Unusable { .. })
    ));
    assert!(matches!(
        error("rate_limited"),
        Err(ProviderError::Limited { .. })
    ));
    assert!(matches!(
        error("transcriber_error"),
        Err(ProviderError::Unavailable { .. })
    ));
    assert!(error("insufficient_audio_activity").is_ok());
    assert!(error("something_new").is_ok());
}

//! Messages of AssemblyAI and what they say.

use super::*;

fn read(wire: &mut Turns, value: serde_json::Value) -> Vec<Said> {
    let mut said = Vec::new();
    wire.read(&value.to_string(), &mut said).unwrap();
    said
}

fn turn(end: bool, formatted: bool, transcript: &str) -> serde_json::Value {
    let words: Vec<_> = ["what", "now"]
        .iter()
        .enumerate()
        .map(|(n, text)| {
            json!({"text": text, "start": n * 100, "end": n * 100 + 90,
            "confidence": 0.9, "word_is_final": n == 0})
        })
        .collect();
    json!({"type": "Turn", "turn_order": 3, "turn_is_formatted": formatted, "words": words,
        "end_of_turn": end, "transcript": transcript, "end_of_turn_confidence": 0.8, "new": {}})
}

#[test]
fn a_turn_that_ends_twice_is_final_once_and_hints_once() {
    let mut wire = Turns::default();
    let said = read(&mut wire, turn(false, false, "what"));
    let [
        Said::Words {
            turn: 3,
            words,
            last: false,
        },
    ] = &said[..]
    else {
        panic!("{said:?}")
    };
    assert_eq!((words[0].settled, words[1].settled), (true, false));
    let said = read(&mut wire, turn(true, false, "what now"));
    assert!(matches!(
        said[..],
        [Said::Words { last: false, .. }, Said::EndOfTurn(0.8)]
    ));
    let said = read(&mut wire, turn(true, true, "What now?"));
    let [
        Said::Words {
            words, last: true, ..
        },
        Said::Settled(to),
    ] = &said[..]
    else {
        panic!("{said:?}")
    };
    assert_eq!(words[1].text, "now?");
    // What is said after these words is not answered by them.
    assert_eq!(*to, Duration::from_millis(190));
}

#[test]
fn an_end_that_was_asked_for_is_no_hint() {
    let mut wire = Turns::default();
    wire.flush(&mut Vec::new());
    let said = read(&mut wire, turn(true, true, "What now?"));
    assert!(matches!(said[..], [Said::Words { .. }, Said::Settled(_)]));
}

#[test]
fn errors_are_what_they_mean() {
    let error = |code: u16| {
        let text = json!({"type": "Error", "error_code": code, "error": "key letters"});
        let mut said = Vec::new();
        let error = Turns::default()
            .read(&text.to_string(), &mut said)
            .unwrap_err();
        assert!(!error.to_string().contains("letters"));
        error
    };
    assert!(matches!(error(1008), ProviderError::Unusable { .. }));
    assert!(matches!(error(3009), ProviderError::Limited { .. }));
    assert!(matches!(error(3005), ProviderError::Unavailable { .. }));
}

#[test]
fn an_end_that_was_asked_for_and_has_no_words_answers() {
    let mut wire = Turns::default();
    let empty = json!({"type": "Turn", "turn_order": 3, "end_of_turn": true, "words": []});
    wire.flush(&mut Vec::new());
    let said = read(&mut wire, empty.clone());
    assert_eq!(said[1..], [Said::Flushed(Flushed::Oldest)]);
    let said = read(&mut wire, empty);
    assert!(matches!(said[..], [Said::Words { .. }]), "{said:?}");
}

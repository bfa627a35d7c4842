//! Messages of Deepgram and what they say.

use super::*;
use serde_json::json;

fn read(wire: &mut Results, value: serde_json::Value) -> Vec<Said> {
    let mut said = Vec::new();
    wire.read(&value.to_string(), &mut said).unwrap();
    said
}

fn result(last: bool, finalize: bool) -> serde_json::Value {
    let word = json!({"word": "now", "punctuated_word": "Now.", "start": 1.5, "end": 1.9,
        "confidence": 0.9});
    json!({"type": "Results", "channel_index": [0, 1], "start": 1.0, "duration": 1.25,
        "is_final": last, "speech_final": false, "from_finalize": finalize,
        "channel": {"alternatives": [{"transcript": "Now.", "confidence": 1, "words": [word]}]}})
}

#[test]
fn what_is_final_stays_and_the_next_is_another_turn() {
    let mut wire = Results::default();
    let said = read(&mut wire, result(false, false));
    assert_eq!(said[1], Said::Seen(Duration::from_millis(2250)));
    let said = read(&mut wire, result(true, false));
    let Said::Words { turn: 0, words, .. } = &said[0] else {
        panic!("{said:?}")
    };
    assert_eq!(words[0].text, "Now.");
    let times = (Duration::from_millis(1500), Duration::from_millis(1900));
    assert_eq!((words[0].span, words[0].settled), (Some(times), true));
    assert_eq!(said[1], Said::Settled(Duration::from_millis(2250)));
    let said = read(&mut wire, result(true, true));
    assert!(matches!(said[0], Said::Words { turn: 1, .. }));
    let to = Duration::from_millis(2250);
    assert_eq!(said[2], Said::Flushed(Flushed::To(to)));
}

#[test]
fn the_address_names_no_key() {
    let settings = CloudSettings {
        key: Private::new("letters".to_owned()),
        base_url: "https://api.eu.deepgram.com".to_owned(),
        model: None,
        processor: None,
    };
    let deepgram = Deepgram::new(settings);
    let request = ListenRequest {
        language: Some("de-AT".to_owned()),
        expect: vec!["Zoë".to_owned(), "Jo".to_owned()],
        ..ListenRequest::default()
    };
    let dial = deepgram.dial(&request);
    assert!(
        dial.url
            .starts_with("wss://api.eu.deepgram.com/v1/listen?model=nova-3&language=de&")
    );
    assert!(dial.url.contains("&mip_opt_out=true&"), "{}", dial.url);
    assert!(
        dial.url.ends_with("&keyterm=Zo%C3%AB&keyterm=Jo"),
        "{}",
        dial.url
    );
    assert!(!format!("{dial:?}").contains("letters"));
    let processor = deepgram.info().processor;
    assert_eq!(processor.as_deref(), Some("Deepgram (api.eu.deepgram.com)"));
}

//! Messages of OpenAI and what they say.

use super::*;

fn wire() -> Items {
    Items {
        transcription: json!({}),
        resampler: Resampler::new(RATE, WIRE_RATE).unwrap(),
        taken: 0,
        items: HashMap::new(),
    }
}

fn read(wire: &mut Items, value: serde_json::Value) -> Vec<Said> {
    let mut said = Vec::new();
    wire.read(&value.to_string(), &mut said).unwrap();
    said
}

fn event(kind: &str, item: &str) -> serde_json::Value {
    json!({"type": kind, "item_id": item, "previous_item_id": null, "content_index": 0})
}

#[test]
fn items_that_complete_out_of_order_are_those_of_their_commits() {
    let mut wire = wire();
    for item in ["a", "b"] {
        assert!(read(&mut wire, event("input_audio_buffer.committed", item)).is_empty());
    }
    let transcription = "conversation.item.input_audio_transcription";
    let mut completed = event(&format!("{transcription}.completed"), "b");
    completed["transcript"] = "And then?".into();
    let said = read(&mut wire, completed);
    assert!(matches!(&said[0], Said::Words { turn: 1, words, last: true } if words.len() == 2));
    assert_eq!(said[1], Said::Flushed(Flushed::Number(1)));
    let mut delta = event(&format!("{transcription}.delta"), "a");
    for (piece, count) in [("Wha", 1), ("t now", 2)] {
        delta["delta"] = piece.into();
        let said = read(&mut wire, delta.clone());
        assert!(matches!(&said[0], Said::Words { turn: 0, words, .. } if words.len() == count));
    }
    let failed = event(&format!("{transcription}.failed"), "a");
    let said = read(&mut wire, failed);
    assert!(matches!(
        said[0],
        Said::Failed(0, ProviderError::Unavailable { .. })
    ));
    assert!(
        read(
            &mut wire,
            event(&format!("{transcription}.completed"), "zz")
        )
        .is_empty()
    );
}

#[test]
fn a_commit_without_sound_counts_and_other_errors_end() {
    let mut wire = wire();
    let error = |code: &str| {
        json!({"type": "error", "error": {"code": code,
        "type": "invalid_request_error", "message": "letters"}})
    };
    let said = read(&mut wire, error("input_audio_buffer_commit_empty"));
    assert_eq!(said, [Said::Flushed(Flushed::Number(0))]);
    assert_eq!(wire.taken, 1);
    let text = error("invalid_api_key").to_string();
    let error = wire.read(&text, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "openai cannot be used: invalid_api_key");
    let nameless = json!({"type": "error", "error": {"message": "letters"}}).to_string();
    let error = wire.read(&nameless, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "openai is unavailable: it gave no reason"
    );
}

#[test]
fn sound_is_resampled_and_complete_at_a_commit() {
    let (mut wire, mut out) = (wire(), Vec::new());
    for _ in 0..10 {
        wire.audio(&[1000; 1600], &mut out);
    }
    wire.flush(&mut out);
    let samples: usize = out
        .iter()
        .filter_map(|message| {
            let value: serde_json::Value = serde_json::from_str(message.to_text().ok()?).ok()?;
            Some(STANDARD.decode(value["audio"].as_str()?).ok()?.len() / 2)
        })
        .sum();
    assert_eq!(samples, 24_000);
    assert!(
        out.last()
            .unwrap()
            .to_text()
            .unwrap()
            .contains("buffer.commit")
    );
}

//! Frames as no vendor sends them: none of the wires may fall over them, or hear what is not said.

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::wire::{Frame, Heard, Wire};
use super::{CloudSettings, Vendor, VoiceRequest, cartesia, deepgram, elevenlabs};

fn wires() -> Vec<Box<dyn Wire>> {
    let request = VoiceRequest {
        voice: "hazel".to_owned(),
        language: None,
        speed: 1.0,
        witness: crate::disclosure::Witness::default(),
    };
    let key = || "letters".to_owned().into();
    let call = |vendor: &dyn Vendor, settings: &CloudSettings| vendor.call(settings, &request).1;
    vec![
        call(&elevenlabs::ElevenLabs, &elevenlabs::settings(key())),
        call(&cartesia::Cartesia, &cartesia::settings(key())),
        call(&deepgram::Deepgram, &deepgram::settings(key())),
    ]
}

/// Any JSON, with a liking for what vendors' frames are made of.
fn json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("type".to_owned()),
        Just("audio".to_owned()),
        Just("contextId".to_owned()),
        Just("context_id".to_owned()),
        Just("alignment".to_owned()),
        Just("chars".to_owned()),
        Just("charStartTimesMs".to_owned()),
        Just("charDurationsMs".to_owned()),
        Just("word_timestamps".to_owned()),
        Just("words".to_owned()),
        Just("start".to_owned()),
        Just("end".to_owned()),
        Just("data".to_owned()),
        Just("isFinal".to_owned()),
        Just("error".to_owned()),
        "\\PC{0,6}",
    ];
    let text = prop_oneof![
        Just("s1".to_owned()),
        Just("chunk".to_owned()),
        Just("timestamps".to_owned()),
        Just("flush_done".to_owned()),
        Just("Cleared".to_owned()),
        Just("Flushed".to_owned()),
        Just("AAAA".to_owned()),
        "\\PC{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_frame_breaks_a_wire(frames in prop::collection::vec((json(), "\\PC{0,20}", any::<u8>()), 1..12)) {
        let now = Instant::from_std(std::time::Instant::now());
        for mut wire in wires() {
            wire.opened();
            for (value, text, what) in &frames {
                let sent = match what % 8 {
                    0 => wire.say("One two.", now),
                    1 => wire.cancel(),
                    2 => wire.finish(),
                    3 => wire.idle(now),
                    _ => Vec::new(),
                };
                for frame in sent {
                    prop_assert!(serde_json::from_str::<Value>(&frame).is_ok());
                }
                let _ = wire.fitness(now);
                let value = value.to_string();
                for frame in [Frame::Text(&value), Frame::Text(text), Frame::Binary(text.as_bytes())] {
                    for heard in wire.receive(frame, now) {
                        if let Heard::Said { start, end, .. } = heard {
                            // An hour, beyond a sentence that has an hour behind it.
                            prop_assert!(start <= 200_000_000 && end <= 200_000_000);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_heard_of_what_was_cancelled(frames in prop::collection::vec(json(), 1..12)) {
        let now = Instant::from_std(std::time::Instant::now());
        for mut wire in wires() {
            wire.opened();
            wire.say("One two.", now);
            wire.cancel();
            for value in &frames {
                let text = value.to_string();
                for heard in wire.receive(Frame::Text(&text), now) {
                    prop_assert!(matches!(heard, Heard::Failed(_)), "{:?}", heard);
                }
            }
        }
    }
}

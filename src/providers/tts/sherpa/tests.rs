//! With models that hum (tests/fixtures/models): Piper's shape with one speaker, Kokoro's with two.

use std::time::Duration;

use super::super::espeak::EspeakSettings;
use super::super::flite::FliteSettings;
use super::super::{RATE, SpeakInput, SpeakOutput, SpokenWord};
use super::*;
use crate::providers::sherpa::made;

async fn engine(name: &str) -> Sherpa {
    let others = Local::start(FliteSettings::default(), EspeakSettings::default());
    Sherpa::start(made(name), others.await.unwrap())
        .await
        .unwrap()
}

fn request(voice: &str, language: Option<&str>, speed: f32) -> VoiceRequest {
    VoiceRequest {
        voice: voice.to_owned(),
        language: language.map(str::to_owned),
        speed,
    }
}

async fn say(engine: &Sherpa, request: VoiceRequest, text: &str) -> (Vec<i16>, Vec<SpokenWord>) {
    let mut speaking = engine.open(request).await.unwrap();
    let text = text.to_owned();
    let input = SpeakInput::Say { sentence: 1, text };
    speaking.input.send(input).await.unwrap();
    let (mut sound, mut spoken) = (Vec::new(), Vec::new());
    loop {
        let next = tokio::time::timeout(Duration::from_secs(60), speaking.output.recv());
        match next.await.expect("no answer").expect("it ended") {
            SpeakOutput::Audio { samples, .. } => sound.extend_from_slice(&samples),
            SpeakOutput::Words { words, .. } => spoken.extend(words),
            SpeakOutput::Done { .. } => return (sound, spoken),
            SpeakOutput::Back { .. } => panic!("it was never away"),
            SpeakOutput::Failed { error, .. } | SpeakOutput::StoodIn { error, .. } => {
                panic!("{error}")
            }
        }
    }
}

/// How often the sound crosses zero upwards, a second.
fn pitch(sound: &[i16]) -> f32 {
    let crossings = sound.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0);
    let voiced = sound.iter().rposition(|sample| sample.unsigned_abs() > 500);
    crossings.count() as f32 * RATE as f32 / voiced.unwrap_or(1) as f32
}

#[tokio::test]
async fn words_are_spoken_at_the_usual_level_with_their_places() {
    for name in ["piper", "kokoro"] {
        let engine = engine(name).await;
        let text = "What would you like, Maya?";
        let (sound, words) = say(&engine, request("reed", None, 1.0), text).await;
        assert!(sound.len() > RATE as usize / 2, "{name}: {}", sound.len());
        let spelt: Vec<&str> = words.iter().map(|word| &text[word.text.clone()]).collect();
        assert_eq!(spelt, ["What", "would", "you", "like,", "Maya?"]);
        assert!(words.is_sorted_by_key(|word| word.start));
        assert!(words.last().unwrap().end <= sound.len() as u64);
        // A sine at −20 dBFS peaks 3 dB above that.
        let loudest = sound
            .iter()
            .map(|sample| sample.unsigned_abs())
            .max()
            .unwrap();
        assert!((4000..5300).contains(&loudest), "{name}: {loudest}");
    }
}

#[tokio::test]
async fn voices_are_speakers_of_the_model() {
    let engine = engine("kokoro").await;
    let text = "What would you like?";
    let (low, _) = say(&engine, request("reed", Some("en-GB"), 1.0), text).await;
    let (high, _) = say(&engine, request("HAZEL", None, 1.0), text).await;
    assert!((200.0..240.0).contains(&pitch(&low)), "{}", pitch(&low));
    assert!((300.0..360.0).contains(&pitch(&high)), "{}", pitch(&high));
    let voices = engine.voices();
    assert_eq!(voices[1].name, "hazel");
    assert_eq!(voices[1].description, "kokoro, speaker 1");
    let info = engine.info();
    assert!(
        info.processor.is_none() && info.note.contains("kokoro"),
        "{info:?}"
    );
}

#[tokio::test]
async fn other_languages_are_left_to_others() {
    let engine = engine("piper").await;
    let (sound, words) = say(&engine, request("reed", Some("de"), 1.0), "Guten Morgen.").await;
    assert_eq!(words.len(), 2);
    assert!(!(215.0..225.0).contains(&pitch(&sound)), "it hums");
    let (nothing, _) = say(&engine, request("reed", None, 1.0), "… — …").await;
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_cancelled_sentence_makes_room_for_the_next() {
    let engine = engine("piper").await;
    let mut speaking = engine.open(request("reed", None, 1.0)).await.unwrap();
    let long = "and so on, ".repeat(200);
    for (sentence, text) in [(1, long), (2, "Well.".to_owned())] {
        let input = SpeakInput::Say { sentence, text };
        speaking.input.send(input).await.unwrap();
    }
    let cancel = SpeakInput::Cancel { through: 1 };
    speaking.input.send(cancel).await.unwrap();
    let done = tokio::time::timeout(Duration::from_secs(60), async {
        while let Some(output) = speaking.output.recv().await {
            match output {
                SpeakOutput::Done { sentence: 2 } => return true,
                SpeakOutput::Done { .. } | SpeakOutput::Failed { .. } => return false,
                _ => {}
            }
        }
        false
    });
    assert!(done.await.expect("no answer"));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let others = || Local::start(FliteSettings::default(), EspeakSettings::default());
    let mut model = made("kokoro");
    let voices = model.manifest.files.get_mut("voices").unwrap();
    voices.bytes += 1;
    let started = Sherpa::start(model, others().await.unwrap()).await;
    let error = started.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("voices.bin: it has"), "{error}");
    let espeak = EspeakSettings {
        program: "no-such-program".into(),
        ..EspeakSettings::default()
    };
    let others = Local::start(FliteSettings::default(), espeak)
        .await
        .unwrap();
    let started = Sherpa::start(made("piper"), others).await;
    let error = started.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("espeak-ng"), "{error}");
}

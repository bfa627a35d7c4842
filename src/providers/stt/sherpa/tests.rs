//! With a model that hears "one two three" in any speech (tests/fixtures/models).

use super::*;
use crate::providers::models::Manifest;
use crate::providers::sherpa::made;
use crate::providers::stt::conformance::{self, say, spoken, until_final};
use media::Position;

#[tokio::test]
async fn is_a_recogniser_like_every_other() {
    let engine = Sherpa::start(&made("ears")).unwrap();
    conformance::all(&engine).await;
}

#[tokio::test]
async fn tells_words_while_they_are_spoken_and_where_they_are() {
    let engine = Sherpa::start(&made("ears")).unwrap();
    let mut stream = engine.open(ListenRequest::default()).await.unwrap();
    let from = Position::from_ms(10_000);
    say(&stream, 3, from, &spoken("begin")).await;
    let heard = until_final(&mut stream).await;
    assert_eq!(heard.segment, 3);
    assert_eq!(heard.last.text(), "one two three");
    assert!(!heard.partials.is_empty());
    let first = &heard.last.words[0];
    assert!(
        first.start >= from && first.start < Position::from_ms(11_000),
        "{first:?}"
    );
}

#[tokio::test]
async fn a_language_that_the_model_does_not_know_is_refused() {
    let model = made("ears");
    let manifest = Manifest {
        language: Some("en-us".to_owned()),
        ..model.manifest.clone()
    };
    let engine = Sherpa::start(&Model { manifest, ..model }).unwrap();
    let request = |language: &str| ListenRequest {
        language: Some(language.to_owned()),
        ..ListenRequest::default()
    };
    assert!(engine.open(request("en-GB")).await.is_ok());
    let refused = engine.open(request("de")).await.map(|_| ());
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })));
}

#[test]
fn a_file_that_is_gone_is_named() {
    let mut model = made("ears");
    let joiner = model.manifest.files.get_mut("joiner").unwrap();
    joiner.path = "gone.onnx".into();
    let error = Sherpa::start(&model).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("gone.onnx") && error.contains("models remove ears"),
        "{error}"
    );
    let error = Sherpa::start(&made("piper"))
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("piper"), "{error}");
}

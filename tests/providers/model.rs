//! What every language model must do: one test per promise, to be run for each adapter.
//!
//! An adapter's tests give a rig: a server that behaves in one of these ways on the vendor's wire,
//! and the adapter, asked to wait [`PATIENCE`] for the first token and between tokens.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::ProviderError;
use praxiloom::providers::llm::{Finish, LanguageModel, Message, Prompt, Token, Tool};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::sse_server::SseServer;

/// How long an adapter under test waits.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// What the vendor does.
#[derive(Clone, Copy, Debug)]
pub enum Vendor {
    /// Answers "Grüß dich, 世界!" in pieces of one byte.
    DripsBytes,
    /// Answers "Well" and then waits for ever.
    FallsSilent,
    /// Accepts, and never says a word.
    NeverAnswers,
    /// Sends comments or pings for ever, without a token.
    OnlyPings,
    /// Answers "Well" and closes in good order, without saying that it is done.
    EndsTooEarly,
    /// Answers "Well" and cuts the connection.
    CutsOff,
    /// Answers "Well" and then sends what is not its protocol.
    TurnsToGarbage,
    /// Answers "Well" and then an error of its own making.
    FailsInside,
    /// Sends one event that never ends.
    NeverEndsAnEvent,
    /// Is asked too often: come back in two seconds.
    Limits,
    /// Does not know the key.
    KnowsNoKey,
    /// Is broken.
    IsBroken,
    /// Answers "Well" up to the longest length.
    ReachesTheLength,
    /// Withholds its answer.
    Withholds,
    /// Calls `look` with `{"at":"é"}` as `call_1`, the arguments byte by byte.
    Calls,
}

/// An adapter and its vendor.
pub struct Rig {
    pub model: Box<dyn LanguageModel>,
    pub server: SseServer,
}

pub fn prompt() -> Prompt {
    Prompt {
        system: "You are Ann.".to_owned(),
        messages: vec![Message::User("Hello".to_owned())],
        tools: vec![Tool {
            name: "look".to_owned(),
            description: Some("Looks.".to_owned()),
            parameters: json!({"type": "object"}),
        }],
        tool_choice: None,
        max_tokens: Some(100),
    }
}

/// Everything that comes, until the stream ends or fails.
async fn listen(rig: &Rig) -> (Vec<Token>, Option<ProviderError>) {
    let mut tokens = Vec::new();
    let listening = async {
        let mut stream = match rig.model.respond(prompt()).await {
            Ok(stream) => stream,
            Err(error) => return Some(error),
        };
        while let Some(token) = stream.next().await {
            match token {
                Ok(token) => tokens.push(token),
                Err(error) => {
                    assert!(stream.next().await.is_none(), "something after an error");
                    return Some(error);
                }
            }
        }
        None
    };
    let error = timeout(Duration::from_secs(10), listening).await.unwrap();
    let ends = tokens
        .iter()
        .filter(|token| matches!(token, Token::End { .. }));
    assert_eq!(ends.count(), usize::from(error.is_none()));
    if error.is_none() {
        assert!(matches!(tokens.last(), Some(Token::End { .. })));
    }
    (tokens, error)
}

fn text(tokens: &[Token]) -> String {
    let texts = tokens.iter().map(|token| match token {
        Token::Text(text) => text.as_str(),
        _ => "",
    });
    texts.collect()
}

fn finish(tokens: &[Token]) -> Finish {
    match tokens.last() {
        Some(Token::End { finish, .. }) => *finish,
        other => panic!("{other:?}"),
    }
}

pub async fn an_answer_comes_whole_however_it_is_cut(rig: impl AsyncFn(Vendor) -> Rig) {
    let (tokens, error) = listen(&rig(Vendor::DripsBytes).await).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text(&tokens), "Grüß dich, 世界!");
    assert_eq!(finish(&tokens), Finish::Stop);
    let Some(Token::End {
        usage: Some(usage), ..
    }) = tokens.last()
    else {
        panic!("no usage: {tokens:?}")
    };
    assert!(usage.input > 0 && usage.output > 0);
}

pub async fn tokens_are_passed_on_as_they_come(rig: impl AsyncFn(Vendor) -> Rig) {
    let rig = rig(Vendor::FallsSilent).await;
    let mut stream = rig.model.respond(prompt()).await.unwrap();
    let first = timeout(PATIENCE, stream.next()).await.unwrap();
    assert_eq!(first.unwrap().unwrap(), Token::Text("Well".to_owned()));
}

pub async fn dropping_the_stream_closes_the_request(rig: impl AsyncFn(Vendor) -> Rig) {
    let rig = rig(Vendor::FallsSilent).await;
    let mut stream = rig.model.respond(prompt()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(rig.server.seen().abandoned, 0);
    drop(stream);
    rig.server.until(|seen| seen.abandoned == 1).await;
}

pub async fn dropping_the_question_closes_the_request(rig: impl AsyncFn(Vendor) -> Rig) {
    let rig = rig(Vendor::NeverAnswers).await;
    let asking = rig.model.respond(prompt());
    let both = async {
        tokio::select! {
            _ = asking => panic!("it answered"),
            _ = rig.server.until(|seen| seen.requests.len() == 1) => {}
        }
    };
    both.await;
    rig.server.until(|seen| seen.abandoned == 1).await;
}

pub async fn silence_is_timed(rig: impl AsyncFn(Vendor) -> Rig) {
    for vendor in [Vendor::NeverAnswers, Vendor::OnlyPings, Vendor::FallsSilent] {
        let rig = rig(vendor).await;
        let asked = Instant::now();
        let (_, error) = listen(&rig).await;
        let timed_out =
            matches!(error, Some(ProviderError::TimedOut { after, .. }) if after == PATIENCE);
        assert!(timed_out, "{vendor:?}: {error:?}");
        assert!(asked.elapsed() < 5 * PATIENCE, "{vendor:?}");
        rig.server.until(|seen| seen.abandoned == 1).await;
    }
}

pub async fn what_breaks_off_is_not_taken_for_whole(rig: impl AsyncFn(Vendor) -> Rig) {
    for vendor in [
        Vendor::EndsTooEarly,
        Vendor::CutsOff,
        Vendor::TurnsToGarbage,
        Vendor::FailsInside,
    ] {
        let (tokens, error) = listen(&rig(vendor).await).await;
        assert_eq!(text(&tokens), "Well", "{vendor:?}");
        let unavailable = matches!(error, Some(ProviderError::Unavailable { .. }));
        assert!(unavailable, "{vendor:?}: {error:?}");
    }
}

pub async fn memory_is_bounded(rig: impl AsyncFn(Vendor) -> Rig) {
    let (_, error) = listen(&rig(Vendor::NeverEndsAnEvent).await).await;
    assert!(
        matches!(error, Some(ProviderError::Unavailable { .. })),
        "{error:?}"
    );
}

pub async fn refusals_are_told_apart(rig: impl AsyncFn(Vendor) -> Rig) {
    let (_, error) = listen(&rig(Vendor::Limits).await).await;
    let limited = matches!(
        error,
        Some(ProviderError::Limited { retry_after: Some(after), .. }) if after == Duration::from_secs(2)
    );
    assert!(limited, "{error:?}");
    let (_, error) = listen(&rig(Vendor::KnowsNoKey).await).await;
    assert!(
        matches!(error, Some(ProviderError::Refused { .. })),
        "{error:?}"
    );
    let (_, error) = listen(&rig(Vendor::IsBroken).await).await;
    assert!(
        matches!(error, Some(ProviderError::Unavailable { .. })),
        "{error:?}"
    );
}

pub async fn the_end_tells_why(rig: impl AsyncFn(Vendor) -> Rig) {
    let (tokens, _) = listen(&rig(Vendor::ReachesTheLength).await).await;
    assert_eq!(
        (text(&tokens).as_str(), finish(&tokens)),
        ("Well", Finish::Length)
    );
    let (tokens, _) = listen(&rig(Vendor::Withholds).await).await;
    assert_eq!(
        (text(&tokens).as_str(), finish(&tokens)),
        ("", Finish::Filtered)
    );
}

pub async fn calls_are_put_together(rig: impl AsyncFn(Vendor) -> Rig) {
    let (tokens, error) = listen(&rig(Vendor::Calls).await).await;
    assert!(error.is_none(), "{error:?}");
    let call_id = "call_1".to_owned();
    let name = "look".to_owned();
    assert_eq!(tokens[0], Token::Call { call_id, name });
    let arguments: String = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Arguments { call_id, delta } if call_id == "call_1" => Some(delta.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, r#"{"at":"é"}"#);
    assert_eq!(finish(&tokens), Finish::Stop);
}

/// One test per promise for an adapter: `model_conformance!(async fn(Vendor) -> Rig)`.
macro_rules! model_conformance {
    ($rig:ident) => {
        model_conformance!($rig:
            an_answer_comes_whole_however_it_is_cut,
            tokens_are_passed_on_as_they_come,
            dropping_the_stream_closes_the_request,
            dropping_the_question_closes_the_request,
            silence_is_timed,
            what_breaks_off_is_not_taken_for_whole,
            memory_is_bounded,
            refusals_are_told_apart,
            the_end_tells_why,
            calls_are_put_together,
        );
    };
    ($rig:ident: $($promise:ident,)*) => {
        mod conformance {
            $(
                #[tokio::test]
                async fn $promise() {
                    crate::model::$promise(super::$rig).await;
                }
            )*
        }
    };
}

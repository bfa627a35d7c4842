//! What every language model must do: one test per promise, to be run for each adapter.
//!
//! An adapter's tests give a rig: a server that behaves in one of these ways on the vendor's wire,
//! and the adapter, asked to wait so long for the first token and between tokens.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::ProviderError;
use praxiloom::providers::llm::{
    Finish, LanguageModel, Message, ModelSettings, Prompt, Token, Tool,
};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::models::{ARGUMENTS, GREETING, Vendor};
use crate::sse_server::{Reply, Request, SseServer};

/// How long an adapter waits that is to wait in vain.
pub const IMPATIENT: Duration = Duration::from_millis(400);

/// How long one waits that is to be answered, however busy the machine is.
pub const PATIENT: Duration = Duration::from_secs(30);

/// An adapter and its vendor.
pub struct Rig {
    pub model: Box<dyn LanguageModel>,
    pub server: SseServer,
}

impl Rig {
    /// A server that gives this reply, and an adapter for it.
    pub async fn new<M: LanguageModel>(
        reply: Reply,
        adapter: impl FnOnce(&SseServer) -> Result<M, ProviderError>,
    ) -> Self {
        let server = SseServer::start([reply]).await;
        let model = Box::new(adapter(&server).unwrap());
        Self { model, server }
    }

    /// The question as the server saw it, which came over the connection that was opened for it.
    pub async fn question(&self) -> Request {
        self.model.warm().await;
        let tokens = self.model.respond(prompt()).await.unwrap();
        tokens.collect::<Vec<_>>().await;
        let seen = self.server.seen();
        assert_eq!(seen.requests[0].line, "GET /v1/models HTTP/1.1");
        assert_eq!((seen.requests.len(), seen.connections), (2, 1));
        seen.requests[1].clone()
    }
}

/// How an adapter reaches a server, below this path of it.
pub fn settings(server: &SseServer, path: &str, patience: Duration) -> ModelSettings {
    let mut settings = ModelSettings::new(format!("http://{}{path}", server.address), "small");
    settings.key = Some("sk-letters".to_owned().into());
    settings.first_token = patience;
    settings.stall = patience;
    settings
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
        max_tokens: Some(100),
        ..Prompt::default()
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
    let error = timeout(2 * PATIENT, listening).await.unwrap();
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

/// Whether the greeting came as it should.
fn greeted(tokens: &[Token], error: Option<&ProviderError>) {
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text(tokens), GREETING.concat());
    assert_eq!(finish(tokens), Finish::Stop);
    let Some(Token::End {
        usage: Some(usage), ..
    }) = tokens.last()
    else {
        panic!("no usage: {tokens:?}")
    };
    assert_eq!((usage.input, usage.cached, usage.output), (12, 4, 5));
}

pub async fn an_answer_comes_whole_however_it_is_cut(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let (tokens, error) = listen(&rig(Vendor::DripsBytes, PATIENT).await).await;
    greeted(&tokens, error.as_ref());
}

pub async fn slowness_is_no_silence(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let waits = Duration::from_secs(2);
    let (tokens, error) = listen(&rig(Vendor::DripsSlowly, waits).await).await;
    greeted(&tokens, error.as_ref());
}

pub async fn tokens_are_passed_on_as_they_come(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let rig = rig(Vendor::FallsSilent, PATIENT).await;
    let mut stream = rig.model.respond(prompt()).await.unwrap();
    let first = stream.next().await.unwrap();
    assert_eq!(first.unwrap(), Token::Text("Well".to_owned()));
}

pub async fn dropping_the_stream_closes_the_request(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let rig = rig(Vendor::FallsSilent, PATIENT).await;
    let mut stream = rig.model.respond(prompt()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(rig.server.seen().abandoned, 0);
    drop(stream);
    rig.server.until(|seen| seen.abandoned == 1).await;
}

pub async fn dropping_the_question_closes_the_request(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let rig = rig(Vendor::NeverAnswers, PATIENT).await;
    let asking = async {
        let mut stream = rig.model.respond(prompt()).await.unwrap();
        stream.next().await;
    };
    let both = async {
        tokio::select! {
            () = asking => panic!("it answered"),
            _ = rig.server.until(|seen| seen.requests.len() == 1) => {}
        }
    };
    both.await;
    rig.server.until(|seen| seen.abandoned == 1).await;
}

pub async fn silence_is_timed(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    for vendor in [Vendor::NeverAnswers, Vendor::OnlyPings, Vendor::FallsSilent] {
        let rig = rig(vendor, IMPATIENT).await;
        let asked = Instant::now();
        let (_, error) = listen(&rig).await;
        let timed_out =
            matches!(error, Some(ProviderError::TimedOut { after, .. }) if after == IMPATIENT);
        assert!(timed_out, "{vendor:?}: {error:?}");
        // The pings go on for eight seconds.
        assert!(asked.elapsed() < 15 * IMPATIENT, "{vendor:?}");
        rig.server.until(|seen| seen.abandoned == 1).await;
    }
}

pub async fn what_breaks_off_is_not_taken_for_whole(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    for vendor in [
        Vendor::EndsTooEarly,
        Vendor::CutsOff,
        Vendor::TurnsToGarbage,
        Vendor::FailsInside,
    ] {
        let (tokens, error) = listen(&rig(vendor, PATIENT).await).await;
        assert_eq!(text(&tokens), "Well", "{vendor:?}");
        let unavailable = matches!(error, Some(ProviderError::Unavailable { .. }));
        assert!(unavailable, "{vendor:?}: {error:?}");
    }
}

pub async fn memory_is_bounded(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let (_, error) = listen(&rig(Vendor::NeverEndsAnEvent, PATIENT).await).await;
    assert!(
        matches!(error, Some(ProviderError::Unavailable { .. })),
        "{error:?}"
    );
}

pub async fn refusals_are_told_apart(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let (_, error) = listen(&rig(Vendor::Limits, PATIENT).await).await;
    let limited = matches!(
        error,
        Some(ProviderError::Limited { retry_after: Some(after), .. }) if after == Duration::from_secs(2)
    );
    assert!(limited, "{error:?}");
    for vendor in [Vendor::KnowsNoKey, Vendor::WantsMoney] {
        let (_, error) = listen(&rig(vendor, PATIENT).await).await;
        let refused = matches!(error, Some(ProviderError::Unusable { .. }));
        assert!(refused, "{vendor:?}: {error:?}");
    }
    let (_, error) = listen(&rig(Vendor::IsBroken, PATIENT).await).await;
    assert!(
        matches!(error, Some(ProviderError::Unavailable { .. })),
        "{error:?}"
    );
}

pub async fn the_end_tells_why(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let (tokens, _) = listen(&rig(Vendor::ReachesTheLength, PATIENT).await).await;
    assert_eq!(
        (text(&tokens).as_str(), finish(&tokens)),
        ("Well", Finish::Length)
    );
    let (tokens, _) = listen(&rig(Vendor::Withholds, PATIENT).await).await;
    assert_eq!(
        (text(&tokens).as_str(), finish(&tokens)),
        ("", Finish::Filtered)
    );
}

pub async fn calls_are_put_together(rig: impl AsyncFn(Vendor, Duration) -> Rig) {
    let (tokens, error) = listen(&rig(Vendor::Calls, PATIENT).await).await;
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
    assert_eq!(arguments, ARGUMENTS);
    assert_eq!(finish(&tokens), Finish::Stop);
}

/// One test per promise for an adapter: `model_conformance!(async fn(Vendor, Duration) -> Rig)`.
macro_rules! model_conformance {
    ($rig:ident) => {
        model_conformance!($rig:
            an_answer_comes_whole_however_it_is_cut,
            slowness_is_no_silence,
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

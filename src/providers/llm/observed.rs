//! A call to a model as its session learns of it: timed from the question to the end of the answer.

use std::future::Future;

use futures::StreamExt;
use futures::stream;

use super::{ProviderError, Token, Tokens, Usage};
use crate::calls::{Amount, Kind, OpenCall};
use crate::disclosure::Witness;

/// Asks, and tells the witness of the call: when the server took the question, when the first token
/// came, how it ended.
pub(super) async fn observed(
    witness: &Witness,
    engine: &str,
    model: Option<&str>,
    asking: impl Future<Output = Result<Tokens, ProviderError>>,
) -> Result<Tokens, ProviderError> {
    let mut call = witness.call(Kind::Llm, engine, model);
    match asking.await {
        Ok(tokens) => {
            call.connected();
            let watched = stream::unfold((tokens, Some(call)), |(mut tokens, call)| async {
                let token = tokens.next().await?;
                let call = call.and_then(|call| heard(call, &token));
                Some((token, (tokens, call)))
            });
            Ok(watched.boxed())
        }
        Err(error) => {
            call.fail(error.kind());
            Err(error)
        }
    }
}

/// Takes note of a token; the call, if it goes on.
fn heard(mut call: OpenCall, token: &Result<Token, ProviderError>) -> Option<OpenCall> {
    match token {
        Ok(Token::End { usage, .. }) => {
            call.used(usage.map_or_else(Amount::default, amount));
            call.complete();
            return None;
        }
        Ok(_) => call.answered(),
        Err(error) => {
            call.fail(error.kind());
            return None;
        }
    }
    Some(call)
}

const fn amount(usage: Usage) -> Amount {
    Amount {
        audio_ms: None,
        characters: None,
        input_tokens: Some(usage.input),
        cached_tokens: Some(usage.cached),
        output_tokens: Some(usage.output),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::Finish;
    use super::*;
    use crate::calls::{Call, Subject};

    fn words(end: Result<Token, ProviderError>) -> Result<Tokens, ProviderError> {
        let word = Ok(Token::Text("so".to_owned()));
        Ok(stream::iter([word, end]).boxed())
    }

    /// The call that comes of reading so many tokens of this answer.
    async fn call(answer: Result<Tokens, ProviderError>, read: usize) -> Call {
        let (told, mut calls) = mpsc::channel(4);
        let witness = Witness::default()
            .with_calls(&told)
            .about(Subject::Answer(7));
        if let Ok(tokens) = observed(&witness, "vendor", Some("small"), async { answer }).await {
            let _: Vec<_> = tokens.take(read).collect().await;
        }
        calls.try_recv().unwrap()
    }

    #[tokio::test]
    async fn a_call_ends_as_the_answer_does() {
        let usage = Usage {
            input: 9,
            cached: 3,
            output: 1,
        };
        let end = || {
            Ok(Token::End {
                finish: Finish::Stop,
                usage: Some(usage),
            })
        };
        let gone = || ProviderError::Unavailable {
            engine: "vendor".to_owned(),
            message: "gone".to_owned(),
        };
        let whole = call(words(end()), 2).await;
        assert_eq!(whole.outcome.name(), "completed");
        assert_eq!(whole.amount, amount(usage));
        assert_eq!(whole.subject, Subject::Answer(7));
        assert_eq!(whole.model.as_deref(), Some("small"));
        assert!(whole.connected <= whole.answered && whole.answered.is_some());
        let given_up = call(words(end()), 1).await;
        assert_eq!(given_up.outcome.name(), "cancelled");
        assert_eq!(given_up.amount, Amount::default());
        let broken = call(words(Err(gone())), 2).await;
        assert_eq!(broken.outcome.name(), "unavailable");
        let refused = call(Err(gone()), 0).await;
        assert_eq!(refused.outcome.name(), "unavailable");
        assert_eq!((refused.connected, refused.answered), (None, None));
    }
}

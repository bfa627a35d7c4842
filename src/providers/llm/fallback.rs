//! Models in an order: where one fails, the next answers.
//!
//! Until its first token a model can be replaced without anybody noticing but by the time it
//! takes. One that breaks off later is not: what was said may have been heard, and only who hears
//! it knows how to go on. What failed is left alone for a while by all sessions; what rejects a
//! prompt is only not asked that again. When all are left alone, the answer fails at once: whoever
//! has words of their own need not wait for it.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::{Attempts, EngineInfo, LanguageModel, Prompt, ProviderError, Token, Tokens};
use crate::providers::ranking::{Ranking, joined};

/// Models in the order in which they are asked.
pub struct Fallback {
    ranking: Ranking<dyn LanguageModel>,
}

/// Whose answer it is.
struct By {
    rank: usize,
    asked: Instant,
    attempts: Attempts,
}

/// An answer that began.
struct Begun {
    first: Token,
    rest: Tokens,
}

impl Fallback {
    /// One model out of several, of which the first is asked first.
    #[must_use]
    pub fn new(models: impl IntoIterator<Item = Arc<dyn LanguageModel>>) -> Self {
        let ranking = Ranking::new(models);
        Self { ranking }
    }

    async fn ask(&self, prompt: Prompt) -> Result<Tokens, ProviderError> {
        let mut instead = None;
        for (rank, model) in self.ranking.engines().enumerate() {
            let asked = Instant::now();
            let known = prompt.attempts.failure(rank);
            let failed = match known.or_else(|| self.ranking.refuses(rank, asked)) {
                Some(error) => error,
                None => match begin(model, prompt.clone()).await {
                    Ok(begun) => {
                        prompt.attempts.begun(rank, model.info().name);
                        let by = By {
                            rank,
                            asked,
                            attempts: prompt.attempts,
                        };
                        return Ok(self.follow(by, begun, instead));
                    }
                    Err(error) => {
                        self.ranking.failed(rank, &error);
                        prompt.attempts.failed(rank, &error);
                        error
                    }
                },
            };
            instead = Some(joined(instead, failed));
        }
        Err(instead.unwrap_or_else(|| ProviderError::Unavailable {
            engine: "model".to_owned(),
            message: "none is configured".to_owned(),
        }))
    }

    /// The whole answer, and what becomes of it; `instead` of those before it in the order.
    fn follow(&self, by: By, begun: Begun, instead: Option<ProviderError>) -> Tokens {
        let ranking = self.ranking.clone();
        let rank = by.rank;
        let stood_in = instead.map(|error| Token::StoodIn { error });
        let head = stood_in.into_iter().chain([begun.first]).map(Ok);
        let told = stream::iter(head)
            .chain(begun.rest)
            .inspect(move |token| match token {
                Ok(Token::End { .. }) => ranking.worked(rank, by.asked),
                Err(error) => {
                    ranking.failed(rank, error);
                    by.attempts.failed(rank, error);
                }
                Ok(_) => {}
            });
        told.boxed()
    }
}

/// Asks one model and waits for its first token.
async fn begin(model: &dyn LanguageModel, prompt: Prompt) -> Result<Begun, ProviderError> {
    let mut rest = model.respond(prompt).await?;
    match rest.next().await {
        Some(Ok(first)) => Ok(Begun { first, rest }),
        Some(Err(error)) => Err(error),
        None => Err(ProviderError::Unavailable {
            engine: model.info().name,
            message: "its answer has no end".to_owned(),
        }),
    }
}

impl LanguageModel for Fallback {
    fn info(&self) -> EngineInfo {
        self.ranking.info(LanguageModel::info)
    }

    fn warm(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            join_all(self.ranking.engines().map(LanguageModel::warm)).await;
        })
    }

    fn has_another(&self, came: &Attempts) -> bool {
        let now = Instant::now();
        (0..self.ranking.len())
            .any(|rank| came.failure(rank).is_none() && self.ranking.rests(rank, now).is_none())
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        Box::pin(self.ask(prompt))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::super::{Finish, Usage};
    use super::*;

    /// What a model does when it is asked.
    #[derive(Clone)]
    enum Does {
        /// Answers with its name.
        Answers,
        /// Says nothing for ten seconds, then that it timed out.
        Stalls,
        /// Takes no key.
        Refuses,
        /// Does not take the prompt.
        Rejects,
        /// Says a word and rejects the prompt.
        BreaksOffRejecting,
        /// Says a word and breaks off.
        BreaksOff,
    }

    struct Model {
        name: &'static str,
        does: Mutex<VecDeque<Does>>,
        asked: Mutex<u32>,
    }

    impl Model {
        fn asked(&self) -> u32 {
            *self.asked.lock().unwrap()
        }
    }

    fn gone(name: &str) -> ProviderError {
        ProviderError::Unavailable {
            engine: name.to_owned(),
            message: "gone".to_owned(),
        }
    }

    fn rejected(name: &str) -> ProviderError {
        ProviderError::Rejected {
            engine: name.to_owned(),
            message: "too long".to_owned(),
        }
    }

    impl LanguageModel for Model {
        fn info(&self) -> EngineInfo {
            EngineInfo {
                name: self.name.to_owned(),
                processor: Some(format!("{}.example", self.name)),
                note: "It answers.".to_owned(),
            }
        }

        fn respond(&self, _: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
            *self.asked.lock().unwrap() += 1;
            let mut does = self.does.lock().unwrap();
            let now = does.pop_front().unwrap_or(Does::Answers);
            let word = Ok(Token::Text(self.name.to_owned()));
            let end = Ok(Token::End {
                finish: Finish::Stop,
                usage: Some(Usage::default()),
            });
            let name = self.name;
            Box::pin(async move {
                match now {
                    Does::Answers => Ok(stream::iter([word, end]).boxed()),
                    Does::BreaksOff => Ok(stream::iter([word, Err(gone(name))]).boxed()),
                    Does::Refuses => Err(ProviderError::Unusable {
                        engine: name.to_owned(),
                        message: "no".to_owned(),
                    }),
                    Does::Rejects => Err(rejected(name)),
                    Does::BreaksOffRejecting => {
                        Ok(stream::iter([word, Err(rejected(name))]).boxed())
                    }
                    Does::Stalls => {
                        let after = Duration::from_secs(10);
                        tokio::time::sleep(after).await;
                        let engine = name.to_owned();
                        let late = Err(ProviderError::TimedOut { engine, after });
                        Ok(stream::iter([late]).boxed())
                    }
                }
            })
        }
    }

    fn model(name: &'static str, does: impl IntoIterator<Item = Does>) -> Arc<Model> {
        Arc::new(Model {
            name,
            does: Mutex::new(does.into_iter().collect()),
            asked: Mutex::default(),
        })
    }

    fn order(models: &[&Arc<Model>]) -> Fallback {
        let models = models.iter().map(|model| -> Arc<dyn LanguageModel> {
            let model: Arc<Model> = (*model).clone();
            model
        });
        Fallback::new(models)
    }

    /// Who answered, and instead of whom.
    async fn answered(fallback: &Fallback) -> Result<(String, Option<String>), ProviderError> {
        asked(fallback, &Prompt::default()).await
    }

    async fn asked(
        fallback: &Fallback,
        prompt: &Prompt,
    ) -> Result<(String, Option<String>), ProviderError> {
        let mut tokens = fallback.respond(prompt.clone()).await?;
        let (mut text, mut instead) = (String::new(), None);
        while let Some(token) = tokens.next().await {
            match token? {
                Token::Text(more) => text.push_str(&more),
                Token::StoodIn { error } => {
                    assert!(text.is_empty() && instead.is_none());
                    instead = Some(error.to_string());
                }
                _ => {}
            }
        }
        Ok((text, instead))
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_before_its_first_token_is_replaced_and_left_alone() {
        for does in [Does::Stalls, Does::Refuses] {
            let (a, b) = (model("a", [does]), model("b", []));
            let fallback = order(&[&a, &b]);
            let (text, instead) = answered(&fallback).await.unwrap();
            assert_eq!(text, "b");
            assert!(instead.unwrap().starts_with("a "));
            let began = Instant::now();
            assert_eq!(answered(&fallback).await.unwrap().0, "b");
            assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits for it again");
            assert_eq!(a.asked(), 1);
            tokio::time::advance(Duration::from_secs(300)).await;
            let again = answered(&fallback).await.unwrap();
            assert_eq!(again, ("a".to_owned(), None), "but it is tried again");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_that_is_replaced_is_named() {
        let (a, b) = (
            model("a", [Does::Refuses]),
            model("b", [Does::Answers, Does::Refuses]),
        );
        let fallback = order(&[&a, &b, &model("c", [])]);
        let unusable = |names: &[&str]| {
            let each = names
                .iter()
                .map(|name| format!("{name} cannot be used: no"));
            Some(each.collect::<Vec<_>>().join("; "))
        };
        for (who, before) in [
            ("b", vec!["a"]),
            ("c", vec!["a", "b"]),
            ("c", vec!["a", "b"]),
        ] {
            let answer = answered(&fallback).await.unwrap();
            assert_eq!(answer, (who.to_owned(), unusable(&before)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_breaks_off_is_not_replaced_by_itself() {
        let (a, b) = (model("a", [Does::BreaksOff]), model("b", []));
        let fallback = order(&[&a, &b]);
        assert_eq!(answered(&fallback).await, Err(gone("a")));
        assert!(fallback.has_another(&Attempts::default()));
        let (text, instead) = answered(&fallback).await.unwrap();
        assert_eq!((text.as_str(), instead.is_some()), ("b", true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_prompt_that_is_rejected_goes_to_the_next_and_others_are_asked_as_before() {
        let (a, b) = (model("a", [Does::Rejects]), model("b", []));
        let fallback = order(&[&a, &b]);
        let instead = Some(rejected("a").to_string());
        assert_eq!(answered(&fallback).await, Ok(("b".to_owned(), instead)));
        assert_eq!(answered(&fallback).await, Ok(("a".to_owned(), None)));
    }

    #[tokio::test(start_paused = true)]
    async fn no_model_is_asked_twice_with_a_prompt_that_it_failed_at() {
        let (a, b) = (
            model("a", [Does::BreaksOffRejecting]),
            model("b", [Does::Answers, Does::Rejects]),
        );
        let (fallback, prompt) = (order(&[&a, &b]), Prompt::default());
        assert_eq!(asked(&fallback, &prompt).await, Err(rejected("a")));
        assert!(fallback.has_another(&prompt.attempts));
        let instead = Some(rejected("a").to_string());
        let answer = Ok(("b".to_owned(), instead));
        assert_eq!(asked(&fallback, &prompt).await, answer);
        assert_eq!(prompt.attempts.who_answers().as_deref(), Some("b"));
        prompt.attempts.fell_short(&gone("b"));
        assert!(!fallback.has_another(&prompt.attempts));
        let both = rejected("a").and(Some(gone("b")));
        assert_eq!(asked(&fallback, &prompt).await, Err(both));
        assert_eq!((a.asked(), b.asked()), (1, 1));
        assert_eq!(answered(&fallback).await.unwrap().0, "a", "another prompt");
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_fail_that_is_known_at_once() {
        let (a, b) = (model("a", [Does::Stalls]), model("b", [Does::Refuses]));
        let fallback = order(&[&a, &b]);
        let error = answered(&fallback).await.unwrap_err().to_string();
        assert_eq!(error, "a did not answer within 10s; b cannot be used: no");
        assert!(!fallback.has_another(&Attempts::default()));
        let began = Instant::now();
        assert!(answered(&fallback).await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!((a.asked(), b.asked()), (1, 1));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert_eq!(answered(&fallback).await.unwrap().0, "a");
    }

    #[test]
    fn whoever_may_receive_the_words_is_named() {
        let info = order(&[&model("a", []), &model("b", []), &model("c", [])]).info();
        assert_eq!(info.name, "a");
        let processors = "a.example, b.example, c.example";
        assert_eq!(info.processor.as_deref(), Some(processors));
        assert_eq!(info.note, "It answers. If it fails: b, then c.");
    }
}

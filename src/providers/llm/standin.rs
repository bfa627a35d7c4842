//! A model for tests and benches: it says its sentences in turn, word by word, after a fixed delay.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;

use super::observed::observed;
use super::{
    EngineInfo, Finish, LanguageModel, Message, Prompt, ProviderError, Token, Tokens, Usage,
};

/// Its name in the configuration.
pub const NAME: &str = "standin";

/// How it behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandinSettings {
    /// From the question to the first token.
    pub delay: Duration,
    /// Between two tokens.
    pub between: Duration,
    /// What it answers to the first, second, third question of a conversation, and so on in a
    /// circle. If empty, it repeats what it was told.
    pub sentences: Vec<String>,
}

impl Default for StandinSettings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            between: Duration::ZERO,
            sentences: vec![
                "I think that is a good question.".to_owned(),
                "Mostly I am tired of deciding everything alone. It has been like that for years."
                    .to_owned(),
                "I had not looked at it that way.".to_owned(),
            ],
        }
    }
}

/// The stand-in model.
#[derive(Clone, Debug, Default)]
pub struct Standin {
    settings: Arc<StandinSettings>,
}

impl Standin {
    /// A model that behaves as `settings` say.
    #[must_use]
    pub fn new(settings: StandinSettings) -> Self {
        Self {
            settings: Arc::new(settings),
        }
    }

    /// What it answers depends on the prompt alone.
    fn answer(&self, prompt: &Prompt) -> String {
        let mut said = prompt.messages.iter().filter_map(|message| match message {
            Message::User(text) => Some(text),
            _ => None,
        });
        let sentences = &self.settings.sentences;
        let turn = said.clone().count().saturating_sub(1);
        match turn.checked_rem(sentences.len()) {
            Some(at) => sentences[at].clone(),
            None => said.next_back().cloned().unwrap_or_default(),
        }
    }
}

impl LanguageModel for Standin {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "Sentences in turn instead of a model, for tests.".to_owned(),
        }
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let answer = self.answer(&prompt);
        let words: VecDeque<_> = answer
            .split_inclusive(char::is_whitespace)
            .map(|word| Token::Text(word.to_owned()))
            .collect();
        let usage = Usage {
            input: prompt.messages.len() as u64,
            cached: 0,
            output: words.len() as u64,
        };
        let mut tokens = words;
        tokens.push_back(Token::End {
            finish: Finish::Stop,
            usage: Some(usage),
        });
        let between = self.settings.between;
        let first = self.settings.delay;
        let stream = stream::unfold((tokens, first), move |(mut tokens, wait)| async move {
            let token = tokens.pop_front()?;
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            Some((Ok(token), (tokens, between)))
        });
        Box::pin(async move {
            observed(&prompt.witness, NAME, None, async { Ok(stream.boxed()) }).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn asked(questions: &[&str]) -> Prompt {
        Prompt {
            messages: questions
                .iter()
                .map(|text| Message::User((*text).to_owned()))
                .collect(),
            ..Prompt::default()
        }
    }

    async fn text(model: &Standin, prompt: Prompt) -> String {
        let mut text = String::new();
        let mut tokens = model.respond(prompt).await.unwrap();
        while let Some(token) = tokens.next().await {
            match token.unwrap() {
                Token::Text(more) => text.push_str(&more),
                Token::End { finish, .. } => assert_eq!(finish, Finish::Stop),
                other => panic!("{other:?}"),
            }
        }
        text
    }

    #[tokio::test(start_paused = true)]
    async fn it_answers_in_turn_after_its_delays() {
        let model = Standin::new(StandinSettings {
            delay: Duration::from_millis(300),
            between: Duration::from_millis(10),
            sentences: vec!["One two.".to_owned(), "Three.".to_owned()],
        });
        let began = Instant::now();
        assert_eq!(text(&model, asked(&["a"])).await, "One two.");
        // Two words and the end.
        assert_eq!(began.elapsed(), Duration::from_millis(320));
        assert_eq!(text(&model, asked(&["a", "b"])).await, "Three.");
        assert_eq!(text(&model, asked(&["a", "b", "c"])).await, "One two.");
    }

    #[tokio::test]
    async fn without_sentences_it_is_an_echo() {
        let model = Standin::new(StandinSettings {
            sentences: Vec::new(),
            ..StandinSettings::default()
        });
        assert_eq!(text(&model, asked(&["a", "so be it"])).await, "so be it");
        assert_eq!(text(&model, asked(&[])).await, "");
    }
}

//! One answer of a language model: its stream turned into thoughts fit to be spoken.

use futures::StreamExt;
use tokio::sync::mpsc;

use super::super::conversation::{Generation, shown};
use super::Thought;
use super::understudy::Understudy;
use crate::practice::{Pacer, SentenceSplitter, SpokenFilter};
use crate::providers::ProviderError;
use crate::providers::llm::thoughts::Thoughts;
use crate::providers::llm::{LanguageModel, Prompt, Token};

/// An answer under way.
pub(super) struct Answering {
    pub(super) generation: Generation,
    pub(super) speaks: bool,
    /// Answers if the model has nothing to say.
    pub(super) understudy: Option<Understudy>,
    /// Lays silences into what a client says.
    pub(super) pacer: Option<Pacer>,
    /// Keeps back what the model thinks.
    pub(super) thoughts: Thoughts,
    pub(super) filter: SpokenFilter,
    pub(super) sender: mpsc::Sender<Thought>,
}

/// The session is over: nobody listens any more.
struct Over;

impl Answering {
    /// Asks the model and passes on what it says, until it ended or the session did.
    pub(super) async fn run(mut self, model: &dyn LanguageModel, prompt: Prompt) {
        let _: Result<(), Over> = self.answer(model, prompt).await;
    }

    async fn answer(&mut self, model: &dyn LanguageModel, prompt: Prompt) -> Result<(), Over> {
        let generation = self.generation;
        let mut splitter = SentenceSplitter::default();
        let mut anything = false;
        let mut tokens = match model.respond(prompt).await {
            Ok(tokens) => tokens,
            Err(error) => return self.fail(error, anything).await,
        };
        while let Some(token) = tokens.next().await {
            match token {
                Ok(Token::Text(text)) => {
                    let text = self.thoughts.pass(&text);
                    anything |= self.pass(text, &mut splitter).await?;
                }
                Ok(token @ Token::End { .. }) => {
                    let held = self.thoughts.end();
                    anything |= self.pass(held, &mut splitter).await?;
                    let mut rest = splitter.push(&self.filter.finish());
                    rest.extend(splitter.finish());
                    anything |= self.speaks && self.say(rest).await?;
                    // A client that says nothing at all would seem to be gone.
                    return match self.understudy.take().filter(|_| !anything) {
                        Some(understudy) => self.perform(&understudy).await,
                        None => self.send(Thought::Token(generation, token)).await,
                    };
                }
                Ok(token) => {
                    anything = true;
                    self.send(Thought::Token(generation, token)).await?;
                }
                Err(error) => return self.fail(error, anything).await,
            }
        }
        Ok(())
    }

    /// Passes on text of the answer; whether there was anything in it to say or to read.
    async fn pass(&mut self, text: String, splitter: &mut SentenceSplitter) -> Result<bool, Over> {
        if text.is_empty() {
            return Ok(false);
        }
        let written = !self.speaks && !text.trim().is_empty();
        let sentences = match self.speaks {
            true => splitter.push(&self.filter.push(&text)),
            false => Vec::new(),
        };
        // The first token's time is worth knowing before the first sentence is whole.
        let token = Token::Text(text);
        self.send(Thought::Token(self.generation, token)).await?;
        Ok(self.say(sentences).await? || written)
    }

    /// Passes on sentences; whether there was anything in them to say.
    async fn say(&mut self, sentences: Vec<String>) -> Result<bool, Over> {
        let mut said = false;
        for text in sentences {
            if shown(&text).contains(char::is_alphanumeric) {
                said = true;
                let text = match &mut self.pacer {
                    Some(pacer) => pacer.pace(&text),
                    None => text,
                };
                self.send(Thought::Sentence(self.generation, text)).await?;
            }
        }
        Ok(said)
    }

    /// The model failed: the authored lines take over unless something was said already.
    async fn fail(&mut self, error: ProviderError, anything: bool) -> Result<(), Over> {
        match self.understudy.take().filter(|_| !anything) {
            Some(understudy) => {
                self.send(Thought::StoodIn(self.generation, error)).await?;
                self.perform(&understudy).await
            }
            None => self.send(Thought::Failed(self.generation, error)).await,
        }
    }

    async fn perform(&self, understudy: &Understudy) -> Result<(), Over> {
        for thought in understudy.answer() {
            self.send(thought).await?;
        }
        Ok(())
    }

    async fn send(&self, thought: Thought) -> Result<(), Over> {
        self.sender.send(thought).await.map_err(|_| Over)
    }
}

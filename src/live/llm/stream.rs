//! One answer of a language model: its stream turned into thoughts fit to be spoken.

use futures::StreamExt;
use tokio::sync::mpsc;

use super::super::conversation::{Generation, shown};
use super::Thought;
use super::understudy::{Understudy, end};
use crate::practice::unfinished::{is_whole, trailing_off};
use crate::practice::{Pacer, SentenceSplitter, SpokenFilter};
use crate::providers::ProviderError;
use crate::providers::llm::thoughts::Thoughts;
use crate::providers::llm::{Finish, LanguageModel, Prompt, Token};

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

/// What came of an answer so far.
#[derive(Clone, Copy, Default)]
struct Came {
    /// Something to say or to read.
    words: bool,
    /// A sentence of it to its end.
    sentence: bool,
    /// A call of a function.
    call: bool,
    /// Something was written, be it on paper alone.
    written: bool,
    /// Something of it is fit to be said.
    sayable: bool,
}

impl Answering {
    /// Asks the model and passes on what it says, until it ended or the session did.
    pub(super) async fn run(mut self, model: &dyn LanguageModel, prompt: Prompt) {
        let _: Result<(), Over> = self.answer(model, prompt).await;
    }

    /// Asks until a model has answered, or it is clear that none will.
    async fn answer(&mut self, model: &dyn LanguageModel, prompt: Prompt) -> Result<(), Over> {
        let (thoughts, filter) = (self.thoughts.clone(), self.filter.clone());
        loop {
            let mut came = Came::default();
            let Some(error) = self.ask(model, prompt.clone(), &mut came).await? else {
                return Ok(());
            };
            if came.call || !model.has_another(&prompt.attempts) {
                return self.fail(error, came.words || came.call).await;
            }
            if came.words {
                // What was said or read stays, and the turn ends with it: the rest of a thought is nothing
                // that another model could know.
                self.send(Thought::BrokeOff(error)).await?;
                return self.send(end(self.generation)).await;
            }
            // Nothing of it was told: the next model begins anew.
            (self.thoughts, self.filter) = (thoughts.clone(), filter.clone());
        }
    }

    /// Asks the model once; gives why its answer broke off, if it did.
    async fn ask(
        &mut self,
        model: &dyn LanguageModel,
        prompt: Prompt,
        came: &mut Came,
    ) -> Result<Option<ProviderError>, Over> {
        let generation = self.generation;
        let mut splitter = SentenceSplitter::default();
        let attempts = prompt.attempts.clone();
        let mut tokens = match model.respond(prompt).await {
            Ok(tokens) => tokens,
            Err(error) => return Ok(Some(error)),
        };
        while let Some(token) = tokens.next().await {
            match token {
                Ok(Token::Text(text)) => {
                    let text = self.thoughts.pass(&text);
                    self.pass(text, &mut splitter, came).await?;
                }
                Ok(Token::StoodIn { error }) => {
                    self.send(Thought::Replaced(error)).await?;
                }
                Ok(token @ Token::End { .. }) => {
                    let held = self.thoughts.end();
                    self.pass(held, &mut splitter, came).await?;
                    if self.speaks {
                        let held = self.filter.finish();
                        came.sayable |= has_words(&held);
                        self.say(splitter.push(&held), came).await?;
                        let last = splitter.finish();
                        let last = last.and_then(|last| ended(last, &token, came.sentence));
                        self.say(last.into_iter().collect(), came).await?;
                    } else {
                        self.show(splitter.finish().into_iter().collect(), came)
                            .await?;
                    }
                    let silent = self
                        .understudy
                        .as_ref()
                        .filter(|_| !came.words && !came.call);
                    match silent {
                        // The client was told to say nothing: they are silent, and think aloud at most.
                        Some(understudy) if came.written && !came.sayable => {
                            for thought in understudy.musing() {
                                self.send(thought).await?;
                            }
                        }
                        // A client who is not even told to be silent would seem to be gone.
                        Some(_) => {
                            let engine = attempts.who_answers();
                            let engine = engine.unwrap_or_else(|| model.info().name);
                            let message = "it answered without a word".to_owned();
                            let error = ProviderError::Unavailable { engine, message };
                            attempts.fell_short(&error);
                            return Ok(Some(error));
                        }
                        None => {}
                    }
                    self.send(Thought::Token(generation, token)).await?;
                    return Ok(None);
                }
                Ok(token) => {
                    came.call = true;
                    self.send(Thought::Token(generation, token)).await?;
                }
                Err(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }

    /// Passes on text of the answer.
    async fn pass(
        &mut self,
        text: String,
        splitter: &mut SentenceSplitter,
        came: &mut Came,
    ) -> Result<(), Over> {
        if text.is_empty() {
            return Ok(());
        }
        if !self.speaks {
            // By sentences as well: half of one that was read could not be begun anew.
            return self.show(splitter.push(&text), came).await;
        }
        came.written |= !text.trim().is_empty();
        let sayable = self.filter.push(&text);
        came.sayable |= has_words(&sayable);
        let sentences = splitter.push(&sayable);
        // The first token's time is worth knowing before the first sentence is whole.
        let token = Token::Text(text);
        self.send(Thought::Token(self.generation, token)).await?;
        self.say(sentences, came).await
    }

    /// Passes on sentences of an answer that is written.
    async fn show(&mut self, sentences: Vec<String>, came: &mut Came) -> Result<(), Over> {
        for text in sentences {
            came.words |= !text.trim().is_empty();
            let token = Token::Text(text);
            self.send(Thought::Token(self.generation, token)).await?;
        }
        Ok(())
    }

    /// Passes on sentences, as far as there is anything in them to say.
    async fn say(&mut self, sentences: Vec<String>, came: &mut Came) -> Result<(), Over> {
        for text in sentences {
            if has_words(&text) {
                came.words = true;
                came.sentence |= is_whole(&text);
                let text = match &mut self.pacer {
                    Some(pacer) => pacer.pace(&text),
                    None => text,
                };
                self.send(Thought::Sentence(self.generation, text)).await?;
            }
        }
        Ok(())
    }

    /// The model failed: the authored lines take over unless something was said already.
    async fn fail(&mut self, error: ProviderError, anything: bool) -> Result<(), Over> {
        match self.understudy.take().filter(|_| !anything) {
            Some(understudy) => {
                self.send(Thought::StoodIn(error)).await?;
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

/// Whether there is anything in a text to say.
fn has_words(text: &str) -> bool {
    shown(text).contains(char::is_alphanumeric)
}

/// The last sentence as it is to be said. Where the answer came to its greatest length in the middle
/// of it, it is left out after a whole one, and trails off where it is all there is.
fn ended(last: String, end: &Token, after_one: bool) -> Option<String> {
    let cut = matches!(
        end,
        Token::End {
            finish: Finish::Length,
            ..
        }
    );
    match cut && !is_whole(&last) {
        false => Some(last),
        true if after_one => None,
        true => trailing_off(&last),
    }
}

//! The middle stage: what the AI client says next, from a language model or from authored lines.

mod asking;
mod stream;
mod understudy;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::conversation::{Ask, Generation};
use crate::practice::{Gallery, Practice, SpokenFilter};
use crate::providers::ProviderError;
use crate::providers::llm::{LanguageModel, Prompt, Token};
use asking::{complete, heard};
use stream::Answering;
use understudy::{Understudy, end};

/// How many thoughts may wait for the session.
const QUEUE: usize = 64;
/// How long a model that did not answer in time is not asked again, if somebody can stand in: the
/// next turn should not wait as long for nothing.
const REST: Duration = Duration::from_secs(30);

/// A piece of an answer.
#[derive(Debug)]
pub enum Thought {
    /// As the model gave it. Text is for answers that are written.
    Token(Generation, Token),
    /// A sentence, fit to be spoken.
    Sentence(Generation, String),
    /// The model failed before it said anything, and authored lines answer from now on. Comes once
    /// until the model has answered again.
    StoodIn(Generation, ProviderError),
    /// The model failed.
    Failed(Generation, ProviderError),
}

/// Who thinks of what the client says; shared by all sessions.
#[derive(Clone)]
pub struct Thinker {
    /// The clients' inner life.
    pub practice: Arc<Practice>,
    /// The clients.
    pub gallery: Arc<Gallery>,
    /// The language model, if one is configured.
    pub model: Option<Arc<dyn LanguageModel>>,
}

/// The thinking of one session.
pub struct Mind {
    thinker: Thinker,
    seed: u64,
    running: HashMap<Generation, AbortHandle>,
    /// The last answer in which authored lines stood in, while the model has not recovered.
    stood_in: Option<Generation>,
    /// Until then the model is not asked.
    rests_until: Option<Instant>,
    sender: mpsc::Sender<Thought>,
    thoughts: mpsc::Receiver<Thought>,
}

impl Mind {
    /// A mind whose authored choices follow `seed`.
    #[must_use]
    pub fn new(thinker: Thinker, seed: u64) -> Self {
        let (sender, thoughts) = mpsc::channel(QUEUE);
        Self {
            thinker,
            seed,
            running: HashMap::new(),
            stood_in: None,
            rests_until: None,
            sender,
            thoughts,
        }
    }

    /// Begins an answer. Authored lines come back at once; a model's come through
    /// [`Mind::next`].
    pub fn ask(&mut self, ask: Ask) -> Vec<Thought> {
        let (thinker, generation) = (&self.thinker, ask.generation);
        let sheet = ask.client.as_deref().and_then(|id| thinker.gallery.get(id));
        let Some(model) = thinker.model.clone() else {
            return match sheet.or_else(|| thinker.gallery.first()) {
                Some(sheet) => Understudy::of(thinker, sheet, &ask, self.seed).answer(),
                None => vec![end(generation)],
            };
        };
        let understudy = sheet
            .filter(|_| Understudy::may_answer(&ask))
            .map(|sheet| Understudy::of(thinker, sheet, &ask, self.seed));
        let rests = self.rests_until.is_some_and(|until| Instant::now() < until);
        if let Some(understudy) = understudy.as_ref().filter(|_| rests) {
            return understudy.answer();
        }
        let mut prompt = match sheet {
            Some(sheet) => thinker.practice.prompt(sheet, &heard(&ask.memory)),
            None => Prompt::default(),
        };
        complete(&mut prompt, &ask, sheet.is_some());
        let answering = Answering {
            generation,
            speaks: ask.speaks,
            understudy,
            filter: sheet.map_or_else(SpokenFilter::default, |sheet| SpokenFilter::of(&sheet.name)),
            sender: self.sender.clone(),
        };
        let task = tokio::spawn(async move { answering.run(&*model, prompt).await });
        self.running.insert(generation, task.abort_handle());
        Vec::new()
    }

    /// Stops an answer.
    pub fn cancel(&mut self, generation: Generation) {
        if let Some(task) = self.running.remove(&generation) {
            task.abort();
        }
    }

    /// The next thought of the model.
    pub async fn next(&mut self) -> Option<Thought> {
        loop {
            let thought = self.thoughts.recv().await;
            match &thought {
                Some(Thought::StoodIn(generation, error)) => {
                    let first = self.stood_in.replace(*generation).is_none();
                    self.rests_until = rest(error).map(|rest| Instant::now() + rest);
                    if !first {
                        continue;
                    }
                }
                Some(Thought::Token(generation, Token::End { .. })) => {
                    self.running.remove(generation);
                    self.stood_in = self.stood_in.filter(|stood_in| stood_in == generation);
                }
                Some(Thought::Failed(generation, _)) => {
                    self.running.remove(generation);
                }
                _ => {}
            }
            return thought;
        }
    }
}

impl Drop for Mind {
    fn drop(&mut self) {
        for task in self.running.values() {
            task.abort();
        }
    }
}

/// How long a model is left alone after it failed.
fn rest(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::TimedOut { .. } => Some(REST),
        ProviderError::Limited { retry_after, .. } => *retry_after,
        ProviderError::Refused { .. } | ProviderError::Unavailable { .. } => None,
    }
}

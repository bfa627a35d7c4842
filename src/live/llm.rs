//! The middle stage: what the AI client says next, from a language model or from authored lines.

mod asking;
#[cfg(test)]
mod failover;
mod inner;
mod notes;
mod stream;
#[cfg(test)]
mod tests;
mod understudy;
mod window;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::conversation::{Ask, Generation};
use crate::archive::inner::Inner;
use crate::calls::Subject;
use crate::disclosure::Witness;
use crate::practice::prompt::earlier;
use crate::practice::{
    Briefing, Gallery, Heard, Memory, Past, Practice, Sent, Sheet, SpokenFilter,
};
use crate::providers::ProviderError;
use crate::providers::llm::thoughts::Thoughts;
use crate::providers::llm::{LanguageModel, Prompt, Token};
use asking::{complete, heard, is_heard};
use inner::kept;
use notes::Notes;
use stream::Answering;
use understudy::{Understudy, end};
use window::Window;

/// How many thoughts may wait for the session.
const QUEUE: usize = 64;
/// How long a model that did not answer in time is not asked again, if somebody can stand in: the
/// next turn should not wait as long for nothing.
const REST: Duration = Duration::from_secs(30);

/// A piece of an answer.
#[derive(Debug)]
pub enum Thought {
    /// As the model gave it. Text is for answers that are written, and then comes by sentences.
    Token(Generation, Token),
    /// A sentence, fit to be spoken.
    Sentence(Generation, String),
    /// What moved inside the client who answers. Comes first.
    Inner(Generation, Box<Inner>),
    /// Another model answers than the first one. Comes once until that has answered again.
    Replaced(ProviderError),
    /// The first model has answered, after another or authored lines did.
    Back,
    /// The model broke off after something was said, with which the answer ends.
    BrokeOff(ProviderError),
    /// The model failed before it said anything, and authored lines answer from now on. Comes once
    /// until the model has answered again.
    StoodIn(ProviderError),
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

/// An answer under way.
struct Running {
    task: AbortHandle,
    /// Its end shows that the first model answers: no other one does, and none has failed since it
    /// was asked for.
    proves: bool,
}

/// The thinking of one session.
pub struct Mind {
    thinker: Thinker,
    seed: u64,
    witness: Witness,
    notes: Notes,
    /// What the client remembers of the session.
    past: Past,
    running: HashMap<Generation, Running>,
    /// Authored lines stood in, and the model has not recovered.
    stood_in: bool,
    /// Who failed when another model than the first one answered last, while that has not recovered.
    replaced: Option<String>,
    /// The first model has answered again, which is still to be told.
    is_back: bool,
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
            witness: Witness::default(),
            notes: Notes::default(),
            past: Past::default(),
            running: HashMap::new(),
            stood_in: false,
            replaced: None,
            is_back: false,
            rests_until: None,
            sender,
            thoughts,
        }
    }

    /// The same, with somebody who learns what leaves this machine.
    #[must_use]
    pub fn witnessed(mut self, witness: Witness) -> Self {
        self.witness = witness;
        self
    }

    /// Begins an answer. What moved inside the client and authored lines come back at once; a
    /// model's words come through [`Mind::next`].
    pub fn ask(&mut self, ask: Ask) -> Vec<Thought> {
        let (thinker, generation) = (&self.thinker, ask.generation);
        let sheet = ask.client.as_deref().and_then(|id| thinker.gallery.get(id));
        let Some(model) = thinker.model.clone() else {
            return match sheet.or_else(|| thinker.gallery.first()) {
                Some(sheet) => {
                    let memory = recall(thinker, &mut self.past, sheet, &ask, &heard(&ask.memory));
                    Understudy::of(thinker, sheet, memory, &ask, self.seed).whole()
                }
                None => vec![end(generation)],
            };
        };
        let heard = heard(&ask.memory);
        let client = sheet.map(|sheet| {
            let memory = recall(thinker, &mut self.past, sheet, &ask, &heard);
            (sheet, memory)
        });
        let understudy = client.as_ref().filter(|_| Understudy::may_answer(&ask));
        let understudy = understudy
            .map(|(sheet, memory)| Understudy::of(thinker, sheet, memory.clone(), &ask, self.seed));
        let rests = self.rests_until.is_some_and(|until| Instant::now() < until);
        if let Some(understudy) = understudy.as_ref().filter(|_| rests) {
            return understudy.whole();
        }
        self.notes.give_way();
        let window = match ask.fixed {
            false => Window::of(&ask.memory, sheet.is_some()),
            true => Window::whole(),
        };
        let fell_out = ask.memory[..window.begins].iter();
        let (older, recent) = heard.split_at(fell_out.filter(|m| is_heard(m)).count());
        let (mut prompt, pacer, inner) = match client {
            Some((sheet, memory)) => {
                let notes = &self.notes.of(older);
                let sent = Sent { recent, notes };
                let Briefing {
                    prompt,
                    pacer,
                    inner,
                } = thinker.practice.brief(sheet, &memory, sent, self.seed);
                (prompt, Some(pacer), Some(inner))
            }
            // Whoever speaks then, notes of a coaching session are not theirs.
            None => {
                let system = earlier(&self.notes.gist(older, notes::MOST));
                let prompt = Prompt {
                    system,
                    ..Prompt::default()
                };
                (prompt, None, None)
            }
        };
        complete(&mut prompt, &ask, window);
        prompt.witness = self.witness.about(Subject::Answer(generation.0));
        let answering = Answering {
            generation,
            speaks: ask.speaks,
            understudy,
            pacer,
            thoughts: Thoughts::default(),
            filter: sheet.map_or_else(SpokenFilter::default, |sheet| {
                SpokenFilter::of(&sheet.name, &sheet.pronouns)
            }),
            sender: self.sender.clone(),
        };
        let task = tokio::spawn(async move { answering.run(&*model, prompt).await });
        let task = task.abort_handle();
        let proves = true;
        self.running.insert(generation, Running { task, proves });
        let inner = inner.zip(sheet).filter(|_| !ask.fixed);
        let inner = inner.map(|(inner, sheet)| Thought::Inner(generation, kept(&inner, sheet)));
        inner.into_iter().collect()
    }

    /// Stops an answer.
    pub fn cancel(&mut self, generation: Generation) {
        if let Some(Running { task, .. }) = self.running.remove(&generation) {
            task.abort();
        }
    }

    /// The next thought of the model.
    pub async fn next(&mut self) -> Option<Thought> {
        loop {
            if std::mem::take(&mut self.is_back) {
                return Some(Thought::Back);
            }
            let thought = self.thoughts.recv().await;
            match &thought {
                Some(Thought::StoodIn(error)) => {
                    self.rests_until = rest(error).map(|rest| Instant::now() + rest);
                    self.failed();
                    if std::mem::replace(&mut self.stood_in, true) {
                        continue;
                    }
                }
                Some(Thought::Replaced(error)) => {
                    let engine = error.engine().to_owned();
                    self.failed();
                    let told = self.replaced.as_ref() == Some(&engine);
                    self.replaced = Some(engine);
                    if told {
                        continue;
                    }
                }
                Some(Thought::BrokeOff(_)) => self.failed(),
                Some(Thought::Token(generation, Token::End { .. })) => {
                    self.ended(*generation);
                    if let Some(model) = self
                        .thinker
                        .model
                        .as_ref()
                        .filter(|_| self.running.is_empty())
                    {
                        self.notes.write(model, &self.witness);
                    }
                }
                Some(Thought::Failed(generation, _)) => {
                    self.running.remove(generation);
                    self.failed();
                }
                _ => {}
            }
            return thought;
        }
    }

    /// A model failed, which answers asked for before do not make good.
    fn failed(&mut self) {
        for answer in self.running.values_mut() {
            answer.proves = false;
        }
    }

    /// An answer came to its end. One that was given up shows nothing.
    fn ended(&mut self, generation: Generation) {
        let answer = self.running.remove(&generation);
        if answer.is_some_and(|answer| answer.proves) {
            let authored = std::mem::take(&mut self.stood_in);
            self.is_back = self.replaced.take().is_some() || authored;
        }
    }
}

impl Drop for Mind {
    fn drop(&mut self) {
        for Running { task, .. } in self.running.values() {
            task.abort();
        }
    }
}

/// What the client remembers. A request's own input is not how the session went, and leaves no trace
/// in its past.
fn recall(thinker: &Thinker, past: &mut Past, sheet: &Sheet, ask: &Ask, heard: &[Heard]) -> Memory {
    match ask.fixed {
        false => thinker.practice.recall(sheet, past, heard),
        true => thinker.practice.recall(sheet, &mut Past::default(), heard),
    }
}

/// How long a model is left alone after it failed.
fn rest(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::TimedOut { .. } => Some(REST),
        ProviderError::Limited { retry_after, .. } => *retry_after,
        ProviderError::Unusable { .. }
        | ProviderError::Rejected { .. }
        | ProviderError::Unavailable { .. } => None,
        ProviderError::Several { first, then } => rest(first).min(rest(then)),
    }
}

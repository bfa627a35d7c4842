//! The middle stage: what the AI client says next, from a language model or from authored lines.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::conversation::{Ask, Generation, Memory};
use crate::practice::spoken::{SentenceSplitter, SpokenFilter};
use crate::practice::{Gallery, Heard, Practice};
use crate::providers::ProviderError;
use crate::providers::llm::{Finish, LanguageModel, Message, Prompt, Token};

/// How many thoughts may wait for the session.
const QUEUE: usize = 64;

/// A piece of an answer.
#[derive(Debug)]
pub enum Thought {
    /// As the model gave it. Text is for answers that are written.
    Token(Generation, Token),
    /// A sentence, fit to be spoken.
    Sentence(Generation, String),
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
            sender,
            thoughts,
        }
    }

    /// Begins an answer. Authored lines come back at once; a model's come through
    /// [`Mind::next`].
    pub fn ask(&mut self, ask: Ask) -> Vec<Thought> {
        let sheet = ask
            .client
            .as_deref()
            .and_then(|id| self.thinker.gallery.get(id));
        let heard = heard(&ask.memory);
        let Some(model) = self.thinker.model.clone() else {
            let Some(sheet) = sheet.or_else(|| self.thinker.gallery.first()) else {
                return vec![end(ask.generation)];
            };
            let reply = self.thinker.practice.reply(sheet, &heard, self.seed);
            return authored(
                ask.generation,
                ask.speaks,
                reply
                    .sentences
                    .into_iter()
                    .map(|sentence| (sentence.text, sentence.pause_before_ms)),
            );
        };
        let mut prompt = match sheet {
            Some(sheet) => self.thinker.practice.prompt(sheet, &heard),
            None => Prompt::default(),
        };
        complete(&mut prompt, &ask, sheet.is_some());
        let (generation, speaks, sender) = (ask.generation, ask.speaks, self.sender.clone());
        let task =
            tokio::spawn(async move { think(&*model, prompt, generation, speaks, &sender).await });
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
        let thought = self.thoughts.recv().await;
        if let Some(
            Thought::Failed(generation, _) | Thought::Token(generation, Token::End { .. }),
        ) = &thought
        {
            self.running.remove(generation);
        }
        thought
    }
}

impl Drop for Mind {
    fn drop(&mut self) {
        for task in self.running.values() {
            task.abort();
        }
    }
}

/// Streams a model's answer into thoughts.
async fn think(
    model: &dyn LanguageModel,
    prompt: Prompt,
    generation: Generation,
    speaks: bool,
    sender: &mpsc::Sender<Thought>,
) {
    let mut tokens = match model.respond(prompt).await {
        Ok(tokens) => tokens,
        Err(error) => {
            // Nobody listens any more if this fails: the session is over.
            let _ = sender.send(Thought::Failed(generation, error)).await;
            return;
        }
    };
    let (mut filter, mut splitter) = (SpokenFilter::default(), SentenceSplitter::default());
    while let Some(token) = tokens.next().await {
        let mut thoughts = Vec::new();
        match token {
            Ok(Token::Text(text)) if speaks => {
                let sentences = splitter.push(&filter.push(&text));
                // The first token's time is worth knowing before the first sentence is whole.
                thoughts.push(Thought::Token(generation, Token::Text(text)));
                thoughts.extend(
                    sentences
                        .into_iter()
                        .map(|text| Thought::Sentence(generation, text)),
                );
            }
            Ok(token @ Token::End { .. }) => {
                let rest = splitter
                    .push(&filter.finish())
                    .into_iter()
                    .chain(splitter.finish());
                if speaks {
                    thoughts.extend(rest.map(|text| Thought::Sentence(generation, text)));
                }
                thoughts.push(Thought::Token(generation, token));
            }
            Ok(token) => thoughts.push(Thought::Token(generation, token)),
            Err(error) => thoughts.push(Thought::Failed(generation, error)),
        }
        for thought in thoughts {
            if sender.send(thought).await.is_err() {
                return;
            }
        }
    }
}

/// Authored sentences as thoughts.
fn authored(
    generation: Generation,
    speaks: bool,
    sentences: impl Iterator<Item = (String, u32)>,
) -> Vec<Thought> {
    let mut thoughts = Vec::new();
    for (text, pause) in sentences {
        if speaks {
            let text = text.trim();
            let text = if pause > 0 {
                format!("[pause {pause}] {text}")
            } else {
                text.to_owned()
            };
            thoughts.push(Thought::Sentence(generation, text));
        } else {
            let shown = super::conversation::shown(&text);
            let text = if thoughts.is_empty() {
                shown
            } else {
                format!(" {}", shown.trim_start())
            };
            thoughts.push(Thought::Token(generation, Token::Text(text)));
        }
    }
    thoughts.push(end(generation));
    thoughts
}

fn end(generation: Generation) -> Thought {
    Thought::Token(
        generation,
        Token::End {
            finish: Finish::Stop,
            usage: None,
        },
    )
}

/// Adds to a prompt what the session asks for.
fn complete(prompt: &mut Prompt, ask: &Ask, has_client: bool) {
    if !ask.instructions.is_empty() {
        if !prompt.system.is_empty() {
            prompt.system.push_str("\n\n");
        }
        prompt.system.push_str(&ask.instructions);
    }
    if !has_client {
        prompt.messages = messages(&ask.memory);
    } else if ask
        .memory
        .iter()
        .any(|memory| !matches!(memory, Memory::Coach(_) | Memory::Client { .. }))
    {
        let silence = prompt
            .messages
            .pop_if(|message| matches!(message, Message::System(_)));
        prompt.messages = messages(&ask.memory);
        prompt.messages.extend(silence);
    }
    prompt.tools.clone_from(&ask.tools);
    prompt.tool_choice = ask
        .tool_choice
        .as_ref()
        .and_then(|choice| serde_json::to_value(choice).ok());
    prompt.max_tokens = ask.max_tokens.or(prompt.max_tokens);
}

fn messages(memory: &[Memory]) -> Vec<Message> {
    let of = |memory: &Memory| match memory.clone() {
        Memory::System(text) => Message::System(text),
        Memory::Coach(text) => Message::User(text),
        Memory::Client { text, .. } => Message::Assistant(text),
        Memory::Call {
            call_id,
            name,
            arguments,
        } => Message::Call {
            call_id,
            name,
            arguments,
        },
        Memory::CallOutput { call_id, output } => Message::CallOutput { call_id, output },
    };
    memory.iter().map(of).collect()
}

fn heard(memory: &[Memory]) -> Vec<Heard> {
    let of = |memory: &Memory| match memory {
        Memory::Coach(text) => Some(Heard::Coach(text.clone())),
        Memory::Client { text, .. } => Some(Heard::Client(text.clone())),
        _ => None,
    };
    memory.iter().filter_map(of).collect()
}

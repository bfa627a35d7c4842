//! Authored lines as an answer: of a client without a language model, and where the model fails.

use std::sync::Arc;

use signaling::event::session::{ToolChoice, ToolMode};

use super::super::conversation::{Ask, Generation, shown};
use super::inner::kept;
use super::{Thinker, Thought};
use crate::practice::{Gallery, Memory, Practice, Reply, Sheet};
use crate::providers::llm::{Finish, Token};

/// Stands in for a model in one answer.
pub(super) struct Understudy {
    practice: Arc<Practice>,
    gallery: Arc<Gallery>,
    client: String,
    memory: Memory,
    seed: u64,
    generation: Generation,
    speaks: bool,
    fixed: bool,
}

impl Understudy {
    /// Whoever can speak for this client.
    pub(super) fn of(
        thinker: &Thinker,
        sheet: &Sheet,
        memory: Memory,
        ask: &Ask,
        seed: u64,
    ) -> Self {
        Self {
            practice: thinker.practice.clone(),
            gallery: thinker.gallery.clone(),
            client: sheet.id.clone(),
            memory,
            seed,
            generation: ask.generation,
            speaks: ask.speaks,
            fixed: ask.fixed,
        }
    }

    /// Whether authored lines may take the place of a model's answer. They cannot call a function,
    /// and they know the session alone, not an input of the request's own.
    pub(super) fn may_answer(ask: &Ask) -> bool {
        let calls = |choice: &ToolChoice| *choice != ToolChoice::Mode(ToolMode::None);
        !ask.fixed && !ask.tool_choice.as_ref().is_some_and(calls)
    }

    /// The whole answer, and what moved inside the client before it.
    pub(super) fn whole(&self) -> Vec<Thought> {
        let Some(sheet) = self.gallery.get(&self.client) else {
            return vec![end(self.generation)];
        };
        let reply = self.practice.reply(sheet, &self.memory, self.seed);
        // A request's own input is not how the session went.
        let inner = (!self.fixed).then(|| kept(&reply.inner, sheet));
        let inner = inner.map(|inner| Thought::Inner(self.generation, inner));
        let spoken = self.spoken(reply).into_iter();
        let ended = [end(self.generation)];
        inner.into_iter().chain(spoken).chain(ended).collect()
    }

    /// The answer alone.
    pub(super) fn answer(&self) -> Vec<Thought> {
        let sheet = self.gallery.get(&self.client);
        let reply = sheet.map(|sheet| self.practice.reply(sheet, &self.memory, self.seed));
        let mut thoughts = reply.map_or_else(Vec::new, |reply| self.spoken(reply));
        thoughts.push(end(self.generation));
        thoughts
    }

    /// What follows a silence that stands where an answer would; nothing where none was asked for.
    pub(super) fn musing(&self) -> Vec<Thought> {
        let sheet = self.gallery.get(&self.client);
        let musing = sheet.map(|sheet| self.practice.muse(sheet, &self.memory, self.seed));
        musing.map_or_else(Vec::new, |musing| self.spoken(musing))
    }

    fn spoken(&self, reply: Reply) -> Vec<Thought> {
        let mut thoughts = Vec::new();
        for sentence in reply.sentences {
            thoughts.push(if self.speaks {
                let text = sentence.text.trim();
                let text = match sentence.pause_before_ms {
                    0 => text.to_owned(),
                    pause => format!("[pause {pause}] {text}"),
                };
                Thought::Sentence(self.generation, text)
            } else {
                let shown = shown(&sentence.text);
                let text = match thoughts.is_empty() {
                    true => shown.trim().to_owned(),
                    false => format!(" {}", shown.trim()),
                };
                Thought::Token(self.generation, Token::Text(text))
            });
        }
        thoughts
    }
}

/// The end of an answer that is complete.
pub(super) fn end(generation: Generation) -> Thought {
    let finish = Finish::Stop;
    let usage = None;
    Thought::Token(generation, Token::End { finish, usage })
}

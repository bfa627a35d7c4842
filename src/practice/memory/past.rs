//! What a client remembers, kept from answer to answer: only what is new is understood.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::super::Heard;
use super::super::moves::{Context, Move, Understood};
use super::super::recognise::Recogniser;
use super::super::sheet::{Line, Sheet};
use super::Memory;
use super::client::Openings;

/// Turns that can be taken back without remembering all from the beginning: what was truncated or
/// corrected is nearly always one of the last.
pub(super) const KEPT: usize = 3;

/// Bytes of a turn that are understood at most: about ten minutes of speech.
const LONGEST: usize = 8000;

/// What is kept of one session. Of use for speed alone: what is remembered is a function of what
/// was heard, with whatever past.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The last turns of the coach, each as the client remembered the session before it.
    pub(super) befores: Vec<Before>,
    last: Option<Last>,
    /// How many utterances have been understood.
    #[cfg(test)]
    pub(super) understood: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Before {
    /// How much of the session had been heard.
    heard: usize,
    print: u64,
    memory: Memory,
}

/// What was understood last.
#[derive(Clone, Debug)]
struct Last {
    text: String,
    client: Arc<str>,
    context: Context,
    understood: Understood,
}

/// What all sessions share.
pub(in super::super) struct Minds<'a> {
    pub(in super::super) recogniser: &'a Recogniser,
    pub(in super::super) shared: &'a [Line],
}

impl Past {
    /// What the client remembers of all that was heard.
    pub(in super::super) fn recall(
        &mut self,
        minds: &Minds<'_>,
        sheet: &Sheet,
        history: &[Heard],
    ) -> Memory {
        let prints = prints(sheet, history);
        let same = |before: &Before| prints.get(before.heard) == Some(&before.print);
        self.befores.retain(same);
        let (mut at, mut memory) = match self.befores.last() {
            Some(before) => (before.heard, before.memory.clone()),
            None => (0, Memory::new(sheet)),
        };
        let lines = Openings::of(sheet.lines.iter().chain(minds.shared));
        while let Some(heard) = history.get(at) {
            match heard {
                Heard::Client { text, cut } => memory.client(text, *cut, &lines),
                Heard::Silence(silence) => memory.silence(*silence, sheet),
                Heard::Coach(_) => {
                    self.keep(at, prints[at], &memory);
                    // What the coach says in several breaths, the client hears as one.
                    let mut breaths: Vec<&str> = Vec::new();
                    let turn = &history[at..];
                    let end = turn.iter().position(|h| matches!(h, Heard::Client { .. }));
                    let turn = &turn[..end.unwrap_or(turn.len())];
                    for heard in turn {
                        match heard {
                            Heard::Silence(silence) => memory.silence(*silence, sheet),
                            Heard::Coach(text) | Heard::Client { text, .. } => breaths.push(text),
                        }
                    }
                    let text = latest(breaths.join(" "));
                    let understood = self.understand(minds, &memory, &text);
                    if understood.kind != Move::Repeat {
                        memory.coach_words = text.into();
                    }
                    memory.coach(understood, sheet);
                    at += turn.len();
                    continue;
                }
            }
            at += 1;
        }
        let spoken = history.iter().rfind(|h| !matches!(h, Heard::Silence(_)));
        if matches!(spoken, Some(Heard::Client { .. }) | None) {
            memory.coach = None;
        }
        memory
    }

    fn keep(&mut self, heard: usize, print: u64, memory: &Memory) {
        if self.befores.last().is_none_or(|last| last.heard < heard) {
            if self.befores.len() == KEPT {
                self.befores.remove(0);
            }
            let memory = memory.clone();
            self.befores.push(Before {
                heard,
                print,
                memory,
            });
        }
    }

    fn understand(&mut self, minds: &Minds<'_>, memory: &Memory, text: &str) -> Understood {
        let (client, context) = (&memory.last_words, &memory.context);
        let again = self
            .last
            .as_ref()
            .filter(|last| last.text == text && last.client == *client && last.context == *context);
        if let Some(last) = again {
            return last.understood.clone();
        }
        #[cfg(test)]
        {
            self.understood += 1;
        }
        let understood = minds.recogniser.understand(text, client, context);
        self.last = Some(Last {
            text: text.to_owned(),
            client: client.clone(),
            context: context.clone(),
            understood: understood.clone(),
        });
        understood
    }
}

/// The end of a turn that is longer than anybody listens: what it leads to stands there.
fn latest(mut text: String) -> String {
    let over = text.len().saturating_sub(LONGEST);
    if over > 0 {
        let begins = text[text.ceil_char_boundary(over)..].find(char::is_whitespace);
        text.drain(..text.ceil_char_boundary(over) + begins.unwrap_or(0));
    }
    text
}

/// A print of what was heard up to each point.
fn prints(sheet: &Sheet, history: &[Heard]) -> Vec<u64> {
    let mut hasher = DefaultHasher::new();
    sheet.id.hash(&mut hasher);
    let mut prints = Vec::with_capacity(history.len() + 1);
    prints.push(hasher.finish());
    for heard in history {
        heard.hash(&mut hasher);
        prints.push(hasher.finish());
    }
    prints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_turn_without_end_the_last_words_are_heard() {
        assert_eq!(latest("Why is that?".to_owned()), "Why is that?");
        let long = latest(format!("{}Why is that?", "Jürgen war müde. ".repeat(900)));
        assert!(long.len() <= LONGEST && long.ends_with("müde. Why is that?"));
        assert!(long.starts_with(' '), "words stay whole");
        assert_eq!(latest("ü".repeat(LONGEST)).len(), LONGEST);
    }
}

//! The notes that a client keeps of a long session, in place of words that no longer fit.
//!
//! Without any, a gist of the words themselves has to do. With a language model, it is asked for
//! notes after an answer, while the voice still speaks; they are used from the next answer on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use tokio::task::JoinHandle;

use crate::calls::Subject;
use crate::disclosure::Witness;
use crate::practice::{Heard, SpokenFilter, gist};
use crate::providers::llm::thoughts::Thoughts;
use crate::providers::llm::{LanguageModel, Message, Prompt, Token};

/// Most characters of notes in a prompt.
pub(super) const MOST: usize = 1_600;
/// Of those, what the words since the notes were written may take.
const SINCE: usize = 500;
/// Longest answer when a model is asked for notes, in tokens.
const MOST_TOKENS: u32 = 260;
/// Most characters of words that a model is asked to put into notes.
const MOST_WORDS: usize = 12_000;

const ASKED: &str = "You keep the notes of somebody who is being coached, so that they remember \
    what was said. Write to them, in the second person, in at most 150 words: what they told, what the coach \
    asked and said back, what was agreed, names and numbers. Only what was said; nothing new, no advice, no \
    judgement, no headings and no lists.";

/// The notes of one session.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kept: Option<Kept>,
    /// What should be in notes once there is time for it.
    due: Option<Due>,
    /// The last gist, and the print of its words: they stay the same for many answers.
    gist: (u64, String),
    writing: Option<JoinHandle<Option<Kept>>>,
}

/// Notes, and what is in them.
#[derive(Debug)]
struct Kept {
    count: usize,
    print: u64,
    text: String,
}

/// Words that are in no notes yet.
#[derive(Debug)]
struct Due {
    words: Vec<Heard>,
    /// How many there are with those that are in notes already.
    count: usize,
    print: u64,
}

impl Notes {
    /// What the client remembers of words that are not sent any more.
    pub(super) fn of(&mut self, older: &[Heard]) -> String {
        self.take_written();
        // What was corrected or deleted since is not remembered by old notes.
        self.kept.take_if(|kept| {
            let words = older.get(..kept.count);
            words.is_none_or(|words| print(words) != kept.print)
        });
        let since = &older[self.kept.as_ref().map_or(0, |kept| kept.count)..];
        self.due = (!since.is_empty()).then(|| Due {
            words: since.to_vec(),
            count: older.len(),
            print: print(older),
        });
        let most = if self.kept.is_some() { SINCE } else { MOST };
        let gist = self.gist(since, most);
        match &self.kept {
            None => gist,
            Some(kept) => format!("{}\n{gist}", kept.text).trim_end().to_owned(),
        }
    }

    /// What says most of words that are not sent any more, where nobody keeps notes.
    pub(super) fn gist(&mut self, older: &[Heard], most: usize) -> String {
        let print = print(older) ^ most as u64;
        if self.gist.0 != print {
            self.gist = (print, gist(older, most));
        }
        self.gist.1.clone()
    }

    /// There is time: asks the model for notes of what is not in any yet.
    pub(super) fn write(&mut self, model: &Arc<dyn LanguageModel>, witness: &Witness) {
        if self.writing.is_some() {
            return;
        }
        let Some(due) = self.due.take() else { return };
        let prompt = Prompt {
            witness: witness.about(Subject::Notes),
            ..asked(self.kept.as_ref(), &due.words)
        };
        let model = model.clone();
        self.writing = Some(tokio::spawn(
            async move { written(&*model, prompt, due).await },
        ));
    }

    /// The model is needed for an answer: notes that are being written are given up.
    pub(super) fn give_way(&mut self) {
        self.take_written();
        if let Some(writing) = self.writing.take() {
            writing.abort();
        }
    }

    fn take_written(&mut self) {
        let written = self.writing.as_mut().and_then(FutureExt::now_or_never);
        if let Some(written) = written {
            self.writing = None;
            self.kept = written.ok().flatten().or(self.kept.take());
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        if let Some(writing) = &self.writing {
            writing.abort();
        }
    }
}

/// What a model is asked: notes of what was said, going on from the notes so far.
fn asked(before: Option<&Kept>, since: &[Heard]) -> Prompt {
    let mut said = String::new();
    if let Some(before) = before {
        said = format!(
            "The notes so far:\n{}\n\nWhat was said since:\n",
            before.text
        );
    }
    let lines: Vec<String> = since
        .iter()
        .filter_map(|heard| match heard {
            Heard::Coach(text) => Some(format!("Coach: {text}")),
            Heard::Client { text, .. } => Some(format!("They: {text}")),
            Heard::Silence(_) => None,
        })
        .collect();
    let lines = lines.join("\n");
    let first = lines.chars().count().saturating_sub(MOST_WORDS);
    said.extend(lines.chars().skip(first));
    Prompt {
        system: ASKED.to_owned(),
        messages: vec![Message::User(said)],
        max_tokens: Some(MOST_TOKENS),
        ..Prompt::default()
    }
}

async fn written(model: &dyn LanguageModel, prompt: Prompt, due: Due) -> Option<Kept> {
    let mut tokens = model.respond(prompt).await.ok()?;
    let (mut thoughts, mut filter) = (Thoughts::default(), SpokenFilter::default());
    let mut text = String::new();
    loop {
        match tokens.next().await?.ok()? {
            Token::Text(piece) => text.push_str(&filter.push(&thoughts.pass(&piece))),
            Token::End { .. } => break,
            Token::StoodIn { .. } | Token::Call { .. } | Token::Arguments { .. } => {}
        }
    }
    text.push_str(&filter.push(&thoughts.end()));
    text.push_str(&filter.finish());
    let text: String = text.trim().chars().take(MOST - SINCE - 1).collect();
    (!text.is_empty()).then_some(Kept {
        count: due.count,
        print: due.print,
        text,
    })
}

fn print(words: &[Heard]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

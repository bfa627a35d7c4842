//! Coaches by script, and talks with a client for tests to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::sheet::{Sheet, Slot};
use super::{Gallery, Heard, Memory, Past, Practice, Reply, Sent};

pub(super) const GOOD: &[&str] = &[
    "what brings you here today",
    "it sounds like that has been on your mind for a while",
    "what would you like to take away from our session today",
    "how will you know that this conversation was a success",
    "what makes this important to you right now",
    "so this really matters to you",
    "how do you feel about that",
    "i hear some sadness in what you say",
    "what do you notice in your body as you say that",
    "take your time",
    "what is in the way",
    "so part of you wants it and part of you holds back",
    "what do you value most in all of this",
    "how do you see yourself in this",
    "what do the people around you think",
    "let me summarize what i have heard so far and please correct me",
    "tell me more about that",
    "when was a time when you handled something similar",
    "i appreciate how honest you are with yourself",
    "what could you do about it",
    "imagine it is a year from now what do you see",
    "it seems like something is shifting for you",
    "what would support you",
    "what will you do next",
    "how will you keep yourself accountable",
    "what are you learning about yourself",
];
pub(super) const TELLING: &[&str] = &[
    "you should talk to your boss about this",
    "if i were you i would make a plan and stick to it",
    "in my experience most people have this problem and it goes away after a while when they get used to it",
    "you need to be more confident",
    "have you tried writing it down",
    "you just have to say no to them",
    "what do you think about that",
    "there is a model by a professor that explains how people in organizations react to this kind of thing",
];
pub(super) const CLOSED: &[&str] = &[
    "do you like your job",
    "is it about your boss",
    "have you told them",
    "are you angry",
    "did you ask for help",
    "can you change it",
    "will you do it this week",
    "is there someone who can support you",
];
pub(super) const INTERRUPTING: &[&str] = &[
    "what is the goal",
    "okay and how do you feel about it",
    "right what is in the way",
    "sure what will you do next",
];

struct Session {
    history: Vec<Heard>,
    replies: Vec<Reply>,
    /// Level that the state allowed at each reply.
    levels: Vec<u8>,
}

impl Session {
    fn held(
        sheet: &Sheet,
        seed: u64,
        turns: usize,
        coach: impl Fn(usize) -> Option<String>,
        hear: impl Fn(&str) -> Heard,
    ) -> Self {
        let (practice, mut past) = (practice(), Past::default());
        let mut session = Self {
            history: Vec::new(),
            replies: Vec::new(),
            levels: Vec::new(),
        };
        for turn in 0..turns {
            session.history.extend(coach(turn).map(Heard::Coach));
            let memory = practice.recall(sheet, &mut past, &session.history);
            let reply = practice.reply(sheet, &memory, seed);
            session.levels.push(reply.state.level());
            session.history.push(hear(&reply.text()));
            session.replies.push(reply);
        }
        session
    }

    fn scripted(sheet: &Sheet, seed: u64, turns: usize, script: &[&str]) -> Self {
        Self::held(
            sheet,
            seed,
            turns,
            |t| Some(script[t % script.len()].to_owned()),
            Heard::client,
        )
    }

    fn deepest(&self, sheet: &Sheet) -> u8 {
        let levels: BTreeMap<&str, u8> = sheet.lines.iter().map(|l| (&*l.id, l.level)).collect();
        self.replies
            .iter()
            .flat_map(|r| &r.line_ids)
            .filter_map(|id| levels.get(id.as_str()))
            .max()
            .copied()
            .unwrap_or(0)
    }

    /// The fewest client turns between two times of the same whole answer.
    fn nearest_repeat(&self) -> usize {
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        let mut nearest = usize::MAX;
        for (turn, reply) in self.replies.iter().enumerate() {
            if let Some(before) = last.insert(reply.text(), turn) {
                nearest = nearest.min(turn - before);
            }
        }
        nearest
    }

    fn check(&self, sheet: &Sheet, what: &str) {
        let levels: BTreeMap<&str, (u8, Slot)> = sheet
            .lines
            .iter()
            .map(|l| (&*l.id, (l.level, l.slot)))
            .collect();
        let mut told = BTreeSet::new();
        for (turn, reply) in self.replies.iter().enumerate() {
            assert!(
                !reply.text().trim().is_empty(),
                "{} {what} {turn}: says nothing",
                sheet.id
            );
            for id in &reply.line_ids {
                let Some((level, slot)) = levels.get(id.as_str()) else {
                    continue;
                };
                assert!(
                    *level <= self.levels[turn],
                    "{} {what} {turn}: {id} leaks",
                    sheet.id
                );
                if matches!(slot, Slot::Topic(_)) {
                    assert!(
                        told.insert(id.clone()),
                        "{} {what} {turn}: {id} told twice",
                        sheet.id
                    );
                }
            }
        }
    }
}

pub(super) fn practice() -> &'static Practice {
    static PRACTICE: OnceLock<Practice> = OnceLock::new();
    PRACTICE.get_or_init(|| Practice::load().unwrap())
}

/// The answers to what the coach says, one after the other.
pub(super) fn talk(sheet: &Sheet, seed: u64, coach: &[&str]) -> Vec<Reply> {
    Session::scripted(sheet, seed, coach.len(), coach).replies
}

/// The answer to the last thing that the coach says.
pub(super) fn last(sheet: &Sheet, seed: u64, coach: &[&str]) -> Reply {
    talk(sheet, seed, coach).pop().unwrap()
}

/// What the client remembers, all of it understood anew.
pub(super) fn remembered(sheet: &Sheet, history: &[Heard]) -> Memory {
    practice().recall(sheet, &mut Past::default(), history)
}

/// What the client says next, all of the session understood anew.
pub(super) fn reply(sheet: &Sheet, history: &[Heard], seed: u64) -> Reply {
    practice().reply(sheet, &remembered(sheet, history), seed)
}

pub(super) fn gallery() -> &'static Gallery {
    static GALLERY: OnceLock<Gallery> = OnceLock::new();
    GALLERY.get_or_init(|| Gallery::load(None).unwrap())
}

mod tests;

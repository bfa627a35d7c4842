//! The client as an instrument: scripted coaches hold whole sessions with every client.

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

fn everyone(test: impl Fn(&Sheet, u64)) {
    for sheet in gallery().sheets() {
        test(sheet, 3);
    }
}

#[test]
fn good_coach_reaches_the_depth_and_telling_coach_does_not() {
    everyone(|sheet, seed| {
        let good = Session::scripted(sheet, seed, 60, GOOD);
        let telling = Session::scripted(sheet, seed, 60, TELLING);
        let closed = Session::scripted(sheet, seed, 60, CLOSED);
        let depth = [
            good.deepest(sheet),
            telling.deepest(sheet),
            closed.deepest(sheet),
        ];
        println!(
            "{} seed {seed}: deepest level good {} telling {} closed {}",
            sheet.id, depth[0], depth[1], depth[2]
        );
        assert!(
            depth[0] >= 3 && depth[1] <= 1 && depth[2] <= 2,
            "{} {depth:?}",
            sheet.id
        );
        good.check(sheet, "good");
        telling.check(sheet, "telling");
        closed.check(sheet, "closed");
    });
}

#[test]
fn disclosure_goes_level_by_level() {
    everyone(|sheet, seed| {
        let good = Session::scripted(sheet, seed, 60, GOOD);
        let levels: BTreeMap<&str, u8> = sheet.lines.iter().map(|l| (&*l.id, l.level)).collect();
        let mut deepest = 0;
        let mut first = BTreeMap::new();
        for (turn, reply) in good.replies.iter().enumerate() {
            for id in &reply.line_ids {
                let level = levels.get(id.as_str()).copied().unwrap_or(1);
                assert!(
                    level <= deepest + 1,
                    "{} {turn}: {id} passes over a level",
                    sheet.id
                );
                first.entry(level).or_insert(turn);
            }
            let now = reply
                .line_ids
                .iter()
                .filter_map(|id| levels.get(id.as_str()))
                .max()
                .copied()
                .unwrap_or(0);
            deepest = deepest.max(now);
        }
        println!(
            "{} seed {seed}: first turn of each level {first:?}",
            sheet.id
        );
        assert!(first.get(&3).is_none_or(|t| *t >= 8), "{}: flips", sheet.id);
    });
}

#[test]
fn an_hour_of_anything_neither_runs_dry_nor_loops() {
    everyone(|sheet, seed| {
        let mut nearest = Vec::new();
        for (name, script) in [
            ("good", GOOD),
            ("telling", TELLING),
            ("closed", CLOSED),
            ("mm", &["mm hmm"][..]),
            ("same", &["what else"][..]),
        ] {
            let session = Session::scripted(sheet, seed, 60, script);
            session.check(sheet, name);
            nearest.push((name, session.nearest_repeat()));
        }
        for (name, turns) in &nearest {
            assert!(
                *turns >= 8,
                "{} {name}: the same answer after {turns} turns",
                sheet.id
            );
        }
    });
}

#[test]
fn idle_coach_is_waited_for_and_asked() {
    everyone(|sheet, seed| {
        let idle = Session::held(sheet, seed, 30, |_| None, Heard::client);
        idle.check(sheet, "idle");
        assert!(idle.nearest_repeat() >= 6, "{}", sheet.id);
        assert_eq!(idle.deepest(sheet), 1);
    });
}

#[test]
fn interrupting_costs_trust_and_what_was_cut_is_not_lost() {
    everyone(|sheet, seed| {
        let coach = |t: usize| Some(INTERRUPTING[t % INTERRUPTING.len()].to_owned());
        let half = |text: &str| {
            let words: Vec<&str> = text.split(' ').take(3).collect();
            Heard::cut(&words.join(" "))
        };
        let cut = Session::held(sheet, seed, 20, coach, half);
        let whole = Session::held(sheet, seed, 20, coach, Heard::client);
        let trust = |s: &Session| s.replies.last().unwrap().state.trust;
        assert!(trust(&cut) < trust(&whole), "{}", sheet.id);
        assert!(cut.deepest(sheet) <= whole.deepest(sheet));
    });
}

#[test]
fn same_history_and_seed_same_words() {
    everyone(|sheet, seed| {
        let (a, b) = (
            Session::scripted(sheet, seed, 30, GOOD),
            Session::scripted(sheet, seed, 30, GOOD),
        );
        assert_eq!(a.history, b.history);
        assert!(a.replies.iter().any(|r| !r.steps.is_empty()));
    });
}

#[test]
fn sample() {
    for sheet in gallery().sheets() {
        let session = Session::scripted(sheet, 1, 26, GOOD);
        println!("\n== {} ==", sheet.name);
        let mut replies = session.replies.iter();
        for heard in &session.history {
            match heard {
                Heard::Coach(text) => println!("Coach:  {text}"),
                Heard::Silence(silence) => println!("        {silence:?}"),
                Heard::Client { text, .. } => {
                    let reply = replies.next().unwrap();
                    println!(
                        "{}: {text}\n        {:?} level {} {:?}",
                        sheet.name,
                        reply.heard_as,
                        reply.state.level(),
                        reply.line_ids
                    );
                }
            }
        }
        assert!(replies.next().is_none());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 48, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_history_has_an_answer(turns in proptest::collection::vec((0..3, "\\PC{0,60}"), 0..12), seed: u64) {
        let (practice, gallery) = (practice(), gallery());
        let history: Vec<Heard> = turns.into_iter().map(|(who, text)| if who == 0 { Heard::Coach(text) } else { Heard::Client { text, cut: who == 1 } }).collect();
        for sheet in gallery.sheets() {
            let memory = remembered(sheet, &history);
            proptest::prop_assert!(!practice.reply(sheet, &memory, seed).sentences.is_empty());
            let (recent, notes) = (&*history, "");
            practice.brief(sheet, &memory, Sent { recent, notes }, seed);
        }
    }
}

//! Scripted coaches hold whole sessions with every AI client, in simulated time: the state machine,
//! the speaker and the clients' minds together.

use std::sync::{Arc, OnceLock};

use signaling::event::session::Modality;
use signaling::link::Carrier::WebRtc;

use super::sim::{Sim, prompt};
use crate::archive::event::{Entry, Event, Outcome, Silence, Speaker};
use crate::archive::inner::Inner;
use crate::live::conversation::Cast;
use crate::live::llm::{Mind, Thinker};
use crate::practice::{Gallery, Practice, Sheet};

/// How a coach takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coach {
    /// Reflects, asks openly, waits.
    Good,
    /// Advises and explains.
    Telling,
    /// Asks for yes and no.
    Closed,
    /// Asks well, but never lets the client finish.
    Interrupting,
    /// Asks once, and then says nothing.
    Silent,
}

const COACHES: [Coach; 5] = [
    Coach::Good,
    Coach::Telling,
    Coach::Closed,
    Coach::Interrupting,
    Coach::Silent,
];

const GOOD: &[&str] = &[
    "what brings you here today",
    "it sounds like that has been on your mind for a while",
    "what would you like to take away from our session today",
    "what makes this important to you right now",
    "so this really matters to you",
    "how do you feel about that",
    "i hear some sadness in what you say",
    "what is in the way",
    "so part of you wants it and part of you holds back",
    "what do you value most in all of this",
    "how do you see yourself in this",
    "it seems like something is shifting for you",
    "what do the people around you think",
    "tell me more about that",
    "what could you do about it",
    "what are you learning about yourself",
];
const TELLING: &[&str] = &[
    "you should talk to your boss about this",
    "if i were you i would make a plan and stick to it",
    "you need to be more confident",
    "you just have to say no to them",
];
const CLOSED: &[&str] = &[
    "do you like your job",
    "have you told them",
    "are you angry",
    "can you change it",
];

impl Coach {
    fn says(self, turn: usize) -> Option<&'static str> {
        let script = match self {
            Self::Good | Self::Interrupting => GOOD,
            Self::Telling => TELLING,
            Self::Closed => CLOSED,
            Self::Silent => return (turn == 0).then_some(GOOD[0]),
        };
        Some(script[turn % script.len()])
    }

    /// How long after the client's last word the coach speaks.
    const fn waits_ms(self) -> u64 {
        match self {
            Self::Good => 3500,
            _ => 900,
        }
    }
}

/// What a session was.
struct Session {
    entries: Vec<Entry>,
}

impl Session {
    /// `turns` turns of a coach with a client.
    fn held(sheet: &Sheet, coach: Coach, turns: usize) -> Self {
        static MINDS: OnceLock<(Arc<Practice>, Arc<Gallery>)> = OnceLock::new();
        let (practice, gallery) = MINDS.get_or_init(|| {
            let practice = Practice::load().unwrap();
            (Arc::new(practice), Arc::new(gallery().clone()))
        });
        let thinker = Thinker {
            practice: practice.clone(),
            gallery: gallery.clone(),
            model: None,
        };
        let id = sheet.id.clone();
        let mut sim = Sim::with_cast(WebRtc, cast(), |session| {
            session.prompt = Some(prompt(&id));
            session.output_modalities = Modality::Audio;
        });
        sim.mind = Some(Mind::new(thinker, 7));
        let mut now = 1000;
        for turn in 0..turns {
            let Some(words) = coach.says(turn) else {
                sim.run(now + 20_000);
                now += 20_000;
                continue;
            };
            let length = words.split(' ').count() as u64 * 250;
            sim.say(now, length, words);
            now += length;
            now = match coach {
                Coach::Interrupting => interrupts_at(&mut sim, now),
                _ => ends_at(&mut sim, now) + coach.waits_ms(),
            };
        }
        sim.run(now);
        let entries = sim.records().cloned().collect();
        Self { entries }
    }

    fn inner(&self) -> Vec<&Inner> {
        let inner = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Inner { inner, .. } => Some(inner),
            _ => None,
        });
        inner.collect()
    }

    fn silences(&self, outcome: Outcome) -> usize {
        let is = |entry: &&Entry| matches!(&entry.event, Event::Silence(Silence { outcome: is, .. }) if *is == outcome);
        self.entries.iter().filter(is).count()
    }

    /// The deepest level of the lines that were heard to their end.
    fn deepest(&self, sheet: &Sheet) -> u8 {
        let heard: Vec<&str> = self.heard().map(|(_, text)| text).collect();
        let told = sheet.lines.iter().filter(|line| {
            let text = super::super::shown(&line.text);
            heard.iter().any(|heard| heard.contains(text.trim()))
        });
        told.map(|line| line.level).max().unwrap_or(0)
    }

    /// What was heard of the client, with the level that was open when it was asked.
    fn heard(&self) -> impl Iterator<Item = (u8, &str)> {
        let mut level = 1;
        self.entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::Inner { inner, .. } => {
                    level = inner.level;
                    None
                }
                Event::Said(said) if said.speaker == Speaker::Client => Some((level, &*said.text)),
                _ => None,
            })
    }

    fn check(&self, sheet: &Sheet, coach: Coach) {
        let what = format!("{} with a {coach:?} coach", sheet.id);
        let inner = self.inner();
        let mut level = 1;
        let mut state = sheet.start;
        for inner in &inner {
            assert!(inner.level <= level + 1, "{what}: passes over a level");
            level = level.max(inner.level);
            // Small steps: nobody flips, and each is written down.
            assert!(
                (inner.state.resistance - state.resistance).abs() <= 12,
                "{what}"
            );
            assert!((inner.state.trust - state.trust).abs() <= 12, "{what}");
            assert!(inner.steps.iter().all(|step| step.by.abs() <= 6), "{what}");
            assert!(
                inner.steps.iter().all(|step| !step.cause.is_empty()),
                "{what}"
            );
            state.trust = inner.state.trust;
            state.resistance = inner.state.resistance;
        }
        for (level, text) in self.heard() {
            let words = normal(text);
            for fact in sheet.facts.iter().filter(|fact| fact.level > level) {
                for secret in &fact.words {
                    let secret = normal(secret);
                    assert!(!words.contains(&secret), "{what}: {secret}: {text}");
                }
            }
        }
    }
}

/// Lower case, words set off by single spaces.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let words: Vec<String> = words
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    format!(" {} ", words.join(" "))
}

/// When the client has said all.
fn ends_at(sim: &mut Sim, from: u64) -> u64 {
    let mut now = from;
    let mut began = false;
    while now < from + 90_000 {
        now += 100;
        sim.run(now);
        let sounds = sim.machine.client_sounds();
        if began && !sounds && !sim.machine.client_has_the_floor() {
            return now;
        }
        began |= sounds;
    }
    panic!("the client says nothing, or without end, at {now}");
}

/// Soon after the client has begun to speak.
fn interrupts_at(sim: &mut Sim, from: u64) -> u64 {
    let mut now = from;
    while now < from + 30_000 {
        now += 100;
        sim.run(now);
        if sim.machine.client_sounds() {
            return now + 1700;
        }
    }
    panic!("the client says nothing at {now}");
}

fn gallery() -> &'static Gallery {
    static GALLERY: OnceLock<Gallery> = OnceLock::new();
    GALLERY.get_or_init(|| Gallery::load(None).unwrap())
}

fn cast() -> Cast {
    let sheets = gallery().sheets().iter();
    sheets
        .map(|sheet| (sheet.id.clone(), crate::live::traits(sheet)))
        .collect()
}

#[test]
fn whoever_listens_gets_further_and_nothing_locked_is_heard() {
    for sheet in gallery().sheets() {
        let sessions = COACHES.map(|coach| (coach, Session::held(sheet, coach, 24)));
        let mut reached = Vec::new();
        for (coach, session) in &sessions {
            session.check(sheet, *coach);
            let last = session.inner().last().map(|inner| inner.state).unwrap();
            let open = last.trust + last.openness - last.resistance;
            let held = session.silences(Outcome::Held);
            let broken = session.silences(Outcome::Broken);
            let deepest = session.deepest(sheet);
            println!(
                "{} {coach:?}: level {deepest}, open {open}, silences held {held}, broken {broken}",
                sheet.id
            );
            reached.push((deepest, open, held, broken));
        }
        let [good, telling, closed, interrupting, silent] = reached[..] else {
            panic!()
        };
        assert!(
            good.0 >= 3 && good.0 > telling.0 && good.0 > closed.0,
            "{}",
            sheet.id
        );
        assert!(good.0 > interrupting.0 && good.0 > silent.0, "{}", sheet.id);
        assert!(
            telling.0 <= 1 && silent.0 <= 1 && closed.0 <= 2,
            "{}",
            sheet.id
        );
        assert!(
            good.1 > interrupting.1 && interrupting.1 > telling.1,
            "{}",
            sheet.id
        );
        assert!(good.2 >= 10 && good.3 == 0, "{}: {good:?}", sheet.id);
        assert_eq!(telling.3, 0, "{}", sheet.id);
    }
}

#[test]
fn the_same_seed_gives_the_same_session() {
    let sheet = gallery().first().unwrap();
    let one = Session::held(sheet, Coach::Good, 8);
    assert_eq!(one.entries, Session::held(sheet, Coach::Good, 8).entries);
}

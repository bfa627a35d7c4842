//! A model that says everything it is told, with every scripted coach: nothing locked is in what it
//! is told, so nothing locked is said, and what it says is disclosed in order.

use super::scripted::{CLOSED, GOOD, INTERRUPTING, TELLING, gallery, practice};
use super::sheet::{Fact, Sheet};
use super::words::tokens;
use super::{Heard, Past, Sent, Silence, SpokenFilter, gist};
use crate::providers::llm::{Message, Prompt};

/// How many messages such a model is sent at least, and how many characters of notes on those before.
const RECENT: usize = 12;
const NOTES: usize = 1_600;

/// How a session with such a model went.
struct Leaked {
    /// The deepest level of anything it was told, after each turn.
    depths: Vec<u8>,
    trust: i16,
    resistance: Vec<i16>,
}

/// What the coach does in a turn, after the client has spoken.
type Coach = fn(turn: usize, said: &mut String) -> (Option<Silence>, Option<&'static str>);

fn good(turn: usize, _: &mut String) -> (Option<Silence>, Option<&'static str>) {
    (Some(Silence::Held), Some(GOOD[turn % GOOD.len()]))
}

fn telling(turn: usize, _: &mut String) -> (Option<Silence>, Option<&'static str>) {
    (None, Some(TELLING[turn % TELLING.len()]))
}

fn closed(turn: usize, _: &mut String) -> (Option<Silence>, Option<&'static str>) {
    (None, Some(CLOSED[turn % CLOSED.len()]))
}

fn interrupting(turn: usize, said: &mut String) -> (Option<Silence>, Option<&'static str>) {
    *said = said.split(' ').take(4).collect::<Vec<_>>().join(" ");
    (
        Some(Silence::Broken),
        Some(INTERRUPTING[turn % INTERRUPTING.len()]),
    )
}

fn silent(_: usize, _: &mut String) -> (Option<Silence>, Option<&'static str>) {
    (Some(Silence::Held), None)
}

fn whole(prompt: &Prompt) -> String {
    let messages = prompt.messages.iter().map(|message| match message {
        Message::System(text) | Message::User(text) | Message::Assistant(text) => text.as_str(),
        other => panic!("{other:?}"),
    });
    let messages: Vec<&str> = messages.collect();
    format!("{}\n{}", prompt.instructions(), messages.join("\n"))
}

/// The facts of a sheet, each with the words that give it away.
struct Secrets<'a>(Vec<(&'a Fact, Vec<Vec<String>>)>);

impl<'a> Secrets<'a> {
    fn of(sheet: &'a Sheet) -> Self {
        let facts = sheet.facts.iter();
        let phrases = |fact: &Fact| fact.words.iter().map(|phrase| tokens(phrase)).collect();
        Self(facts.map(|fact| (fact, phrases(fact))).collect())
    }

    /// The deepest level of those that stand in a text.
    fn depth(&self, text: &str) -> u8 {
        let words = tokens(text);
        let found = self.0.iter().filter(|(fact, phrases)| {
            let mut phrases = phrases.iter();
            text.contains(&fact.text)
                || phrases.any(|phrase| words.windows(phrase.len()).any(|part| part == phrase))
        });
        found.map(|(fact, _)| fact.level).max().unwrap_or(0)
    }
}

fn session(sheet: &Sheet, coach: Coach) -> Leaked {
    let (mut history, mut past) = (Vec::new(), Past::default());
    let mut leaked = Leaked {
        depths: Vec::new(),
        trust: 0,
        resistance: vec![sheet.start.resistance],
    };
    let secrets = Secrets::of(sheet);
    let mut opened = 1;
    let (mut said, mut notes, mut fell_out) = (String::new(), String::new(), 0);
    for turn in 0..60 {
        let whole_length = said.len();
        let (silence, words) = coach(turn, &mut said);
        if turn > 0 {
            let cut = said.len() < whole_length;
            // The beginning is enough to be remembered; what is checked is all of it.
            let text = said.split(' ').take(80).collect::<Vec<_>>().join(" ");
            history.push(Heard::Client { text, cut });
            history.extend(silence.map(Heard::Silence));
        }
        history.extend(words.map(|words| Heard::Coach(words.to_owned())));
        let memory = practice().recall(sheet, &mut past, &history);
        // What falls out falls out in large steps.
        if turn % RECENT == 0 {
            fell_out = history.len().saturating_sub(RECENT);
            notes = gist(&history[..fell_out], NOTES);
        }
        let sent = Sent {
            recent: &history[fell_out..],
            notes: &notes,
        };
        let briefing = practice().brief(sheet, &memory, sent, 1);
        opened = opened.max(briefing.inner.state.level());
        let told = secrets.depth(&whole(&briefing.prompt));
        assert!(
            told <= opened,
            "{} {turn}: is told of level {told}",
            sheet.id
        );
        assert!(!whole(&briefing.prompt).contains(&sheet.beneath));
        let mut voice = SpokenFilter::of(&sheet.name, &sheet.pronouns);
        said = voice.push(&briefing.prompt.instructions());
        said.push_str(&voice.finish());
        assert!(secrets.depth(&said) <= opened, "{} {turn}", sheet.id);
        leaked.depths.push(told);
        leaked.trust = briefing.inner.state.trust;
        leaked.resistance.push(briefing.inner.state.resistance);
    }
    assert!(!notes.is_empty(), "{}: nothing fell out", sheet.id);
    leaked
}

#[test]
fn whoever_says_all_they_are_told_discloses_in_order_and_nothing_locked() {
    for sheet in gallery().sheets() {
        let coaches: [(&str, Coach); 5] = [
            ("good", good),
            ("telling", telling),
            ("closed", closed),
            ("interrupting", interrupting),
            ("silent", silent),
        ];
        let mut reached = Vec::new();
        for (name, coach) in coaches {
            let leaked = session(sheet, coach);
            let in_order = leaked.depths.windows(2).all(|d| d[1] <= d[0].max(1) + 1);
            assert!(in_order, "{} {name}: {:?}", sheet.id, leaked.depths);
            // From resistance to agreement it takes many turns.
            let steps = leaked.resistance.windows(2).map(|r| (r[1] - r[0]).abs());
            assert!(
                steps.max() <= Some(6),
                "{} {name}: {:?}",
                sheet.id,
                leaked.resistance
            );
            let deepest = leaked.depths.iter().max().copied().unwrap_or(0);
            let third = leaked.depths.iter().position(|depth| *depth >= 3);
            println!(
                "{} {name}: level {deepest}, trust {}, third level in turn {third:?}",
                sheet.id, leaked.trust
            );
            assert!(
                third.is_none_or(|turn| turn >= 6),
                "{} {name}: flips",
                sheet.id
            );
            reached.push((deepest, leaked.trust));
        }
        let [good, telling, closed, interrupting, silent] = reached[..] else {
            panic!()
        };
        assert!(good.0 >= 3, "{}", sheet.id);
        assert!(
            telling.0 <= 1 && silent.0 <= 1 && closed.0 <= 2,
            "{} {reached:?}",
            sheet.id
        );
        assert!(interrupting.0 < good.0, "{} {reached:?}", sheet.id);
        assert!(
            good.1 > interrupting.1 && good.1 > silent.1 && silent.1 > telling.1,
            "{} {reached:?}",
            sheet.id
        );
    }
}

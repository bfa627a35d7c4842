//! Tests of what a model is told.

use super::super::scripted::{GOOD, TELLING, gallery, practice, remembered};
use super::super::{Past, Silence};
use super::*;

/// What a model says of its own: nobody wrote these words.
const IMPROVISED: [&str; 3] = [
    "I keep thinking about that, and I can't quite let it go.",
    "Hm, maybe. [pause 600] It's a lot to carry around, to be fair…",
    "There's something in that, I'd have to admit.",
];

/// The deepest level in the prompt of each turn, with a model that speaks for the client.
fn depths(sheet: &Sheet, script: &[&str]) -> Vec<u8> {
    let (mut history, mut past) = (Vec::new(), Past::default());
    let mut depths = Vec::new();
    for turn in 0..60 {
        history.push(Heard::Coach(script[turn % script.len()].to_owned()));
        let memory = practice().recall(sheet, &mut past, &history);
        let system = build(sheet, &memory, Sent::default()).instructions();
        let level = memory.state.level();
        let unlocked = |level: u8| {
            let mut facts = sheet.facts.iter().filter(|f| f.level == level);
            facts.all(|f| system.contains(&f.text))
        };
        let deepest = (1..=4).filter(|l| unlocked(*l)).max().unwrap_or(0);
        assert!((1..=deepest).all(unlocked), "{}: passes over", sheet.id);
        for fact in sheet.facts.iter().filter(|f| f.level > deepest) {
            assert!(!system.contains(&fact.text), "{}: {}", sheet.id, fact.text);
        }
        assert!(deepest <= level, "{} {turn}: {deepest} leaks", sheet.id);
        assert!(!system.contains(&sheet.beneath));
        depths.push(deepest);
        history.push(Heard::client(IMPROVISED[turn % 3]));
    }
    depths
}

#[test]
fn a_model_is_told_more_by_and_by_if_the_coach_listens() {
    for sheet in gallery().sheets() {
        let depths = depths(sheet, GOOD);
        assert_eq!(depths[0], 1, "{}", sheet.id);
        assert!(depths.windows(2).all(|d| d[1] <= d[0] + 1), "{depths:?}");
        assert!(depths.iter().max() >= Some(&3), "{} {depths:?}", sheet.id);
        let third = depths.iter().position(|d| *d == 3).unwrap();
        assert!(third >= 8, "{}: opens within {third} turns", sheet.id);
    }
}

#[test]
fn a_model_is_told_nothing_deep_if_the_coach_tells() {
    for sheet in gallery().sheets() {
        let depths = depths(sheet, TELLING);
        assert!(depths.iter().all(|d| *d == 1), "{} {depths:?}", sheet.id);
    }
}

#[test]
fn what_is_locked_is_not_in_the_prompt() {
    for sheet in gallery().sheets() {
        let (mut history, mut past) = (Vec::new(), Past::default());
        for turn in 0..40 {
            let coach = if turn % 2 == 0 {
                "how do you feel about that"
            } else {
                "it sounds like that matters a lot to you"
            };
            history.push(Heard::Coach(coach.into()));
            let memory = practice().recall(sheet, &mut past, &history);
            let prompt = build(sheet, &memory, Sent::default());
            let level = memory.state.level();
            for fact in sheet.facts.iter().filter(|f| f.level > level) {
                assert!(
                    !prompt.instructions().contains(&fact.text),
                    "{} turn {turn}: {}",
                    sheet.id,
                    fact.text
                );
            }
            assert!(!prompt.instructions().contains(&sheet.beneath));
            let reply = practice().reply(sheet, &memory, 1);
            history.push(Heard::client(&reply.text()));
        }
    }
}

#[test]
fn silence_is_told_to_the_model() {
    let sheet = gallery().first().unwrap();
    let messages = |history: &[Heard]| {
        let sent = Sent {
            recent: history,
            notes: "",
        };
        build(sheet, &remembered(sheet, history), sent).messages
    };
    assert_eq!(messages(&[]).len(), 1);
    let messages = messages(&[Heard::coach("hello"), Heard::client("Hello.")]);
    assert_eq!(messages.len(), 3);
}

#[test]
fn a_model_steps_out_of_the_role_where_a_life_may_be_in_danger() {
    for sheet in gallery().sheets() {
        for (text, told) in [
            ("I don't want to live anymore.", "crisis line"),
            ("Have you thought about hurting yourself?", "not in danger"),
        ] {
            let memory = remembered(sheet, &[Heard::coach(text)]);
            let now = build(sheet, &memory, Sent::default()).now;
            assert!(now.contains(told), "{text}: {now}");
            assert!(!now.contains("How you are right now"), "{text}: {now}");
        }
        // It lasts, whatever is silent meanwhile, until the practice is taken up.
        let mut history = vec![
            Heard::coach("I don't want to live anymore."),
            Heard::client("I'm a practice client."),
            Heard::Silence(Silence::Held),
        ];
        let start = remembered(sheet, &[]).state;
        for (text, is_out) in [
            ("I mean it. I don't know who to call.", true),
            ("It was a test. What do you want from today?", false),
        ] {
            let silent = remembered(sheet, &history);
            assert!(silent.stepped_out && silent.state == start);
            history.push(Heard::coach(text));
            assert_eq!(remembered(sheet, &history).stepped_out, is_out, "{text}");
        }
        let memory = remembered(sheet, &[Heard::coach("This job is killing me.")]);
        let now = build(sheet, &memory, Sent::default()).now;
        assert!(now.contains("How you are right now"), "{now}");
    }
}

#[test]
fn small_things_are_told_with_their_questions() {
    let sheet = gallery().get("victor-feedback").unwrap();
    let told = system(sheet, &remembered(sheet, &[]), "");
    let small = "Asked \"how old are you?\": Fifty eight.";
    assert!(told.contains(small), "{told}");
}

//! What is kept of the past changes nothing but the work.

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::moves::report::report;
use super::super::scripted::{GOOD, TELLING, gallery, practice};
use super::super::sentences::without_pauses;
use super::super::{Cause, Heard, Move, Sheet, Silence};
use super::Past;

/// All that shows of a memory: what is said from it, and what a model is told.
fn shows(sheet: &Sheet, past: &mut Past, history: &[Heard]) -> String {
    let memory = practice().recall(sheet, past, history);
    format!("{memory:?} {:?}", practice().reply(sheet, &memory, 1))
}

#[derive(Clone, Debug)]
enum Step {
    Coach(Index),
    Client,
    Cut(Index),
    Silence(bool),
    Corrected(Index),
    Removed(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any::<Index>().prop_map(Step::Coach),
        6 => Just(Step::Client),
        2 => any::<Index>().prop_map(Step::Cut),
        2 => any::<bool>().prop_map(Step::Silence),
        1 => any::<Index>().prop_map(Step::Corrected),
        1 => any::<Index>().prop_map(Step::Removed),
    ]
}

fn coach(index: &Index) -> Heard {
    let words: Vec<&str> = [GOOD, TELLING, &["may i share a thought"; 4]].concat();
    Heard::Coach((*index.get(&words)).into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]
    #[test]
    fn whatever_was_kept_the_client_remembers_the_same(steps in prop::collection::vec(step(), 1..40)) {
        let sheet = gallery().first().unwrap();
        let (mut history, mut past) = (Vec::new(), Past::default());
        for step in steps {
            match step {
                Step::Coach(index) => history.push(coach(&index)),
                Step::Client => {
                    let memory = practice().recall(sheet, &mut past, &history);
                    let words = practice().reply(sheet, &memory, 1).text();
                    history.push(Heard::client(&words));
                }
                Step::Cut(index) => {
                    let last = history.iter_mut().rev().find_map(|heard| match heard {
                        Heard::Client { text, cut } => Some((text, cut)),
                        _ => None,
                    });
                    if let Some((text, cut)) = last {
                        *cut = true;
                        let words: Vec<&str> = text.split(' ').collect();
                        *text = words[..index.index(words.len())].join(" ");
                    }
                }
                Step::Silence(held) => history.push(Heard::Silence(match held {
                    true => Silence::Held,
                    false => Silence::Broken,
                })),
                Step::Corrected(index) if !history.is_empty() => {
                    let at = index.index(history.len());
                    history[at] = coach(&index);
                }
                Step::Removed(index) if !history.is_empty() => {
                    history.remove(index.index(history.len()));
                }
                Step::Corrected(_) | Step::Removed(_) => {}
            }
            let fresh = shows(sheet, &mut Past::default(), &history);
            prop_assert_eq!(shows(sheet, &mut past, &history), fresh);
        }
    }
}

#[test]
fn one_client_does_not_remember_for_another() {
    let [one, other] = &gallery().sheets()[..2] else {
        panic!("there are more clients")
    };
    let history = [GOOD[0], GOOD[1], GOOD[2]].map(|text| Heard::Coach(text.into()));
    let mut past = Past::default();
    shows(one, &mut past, &history);
    let fresh = shows(other, &mut Past::default(), &history);
    assert_eq!(shows(other, &mut past, &history), fresh);
}

#[test]
fn an_answer_late_in_a_session_is_no_more_work_than_an_early_one() {
    let sheet = gallery().first().unwrap();
    let (mut history, mut past) = (Vec::new(), Past::default());
    for turn in 0..300 {
        // A draft of what the coach is still saying, then the answer, then silence.
        let words = format!("{} and so on {turn}", GOOD[turn % GOOD.len()]);
        let draft = words.rsplit_once(' ').unwrap().0;
        history.push(Heard::Coach(draft.into()));
        let before = past.understood;
        practice().recall(sheet, &mut past, &history);
        assert_eq!(past.understood - before, 1, "turn {turn}, a draft");

        *history.last_mut().unwrap() = Heard::Coach(words);
        let before = past.understood;
        let memory = practice().recall(sheet, &mut past, &history);
        let reply = practice().reply(sheet, &memory, 1);
        assert_eq!(past.understood - before, 1, "turn {turn}");
        assert!(past.befores.len() <= super::past::KEPT);

        history.push(Heard::client(&reply.text()));
        history.push(Heard::Silence(Silence::Held));
        let before = past.understood;
        practice().recall(sheet, &mut past, &history);
        assert_eq!(past.understood, before, "turn {turn}, a silence");
    }
    // A session that was cut off is understood once when it goes on.
    let mut past = Past::default();
    practice().recall(sheet, &mut past, &history);
    assert_eq!(past.understood, 300);
}

#[test]
fn who_cut_off_whom_is_what_was_heard_and_not_how_it_is_punctuated() {
    let sheet = gallery().first().unwrap();
    let after = |client: Heard| {
        let history = [
            Heard::coach("what brings you here today"),
            client,
            Heard::coach("mm hmm"),
        ];
        practice().recall(sheet, &mut Past::default(), &history)
    };
    let own = without_pauses(&sheet.lines[0].text);
    let half = own.split(' ').take(6).collect::<Vec<_>>().join(" ");
    let open = "It is mostly about the team and what they think of";
    let closed = "It is mostly about the team. They never say what they think.";
    for text in [own.as_str(), &half, open, closed] {
        for (heard, interruptions) in [(Heard::client(text), 0), (Heard::cut(text), 1)] {
            let memory = after(heard);
            let steps = memory.steps.iter();
            let costs = steps.filter(|step| step.cause == Cause::Interruption);
            assert_eq!(memory.was_cut, interruptions == 1, "{text}");
            assert_eq!(memory.interruptions, interruptions, "{text}");
            assert_eq!(costs.count() > 0, interruptions == 1, "{text}");
        }
    }
    // The line that was lost is found only where something was.
    assert!(after(Heard::cut(&half)).cut.is_some());
    assert!(after(Heard::client(&half)).cut.is_none());
    assert!(after(Heard::cut(&own)).cut.is_none());
}

#[test]
fn what_was_told_before_the_coach_spoke_over_it_is_told() {
    let sheet = gallery().first().unwrap();
    let deepest = |client: Heard| {
        let history = [Heard::coach("what brings you here today"), client];
        practice()
            .recall(sheet, &mut Past::default(), &history)
            .deepest
    };
    assert_eq!(
        deepest(Heard::cut("I keep thinking about what the team would")),
        0
    );
    assert_eq!(
        deepest(Heard::client("I keep thinking about what the team would")),
        1
    );
    assert_eq!(
        deepest(Heard::cut("I keep thinking about the team. And I")),
        1
    );
}

/// The last move of each turn of the coach with advice, as a client takes it and as the report on
/// the same words has it: whether the advice was welcome.
fn welcome(talk: &[(&str, &str)]) -> Vec<bool> {
    let sheet = gallery().first().unwrap();
    let (mut history, mut past, mut script) = (Vec::new(), Past::default(), String::new());
    let mut welcome = Vec::new();
    for (coach, client) in talk {
        history.push(Heard::coach(coach));
        let memory = practice().recall(sheet, &mut past, &history);
        match memory.coach.unwrap().kind {
            Move::Advice => welcome.push(false),
            Move::AdviceWithPermission => welcome.push(true),
            _ => {}
        }
        history.push(Heard::client(client));
        script.push_str(&format!("Coach: {coach}\nClient: {client}\n"));
    }
    let mut lines = Vec::new();
    report("talk.txt", script.as_bytes(), &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let reported = lines.lines().filter(|line| line.contains("\"advice"));
    let reported = reported.map(|line| line.contains("\"advice_with_permission\""));
    assert_eq!(reported.collect::<Vec<_>>(), welcome, "{lines}");
    welcome
}

#[test]
fn advice_is_welcome_by_the_rules_of_the_moves() {
    let advice = ("You should talk to your boss.", "I did that in spring.");
    let asks = "May I share a thought?";
    let granted = [(asks, "Yes, go on."), advice, advice, advice, advice];
    assert_eq!(welcome(&granted), [true, true, true, false]);
    assert_eq!(welcome(&[(asks, "No, not now."), advice]), [false]);
    let asked = ("Mm.", "I have no idea. What would you do?");
    assert_eq!(welcome(&[advice, asked, advice]), [false, true]);
}

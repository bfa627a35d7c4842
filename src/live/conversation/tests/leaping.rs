//! The timeline leaps, since sound comes faster than time passes: what goes by the clock stays where
//! it is.

use std::time::Duration;

use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::{Input, Reason};
use super::sim::{Reply, Sim, ms};

const QUESTION: &str = "what would you like to change";
const LONG: &str = "It began in the spring with the new team and has not been the same since then.";

/// Milliseconds of the first answer that were heard.
fn heard(sim: &Sim) -> u64 {
    let heard = sim.machine.playout().heard(sim.now);
    heard.first().map_or(0, |heard| heard.heard / 24)
}

fn leap(sim: &mut Sim, by: u64) {
    sim.now += Duration::from_millis(by);
    sim.handle(Input::Leapt { samples: by * 48 });
}

#[test]
fn nothing_is_heard_in_a_leap() {
    let mut sim = Sim::new(WebSocket);
    sim.reply = Reply::of(&[LONG]);
    sim.say(1000, 1500, QUESTION);
    sim.run(5000);
    let before = heard(&sim);
    assert!(before > 1000, "{before}");
    leap(&mut sim, 20_000);
    assert_eq!(heard(&sim), before);
    sim.run(26_000);
    assert!(heard(&sim).abs_diff(before + 1000) <= 20, "{}", heard(&sim));
    sim.run(40_000);
    let text = sim.transcript(&sim.items()[1].clone());
    assert_eq!(text, LONG);
}

#[test]
fn an_engine_has_not_stalled_because_the_timeline_leapt() {
    let mut sim = Sim::new(WebSocket);
    sim.reply.first_ms = 5000;
    sim.say(1000, 1500, QUESTION);
    sim.run(4000);
    assert_eq!(sim.asks().len(), 1);
    let stalls = |sim: &Sim| sim.machine.deadline().unwrap();
    let (at, reason) = stalls(&sim);
    assert_eq!(reason, Reason::Stalled);
    leap(&mut sim, 40_000);
    assert_eq!(stalls(&sim), (at + Duration::from_secs(40), reason));
    sim.run(60_000);
    assert!(sim.errors().is_empty(), "{:?}", sim.errors());
    assert!(!sim.sent().is_empty());
}

#[test]
fn it_rests_when_nobody_speaks_and_nothing_is_waited_for() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        assert!(sim.machine.is_at_rest());
        sim.say(1000, 1500, QUESTION);
        let mut rested = Vec::new();
        for at in (20..15_000).step_by(20) {
            sim.run(at);
            if sim.machine.is_at_rest() {
                rested.push(at);
            }
        }
        let spoke = rested.windows(2).find(|two| two[1] - two[0] > 20).unwrap();
        assert!(spoke[0] <= 1060, "{spoke:?}");
        let ended = sim.sent().last().unwrap() + 100;
        assert!(
            spoke[1] >= ended && spoke[1] < ended + 700,
            "{spoke:?} {ended}"
        );
        assert_eq!(sim.now, ms(14_980));
    }
}

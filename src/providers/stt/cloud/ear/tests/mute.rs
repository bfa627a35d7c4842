//! A vendor that is there and says nothing, or says it late.

use super::super::super::clock::time;
use super::*;

const LATE: u64 = 3500;

/// A vendor that waits for late words; whether it always says something in the end.
fn sim(confirms: bool) -> Sim {
    Sim::new(Habits {
        late: ms(LATE),
        confirms,
        ..habits()
    })
}

impl Sim {
    /// Loud sound of the microphone.
    fn shout(&mut self, from: u64, to: u64) {
        for frame in (from..to).step_by(20) {
            let samples = vec![3000; 320].into();
            let at = at(frame);
            self.ear.input(ListenInput::Audio { at, samples });
            self.send();
        }
    }

    /// Somebody is loud for so long and then silent, and the vendor is asked for the words.
    fn ask(&mut self, segment: u64, from: u64, length: u64) {
        self.begin(segment, from);
        self.shout(from, from + length);
        self.hear(from + length, from + length + 200);
        self.end(segment, from + length);
        self.pass(300);
    }

    /// The same, and the vendor shows that it is there.
    fn speak(&mut self, segment: u64, from: u64, length: u64) {
        self.ask(segment, from, length);
        self.live();
    }

    /// The vendor has given the words of all sound so far.
    fn flushed(&mut self) {
        let all = time(self.ear.clock.count());
        self.say(Said::Flushed(Flushed::To(all)));
    }
}

#[test]
fn a_vendor_that_says_nothing_of_speech_is_mute() {
    let mut sim = sim(true);
    sim.speak(1, 0, 1000);
    sim.pass(LATE - 1);
    assert!(!sim.ear.mute && sim.told().is_empty());
    sim.pass(1);
    assert!(sim.ear.mute && sim.told().is_empty());
}

#[test]
fn a_cough_of_which_it_says_nothing_is_empty() {
    let mut sim = sim(true);
    for segment in 1..=4 {
        sim.speak(segment, segment * 10_000, 200);
        sim.pass(LATE);
        assert_eq!(sim.told(), [format!("{segment}! ")]);
    }
    assert!(!sim.ear.mute);
}

#[test]
fn one_that_keeps_silent_of_noise_is_mute_when_it_does_so_twice() {
    let mut sim = sim(false);
    sim.speak(1, 0, 1000);
    sim.words(0, &[("yes", 400, 600)], true);
    sim.flushed();
    sim.told();
    sim.speak(2, 10_000, 1000);
    sim.pass(LATE);
    assert_eq!(sim.told(), ["2! "]);
    sim.speak(3, 20_000, 1000);
    sim.flushed();
    assert_eq!(sim.told(), ["3! "]);
    sim.speak(4, 30_000, 1000);
    sim.pass(LATE);
    assert_eq!(sim.told(), ["4! "]);
    sim.speak(5, 40_000, 1000);
    sim.pass(LATE);
    assert!(sim.ear.mute && sim.told().is_empty());
}

#[test]
fn noise_before_any_word_makes_no_vendor_mute_that_keeps_silent_of_it() {
    let mut sim = sim(false);
    sim.speak(1, 0, 1000);
    sim.pass(LATE);
    assert_eq!(sim.told(), ["1! "]);
    assert!(!sim.ear.mute);
}

#[test]
fn words_of_a_connection_that_broke_are_none_of_the_next() {
    let mut sim = sim(true);
    sim.speak(1, 0, 1000);
    sim.words(0, &[("yes", 400, 600)], false);
    assert_eq!(sim.told(), ["1: | yes@400-600"]);
    sim.ear.disconnected();
    sim.ear.connected(sim.now);
    sim.send();
    sim.pass(300);
    sim.live();
    sim.pass(LATE - 1);
    assert!(!sim.ear.mute && sim.told().is_empty());
    sim.pass(1);
    assert!(sim.ear.mute && sim.told().is_empty());
}

#[test]
fn a_line_without_a_sign_of_life_is_dead_before_its_words_are_late() {
    let mut sim = sim(true);
    sim.ask(1, 0, 1000);
    assert_eq!(sim.ear.deadline(), Some(sim.now + ms(1000)));
    sim.pass(1000);
    assert!(sim.ear.is_dead(sim.now));
}

#[test]
fn a_line_that_falls_silent_in_mid_sentence_is_dead_before_it_ends() {
    let mut sim = sim(true);
    sim.answers = false;
    sim.begin(1, 0);
    sim.shout(0, 1000);
    sim.words(0, &[("well", 100, 300)], false);
    sim.pass(499);
    assert!(!sim.sent.contains(&"Ping".to_owned()));
    sim.pass(1);
    assert_eq!(sim.sent.last().unwrap(), "Ping");
    // Whatever it says is a sign of life, and is asked for again.
    sim.live();
    sim.pass(500);
    assert_eq!(sim.sent.iter().filter(|sent| *sent == "Ping").count(), 2);
    sim.pass(900);
    sim.words(0, &[("well", 100, 300), ("then", 300, 500)], false);
    sim.pass(999);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(1);
    assert!(sim.ear.is_dead(sim.now));
}

#[test]
fn a_machine_that_is_busy_itself_takes_no_vendor_for_dead() {
    let mut sim = sim(true);
    sim.ask(1, 0, 1000);
    sim.now += ms(1301);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(999);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(1);
    assert!(sim.ear.is_dead(sim.now));
}

#[test]
fn a_line_on_which_nothing_is_due_has_more_time() {
    let mut sim = sim(true);
    sim.speak(1, 0, 1000);
    sim.words(0, &[("yes", 400, 1000)], true);
    sim.answers = false;
    sim.pass(10_000);
    assert_eq!(sim.sent.last().unwrap(), "Ping");
    sim.pass(9_999);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(1);
    assert!(sim.ear.is_dead(sim.now));
}

#[test]
fn words_that_are_late_are_taken() {
    let mut sim = sim(true);
    sim.speak(1, 0, 1000);
    sim.pass(LATE - 10);
    sim.words(0, &[("yes", 400, 600)], true);
    sim.flushed();
    assert_eq!(sim.told(), ["1: yes@400-600", "1! yes@400-600"]);
    sim.pass(LATE);
    assert!(!sim.ear.mute);
}

#[test]
fn a_cough_that_the_vendor_answers_without_words_is_not_waited_for() {
    let mut sim = sim(false);
    sim.speak(1, 0, 200);
    sim.words(0, &[], true);
    sim.say(Said::Flushed(Flushed::Oldest));
    assert_eq!(sim.told(), ["1! "]);
}

#[test]
fn an_empty_answer_that_comes_late_is_none_of_the_next_segment() {
    let mut sim = sim(false);
    let empty = |sim: &mut Sim, turn| {
        sim.words(turn, &[], true);
        sim.say(Said::Flushed(Flushed::Oldest));
    };
    sim.speak(1, 0, 200);
    sim.pass(LATE);
    assert_eq!(sim.told(), ["1! "]);
    sim.speak(2, 10_000, 1000);
    empty(&mut sim, 0);
    assert_eq!(sim.told(), [""; 0]);
    // 400 ms were sent before it.
    sim.words(1, &[("yes", 800, 1000)], true);
    assert_eq!(sim.told(), ["2: yes@10400-10600", "2! yes@10400-10600"]);
    // One that is never answered is not waited for once something after it was.
    sim.speak(3, 20_000, 200);
    sim.pass(LATE);
    assert_eq!(sim.told(), ["3! "]);
    sim.speak(4, 30_000, 1000);
    sim.words(2, &[("no", 2600, 2800)], true);
    assert_eq!(sim.told().len(), 2);
    sim.speak(5, 40_000, 200);
    empty(&mut sim, 3);
    assert_eq!(sim.told(), ["5! "]);
}

#[test]
fn the_silence_after_words_of_a_connection_that_broke_makes_the_next_not_mute() {
    let mut sim = sim(true);
    sim.begin(1, 0);
    sim.shout(0, 1000);
    sim.hear(1000, 1800);
    sim.end(1, 1600);
    sim.pass(300);
    sim.words(0, &[("yes", 400, 1000)], false);
    sim.say(Said::Settled(ms(1000)));
    sim.told();
    sim.ear.disconnected();
    sim.ear.connected(sim.now);
    sim.send();
    sim.pass(300);
    sim.live();
    sim.pass(LATE);
    assert!(!sim.ear.mute);
    assert_eq!(sim.told(), ["1! yes@400-1000"]);
}

#[test]
fn what_is_answered_as_a_vendor_is_found_mute_is_told() {
    let mut sim = sim(true);
    sim.speak(1, 0, 200);
    sim.speak(2, 10_000, 1000);
    sim.now += ms(2 * LATE);
    sim.ear.review(sim.now);
    assert!(sim.ear.mute);
    assert_eq!(sim.told(), ["1! "]);
}

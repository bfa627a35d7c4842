//! The ear in simulated time, with a vendor played by hand.

mod mute;

use proptest::prelude::*;

use super::super::sending::Outgoing;
use super::super::wire::Keeps;
use super::*;
use crate::providers::socket::unavailable;
use crate::providers::stt::{Transcript, Word};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(ms: u64) -> Position {
    Position::from_ms(ms)
}

fn habits() -> Habits {
    Habits {
        chunk: 1600,
        least: 800,
        speech_only: false,
        pace: 1000.0,
        hold: ms(300),
        flushes: true,
        alive: ms(1000),
        quiet: ms(1000),
        late: ms(1000),
        confirms: false,
        keeps: Keeps::Message(ms(4000)),
        greets: false,
        counts_time: false,
    }
}

/// An ear that is connected, and the time.
struct Sim {
    ear: Ear,
    now: Instant,
    /// The vendor answers whether it is there, but where it is asked with a flush.
    answers: bool,
    /// What went out: lengths of sound in milliseconds, or what else it was.
    sent: Vec<String>,
}

impl Sim {
    fn new(habits: Habits) -> Self {
        let now = Instant::now();
        let mut ear = Ear::new(habits, now);
        ear.connected(now);
        let sent = Vec::new();
        Self {
            ear,
            now,
            answers: true,
            sent,
        }
    }

    /// Sound of the microphone in frames of 20 ms; time does not pass.
    fn hear(&mut self, from: u64, to: u64) {
        for frame in (from..to).step_by(20) {
            let samples = vec![1; 320].into();
            self.ear.input(ListenInput::Audio {
                at: at(frame),
                samples,
            });
            self.send();
        }
    }

    fn begin(&mut self, segment: u64, from: u64) {
        self.ear.input(ListenInput::Begin {
            segment,
            from: at(from),
        });
    }

    fn end(&mut self, segment: u64, to: u64) {
        self.ear.input(ListenInput::End {
            segment,
            to: at(to),
        });
        self.send();
    }

    fn send(&mut self) {
        while let Some(outgoing) = self.ear.next(self.now) {
            self.sent.push(match outgoing {
                Outgoing::Audio(samples) => format!("{}", samples.len() / 16),
                Outgoing::Silence(samples) => format!("silence {}", samples / 16),
                Outgoing::Forget => {
                    self.ear.flushes.forget();
                    "Forget".to_owned()
                }
                Outgoing::Flush(_) => "Flush".to_owned(),
                Outgoing::Ping(number) => {
                    if self.answers {
                        self.ear.heard = self.now;
                        self.ear.said(Said::Alive(number));
                    }
                    "Ping".to_owned()
                }
                Outgoing::KeepAlive => "KeepAlive".to_owned(),
            });
        }
    }

    /// The vendor answers every question whether it is there.
    fn live(&mut self) {
        let pings = self.ear.pings;
        self.say(Said::Alive(pings));
    }

    /// Time passes, and everything is done when it is due.
    fn pass(&mut self, time: u64) {
        let until = self.now + ms(time);
        while let Some(due) = self.ear.deadline().filter(|due| *due <= until) {
            let before = (self.sent.len(), self.ear.outputs.len());
            self.now = self.now.max(due);
            self.send();
            self.ear.review(self.now);
            if self.ear.mute || self.ear.is_dead(self.now) {
                break;
            }
            let after = (self.sent.len(), self.ear.outputs.len());
            assert!(
                after != before || self.ear.deadline() != Some(due),
                "it spins"
            );
        }
        self.now = until;
    }

    /// The vendor says something.
    fn say(&mut self, said: Said) {
        self.ear.heard = self.now;
        self.ear.said(said);
        self.ear.review(self.now);
    }

    fn words(&mut self, turn: u64, words: &[(&str, u64, u64)], last: bool) {
        let word = |(text, from, to): &(&str, u64, u64)| Spoken {
            text: (*text).to_owned(),
            span: Some((ms(*from), ms(*to))),
            confidence: 0.9,
            settled: last,
        };
        let words = words.iter().map(word).collect();
        self.say(Said::Words { turn, words, last });
    }

    /// What was told to the session since.
    fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(output) = self.ear.output() {
            told.push(match output {
                ListenOutput::Partial {
                    segment,
                    transcript,
                } => {
                    format!("{segment}: {}", shown(&transcript))
                }
                ListenOutput::Final {
                    segment,
                    transcript,
                } => {
                    format!("{segment}! {}", shown(&transcript))
                }
                ListenOutput::EndOfTurn { segment, .. } => format!("{segment}."),
                ListenOutput::Failed { segment, .. } => format!("{segment}?"),
                other => format!("{other:?}"),
            });
        }
        told
    }
}

/// Words with their times; `|` after those that stay.
fn shown(transcript: &Transcript) -> String {
    let mut text = String::new();
    for (index, word) in transcript.words.iter().enumerate() {
        if index == transcript.stable {
            text.push_str("| ");
        }
        text.push_str(&format!(
            "{}@{}-{} ",
            word.text,
            word.start.ms(),
            word.end.ms()
        ));
    }
    text.trim_end().to_owned()
}

#[test]
fn words_come_where_they_were_said_and_a_flush_brings_the_last() {
    let mut sim = Sim::new(habits());
    sim.hear(5000, 6000);
    sim.begin(1, 5300);
    sim.words(0, &[("what", 400, 500)], false);
    assert_eq!(sim.told(), ["1: | what@5400-5500"]);
    sim.end(1, 5900);
    assert_eq!(sim.sent, ["100"; 10]);
    sim.pass(300);
    assert_eq!(sim.sent.last().unwrap(), "Flush");
    sim.words(0, &[("what", 400, 500), ("now", 500, 800)], true);
    assert_eq!(
        sim.told(),
        [
            "1: what@5400-5500 now@5500-5800",
            "1! what@5400-5500 now@5500-5800"
        ]
    );
    sim.pass(5000);
    assert_eq!(sim.told(), [""; 0]);
}

#[test]
fn a_gap_in_the_sound_moves_the_words_after_it() {
    let mut sim = Sim::new(habits());
    sim.hear(1000, 1500);
    sim.hear(9000, 9500);
    sim.begin(1, 8900);
    sim.end(1, 9500);
    // 500 ms are whole messages; the vendor's clock does not know of the gap.
    sim.words(0, &[("before", 100, 200), ("after", 600, 700)], false);
    assert_eq!(sim.told(), ["1: | after@9100-9200"]);
}

#[test]
fn a_vendor_with_nothing_to_say_is_not_waited_for_and_one_that_is_gone_is_known() {
    let mut sim = Sim::new(habits());
    sim.hear(0, 1000);
    sim.begin(1, 200);
    sim.end(1, 1000);
    sim.pass(300);
    sim.live();
    sim.pass(999);
    assert_eq!(sim.told(), [""; 0]);
    sim.pass(1);
    assert_eq!(sim.told(), ["1! "]);
    sim.hear(1000, 1500);
    sim.begin(2, 1000);
    sim.end(2, 1500);
    sim.pass(1290);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(100);
    assert!(sim.ear.is_dead(sim.now));
    assert_eq!(sim.told(), [""; 0]);
}

#[test]
fn what_is_not_settled_goes_out_again_on_another_connection() {
    let mut sim = Sim::new(habits());
    sim.begin(1, 1000);
    sim.hear(1000, 3000);
    sim.words(0, &[("one", 100, 300)], true);
    sim.say(Said::Settled(ms(500)));
    sim.words(1, &[("two", 600, 900)], false);
    sim.sent.clear();
    sim.ear.disconnected();
    sim.hear(3000, 3200);
    assert!(sim.sent.is_empty());
    sim.ear.connected(sim.now);
    sim.end(1, 3200);
    sim.send();
    // From 1500 on.
    assert_eq!(sim.sent, ["100"; 17]);
    sim.told();
    sim.pass(300);
    // The new connection counts from zero.
    sim.words(0, &[("two", 100, 400), ("three", 500, 700)], true);
    assert_eq!(
        sim.told().last().unwrap(),
        "1! one@1100-1300 two@1600-1900 three@2000-2200"
    );
}

#[test]
fn what_was_understood_of_sound_that_is_not_kept_any_more_stands() {
    let mut sim = Sim::new(habits());
    sim.begin(1, 0);
    sim.hear(0, 40_000);
    sim.words(0, &[("one", 2000, 2300), ("too", 20_000, 20_300)], false);
    sim.ear.disconnected();
    sim.ear.connected(sim.now);
    sim.end(1, 40_000);
    sim.told();
    sim.pass(300);
    // The new connection begins with the last thirty seconds.
    sim.words(0, &[("two", 10_000, 10_300)], true);
    let last = sim.told().pop();
    assert_eq!(last.unwrap(), "1! one@2000-2300 two@20000-20300");
}

#[test]
fn behind_by_more_than_a_second_it_sends_speech_alone() {
    let mut sim = Sim::new(Habits {
        pace: 1.0,
        ..habits()
    });
    sim.begin(1, 4000);
    sim.hear(0, 3000);
    sim.begin(2, 4000);
    sim.end(1, 4000);
    sim.ear.input(ListenInput::Discard { segment: 1 });
    sim.hear(3000, 10_000);
    sim.ear.input(ListenInput::End {
        segment: 2,
        to: at(5000),
    });
    sim.hear(10_000, 10_100);
    sim.pass(6000);
    let sent: u64 = sim
        .sent
        .iter()
        .filter_map(|sent| sent.parse::<u64>().ok())
        .sum();
    // The burst at the beginning, the segment and the last second.
    assert!((2500..3000).contains(&sent), "{sent}");
    assert!(sim.sent.contains(&"Flush".to_owned()));
}

#[test]
fn a_silent_connection_is_kept_and_watched() {
    let mut sim = Sim::new(habits());
    sim.answers = false;
    sim.pass(9000);
    assert_eq!(sim.sent, ["KeepAlive", "KeepAlive"]);
    sim.pass(10_000);
    assert_eq!(sim.sent.iter().filter(|sent| *sent == "Ping").count(), 1);
    assert!(!sim.ear.is_dead(sim.now));
    sim.pass(1100);
    assert!(sim.ear.is_dead(sim.now));
    let keeps = Keeps::Silence(ms(3000));
    let mut sim = Sim::new(Habits { keeps, ..habits() });
    sim.hear(5000, 5100);
    sim.pass(3000);
    sim.hear(5100, 5200);
    assert_eq!(sim.sent, ["100", "silence 100", "100"]);
    // The silence is not on the timeline.
    sim.begin(1, 5000);
    sim.words(0, &[("a", 50, 90), ("b", 210, 290)], false);
    assert_eq!(sim.told(), ["1: | a@5050-5090 b@5110-5190"]);
}

#[test]
fn a_vendor_that_heard_nothing_yet_hears_silence() {
    let keeps = Keeps::MessageOnceHeard(ms(4000));
    let mut sim = Sim::new(Habits { keeps, ..habits() });
    sim.pass(9000);
    assert_eq!(sim.sent, ["silence 1000", "silence 1000"]);
    sim.words(0, &[], false);
    sim.live();
    sim.pass(8000);
    assert_eq!(sim.sent[2..], ["KeepAlive", "KeepAlive"]);
    sim.ear.disconnected();
    sim.ear.connected(sim.now);
    sim.pass(5000);
    assert_eq!(sim.sent[4..], ["silence 1000"]);
}

#[test]
fn silence_that_keeps_a_connection_leaves_what_is_said_next_its_burst() {
    let keeps = Keeps::MessageOnceHeard(ms(4000));
    let pace = 1.25;
    let mut sim = Sim::new(Habits {
        keeps,
        pace,
        ..habits()
    });
    sim.pass(4000);
    sim.hear(0, 600);
    assert_eq!(sim.sent[0], "silence 1000");
    assert_eq!(sim.sent[1..], ["100"; 6]);
}

#[test]
fn an_end_of_turn_is_told_with_the_final_or_after_it() {
    let mut sim = Sim::new(Habits {
        flushes: false,
        ..habits()
    });
    sim.begin(1, 0);
    sim.hear(0, 1000);
    sim.words(0, &[("one", 100, 300)], false);
    // Whoever speaks on had not finished.
    sim.say(Said::EndOfTurn(0.9));
    sim.words(0, &[("one", 100, 300), ("two", 500, 700)], false);
    sim.end(1, 900);
    sim.told();
    sim.pass(100);
    sim.say(Said::Seen(ms(950)));
    assert_eq!(sim.told(), [""; 0]);
    sim.pass(200);
    assert_eq!(sim.told(), ["1! one@100-300 two@500-700"]);
    sim.say(Said::EndOfTurn(0.8));
    assert_eq!(sim.told(), ["1."]);
    // A vendor that is sure before the words are wanted of it.
    sim.begin(2, 1000);
    sim.hear(1000, 2000);
    sim.words(1, &[("three", 1200, 1400)], true);
    sim.say(Said::EndOfTurn(0.8));
    sim.say(Said::Settled(ms(2000)));
    sim.end(2, 1900);
    sim.pass(0);
    sim.ear.review(sim.now);
    assert_eq!(
        sim.told(),
        ["2: three@1200-1400", "2! three@1200-1400", "2."]
    );
}

fn speech_only() -> Habits {
    Habits {
        speech_only: true,
        hold: Duration::ZERO,
        least: 1,
        ..habits()
    }
}

#[test]
fn a_vendor_of_commits_gets_speech_alone_one_segment_at_a_time() {
    let mut sim = Sim::new(speech_only());
    sim.hear(0, 1000);
    assert!(sim.sent.is_empty());
    sim.begin(1, 700);
    sim.hear(1000, 2000);
    assert_eq!(sim.sent, ["100"; 13]);
    sim.end(1, 1990);
    assert_eq!(sim.sent.len(), 14);
    assert_eq!(sim.sent.last().unwrap(), "Flush");
    let line = |text: &str| Spoken::line(text, true);
    sim.say(Said::Words {
        turn: 0,
        words: line("a bcd"),
        last: true,
    });
    sim.say(Said::Flushed(Flushed::Number(0)));
    assert_eq!(
        sim.told(),
        ["1: a@700-1133 bcd@1133-1990", "1! a@700-1133 bcd@1133-1990"]
    );
    // One that was none is forgotten, and the next has its own words.
    sim.sent.clear();
    sim.begin(2, 2000);
    sim.hear(2000, 2500);
    sim.ear.input(ListenInput::Discard { segment: 2 });
    sim.hear(2500, 3000);
    sim.begin(3, 2600);
    sim.hear(3000, 3100);
    assert_eq!(
        sim.sent,
        [
            "100", "100", "100", "100", "100", "Forget", "100", "100", "100", "100", "100"
        ]
    );
    sim.end(3, 3100);
    let timed = |from: u64| {
        let span = Some((ms(from), ms(from + 100)));
        vec![Spoken {
            span,
            ..line("x").remove(0)
        }]
    };
    // Times of the connection, of which 1800 ms were sound before; or of the commit alone.
    sim.say(Said::Words {
        turn: 1,
        words: timed(2000),
        last: false,
    });
    assert_eq!(sim.told(), ["3: x@2800-2900"]);
    sim.say(Said::Words {
        turn: 1,
        words: timed(300),
        last: true,
    });
    sim.say(Said::Flushed(Flushed::Number(1)));
    assert_eq!(sim.told().last().unwrap(), "3! x@2900-3000");
}

#[test]
fn a_commit_that_is_never_answered_takes_the_connection_with_it() {
    let mut sim = Sim::new(speech_only());
    sim.begin(1, 0);
    sim.hear(0, 500);
    sim.end(1, 500);
    sim.live();
    sim.pass(1000);
    assert_eq!(sim.told(), ["1! "]);
    assert!(sim.ear.is_dead(sim.now));
    sim.ear.disconnected();
    sim.ear.connected(sim.now);
    assert!(!sim.ear.is_dead(sim.now));
    sim.begin(2, 500);
    sim.hear(500, 1000);
    sim.end(2, 1000);
    sim.say(Said::Failed(0, unavailable("v", String::new())));
    assert_eq!(sim.told(), ["2?"]);
}

/// Anything that a session or a vendor may do, in small numbers.
fn anything() -> impl Strategy<Value = (u8, u64, u64, u64)> {
    (0..16u8, 0..6u64, 0..8000u64, 0..3000u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_happens_every_ended_segment_is_answered_once(
        steps in prop::collection::vec(anything(), 0..120),
        speech_only in any::<bool>(),
        flushes in any::<bool>(),
    ) {
        let mut sim = Sim::new(Habits { speech_only, flushes: flushes || speech_only, ..habits() });
        let (mut ended, mut answered) = (std::collections::BTreeSet::new(), Vec::new());
        let mut known = std::collections::BTreeSet::new();
        let mut stable: std::collections::BTreeMap<u64, Vec<Word>> = Default::default();
        let mut clock = 0;
        for (what, which, time, much) in steps {
            match what {
                0..=4 => {
                    sim.hear(clock, clock + time % 400 / 20 * 20);
                    clock += time % 400 + much / 1000 * 20;
                }
                5 => { sim.begin(which, clock.saturating_sub(much)); known.insert(which); }
                6 => {
                    let newest = known.last().copied();
                    if newest.is_none_or(|newest| which > newest) || known.contains(&which) {
                        ended.insert(which);
                    }
                    known.insert(which);
                    sim.end(which, clock.saturating_sub(time % 300));
                }
                7 => { sim.ear.input(ListenInput::Discard { segment: which }); known.insert(which); }
                8 | 9 => sim.words(which, &[("a", time, time + much), ("b", much, time)], much > 1500),
                10 => sim.say(Said::Settled(ms(time))),
                11 => sim.say(Said::Flushed([Flushed::Number(which), Flushed::To(ms(time))][which as usize % 2])),
                12 => { sim.ear.disconnected(); sim.ear.connected(sim.now); }
                13 => sim.say(Said::EndOfTurn(0.9)),
                14 => sim.say(Said::Words { turn: which, words: Spoken::line("x y z", false), last: false }),
                _ => { sim.live(); sim.pass(much); }
            }
            sim.send();
            while let Some(output) = sim.ear.output() {
                match output {
                    ListenOutput::Partial { segment, transcript } => {
                        let before = stable.entry(segment).or_default();
                        prop_assert!(transcript.words.len() >= before.len());
                        prop_assert_eq!(&transcript.words[..before.len()], &before[..]);
                        *before = transcript.words[..transcript.stable].to_vec();
                    }
                    ListenOutput::Final { segment, transcript } => {
                        prop_assert!(!answered.contains(&segment), "{} twice", segment);
                        answered.push(segment);
                        prop_assert!(transcript.words.iter().all(|word| word.start < word.end));
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(answered.iter().all(|segment| ended.contains(segment)));
    }
}

//! Whatever happens in whatever order: no panic, nothing said after a cancel, well-formed events,
//! bounded outputs, and the same inputs give the same outputs.

use std::time::Duration;

use media::Position;
use proptest::prelude::*;
use signaling::event::session::Modality;
use signaling::event::{
    ClientEventKind, Content, Item, ItemKind, NewItem, Place, ResponseParams, Role, SessionUpdate,
};
use signaling::link::Carrier;

use super::super::trace::{self, Tracer};
use super::super::{Conversation, Generation, Input, LEAVING, Output, Past, Settings};
use super::check::{check_outputs, check_replay};
use super::records::check_records;
use super::sim::{Traced, client, ms, settings, trouble, update_detection, word_times};
use crate::archive::event::Event;
use crate::archive::inner::{Inner, InnerState};
use crate::providers::llm::{Finish, Token};
use crate::providers::stt::{Transcript, Word};

/// What may happen, in small numbers that the test turns into inputs.
#[derive(Clone, Debug)]
struct Step {
    after_ms: u64,
    what: u8,
    which: u64,
    much: u64,
}

/// Between two connections.
const AWAY: Duration = Duration::from_secs(9);
const TEXTS: &[&str] = &[
    "",
    "yeah",
    "wait",
    "what would you like to change",
    "I was thinking and",
    "thinking about it",
];

fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![8 => 0..80u64, 3 => 80..900u64, 1 => 900..9000u64, 1 => Just(40_000)];
    (pause, 0..47u8, 0..6u64, 0..30_000u64).prop_map(|(after_ms, what, which, much)| Step {
        after_ms,
        what,
        which,
        much,
    })
}

const SPOKEN: [&str; 2] = [
    "I keep thinking about it.",
    "[pause 1800] I keep [pause 2500] thinking. [pause 1000]",
];

fn inner(turn: u32) -> Inner {
    Inner {
        turn,
        moves: Vec::new(),
        topic: None,
        steps: Vec::new(),
        state: InnerState {
            trust: 1,
            openness: 2,
            energy: 3,
            insight: 4,
            resistance: 5,
        },
        level: 1,
    }
}

fn words(text: &str, now: Position) -> Transcript {
    let word = |text: &str| Word {
        text: text.to_owned(),
        start: now,
        end: now,
        confidence: 0.5,
    };
    let words: Vec<Word> = text.split_whitespace().map(word).collect();
    let stable = words.len();
    Transcript { words, stable }
}

/// The newest known, or one a little older.
fn pick(newest: u64, which: u64) -> u64 {
    newest.saturating_sub(which / 2)
}

struct Feed {
    machine: Conversation,
    received: Position,
    voice: bool,
    tracer: Tracer,
    lines: Vec<String>,
    now: Position,
    past: Vec<Item>,
    outputs: Vec<(Position, Traced)>,
}

impl Feed {
    fn id(&self, which: u64) -> String {
        let count = self.machine.counters.id;
        format!("item_t{:04}", pick(count, which * 2))
    }

    fn input(&mut self, step: &Step, now: Position) -> Input {
        let counters = &self.machine.counters;
        let segment = pick(counters.segment, step.which);
        let sentence = pick(counters.sentence, step.which);
        let generation = Generation(pick(counters.generation, step.which));
        let text = TEXTS[step.which as usize];
        let past = now.back(Duration::from_millis(step.much % 300));
        let samples = step.much;
        match step.what {
            0..=5 => {
                self.received = now;
                Input::Audio { to: now }
            }
            6..=9 => {
                self.voice = !self.voice;
                if self.voice {
                    Input::VoiceStarted { at: past }
                } else {
                    Input::VoiceStopped { at: past }
                }
            }
            10..=11 => Input::Partial {
                segment,
                transcript: words(text, now),
            },
            12..=14 => Input::Final {
                segment,
                transcript: words(text, now),
            },
            15 => Input::TranscriptFailed {
                segment,
                error: trouble(),
            },
            16..=17 => Input::Token {
                generation,
                token: Token::Text("I do. ".to_owned()),
            },
            18 => Input::Token {
                generation,
                token: Token::Call {
                    call_id: format!("call_{}", step.which),
                    name: "look".to_owned(),
                },
            },
            19 => Input::Token {
                generation,
                token: Token::Arguments {
                    call_id: format!("call_{}", step.which),
                    delta: "{}".to_owned(),
                },
            },
            20..=21 => Input::Token {
                generation,
                token: Token::End {
                    finish: [Finish::Stop, Finish::Length, Finish::Filtered]
                        [step.which as usize % 3],
                    usage: None,
                },
            },
            22..=24 => Input::Sentence {
                generation,
                text: SPOKEN[step.which as usize % 2].to_owned(),
            },
            25 => Input::ModelFailed {
                generation,
                error: trouble(),
            },
            26..=27 => Input::Produced { sentence, samples },
            28 => Input::Words {
                sentence,
                words: word_times(SPOKEN[step.much as usize % 2]),
            },
            29..=30 => Input::SentenceDone { sentence },
            31 => Input::VoiceFailed {
                sentence,
                error: trouble(),
            },
            32..=34 => Input::Sent { sentence, samples },
            35..=36 => Input::Time,
            46 => Input::EndOfTurn {
                segment,
                confidence: step.much as f32 / 30_000.0,
            },
            37 => Input::Gap {
                samples: step.much % 4800,
            },
            38 => Input::Leapt {
                samples: step.much % 480_000,
            },
            39 => Input::Omitted {
                samples: step.much % 4800,
            },
            40 => Input::Inner {
                generation,
                inner: Box::new(inner(step.which as u32)),
            },
            _ => client(self.event(step)),
        }
    }

    fn event(&self, step: &Step) -> ClientEventKind {
        let item_id = self.id(step.which);
        match step.much % 17 {
            0 | 1 => ClientEventKind::CommitInput,
            2 => ClientEventKind::ClearInput,
            3 => ClientEventKind::ClearOutput,
            4 | 5 => ClientEventKind::CreateResponse(Box::new(ResponseParams {
                out_of_band: step.which == 0,
                output_modalities: (step.which < 3).then_some(Modality::Text),
                ..ResponseParams::default()
            })),
            6 | 7 => ClientEventKind::CancelResponse { response_id: None },
            8 => ClientEventKind::CreateItem {
                item: Box::new(NewItem {
                    id: None,
                    status: None,
                    kind: ItemKind::Message {
                        role: Role::User,
                        content: vec![Content::InputText {
                            text: "hello".to_owned(),
                        }],
                    },
                }),
                place: if step.which == 0 {
                    Place::After(item_id)
                } else {
                    Place::End
                },
            },
            9 => ClientEventKind::RetrieveItem { item_id },
            10 => ClientEventKind::DeleteItem { item_id },
            11 | 12 => ClientEventKind::TruncateItem {
                item_id,
                content_index: 0,
                audio_end_ms: step.much / 17,
            },
            13 => ClientEventKind::HoldTurn { item_id },
            14 => ClientEventKind::CorrectTurn {
                item_id,
                transcript: "what else".to_owned(),
            },
            15 => ClientEventKind::ReleaseTurn { item_id },
            _ => ClientEventKind::SessionUpdate(Box::new(match step.which {
                0 => update_detection(None),
                1 => SessionUpdate {
                    output_modalities: signaling::event::Field::Value(Modality::Text),
                    ..SessionUpdate::default()
                },
                2 => SessionUpdate {
                    output_modalities: signaling::event::Field::Null,
                    ..SessionUpdate::default()
                },
                _ => update_detection(Some(step.which as usize % 2)),
            })),
        }
    }

    fn begin(settings: Settings, past: Option<Past>) -> Self {
        let mut feed = Self {
            lines: vec![trace::header(&settings, past.as_ref())],
            tracer: Tracer::new(settings.from),
            received: settings.from,
            now: settings.from,
            voice: false,
            outputs: Vec::new(),
            past: past
                .as_ref()
                .map_or_else(Vec::new, |past| past.items.clone()),
            machine: match past {
                None => Conversation::new(settings),
                Some(past) => Conversation::resumed(settings, past),
            },
        };
        feed.drain();
        feed
    }

    /// Feeds everything, and wakes the machine whenever it wants; then the connection is gone,
    /// and words come late. Returns what another connection goes on from.
    fn run(&mut self, carrier: Carrier, steps: &[Step]) -> Past {
        for step in steps {
            let next = ms(self.now.ms() + step.after_ms);
            self.wake(next);
            self.now = next;
            let input = self.input(step, self.now);
            self.handle(input);
            self.invariants();
        }
        let told = self.outputs.len();
        self.handle(Input::Leave);
        for step in steps.iter().take(5) {
            let next = ms(self.now.ms() + step.after_ms % 300);
            self.wake(next);
            self.now = next;
            let input = self.input(step, self.now);
            self.handle(input);
        }
        self.wake(self.now + LEAVING);
        self.check_left(told);
        check_outputs(carrier, &self.outputs);
        let outputs = self.outputs.iter().filter_map(|(_, traced)| match traced {
            Traced::Out(output) => Some(output),
            Traced::Sent(_) => None,
        });
        check_replay(&self.lines, outputs.clone());
        let records = outputs.filter_map(|output| match output {
            Output::Record(entry) => Some(&**entry),
            _ => None,
        });
        let sent = records.clone().filter_map(|entry| match &entry.event {
            Event::Sent(sent) => Some(sent.clone()),
            _ => None,
        });
        Past {
            part: 2,
            away: AWAY,
            sent: sent.collect(),
            items: check_records(&self.machine, &self.past, records),
            silences: Vec::new(),
        }
    }

    /// Wakes the machine as it wants until then.
    fn wake(&mut self, until: Position) {
        while let Some((due, _)) = self.machine.deadline().filter(|(due, _)| *due <= until) {
            self.now = self.now.max(due);
            let before = self.machine.deadline();
            self.handle(Input::Time);
            let after = self.machine.deadline();
            assert_ne!(after, before, "the deadline stays at {}", self.now);
        }
    }

    /// Once the connection is gone nothing new begins, and the end comes once, at the end.
    fn check_left(&self, told: usize) {
        let late: Vec<&Output> = self.outputs[told..]
            .iter()
            .filter_map(|(_, traced)| match traced {
                Traced::Out(output) => Some(output),
                Traced::Sent(_) => None,
            })
            .collect();
        let (last, before) = late.split_last().expect("an end");
        assert!(matches!(last, Output::Left), "{last:?}");
        for output in before {
            let harmless = matches!(
                output,
                Output::End { .. }
                    | Output::Discard { .. }
                    | Output::CancelGenerate { .. }
                    | Output::Silence { .. }
                    | Output::Resume
                    | Output::Record(_)
            );
            assert!(harmless, "{output:?} after the connection was gone");
        }
        assert_eq!(self.machine.deadline(), None);
    }

    fn handle(&mut self, input: Input) {
        let line = self.tracer.line(&input, self.now).to_owned();
        self.lines.push(line);
        self.machine.handle(input, self.now);
        let before = self.outputs.len();
        self.drain();
        let count = self.outputs.len() - before;
        assert!(count < 300, "one input gives too many outputs");
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll() {
            self.outputs.push((self.now, Traced::Out(output)));
        }
    }

    /// What must hold between any two inputs.
    fn invariants(&self) {
        let machine = &self.machine;
        assert!(machine.draft.is_none() || machine.turn.is_some());
        assert!(machine.draft.is_none() || machine.answer.is_none());
        assert!(
            !machine.paused || machine.turn.as_ref().is_some_and(|turn| turn.overlapping),
            "nothing holds the voice back"
        );
        assert_eq!(machine.paused, machine.playout.is_paused());
        assert!(machine.unsettled.iter().all(|turn| !turn.settled()));
    }
}

fn carrier() -> impl Strategy<Value = Carrier> {
    prop_oneof![Just(Carrier::WebRtc), Just(Carrier::WebSocket)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_inputs_at_any_time_keep_the_protocol_and_fed_again_give_the_same(
        carrier in carrier(),
        steps in prop::collection::vec(step(), 1..150),
        again in carrier(),
        more in prop::collection::vec(step(), 0..60),
    ) {
        let first = settings(carrier, |_| {});
        let mut feed = Feed::begin(first, None);
        let past = feed.run(carrier, &steps);
        let mut second = settings(again, |_| {});
        second.from = feed.now + AWAY;
        Feed::begin(second, Some(past)).run(again, &more);
    }
}

//! Whatever happens in whatever order: no panic, nothing said after a cancel, well-formed events,
//! bounded outputs, and the same inputs give the same outputs.

use media::Position;
use proptest::prelude::*;
use signaling::event::session::Modality;
use signaling::event::{
    ClientEventKind, Content, ItemKind, NewItem, Place, ResponseParams, Role, SessionUpdate,
};
use signaling::link::Carrier;

use super::super::trace::{self, Tracer};
use super::super::{Conversation, Generation, Input};
use super::check::{check_outputs, check_replay};
use super::sim::{Traced, client, ms, settings, trouble, update_detection, word_times};
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
    (pause, 0..44u8, 0..6u64, 0..30_000u64).prop_map(|(after_ms, what, which, much)| Step {
        after_ms,
        what,
        which,
        much,
    })
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
        let past = now.back(std::time::Duration::from_millis(step.much % 300));
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
                text: "I keep thinking about it.".to_owned(),
            },
            25 => Input::ModelFailed {
                generation,
                error: trouble(),
            },
            26..=27 => Input::Produced { sentence, samples },
            28 => Input::Words {
                sentence,
                words: word_times("I keep thinking about it."),
            },
            29..=30 => Input::SentenceDone { sentence },
            31 => Input::VoiceFailed {
                sentence,
                error: trouble(),
            },
            32..=34 => Input::Sent { sentence, samples },
            35..=36 => Input::Time,
            37 => Input::Gap {
                samples: step.much % 4800,
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

    /// Feeds everything, and wakes the machine whenever it wants.
    fn run(carrier: Carrier, steps: &[Step]) {
        let settings = settings(carrier, |_| {});
        let mut feed = Self {
            lines: vec![trace::header(&settings, None)],
            tracer: Tracer::new(Position::ZERO),
            machine: Conversation::new(settings),
            received: Position::ZERO,
            voice: false,
        };
        let mut outputs = Vec::new();
        let mut now = Position::ZERO;
        for step in steps {
            let next = ms(now.ms() + step.after_ms);
            while let Some((due, _)) = feed.machine.deadline().filter(|(due, _)| *due <= next) {
                now = now.max(due);
                let before = feed.machine.deadline();
                feed.handle(Input::Time, now);
                assert_ne!(
                    feed.machine.deadline(),
                    before,
                    "the deadline stays at {now}"
                );
                feed.drain(now, &mut outputs);
            }
            now = next;
            let input = feed.input(step, now);
            feed.handle(input, now);
            feed.drain(now, &mut outputs);
            feed.invariants();
        }
        check_outputs(carrier, &outputs);
        let outputs = outputs.iter().filter_map(|(_, traced)| match traced {
            Traced::Out(output) => Some(output),
            Traced::Sent(_) => None,
        });
        check_replay(&feed.lines, outputs);
    }

    fn handle(&mut self, input: Input, now: Position) {
        let line = self.tracer.line(&input, now).to_owned();
        self.lines.push(line);
        self.machine.handle(input, now);
    }

    fn drain(&mut self, now: Position, outputs: &mut Vec<(Position, Traced)>) {
        let mut count = 0;
        while let Some(output) = self.machine.poll() {
            count += 1;
            assert!(count < 300, "one input gives too many outputs");
            outputs.push((now, Traced::Out(output)));
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
    ) {
        Feed::run(carrier, &steps);
    }
}

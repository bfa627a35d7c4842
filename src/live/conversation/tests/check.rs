//! What holds on every trace, whatever was scripted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use media::Position;
use signaling::event::{Item, ServerEvent, Status};
use signaling::link::{Carrier, PartIds};

use super::super::trace::replay;
use super::super::{Generation, Output};
use super::sim::{Sim, Traced, kind};

/// Reads a trace and fails where the protocol's order or a promise of the machine is broken.
pub fn check(sim: &Sim) {
    let checker = Checker {
        own: sim.own(),
        fronts: sim.fronts(),
        ..Checker::default()
    };
    checker.read(sim.carrier(), &sim.trace);
}

/// The same for what a machine put out without a simulation around it.
pub fn check_outputs(carrier: Carrier, trace: &[(Position, Traced)]) {
    let checker = Checker {
        own: true,
        ..Checker::default()
    };
    checker.read(carrier, trace);
}

/// Feeds a machine again what one was fed: it must put out the same.
pub fn check_replay<'a>(lines: &[String], outputs: impl Iterator<Item = &'a Output>) {
    let mut replayed = replay(lines).expect("a trace");
    for (index, output) in outputs.enumerate() {
        let again = replayed.next().expect("as many outputs").expect("a line");
        assert_eq!(
            format!("{output:?}"),
            format!("{again:?}"),
            "output {index}"
        );
    }
    assert!(replayed.next().is_none(), "the replay puts out more");
}

#[derive(Default)]
struct Checker {
    web_rtc: bool,
    own: bool,
    fronts: bool,
    at: u64,
    told: usize,
    order: Vec<String>,
    done: BTreeSet<String>,
    committed: Option<String>,
    responses: BTreeMap<String, Option<Status>>,
    parts: BTreeMap<String, Part>,
    calls: BTreeMap<String, String>,
    speech: Option<(String, u64)>,
    playing: Option<String>,
    paused: bool,
    asked: BTreeMap<Generation, bool>,
    segments: BTreeMap<u64, bool>,
    closed: bool,
}

#[derive(Default)]
struct Part {
    response: String,
    told: String,
    sound_done: bool,
    text: Option<String>,
    done: bool,
}

impl Checker {
    fn read(mut self, carrier: Carrier, trace: &[(Position, Traced)]) {
        self.web_rtc = carrier == Carrier::WebRtc;
        for (at, traced) in trace {
            self.at = at.ms();
            match traced {
                Traced::Sent(response) => self.sent(response),
                Traced::Out(Output::Emit(event)) => self.event(event),
                Traced::Out(output) => self.output(output),
            }
        }
    }

    fn event(&mut self, event: &ServerEvent) {
        let name = kind(event);
        match self.told {
            0 => assert_eq!(name, "session.created"),
            1 => assert_eq!(name, "conversation.created"),
            told => assert!(told == 2 || !matches!(event, ServerEvent::Resumed(_))),
        }
        self.told += 1;
        assert!(!self.closed, "{name} after the end");
        assert!(
            self.own || !event.is_own(),
            "{name} without being asked for"
        );
        if let Some(id) = self.committed.take() {
            match event {
                ServerEvent::ItemAdded { item, .. } => assert_eq!(item.id, id),
                other => panic!("{other:?} after committed"),
            }
        }
        match event {
            ServerEvent::InputCommitted {
                previous_item_id,
                item_id,
            } => {
                assert_eq!(previous_item_id.as_ref(), self.order.last(), "{}", self.at);
                self.committed = Some(item_id.clone());
            }
            ServerEvent::ItemAdded {
                previous_item_id,
                item,
            } => self.added(previous_item_id.as_deref(), item),
            ServerEvent::ItemDone {
                previous_item_id,
                item,
            } => {
                let at = self.place(&item.id);
                let before = at.checked_sub(1).map(|at| self.order[at].as_str());
                assert_eq!(previous_item_id.as_deref(), before, "done {}", item.id);
                assert!(self.done.insert(item.id.clone()), "{} done twice", item.id);
            }
            ServerEvent::ItemDeleted { item_id } => {
                let at = self.place(item_id);
                self.order.remove(at);
            }
            ServerEvent::ItemTruncated { item_id, .. } => {
                self.place(item_id);
            }
            ServerEvent::SpeechStarted {
                audio_start_ms,
                item_id,
            } => {
                assert!(self.speech.is_none(), "speech started twice at {}", self.at);
                self.speech = Some((item_id.clone(), *audio_start_ms));
            }
            ServerEvent::SpeechStopped {
                audio_end_ms,
                item_id,
            } => {
                let (id, start) = self.speech.take().expect("speech started");
                assert_eq!(&id, item_id);
                assert!(start <= *audio_end_ms, "speech ends before it starts");
            }
            ServerEvent::OutputStarted { response_id } => {
                assert!(self.web_rtc && self.playing.is_none(), "{}", self.at);
                self.playing = Some(response_id.clone());
            }
            ServerEvent::OutputStopped { response_id }
            | ServerEvent::OutputCleared { response_id } => {
                assert_eq!(
                    self.playing.take().as_ref(),
                    Some(response_id),
                    "{}",
                    self.at
                );
            }
            _ => self.response(event),
        }
    }

    fn added(&mut self, previous: Option<&str>, item: &Item) {
        assert!(!self.order.contains(&item.id), "{} added twice", item.id);
        let at = match previous {
            Some(previous) => self.place(previous) + 1,
            None => {
                assert!(
                    self.order.is_empty() || self.fronts,
                    "null before {}",
                    item.id
                );
                0
            }
        };
        self.order.insert(at, item.id.clone());
    }

    fn place(&self, id: &str) -> usize {
        let at = self.order.iter().position(|known| known == id);
        at.unwrap_or_else(|| panic!("{id} is unknown at {}", self.at))
    }

    fn response(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ResponseCreated { response } => {
                let before = self.responses.insert(response.id.clone(), None);
                assert!(before.is_none(), "{} created twice", response.id);
                assert!(response.output.is_empty());
            }
            ServerEvent::ResponseDone { response } => {
                self.open(&response.id);
                let parts = self
                    .parts
                    .values()
                    .filter(|part| part.response == response.id);
                for part in parts {
                    part.check_end(response.status);
                }
                assert!(!self.calls.values().any(|call| *call == response.id));
                assert_ne!(response.status, Status::InProgress);
                assert_eq!(
                    response.status == Status::Completed,
                    response.status_details.is_none()
                );
                self.responses
                    .insert(response.id.clone(), Some(response.status));
            }
            ServerEvent::OutputItemAdded { response_id, .. }
            | ServerEvent::OutputItemDone { response_id, .. } => self.open(response_id),
            ServerEvent::ContentPartAdded { ids, .. } => {
                self.open(&ids.response_id);
                let part = Part {
                    response: ids.response_id.clone(),
                    ..Part::default()
                };
                assert!(self.parts.insert(ids.item_id.clone(), part).is_none());
            }
            ServerEvent::OutputTranscriptDelta { ids, delta }
            | ServerEvent::OutputTextDelta { ids, delta } => {
                let part = self.part(ids);
                assert!(part.text.is_none());
                part.told.push_str(delta);
            }
            ServerEvent::OutputAudioDone { ids } => self.part(ids).sound_done = true,
            ServerEvent::OutputTranscriptDone {
                ids,
                transcript: text,
            } => {
                assert!(self.part(ids).sound_done);
                self.part(ids).text = Some(text.clone());
            }
            ServerEvent::OutputTextDone { ids, text } => self.part(ids).text = Some(text.clone()),
            ServerEvent::ContentPartDone { ids, .. } => {
                let part = self.part(ids);
                assert!(part.text.is_some() && !part.done);
                part.done = true;
            }
            ServerEvent::ArgumentsDelta {
                response_id,
                item_id,
                ..
            } => {
                self.open(response_id);
                self.calls.insert(item_id.clone(), response_id.clone());
            }
            ServerEvent::ArgumentsDone { item_id, .. } => {
                self.calls.remove(item_id);
            }
            _ => {}
        }
    }

    fn open(&self, response: &str) {
        let known = self.responses.get(response);
        assert_eq!(known, Some(&None), "{response} is not open at {}", self.at);
    }

    fn part(&mut self, ids: &Arc<PartIds>) -> &mut Part {
        self.open(&ids.response_id);
        self.parts.get_mut(&ids.item_id).expect("an open part")
    }

    fn sent(&self, response: &str) {
        self.open(response);
        assert!(!self.paused, "a paused voice speaks at {}", self.at);
    }

    fn output(&mut self, output: &Output) {
        match output {
            Output::Begin { segment, .. } => {
                assert!(self.segments.insert(*segment, true).is_none());
            }
            Output::End { segment, .. } => {
                assert_eq!(self.segments.get(segment), Some(&true), "end of {segment}");
            }
            Output::Discard { segment } => {
                assert_eq!(self.segments.insert(*segment, false), Some(true));
            }
            Output::Generate(ask) => {
                assert!(self.asked.insert(ask.generation, true).is_none());
            }
            Output::CancelGenerate { generation } => {
                assert_eq!(self.asked.insert(*generation, false), Some(true));
            }
            Output::Release { part, .. } => self.open(&part.response_id),
            Output::Pause => assert!(!std::mem::replace(&mut self.paused, true)),
            Output::Resume => assert!(std::mem::replace(&mut self.paused, false)),
            Output::Close(_) => self.closed = true,
            _ => {}
        }
    }
}

impl Part {
    fn check_end(&self, status: Status) {
        assert!(self.done, "a part stays open");
        let text = self.text.as_deref().unwrap_or_default();
        if status == Status::Completed {
            assert_eq!(self.told, text);
        } else {
            let (told, text) = (self.told.trim(), text.trim());
            assert!(told.starts_with(text), "told {told:?}, ends as {text:?}");
        }
    }
}

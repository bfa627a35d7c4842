//! Reading a trace: what the client was told, when, and what the engines were asked.

use media::Position;
use signaling::event::own::TurnState;
use signaling::event::{Content, ErrorBody, Item, ItemKind, ServerEvent, Status};

use super::super::Output;
use super::super::output::{Ask, Memory};
use super::sim::{Sim, Traced, kind};
use crate::archive::event::{Entry, Event};

impl Sim {
    pub fn outputs(&self) -> impl DoubleEndedIterator<Item = (u64, &Output)> {
        self.trace.iter().filter_map(|(at, traced)| match traced {
            Traced::Out(output) => Some((at.ms(), output)),
            Traced::Sent(_) => None,
        })
    }

    pub fn events(&self) -> impl DoubleEndedIterator<Item = (u64, &ServerEvent)> {
        self.outputs().filter_map(|(at, output)| match output {
            Output::Emit(event) => Some((at, &**event)),
            _ => None,
        })
    }

    /// Types of the protocol's events after a time, without deltas and our own.
    pub fn kinds(&self, after: u64) -> Vec<String> {
        let events = self.events();
        let told = events.filter(|(at, event)| *at >= after && !event.is_own());
        told.map(|(_, event)| kind(event))
            .filter(|kind| !kind.ends_with(".delta") && kind != "rate_limits.updated")
            .collect()
    }

    /// When events of a type were told.
    pub fn times(&self, wanted: &str) -> Vec<u64> {
        let events = self.events().filter(|(_, event)| kind(event) == wanted);
        events.map(|(at, _)| at).collect()
    }

    /// When the only event of a type was told.
    pub fn time(&self, wanted: &str) -> u64 {
        let times = self.times(wanted);
        assert_eq!(times.len(), 1, "{wanted} at {times:?}");
        times[0]
    }

    /// How the responses ended.
    pub fn endings(&self) -> Vec<Status> {
        let ended = self.events().filter_map(|(_, event)| match event {
            ServerEvent::ResponseDone { response } => Some(response.status),
            _ => None,
        });
        ended.collect()
    }

    pub fn errors(&self) -> Vec<&ErrorBody> {
        let errors = self.events().filter_map(|(_, event)| match event {
            ServerEvent::Error { error } => Some(error),
            _ => None,
        });
        errors.collect()
    }

    /// The last error: its parameter, and that it names the client's event.
    pub fn refused(&self) -> Option<&str> {
        let error = self.errors().last().copied().expect("an error");
        assert_eq!(error.event_id.as_deref(), Some("mine"));
        error.param.as_deref()
    }

    pub fn asks(&self) -> Vec<&Ask> {
        let asks = self.outputs().filter_map(|(_, output)| match output {
            Output::Generate(ask) => Some(&**ask),
            _ => None,
        });
        asks.collect()
    }

    /// What the model was last asked with.
    pub fn memory(&self) -> Vec<Memory> {
        self.asks().last().expect("an ask").memory.clone()
    }

    /// What the coach said, as the model was last told.
    pub fn coach_words(&self) -> Vec<String> {
        let said = self.memory().into_iter().filter_map(|memory| match memory {
            Memory::Coach(text) => Some(text),
            _ => None,
        });
        said.collect()
    }

    /// What the archive was told.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.outputs().filter_map(|(_, output)| match output {
            Output::Record(entry) => Some(&**entry),
            _ => None,
        })
    }

    /// How speech over the client's voice was judged, and what became of answers begun early.
    pub fn notes(&self) -> Vec<&Event> {
        let noted = |event: &&Event| {
            matches!(
                event,
                Event::BargeIn { .. } | Event::Overlap { .. } | Event::Speculated { .. }
            )
        };
        self.records()
            .map(|entry| &entry.event)
            .filter(noted)
            .collect()
    }

    /// When the coach took the turn while the client spoke.
    pub fn barge_ins(&self) -> Vec<u64> {
        let taken = |entry: &&Entry| matches!(entry.event, Event::BargeIn { .. });
        self.records()
            .filter(taken)
            .map(|entry| entry.at_ms)
            .collect()
    }

    /// Outputs that `wanted` picks, by time.
    pub fn when(&self, wanted: impl Fn(&Output) -> bool) -> Vec<u64> {
        let outputs = self.outputs().filter(|(_, output)| wanted(output));
        outputs.map(|(at, _)| at).collect()
    }

    pub fn states(&self) -> Vec<TurnState> {
        let states = self.events().filter_map(|(_, event)| match event {
            ServerEvent::Turn(turn) => Some(turn.state),
            _ => None,
        });
        states.collect()
    }

    /// When frames with sound left.
    pub fn sent(&self) -> Vec<u64> {
        let sent = self.trace.iter();
        sent.filter(|(_, traced)| matches!(traced, Traced::Sent(_)))
            .map(|(at, _): &(Position, Traced)| at.ms())
            .collect()
    }

    /// Ids of all items, in the order they were told.
    pub fn items(&self) -> Vec<String> {
        let added = self.events().filter_map(|(_, event)| match event {
            ServerEvent::ItemAdded { item, .. } => Some(item.id.clone()),
            _ => None,
        });
        added.collect()
    }

    /// The item as it is now.
    pub fn item(&self, id: &str) -> Item {
        let item = self.machine.items.get(id).expect("an item");
        Item::clone(&item)
    }

    /// The transcript of an item as it is now.
    pub fn transcript(&self, id: &str) -> String {
        match &self.item(id).kind {
            ItemKind::Message { content, .. } => match &content[..] {
                [
                    Content::OutputAudio { transcript, .. }
                    | Content::InputAudio { transcript, .. },
                ] => transcript.clone().unwrap_or_default(),
                [Content::OutputText { text } | Content::InputText { text }] => text.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

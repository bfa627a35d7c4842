//! A conversation that was cut off with words still to come, brought back from its trace to be completed.

use std::collections::BTreeMap;

use media::Position;

use crate::archive::event::{Entry, Event};
use crate::archive::{Addition, Left};
use crate::live::conversation::trace::{TraceError, Tracer, replay};
use crate::live::conversation::{Conversation, Input, Output};

/// Where somebody speaks, as the recogniser is told.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Names it.
    pub id: u64,
    /// Where it begins.
    pub from: Position,
    /// Where it ends.
    pub to: Position,
}

/// The conversation, and what is added to its record.
pub struct Unfinished {
    conversation: Conversation,
    tracer: Tracer,
    /// Where segments begin and end, as far as that was said.
    marks: BTreeMap<u64, (Position, Option<Position>)>,
    /// What is not on record yet.
    entries: Vec<Entry>,
    trace: String,
    /// Some of it could not be put to a recogniser.
    failed: bool,
}

impl Unfinished {
    /// The conversation as it was when its process was killed, now left. `None` if no words were still
    /// to come.
    ///
    /// # Errors
    ///
    /// If its trace cannot be read.
    pub fn of(left: &Left) -> Result<Option<Self>, TraceError> {
        let (mut marks, mut entries) = (BTreeMap::new(), Vec::new());
        let mut replayed = replay(left.trace.lines())?;
        for output in replayed.by_ref() {
            keep(output?, &mut marks, &mut entries);
        }
        let (conversation, tracer) = replayed.left();
        // The log may be a batch ahead of the trace: what it holds more is not recorded again.
        let ahead = left.entries.get(entries.len()..).unwrap_or_default();
        entries.drain(..left.entries.len().min(entries.len()));
        let mut unfinished = Self {
            conversation,
            tracer,
            marks,
            entries,
            trace: String::new(),
            failed: false,
        };
        if unfinished.conversation.awaited().is_empty() {
            return Ok(None);
        }
        unfinished.handle(Input::Leave);
        let is_known = |entry: &Entry| ahead.iter().any(|known| known.event == entry.event);
        unfinished.entries.retain(|entry| !is_known(entry));
        Ok(Some(unfinished))
    }

    /// The segments whose words are still to come, in order.
    pub fn segments(&self) -> Vec<Segment> {
        let segment = |id| {
            let (from, to) = *self.marks.get(&id)?;
            let to = to.unwrap_or(from).max(from);
            Some(Segment { id, from, to })
        };
        let awaited = self.conversation.awaited();
        awaited.into_iter().filter_map(segment).collect()
    }

    /// What a segment belongs to.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// When the process was killed, as far as is known.
    pub fn now(&self) -> Position {
        self.tracer.now()
    }

    /// The recogniser says this. No time passes by it.
    pub fn handle(&mut self, input: Input) {
        self.failed |= matches!(input, Input::TranscriptFailed { .. });
        let now = self.tracer.now();
        self.trace.push_str(self.tracer.line(&input, now));
        self.trace.push('\n');
        self.conversation.handle(input, now);
        while let Some(output) = self.conversation.poll() {
            keep(output, &mut self.marks, &mut self.entries);
        }
    }

    /// What is to be added to the record of a part; `wall` is the time of day in microseconds.
    pub fn addition(self, (from, to): (Position, Position), wall: i64) -> Addition {
        let event = Event::HeardAfterwards {
            from_ms: from.ms(),
            to_ms: to.ms(),
            recognised: !self.failed,
            wall,
        };
        let at_ms = self.tracer.now().ms();
        let first = std::iter::once(Entry { at_ms, event });
        Addition {
            entries: first.chain(self.entries).collect(),
            trace: self.trace,
        }
    }
}

fn keep(
    output: Output,
    marks: &mut BTreeMap<u64, (Position, Option<Position>)>,
    entries: &mut Vec<Entry>,
) {
    match output {
        Output::Begin { segment, from } => drop(marks.insert(segment, (from, None))),
        Output::End { segment, to } => {
            if let Some(mark) = marks.get_mut(&segment) {
                mark.1 = Some(to);
            }
        }
        Output::Record(entry) => entries.push(*entry),
        _ => {}
    }
}

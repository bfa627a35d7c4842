//! Feeding a conversation again what it was fed.

use std::iter::Peekable;

use super::{TraceError, TraceReader, Tracer, read_header};
use crate::archive::event::Entry;
use crate::live::conversation::{Conversation, Output};

/// A conversation that is fed from a trace: everything that it puts out, in order.
pub struct Replay<I: Iterator> {
    conversation: Conversation,
    reader: TraceReader,
    lines: Peekable<I>,
}

/// Feeds a new conversation what the lines of a trace say. A last line that was written only in
/// part, as a killed process leaves it, is ignored.
///
/// # Errors
/// If the first line is missing, damaged, or of another form.
pub fn replay<L: AsRef<str>, I: IntoIterator<Item = L>>(
    lines: I,
) -> Result<Replay<I::IntoIter>, TraceError> {
    let mut lines = lines.into_iter().peekable();
    let first = lines.next().ok_or(TraceError::Empty)?;
    let (settings, past) = read_header(first.as_ref())?;
    let reader = TraceReader::new(settings.from);
    let conversation = match past {
        None => Conversation::new(settings),
        Some(past) => Conversation::resumed(settings, past),
    };
    Ok(Replay {
        conversation,
        reader,
        lines,
    })
}

impl<L: AsRef<str>, I: Iterator<Item = L>> Replay<I> {
    /// The conversation as the trace leaves it, when everything was put out, and who writes on there.
    pub fn left(self) -> (Conversation, Tracer) {
        (self.conversation, self.reader.into())
    }

    /// What the conversation records, in order, without the rest.
    pub fn entries(self) -> impl Iterator<Item = Result<Entry, TraceError>> {
        self.filter_map(|output| match output {
            Ok(Output::Record(entry)) => Some(Ok(*entry)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

impl<L: AsRef<str>, I: Iterator<Item = L>> Iterator for Replay<I> {
    type Item = Result<Output, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(output) = self.conversation.poll() {
                return Some(Ok(output));
            }
            let line = self.lines.next()?;
            match self.reader.read(line.as_ref()) {
                Ok((input, now)) => self.conversation.handle(input, now),
                Err(_) if self.lines.peek().is_none() => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

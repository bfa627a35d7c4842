//! The moves of a transcript, a line of JSON for each utterance.

use std::io::{BufRead, Write};

use serde::Serialize;

use super::transcript::{Speaker, TranscriptError, read};
use super::{Context, Moves, classify};

/// A line of the report.
#[derive(Serialize)]
struct Line<'a> {
    /// From 0.
    index: usize,
    speaker: Speaker,
    /// As the transcript has it; null where it has none.
    time: Option<&'a str>,
    text: &'a str,
    /// None for the client.
    moves: Moves,
}

/// Reads a transcript and writes an object for each utterance, in their order, as soon as it is
/// read.
///
/// # Errors
///
/// If a line of the transcript is not as it should be; if reading or writing fails.
pub fn report(
    file: &str,
    input: impl BufRead,
    output: &mut impl Write,
) -> Result<(), TranscriptError> {
    let mut context = Context::new();
    read(file, input, |index, utterance| {
        let text = utterance.text;
        let moves = match utterance.speaker {
            Speaker::Coach => {
                let moves = classify(text, &context);
                context.coach(moves, text);
                moves
            }
            Speaker::Client => {
                context.client(text);
                Moves::default()
            }
        };
        let line = Line {
            index,
            speaker: utterance.speaker,
            time: utterance.time,
            text,
            moves,
        };
        serde_json::to_writer(&mut *output, &line)?;
        output.write_all(b"\n")
    })
}

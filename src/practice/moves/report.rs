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
                context.coach(moves);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_utterance_is_a_line_in_order() {
        let talk = "[00:04] Coach: What is new?\n\nClient: \"Nothing\".\nCoach: You should rest.";
        let mut out = Vec::new();
        report("talk.txt", talk.as_bytes(), &mut out).unwrap();
        let expected = concat!(
            r#"{"index":0,"speaker":"coach","time":"00:04","text":"What is new?","moves":["open_question"]}"#,
            "\n",
            r#"{"index":1,"speaker":"client","time":null,"text":"\"Nothing\".","moves":[]}"#,
            "\n",
            r#"{"index":2,"speaker":"coach","time":null,"text":"You should rest.","moves":["advice"]}"#,
            "\n",
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let wrong = report("talk.txt", "Coach: hi\nhi".as_bytes(), &mut Vec::new());
        assert!(wrong.unwrap_err().to_string().starts_with("talk.txt:2: "));
    }
}

//! Transcripts on disk: an utterance a line, `[00:01:13] Coach: What would help?`.

use std::io::{self, BufRead, Read};

use serde::Serialize;

/// The longest line that is read, in bytes: ten times what anybody says in one breath.
pub const LONGEST: usize = 64 * 1024;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The coach.
    Coach,
    /// The client.
    Client,
}

/// A line of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utterance<'a> {
    /// Who speaks.
    pub speaker: Speaker,
    /// When it begins, as the file has it, without the brackets; `None` where the file gives none.
    pub time: Option<&'a str>,
    /// The words.
    pub text: &'a str,
}

/// Why a transcript cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// A line is not an utterance.
    #[error("{file}:{line}: {wrong}; expected `[00:01:13] Coach: …` or `[00:01:13] Client: …`")]
    Line {
        /// The file.
        file: String,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        wrong: &'static str,
    },
    /// The file cannot be read, or what becomes of it cannot be written.
    #[error("{file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
}

/// Reads a line: `None` for one that is blank.
///
/// # Errors
///
/// What is wrong with it.
pub fn line(line: &str) -> Result<Option<Utterance<'_>>, &'static str> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (time, rest) = match line.strip_prefix('[') {
        Some(rest) => {
            let (time, rest) = rest.split_once(']').ok_or("the time has no closing `]`")?;
            let time = time.trim();
            if !is_time(time) {
                return Err("the time is not hours, minutes and seconds");
            }
            (Some(time), rest.trim_start())
        }
        None => (None, line),
    };
    let (name, text) = rest
        .split_once(':')
        .ok_or("nobody is named as the speaker")?;
    let speaker = match name.trim() {
        name if name.eq_ignore_ascii_case("coach") => Speaker::Coach,
        name if name.eq_ignore_ascii_case("client") => Speaker::Client,
        _ => return Err("the speaker is neither Coach nor Client"),
    };
    Ok(Some(Utterance {
        speaker,
        time,
        text: text.trim(),
    }))
}

/// `01:13`, `00:01:13`, `1:02:03.250`; `00:09:025`, as people type it.
fn is_time(time: &str) -> bool {
    let mut parts = time.split(':').rev();
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let seconds = parts.next().unwrap_or_default();
    let (seconds, fraction) = match seconds.split_once(['.', ',']) {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (seconds, None),
    };
    let whole: Vec<&str> = parts.collect();
    digits(seconds, 3)
        && fraction.is_none_or(|fraction| digits(fraction, 9))
        && (1..=2).contains(&whole.len())
        && whole.iter().all(|part| digits(part, 3))
}

/// Reads a transcript to its end and gives each utterance, with its index from 0, to `each`.
///
/// # Errors
///
/// A line that is no utterance, is longer than [`LONGEST`] or is not UTF-8; a file that cannot be
/// read; what `each` fails with.
pub fn read(
    file: &str,
    mut input: impl BufRead,
    mut each: impl FnMut(usize, Utterance<'_>) -> io::Result<()>,
) -> Result<(), TranscriptError> {
    let io = |error| TranscriptError::Io {
        file: file.to_owned(),
        error,
    };
    let (mut bytes, mut index) = (Vec::new(), 0);
    for number in 1.. {
        bytes.clear();
        // One byte more than may be, and the line's end.
        let most = LONGEST as u64 + 2;
        let read = input.by_ref().take(most).read_until(b'\n', &mut bytes);
        if read.map_err(io)? == 0 {
            break;
        }
        let wrong = |wrong| TranscriptError::Line {
            file: file.to_owned(),
            line: number,
            wrong,
        };
        if bytes.trim_ascii_end().len() > LONGEST {
            return Err(wrong("the line is longer than 64 KiB"));
        }
        let text = str::from_utf8(&bytes).map_err(|_| wrong("the line is not UTF-8"))?;
        if let Some(utterance) = line(text).map_err(wrong)? {
            each(index, utterance).map_err(io)?;
            index += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (usize, Speaker, Option<String>, String);

    fn all(text: &[u8]) -> Result<Vec<Read>, String> {
        let mut out = Vec::new();
        read("talk.txt", text, |index, u| {
            let time = u.time.map(str::to_owned);
            out.push((index, u.speaker, time, u.text.to_owned()));
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        Ok(out)
    }

    #[test]
    fn lines_are_read_as_people_write_them() {
        let text = "\u{feff}[00:01:13] Coach: What is it: this?\r\n\r\n[1:014] CLIENT : That.\n\nCoach:\nclient: [laughs] No.";
        let time = |t: &str| Some(t.to_owned());
        assert_eq!(
            all(text.as_bytes()).unwrap(),
            [
                (
                    0,
                    Speaker::Coach,
                    time("00:01:13"),
                    "What is it: this?".into()
                ),
                (1, Speaker::Client, time("1:014"), "That.".into()),
                (2, Speaker::Coach, None, String::new()),
                (3, Speaker::Client, None, "[laughs] No.".into()),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, says) in [
            (
                "Coach: hi\n\nTherapist: hi",
                "talk.txt:3: the speaker is neither",
            ),
            ("hello there", "talk.txt:1: nobody is named"),
            ("[00:01 Coach: hi", "talk.txt:1: the time has no closing"),
            ("[soon] Coach: hi", "talk.txt:1: the time is not hours"),
            ("[1:2:3:4] Coach: hi", "the time is not hours"),
        ] {
            let error = all(text.as_bytes()).unwrap_err();
            assert!(error.starts_with(says) || error.contains(says), "{error}");
            assert!(error.contains("expected `[00:01:13] Coach: …`"), "{error}");
        }
        assert!(all(b"Coach: \xff").unwrap_err().contains("not UTF-8"));
        let long = |length: usize| format!("Coach: {}\r\nClient: hi", "a".repeat(length - 7));
        assert_eq!(all(long(LONGEST).as_bytes()).unwrap().len(), 2);
        let error = all(long(LONGEST + 1).as_bytes()).unwrap_err();
        assert!(error.contains("talk.txt:1: the line is longer"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_or_refused(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = all(&text);
        }

        #[test]
        fn what_was_written_is_read(minutes in 0u8..60, words in "[a-zA-Z' ,.?]{0,80}") {
            let line_of = format!("[00:{minutes:02}:07] Coach: {words}\n");
            let read = all(line_of.as_bytes()).unwrap();
            proptest::prop_assert_eq!(&read[0].3, words.trim());
        }
    }
}

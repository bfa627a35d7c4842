//! A transcript as text for players and people: WebVTT, SubRip, plain text.

mod cues;

#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Write};

use super::event::{Said, Speaker};
use super::shapes::{Break, BreakKind, Transcript};
use cues::{Cue, cues};

impl Transcript {
    /// As WebVTT (W3C): cues of at most two lines with the speaker as their voice, and a note for
    /// every time that is missing.
    #[must_use]
    pub fn vtt(&self) -> String {
        let mut text = "WEBVTT\n".to_owned();
        for piece in self.in_order(cues(self), |cue| cue.from_ms) {
            match piece {
                Piece::Missing(gap) => {
                    let (from, to) = (Time(gap.from_ms, '.'), Time(gap.to_ms, '.'));
                    let what = match gap.kind {
                        BreakKind::Away => "No connection",
                        BreakKind::Unrecorded => "Not recorded",
                    };
                    put(
                        &mut text,
                        format_args!("\nNOTE {what} from {from} to {to}\n"),
                    );
                }
                Piece::Said(cue) => {
                    let (from, to) = (Time(cue.from_ms, '.'), Time(cue.to_ms, '.'));
                    let words = escaped(&cue.lines.join("\n"));
                    let name = name(cue.speaker);
                    if cue.opens && cue.afterwards {
                        put(&mut text, format_args!("\nNOTE {AFTERWARDS}\n"));
                    }
                    put(
                        &mut text,
                        format_args!("\n{from} --> {to}\n<v {name}>{words}</v>\n"),
                    );
                }
            }
        }
        text
    }

    /// As SubRip: numbered cues of at most two lines, each turn opened by its speaker's name. A time
    /// that is missing is a cue too, since SubRip has no notes.
    #[must_use]
    pub fn srt(&self) -> String {
        let mut text = String::new();
        for (index, piece) in self.in_order(cues(self), |cue| cue.from_ms).enumerate() {
            let (from_ms, to_ms) = match &piece {
                Piece::Missing(gap) => (gap.from_ms, gap.to_ms),
                Piece::Said(cue) => (cue.from_ms, cue.to_ms),
            };
            let (from, to) = (Time(from_ms, ','), Time(to_ms, ','));
            put(&mut text, format_args!("{}\n{from} --> {to}\n", index + 1));
            match piece {
                Piece::Missing(gap) => put(&mut text, format_args!("({})\n\n", missing(gap.kind))),
                Piece::Said(Cue {
                    speaker,
                    opens,
                    afterwards,
                    lines,
                    ..
                }) => {
                    if opens {
                        let how = how(afterwards);
                        put(&mut text, format_args!("{}{how}: ", name(speaker)));
                    }
                    // Nothing in a text may look like the line of times.
                    let words = lines.join("\n").replace("-->", "→");
                    put(&mut text, format_args!("{words}\n\n"));
                }
            }
        }
        text
    }

    /// As plain text: one paragraph a turn, with the time at which it begins.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let lines: Vec<&Said> = self.lines.iter().collect();
        for piece in self.in_order(lines, |line| line.from_ms) {
            match piece {
                Piece::Missing(gap) => {
                    let seconds = ((length(&gap) + 500) / 1000).max(1);
                    let (at, what) = (Clock(gap.from_ms), missing(gap.kind));
                    put(
                        &mut text,
                        format_args!("[{at}] ({what} for {seconds} s)\n\n"),
                    );
                }
                Piece::Said(line) => {
                    let said = visible(shown(line));
                    let words: Vec<&str> = said.split_whitespace().collect();
                    let (at, name, words) =
                        (Clock(line.from_ms), name(line.speaker), words.join(" "));
                    let cut = if line.cut && !words.ends_with('—') {
                        " —"
                    } else {
                        ""
                    };
                    let how = how(line.afterwards);
                    put(
                        &mut text,
                        format_args!("[{at}] {name}{how}: {words}{cut}\n\n"),
                    );
                }
            }
        }
        text
    }

    /// What was said, in its order, and what is missing before, between and after it. What was said
    /// in the moment from which something is missing was said before that.
    fn in_order<T>(
        &self,
        said: Vec<T>,
        from_ms: impl Fn(&T) -> u64,
    ) -> impl Iterator<Item = Piece<T>> {
        let is_told = |gap: &Break| gap.kind != BreakKind::Away || length(gap) >= NOTICED_MS;
        let mut missing = self.breaks.iter().copied().filter(is_told).peekable();
        let mut said = said.into_iter().peekable();
        std::iter::from_fn(move || {
            let next = said.peek().map(&from_ms);
            let before = missing.next_if(|gap| next.is_none_or(|next| gap.from_ms < next));
            let gap = before.map(Piece::Missing);
            gap.or_else(|| said.next().map(Piece::Said))
        })
    }
}

/// Nobody notices to have been away for less: another connection went on at once.
const NOTICED_MS: u64 = 500;

const fn length(gap: &Break) -> u64 {
    gap.to_ms.saturating_sub(gap.from_ms)
}

/// A piece of a transcript.
enum Piece<T> {
    Said(T),
    Missing(Break),
}

/// The text of a line, or what stands for it.
fn shown(line: &Said) -> &str {
    match line.afterwards && line.text.trim().is_empty() {
        true => "(not understood)",
        false => &line.text,
    }
}

/// What is said of words that were understood only after the server had been killed and started again.
const AFTERWARDS: &str = "Heard afterwards, as the server broke off";

const fn how(afterwards: bool) -> &'static str {
    if afterwards {
        " (heard afterwards)"
    } else {
        ""
    }
}

/// Text without what no reader shows and a terminal obeys: a typed text may hold anything.
fn visible(text: &str) -> String {
    text.replace(char::is_control, " ")
}

const fn missing(kind: BreakKind) -> &'static str {
    match kind {
        BreakKind::Away => "no connection",
        BreakKind::Unrecorded => "not recorded",
    }
}

/// Writing to a string does not fail.
fn put(text: &mut String, piece: fmt::Arguments<'_>) {
    let _ = text.write_fmt(piece);
}

const fn name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Coach => "Coach",
        Speaker::Client => "Client",
    }
}

/// Text as WebVTT's cues hold it (section 4.2.2 of the W3C's WebVTT).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `HH:MM:SS`, the separator, `mmm`.
struct Time(u64, char);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ms, separator) = self;
        let (hours, minutes, seconds) = split(*ms);
        write!(
            f,
            "{hours:02}:{minutes:02}:{seconds:02}{separator}{:03}",
            ms % 1000
        )
    }
}

/// `H:MM:SS`.
pub(super) struct Clock(pub u64);

impl Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = split(self.0);
        write!(f, "{hours}:{minutes:02}:{seconds:02}")
    }
}

const fn split(ms: u64) -> (u64, u64, u64) {
    (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60)
}

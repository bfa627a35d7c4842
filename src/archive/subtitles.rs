//! A transcript as text for players and people: WebVTT, SubRip, plain text.

mod cues;

#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Write};

use super::event::Speaker;
use super::shapes::Transcript;
use cues::{Cue, cues};

impl Transcript {
    /// As WebVTT (W3C): cues of at most two lines with the speaker as their voice, and a note for
    /// every time without a connection.
    #[must_use]
    pub fn vtt(&self) -> String {
        let mut text = "WEBVTT\n".to_owned();
        let mut breaks = self.breaks.iter().peekable();
        for cue in cues(self) {
            while let Some(gap) = breaks.next_if(|gap| gap.from_ms <= cue.from_ms) {
                let (from, to) = (Time(gap.from_ms, '.'), Time(gap.to_ms, '.'));
                put(
                    &mut text,
                    format_args!("\nNOTE No connection from {from} to {to}\n"),
                );
            }
            let Cue {
                from_ms,
                to_ms,
                speaker,
                lines,
                ..
            } = cue;
            let (from, to) = (Time(from_ms, '.'), Time(to_ms, '.'));
            let words = escaped(&lines.join("\n"));
            let name = name(speaker);
            put(
                &mut text,
                format_args!("\n{from} --> {to}\n<v {name}>{words}</v>\n"),
            );
        }
        text
    }

    /// As SubRip: numbered cues of at most two lines, each turn opened by its speaker's name.
    #[must_use]
    pub fn srt(&self) -> String {
        let mut text = String::new();
        for (index, cue) in cues(self).into_iter().enumerate() {
            let (from, to) = (Time(cue.from_ms, ','), Time(cue.to_ms, ','));
            put(&mut text, format_args!("{}\n{from} --> {to}\n", index + 1));
            if cue.opens {
                put(&mut text, format_args!("{}: ", name(cue.speaker)));
            }
            // Nothing in a text may look like the line of times.
            let words = cue.lines.join("\n").replace("-->", "→");
            put(&mut text, format_args!("{words}\n\n"));
        }
        text
    }

    /// As plain text: one paragraph a turn, with the time at which it begins.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut breaks = self.breaks.iter().peekable();
        for line in &self.lines {
            while let Some(gap) = breaks.next_if(|gap| gap.from_ms <= line.from_ms) {
                let seconds = (gap.to_ms - gap.from_ms).div_ceil(1000);
                let at = Clock(gap.from_ms);
                put(
                    &mut text,
                    format_args!("[{at}] (no connection for {seconds} s)\n\n"),
                );
            }
            let words: Vec<&str> = line.text.split_whitespace().collect();
            let (at, name, words) = (Clock(line.from_ms), name(line.speaker), words.join(" "));
            let cut = if line.cut && !words.ends_with('—') {
                " —"
            } else {
                ""
            };
            put(&mut text, format_args!("[{at}] {name}: {words}{cut}\n\n"));
        }
        text
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
struct Clock(u64);

impl Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = split(self.0);
        write!(f, "{hours}:{minutes:02}:{seconds:02}")
    }
}

const fn split(ms: u64) -> (u64, u64, u64) {
    (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60)
}

//! Turns as cues: pieces short enough to be read while they are heard.

use super::super::event::{Said, Speaker};
use super::super::shapes::Transcript;
use super::{shown, visible};

/// Longest line on the screen, and most characters of a cue: two such lines.
pub(super) const LINE: usize = 42;
const CUE: usize = 2 * LINE;
/// Longest time that a cue stands.
const LONGEST_MS: u64 = 7000;
/// Shortest, and how long a typed character takes to be read.
const SHORTEST_MS: u64 = 200;
const READ_MS: u64 = 60;
/// A pause in which a cue does not stay.
const PAUSE_MS: u64 = 2000;
/// A pause that is as good as a comma.
const BREATH_MS: u64 = 400;

/// A piece of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cue {
    pub from_ms: u64,
    pub to_ms: u64,
    pub speaker: Speaker,
    /// Whether the turn begins with it.
    pub opens: bool,
    /// Whether it was typed, and no voice sounds meanwhile that it belongs to.
    pub typed: bool,
    /// Whether it was heard only afterwards.
    pub afterwards: bool,
    /// Lines of at most [`LINE`] characters.
    pub lines: Vec<String>,
}

/// A word, and when it is said.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    from_ms: u64,
    to_ms: u64,
}

/// The cues of a transcript by their beginnings, none of which lasts longer than the session.
pub(super) fn cues(transcript: &Transcript) -> Vec<Cue> {
    let end = transcript.length_ms;
    let mut cues: Vec<Cue> = transcript.lines.iter().flat_map(of_line).collect();
    for cue in &mut cues {
        // What was typed at the very end is still to be seen.
        cue.from_ms = cue.from_ms.min(end.saturating_sub(SHORTEST_MS));
        cue.to_ms = cue.to_ms.min(end.max(cue.from_ms + 1));
    }
    cues.sort_by_key(|cue| cue.from_ms);
    stand_alone(&mut cues);
    cues
}

/// Two voices may sound at once; what was typed stands alone. What stands before it ends where it begins,
/// and it ends where the next begins.
fn stand_alone(cues: &mut [Cue]) {
    let mut at = 0;
    while let Some(from_ms) = cues.get(at).map(|cue| cue.from_ms) {
        let count = cues[at..].partition_point(|cue| cue.from_ms == from_ms);
        let next = cues.get(at + count).map(|cue| cue.from_ms);
        let together = &mut cues[at..at + count];
        at += count;
        if count > 1 && together.iter().any(|cue| cue.typed) {
            // They share the time that there is.
            let latest = together.iter().map(|cue| cue.to_ms).max();
            let to_ms = latest.into_iter().chain(next).min().unwrap_or(from_ms);
            let each = ((to_ms - from_ms) / count as u64).max(1);
            for (index, cue) in (0..).zip(together) {
                cue.from_ms = from_ms + each * index;
                cue.to_ms = cue.from_ms + each;
            }
        }
    }
    cues.sort_by_key(|cue| cue.from_ms);
    for at in (0..cues.len())
        .filter(|&at| cues[at].typed)
        .collect::<Vec<_>>()
    {
        let (before, rest) = cues.split_at_mut(at);
        let (from_ms, next) = (rest[0].from_ms, rest.get(1).map(|cue| cue.from_ms));
        let end = |cue: &mut Cue, at: u64| cue.to_ms = cue.to_ms.min(at).max(cue.from_ms + 1);
        before.iter_mut().for_each(|cue| end(cue, from_ms));
        end(&mut rest[0], next.unwrap_or(u64::MAX));
    }
}

fn of_line(line: &Said) -> Vec<Cue> {
    let tokens = tokens(line);
    let apart = |before: &Token, after: &Token| after.from_ms <= before.to_ms + PAUSE_MS;
    let mut pieces = Vec::new();
    for stretch in tokens.chunk_by(apart) {
        split(stretch, &mut pieces);
    }
    let mut cues: Vec<Cue> = Vec::new();
    for piece in pieces {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else {
            continue;
        };
        cues.push(Cue {
            from_ms: first.from_ms,
            to_ms: last.to_ms.max(first.from_ms + SHORTEST_MS),
            speaker: line.speaker,
            opens: cues.is_empty(),
            typed: line.typed,
            afterwards: line.afterwards,
            lines: wrap(piece),
        });
    }
    if line.cut
        && let Some(text) = cues.last_mut().and_then(|cue| cue.lines.last_mut())
        && !text.ends_with('—')
    {
        text.push_str(" —");
    }
    cues
}

/// The words with their times, in order; without times of their own they share the turn's.
fn tokens(line: &Said) -> Vec<Token> {
    let timed = line.words.iter().flat_map(|word| {
        let pieces = pieces_of(&word.text);
        let count = pieces.len().max(1) as u64;
        let step = word.to_ms.saturating_sub(word.from_ms) / count;
        let token = move |(index, text)| Token {
            text,
            from_ms: word.from_ms + step * index as u64,
            to_ms: word.from_ms + step * (index as u64 + 1),
        };
        pieces.into_iter().enumerate().map(token)
    });
    let mut tokens: Vec<Token> = timed.collect();
    if tokens.is_empty() {
        tokens = untimed(line);
    }
    // Whatever a recogniser says, time does not go back.
    let mut earliest = line.from_ms;
    for token in &mut tokens {
        token.from_ms = token.from_ms.max(earliest);
        token.to_ms = token.to_ms.max(token.from_ms);
        earliest = token.from_ms;
    }
    tokens
}

fn untimed(line: &Said) -> Vec<Token> {
    let pieces = pieces_of(shown(line));
    let total: u64 = pieces.iter().map(|piece| length(piece) + 1).sum();
    let span = line.to_ms.saturating_sub(line.from_ms);
    let span = if line.typed {
        span.max(total * READ_MS)
    } else {
        span
    };
    let mut before = 0;
    let token = |text: String| {
        let from_ms = line.from_ms + span * before / total.max(1);
        before += length(&text) + 1;
        Token {
            text,
            from_ms,
            to_ms: line.from_ms + span * before / total.max(1),
        }
    };
    pieces.into_iter().map(token).collect()
}

/// The words of a text, none longer than a line.
fn pieces_of(text: &str) -> Vec<String> {
    let visible = visible(text);
    let words = visible.split_whitespace();
    words
        .flat_map(|word| {
            let chars: Vec<char> = word.chars().collect();
            let pieces = chars.chunks(LINE).map(|piece| piece.iter().collect());
            pieces.collect::<Vec<String>>()
        })
        .collect()
}

/// Splits a stretch until every piece is short enough, where it reads best: after a sentence, a
/// clause, a breath; and near the middle.
fn split<'a>(tokens: &'a [Token], pieces: &mut Vec<&'a [Token]>) {
    let chars = chars(tokens);
    let span = match tokens {
        [first, .., last] => last.to_ms.saturating_sub(first.from_ms),
        _ => 0,
    };
    if tokens.len() < 2 || (chars <= CUE as u64 && span <= LONGEST_MS) {
        pieces.push(tokens);
        return;
    }
    let (mut best, mut least) = (1, u64::MAX);
    let mut left = 0;
    for (index, pair) in tokens.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        left += length(&before.text) + 1;
        let uneven = (2 * left).abs_diff(chars) * 400 / chars.max(1);
        let cost = uneven + roughness(before, after);
        if cost < least {
            (best, least) = (index + 1, cost);
        }
    }
    let (left, right) = tokens.split_at(best);
    split(left, pieces);
    split(right, pieces);
}

/// How badly a cue would end between these two words.
fn roughness(before: &Token, after: &Token) -> u64 {
    let end = before.text.trim_end_matches(['"', '\'', '”', '’', ')']);
    if end.ends_with(['.', '?', '!', '…']) {
        0
    } else if end.ends_with([',', ';', ':', '—']) || after.from_ms >= before.to_ms + BREATH_MS {
        120
    } else {
        300
    }
}

fn wrap(tokens: &[Token]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for token in tokens {
        match lines.last_mut() {
            Some(line) if length(line) + 1 + length(&token.text) <= LINE as u64 => {
                line.push(' ');
                line.push_str(&token.text);
            }
            _ => lines.push(token.text.clone()),
        }
    }
    lines
}

fn chars(tokens: &[Token]) -> u64 {
    let chars: u64 = tokens.iter().map(|token| length(&token.text) + 1).sum();
    chars.saturating_sub(1)
}

fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

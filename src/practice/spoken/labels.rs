//! Whose words these are, by the names before them.

use super::speech::SAID;

/// Whether the text begins with the name of who speaks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Label {
    None,
    /// More has to be read.
    Undecided,
    /// The person's own. So many bytes.
    Own(usize),
    /// The other side's.
    Other(usize),
    /// Nobody's: what follows tells what is to be seen.
    Told(usize),
    /// Nobody's: the line is a note about the role.
    Noted(usize),
}

impl Label {
    pub(super) const fn taken(&self) -> usize {
        match self {
            Self::Own(taken) | Self::Other(taken) | Self::Told(taken) | Self::Noted(taken) => {
                *taken
            }
            Self::None | Self::Undecided => 0,
        }
    }
}

const OWN: &[&str] = &["client", "assistant", "klientin", "klient", "cliente"];
/// Before an answer they name it; within one they are words.
const ANSWER: &[&str] = &[
    "response",
    "reply",
    "answer",
    "antwort",
    "réponse",
    "respuesta",
];
const OTHER: &[&str] = &["coach", "user", "human", "interviewer"];
const TOLD: &[&str] = &[
    "stage direction",
    "stage directions",
    "narrator",
    "narration",
];
/// Notes about the role.
const NOTED: &[&str] = &["note", "ooc", "out of character", "anmerkung"];
/// Before an answer, what the model thinks of it.
const THOUGHT: &[&str] = &["thought", "thoughts", "thinking", "reasoning"];
/// Longest remark between a name and its colon, in bytes.
pub(super) const LONGEST_REMARK: usize = 60;

/// Reads `Maya:`, `**Maya**:`, `[Maya]:`, `Maya (quietly):`, and before the answer `Response:`.
pub(super) fn label(text: &str, speaker: &str, before: bool, end: bool) -> Label {
    let begun = text.trim_start_matches(OPENING);
    let answer = ANSWER.iter().copied().filter(|_| before);
    let own = [speaker].into_iter().chain(OWN.iter().copied());
    let own = own.chain(answer);
    let names = own.map(|name| (name, Label::Own as fn(usize) -> Label));
    let others = [
        (OTHER, Label::Other as fn(usize) -> Label),
        (TOLD, Label::Told),
        (NOTED, Label::Noted),
        (if before { THOUGHT } else { &[] }, Label::Noted),
    ];
    let others = others
        .into_iter()
        .flat_map(|(names, kind)| names.iter().map(move |n| (*n, kind)));
    let names = names.chain(others);
    let mut undecided = false;
    for (name, kind) in names {
        match after_name(begun, name, end) {
            Label::None => {}
            Label::Undecided => undecided = true,
            label => {
                return kind(text.len() - begun.len() + label.taken());
            }
        }
    }
    if undecided {
        Label::Undecided
    } else {
        Label::None
    }
}

/// Reads what introduces an answer: `Maya, sighing:`, `As Maya, I would say:`, `Sure! Here's
/// Maya's response:`.
pub(super) fn introduced(text: &str, speaker: &str, end: bool) -> Label {
    let Some(name) = speaker.split_whitespace().next() else {
        return Label::None;
    };
    let begun = text.trim_start_matches(OPENING);
    let rest = after_courtesy(begun);
    let courteous = rest.len() < begun.len();
    if rest.is_empty() {
        return if courteous { open(end) } else { Label::None };
    }
    let said = rest.trim_end().to_lowercase();
    if COURTESIES
        .iter()
        .any(|courtesy| courtesy.starts_with(&*said))
    {
        return open(end);
    }
    if courteous {
        match label(rest, speaker, true, end) {
            Label::None => {}
            Label::Own(taken) => return Label::Own(text.len() - rest.len() + taken),
            label => return label,
        }
    }
    let ends = rest.find([':', '.', '!', '?', '…', '\n', '。']);
    let head = &rest[..ends.unwrap_or(rest.len())];
    let words: Vec<String> = head.split_whitespace().map(plain).collect();
    let named = |word: &String| word.strip_suffix("'s").unwrap_or(word) == name;
    let begins = words.first().is_some_and(named);
    let leads = words.first().is_some_and(|word| LEADS.contains(&&**word));
    if head.len() > LONGEST_REMARK || !begins && !leads {
        return Label::None;
    }
    match ends {
        None => open(end),
        Some(at) if rest[at..].starts_with(':') => {
            let short = words.len() <= 4 && !words.iter().any(|w| speaks(w));
            let own = begins && short || leads && words.iter().any(named);
            let taken = text.len() - skip_stars(&rest[at + 1..]).len();
            if own { Label::Own(taken) } else { Label::None }
        }
        Some(_) => Label::None,
    }
}

/// What follows a courtesy to whoever asked for an answer on paper.
fn after_courtesy(text: &str) -> &str {
    let ends = text.find(['!', '.', ',', ':', '\n']);
    let Some((courtesy, rest)) = ends.map(|at| text.split_at(at)) else {
        return text;
    };
    let known = COURTESIES.contains(&&*courtesy.to_lowercase());
    match rest.get(1..).filter(|_| known && !rest.starts_with('\n')) {
        Some(rest) => rest.trim_start(),
        None => text,
    }
}

fn plain(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    lower
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_owned()
}

fn speaks(word: &str) -> bool {
    word.starts_with("i'") || word == "i" || SAID.contains(&word)
}

/// With these an introduction begins that names who speaks later.
const LEADS: &[&str] = &["as", "speaking", "playing", "here", "here's", "below"];
const COURTESIES: &[&str] = &[
    "sure",
    "of course",
    "certainly",
    "absolutely",
    "okay",
    "ok",
    "alright",
    "understood",
];
/// What may stand around a name.
const OPENING: [char; 5] = ['*', '_', '[', '"', '“'];
const CLOSING: [char; 5] = ['*', '_', ']', '"', '”'];

fn after_name(text: &str, name: &str, end: bool) -> Label {
    let mut rest = text;
    for expected in name.chars() {
        let Some(c) = rest.chars().next() else {
            return open(end);
        };
        if !c.to_lowercase().eq([expected]) {
            return Label::None;
        }
        rest = &rest[c.len_utf8()..];
    }
    rest = rest.trim_start_matches(CLOSING).trim_start_matches(' ');
    if let Some(remark) = rest.strip_prefix('(') {
        match remark.find(')') {
            Some(at) if at <= LONGEST_REMARK => rest = &remark[at + 1..],
            None if remark.len() <= LONGEST_REMARK && !remark.contains('\n') => return open(end),
            _ => return Label::None,
        }
    }
    rest = skip_stars(rest).trim_start_matches(' ');
    if rest.is_empty() {
        return open(end);
    }
    let prompt = |rest: &&str| rest.starts_with(char::is_whitespace);
    let rest = match rest.strip_prefix(':') {
        Some(rest) => rest,
        None => match rest.strip_prefix('>').filter(prompt) {
            Some(rest) => rest,
            None => return Label::None,
        },
    };
    Label::Own(text.len() - skip_stars(rest).len())
}

const fn open(end: bool) -> Label {
    if end { Label::None } else { Label::Undecided }
}

fn skip_stars(text: &str) -> &str {
    text.trim_start_matches(['*', '_'])
}

//! What stands between two marks: brackets, stars, underscores, tildes, tags.

/// A pair of marks, of which the first was read.
#[derive(Clone, Debug)]
pub(super) struct Span {
    /// The opening mark.
    pub(super) mark: char,
    /// The opening marks, as often as they stand there; nothing if they were read before.
    pub(super) head: String,
    closing: String,
    /// In the middle of a sentence of a direction, the beginning of which was left out.
    pub(super) goes_on: bool,
}

/// What was found after an opening mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read<'a> {
    /// More has to be read.
    Undecided,
    /// It was closed. `taken` bytes with the marks.
    Closed { inner: &'a str, taken: usize },
    /// It was not closed where it should have been: within the `sentence`, or within some length.
    Open { inner: &'a str, sentence: bool },
}

/// After so many characters a mark counts as never closed.
const LONGEST: usize = 80;
/// So many words at most stand between stars that do not touch them.
const MOST_SPACED: usize = 4;

impl Span {
    /// The span that the text begins with, if it does; `before` stands before it.
    pub(super) fn opened(text: &str, before: Option<char>) -> Option<Self> {
        let mark = text.chars().next()?;
        let inner = text.trim_start_matches(mark);
        let next = inner.chars().next();
        let closing = match mark {
            '(' => ")",
            '[' => "]",
            '{' => "}",
            '«' => "»",
            '<' if next.is_some_and(|c| c.is_ascii_alphabetic() || "/|!".contains(c)) => ">",
            '*' | '_' | '~' => {
                let opens =
                    next.is_some_and(|c| !c.is_whitespace() && (mark != '~' || c.is_alphabetic()));
                let free = before.is_none_or(|c| !c.is_alphanumeric() && c != mark);
                if !opens || !free {
                    return None;
                }
                &text[..text.len() - inner.len()]
            }
            _ => return None,
        };
        let single = "([{<«".contains(mark);
        let head = if single {
            &text[..mark.len_utf8()]
        } else {
            closing
        };
        Some(Self {
            mark,
            head: head.to_owned(),
            closing: closing.to_owned(),
            goes_on: false,
        })
    }

    /// Few words between marks that do not touch them: `* sighs *`. `None` if more has to be read.
    pub(super) fn spaced(text: &str, end: bool) -> Option<Option<Self>> {
        let mark = text.chars().next().filter(|mark| "*_~".contains(*mark));
        let inner = mark.and_then(|mark| text[mark.len_utf8()..].strip_prefix(' '));
        let (Some(mark), Some(inner)) = (mark, inner) else {
            return Some(None);
        };
        let line = inner.split('\n').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().take(MOST_SPACED + 2).collect();
        match words.iter().position(|word| word.starts_with(mark)) {
            Some(at) if at > 0 && !words[at].contains(char::is_alphanumeric) => Some(Some(Self {
                mark,
                head: format!("{mark} "),
                closing: format!(" {mark}"),
                goes_on: false,
            })),
            None if !end && line.len() == inner.len() && words.len() <= MOST_SPACED => None,
            _ => Some(None),
        }
    }

    /// The same, whose beginning was read and left out.
    pub(super) fn carried(self, goes_on: bool) -> Self {
        let head = String::new();
        Self {
            head,
            goes_on,
            ..self
        }
    }

    pub(super) fn is_carried(&self) -> bool {
        self.head.is_empty()
    }

    /// Reads on. At the `end` nothing more will come.
    pub(super) fn read<'a>(&self, text: &'a str, end: bool) -> Read<'a> {
        let inner = &text[self.head.len()..];
        let mut ends_sentence = false;
        let mut before = None;
        for (count, (at, c)) in inner.char_indices().enumerate() {
            let so_far = &inner[..at];
            if self.closes(&inner[at..], before) {
                let taken = self.head.len() + at + self.closing.len();
                return Read::Closed {
                    inner: so_far,
                    taken,
                };
            }
            let sentence = c == '\n' || c.is_whitespace() && ends_sentence;
            if sentence || c.is_whitespace() && count >= LONGEST {
                return Read::Open {
                    inner: so_far,
                    sentence,
                };
            }
            ends_sentence = ".!?…".contains(c) || ends_sentence && "\"'”’*_)".contains(c);
            before = Some(c);
        }
        match end {
            true => Read::Open {
                inner,
                sentence: true,
            },
            false => Read::Undecided,
        }
    }

    fn closes(&self, rest: &str, before: Option<char>) -> bool {
        let Some(after) = rest.strip_prefix(&*self.closing) else {
            return false;
        };
        let word = !"*_~".contains(self.mark)
            || before.is_some_and(|c| !c.is_whitespace() && c != self.mark)
                && !after.starts_with(self.mark);
        word && (self.mark != '_' || !after.starts_with(char::is_alphanumeric))
    }
}

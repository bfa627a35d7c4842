//! Who speaks: the name and the pronouns by which a direction tells of them, and no other.

/// Words for somebody of whom one tells, by the pronouns that a sheet gives.
const KINDS: &[&[&str]] = &[
    &[
        "she", "her", "hers", "sie", "ihre", "elle", "ella", "lei", "zij", "ela",
    ],
    &[
        "he", "him", "his", "er", "seine", "il", "él", "lui", "hij", "ele",
    ],
    &["they", "them", "their"],
];

/// Whoever speaks.
#[derive(Clone, Debug, Default)]
pub(super) struct Speaker {
    /// In lower case. Empty: nobody in particular.
    pub(super) name: String,
    /// Those of [`KINDS`] that are theirs; none: any may be.
    kinds: Vec<&'static [&'static str]>,
}

/// Of whom words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Of whoever speaks.
    Own,
    /// Of somebody else.
    Other,
}

impl Speaker {
    pub(super) fn new(name: &str, pronouns: &str) -> Self {
        let pronouns = pronouns.to_lowercase();
        let given = |word: &&str| pronouns.split('/').any(|given| given.trim() == *word);
        let kinds = KINDS.iter().filter(|kind| kind.iter().any(given));
        Self {
            name: name.to_lowercase(),
            kinds: kinds.copied().collect(),
        }
    }

    /// Of whom words tell that begin with this one, if it names somebody.
    pub(super) fn subject(&self, word: &str) -> Option<Subject> {
        let first = self.name.split_whitespace().next();
        if first.is_some_and(|name| word.strip_suffix("'s").unwrap_or(word) == name) {
            return Some(Subject::Own);
        }
        let kind = KINDS.iter().find(|kind| kind.contains(&word))?;
        match self.kinds.is_empty() || self.kinds.contains(kind) {
            true => Some(Subject::Own),
            false => Some(Subject::Other),
        }
    }
}

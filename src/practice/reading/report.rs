//! What is wrong with a file, each mistake with its place.

use std::cell::RefCell;
use std::ops::Range;

use super::super::sheet::{SheetError, SheetErrors};
use crate::config::nearest;

/// A stretch of the file, in bytes.
pub(super) type Span = Range<usize>;

/// A text and where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    pub(super) text: String,
    pub(super) span: Span,
}

/// What is wrong with a file, as far as it was read.
#[derive(Debug)]
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    found: RefCell<Vec<(usize, SheetError)>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let found = RefCell::new(Vec::new());
        Self { file, text, found }
    }

    /// Notes a mistake.
    pub(super) fn note(&self, span: &Span, message: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let error = SheetError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            message: message.into(),
        };
        self.found.borrow_mut().push((span.start, error));
    }

    /// What was read, if nothing is wrong with it; all mistakes in the order of the file if not.
    pub(super) fn result<T>(self, read: T) -> Result<T, SheetErrors> {
        let mut found = self.found.into_inner();
        if found.is_empty() {
            return Ok(read);
        }
        found.sort_by_key(|(at, _)| *at);
        let mut errors: Vec<SheetError> = found.into_iter().map(|(_, error)| error).collect();
        errors.dedup();
        Err(SheetErrors(errors))
    }

    /// Whether anything is wrong so far.
    pub(super) fn is_clean(&self) -> bool {
        self.found.borrow().is_empty()
    }
}

/// What a name that is none was probably meant to be; all that there are if it is like none.
pub(super) fn did_you_mean(
    name: &str,
    candidates: impl Iterator<Item = String>,
    all: &[&str],
) -> String {
    match nearest(name, candidates) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; there are {}", all.join(", ")),
    }
}

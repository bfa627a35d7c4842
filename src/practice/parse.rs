//! Reads the tables that are built in: TOML whose mistakes are named with their line.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::sheet::SheetError;

/// A file being read.
pub(super) struct File<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl File<'_> {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, SheetError> {
        toml::from_str(self.text).map_err(|e| self.at(e.span().unwrap_or(0..0), e.message()))
    }

    pub(super) fn at(&self, span: Range<usize>, message: impl Into<String>) -> SheetError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        SheetError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            message: message.into(),
        }
    }
}

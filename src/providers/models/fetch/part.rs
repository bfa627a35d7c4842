//! What has come of a file, and what it is the beginning of.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::ModelsError;

/// What the server said of the file: without it, what came cannot be gone on with.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    url: String,
    /// `ETag` (a strong one) or `Last-Modified`, for `If-Range`.
    validator: Option<String>,
    /// Length of the whole file.
    total: Option<u64>,
}

/// A file on its way.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
    known: Known,
}

impl Part {
    /// Opens what an earlier run left of this address, or an empty one.
    pub(super) fn open(path: &Path, url: &str) -> Result<Self, ModelsError> {
        let known: Option<Known> = fs::read(beside(path))
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .filter(|known: &Known| known.url == url && known.validator.is_some());
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(ModelsError::io(path))?;
        let bytes = file
            .seek(std::io::SeekFrom::End(0))
            .map_err(ModelsError::io(path))?;
        let mut part = Self {
            path: path.to_owned(),
            file,
            bytes,
            known: Known {
                url: url.to_owned(),
                ..Known::default()
            },
        };
        match known {
            Some(known) if known.total.is_none_or(|total| bytes <= total) => part.known = known,
            _ => part.restart(None, None)?,
        }
        Ok(part)
    }

    /// How many bytes are there.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many there will be, if the server said.
    pub(super) const fn total(&self) -> Option<u64> {
        self.known.total
    }

    /// Whether nothing has to be asked for any more.
    pub(super) fn is_complete(&self) -> bool {
        self.known.total == Some(self.bytes)
    }

    /// Whether a body that ended here ended where it should.
    pub(super) fn is_whole(&self) -> bool {
        self.known.total.is_none_or(|total| total == self.bytes)
    }

    /// From where to go on, and the version of the file that this is true for.
    pub(super) fn rest(&self) -> Option<(u64, &str)> {
        let validator = self.known.validator.as_deref()?;
        (self.bytes > 0).then_some((self.bytes, validator))
    }

    /// Begins again, with a file that has this validator and length.
    pub(super) fn restart(
        &mut self,
        validator: Option<String>,
        total: Option<u64>,
    ) -> Result<(), ModelsError> {
        let io = ModelsError::io(&self.path);
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(io)?;
        self.bytes = 0;
        self.known.validator = validator;
        self.known.total = total;
        let path = beside(&self.path);
        let json = serde_json::to_vec(&self.known).unwrap_or_default();
        fs::write(&path, json).map_err(ModelsError::io(&path))
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), ModelsError> {
        self.file
            .write_all(bytes)
            .map_err(ModelsError::io(&self.path))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// It is all there.
    pub(super) fn finish(self) -> Result<(), ModelsError> {
        self.file.sync_all().map_err(ModelsError::io(&self.path))?;
        let path = beside(&self.path);
        fs::remove_file(&path).map_err(ModelsError::io(&path))
    }

    /// Nobody will want what came.
    pub(super) fn discard(&self) {
        // What stays is thrown away by the next command.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(beside(&self.path));
    }
}

/// The file that says what the part is.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_only_with_the_same_version_of_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let mut part = Part::open(&path, "http://a/x").unwrap();
        assert_eq!(part.rest(), None);
        part.restart(Some("\"1\"".to_owned()), Some(5)).unwrap();
        part.append(b"abc").unwrap();
        assert!(!part.is_whole());
        let part = Part::open(&path, "http://a/x").unwrap();
        assert_eq!(part.rest(), Some((3, "\"1\"")));
        let mut part = Part::open(&path, "http://a/y").unwrap();
        assert_eq!((part.rest(), part.bytes()), (None, 0));
        part.restart(None, Some(5)).unwrap();
        part.append(b"abc").unwrap();
        let part = Part::open(&path, "http://a/y").unwrap();
        assert_eq!((part.rest(), part.bytes()), (None, 0), "no validator");
    }

    #[test]
    fn more_than_there_should_be_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let mut part = Part::open(&path, "http://a/x").unwrap();
        part.restart(Some("\"1\"".to_owned()), Some(2)).unwrap();
        part.append(b"abc").unwrap();
        assert_eq!(Part::open(&path, "http://a/x").unwrap().bytes(), 0);
    }
}

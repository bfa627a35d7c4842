//! Unpacks an archive into a folder and nowhere else, and no more than is allowed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek as _};
use std::path::{Component, Path, PathBuf};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::ModelsError;

/// How many files and folders an archive may hold; espeak's data alone are 400.
const ENTRIES: usize = 20_000;

/// Unpacks `archive` (tar, bare or compressed by gzip or bzip2) into the empty folder `into`: at
/// most `limit` bytes. `named` is how the archive is called in errors.
///
/// Only files and folders are made; links and devices are passed over.
///
/// # Errors
///
/// [`ModelsError::Archive`] for garbage and for paths that lead out of the folder,
/// [`ModelsError::TooBig`], [`ModelsError::Io`].
pub(super) fn unpack(
    archive: &Path,
    named: &str,
    into: &Path,
    limit: u64,
) -> Result<(), ModelsError> {
    let wrong = |why: String| ModelsError::Archive {
        archive: named.to_owned(),
        why,
    };
    let reader = open(archive, &wrong)?;
    let mut archive = tar::Archive::new(reader);
    let broken = |error: io::Error| wrong(format!("it is damaged: {error}"));
    let mut left = limit;
    let mut files = 0;
    for (at, entry) in archive.entries().map_err(broken)?.enumerate() {
        if at >= ENTRIES {
            return Err(wrong(format!("it holds more than {ENTRIES} files")));
        }
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let Some(inside) = inside(&path) else {
            return Err(wrong(format!("it would write outside: {}", path.display())));
        };
        let to = into.join(inside);
        match entry.header().entry_type() {
            EntryType::Directory => fs::create_dir_all(&to).map_err(ModelsError::io(&to))?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                files += 1;
                left = write(&mut entry, &to, left, &broken)?.ok_or(ModelsError::TooBig {
                    what: format!("what {named} holds"),
                    limit,
                })?;
            }
            _ => {}
        }
    }
    if files == 0 {
        return Err(wrong("it holds no files".to_owned()));
    }
    Ok(())
}

/// By its first bytes, since names lie.
fn open(path: &Path, wrong: &impl Fn(String) -> ModelsError) -> Result<Box<dyn Read>, ModelsError> {
    let mut file = File::open(path).map_err(ModelsError::io(path))?;
    let mut head = Vec::with_capacity(262);
    let mut first = (&mut file).take(262);
    first
        .read_to_end(&mut head)
        .and_then(|_| file.rewind())
        .map_err(ModelsError::io(path))?;
    let file = io::BufReader::with_capacity(1 << 16, file);
    match &head[..] {
        [b'B', b'Z', b'h', ..] => Ok(Box::new(MultiBzDecoder::new(file))),
        [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(file))),
        head if head.get(257..262) == Some(b"ustar") => Ok(Box::new(file)),
        _ => Err(wrong("it is none of .tar.bz2, .tar.gz and .tar".to_owned())),
    }
}

/// The path within the folder; `None` if it leads out of it.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(inside)
}

/// Writes a file that is not there yet. What is left of the limit; `None` if that did not do.
fn write(
    entry: &mut impl Read,
    to: &Path,
    left: u64,
    broken: &impl Fn(io::Error) -> ModelsError,
) -> Result<Option<u64>, ModelsError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(ModelsError::io(folder))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(to);
    let mut file = opened.map_err(ModelsError::io(to))?;
    let mut buffer = vec![0; 1 << 16];
    let mut left = left;
    loop {
        let read = match entry.read(&mut buffer).map_err(broken)? {
            0 => return Ok(Some(left)),
            read => read,
        };
        let Some(rest) = left.checked_sub(read as u64) else {
            return Ok(None);
        };
        left = rest;
        io::Write::write_all(&mut file, &buffer[..read]).map_err(ModelsError::io(to))?;
    }
}

#[cfg(test)]
mod tests;

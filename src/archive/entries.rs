//! The event logs of a session's parts, read entry by entry.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};

use super::event::Entry;
use super::layout::{Folder, Stream};

/// Longest line that is taken for an entry: with an item of the longest message.
const LONGEST_LINE: usize = 32 << 20;

/// Gives every entry of every part to `take`, in order.
pub(super) fn read_all(folder: &Folder, mut take: impl FnMut(Entry)) -> io::Result<()> {
    for part in folder.parts()? {
        read_part(folder, part, &mut take)?;
    }
    Ok(())
}

/// Gives every entry of one part to `take`. A last line that is torn, or not written yet, is left
/// out, as is any line that is none of ours: how many of those there are.
pub(super) fn read_part(
    folder: &Folder,
    part: u32,
    take: &mut impl FnMut(Entry),
) -> io::Result<usize> {
    let file = match File::open(folder.file(part, Stream::Events)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let (mut line, mut others) = (Vec::new(), 0);
    loop {
        line.clear();
        let mut limited = io::Read::take(&mut lines, LONGEST_LINE as u64);
        if limited.read_until(b'\n', &mut line)? == 0 {
            return Ok(others);
        }
        if line.ends_with(b"\n") {
            match serde_json::from_slice(&line) {
                Ok(entry) => take(entry),
                Err(_) => others += 1,
            }
        }
    }
}

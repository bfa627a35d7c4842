//! What is whole of a track whose writer was killed.

use std::io::{self, Read, Seek, SeekFrom};

use super::ReadError;
use super::fill::{self, STEP};
use super::page::{END, MAX_PAGE, PageBuilder, PageReader};
use super::reader::{HEAD, Pages};
use crate::Position;

/// What is whole of a track's file.
///
/// To repair the file: cut it to [`bytes`](Self::bytes) and append
/// [`closing_page`](Self::closing_page). What is damaged before stays where it is, the head too: by
/// how many bytes are lost a [`TrackReader`](super::TrackReader) knows how much sound may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Where in the file the last whole page ends.
    pub bytes: u64,
    /// How many bytes before that are of no whole page. A [`TrackReader`](super::TrackReader) gives
    /// silence in their place.
    pub damaged: u64,
    /// Where they end on the part's timeline.
    pub end: Position,
    /// Whether the end is marked: the track was finished.
    pub ended: bool,
    serial: u32,
    pages: u32,
}

impl Recovered {
    /// Whether there is a head, or sound. If not there is no track, and the file should be removed.
    #[must_use]
    pub const fn is_track(&self) -> bool {
        self.pages >= HEAD
    }

    /// The page that marks the end, to be appended after the whole ones; `None` if the end is
    /// marked, or if there is no track.
    #[must_use]
    pub fn closing_page(&self) -> Option<Vec<u8>> {
        if self.ended || !self.is_track() {
            return None;
        }
        let (mut page, mut out) = (PageBuilder::new(self.serial, self.pages), Vec::new());
        // The end has to be marked on a page with a packet, which is trimmed to nothing.
        page.push(fill::silence(STEP, false).bytes());
        page.close(END, self.end.samples(), &mut out);
        Some(out)
    }
}

/// Finds what is whole of a track: everything before its end, or before where only torn, damaged and
/// misplaced pages follow. A [`TrackReader`](super::TrackReader) reads that part without an error.
///
/// It reads once from the beginning, page by page; the input should be buffered.
///
/// # Errors
///
/// Only if reading fails.
pub fn recover(input: impl Read) -> io::Result<Recovered> {
    let mut pages = Pages::new(input);
    loop {
        match pages.next() {
            Ok(Some(_)) => {}
            Ok(None) | Err(ReadError::Torn | ReadError::Damaged) => break,
            Err(ReadError::Io(error)) => return Err(error),
        }
    }
    Ok(Recovered {
        bytes: pages.bytes,
        damaged: pages.damaged,
        end: Position::new(pages.end),
        ended: pages.ended,
        serial: pages.serial,
        pages: pages.count,
    })
}

/// Whether a track begins with its two head pages, whole: without them no player reads it.
///
/// # Errors
///
/// Only if reading fails.
pub fn has_head(input: impl Read) -> io::Result<bool> {
    let mut pages = Pages::new(input);
    for sequence in 0..HEAD {
        match pages.next() {
            Ok(Some(page)) if page.sequence == sequence => {}
            Ok(_) | Err(ReadError::Torn | ReadError::Damaged) => return Ok(false),
            Err(ReadError::Io(error)) => return Err(error),
        }
    }
    Ok(pages.damaged == 0)
}

/// Where a track ends, by its last page alone; `None` if it does not end with a whole one.
///
/// # Errors
///
/// Only if reading fails.
pub fn track_end(file: &mut (impl Read + Seek)) -> io::Result<Option<Position>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_PAGE as u64)))?;
    let mut last = Vec::new();
    file.take(MAX_PAGE as u64).read_to_end(&mut last)?;
    let end = (0..last.len()).rev().find_map(|at| {
        let rest = last.get(at..).filter(|rest| rest.starts_with(b"OggS"))?;
        let mut pages = PageReader::new(rest);
        let page = pages.next().ok()??;
        (pages.len() == rest.len()).then_some(page.granule)
    });
    Ok(end.map(Position::new))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::record::TrackWriter;

    #[test]
    fn the_end_is_known_by_the_last_page() {
        let (mut track, mut file) = (TrackWriter::new(1), Vec::new());
        let packet = [&[0x48][..], &[0x5A; 60]].concat();
        for frame in 0..3000 {
            let at = Position::from_ms(frame * 20);
            track.place(at, &packet, 9).unwrap();
            if frame % 25 == 24 {
                track.take_pages(&mut file);
                let known = track_end(&mut Cursor::new(&file)).unwrap();
                assert_eq!(known, Some(track.end()));
            }
        }
        let end = track.finish(Position::from_ms(90_001), &mut file);
        assert_eq!(track_end(&mut Cursor::new(&file)).unwrap(), Some(end));
        file.pop();
        assert_eq!(track_end(&mut Cursor::new(&file)).unwrap(), None);
        assert_eq!(track_end(&mut Cursor::new(b"")).unwrap(), None);
    }
}

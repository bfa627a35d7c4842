//! A track's file to packets with their places.

use std::io::Read;

use super::head;
use super::packet::Frames;
use super::page::{BEGINNING, CONTINUED, END, Page, PageError, PageReader};
use super::{ReadError, RecordError};
use crate::Position;

/// A packet of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackPacket<'a> {
    /// Where it begins.
    pub at: Position,
    /// How many samples (48 kHz) it lasts.
    pub span: u32,
    /// The Opus packet.
    pub bytes: &'a [u8],
}

/// Reads a track as [`TrackWriter`](super::TrackWriter) writes it, page by page.
///
/// It is strict: every page must be whole, in order, and say where its packets end. The input
/// should be buffered.
#[derive(Debug)]
pub struct TrackReader<R> {
    pages: Pages<R>,
    page: Option<Page>,
    segment: usize,
    offset: usize,
    at: u64,
}

impl<R: Read> TrackReader<R> {
    /// Begins to read: takes the head.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] or [`ReadError::Torn`] if no track begins here.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut pages = Pages::new(input);
        while !pages.has_head() {
            pages.next()?.ok_or(ReadError::Torn)?;
        }
        Ok(Self {
            pages,
            page: None,
            segment: 0,
            offset: 0,
            at: 0,
        })
    }

    /// The next packet, fillers included; `None` at the end, marked or not.
    ///
    /// # Errors
    ///
    /// [`ReadError::Torn`] if the file ends inside a page, as it does when the writer was killed,
    /// [`ReadError::Damaged`] if something else stands there. Nothing comes after an error.
    pub fn next_packet(&mut self) -> Result<Option<TrackPacket<'_>>, ReadError> {
        loop {
            match self.page {
                Some(page) if !PageReader::<R>::is_end(&page, self.segment) => break,
                _ => {}
            }
            let Some(page) = self.pages.next()? else {
                return Ok(None);
            };
            (self.page, self.segment, self.offset) = (Some(page), 0, 0);
        }
        let Some(page) = self.page else {
            return Ok(None);
        };
        let at = self.at;
        let Some(bytes) = self
            .pages
            .inner
            .packet(&page, &mut self.segment, &mut self.offset)
        else {
            return Err(ReadError::Damaged);
        };
        let span = Frames::parse(bytes).map_err(damaged)?.span();
        self.at += u64::from(span);
        Ok(Some(TrackPacket {
            at: Position::new(at),
            span,
            bytes,
        }))
    }

    /// Where the pages read so far end.
    #[must_use]
    pub const fn end(&self) -> Position {
        Position::new(self.pages.end)
    }

    /// Whether the end was read and was marked as such.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.pages.ended
    }
}

/// The pages of a track, each of them checked.
#[derive(Debug)]
pub(super) struct Pages<R> {
    inner: PageReader<R>,
    /// Pages so far.
    pub(super) count: u32,
    pub(super) serial: u32,
    /// Bytes of the pages so far.
    pub(super) bytes: u64,
    /// Where they end.
    pub(super) end: u64,
    pub(super) ended: bool,
}

impl<R: Read> Pages<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            inner: PageReader::new(input),
            count: 0,
            serial: 0,
            bytes: 0,
            end: 0,
            ended: false,
        }
    }

    /// Whether both packets of the head were read.
    pub(super) const fn has_head(&self) -> bool {
        self.count >= 2
    }

    /// The next page, `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Page>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let Some(page) = self.inner.next()? else {
            return Ok(None);
        };
        let end = self.check(&page).ok_or(ReadError::Damaged)?;
        if self.count == 0 {
            self.serial = page.serial;
        }
        self.bytes += self.inner.len() as u64;
        self.count = self.count.wrapping_add(1);
        self.end = end;
        self.ended = page.flags & END != 0;
        Ok(Some(page))
    }

    /// Where the page ends, if it is the one that comes next.
    fn check(&self, page: &Page) -> Option<u64> {
        let beginning = if self.count == 0 { BEGINNING } else { 0 };
        let in_order = page.sequence == self.count
            && (self.count == 0 || page.serial == self.serial)
            && page.flags & (CONTINUED | BEGINNING) == beginning;
        if !in_order {
            return None;
        }
        let (mut segment, mut offset, mut span) = (0, 0, 0);
        while let Some(packet) = self.inner.packet(page, &mut segment, &mut offset) {
            let is_expected = match self.count {
                0 => head::is_mono(packet),
                1 => head::is_tags(packet),
                _ => {
                    span += u64::from(Frames::parse(packet).ok()?.span());
                    true
                }
            };
            if !is_expected || !self.has_head() && !PageReader::<R>::is_end(page, segment) {
                return None;
            }
        }
        if segment == 0 || !PageReader::<R>::is_end(page, segment) {
            return None;
        }
        let end = self.end + span;
        let fits = if page.flags & END != 0 && self.has_head() {
            (self.end..=end).contains(&page.granule)
        } else {
            page.granule == end
        };
        fits.then_some(page.granule)
    }
}

impl From<PageError> for ReadError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Torn => Self::Torn,
            PageError::Damaged => Self::Damaged,
            PageError::Io(error) => Self::Io(error),
        }
    }
}

fn damaged(_: RecordError) -> ReadError {
    ReadError::Damaged
}

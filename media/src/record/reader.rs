//! A track's file to packets with their places.

use std::io::Read;

use super::fill::{self, Filler, STEP};
use super::head;
use super::packet::{Frames, MAX_SPAN};
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
/// It is strict: every page must be whole, in order, and say where its packets end. A page that is not
/// is passed over, and there is silence in its place: what comes after it stands where it should. The
/// input should be buffered.
#[derive(Debug)]
pub struct TrackReader<R> {
    pages: Pages<R>,
    page: Option<Page>,
    segment: usize,
    offset: usize,
    at: u64,
    /// The silence given out last for a page that is damaged.
    silence: Option<Filler>,
}

impl<R: Read> TrackReader<R> {
    /// Begins to read: takes the head.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] or [`ReadError::Torn`] if no track begins here.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut pages = Pages::new(input);
        let mut page = None;
        while !pages.has_head() {
            let next = pages.next()?.ok_or(ReadError::Torn)?;
            // The head may be what is damaged.
            page = Some(next).filter(|page| page.sequence >= HEAD);
        }
        Ok(Self {
            pages,
            page,
            segment: 0,
            offset: 0,
            at: 0,
            silence: None,
        })
    }

    /// The next packet, fillers included; `None` at the end, marked or not.
    ///
    /// # Errors
    ///
    /// [`ReadError::Torn`] if the file ends inside a page, as it does when the writer was killed,
    /// [`ReadError::Damaged`] if something else stands there and no page follows. Nothing comes after
    /// an error.
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
        let missing = self.pages.begin.saturating_sub(self.at);
        if self.segment == 0 && missing >= u64::from(STEP) {
            let at = self.at;
            let span = missing.min(MAX_SPAN.into()) as u32;
            let silence = fill::silence(span, self.silence.is_some());
            self.at += u64::from(silence.span);
            let silence = self.silence.insert(silence);
            return Ok(Some(TrackPacket {
                at: Position::new(at),
                span: silence.span,
                bytes: silence.bytes(),
            }));
        }
        self.silence = None;
        let at = self.at.max(self.pages.begin);
        let Some(bytes) = self
            .pages
            .inner
            .packet(&page, &mut self.segment, &mut self.offset)
        else {
            return Err(ReadError::Damaged);
        };
        let span = Frames::parse(bytes).map_err(damaged)?.span();
        self.at = at + u64::from(span);
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

/// How many pages the head has.
pub(super) const HEAD: u32 = 2;
/// The most that a byte of a track lasts: a packet of 120 ms takes one, and one in the page's table. In
/// samples at 48 kHz.
const PER_BYTE: u64 = MAX_SPAN as u64 / 2;

/// The pages of a track, each of them checked; those that are damaged are passed over.
#[derive(Debug)]
pub(super) struct Pages<R> {
    inner: PageReader<R>,
    /// Pages so far, with those passed over.
    pub(super) count: u32,
    pub(super) serial: u32,
    /// Where the last whole page ends in the file.
    pub(super) bytes: u64,
    /// How many bytes before that were passed over.
    pub(super) damaged: u64,
    /// Where the last page begins and ends on the timeline.
    begin: u64,
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
            damaged: 0,
            begin: 0,
            end: 0,
            ended: false,
        }
    }

    /// Whether the head has gone by, read or not.
    pub(super) const fn has_head(&self) -> bool {
        self.count >= HEAD
    }

    /// The next page, `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Page>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let mut skipped = 0;
        loop {
            let error = match self.inner.next() {
                Err(PageError::Io(error)) => return Err(ReadError::Io(error)),
                Ok(None) => return Ok(None),
                Ok(Some(page)) => match self.check(&page, skipped) {
                    Some((begin, end)) => {
                        self.take(&page, skipped);
                        (self.begin, self.end) = (begin, end);
                        return Ok(Some(page));
                    }
                    None => ReadError::Damaged,
                },
                Err(error) => error.into(),
            };
            match self.inner.seek()? {
                Some(bytes) => skipped += bytes as u64,
                None => return Err(error),
            }
        }
    }

    /// Counts a page that comes after `skipped` bytes.
    fn take(&mut self, page: &Page, skipped: u64) {
        self.serial = page.serial;
        self.bytes += skipped + self.inner.len() as u64;
        self.damaged += skipped;
        self.count = page.sequence.wrapping_add(1);
        self.ended = page.flags & END != 0;
    }

    /// Where the page begins and ends, if it is the one that comes next, or a later one after so many
    /// bytes that are damaged.
    fn check(&self, page: &Page, skipped: u64) -> Option<(u64, u64)> {
        let in_order = if skipped == 0 {
            page.sequence == self.count
        } else {
            page.sequence >= self.count
        };
        let beginning = if page.sequence == 0 { BEGINNING } else { 0 };
        let in_order = in_order
            && (self.count == 0 || page.serial == self.serial)
            && page.flags & (CONTINUED | BEGINNING) == beginning;
        if !in_order {
            return None;
        }
        let is_sound = page.sequence >= HEAD;
        let (mut segment, mut offset, mut span) = (0, 0, 0);
        while let Some(packet) = self.inner.packet(page, &mut segment, &mut offset) {
            let is_expected = match page.sequence {
                0 => head::is_mono(packet),
                1 => head::is_tags(packet),
                _ => {
                    span += u64::from(Frames::parse(packet).ok()?.span());
                    true
                }
            };
            if !is_expected || !is_sound && !PageReader::<R>::is_end(page, segment) {
                return None;
            }
        }
        if segment == 0 || !PageReader::<R>::is_end(page, segment) {
            return None;
        }
        // The last page may be trimmed; if the one before is damaged it counts as if it were not.
        let is_last = page.flags & END != 0 && is_sound;
        let begin = match page.granule.checked_sub(span) {
            Some(begin) if !is_last || begin > self.end => begin,
            _ if is_last => self.end,
            _ => return None,
        };
        let lost = begin.checked_sub(self.end)?;
        let fits = page.granule >= begin && lost <= skipped.saturating_mul(PER_BYTE);
        fits.then_some((begin, page.granule))
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

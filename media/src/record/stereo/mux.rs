//! Two packets per slot to the pages of one file.

use std::io::Write;

use super::super::head::{self, Channels};
use super::super::page::{END, PageBuilder};
use super::packet::Frames;
use super::{SLOT, StereoError};
use crate::opus::OpusError;

/// How many slots a page has: a second, as is usual.
const PAGE: u64 = 50;

/// Writes the file.
#[derive(Debug)]
pub(super) struct Mux<W> {
    out: W,
    pages: PageBuilder,
    page: Vec<u8>,
    packet: Vec<u8>,
    slots: u64,
}

impl<W: Write> Mux<W> {
    pub(super) fn new(serial: u32, out: W) -> Self {
        let (mut pages, mut page) = (PageBuilder::new(serial, 0), Vec::new());
        head::write(&mut pages, Channels::Separate, &mut page);
        Self {
            out,
            pages,
            page,
            packet: Vec::new(),
            slots: 0,
        }
    }

    /// Slots written so far, which is the number of the next.
    pub(super) const fn slots(&self) -> u64 {
        self.slots
    }

    /// Samples written so far.
    pub(super) const fn end(&self) -> u64 {
        self.slots * SLOT
    }

    /// Writes one slot: a packet of 20 ms for each side.
    pub(super) fn push(&mut self, left: &[u8], right: &[u8]) -> Result<(), StereoError> {
        let frames = |packet| Frames::parse(packet).map_err(|_| OpusError::Packet);
        self.packet.clear();
        // All packets but the last tell their own length (RFC 7845, section 3). Without padding
        // both together always fit on a page.
        frames(left)?.write(true, &mut self.packet);
        frames(right)?.write(false, &mut self.packet);
        let full = self.slots.is_multiple_of(PAGE) || !self.pages.fits(self.packet.len());
        if full && !self.pages.is_empty() {
            self.close(0, self.end())?;
        }
        self.pages.push(&self.packet);
        self.slots += 1;
        Ok(())
    }

    /// Ends the file at `end`, within its last slot.
    pub(super) fn finish(mut self, end: u64) -> Result<(), StereoError> {
        if self.slots == 0 {
            let silence = super::super::fill::silent_frame();
            self.push(silence.bytes(), silence.bytes())?;
        }
        self.close(END, end)?;
        self.out.flush().map_err(StereoError::Write)
    }

    fn close(&mut self, flags: u8, granule: u64) -> Result<(), StereoError> {
        self.pages.close(flags, granule, &mut self.page);
        self.out.write_all(&self.page).map_err(StereoError::Write)?;
        self.page.clear();
        Ok(())
    }
}

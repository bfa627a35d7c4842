//! A track as it happens: packets with their places in, Ogg pages out.

use super::fill::{self, Filler, STEP};
use super::head::{self, Channels};
use super::packet::Frames;
use super::page::{END, MAX_PACKET, PageBuilder};
use super::quiet::Quiet;
use super::{LONGEST_GAP, MAX_DEVIATION, RecordError};
use crate::Position;

/// Gaps up to this are concealed, as losses are; longer ones are silence. In samples at 48 kHz.
const LOSS: u64 = 5760;
/// A packet that comes late by less is not left out; nor by less than half of its span.
const WORTH: i64 = 240;
/// A gap shorter than this is no loss but drift, and waits until it is quiet.
const DRIFT: u64 = 720;
/// [`MAX_DEVIATION`] and [`LONGEST_GAP`] in samples.
const MOST: i64 = MAX_DEVIATION.as_millis() as i64 * 48;
const FARTHEST: u64 = LONGEST_GAP.as_secs() * Position::RATE as u64;
/// A shorter one is left as it is even there; a step of 10 ms would make it no better.
const SLIGHT: u64 = 600;
/// A page that has become so long is closed: tools warn of such as last five seconds, and silence costs
/// little more than with pages as full as may be. In samples.
const PAGE: u64 = 4 * Position::RATE as u64;

/// Writes one track as Ogg Opus (RFC 7845), mono, the packets as they are.
///
/// Time 0 is the beginning of the part, granule positions are positions (48 kHz, no pre-skip).
/// Where nothing was placed the gap is filled: up to 120 ms with packets that ask for concealment,
/// beyond with silence. Ogg Opus counts samples and leaves no freedom of placement, so a packet
/// may stand up to 15 ms away from its place, or, where a source's clock is fast, up to
/// [`MAX_DEVIATION`]. Such drift is corrected where it is quiet: by leaving out a quiet packet, or
/// by stretching a pause.
///
/// Finished pages wait in memory until they are [taken](Self::take_pages), which closes a page:
/// what was taken is complete in itself.
#[derive(Debug)]
pub struct TrackWriter {
    pages: PageBuilder,
    /// Whole pages not taken yet.
    ready: Vec<u8>,
    end: u64,
    /// Where the open page begins.
    page: u64,
    /// How the last packet placed began.
    toc: Option<u8>,
    deviation: i64,
    quiet: Quiet,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It stands in the file at this position.
    At(Position),
    /// It was left out, since its time is taken: the source's clock is fast, or the packet's
    /// place lies far before the end of what is written.
    LeftOut,
}

impl TrackWriter {
    /// A track without packets. `serial` is the number of the Ogg stream; any will do.
    #[must_use]
    pub fn new(serial: u32) -> Self {
        let mut pages = PageBuilder::new(serial, 0);
        let mut ready = Vec::new();
        head::write(&mut pages, Channels::Mono, &mut ready);
        Self {
            pages,
            ready,
            end: 0,
            page: 0,
            toc: None,
            deviation: 0,
            quiet: Quiet::default(),
        }
    }

    /// Writes a packet that begins at `at` and whose loudest sample is `peak`
    /// ([`crate::peaks::peak`]); drift is corrected in quiet packets.
    ///
    /// # Errors
    ///
    /// [`RecordError::Packet`] if it is no Opus packet, [`RecordError::Gap`] if `at` is more than
    /// [`LONGEST_GAP`] after the end of what is written. Nothing is written then.
    pub fn place(&mut self, at: Position, packet: &[u8], peak: u8) -> Result<Placed, RecordError> {
        let frames = Frames::parse(packet)?;
        if packet.len() > MAX_PACKET {
            return Err(RecordError::Packet);
        }
        let at = at.samples();
        if at.saturating_sub(self.end) > FARTHEST {
            return Err(RecordError::Gap);
        }
        let quiet = self
            .quiet
            .judge(peak, frames.is_silent() || packet.len() <= 2);
        let (span, toc) = (frames.span(), frames.toc());
        // Positive where the packet comes too late into the file.
        let ahead = self.end as i64 - at as i64;
        if ahead > MOST || quiet && ahead >= WORTH.max(i64::from(span) / 2) {
            return Ok(Placed::LeftOut);
        }
        if ahead < 0 {
            self.fill(ahead.unsigned_abs(), quiet);
        }
        let begin = self.end;
        self.deviation = begin as i64 - at as i64;
        self.toc = Some(toc);
        self.write(packet, span);
        Ok(Placed::At(Position::new(begin)))
    }

    /// Where the track ends so far.
    #[must_use]
    pub const fn end(&self) -> Position {
        Position::new(self.end)
    }

    /// How many samples (48 kHz) after its place the last packet stands in the file; negative
    /// before it.
    #[must_use]
    pub const fn deviation(&self) -> i64 {
        self.deviation
    }

    /// Bytes that [`take_pages`](Self::take_pages) would give, to within the length of a header.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.ready.len() + self.pages.len()
    }

    /// Appends to `out` all pages that were not taken yet; the open page is closed. Taken together
    /// in order, they are the file.
    pub fn take_pages(&mut self, out: &mut Vec<u8>) {
        self.close(0);
        out.append(&mut self.ready);
    }

    /// Ends the track at `at`, exactly, or where its last packet ends if that is later; appends the
    /// last pages to `out` and returns the end. A gap before `at` is silence, unless it is longer
    /// than [`LONGEST_GAP`]: then the track ends where it is.
    pub fn finish(mut self, at: Position, out: &mut Vec<u8>) -> Position {
        let gap = at.samples().saturating_sub(self.end);
        if gap > 0 && gap <= FARTHEST {
            self.silence(gap.next_multiple_of(u64::from(STEP)));
            // The granule position of the last page trims what is too much.
            self.end = at.samples();
        }
        if self.pages.is_empty() {
            // The end has to be marked on a page with a packet, which is trimmed to nothing.
            self.pages.push(fill::silence(STEP, false).bytes());
        }
        self.close(END);
        out.append(&mut self.ready);
        Position::new(self.end)
    }

    /// Fills about `gap` samples; the next packet is `quiet` or not.
    fn fill(&mut self, gap: u64, quiet: bool) {
        match self.toc {
            Some(toc) if gap <= LOSS => {
                let step = fill::conceal_step(toc);
                let span = nearest(gap, step);
                if span > 0 && (gap >= DRIFT || quiet && gap >= SLIGHT) {
                    self.add(&fill::conceal(span as u32, toc));
                }
            }
            _ => self.silence(nearest(gap, STEP)),
        }
    }

    fn silence(&mut self, mut span: u64) {
        let mut goes_on = false;
        while span > 0 {
            let filler = fill::silence(span.min(LOSS) as u32, goes_on);
            goes_on = true;
            self.add(&filler);
            span -= u64::from(filler.span);
        }
    }

    fn add(&mut self, filler: &Filler) {
        self.write(filler.bytes(), filler.span);
    }

    fn write(&mut self, packet: &[u8], span: u32) {
        if !self.pages.fits(packet.len()) || self.end - self.page >= PAGE {
            self.close(0);
        }
        self.pages.push(packet);
        self.end += u64::from(span);
    }

    fn close(&mut self, flags: u8) {
        if !self.pages.is_empty() {
            self.pages.close(flags, self.end, &mut self.ready);
            self.page = self.end;
        }
    }
}

/// The multiple of `step` that is nearest to `gap`.
const fn nearest(gap: u64, step: u32) -> u64 {
    let step = step as u64;
    (gap + step / 2) / step * step
}

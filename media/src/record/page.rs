//! Ogg pages (RFC 3533): bytes to pages and back.

use std::io::{self, Read};

use crc::{Algorithm, Crc, Table};

/// The most segments of a page.
const SEGMENTS: usize = 255;
const HEADER: usize = 27;
/// The longest page.
pub(super) const MAX_PAGE: usize = HEADER + SEGMENTS + SEGMENTS * 255;
/// The longest packet that fits on a page of its own.
pub(super) const MAX_PACKET: usize = SEGMENTS * 255 - 1;

/// What a page begins with.
const CAPTURE: &[u8] = b"OggS";
/// So much is read at a time in search of it.
const BLOCK: usize = 1 << 12;

pub(super) const CONTINUED: u8 = 1;
pub(super) const BEGINNING: u8 = 2;
pub(super) const END: u8 = 4;

/// The polynomial of CRC-32 without reflection, from zero (RFC 3533, section 6).
const OGG: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0x89a1_897f,
    residue: 0,
};
static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&OGG);

/// Collects packets and closes them into pages. A packet never goes on over the end of a page, so
/// every page can be understood without the one before.
#[derive(Debug)]
pub(super) struct PageBuilder {
    serial: u32,
    sequence: u32,
    segments: [u8; SEGMENTS],
    count: usize,
    body: Vec<u8>,
}

impl PageBuilder {
    pub(super) const fn new(serial: u32, sequence: u32) -> Self {
        Self {
            serial,
            sequence,
            segments: [0; SEGMENTS],
            count: 0,
            body: Vec::new(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the page so far.
    pub(super) const fn len(&self) -> usize {
        self.count + self.body.len()
    }

    /// Whether a packet of `len` bytes fits on the page that is open.
    pub(super) const fn fits(&self, len: usize) -> bool {
        self.count + len / 255 < SEGMENTS
    }

    /// Adds a packet, which must fit.
    pub(super) fn push(&mut self, packet: &[u8]) {
        let whole = packet.len() / 255;
        self.segments[self.count..self.count + whole].fill(255);
        self.segments[self.count + whole] = (packet.len() % 255) as u8;
        self.count += whole + 1;
        self.body.extend_from_slice(packet);
    }

    /// Appends the page to `out` and opens the next.
    pub(super) fn close(&mut self, flags: u8, granule: u64, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(b"OggS\0");
        out.push(flags);
        out.extend(granule.to_le_bytes());
        out.extend(self.serial.to_le_bytes());
        out.extend(self.sequence.to_le_bytes());
        out.extend([0; 4]);
        out.push(self.count as u8);
        out.extend_from_slice(&self.segments[..self.count]);
        out.append(&mut self.body);
        let crc = CRC.checksum(&out[begin..]);
        out[begin + 22..begin + 26].copy_from_slice(&crc.to_le_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        self.count = 0;
    }
}

/// Why there is no further page.
#[derive(Debug)]
pub(super) enum PageError {
    /// The end comes in the middle of a page.
    Torn,
    /// What follows is no whole page, or its checksum is wrong.
    Damaged,
    /// Reading failed.
    Io(io::Error),
}

/// One page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
    pub(super) sequence: u32,
    segments: usize,
}

/// Reads pages one after another; no byte in between is skipped, unless one [seeks](Self::seek).
#[derive(Debug)]
pub(super) struct PageReader<R> {
    input: R,
    /// The page read last.
    buffer: Vec<u8>,
    /// What was read beyond it.
    ahead: Vec<u8>,
}

impl<R: Read> PageReader<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            ahead: Vec::new(),
        }
    }

    /// The next page; `None` where the input ends after a whole page.
    pub(super) fn next(&mut self) -> Result<Option<Page>, PageError> {
        self.buffer.clear();
        if self.fill(HEADER)? == 0 {
            return Ok(None);
        }
        let header = self.whole(HEADER)?;
        if !header.starts_with(b"OggS\0") {
            return Err(PageError::Damaged);
        }
        let page = Page {
            flags: header[5],
            granule: u64::from_le_bytes(array(header, 6)),
            serial: u32::from_le_bytes(array(header, 14)),
            sequence: u32::from_le_bytes(array(header, 18)),
            segments: usize::from(header[26]),
        };
        let crc = u32::from_le_bytes(array(header, 22));
        self.fill(page.segments)?;
        let lacing = &self.whole(HEADER + page.segments)?[HEADER..];
        let body = lacing.iter().map(|&segment| usize::from(segment)).sum();
        self.fill(body)?;
        self.whole(HEADER + page.segments + body)?;
        let mut checked = CRC.digest();
        checked.update(&self.buffer[..22]);
        checked.update(&[0; 4]);
        checked.update(&self.buffer[26..]);
        if checked.finalize() != crc {
            return Err(PageError::Damaged);
        }
        Ok(Some(page))
    }

    /// Goes on, after something that is no page of use, to where the next one may begin. How many bytes
    /// are skipped; `None` if none begins before the end.
    pub(super) fn seek(&mut self) -> Result<Option<usize>, PageError> {
        self.buffer.append(&mut self.ahead);
        let (mut skipped, mut from) = (0, 1);
        loop {
            let rest = self.buffer.get(from..).unwrap_or_default();
            if let Some(at) = rest.windows(CAPTURE.len()).position(|four| four == CAPTURE) {
                self.ahead = self.buffer.split_off(from + at);
                return Ok(Some(skipped + from + at));
            }
            // The pattern may have begun in the last three bytes.
            let looked_at = self
                .buffer
                .len()
                .saturating_sub(CAPTURE.len() - 1)
                .max(from);
            let looked_at = looked_at.min(self.buffer.len());
            self.buffer.drain(..looked_at);
            (skipped, from) = (skipped + looked_at, 0);
            if self.fill(BLOCK)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Bytes of the page read last.
    pub(super) const fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The packet of the page read last whose first segment is number `segment` and whose first
    /// byte is number `offset` of the body, both of which are moved on. `None` at the page's end,
    /// or if the packet goes on beyond it.
    pub(super) fn packet(
        &self,
        page: &Page,
        segment: &mut usize,
        offset: &mut usize,
    ) -> Option<&[u8]> {
        let lacing = self.buffer.get(HEADER..HEADER + page.segments)?;
        let rest = lacing.get(*segment..)?;
        let whole = rest.iter().position(|&segment| segment < 255)?;
        let len = whole * 255 + usize::from(rest[whole]);
        let begin = HEADER + page.segments + *offset;
        let packet = self.buffer.get(begin..begin + len)?;
        *segment += whole + 1;
        *offset += len;
        Some(packet)
    }

    /// Whether `segment` is the end of the page.
    pub(super) const fn is_end(page: &Page, segment: usize) -> bool {
        segment == page.segments
    }

    /// Reads up to `len` further bytes and returns how many there were.
    fn fill(&mut self, len: usize) -> Result<usize, PageError> {
        let known = len.min(self.ahead.len());
        self.buffer.extend(self.ahead.drain(..known));
        let read = (&mut self.input)
            .take((len - known) as u64)
            .read_to_end(&mut self.buffer)
            .map_err(PageError::Io)?;
        Ok(known + read)
    }

    /// The page so far, if all `len` bytes of it are there.
    fn whole(&self, len: usize) -> Result<&[u8], PageError> {
        self.buffer.get(..len).ok_or(PageError::Torn)
    }
}

/// `N` bytes of `bytes` from `at` on, zeros where there are none.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<N>());
    found.copied().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_checksum_is_that_of_ogg() {
        assert_eq!(CRC.checksum(b"123456789"), OGG.check);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn others_read_our_pages(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 1..60),
            cut in 1usize..9,
        ) {
            let (mut builder, mut out) = (PageBuilder::new(77, 0), Vec::new());
            let mut flags = BEGINNING;
            for (n, packet) in packets.iter().enumerate() {
                if !builder.fits(packet.len()) || n % cut == 0 && n > 0 {
                    builder.close(flags, n as u64, &mut out);
                    flags = 0;
                }
                builder.push(packet);
            }
            builder.close(flags | END, packets.len() as u64, &mut out);

            let mut theirs = ogg::PacketReader::new(Cursor::new(&out));
            for packet in &packets {
                let read = theirs.read_packet().unwrap().unwrap();
                prop_assert_eq!(&read.data, packet);
                prop_assert_eq!(read.stream_serial(), 77);
            }
            prop_assert!(theirs.read_packet().unwrap().is_none());

            let (mut ours, mut read) = (PageReader::new(&out[..]), Vec::new());
            while let Some(page) = ours.next().unwrap() {
                let (mut segment, mut offset) = (0, 0);
                while let Some(packet) = ours.packet(&page, &mut segment, &mut offset) {
                    read.push(packet.to_vec());
                }
                prop_assert!(PageReader::<&[u8]>::is_end(&page, segment));
            }
            prop_assert_eq!(read, packets);
        }
    }

    #[test]
    fn the_longest_packet_fits_on_a_page() {
        let (mut builder, mut out) = (PageBuilder::new(1, 0), Vec::new());
        assert!(builder.fits(MAX_PACKET) && !builder.fits(MAX_PACKET + 1));
        builder.push(&vec![1; MAX_PACKET]);
        builder.close(0, 0, &mut out);
        assert!(PageReader::new(&out[..]).next().unwrap().is_some());
        assert_eq!(out.len(), MAX_PAGE - 1);
    }
}

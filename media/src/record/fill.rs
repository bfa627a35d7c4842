//! Packets that fill gaps: such that ask for concealment, and silence.

use super::packet::{MAX_SPAN, SILENT_FRAME, frame_span};

/// The shortest frame of Opus, 2.5 ms, in samples at 48 kHz.
pub(super) const STEP: u32 = 120;

/// CELT, full band, mono; frames of 2.5 and of 20 ms (RFC 6716, table 2).
const SILENCE_SHORT: u8 = 28 << 3;
const SILENCE: u8 = 31 << 3;
/// Samples of a frame of 20 ms.
const FRAME: u32 = 960;
/// The most frames of a filler that have content.
const MANY: u32 = MAX_SPAN / FRAME;
const CAPACITY: usize = 2 + (MANY as usize + 1) * SILENT_FRAME.len();

/// A filler, ready to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filler {
    bytes: [u8; CAPACITY],
    len: usize,
    /// How long it lasts, in samples at 48 kHz.
    pub(super) span: u32,
}

impl Filler {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// `count` frames that all hold `frame`, of the kind that `toc` tells.
    fn new(toc: u8, count: u32, frame: &[u8]) -> Self {
        let mut filler = Self {
            bytes: [0; CAPACITY],
            len: 0,
            span: frame_span(toc) * count,
        };
        match count {
            1 => filler.put(&[toc]),
            2 => filler.put(&[toc | 1]),
            _ => filler.put(&[toc | 3, count as u8]),
        }
        for _ in 0..count {
            filler.put(frame);
        }
        filler
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

/// The step in which a gap after a packet that began with `toc` can be concealed without leaving
/// its mode: 2.5 ms for CELT, 10 ms for the others.
pub(super) const fn conceal_step(toc: u8) -> u32 {
    if is_celt(toc) { STEP } else { 480 }
}

/// A packet without content that asks to conceal `span` samples (a multiple of
/// [`conceal_step`] up to 120 ms) in the mode and bandwidth of the packet before, which began
/// with `toc` (RFC 7845, section 4.1).
pub(super) fn conceal(span: u32, toc: u8) -> Filler {
    let longest = match toc >> 3 {
        config @ 0..12 => [config & !3, (config & !3) | 1],
        config @ 12..16 => [config & !1, config | 1],
        config => [config & !3, config | 3],
    };
    // Of 20 ms, else of 10, else of 2.5, where both of a kind stand in order.
    let (config, frame) = if span.is_multiple_of(FRAME) {
        (longest[1], FRAME)
    } else if span.is_multiple_of(480) {
        (longest[0] | if is_celt(toc) { 2 } else { 0 }, 480)
    } else {
        (longest[0], STEP)
    };
    let stereo = toc & 4;
    Filler::new((config << 3) | stereo, span / frame, &[])
}

/// The packet of 20 ms of silence: `F8 FF FE`.
pub(super) fn silent_frame() -> Filler {
    Filler::new(SILENCE, 1, &SILENT_FRAME)
}

/// The longest packet of silence within `span` samples, a multiple of [`STEP`] above zero.
///
/// The first one of a silence says so. What `goes_on` needs no content: a decoder that is asked to
/// conceal what comes after digital silence gives zeros (libopus 1.6 and FFmpeg's own decoder both
/// do, also if they begin to read there), and an hour then takes 110 kB instead of 470.
pub(super) fn silence(span: u32, goes_on: bool) -> Filler {
    let (toc, frame) = if span >= FRAME {
        (SILENCE, FRAME)
    } else {
        (SILENCE_SHORT, STEP)
    };
    let content: &[u8] = if goes_on { &[] } else { &SILENT_FRAME };
    Filler::new(toc, (span / frame).min(MANY), content)
}

const fn is_celt(toc: u8) -> bool {
    toc & 0x80 != 0
}

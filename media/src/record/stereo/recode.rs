//! Packets of any length, decoded and encoded again into slots of 20 ms.

use std::io::Read;

use super::lane::whole;
use super::{SLOT, StereoError};
use crate::Position;
use crate::opus::{Decoder, Encoder, EncoderSettings, MAX_PACKET};
use crate::record::TrackReader;

/// Everything of a voice, for less computing than 48 kHz need.
const SETTINGS: EncoderSettings = EncoderSettings {
    rate: 24_000,
    bitrate: 40_000,
    complexity: 5,
    loss: 0,
    dtx: false,
};
/// Samples of a slot at that rate.
const FRAME: usize = (SETTINGS.rate / 50) as usize;
/// Samples at 48 kHz of one at that rate.
const RATIO: u32 = Position::RATE / SETTINGS.rate;

/// The rest of a track, from one of its packets on.
#[derive(Debug)]
pub(super) struct Recoder {
    decoder: Decoder,
    encoder: Encoder,
    /// What is decoded and not yet encoded.
    sound: Vec<i16>,
    /// The slot in which it begins.
    slot: u64,
    /// Whether the last slot was silent, so that nothing was encoded.
    paused: bool,
    ended: bool,
}

impl Recoder {
    /// For sound that begins at `at` on the session's timeline.
    pub(super) fn new(at: u64) -> Result<Self, StereoError> {
        Ok(Self {
            decoder: Decoder::new(SETTINGS.rate)?,
            encoder: Encoder::new(SETTINGS)?,
            sound: vec![0; (at % SLOT) as usize / RATIO as usize],
            slot: at / SLOT,
            paused: false,
            ended: false,
        })
    }

    /// Adds the sound of a packet of `span` samples at 48 kHz.
    pub(super) fn push(&mut self, packet: &[u8], span: u32) {
        let after = self.sound.len() + (span / RATIO) as usize;
        // What cannot be decoded is silent, for as long as it would sound.
        let _ = self.decoder.decode(packet, &mut self.sound);
        self.sound.resize(after, 0);
    }

    /// Reads as much of the track as `slot` needs.
    pub(super) fn read<R: Read>(
        &mut self,
        reader: &mut TrackReader<R>,
        slot: u64,
    ) -> Result<(), StereoError> {
        while !self.ended && self.slot + (self.sound.len() / FRAME) as u64 <= slot {
            self.skip(slot);
            match whole(reader.next_packet())? {
                Some(packet) => self.push(packet.bytes, packet.span),
                None => self.ended = true,
            }
        }
        self.skip(slot);
        if self.ended && self.slot < slot {
            // Less than a slot is left, and its time is over.
            self.sound.clear();
        }
        Ok(())
    }

    /// Whether everything was encoded.
    pub(super) const fn is_over(&self) -> bool {
        self.ended && self.sound.is_empty()
    }

    /// Appends the packet of `slot` to `out`, nothing if it is silent.
    pub(super) fn slot(&mut self, slot: u64, out: &mut Vec<u8>) -> Result<(), StereoError> {
        if slot != self.slot || self.sound.is_empty() {
            return Ok(());
        }
        if self.sound.len() < FRAME {
            self.sound.resize(FRAME, 0);
        }
        let silent = self.sound[..FRAME].iter().all(|&sample| sample == 0);
        if !silent {
            if self.paused {
                self.encoder.reset()?;
            }
            out.resize(MAX_PACKET, 0);
            let len = self.encoder.encode_into(&self.sound[..FRAME], out)?;
            out.truncate(len);
        }
        self.paused = silent;
        self.sound.drain(..FRAME);
        self.slot += 1;
        Ok(())
    }

    /// Leaves out what lies before `slot`.
    fn skip(&mut self, slot: u64) {
        let whole = (self.sound.len() / FRAME) as u64;
        let late = slot.saturating_sub(self.slot).min(whole);
        self.sound.drain(..late as usize * FRAME);
        self.slot += late;
    }
}

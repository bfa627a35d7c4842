//! A microphone that sends Opus packets: from the jitter buffer through the decoder.

use media::Position;
use media::jitter::{self, JitterStats, Piece};
use media::peaks::peak;
use signaling::link::Packet;

use super::frames::LONGEST_FILL;
use super::source::Source;
use super::{Captured, Mic, RATE};

impl Mic {
    /// A packet arrived.
    pub fn packet(&mut self, packet: Packet, now: Position, out: &mut Vec<Captured>) {
        if let Source::Packets { jitter, .. } = &mut self.source {
            let Packet {
                sequence,
                timestamp,
                payload,
            } = packet;
            jitter.push(
                jitter::Packet {
                    sequence,
                    timestamp,
                    payload,
                },
                now,
            );
            self.drain(now, out);
        }
    }

    /// What the jitter buffer counted, for a microphone that sends packets.
    #[must_use]
    pub fn stats(&self) -> Option<JitterStats> {
        match &self.source {
            Source::Packets { jitter, .. } => Some(*jitter.stats()),
            Source::Bytes(_) => None,
        }
    }

    /// Takes everything that the jitter buffer gives out by now.
    pub(super) fn drain(&mut self, now: Position, out: &mut Vec<Captured>) {
        loop {
            let Source::Packets { jitter, decoder } = &mut self.source else {
                return;
            };
            let Some(piece) = jitter.pop(now) else { return };
            let mut sound = std::mem::take(&mut self.scratch);
            sound.clear();
            // A packet that cannot be decoded, or a loss that cannot be concealed, is silence.
            let (at, span, decoded) = match piece {
                Piece::Packet { at, span, payload } => {
                    self.came_to = self.came_to.max(at + span);
                    let decoded = decoder.decode(&payload, &mut sound);
                    if decoded.is_ok() {
                        let peak = peak(&sound);
                        out.push(Captured::Packet { at, payload, peak });
                    }
                    (at, span, decoded)
                }
                Piece::Lost {
                    at,
                    span,
                    next: Some(next),
                } => (at, span, decoder.decode_fec(&next, span, &mut sound)),
                Piece::Lost {
                    at,
                    span,
                    next: None,
                } => (at, span, decoder.conceal(span, &mut sound)),
                Piece::Gap { at, span } => (at, span, Ok(0)),
            };
            if !self.begun || at > self.end + LONGEST_FILL {
                self.skip_to(at, out);
            } else if at > self.end {
                self.fill(at - self.end, out);
            }
            // Sound from before what was already filled with silence came too late.
            let late = (self.end - at).min(span);
            let skipped = (Position::ZERO + late).samples_at(RATE) as usize;
            if decoded.is_err() || sound.is_empty() {
                self.fill(span - late, out);
            } else {
                self.sound(sound.get(skipped..).unwrap_or_default(), out);
            }
            self.scratch = sound;
        }
    }
}

//! Speech over a bad network in simulated time: Opus as a browser sends it, the server's own
//! jitter buffer, decoder, error correction and concealment.

use std::time::Duration;

use media::jitter::JitterStats;
use media::opus::{Encoder, EncoderSettings};
use media::{FRAME, Position};
use praxiloom::live::mic::{Captured, Mic};
use signaling::link::{Carrier, FromClient, Packet};
use signaling::memory::{Network, pair};

use crate::BenchError;
use crate::wav::RATE;

/// How finely time passes.
const STEP: Duration = Duration::from_millis(5);
/// After the last packet, until everything has come or is given up.
const AFTER: Duration = Duration::from_secs(2);
/// The rate at which the recogniser listens.
const HEARD: u32 = media::vad::RATE;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The sound at 16 kHz, silence where none came.
    pub samples: Vec<i16>,
    /// What the jitter buffer counted.
    pub stats: JitterStats,
}

/// Sends these samples (24 kHz) over this network. With `repair` every packet carries its
/// predecessor at low quality (in-band error correction); without, what is lost is concealed.
///
/// # Errors
/// If a codec fails.
pub fn hear(samples: &[i16], network: Network, repair: bool) -> Result<Heard, BenchError> {
    let failed = |error: &dyn std::fmt::Display| BenchError::Sound(error.to_string());
    let usual = EncoderSettings::default();
    let settings = EncoderSettings {
        dtx: false,
        loss: if repair { usual.loss } else { 0 },
        ..usual
    };
    let mut encoder = Encoder::new(settings).map_err(|error| failed(&error))?;
    let mut mic = Mic::packets(Position::ZERO).map_err(|error| failed(&error))?;
    let (mut link, mut peer) = pair(Carrier::WebRtc, network);
    let frames = samples.as_chunks::<{ RATE as usize / 50 }>().0;
    let (mut heard, mut out) = (Timeline::default(), Vec::new());
    let (mut now, mut next) = (Duration::ZERO, 0);
    let end = FRAME * frames.len() as u32 + AFTER;
    while now < end {
        if let Some(frame) = frames.get(next)
            && now >= FRAME * next as u32
        {
            let payload = encoder.encode(frame).map_err(|error| failed(&error))?;
            let packet = Packet {
                sequence: next as u16,
                timestamp: next as u32 * 960,
                payload: bytes::Bytes::copy_from_slice(payload),
            };
            peer.send(now, FromClient::Packet(packet));
            next += 1;
        }
        peer.advance(now);
        let at = Position::ZERO + now;
        while let Ok(came) = link.incoming.try_recv() {
            if let FromClient::Packet(packet) = came {
                mic.packet(packet, at, &mut out);
            }
        }
        if mic.deadline().is_some_and(|deadline| deadline <= at) {
            mic.wake(at, &mut out);
        }
        for captured in out.drain(..) {
            if let Captured::Frame { at, samples } = captured {
                heard.place(at, &samples);
            }
        }
        now += STEP;
    }
    Ok(Heard {
        samples: heard.samples,
        stats: mic.stats().unwrap_or_default(),
    })
}

/// Sound in its places.
#[derive(Default)]
struct Timeline {
    from: Option<u64>,
    samples: Vec<i16>,
}

impl Timeline {
    fn place(&mut self, at: Position, samples: &[i16]) {
        let at = at.samples_at(HEARD);
        let begin = (at - *self.from.get_or_insert(at)) as usize;
        self.samples.resize(begin.max(self.samples.len()), 0);
        self.samples.truncate(begin);
        self.samples.extend_from_slice(samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::level::rms_dbfs;

    fn tone(seconds: usize) -> Vec<i16> {
        let wave = |n: usize| (8000.0 * (n as f32 * 0.06).sin()) as i16;
        (0..seconds * RATE as usize).map(wave).collect()
    }

    #[test]
    fn a_perfect_network_loses_nothing() {
        let heard = hear(&tone(3), Network::default(), true).unwrap();
        assert_eq!(heard.stats.lost, 0);
        let seconds = heard.samples.len() as f32 / HEARD as f32;
        assert!((seconds - 3.0).abs() < 0.05, "{seconds}");
        assert!(rms_dbfs(&heard.samples) > -16.0);
    }

    #[test]
    fn what_is_lost_is_counted_and_the_same_seed_loses_the_same() {
        let network = Network {
            seed: 5,
            loss: 0.1,
            delay: Duration::from_millis(30),
            jitter: Duration::from_millis(20),
        };
        let (one, two) = (
            hear(&tone(10), network, true).unwrap(),
            hear(&tone(10), network, true).unwrap(),
        );
        assert_eq!(one.samples, two.samples);
        let share = one.stats.lost as f64 / 500.0;
        assert!((0.05..0.15).contains(&share), "{:?}", one.stats);
    }
}

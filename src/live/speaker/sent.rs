//! A frame of the client's voice on its way out.

use signaling::link::OutputAudio;

/// One frame on its way out.
#[derive(Debug)]
pub struct Sent {
    /// What the link sends.
    pub audio: OutputAudio,
    /// The sentences in it, with the samples sent of each in all.
    pub progress: Progress,
}

/// The sentences that a frame took samples from. A frame of 20 ms rarely touches two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress([Option<(u64, u64)>; 2]);

impl Progress {
    /// Each sentence with the samples sent of it in all.
    pub fn iter(self) -> impl Iterator<Item = (u64, u64)> {
        self.0.into_iter().flatten()
    }

    /// Whether a further sentence still fits.
    pub(super) fn takes(self, sentence: u64) -> bool {
        self.0
            .iter()
            .any(|slot| slot.is_none_or(|(known, _)| known == sentence))
    }

    /// So much of a sentence was sent in all.
    pub(super) fn note(&mut self, sentence: u64, samples: u64) {
        let mut slots = self.0.iter_mut();
        if let Some(slot) = slots.find(|slot| slot.is_none_or(|(known, _)| known == sentence)) {
            *slot = Some((sentence, samples));
        }
    }
}

/// Multiplies a frame by a gain that runs with `t` from 0 to 1.
pub(super) fn ramp(frame: &mut [i16], gain: impl Fn(f32) -> f32) {
    let length = frame.len() as f32;
    for (index, sample) in frame.iter_mut().enumerate() {
        *sample = (f32::from(*sample) * gain(index as f32 / length)) as i16;
    }
}

//! The running mean of the cepstrum: taken from a decoder, given to one, measured.

use std::ffi::c_int;
use std::ptr;

use super::bindings::{
    MeanState, fe_end_utt, fe_get_output_size, fe_process_frames, fe_start_utt, ps_get_fe,
    ps_get_feat,
};
use super::{Decoder, DecoderError, STEP};

/// Coefficients of the cepstrum.
const CEPSTRUM: usize = 13;

/// The sound of a voice and its microphone: the running mean that is subtracted from the cepstrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Cepstrum {
    sum: [f32; CEPSTRUM],
    /// Over how many steps it was taken.
    pub steps: i32,
}

impl Cepstrum {
    /// The same mean with the weight of at most `steps` steps, so that it adapts sooner.
    pub(in super::super) fn lightened(mut self, steps: i32) -> Self {
        if self.steps > steps {
            let factor = steps as f32 / self.steps as f32;
            self.sum.iter_mut().for_each(|value| *value *= factor);
            self.steps = steps;
        }
        self
    }
}

impl Decoder {
    /// The mean that the decoder has now.
    pub(in super::super) fn cepstrum(&self) -> Cepstrum {
        let Ok(state) = self.front_end() else {
            return Cepstrum {
                sum: [0.0; CEPSTRUM],
                steps: 0,
            };
        };
        let mut sum = [0.0; CEPSTRUM];
        // SAFETY: `front_end` has checked that the vectors have CEPSTRUM elements; no reference
        // into them outlives this block.
        let steps = unsafe {
            ptr::copy_nonoverlapping((*state).sum, sum.as_mut_ptr(), CEPSTRUM);
            (*state).steps
        };
        Cepstrum { sum, steps }
    }

    /// Sets the mean, for the next utterance.
    pub(in super::super) fn set_cepstrum(&mut self, cepstrum: &Cepstrum) {
        let Ok(state) = self.front_end() else { return };
        if cepstrum.steps <= 0 {
            return;
        }
        let mut mean = cepstrum.sum;
        mean.iter_mut()
            .for_each(|value| *value /= cepstrum.steps as f32);
        // SAFETY: as above; `&mut self` keeps everybody else out, and the library reads these
        // only from within calls on this decoder.
        unsafe {
            ptr::copy_nonoverlapping(cepstrum.sum.as_ptr(), (*state).sum, CEPSTRUM);
            ptr::copy_nonoverlapping(mean.as_ptr(), (*state).mean, CEPSTRUM);
            (*state).steps = cepstrum.steps;
        }
    }

    /// The mean of these samples, without decoding them. `None` if they are too few.
    pub(in super::super) fn measure(&mut self, samples: &[i16]) -> Option<Cepstrum> {
        self.abandon();
        let mut rows = vec![[0.0_f32; CEPSTRUM]; samples.len() / STEP + 2];
        let mut pointers: Vec<*mut f32> = rows.iter_mut().map(|row| row.as_mut_ptr()).collect();
        let mut input = samples.as_ptr();
        let mut left = samples.len();
        let mut steps = c_int::try_from(samples.len() / STEP).ok()?;
        let mut tail = 0;
        // SAFETY: between utterances the front end is idle, and the next utterance resets it. It
        // writes at most `steps` rows of CEPSTRUM values (checked at start), then at most one
        // more at the end; `rows` has two to spare. It advances `input` within `samples`.
        let done = unsafe {
            let front_end = ps_get_fe(self.raw.as_ptr());
            fe_start_utt(front_end);
            let result = fe_process_frames(
                front_end,
                &raw mut input,
                &raw mut left,
                pointers.as_mut_ptr(),
                &raw mut steps,
                ptr::null_mut(),
            );
            // The last, padded step is not wanted, but ending resets the front end.
            let spare = pointers.last().copied()?;
            fe_end_utt(front_end, spare, &raw mut tail);
            result >= 0
        };
        let taken = usize::try_from(steps).ok()?;
        let mut cepstrum = Cepstrum {
            sum: [0.0; CEPSTRUM],
            steps: 0,
        };
        // Like the library, leave out what is quieter than anything that can be speech.
        for row in rows.iter().take(taken).filter(|row| row[0] >= 0.0) {
            for (sum, value) in cepstrum.sum.iter_mut().zip(row) {
                *sum += value;
            }
            cepstrum.steps += 1;
        }
        (done && cepstrum.steps > 0).then_some(cepstrum)
    }

    /// The running mean within the decoder, once its structures are known to be the expected ones.
    pub(super) fn front_end(&self) -> Result<*mut MeanState, DecoderError> {
        // SAFETY: both structures are in the public headers of 5prealpha, the only release that
        // the build script links; they live as long as the decoder. The sizes are checked before
        // anything is read through them.
        unsafe {
            if fe_get_output_size(ps_get_fe(self.raw.as_ptr())) != CEPSTRUM as c_int {
                return Err(DecoderError::FrontEnd);
            }
            let features = ps_get_feat(self.raw.as_ptr());
            if features.is_null() || (*features).cepstrum_size != CEPSTRUM as i32 {
                return Err(DecoderError::FrontEnd);
            }
            let state = (*features).mean;
            if state.is_null() || (*state).length != CEPSTRUM as i32 {
                return Err(DecoderError::FrontEnd);
            }
            Ok(state)
        }
    }
}

//! Streaming conversion between sample rates, by FFT, mono.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use std::time::Duration;

/// Why a resampler could not be made or run.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// A rate outside 1 kHz to 192 kHz.
    #[error("cannot resample from {from} Hz to {to} Hz")]
    Rate {
        /// Rate of the input, in hertz.
        from: u32,
        /// Rate of the output, in hertz.
        to: u32,
    },
    /// The resampler refused a block.
    #[error(transparent)]
    Block(#[from] rubato::ResampleError),
}

/// Converts a stream of samples from one rate to another.
///
/// The output is aligned with the input: the filter's own delay is cut off at the beginning, so
/// sample `n` of the output sounds at the time `n / to`, just as sample `n` of the input sounds
/// at `n / from`. It only *comes out* later, by at most [`Resampler::delay`]. After
/// [`Resampler::flush`] exactly ⌈len × to / from⌉ samples have come out, and the next input
/// begins a new stream.
///
/// The pass band (±0.1 dB) reaches to 85 % of the lower rate's half; tones from 15 % above that
/// half on, which would fold back, are damped by 80 dB or more. Equal rates pass through
/// untouched and without delay.
pub struct Resampler {
    from: u32,
    to: u32,
    engine: Option<Engine>,
    /// Samples put in since the stream began.
    consumed: u64,
    /// Samples given out since the stream began.
    produced: u64,
}

struct Engine {
    fft: Fft<f32>,
    /// The block being filled, `block.len()` samples when full.
    block: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Samples of the filter's delay still to be cut off.
    skip: usize,
}

/// Length of the FFT's blocks: it decides between delay and the steepness of the filter.
const BLOCK_MS: u32 = 10;

impl Resampler {
    /// A resampler from `from` hertz to `to` hertz.
    ///
    /// # Errors
    ///
    /// [`ResampleError::Rate`] if a rate is not within 1 kHz to 192 kHz, or if the two have so
    /// little in common that a block would last longer than 100 ms.
    pub fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        let refused = ResampleError::Rate { from, to };
        let sane = 1000..=192_000;
        if !sane.contains(&from) || !sane.contains(&to) {
            return Err(refused);
        }
        let engine = if from == to {
            None
        } else {
            match Engine::new(from, to) {
                Some(engine) => Some(engine),
                None => return Err(refused),
            }
        };
        Ok(Self {
            from,
            to,
            engine,
            consumed: 0,
            produced: 0,
        })
    }

    /// Rate of the input, in hertz.
    #[must_use]
    pub const fn from(&self) -> u32 {
        self.from
    }

    /// Rate of the output, in hertz.
    #[must_use]
    pub const fn to(&self) -> u32 {
        self.to
    }

    /// How much later than its input a sample comes out at most: half a block of the filter and
    /// one block that has to fill.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.engine.as_ref().map_or(Duration::ZERO, |engine| {
            let block = Duration::from_secs(engine.block.len() as u64) / self.from;
            let filter = Duration::from_secs(engine.fft.output_delay() as u64) / self.to;
            block + filter
        })
    }

    /// Takes `input` of any length and appends what is ready to `out`.
    ///
    /// # Errors
    ///
    /// [`ResampleError::Block`] if the FFT refuses a block, which it has no reason for.
    pub fn process(&mut self, input: &[i16], out: &mut Vec<i16>) -> Result<(), ResampleError> {
        let before = out.len();
        match &mut self.engine {
            None => out.extend_from_slice(input),
            Some(engine) => engine.feed(input, out)?,
        }
        self.consumed += input.len() as u64;
        self.produced += (out.len() - before) as u64;
        Ok(())
    }

    /// Appends what is still inside to `out`, and begins a new stream.
    ///
    /// # Errors
    ///
    /// As [`Resampler::process`].
    pub fn flush(&mut self, out: &mut Vec<i16>) -> Result<(), ResampleError> {
        let wanted = (self.consumed * u64::from(self.to)).div_ceil(u64::from(self.from));
        if let Some(engine) = &mut self.engine {
            let missing = (wanted - self.produced) as usize;
            let before = out.len();
            while out.len() - before < missing {
                engine.feed_silence(out)?;
            }
            out.truncate(before + missing);
        }
        self.reset();
        Ok(())
    }

    /// Forgets what is inside and begins a new stream.
    pub fn reset(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.fft.reset();
            engine.filled = 0;
            engine.skip = engine.fft.output_delay();
        }
        self.consumed = 0;
        self.produced = 0;
    }
}

impl Engine {
    fn new(from: u32, to: u32) -> Option<Self> {
        let wanted = (from * BLOCK_MS / 1000) as usize;
        let fft = Fft::new_custom(
            from as usize,
            to as usize,
            wanted,
            1,
            1,
            WindowFunction::Blackman,
            FixedSync::Both,
        )
        .ok()?;
        let block = fft.input_frames_max();
        if block > from as usize / 10 {
            return None;
        }
        Some(Self {
            block: vec![0.0; block],
            filled: 0,
            output: vec![0.0; fft.output_frames_max()],
            skip: fft.output_delay(),
            fft,
        })
    }

    fn feed(&mut self, mut input: &[i16], out: &mut Vec<i16>) -> Result<(), ResampleError> {
        while !input.is_empty() {
            let room = self.block.len() - self.filled;
            let (head, tail) = input.split_at(room.min(input.len()));
            let end = self.filled + head.len();
            for (slot, &sample) in self.block[self.filled..end].iter_mut().zip(head) {
                *slot = f32::from(sample);
            }
            self.filled = end;
            input = tail;
            if self.filled == self.block.len() {
                self.run(out)?;
            }
        }
        Ok(())
    }

    fn feed_silence(&mut self, out: &mut Vec<i16>) -> Result<(), ResampleError> {
        self.block[self.filled..].fill(0.0);
        self.run(out)
    }

    fn run(&mut self, out: &mut Vec<i16>) -> Result<(), ResampleError> {
        let (inputs, outputs) = (self.block.len(), self.output.len());
        let mismatch = || rubato::ResampleError::InsufficientInputBufferSize {
            expected: inputs,
            actual: 0,
        };
        let input = SequentialSlice::new(&self.block, 1, inputs).map_err(|_| mismatch())?;
        let mut output =
            SequentialSlice::new_mut(&mut self.output, 1, outputs).map_err(|_| mismatch())?;
        let (_, produced) = self.fft.process_into_buffer(&input, &mut output, None)?;
        self.filled = 0;
        let skipped = self.skip.min(produced);
        self.skip -= skipped;
        // A float cast saturates, so what overshoots is clipped and does not wrap.
        out.extend(
            self.output[skipped..produced]
                .iter()
                .map(|sample| sample.round() as i16),
        );
        Ok(())
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! Opus packets, whole or lost, to samples.

use std::time::Duration;

use opus::Channels;

use super::{MAX_DURATION, OpusError, duration, is_rate};

/// Decodes packets to mono; stereo packets are mixed down.
#[derive(Debug)]
pub struct Decoder {
    inner: opus::Decoder,
    rate: u32,
}

impl Decoder {
    /// A decoder for one stream that gives samples at `rate` hertz, whatever was encoded: 8, 12,
    /// 16, 24 or 48 thousand. 16 kHz is what recognisers and voice activity want.
    ///
    /// # Errors
    ///
    /// [`OpusError::Setting`] for any other rate.
    pub fn new(rate: u32) -> Result<Self, OpusError> {
        if !is_rate(rate) {
            return Err(OpusError::Setting);
        }
        let inner = opus::Decoder::new(rate, Channels::Mono)?;
        Ok(Self { inner, rate })
    }

    /// Rate of the output, in hertz.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Appends the packet's samples to `out` and returns how many there are.
    ///
    /// # Errors
    ///
    /// [`OpusError::Packet`] if the packet is malformed; `out` is then as before, and the decoder
    /// can go on.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<usize, OpusError> {
        let samples = self.samples(duration(packet)?);
        self.run(packet, samples, false, out)
    }

    /// Appends what was lost immediately before `next`, for as long as `missing`, repaired from
    /// what `next` tells about it; where it tells nothing, concealed. `next` itself is to be
    /// decoded afterwards. Returns how many samples there are.
    ///
    /// # Errors
    ///
    /// [`OpusError::Missing`] if `missing` is not a multiple of 2.5 ms up to 120 ms,
    /// [`OpusError::Packet`] if `next` is malformed.
    pub fn decode_fec(
        &mut self,
        next: &[u8],
        missing: Duration,
        out: &mut Vec<i16>,
    ) -> Result<usize, OpusError> {
        let samples = self.missing(missing)?;
        duration(next)?;
        self.run(next, samples, true, out)
    }

    /// Appends a guess of what was lost, for as long as `missing`: the sound goes on and fades.
    /// Returns how many samples there are.
    ///
    /// # Errors
    ///
    /// [`OpusError::Missing`] if `missing` is not a multiple of 2.5 ms up to 120 ms.
    pub fn conceal(&mut self, missing: Duration, out: &mut Vec<i16>) -> Result<usize, OpusError> {
        let samples = self.missing(missing)?;
        self.run(&[], samples, false, out)
    }

    /// Forgets the past, for a stream that begins anew.
    ///
    /// # Errors
    ///
    /// Only if libopus fails in itself.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        Ok(self.inner.reset_state()?)
    }

    fn run(
        &mut self,
        packet: &[u8],
        samples: usize,
        fec: bool,
        out: &mut Vec<i16>,
    ) -> Result<usize, OpusError> {
        let before = out.len();
        out.resize(before + samples, 0);
        let result = self.inner.decode(packet, &mut out[before..], fec);
        out.truncate(before + result.as_ref().copied().unwrap_or(0));
        Ok(result?)
    }

    fn missing(&self, missing: Duration) -> Result<usize, OpusError> {
        let whole = missing.as_nanos().is_multiple_of(2_500_000);
        if missing.is_zero() || missing > MAX_DURATION || !whole {
            return Err(OpusError::Missing(missing));
        }
        Ok(self.samples(missing))
    }

    const fn samples(&self, span: Duration) -> usize {
        (span.as_micros() as u64 * self.rate as u64 / 1_000_000) as usize
    }
}

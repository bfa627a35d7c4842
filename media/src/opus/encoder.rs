//! Speech to Opus packets.

use opus::{Application, Bitrate, Channels, Signal};

use super::{MAX_PACKET, OpusError, is_rate};

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// Rate of the input, in hertz: 8, 12, 16, 24 or 48 thousand.
    pub rate: u32,
    /// Bits per second, 6000 to 510 000.
    pub bitrate: i32,
    /// 0 to 10: more computing for better sound. From 24 kHz a second of speech costs about 3 ms
    /// at 0, 7 at 5 and 10 at 10.
    pub complexity: i32,
    /// Percentage of packets expected to be lost; above zero every packet also carries its
    /// predecessor at low quality (in-band forward error correction).
    pub loss: i32,
    /// Whether silence is sent as an occasional tiny packet (discontinuous transmission).
    pub dtx: bool,
}

impl Default for EncoderSettings {
    /// Speech from 24 kHz at 28 kbit/s, complexity 5, prepared for 10 % loss, silence not sent.
    fn default() -> Self {
        Self {
            rate: 24_000,
            bitrate: 28_000,
            complexity: 5,
            loss: 10,
            dtx: true,
        }
    }
}

/// Encodes mono speech in frames of 20 ms.
#[derive(Debug)]
pub struct Encoder {
    inner: opus::Encoder,
    frame: usize,
    packet: Box<[u8; MAX_PACKET]>,
}

impl Encoder {
    /// An encoder for one stream.
    ///
    /// # Errors
    ///
    /// [`OpusError::Setting`] if a setting is outside its range.
    pub fn new(settings: EncoderSettings) -> Result<Self, OpusError> {
        let EncoderSettings {
            rate,
            bitrate,
            complexity,
            loss,
            dtx,
        } = settings;
        let in_range = (6000..=510_000).contains(&bitrate)
            && (0..=10).contains(&complexity)
            && (0..=100).contains(&loss);
        if !in_range || !is_rate(rate) {
            return Err(OpusError::Setting);
        }
        let mut inner = opus::Encoder::new(rate, Channels::Mono, Application::Voip)?;
        inner.set_signal(Signal::Voice)?;
        inner.set_bitrate(Bitrate::Bits(bitrate))?;
        inner.set_complexity(complexity)?;
        inner.set_inband_fec(loss > 0)?;
        inner.set_packet_loss_perc(loss)?;
        inner.set_dtx(dtx)?;
        Ok(Self {
            inner,
            frame: (rate / 50) as usize,
            packet: Box::new([0; MAX_PACKET]),
        })
    }

    /// Samples of a frame.
    #[must_use]
    pub const fn frame(&self) -> usize {
        self.frame
    }

    /// Encodes one frame; the packet is valid until the next call. With discontinuous
    /// transmission the packet of a silent frame [need not be sent](super::is_dtx).
    ///
    /// # Errors
    ///
    /// [`OpusError::Frame`] if `samples` is not exactly one frame.
    pub fn encode(&mut self, samples: &[i16]) -> Result<&[u8], OpusError> {
        self.check(samples)?;
        let len = self.inner.encode(samples, self.packet.as_mut_slice())?;
        Ok(&self.packet[..len])
    }

    /// Encodes one frame into `out`, for which [`MAX_PACKET`] bytes always suffice, and returns
    /// the packet's length. A smaller buffer bounds the packet.
    ///
    /// # Errors
    ///
    /// [`OpusError::Frame`] if `samples` is not exactly one frame, [`OpusError::Buffer`] if no
    /// packet is as small as `out`.
    pub fn encode_into(&mut self, samples: &[i16], out: &mut [u8]) -> Result<usize, OpusError> {
        self.check(samples)?;
        if out.is_empty() {
            return Err(OpusError::Buffer);
        }
        Ok(self.inner.encode(samples, out)?)
    }

    /// Tells the encoder which percentage of packets is being lost, as the receiver reports it.
    ///
    /// # Errors
    ///
    /// [`OpusError::Setting`] above 100.
    pub fn set_loss(&mut self, percent: i32) -> Result<(), OpusError> {
        if !(0..=100).contains(&percent) {
            return Err(OpusError::Setting);
        }
        self.inner.set_inband_fec(percent > 0)?;
        Ok(self.inner.set_packet_loss_perc(percent)?)
    }

    /// Changes how much is computed for the sound, 0 to 10, from the next frame on.
    ///
    /// # Errors
    ///
    /// [`OpusError::Setting`] outside of that.
    pub fn set_complexity(&mut self, complexity: i32) -> Result<(), OpusError> {
        if !(0..=10).contains(&complexity) {
            return Err(OpusError::Setting);
        }
        Ok(self.inner.set_complexity(complexity)?)
    }

    /// Forgets the past: call it after a gap, so that old sound does not leak into the next.
    ///
    /// # Errors
    ///
    /// Only if libopus fails in itself.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        Ok(self.inner.reset_state()?)
    }

    fn check(&self, samples: &[i16]) -> Result<(), OpusError> {
        if samples.len() == self.frame {
            Ok(())
        } else {
            Err(OpusError::Frame {
                expected: self.frame,
                actual: samples.len(),
            })
        }
    }
}

//! Codec and crypto alone: what no server of this kind can do without.

use media::Position;
use media::opus::{Decoder, Encoder, EncoderSettings};
use media::resample::Resampler;
use media::vad::{Vad, VadSettings};
use rtc::crypto::default_provider;
use rtc::srtp::context::Context;
use rtc::srtp::protection_profile::ProtectionProfile;

use super::{Cost, measure};
use crate::BenchError;
use crate::wav::{Frame, RATE};

/// Bytes of an RTP header.
const HEADER: usize = 12;

fn sound(error: &dyn std::fmt::Display) -> BenchError {
    BenchError::Sound(error.to_string())
}

/// The way in over WebRTC: SRTP, Opus to 16 kHz, voice activity.
///
/// # Errors
/// If a codec fails.
pub fn webrtc_in(speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let packets = encoded(speech, frames)?;
    let (mut send, mut receive) = srtp()?;
    let mut protected = Vec::new();
    for (number, packet) in packets.iter().enumerate() {
        let sent = send.encrypt_rtp(&rtp(number, packet));
        protected.push(sent.map_err(|error| sound(&error))?);
    }
    let decrypt = measure("SRTP unprotect (AES-GCM)", frames, |frame| {
        let opened = receive.decrypt_rtp(&protected[frame]);
        opened.map(drop).map_err(|error| sound(&error))
    })?;
    let mut decoder = Decoder::new(media::vad::RATE).map_err(|error| sound(&error))?;
    let mut samples = Vec::new();
    let decode = measure("Opus decode to 16 kHz", frames, |frame| {
        samples.clear();
        let decoded = decoder.decode(&packets[frame], &mut samples);
        decoded.map(drop).map_err(|error| sound(&error))
    })?;
    Ok(vec![decrypt, decode, activity(speech, frames)?])
}

/// The way out over WebRTC: Opus from 24 kHz, SRTP.
///
/// # Errors
/// If a codec fails.
pub fn webrtc_out(speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let mut encoder = Encoder::new(EncoderSettings::default()).map_err(|error| sound(&error))?;
    let encode = measure("Opus encode from 24 kHz", frames, |frame| {
        let encoded = encoder.encode(&speech[frame % speech.len()]);
        encoded.map(drop).map_err(|error| sound(&error))
    })?;
    let packets = encoded(speech, frames)?;
    let (mut send, _) = srtp()?;
    let encrypt = measure("SRTP protect (AES-GCM)", frames, |frame| {
        let sent = send.encrypt_rtp(&rtp(frame, &packets[frame]));
        sent.map(drop).map_err(|error| sound(&error))
    })?;
    Ok(vec![encode, encrypt])
}

/// The way in over WebSocket: 24 to 16 kHz, voice activity.
///
/// # Errors
/// If the resampler fails.
pub fn websocket_in(speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let mut resampler = Resampler::new(RATE, media::vad::RATE).map_err(|error| sound(&error))?;
    let mut samples = Vec::new();
    let resample = measure("resample 24 to 16 kHz", frames, |frame| {
        samples.clear();
        let done = resampler.process(&speech[frame % speech.len()], &mut samples);
        done.map_err(|error| sound(&error))
    })?;
    Ok(vec![resample, activity(speech, frames)?])
}

/// Speech as packets, as many as `measure` asks for.
pub(super) fn encoded(speech: &[Frame], frames: usize) -> Result<Vec<bytes::Bytes>, BenchError> {
    let mut encoder = Encoder::new(EncoderSettings::default()).map_err(|error| sound(&error))?;
    let all = speech.iter().cycle().take(frames + super::WARM_UP);
    let packets = all.map(|frame| encoder.encode(frame).map(bytes::Bytes::copy_from_slice));
    packets
        .collect::<Result<_, _>>()
        .map_err(|error| sound(&error))
}

fn activity(speech: &[Frame], frames: usize) -> Result<Cost, BenchError> {
    let mut resampler = Resampler::new(RATE, media::vad::RATE).map_err(|error| sound(&error))?;
    let mut samples = Vec::new();
    for frame in speech {
        let done = resampler.process(frame, &mut samples);
        done.map_err(|error| sound(&error))?;
    }
    let pieces: Vec<_> = samples.chunks_exact(320).collect();
    let mut vad = Vad::new(VadSettings::default());
    let (mut at, mut out) = (Position::ZERO, Vec::new());
    measure("voice activity", frames, |frame| {
        out.clear();
        vad.push(at, pieces[frame % pieces.len()], &mut out);
        at += media::FRAME;
        Ok(())
    })
}

fn rtp(number: usize, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER + payload.len());
    packet.extend([0x80, 111]);
    packet.extend((number as u16).to_be_bytes());
    packet.extend((number as u32 * 960).to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.extend_from_slice(payload);
    packet
}

/// Both ends of a stream.
fn srtp() -> Result<(Context, Context), BenchError> {
    let crypto = default_provider().map_err(|error| sound(&error))?;
    let context = || {
        let profile = ProtectionProfile::AeadAes128Gcm;
        let made = Context::new(&[7; 16], &[9; 12], profile, None, None, crypto.crypto());
        made.map_err(|error| sound(&error))
    };
    Ok((context()?, context()?))
}

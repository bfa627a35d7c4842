//! How loud a track is, heard again from its packets: for when what was noted of it is damaged.

use std::io::{self, Read};
use std::time::Duration;

use super::{MAX_DEVIATION, ReadError, TrackReader};
use crate::Position;
use crate::opus::Decoder;
use crate::peaks::{PeakWriter, peak};

/// What it is decoded at, in hertz: enough for a waveform.
const RATE: u32 = 16_000;
/// Samples at 48 kHz of a frame of 20 ms, which one peak stands for.
const FRAME: u64 = 960;
/// So much is decoded before what is missing, so that the decoder has settled by then.
const BEFORE: Duration = Duration::from_millis(100);
/// Peaks stand where their packets should, which is a little beside where these stand.
const BESIDE: u64 = (MAX_DEVIATION.as_millis() / 20) as u64 + 1;

/// Whether so many peaks can be all of a track that ends there.
#[must_use]
pub fn are_all(peaks: usize, end: Position) -> bool {
    slots(end).abs_diff(peaks as u64) <= BESIDE
}

/// Makes `peaks` all of a track that ends at `end`: those that are missing at the end are heard again,
/// and what lies beyond it goes. A track that is torn or damaged counts up to there.
///
/// # Errors
///
/// If reading fails, or nothing can be decoded.
pub fn hear_again(track: impl Read, end: Position, peaks: &mut Vec<u8>) -> io::Result<()> {
    let slots = usize::try_from(slots(end)).map_err(io::Error::other)?;
    peaks.truncate(slots);
    let known = peaks.len();
    let from = Position::new(known as u64 * FRAME).back(BEFORE);
    let mut heard = PeakWriter::default();
    each_frame(track, from, |at, samples| {
        let span = (Position::from_samples(samples.len() as u64, RATE)).samples();
        heard.place(at, span as u32, peak(samples));
    })?;
    let mut all = Vec::new();
    heard.take(&mut all);
    peaks.extend(all.into_iter().skip(known));
    peaks.resize(slots, 0);
    Ok(())
}

/// Decodes every packet that ends after `from`, frame by frame at 16 kHz. A track that is torn or damaged
/// counts up to there.
///
/// # Errors
///
/// If reading fails, or nothing can be decoded.
pub fn each_frame(
    track: impl Read,
    from: Position,
    mut take: impl FnMut(Position, &[i16]),
) -> io::Result<()> {
    let mut packets = match TrackReader::new(track) {
        Err(ReadError::Io(error)) => return Err(error),
        Err(ReadError::Torn | ReadError::Damaged) => return Ok(()),
        Ok(packets) => packets,
    };
    let mut decoder = Decoder::new(RATE).map_err(io::Error::other)?;
    let mut samples = Vec::new();
    loop {
        let packet = match packets.next_packet() {
            Err(ReadError::Io(error)) => return Err(error),
            Ok(None) | Err(ReadError::Torn | ReadError::Damaged) => return Ok(()),
            Ok(Some(packet)) => packet,
        };
        if packet.at.samples() + u64::from(packet.span) <= from.samples() {
            continue;
        }
        samples.clear();
        if decoder.decode(packet.bytes, &mut samples).is_ok() {
            let mut at = packet.at;
            for frame in samples.chunks(RATE as usize / 50) {
                take(at, frame);
                at += Duration::from_millis(20);
            }
        }
    }
}

/// How many peaks there are before `end`.
const fn slots(end: Position) -> u64 {
    end.samples().saturating_add(FRAME / 2) / FRAME
}

#[cfg(test)]
mod tests {
    use super::super::TrackWriter;
    use super::*;
    use crate::opus::{Encoder, EncoderSettings};

    /// Three seconds: a tone that becomes louder by the half second, and silence from 2 to 2.5 s.
    fn track() -> (Vec<u8>, Vec<u8>) {
        let mut encoder = Encoder::new(EncoderSettings {
            // It would take a tone that goes on and on for noise.
            dtx: false,
            ..EncoderSettings::default()
        })
        .unwrap();
        let (mut track, mut noted) = (TrackWriter::new(1), PeakWriter::default());
        let rate = encoder.frame() as u64 * 50;
        for frame in (0..150).filter(|frame| !(100..125).contains(frame)) {
            let loud = f64::from(1 + frame / 25) * 3000.0;
            let tone = |index: u64| {
                let at = u64::from(frame as u32) * encoder.frame() as u64 + index;
                ((at as f64 * 2764.6 / rate as f64).sin() * loud) as i16
            };
            let samples: Vec<i16> = (0..encoder.frame() as u64).map(tone).collect();
            let at = Position::from_ms(frame as u64 * 20);
            let packet = encoder.encode(&samples).unwrap().to_vec();
            track.place(at, &packet, peak(&samples)).unwrap();
            noted.place(at, FRAME as u32, peak(&samples));
        }
        let (mut file, mut peaks) = (Vec::new(), Vec::new());
        track.finish(Position::from_ms(3000), &mut file);
        noted.take(&mut peaks);
        (file, peaks)
    }

    #[test]
    fn what_is_missing_is_heard_again_and_what_is_beyond_the_end_goes() {
        let (file, noted) = track();
        let end = Position::from_ms(3000);
        assert!(are_all(noted.len(), end));
        for kept in [0, 30, 149, 150] {
            let mut peaks = noted[..kept].to_vec();
            hear_again(&file[..], end, &mut peaks).unwrap();
            assert_eq!(peaks.len(), 150);
            assert_eq!(peaks[..kept], noted[..kept]);
            // The codec is late by some milliseconds, and not exact.
            for at in (0..150).filter(|at| at % 25 > 2 && at % 25 < 23) {
                let (heard, told) = (peaks[at], noted[at]);
                assert!(
                    heard.abs_diff(told) <= 3 + told / 5,
                    "{kept}, {at}: {heard}, {told}"
                );
            }
        }
        let mut long = [&noted[..], &[99; 40]].concat();
        assert!(!are_all(long.len(), end) && !are_all(120, end));
        hear_again(&file[..], end, &mut long).unwrap();
        assert_eq!(long, noted);
    }

    #[test]
    fn a_torn_track_counts_up_to_there() {
        let (file, noted) = track();
        let mut peaks = Vec::new();
        hear_again(&file[..file.len() / 2], Position::from_ms(3000), &mut peaks).unwrap();
        assert_eq!(peaks.len(), noted.len());
        hear_again(&b"OggS"[..], Position::from_ms(20), &mut peaks).unwrap();
        assert_eq!(peaks.len(), 1);
    }
}

//! Tests of the codec.

use opus::{Application, Channels};
use proptest::prelude::*;

use super::*;
use crate::frame::FRAME;
use crate::level::rms_dbfs;
use crate::signal::{amplitude, noise, recording, sine};

fn packets(settings: EncoderSettings, samples: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(settings).unwrap();
    let frame = encoder.frame();
    samples
        .chunks_exact(frame)
        .map(|chunk| encoder.encode(chunk).unwrap().to_vec())
        .collect()
}

/// A voiced sound whose pitch glides, so that a frame cannot be guessed from the one before.
fn voice(rate: u32, seconds: f64) -> Vec<i16> {
    let len = (f64::from(rate) * seconds) as usize;
    let mut phase = 0.0f64;
    (0..len)
        .map(|n| {
            let t = n as f64 / f64::from(rate);
            phase += (140.0 + 60.0 * (t * 9.0).sin()) / f64::from(rate);
            let buzz: f64 = (1..12)
                .map(|k| (phase * f64::from(k) * std::f64::consts::TAU).sin() / f64::from(k))
                .sum();
            (buzz * 5000.0 * (1.2 + (t * 23.0).sin())) as i16
        })
        .collect()
}

#[test]
fn a_tone_survives_and_changes_rate() {
    let sent = packets(
        EncoderSettings::default(),
        &sine(440.0, 24_000, 24_000, 0.3),
    );
    let bytes: usize = sent.iter().map(Vec::len).sum();
    assert!((1500..6000).contains(&bytes), "{bytes} bytes a second");
    for rate in [8000, 16_000, 24_000, 48_000] {
        let (mut decoder, mut out) = (Decoder::new(rate).unwrap(), Vec::new());
        for packet in &sent {
            assert_eq!(duration(packet), Ok(FRAME));
            assert_eq!(
                decoder.decode(packet, &mut out).unwrap(),
                rate as usize / 50
            );
        }
        let tail = &out[out.len() / 2..];
        let gain = 20.0 * (amplitude(tail, 440.0, rate) / 0.3).log10();
        assert!(gain.abs() < 1.5, "{rate}: {gain:.1} dB");
    }
}

#[test]
fn silence_is_not_sent() {
    let mut sound = voice(24_000, 1.0);
    sound.extend([0; 48_000]);
    let sent = packets(EncoderSettings::default(), &sound);
    let quiet = sent[75..].iter().filter(|packet| is_dtx(packet)).count();
    assert!(quiet > 60, "{quiet} of 75 silent frames");
    assert!(!sent[..50].iter().any(|packet| is_dtx(packet)));
}

#[test]
fn a_lost_frame_is_repaired_from_the_next() {
    let speech = voice(24_000, 4.0);
    let sent = packets(
        EncoderSettings {
            bitrate: 32_000,
            ..Default::default()
        },
        &speech,
    );
    let mut errors = [0.0; 2];
    for (way, total) in errors.iter_mut().enumerate() {
        let mut whole = Decoder::new(16_000).unwrap();
        let mut broken = Decoder::new(16_000).unwrap();
        for (n, packet) in sent.iter().enumerate() {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            whole.decode(packet, &mut a).unwrap();
            if n % 10 != 5 {
                broken.decode(packet, &mut b).unwrap();
                continue;
            }
            match way {
                0 => broken.decode_fec(&sent[n + 1], FRAME, &mut b).unwrap(),
                _ => broken.conceal(FRAME, &mut b).unwrap(),
            };
            assert_eq!(a.len(), b.len());
            let error: Vec<i16> = a
                .iter()
                .zip(&b)
                .map(|(a, b)| a.saturating_sub(*b))
                .collect();
            *total += f64::from(rms_dbfs(&error) - rms_dbfs(&a)) / (sent.len() / 10) as f64;
        }
    }
    let [repaired, concealed] = errors;
    println!("FEC {repaired:.1} {concealed:.1}");
    assert!(
        repaired < concealed - 3.0,
        "{repaired:.1} dB against {concealed:.1} dB"
    );
    assert!(repaired < -6.0, "{repaired:.1} dB");
}

#[test]
fn concealment_fades_out() {
    let sent = packets(EncoderSettings::default(), &voice(24_000, 1.0));
    let mut decoder = Decoder::new(16_000).unwrap();
    let mut out = Vec::new();
    for packet in &sent {
        decoder.decode(packet, &mut out).unwrap();
    }
    out.clear();
    for _ in 0..20 {
        assert_eq!(decoder.conceal(MAX_DURATION, &mut out).unwrap(), 1920);
    }
    assert!(rms_dbfs(&out[..320]) > -40.0);
    let end = rms_dbfs(&out[out.len() - 1920..]);
    // What stays is the background that the codec heard.
    assert!(end < -40.0, "{end:.1} dB");
}

#[test]
fn packets_of_every_legal_duration_decode() {
    for (micros, samples) in [
        (2500, 60),
        (5000, 120),
        (10_000, 240),
        (20_000, 480),
        (40_000, 960),
        (60_000, 1440),
        (120_000, 2880),
    ] {
        let mut encoder = opus::Encoder::new(24_000, Channels::Mono, Application::Audio).unwrap();
        let packet = encoder
            .encode_vec(&sine(500.0, 24_000, samples, 0.3), 4000)
            .unwrap();
        assert_eq!(duration(&packet), Ok(Duration::from_micros(micros)));
        let (mut decoder, mut out) = (Decoder::new(16_000).unwrap(), Vec::new());
        assert_eq!(decoder.decode(&packet, &mut out).unwrap(), samples * 2 / 3);
    }
}

#[test]
fn stereo_is_mixed_down() {
    let mut encoder = opus::Encoder::new(48_000, Channels::Stereo, Application::Voip).unwrap();
    let stereo: Vec<i16> = sine(440.0, 48_000, 960, 0.3)
        .iter()
        .flat_map(|&s| [s, s])
        .collect();
    let packet = encoder.encode_vec(&stereo, 4000).unwrap();
    let (mut decoder, mut out) = (Decoder::new(16_000).unwrap(), Vec::new());
    assert_eq!(decoder.decode(&packet, &mut out).unwrap(), 320);
}

#[test]
fn wrong_use_has_its_error() {
    let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
    assert_eq!(
        encoder.encode(&[0; 100]),
        Err(OpusError::Frame {
            expected: 480,
            actual: 100
        })
    );
    assert_eq!(
        encoder.encode_into(&[0; 480], &mut []),
        Err(OpusError::Buffer)
    );
    assert_eq!(encoder.set_loss(101), Err(OpusError::Setting));
    for settings in [
        EncoderSettings {
            rate: 22_050,
            ..Default::default()
        },
        EncoderSettings {
            bitrate: 1,
            ..Default::default()
        },
        EncoderSettings {
            complexity: 11,
            ..Default::default()
        },
        EncoderSettings {
            loss: -1,
            ..Default::default()
        },
    ] {
        assert_eq!(Encoder::new(settings).unwrap_err(), OpusError::Setting);
    }
    let mut decoder = Decoder::new(16_000).unwrap();
    assert_eq!(Decoder::new(44_100).unwrap_err(), OpusError::Setting);
    assert_eq!(decoder.decode(&[], &mut Vec::new()), Err(OpusError::Packet));
    for missing in [
        Duration::ZERO,
        Duration::from_millis(3),
        Duration::from_millis(140),
    ] {
        assert_eq!(
            decoder.conceal(missing, &mut Vec::new()),
            Err(OpusError::Missing(missing))
        );
    }
}

#[test]
fn a_small_buffer_bounds_the_packet() {
    let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
    let mut out = [0; 30];
    let len = encoder
        .encode_into(&noise(1, 480, -10.0), &mut out)
        .unwrap();
    assert!(len <= 30 && duration(&out[..len]) == Ok(FRAME));
}

#[test]
fn real_speech_keeps_its_loudness() {
    let Some(speech) = recording("01-jfk.wav") else {
        return;
    };
    let settings = EncoderSettings {
        rate: 16_000,
        ..Default::default()
    };
    let (mut decoder, mut out) = (Decoder::new(16_000).unwrap(), Vec::new());
    for packet in packets(settings, &speech) {
        decoder.decode(&packet, &mut out).unwrap();
    }
    let change = rms_dbfs(&out) - rms_dbfs(&speech);
    assert!(change.abs() < 1.0, "{change:.2} dB");
}

proptest! {
    #[test]
    fn garbage_is_an_error_or_bounded_sound(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
    ) {
        let mut decoder = Decoder::new(16_000).unwrap();
        for packet in &packets {
            let mut out = vec![7];
            let decoded = decoder.decode(packet, &mut out);
            prop_assert_eq!(out.len(), 1 + decoded.unwrap_or(0));
            prop_assert!(out.len() <= 1 + 1920);
            out.truncate(1);
            let repaired = decoder.decode_fec(packet, FRAME, &mut out);
            prop_assert_eq!(out.len(), 1 + repaired.unwrap_or(0));
            prop_assert!(out.len() <= 1 + 320);
        }
        // Whatever came, a healthy packet still decodes.
        let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
        let mut out = Vec::new();
        prop_assert_eq!(decoder.decode(encoder.encode(&[0; 480]).unwrap(), &mut out), Ok(320));
    }
}

//! The microphone stage with sound as clients really send it.

use media::opus::{Encoder, EncoderSettings};
use media::pcm;
use proptest::prelude::*;

use super::*;

/// Spoken English, 16 kHz.
fn speech() -> Vec<i16> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/speech/begin.wav"
    );
    let mut wave = hound::WavReader::open(file).unwrap();
    assert_eq!(wave.spec().sample_rate, RATE);
    wave.samples().map(Result::unwrap).collect()
}

/// White noise of this level.
fn noise(seed: u64, len: usize, dbfs: f64) -> Vec<i16> {
    use rand::{RngExt as _, SeedableRng as _};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    // A uniform distribution's root mean square is its peak over the root of three.
    let peak = 32_768.0 * 10f64.powf(dbfs / 20.0) * 3f64.sqrt();
    (0..len)
        .map(|_| random.random_range(-peak..peak) as i16)
        .collect()
}

fn at_rate(samples: &[i16], rate: u32) -> Vec<i16> {
    let mut out = Vec::new();
    let mut resampler = Resampler::new(RATE, rate).unwrap();
    resampler.process(samples, &mut out).unwrap();
    resampler.flush(&mut out).unwrap();
    out
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pcm::write(samples, &mut bytes);
    bytes
}

/// Whether every frame follows the one before, but for the gaps that are told. The end.
fn contiguous(captured: &[Captured]) -> Option<Position> {
    let mut end = Position::ZERO;
    for capture in captured {
        match capture {
            Captured::Frame { at, samples } => {
                assert_eq!(samples.len(), SAMPLES);
                assert_eq!(*at, end, "a frame does not follow the one before");
                end += FRAME;
            }
            Captured::Gap(samples) => end = Position::new(end.samples() + samples),
            Captured::Packet { .. } => {}
            Captured::Started(at) | Captured::Stopped(at) => assert!(*at <= end + FRAME),
        }
    }
    (end > Position::ZERO).then_some(end)
}

fn edges(captured: &[Captured]) -> Vec<(bool, u64)> {
    let edge = |capture: &Captured| match capture {
        Captured::Started(at) => Some((true, at.ms())),
        Captured::Stopped(at) => Some((false, at.ms())),
        _ => None,
    };
    captured.iter().filter_map(edge).collect()
}

fn frames(captured: &[Captured]) -> usize {
    let is_frame = |capture: &&Captured| matches!(capture, Captured::Frame { .. });
    captured.iter().filter(is_frame).count()
}

/// A microphone on simulated time, which sends bytes or packets.
struct Rig {
    mic: Mic,
    now: Position,
    out: Vec<Captured>,
    encoder: Encoder,
    sequence: u16,
    timestamp: u32,
}

impl Rig {
    fn new(mic: Mic) -> Self {
        let settings = EncoderSettings {
            rate: RATE,
            ..EncoderSettings::default()
        };
        Self {
            mic,
            now: Position::from_ms(3000),
            out: Vec::new(),
            encoder: Encoder::new(settings).unwrap(),
            sequence: 65_500,
            timestamp: u32::MAX - 5000,
        }
    }

    fn bytes(format: AudioFormat) -> Self {
        Self::new(Mic::bytes(format, Position::ZERO).unwrap())
    }

    /// Time passes, and the stage is woken as it asks for.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.mic.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let before = (self.mic.end(), self.mic.deadline());
            self.mic.wake(self.now, &mut self.out);
            assert_ne!(before, (self.mic.end(), self.mic.deadline()), "it spins");
        }
        self.now = until;
    }

    /// Sends a chunk of samples at the format's rate, once it has been spoken.
    fn chunk(&mut self, bytes: &[u8], length: Duration) {
        self.mic.arrive(length, self.now, &mut self.out).unwrap();
        self.mic.read(bytes, &mut self.out).unwrap();
        // As the session does it: sound never lies in the future.
        self.now = self.now.max(self.mic.end());
    }

    fn say(&mut self, samples: &[i16], rate: u32, chunk_ms: u64) {
        for chunk in samples.chunks((u64::from(rate) * chunk_ms / 1000) as usize) {
            let length = Duration::from_micros(chunk.len() as u64 * 1_000_000 / u64::from(rate));
            self.pass(length);
            self.chunk(&bytes_of(chunk), length);
        }
    }

    /// Sends the next 20 ms as a packet, unless it is lost on the way.
    fn packet(&mut self, samples: &[i16], lost: bool) {
        self.pass(FRAME);
        let packet = self.next_packet(samples);
        if !lost {
            self.deliver(packet);
        }
    }

    fn next_packet(&mut self, samples: &[i16]) -> Packet {
        let payload = bytes::Bytes::copy_from_slice(self.encoder.encode(samples).unwrap());
        let packet = Packet {
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(960);
        packet
    }

    fn deliver(&mut self, packet: Packet) {
        self.mic.packet(packet, self.now, &mut self.out);
    }
}

#[test]
fn speech_is_found_where_it_is_in_every_format() {
    let speech = speech();
    let mut found = Vec::new();
    for (format, rate) in [
        (AudioFormat::Pcm, 24_000),
        (AudioFormat::Pcmu, 8000),
        (AudioFormat::Pcma, 8000),
    ] {
        let mut rig = Rig::bytes(format);
        let samples = at_rate(&speech, rate);
        for chunk in samples.chunks(rate as usize / 50) {
            let mut bytes = Vec::new();
            match format {
                AudioFormat::Pcm => pcm::write(chunk, &mut bytes),
                AudioFormat::Pcmu => Law::Mu.encode(chunk, &mut bytes),
                AudioFormat::Pcma => Law::A.encode(chunk, &mut bytes),
            }
            rig.pass(FRAME);
            rig.chunk(&bytes, FRAME);
        }
        rig.pass(Duration::from_secs(1));
        contiguous(&rig.out);
        found.push(edges(&rig.out));
    }
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    for frame in speech.chunks_exact(SAMPLES) {
        rig.packet(frame, false);
    }
    rig.pass(Duration::from_secs(1));
    found.push(edges(&rig.out));
    let (first, others) = found.split_first().unwrap();
    assert!(first.len() >= 2 && first.len() % 2 == 0, "{first:?}");
    for other in others {
        assert!(first[0].1.abs_diff(other[0].1) < 100, "{found:?}");
        let (last, its) = (first.last().unwrap(), other.last().unwrap());
        assert!(last.1.abs_diff(its.1) < 150, "{found:?}");
    }
}

#[test]
fn losses_and_reordering_are_bridged_and_the_timeline_stays_whole() {
    let speech = speech();
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let mut kept = None;
    for (number, frame) in speech.chunks_exact(SAMPLES).enumerate() {
        match number % 10 {
            4 => rig.packet(frame, true),
            6 => {
                // It is overtaken by the next.
                rig.pass(FRAME);
                kept = Some(rig.next_packet(frame));
            }
            _ => {
                rig.packet(frame, false);
                if let Some(packet) = kept.take() {
                    rig.deliver(packet);
                }
            }
        }
    }
    rig.pass(Duration::from_secs(1));
    let sent = speech.len() / SAMPLES;
    let got = frames(&rig.out);
    contiguous(&rig.out);
    assert!(got.abs_diff(sent) <= 25, "{got} frames of {sent}");
    let stats = rig.mic.stats().unwrap();
    assert!(stats.lost >= (sent / 10 - 1) as u64, "{stats:?}");
    assert_eq!(stats.late, 0, "{stats:?}");
    assert!(!edges(&rig.out).is_empty());
}

#[test]
fn silence_that_is_not_sent_is_a_gap_or_silence_and_no_sound_moves() {
    // Discontinuous transmission: nothing for 300 ms at a time, timestamps go on.
    let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
    let tone = noise(1, SAMPLES, -40.0);
    for _ in 0..10 {
        rig.packet(&tone, false);
    }
    for pause in [15u32, 100, 500] {
        rig.pass(FRAME * pause);
        rig.timestamp = rig.timestamp.wrapping_add(960 * pause);
        for _ in 0..5 {
            rig.packet(&tone, false);
        }
    }
    let end = contiguous(&rig.out).unwrap();
    assert!(
        (rig.now - end) < Duration::from_millis(100),
        "{end} of {}",
        rig.now
    );
    let gaps = rig
        .out
        .iter()
        .filter(|capture| matches!(capture, Captured::Gap(_)));
    // At the beginning, and the one too long to be filled.
    assert_eq!(gaps.count(), 2);
}

#[test]
fn a_microphone_that_falls_silent_in_mid_word_ends_the_speech() {
    let speech = speech();
    let loud = |rig: &Rig| rig.mic.vad.is_speaking();
    for packets in [false, true] {
        let mut rig = if packets {
            Rig::new(Mic::packets(Position::ZERO).unwrap())
        } else {
            Rig::bytes(AudioFormat::Pcm)
        };
        for frame in speech.chunks_exact(SAMPLES) {
            if packets {
                rig.packet(frame, false);
            } else {
                rig.say(&at_rate(frame, 24_000), 24_000, 20);
            }
            if loud(&rig) && frames(&rig.out) > 60 {
                break;
            }
        }
        assert!(loud(&rig));
        let stopped = rig.now;
        rig.pass(SILENT - FRAME * 3);
        assert!(loud(&rig), "too soon");
        rig.pass(FRAME * 4);
        assert!(!loud(&rig), "{packets}");
        let (started, at) = *edges(&rig.out).last().unwrap();
        assert!(!started && at <= stopped.ms() + 20, "{at} of {stopped}");
        // And nothing more happens while nothing comes.
        let before = rig.out.len();
        rig.pass(Duration::from_secs(60));
        assert_eq!((rig.out.len(), rig.mic.deadline()), (before, None));
    }
}

#[test]
fn long_chunks_are_no_silence() {
    let speech = speech();
    let samples = at_rate(&[speech.clone(), speech].concat(), 24_000);
    let reference = {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        rig.say(&samples, 24_000, 20);
        rig.pass(Duration::from_secs(2));
        edges(&rig.out).len()
    };
    for chunk in [100, 500, 1000] {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        rig.say(&samples, 24_000, chunk);
        rig.pass(Duration::from_secs(2));
        contiguous(&rig.out);
        assert_eq!(edges(&rig.out).len(), reference, "chunks of {chunk} ms");
    }
}

#[test]
fn sound_faster_than_time_keeps_its_length() {
    let samples = at_rate(&speech(), 24_000);
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    let (began, length) = (rig.now, Duration::from_secs(1));
    for second in samples.chunks_exact(24_000) {
        // No time passes between them.
        rig.chunk(&bytes_of(second), length);
    }
    let seconds = samples.len() as u64 / 24_000;
    contiguous(&rig.out);
    assert!(rig.now - began >= Duration::from_millis(seconds * 1000 - 1040));
    assert!(frames(&rig.out) as u64 >= seconds * 50 - 2);
}

#[test]
fn a_pause_moves_the_timeline_on_without_sound() {
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    let noise = noise(2, 24_000, -45.0);
    rig.say(&noise, 24_000, 30);
    rig.pass(Duration::from_secs(20));
    rig.say(&noise, 24_000, 30);
    let end = contiguous(&rig.out).unwrap();
    assert!(
        rig.now - end < Duration::from_millis(60),
        "{end} of {}",
        rig.now
    );
    let gaps: Vec<_> = rig
        .out
        .iter()
        .filter_map(|capture| match capture {
            Captured::Gap(samples) => Some(samples / 48),
            _ => None,
        })
        .collect();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps[1].abs_diff(20_000) <= 60, "{gaps:?}");
    // What was sent is all there.
    assert!(frames(&rig.out).abs_diff(100) <= 3);
}

#[test]
fn sound_that_comes_after_the_silence_that_took_its_place_still_follows() {
    let speech = speech();
    let mut rig = Rig::bytes(AudioFormat::Pcm);
    let samples = at_rate(&speech, 24_000);
    let (first, late) = samples.split_at(24_000);
    rig.say(first, 24_000, 20);
    rig.pass(Duration::from_millis(500));
    let before = rig.mic.end();
    // The network gives back at once what it held.
    for chunk in late[..12_000].chunks(480) {
        rig.chunk(&bytes_of(chunk), FRAME);
    }
    contiguous(&rig.out);
    assert!(rig.mic.end() >= before + Duration::from_millis(480));
}

#[test]
fn a_clock_that_drifts_is_followed_and_no_word_is_torn() {
    let once = speech();
    let pause = noise(3, RATE as usize, -60.0);
    let samples = at_rate(&[once, pause].concat(), 24_000);
    let rounds = 14;
    for (percent, least) in [(99u32, 1), (100, 0), (101, 0)] {
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        let mut reference = None;
        for _ in 0..rounds {
            let began = rig.out.len();
            for chunk in samples.chunks(480) {
                // The client's 20 ms last longer or shorter here.
                rig.pass(FRAME * 100 / percent);
                rig.chunk(&bytes_of(chunk), FRAME);
            }
            let count = edges(&rig.out[began..]).len();
            assert_eq!(*reference.get_or_insert(count), count, "{percent} %");
            let behind = rig.now - rig.mic.end();
            assert!(
                behind < Duration::from_millis(200),
                "{behind:?} at {percent} %"
            );
        }
        contiguous(&rig.out);
        let gaps = rig
            .out
            .iter()
            .filter(|capture| matches!(capture, Captured::Gap(_)));
        assert!(gaps.count() > least, "{percent} %");
    }
}

#[test]
fn a_commit_brings_out_everything_that_was_sent() {
    for format in [AudioFormat::Pcm, AudioFormat::Pcmu] {
        let mut rig = Rig::bytes(format);
        let bytes = format.rate() as usize / 10 * format.bytes_per_sample();
        rig.chunk(&vec![0x55; bytes], Duration::from_millis(100));
        assert!(frames(&rig.out) < 5, "the resampler holds some of it back");
        rig.mic.flush(&mut rig.out).unwrap();
        assert_eq!(frames(&rig.out), 5, "{format:?}");
        rig.mic.flush(&mut rig.out).unwrap();
        assert_eq!(frames(&rig.out), 5, "and nothing more");
    }
}

#[derive(Clone, Debug)]
enum Act {
    Pass(u16),
    Say { ms: u16, loud: bool },
    Flush,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0u16..3000).prop_map(Act::Pass),
        (1u16..1500, any::<bool>()).prop_map(|(ms, loud)| Act::Say { ms, loud }),
        Just(Act::Flush),
    ]
}

#[derive(Clone, Debug)]
struct Sent {
    wait: u16,
    ahead: u16,
    jump: i32,
    twice: bool,
    payload: Option<Vec<u8>>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let wait = prop_oneof![8 => 0u16..40, 1 => 0u16..5000];
    let ahead = prop_oneof![8 => Just(1u16), 1 => any::<u16>()];
    let jump = prop_oneof![8 => Just(960i32), 1 => any::<i32>()];
    let payload = prop_oneof![8 => Just(None), 1 => any::<Vec<u8>>().prop_map(Some)];
    let twice = prop::bool::weighted(0.1);
    (wait, ahead, jump, twice, payload).prop_map(|(wait, ahead, jump, twice, payload)| Sent {
        wait,
        ahead,
        jump,
        twice,
        payload,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_bytes_come_the_timeline_is_whole(acts in prop::collection::vec(act(), 1..30)) {
        let speech = speech();
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        for act in acts {
            let end = rig.mic.end();
            match act {
                Act::Pass(ms) => rig.pass(Duration::from_millis(ms.into())),
                Act::Say { ms, loud } => {
                    let count = usize::from(ms) * 24;
                    let samples: Vec<i16> = if loud {
                        speech.iter().copied().cycle().skip(8000).take(count).collect()
                    } else {
                        vec![3; count]
                    };
                    let length = Duration::from_millis(ms.into());
                    rig.chunk(&bytes_of(&samples), length);
                }
                Act::Flush => rig.mic.flush(&mut rig.out).unwrap(),
            }
            prop_assert!(rig.mic.end() >= end);
            rig.now = rig.now.max(rig.mic.end());
        }
        contiguous(&rig.out);
        let edges = edges(&rig.out);
        for (number, (started, _)) in edges.iter().enumerate() {
            prop_assert_eq!(*started, number % 2 == 0, "{:?}", edges);
        }
        prop_assert!(edges.windows(2).all(|two| two[0].1 <= two[1].1), "{:?}", edges);
    }

    #[test]
    fn whatever_packets_come_the_timeline_is_whole(all in prop::collection::vec(sent(), 1..80)) {
        let speech = speech();
        let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
        for (number, sent) in all.into_iter().enumerate() {
            rig.pass(Duration::from_millis(sent.wait.into()));
            let frame = &speech[8000 + number * SAMPLES..][..SAMPLES];
            let mut packet = rig.next_packet(frame);
            if let Some(payload) = sent.payload {
                packet.payload = payload.into();
            }
            rig.sequence = packet.sequence.wrapping_add(sent.ahead);
            rig.timestamp = packet.timestamp.wrapping_add_signed(sent.jump);
            let end = rig.mic.end();
            if sent.twice {
                rig.deliver(packet.clone());
            }
            rig.deliver(packet);
            prop_assert!(rig.mic.end() >= end);
        }
        rig.pass(Duration::from_secs(3));
        contiguous(&rig.out);
        let edges = edges(&rig.out);
        for (number, (started, _)) in edges.iter().enumerate() {
            prop_assert_eq!(*started, number % 2 == 0, "{:?}", edges);
        }
    }
}

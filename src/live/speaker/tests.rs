//! The speaker stage on simulated time, over both carriers.

use std::collections::BTreeMap;

use media::g711::Law;
use media::opus::{Decoder, EncoderSettings};
use proptest::prelude::*;
use signaling::event::audio::AudioFormat;

use super::*;

const LEAD: Duration = Duration::from_millis(300);

fn part(name: &str) -> Arc<PartIds> {
    Arc::new(PartIds {
        response_id: format!("resp_{name}"),
        item_id: format!("item_{name}"),
        output_index: 0,
        content_index: 0,
    })
}

/// A speaker on simulated time, and what it sent when.
struct Rig {
    speaker: Speaker,
    now: Position,
    sent: Vec<(Position, Sent)>,
}

impl Rig {
    fn new(carrier: Carrier, encoding: Encoding) -> Self {
        Self {
            speaker: Speaker::new(carrier, encoding, LEAD, Arc::default()),
            now: Position::from_ms(1000),
            sent: Vec::new(),
        }
    }

    fn socket() -> Self {
        Self::new(Carrier::WebSocket, Encoding::Pcm)
    }

    fn call() -> Self {
        // Samples as they are, so that they can be compared; the carrier alone decides the rest.
        Self::new(Carrier::WebRtc, Encoding::Pcm)
    }

    /// Samples of a sentence that tell which they are.
    fn say(&mut self, sentence: u64, samples: usize) {
        let all: Vec<i16> = (0..samples).map(|n| value(sentence, n as u64)).collect();
        for (number, chunk) in all.chunks(SAMPLES).enumerate() {
            self.speaker
                .push(sentence, (number * SAMPLES) as u64, chunk.into());
        }
    }

    fn pull(&mut self) {
        while let Some(sent) = self.speaker.pull(self.now).unwrap() {
            self.sent.push((self.now, sent));
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.pull();
        while let Some(due) = self.speaker.due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.pull();
        }
        self.now = until;
    }

    fn samples(&self) -> Vec<i16> {
        let bytes = self
            .sent
            .iter()
            .flat_map(|(_, sent)| sent.audio.payload.to_vec());
        let bytes: Vec<u8> = bytes.collect();
        bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    }

    /// Samples sent of each sentence in the end.
    fn progress(&self) -> BTreeMap<u64, u64> {
        let all = self.sent.iter().flat_map(|(_, sent)| sent.progress.iter());
        all.fold(BTreeMap::new(), |mut all, (sentence, samples)| {
            let before = all.insert(sentence, samples);
            assert!(before.is_none_or(|before| before < samples));
            all
        })
    }
}

/// Never zero, and different from its neighbours.
fn value(sentence: u64, n: u64) -> i16 {
    (1 + (sentence * 7919 + n * 13) % 9973) as i16
}

fn expected(sentence: u64, samples: u64) -> Vec<i16> {
    (0..samples).map(|n| value(sentence, n)).collect()
}

#[test]
fn frames_leave_on_a_grid_of_twenty_milliseconds() {
    let mut rig = Rig::call();
    rig.say(1, SAMPLES * 50);
    rig.speaker.release(1, part("a"));
    let began = rig.now;
    rig.pass(Duration::from_secs(2));
    assert_eq!(rig.sent.len(), 50 + usize::from(TAIL));
    for (number, (at, sent)) in rig.sent.iter().enumerate() {
        assert_eq!(*at, began + FRAME * number as u32);
        assert_eq!(sent.audio.at, at.samples());
        assert_eq!(sent.audio.first, number == 0);
    }
    assert_eq!(rig.samples()[..SAMPLES * 50], expected(1, 24_000));
    assert!(
        rig.samples()[SAMPLES * 50..]
            .iter()
            .all(|sample| *sample == 0)
    );
    assert_eq!(rig.speaker.due(), None);
    // What comes later begins a new sound, where it stands in time.
    rig.say(2, SAMPLES);
    rig.speaker.release(2, part("b"));
    rig.pass(FRAME);
    let (at, sent) = &rig.sent[50 + usize::from(TAIL)];
    assert!(sent.audio.first);
    assert_eq!(
        (at.samples(), *at),
        (sent.audio.at, began + Duration::from_secs(2))
    );
}

#[test]
fn over_a_websocket_sound_runs_ahead_by_the_lead_and_nothing_follows_it() {
    let mut rig = Rig::socket();
    rig.say(1, SAMPLES * 50);
    rig.speaker.release(1, part("a"));
    let began = rig.now;
    rig.pull();
    assert_eq!(rig.sent.len(), 18, "the first frame, and those of 340 ms");
    rig.pass(Duration::from_secs(2));
    assert_eq!(rig.samples(), expected(1, 24_000));
    for (number, (at, sent)) in rig.sent.iter().enumerate() {
        let plays = began + FRAME * number as u32;
        assert_eq!(sent.audio.at, plays.samples());
        assert!(*at == began || (plays.back(LEAD + AWAKE)..=plays.back(LEAD)).contains(at));
    }
}

#[test]
fn over_a_websocket_a_microphone_wakes_the_session_often_enough() {
    for (every, wakings) in [(20, 0), (40, 0), (100, 40)] {
        let mut rig = Rig::socket();
        rig.say(1, SAMPLES * 200);
        rig.speaker.release(1, part("a"));
        rig.pull();
        let (began, mut woken) = (rig.now, 0);
        // A little later than it says.
        for frame in 0..4000 / every {
            let arrives = began + Duration::from_millis(frame * every + 3);
            while let Some(due) = rig.speaker.due().filter(|due| *due < arrives) {
                (rig.now, woken) = (rig.now.max(due), woken + 1);
                rig.pull();
            }
            rig.now = arrives;
            rig.pull();
        }
        assert_eq!(rig.samples(), expected(1, 96_000));
        assert!(woken <= wakings, "{woken} times beside every {every} ms");
    }
}

#[test]
fn what_is_not_released_is_not_sent() {
    let mut rig = Rig::socket();
    rig.say(1, SAMPLES);
    rig.say(2, SAMPLES);
    rig.pass(Duration::from_secs(1));
    assert!(rig.sent.is_empty() && rig.speaker.due().is_none());
    rig.speaker.release(1, part("a"));
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.progress(), BTreeMap::from([(1, 480)]));
    assert_eq!(rig.speaker.queued(), FRAME);
    rig.speaker.release(2, part("a"));
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.progress(), BTreeMap::from([(1, 480), (2, 480)]));
    assert_eq!(rig.speaker.queued(), Duration::ZERO);
}

#[test]
fn a_frame_holds_sentences_of_one_part_alone() {
    let mut rig = Rig::socket();
    for sentence in 1..=4 {
        rig.say(sentence, 100);
    }
    rig.speaker.release(3, part("a"));
    rig.speaker.release(4, part("b"));
    rig.pass(Duration::from_secs(1));
    let parts: Vec<_> = rig
        .sent
        .iter()
        .map(|(_, sent)| sent.audio.part.item_id.as_str())
        .collect();
    assert_eq!(
        parts,
        ["item_a", "item_a", "item_b"],
        "two sentences fit a frame"
    );
    let all = BTreeMap::from([(1, 100), (2, 100), (3, 100), (4, 100)]);
    assert_eq!(rig.progress(), all);
}

#[test]
fn a_pause_loses_and_repeats_nothing() {
    for mut rig in [Rig::socket(), Rig::call()] {
        let smooth = rig.speaker.smooth;
        rig.say(1, SAMPLES * 100);
        rig.speaker.release(1, part("a"));
        rig.pass(Duration::from_millis(500));
        let (before, progress) = (rig.sent.len(), rig.progress());
        rig.speaker.pause();
        rig.pass(Duration::from_secs(3));
        let faded = if smooth { 1 + usize::from(TAIL) } else { 0 };
        assert_eq!(rig.sent.len(), before + faded);
        assert_eq!(
            rig.progress(),
            progress,
            "the frame that faded out counts for nothing"
        );
        if smooth {
            let fade = &rig.samples()[before * SAMPLES..];
            assert!(fade[0] > 0 && fade[SAMPLES - 1].abs() < 30 && fade[SAMPLES] == 0);
        }
        rig.speaker.resume();
        rig.pass(Duration::from_secs(3));
        assert_eq!(rig.progress(), BTreeMap::from([(1, 48_000)]));
        let mut played = rig.samples();
        played.drain(before * SAMPLES..(before + faded) * SAMPLES);
        let expected = expected(1, 48_000);
        assert_eq!(played[..before * SAMPLES], expected[..before * SAMPLES]);
        // It fades in within a quarter of a frame.
        let whole = before * SAMPLES + SAMPLES / 4;
        assert_eq!(played[whole..48_000], expected[whole..]);
        let again = &rig.sent[before + faded].1.audio;
        assert_eq!(again.first, smooth, "after the silence");
    }
}

#[test]
fn silence_over_a_websocket_is_the_end() {
    let mut rig = Rig::socket();
    rig.say(1, SAMPLES * 100);
    rig.say(2, SAMPLES * 10);
    rig.speaker.release(2, part("a"));
    rig.pass(Duration::from_millis(100));
    let sent = rig.sent.len();
    rig.speaker.silence(2);
    rig.pass(Duration::from_secs(1));
    assert_eq!((rig.sent.len(), rig.speaker.due()), (sent, None));
    assert_eq!(rig.speaker.queued(), Duration::ZERO);
}

#[test]
fn silence_over_webrtc_fades_out_within_a_frame() {
    let mut rig = Rig::call();
    rig.say(1, SAMPLES * 100 + 240);
    rig.speaker.release(1, part("a"));
    rig.pass(Duration::from_millis(100));
    let (sent, progress) = (rig.sent.len(), rig.progress());
    rig.speaker.silence(1);
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.sent.len(), sent + 1 + usize::from(TAIL));
    assert_eq!(rig.progress(), progress);
    let faded = &rig.samples()[sent * SAMPLES..];
    assert_eq!(faded[0], value(1, (sent * SAMPLES) as u64));
    assert!(faded[SAMPLES..].iter().all(|sample| *sample == 0));
    // A voice that is silent already does not make a sound to fall silent.
    rig.say(2, SAMPLES);
    rig.speaker.silence(2);
    assert_eq!(rig.speaker.due(), None);
}

#[test]
fn what_follows_the_silenced_is_whole() {
    let mut rig = Rig::call();
    rig.say(1, SAMPLES + 100);
    rig.say(2, SAMPLES);
    rig.speaker.release(2, part("a"));
    rig.pull();
    // The next frame would hold the rest of the first sentence and some of the second.
    rig.speaker.silence(1);
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.progress(), BTreeMap::from([(1, 480), (2, 480)]));
    let played = rig.samples();
    assert_eq!(played[2 * SAMPLES..3 * SAMPLES], expected(2, 480));
}

#[test]
fn silence_in_a_pause_does_not_hold_back_what_comes_next() {
    for mut rig in [Rig::socket(), Rig::call()] {
        rig.say(1, SAMPLES * 100);
        rig.speaker.release(1, part("a"));
        rig.pass(Duration::from_millis(100));
        rig.speaker.pause();
        rig.pass(Duration::from_millis(500));
        rig.speaker.silence(1);
        rig.say(2, SAMPLES);
        rig.speaker.release(2, part("b"));
        let before = rig.sent.len();
        rig.pass(FRAME);
        let samples = rig.samples()[before * SAMPLES..][..SAMPLES].to_vec();
        assert_eq!(samples, expected(2, 480), "and it does not fade in");
    }
}

#[test]
fn a_little_lateness_is_caught_up_and_much_is_not() {
    let mut rig = Rig::call();
    rig.say(1, SAMPLES * 100);
    rig.speaker.release(1, part("a"));
    rig.pass(Duration::from_millis(95));
    // The server was busy: two frames at once, and the grid stays.
    rig.now += Duration::from_millis(50);
    rig.pull();
    let at: Vec<_> = rig.sent.iter().map(|(_, sent)| sent.audio.at).collect();
    assert!(at.windows(2).all(|two| two[1] - two[0] == 960), "{at:?}");
    let before = rig.sent.len();
    rig.now += Duration::from_millis(500);
    rig.pull();
    assert_eq!(rig.sent.len(), before + 1, "no burst");
    assert_eq!(rig.sent[before].1.audio.at, rig.now.samples());
    rig.pass(Duration::from_secs(3));
    assert_eq!(rig.progress(), BTreeMap::from([(1, 48_000)]));
}

#[test]
fn a_voice_that_stumbles_begins_anew() {
    let mut rig = Rig::socket();
    rig.speaker.release(1, part("a"));
    rig.say(1, SAMPLES);
    rig.pass(Duration::from_secs(1));
    rig.speaker
        .push(1, 480, expected(1, 960)[480..].to_vec().into());
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.samples(), expected(1, 960));
    assert_eq!(rig.sent[1].1.audio.at - rig.sent[0].1.audio.at, 48_000);
}

#[test]
fn every_format_carries_the_whole_of_the_sound() {
    let seconds = 2;
    for (format, per_second) in [
        (AudioFormat::Pcm, 48_000),
        (AudioFormat::Pcmu, 8000),
        (AudioFormat::Pcma, 8000),
    ] {
        let mut rig = Rig::new(Carrier::WebSocket, Encoding::of(format).unwrap());
        // Twice, since what one response leaves inside must not begin the next.
        for sentence in 1..=2 {
            rig.sent.clear();
            rig.say(sentence, SAMPLES * 50 * seconds);
            rig.speaker.release(sentence, part("a"));
            rig.pass(Duration::from_secs(5));
            let bytes: usize = rig
                .sent
                .iter()
                .map(|(_, sent)| sent.audio.payload.len())
                .sum();
            assert_eq!(bytes, per_second * seconds, "{format:?}");
        }
    }
}

#[test]
fn a_word_that_was_cut_does_not_begin_the_next_response() {
    let mut rig = Rig::new(Carrier::WebSocket, Encoding::of(AudioFormat::Pcmu).unwrap());
    let loud: Box<[i16]> = vec![20_000; SAMPLES * 50].into();
    rig.speaker.push(1, 0, loud);
    rig.speaker.release(1, part("a"));
    rig.pull();
    rig.speaker.silence(1);
    rig.sent.clear();
    rig.speaker.push(2, 0, vec![0; SAMPLES * 5].into());
    rig.speaker.release(2, part("b"));
    rig.pass(Duration::from_secs(1));
    let bytes: Vec<u8> = rig
        .sent
        .iter()
        .flat_map(|(_, sent)| sent.audio.payload.to_vec())
        .collect();
    let mut samples = Vec::new();
    Law::Mu.decode(&bytes, &mut samples);
    assert!(
        samples.iter().all(|sample| sample.abs() < 16),
        "{samples:?}"
    );
}

#[test]
fn opus_carries_the_voice() {
    let encoding = Encoding::opus(EncoderSettings::default()).unwrap();
    let mut rig = Rig::new(Carrier::WebRtc, encoding);
    let tone: Vec<i16> = (0..SAMPLES * 50)
        .map(|n| ((n as f32 * 440.0 * std::f32::consts::TAU / 24_000.0).sin() * 8000.0) as i16)
        .collect();
    rig.speaker.push(1, 0, tone.into());
    rig.speaker.release(1, part("a"));
    rig.pass(Duration::from_secs(2));
    let mut decoder = Decoder::new(16_000).unwrap();
    let mut heard = Vec::new();
    for (_, sent) in &rig.sent {
        assert!(sent.audio.payload.len() < 400);
        decoder.decode(&sent.audio.payload, &mut heard).unwrap();
    }
    assert_eq!(heard.len(), (50 + usize::from(TAIL)) * 320);
    let loud = heard[1600..14_400]
        .iter()
        .map(|sample| f64::from(*sample).powi(2));
    let level = (loud.sum::<f64>() / 12_800.0).sqrt();
    assert!((4000.0..7000.0).contains(&level), "{level}");
}

#[test]
fn a_machine_that_is_behind_makes_less_effort_from_the_next_answer_on() {
    let encoding = Encoding::opus(EncoderSettings::default()).unwrap();
    let mut rig = Rig::new(Carrier::WebRtc, encoding);
    // White noise: whatever the band, it is full.
    let mut seed = 1u32;
    let noise: Vec<i16> = (0..SAMPLES * 1100)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 18) as i16 - (1 << 13)
        })
        .collect();
    rig.speaker.push(1, 0, noise[..SAMPLES * 1050].into());
    rig.speaker.release(1, part("a"));
    // Every frame is pulled 15 ms after it was due, but the first.
    rig.pull();
    while let Some(due) = rig.speaker.due() {
        rig.now = due + Duration::from_millis(15);
        rig.pull();
    }
    // The configuration of RFC 6716, section 3.1: 0 to 11 is SILK alone, up to 8 kHz.
    let bands = |sent: &[(Position, Sent)]| -> Vec<u8> {
        let voiced = sent
            .iter()
            .filter(|(_, sent)| sent.progress.iter().next().is_some());
        voiced.map(|(_, sent)| sent.audio.payload[0] >> 3).collect()
    };
    let full = bands(&rig.sent);
    assert!(
        full.len() == 1050 && full[60..].iter().all(|band| *band > 11),
        "{full:?}"
    );
    assert!(rig.speaker.strain.is_behind());
    rig.sent.clear();
    rig.now += Duration::from_secs(1);
    rig.speaker.push(2, 0, noise[SAMPLES * 1050..].into());
    rig.speaker.release(2, part("b"));
    rig.pass(Duration::from_secs(2));
    let least = bands(&rig.sent);
    assert!(
        least.len() == 50 && least[20..].iter().all(|band| *band <= 11),
        "{least:?}"
    );
}

#[derive(Clone, Debug)]
enum Act {
    Say { samples: u16, released: bool },
    Release,
    Pass(u16),
    Pause,
    Resume,
    Silence,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1u16..3000, any::<bool>())
            .prop_map(|(samples, released)| Act::Say { samples, released }),
        1 => Just(Act::Release),
        4 => (0u16..400).prop_map(Act::Pass),
        1 => Just(Act::Pause),
        1 => Just(Act::Resume),
        1 => Just(Act::Silence),
    ]
}

proptest! {
    /// Every sample of a sentence that was released and not silenced is sent once, in order, and
    /// what is told of it is what was sent.
    #[test]
    fn every_sample_is_sent_once(acts in prop::collection::vec(act(), 1..60), call: bool) {
        let mut rig = if call { Rig::call() } else { Rig::socket() };
        let (mut last, mut said, mut silenced) = (0, BTreeMap::new(), 0);
        for (number, act) in acts.into_iter().enumerate() {
            match act {
                Act::Say { samples, released } => {
                    last += 1;
                    said.insert(last, u64::from(samples));
                    rig.say(last, samples.into());
                    if released {
                        rig.speaker.release(last, part(&format!("{}", number % 3)));
                    }
                }
                Act::Release => rig.speaker.release(last, part("b")),
                Act::Pass(ms) => rig.pass(Duration::from_millis(ms.into())),
                Act::Pause => rig.speaker.pause(),
                Act::Resume => rig.speaker.resume(),
                Act::Silence => {
                    rig.speaker.silence(last);
                    silenced = last;
                }
            }
            let queued: u64 = rig.speaker.queue.iter()
                .map(|chunk| (chunk.samples.len() - chunk.taken) as u64)
                .sum();
            prop_assert_eq!(rig.speaker.queued as u64, queued);
        }
        rig.speaker.resume();
        rig.speaker.release(last, part("end"));
        rig.pass(Duration::from_secs(30));
        prop_assert_eq!(rig.speaker.due(), None);
        let progress = rig.progress();
        for (sentence, samples) in &said {
            let sent = progress.get(sentence).copied().unwrap_or(0);
            if *sentence > silenced {
                prop_assert_eq!(sent, *samples, "sentence {}", sentence);
            } else {
                prop_assert!(sent <= *samples);
            }
        }
        // The samples themselves, frame by frame: fades are the only ones that are changed.
        let mut before: BTreeMap<u64, u64> = BTreeMap::new();
        let mut at = None;
        for (_, sent) in &rig.sent {
            prop_assert!(at.is_none_or(|at| sent.audio.at >= at + 960), "frames overlap");
            at = Some(sent.audio.at);
            let pairs = sent.audio.payload.chunks_exact(2);
            let samples: Vec<i16> =
                pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            prop_assert_eq!(samples.len(), SAMPLES);
            let mut wanted = Vec::new();
            for (sentence, to) in sent.progress.iter() {
                let from = before.insert(sentence, to).unwrap_or(0);
                wanted.extend((from..to).map(|n| value(sentence, n)));
            }
            let spoken = &samples[..wanted.len()];
            let quarter = wanted.len().min(SAMPLES / 4);
            prop_assert_eq!(&spoken[quarter..], &wanted[quarter..]);
        }
    }
}

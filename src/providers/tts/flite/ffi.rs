//! The smallest door to the flite library: one piece of text in, its timing and its sound out.
#![expect(
    unsafe_code,
    reason = "flite is a C library; every pointer it lends stays inside this file"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::ptr;
use std::slice;
use std::sync::{Mutex, Once, PoisonError};

/// Sample rate of every recording, in hertz.
pub const RATE: u32 = 16_000;

/// A recorded voice of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// US English, female.
    Slt,
    /// US English, male.
    Rms,
    /// Scottish English, male.
    Awb,
    /// US English, male, robotic, and the same bit for bit each time.
    Kal16,
}

/// When everything in a piece is spoken, in seconds from its first sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// End of the silence that the piece opens with.
    pub lead_in: f32,
    /// How many tokens the library saw: what stands between two blanks of the text.
    pub tokens: usize,
    /// The words, in order.
    pub words: Vec<WordTiming>,
}

/// When a word is spoken. Several words may come from one token (`2026`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WordTiming {
    /// Which token of the text it is part of.
    pub token: usize,
    /// Where it begins, in seconds.
    pub start: f32,
    /// Where it ends, in seconds.
    pub end: f32,
}

/// What the sound is handed to, on the thread that called [`synthesise`].
pub trait Listener {
    /// Called once, before the first sound.
    fn timing(&mut self, timing: Timing);

    /// Called with every [`RATE`] sample in order. `Break` stops the synthesis at once.
    fn sound(&mut self, samples: &[i16]) -> ControlFlow<()>;
}

/// The library could not speak a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("flite could not speak the text")]
pub struct Fault;

/// Speaks `text`, `stretch` times as slowly as the model says, in steps of about `step` samples.
///
/// Blocks for about 14 ms per second of speech, and while another thread is in here: the library
/// keeps global tables and promises nothing about threads.
pub fn synthesise(
    recording: Recording,
    text: &CStr,
    stretch: f32,
    step: u16,
    listener: &mut dyn Listener,
) -> Result<(), Fault> {
    static LIBRARY: Mutex<()> = Mutex::new(());
    static INIT: Once = Once::new();
    // The lock guards the C side only, which a panic of ours cannot leave half changed.
    let _held = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);

    // SAFETY: the lock is held, so no other thread is in the library. `register_*` returns a
    // pointer to a static voice, the same one each time, or null, which is checked.
    let voice = unsafe {
        INIT.call_once(|| {
            flite_init();
        });
        match recording {
            Recording::Slt => register_cmu_us_slt(ptr::null()),
            Recording::Rms => register_cmu_us_rms(ptr::null()),
            Recording::Awb => register_cmu_us_awb(ptr::null()),
            Recording::Kal16 => register_cmu_us_kal16(ptr::null()),
        }
    };
    if voice.is_null() {
        return Err(Fault);
    }

    // SAFETY: a fresh utterance is either null, which is checked, or ours until it is deleted
    // below. `utt_set_input_text` copies the text. Feature names are static strings, as the
    // library requires, since it keeps the pointers.
    let utterance = unsafe { new_utterance() };
    if utterance.is_null() {
        return Err(Fault);
    }
    let mut call = Call {
        listener,
        utterance,
        timed: false,
        stopped: false,
    };
    // SAFETY: the streaming info becomes the utterance's property (`audio_streaming_info_val`
    // wraps it in a counted value), so it dies with it. `call` outlives `flite_do_synth`, the only
    // function that invokes `heard`, and is not touched by name until that returns.
    // `flite_do_synth` deletes the utterance itself if, and only if, it returns null.
    let spoken = unsafe {
        let info = new_audio_streaming_info();
        if info.is_null() {
            delete_utterance(utterance);
            return Err(Fault);
        }
        (*info).min_buffsize = c_int::from(step);
        (*info).callback = Some(heard);
        (*info).userdata = (&raw mut call).cast();
        let features = (*utterance).features;
        utt_set_input_text(utterance, text.as_ptr());
        flite_feat_set(
            features,
            c"streaming_info".as_ptr(),
            audio_streaming_info_val(info),
        );
        flite_feat_set_float(features, c"duration_stretch".as_ptr(), stretch);
        let spoken = flite_do_synth(utterance, voice, utt_synth);
        if !spoken.is_null() {
            delete_utterance(spoken);
        }
        !spoken.is_null()
    };
    if spoken || call.stopped {
        Ok(())
    } else {
        Err(Fault)
    }
}

/// What the callback needs, for the length of one `flite_do_synth`.
struct Call<'a> {
    listener: &'a mut dyn Listener,
    utterance: *mut Utterance,
    timed: bool,
    stopped: bool,
}

const CONTINUE: c_int = 0;
const STOP: c_int = -1;

/// The library calls this with every stretch of new sound.
unsafe extern "C" fn heard(
    wave: *const Wave,
    start: c_int,
    size: c_int,
    _last: c_int,
    info: *mut StreamingInfo,
) -> c_int {
    // SAFETY: `info` is the one that `synthesise` filled in, so `userdata` is its `Call`, alive
    // and not aliased while the library runs on this thread.
    let call = unsafe { &mut *(*info).userdata.cast::<Call<'_>>() };
    if call.stopped {
        return STOP;
    }
    if !call.timed {
        call.timed = true;
        // SAFETY: sound exists, so segments and their times do; the utterance is alive.
        let timing = unsafe { timing(call.utterance) };
        call.listener.timing(timing);
    }
    let (Ok(start), Ok(size)) = (usize::try_from(start), usize::try_from(size)) else {
        return CONTINUE;
    };
    // SAFETY: the library has written `size` samples from `start` on, and `samples` holds at
    // least `num_samples`, which is checked; nothing writes them during the call.
    let samples = unsafe {
        let held = usize::try_from((*wave).num_samples).unwrap_or(0);
        if (*wave).samples.is_null() || start.saturating_add(size) > held {
            return CONTINUE;
        }
        slice::from_raw_parts((*wave).samples.add(start), size)
    };
    match call.listener.sound(samples) {
        ControlFlow::Continue(()) => CONTINUE,
        ControlFlow::Break(()) => {
            call.stopped = true;
            STOP
        }
    }
}

/// Reads the times off the utterance's relations `Token` (with its words below) and `Segment`.
///
/// # Safety
/// `utterance` must be alive, its durations predicted, and the library's lock held.
unsafe fn timing(utterance: *mut Utterance) -> Timing {
    let mut timing = Timing::default();
    // SAFETY: the caller's promise; relations are asked for only if present, every item comes
    // from the library and is checked for null, and paths that lead nowhere yield 0.
    unsafe {
        if utt_relation_present(utterance, c"Segment".as_ptr()) != 0 {
            let first = relation_head(utt_relation(utterance, c"Segment".as_ptr()));
            if !first.is_null() {
                let name = CStr::from_ptr(flite_ffeature_string(first, c"name".as_ptr()));
                if name == c"pau" {
                    timing.lead_in = flite_ffeature_float(first, c"end".as_ptr());
                }
            }
        }
        if utt_relation_present(utterance, c"Token".as_ptr()) == 0 {
            return timing;
        }
        let mut token = relation_head(utt_relation(utterance, c"Token".as_ptr()));
        while !token.is_null() {
            let mut word = item_daughter(token);
            while !word.is_null() {
                let start = flite_ffeature_float(
                    word,
                    c"R:SylStructure.daughter1.daughter1.R:Segment.p.end".as_ptr(),
                );
                let end = flite_ffeature_float(
                    word,
                    c"R:SylStructure.daughtern.daughtern.R:Segment.end".as_ptr(),
                );
                if end > start {
                    timing.words.push(WordTiming {
                        token: timing.tokens,
                        start,
                        end,
                    });
                }
                word = item_next(word);
            }
            timing.tokens += 1;
            token = item_next(token);
        }
    }
    timing
}

// The parts of the library's structs that are touched, in the order of its headers
// (`cst_utterance.h`, `cst_wave.h`, `cst_audio.h`); the rest stays behind pointers.

#[repr(C)]
struct Utterance {
    features: *mut c_void,
    _rest: [u8; 0],
}

#[repr(C)]
struct Wave {
    _kind: *const c_char,
    _sample_rate: c_int,
    num_samples: c_int,
    _num_channels: c_int,
    samples: *const i16,
}

type Callback = unsafe extern "C" fn(*const Wave, c_int, c_int, c_int, *mut StreamingInfo) -> c_int;

#[repr(C)]
struct StreamingInfo {
    min_buffsize: c_int,
    callback: Option<Callback>,
    _utterance: *const Utterance,
    _item: *const c_void,
    userdata: *mut c_void,
}

unsafe extern "C" {
    fn flite_init() -> c_int;
    fn register_cmu_us_slt(voxdir: *const c_char) -> *mut c_void;
    fn register_cmu_us_rms(voxdir: *const c_char) -> *mut c_void;
    fn register_cmu_us_awb(voxdir: *const c_char) -> *mut c_void;
    fn register_cmu_us_kal16(voxdir: *const c_char) -> *mut c_void;
    fn new_utterance() -> *mut Utterance;
    fn delete_utterance(utterance: *mut Utterance);
    fn utt_set_input_text(utterance: *mut Utterance, text: *const c_char) -> c_int;
    fn new_audio_streaming_info() -> *mut StreamingInfo;
    fn audio_streaming_info_val(info: *mut StreamingInfo) -> *mut c_void;
    fn flite_feat_set(features: *mut c_void, name: *const c_char, value: *const c_void);
    fn flite_feat_set_float(features: *mut c_void, name: *const c_char, value: f32);
    fn flite_do_synth(
        utterance: *mut Utterance,
        voice: *mut c_void,
        synth: unsafe extern "C" fn(*mut Utterance) -> *mut Utterance,
    ) -> *mut Utterance;
    fn utt_synth(utterance: *mut Utterance) -> *mut Utterance;
    fn utt_relation_present(utterance: *const Utterance, name: *const c_char) -> c_int;
    fn utt_relation(utterance: *const Utterance, name: *const c_char) -> *mut c_void;
    fn relation_head(relation: *mut c_void) -> *mut c_void;
    fn item_next(item: *const c_void) -> *mut c_void;
    fn item_daughter(item: *const c_void) -> *mut c_void;
    fn flite_ffeature_string(item: *const c_void, path: *const c_char) -> *const c_char;
    fn flite_ffeature_float(item: *const c_void, path: *const c_char) -> f32;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Heard {
        timing: Option<Timing>,
        sound: Vec<i16>,
        stop_after: Option<usize>,
    }

    impl Listener for Heard {
        fn timing(&mut self, timing: Timing) {
            assert!(self.timing.is_none() && self.sound.is_empty());
            self.timing = Some(timing);
        }

        fn sound(&mut self, samples: &[i16]) -> ControlFlow<()> {
            self.sound.extend_from_slice(samples);
            match self.stop_after {
                Some(limit) if self.sound.len() >= limit => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }

    fn speak(recording: Recording, text: &CStr, stretch: f32) -> Heard {
        let mut heard = Heard::default();
        synthesise(recording, text, stretch, 320, &mut heard).unwrap();
        heard
    }

    #[test]
    fn every_recording_speaks_with_times_inside_its_sound() {
        for recording in [
            Recording::Slt,
            Recording::Rms,
            Recording::Awb,
            Recording::Kal16,
        ] {
            let heard = speak(recording, c"In 2026, I felt stuck.", 1.0);
            let timing = heard.timing.unwrap();
            let seconds = heard.sound.len() as f32 / RATE as f32;
            assert_eq!(timing.tokens, 5, "{recording:?}");
            assert!(timing.lead_in > 0.0 && timing.lead_in < timing.words[0].end);
            // The year is read as at least two words of one token.
            assert!(timing.words.iter().filter(|word| word.token == 1).count() >= 2);
            assert!(timing.words.is_sorted_by(|a, b| a.end <= b.start + 0.001));
            assert!(timing.words.last().unwrap().end <= seconds + 0.01);
            assert!(heard.sound.iter().any(|sample| sample.abs() > 1000));
        }
    }

    #[test]
    fn stretching_lengthens() {
        for recording in [Recording::Rms, Recording::Kal16] {
            let plain = speak(recording, c"A longer silence helps.", 1.0)
                .sound
                .len() as f32;
            let slow = speak(recording, c"A longer silence helps.", 2.0)
                .sound
                .len() as f32;
            assert!((1.8..2.2).contains(&(slow / plain)), "{}", slow / plain);
        }
    }

    #[test]
    fn a_stop_is_obeyed_within_a_step() {
        for recording in [Recording::Slt, Recording::Kal16] {
            let mut heard = Heard {
                stop_after: Some(3200),
                ..Heard::default()
            };
            let text = c"This is a rather long sentence that nobody will hear to its end.";
            synthesise(recording, text, 1.0, 320, &mut heard).unwrap();
            assert!(heard.sound.len() < 3200 + 1200, "{}", heard.sound.len());
        }
    }

    #[test]
    fn the_robotic_recording_is_reproducible() {
        let first = speak(Recording::Kal16, c"Tell me more.", 1.0).sound;
        let second = speak(Recording::Kal16, c"Tell me more.", 1.0).sound;
        assert_eq!(first, second);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_spoken_or_stopped_is_given_back() {
        let pages = || -> usize {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            statm.split(' ').nth(1).unwrap().parse().unwrap()
        };
        let speak = |stop_after| {
            let mut heard = Heard {
                stop_after,
                ..Heard::default()
            };
            let text = c"A sentence of about two seconds, said again.";
            synthesise(Recording::Kal16, text, 1.0, 320, &mut heard).unwrap();
        };
        (0..50).for_each(|n| speak((n % 2 == 0).then_some(8000)));
        let before = pages();
        (0..400).for_each(|n| speak((n % 2 == 0).then_some(8000)));
        // A lost wave would be 64 KiB each time, a lost utterance as much again.
        let grown = pages().saturating_sub(before) * 4;
        assert!(grown < 6 * 1024, "{grown} KiB");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// The alphabet is all that the normaliser ever hands to the library.
        #[test]
        fn no_text_of_the_permitted_alphabet_harms_the_library(
            tokens in prop::collection::vec("[A-Za-z0-9'.,;:!?$/-]{1,40}", 0..6),
        ) {
            let text = std::ffi::CString::new(tokens.join(" ")).unwrap();
            let mut heard = Heard::default();
            let _ = synthesise(Recording::Kal16, &text, 1.0, 320, &mut heard);
        }
    }
}

//! The smallest door to the flite library: one piece of text in, its timing and its sound out.
#![expect(
    unsafe_code,
    reason = "flite is a C library; every pointer it lends stays inside this module"
)]

mod bindings;
mod timing;

use std::ffi::{CStr, c_int};
use std::ops::ControlFlow;
use std::ptr;
use std::slice;
use std::sync::{Mutex, Once, PoisonError};

use bindings::{
    StreamingInfo, Utterance, Wave, audio_streaming_info_val, delete_utterance, flite_do_synth,
    flite_feat_set, flite_feat_set_float, flite_init, new_audio_streaming_info, new_utterance,
    register_cmu_us_awb, register_cmu_us_kal16, register_cmu_us_rms, register_cmu_us_slt,
    utt_set_input_text, utt_synth,
};
pub use timing::Timing;

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
        let timing = unsafe { timing::read(call.utterance) };
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

#[cfg(test)]
mod tests;

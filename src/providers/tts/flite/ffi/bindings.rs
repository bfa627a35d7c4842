//! The C functions and structures of flite that are used, as its headers have them
//! (`cst_utterance.h`, `cst_wave.h`, `cst_audio.h`); the rest stays behind pointers.

use std::ffi::{c_char, c_int, c_void};

#[repr(C)]
pub(super) struct Utterance {
    pub features: *mut c_void,
    _rest: [u8; 0],
}

#[repr(C)]
pub(super) struct Wave {
    _kind: *const c_char,
    _sample_rate: c_int,
    pub num_samples: c_int,
    _num_channels: c_int,
    pub samples: *const i16,
}

pub(super) type Callback =
    unsafe extern "C" fn(*const Wave, c_int, c_int, c_int, *mut StreamingInfo) -> c_int;

#[repr(C)]
pub(super) struct StreamingInfo {
    pub min_buffsize: c_int,
    pub callback: Option<Callback>,
    _utterance: *const Utterance,
    _item: *const c_void,
    pub userdata: *mut c_void,
}

unsafe extern "C" {
    pub(super) fn flite_init() -> c_int;
    pub(super) fn register_cmu_us_slt(voxdir: *const c_char) -> *mut c_void;
    pub(super) fn register_cmu_us_rms(voxdir: *const c_char) -> *mut c_void;
    pub(super) fn register_cmu_us_awb(voxdir: *const c_char) -> *mut c_void;
    pub(super) fn register_cmu_us_kal16(voxdir: *const c_char) -> *mut c_void;
    pub(super) fn new_utterance() -> *mut Utterance;
    pub(super) fn delete_utterance(utterance: *mut Utterance);
    pub(super) fn utt_set_input_text(utterance: *mut Utterance, text: *const c_char) -> c_int;
    pub(super) fn new_audio_streaming_info() -> *mut StreamingInfo;
    pub(super) fn audio_streaming_info_val(info: *mut StreamingInfo) -> *mut c_void;
    pub(super) fn flite_feat_set(features: *mut c_void, name: *const c_char, value: *const c_void);
    pub(super) fn flite_feat_set_float(features: *mut c_void, name: *const c_char, value: f32);
    pub(super) fn flite_do_synth(
        utterance: *mut Utterance,
        voice: *mut c_void,
        synth: unsafe extern "C" fn(*mut Utterance) -> *mut Utterance,
    ) -> *mut Utterance;
    pub(super) fn utt_synth(utterance: *mut Utterance) -> *mut Utterance;
    pub(super) fn utt_relation_present(utterance: *const Utterance, name: *const c_char) -> c_int;
    pub(super) fn utt_relation(utterance: *const Utterance, name: *const c_char) -> *mut c_void;
    pub(super) fn relation_head(relation: *mut c_void) -> *mut c_void;
    pub(super) fn item_next(item: *const c_void) -> *mut c_void;
    pub(super) fn item_daughter(item: *const c_void) -> *mut c_void;
    pub(super) fn flite_ffeature_string(item: *const c_void, path: *const c_char) -> *const c_char;
    pub(super) fn flite_ffeature_float(item: *const c_void, path: *const c_char) -> f32;
}

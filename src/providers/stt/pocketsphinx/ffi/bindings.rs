//! The C functions and structures of pocketsphinx 5prealpha that are used, as its headers have them.

use std::ffi::{c_char, c_int, c_void};

#[repr(C)]
pub(super) struct PsDecoder(c_void);
#[repr(C)]
pub(super) struct PsSegment(c_void);
#[repr(C)]
pub(super) struct CommandLine(c_void);
#[repr(C)]
pub(super) struct NgramModel(c_void);
#[repr(C)]
pub(super) struct LogMath(c_void);
#[repr(C)]
pub(super) struct FrontEnd(c_void);

/// The beginning of `feat_t` (sphinxbase/feat.h), as far as it is used.
#[repr(C)]
pub(super) struct Features {
    references: i32,
    name: *mut c_char,
    pub cepstrum_size: i32,
    streams: i32,
    stream_lengths: *mut u32,
    window: i32,
    subvectors: i32,
    subvector_lengths: *mut u32,
    subvector_specification: *mut *mut i32,
    subvector_buffer: *mut f32,
    subvector_dimension: i32,
    normalisation: c_int,
    variance: i32,
    gain: c_int,
    compute: *mut c_void,
    pub mean: *mut MeanState,
}

/// `cmn_t` (sphinxbase/cmn.h).
#[repr(C)]
pub(super) struct MeanState {
    pub mean: *mut f32,
    variance: *mut f32,
    pub sum: *mut f32,
    pub steps: i32,
    pub length: i32,
}

unsafe extern "C" {
    pub(super) fn err_set_logfp(file: *mut c_void);
    pub(super) fn ckd_free(pointer: *mut c_void);
    pub(super) fn cmd_ln_parse_r(
        before: *mut CommandLine,
        definition: *const c_void,
        count: i32,
        arguments: *mut *mut c_char,
        strict: i32,
    ) -> *mut CommandLine;
    pub(super) fn cmd_ln_free_r(config: *mut CommandLine) -> c_int;
    pub(super) fn logmath_exp(table: *mut LogMath, logarithm: c_int) -> f64;
    pub(super) fn fe_get_output_size(front_end: *mut FrontEnd) -> c_int;
    pub(super) fn fe_start_utt(front_end: *mut FrontEnd) -> c_int;
    pub(super) fn fe_process_frames(
        front_end: *mut FrontEnd,
        samples: *mut *const i16,
        count: *mut usize,
        cepstra: *mut *mut f32,
        steps: *mut i32,
        first: *mut i32,
    ) -> c_int;
    pub(super) fn fe_end_utt(
        front_end: *mut FrontEnd,
        cepstrum: *mut f32,
        steps: *mut i32,
    ) -> c_int;
    pub(super) fn ngram_model_read(
        config: *mut CommandLine,
        file: *const c_char,
        kind: c_int,
        table: *mut LogMath,
    ) -> *mut NgramModel;
    pub(super) fn ngram_model_set_init(
        config: *mut CommandLine,
        models: *mut *mut NgramModel,
        names: *mut *mut c_char,
        weights: *const f32,
        count: i32,
    ) -> *mut NgramModel;
    pub(super) fn ngram_model_free(model: *mut NgramModel) -> c_int;

    pub(super) fn ps_args() -> *const c_void;
    pub(super) fn ps_init(config: *mut CommandLine) -> *mut PsDecoder;
    pub(super) fn ps_free(decoder: *mut PsDecoder) -> c_int;
    pub(super) fn ps_get_config(decoder: *mut PsDecoder) -> *mut CommandLine;
    pub(super) fn ps_get_logmath(decoder: *mut PsDecoder) -> *mut LogMath;
    pub(super) fn ps_get_fe(decoder: *mut PsDecoder) -> *mut FrontEnd;
    pub(super) fn ps_get_feat(decoder: *mut PsDecoder) -> *mut Features;
    pub(super) fn ps_set_lm(
        decoder: *mut PsDecoder,
        name: *const c_char,
        model: *mut NgramModel,
    ) -> c_int;
    pub(super) fn ps_set_search(decoder: *mut PsDecoder, name: *const c_char) -> c_int;
    pub(super) fn ps_lookup_word(decoder: *mut PsDecoder, word: *const c_char) -> *mut c_char;
    pub(super) fn ps_add_word(
        decoder: *mut PsDecoder,
        word: *const c_char,
        phones: *const c_char,
        update: c_int,
    ) -> c_int;
    pub(super) fn ps_start_stream(decoder: *mut PsDecoder) -> c_int;
    pub(super) fn ps_start_utt(decoder: *mut PsDecoder) -> c_int;
    pub(super) fn ps_process_raw(
        decoder: *mut PsDecoder,
        samples: *const i16,
        count: usize,
        no_search: c_int,
        full_utterance: c_int,
    ) -> c_int;
    pub(super) fn ps_end_utt(decoder: *mut PsDecoder) -> c_int;
    pub(super) fn ps_seg_iter(decoder: *mut PsDecoder) -> *mut PsSegment;
    pub(super) fn ps_seg_next(segment: *mut PsSegment) -> *mut PsSegment;
    pub(super) fn ps_seg_word(segment: *mut PsSegment) -> *const c_char;
    pub(super) fn ps_seg_frames(segment: *mut PsSegment, first: *mut c_int, last: *mut c_int);
    pub(super) fn ps_seg_prob(
        segment: *mut PsSegment,
        acoustic: *mut i32,
        language: *mut i32,
        backoff: *mut i32,
    ) -> i32;
}

//! The C functions of pocketsphinx that are used, and the safe decoder around them.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};

/// Length of the decoder's time step: 10 ms at 16 kHz.
pub(super) const STEP: usize = 160;
/// Coefficients of the cepstrum.
const CEPSTRUM: usize = 13;
/// Name under which the language model is registered as a search.
const SEARCH: &CStr = c"speech";

/// Why a decoder could not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecoderError {
    /// A path or word that cannot be passed to C.
    #[error("a setting contains a zero byte")]
    Setting,
    /// No acoustic model, dictionary or memory.
    #[error("the acoustic model or the dictionary could not be loaded")]
    Start,
    /// The language model is missing or broken.
    #[error("the language model could not be loaded")]
    LanguageModel,
    /// The library is not the one that these bindings describe.
    #[error("the library's front end is not the expected one")]
    FrontEnd,
    /// The search broke off.
    #[error("the search broke off")]
    Search,
}

/// Where a decoder's models are, and how the language model is mixed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Models<'a> {
    /// Folder of the acoustic model.
    pub acoustic: &'a Path,
    /// Pronunciations.
    pub dictionary: &'a Path,
    /// The general language model.
    pub language: &'a Path,
    /// A second language model in ARPA form and its weight. The weight is raised to the language
    /// weight (6.5) while it is mixed, so useful ones are tiny.
    pub coaching: Option<(&'a Path, f32)>,
}

/// A word of the hypothesis, in steps of [`STEP`] samples since the utterance began.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    /// As it stands in the dictionary (`read(2)`, `<sil>`).
    pub text: String,
    /// First step.
    pub start: usize,
    /// Step after the last.
    pub end: usize,
    /// Posterior probability, 0 to 1. Known only once the utterance has ended; 1 before.
    pub confidence: f32,
}

/// The sound of a voice and its microphone: the running mean that is subtracted from the cepstrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cepstrum {
    sum: [f32; CEPSTRUM],
    /// Over how many steps it was taken.
    pub steps: i32,
}

impl Cepstrum {
    /// The same mean with the weight of at most `steps` steps, so that it adapts sooner.
    pub(super) fn lightened(mut self, steps: i32) -> Self {
        if self.steps > steps {
            let factor = steps as f32 / self.steps as f32;
            self.sum.iter_mut().for_each(|value| *value *= factor);
            self.steps = steps;
        }
        self
    }
}

/// One decoder. It is neither `Send` nor `Sync` (it holds a raw pointer): the library keeps no
/// locks, so a decoder is made, used and freed by one thread. Decoders share nothing with each
/// other but read-only tables, so several threads may each have one.
pub(super) struct Decoder {
    raw: NonNull<PsDecoder>,
    /// The mean with which the utterance under way began.
    before: Option<Cepstrum>,
}

impl Decoder {
    /// Loads the models: some tenths of a second and about 100 MB.
    pub(super) fn start(models: Models<'_>) -> Result<Self, DecoderError> {
        let settings = [
            ("-hmm", path(models.acoustic)?),
            ("-dict", path(models.dictionary)?),
            ("-samprate", text("16000")?),
            ("-fwdflat", text("no")?),
            ("-bestpath", text("yes")?),
            ("-maxhmmpf", text("3000")?),
            ("-remove_noise", text("no")?),
            ("-remove_silence", text("no")?),
        ];
        let mut owned = vec![text("praxiloom")?];
        for (key, value) in settings {
            owned.push(text(key)?);
            owned.push(value);
        }
        let mut arguments: Vec<*mut c_char> = owned
            .iter()
            .map(|argument| argument.as_ptr().cast_mut())
            .collect();
        // SAFETY: `arguments` are NUL-terminated strings that outlive the call, which copies them
        // and writes to none; the definition table is the library's own static. Passing a null
        // file switches the library's log off, so that it never prints what was said.
        let raw = unsafe {
            err_set_logfp(ptr::null_mut());
            let config = cmd_ln_parse_r(
                ptr::null_mut(),
                ps_args(),
                arguments.len() as c_int,
                arguments.as_mut_ptr(),
                1,
            );
            if config.is_null() {
                return Err(DecoderError::Start);
            }
            let raw = ps_init(config);
            // The decoder keeps its own reference.
            cmd_ln_free_r(config);
            raw
        };
        let decoder = Self {
            raw: NonNull::new(raw).ok_or(DecoderError::Start)?,
            before: None,
        };
        decoder.load_language(models)?;
        decoder.front_end()?;
        Ok(decoder)
    }

    fn load_language(&self, models: Models<'_>) -> Result<(), DecoderError> {
        let general = Model::read(self, models.language)?;
        let model = match models.coaching {
            Some((file, weight)) => {
                let coaching = Model::read(self, file)?;
                general.mixed_with(&coaching, weight)?
            }
            None => general,
        };
        // SAFETY: decoder and model are alive; the search takes its own reference to the model.
        let set = unsafe {
            ps_set_lm(self.raw.as_ptr(), SEARCH.as_ptr(), model.0.as_ptr()) == 0
                && ps_set_search(self.raw.as_ptr(), SEARCH.as_ptr()) == 0
        };
        if set {
            Ok(())
        } else {
            Err(DecoderError::LanguageModel)
        }
    }

    /// Begins an utterance; one that is under way is dropped.
    pub(super) fn begin(&mut self) -> Result<(), DecoderError> {
        self.abandon();
        let before = self.cepstrum();
        // SAFETY: the decoder is alive and between utterances. A new stream makes word times count
        // from here rather than from the first utterance of this decoder.
        check(unsafe {
            ps_start_stream(self.raw.as_ptr());
            ps_start_utt(self.raw.as_ptr())
        })?;
        self.before = Some(before);
        Ok(())
    }

    /// Decodes further samples of the utterance at 16 kHz.
    pub(super) fn feed(&mut self, samples: &[i16]) -> Result<(), DecoderError> {
        if self.before.is_none() || samples.is_empty() {
            return Ok(());
        }
        // SAFETY: the pointer and the length describe `samples`, which the call only reads.
        check(unsafe { ps_process_raw(self.raw.as_ptr(), samples.as_ptr(), samples.len(), 0, 0) })
    }

    /// Ends the utterance; its words can be read until the next one begins.
    pub(super) fn finish(&mut self) -> Result<(), DecoderError> {
        if self.before.take().is_none() {
            return Ok(());
        }
        // SAFETY: the decoder is alive and in an utterance.
        check(unsafe { ps_end_utt(self.raw.as_ptr()) })
    }

    /// Ends the utterance, if there is one, and forgets what it taught about the voice.
    pub(super) fn abandon(&mut self) {
        if let Some(before) = self.before.take() {
            // SAFETY: the decoder is alive and in an utterance. An error leaves it between
            // utterances all the same.
            unsafe { ps_end_utt(self.raw.as_ptr()) };
            self.set_cepstrum(&before);
        }
    }

    /// The best hypothesis so far, or of the utterance that just ended.
    pub(super) fn words(&mut self) -> Vec<Heard> {
        let mut words = Vec::new();
        // SAFETY: the iterator belongs to the decoder, which nothing else touches in the loop;
        // `ps_seg_next` frees it at the end and returns null. The word is borrowed from the
        // dictionary and copied at once.
        unsafe {
            let logarithms = ps_get_logmath(self.raw.as_ptr());
            let mut segment = ps_seg_iter(self.raw.as_ptr());
            while !segment.is_null() {
                let (mut first, mut last) = (0, 0);
                ps_seg_frames(segment, &raw mut first, &raw mut last);
                let posterior =
                    ps_seg_prob(segment, ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
                let word = ps_seg_word(segment);
                if !word.is_null() {
                    words.push(Heard {
                        text: CStr::from_ptr(word).to_string_lossy().into_owned(),
                        start: usize::try_from(first).unwrap_or(0),
                        end: usize::try_from(last + 1).unwrap_or(0),
                        confidence: (logmath_exp(logarithms, posterior) as f32).clamp(0.0, 1.0),
                    });
                }
                segment = ps_seg_next(segment);
            }
        }
        words
    }

    /// The first pronunciation of a word in the dictionary, as phones.
    pub(super) fn pronunciation(&self, word: &str) -> Option<String> {
        let word = CString::new(word).ok()?;
        // SAFETY: the word is NUL-terminated and only read; the answer is a fresh allocation of
        // the library, copied here and freed with its own function.
        unsafe {
            let phones = ps_lookup_word(self.raw.as_ptr(), word.as_ptr());
            if phones.is_null() {
                return None;
            }
            let copy = CStr::from_ptr(phones).to_string_lossy().into_owned();
            ckd_free(phones.cast());
            Some(copy)
        }
    }

    /// Adds words with their phones to the dictionary; the language model knows them already or
    /// never will. Those that are there already are left as they are. Must not
    /// be called within an utterance, which it would end.
    pub(super) fn add_words(&mut self, words: &[(String, String)]) -> Result<(), DecoderError> {
        self.abandon();
        for (index, (word, phones)) in words.iter().enumerate() {
            let word = text(word)?;
            let phones = text(phones)?;
            // The search tree is rebuilt once, after the last word.
            let update = c_int::from(index + 1 == words.len());
            // SAFETY: both strings are NUL-terminated and copied by the call. −1 means that the
            // dictionary has the word or a phone is unknown, which leaves the decoder as it is.
            unsafe { ps_add_word(self.raw.as_ptr(), word.as_ptr(), phones.as_ptr(), update) };
        }
        Ok(())
    }

    /// The mean that the decoder has now.
    pub(super) fn cepstrum(&self) -> Cepstrum {
        let Ok(state) = self.front_end() else {
            return Cepstrum {
                sum: [0.0; CEPSTRUM],
                steps: 0,
            };
        };
        let mut sum = [0.0; CEPSTRUM];
        // SAFETY: `front_end` has checked that the vectors have CEPSTRUM elements; no reference
        // into them outlives this block.
        let steps = unsafe {
            ptr::copy_nonoverlapping((*state).sum, sum.as_mut_ptr(), CEPSTRUM);
            (*state).steps
        };
        Cepstrum { sum, steps }
    }

    /// Sets the mean, for the next utterance.
    pub(super) fn set_cepstrum(&mut self, cepstrum: &Cepstrum) {
        let Ok(state) = self.front_end() else { return };
        if cepstrum.steps <= 0 {
            return;
        }
        let mut mean = cepstrum.sum;
        mean.iter_mut()
            .for_each(|value| *value /= cepstrum.steps as f32);
        // SAFETY: as above; `&mut self` keeps everybody else out, and the library reads these
        // only from within calls on this decoder.
        unsafe {
            ptr::copy_nonoverlapping(cepstrum.sum.as_ptr(), (*state).sum, CEPSTRUM);
            ptr::copy_nonoverlapping(mean.as_ptr(), (*state).mean, CEPSTRUM);
            (*state).steps = cepstrum.steps;
        }
    }

    /// The mean of these samples, without decoding them. `None` if they are too few.
    pub(super) fn measure(&mut self, samples: &[i16]) -> Option<Cepstrum> {
        self.abandon();
        let mut rows = vec![[0.0_f32; CEPSTRUM]; samples.len() / STEP + 2];
        let mut pointers: Vec<*mut f32> = rows.iter_mut().map(|row| row.as_mut_ptr()).collect();
        let mut input = samples.as_ptr();
        let mut left = samples.len();
        let mut steps = c_int::try_from(samples.len() / STEP).ok()?;
        let mut tail = 0;
        // SAFETY: between utterances the front end is idle, and the next utterance resets it. It
        // writes at most `steps` rows of CEPSTRUM values (checked at start), then at most one
        // more at the end; `rows` has two to spare. It advances `input` within `samples`.
        let done = unsafe {
            let front_end = ps_get_fe(self.raw.as_ptr());
            fe_start_utt(front_end);
            let result = fe_process_frames(
                front_end,
                &raw mut input,
                &raw mut left,
                pointers.as_mut_ptr(),
                &raw mut steps,
                ptr::null_mut(),
            );
            // The last, padded step is not wanted, but ending resets the front end.
            let spare = pointers.last().copied()?;
            fe_end_utt(front_end, spare, &raw mut tail);
            result >= 0
        };
        let taken = usize::try_from(steps).ok()?;
        let mut cepstrum = Cepstrum {
            sum: [0.0; CEPSTRUM],
            steps: 0,
        };
        // Like the library, leave out what is quieter than anything that can be speech.
        for row in rows.iter().take(taken).filter(|row| row[0] >= 0.0) {
            for (sum, value) in cepstrum.sum.iter_mut().zip(row) {
                *sum += value;
            }
            cepstrum.steps += 1;
        }
        (done && cepstrum.steps > 0).then_some(cepstrum)
    }

    fn front_end(&self) -> Result<*mut MeanState, DecoderError> {
        // SAFETY: both structures are in the public headers of 5prealpha, the only release that
        // the build script links; they live as long as the decoder. The sizes are checked before
        // anything is read through them.
        unsafe {
            if fe_get_output_size(ps_get_fe(self.raw.as_ptr())) != CEPSTRUM as c_int {
                return Err(DecoderError::FrontEnd);
            }
            let features = ps_get_feat(self.raw.as_ptr());
            if features.is_null() || (*features).cepstrum_size != CEPSTRUM as i32 {
                return Err(DecoderError::FrontEnd);
            }
            let state = (*features).mean;
            if state.is_null() || (*state).length != CEPSTRUM as i32 {
                return Err(DecoderError::FrontEnd);
            }
            Ok(state)
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: ours is the only reference, and nothing borrowed from it is kept.
        unsafe { ps_free(self.raw.as_ptr()) };
    }
}

/// A reference to a language model.
struct Model(NonNull<NgramModel>);

impl Model {
    fn read(decoder: &Decoder, file: &Path) -> Result<Self, DecoderError> {
        let file = path(file)?;
        // SAFETY: configuration and log table belong to the living decoder; the model takes its
        // own references. Type 0 lets the library tell binary from ARPA by name and content.
        let raw = unsafe {
            ngram_model_read(
                ps_get_config(decoder.raw.as_ptr()),
                file.as_ptr(),
                0,
                ps_get_logmath(decoder.raw.as_ptr()),
            )
        };
        NonNull::new(raw)
            .map(Self)
            .ok_or(DecoderError::LanguageModel)
    }

    fn mixed_with(&self, other: &Self, weight: f32) -> Result<Self, DecoderError> {
        let mut models = [self.0.as_ptr(), other.0.as_ptr()];
        let mut names = [
            c"general".as_ptr().cast_mut(),
            c"coaching".as_ptr().cast_mut(),
        ];
        let weights = [1.0 - weight, weight];
        // SAFETY: three arrays of two; the models are retained and the names copied by the call.
        let raw = unsafe {
            ngram_model_set_init(
                ptr::null_mut(),
                models.as_mut_ptr(),
                names.as_mut_ptr(),
                weights.as_ptr(),
                2,
            )
        };
        NonNull::new(raw)
            .map(Self)
            .ok_or(DecoderError::LanguageModel)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: gives back the one reference that this value stands for.
        unsafe { ngram_model_free(self.0.as_ptr()) };
    }
}

fn text(value: &str) -> Result<CString, DecoderError> {
    CString::new(value).map_err(|_| DecoderError::Setting)
}

fn path(value: &Path) -> Result<CString, DecoderError> {
    CString::new(value.as_os_str().as_bytes()).map_err(|_| DecoderError::Setting)
}

fn check(code: c_int) -> Result<(), DecoderError> {
    if code < 0 {
        Err(DecoderError::Search)
    } else {
        Ok(())
    }
}

#[repr(C)]
struct PsDecoder(c_void);
#[repr(C)]
struct PsSegment(c_void);
#[repr(C)]
struct CommandLine(c_void);
#[repr(C)]
struct NgramModel(c_void);
#[repr(C)]
struct LogMath(c_void);
#[repr(C)]
struct FrontEnd(c_void);

/// The beginning of `feat_t` (sphinxbase/feat.h), as far as it is used.
#[repr(C)]
struct Features {
    references: i32,
    name: *mut c_char,
    cepstrum_size: i32,
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
    mean: *mut MeanState,
}

/// `cmn_t` (sphinxbase/cmn.h).
#[repr(C)]
struct MeanState {
    mean: *mut f32,
    variance: *mut f32,
    sum: *mut f32,
    steps: i32,
    length: i32,
}

unsafe extern "C" {
    fn err_set_logfp(file: *mut c_void);
    fn ckd_free(pointer: *mut c_void);
    fn cmd_ln_parse_r(
        before: *mut CommandLine,
        definition: *const c_void,
        count: i32,
        arguments: *mut *mut c_char,
        strict: i32,
    ) -> *mut CommandLine;
    fn cmd_ln_free_r(config: *mut CommandLine) -> c_int;
    fn logmath_exp(table: *mut LogMath, logarithm: c_int) -> f64;
    fn fe_get_output_size(front_end: *mut FrontEnd) -> c_int;
    fn fe_start_utt(front_end: *mut FrontEnd) -> c_int;
    fn fe_process_frames(
        front_end: *mut FrontEnd,
        samples: *mut *const i16,
        count: *mut usize,
        cepstra: *mut *mut f32,
        steps: *mut i32,
        first: *mut i32,
    ) -> c_int;
    fn fe_end_utt(front_end: *mut FrontEnd, cepstrum: *mut f32, steps: *mut i32) -> c_int;
    fn ngram_model_read(
        config: *mut CommandLine,
        file: *const c_char,
        kind: c_int,
        table: *mut LogMath,
    ) -> *mut NgramModel;
    fn ngram_model_set_init(
        config: *mut CommandLine,
        models: *mut *mut NgramModel,
        names: *mut *mut c_char,
        weights: *const f32,
        count: i32,
    ) -> *mut NgramModel;
    fn ngram_model_free(model: *mut NgramModel) -> c_int;

    fn ps_args() -> *const c_void;
    fn ps_init(config: *mut CommandLine) -> *mut PsDecoder;
    fn ps_free(decoder: *mut PsDecoder) -> c_int;
    fn ps_get_config(decoder: *mut PsDecoder) -> *mut CommandLine;
    fn ps_get_logmath(decoder: *mut PsDecoder) -> *mut LogMath;
    fn ps_get_fe(decoder: *mut PsDecoder) -> *mut FrontEnd;
    fn ps_get_feat(decoder: *mut PsDecoder) -> *mut Features;
    fn ps_set_lm(decoder: *mut PsDecoder, name: *const c_char, model: *mut NgramModel) -> c_int;
    fn ps_set_search(decoder: *mut PsDecoder, name: *const c_char) -> c_int;
    fn ps_lookup_word(decoder: *mut PsDecoder, word: *const c_char) -> *mut c_char;
    fn ps_add_word(
        decoder: *mut PsDecoder,
        word: *const c_char,
        phones: *const c_char,
        update: c_int,
    ) -> c_int;
    fn ps_start_stream(decoder: *mut PsDecoder) -> c_int;
    fn ps_start_utt(decoder: *mut PsDecoder) -> c_int;
    fn ps_process_raw(
        decoder: *mut PsDecoder,
        samples: *const i16,
        count: usize,
        no_search: c_int,
        full_utterance: c_int,
    ) -> c_int;
    fn ps_end_utt(decoder: *mut PsDecoder) -> c_int;
    fn ps_seg_iter(decoder: *mut PsDecoder) -> *mut PsSegment;
    fn ps_seg_next(segment: *mut PsSegment) -> *mut PsSegment;
    fn ps_seg_word(segment: *mut PsSegment) -> *const c_char;
    fn ps_seg_frames(segment: *mut PsSegment, first: *mut c_int, last: *mut c_int);
    fn ps_seg_prob(
        segment: *mut PsSegment,
        acoustic: *mut i32,
        language: *mut i32,
        backoff: *mut i32,
    ) -> i32;
}

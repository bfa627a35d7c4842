//! A safe decoder around the C functions of pocketsphinx.

mod bindings;
mod cepstrum;
mod language;

use std::ffi::{CStr, CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};

use bindings::{
    PsDecoder, ckd_free, cmd_ln_free_r, cmd_ln_parse_r, err_set_logfp, logmath_exp, ps_add_word,
    ps_args, ps_end_utt, ps_free, ps_get_logmath, ps_init, ps_lookup_word, ps_process_raw,
    ps_seg_frames, ps_seg_iter, ps_seg_next, ps_seg_prob, ps_seg_word, ps_set_lm, ps_set_search,
    ps_start_stream, ps_start_utt,
};
pub(super) use cepstrum::Cepstrum;
use language::Model;

/// Length of the decoder's time step: 10 ms at 16 kHz.
pub(super) const STEP: usize = 160;
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
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: ours is the only reference, and nothing borrowed from it is kept.
        unsafe { ps_free(self.raw.as_ptr()) };
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

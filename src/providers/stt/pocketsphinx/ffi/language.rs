//! Language models: read from a file, and mixed.

use std::path::Path;
use std::ptr::{self, NonNull};

use super::bindings::{
    NgramModel, ngram_model_free, ngram_model_read, ngram_model_set_init, ps_get_config,
    ps_get_logmath,
};
use super::{Decoder, DecoderError, path};

/// A reference to a language model.
pub(super) struct Model(pub NonNull<NgramModel>);

impl Model {
    /// Reads a model, binary or ARPA.
    pub(super) fn read(decoder: &Decoder, file: &Path) -> Result<Self, DecoderError> {
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

    /// Both, the other with this weight.
    pub(super) fn mixed_with(&self, other: &Self, weight: f32) -> Result<Self, DecoderError> {
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

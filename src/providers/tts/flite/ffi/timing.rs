//! When the words of an utterance are spoken, as the library predicted it.

use std::ffi::CStr;

use super::bindings::{
    Utterance, flite_ffeature_float, flite_ffeature_string, item_daughter, item_next,
    relation_head, utt_relation, utt_relation_present,
};

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

/// Reads the times off the utterance's relations `Token` (with its words below) and `Segment`.
///
/// # Safety
/// `utterance` must be alive, its durations predicted, and the library's lock held.
pub(super) unsafe fn read(utterance: *mut Utterance) -> Timing {
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

//! A sentence that may have to be begun again by another engine.

use tokio::time::Instant;

/// A sentence under way.
#[derive(Debug)]
pub(super) struct Said {
    pub sentence: u64,
    pub text: String,
    /// Whether any of it could be heard.
    pub sounded: bool,
    /// When it was asked for, of the engine that speaks now.
    pub asked: Instant,
    /// How many engines failed at it.
    pub failures: usize,
    /// Samples that were passed on.
    passed: u64,
    /// Silence at its beginning that was passed on before another engine took over.
    skip: u64,
}

impl Said {
    pub fn new(sentence: u64, text: String) -> Self {
        Self {
            sentence,
            text,
            sounded: false,
            asked: Instant::now(),
            failures: 0,
            passed: 0,
            skip: 0,
        }
    }

    /// Another engine says it from the beginning.
    pub fn begin_again(&mut self) {
        self.skip = self.passed;
        self.asked = Instant::now();
    }

    /// Counts sound, without the silence that was passed on before; `None` if nothing is left.
    pub fn add(&mut self, samples: Box<[i16]>) -> Option<Box<[i16]>> {
        let silent = samples.iter().take_while(|sample| **sample == 0).count();
        let skipped = silent.min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        self.skip -= skipped as u64;
        self.passed += (samples.len() - skipped) as u64;
        if silent < samples.len() {
            self.sounded = true;
            self.skip = 0;
        }
        match skipped {
            0 => Some(samples),
            all if all == samples.len() => None,
            part => Some(samples[part..].into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_was_passed_on_is_not_repeated() {
        let mut said = Said::new(1, "[pause 1] Yes.".to_owned());
        assert_eq!(said.add(vec![0; 24].into()).unwrap().len(), 24);
        said.begin_again();
        // The next engine fails in the pause, too.
        assert_eq!(said.add(vec![0; 10].into()), None);
        said.begin_again();
        assert_eq!(said.add(vec![0; 20].into()), None);
        assert!(!said.sounded);
        let rest = said.add([0, 0, 0, 0, 0, 7, 0].into()).unwrap();
        assert_eq!(*rest, [0, 7, 0]);
        assert!(said.sounded);
        assert_eq!(said.add([0, 0].into()).unwrap().len(), 2);
    }
}

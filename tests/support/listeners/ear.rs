//! What every stand-in hears: stretches of sound become words that name how loud they are.

/// Sound below this amplitude is silence.
const SILENCE: u16 = 104;
/// A word is no longer than this.
const LONGEST_MS: f64 = 300.0;

/// A word, at the time of the connection's sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub start_ms: f64,
    pub end_ms: f64,
    /// Whether more of it may come.
    pub over: bool,
}

/// The ear of one connection.
pub struct Ear {
    rate: f64,
    samples: u64,
    /// Words since they were taken last.
    pub words: Vec<Word>,
    /// How long it has been silent.
    pub silence_ms: f64,
    rest: Vec<i16>,
}

impl Ear {
    pub fn new(rate: u32) -> Self {
        Self {
            rate: f64::from(rate),
            samples: 0,
            words: Vec::new(),
            silence_ms: 0.0,
            rest: Vec::new(),
        }
    }

    /// Milliseconds of sound so far.
    pub fn ms(&self) -> f64 {
        self.samples as f64 * 1000.0 / self.rate
    }

    /// Hears sound as PCM16. Whether that changed the words.
    pub fn hear(&mut self, bytes: &[u8]) -> bool {
        assert!(bytes.len().is_multiple_of(2), "half a sample");
        let pairs = bytes.chunks_exact(2);
        self.rest
            .extend(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
        self.samples += bytes.len() as u64 / 2;
        let frame = (self.rate / 100.0) as usize;
        let before = self.words.clone();
        let rest = std::mem::take(&mut self.rest);
        let mut start_ms = self.ms() - rest.len() as f64 * 1000.0 / self.rate;
        let mut frames = rest.chunks_exact(frame);
        for frame in &mut frames {
            let peak = frame
                .iter()
                .map(|sample| sample.unsigned_abs())
                .max()
                .unwrap_or(0);
            self.frame(start_ms, peak);
            start_ms += 10.0;
        }
        self.rest = frames.remainder().to_vec();
        before != self.words
    }

    fn frame(&mut self, start_ms: f64, peak: u16) {
        let end_ms = start_ms + 10.0;
        let open = self.words.last_mut().filter(|word| !word.over);
        if peak <= SILENCE {
            self.silence_ms += 10.0;
            if let Some(word) = open {
                word.over = true;
            }
            return;
        }
        self.silence_ms = 0.0;
        let text = |peak: u16| format!("w{}", (f64::from(peak) / 100.0).round());
        match open {
            Some(word) => {
                word.end_ms = end_ms;
                let known: u16 = word.text[1..].parse().unwrap();
                if peak > known * 100 {
                    word.text = text(peak);
                }
                word.over = word.end_ms - word.start_ms >= LONGEST_MS;
            }
            None => self.words.push(Word {
                text: text(peak),
                start_ms,
                end_ms,
                over: false,
            }),
        }
    }

    /// The words so far, which are not told again.
    pub fn take(&mut self) -> Vec<Word> {
        std::mem::take(&mut self.words)
    }
}

/// The words as a line.
pub fn line(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

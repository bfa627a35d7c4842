//! What leaves this machine about a person: who receives how much of what, and for what. Never the
//! content itself.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::calls::{Call, Kind, OpenCall, Subject};

/// One call that carried something of a person away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Who received it.
    pub processor: String,
    /// By which engine, as it stands in the configuration.
    pub engine: String,
    /// What.
    pub data: Data,
    /// What for.
    pub purpose: Purpose,
}

/// What is disclosed, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// The coach's voice.
    Voice {
        /// Milliseconds of sound.
        ms: u64,
    },
    /// Words of the session, the coach's or the client's.
    Words {
        /// Characters.
        characters: u64,
    },
}

impl Data {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice { .. } => "voice",
            Self::Words { .. } => "words",
        }
    }

    /// How much, in the unit of its kind.
    #[must_use]
    pub const fn amount(self) -> u64 {
        match self {
            Self::Voice { ms } => ms,
            Self::Words { characters } => characters,
        }
    }
}

/// What something is disclosed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To know what was said.
    Listening,
    /// To think of what the client says.
    Answering,
    /// To say it.
    Speaking,
}

impl Purpose {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Answering => "answering",
            Self::Speaking => "speaking",
        }
    }
}

/// Keeps what is disclosed.
pub trait Disclosures: Send + Sync + 'static {
    /// Something leaves this machine now. Must not block.
    fn disclosed(&self, disclosure: Disclosure);
}

/// Where an engine tells what it discloses, and what it is asked; nowhere outside of a session.
#[derive(Clone, Default)]
pub struct Witness {
    log: Option<Arc<dyn Disclosures>>,
    /// Calls that are over. A call under way, not this, keeps the session waiting for it.
    calls: Option<mpsc::WeakSender<Call>>,
    /// What the calls are about.
    subject: Subject,
}

impl Witness {
    /// Tells these.
    #[must_use]
    pub fn new(log: impl Disclosures) -> Self {
        Self {
            log: Some(Arc::new(log)),
            ..Self::default()
        }
    }

    /// The same, telling calls that are over to whoever holds the other end.
    #[must_use]
    pub fn with_calls(mut self, calls: &mpsc::Sender<Call>) -> Self {
        self.calls = Some(calls.downgrade());
        self
    }

    /// The same for calls about this.
    #[must_use]
    pub fn about(&self, subject: Subject) -> Self {
        Self {
            subject,
            ..self.clone()
        }
    }

    /// A call to an engine begins, whether or not anything leaves this machine with it.
    pub fn call(&self, kind: Kind, engine: &str, model: Option<&str>) -> OpenCall {
        match self.calls.as_ref().and_then(mpsc::WeakSender::upgrade) {
            Some(told) => OpenCall::begin(told, self.subject, kind, engine, model),
            None => OpenCall::untold(),
        }
    }

    /// Something is about to leave for `processor`; nothing is told of what stays on this machine.
    pub fn tell(&self, processor: Option<&str>, engine: &str, data: Data, purpose: Purpose) {
        if let (Some(log), Some(processor)) = (&self.log, processor) {
            log.disclosed(Disclosure {
                processor: processor.to_owned(),
                engine: engine.to_owned(),
                data,
                purpose,
            });
        }
    }
}

/// Counts the sound that goes to a vendor over a connection, and tells of it about once a minute
/// and at the end.
#[derive(Debug)]
pub struct VoiceMeter {
    witness: Witness,
    processor: Option<String>,
    engine: String,
    /// Samples a second.
    rate: u64,
    samples: u64,
}

impl VoiceMeter {
    /// Nothing was sent yet of sound of so many samples a second.
    #[must_use]
    pub fn new(witness: Witness, processor: Option<String>, engine: String, rate: u32) -> Self {
        Self {
            witness,
            processor,
            engine,
            rate: u64::from(rate).max(1),
            samples: 0,
        }
    }

    /// So many samples are about to be sent.
    pub fn count(&mut self, samples: usize) {
        self.samples += samples as u64;
        if self.samples >= 60 * self.rate {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let ms = std::mem::take(&mut self.samples) * 1000 / self.rate;
        if ms > 0 {
            let processor = self.processor.as_deref();
            let data = Data::Voice { ms };
            self.witness
                .tell(processor, &self.engine, data, Purpose::Listening);
        }
    }
}

impl Drop for VoiceMeter {
    fn drop(&mut self) {
        self.tell();
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("told", &self.log.is_some())
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Witness {
    fn eq(&self, other: &Self) -> bool {
        match (&self.log, &other.log) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Log(Mutex<Vec<Disclosure>>);

    impl Disclosures for Arc<Log> {
        fn disclosed(&self, disclosure: Disclosure) {
            self.0.lock().unwrap().push(disclosure);
        }
    }

    #[test]
    fn sound_is_told_minute_by_minute_and_to_its_end() {
        let log = Arc::new(Log::default());
        let name = Some("Vendor (vendor.example)".to_owned());
        let witness = Witness::new(log.clone());
        let mut meter = VoiceMeter::new(witness.clone(), name, "vendor".to_owned(), 16_000);
        for _ in 0..61 {
            meter.count(16_000);
        }
        meter.count(800);
        assert_eq!(log.0.lock().unwrap().len(), 1);
        drop(meter);
        let told = log.0.lock().unwrap().clone();
        let amounts: Vec<u64> = told.iter().map(|told| told.data.amount()).collect();
        assert_eq!(amounts, [60_000, 1_050]);
        assert_eq!(told[0].purpose, Purpose::Listening);
        drop(VoiceMeter::new(witness, None, "here".to_owned(), 16_000));
        assert_eq!(log.0.lock().unwrap().len(), 2, "nothing was sent");
    }

    #[test]
    fn what_stays_here_is_not_told() {
        let log = Arc::new(Log::default());
        let witness = Witness::new(log.clone());
        let words = Data::Words { characters: 5 };
        witness.tell(None, "here", words, Purpose::Answering);
        Witness::default().tell(Some("away"), "away", words, Purpose::Answering);
        assert!(log.0.lock().unwrap().is_empty());
        witness.tell(Some("away"), "away", words, Purpose::Answering);
        assert_eq!(log.0.lock().unwrap().len(), 1);
    }
}

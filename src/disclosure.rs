//! What leaves this machine about a person: who receives how much of what, and for what. Never the
//! content itself.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::calls::{Call, Kind, OpenCall, Subject};

/// One call that carries something of a person away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Names it. What is told again under its name is the same call, which has carried more since.
    pub id: String,
    /// Who received it.
    pub processor: String,
    /// By which engine, as it stands in the configuration.
    pub engine: String,
    /// What, so far.
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

    /// Something is about to leave for `processor`, all at once; nothing is told of what stays on
    /// this machine.
    pub fn tell(&self, processor: Option<&str>, engine: &str, data: Data, purpose: Purpose) {
        self.tell_as(&name(), processor, engine, data, purpose);
    }

    fn tell_as(
        &self,
        id: &str,
        processor: Option<&str>,
        engine: &str,
        data: Data,
        purpose: Purpose,
    ) {
        if let (Some(log), Some(processor)) = (&self.log, processor) {
            log.disclosed(Disclosure {
                id: id.to_owned(),
                processor: processor.to_owned(),
                engine: engine.to_owned(),
                data,
                purpose,
            });
        }
    }
}

/// A name that no other disclosure has.
fn name() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// How much more sound has gone before it is told of, in seconds.
const TELLS: u64 = 10;

/// Counts the sound that goes to a vendor over one connection, and tells of it as one call: with the
/// first of it, every ten seconds of it and at the end.
#[derive(Debug)]
pub struct VoiceMeter {
    witness: Witness,
    processor: Option<String>,
    engine: String,
    id: String,
    /// Samples a second.
    rate: u64,
    samples: u64,
    /// How many of them were told of.
    told: u64,
}

impl VoiceMeter {
    /// Nothing was sent yet of sound of so many samples a second.
    #[must_use]
    pub fn new(witness: Witness, processor: Option<String>, engine: String, rate: u32) -> Self {
        Self {
            witness,
            processor,
            engine,
            id: name(),
            rate: u64::from(rate).max(1),
            samples: 0,
            told: 0,
        }
    }

    /// So many samples are about to be sent.
    pub fn count(&mut self, samples: usize) {
        self.samples += samples as u64;
        if self.told == 0 || self.samples - self.told >= TELLS * self.rate {
            self.tell();
        }
    }

    /// Tells of what was not told of yet.
    pub fn tell(&mut self) {
        if self.samples > self.told {
            self.told = self.samples;
            let ms = (self.samples * 1000 / self.rate).max(1);
            let (processor, data) = (self.processor.as_deref(), Data::Voice { ms });
            let purpose = Purpose::Listening;
            self.witness
                .tell_as(&self.id, processor, &self.engine, data, purpose);
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
    fn sound_is_told_with_its_first_as_it_grows_and_to_its_end() {
        let log = Arc::new(Log::default());
        let name = Some("Vendor (vendor.example)".to_owned());
        let witness = Witness::new(log.clone());
        let mut meter = VoiceMeter::new(witness.clone(), name, "vendor".to_owned(), 16_000);
        for _ in 0..210 {
            meter.count(1_600);
        }
        meter.tell();
        meter.tell();
        meter.count(800);
        drop(meter);
        let told = log.0.lock().unwrap().clone();
        let amounts: Vec<u64> = told.iter().map(|told| told.data.amount()).collect();
        assert_eq!(amounts, [100, 10_100, 20_100, 21_000, 21_050]);
        assert_eq!(told[0].purpose, Purpose::Listening);
        assert!(told.iter().all(|other| other.id == told[0].id));
        drop(VoiceMeter::new(witness, None, "here".to_owned(), 16_000));
        assert_eq!(log.0.lock().unwrap().len(), 5, "nothing was sent");
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
        witness.tell(Some("away"), "away", words, Purpose::Answering);
        let told = log.0.lock().unwrap();
        assert!(told.len() == 2 && told[0].id != told[1].id);
    }
}

//! Voices in the cloud: what is the same for every vendor. One file per vendor has its wire.
//!
//! Sentences go out whole and are flushed at once, so that no vendor waits for more text. Nothing
//! is asked for that is further ahead of the listener than [`CloudSettings::ahead`]; what is
//! cancelled is taken back on the wire at once. Where a vendor gives no word times, they are
//! estimated by length over the sound that was produced.

pub mod cartesia;
pub mod deepgram;
pub mod elevenlabs;
pub mod openai;

mod align;
#[cfg(test)]
mod garbage;
mod link;
mod reading;
mod wire;

use std::fmt;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, poll_fn};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::stream::{Piece, Reader, open};
use super::text::Written;
use super::{EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest};
use crate::calls::Kind;
use crate::disclosure::{Data, Purpose, Witness};
use crate::private::Private;
use crate::providers::http;
use crate::providers::socket::{Dial, Socket, unavailable, unusable};
use crate::providers::spares::Spares;
use link::{Ask, Link};
use wire::Wire;

/// Pieces of sound that may wait between the connection and the session.
const WAITING: usize = 16;

/// A connection opened ahead that no session took is closed after this; every vendor keeps one for
/// longer.
const SPARE: Duration = Duration::from_secs(15);

/// How a vendor is reached and how patient we are with it.
#[derive(Clone, Debug)]
pub struct CloudSettings {
    /// Where it is: `https://api.elevenlabs.io`.
    pub base_url: String,
    /// The key.
    pub key: Private<String>,
    /// Which model speaks. Deepgram's models are its voices, and this is not used.
    pub model: String,
    /// Our names for voices with the vendor's; the first is used where a name is unknown.
    pub voices: Vec<(String, String)>,
    /// Who receives the words, if it is not whom the address says.
    pub processor: Option<String>,
    /// The longest waits.
    pub patience: Patience,
    /// How far ahead of the listener sound is asked for, so that little is paid for that nobody
    /// hears.
    pub ahead: Duration,
}

/// The longest waits for a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// From a sentence to its first sound, connecting and trying again included.
    pub first_sound: Duration,
    /// For the next sound, once there was some and all is said that could end the sentence.
    pub stall: Duration,
    /// Silence of the vendor after which the sentence is asked to end.
    pub hush: Duration,
    /// Silence after the last word's sound that ends a sentence where no mark comes.
    pub settle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first_sound: Duration::from_secs(4),
            stall: Duration::from_secs(3),
            hush: Duration::from_millis(800),
            settle: Duration::from_millis(250),
        }
    }
}

impl CloudSettings {
    /// Settings with the vendor's usual address, model and voices.
    fn usual(base_url: &str, model: &str, voices: &[(&str, &str)], key: Private<String>) -> Self {
        let voices = voices.iter();
        Self {
            base_url: base_url.to_owned(),
            key,
            model: model.to_owned(),
            voices: voices
                .map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned()))
                .collect(),
            processor: None,
            patience: Patience::default(),
            ahead: Duration::from_secs(6),
        }
    }

    /// Who receives the words of a company's voices.
    fn receiver(&self, company: &str) -> Option<String> {
        http::receiver(self.processor.as_deref(), company, &self.base_url)
    }

    /// The vendor's name for one of our voices.
    fn voice(&self, name: &str) -> &str {
        let known = |(ours, _): &&(String, String)| ours.eq_ignore_ascii_case(name);
        let voice = self.voices.iter().find(known).or(self.voices.first());
        voice.map_or("", |(_, theirs)| theirs)
    }

    /// Which of the vendor's models speaks for one of our voices.
    fn model_of(&self, voice: &str) -> &str {
        match self.model.as_str() {
            "" => self.voice(voice),
            model => model,
        }
    }

    fn listed(&self) -> Vec<Voice> {
        let listed = self.voices.iter().map(|(ours, theirs)| Voice {
            name: ours.clone(),
            language: "en".to_owned(),
            description: format!("The vendor's voice {theirs}"),
        });
        listed.collect()
    }
}

/// A vendor's side of [`Cloud`].
trait Vendor: Send + Sync + 'static {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// Whose it is.
    fn company(&self) -> &'static str;

    /// One sentence for the coach.
    fn note(&self) -> &'static str;

    /// Where to connect for a voice, and the wire in it.
    fn call(&self, settings: &CloudSettings, request: &VoiceRequest) -> (Dial, Box<dyn Wire>);
}

/// A voice behind a WebSocket, one connection per session.
pub struct Cloud {
    vendor: Box<dyn Vendor>,
    settings: CloudSettings,
    /// Connections opened ahead, by their addresses. No vendor here counts the time that one stands.
    spares: Spares<String, Socket>,
}

impl Cloud {
    fn new(vendor: impl Vendor, settings: CloudSettings) -> Result<Self, ProviderError> {
        let unusable = |what: &str| unusable(vendor.name(), what.to_owned());
        http::address(&settings.base_url)
            .ok_or_else(|| unusable("its address is not one of http or https"))?;
        if settings.voices.is_empty() {
            return Err(unusable("it has no voices"));
        }
        Ok(Self {
            vendor: Box::new(vendor),
            settings,
            spares: Spares::default(),
        })
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("vendor", &self.vendor.name())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl TextToSpeech for Cloud {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: self.vendor.name().to_owned(),
            processor: self.settings.receiver(self.vendor.company()),
            note: self.vendor.note().to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        self.settings.listed()
    }

    fn warm(&self, request: &VoiceRequest) {
        let (dial, _) = self.vendor.call(&self.settings, request);
        let opening = async move |dial: Dial| dial.connect().await;
        self.spares.open(dial.url.clone(), SPARE, opening(dial));
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let (dial, wire) = self.vendor.call(&self.settings, &request);
        let (name, ahead) = (self.vendor.name(), self.settings.ahead);
        let processor = self.info().processor;
        let model = self.settings.model_of(&request.voice).to_owned();
        Box::pin(async move {
            let witness = request.witness;
            let mut call = witness.call(Kind::Tts, name, Some(&model));
            let spare = self.spares.take(&dial.url).await.transpose();
            let recipient = Recipient {
                engine: name,
                processor,
                witness: witness.clone(),
            };
            let mut link = Link::new(wire, dial, self.settings.patience, recipient);
            let begun = match spare {
                Ok(spare) => link.begin(spare).await,
                Err(error) => Err(error),
            };
            match begun {
                Ok(()) => call.connected(),
                Err(error) => {
                    call.fail(error.kind());
                    return Err(error);
                }
            }
            call.complete();
            let (asks, inbox) = mpsc::channel(1);
            tokio::spawn(link.run(inbox));
            let caller = Caller {
                name,
                model,
                ahead,
                asks,
            };
            Ok(open(caller, ahead, witness))
        })
    }
}

/// Hands pieces to the connection.
struct Caller {
    name: &'static str,
    model: String,
    ahead: Duration,
    asks: mpsc::Sender<Ask>,
}

impl Reader for Caller {
    fn name(&self) -> &'static str {
        self.name
    }

    fn model(&self) -> Option<&str> {
        Some(&self.model)
    }

    fn limit(&self) -> usize {
        LONGEST
    }

    fn pieces<'a>(&self, words: &'a [Written]) -> Vec<&'a [Written]> {
        whole(words)
    }

    fn ahead(&self) -> Option<Duration> {
        Some(self.ahead)
    }

    fn read(&self, words: &[Written], _due: Instant) -> Piece {
        let (reply, mut answers) = mpsc::channel(WAITING);
        let ask = Ask {
            text: plain(words),
            words: words.to_vec(),
            asked: Instant::now(),
            reply,
        };
        let (asks, name) = (self.asks.clone(), self.name);
        let asking = async move {
            match asks.send(ask).await {
                Ok(()) => poll_fn(move |context| answers.poll_recv(context)).left_stream(),
                Err(_) => {
                    let error = unavailable(name, "its connection ended".to_owned());
                    stream::iter([Err(error)]).right_stream()
                }
            }
        };
        stream::once(asking).flatten().boxed()
    }
}

/// Longest piece in bytes; every vendor takes as much at once.
const LONGEST: usize = 1500;

/// A sentence in one piece, for the sake of its melody, unless it is too long for the vendors.
fn whole(words: &[Written]) -> Vec<&[Written]> {
    let length: usize = words.iter().map(|word| word.reading.len() + 1).sum();
    if length <= LONGEST {
        vec![words]
    } else {
        super::text::pieces(words, LONGEST)
    }
}

/// Who is sent words to speak, and who is told of that.
#[derive(Clone, Debug)]
struct Recipient {
    engine: &'static str,
    processor: Option<String>,
    witness: Witness,
}

impl Recipient {
    /// Words are about to be sent, be it for the first time or again.
    fn gets(&self, words: &str) {
        let characters = words.chars().count() as u64;
        let (processor, data) = (self.processor.as_deref(), Data::Words { characters });
        self.witness
            .tell(processor, self.engine, data, Purpose::Speaking);
    }
}

/// What a vendor is given to read.
fn plain(words: &[Written]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.reading.as_str()).collect();
    words.join(" ")
}

/// The language without its region, as vendors want it.
fn primary(language: Option<&str>) -> Option<&str> {
    language?.split(['-', '_']).next().filter(|l| !l.is_empty())
}

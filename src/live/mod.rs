//! A live session: microphone, speech to text, language model, text to speech, speaker.

mod afterwards;
mod airing;
mod aloft;
mod begin;
mod called;
pub mod conversation;
mod hearing;
mod intake;
mod llm;
pub mod mic;
mod opening;
mod registry;
mod session;
pub mod sound;
pub mod speaker;
pub mod strain;
mod tape;
mod voice;

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use serde_json::json;
use signaling::event::Session;
use signaling::event::audio::OutputAudio;
use signaling::event::own::{self, Engines};
use signaling::link::{Carrier, Link};
use tokio_util::sync::CancellationToken;

use crate::archive::{Archive, DeleteError, Part, Recorder};
use crate::calls::Rates;
use crate::clock::Clock;
use crate::db::{AccountId, DbError};
use crate::disclosure::Witness;
use crate::practice::{Gallery, Practice, Sheet};
use crate::providers::llm::LanguageModel;
use crate::providers::stt::{ListenRequest, SpeechToText};
use crate::providers::tts::{TextToSpeech, VoiceRequest};
use crate::telemetry::{Metrics, Transport};

use begin::Resumption;
pub use begin::{BeginError, Begun, Opening};
use called::Called;
use conversation::{Cast, Conversation, Past, Settings, Traits, casting};
use hearing::Hearing;
use llm::{Mind, Thinker};
pub use registry::{HangUp, Registry};
use session::{Ended, LiveSession, Parts, Told};
use strain::Strain;
use tape::Tape;
use voice::VoiceStage;

/// How long after sending the listener hears sound: over WebRTC the browser's jitter buffer
/// (32 to 70 ms measured on Chromium) and the way there; over WebSocket the way alone, since
/// playback begins with the first sound.
const WEBRTC_DELAY: Duration = Duration::from_millis(70);
const WEBSOCKET_DELAY: Duration = Duration::from_millis(20);

/// The model that sessions name if they name none.
const MODEL: &str = "praxiloom";

/// Everything live sessions need, assembled once.
pub struct Live {
    stt: Arc<dyn SpeechToText>,
    tts: Arc<dyn TextToSpeech>,
    thinker: Thinker,
    cast: Arc<Cast>,
    registry: Registry,
    archive: Archive,
    clock: Clock,
    metrics: Metrics,
    lead: Duration,
    cap: Duration,
    engines: own::Engines,
    rates: Arc<Rates>,
    strain: Arc<Strain>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("sessions", &self.registry.taken())
            .finish_non_exhaustive()
    }
}

/// What live sessions are made of.
pub struct LiveParts {
    /// Listens.
    pub stt: Arc<dyn SpeechToText>,
    /// Speaks.
    pub tts: Arc<dyn TextToSpeech>,
    /// Thinks; authored lines without one.
    pub model: Option<Arc<dyn LanguageModel>>,
    /// What coaches are told of the three.
    pub engines: own::Engines,
    /// The clients' inner life.
    pub practice: Arc<Practice>,
    /// The clients.
    pub gallery: Arc<Gallery>,
    /// Where sessions are recorded.
    pub archive: Archive,
    /// The time of day.
    pub clock: Clock,
    /// Where latencies are counted.
    pub metrics: Metrics,
    /// Most sessions at once.
    pub most: usize,
    /// How far ahead sound is sent over WebSocket.
    pub lead: Duration,
    /// Longest session.
    pub cap: Duration,
    /// What the engines cost.
    pub rates: Rates,
}

/// How long a client leaves a silent coach at least, before it says something, and at most. Long
/// enough for a silence that a coach means.
const LEAST_SILENCE: Duration = Duration::from_secs(20);
const LONGEST_SILENCE: Duration = Duration::from_secs(45);

/// What is known of a client before it says a word.
fn traits(sheet: &Sheet) -> Traits {
    let patience = Duration::from_millis(sheet.patience_ms.into());
    Traits {
        // Every turn waits for a moment of silence; a sheet says how long that is in all.
        patience: patience.saturating_sub(conversation::QUICKEST),
        voice: sheet.voice.clone(),
        silence: (LEAST_SILENCE + patience * 6).min(LONGEST_SILENCE),
        opens: sheet.opens,
    }
}

/// What the coach speaks, if that is known.
fn language(session: &Session) -> Option<String> {
    let transcription = session.audio.input.transcription.as_ref();
    transcription.and_then(|asked| asked.language.clone())
}

fn voice_request(output: &OutputAudio, language: Option<String>, witness: Witness) -> VoiceRequest {
    VoiceRequest {
        voice: output.voice.name().to_owned(),
        language,
        speed: output.speed as f32,
        witness,
    }
}

impl Live {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: LiveParts) -> Self {
        let LiveParts {
            stt,
            tts,
            model,
            engines,
            practice,
            gallery,
            archive,
            clock,
            metrics,
            most,
            lead,
            cap,
            rates,
        } = parts;
        let cast = gallery
            .sheets()
            .iter()
            .map(|sheet| (sheet.id.clone(), traits(sheet)))
            .collect();
        Self {
            cast: Arc::new(cast),
            engines,
            thinker: Thinker {
                practice,
                gallery,
                model,
            },
            registry: Registry::new(most),
            stt,
            tts,
            archive,
            clock,
            strain: Arc::default(),
            metrics,
            lead,
            cap,
            rates: Arc::new(rates),
        }
    }

    /// Whether the machine keeps pace.
    #[must_use]
    pub const fn strain(&self) -> &Arc<Strain> {
        &self.strain
    }

    /// Who is live.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A session with this configuration may be about to begin: the engines open their connections.
    pub fn warm(&self, session: &Session) {
        let (language, witness) = (language(session), Witness::default());
        let request = self.listen_request(language.clone(), witness.clone());
        self.stt.warm(&request);
        let request = voice_request(&session.audio.output, language, witness);
        self.tts.warm(&request);
        self.warm_model();
    }

    fn warm_model(&self) {
        if let Some(model) = self.thinker.model.clone() {
            tokio::spawn(async move { model.warm().await });
        }
    }

    /// The client of sessions that name none.
    fn default_client(&self) -> Option<&str> {
        self.thinker.gallery.first().map(|sheet| sheet.id.as_str())
    }

    fn listen_request(&self, language: Option<String>, witness: Witness) -> ListenRequest {
        let sheets = self.thinker.gallery.sheets().iter();
        ListenRequest {
            language,
            expect: sheets.map(|sheet| sheet.name.clone()).collect(),
            witness,
            has_stand_in: false,
        }
    }

    /// Ends a session of this account, also one that has its connection at another node, or whose
    /// connection ended a while ago: nobody goes on with it. Whether there is such a session; there is
    /// not, once it was hung up.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn hang_up(&self, id: &str, account: &AccountId) -> Result<bool, DbError> {
        match self.registry.hang_up(id, account) {
            HangUp::Told => Ok(true),
            HangUp::Before => Ok(false),
            HangUp::NotLive => self.archive.hung_up(account, id).await,
        }
    }

    /// Runs a session over its connection to its end.
    pub async fn run(
        &self,
        begun: Begun,
        link: Link,
        stopping: CancellationToken,
        now: CancellationToken,
    ) {
        let Begun {
            id,
            account,
            session,
            place,
            past,
        } = begun;
        let transport = match link.carrier {
            Carrier::WebSocket => Transport::WebSocket,
            Carrier::WebRtc => Transport::WebRtc,
        };
        let began_at = self.clock.now();
        let Engines { stt, llm, tts } = &self.engines;
        let (from, past, claim) = match past {
            Some(Resumption { from, past, claim }) => (from, Some(past), Some(claim)),
            None => (Position::ZERO, None, None),
        };
        let is_new = past.is_none();
        let recorder = self.archive.record(Part {
            account: account.clone(),
            id: id.clone(),
            number: past.as_ref().map_or(1, |past| past.part),
            from,
            transport: transport.name(),
            client_id: casting::picked(&session).map(str::to_owned),
            engines: json!({"stt": stt.name, "llm": llm.name, "tts": tts.name}),
            began_at,
            claim,
        });
        self.warm_model();
        let counted = self.metrics.session(transport);
        let orders = place.orders().clone();
        let told = Told {
            stopping,
            now,
            orders: orders.clone(),
            behind: self.archive.watch_database(),
        };
        let ended = match self.assemble(session, from, past, link, recorder, told) {
            Ok(live) => live.run().await,
            Err(error) => {
                tracing::error!(%error, session.id = %id, "a session could not begin");
                Ended::Failed
            }
        };
        let lasted = self.clock.now().0 - began_at.0;
        counted.ended_after(Duration::from_micros(lasted.try_into().unwrap_or(0)));
        let reason = ended.reason();
        tracing::info!(session.id = %id, end = reason.name(), "session {id} ended");
        drop(place);
        if is_new && ended == Ended::Unconnected {
            self.forget(&id, &account).await;
        } else if ended.is_open_to_doubt() && orders.hang_up.is_cancelled() {
            self.settle_hang_up(&id, &account).await;
        }
    }

    /// Of a session that nobody ever was in there is nothing to keep.
    async fn forget(&self, id: &str, account: &AccountId) {
        match self.archive.delete(account, id).await {
            // Somebody else was first.
            Ok(_) | Err(DeleteError::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, session.id = %id, "a session without a connection stays on record");
            }
        }
    }

    /// A hang-up came while the session was put away, and no connection goes on with it.
    async fn settle_hang_up(&self, id: &str, account: &AccountId) {
        if let Err(error) = self.archive.hung_up(account, id).await {
            tracing::warn!(%error, session.id = %id, "a hang-up waits for the database");
            self.archive.will_be_hung_up(account, id);
        }
    }

    fn assemble(
        &self,
        session: Session,
        from: Position,
        past: Option<Past>,
        link: Link,
        recorder: Recorder,
        told: Told,
    ) -> Result<LiveSession, sound::SoundError> {
        let called = Called::new(self.rates.clone(), self.metrics.clone());
        let witness = called.witness(recorder.witness());
        let language = language(&session);
        let request = self.listen_request(language.clone(), witness.clone());
        let tag: String = session.id.chars().rev().take(8).collect();
        let seed = tag.bytes().fold(0u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        let carrier = link.carrier;
        let playout_delay = match carrier {
            Carrier::WebRtc => WEBRTC_DELAY,
            Carrier::WebSocket => WEBSOCKET_DELAY,
        };
        let settings = Settings {
            carrier,
            cast: self.cast.clone(),
            default_client: self.default_client().map(str::to_owned),
            follows_instructions: self.thinker.model.is_some(),
            playout_delay,
            cap: self.cap,
            from,
            tag,
            session,
        };
        let tape = Tape::new(recorder, &settings, past.as_ref())?;
        let conversation = match past {
            Some(past) => Conversation::resumed(settings, past),
            None => Conversation::new(settings),
        };
        let output = &conversation.session().audio.output;
        let voice = voice_request(output, language, witness.clone());
        LiveSession::new(Parts {
            link,
            conversation,
            from,
            tape,
            hearing: Hearing::new(self.stt.clone(), request),
            mind: Mind::new(self.thinker.clone(), seed).witnessed(witness),
            voice: VoiceStage::new(self.tts.clone(), voice),
            called,
            engines: self.engines.clone(),
            lead: self.lead,
            strain: self.strain.clone(),
            metrics: self.metrics.clone(),
            told,
        })
    }
}

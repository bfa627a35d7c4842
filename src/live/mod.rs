//! A live session: microphone, speech to text, language model, text to speech, speaker.

pub mod conversation;
mod hearing;
mod intake;
mod llm;
mod mic;
mod opening;
mod registry;
mod session;
mod sound;
mod speaker;
mod voice;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signaling::event::audio::Voice;
use signaling::event::own::{self, Engines};
use signaling::event::{ErrorBody, Session, SessionUpdate};
use signaling::link::{Carrier, Link};
use tokio_util::sync::CancellationToken;

use crate::archive::sessions::{self, EndReason, NewSession};
use crate::clock::Clock;
use crate::db::{AccountId, Db};
use crate::practice::{Gallery, Practice};
use crate::providers::llm::LanguageModel;
use crate::providers::stt::{ListenRequest, SpeechToText};
use crate::providers::tts::{TextToSpeech, VoiceRequest};
use crate::telemetry::{Metrics, Transport};

use conversation::{Cast, Conversation, Settings, Traits};
use hearing::Hearing;
use llm::{Mind, Thinker};
use registry::Place;
pub use registry::Registry;
use session::{Ended, LiveSession, Parts};
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
    db: Db,
    clock: Clock,
    metrics: Metrics,
    lead: Duration,
    cap: Duration,
    engines: own::Engines,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("sessions", &self.registry.len())
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
    pub db: Db,
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
}

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// There is no room.
    #[error("all places are taken")]
    Full,
    /// Its configuration is wrong.
    #[error(transparent)]
    Session(#[from] ErrorBody),
}

/// Who begins a session, and how.
#[derive(Debug)]
pub struct Opening {
    /// Whose session it is.
    pub account: AccountId,
    /// What carries it.
    pub carrier: Carrier,
    /// The model that the client asked for.
    pub model: Option<String>,
    /// The configuration that came with it, in the order in which it is merged.
    pub updates: Vec<SessionUpdate>,
}

/// A session that has its place but no connection yet.
#[derive(Debug)]
pub struct Begun {
    id: String,
    account: AccountId,
    session: Session,
    place: Place,
}

impl Begun {
    /// Names the session: `sess_…`, or `rtc_…` for a call.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
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
            db,
            clock,
            metrics,
            most,
            lead,
            cap,
        } = parts;
        // Every turn waits for a moment of silence; a sheet says how long that is in all.
        let traits = |sheet: &crate::practice::Sheet| Traits {
            patience: Duration::from_millis(sheet.patience_ms.into())
                .saturating_sub(conversation::QUICKEST),
            voice: sheet.voice.clone(),
        };
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
            db,
            clock,
            metrics,
            lead,
            cap,
        }
    }

    /// Who is live.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Takes a place and settles the configuration.
    ///
    /// # Errors
    /// If there is no room, or the configuration is wrong.
    pub fn begin(&self, opening: Opening) -> Result<Begun, BeginError> {
        let kind = match opening.carrier {
            Carrier::WebSocket => "sess",
            Carrier::WebRtc => "rtc",
        };
        let id = format!("{kind}_{}", uuid::Uuid::now_v7().simple());
        let expires = self
            .clock
            .now()
            .plus(self.cap)
            .seconds()
            .try_into()
            .unwrap_or(u64::MAX);
        let model = opening.model.unwrap_or_else(|| MODEL.to_owned());
        let mut session = Session::new(id.clone(), model, "", expires);
        for update in &opening.updates {
            session = session.merged(update, false)?;
        }
        if let Some(prompt) = session
            .prompt
            .as_ref()
            .filter(|prompt| !self.cast.contains_key(&prompt.id))
        {
            let message = format!("no AI client has the id '{}'", prompt.id);
            return Err(ErrorBody::value("session.prompt.id", &message).into());
        }
        if session.audio.output.voice.name().is_empty() {
            let picked = session
                .prompt
                .as_ref()
                .and_then(|prompt| self.cast.get(&prompt.id));
            let voice = picked.map(|traits| traits.voice.clone());
            let first = || {
                self.thinker
                    .gallery
                    .first()
                    .map(|sheet| sheet.voice.clone())
            };
            session.audio.output.voice = Voice::Named(voice.or_else(first).unwrap_or_default());
        }
        let place = self
            .registry
            .enter(&id, &opening.account)
            .ok_or(BeginError::Full)?;
        Ok(Begun {
            id,
            account: opening.account,
            session,
            place,
        })
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
        } = begun;
        let carrier = link.carrier;
        let transport = match carrier {
            Carrier::WebSocket => Transport::WebSocket,
            Carrier::WebRtc => Transport::WebRtc,
        };
        let started_at = self.clock.now();
        let client_id = session.prompt.as_ref().map(|prompt| prompt.id.clone());
        let Engines { stt, llm, tts } = &self.engines;
        let names = json!({"stt": stt.name, "llm": llm.name, "tts": tts.name});
        let row = NewSession {
            id: &id,
            client_id: client_id.as_deref(),
            transport: transport.name(),
            engines: &names,
            started_at,
        };
        if let Err(error) = sessions::start(self.db.of(&account), &row).await {
            tracing::error!(%error, session.id = %id, "a session could not be recorded");
            self.metrics.error("database");
        }
        if let Some(model) = self.thinker.model.clone() {
            tokio::spawn(async move { model.warm().await });
        }
        let counted = self.metrics.session(transport);
        let (ended, client) = match self.assemble(session, link, &place, stopping, now) {
            Ok(live) => live.run().await,
            Err(error) => {
                tracing::error!(%error, session.id = %id, "a session could not begin");
                (Ended::Failed, None)
            }
        };
        let ended_at = self.clock.now();
        counted.ended_after(Duration::from_micros(
            (ended_at.0 - started_at.0).try_into().unwrap_or(0),
        ));
        let reason = match ended {
            Ended::Completed => EndReason::ByClient,
            Ended::Lost | Ended::NotReading => EndReason::Lost,
            Ended::Expired => EndReason::Expired,
            Ended::Stopped => EndReason::ServerStopped,
            Ended::Failed => EndReason::Failed,
        };
        tracing::info!(session.id = %id, end = reason.name(), "session {id} ended");
        let row = self.db.of(&account);
        let named = match client.filter(|client| client_id.as_ref() != Some(client)) {
            Some(client) => sessions::name_client(row, &id, &client).await,
            None => Ok(()),
        };
        let finished = sessions::finish(row, &id, ended_at, reason).await;
        if let Err(error) = named.and(finished) {
            tracing::error!(%error, session.id = %id, "the end of a session could not be recorded");
            self.metrics.error("database");
        }
        drop(place);
    }

    fn assemble(
        &self,
        session: Session,
        link: Link,
        place: &Place,
        stopping: CancellationToken,
        now: CancellationToken,
    ) -> Result<LiveSession, sound::SoundError> {
        let gallery = &self.thinker.gallery;
        let language = session
            .audio
            .input
            .transcription
            .as_ref()
            .and_then(|asked| asked.language.clone());
        let names = gallery.sheets().iter().map(|sheet| sheet.name.clone());
        let request = ListenRequest {
            language: language.clone(),
            expect: names.collect(),
        };
        let tag: String = session.id.chars().rev().take(8).collect();
        let seed = tag.bytes().fold(0u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        let settings = Settings {
            carrier: link.carrier,
            cast: self.cast.clone(),
            default_client: gallery.first().map(|sheet| sheet.id.clone()),
            follows_instructions: self.thinker.model.is_some(),
            playout_delay: match link.carrier {
                Carrier::WebRtc => WEBRTC_DELAY,
                Carrier::WebSocket => WEBSOCKET_DELAY,
            },
            cap: self.cap,
            from: media::Position::ZERO,
            tag,
            session,
        };
        let conversation = Conversation::new(settings);
        let output = &conversation.session().audio.output;
        let voice = VoiceRequest {
            voice: output.voice.name().to_owned(),
            language,
            speed: output.speed as f32,
        };
        LiveSession::new(Parts {
            link,
            conversation,
            hearing: Hearing::new(self.stt.clone(), request),
            mind: Mind::new(self.thinker.clone(), seed),
            voice: VoiceStage::new(self.tts.clone(), voice),
            engines: self.engines.clone(),
            lead: self.lead,
            metrics: self.metrics.clone(),
            stopping,
            now,
            hang_up: place.hang_up().clone(),
        })
    }
}

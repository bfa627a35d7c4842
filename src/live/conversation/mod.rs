//! The pure state machine of a conversation: whose turn it is, what was heard, what is cancelled.
//!
//! The contract: [`Conversation::handle`] an input, drain [`Conversation::poll`], sleep until
//! [`Conversation::deadline`] or the next input, repeat. There is no socket, clock or task
//! inside, so every rule of turn-taking is tested in simulated time, and the same inputs give the
//! same outputs.

mod answering;
pub mod casting;
mod client;
mod committing;
mod correcting;
mod cutting;
mod deadline;
mod draft;
mod editing;
mod endpoint;
mod gaps;
mod input;
mod interruption;
mod items;
mod latency;
mod leaping;
mod leaving;
mod listening;
mod output;
mod overlap;
mod pausing;
mod record;
mod request;
mod response;
mod resuming;
mod said;
mod sounding;
mod speech;
mod state;
pub mod trace;
mod turn;
mod unasked;
mod voice;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::Position;
use media::playout::{Holder, Playout};
use serde::{Deserialize, Serialize};
use signaling::event::audio::TurnDetection;
use signaling::event::own::{self, TurnState};
use signaling::event::{self, ServerEvent, Session};
use signaling::link::Carrier;

use crate::archive::event::Event;
use crate::calls::Subject;

pub use casting::{Cast, Traits};
pub use deadline::Reason;
pub use endpoint::QUICKEST;
pub use input::{Generation, Input};
pub use leaving::LEAVING;
pub use output::{Ask, Memory, Output};
pub use resuming::Past;
pub use speech::shown;

use gaps::Gaps;
use items::Items;
use leaving::Phase;
use response::{Answer, Ending};
use sounding::Sounding;
use turn::Turn;

/// What a conversation begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What carries it.
    pub carrier: Carrier,
    /// The effective configuration at the beginning.
    pub session: Session,
    /// Who can be picked.
    pub cast: Arc<Cast>,
    /// The client that speaks when the session names none.
    pub default_client: Option<String>,
    /// Whether instructions alone make a client, since a language model can follow them.
    pub follows_instructions: bool,
    /// How long after sending the listener hears sound (the far jitter buffer and the way there).
    pub playout_delay: Duration,
    /// After which time the session ends, counted from its beginning.
    pub cap: Duration,
    /// Where on the session's timeline this connection begins: at zero, unless the session goes
    /// on after another.
    pub from: Position,
    /// What ids of this session contain, so that they differ from other sessions'.
    pub tag: String,
}

/// One conversation.
#[derive(Debug)]
pub struct Conversation {
    session: Arc<Session>,
    settings: Settings,
    outputs: VecDeque<Output>,
    items: Items,
    turn: Option<Turn>,
    /// Turns that are over but whose final words are still to come.
    unsettled: Vec<Turn>,
    /// The answer that the client knows of.
    answer: Option<Answer>,
    /// An answer begun before the turn was over.
    draft: Option<Answer>,
    drafts_of_turn: u8,
    /// Answers outside the conversation.
    asides: Vec<Answer>,
    /// A turn is still to be answered: its answer waits for another, or was cut off unheard by
    /// what may turn out to be no turn.
    response_waits: bool,
    playout: Playout,
    /// The response whose sound was sent last, until all of it was heard.
    sounding: Option<Sounding>,
    /// Whether a silence in which the client thinks is being heard.
    thinks_aloud: bool,
    /// What the client said last, since when all of it has been heard.
    said_all: Option<(String, Position)>,
    paused: bool,
    /// Speech over the present answer was harmless once: sound alone no longer pauses it.
    false_alarm: bool,
    /// Since when voice activity has been on.
    voice_since: Option<Position>,
    /// End of the audio received.
    received: Position,
    /// Beginning of the audio that the next commit takes.
    buffer_from: Position,
    gaps: Gaps,
    /// A correction holds the answer to this item back.
    held: Option<(String, Position)>,
    voice_locked: bool,
    /// The time of the last input.
    clock: Position,
    /// When the last activity of either side ended.
    quiet_since: Position,
    state: TurnState,
    caption: (String, String),
    counters: Counters,
    /// Since when nobody has been there to hear anything.
    deserted: Option<Position>,
    /// Where the connection ended.
    ended_at: Option<Position>,
    /// Another recogniser that listens, and what was said of it.
    replaced: Option<(String, String)>,
    /// The coach's last turn was not answered before the connection was cut.
    owes_answer: bool,
    /// Audio can flow.
    connected: bool,
    /// Nobody has spoken in this session: the client may be the first.
    unopened: bool,
    /// How often in a row the client has spoken into the coach's silence.
    prompts: u8,
    phase: Phase,
}

#[derive(Debug, Default)]
struct Counters {
    id: u64,
    segment: u64,
    sentence: u64,
    generation: u64,
}

impl Conversation {
    /// A conversation at its beginning. Greets the client with `session.created`.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::begun(settings)
    }

    fn begun(settings: Settings) -> Self {
        let holder = match settings.carrier {
            Carrier::WebRtc => Holder::Sender,
            Carrier::WebSocket => Holder::Client,
        };
        let from = settings.from;
        let mut gaps = Gaps::default();
        // The protocol counts the sound of this connection.
        gaps.add(Position::ZERO, from.samples());
        let mut conversation = Self {
            session: Arc::new(settings.session.clone()),
            outputs: VecDeque::new(),
            items: Items::default(),
            turn: None,
            unsettled: Vec::new(),
            answer: None,
            draft: None,
            drafts_of_turn: 0,
            asides: Vec::new(),
            response_waits: false,
            playout: Playout::new(holder, settings.playout_delay),
            sounding: None,
            thinks_aloud: false,
            said_all: None,
            paused: false,
            false_alarm: false,
            voice_since: None,
            received: from,
            buffer_from: from,
            gaps,
            held: None,
            voice_locked: false,
            clock: from,
            quiet_since: from,
            state: TurnState::Listening,
            caption: (String::new(), String::new()),
            counters: Counters::default(),
            deserted: None,
            ended_at: None,
            replaced: None,
            owes_answer: false,
            connected: false,
            unopened: true,
            prompts: 0,
            phase: Phase::Talking,
            settings,
        };
        conversation.record_configuration();
        let session = Box::new((*conversation.session).clone());
        // The conversation is named after the session, so that it keeps its name.
        let name = session.id.split_once('_');
        let id = format!("conv_{}", name.map_or(&*session.id, |(_, name)| name));
        conversation.emit(ServerEvent::SessionCreated { session });
        conversation.items.name(id.clone());
        conversation.emit(ServerEvent::ConversationCreated {
            conversation: event::Conversation { id },
        });
        conversation
    }

    /// The session's effective configuration.
    #[must_use]
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// What the listener has heard of the client's voice.
    #[must_use]
    pub const fn playout(&self) -> &Playout {
        &self.playout
    }

    /// What a call to an engine belongs to, by its id: the response of an answer or a sentence, the
    /// item of a segment. To be asked as soon as the call is.
    #[must_use]
    pub fn name_of(&self, subject: Subject) -> Option<&str> {
        let answers = [&self.answer, &self.draft].into_iter().flatten();
        let mut answers = answers.chain(&self.asides);
        let found = match subject {
            Subject::Answer(generation) => answers.find(|one| one.generation.0 == generation),
            Subject::Sentence(sentence) => answers.find(|one| one.speech.has(sentence)),
            Subject::Segment(segment) => {
                let mut turns = self.turn.iter().chain(&self.unsettled);
                let turn = turns.find(|turn| turn.has(segment));
                return turn.map(|turn| turn.item_id.as_str());
            }
            Subject::Session | Subject::Notes => None,
        };
        found.map(|answer| answer.response.id.as_str())
    }

    /// Takes in something that happened at `now`, which never goes back.
    pub fn handle(&mut self, input: Input, now: Position) {
        if self.phase != Phase::Talking || matches!(input, Input::Leave) {
            self.handle_late(input, now);
            return;
        }
        self.clock = now;
        match input {
            Input::Ready => self.ready(now),
            Input::Client(event) => self.client_event(*event, now),
            Input::Audio { to } => self.audio(to, now),
            Input::Gap { samples } => {
                self.gaps.add(self.received, samples);
                self.record_gap(samples);
            }
            Input::Omitted { samples } => self.gaps.omit(self.received, samples),
            Input::Leapt { samples } => self.leapt(samples, now),
            Input::Deserted { since } => self.deserted = Some(since.min(now)),
            Input::VoiceStarted { at } => {
                self.voice_since.get_or_insert(at);
                self.voice_started(at, now);
            }
            Input::VoiceStopped { at } => {
                self.record_speech(at);
                self.voice_stopped(at, now);
            }
            Input::Partial { .. } | Input::Final { .. } | Input::TranscriptFailed { .. } => {
                self.recognised(input, now);
            }
            Input::EndOfTurn {
                segment,
                confidence,
            } => self.hinted(segment, confidence, now),
            Input::ListenerStoodIn { error, by } => self.listener_stood_in(&error, by, now),
            Input::ListenerBack { by, first } => self.listener_back(by, first),
            Input::Token { generation, token } => self.token(generation, token, now),
            Input::Sentence { generation, text } => self.sentence(generation, text, now),
            Input::Inner { generation, inner } => self.inner(generation, inner),
            Input::ModelFailed { generation, error } => self.model_failed(generation, &error, now),
            Input::Produced { sentence, samples } => self.produced(sentence, samples, now),
            Input::Words { sentence, words } => self.spoken_words(sentence, words),
            Input::SentenceDone { sentence } => self.sentence_done(sentence, now),
            Input::VoiceFailed { sentence, error } => self.voice_failed(sentence, &error, now),
            Input::Sent { sentence, samples } => self.sent(sentence, samples, now),
            Input::Stopping => self.notice("server_stopping", "The server is about to stop."),
            Input::StoodIn { error } => self.stood_in(&error),
            Input::VoiceStoodIn { error } => self.voice_stood_in(&error),
            Input::ModelStoodIn { error } => self.model_stood_in(&error),
            Input::ModelBrokeOff { error } => self.model_broke_off(&error),
            Input::ModelBack => self.notice(
                "model_back",
                "The language model from before answers again.",
            ),
            Input::VoiceBack => {
                self.notice("voice_back", "The voice from before speaks again.");
            }
            Input::Time | Input::Leave => {}
        }
        self.settle(now);
        self.record_items();
    }

    /// The next thing to do, if there is one.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn emit(&mut self, event: ServerEvent) {
        self.outputs.push_back(Output::Emit(Box::new(event)));
    }

    /// Emits an event of our own, if the client asked for them.
    fn emit_own(&mut self, event: ServerEvent) {
        if self.session.wants_own_events() {
            self.emit(event);
        }
    }

    fn notice(&mut self, code: &str, message: &str) {
        let (code, message) = (code.to_owned(), message.to_owned());
        self.record(Event::Notice {
            code: code.clone(),
            message: message.clone(),
        });
        self.emit_own(ServerEvent::Notice(own::Notice { code, message }));
    }

    fn id(&mut self, kind: &str) -> String {
        self.counters.id += 1;
        format!("{kind}_{}{:04}", self.settings.tag, self.counters.id)
    }

    fn detection(&self) -> Option<&TurnDetection> {
        self.session.audio.input.turn_detection.as_ref()
    }
}

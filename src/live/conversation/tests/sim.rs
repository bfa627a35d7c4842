//! Everything around the state machine, on a simulated clock: microphone, recogniser, model,
//! voice and the real speaker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::session::{Modality, OWN_EVENTS, Prompt};
use signaling::event::update::{TurnDetectionKind, TurnDetectionUpdate};
use signaling::event::{
    ClientEvent, ClientEventKind, Field, Item, Place, ServerEvent, Session, SessionUpdate,
};
use signaling::link::Carrier;

use super::super::output::Ask;
use super::super::trace::{self, Tracer};
use super::super::{Cast, Conversation, Generation, Input, Output, Past, Settings, Traits};
use super::check::{check, check_replay};
use super::records::check_records;
use crate::live::llm::{Mind, Thought};
use crate::live::sound::Encoding;
use crate::live::speaker::Speaker;
use crate::providers::ProviderError;
use crate::providers::llm::{Finish, Token};
use crate::providers::stt::{Transcript, Word};
use crate::providers::tts::{RATE, SpokenWord};

/// How long the voice takes for a word.
pub const WORD_MS: u64 = 300;
/// From the onset of speech to its detection, and from its end.
const ONSET_MS: u64 = 60;
const HANG_MS: u64 = 200;
/// How long after sending the listener hears sound.
pub const DELAY_MS: u64 = 100;

/// Something that happened or was done, in order.
#[derive(Debug)]
pub enum Traced {
    /// The machine put this out.
    Out(Output),
    /// A frame with sound of this response left.
    Sent(String),
}

/// What the model answers.
#[derive(Clone)]
pub struct Reply {
    /// Until the first token.
    pub first_ms: u64,
    /// One after the other.
    pub sentences: Vec<&'static str>,
    /// Between them.
    pub gap_ms: u64,
    /// Tokens at the end, in place of an ordinary end.
    pub end: Vec<Token>,
    /// It fails instead of ending.
    pub fails: bool,
}

impl Reply {
    pub fn of(sentences: &[&'static str]) -> Self {
        let usage = None;
        let finish = Finish::Stop;
        Self {
            first_ms: 200,
            sentences: sentences.to_vec(),
            gap_ms: 50,
            end: vec![Token::End { finish, usage }],
            fails: false,
        }
    }
}

pub struct Sim {
    pub machine: Conversation,
    /// What it was fed, as it is kept.
    pub lines: Vec<String>,
    tracer: Tracer,
    /// What it began with.
    past: Vec<Item>,
    pub now: Position,
    pub trace: Vec<(Position, Traced)>,
    /// What the model answers from now on.
    pub reply: Reply,
    /// Who answers with authored lines in the model's place.
    pub mind: Option<Mind>,
    /// How long finals take; `None`: they never come.
    pub final_ms: Option<u64>,
    /// The recogniser fails on every segment.
    pub deaf: bool,
    /// Whether the recogniser has no time for words before the final ones.
    pub busy: bool,
    /// The voice fails on sentences that contain this.
    pub unspeakable: Option<&'static str>,
    /// The voice never says anything.
    pub mute: bool,
    pub mic: bool,
    agenda: BTreeMap<(Position, u64), Input>,
    count: u64,
    coach: Vec<(Position, Position, String)>,
    segments: BTreeMap<u64, Position>,
    speaker: Speaker,
    voice_free: Position,
    silenced: u64,
    produced: BTreeMap<u64, u64>,
    cancelled: BTreeSet<Generation>,
    own: bool,
    fronts: bool,
    carrier: Carrier,
}

pub fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

pub fn trouble() -> ProviderError {
    ProviderError::Unavailable {
        engine: "test".to_owned(),
        message: "gone".to_owned(),
    }
}

pub fn settings(carrier: Carrier, edit: impl FnOnce(&mut Session)) -> Settings {
    let mut session = Session::new("sess_1", "praxiloom", "slt", 3600);
    session.audio.input.transcription = Some(Default::default());
    session.include = Some(vec![OWN_EVENTS.to_owned()]);
    edit(&mut session);
    let client = |patience, voice: &str| Traits {
        patience: Duration::from_millis(patience),
        voice: voice.to_owned(),
        silence: Duration::ZERO,
        opens: false,
    };
    let cast = [
        ("mara".to_owned(), client(0, "slt")),
        ("tomas".to_owned(), client(900, "rms")),
    ];
    Settings {
        carrier,
        session,
        cast: Arc::new(cast.into()),
        default_client: Some("mara".to_owned()),
        follows_instructions: false,
        playout_delay: Duration::from_millis(DELAY_MS),
        cap: Duration::from_secs(3600),
        from: Position::ZERO,
        tag: "t".to_owned(),
    }
}

impl Sim {
    pub fn new(carrier: Carrier) -> Self {
        Self::with(carrier, |_| {})
    }

    pub fn with(carrier: Carrier, edit: impl FnOnce(&mut Session)) -> Self {
        Self::build(carrier, Duration::from_secs(3600), edit)
    }

    pub fn build(carrier: Carrier, cap: Duration, edit: impl FnOnce(&mut Session)) -> Self {
        let mut settings = settings(carrier, edit);
        settings.cap = cap;
        Self::begin(settings, None)
    }

    /// With these AI clients.
    pub fn with_cast(carrier: Carrier, cast: Cast, edit: impl FnOnce(&mut Session)) -> Self {
        let mut settings = settings(carrier, edit);
        settings.cast = Arc::new(cast);
        Self::begin(settings, None)
    }

    /// A session that goes on after another connection.
    pub fn resume(settings: Settings, past: Past) -> Self {
        Self::begin(settings, Some(past))
    }

    pub fn begin(settings: Settings, past: Option<Past>) -> Self {
        let items = past.as_ref().map(|past| past.items.clone());
        let own = settings.session.wants_own_events();
        let (carrier, from) = (settings.carrier, settings.from);
        let mut sim = Self {
            lines: vec![trace::header(&settings, past.as_ref())],
            tracer: Tracer::new(from),
            past: items.unwrap_or_default(),
            machine: match past {
                None => Conversation::new(settings),
                Some(past) => Conversation::resumed(settings, past),
            },
            now: from,
            trace: Vec::new(),
            mind: None,
            reply: Reply::of(&["I keep thinking about it.", "And I do not know why."]),
            final_ms: Some(50),
            deaf: false,
            busy: false,
            unspeakable: None,
            mute: false,
            mic: true,
            agenda: BTreeMap::new(),
            count: 0,
            coach: Vec::new(),
            segments: BTreeMap::new(),
            speaker: Speaker::new(
                carrier,
                Encoding::Pcm,
                Duration::from_millis(400),
                Arc::default(),
            ),
            voice_free: from,
            silenced: 0,
            produced: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            own,
            fronts: false,
            carrier,
        };
        sim.handle(Input::Ready);
        sim
    }

    /// The coach says this; no words are a cough or a noise.
    pub fn say(&mut self, at: u64, duration: u64, words: &str) {
        let (from, to) = (ms(at), ms(at + duration));
        self.utter(at, duration, words);
        self.at(at + ONSET_MS, Input::VoiceStarted { at: from });
        self.at(at + duration + HANG_MS, Input::VoiceStopped { at: to });
    }

    /// The client sends an event now.
    pub fn send(&mut self, kind: ClientEventKind) {
        self.handle(client(kind));
    }

    /// These words are in the sound; whoever scripts it tells of the voice.
    pub fn utter(&mut self, at: u64, duration: u64, words: &str) {
        self.coach
            .push((ms(at), ms(at + duration), words.to_owned()));
    }

    /// Something happens at this time.
    pub fn at(&mut self, at: u64, input: Input) {
        self.schedule(ms(at), input);
    }

    fn schedule(&mut self, at: Position, input: Input) {
        self.count += 1;
        self.agenda.insert((at.max(self.now), self.count), input);
    }

    /// Lets time pass up to there.
    pub fn run(&mut self, until: u64) {
        let until = ms(until);
        let mut stuck = 0;
        loop {
            let frame = self.mic.then(|| next_frame(self.now));
            let agenda = self.agenda.keys().next().map(|(at, _)| *at);
            let (deadline, speaker) = (self.machine.deadline(), self.speaker.due());
            let all = [frame, agenda, deadline.map(|due| due.0), speaker];
            let next = all.into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            stuck = if next > self.now { 0 } else { stuck + 1 };
            assert!(stuck < 1000, "no progress at {}: {deadline:?}", self.now);
            self.now = self.now.max(next);
            if let Some(entry) = self
                .agenda
                .first_entry()
                .filter(|entry| entry.key().0 <= self.now)
            {
                let input = entry.remove();
                self.handle(input);
            } else if speaker.is_some_and(|due| due <= self.now) {
                self.pull();
            } else if deadline.is_some_and(|due| due.0 <= self.now) {
                self.handle(Input::Time);
                let moved = self.machine.deadline();
                assert!(
                    moved != deadline,
                    "the deadline stays: {moved:?} at {}",
                    self.now
                );
            } else {
                self.partials();
                self.handle(Input::Audio { to: self.now });
            }
        }
        self.now = until;
    }

    /// Sends one frame.
    fn pull(&mut self) {
        let Some(sent) = self.speaker.pull(self.now).unwrap() else {
            return;
        };
        if sent.progress.iter().next().is_some() {
            let response = sent.audio.part.response_id.clone();
            self.trace.push((self.now, Traced::Sent(response)));
        }
        for (sentence, samples) in sent.progress.iter() {
            self.handle(Input::Sent { sentence, samples });
        }
    }

    /// Gives the machine an input and does what it says.
    pub fn handle(&mut self, input: Input) {
        let stale = match &input {
            Input::Sentence { generation, .. } => self.cancelled.contains(generation),
            _ => false,
        };
        if let Input::Client(event) = &input {
            self.fronts |= matches!(
                event.kind,
                ClientEventKind::CreateItem {
                    place: Place::Front,
                    ..
                }
            );
        }
        if let Input::Produced { sentence, samples } = &input {
            self.produce(*sentence, *samples);
        }
        let line = self.tracer.line(&input, self.now).to_owned();
        self.lines.push(line);
        self.machine.handle(input, self.now);
        let mut count = 0;
        while let Some(output) = self.machine.poll() {
            count += 1;
            assert!(count < 200, "one input gave {count} outputs");
            assert!(
                !(stale && matches!(output, Output::Say { .. })),
                "a cancelled answer speaks"
            );
            self.perform(&output);
            self.trace.push((self.now, Traced::Out(output)));
        }
    }

    fn perform(&mut self, output: &Output) {
        match output {
            Output::Begin { segment, from } => {
                self.segments.insert(*segment, *from);
            }
            Output::End { segment, to } => self.end_segment(*segment, *to),
            Output::Discard { segment } => {
                self.segments.remove(segment);
            }
            Output::Generate(ask) => self.think(ask),
            Output::CancelGenerate { generation } => {
                // What was on its way still arrives.
                self.cancelled.insert(*generation);
            }
            Output::Say { sentence, text } => self.speak(*sentence, text),
            Output::Release { through, part } => self.speaker.release(*through, part.clone()),
            Output::Silence { through } => {
                self.silenced = self.silenced.max(*through);
                self.speaker.silence(*through);
            }
            Output::Pause => self.speaker.pause(),
            Output::Resume => self.speaker.resume(),
            Output::Configure(session) => self.own |= session.wants_own_events(),
            _ => {}
        }
    }

    fn end_segment(&mut self, segment: u64, to: Position) {
        let Some(from) = self.segments.remove(&segment) else {
            return;
        };
        let Some(delay) = self.final_ms else { return };
        let at = self.now + Duration::from_millis(delay);
        if self.deaf {
            let error = trouble();
            self.schedule(at, Input::TranscriptFailed { segment, error });
            return;
        }
        let transcript = self.heard(from, to, true);
        self.schedule(
            at,
            Input::Final {
                segment,
                transcript,
            },
        );
    }

    /// Partial words every 120 ms, as they were 150 ms ago.
    fn partials(&mut self) {
        if !self.now.ms().is_multiple_of(120) || self.deaf || self.busy {
            return;
        }
        let to = self.now.back(Duration::from_millis(150));
        for (segment, from) in self.segments.clone() {
            let transcript = self.heard(from, to, false);
            if !transcript.words.is_empty() {
                self.handle(Input::Partial {
                    segment,
                    transcript,
                });
            }
        }
    }

    /// The words that were said in a stretch of sound.
    fn heard(&self, from: Position, to: Position, last: bool) -> Transcript {
        let mut words = Vec::new();
        for (begin, end, text) in &self.coach {
            let count = text.split_whitespace().count().max(1) as u32;
            let step = (*end - *begin) / count;
            for (index, word) in text.split_whitespace().enumerate() {
                let start = *begin + step * index as u32;
                if start + step / 2 >= from && start + step <= to {
                    words.push(Word {
                        text: word.to_owned(),
                        start,
                        end: start + step,
                        confidence: 0.9,
                    });
                }
            }
        }
        let stable = if last { words.len() } else { words.len() / 2 };
        Transcript { words, stable }
    }

    fn think(&mut self, ask: &Ask) {
        let generation = ask.generation;
        let mut at = self.now + Duration::from_millis(self.reply.first_ms);
        if let Some(mind) = &mut self.mind {
            for thought in mind.ask(ask.clone()) {
                let input = match thought {
                    Thought::Inner(generation, inner) => Input::Inner { generation, inner },
                    Thought::Sentence(generation, text) => Input::Sentence { generation, text },
                    Thought::Token(generation, token) => Input::Token { generation, token },
                    other => panic!("{other:?}"),
                };
                self.schedule(at, input);
            }
            return;
        }
        let reply = self.reply.clone();
        for text in &reply.sentences {
            let token = Token::Text(format!("{text} "));
            self.schedule(at, Input::Token { generation, token });
            if ask.speaks {
                let text = (*text).to_owned();
                self.schedule(at, Input::Sentence { generation, text });
            }
            at += Duration::from_millis(reply.gap_ms);
        }
        if reply.fails {
            let error = trouble();
            self.schedule(at, Input::ModelFailed { generation, error });
            return;
        }
        for token in reply.end {
            self.schedule(at, Input::Token { generation, token });
        }
    }

    /// The voice: ten times faster than it is heard, one sentence after the other.
    fn speak(&mut self, sentence: u64, text: &str) {
        if self.mute {
            return;
        }
        let mut at = self.voice_free.max(self.now) + Duration::from_millis(60);
        if self.unspeakable.is_some_and(|word| text.contains(word)) {
            let error = trouble();
            self.schedule(at, Input::VoiceFailed { sentence, error });
            return;
        }
        let words = word_times(text);
        let length = words.last().map_or(0, |word| word.end);
        self.schedule(at, Input::Words { sentence, words });
        let mut left = length;
        while left > 0 {
            let samples = left.min(u64::from(RATE) / 5);
            left -= samples;
            at += Duration::from_millis(20);
            self.schedule(at, Input::Produced { sentence, samples });
        }
        self.schedule(at, Input::SentenceDone { sentence });
        self.voice_free = at;
    }
}

impl Sim {
    /// What the voice produced waits at the speaker, unless it was silenced.
    fn produce(&mut self, sentence: u64, samples: u64) {
        let before = self.produced.entry(sentence).or_default();
        if sentence > self.silenced {
            let sound = vec![1000; samples as usize].into_boxed_slice();
            self.speaker.push(sentence, *before, sound);
        }
        *before += samples;
    }

    pub fn own(&self) -> bool {
        self.own
    }

    pub fn carrier(&self) -> Carrier {
        self.carrier
    }

    pub fn fronts(&self) -> bool {
        self.fronts
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check(self);
            let outputs = self.outputs().map(|(_, output)| output);
            check_replay(&self.lines, outputs);
            check_records(&self.machine, &self.past, self.records());
        }
    }
}

fn next_frame(now: Position) -> Position {
    ms(now.ms() / 20 * 20 + 20)
}

/// Words of 300 ms each, and the silences between them.
pub fn word_times(text: &str) -> Vec<SpokenWord> {
    let samples = |ms: u64| ms * u64::from(RATE) / 1000;
    let mut words = Vec::new();
    let (mut at, mut start) = (0, 0);
    let mut in_mark = false;
    for part in text.split_inclusive(' ') {
        let bare = part.trim_end();
        if bare == "[pause" {
            in_mark = true;
        } else if std::mem::take(&mut in_mark) {
            start += samples(bare.trim_end_matches(']').parse().unwrap());
        } else {
            let end = start + samples(WORD_MS);
            let text = at..at + bare.len();
            words.push(SpokenWord { text, start, end });
            start = end;
        }
        at += part.len();
    }
    words
}

pub fn client(kind: ClientEventKind) -> Input {
    let event_id = Some("mine".to_owned());
    Input::Client(Box::new(ClientEvent { event_id, kind }))
}

/// `response.create` without anything.
pub fn create() -> ClientEventKind {
    ClientEventKind::CreateResponse(Box::default())
}

/// `response.cancel`.
pub fn cancel() -> ClientEventKind {
    ClientEventKind::CancelResponse { response_id: None }
}

pub fn text_only(session: &mut Session) {
    session.output_modalities = Modality::Text;
}

/// Another way to find the end of a turn: none, `server_vad`, `semantic_vad`.
pub fn update_detection(kind: Option<usize>) -> SessionUpdate {
    let kinds = [TurnDetectionKind::ServerVad, TurnDetectionKind::SemanticVad];
    let detection = kind.map_or(Field::Null, |kind| {
        Field::Value(TurnDetectionUpdate {
            kind: Some(kinds[kind]),
            ..TurnDetectionUpdate::default()
        })
    });
    let mut update = SessionUpdate::default();
    update.input.turn_detection = detection;
    update
}

/// The AI client with this id.
pub fn prompt(id: &str) -> Prompt {
    Prompt {
        id: id.to_owned(),
        version: None,
        variables: None,
    }
}

/// The event's `type`.
pub fn kind(event: &ServerEvent) -> String {
    let value = serde_json::to_value(event).unwrap();
    value["type"].as_str().unwrap().to_owned()
}

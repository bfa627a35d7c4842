//! One session's listening through whichever engine works.

use std::collections::VecDeque;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, pending};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::memory::Memory;
use crate::providers::homing::{Home, Homing};
use crate::providers::ranking::Ranking;
use crate::providers::stt::{ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText};
use crate::providers::{EngineInfo, ProviderError};

/// An engine's stream.
type Opened = crate::providers::ranking::Opened<Listening>;

/// So much may wait for an engine before the session is held back.
const ROOM: usize = 256;

/// How long an engine may take to open once the session is over.
const OPENING: Duration = Duration::from_secs(5);

/// How long a vendor may take to open while words are waited for: the turn waits for a few seconds
/// only, and what is on this machine comes last.
const HURRY: Duration = Duration::from_secs(1);

/// A session goes back to a better engine after everything was answered for so long: hints of what
/// was said last have come by then, and the sound of what is said next lies ahead.
const QUIET: Duration = Duration::from_secs(2);

/// A session's listening.
pub(super) struct Session {
    ranking: Ranking<dyn SpeechToText>,
    request: ListenRequest,
    inputs: mpsc::Receiver<ListenInput>,
    outputs: mpsc::Sender<ListenOutput>,
    memory: Memory,
    /// What the engine is still to be told.
    waiting: VecDeque<ListenInput>,
    rank: usize,
    engine: Engine,
    /// Since when the engine listens.
    since: Instant,
    /// An engine that rejected segments which it had heard to their end. Whether it was right to, or
    /// fails, the next one's words show.
    doubted: Option<(usize, Vec<u64>)>,
    /// How often an engine failed since one answered.
    failures: usize,
    /// The way back to a better engine.
    homing: Homing<Listening>,
    /// The engine listens again, and has understood nothing since, so that nobody was told.
    untold: bool,
}

/// The engine's stream, or the attempt to open one.
enum Engine {
    Open(Listening),
    Opening(BoxFuture<'static, Result<Opened, ProviderError>>),
}

/// What happened first.
enum Step {
    Input(Option<ListenInput>),
    Output(Option<ListenOutput>),
    Opened(Result<Opened, ProviderError>),
    Home(Option<Home<Listening>>),
    HandedOver,
    Time,
    Abandoned,
}

impl Session {
    /// A session that begins with this stream.
    pub fn new(
        ranking: Ranking<dyn SpeechToText>,
        request: ListenRequest,
        opened: Opened,
        inputs: mpsc::Receiver<ListenInput>,
        outputs: mpsc::Sender<ListenOutput>,
    ) -> Self {
        let Opened {
            rank,
            stream,
            instead,
        } = opened;
        if let Some(error) = instead {
            let by = ranking.engine(rank).info().name;
            // The channel is new and has room.
            let _ = outputs.try_send(ListenOutput::StoodIn { error, by });
        }
        Self {
            ranking,
            request,
            inputs,
            outputs,
            memory: Memory::new(Instant::now()),
            waiting: VecDeque::new(),
            rank,
            engine: Engine::Open(stream),
            since: Instant::now(),
            doubted: None,
            failures: 0,
            homing: Homing::default(),
            untold: false,
        }
    }

    /// Listens until the session is over, or no engine is left.
    pub async fn run(mut self) {
        loop {
            let done = match self.step().await {
                Step::Input(Some(input)) => {
                    self.memory.hear(&input);
                    // While an engine is opened, what it has to know is in the memory.
                    if matches!(self.engine, Engine::Open(_)) {
                        self.waiting.push_back(input);
                    }
                    Ok(())
                }
                Step::Input(None) => break,
                Step::Abandoned => return,
                Step::HandedOver => Ok(()),
                Step::Time => {
                    self.turn_home();
                    Ok(())
                }
                Step::Home(home) => {
                    self.go_home(home).await;
                    Ok(())
                }
                Step::Output(output) => self.pass_on(output).await,
                Step::Opened(Ok(opened)) => {
                    self.engine = Engine::Open(opened.stream);
                    self.take_over(opened.rank, opened.instead).await;
                    Ok(())
                }
                Step::Opened(Err(error)) => Err(error),
            };
            if let Err(error) = done {
                // Whoever opened the stream may be gone as well.
                let _ = self.outputs.send(ListenOutput::Lost { error }).await;
                return;
            }
        }
        self.finish().await;
    }

    async fn step(&mut self) -> Step {
        let (quiet, review) = (self.is_quiet(), self.review_at());
        let homing = &mut self.homing;
        let (engine, waiting) = (&mut self.engine, &mut self.waiting);
        let has_room = waiting.len() < ROOM;
        tokio::select! {
            input = self.inputs.recv(), if has_room => Step::Input(input),
            () = self.outputs.closed() => Step::Abandoned,
            home = homing.arrived(), if quiet => Step::Home(home),
            () = at(review) => Step::Time,
            step = async {
                match engine {
                    Engine::Opening(attempt) => Step::Opened(attempt.await),
                    Engine::Open(Listening { input, output }) => tokio::select! {
                        output = output.recv() => Step::Output(output),
                        room = input.reserve(), if !waiting.is_empty() => {
                            if let (Ok(room), Some(next)) = (room, waiting.pop_front()) {
                                room.send(next);
                            }
                            Step::HandedOver
                        }
                    },
                }
            } => step,
        }
    }

    /// Passes on what the engine says, unless it is that it failed and another can be asked.
    async fn pass_on(&mut self, output: Option<ListenOutput>) -> Result<(), ProviderError> {
        let mut output = match output {
            None => return self.move_on(self.unavailable(self.rank, "the stream broke off")),
            Some(ListenOutput::Lost { error }) => return self.move_on(error),
            // A segment that every engine fails at is passed on.
            Some(ListenOutput::Failed { error, .. }) if self.failures + 1 < self.ranking.len() => {
                return self.move_on(error);
            }
            Some(output) => output,
        };
        if let ListenOutput::Partial { transcript, .. } | ListenOutput::Final { transcript, .. } =
            &output
            && !transcript.words.is_empty()
            && std::mem::take(&mut self.untold)
        {
            let (by, first) = (self.ranking.engine(self.rank).info().name, self.rank == 0);
            // That nobody listens is seen elsewhere.
            let _ = self.outputs.send(ListenOutput::Back { by, first }).await;
        }
        // To hear nothing is no proof that an engine works.
        let mut hears = false;
        match &mut output {
            ListenOutput::Partial {
                segment,
                transcript,
            } => self.memory.understood(*segment, transcript, false),
            ListenOutput::Final {
                segment,
                transcript,
            } => {
                hears = !transcript.words.is_empty();
                self.memory.understood(*segment, transcript, true);
            }
            _ => {}
        }
        if let ListenOutput::Final { segment, .. } | ListenOutput::Failed { segment, .. } = &output
        {
            let ended = self.memory.answered(*segment);
            if hears {
                self.failures = 0;
                if let Some(ended) = ended {
                    self.ranking.worked(self.rank, ended);
                }
                let is_doubted = |doubted: &mut (usize, Vec<u64>)| doubted.1.contains(segment);
                if let Some((rank, _)) = self.doubted.take_if(is_doubted) {
                    let message = "it finds no words in what another understands";
                    self.ranking.failed(rank, &self.unavailable(rank, message));
                }
            }
        }
        // That nobody listens is seen elsewhere.
        let _ = self.outputs.send(output).await;
        Ok(())
    }

    fn unavailable(&self, rank: usize, message: &str) -> ProviderError {
        ProviderError::Unavailable {
            engine: self.ranking.engine(rank).info().name,
            message: message.to_owned(),
        }
    }

    /// The engine failed: another is opened.
    fn move_on(&mut self, error: ProviderError) -> Result<(), ProviderError> {
        self.ranking.failed(self.rank, &error);
        if matches!(error, ProviderError::Rejected { .. }) {
            self.doubted = Some((self.rank, self.memory.ended_since(self.since)));
        }
        self.failures += 1;
        if self.ranking.len() < 2 || self.failures > 2 * self.ranking.len() {
            return Err(error);
        }
        self.waiting.clear();
        self.homing.give_up();
        self.untold = false;
        let (ranking, request, rank) = (self.ranking.clone(), self.request.clone(), self.rank);
        let hurries = self.memory.awaits_words();
        let attempt = async move {
            let opened = ranking.open(Some(rank), |engine| match hurries {
                true => open_in_a_hurry(engine, request.clone()),
                false => engine.open(request.clone()),
            });
            match opened.await {
                Ok(opened) => Ok(Opened {
                    instead: Some(error.and(opened.instead)),
                    ..opened
                }),
                Err(then) => Err(error.and(Some(then))),
            }
        };
        self.engine = Engine::Opening(attempt.boxed());
        Ok(())
    }

    /// The engine with this rank is to hear what was not answered.
    async fn take_over(&mut self, rank: usize, instead: Option<ProviderError>) {
        (self.rank, self.since) = (rank, Instant::now());
        self.waiting = self.memory.retold();
        if let Some(error) = instead {
            // That nobody listens is seen elsewhere.
            let by = self.ranking.engine(rank).info().name;
            let _ = self.outputs.send(ListenOutput::StoodIn { error, by }).await;
        }
    }

    /// When it will be quiet enough to change over without losing a word, or saying one twice:
    /// everything is answered, for a while, and the engine knows all that there is.
    fn quiet_at(&self) -> Option<Instant> {
        let settled = matches!(self.engine, Engine::Open(_)) && self.waiting.is_empty();
        let since = self.memory.quiet_since().filter(|_| settled)?;
        Some(since + QUIET)
    }

    fn is_quiet(&self) -> bool {
        self.quiet_at().is_some_and(|at| at <= Instant::now())
    }

    /// When something may be done to go back to a better engine.
    fn review_at(&self) -> Option<Instant> {
        let quiet_at = self.quiet_at()?;
        match self.homing.is_under_way() {
            true => (!self.is_quiet()).then_some(quiet_at),
            false => Some(self.homing.due(&self.ranking, self.rank)?.max(quiet_at)),
        }
    }

    /// Opens a better engine beside this one, if it is quiet and one has rested.
    fn turn_home(&mut self) {
        if self.is_quiet() && !self.homing.is_under_way() {
            let request = self.request.clone();
            self.homing
                .begin(&self.ranking, self.rank, |engine| engine.open(request));
        }
    }

    /// The better engine listens from now on, and is told what nobody has understood yet.
    async fn go_home(&mut self, home: Option<Home<Listening>>) {
        if let Some((rank, stream)) = home {
            let by = self.ranking.engine(rank).info().name;
            tracing::info!(engine = by, "a recogniser listens again");
            self.engine = Engine::Open(stream);
            // What failed before was somebody else, or long ago.
            self.failures = 0;
            self.take_over(rank, None).await;
            self.untold = true;
        }
    }

    /// The session is over: what was said in it is answered, if need be by the next engine.
    async fn finish(mut self) {
        loop {
            match self.last_words().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    // Whoever opened the stream may be gone as well.
                    let _ = self.outputs.send(ListenOutput::Lost { error }).await;
                    return;
                }
            }
        }
    }

    /// Hears an engine out. Whether that was all; if not, another is being opened.
    async fn last_words(&mut self) -> Result<bool, ProviderError> {
        let nobody = Engine::Opening(pending().boxed());
        let Listening { input, mut output } = match std::mem::replace(&mut self.engine, nobody) {
            Engine::Open(listening) => listening,
            Engine::Opening(_) if !self.memory.awaits_words() => return Ok(true),
            Engine::Opening(attempt) => {
                let opened = tokio::select! {
                    opened = timeout(OPENING, attempt) => opened,
                    () = self.outputs.closed() => return Ok(true),
                };
                let late = |_| ProviderError::TimedOut {
                    engine: self.ranking.engine(self.rank).info().name,
                    after: OPENING,
                };
                let Opened {
                    rank,
                    stream,
                    instead,
                } = opened.map_err(late)??;
                self.take_over(rank, instead).await;
                stream
            }
        };
        for next in std::mem::take(&mut self.waiting) {
            tokio::select! {
                sent = input.send(next) => if sent.is_err() { break },
                () = self.outputs.closed() => return Ok(true),
            }
        }
        drop(input);
        loop {
            let said = tokio::select! {
                said = output.recv() => said,
                () = self.outputs.closed() => return Ok(true),
            };
            if said.is_none() && !self.memory.awaits_words() {
                return Ok(true);
            }
            let failures = self.failures;
            self.pass_on(said).await?;
            if self.failures > failures {
                return Ok(false);
            }
        }
    }
}

/// A vendor's stream, if it opens soon. This machine's own recogniser has the time that it needs.
fn open_in_a_hurry(
    engine: &dyn SpeechToText,
    request: ListenRequest,
) -> BoxFuture<'_, Result<Listening, ProviderError>> {
    let EngineInfo {
        name, processor, ..
    } = engine.info();
    let opening = engine.open(request);
    if processor.is_none() {
        return opening;
    }
    let late = |_| ProviderError::TimedOut {
        engine: name,
        after: HURRY,
    };
    Box::pin(async move { timeout(HURRY, opening).await.map_err(late)? })
}

/// Waits for a time; for ever, if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

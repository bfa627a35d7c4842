//! One session's voice, wherever it comes from at the moment.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::said::Said;
use crate::providers::ProviderError;
use crate::providers::homing::{Home, Homing};
use crate::providers::ranking::{Opened, Ranking, joined};
use crate::providers::tts::{QUEUE, SpeakInput, SpeakOutput, Speaking, TextToSpeech, VoiceRequest};

/// An engine's stream.
struct Open {
    rank: usize,
    speaking: Speaking,
}

/// A session that is spoken to.
pub(super) struct Session {
    ranking: Ranking<dyn TextToSpeech>,
    request: VoiceRequest,
    /// Who speaks.
    open: Open,
    /// What was said and is not done.
    said: VecDeque<Said>,
    /// The last sentence that was cancelled.
    cancelled: Option<u64>,
    /// What could not be handed over yet.
    backlog: VecDeque<SpeakInput>,
    /// Why another engine speaks than the first, as long as nobody was told.
    untold: Option<ProviderError>,
    /// The last that somebody was told of, unless one before it has spoken since.
    told: usize,
    /// The way back to a better engine.
    homing: Homing<Speaking>,
    outbox: mpsc::Sender<SpeakOutput>,
}

/// The session has gone, or no engine can be reached any more.
struct Over;

impl Session {
    pub fn new(
        ranking: Ranking<dyn TextToSpeech>,
        request: VoiceRequest,
        opened: Opened<Speaking>,
        outbox: mpsc::Sender<SpeakOutput>,
    ) -> Self {
        Self {
            ranking,
            request,
            open: Open {
                rank: opened.rank,
                speaking: opened.stream,
            },
            said: VecDeque::new(),
            cancelled: None,
            backlog: VecDeque::new(),
            untold: opened.instead,
            told: 0,
            homing: Homing::default(),
            outbox,
        }
    }

    pub async fn run(mut self, mut inbox: mpsc::Receiver<SpeakInput>) {
        let mut over = Ok(());
        while over.is_ok() {
            let quiet = self.said.is_empty();
            let retry = self.homing.due(&self.ranking, self.open.rank);
            let retry = retry.filter(|_| quiet);
            let (ranking, rank) = (&self.ranking, self.open.rank);
            let Speaking { input, output } = &mut self.open.speaking;
            over = tokio::select! {
                biased;
                said = inbox.recv(), if self.backlog.len() < QUEUE => match said {
                    Some(said) => { self.take(said); Ok(()) }
                    None => Err(Over),
                },
                handed = hand_over(input, &mut self.backlog), if !self.backlog.is_empty() => {
                    match handed {
                        true => Ok(()),
                        false => self.broke().await,
                    }
                }
                given = output.recv() => match given {
                    Some(given) => self.pass(given).await,
                    None => self.broke().await,
                },
                home = self.homing.arrived(), if quiet => {
                    self.go_back(home);
                    Ok(())
                }
                () = sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => {
                    let request = self.request.clone();
                    self.homing.begin(ranking, rank, |engine| engine.open(request));
                    Ok(())
                }
            };
        }
    }

    fn take(&mut self, input: SpeakInput) {
        match &input {
            SpeakInput::Say { sentence, .. } if self.cancelled >= Some(*sentence) => return,
            SpeakInput::Say { sentence, text } => {
                self.said.push_back(Said::new(*sentence, text.clone()));
            }
            SpeakInput::Cancel { through } => {
                self.cancelled = self.cancelled.max(Some(*through));
                self.said.retain(|said| said.sentence > *through);
                self.backlog.retain(|waiting| match waiting {
                    SpeakInput::Say { sentence, .. } => sentence > through,
                    SpeakInput::Cancel { .. } => true,
                });
            }
        }
        self.backlog.push_back(input);
    }

    /// Passes on what the engine gives.
    async fn pass(&mut self, output: SpeakOutput) -> Result<(), Over> {
        let sentence = match &output {
            SpeakOutput::Audio { sentence, .. }
            | SpeakOutput::Words { sentence, .. }
            | SpeakOutput::StoodIn { sentence, .. }
            | SpeakOutput::Back { sentence }
            | SpeakOutput::Done { sentence }
            | SpeakOutput::Failed { sentence, .. } => *sentence,
        };
        let Some(at) = self.said.iter().position(|said| said.sentence == sentence) else {
            return Ok(());
        };
        let output = match output {
            SpeakOutput::Failed { error, .. } => return self.failed(at, error).await,
            SpeakOutput::Audio { samples, .. } => {
                let (rank, said) = (self.open.rank, &mut self.said[at]);
                let sounded = said.sounded;
                let Some(samples) = said.add(samples) else {
                    return Ok(());
                };
                if said.sounded && !sounded {
                    self.ranking.worked(rank, said.asked);
                    if rank == 0 && self.told > 0 {
                        self.told = 0;
                        self.send(SpeakOutput::Back { sentence }).await?;
                    }
                    self.told = self.told.min(rank);
                }
                SpeakOutput::Audio { sentence, samples }
            }
            SpeakOutput::Done { .. } => {
                self.said.remove(at);
                output
            }
            SpeakOutput::Words { .. } | SpeakOutput::StoodIn { .. } | SpeakOutput::Back { .. } => {
                output
            }
        };
        let untold = self.untold.take();
        let (told, rank) = (self.told, self.open.rank);
        self.told = if untold.is_some() { rank } else { told };
        if let Some(error) = untold.filter(|_| rank != told) {
            self.send(SpeakOutput::StoodIn { sentence, error }).await?;
        }
        self.send(output).await
    }

    /// The engine could not speak a sentence: another does, and all that follow.
    async fn failed(&mut self, at: usize, error: ProviderError) -> Result<(), Over> {
        self.ranking.failed(self.open.rank, &error);
        self.said[at].failures += 1;
        // Engines that rest are asked as well, so that without an end to it they would take turns.
        let is_lost = self.said[at].failures >= self.ranking.len();
        let mut alone = None;
        if self.said[at].sounded || is_lost {
            alone = self.said.remove(at);
        }
        match self.next().await {
            Ok((open, instead)) => {
                if let Some(Said { sentence, .. }) = alone {
                    let error = error.clone();
                    self.send(SpeakOutput::Failed { sentence, error }).await?;
                }
                self.move_to(open);
                self.untold = Some(joined(self.untold.take(), error.and(instead)));
            }
            // Nobody else can: this sentence is lost, and the next is tried where we are.
            Err(then) => {
                let others = self.ranking.len() > 1;
                let error = error.and(Some(then).filter(|_| others));
                let lost = alone.or_else(|| self.said.remove(at));
                if let Some(Said { sentence, .. }) = lost {
                    self.send(SpeakOutput::Failed { sentence, error }).await?;
                }
            }
        }
        Ok(())
    }

    /// The engine's stream ended.
    async fn broke(&mut self) -> Result<(), Over> {
        let error = ProviderError::Unavailable {
            engine: self.ranking.engine(self.open.rank).info().name,
            message: "the stream broke off".to_owned(),
        };
        let before = self.open.rank;
        if self.said.is_empty() {
            self.ranking.failed(before, &error);
            let (open, instead) = self.next().await.map_err(|_| Over)?;
            self.move_to(open);
            self.untold = Some(joined(self.untold.take(), error.and(instead)));
            return Ok(());
        }
        self.failed(0, error).await?;
        match self.open.rank == before {
            // Without a stream there is nothing to go on with.
            true => Err(Over),
            false => Ok(()),
        }
    }

    /// A stream of the first other engine that can be taken, and why none before it could.
    async fn next(&self) -> Result<(Open, Option<ProviderError>), ProviderError> {
        let request = &self.request;
        let opening = self
            .ranking
            .open(Some(self.open.rank), |engine| engine.open(request.clone()));
        let Opened {
            rank,
            stream,
            instead,
        } = opening.await?;
        let speaking = stream;
        Ok((Open { rank, speaking }, instead))
    }

    /// Has everything that is not done said by this engine.
    fn move_to(&mut self, open: Open) {
        self.open = open;
        self.homing.give_up();
        let again = self.said.iter_mut().map(|said| {
            said.begin_again();
            let (sentence, text) = (said.sentence, said.text.clone());
            SpeakInput::Say { sentence, text }
        });
        self.backlog = again.collect();
    }

    /// Speaks with the better engine from now on, if it is there.
    fn go_back(&mut self, home: Option<Home<Speaking>>) {
        if let Some((rank, speaking)) = home {
            self.untold = None;
            self.move_to(Open { rank, speaking });
        }
    }

    async fn send(&self, output: SpeakOutput) -> Result<(), Over> {
        self.outbox.send(output).await.map_err(|_| Over)
    }
}

/// Hands over what waits next, once there is room; whether the engine still listens.
async fn hand_over(input: &mpsc::Sender<SpeakInput>, backlog: &mut VecDeque<SpeakInput>) -> bool {
    let Ok(room) = input.reserve().await else {
        return false;
    };
    if let Some(next) = backlog.pop_front() {
        room.send(next);
    }
    true
}

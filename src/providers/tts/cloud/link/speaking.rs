//! One piece of text on a connection: said, heard to its end or given up, tried again if nothing
//! of it was heard.

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Ask, Link};
use crate::providers::ProviderError;
use crate::providers::tts::cloud::reading::Reading;
use crate::providers::tts::cloud::wire::{Fitness, Heard};
use crate::providers::tts::stream::Made;

/// Why a piece came to nothing, or to half.
struct Broken {
    error: ProviderError,
    /// Whether sound of it had come.
    heard: bool,
}

impl Link {
    /// Speaks a piece; on a new connection once more, if the old one broke before any sound.
    pub(super) async fn serve(&mut self, ask: Ask) {
        self.unused = 0;
        let deadline = ask.asked + self.patience.first_sound;
        let mut again = true;
        loop {
            let Err(broken) = self.speak(&ask, deadline, again).await else {
                return;
            };
            let error = &broken.error;
            let lost = matches!(error, ProviderError::Unavailable { .. });
            let late = matches!(error, ProviderError::TimedOut { .. });
            // Whatever it was in the middle of is not to be heard, or paid for.
            self.open = None;
            let may_help = !broken.heard && (lost || late) && Instant::now() < deadline;
            if !std::mem::take(&mut again) || !may_help {
                let _ = ask.reply.send(Err(broken.error)).await;
                return;
            }
        }
    }

    async fn speak(&mut self, ask: &Ask, deadline: Instant, again: bool) -> Result<(), Broken> {
        let silent = |error| Broken {
            error,
            heard: false,
        };
        let opened = self.make_ready(deadline).await.map_err(silent)?;
        if opened {
            let _ = ask.reply.send(Ok(Made::Reached)).await;
        }
        if ask.reply.is_closed() {
            return Ok(());
        }
        let frames = self.wire.say(&ask.text, Instant::now());
        self.recipient.gets(&ask.text);
        self.send(frames).await.map_err(silent)?;
        // An old connection may have died unnoticed: half the time is left for a new one.
        let first = match again && !opened {
            true => Instant::now() + deadline.saturating_duration_since(Instant::now()) / 2,
            false => deadline,
        };
        let (engine, mut reading) = (self.wire.engine(), Reading::new(&ask.words));
        let (mut heard, mut finishing) = (false, false);
        let mut last = Instant::now();
        loop {
            let by_words = self.wire.ends_with_its_words() && reading.is_complete();
            let until = match (heard, finishing) {
                (false, _) => first,
                (true, false) if by_words => last + self.patience.settle,
                (true, false) => last + self.patience.hush,
                (true, true) => last + self.patience.stall,
            };
            let received = tokio::select! {
                biased;
                () = ask.reply.closed() => {
                    let frames = self.wire.cancel();
                    if self.send(frames).await.is_err() {
                        self.open = None;
                    }
                    return Ok(());
                }
                received = self.receive() => received.map_err(|error| Broken { error, heard })?,
                () = sleep_until(until) => {
                    if heard && by_words && !finishing {
                        return complete(engine, ask, &mut reading).await;
                    }
                    if heard && !finishing {
                        finishing = true;
                        let frames = self.wire.finish();
                        self.send(frames).await.map_err(|error| Broken { error, heard })?;
                        continue;
                    }
                    if heard && reading.may_be_whole() {
                        // The mark of the end is lost; whatever still comes must not be heard.
                        self.open = None;
                        return complete(engine, ask, &mut reading).await;
                    }
                    let frames = self.wire.cancel();
                    let _ = self.send(frames).await;
                    let after = match heard {
                        true => self.patience.stall,
                        false => self.patience.first_sound,
                    };
                    let engine = engine.to_owned();
                    let error = ProviderError::TimedOut { engine, after };
                    return Err(Broken { error, heard });
                }
            };
            for said in received {
                last = Instant::now();
                let made = match said {
                    Heard::Said { text, start, end } => {
                        reading.said(&text, start, end);
                        None
                    }
                    Heard::Sound(bytes) => reading.sound(&bytes),
                    Heard::End => return complete(engine, ask, &mut reading).await,
                    Heard::Failed(error) => return Err(Broken { error, heard }),
                };
                heard |= made.is_some();
                for made in made.into_iter().chain(reading.words()) {
                    // Nobody listens any more: the next turn of the loop notices.
                    let _ = ask.reply.send(Ok(made)).await;
                }
            }
        }
    }

    /// Sees to a connection that can take a piece; whether it was opened for this one.
    async fn make_ready(&mut self, deadline: Instant) -> Result<bool, ProviderError> {
        let mut opened = false;
        let soon = Instant::now() + self.patience.settle * 2;
        loop {
            if self.open.is_none() {
                opened = true;
                let connecting = timeout_at(deadline, self.connect()).await;
                connecting.unwrap_or_else(|_| {
                    Err(ProviderError::TimedOut {
                        engine: self.wire.engine().to_owned(),
                        after: self.patience.first_sound,
                    })
                })?;
            }
            match self.wire.fitness(Instant::now()) {
                Fitness::Ready => return Ok(opened),
                Fitness::Busy => {
                    let cleared = timeout_at(soon, self.receive()).await;
                    if !matches!(cleared, Ok(Ok(_))) {
                        self.open = None;
                    }
                }
                Fitness::Spent => self.open = None,
            }
        }
    }
}

/// Passes on the words that are left, if anything could be heard.
async fn complete(engine: &str, ask: &Ask, reading: &mut Reading) -> Result<(), Broken> {
    let words = reading.finish(engine).map_err(|error| Broken {
        error,
        heard: false,
    })?;
    if let Some(words) = words {
        let _ = ask.reply.send(Ok(words)).await;
    }
    Ok(())
}

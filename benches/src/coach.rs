//! Somebody who speaks at a real pace, frame by frame, and notes when what came back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior};

use crate::BenchError;
use crate::client::{Carrier, Client, Heard, Loudness};
use crate::wav::Frame;

/// One frame.
const FRAME: Duration = Duration::from_millis(20);
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(8);

/// When what happened in one turn, on the coach's own clock.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The last sample of speech was sent.
    pub spoken: Instant,
    /// The first packet of the answer's sound arrived.
    pub answered: Instant,
    /// What the server says of the turn: milliseconds after the end of speech.
    pub measured: Measured,
}

/// The server's own latency of one turn, in milliseconds after the end of speech as it heard it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Until the turn was taken to be over.
    pub decided: u64,
    /// Until the model's first token.
    pub token: u64,
    /// Until the first sound of the voice.
    pub audio: u64,
    /// Until the first packet was sent.
    pub packet: u64,
}

/// When what happened as the coach spoke over the answer.
#[derive(Clone, Copy, Debug)]
pub struct BargeIn {
    /// The first sample of speech was sent.
    pub began: Instant,
    /// The server said that it takes the speech for an interruption.
    pub decided: Instant,
    /// The last packet with sound of the old answer arrived.
    pub last_sound: Instant,
}

/// Somebody who speaks.
#[derive(Debug)]
pub struct Coach {
    client: Client,
    clock: Interval,
    utterance: Arc<[Frame]>,
    /// The frame of the utterance that is sent next.
    next: usize,
}

/// What happened next.
enum Step {
    /// The first frame of the utterance was sent.
    Began(Instant),
    /// Its last frame was sent.
    Spoke(Instant),
    /// Another frame was sent.
    Sent,
    /// Something arrived.
    Heard(Heard),
}

impl Coach {
    /// Somebody who says `utterance` again and again over this connection.
    #[must_use]
    pub fn new(client: Client, utterance: Arc<[Frame]>) -> Self {
        let mut clock = tokio::time::interval(FRAME);
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let next = utterance.len();
        Self {
            client,
            clock,
            utterance,
            next,
        }
    }

    /// Listens in silence for so many frames.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn wait(&mut self, frames: u32) -> Result<(), BenchError> {
        let mut left = frames;
        while left > 0 {
            if matches!(self.step().await?, Step::Sent) {
                left -= 1;
            }
        }
        Ok(())
    }

    /// Speaks and waits for the answer to begin.
    ///
    /// # Errors
    /// If it does not come, or the connection breaks.
    pub async fn turn(&mut self) -> Result<Turn, BenchError> {
        self.next = 0;
        in_time("an answer", self.answer()).await
    }

    async fn answer(&mut self) -> Result<Turn, BenchError> {
        let (mut spoken, mut answered, mut measured) = (None, None, None);
        loop {
            match self.step().await? {
                Step::Spoke(at) => spoken = Some(at),
                Step::Heard(Heard::Audio(at, Loudness::Sound)) if spoken.is_some() => {
                    answered.get_or_insert(at);
                }
                Step::Heard(Heard::Event(_, event)) => {
                    refuse_error(&event)?;
                    if event["type"] == "praxiloom.latency" && spoken.is_some() {
                        measured = read_latency(&event);
                    }
                }
                _ => {}
            }
            if let (Some(spoken), Some(answered), Some(measured)) = (spoken, answered, measured) {
                return Ok(Turn {
                    spoken,
                    answered,
                    measured,
                });
            }
        }
    }

    /// Cancels the answer that has begun and waits until it is over.
    ///
    /// # Errors
    /// If it goes on, or the connection breaks.
    pub async fn cancel(&mut self) -> Result<(), BenchError> {
        self.client.tell(json!({"type": "response.cancel"})).await?;
        if self.client.carrier() == Carrier::Webrtc {
            let clear = json!({"type": "output_audio_buffer.clear"});
            self.client.tell(clear).await?;
        }
        let over = async {
            loop {
                if let Step::Heard(Heard::Event(_, event)) = self.step().await? {
                    refuse_error(&event)?;
                    if event["type"] == "response.done" {
                        return Ok(());
                    }
                }
            }
        };
        in_time("the end of a cancelled answer", over).await
    }

    /// Speaks over the answer that has begun, until it has stopped. The utterance goes on into a
    /// turn of its own, whose answer is waited for too. `None` if the answer went on, or nothing
    /// came after it.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn barge_in(&mut self) -> Result<Option<BargeIn>, BenchError> {
        self.next = 0;
        let done = tokio::time::timeout(PATIENCE, self.interruption()).await;
        done.map_or(Ok(None), |done| done.map(Some))
    }

    async fn interruption(&mut self) -> Result<BargeIn, BenchError> {
        let (mut began, mut decided, mut last_sound) = (None, None, None);
        let mut spoken = false;
        loop {
            match self.step().await? {
                Step::Began(at) => began = Some(at),
                Step::Spoke(_) => spoken = true,
                Step::Heard(Heard::Audio(at, Loudness::Sound)) if !spoken => {
                    last_sound = Some(at);
                }
                Step::Heard(Heard::Audio(_, Loudness::Sound)) => {
                    // The next answer begins.
                    if let (Some(began), Some(decided), Some(last_sound)) =
                        (began, decided, last_sound)
                    {
                        return Ok(BargeIn {
                            began,
                            decided,
                            last_sound,
                        });
                    }
                }
                Step::Heard(Heard::Event(at, event)) => {
                    refuse_error(&event)?;
                    if event["type"] == "input_audio_buffer.speech_started" && began.is_some() {
                        decided = Some(at);
                    }
                }
                _ => {}
            }
        }
    }

    /// Sends the next frame when it is due, or takes what arrives before.
    async fn step(&mut self) -> Result<Step, BenchError> {
        tokio::select! {
            heard = self.client.next() => Ok(Step::Heard(heard?)),
            _ = self.clock.tick() => {
                let Some(frame) = self.utterance.get(self.next) else {
                    self.client.speak(&[0; _]).await?;
                    return Ok(Step::Sent);
                };
                self.client.speak(frame).await?;
                let now = Instant::now();
                self.next += 1;
                Ok(if self.next == self.utterance.len() {
                    Step::Spoke(now)
                } else if self.next == 1 {
                    Step::Began(now)
                } else {
                    Step::Sent
                })
            }
        }
    }
}

async fn in_time<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<T, BenchError> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.map_err(|_| BenchError::Late(what))?
}

fn refuse_error(event: &Value) -> Result<(), BenchError> {
    if event["type"] == "error" {
        return Err(BenchError::Server(event["error"]["message"].to_string()));
    }
    Ok(())
}

fn read_latency(event: &Value) -> Option<Measured> {
    let ms = |name: &str| event[name].as_u64();
    Some(Measured {
        decided: ms("turn_decided_ms")?,
        token: ms("first_token_ms")?,
        audio: ms("first_audio_ms")?,
        packet: ms("first_packet_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_latency_is_read_whole_or_not_at_all() {
        let event = json!({"turn_decided_ms": 210, "first_token_ms": 211, "first_audio_ms": 212,
            "first_packet_ms": 213});
        let expected = Measured {
            decided: 210,
            token: 211,
            audio: 212,
            packet: 213,
        };
        assert_eq!(read_latency(&event), Some(expected));
        assert_eq!(read_latency(&json!({"turn_decided_ms": 210})), None);
    }
}

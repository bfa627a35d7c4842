//! A sentence on its way out: its pieces in turn, no more of them than the listener has need of, in
//! chunks, and on record.

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Gone, Made, Piece, Reader, length};
use crate::calls::{Amount, Kind, OpenCall};
use crate::disclosure::Witness;
use crate::providers::tts::text::{Part, Written, parse};
use crate::providers::tts::{ProviderError, RATE, SpeakOutput, SpokenWord};

/// Samples per chunk: 20 ms.
const CHUNK: usize = RATE as usize / 50;

/// Longest sentence in bytes.
const LONGEST: usize = 16 * 1024;

/// A sentence on its way out.
pub(super) struct Telling<'a> {
    outbox: &'a mpsc::Sender<SpeakOutput>,
    pub sentence: u64,
    lead: Duration,
    witness: Witness,
    /// The engine's work on it, from its first piece to its end.
    call: Option<OpenCall>,
    /// When its first sound could be heard.
    pub began: Option<Instant>,
    /// Samples made so far, those in `rest` included.
    pub made: u64,
    /// Whether the engine made any of them.
    spoke: bool,
    /// Less than a chunk.
    rest: Vec<i16>,
}

impl<'a> Telling<'a> {
    /// Nothing of it was made yet.
    pub fn new(
        outbox: &'a mpsc::Sender<SpeakOutput>,
        sentence: u64,
        lead: Duration,
        witness: Witness,
    ) -> Self {
        Self {
            outbox,
            sentence,
            lead,
            witness,
            call: None,
            began: None,
            made: 0,
            spoke: false,
            rest: Vec::with_capacity(2 * CHUNK),
        }
    }

    /// Has it made and passes it on, to its end or until it fails.
    pub async fn tell(&mut self, reader: &impl Reader, text: &str) -> Result<(), Gone> {
        let end = match self.speak(reader, text).await? {
            Ok(()) => {
                if let Some(call) = self.call.take() {
                    call.complete();
                }
                self.flush().await?;
                SpeakOutput::Done {
                    sentence: self.sentence,
                }
            }
            Err(error) => {
                if let Some(call) = self.call.take() {
                    call.fail(error.kind());
                }
                SpeakOutput::Failed {
                    sentence: self.sentence,
                    error,
                }
            }
        };
        self.send(end).await
    }

    async fn speak(
        &mut self,
        reader: &impl Reader,
        text: &str,
    ) -> Result<Result<(), ProviderError>, Gone> {
        if text.len() > LONGEST {
            return Ok(Err(ProviderError::Rejected {
                engine: reader.name().to_owned(),
                message: format!("a sentence of {} bytes is too long", text.len()),
            }));
        }
        for part in parse(text) {
            match part {
                Part::Pause(samples) => self.pause(samples).await?,
                Part::Speech(words) => {
                    for piece in reader.pieces(&words) {
                        let due = self.await_turn().await;
                        self.asks(reader, piece);
                        if let Err(error) = self.read(reader.read(piece, due)).await? {
                            return Ok(Err(error));
                        }
                    }
                }
            }
        }
        Ok(Ok(()))
    }

    /// The engine is about to read a piece.
    fn asks(&mut self, reader: &impl Reader, piece: &[Written]) {
        let (witness, name) = (&self.witness, reader.name());
        let call = self
            .call
            .get_or_insert_with(|| witness.call(Kind::Tts, name, reader.model()));
        call.used(Amount {
            characters: Some(characters(piece)),
            ..Amount::default()
        });
    }

    /// Passes on the sound of a piece.
    async fn read(&mut self, mut sound: Piece) -> Result<Result<(), ProviderError>, Gone> {
        let offset = self.made;
        while let Some(made) = sound.next().await {
            match made {
                Ok(Made::Reached) => self.call.iter_mut().for_each(OpenCall::connected),
                Ok(Made::Audio(samples)) => {
                    let before = self.made - offset;
                    self.sounds(before..before + samples.len() as u64);
                    self.audio(&samples).await?;
                }
                Ok(Made::Words(words)) => self.words(words, offset).await?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    /// The engine made these samples of a piece.
    fn sounds(&mut self, samples: std::ops::Range<u64>) {
        self.spoke |= !samples.is_empty();
        if let Some(call) = self.call.as_mut().filter(|_| !samples.is_empty()) {
            let ms = |samples| samples * 1000 / u64::from(RATE);
            call.answered();
            call.used(Amount {
                audio_ms: Some(ms(samples.end) - ms(samples.start)),
                ..Amount::default()
            });
        }
    }

    /// Waits until no more than `lead` of sound is unheard; says when what follows is due. The first
    /// words are made while the silence before them is heard.
    async fn await_turn(&mut self) -> Instant {
        let Some(began) = self.began else {
            return Instant::now();
        };
        let due = began + length(self.made);
        // A lead beyond the clock's range means never to wait.
        if let Some(earliest) = due.checked_sub(self.lead).filter(|_| self.spoke) {
            tokio::time::sleep_until(earliest).await;
        }
        due
    }

    async fn words(&mut self, mut words: Vec<SpokenWord>, offset: u64) -> Result<(), Gone> {
        for word in &mut words {
            word.start += offset;
            word.end += offset;
        }
        self.send(SpeakOutput::Words {
            sentence: self.sentence,
            words,
        })
        .await
    }

    async fn pause(&mut self, mut samples: u64) -> Result<(), Gone> {
        let silence = [0; CHUNK];
        while samples > 0 {
            let step = samples.min(CHUNK as u64);
            self.audio(&silence[..step as usize]).await?;
            samples -= step;
        }
        Ok(())
    }

    async fn audio(&mut self, samples: &[i16]) -> Result<(), Gone> {
        if samples.is_empty() {
            return Ok(());
        }
        self.began.get_or_insert_with(Instant::now);
        self.made += samples.len() as u64;
        self.rest.extend_from_slice(samples);
        let mut sent = 0;
        while self.rest.len() - sent >= CHUNK {
            let chunk = self.rest[sent..sent + CHUNK].into();
            sent += CHUNK;
            self.chunk(chunk).await?;
            // Sound that is all there already must not keep a cancel waiting.
            tokio::task::yield_now().await;
        }
        self.rest.drain(..sent);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let rest = std::mem::take(&mut self.rest);
        self.chunk(rest.into()).await
    }

    async fn chunk(&self, samples: Box<[i16]>) -> Result<(), Gone> {
        self.send(SpeakOutput::Audio {
            sentence: self.sentence,
            samples,
        })
        .await
    }

    async fn send(&self, output: SpeakOutput) -> Result<(), Gone> {
        self.outbox.send(output).await.map_err(|_| Gone)
    }
}

/// What of a piece is to be read, in characters.
fn characters(piece: &[Written]) -> u64 {
    let words = piece.iter().map(|word| word.reading.chars().count() + 1);
    words.sum::<usize>().saturating_sub(1) as u64
}

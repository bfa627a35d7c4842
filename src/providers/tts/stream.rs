//! One session's stream for engines that make sound piece by piece: order, cancelling, pauses,
//! pacing and chunking are the same for all of them and live here.

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::text::{Part, Written, parse, pieces};
use super::{ProviderError, QUEUE, RATE, SpeakInput, SpeakOutput, Speaking, SpokenWord};
use crate::calls::{Amount, Kind, OpenCall, Subject};
use crate::disclosure::Witness;

/// Samples per chunk: 20 ms.
const CHUNK: usize = RATE as usize / 50;

/// How many sentences may wait to be spoken before the input is left to fill up.
const WAITING: usize = 256;

/// Longest sentence in bytes.
const LONGEST: usize = 16 * 1024;

/// What an engine makes of a piece.
#[derive(Clone, Debug)]
pub(super) enum Made {
    /// The engine was reached, where that took time: a connection stands, or it took the request.
    Reached,
    /// Words, with times counted from the beginning of the piece.
    Words(Vec<SpokenWord>),
    /// Samples at [`RATE`], as many as are ready.
    Audio(Vec<i16>),
}

/// The sound of a piece as it is made. Dropping it stops the making.
pub(super) type Piece = BoxStream<'static, Result<Made, ProviderError>>;

/// An engine as one session sees it.
pub(super) trait Reader: Send + Sync + 'static {
    /// Its name, for errors.
    fn name(&self) -> &'static str;

    /// Which of its models speaks, if it has several.
    fn model(&self) -> Option<&str> {
        None
    }

    /// The longest piece it wants, in bytes of what is to be read.
    fn limit(&self) -> usize;

    /// Cuts what is to be read into pieces.
    fn pieces<'a>(&self, words: &'a [Written]) -> Vec<&'a [Written]> {
        pieces(words, self.limit())
    }

    /// How far ahead of the listener a sentence may be begun; `None` for any distance.
    fn ahead(&self) -> Option<Duration> {
        None
    }

    /// Begins to read a piece, whose sound the listener needs by `due`.
    fn read(&self, words: &[Written], due: Instant) -> Piece;
}

/// Opens a stream that makes at most `lead` more sound than the listener can have heard, and the
/// rest of a piece. The witness learns of every sentence.
pub(super) fn open(reader: impl Reader, lead: Duration, witness: Witness) -> Speaking {
    let (input, inbox) = mpsc::channel(QUEUE);
    let (outbox, output) = mpsc::channel(QUEUE);
    tokio::spawn(run(reader, lead, witness, inbox, outbox));
    Speaking { input, output }
}

/// The session has gone.
struct Gone;

async fn run(
    reader: impl Reader,
    lead: Duration,
    witness: Witness,
    mut inbox: mpsc::Receiver<SpeakInput>,
    outbox: mpsc::Sender<SpeakOutput>,
) {
    let mut desk = Desk::default();
    loop {
        let Some((sentence, text)) = desk.waiting.pop_front() else {
            match inbox.recv().await {
                Some(input) => desk.take(input),
                None => return,
            }
            continue;
        };
        let witness = witness.about(Subject::Sentence(sentence));
        let mut telling = Telling::new(&outbox, sentence, lead, witness);
        let begin = desk.begin(reader.ahead());
        {
            let mut speaking = std::pin::pin!(async {
                tokio::time::sleep_until(begin).await;
                telling.tell(&reader, &text).await
            });
            loop {
                tokio::select! {
                    biased;
                    input = inbox.recv(), if desk.waiting.len() < WAITING => match input {
                        Some(input) => desk.take(input),
                        None => return,
                    },
                    told = &mut speaking => match told {
                        Ok(()) => break,
                        Err(Gone) => return,
                    },
                }
                if desk.is_cancelled(sentence) {
                    break;
                }
            }
        }
        desk.made(&telling);
    }
}

/// What is still to be spoken.
#[derive(Default)]
struct Desk {
    waiting: VecDeque<(u64, String)>,
    cancelled: Option<u64>,
    /// Until when what was made lasts for the listener.
    plays_until: Option<Instant>,
}

impl Desk {
    fn take(&mut self, input: SpeakInput) {
        match input {
            SpeakInput::Say { sentence, text } => {
                if !self.is_cancelled(sentence) {
                    self.waiting.push_back((sentence, text));
                }
            }
            SpeakInput::Cancel { through } => {
                self.cancelled = self.cancelled.max(Some(through));
                self.plays_until = None;
                self.waiting.retain(|(sentence, _)| *sentence > through);
            }
        }
    }

    fn is_cancelled(&self, sentence: u64) -> bool {
        self.cancelled.is_some_and(|through| sentence <= through)
    }

    /// When the next sentence may be begun, at most so far ahead of the listener.
    fn begin(&self, ahead: Option<Duration>) -> Instant {
        let earliest = ahead
            .zip(self.plays_until)
            .and_then(|(ahead, until)| until.checked_sub(ahead));
        earliest.unwrap_or_else(Instant::now)
    }

    /// A sentence was told, to its end or until it was cancelled.
    fn made(&mut self, telling: &Telling<'_>) {
        if let Some(began) = telling
            .began
            .filter(|_| !self.is_cancelled(telling.sentence))
        {
            let from = self.plays_until.map_or(began, |until| until.max(began));
            self.plays_until = Some(from + length(telling.made));
        }
    }
}

/// What of a piece is to be read, in characters.
fn characters(piece: &[Written]) -> u64 {
    let words = piece.iter().map(|word| word.reading.chars().count() + 1);
    words.sum::<usize>().saturating_sub(1) as u64
}

fn length(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(RATE))
}

/// A sentence on its way out.
struct Telling<'a> {
    outbox: &'a mpsc::Sender<SpeakOutput>,
    sentence: u64,
    lead: Duration,
    witness: Witness,
    /// The engine's work on it, from its first piece to its end.
    call: Option<OpenCall>,
    /// When its first sound could be heard.
    began: Option<Instant>,
    /// Samples made so far, those in `rest` included.
    made: u64,
    /// Less than a chunk.
    rest: Vec<i16>,
}

impl<'a> Telling<'a> {
    fn new(
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
            rest: Vec::with_capacity(2 * CHUNK),
        }
    }

    async fn tell(&mut self, reader: &impl Reader, text: &str) -> Result<(), Gone> {
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
        if let Some(call) = self.call.as_mut().filter(|_| !samples.is_empty()) {
            let ms = |samples| samples * 1000 / u64::from(RATE);
            call.answered();
            call.used(Amount {
                audio_ms: Some(ms(samples.end) - ms(samples.start)),
                ..Amount::default()
            });
        }
    }

    /// Waits until no more than `lead` of sound is unheard; says when what follows is due.
    async fn await_turn(&mut self) -> Instant {
        let Some(began) = self.began else {
            return Instant::now();
        };
        let due = began + length(self.made);
        // A lead beyond the clock's range means never to wait.
        if let Some(earliest) = due.checked_sub(self.lead) {
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

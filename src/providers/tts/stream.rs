//! One session's stream for engines that make sound piece by piece: order, cancelling, pauses,
//! pacing and chunking are the same for all of them and live here and in `telling`.

mod telling;

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::text::{Written, pieces};
use super::{ProviderError, QUEUE, RATE, SpeakInput, SpeakOutput, Speaking, SpokenWord};
use crate::calls::Subject;
use crate::disclosure::Witness;
use telling::Telling;

/// How many sentences may wait to be spoken before the input is left to fill up.
const WAITING: usize = 256;

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

/// How long so much sound lasts.
fn length(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(RATE))
}

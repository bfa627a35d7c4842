//! What a vendor's file has to say: where it is, what its messages mean, how it likes its sound.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;

use crate::providers::socket::Dial;
use crate::providers::stt::ListenRequest;
use crate::providers::term::term;
use crate::providers::{EngineInfo, ProviderError, named};

/// Samples of a second of sound, as sessions have it.
pub(super) const RATE: u32 = 16_000;

/// A vendor, for all sessions.
pub(super) trait Vendor: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> EngineInfo;

    /// Which of its models listens to a session.
    fn model(&self, request: &ListenRequest) -> String;

    /// How it likes its sound.
    fn habits(&self) -> Habits;

    /// Where a session connects.
    fn dial(&self, request: &ListenRequest) -> Dial;

    /// The wire of a new connection.
    fn wire(&self, request: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError>;
}

/// One connection's messages: no socket, no clock.
pub(super) trait Wire: Send {
    /// What the client says first.
    fn greet(&mut self, _: &mut Vec<Message>) {}

    /// Sound: mono at [`RATE`].
    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>);

    /// Wants the final words of all sound so far; for a vendor that cannot be asked, nothing.
    fn flush(&mut self, _: &mut Vec<Message>) {}

    /// Gives up the sound since the last flush. Whether the vendor can: else it is flushed, and
    /// the words are not used.
    fn forget(&mut self, _: &mut Vec<Message>) -> bool {
        false
    }

    /// Nothing is to be said, and the connection is to stay.
    fn keep_alive(&mut self, _: &mut Vec<Message>) {}

    /// The session is over: whatever ends what it costs, before the connection is closed.
    fn finish(&mut self, _: &mut Vec<Message>) {}

    /// Reads a message of the vendor. One that is not understood says nothing.
    ///
    /// # Errors
    /// What the vendor says went wrong, if the connection is of no use any more.
    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError>;

    /// What it means that the vendor closed with this code, if that is one of its own.
    fn closed(&self, _: u16) -> Option<ProviderError> {
        None
    }
}

/// What it means that a vendor closed with this code, of which it says why.
pub(super) fn closed(engine: &str, code: u16, reason: &str) -> ProviderError {
    let mut message = closing(code);
    let told = term(reason);
    if !told.is_empty() {
        message = format!("{message}, {told}");
    }
    named::judge(engine, Some(code), &[reason], None, message)
}

/// How it is told that a vendor closed.
pub(super) fn closing(code: u16) -> String {
    format!("the connection was closed with {code}")
}

/// How a vendor likes its sound, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// Samples of a message.
    pub chunk: usize,
    /// Fewest samples of a message; a shorter rest is completed by silence.
    pub least: usize,
    /// Whether it gets speech alone, cut into what each flush takes; else sound as it comes, of
    /// which it makes turns.
    pub speech_only: bool,
    /// How many times faster than it sounds it takes sound when there is something to catch up.
    pub pace: f64,
    /// How long its own end of a turn is waited for before it is asked for final words.
    pub hold: Duration,
    /// Whether it answers when asked.
    pub flushes: bool,
    /// How long after a question for a sign of life one that says nothing is gone, while its words
    /// are due.
    pub alive: Duration,
    /// How long after being asked a vendor that is alive has nothing more to say of a segment of
    /// which it gave words.
    pub quiet: Duration,
    /// The same where it has said nothing at all: its words may be late.
    pub late: Duration,
    /// Whether it says something of every sound in the end, be it that there is nothing in it. One
    /// that does not is then mute.
    pub confirms: bool,
    /// What keeps a connection without sound.
    pub keeps: Keeps,
    /// Whether it says when it is ready.
    pub greets: bool,
    /// Whether it counts the time that a connection stands, or may: then none is opened ahead.
    pub counts_time: bool,
}

/// What keeps a connection on which nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Nothing has to.
    Itself,
    /// A message of the vendor's, this often.
    Message(Duration),
    /// A little silence, this often.
    Silence(Duration),
    /// A message of the vendor's, this often, once it has said something of sound on the
    /// connection; before, a second of silence.
    MessageOnceHeard(Duration),
}

/// How long a vendor of which words are due may leave a question for a sign of life open: every
/// server of WebSockets answers one at once.
pub(super) const ALIVE: Duration = Duration::from_millis(1500);

/// How long words are waited for of which nothing has come: not for longer than a turn waits for
/// words, with time left for another recogniser to hear it again.
pub(super) const LATE: Duration = Duration::from_millis(3500);

/// What a vendor said, on its own clock: the time of the sound it was sent on this connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// It is ready.
    Ready,
    /// The words of one of its turns, in place of those before.
    Words {
        /// Ascending on a connection. For vendors that get speech alone it is the number of the
        /// flush that takes them, from 0.
        turn: u64,
        /// The words.
        words: Vec<Spoken>,
        /// Whether the turn is over: its words stay.
        last: bool,
    },
    /// No word up to here will change or be added.
    Settled(Duration),
    /// It has listened up to here, though it may change its mind.
    Seen(Duration),
    /// It answered a flush.
    Flushed(Flushed),
    /// It could not transcribe what this flush took.
    Failed(u64, ProviderError),
    /// It believes that the speaker has finished with the turn it gave words of last, and is so
    /// sure of it (0 to 1).
    EndOfTurn(f32),
    /// It is there: it answered the question with this number.
    Alive(u64),
    /// It said everything.
    Over,
}

/// Which flush was answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flushed {
    /// The one with this number, from 0.
    Number(u64),
    /// One, with the words up to there.
    To(Duration),
    /// The oldest of those that are not answered, as far as words tell.
    Oldest,
}

/// A word as a vendor gives it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    /// The word.
    pub text: String,
    /// When it was said, if the vendor tells.
    pub span: Option<(Duration, Duration)>,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// Whether it stays.
    pub settled: bool,
}

impl Spoken {
    /// Words without times, of a vendor that gives a line of text.
    pub fn line(text: &str, settled: bool) -> Vec<Self> {
        let word = |text: &str| Self {
            text: text.to_owned(),
            span: None,
            confidence: 1.0,
            settled,
        };
        text.split_whitespace().map(word).collect()
    }
}

/// A time in seconds off the wire, if it is one.
pub(super) fn seconds(value: f64) -> Option<Duration> {
    // No session lasts longer than a day.
    (0.0..86_400.0)
        .contains(&value)
        .then(|| Duration::from_secs_f64(value))
}

/// The two ends of a word in seconds, if they are times.
pub(super) fn span(start: Option<f64>, end: Option<f64>) -> Option<(Duration, Duration)> {
    Some((seconds(start?)?, seconds(end?)?))
}

/// Sound as most vendors take it: PCM16, little endian.
pub(super) fn pcm(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(samples.len() * 2);
    media::pcm::write(samples, &mut bytes);
    bytes
}

/// The language without its region, as vendors name it; `None` for English.
pub(super) fn language(request: &ListenRequest) -> Option<&str> {
    let language = request.language.as_deref()?;
    let primary = language.split(['-', '_']).next()?;
    (primary != "en" && !primary.is_empty()).then_some(primary)
}

/// The words of a formatted line, if there are as many as this.
pub(super) fn formatted(line: &str, count: usize) -> Option<Vec<&str>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    (words.len() == count).then_some(words)
}

/// Gives words times, evenly, where the vendor gave only those of the whole.
pub(super) fn spread_evenly(words: &mut [Spoken], from: Duration, to: Duration) {
    let count = u32::try_from(words.len().max(1)).unwrap_or(u32::MAX);
    let each = to.saturating_sub(from) / count;
    for (word, index) in words.iter_mut().zip(0..) {
        word.span = word
            .span
            .or(Some((from + each * index, from + each * (index + 1))));
    }
}

//! Where sound that comes as bytes belongs on the timeline, by when it arrives: pauses, drift, and
//! what a stall of the network held back.

use std::time::Duration;

use media::Position;

/// A client that sends no sound for this long while somebody speaks has fallen silent: the speech
/// ends there, whatever comes later.
pub(super) const SILENT: Duration = Duration::from_millis(400);
/// A client that sends long chunks is silent between them: it has fallen silent only when this
/// much more than the length of one has passed …
const OVERDUE: Duration = Duration::from_millis(200);
/// … or this much in all, since a recording that is sent in one piece is a long chunk, too.
const LONGEST_LULL: Duration = Duration::from_millis(1500);
/// Bytes that come this much later than that were not sent in one piece: there was a pause (mute,
/// push to talk) or a stall.
const PAUSE: Duration = Duration::from_millis(200);
/// Over so long a time the promptest chunk tells how far the client's clock has fallen behind …
const DRIFT_SPAN: Duration = Duration::from_secs(4);
/// … and from here on the timeline goes on without the sound that is missing …
const DRIFT: Duration = Duration::from_millis(60);
/// … unless it is catching up: it lies this much less far behind than half the span before.
const FASTER: Duration = Duration::from_millis(40);
/// Less sound than this does not tell whether a client sends as it hears.
const TELLING: Duration = Duration::from_secs(1);
/// How much sound is remembered for that, about.
const REMEMBERED: Duration = Duration::from_secs(10);

/// How the sound of one client arrives.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    begun: bool,
    /// When the latest chunk came, and its length.
    at: Position,
    chunk: Duration,
    /// How far the sound lies behind the timeline by the promptest chunk since `since`: in the
    /// first half of the span, and after it.
    since: Position,
    first: Option<Duration>,
    second: Option<Duration>,
    /// How far it lies behind since a stall of which not everything came; made up for in silence.
    behind: Duration,
    /// How much sound came, and how much of it before it could have been spoken.
    came: Duration,
    early: Duration,
}

impl Arrival {
    /// Sound of this length came, and sound had come up to `end`. Where it begins, if not there.
    /// While somebody is `speaking` only a pause moves it: a word must not be torn, and the next
    /// moment of silence comes soon enough.
    pub(super) fn chunk(
        &mut self,
        length: Duration,
        now: Position,
        end: Position,
        speaking: bool,
    ) -> Option<Position> {
        let paused = self.is_pause(length, now, end);
        let lag = now - (end + length);
        self.note(length, now, end);
        if paused {
            self.begun = true;
            self.settle(now, Duration::ZERO);
            return Some(now.back(length));
        }
        self.behind = self.behind.min(lag);
        let early = now - self.since < DRIFT_SPAN / 2;
        let half = if early {
            &mut self.first
        } else {
            &mut self.second
        };
        *half = Some(half.map_or(lag, |least| least.min(lag)));
        if now - self.since < DRIFT_SPAN || speaking {
            return None;
        }
        let (first, second) = (self.first.unwrap_or(lag), self.second.unwrap_or(lag));
        let drifted = first.min(second);
        let skips = drifted >= DRIFT && second + FASTER >= first;
        self.settle(now, if skips { Duration::ZERO } else { self.behind });
        skips.then(|| end + drifted)
    }

    /// The same of sound that was held back and follows without a gap, however late it is.
    pub(super) fn follows(&mut self, length: Duration, now: Position, end: Position) {
        self.note(length, now, end);
        self.settle(now, now - (end + length));
    }

    /// Whether nothing came for so long that the timeline went on without it.
    pub(super) fn is_pause(&self, length: Duration, now: Position, end: Position) -> bool {
        let lag = now - (end + length);
        !self.begun || lag > self.behind + lull(length) + PAUSE
    }

    /// Whether a pause may be a stall: only of a client that sends as it hears is anything held
    /// back while the network stands still.
    pub(super) fn sends_as_it_hears(&self) -> bool {
        self.begun && self.came >= TELLING && self.early * 4 <= self.came
    }

    /// Until when sound may be missing before that is silence; sound came up to `end`.
    pub(super) fn patience_ends(&self, end: Position) -> Position {
        end.max(self.at) + lull(self.chunk)
    }

    fn note(&mut self, length: Duration, now: Position, end: Position) {
        (self.at, self.chunk) = (now, length);
        if self.came >= REMEMBERED {
            (self.came, self.early) = (self.came / 2, self.early / 2);
        }
        self.came += length;
        self.early += (end + length) - now;
    }

    fn settle(&mut self, now: Position, behind: Duration) {
        (self.since, self.first, self.second) = (now, None, None);
        self.behind = behind;
    }
}

/// How long a client that sends chunks of this length may send nothing before that is silence.
fn lull(chunk: Duration) -> Duration {
    SILENT.max((chunk + OVERDUE).min(LONGEST_LULL))
}

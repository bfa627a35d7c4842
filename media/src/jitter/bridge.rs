//! What stands between two packets that are not neighbours: losses and silence.

use std::collections::VecDeque;
use std::time::Duration;

use super::piece::Piece;
use crate::frame::Position;

/// Shorter deviations between two packets are the clocks' drift, in samples at 48 kHz (2.5 ms).
pub(super) const UNIT: u64 = 120;
/// Of a longer loss only the end is concealed, in samples at 48 kHz (120 ms): further back
/// concealment has faded away, and it is silence.
const CONCEALABLE: u64 = 5760;

/// The last packet given out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) sequence: u64,
    pub(super) start: Position,
    pub(super) end: Position,
    pub(super) span: u64,
}

/// Fills the time from the packet `last` to the packet `next` at `to`, `span` long, with
/// `missing` lost ones between them. Returns how many losses it gives out.
///
/// Where there is more time than the lost packets need, the rest is silence, and the losses are
/// looked for directly before the next packet: speech begins after silence, and only there can
/// they be repaired.
pub(super) fn bridge<B: Clone>(
    last: Last,
    missing: u64,
    to: Position,
    span: u64,
    next: &B,
    out: &mut VecDeque<Piece<B>>,
) -> u64 {
    let time = to.samples().saturating_sub(last.end.samples());
    let mut from = last.end;
    // As long as its neighbours, unless there is less room; drift may have taken a bit.
    let room = (time + UNIT / 2).checked_div(missing).unwrap_or(0);
    let each = last.span.min(span).min(room) / UNIT * UNIT;
    let lost = CONCEALABLE
        .checked_div(each)
        .map_or(0, |most| missing.min(most));
    let silence = time.saturating_sub(lost * each);
    if silence >= UNIT {
        out.push_back(Piece::Gap {
            at: from,
            span: duration(silence),
        });
        from = Position::new(from.samples() + silence);
    }
    for n in 1..=lost {
        let next = (n == lost).then(|| next.clone());
        // Drift can leave a little less than the losses' nominal time.
        let at = from.min(to).max(last.start);
        out.push_back(Piece::Lost {
            at,
            span: duration(each),
            next,
        });
        from = Position::new(from.samples() + each);
    }
    lost
}

/// The time of `samples` at 48 kHz.
pub(super) fn duration(samples: u64) -> Duration {
    Position::new(samples) - Position::ZERO
}

//! How loud a track is over time, in one byte per frame, as a waveform is drawn from it.

use std::ops::Range;

use crate::Position;

/// Samples at 48 kHz of a frame of 20 ms, which one peak stands for.
const FRAME: u64 = 960;

/// The largest magnitude among `samples`, divided by 128: 0 to 255.
#[must_use]
pub fn peak(samples: &[i16]) -> u8 {
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
    // Only the magnitude of i16::MIN, 32 768, reaches 256.
    (peak.unwrap_or(0) >> 7).min(255) as u8
}

/// Collects the peaks of one track of a part: one byte per 20 ms from the part's beginning, zero
/// where nothing was.
///
/// A frame that lies across two slots counts in the one it covers most.
#[derive(Debug, Default)]
pub struct PeakWriter {
    /// Peaks not taken yet.
    ready: Vec<u8>,
    /// How many were taken.
    taken: u64,
}

impl PeakWriter {
    /// Notes that the frame, or the packet of several, that begins at `at` has this peak. The
    /// peak belongs to every slot of its `span` (samples at 48 kHz). What lies before the slots
    /// taken is forgotten, and so is what lies more than a day after them.
    pub fn place(&mut self, at: Position, span: u32, peak: u8) {
        const DAY: u64 = 24 * 3600 * 50;
        let first = at.samples().saturating_add(FRAME / 2) / FRAME;
        let after = at.samples().saturating_add(u64::from(span) + FRAME / 2) / FRAME;
        for slot in first..after.max(first + 1) {
            let Some(index) = slot.checked_sub(self.taken).filter(|&index| index < DAY) else {
                continue;
            };
            let index = index as usize;
            if self.ready.len() <= index {
                self.ready.resize(index + 1, 0);
            }
            self.ready[index] = self.ready[index].max(peak);
        }
    }

    /// Appends the peaks that were not taken yet to `out`; in order, they are the file.
    pub fn take(&mut self, out: &mut Vec<u8>) {
        self.taken += self.ready.len() as u64;
        out.append(&mut self.ready);
    }
}

/// Reduces the peaks of a session's parts to a few, the largest of each bin.
#[derive(Clone, Debug)]
pub struct PeakBins {
    bins: Vec<u8>,
    /// In samples.
    from: u64,
    length: u64,
}

impl PeakBins {
    /// `count` bins of equal length over what lies `within` these positions of a session.
    #[must_use]
    pub fn new(count: usize, within: Range<Position>) -> Self {
        let from = within.start.samples();
        Self {
            bins: vec![0; count],
            from,
            length: within.end.samples().saturating_sub(from),
        }
    }

    /// Adds a piece of peaks, one per 20 ms, of which the first begins at `from` on the session's
    /// timeline. What lies outside the bins is left out.
    pub fn add(&mut self, from: Position, peaks: &[u8]) {
        let count = self.bins.len() as u128;
        let Some(last) = self.length.checked_sub(1).filter(|_| count > 0) else {
            return;
        };
        let bin = |sample: u64| (u128::from(sample) * count / u128::from(self.length)) as usize;
        // Frames that end before the first bin.
        let early = self.from.saturating_sub(from.samples()) / FRAME;
        let mut begin = from.samples().saturating_add(early * FRAME);
        let later = usize::try_from(early)
            .ok()
            .and_then(|early| peaks.get(early..));
        for &peak in later.unwrap_or_default() {
            let first = begin.saturating_sub(self.from);
            if first > last {
                return;
            }
            begin = begin.saturating_add(FRAME);
            let end = (begin - 1).saturating_sub(self.from).min(last);
            // Several bins may lie within one frame, or several frames within one bin.
            for value in &mut self.bins[bin(first)..=bin(end)] {
                *value = (*value).max(peak);
            }
        }
    }

    /// The bins.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bins
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_peak_is_a_byte() {
        assert_eq!(peak(&[]), 0);
        assert_eq!(peak(&[127, -127]), 0);
        assert_eq!(peak(&[5, -128, 3]), 1);
        assert_eq!(peak(&[i16::MAX]), 255);
        assert_eq!(peak(&[i16::MIN]), 255);
    }

    #[test]
    fn peaks_stand_at_their_places() {
        let (mut writer, mut file) = (PeakWriter::default(), Vec::new());
        writer.place(Position::from_ms(0), 960, 5);
        writer.place(Position::from_ms(49), 960, 7);
        writer.take(&mut file);
        assert_eq!(file, [5, 0, 7]);
        writer.place(Position::from_ms(10), 960, 99);
        writer.place(Position::from_ms(91), 2880, 4);
        writer.place(Position::new(u64::MAX / 2), 960, 99);
        writer.take(&mut file);
        assert_eq!(file, [5, 0, 7, 0, 0, 4, 4, 4]);
    }

    #[test]
    fn bins_keep_the_largest_at_its_place() {
        let mut bins = PeakBins::new(5, Position::ZERO..Position::from_ms(1000));
        bins.add(Position::from_ms(0), &[1, 2, 3]);
        bins.add(Position::from_ms(590), &[9, 4, 200]);
        bins.add(Position::from_ms(990), &[7, 250, 250]);
        assert_eq!(bins.finish(), [3, 0, 9, 200, 7]);
        // More bins than frames.
        let mut bins = PeakBins::new(4, Position::ZERO..Position::from_ms(40));
        bins.add(Position::ZERO, &[1, 2]);
        assert_eq!(bins.finish(), [1, 1, 2, 2]);
        // A window: frames that lie across its edges count, what lies outside does not.
        let mut bins = PeakBins::new(3, Position::from_ms(110)..Position::from_ms(170));
        bins.add(Position::ZERO, &[99, 99, 99, 99, 99, 6, 7, 8, 9, 99]);
        bins.add(Position::from_ms(200), &[99]);
        assert_eq!(bins.finish(), [7, 8, 9]);
        let mut bins = PeakBins::new(2, Position::from_ms(50)..Position::from_ms(90));
        bins.add(Position::from_ms(70), &[4, 5]);
        bins.add(Position::from_ms(10), &[1]);
        assert_eq!(bins.finish(), [0, 4]);
    }

    proptest! {
        #[test]
        fn any_number_of_bins_of_any_session(
            count in 0usize..500, length: u64, from: u64,
            peaks in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut bins = PeakBins::new(count, Position::ZERO..Position::new(length));
            bins.add(Position::new(from), &peaks);
            bins.add(Position::ZERO, &peaks);
            let bins = bins.finish();
            prop_assert_eq!(bins.len(), count);
            if count > 0 && length > 300 * 960 {
                prop_assert!(bins.iter().max() >= peaks.iter().max());
            }
        }

        #[test]
        fn a_window_is_a_piece_of_the_whole(
            from in 0u64..100, frames in 1u64..100, parts in 0u64..150,
            peaks in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let at = |frame: u64| Position::new(frame * FRAME);
            let mut whole = PeakBins::new(400, at(0)..at(400));
            whole.add(at(parts), &peaks);
            let mut window = PeakBins::new(frames as usize, at(from)..at(from + frames));
            window.add(at(parts), &peaks);
            let piece = from as usize..(from + frames) as usize;
            prop_assert_eq!(window.finish(), &whole.finish()[piece]);
        }
    }
}

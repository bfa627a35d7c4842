//! One voice of a part while it is recorded: its packets as pages, and how loud they are.

use media::peaks::PeakWriter;
use media::record::TrackWriter;
use media::{FRAME, Position};

/// Bytes of both files.
pub(super) type Pages = (Vec<u8>, Vec<u8>);

/// One voice. Positions are on the part's timeline.
#[derive(Debug)]
pub(super) struct Track {
    /// `None` once it has ended.
    packets: Option<TrackWriter>,
    peaks: PeakWriter,
    /// The last pages, once it has ended.
    last: Vec<u8>,
    /// How long the pages were that were taken last.
    usual: usize,
}

impl Track {
    pub(super) fn new(serial: u32) -> Self {
        Self {
            packets: Some(TrackWriter::new(serial)),
            peaks: PeakWriter::default(),
            last: Vec::new(),
            usual: 0,
        }
    }

    /// Writes a packet. One that is not Opus, or a day away, has no place in a recording.
    pub(super) fn place(&mut self, at: Position, packet: &[u8], peak: u8) {
        let Some(packets) = &mut self.packets else {
            return;
        };
        if packets.place(at, packet, peak).is_ok()
            && let Ok(span) = media::opus::duration(packet)
        {
            let span = (Position::ZERO + span).samples();
            self.peaks.place(at, u32::try_from(span).unwrap_or(0), peak);
        }
    }

    /// Bytes not taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.last.len() + self.packets.as_ref().map_or(0, TrackWriter::pending)
    }

    /// Everything not taken yet.
    pub(super) fn take(&mut self) -> Pages {
        let mut pages = std::mem::take(&mut self.last);
        if let Some(packets) = &mut self.packets {
            pages.reserve(self.usual);
            packets.take_pages(&mut pages);
            self.usual = pages.len();
        }
        let mut peaks = Vec::new();
        self.peaks.take(&mut peaks);
        (pages, peaks)
    }

    /// The track ends at `end`.
    pub(super) fn finish(&mut self, end: Position) {
        if let Some(packets) = self.packets.take() {
            let end = packets.finish(end, &mut self.last);
            // It is silent up to there.
            self.peaks.place(end.back(FRAME), 0, 0);
        }
    }

    /// The recording ends without an end of the track.
    pub(super) fn stop(&mut self) {
        self.packets = None;
        self.peaks = PeakWriter::default();
    }
}

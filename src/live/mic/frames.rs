//! The end of the microphone stage: sound becomes frames on the timeline, with the edges of speech.

use std::time::Duration;

use media::Position;
use media::frame::FRAME;
use media::vad::Edge;

use super::{Captured, Mic, RATE, SAMPLES};

/// The longest gap that is filled with silence; a longer one is skipped.
pub(super) const LONGEST_FILL: Duration = Duration::from_millis(1000);

impl Mic {
    /// The timeline goes on at `at` without sound.
    pub(super) fn skip_to(&mut self, at: Position, out: &mut Vec<Captured>) {
        if at > self.end {
            self.break_off(out);
            // A frame that has begun is completed, so that nothing of it is lost.
            self.fill((at - self.end).min(span_of(self.missing())), out);
        }
        if at > self.end && self.partial.is_empty() {
            out.push(Captured::Gap(at.samples() - self.end.samples()));
            self.end = at;
        }
        self.begun = true;
    }

    /// Samples that the frame that has begun still lacks.
    pub(super) fn missing(&self) -> usize {
        match self.partial.len() {
            0 => 0,
            begun => SAMPLES - begun,
        }
    }

    /// Silence that follows at `end`, at most [`LONGEST_FILL`] of it.
    pub(super) fn fill(&mut self, span: Duration, out: &mut Vec<Captured>) {
        let samples = (Position::ZERO + span.min(LONGEST_FILL)).samples_at(RATE) as usize;
        let silence = [0; SAMPLES];
        let mut left = samples;
        while left > 0 {
            let count = left.min(SAMPLES);
            self.sound(&silence[..count], out);
            left -= count;
        }
    }

    /// Sound that follows at `end`.
    pub(super) fn sound(&mut self, mut samples: &[i16], out: &mut Vec<Captured>) {
        while !samples.is_empty() {
            let count = samples.len().min(SAMPLES - self.partial.len());
            let (now, later) = samples.split_at(count);
            self.partial.extend_from_slice(now);
            self.end += span_of(count);
            samples = later;
            if self.partial.len() == SAMPLES {
                self.frame(out);
            }
        }
    }

    fn frame(&mut self, out: &mut Vec<Captured>) {
        let at = self.end.back(FRAME);
        if self.limit.is_some_and(|limit| self.end > limit) && self.vad.is_background(&self.partial)
        {
            self.end = at;
            self.partial.clear();
            let samples = (Position::ZERO + FRAME).samples();
            match out.last_mut() {
                Some(Captured::Omitted(before)) => *before += samples,
                _ => out.push(Captured::Omitted(samples)),
            }
            return;
        }
        self.activity.clear();
        self.vad.push(at, &self.partial, &mut self.activity);
        out.push(Captured::Frame {
            at,
            samples: self.partial.as_slice().into(),
        });
        self.partial.clear();
        let edges = self.activity.iter().filter_map(|activity| activity.edge);
        out.extend(edges.map(captured));
    }
}

pub(super) const fn captured(edge: Edge) -> Captured {
    match edge {
        Edge::Started { at } => Captured::Started(at),
        Edge::Stopped { at } => Captured::Stopped(at),
    }
}

pub(super) fn span_of(samples: usize) -> Duration {
    Position::from_samples(samples as u64, RATE) - Position::ZERO
}

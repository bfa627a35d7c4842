//! The one thread that speaks for all sessions, whoever's sound is due first being first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::CString;
use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::mpsc;
use std::thread;

use futures::channel::mpsc::UnboundedSender;
use media::resample::Resampler;
use tokio::time::Instant;

use super::ffi::{self, Listener, Recording, Timing};
use super::persona::PERSONAS;
use crate::providers::tts::level::amplify;
use crate::providers::tts::stream::Made;
use crate::providers::tts::{ProviderError, RATE, SpokenWord};

/// Samples that the library makes between two looks at whether anyone still listens: 20 ms.
const STEP: u16 = 320;

/// Silence kept before the first word of a piece, in samples of the recording: 20 ms.
const BEFORE: usize = 320;

/// Silence kept after the last word of a piece at most, in samples of the recording: 200 ms.
const AFTER: usize = 3200;

/// A piece to speak.
pub(super) struct Job {
    /// When its listener needs the first sound.
    pub due: Instant,
    pub recording: Recording,
    /// Rate at which the recording is played.
    pub play_rate: u32,
    /// How much longer than the recording's own pace, before playing at another rate.
    pub stretch: f32,
    pub gain: f32,
    /// Tokens of `english::tokens`, blanks between them.
    pub text: CString,
    /// For every token, which word it is part of.
    pub tokens: Vec<usize>,
    /// Where the words stand in the sentence.
    pub words: Vec<Range<usize>>,
    pub sink: UnboundedSender<Result<Made, ProviderError>>,
}

/// A way to the thread, which ends when the last of these is gone.
#[derive(Clone, Debug)]
pub(super) struct Worker(mpsc::Sender<Job>);

impl Worker {
    /// Starts the thread; it loads the recordings, so that no listener waits for that.
    pub fn start() -> io::Result<Self> {
        let (sender, jobs) = mpsc::channel();
        thread::Builder::new()
            .name("flite".to_owned())
            .spawn(move || run(&jobs))?;
        Ok(Self(sender))
    }

    /// Queues a piece; gives it back if the thread has ended.
    ///
    /// A session has one piece under way, so the queue is as long as there are sessions.
    pub fn speak(&self, job: Job) -> Result<(), Box<Job>> {
        self.0.send(job).map_err(|refused| Box::new(refused.0))
    }
}

fn run(jobs: &mpsc::Receiver<Job>) {
    for persona in &PERSONAS {
        // A recording that fails here fails again when it is asked for, and is reported then.
        let _ = ffi::synthesise(persona.recording, c"ah", 1.0, STEP, &mut Nobody);
    }
    let mut queue = BinaryHeap::new();
    let mut arrival = 0_u64;
    let mut arrive = |queue: &mut BinaryHeap<Queued>, job: Job| {
        arrival += 1;
        queue.push(Queued {
            order: Reverse((job.due, arrival)),
            job,
        });
    };
    while let Ok(first) = jobs.recv() {
        arrive(&mut queue, first);
        loop {
            while let Ok(more) = jobs.try_recv() {
                arrive(&mut queue, more);
            }
            let Some(next) = queue.pop() else { break };
            speak(next.job);
        }
    }
}

struct Queued {
    order: Reverse<(Instant, u64)>,
    job: Job,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Queued {}

struct Nobody;

impl Listener for Nobody {
    fn timing(&mut self, _timing: Timing) {}

    fn sound(&mut self, _samples: &[i16]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn speak(job: Job) {
    if job.sink.is_closed() {
        return;
    }
    let result = Voicing::new(&job).and_then(|mut voicing| {
        ffi::synthesise(job.recording, &job.text, job.stretch, STEP, &mut voicing)
            .map_err(|fault| fault.to_string())?;
        voicing.finish()
    });
    if let Err(message) = result {
        // Whoever cancelled does not want to know.
        let _ = job.sink.unbounded_send(Err(ProviderError::Unavailable {
            engine: super::NAME.to_owned(),
            message,
        }));
    }
}

/// From the library's samples to the listener's.
struct Voicing<'a> {
    job: &'a Job,
    resampler: Resampler,
    /// Samples of the recording so far.
    heard: usize,
    /// Which of them are wanted.
    wanted: Range<usize>,
    /// Samples sent so far, and how many the words need.
    sent: u64,
    needed: u64,
    fault: Option<String>,
}

impl<'a> Voicing<'a> {
    fn new(job: &'a Job) -> Result<Self, String> {
        let resampler = Resampler::new(job.play_rate, RATE).map_err(|error| error.to_string())?;
        Ok(Self {
            job,
            resampler,
            heard: 0,
            wanted: 0..usize::MAX,
            sent: 0,
            needed: 0,
            fault: None,
        })
    }

    /// Where a moment of the recording lies in what the listener gets.
    fn place(&self, seconds: f32) -> u64 {
        let sample = f64::from(seconds) * f64::from(ffi::RATE) - self.wanted.start as f64;
        (sample.max(0.0) * f64::from(RATE) / f64::from(self.job.play_rate)).round() as u64
    }

    fn words(&self, timing: &Timing) -> Vec<SpokenWord> {
        let mut words: Vec<SpokenWord> = Vec::new();
        let mut last = None;
        for spoken in &timing.words {
            // Tokens that the library joined or split cannot be told apart any more; those
            // beyond the last belong to it.
            let Some(at) = self.job.tokens.get(spoken.token).or(self.job.tokens.last()) else {
                continue;
            };
            let (start, end) = (self.place(spoken.start), self.place(spoken.end));
            match words.last_mut() {
                Some(word) if last == Some(*at) => word.end = word.end.max(end),
                _ => words.push(SpokenWord {
                    text: self.job.words[*at].clone(),
                    start,
                    end,
                }),
            }
            last = Some(*at);
        }
        words
    }

    fn send(&mut self, made: Made) -> ControlFlow<()> {
        if let Made::Audio(samples) = &made {
            self.sent += samples.len() as u64;
        }
        match self.job.sink.unbounded_send(Ok(made)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn send_audio(&mut self, mut samples: Vec<i16>) -> ControlFlow<()> {
        if samples.is_empty() {
            return ControlFlow::Continue(());
        }
        for sample in &mut samples {
            *sample = amplify(*sample, self.job.gain);
        }
        self.send(Made::Audio(samples))
    }

    fn finish(mut self) -> Result<(), String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut rest = Vec::new();
        self.resampler
            .flush(&mut rest)
            .map_err(|error| error.to_string())?;
        // The last frame of the recording may be a few samples short of the time it states.
        let total = self.sent + rest.len() as u64;
        let missing = self.needed.saturating_sub(total) as usize;
        rest.resize(rest.len() + missing, 0);
        let _ = self.send_audio(rest);
        Ok(())
    }
}

impl Listener for Voicing<'_> {
    fn timing(&mut self, timing: Timing) {
        let lead_in = (timing.lead_in * ffi::RATE as f32) as usize;
        self.wanted.start = lead_in.saturating_sub(BEFORE);
        if let Some(last) = timing.words.last() {
            self.wanted.end = (last.end * ffi::RATE as f32) as usize + AFTER;
        }
        let words = self.words(&timing);
        self.needed = words.last().map_or(0, |word| word.end);
        // A listener who left is noticed with the first sound.
        let _ = self.send(Made::Words(words));
    }

    fn sound(&mut self, samples: &[i16]) -> ControlFlow<()> {
        let from = self
            .wanted
            .start
            .saturating_sub(self.heard)
            .min(samples.len());
        let to = self
            .wanted
            .end
            .saturating_sub(self.heard)
            .min(samples.len());
        self.heard += samples.len();
        if self.job.sink.is_closed() || to == 0 {
            return ControlFlow::Break(());
        }
        let mut out = Vec::with_capacity(2 * samples.len());
        if let Err(error) = self.resampler.process(&samples[from..to], &mut out) {
            self.fault = Some(error.to_string());
            return ControlFlow::Break(());
        }
        self.send_audio(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_is_spoken_first() {
        // `Queued` orders by the due time, then by arrival; the heap pops its greatest.
        let now = Instant::now();
        let later = now + std::time::Duration::from_secs(1);
        assert!(Reverse((now, 2)) > Reverse((later, 1)));
        assert!(Reverse((now, 1)) > Reverse((now, 2)));
    }
}

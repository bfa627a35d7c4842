//! A recording played to a recogniser as the live microphone plays it: frame by frame at a steady
//! pace, cut into segments by voice activity.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use media::vad::{Edge, Vad, VadSettings};
use media::{FRAME, Position};
use praxiloom::providers::stt::{
    ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText, Word,
};

use crate::BenchError;
use crate::stats::Series;

/// Samples of a frame.
const SAMPLES: usize = media::vad::RATE as usize / 50;
/// A segment ends this long after its last sound.
const TRAILING: Duration = Duration::from_millis(200);
/// Silence after the recording, in frames, so that its last segment ends.
const AFTER: usize = 100;

/// How a recording is played and cut.
#[derive(Clone, Debug)]
pub struct Playing {
    /// How many times faster than real time.
    pub speed: f64,
    /// The silence that ends a segment.
    pub hangover: Duration,
    /// A segment begins this long before its first sound.
    pub padding: Duration,
    /// Words that the session expects.
    pub expect: Vec<String>,
}

/// What was understood.
#[derive(Debug, Default)]
pub struct Understood {
    /// The words of all segments.
    pub words: Vec<Word>,
    /// Length of the recording in seconds.
    pub seconds: f64,
    /// From the end of a segment to its final, per segment.
    pub finals: Series,
    /// Partials that came.
    pub partials: usize,
    /// Those that took back a word shown before.
    pub revised: usize,
    /// Finals that took back a word called stable.
    pub retracted: usize,
}

/// Plays these samples (16 kHz) to a new stream of the recogniser.
///
/// # Errors
/// If the recogniser fails.
pub async fn listen(
    engine: &dyn SpeechToText,
    samples: &[i16],
    playing: &Playing,
) -> Result<Understood, BenchError> {
    let request = ListenRequest {
        expect: playing.expect.clone(),
        ..ListenRequest::default()
    };
    let stream = engine.open(request).await;
    let mut ear = Ear {
        stream: stream.map_err(|error| BenchError::Server(error.to_string()))?,
        vad: Vad::new(VadSettings {
            hangover: playing.hangover,
            ..VadSettings::default()
        }),
        padding: playing.padding,
        segments: 0,
        ended: HashMap::new(),
        shown: Vec::new(),
        stable: Vec::new(),
        heard: Understood {
            seconds: samples.len() as f64 / f64::from(media::vad::RATE),
            ..Understood::default()
        },
    };
    let mut clock = tokio::time::interval(FRAME.div_f64(playing.speed));
    let silence = [0; SAMPLES];
    let mut frames = samples
        .chunks_exact(SAMPLES)
        .chain(std::iter::repeat_n(silence.as_slice(), AFTER));
    let mut at = Position::ZERO;
    let mut playing = true;
    while playing || !ear.ended.is_empty() {
        tokio::select! {
            output = ear.stream.output.recv() => ear.understand(output)?,
            _ = clock.tick(), if playing => match frames.next() {
                Some(frame) => {
                    ear.hear(at, frame).await?;
                    at += FRAME;
                }
                None => playing = false,
            },
        }
    }
    Ok(ear.heard)
}

/// A recogniser's stream and what came out of it.
struct Ear {
    stream: Listening,
    vad: Vad,
    padding: Duration,
    segments: u64,
    /// Segments whose finals are to come, with when they were ended.
    ended: HashMap<u64, Instant>,
    shown: Vec<String>,
    stable: Vec<String>,
    heard: Understood,
}

impl Ear {
    async fn hear(&mut self, at: Position, samples: &[i16]) -> Result<(), BenchError> {
        let audio = ListenInput::Audio {
            at,
            samples: samples.into(),
        };
        self.send(audio).await?;
        let mut activity = Vec::new();
        self.vad.push(at, samples, &mut activity);
        for edge in activity.into_iter().filter_map(|activity| activity.edge) {
            match edge {
                Edge::Started { at } => {
                    self.segments += 1;
                    (self.shown, self.stable) = (Vec::new(), Vec::new());
                    let (segment, from) = (self.segments, at.back(self.padding));
                    self.send(ListenInput::Begin { segment, from }).await?;
                }
                Edge::Stopped { at } => {
                    let (segment, to) = (self.segments, at + TRAILING);
                    self.ended.insert(segment, Instant::now());
                    self.send(ListenInput::End { segment, to }).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(&self, input: ListenInput) -> Result<(), BenchError> {
        let sent = self.stream.input.send(input).await;
        sent.map_err(|_| BenchError::Server("the recogniser's stream ended".to_owned()))
    }

    fn understand(&mut self, output: Option<ListenOutput>) -> Result<(), BenchError> {
        let ended = || BenchError::Server("the recogniser's stream ended".to_owned());
        match output.ok_or_else(ended)? {
            ListenOutput::Partial {
                segment,
                transcript,
            } => {
                let words = texts(&transcript.words);
                self.heard.partials += 1;
                if segment == self.segments {
                    self.heard.revised += usize::from(!words.starts_with(&self.shown));
                    self.stable = words[..transcript.stable].to_vec();
                    self.shown = words;
                }
            }
            ListenOutput::Final {
                segment,
                transcript,
            } => {
                let asked = self.ended.remove(&segment);
                let asked = asked.ok_or(BenchError::Late("a final after its end"))?;
                let took = asked.elapsed().as_secs_f64() * 1000.0;
                self.heard.finals.push(took);
                if segment == self.segments {
                    let kept = texts(&transcript.words).starts_with(&self.stable);
                    self.heard.retracted += usize::from(!kept);
                }
                self.heard.words.extend(transcript.words);
            }
            ListenOutput::EndOfTurn { .. } | ListenOutput::Back { .. } => {}
            ListenOutput::Failed { error, .. }
            | ListenOutput::StoodIn { error, .. }
            | ListenOutput::Lost { error } => {
                return Err(BenchError::Server(error.to_string()));
            }
        }
        Ok(())
    }
}

fn texts(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use praxiloom::providers::stt::standin::Standin;

    #[tokio::test(start_paused = true)]
    async fn a_recording_is_cut_where_somebody_pauses() {
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
        let spoken = crate::wav::read(&fixtures.join("speech/begin.wav"), 16_000).unwrap();
        let mut twice = spoken.clone();
        twice.extend([0; 16_000]);
        twice.extend(&spoken);
        let playing = Playing {
            speed: 1.0,
            hangover: Duration::from_millis(200),
            padding: Duration::from_millis(300),
            expect: Vec::new(),
        };
        let heard = listen(&Standin::default(), &twice, &playing).await.unwrap();
        assert_eq!(heard.finals.len(), 2);
        assert_eq!(heard.words.len(), 8 + 7);
        assert!(heard.words[8].start > Position::from_ms(3300));
    }
}

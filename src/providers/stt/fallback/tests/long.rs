//! Utterances longer than the sound that is kept: what was understood of the rest is not lost with
//! the engine that understood it.

use super::*;
use crate::providers::stt::Word;

/// Understands a word in every second of sound, by where it stands: `w7` from 7 s on for 600 ms. Of
/// one that it does not hear from its beginning it makes another.
#[derive(Clone, Copy)]
struct Clockwork {
    name: &'static str,
    /// Breaks off once it has heard so many seconds from its first sound on.
    breaks: Option<u64>,
    /// Knows when words were said; else it spreads them over all that it heard.
    timed: bool,
}

struct Ticking {
    of: Clockwork,
    first: Option<Position>,
    heard_to: Position,
}

impl Ticking {
    fn transcript(&self, last: bool) -> Transcript {
        let (from, to) = (self.first.unwrap_or_default().ms(), self.heard_to.ms());
        let begun = |second: &u64| second * 1000 + 600 > from && second * 1000 + 300 <= to;
        let seconds: Vec<u64> = (from / 1000..=to / 1000).filter(begun).collect();
        let each = (to - from) / (seconds.len() as u64).max(1);
        let word = |(number, second): (usize, &u64)| {
            let begins = second * 1000;
            let (start, end) = match self.of.timed {
                true => (begins.max(from), (begins + 600).min(to)),
                false => {
                    let start = from + number as u64 * each;
                    (start, start + each)
                }
            };
            Word {
                text: if begins < from {
                    "uh".to_owned()
                } else {
                    format!("w{second}")
                },
                start: Position::from_ms(start),
                end: Position::from_ms(end),
                confidence: 1.0,
            }
        };
        let words: Vec<Word> = seconds.iter().enumerate().map(word).collect();
        let stable = if last { words.len() } else { 0 };
        Transcript { words, stable }
    }
}

impl SpeechToText for Clockwork {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: self.name.to_owned(),
            processor: None,
            note: "It ticks.".to_owned(),
        }
    }

    fn open(&self, _: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let (input, mut inputs) = mpsc::channel(QUEUE);
        let (outputs, output) = mpsc::channel(QUEUE);
        let mut ticking = Ticking {
            of: *self,
            first: None,
            heard_to: Position::ZERO,
        };
        tokio::spawn(async move {
            let mut open = None;
            while let Some(input) = inputs.recv().await {
                match input {
                    ListenInput::Audio { at, .. } => {
                        let first = *ticking.first.get_or_insert(at);
                        let second = ticking.heard_to.ms() / 1000;
                        ticking.heard_to = at + media::FRAME;
                        let breaks = ticking.of.breaks.map(Duration::from_secs);
                        if breaks.is_some_and(|after| ticking.heard_to - first >= after) {
                            let error = trouble();
                            let _ = outputs.send(ListenOutput::Lost { error }).await;
                            return;
                        }
                        if let Some(segment) = open
                            && ticking.heard_to.ms() / 1000 > second
                        {
                            let transcript = ticking.transcript(false);
                            let partial = ListenOutput::Partial {
                                segment,
                                transcript,
                            };
                            let _ = outputs.send(partial).await;
                        }
                    }
                    ListenInput::Begin { segment, .. } => open = Some(segment),
                    ListenInput::End { segment, .. } => {
                        let transcript = ticking.transcript(true);
                        let last = ListenOutput::Final {
                            segment,
                            transcript,
                        };
                        let _ = outputs.send(last).await;
                    }
                    ListenInput::Discard { .. } => open = None,
                }
            }
        });
        async move { Ok(Listening { input, output }) }.boxed()
    }
}

fn clockwork(name: &'static str, breaks: Option<u64>, timed: bool) -> Arc<dyn SpeechToText> {
    Arc::new(Clockwork {
        name,
        breaks,
        timed,
    })
}

#[tokio::test(start_paused = true)]
async fn what_was_understood_of_sound_that_is_gone_stands_and_the_rest_follows_it() {
    // The kept sound begins between two words, in the middle of one, and at its end.
    for begins in [0, 300, 700] {
        for timed in [true, false] {
            let engine = Fallback::new([
                clockwork("first", Some(50), true),
                clockwork("second", Some(35), timed),
                clockwork("third", None, timed),
            ]);
            let mut stream = open(&engine).await;
            let from = Position::from_ms(begins);
            let segment = 1;
            let said = ListenInput::Begin { segment, from };
            stream.input.send(said).await.unwrap();
            let (mut at, mut stood_in) = (from, Vec::new());
            let samples: Box<[i16]> = vec![3000; 320].into();
            let mut last = None;
            while last.is_none() {
                let to = Position::from_ms(70_000);
                if at < to {
                    let samples = samples.clone();
                    let frame = ListenInput::Audio { at, samples };
                    stream.input.send(frame).await.unwrap();
                    at += media::FRAME;
                    if at >= to {
                        let end = ListenInput::End { segment, to };
                        stream.input.send(end).await.unwrap();
                    }
                    tokio::task::yield_now().await;
                }
                let heard = match at < to {
                    true => stream.output.try_recv().ok(),
                    false => next(&mut stream).await,
                };
                match heard {
                    None => {}
                    Some(ListenOutput::Partial { transcript, .. }) => {
                        // The sound of the first twenty seconds is told to nobody again.
                        let known = transcript.words.len();
                        assert!(stood_in.is_empty() || known >= 19, "{known}");
                    }
                    Some(ListenOutput::StoodIn { by, .. }) => stood_in.push(by),
                    Some(ListenOutput::Final { transcript, .. }) => last = Some(transcript),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(stood_in, ["second", "third"]);
            let first = if begins > 0 {
                "uh".to_owned()
            } else {
                "w0".to_owned()
            };
            let first = (begins < 600).then_some(first);
            let all = first
                .into_iter()
                .chain((1..70).map(|second| format!("w{second}")));
            let heard = last.unwrap();
            assert_eq!(
                heard.text(),
                all.collect::<Vec<_>>().join(" "),
                "{begins} {timed}"
            );
            assert_eq!(heard.stable, heard.words.len());
        }
    }
}

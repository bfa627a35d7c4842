//! What every voice must do: one test per promise, to be run for each engine.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use praxiloom::disclosure::Witness;
use praxiloom::providers::ProviderError;
use praxiloom::providers::tts::{
    QUEUE, RATE, SpeakInput, SpeakOutput, Speaking, SpokenWord, TextToSpeech, VoiceRequest,
};
use tokio::time::{Instant, timeout};

/// No single answer of an engine may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine under test and how to speak to it.
#[derive(Clone)]
pub struct Subject {
    pub engine: Arc<dyn TextToSpeech>,
    pub language: Option<&'static str>,
}

/// A sentence as it was heard.
#[derive(Debug, Default)]
pub struct Heard {
    pub audio: Vec<i16>,
    pub chunks: Vec<usize>,
    pub words: Vec<SpokenWord>,
    /// Why another engine had to speak.
    pub stood_in: Vec<ProviderError>,
    /// How often the first voice was said to speak again.
    pub back: usize,
}

impl Subject {
    pub async fn open(&self) -> Speaking {
        self.open_at("", 1.0).await
    }

    pub async fn open_at(&self, voice: &str, speed: f32) -> Speaking {
        let request = self.request(voice, speed);
        self.engine.open(request).await.unwrap()
    }

    /// With somebody who learns what is asked of it.
    pub async fn open_told(&self, witness: Witness) -> Speaking {
        let request = VoiceRequest {
            witness,
            ..self.request("", 1.0)
        };
        self.engine.open(request).await.unwrap()
    }

    pub fn request(&self, voice: &str, speed: f32) -> VoiceRequest {
        VoiceRequest {
            voice: voice.to_owned(),
            language: self.language.map(str::to_owned),
            speed,
            witness: Witness::default(),
        }
    }

    /// Speaks one sentence in a session of its own.
    pub async fn speak(&self, text: &str) -> Heard {
        let mut speaking = self.open().await;
        say(&speaking, 1, text).await;
        hear(&mut speaking, 1).await
    }
}

pub async fn say(speaking: &Speaking, sentence: u64, text: &str) {
    let text = text.to_owned();
    let say = SpeakInput::Say { sentence, text };
    timeout(PATIENCE, speaking.input.send(say))
        .await
        .unwrap()
        .unwrap();
}

async fn cancel(speaking: &Speaking, through: u64) {
    speaking
        .input
        .send(SpeakInput::Cancel { through })
        .await
        .unwrap();
}

pub async fn next(speaking: &mut Speaking) -> Option<SpeakOutput> {
    timeout(PATIENCE, speaking.output.recv()).await.unwrap()
}

fn sentence_of(output: &SpeakOutput) -> u64 {
    match output {
        SpeakOutput::Audio { sentence, .. }
        | SpeakOutput::Words { sentence, .. }
        | SpeakOutput::StoodIn { sentence, .. }
        | SpeakOutput::Back { sentence }
        | SpeakOutput::Done { sentence }
        | SpeakOutput::Failed { sentence, .. } => *sentence,
    }
}

/// Hears a sentence to its end; anything of another sentence is a fault.
pub async fn hear(speaking: &mut Speaking, expected: u64) -> Heard {
    let mut heard = Heard::default();
    loop {
        let output = next(speaking).await.expect("the stream ended");
        assert_eq!(sentence_of(&output), expected);
        match output {
            SpeakOutput::Audio { samples, .. } => {
                heard.chunks.push(samples.len());
                heard.audio.extend_from_slice(&samples);
            }
            SpeakOutput::Words { words, .. } => heard.words.extend(words),
            SpeakOutput::StoodIn { error, .. } => heard.stood_in.push(error),
            SpeakOutput::Back { .. } => heard.back += 1,
            SpeakOutput::Done { .. } => return heard,
            SpeakOutput::Failed { error, .. } => panic!("{error}"),
        }
    }
}

fn check_words(text: &str, heard: &Heard) {
    let mut last = (0, 0);
    for word in &heard.words {
        let spoken = text.get(word.text.clone()).expect("whole characters");
        assert!(!spoken.trim().is_empty(), "{word:?}");
        assert!(word.text.start >= last.0, "{word:?} in order");
        assert!(
            word.start >= last.1 && word.start <= word.end,
            "{word:?} in time"
        );
        assert!(
            word.end <= heard.audio.len() as u64,
            "{word:?} inside the sound"
        );
        last = (word.text.end, word.end);
    }
}

/// Level of speech in dBFS: of the 20 ms frames that are not silence.
pub fn level(audio: &[i16]) -> f64 {
    let frames = audio.chunks(480).map(|frame| {
        let sum: f64 = frame.iter().map(|s| f64::from(*s).powi(2)).sum();
        sum / frame.len() as f64
    });
    let floor = (32768.0 * 10_f64.powf(-45.0 / 20.0)).powi(2);
    let loud: Vec<_> = frames.filter(|power| *power > floor).collect();
    let mean = loud.iter().sum::<f64>() / loud.len().max(1) as f64;
    10.0 * (mean / 32768.0_f64.powi(2)).log10()
}

pub async fn sentences_come_in_order_and_end_once(subject: Subject) {
    let mut speaking = subject.open().await;
    for sentence in [3, 4, 9] {
        say(&speaking, sentence, "I heard you.").await;
    }
    for sentence in [3, 4, 9] {
        assert!(!hear(&mut speaking, sentence).await.audio.is_empty());
    }
    say(&speaking, 10, "Go on.").await;
    hear(&mut speaking, 10).await;
}

pub async fn words_lie_in_the_text_and_in_the_sound(subject: Subject) {
    let text = "Well, since 2024 I **really** don’t know — “maybe” 😀 never. Is that so?";
    let heard = subject.speak(text).await;
    check_words(text, &heard);
    let spoken: Vec<_> = heard
        .words
        .iter()
        .map(|word| &text[word.text.clone()])
        .collect();
    let expected = [
        "Well,",
        "since",
        "2024",
        "I",
        "**really**",
        "don’t",
        "know —",
        "“maybe” 😀",
        "never.",
        "Is",
        "that",
        "so?",
    ];
    assert_eq!(spoken, expected);
}

pub async fn chunks_are_short_and_even(subject: Subject) {
    let heard = subject
        .speak("A few words, and a few more, to fill a second or two.")
        .await;
    let (last, rest) = heard.chunks.split_last().unwrap();
    let (ms20, ms40) = (RATE as usize / 50, RATE as usize / 25);
    assert!(rest.iter().all(|chunk| (ms20..=ms40).contains(chunk)));
    assert!((1..=ms40).contains(last));
}

pub async fn cancelling_stops_the_sentence(subject: Subject) {
    let mut speaking = subject.open().await;
    let long = "This goes on, and on, and on, until somebody says that it is enough. ".repeat(6);
    say(&speaking, 1, &long).await;
    say(&speaking, 2, "Never said.").await;
    while !matches!(
        next(&mut speaking).await.unwrap(),
        SpeakOutput::Audio { .. }
    ) {}
    cancel(&speaking, 2).await;
    let asked = Instant::now();
    say(&speaking, 3, "Yes?").await;
    let mut late = 0;
    let first = loop {
        let output = next(&mut speaking).await.unwrap();
        match sentence_of(&output) {
            1 => late += 1,
            3 => break output,
            other => panic!("sentence {other} was cancelled"),
        }
        assert!(!matches!(output, SpeakOutput::Done { .. }));
    };
    assert!(late <= QUEUE + 2, "{late} chunks after the cancel");
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert!(!matches!(first, SpeakOutput::Done { .. }));
    hear(&mut speaking, 3).await;
}

pub async fn a_cancelled_sentence_stays_cancelled(subject: Subject) {
    let mut speaking = subject.open().await;
    cancel(&speaking, 5).await;
    say(&speaking, 4, "Too late.").await;
    cancel(&speaking, 2).await;
    say(&speaking, 5, "Too late.").await;
    say(&speaking, 6, "In time.").await;
    assert!(!hear(&mut speaking, 6).await.audio.is_empty());
}

pub async fn nothing_to_read_is_done_at_once(subject: Subject) {
    let mut speaking = subject.open().await;
    for (sentence, text) in ["", " \n\t", "…", "?! --- ***", "🎉 👩‍👩‍👧", "\u{0}\u{7}"]
        .iter()
        .enumerate()
    {
        say(&speaking, sentence as u64, text).await;
        let heard = hear(&mut speaking, sentence as u64).await;
        assert!(heard.audio.is_empty() && heard.words.is_empty(), "{text:?}");
    }
}

pub async fn long_texts_are_spoken_and_endless_ones_refused(subject: Subject) {
    let mut text = "and then I went on without a comma or a stop ".repeat(20);
    text.push_str(&"a".repeat(300));
    let mut speaking = subject.open().await;
    say(&speaking, 1, &text).await;
    let heard = hear(&mut speaking, 1).await;
    check_words(&text, &heard);
    assert!(heard.words.len() >= 200);
    say(&speaking, 2, &"word ".repeat(20_000)).await;
    let output = next(&mut speaking).await.unwrap();
    let refused = matches!(
        &output,
        SpeakOutput::Failed {
            sentence: 2,
            error: ProviderError::Rejected { .. }
        }
    );
    assert!(refused, "{output:?}");
    say(&speaking, 3, "Still here.").await;
    hear(&mut speaking, 3).await;
}

pub async fn foreign_letters_do_no_harm(subject: Subject) {
    let text = "Señor Müller, naïve; Привет, 東京! שלום مرحبا नमस्ते \u{202e}abc\u{200d}";
    let heard = subject.speak(text).await;
    check_words(text, &heard);
    assert!(!heard.audio.is_empty());
}

pub async fn pauses_are_silence_in_the_sound(subject: Subject) {
    let text = "Well. [pause 700] Yes.";
    let heard = subject.speak(text).await;
    check_words(text, &heard);
    let [well, yes] = &heard.words[..] else {
        panic!("{:?}", heard.words)
    };
    let pause = u64::from(RATE) * 7 / 10;
    assert!(yes.start - well.end >= pause);
    let silence = &heard.audio[well.end as usize..yes.start as usize];
    let longest = silence.split(|sample| *sample != 0).map(<[i16]>::len).max();
    assert!(longest >= Some(pause as usize));
    let mut speaking = subject.open().await;
    say(&speaking, 1, "[pause 250]").await;
    let heard = hear(&mut speaking, 1).await;
    assert_eq!(heard.audio, vec![0; RATE as usize / 4]);
}

pub async fn the_pace_is_kept(subject: Subject) {
    let mut lengths = Vec::new();
    for speed in [1.5, 1.0, 0.5] {
        let mut speaking = subject.open_at("", speed).await;
        say(&speaking, 1, "What would a good week look like for you?").await;
        lengths.push(hear(&mut speaking, 1).await.audio.len() as f64);
    }
    let quick = lengths[0] / lengths[1];
    let slow = lengths[2] / lengths[1];
    assert!((0.6..0.8).contains(&quick), "{quick}");
    assert!((1.75..2.1).contains(&slow), "{slow}");
    for speed in [f32::NAN, f32::INFINITY, -1.0, 0.0] {
        let mut speaking = subject.open_at("", speed).await;
        say(&speaking, 1, "Yes.").await;
        assert!(!hear(&mut speaking, 1).await.audio.is_empty());
    }
}

pub async fn voices_differ_in_name_and_agree_in_level(subject: Subject) {
    let text = "I wonder what would happen if you simply asked her about it. \
                My brother says I worry too much. Could we talk about the new job instead?";
    let voices = subject.engine.voices();
    let names: BTreeSet<_> = voices.iter().map(|voice| &voice.name).collect();
    assert_eq!(names.len(), voices.len());
    let mut uneven = Vec::new();
    for voice in voices {
        let subject = Subject {
            language: None,
            ..subject.clone()
        };
        let mut speaking = subject.open_at(&voice.name, 1.0).await;
        say(&speaking, 1, text).await;
        let heard = hear(&mut speaking, 1).await;
        let level = level(&heard.audio);
        let peak = heard.audio.iter().map(|s| s.unsigned_abs()).max().unwrap();
        println!("{}: {level:.1} dBFS, peak {peak}", voice.name);
        if !(-21.0..-19.0).contains(&level) || peak >= 32_700 {
            uneven.push(voice.name);
        }
    }
    assert!(uneven.is_empty(), "{uneven:?}");
}

pub async fn an_unknown_voice_falls_back(subject: Subject) {
    let mut speaking = subject.open_at("no such voice", 1.0).await;
    say(&speaking, 1, "Hello.").await;
    assert!(!hear(&mut speaking, 1).await.audio.is_empty());
}

pub async fn dropping_the_input_ends_the_stream(subject: Subject) {
    let speaking = subject.open().await;
    say(&speaking, 1, &"One thing after another. ".repeat(10)).await;
    let Speaking { input, mut output } = speaking;
    drop(input);
    let end = async { while output.recv().await.is_some() {} };
    timeout(Duration::from_secs(5), end).await.unwrap();
}

pub async fn dropping_the_output_ends_the_stream(subject: Subject) {
    let speaking = subject.open().await;
    say(&speaking, 1, "One thing after another.").await;
    let Speaking { input, output } = speaking;
    drop(output);
    timeout(Duration::from_secs(5), input.closed())
        .await
        .unwrap();
}

pub async fn many_sessions_share(subject: Subject) {
    let sessions = (0..16).map(|n| {
        let subject = subject.clone();
        async move {
            let mut speaking = subject.open().await;
            for sentence in 1..=2 {
                let text = "Tell me more about it, please. ".repeat(n % 3 + 1);
                say(&speaking, sentence, &text).await;
            }
            for sentence in 1..=2 {
                assert!(!hear(&mut speaking, sentence).await.audio.is_empty());
            }
        }
    });
    timeout(PATIENCE, futures::future::join_all(sessions))
        .await
        .unwrap();
}

/// One test per promise for an engine: `voice_conformance!(async fn() -> Subject)`.
macro_rules! voice_conformance {
    ($subject:ident) => {
        voice_conformance!($subject:
            sentences_come_in_order_and_end_once,
            words_lie_in_the_text_and_in_the_sound,
            chunks_are_short_and_even,
            cancelling_stops_the_sentence,
            a_cancelled_sentence_stays_cancelled,
            nothing_to_read_is_done_at_once,
            long_texts_are_spoken_and_endless_ones_refused,
            foreign_letters_do_no_harm,
            pauses_are_silence_in_the_sound,
            the_pace_is_kept,
            voices_differ_in_name_and_agree_in_level,
            an_unknown_voice_falls_back,
            dropping_the_input_ends_the_stream,
            dropping_the_output_ends_the_stream,
            many_sessions_share,
        );
    };
    ($subject:ident: $($promise:ident,)*) => {
        mod conformance {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    crate::voice::$promise(super::$subject().await).await;
                }
            )*
        }
    };
}

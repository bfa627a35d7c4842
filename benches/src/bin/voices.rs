//! Measures the local English voices: how soon they are heard and what they cost.
#![expect(
    clippy::print_stdout,
    reason = "the tables on standard output are what it is for"
)]

use std::error::Error;
use std::time::{Duration, Instant};

use benches::BenchError;
use benches::stats::Series;
use clap::Parser;
use futures::future::join_all;
use praxiloom::providers::tts::flite::{Flite, FliteSettings};
use praxiloom::providers::tts::{
    RATE, SpeakInput, SpeakOutput, Speaking, TextToSpeech, VoiceRequest,
};

/// What is said: two sentences of an ordinary length.
const TEXT: &str = "I think it is mostly the mornings that are hard for me, to be honest. \
                    Once I am at work, things look different.";

/// Lets every local English voice speak, one after the other and many at once.
///
/// Example: cargo run --release -p benches --bin voices
#[derive(Parser)]
struct Arguments {
    /// Sentences per voice.
    #[arg(long, default_value_t = 20)]
    sentences: u64,
    /// Sessions that begin to speak at the same instant.
    #[arg(long, default_value_t = 10)]
    sessions: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    // The voices may run as far ahead as they like: their speed is what is asked for.
    let engine = Flite::start(FliteSettings {
        lead: Duration::from_secs(3600),
    })?;
    speak(&engine, "", 1).await?;
    println!("| voice | first sound ms p50 | max | ms per second of speech |\n|---|---|---|---|");
    for voice in engine.voices() {
        let mut waits = Series::default();
        let (began, mut spoken) = (Instant::now(), 0.0);
        for sentence in 1..=arguments.sentences {
            let (wait, seconds) = speak(&engine, &voice.name, sentence).await?;
            waits.push(wait);
            spoken += seconds;
        }
        let cost = began.elapsed().as_secs_f64() * 1000.0 / spoken;
        let (median, max) = figures(&waits);
        println!("| {} | {median:.1} | {max:.1} | {cost:.1} |", voice.name);
    }
    let together = (1..)
        .take(arguments.sessions)
        .map(|sentence| speak(&engine, "", sentence));
    let mut waits = Series::default();
    for spoken in join_all(together).await {
        waits.push(spoken?.0);
    }
    let (median, max) = figures(&waits);
    println!(
        "\n{} sessions at once: first sound {median:.1} ms p50, {max:.1} ms at most",
        arguments.sessions
    );
    Ok(())
}

fn figures(series: &Series) -> (f64, f64) {
    let of = |figure: Option<f64>| figure.unwrap_or(f64::NAN);
    (of(series.percentile(0.5)), of(series.max()))
}

/// Speaks the text in a session of its own: milliseconds to the first sound, seconds of speech.
async fn speak(engine: &Flite, voice: &str, sentence: u64) -> Result<(f64, f64), Box<dyn Error>> {
    let request = VoiceRequest {
        voice: voice.to_owned(),
        language: None,
        speed: 1.0,
        witness: praxiloom::disclosure::Witness::default(),
    };
    let Speaking { input, mut output } = engine.open(request).await?;
    let asked = Instant::now();
    let text = TEXT.to_owned();
    input.send(SpeakInput::Say { sentence, text }).await?;
    let (mut first, mut samples) = (None, 0);
    while let Some(spoken) = output.recv().await {
        match spoken {
            SpeakOutput::Audio { samples: sound, .. } => {
                first.get_or_insert_with(|| asked.elapsed().as_secs_f64() * 1000.0);
                samples += sound.len();
            }
            SpeakOutput::Words { .. } | SpeakOutput::StoodIn { .. } | SpeakOutput::Back { .. } => {}
            SpeakOutput::Done { .. } => break,
            SpeakOutput::Failed { error, .. } => return Err(error.into()),
        }
    }
    let first = first.ok_or(BenchError::Late("the first sound"))?;
    Ok((first, samples as f64 / f64::from(RATE)))
}

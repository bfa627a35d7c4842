//! Measures a recogniser on recordings: word error rate, CPU, latency of finals, revisions.
#![expect(
    clippy::print_stdout,
    reason = "the table on standard output is what it is for"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use benches::listen::{Playing, Understood, listen};
use benches::process::usage;
use benches::stats::Series;
use benches::wer::{Errors, word_errors};
use benches::{BenchError, recordings, wav};
use clap::Parser;
use praxiloom::providers::stt::pocketsphinx::{Pocketsphinx, Settings};

/// Transcribes a folder of WAV files as live speech and compares with what was said.
///
/// DIR/README.md holds a table whose first two columns are `file` and `words`; files are mono
/// WAV. Every file is one speaker's session, fed in frames of 20 ms and cut into segments by
/// voice activity as in a live session.
///
/// Example: cargo run --release -p benches --bin wer -- --data FOLDER
#[derive(Parser)]
struct Arguments {
    /// Folder with the recordings and their table.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Weight of the coaching language model; 0 leaves it out.
    #[arg(long, default_value_t = Settings::default().coaching)]
    coaching: f32,
    /// How many files are listened to at the same time.
    #[arg(long, default_value_t = 1)]
    together: usize,
    /// How many decoders there are.
    #[arg(long, default_value_t = Settings::default().decoders)]
    decoders: usize,
    /// How many times faster than real time the recordings are played.
    #[arg(long, default_value_t = 2.0)]
    speed: f64,
    /// The silence that ends a segment, in milliseconds.
    #[arg(long, default_value_t = 200)]
    hangover_ms: u64,
    /// How long before its first sound a segment begins, in milliseconds.
    #[arg(long, default_value_t = 300)]
    padding_ms: u64,
    /// A word that the session expects, such as the client's name; may be given several times.
    #[arg(long)]
    expect: Vec<String>,
    /// Prints what was understood.
    #[arg(long)]
    text: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let settings = Settings {
        decoders: arguments.decoders,
        coaching: arguments.coaching,
        ..Settings::default()
    };
    let playing = Playing {
        speed: arguments.speed,
        hangover: Duration::from_millis(arguments.hangover_ms),
        padding: Duration::from_millis(arguments.padding_ms),
        expect: arguments.expect.clone(),
    };
    let begun = Instant::now();
    let engine = Pocketsphinx::start(&settings)?;
    let started = begun.elapsed().as_millis();
    println!(
        "engine started in {started} ms, {} MB",
        usage(None)?.resident / 1024
    );
    println!("\n| file | words | errors | WER | seconds | segments | slowest final, ms |");
    println!("|---|---|---|---|---|---|---|");
    let files = recordings::table(&arguments.data)?;
    let before = usage(None)?.cpu;
    let (mut all, mut seconds, mut finals) = (Errors::default(), 0.0, Series::default());
    let (mut partials, mut revised, mut retracted) = (0, 0, 0);
    for group in files.chunks(arguments.together.max(1)) {
        let sessions = group.iter().map(|(file, _)| hear(&engine, file, &playing));
        let understood = futures::future::try_join_all(sessions).await?;
        for ((file, said), understood) in group.iter().zip(understood) {
            let text: Vec<&str> = understood
                .words
                .iter()
                .map(|word| word.text.as_str())
                .collect();
            let errors = word_errors(said, &text.join(" "));
            println!(
                "| {} | {} | {} | {:.1} % | {:.1} | {} | {:.0} |",
                file.file_name().unwrap_or_default().to_string_lossy(),
                errors.words,
                errors.errors,
                errors.rate() * 100.0,
                understood.seconds,
                understood.finals.len(),
                understood.finals.max().unwrap_or_default(),
            );
            if arguments.text {
                println!("  {}", text.join(" "));
            }
            all += errors;
            seconds += understood.seconds;
            finals.append(understood.finals);
            partials += understood.partials;
            revised += understood.revised;
            retracted += understood.retracted;
        }
    }
    let now = usage(None)?;
    println!(
        "| all | {} | {} | {:.1} % | {seconds:.1} | {} | {:.0} |\n",
        all.words,
        all.errors,
        all.rate() * 100.0,
        finals.len(),
        finals.max().unwrap_or_default(),
    );
    let cpu = (now.cpu - before).as_secs_f64() / seconds;
    println!(
        "CPU per second of audio: {cpu:.3} s; resident {} MB",
        now.resident / 1024
    );
    let [p50, p95] = [0.5, 0.95].map(|share| finals.percentile(share).unwrap_or_default());
    println!("final after the end of a segment: p50 {p50:.0} ms, p95 {p95:.0} ms");
    println!(
        "partials that revised a shown word: {revised} of {partials}; finals that changed a stable word: {retracted}"
    );
    Ok(())
}

async fn hear(
    engine: &Pocketsphinx,
    file: &Path,
    playing: &Playing,
) -> Result<Understood, BenchError> {
    let samples = wav::read(file, media::vad::RATE)?;
    listen(engine, &samples, playing).await
}

//! Measures a recogniser on recordings: word error rate, CPU, latency of finals, revisions.
#![expect(
    clippy::print_stdout,
    reason = "the table on standard output is what it is for"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use benches::wer::{Errors, percentile, word_errors};
use clap::Parser;
use media::Position;
use praxiloom::providers::stt::pocketsphinx::{Pocketsphinx, Settings};
use praxiloom::providers::stt::{ListenInput, ListenOutput, ListenRequest, SpeechToText, Word};

/// Transcribes a folder of WAV files as live speech and compares with what was said.
///
/// DIR/README.md holds a table whose first two columns are `file` and `words`; files are 16 kHz
/// mono WAV. Every file is one speaker's session, fed in frames of 20 ms.
///
/// Example: cargo run --release -p benches --bin wer -- --data ../shared/data/speech
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
    #[arg(long, default_value_t = 3.0)]
    speed: f64,
    /// Seconds of earlier speech of the same recording that the session begins with, so that the
    /// voice is known.
    #[arg(long, default_value_t = 0)]
    known: u64,
    /// Prints what was understood.
    #[arg(long)]
    text: bool,
}

#[derive(Default)]
struct Heard {
    words: Vec<Word>,
    seconds: f64,
    latencies: Vec<Duration>,
    partials: usize,
    revised: usize,
    retracted: usize,
    first_partial: Option<Duration>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let settings = Settings {
        decoders: arguments.decoders,
        coaching: arguments.coaching,
        ..Settings::default()
    };
    let begun = Instant::now();
    let engine = Pocketsphinx::start(&settings)?;
    println!(
        "engine started in {} ms, {} MB",
        begun.elapsed().as_millis(),
        resident()?
    );
    println!("| file | words | errors | WER | seconds | final ms | partials | revised |");
    println!("|---|---|---|---|---|---|---|---|");
    let files = table(&arguments.data)?;
    let cpu = cpu()?;
    let (mut all, mut seconds, mut latencies) = (Errors::default(), 0.0, Vec::new());
    let (mut partials, mut revised, mut retracted) = (0, 0, 0);
    for group in files.chunks(arguments.together.max(1)) {
        let sessions = group
            .iter()
            .map(|(file, _)| listen(&engine, file, &arguments));
        let heard = futures::future::try_join_all(sessions).await?;
        for ((file, said), heard) in group.iter().zip(heard) {
            let text: Vec<&str> = heard.words.iter().map(|word| word.text.as_str()).collect();
            let errors = word_errors(said, &text.join(" "));
            let slowest = heard.latencies.iter().max().copied().unwrap_or_default();
            println!(
                "| {} | {} | {} | {:.1} % | {:.1} | {} | {} | {} |",
                file.file_name().unwrap_or_default().to_string_lossy(),
                errors.words,
                errors.errors,
                errors.rate() * 100.0,
                heard.seconds,
                slowest.as_millis(),
                heard.partials,
                heard.revised,
            );
            if arguments.text {
                println!("  {}", text.join(" "));
            }
            all += errors;
            seconds += heard.seconds;
            latencies.extend(heard.latencies);
            partials += heard.partials;
            revised += heard.revised;
            retracted += heard.retracted;
        }
    }
    let cpu = (self::cpu()? - cpu).as_secs_f64();
    latencies.sort_unstable();
    println!(
        "| all | {} | {} | {:.1} % | {seconds:.1} | | {partials} | {revised} |",
        all.words,
        all.errors,
        all.rate() * 100.0
    );
    println!();
    println!(
        "CPU per second of audio: {:.3} s; resident {} MB",
        cpu / seconds,
        resident()?
    );
    println!(
        "final after the end, ms: p50 {} p95 {} max {} ({} segments)",
        percentile(&latencies, 0.5).as_millis(),
        percentile(&latencies, 0.95).as_millis(),
        percentile(&latencies, 1.0).as_millis(),
        latencies.len(),
    );
    println!(
        "partials that revised a shown word: {revised} of {partials}; finals that changed a stable word: {retracted}"
    );
    Ok(())
}

async fn listen(
    engine: &Pocketsphinx,
    file: &Path,
    arguments: &Arguments,
) -> Result<Heard, Box<dyn Error>> {
    let mut wave = hound::WavReader::open(file)?;
    if wave.spec().sample_rate != 16_000 || wave.spec().channels != 1 {
        return Err(format!("{} is not 16 kHz mono", file.display()).into());
    }
    let samples: Vec<i16> = wave.samples().collect::<Result<_, _>>()?;
    let mut stream = engine.open(ListenRequest::default()).await?;
    let mut heard = Heard {
        seconds: samples.len() as f64 / 16_000.0,
        ..Heard::default()
    };
    let mut at = Position::ZERO;
    let mut due = tokio::time::Instant::now();
    let warm = (arguments.known * 16_000).min(samples.len() as u64) as usize;
    for (segment, part) in [&samples[..warm], &samples[..]].into_iter().enumerate() {
        if part.is_empty() {
            continue;
        }
        let segment = segment as u64;
        stream
            .input
            .send(ListenInput::Begin { segment, from: at })
            .await?;
        let mut shown: Vec<String> = Vec::new();
        let mut stable: Vec<String> = Vec::new();
        let from = Instant::now();
        let mut frames = part.chunks(320);
        let mut ended = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(due), if ended.is_none() => {
                    if let Some(frame) = frames.next() {
                        stream.input.send(ListenInput::Audio { at, samples: frame.into() }).await?;
                        at += Duration::from_secs_f64(frame.len() as f64 / 16_000.0);
                        due += Duration::from_secs_f64(0.02 / arguments.speed);
                    } else {
                        stream.input.send(ListenInput::End { segment, to: at }).await?;
                        ended = Some(Instant::now());
                    }
                }
                output = stream.output.recv() => match output.ok_or("the stream ended")? {
                    ListenOutput::Partial { transcript, .. } => {
                        let words: Vec<String> = transcript.words.into_iter().map(|word| word.text).collect();
                        heard.first_partial.get_or_insert(from.elapsed());
                        heard.partials += 1;
                        heard.revised += usize::from(!words.starts_with(&shown));
                        stable = words[..transcript.stable].to_vec();
                        shown = words;
                    }
                    ListenOutput::Final { transcript, .. } => {
                        let words: Vec<String> = transcript.words.iter().map(|word| word.text.clone()).collect();
                        heard.retracted += usize::from(!words.starts_with(&stable));
                        heard.latencies.push(ended.ok_or("a final before the end")?.elapsed());
                        heard.words = transcript.words;
                        break;
                    }
                    ListenOutput::Failed { error, .. } => return Err(error.into()),
                },
            }
        }
        due = tokio::time::Instant::now();
    }
    Ok(heard)
}

/// Files and what is said in them. Rows that name several files have no single speaker.
fn table(data: &Path) -> Result<Vec<(PathBuf, String)>, Box<dyn Error>> {
    let readme = std::fs::read_to_string(data.join("README.md"))
        .map_err(|error| format!("{}: {error}", data.join("README.md").display()))?;
    let rows = readme.lines().filter_map(|line| {
        let mut cells = line.trim().trim_matches('|').split('|').map(str::trim);
        let (file, words) = (cells.next()?, cells.next()?);
        let sound = Path::new(file)
            .extension()
            .is_some_and(|extension| extension == "wav");
        (sound && !file.contains(',')).then(|| (data.join(file), words.to_owned()))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        Err("the table names no WAV file".into())
    } else {
        Ok(rows)
    }
}

/// CPU time of this process so far.
fn cpu() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<u64>().ok())
    };
    // Linux counts these in hundredths of a second.
    let ticks = ticks(11).zip(ticks(12)).map(|(user, system)| user + system);
    Ok(Duration::from_millis(
        ticks.ok_or("no CPU time in /proc/self/stat")? * 10,
    ))
}

/// Resident memory in megabytes.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kilobytes.ok_or("no VmRSS in /proc/self/status")? / 1024)
}

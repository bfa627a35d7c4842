//! Measures how many words a bad network costs, with the real recogniser.
#![expect(
    clippy::print_stdout,
    reason = "the table on standard output is what it is for"
)]

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use benches::listen::{Playing, listen};
use benches::lossy::{Heard, hear};
use benches::recordings;
use benches::wav;
use benches::wer::{Errors, word_errors};
use clap::Parser;
use praxiloom::providers::stt::pocketsphinx::{Pocketsphinx, Settings};
use signaling::memory::Network;

/// Sends recordings over bad networks in simulated time, through the server's own jitter buffer,
/// decoder, error correction and concealment, and counts the words that the recogniser no longer
/// gets, against the same recordings over a perfect network.
///
/// DIR/README.md holds a table whose first two columns are `file` and `words`.
///
/// Example: cargo run --release -p benches --bin lost -- --data FOLDER
#[derive(Parser)]
struct Arguments {
    /// Folder with the recordings and their table.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How often each network is tried, each time with other losses.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// How many times faster than real time the recogniser is fed.
    #[arg(long, default_value_t = 4.0)]
    speed: f64,
}

/// What is tried: percent of packets lost, milliseconds of jitter.
const NETWORKS: [(f64, u64); 8] = [
    (0.0, 0),
    (1.0, 20),
    (5.0, 20),
    (10.0, 20),
    (30.0, 20),
    (0.0, 200),
    (5.0, 200),
    (10.0, 200),
];

/// One recording.
struct Recording {
    said: String,
    samples: Vec<i16>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut recordings = Vec::new();
    for (file, said) in recordings::table(&arguments.data)? {
        let samples = wav::read(&file, wav::RATE)?;
        recordings.push(Recording { said, samples });
    }
    let engine = Pocketsphinx::start(&Settings::default())?;
    println!(
        "| packets lost | jitter | repair | heard as lost | word error rate | words lost against the clean run |"
    );
    println!("|---|---|---|---|---|---|");
    let mut clean = None;
    for (loss, jitter) in NETWORKS {
        for repair in [true, false] {
            let perfect = loss == 0.0 && jitter == 0;
            if perfect && !repair {
                continue;
            }
            let seeds = if perfect { 1 } else { arguments.seeds };
            let mut all = Tried::default();
            for seed in 1..=seeds {
                for (number, recording) in recordings.iter().enumerate() {
                    let network = Network {
                        seed: seed * 1000 + number as u64,
                        loss: loss / 100.0,
                        delay: Duration::from_millis(40),
                        jitter: Duration::from_millis(jitter),
                    };
                    let heard = hear(&recording.samples, network, repair)?;
                    all.add(
                        &heard,
                        understand(&engine, &arguments, recording, &heard).await?,
                    );
                }
            }
            let base = *clean.get_or_insert(all.errors.rate());
            println!(
                "| {loss:.0} % | {jitter} ms | {} | {:.1} % | {:.1} % | {:+.1} % |",
                if repair {
                    "in-band correction"
                } else {
                    "concealment alone"
                },
                all.lost as f64 * 100.0 / all.packets.max(1) as f64,
                all.errors.rate() * 100.0,
                (all.errors.rate() - base) * 100.0,
            );
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tried {
    errors: Errors,
    packets: u64,
    lost: u64,
}

impl Tried {
    fn add(&mut self, heard: &Heard, errors: Errors) {
        self.errors += errors;
        self.lost += heard.stats.lost;
        self.packets += heard.stats.received + heard.stats.lost;
    }
}

async fn understand(
    engine: &Pocketsphinx,
    arguments: &Arguments,
    recording: &Recording,
    heard: &Heard,
) -> Result<Errors, Box<dyn Error>> {
    let playing = Playing {
        speed: arguments.speed,
        hangover: Duration::from_millis(200),
        padding: Duration::from_millis(300),
        expect: Vec::new(),
    };
    let understood = listen(engine, &heard.samples, &playing).await?;
    let words: Vec<&str> = understood
        .words
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    Ok(word_errors(&recording.said, &words.join(" ")))
}

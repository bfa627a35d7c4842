//! Measures the server's own part in the latency of a turn, with engines that take no time.
#![expect(
    clippy::print_stdout,
    reason = "the tables on standard output are what it is for"
)]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::BenchError;
use benches::client::{Carrier, Client};
use benches::coach::{BargeIn, Coach, Measured, Turn};
use benches::floor;
use benches::process::usage;
use benches::report::Table;
use benches::server::{Metrics, Server, binary};
use benches::stats::Series;
use benches::wav::{self, Frame};
use clap::Parser;

/// Holds conversations with a server and reports what came how late.
///
/// It starts a server of its own (the `praxiloom` built beside it) with stand-in engines of no
/// delay, so that everything measured is the server's own part. The clock is the client's: from
/// the last sample of speech sent to the first packet with sound received.
///
/// Example: cargo build --release && cargo run --release -p benches --bin latency
#[derive(Parser)]
struct Arguments {
    /// A server that runs already, e.g. http://127.0.0.1:8080; its CPU and memory are not seen.
    #[arg(long)]
    url: Option<String>,
    /// Turns per carrier.
    #[arg(long, default_value_t = 200)]
    turns: usize,
    /// Interruptions per carrier.
    #[arg(long, default_value_t = 40)]
    barge_ins: usize,
    /// Conversations at the same time.
    #[arg(long, default_value_t = 4)]
    sessions: usize,
    /// What carries them; both if not given.
    #[arg(long)]
    carrier: Option<Carrier>,
    /// The silence that ends a turn, in milliseconds; the protocol's own default.
    #[arg(long, default_value_t = 500)]
    silence_ms: u32,
    /// What is said: a mono WAV file.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech/begin.wav"))]
    speech: PathBuf,
}

/// What one conversation gave.
#[derive(Default)]
struct Conversation {
    turns: Vec<Turn>,
    barge_ins: Vec<BargeIn>,
    /// Interruptions that were not taken for one.
    missed: usize,
    lasted: Duration,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let samples = wav::read(&arguments.speech, wav::RATE)?;
    let utterance: Arc<[Frame]> = wav::utterance(&samples, Duration::from_millis(1200))?.into();
    let own = match arguments.url {
        None => Some(Server::start(&binary()?)?),
        Some(_) => None,
    };
    let url = own.as_ref().map(Server::url).or(arguments.url.as_deref());
    let url = url.ok_or("no server")?;
    let carriers = arguments.carrier.map_or_else(
        || vec![Carrier::Websocket, Carrier::Webrtc],
        |carrier| vec![carrier],
    );
    for carrier in carriers {
        measure(carrier, url, own.as_ref(), &arguments, &utterance).await?;
    }
    let floor = floor::measure(&utterance, Duration::from_secs(120))?;
    println!("\n## The floor: ms of CPU per second of sound, codecs alone on one thread\n");
    println!("| Opus decode | resample | voice activity | Opus encode |\n|---|---|---|---|");
    let floor::Floor {
        decode,
        resample,
        vad,
        encode,
    } = floor;
    println!("| {decode:.2} | {resample:.2} | {vad:.2} | {encode:.2} |");
    Ok(())
}

async fn measure(
    carrier: Carrier,
    url: &str,
    own: Option<&Server>,
    arguments: &Arguments,
    utterance: &Arc<[Frame]>,
) -> Result<(), Box<dyn Error>> {
    // A first conversation warms code and caches up and is not counted.
    converse(carrier, url, arguments.silence_ms, 1, 1, utterance.clone()).await?;
    let before = Metrics::of(url).await?;
    let used = own.map(Server::usage).transpose()?;
    let this = usage(None)?.cpu;
    let sessions = arguments.sessions.max(1);
    let all = (0..sessions).map(|session| {
        // Spread evenly; the first ones take what is left over.
        let share = |all: usize| all / sessions + usize::from(session < all % sessions);
        let (turns, barge_ins) = (share(arguments.turns), share(arguments.barge_ins));
        let talk = converse(
            carrier,
            url,
            arguments.silence_ms,
            turns,
            barge_ins,
            utterance.clone(),
        );
        async move {
            // Not all in step: each begins at another moment of the frame.
            let later = Duration::from_millis(session as u64 * 137);
            tokio::time::sleep(later).await;
            talk.await
        }
    });
    let done = futures::future::try_join_all(all).await?;
    let after = Metrics::of(url).await?;
    let name = carrier.name();
    println!("\n## {name}: {sessions} conversations at a time\n");
    println!("{}", table(&done, arguments.silence_ms));
    let missed: usize = done.iter().map(|one| one.missed).sum();
    if missed > 0 {
        println!("{missed} interruptions did not end in an answer to them");
    }
    let lasted: f64 = done.iter().map(|one| one.lasted.as_secs_f64()).sum();
    let means = ["turn_decided", "first_token", "first_audio", "first_packet"].map(|stage| {
        let (name, label) = ("praxiloom_turn_stage_seconds", format!("stage=\"{stage}\""));
        let mean = after.mean_ms_since(&before, name, &label);
        mean.map_or_else(|| "none".to_owned(), |mean| format!("{stage} {mean:.2}"))
    });
    println!("mean per stage on /metrics, ms: {}", means.join(", "));
    let this = (usage(None)?.cpu - this).as_secs_f64() * 1000.0 / lasted;
    println!("this client: {this:.2} ms of CPU per second of a session");
    if let (Some(own), Some(used)) = (own, used) {
        let now = own.usage()?;
        let cpu = (now.cpu - used.cpu).as_secs_f64() * 1000.0 / lasted;
        let memory = now.resident.saturating_sub(used.resident) as f64 / sessions as f64;
        println!(
            "server: {cpu:.2} ms of CPU per second of a session, {memory:.0} kB grown per session"
        );
    }
    Ok(())
}

async fn converse(
    carrier: Carrier,
    url: &str,
    silence_ms: u32,
    turns: usize,
    barge_ins: usize,
    utterance: Arc<[Frame]>,
) -> Result<Conversation, BenchError> {
    let begun = Instant::now();
    let mut client = Client::connect(carrier, url).await?;
    client.configure(silence_ms).await?;
    let mut coach = Coach::new(client, utterance);
    let mut done = Conversation::default();
    coach.wait(25).await?;
    for turn in 0..turns {
        done.turns.push(coach.turn().await?);
        coach.wait(5).await?;
        coach.cancel().await?;
        // Voice activity judges windows of 16 ms: begin at another place in them each time.
        coach.wait(15 + turn as u32 % 4).await?;
    }
    if barge_ins > 0 {
        coach.turn().await?;
        for turn in 0..barge_ins {
            coach.wait(18 + turn as u32 % 4).await?;
            match coach.barge_in().await? {
                Some(barge_in) => done.barge_ins.push(barge_in),
                None => {
                    done.missed += 1;
                    coach.turn().await?;
                }
            }
        }
    }
    done.lasted = begun.elapsed();
    Ok(done)
}

fn table(done: &[Conversation], silence_ms: u32) -> Table {
    let silence = f64::from(silence_ms);
    let turns = || done.iter().flat_map(|one| &one.turns);
    let mut table = Table::new();
    let seen = turns().map(|turn| ms(turn.spoken, turn.answered) - silence);
    table.row(
        "last sample sent → first packet received, less the silence",
        seen.collect(),
    );
    let server =
        |of: fn(&Measured) -> f64| -> Series { turns().map(|turn| of(&turn.measured)).collect() };
    // Token and sound of an answer that was drafted in the silence are there before the decision.
    table.row(
        "server: end of speech → first token",
        server(|m| m.token as f64),
    );
    table.row(
        "server: end of speech → first audio",
        server(|m| m.audio as f64),
    );
    let decided = turns().map(|turn| turn.measured.decided as f64 - silence);
    table.row(
        "server: end of speech → turn decided, less the silence",
        decided.collect(),
    );
    table.row(
        "server: turn decided → first packet",
        server(|m| m.packet as f64 - m.decided as f64),
    );
    let barge_ins = || done.iter().flat_map(|one| &one.barge_ins);
    let decided = barge_ins().map(|one| ms(one.began, one.decided));
    table.row(
        "barge-in: first sample sent → told of the decision",
        decided.collect(),
    );
    let silent = barge_ins().map(|one| ms(one.began, one.last_sound));
    table.row(
        "barge-in: first sample sent → last packet with sound",
        silent.collect(),
    );
    let after = barge_ins().map(|one| ms(one.decided, one.last_sound));
    table.row(
        "barge-in: told of the decision → last packet with sound",
        after.collect(),
    );
    table
}

/// From one moment to another, which may lie before it.
fn ms(from: Instant, to: Instant) -> f64 {
    let ahead = to.saturating_duration_since(from).as_secs_f64();
    (ahead - from.saturating_duration_since(to).as_secs_f64()) * 1000.0
}

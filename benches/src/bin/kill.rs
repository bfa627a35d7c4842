//! Measures what `kill -9` takes from the recordings of live sessions.
#![expect(
    clippy::print_stdout,
    reason = "the table on standard output is what it is for"
)]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::BenchError;
use benches::client::Carrier;
use benches::load::clips::Clips;
use benches::load::script::Manners;
use benches::load::target::Target;
use benches::load::worker::{Burst, Known};
use benches::load::{Crowd, Plan};
use benches::report::Table;
use benches::server::{Server, binary, http};
use benches::stats::Series;
use clap::Parser;
use media::record::TrackReader;
use serde_json::Value;

/// Longest wait for a session to be finished from its files.
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds live sessions with a server of its own, kills it with SIGKILL, starts another one on the
/// same data, and compares what was sent and heard with what the archive holds.
///
/// Example: cargo run --release -p benches --bin kill -- --sessions 50
#[derive(Parser)]
struct Arguments {
    /// Sessions at the same time.
    #[arg(long, default_value_t = 50)]
    sessions: usize,
    /// What carries them; both, one after the other, if not given.
    #[arg(long)]
    carrier: Option<Carrier>,
    /// How long they last before the server is killed.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Folders of WAV files, or such files.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech"))]
    speech: Vec<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let clips = Arc::new(Clips::read(&arguments.speech)?);
    let carriers = arguments.carrier.map_or_else(
        || vec![Carrier::Websocket, Carrier::Webrtc],
        |carrier| vec![carrier],
    );
    for carrier in carriers {
        kill(carrier, &arguments, &clips).await?;
    }
    Ok(())
}

async fn kill(
    carrier: Carrier,
    arguments: &Arguments,
    clips: &Arc<Clips>,
) -> Result<(), Box<dyn Error>> {
    let binary = binary()?;
    let says = "It has been like that for a long time and I do not know what to do about it now.";
    let serve = [format!("--llm-standin-says={says}")];
    let server = Server::start_with(&binary, &serve)?;
    let plan = plan(carrier, arguments);
    let target = Target::new(server.url(), "praxiloom", "local")?;
    let crowd = Crowd::gather(&plan, &target, clips).await?;
    tokio::time::sleep(plan.length).await;
    let killed = crowd.elapsed();
    let server = server.kill_and_restart(&binary, &serve)?;
    let restarted = Instant::now();
    let sessions = crowd.report().sessions;
    drop(crowd);

    let (mut said, mut heard) = (Series::default(), Series::default());
    let mut missing = 0;
    for known in &sessions {
        match compare(carrier, server.url(), known, killed).await {
            Ok(lost) => {
                lost.said.into_iter().for_each(|ms| said.push(ms));
                lost.heard.into_iter().for_each(|ms| heard.push(ms));
            }
            Err(error) => {
                missing += 1;
                println!("{}: {error}", known.id);
            }
        }
    }
    let mut table = Table::new();
    table.row(
        "coach speaking when it was killed: speech that is not in the archive",
        said,
    );
    table.row(
        "client speaking when it was killed: sound that is not in the archive",
        heard,
    );
    println!(
        "\n## {}: {} live sessions, killed after {} s\n\n{table}\n{missing} sessions are not in the archive; all were read {:.1} s after the restart",
        carrier.name(),
        sessions.len(),
        arguments.seconds,
        restarted.elapsed().as_secs_f64(),
    );
    Ok(())
}

fn plan(carrier: Carrier, arguments: &Arguments) -> Plan {
    Plan {
        carrier,
        sessions: arguments.sessions,
        length: Duration::from_secs(arguments.seconds),
        ramp: Duration::from_millis(40),
        spread: Duration::from_secs(5),
        silence_ms: 500,
        instructions: None,
        manners: Manners {
            expected: Duration::from_millis(500),
            interrupt_every: 3,
            patience: Duration::from_secs(15),
        },
        threads: 1,
        server: None,
        sample_every: Duration::from_secs(5),
        aftermath: None,
        seed: 1,
    }
}

/// Milliseconds that are missing, of whoever was speaking when the server was killed.
struct Lost {
    said: Option<f64>,
    heard: Option<f64>,
}

async fn compare(
    carrier: Carrier,
    url: &str,
    known: &Known,
    killed: Duration,
) -> Result<Lost, BenchError> {
    finished(url, &known.id).await?;
    let coach = track(url, &known.id, "coach").await?;
    let client = track(url, &known.id, "client").await?;
    let first = known.first_sent.unwrap_or_default();
    // The archive's timeline begins with the session. Over WebRTC that is a tenth of a second and
    // more before the first frame; over WebSocket some milliseconds, and silence of the microphone
    // looks like a gap.
    let begun = match carrier {
        Carrier::Webrtc => coach.first,
        Carrier::Websocket => 0.0,
    };
    // Silence at the end is no loss: only what sounded counts.
    let lost = |burst: Burst, end: f64| {
        let at = |time: Duration| time.saturating_sub(first).as_secs_f64() * 1000.0 + begun;
        let to = at(burst.to.min(killed)) + 20.0;
        (to - at(burst.from).max(end)).max(0.0)
    };
    let sounding = |burst: &Burst| killed.saturating_sub(burst.to) < Duration::from_millis(60);
    Ok(Lost {
        said: known
            .spoken
            .filter(sounding)
            .map(|spoken| lost(spoken, coach.end)),
        heard: known
            .heard
            .filter(sounding)
            .map(|heard| lost(heard, client.end)),
    })
}

/// Waits until the session is no longer live.
async fn finished(url: &str, id: &str) -> Result<(), BenchError> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let session: Value = get(&format!("{url}/api/sessions/{id}"))
            .await?
            .json()
            .await
            .map_err(BenchError::connection)?;
        if session["status"] == "ended" {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(BenchError::Late("the end of a session that was cut off"))
}

/// Milliseconds from a track's beginning.
struct Track {
    /// Its first packet that is not the silence of a gap.
    first: f64,
    end: f64,
}

async fn track(url: &str, id: &str, side: &str) -> Result<Track, BenchError> {
    /// How the packets end with which gaps are filled; those after the first have no content.
    const SILENCE: [u8; 2] = [0xff, 0xfe];
    let sound = get(&format!("{url}/api/sessions/{id}/audio/{side}")).await?;
    let sound = sound.bytes().await.map_err(BenchError::connection)?;
    let damaged = |error: media::record::ReadError| BenchError::Recording(error.to_string());
    let mut reader = TrackReader::new(sound.as_ref()).map_err(damaged)?;
    let (mut first, mut end) = (None, 0);
    while let Some(packet) = reader.next_packet().map_err(damaged)? {
        let from = packet.at.samples();
        if packet.bytes.len() > 2 && !packet.bytes.ends_with(&SILENCE) {
            first.get_or_insert(from);
        }
        end = from + u64::from(packet.span);
    }
    let ms = |samples: u64| samples as f64 / 48.0;
    Ok(Track {
        first: ms(first.unwrap_or(0)),
        end: ms(end),
    })
}

async fn get(url: &str) -> Result<reqwest::Response, BenchError> {
    let answer = http()?.get(url).bearer_auth("local").send().await;
    let answer = answer.map_err(BenchError::connection)?;
    answer.error_for_status().map_err(BenchError::connection)
}

//! Measures what the voice path costs per frame of 20 ms, against codec and crypto alone.
#![expect(
    clippy::print_stdout,
    reason = "the tables on standard output are what it is for"
)]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use benches::counting::Counting;
use benches::frame::{Cost, Costs, carrier, floor, stages};
use benches::load::clips::Clips;
use benches::wav;
use clap::Parser;
use signaling::link::Carrier;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs speech through every stage of the voice path, frame by frame, and prints what each costs.
///
/// Example: cargo run --release -p benches --bin frame
#[derive(Parser)]
struct Arguments {
    /// Frames per stage.
    #[arg(long, default_value_t = 5000)]
    frames: usize,
    /// What is said: a mono WAV file.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech/goal.wav"))]
    speech: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { frames, speech } = Arguments::parse();
    let clips = Arc::new(Clips::read(std::slice::from_ref(&speech))?);
    let samples = wav::read(&speech, wav::RATE)?;
    let speech = wav::utterance(&samples, Duration::from_secs(10))?;

    let mut websocket = stages::websocket_in(&speech, frames)?;
    websocket.push(stages::machine(Carrier::WebSocket, frames)?);
    websocket.extend(stages::out(Carrier::WebSocket, &speech, frames)?);
    show(
        "WebSocket: the server's stages, a frame each way",
        &websocket,
    );
    let least = floor::websocket_in(&speech, frames)?;
    show("WebSocket: the floor", &least);
    let carried = carrier::measure(Carrier::WebSocket, &clips).await?;
    show(
        "WebSocket: the carrier alone, sockets and JSON included",
        &[carried],
    );

    let mut webrtc = stages::webrtc_in(&speech, frames)?;
    webrtc.push(stages::machine(Carrier::WebRtc, frames)?);
    webrtc.extend(stages::out(Carrier::WebRtc, &speech, frames)?);
    show("WebRTC: the server's stages, a frame each way", &webrtc);
    let mut least = floor::webrtc_in(&speech, frames)?;
    least.extend(floor::webrtc_out(&speech, frames)?);
    show("WebRTC: the floor", &least);
    let carried = carrier::measure(Carrier::WebRtc, &clips).await?;
    show(
        "WebRTC: the carrier alone, sockets and crypto included",
        &[carried],
    );
    Ok(())
}

fn show(title: &str, costs: &[Cost]) {
    println!("## {title}\n\n{}", Costs(costs));
}

//! The servers that stand in for vendors in tests, as a process: for the vendors' own clients, and
//! for trying the server without an account: `cargo run --example standins`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the servers are those of tests, and where they are stands on standard output"
)]

#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/support/listeners/mod.rs"]
mod listeners;
#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/support/models/mod.rs"]
mod models;
#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/support/speakers/mod.rs"]
mod speakers;
#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/support/sse_server.rs"]
mod sse_server;

use std::error::Error;
use std::io::Read as _;

use listeners::{Listener, Vendor};
use serde_json::json;
use speakers::cartesia::Cartesia;
use speakers::deepgram::Deepgram;
use speakers::elevenlabs::ElevenLabs;
use sse_server::SseServer;
use tokio::task::spawn_blocking;

/// What the language models do, one after the other; then the last again and again.
const BEHAVIOURS: [models::Vendor; 8] = [
    models::Vendor::DripsBytes,
    models::Vendor::Calls,
    models::Vendor::ReachesTheLength,
    models::Vendor::Withholds,
    models::Vendor::FailsInside,
    models::Vendor::Limits,
    models::Vendor::KnowsNoKey,
    models::Vendor::IsBroken,
];

/// Serves every vendor's wire on a port of its own, until standard input ends.
///
/// Prints a line of JSON with the addresses, and at the end one with what a vendor would have
/// refused. The key of recognisers and models is `letters`.
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assemblyai = Listener::start(Vendor::AssemblyAi).await;
    let deepgram = Listener::start(Vendor::Deepgram).await;
    let flux = Listener::start(Vendor::Flux).await;
    let elevenlabs = Listener::start(Vendor::ElevenLabs).await;
    let openai = Listener::start(Vendor::OpenAi).await;
    let spoken = [
        speakers::start::<Cartesia>([]).await,
        speakers::start::<Deepgram>([]).await,
        speakers::start::<ElevenLabs>([]).await,
        speakers::openai::start([]).await,
    ];
    let thinking = [
        SseServer::start(BEHAVIOURS.map(models::anthropic::reply)).await,
        SseServer::start(BEHAVIOURS.map(models::responses::reply)).await,
        SseServer::start(BEHAVIOURS.map(models::chat::reply)).await,
    ];
    println!(
        "{}",
        json!({
            "listen": {
                "assemblyai": assemblyai.base_url(),
                "deepgram": deepgram.base_url(),
                "deepgram-flux": flux.base_url(),
                "elevenlabs": elevenlabs.base_url(),
                "openai": openai.base_url(),
            },
            "think": {
                "anthropic": format!("http://{}", thinking[0].address),
                "responses": format!("http://{}/v1", thinking[1].address),
                "chat": format!("http://{}/v1", thinking[2].address),
            },
            "speak": {
                "cartesia": spoken[0].url(),
                "deepgram": spoken[1].url(),
                "elevenlabs": spoken[2].url(),
                "openai": format!("{}/v1", spoken[3].url()),
            },
        })
    );
    spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    let asked = [
        models::anthropic::complaint,
        models::responses::complaint,
        models::chat::complaint,
    ];
    let of_models = thinking.iter().zip(asked).flat_map(|(server, complaint)| {
        let requests = server.seen().requests.into_iter();
        requests.filter_map(move |request| complaint(&request))
    });
    let spoken = spoken.iter().flat_map(|server| server.seen().complaints);
    let complaints: Vec<_> = spoken.chain(of_models).collect();
    println!("{}", json!({ "complaints": complaints }));
    Ok(())
}

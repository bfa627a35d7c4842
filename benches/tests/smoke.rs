//! A short run of the load over both carriers against a whole server in this process, so that the
//! generator cannot rot.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use benches::client::Carrier;
use benches::load::clips::Clips;
use benches::load::report::Run;
use benches::load::script::Manners;
use benches::load::target::Target;
use benches::load::{Plan, run};
use benches::quick;
use praxiloom::app::{App, Engines};
use praxiloom::clock::Clock;
use praxiloom::config;
use praxiloom::http::Edge;

/// Two sessions for some seconds.
async fn load(carrier: Carrier) -> Run {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    let clients = data.path().join("quick-clients");
    quick::write(&clients).unwrap();
    let given = [
        ("PRAXILOOM_LISTEN", "127.0.0.1:0"),
        ("PRAXILOOM_DATA", data.path().to_str().unwrap()),
        ("PRAXILOOM_PRACTICE_CLIENTS", clients.to_str().unwrap()),
        ("PRAXILOOM_STT_ENGINE", "standin"),
        ("PRAXILOOM_LLM_ENGINE", "standin"),
        ("PRAXILOOM_TTS_ENGINE", "standin"),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = config::ask(["praxiloom", "serve"].map(OsString::from), given, "").unwrap();
    let engines = Engines::start(&asked.config).await.unwrap();
    let app = App::start(asked.config, Clock::system(), engines)
        .await
        .unwrap();
    let edge = Edge::bind(&app).await.unwrap();
    let url = format!("http://{}", edge.address());
    let served = app.clone();
    app.lifecycle.spawn_door("http", async move {
        edge.run(served).await.unwrap();
    });

    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech");
    let clips = Arc::new(Clips::read(&[fixtures.into()]).unwrap());
    let plan = Plan {
        carrier,
        sessions: 2,
        length: Duration::from_secs(16),
        ramp: Duration::from_millis(10),
        spread: Duration::from_secs(1),
        silence_ms: 500,
        instructions: None,
        manners: Manners {
            expected: Duration::from_millis(500),
            interrupt_every: 2,
            patience: Duration::from_secs(10),
        },
        threads: 1,
        server: Some(std::process::id()),
        sample_every: Duration::from_secs(1),
        aftermath: Some(Duration::from_secs(1)),
        seed: 1,
    };
    let target = Target::new(&url, "praxiloom", "local").unwrap();
    let run = run(&plan, &target, &clips, Some(1)).await.unwrap();
    app.lifecycle.stop(std::future::pending()).await;
    run
}

fn judge(run: &Run) {
    let text = run.text();
    let tally = &run.tally;
    assert_eq!(run.live, 2, "{text}");
    assert_eq!(tally.failures(), 0, "{text}");
    assert!(tally.answers >= 2, "{text}");
    assert_eq!(tally.too_early, 0, "{text}");
    assert!(tally.frames.received > 100, "{text}");
    // Nothing comes before the silence that ends a turn is over, as the server hears it.
    assert!(tally.overhead.percentile(0.0).unwrap() > -100.0, "{text}");
    assert!(tally.overhead.percentile(0.5).unwrap() < 1000.0, "{text}");
    assert!(run.cpu_percent().unwrap() > 0.0, "{text}");
    // A second more would be a handshake that had to be begun again.
    assert!(run.connected.percentile(0.5).unwrap() < 900.0, "{text}");
    let json = run.json();
    assert_eq!(json["answers"], tally.answers);
    assert!(json["overhead_ms"]["p99"].is_number(), "{json}");
    assert!(json["server"]["resident_kb_after"].is_u64(), "{json}");
    assert!(text.contains("after the last session had ended"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_websocket_are_held_and_measured() {
    judge(&load(Carrier::Websocket).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_webrtc_are_held_and_measured() {
    judge(&load(Carrier::Webrtc).await);
}

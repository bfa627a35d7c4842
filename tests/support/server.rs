//! A whole server on a port of its own, with real sockets, for as long as a test runs.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use praxiloom::app::{App, Engines};
use praxiloom::clock::{Clock, Micros};
use praxiloom::config::{self, Config};
use praxiloom::http::Edge;
use praxiloom::lifecycle::Stopped;
use praxiloom::providers::stt::{ListenRequest, Listening, SpeechToText};
use praxiloom::providers::tts::standin::{Standin, StandinSettings};
use praxiloom::providers::{EngineInfo, ProviderError};

/// When a test's clock begins.
pub const NOON: Micros = Micros(1_795_262_400_000_000);

/// A running server with its data in a temporary folder.
pub struct Running {
    pub app: Arc<App>,
    pub address: SocketAddr,
    pub clock: Clock,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts a server with these variables set.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_with(variables, engines()).await
    }

    /// Starts a server with these variables set and these engines.
    pub async fn start_with(variables: &[(&str, &str)], engines: Engines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::set_to(NOON);
        let config = config(folder.path(), variables);
        let app = App::start(config, clock.clone(), engines).await.unwrap();
        let edge = Edge::bind(&app).await.unwrap();
        let address = edge.address();
        let served = app.clone();
        app.lifecycle.spawn_door("http", async move {
            edge.run(served).await.unwrap();
        });
        Self {
            app,
            address,
            clock,
            _folder: folder,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops it as a signal does.
    pub async fn stop(self) -> Stopped {
        self.app.lifecycle.stop(std::future::pending()).await
    }
}

/// Settings with data in this folder and any free port.
pub fn config(folder: &std::path::Path, variables: &[(&str, &str)]) -> Config {
    let given = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let mut all: Vec<(String, String)> = given.collect();
    for (name, value) in [
        ("PRAXILOOM_LISTEN", "127.0.0.1:0".to_owned()),
        ("PRAXILOOM_DATA", folder.display().to_string()),
    ] {
        if !all.iter().any(|(given, _)| given == name) {
            all.push((name.to_owned(), value));
        }
    }
    config::ask(["praxiloom", "serve"].map(OsString::from), all, "")
        .unwrap()
        .config
}

/// Engines that start at once.
pub fn engines() -> Engines {
    let tts = Arc::new(Standin::new(StandinSettings::default()));
    Engines {
        stt: Arc::new(Deaf),
        llm: None,
        tts,
    }
}

/// A client that speaks to the server, without any proxy of the environment.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

/// Hears nothing; for tests in which nobody speaks.
struct Deaf;

impl SpeechToText for Deaf {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "deaf".to_owned(),
            processor: None,
            note: "Hears nothing.".to_owned(),
        }
    }

    fn open(&self, _: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let refused = ProviderError::Unavailable {
            engine: "deaf".to_owned(),
            message: "it hears nothing".to_owned(),
        };
        Box::pin(async { Err(refused) })
    }
}

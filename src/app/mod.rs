//! The assembled server: everything the doors hand out.

mod engines;
mod heap;
mod upkeep;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use signaling::webrtc::{WebRtc, WebRtcSettings};

pub use engines::Engines;

use crate::accounts;
use crate::accounts::allowance::Allowances;
use crate::accounts::issued::Issued;
use crate::archive::{Archive, ArchiveParts, OpenError};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{AccountId, Db, DbError, private_folder};
use crate::lifecycle::Lifecycle;
use crate::live::{Live, LiveParts};
use crate::practice::{Gallery, Practice, SheetErrors};
use crate::telemetry::Metrics;

/// How much longer a call that fell silent is kept: its client may come back over another network,
/// negotiating again, and needs a while to notice that it should. One that opens the session anew
/// does not wait for this.
const LOST_AFTER: Duration = Duration::from_secs(15);

/// How many sessions of a full house may be moving from one call to another at once.
const MOVING: usize = 64;

/// Everything that the doors hand out; rooms below receive what they use of it.
#[derive(Debug)]
pub struct App {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// The recordings.
    pub archive: Archive,
    /// The metrics.
    pub metrics: Metrics,
    /// Start, drain, stop.
    pub lifecycle: Lifecycle,
    /// The account of everybody while nobody can sign up.
    pub account: AccountId,
    /// Client secrets and tickets.
    pub issued: Arc<Issued>,
    /// How many client secrets each account may still ask for.
    pub allowances: Allowances,
    /// Who listens, thinks and speaks.
    pub engines: Engines,
    /// The AI clients.
    pub gallery: Arc<Gallery>,
    /// The live sessions.
    pub live: Live,
    /// Takes calls over WebRTC; `None` if the settings turn it off.
    pub calls: Option<WebRtc>,
    /// Held for as long as the data folder and the database's file are in use.
    _locks: [Option<File>; 2],
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("server.data: {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Another server uses it.
    #[error("{setting}: {}: another praxiloom is using it", path.display())]
    InUse {
        /// Which setting names it.
        setting: &'static str,
        /// The folder or file.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The archive cannot be used.
    #[error(transparent)]
    Archive(#[from] OpenError),
    /// Sheets of AI clients are wrong.
    #[error("an AI client cannot be read:\n{0}")]
    Gallery(#[from] SheetErrors),
    /// The port of calls cannot be had.
    #[error("webrtc.listen: {0}")]
    Calls(#[from] signaling::webrtc::Error),
}

impl App {
    /// Opens the data folder and the database. Belongs into a tokio runtime.
    ///
    /// # Errors
    ///
    /// If either cannot be used.
    pub async fn start(
        config: Config,
        clock: Clock,
        engines: Engines,
    ) -> Result<Arc<Self>, StartError> {
        let folder = take(&config.server.data)?;
        let db = Db::open(&config.database).await?;
        let database = config.database.file().map(take_file).transpose()?.flatten();
        let account = accounts::local(&db, clock.now()).await?;
        let own_clients = config.practice.clients.as_deref();
        let (metrics, gallery) = (Metrics::new(), Arc::new(Gallery::load(own_clients)?));
        let lifecycle = Lifecycle::new(config.live.stop_grace);
        let archive = Archive::open(ArchiveParts {
            folder: config.archive.folder.clone(),
            resume_within: config.live.resume_within,
            home: Some(config.server.data.clone()),
            db: db.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            failed: lifecycle.soft().clone(),
        })
        .await?;
        let live = Live::new(LiveParts {
            stt: engines.stt.clone(),
            tts: engines.tts.clone(),
            model: engines.llm.clone(),
            engines: engines.lines(),
            practice: Arc::new(Practice::load()?),
            gallery: gallery.clone(),
            archive: archive.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            most: config.live.max_sessions,
            lead: config.live.websocket_lead,
            cap: config.live.max_length,
            rates: config.rates.clone(),
        });
        let app = Arc::new(Self {
            account,
            issued: Arc::new(Issued::new(db.clone(), clock.clone())),
            allowances: Allowances::default(),
            lifecycle,
            archive,
            metrics,
            gallery,
            live,
            calls: calls(&config)?,
            _locks: [Some(folder), database],
            config,
            clock,
            db,
            engines,
        });
        let (metrics, strain) = (app.metrics.clone(), app.live.strain().clone());
        let (live, lifecycle) = (app.live.registry().clone(), app.lifecycle.clone());
        tokio::spawn(upkeep::run(metrics, live, strain, lifecycle));
        // Tokens are issued for as long as anybody is inside, so no stop waits for this.
        let (issued, shut) = (app.issued.clone(), app.lifecycle.shut().clone());
        tokio::spawn(async move { shut.run_until_cancelled(issued.run()).await });
        // A stop does not wait for it: the next start goes on with it.
        let (afterwards, soft) = (app.live.afterwards(), app.lifecycle.soft().clone());
        tokio::spawn(async move { soft.run_until_cancelled(afterwards.run()).await });
        let (hang_ups, live) = (app.archive.hang_ups(), app.live.registry().clone());
        tokio::spawn(live.heed(hang_ups));
        Ok(app)
    }
}

/// Binds the port of calls.
fn calls(config: &Config) -> Result<Option<WebRtc>, StartError> {
    let webrtc = &config.webrtc;
    if !webrtc.enabled() {
        return Ok(None);
    }
    let settings = WebRtcSettings {
        udp_listen: webrtc.listen,
        tcp_listen: webrtc.tcp.then_some(webrtc.listen),
        udp: webrtc.udp,
        announced: webrtc.announce.clone(),
        // A session that goes on over another call has two of them for a moment.
        max_calls: config.live.max_sessions + MOVING,
        lost_after: LOST_AFTER,
        ..WebRtcSettings::default()
    };
    Ok(Some(WebRtc::bind(settings)?))
}

/// Takes the data folder, making it if missing. Two servers in one folder would write over each
/// other.
fn take(path: &Path) -> Result<File, StartError> {
    let refused = |error| StartError::Folder {
        path: path.to_path_buf(),
        error,
    };
    private_folder(path).map_err(refused)?;
    let lock = File::create(path.join("lock")).map_err(refused)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse {
            setting: "server.data",
            path: path.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Takes SQLite's file, by another beside it: each of two servers would take the other's live sessions
/// for what a killed one left. Where no lock can be had, SQLite says what is wrong.
fn take_file(path: &Path) -> Result<Option<File>, StartError> {
    let Ok(lock) = File::create(path.with_added_extension("lock")) else {
        return Ok(None);
    };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Err(StartError::InUse {
            setting: "database.url",
            path: path.to_path_buf(),
        }),
        taken => Ok(taken.is_ok().then_some(lock)),
    }
}

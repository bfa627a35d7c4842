//! Many live sessions at once against any server that speaks the Realtime protocol.
//!
//! One thread carries all of them: it writes frames that were encoded beforehand and shared, and
//! looks at what comes back no closer than it must, so that it can run beside the server.

pub mod call;
pub mod clips;
pub mod frame;
pub mod playout;
pub mod report;
pub mod scan;
pub mod script;
pub mod session;
pub mod socket;
pub mod tally;
pub mod target;
pub mod watch;
pub mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::BenchError;
use crate::client::Carrier;
use crate::process::{usage, usage_of_tree};
use crate::stats::Series;
use call::Call;
use clips::Clips;
use report::Run;
use script::{Manners, Script};
use session::{Session, Wire};
use socket::Socket;
use target::Target;
use watch::Watch;
use worker::{Report, Worker};

/// After the last session has come, before anything is counted.
const SETTLE: Duration = Duration::from_secs(3);

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What carries the sessions.
    pub carrier: Carrier,
    /// How many there are.
    pub sessions: usize,
    /// How long is counted.
    pub length: Duration,
    /// Between one session's beginning and the next.
    pub ramp: Duration,
    /// All coaches have begun to speak within this time; nothing is counted before.
    pub spread: Duration,
    /// The silence that ends a turn, which the server is asked for.
    pub silence_ms: u32,
    /// What the model is told to be; a server's own client answers if it is told nothing.
    pub instructions: Option<String>,
    /// How the coaches behave.
    pub manners: Manners,
    /// Threads that carry the sessions.
    pub threads: usize,
    /// The server's process, if it runs on this machine.
    pub server: Option<u32>,
    /// How often memory is sampled.
    pub sample_every: Duration,
    /// How long after the sessions ended memory is looked at once more, if it is.
    pub aftermath: Option<Duration>,
    /// Decides what is random.
    pub seed: u64,
}

/// Sessions that are live.
#[derive(Debug)]
pub struct Crowd {
    start: Instant,
    workers: Vec<Worker>,
    connected: Series,
    refused: Vec<String>,
}

impl Crowd {
    /// Connects all sessions of the plan.
    ///
    /// # Errors
    /// If no session can be had.
    pub async fn gather(
        plan: &Plan,
        target: &Target,
        clips: &Arc<Clips>,
    ) -> Result<Self, BenchError> {
        let start = Instant::now();
        let workers = (0..plan.threads.max(1)).map(|_| Worker::start(start));
        let workers: Vec<Worker> = workers.collect::<Result<_, _>>()?;
        let http = crate::server::http()?;
        let mut crowd = Self {
            start,
            workers,
            connected: Series::default(),
            refused: Vec::new(),
        };
        let mut coming = JoinSet::new();
        let mut next = start;
        for number in 0..plan.sessions {
            tokio::time::sleep_until(next.into()).await;
            next += plan.ramp;
            let (carrier, target, http) = (plan.carrier, target.clone(), http.clone());
            coming.spawn(async move {
                let begun = Instant::now();
                let wire = connect(carrier, target, &http).await;
                (number, wire, begun.elapsed())
            });
            while let Some(came) = coming.try_join_next() {
                crowd.admit(plan, clips, came)?;
            }
        }
        while let Some(came) = coming.join_next().await {
            crowd.admit(plan, clips, came)?;
        }
        if crowd.connected.is_empty() {
            let first = crowd.refused.first().cloned().unwrap_or_default();
            return Err(BenchError::Server(format!("takes no session: {first}")));
        }
        Ok(crowd)
    }

    /// Hands a connected session to its worker.
    fn admit(&mut self, plan: &Plan, clips: &Arc<Clips>, came: Came) -> Result<(), BenchError> {
        let (number, wire, took) = came.map_err(BenchError::connection)?;
        match wire {
            Ok(wire) => {
                self.connected.push(took.as_secs_f64() * 1000.0);
                let seed = plan.seed.wrapping_add(number as u64);
                let script = Script::new(plan.manners, seed, self.start.elapsed(), plan.spread);
                let mut session = Session::new(wire, Arc::clone(clips), script)?;
                session.tell(&update(plan))?;
                if let Some(worker) = self.workers.get(number % self.workers.len()) {
                    worker.carry(session);
                }
            }
            Err(error) => self.refused.push(error.to_string()),
        }
        Ok(())
    }

    /// Time since the beginning of the run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Counts from now on.
    pub fn count(&self) {
        for worker in &self.workers {
            worker.count();
        }
    }

    /// What was counted since then.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut all = Report::default();
        for worker in &self.workers {
            let one = worker.report();
            all.tally.add(one.tally);
            all.live += one.live;
            all.sessions.extend(one.sessions);
        }
        for error in &self.refused {
            all.tally.error(error.clone());
        }
        all
    }
}

/// Runs a plan to its end. `before` is the server's memory without any session, in kilobytes.
///
/// # Errors
/// If the server cannot be reached, or a process cannot be watched.
pub async fn run(
    plan: &Plan,
    target: &Target,
    clips: &Arc<Clips>,
    before: Option<u64>,
) -> Result<Run, BenchError> {
    let crowd = Crowd::gather(plan, target, clips).await?;
    tokio::time::sleep(plan.spread + SETTLE).await;
    let own = usage(None)?;
    crowd.count();
    let mut watch = Watch::start(plan.server)?;
    let begun = Instant::now();
    while begun.elapsed() < plan.length {
        let left = plan.length - begun.elapsed();
        tokio::time::sleep(plan.sample_every.min(left)).await;
        watch.sample()?;
    }
    let report = crowd.report();
    let lasted = begun.elapsed();
    let own = (usage(None)?.cpu - own.cpu).as_secs_f64() / lasted.as_secs_f64();
    let connected = crowd.connected.clone();
    drop(crowd);
    let mut server = watch.seen(before);
    if let (Some(aftermath), Some(seen)) = (plan.aftermath, &mut server) {
        tokio::time::sleep(aftermath).await;
        let left = plan.server.map(usage_of_tree).transpose()?;
        seen.after = left.map(|left| (aftermath, left.resident));
    }
    Ok(Run {
        carrier: plan.carrier,
        sessions: plan.sessions,
        live: report.live,
        lasted,
        tally: report.tally,
        connected,
        own_cpu: own,
        server,
    })
}

/// A session that has come, or not: its number, its wire, how long it took.
type Came = Result<(usize, Result<Wire, BenchError>, Duration), tokio::task::JoinError>;

async fn connect(
    carrier: Carrier,
    target: Target,
    http: &reqwest::Client,
) -> Result<Wire, BenchError> {
    match carrier {
        Carrier::Websocket => {
            let connecting = tokio::task::spawn_blocking(move || Socket::connect(&target));
            let socket = connecting.await.map_err(BenchError::connection)??;
            Ok(Wire::Socket(Box::new(socket)))
        }
        Carrier::Webrtc => Ok(Wire::Call(Box::new(Call::connect(&target, http).await?))),
    }
}

fn update(plan: &Plan) -> String {
    let mut session = json!({
        "type": "realtime",
        "audio": { "input": { "turn_detection": {
            "type": "server_vad", "silence_duration_ms": plan.silence_ms,
        } } },
    });
    if let Some(instructions) = &plan.instructions {
        session["instructions"] = json!(instructions);
    }
    json!({"type": "session.update", "session": session}).to_string()
}

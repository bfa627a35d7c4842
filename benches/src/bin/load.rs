//! Holds many live sessions at once with a server and reports what its users would notice, and
//! what it cost.
#![expect(
    clippy::print_stdout,
    reason = "the tables on standard output are what it is for"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use benches::client::Carrier;
use benches::load::clips::Clips;
use benches::load::report::Run;
use benches::load::script::Manners;
use benches::load::target::Target;
use benches::load::{Plan, run};
use benches::process::usage_of_tree;
use benches::server::{Server, binary};
use clap::Parser;
use serde_json::{Value, json};

/// How long the voice activity of our own server listens before the recogniser is asked for final
/// words: what engines take counts from there.
const HANGOVER_MS: u64 = 200;

/// All coaches have begun to speak within this time.
const SPREAD: Duration = Duration::from_secs(8);

/// When memory is looked at once more after a soak.
const AFTERMATH: Duration = Duration::from_secs(30);

/// Holds many live sessions at once with any server that speaks the Realtime protocol.
///
/// Coaches say clips of 2 to 6 s, wait for the answer, and interrupt every third one. Without
/// --url it starts the `praxiloom` built beside it, with stand-in engines of fixed delays and
/// answers of about 5 s, by a client who does not think before they speak.
///
/// Example: load --sessions 100 --carrier webrtc --seconds 60
///
/// Example: load --url <https://api.example.com> --key-env EXAMPLE_KEY --model some-model
/// --sessions 5 --carrier websocket
#[derive(Clone, Parser)]
struct Arguments {
    /// A server that runs already, e.g. http://127.0.0.1:8080.
    #[arg(long)]
    url: Option<String>,
    /// Its process, if it runs on this machine: CPU and memory are reported.
    #[arg(long, requires = "url")]
    pid: Option<u32>,
    /// The environment variable that holds its key.
    #[arg(long, value_name = "NAME", default_value = "LOAD_KEY")]
    key_env: String,
    /// The model that sessions ask for.
    #[arg(long, default_value = "praxiloom")]
    model: String,
    /// What carries the sessions; both, one after the other, if not given.
    #[arg(long)]
    carrier: Option<Carrier>,
    /// Sessions at the same time.
    #[arg(long, default_value_t = 10)]
    sessions: usize,
    /// How long is counted, after all have begun.
    #[arg(long, default_value_t = 60, conflicts_with = "minutes")]
    seconds: u64,
    /// The same in minutes: a soak, after which memory without sessions is looked at as well.
    #[arg(long)]
    minutes: Option<u64>,
    /// Between two samples of the server's memory, in seconds.
    #[arg(long, default_value_t = 5)]
    sample_memory: u64,
    /// Between one session's beginning and the next, in milliseconds.
    #[arg(long, default_value_t = 40)]
    ramp_ms: u64,
    /// Folders of WAV files, or such files.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech"))]
    speech: Vec<PathBuf>,
    /// Every so many answers one is interrupted; 0 for none.
    #[arg(long, default_value_t = 3)]
    interrupt_every: u32,
    /// The silence that ends a turn, which the server is asked for.
    #[arg(long, default_value_t = 500)]
    silence_ms: u64,
    /// What the model is told to be. Told so, a praxiloom that runs already answers without a client
    /// of its own, and without the time that one thinks before they speak.
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// What the recogniser takes for its final words (server of one's own).
    #[arg(long, default_value_t = 0, conflicts_with = "url")]
    stt_ms: u64,
    /// What the model takes for its first token (server of one's own).
    #[arg(long, default_value_t = 0, conflicts_with = "url")]
    llm_ms: u64,
    /// What the voice takes for its first sound (server of one's own).
    #[arg(long, default_value_t = 0, conflicts_with = "url")]
    tts_ms: u64,
    /// From the end of speech to the first sound by configuration alone; overhead is what comes on
    /// top. Without it: the silence, or what our own server's engines take if that is longer.
    #[arg(long)]
    expected_ms: Option<u64>,
    /// Length of the answers (server of one's own).
    #[arg(long, default_value_t = 5000, conflicts_with = "url")]
    answer_ms: usize,
    /// Threads that carry the sessions.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Decides what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes all figures to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Looks for the most sessions at which overhead and missed frames stay within bounds.
    #[arg(long)]
    find_max: bool,
    /// Bound of the overhead's 99th percentile.
    #[arg(long, default_value_t = 30.0)]
    most_overhead_ms: f64,
    /// Bound of late and lost frames, in percent.
    #[arg(long, default_value_t = 0.1)]
    most_missed: f64,
    /// The `praxiloom` to start, if not the one built beside this program.
    #[arg(long, conflicts_with = "url")]
    server: Option<PathBuf>,
    /// More arguments of `praxiloom serve`, e.g. --serve=--live-websocket-lead-ms=100.
    #[arg(long, conflicts_with = "url", allow_hyphen_values = true)]
    serve: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let clips = Arc::new(Clips::read(&arguments.speech)?);
    println!("{} clips", clips.count());
    let carriers = arguments.carrier.map_or_else(
        || vec![Carrier::Websocket, Carrier::Webrtc],
        |carrier| vec![carrier],
    );
    let mut runs = Vec::new();
    for carrier in carriers {
        let bench = Bench {
            arguments: &arguments,
            clips: &clips,
            carrier,
        };
        if arguments.find_max {
            runs.extend(bench.find_max().await?);
        } else {
            let run = bench.run(arguments.sessions).await?;
            println!("{}", run.text());
            runs.push(run);
        }
        if let Some(path) = &arguments.json {
            write(path, &runs)?;
        }
    }
    Ok(())
}

/// One carrier's measurements.
struct Bench<'a> {
    arguments: &'a Arguments,
    clips: &'a Arc<Clips>,
    carrier: Carrier,
}

impl Bench<'_> {
    /// A run with so many sessions, on a new server if it is our own.
    async fn run(&self, sessions: usize) -> Result<Run, Box<dyn Error>> {
        let Arguments {
            url, server, pid, ..
        } = self.arguments;
        let own = match url {
            Some(_) => None,
            None => {
                let binary = server.clone().map_or_else(binary, Ok)?;
                Some(Server::start_with(&binary, &self.serve())?)
            }
        };
        let url = own.as_ref().map(Server::url).or(url.as_deref());
        let key = std::env::var(&self.arguments.key_env);
        let key = key.unwrap_or_else(|_| "local".to_owned());
        let target = Target::new(url.ok_or("no server")?, &self.arguments.model, &key)?;
        let process = own.as_ref().map(Server::pid).or(*pid);
        let before = match &own {
            // A first session makes what all of them share.
            Some(_) => {
                let mut first = self.plan(1, process);
                first.length = Duration::from_secs(1);
                first.aftermath = None;
                run(&first, &target, self.clips, None).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
                process.map(usage_of_tree).transpose()?
            }
            None => process.map(usage_of_tree).transpose()?,
        };
        let plan = self.plan(sessions, process);
        let before = before.map(|usage| usage.resident);
        Ok(run(&plan, &target, self.clips, before).await?)
    }

    fn plan(&self, sessions: usize, server: Option<u32>) -> Plan {
        let Arguments {
            seconds,
            minutes,
            sample_memory,
            ramp_ms,
            interrupt_every,
            silence_ms,
            instructions,
            threads,
            seed,
            ..
        } = self.arguments;
        Plan {
            carrier: self.carrier,
            sessions,
            length: Duration::from_secs(minutes.map_or(*seconds, |minutes| minutes * 60)),
            ramp: Duration::from_millis(*ramp_ms),
            spread: SPREAD,
            silence_ms: u32::try_from(*silence_ms).unwrap_or(u32::MAX),
            instructions: instructions.clone(),
            manners: Manners {
                expected: Duration::from_millis(self.expected()),
                interrupt_every: *interrupt_every,
                patience: Duration::from_secs(15),
            },
            threads: *threads,
            server,
            sample_every: Duration::from_secs((*sample_memory).max(1)),
            aftermath: minutes.map(|_| AFTERMATH),
            seed: *seed,
        }
    }

    /// From the end of speech to the first sound, by configuration alone.
    fn expected(&self) -> u64 {
        let Arguments {
            expected_ms,
            silence_ms,
            stt_ms,
            llm_ms,
            tts_ms,
            ..
        } = self.arguments;
        let engines = stt_ms + llm_ms + tts_ms;
        // The answer is made in the silence; it is late only if the engines take longer.
        expected_ms.unwrap_or_else(|| (*silence_ms).max(HANGOVER_MS + engines))
    }

    /// What our own server is started with.
    fn serve(&self) -> Vec<String> {
        let Arguments {
            stt_ms,
            llm_ms,
            tts_ms,
            answer_ms,
            serve,
            ..
        } = self.arguments;
        let mut given = vec![
            format!("--stt-standin-ms={stt_ms}"),
            format!("--llm-standin-ms={llm_ms}"),
            format!("--tts-standin-ms={tts_ms}"),
            format!("--llm-standin-says={}", says(*answer_ms)),
        ];
        given.extend(serve.iter().cloned());
        given
    }

    /// Raises the number of sessions by half until a bound is broken twice, then halves the
    /// interval between what held and what did not.
    async fn find_max(&self) -> Result<Vec<Run>, Box<dyn Error>> {
        let mut runs = Vec::new();
        let (mut holds, mut fails) = (0, None::<usize>);
        let mut next = 1;
        println!(
            "\n## {}\n\n| sessions | overhead p50 | p99 | missed % | CPU % of a core, each | MB each | load itself, cores |\n|---|---|---|---|---|---|---|",
            self.carrier.name()
        );
        loop {
            let mut run = self.run(next).await?;
            println!("{}", row(&run));
            if !self.within(&run) {
                // Once may be the machine's doing.
                runs.push(run);
                run = self.run(next).await?;
                println!("{}", row(&run));
            }
            if self.within(&run) {
                holds = next;
            } else {
                fails = Some(next);
            }
            runs.push(run);
            next = match fails {
                None => (next * 3 / 2).max(next + 4).div_ceil(5) * 5,
                Some(fails) if fails - holds <= (fails / 20).max(1) => break,
                Some(fails) => usize::midpoint(holds, fails),
            };
        }
        println!("\n{}: {holds} sessions", self.carrier.name());
        Ok(runs)
    }

    fn within(&self, run: &Run) -> bool {
        let overhead = run.tally.overhead.percentile(0.99);
        overhead.is_some_and(|ms| ms <= self.arguments.most_overhead_ms)
            && run.tally.missed() * 100.0 <= self.arguments.most_missed
            && run.live == run.sessions
    }
}

/// One sentence that the stand-in voice speaks for so long: 60 ms a character.
fn says(ms: usize) -> String {
    const WORDS: &str = "it has been like that for a long time and I do not know why but ";
    let length = (ms / 60).max(8);
    let mut text: String = WORDS.chars().cycle().take(length - 1).collect();
    text = text.trim_end().to_owned();
    text.push('.');
    text
}

fn row(run: &Run) -> String {
    let ms = |share| {
        let value = run.tally.overhead.percentile(share);
        value.map_or_else(|| "none".to_owned(), |value| format!("{value:.1}"))
    };
    let figure = |value: Option<f64>| {
        value.map_or_else(|| "unseen".to_owned(), |value| format!("{value:.2}"))
    };
    format!(
        "| {} | {} | {} | {:.3} | {} | {} | {:.2} |",
        run.live,
        ms(0.5),
        ms(0.99),
        run.tally.missed() * 100.0,
        figure(run.cpu_percent()),
        figure(run.memory_mb()),
        run.own_cpu,
    )
}

fn write(path: &Path, runs: &[Run]) -> Result<(), Box<dyn Error>> {
    let runs: Vec<Value> = runs.iter().map(Run::json).collect();
    std::fs::write(path, serde_json::to_string_pretty(&json!({"runs": runs}))?)?;
    Ok(())
}

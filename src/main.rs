//! The `praxiloom` command.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use praxiloom::app::{App, Engines};
use praxiloom::clock::Clock;
use praxiloom::config::{self, AskError, Config, ModelsTask, Task};
use praxiloom::http::Edge;
use praxiloom::lifecycle::{Signals, Stopped};
use praxiloom::practice::listing::{self, Checked};
use praxiloom::practice::moves::report::report;
use praxiloom::practice::moves::transcript::TranscriptError;
use praxiloom::practice::{Gallery, Move};
use praxiloom::providers::doctor::{Finding, examine};
use praxiloom::providers::models::{self, ModelsError, Progress};
use praxiloom::telemetry;

/// How long the ends of calls may take to reach their clients, who wait for them to reconnect.
const GOODBYE: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    // A variable that is not UTF-8 is none of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let asked = match config::ask(std::env::args_os(), variables, &Move::list()) {
        Ok(asked) => asked,
        Err(AskError::Usage(usage)) => usage.exit(),
        Err(error) => return fail(&error),
    };
    let done = match asked.task {
        Task::ShowExample => print(&config::example()),
        Task::ShowConfig => print(&asked.effective),
        Task::Serve => serve(asked.config),
        Task::Doctor => doctor(&asked.config),
        Task::Moves { file } => moves(&file),
        Task::CheckClients { paths } => return check_clients(&paths),
        Task::ListClients => list_clients(&asked.config),
        Task::Models(task) => change_models(task, &asked.config.server.data),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

#[tokio::main]
async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    telemetry::start_log(&config.log)?;
    open_many_files();
    // The vendors' connections and our own certificate use one cryptography. It is already
    // chosen only if something in this process did so before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let signals = Signals::listen()?;
    let engines = Engines::start(&config).await?;
    let app = App::start(config, Clock::system(), engines).await?;
    let edge = Edge::bind(&app).await?;
    print(&greeting(&app, &edge))?;
    let served = app.clone();
    app.lifecycle.spawn_door("http", async move {
        if let Err(error) = edge.run(served).await {
            tracing::error!(%error, "the listener failed");
        }
    });
    let stopped = app.lifecycle.run(signals).await;
    if let Some(calls) = &app.calls {
        // Their sessions have ended; a client that is gone is not waited for.
        let _ = tokio::time::timeout(GOODBYE, calls.ended()).await;
    }
    app.archive.close().await;
    app.issued.close().await;
    app.db.close().await;
    match stopped {
        Stopped::Drained => tracing::info!("stopped; everything ended by itself"),
        Stopped::Cut => tracing::warn!("stopped; what was still going on was cut off"),
        Stopped::Left(tasks) => tracing::error!(tasks, "stopped; some tasks did not end"),
    }
    Ok(())
}

/// Asks every provider, and fails if one does not work that somebody named.
#[tokio::main]
async fn doctor(config: &Config) -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let findings = examine(config).await;
    let lines: Vec<String> = findings.iter().map(Finding::line).collect();
    print(&format!("{}\n", lines.join("\n")))?;
    let failed = findings.iter().filter(|finding| finding.fails());
    match failed.count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} providers do not work", findings.len()).into()),
    }
}

/// Lets the process open as many files as the system permits: every connection is one, and so is
/// every file of a recording, while the usual limit is one for programs that call `select`.
fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum;
    // What cannot be raised has to do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
}

/// Where the server is, and who listens, thinks and speaks.
fn greeting(app: &App, edge: &Edge) -> String {
    let (stt, llm, tts) = app.engines.info();
    let mut text = format!("praxiloom serves on {}\n", edge.url());
    for (does, engine) in [("listens", stt), ("thinks", llm), ("speaks", tts)] {
        let receiver = engine
            .processor
            .map_or_else(String::new, |name| format!(" [{name}]"));
        text += &format!("  {does:<8} {}{receiver}: {}\n", engine.name, engine.note);
    }
    text
}

/// Prints the moves of a transcript; of what standard input has so far, when it has it.
fn moves(file: &Path) -> Result<(), Box<dyn Error>> {
    let name = file.display().to_string();
    let done = if name == "-" {
        let mut output = io::stdout().lock();
        report("standard input", io::stdin().lock(), &mut output)
    } else {
        let opened = File::open(file);
        let input = opened.map_err(|error| TranscriptError::Io {
            file: name.clone(),
            error,
        })?;
        let mut output = BufWriter::new(io::stdout().lock());
        report(&name, BufReader::new(input), &mut output).and(
            output
                .flush()
                .map_err(|error| TranscriptError::Io { file: name, error }),
        )
    };
    match done {
        // Who reads it has read enough.
        Err(TranscriptError::Io { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(())
        }
        done => Ok(done?),
    }
}

/// Says what is wrong with sheets; fails if anything is.
fn check_clients(paths: &[PathBuf]) -> ExitCode {
    let Checked {
        sound,
        warned,
        wrong,
    } = listing::check(paths);
    // Nobody is left to tell if these fail.
    let _ = print(&sound);
    let _ = std::io::stderr()
        .lock()
        .write_all((warned + &wrong).as_bytes());
    match wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn list_clients(config: &Config) -> Result<(), Box<dyn Error>> {
    let gallery = Gallery::load(config.practice.clients.as_deref())?;
    print(&listing::list(&gallery))
}

/// Fetches, lists or removes models.
#[tokio::main(flavor = "current_thread")]
async fn change_models(task: ModelsTask, data: &Path) -> Result<(), Box<dyn Error>> {
    let stderr = io::stderr();
    let terminal = stderr.is_terminal();
    let mut progress = Progress::new(Box::new(stderr), terminal);
    let mut stdout = io::stdout();
    Ok(models::command::run(
        task,
        data,
        Clock::system().now(),
        &mut stdout,
        &mut progress,
    )
    .await?)
}

fn print(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    // Nobody is left to tell if this fails.
    let _ = writeln!(std::io::stderr(), "praxiloom: {error}");
    match error.downcast_ref::<ModelsError>() {
        Some(error) => error.exit_code().into(),
        None => ExitCode::FAILURE,
    }
}

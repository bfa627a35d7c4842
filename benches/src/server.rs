//! A server process of one's own with stand-in engines, and what `/metrics` says.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::BenchError;
use crate::process::{Usage, usage};
use crate::quick;

/// Who the clients are.
const CLIENTS: &str = "--practice-clients";
/// Longest wait for an answer over HTTP.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    data: tempfile::TempDir,
}

impl Server {
    /// Starts `binary` on a free port of loopback, with stand-in engines of no delay and a client
    /// who does not think before they speak, and waits until it says where it is.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(binary: &Path) -> Result<Self, BenchError> {
        Self::start_with(binary, &[])
    }

    /// The same with more arguments of `serve`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_with(binary: &Path, arguments: &[String]) -> Result<Self, BenchError> {
        let io = |error| BenchError::Io(binary.display().to_string(), error);
        let data = tempfile::tempdir().map_err(io)?;
        Self::start_on(binary, arguments, data)
    }

    /// Kills it as a power cut would (SIGKILL) and starts another one on the same data.
    ///
    /// # Errors
    /// If the other one does not start.
    pub fn kill_and_restart(self, binary: &Path, arguments: &[String]) -> Result<Self, BenchError> {
        let mut killed = self;
        let io = |error| BenchError::Io(binary.display().to_string(), error);
        let data = std::mem::replace(&mut killed.data, tempfile::tempdir().map_err(io)?);
        drop(killed);
        Self::start_on(binary, arguments, data)
    }

    fn start_on(
        binary: &Path,
        arguments: &[String],
        data: tempfile::TempDir,
    ) -> Result<Self, BenchError> {
        let io = |error| BenchError::Io(binary.display().to_string(), error);
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PRAXILOOM_") {
                command.env_remove(name);
            }
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error"]);
        command.args(["--stt-engine", "standin", "--tts-engine", "standin"]);
        command.args(["--llm-engine", "standin", "--live-max-sessions", "1000"]);
        command.args(arguments);
        if !arguments.iter().any(|given| given.starts_with(CLIENTS)) {
            let clients = data.path().join("quick-clients");
            quick::write(&clients)?;
            command.arg(CLIENTS).arg(clients);
        }
        command.arg("--data").arg(data.path());
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(io)?;
        let mut first = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut first).map_err(io)?;
        }
        let url = first
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned();
        let server = Self { child, url, data };
        if server.url.starts_with("http") {
            Ok(server)
        } else {
            Err(BenchError::Server("it did not start".to_owned()))
        }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time and memory of its process.
    ///
    /// # Errors
    /// If it is gone.
    pub fn usage(&self) -> Result<Usage, BenchError> {
        usage(Some(self.child.id()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The `praxiloom` that was built beside this program.
///
/// # Errors
/// If it was not built.
pub fn binary() -> Result<PathBuf, BenchError> {
    let own = std::env::current_exe();
    let own = own.map_err(|error| BenchError::Io("this program".to_owned(), error))?;
    let path = own.with_file_name("praxiloom");
    if path.is_file() {
        Ok(path)
    } else {
        let wanted = format!(
            "{} is missing: `cargo build --release` builds it",
            path.display()
        );
        Err(BenchError::Server(wanted))
    }
}

/// A client for HTTP that uses no proxy.
///
/// # Errors
/// If it cannot be built.
pub fn http() -> Result<reqwest::Client, BenchError> {
    // Already chosen only if something in this process did so before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    client.build().map_err(BenchError::connection)
}

/// What `/metrics` of a server says.
#[derive(Clone, Debug)]
pub struct Metrics(String);

impl Metrics {
    /// Asks the server.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn of(url: &str) -> Result<Self, BenchError> {
        let answer = http()?.get(format!("{url}/metrics")).bearer_auth("local");
        let answer = answer.send().await.map_err(BenchError::connection)?;
        let answer = answer.error_for_status().map_err(BenchError::connection)?;
        Ok(Self(answer.text().await.map_err(BenchError::connection)?))
    }

    /// The value of a series, such as `name_sum{stage="first_token"}`.
    #[must_use]
    pub fn value(&self, series: &str) -> Option<f64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series))?;
        line.trim().parse().ok()
    }

    /// The mean of a histogram, in milliseconds, of what was counted since `before`.
    #[must_use]
    pub fn mean_ms_since(&self, before: &Self, name: &str, labels: &str) -> Option<f64> {
        let since = |part: &str| {
            let series = format!("{name}_{part}{{{labels}}}");
            Some(self.value(&series)? - before.value(&series).unwrap_or(0.0))
        };
        let (sum, count) = (since("sum")?, since("count")?);
        (count > 0.0).then(|| sum / count * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_counts_what_came_since() {
        let page = |sum, count| {
            Metrics(format!(
                "# TYPE took histogram\ntook_sum{{a=\"b\"}} {sum}\ntook_count{{a=\"b\"}} {count}\n"
            ))
        };
        let (before, after) = (page(0.5, 10), page(0.9, 30));
        let mean = after.mean_ms_since(&before, "took", "a=\"b\"").unwrap();
        assert!((mean - 20.0).abs() < 1e-9);
        assert_eq!(before.mean_ms_since(&before, "took", "a=\"b\""), None);
        assert_eq!(after.mean_ms_since(&before, "other", ""), None);
    }
}

//! The `praxiloom` binary as a person runs it: its own process, its output, signals.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A running `praxiloom serve`. Dropping it kills it.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<std::thread::JoinHandle<String>>,
    /// What it printed first: where it serves, and its engines.
    pub greeting: Vec<String>,
}

impl Process {
    /// Starts it on any free port with its data in `folder`, and waits until it says where.
    pub fn serve(folder: &std::path::Path, variables: &[(&str, &str)]) -> Self {
        let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(folder).envs(variables.iter().copied());
        Self::run(command)
    }

    /// Runs a command that serves, and waits until it says where.
    pub fn run(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut process = Self {
            stdout: BufReader::new(child.stdout.take().unwrap()),
            stderr: Some(stderr),
            child,
            greeting: Vec::new(),
        };
        for _ in 0..4 {
            let mut line = String::new();
            process.stdout.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "it ended: {}", process.log());
            process.greeting.push(line.trim_end().to_owned());
        }
        process
    }

    /// Where it serves.
    pub fn url(&self) -> &str {
        self.greeting[0].rsplit(' ').next().unwrap()
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let (name, pid) = (format!("-{name}"), self.pid().to_string());
        assert!(
            Command::new("kill")
                .args([name, pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends; gives how, and everything it logged.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log())
    }

    /// Everything it logged, once it has ended.
    fn log(&mut self) -> String {
        self.stderr
            .take()
            .map_or_else(String::new, |log| log.join().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with these arguments, and nothing of ours in its environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_praxiloom"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PRAXILOOM_") {
            command.env_remove(name);
        }
    }
    command
}

/// Asserts that none of these words, which nobody may read, stands in a log.
pub fn assert_discreet(log: &str, private: &[&str]) {
    for word in private {
        let line = log.lines().find(|line| line.contains(word));
        assert!(
            line.is_none(),
            "`{word}` was logged: {}",
            line.unwrap_or_default()
        );
    }
}

//! A real PostgreSQL for as long as a test runs: its own cluster in a temporary folder, reachable
//! through a socket in that folder alone.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server. Dropping it stops it.
pub struct Postgres {
    folder: tempfile::TempDir,
    server: Child,
}

impl Postgres {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed, or does not start: a test without it would prove nothing.
    pub fn start() -> Self {
        let programs = programs()
            .expect("PostgreSQL is not installed: `make setup`, or apt-get install postgresql");
        let folder = tempfile::Builder::new()
            .prefix("praxiloom-pg")
            .tempdir()
            .unwrap();
        let data = folder.path().join("data");
        let person = unprivileged();
        if let Some(Person { user, group }) = person {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let made = run_as(person, &programs.join("initdb"))
            .args([
                "--username=praxiloom",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .args(["--no-sync", "--pgdata"])
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut server = run_as(person, &programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "lc_messages=C",
            ])
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let ready = said.find(|line| line.contains("database system is ready to accept"));
        assert!(ready.is_some(), "PostgreSQL ended before it was ready");
        // Keeps the pipe from filling up; ends with the server.
        std::thread::spawn(move || said.for_each(drop));
        Self { folder, server }
    }

    /// The address of the database `name`, as `database.url` takes it.
    pub fn url(&self, name: &str) -> String {
        let folder = self.folder.path().display();
        format!("postgres://praxiloom@localhost/{name}?host={folder}")
    }
}

impl Postgres {
    /// Sends a signal to the server and its children: `-STOP`, and it says nothing any more.
    pub fn signal(&self, signal: &str) {
        for pid in self.family() {
            // A child may have ended by itself.
            let _ = Command::new("kill").args([signal, &pid]).status();
        }
    }

    /// The server, and after it its children.
    pub fn family(&self) -> Vec<String> {
        let server = self.server.id().to_string();
        let tasks = format!("/proc/{server}/task/{server}/children");
        let children = std::fs::read_to_string(tasks).unwrap_or_default();
        let mut family = vec![server];
        family.extend(children.split_whitespace().map(str::to_owned));
        family
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.signal("-CONT");
        // SIGINT is PostgreSQL's fast shutdown: it ends connections and leaves nothing behind.
        let pid = self.server.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

/// Whom the server runs as: it refuses to run as root.
#[derive(Clone, Copy)]
struct Person {
    user: u32,
    group: u32,
}

fn unprivileged() -> Option<Person> {
    let me = Command::new("id").arg("-u").output().unwrap();
    if me.stdout.trim_ascii() != b"0" {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let field = |line: &str, at| line.split(':').nth(at).and_then(|field| field.parse().ok());
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let line = line.expect("Debian's package makes a user named postgres");
    Some(Person {
        user: field(line, 2).unwrap(),
        group: field(line, 3).unwrap(),
    })
}

/// A command that ends with this thread, as somebody else if need be.
fn run_as(person: Option<Person>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=INT");
    if let Some(Person { user, group }) = person {
        command
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={group}"));
        command.arg("--clear-groups");
    }
    command.arg("--").arg(program).env("TZ", "UTC");
    command
}

/// The newest installed release's folder of programs: Debian's, or the one on the path.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = debian
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|release| PathBuf::from(format!("/usr/lib/postgresql/{release}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

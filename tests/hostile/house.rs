//! A real server process, what it costs, and whether everything in its archive is whole.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use media::record::TrackReader;
use praxiloom::archive::event::{Entry, Event};
use serde_json::Value;

use crate::process::Process;
use crate::server::client;
use crate::socket::LONG;

/// Engines that cost nothing, so that what is measured is the server.
pub const STANDINS: [(&str, &str); 2] = [
    ("PRAXILOOM_STT_ENGINE", "standin"),
    ("PRAXILOOM_TTS_ENGINE", "standin"),
];

/// A server with its data in a folder.
pub struct House {
    pub process: Process,
    /// As this process reaches it.
    pub data: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

/// Measures what a process costs.
#[derive(Clone, Copy)]
pub struct Meter(u32);

impl Meter {
    /// Peak of resident memory, in MiB.
    pub fn peak(self) -> u64 {
        self.status("VmHWM:") / 1024
    }

    /// Resident memory, in KiB.
    pub fn resident(self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse().unwrap()
    }

    /// How many files it has open, connections among them.
    pub fn files(self) -> usize {
        let folder = format!("/proc/{}/fd", self.0);
        std::fs::read_dir(folder).unwrap().count()
    }
}

/// What the files of one session hold.
#[derive(Debug, Default)]
pub struct Kept {
    pub id: String,
    /// How long both tracks are, together.
    pub sound: Duration,
    /// How far the longer one goes.
    pub reaches: Duration,
    /// How far the coach's goes, and the client's.
    pub ends: [Duration; 2],
    pub entries: usize,
    pub parts: usize,
}

impl House {
    /// With stand-ins for engines.
    pub fn start() -> Self {
        Self::with(&STANDINS)
    }

    pub fn with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::serve(folder.path(), variables);
        Self {
            process,
            data: folder.path().to_owned(),
            _folder: Some(folder),
        }
    }

    /// In a folder that is kept.
    pub fn at(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self {
            process: Process::serve(folder, variables),
            data: folder.to_owned(),
            _folder: None,
        }
    }

    /// Whatever was started.
    pub fn of(process: Process, data: PathBuf) -> Self {
        Self {
            process,
            data,
            _folder: None,
        }
    }

    /// Where sessions begin.
    pub fn socket(&self) -> String {
        self.process.url().replace("http://", "ws://") + "/v1/realtime"
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> &str {
        self.process.url().trim_start_matches("http://")
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.process.url());
        let response = client().get(url).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Waits until `/health` warns of this.
    pub async fn warns(&self, of: Value) {
        let warned = async {
            while self.get("/health").await["warnings"] != of {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let warned = tokio::time::timeout(LONG, warned).await;
        warned.unwrap_or_else(|_| panic!("nobody is told of {of}"));
    }

    /// A session, once it has ended.
    pub async fn ended(&self, id: &str) -> Value {
        let find = async {
            loop {
                let url = format!("{}/api/sessions/{id}", self.process.url());
                let response = client().get(url).send().await.unwrap();
                if response.status().is_success() {
                    let session: Value = response.json().await.unwrap();
                    if session["status"] == "ended" {
                        return session;
                    }
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(LONG, find)
            .await
            .expect("it did not end")
    }

    /// When a node that uses the archive said last that it lives, in microseconds since 1970.
    pub fn beat(&self) -> Option<i64> {
        let nodes = std::fs::read_dir(self.data.join("sessions/.nodes")).ok()?;
        let told = nodes.flatten().filter_map(|node| {
            let text = std::fs::read_to_string(node.path()).ok()?;
            text.parse::<i64>().ok()
        });
        told.max()
    }

    /// What the client said in a session, as the transcript has it.
    pub async fn said_by_client(&self, id: &str) -> Vec<String> {
        let said = self.said_so_far(id).await;
        said.expect("there is no transcript")
    }

    /// The same, of a session that may not be on record yet.
    pub async fn said_so_far(&self, id: &str) -> Option<Vec<String>> {
        let url = format!("{}/api/sessions/{id}/transcript", self.process.url());
        let response = client().get(url).send().await.unwrap();
        let response = response.error_for_status().ok()?;
        let transcript: Value = response.json().await.unwrap();
        let lines = transcript["lines"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line["speaker"] == "client");
        Some(
            lines
                .map(|line| line["text"].as_str().unwrap().to_owned())
                .collect(),
        )
    }

    /// What it costs.
    pub fn meter(&self) -> Meter {
        Meter(self.process.pid())
    }

    /// Asserts that every file of every session in an archive is whole, and gives what they hold.
    pub fn whole_in(archive: &Path) -> Vec<Kept> {
        let mut kept = Vec::new();
        for account in folders(archive) {
            for session in folders(&account) {
                kept.push(whole(&session, true));
            }
        }
        kept
    }

    /// Asserts that the files of a session are whole, to the end of the session or to where its
    /// recording stopped.
    pub fn files_of(&self, id: &str, to_the_end: bool) -> Kept {
        let accounts = folders(&self.data.join("sessions"));
        let mut folders = accounts.iter().map(|account| account.join(id));
        let folder = folders.find(|folder| folder.exists());
        whole(&folder.expect("it has no folder"), to_the_end)
    }

    /// How many bytes of events and traces there are of a session.
    pub fn log_of(&self, id: &str) -> u64 {
        let accounts = folders(&self.data.join("sessions"));
        let files = accounts
            .iter()
            .filter_map(|account| std::fs::read_dir(account.join(id)).ok())
            .flatten()
            .map(|file| file.unwrap())
            .filter(|file| file.path().extension().is_some_and(|kind| kind == "jsonl"));
        files.map(|file| file.metadata().unwrap().len()).sum()
    }

    /// Asserts that this session's files are whole, that nothing which the client was heard to say
    /// is missing, and that its recording is what the API says.
    pub async fn assert_kept(&self, session: &Value, answers: &[String]) {
        let id = session["id"].as_str().unwrap();
        assert_eq!(session["recording"]["state"], "whole", "{session}");
        let said = self.said_by_client(id).await;
        for answer in answers {
            assert!(said.contains(answer), "`{answer}` is missing in {said:?}");
        }
        let kept = self.files_of(id, true);
        assert!(kept.sound > Duration::from_secs(3), "{kept:?}");
    }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect()
}

/// Reads every file of a session from its first byte to its last. One that was recorded to its end
/// has to say so.
fn whole(session: &Path, to_the_end: bool) -> Kept {
    let mut kept = Kept {
        id: session.file_name().unwrap().to_string_lossy().into_owned(),
        ..Kept::default()
    };
    for file in std::fs::read_dir(session).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".opus") {
            let file = BufReader::new(File::open(&path).unwrap());
            let mut track = TrackReader::new(file).unwrap();
            while track
                .next_packet()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
                .is_some()
            {}
            let ended = track.is_ended() || !to_the_end;
            assert!(ended, "{} has no end", path.display());
            let length = track.end() - media::Position::ZERO;
            kept.sound += length;
            kept.reaches = kept.reaches.max(length);
            let end = &mut kept.ends[usize::from(name.ends_with(".client.opus"))];
            *end = length.max(*end);
        } else if name.ends_with(".events.jsonl") {
            let log = std::fs::read_to_string(&path).unwrap();
            let entries: Vec<Entry> = log
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert!(log.ends_with('\n'), "{}", path.display());
            assert!(matches!(entries[0].event, Event::Connected { .. }));
            assert!(entries.is_sorted_by_key(|entry| entry.at_ms), "{name}");
            kept.entries += entries.len();
            kept.parts += 1;
        } else if name.ends_with(".trace.jsonl") {
            let trace = std::fs::read_to_string(&path).unwrap();
            for line in trace.lines() {
                serde_json::from_str::<Value>(line).unwrap();
            }
        }
    }
    kept
}

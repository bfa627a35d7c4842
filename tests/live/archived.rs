//! A session's files, read as anybody could read them.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use media::opus::Decoder;
use media::record::TrackReader;
use praxiloom::archive::event::{Entry, Event, Said, Speaker};
use praxiloom::live::conversation::trace::replay;

/// One part of a session.
pub struct Part {
    folder: PathBuf,
    number: u32,
    pub events: Vec<Entry>,
}

/// One voice of a part.
pub struct Track {
    /// How long it is.
    pub ms: u64,
    /// Whether its end is marked.
    pub ended: bool,
    /// 16 kHz.
    pub samples: Vec<i16>,
    pub peaks: Vec<u8>,
}

/// The folder of a session, whoever's it is.
pub fn folder(data: &Path, id: &str) -> PathBuf {
    let accounts = std::fs::read_dir(data.join("sessions")).unwrap();
    let of = |account: std::io::Result<std::fs::DirEntry>| account.unwrap().path().join(id);
    accounts.map(of).find(|folder| folder.is_dir()).unwrap()
}

impl Part {
    pub fn read(data: &Path, id: &str, number: u32) -> Self {
        let folder = folder(data, id);
        let mut part = Self {
            folder,
            number,
            events: Vec::new(),
        };
        let lines = part.text("events.jsonl");
        let entries = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        part.events = entries.collect();
        part
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{:03}.{name}", self.number))
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn track(&self, name: &str) -> Track {
        let file = File::open(self.path(&format!("{name}.opus"))).unwrap();
        let mut reader = TrackReader::new(BufReader::new(file)).unwrap();
        let mut decoder = Decoder::new(16_000).unwrap();
        let mut samples = Vec::new();
        while let Some(packet) = reader.next_packet().unwrap() {
            decoder.decode(packet.bytes, &mut samples).unwrap();
        }
        Track {
            ms: reader.end().ms(),
            ended: reader.is_ended(),
            samples,
            peaks: std::fs::read(self.path(&format!("{name}.peaks"))).unwrap(),
        }
    }

    /// What was said in the end, in order: later entries replace earlier ones.
    pub fn said(&self, speaker: Speaker) -> Vec<Said> {
        let mut all: Vec<Said> = Vec::new();
        for entry in &self.events {
            if let Event::Said(said) = &entry.event
                && said.speaker == speaker
            {
                match all.iter_mut().find(|other| other.item_id == said.item_id) {
                    Some(other) => other.clone_from(said),
                    None => all.push(said.clone()),
                }
            }
        }
        all
    }

    /// How the part ended.
    pub fn reason(&self) -> Option<&str> {
        let mut events = self.events.iter().rev();
        events.find_map(|entry| match &entry.event {
            Event::Disconnected { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// Asserts that the state machine, given what it was given, decides what it decided.
    pub fn replays(&self) {
        let trace = self.text("trace.jsonl");
        let again: Vec<Entry> = replay(trace.lines())
            .unwrap()
            .entries()
            .collect::<Result<_, _>>()
            .unwrap();
        let own = |entry: &&Entry| {
            !matches!(
                entry.event,
                Event::Connected { .. }
                    | Event::Disconnected { .. }
                    | Event::EngineCall(_)
                    | Event::HeardAfterwards { .. }
            )
        };
        let first: Vec<&Entry> = self.events.iter().filter(own).collect();
        assert!(first.len() > 1);
        assert_eq!(first, again.iter().collect::<Vec<_>>());
    }
}

impl Track {
    /// Root mean square of a stretch.
    pub fn level(&self, from_ms: u64, to_ms: u64) -> f64 {
        let at = |ms: u64| (ms as usize * 16).min(self.samples.len());
        let stretch = &self.samples[at(from_ms)..at(to_ms).max(at(from_ms))];
        let power: f64 = stretch
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum();
        (power / stretch.len().max(1) as f64).sqrt()
    }
}

//! An archive in a temporary folder, and a session to record in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use media::Position;
use media::opus::{Encoder, EncoderSettings};
use praxiloom::accounts;
use praxiloom::archive::event::{Event, Said, Speaker, TimedWord};
use praxiloom::archive::{Archive, ArchiveParts, Part, Recorder};
use praxiloom::clock::{Clock, Micros};
use praxiloom::config;
use praxiloom::db::{AccountId, Db};
use praxiloom::private::Private;
use praxiloom::telemetry::Metrics;
use serde_json::json;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role, Session};
use tokio_util::sync::CancellationToken;

pub const NOON: Micros = Micros(1_795_262_400_000_000);

/// An archive with its database.
#[derive(Clone)]
pub struct Scene {
    pub archive: Archive,
    pub db: Db,
    pub me: AccountId,
    pub clock: Clock,
    pub folder: PathBuf,
}

impl Scene {
    /// On SQLite, everything in `folder`.
    pub async fn sqlite(folder: &Path) -> Self {
        let url = format!("sqlite:{}", folder.join("praxiloom.db").display());
        Self::open(&url, &folder.join("sessions"), Clock::set_to(NOON)).await
    }

    pub async fn open(url: &str, folder: &Path, clock: Clock) -> Self {
        let db = open_db(url).await;
        let me = accounts::local(&db, NOON).await.unwrap();
        let archive = Archive::open(ArchiveParts {
            folder: folder.to_owned(),
            resume_within: Duration::from_secs(600),
            home: None,
            db: db.clone(),
            clock: clock.clone(),
            metrics: Metrics::new(),
            failed: CancellationToken::new(),
        })
        .await
        .unwrap();
        Self {
            archive,
            db,
            me,
            clock,
            folder: folder.to_owned(),
        }
    }

    /// The folder of a session.
    pub fn session(&self, id: &str) -> PathBuf {
        self.folder.join(self.me.as_str()).join(id)
    }

    /// Begins to record the first part of a session.
    pub fn record(&self, id: &str) -> Recorder {
        self.archive.record(self.part(id))
    }

    pub fn part(&self, id: &str) -> Part {
        Part {
            account: self.me.clone(),
            id: id.to_owned(),
            number: 1,
            from: Position::ZERO,
            transport: "websocket",
            client_id: None,
            engines: json!({"stt": "pocketsphinx", "llm": "standin", "tts": "flite"}),
            began_at: self.clock.now(),
            claim: None,
        }
    }
}

pub async fn open_db(url: &str) -> Db {
    let url = Private::new(url.to_owned());
    Db::open(&config::Database {
        url,
        max_connections: 4,
    })
    .await
    .unwrap()
}

/// Opus packets of 20 ms in which a tone sounds.
pub struct Tone {
    encoder: Encoder,
    at: u64,
}

impl Tone {
    pub fn new() -> Self {
        Self {
            encoder: Encoder::new(EncoderSettings::default()).unwrap(),
            at: 0,
        }
    }

    pub fn packet(&mut self) -> Vec<u8> {
        let frame = self.encoder.frame();
        let samples: Vec<i16> = (0..frame as u64)
            .map(|index| (((self.at + index) as f64 * 0.06).sin() * 9000.0) as i16)
            .collect();
        self.at += frame as u64;
        self.encoder.encode(&samples).unwrap().to_vec()
    }
}

/// Records from `from` until `to` as a live session does: both voices, frame by frame.
pub fn speak(recorder: &mut Recorder, tone: &mut Tone, from: Position, to: Position) {
    let mut at = from;
    while at < to {
        let packet = tone.packet();
        recorder.coach(at, &packet, 70);
        recorder.client(at + Duration::from_millis(70), &packet, 140);
        recorder.trace(r#"{"at":1,"input":"time"}"#);
        at += Duration::from_millis(20);
        recorder.tick(at);
    }
}

pub fn configured(id: &str, client: Option<&str>) -> Event {
    Event::Configured {
        session: Box::new(Session::new(id, "praxiloom", "slt", 1_795_266_000)),
        client_id: client.map(str::to_owned),
    }
}

pub fn item(id: &str, role: Role, text: &str, after: Option<&str>) -> Event {
    let transcript = Some(text.to_owned());
    let content = match role {
        Role::Assistant => Content::OutputAudio {
            audio: None,
            transcript,
        },
        _ => Content::InputAudio {
            audio: None,
            transcript,
        },
    };
    Event::Item {
        item: Item {
            id: id.to_owned(),
            status: ItemStatus::Completed,
            kind: ItemKind::Message {
                role,
                content: vec![content],
            },
        },
        after: after.map(str::to_owned),
    }
}

/// Something said, each word a quarter of a second long.
pub fn said(id: &str, speaker: Speaker, from_ms: u64, text: &str) -> Event {
    let word = |(index, text): (usize, &str)| TimedWord {
        text: text.to_owned(),
        from_ms: from_ms + index as u64 * 250,
        to_ms: from_ms + index as u64 * 250 + 200,
    };
    let words: Vec<TimedWord> = text.split(' ').enumerate().map(word).collect();
    Event::Said(Said {
        item_id: id.to_owned(),
        speaker,
        from_ms,
        to_ms: words.last().map_or(from_ms, |word| word.to_ms),
        text: text.to_owned(),
        words,
        cut: false,
        typed: false,
        afterwards: false,
    })
}

pub fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

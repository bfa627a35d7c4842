//! Engines that die at work: the session they served says so and goes on, others notice nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use praxiloom::app::Engines;
use praxiloom::providers::stt::standin::Standin;
use praxiloom::providers::stt::{ListenRequest, Listening, SpeechToText};
use praxiloom::providers::{EngineInfo, ProviderError};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::companion::Companion;
use crate::house::House;
use crate::server::Running;
use crate::socket::{LONG, Socket, question_pcm, quick};

/// A program in front of the real one: it writes down its number, and waits to be killed.
const SLOW_TO_SPEAK: &str = r#"#!/bin/sh
case "$*" in
*--voices*) exec /usr/bin/espeak-ng "$@" ;;
esac
if [ -e "$0.kill" ]; then
    echo $$ > "$0.pid.part" && mv "$0.pid.part" "$0.pid"
    exec sleep 30
fi
exec /usr/bin/espeak-ng "$@"
"#;

#[tokio::test]
async fn a_voice_that_is_killed_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("espeak-ng");
    std::fs::write(&program, SLOW_TO_SPEAK).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let house = House::with(&[("PRAXILOOM_STT_ENGINE", "standin"), ("PATH", &path)]);
    let mut companion = Companion::begin(&house).await;
    let mut socket = Socket::at(&house.socket()).await;
    let session = json!({
        "type": "realtime",
        "include": ["praxiloom.events"],
        "audio": {"output": {"voice": "alder"}},
    });
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    assert_eq!(
        socket.type_line("What brings you here?").await.response["status"],
        "completed"
    );
    let order = folder.path().join("espeak-ng.kill");
    std::fs::write(&order, "").unwrap();
    let failed = companion
        .talk_while(async {
            let (answer, ()) = tokio::join!(socket.type_line("What else?"), killer(folder.path()));
            std::fs::remove_file(&order).unwrap();
            answer
        })
        .await;
    // Nothing of it was heard but the silence in which the client thought, and the coach is told
    // why.
    assert_eq!(failed.transcript, "");
    assert!(failed.audio.iter().all(|byte| *byte == 0));
    let told = socket
        .seen
        .iter()
        .any(|event| event["code"] == "voice_trouble");
    assert!(told, "{:?}", socket.kinds());
    companion.assert_undisturbed("a voice that was killed");
    // The next answer is spoken.
    let answer = socket.type_line("And now?").await;
    assert_eq!(answer.response["status"], "completed");
    assert!(!answer.audio.is_empty());
    let id = socket.id();
    socket.stream.close(None).await.unwrap();
    house.ended(&id).await;
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
}

/// Kills the program whenever it is at work, until it was killed once and came no more.
async fn killer(folder: &Path) {
    let file = folder.join("espeak-ng.pid");
    let wait = async || {
        loop {
            if let Ok(pid) = std::fs::read_to_string(&file) {
                return pid.trim().to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let mut pid = timeout(LONG, wait()).await.expect("it was never run");
    loop {
        std::fs::remove_file(&file).unwrap();
        assert!(
            Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .unwrap()
                .success()
        );
        match timeout(Duration::from_millis(700), wait()).await {
            Ok(next) => pid = next,
            Err(_) => return,
        }
    }
}

/// A recogniser of which the first stream dies in the middle of a sentence.
struct Mortal {
    engine: Standin,
    opened: AtomicUsize,
}

/// The words of a turn.
const UNDERSTOOD: &str = "conversation.item.input_audio_transcription.completed";

/// How much it hears before: one and a half seconds.
const LAST_HEARD: usize = 75;

impl SpeechToText for Mortal {
    fn info(&self) -> EngineInfo {
        self.engine.info()
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let dies = self.opened.fetch_add(1, Ordering::Relaxed) == 0;
        Box::pin(async move {
            let Listening { input, mut output } = self.engine.open(request).await?;
            if !dies {
                return Ok(Listening { input, output });
            }
            let (to_it, mut heard) = mpsc::channel(8);
            let (says, from_it) = mpsc::channel(8);
            tokio::spawn(async move {
                for _ in 0..LAST_HEARD {
                    tokio::select! {
                        next = heard.recv() => match next {
                            Some(next) => { let _ = input.send(next).await; }
                            None => return,
                        },
                        Some(said) = output.recv() => { let _ = says.send(said).await; }
                    }
                }
            });
            Ok(Listening {
                input: to_it,
                output: from_it,
            })
        })
    }
}

#[tokio::test]
async fn a_recogniser_that_dies_in_the_middle_of_a_sentence() {
    let mortal = Mortal {
        engine: Standin::default(),
        opened: AtomicUsize::new(0),
    };
    let engines = Engines {
        stt: Arc::new(mortal),
        ..quick()
    };
    let server = Running::start_with(&[], engines).await;
    let mut socket = Socket::open(&server).await;
    let session = json!({
        "type": "realtime",
        "include": ["praxiloom.events"],
        "audio": {"input": {"transcription": {"model": "any"}}},
    });
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.speak(&question_pcm()).await;
    // What was understood until then is kept; if that is nothing, the coach is told.
    let told = async {
        loop {
            let event = socket.event().await;
            if event["code"] == "not_understood" || event["type"] == UNDERSTOOD {
                return event;
            }
        }
    };
    let told = timeout(LONG, told).await.expect("nobody was told");
    println!("a recogniser that died: {told}");
    // Another session never notices, and this one is understood again.
    let mut other = Socket::open(&server).await;
    other.speak(&question_pcm()).await;
    assert_eq!(other.answer().await.response["status"], "completed");
    for _ in 0..2 {
        socket.speak(&question_pcm()).await;
        // The answer to half a question is interrupted by the next one.
        while socket.answer().await.response["status"] != "completed" {}
    }
    let items = socket
        .seen
        .iter()
        .filter(|event| event["type"] == UNDERSTOOD);
    let words: Vec<&str> = items
        .map(|event| event["transcript"].as_str().unwrap())
        .collect();
    println!("what was understood: {words:?}");
    assert!(words.iter().any(|words| words.ends_with('?')), "{words:?}");
}

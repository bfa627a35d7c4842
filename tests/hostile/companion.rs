//! A coach who talks on while something bad happens around them, and what they notice of it.

use std::cell::Cell;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Error;

use crate::house::House;
use crate::socket::{Socket, question_pcm};

/// The longest that a coach waits for an answer, from the end of their turn to its first sound, on
/// a machine that is busy with the attack itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// The latest that sound may come, for the same reason. It is sent 300 ms ahead.
const LATENESS: Duration = Duration::from_secs(2);

/// How long after its last sound was due an answer is on record as heard.
const HEARD: Duration = Duration::from_millis(700);

/// A session with turn after turn, spoken both ways.
pub struct Companion {
    pub socket: Socket,
    /// What the client answered.
    pub answers: Vec<String>,
    /// From the end of a turn to the first sound, at worst.
    pub slowest: Duration,
    /// How late sound came after the moment at which it should have been heard, at worst.
    pub latest: Duration,
    /// Whether it speaks as people do.
    pub in_real_time: bool,
}

impl Companion {
    /// Begins a session that is told what happens to it.
    pub async fn begin(house: &House) -> Self {
        Self::at(&house.socket()).await.unwrap()
    }

    /// Goes on with a session; gives what the server says if it refuses.
    pub async fn try_resume(house: &House, id: &str) -> Result<Self, Error> {
        Self::at(&format!("{}?resume={id}", house.socket())).await
    }

    async fn at(url: &str) -> Result<Self, Error> {
        let mut socket = Socket::with(url, &[]).await?;
        let session = json!({
            "type": "realtime",
            "include": ["praxiloom.events"],
            "audio": {"input": {"transcription": {"model": "any"}}},
        });
        socket
            .send(json!({"type": "session.update", "session": session}))
            .await;
        socket.until("session.updated").await;
        Ok(Self {
            socket,
            answers: Vec::new(),
            slowest: Duration::ZERO,
            latest: Duration::ZERO,
            in_real_time: false,
        })
    }

    pub fn id(&self) -> String {
        self.socket.id()
    }

    /// Asks a question aloud: all at once, so that the session's time jumps, or as people speak.
    pub async fn ask(&mut self) {
        let mut ticks = tokio::time::interval(Duration::from_millis(40));
        for chunk in question_pcm().chunks(1920) {
            if self.in_real_time {
                ticks.tick().await;
            }
            self.socket.append(chunk).await;
        }
    }

    /// Asks a question aloud and hears the answer to its end.
    pub async fn turn(&mut self) {
        self.ask().await;
        self.socket.until("input_audio_buffer.committed").await;
        let asked = Instant::now();
        let (mut first, mut sound, mut transcript) = (None, Duration::ZERO, String::new());
        // When all of it has been played: it waits for sound that comes late.
        let mut played = asked;
        loop {
            let event = self.socket.event().await;
            match event["type"].as_str().unwrap() {
                "response.output_audio.delta" => {
                    let began = *first.get_or_insert_with(Instant::now);
                    self.latest = self.latest.max(began.elapsed().saturating_sub(sound));
                    let bytes = STANDARD.decode(event["delta"].as_str().unwrap()).unwrap();
                    let lasts = Duration::from_micros(bytes.len() as u64 * 1_000 / 48);
                    sound += lasts;
                    played = played.max(Instant::now()) + lasts;
                }
                "response.output_audio_transcript.delta" => {
                    transcript += event["delta"].as_str().unwrap();
                }
                "response.done" if event["response"]["status"] == "completed" => break,
                // The question was taken to be over in a pause of it, because the machine is
                // busy, and its rest interrupted the answer: there is another one.
                "response.done" => {
                    let why = &event["response"]["status_details"]["reason"];
                    assert_eq!(why, "turn_detected", "{event}");
                    (first, sound) = (None, Duration::ZERO);
                    transcript.clear();
                }
                _ => {}
            }
        }
        let first = first.expect("an answer without a sound");
        let waited = first - asked;
        self.slowest = self.slowest.max(waited);
        self.answers.push(transcript);
        // Sound is sent ahead; what was not heard is not on record.
        sleep_until(played + HEARD).await;
    }

    /// Talks for as long as something takes, and to the end of the turn.
    pub async fn talk_while<T>(&mut self, something: impl Future<Output = T>) -> T {
        let done = Cell::new(false);
        let (result, ()) = tokio::join!(
            async {
                let result = something.await;
                done.set(true);
                result
            },
            async {
                while !done.get() {
                    self.turn().await;
                }
            }
        );
        result
    }

    /// Says nothing for as long as something takes, and stays.
    pub async fn listen_while<T>(&mut self, something: impl Future<Output = T>) -> T {
        tokio::pin!(something);
        loop {
            tokio::select! {
                result = &mut something => return result,
                message = self.socket.stream.next() => {
                    assert!(matches!(message, Some(Ok(_))), "{message:?}");
                }
            }
        }
    }

    /// Asserts that the coach noticed nothing.
    pub fn assert_undisturbed(&self, what: &str) {
        println!(
            "{what}: {} turns beside it, first sound after {:?} at worst, sound late by {:?} at worst",
            self.answers.len(),
            self.slowest,
            self.latest
        );
        assert!(self.slowest < PATIENCE, "{:?}", self.slowest);
        assert!(self.latest < LATENESS, "{:?}", self.latest);
        let errors = self
            .socket
            .seen
            .iter()
            .filter(|event| event["type"] == "error");
        assert_eq!(errors.count(), 0);
    }

    /// The notices so far: their codes.
    pub fn notices(&self) -> Vec<&str> {
        let notices = self.socket.seen.iter();
        notices
            .filter(|event| event["type"] == "praxiloom.notice")
            .map(|event| event["code"].as_str().unwrap())
            .collect()
    }

    /// Hangs up, and waits until the session is on record: its row, as the API tells it.
    pub async fn leave(mut self, house: &House) -> Value {
        let id = self.id();
        self.socket.stream.close(None).await.unwrap();
        house.ended(&id).await
    }
}

/// Does something in a thread of its own, so that a test that is busy is not taken for a server
/// that is late.
pub async fn elsewhere<T, F>(something: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let run = move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(something())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

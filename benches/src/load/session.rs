//! One live session of the load: a connection, the coach on it, and the listener.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use media::opus::Decoder;
use mio::{Registry, Token};
use serde_json::json;

use super::call::{Call, Came};
use super::clips::{Clips, Say};
use super::playout::Playout;
use super::scan::{Event, Heard, scan};
use super::script::{Script, Tell};
use super::socket::Socket;
use super::tally::Tally;
use super::worker::{Burst, Known};
use crate::BenchError;
use crate::wav::RATE;

/// Sound below this, in dBFS, is silence that was sent to let the decoder come to rest.
const SILENCE: f32 = -60.0;
/// The lowest rate that Opus decodes to: enough to tell sound from silence.
const LISTENING: u32 = 8000;

/// What carries a session.
#[derive(Debug)]
pub enum Wire {
    /// Events and PCM16 in base64 over one socket.
    Socket(Box<Socket>),
    /// Opus over RTP, events over a data channel.
    Call(Box<Call>),
}

/// One live session.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
    state: State,
}

/// All but the wire, so that the wire can be read into it.
#[derive(Debug)]
struct State {
    clips: Arc<Clips>,
    script: Script,
    playout: Playout,
    /// Tells sound from silence, over WebRTC.
    decoder: Option<Decoder>,
    samples: Vec<i16>,
    known: Known,
    /// The item that is heard, and milliseconds of it that arrived.
    item: String,
    item_ms: u64,
    tell: Option<Tell>,
    errors: Vec<String>,
}

impl Session {
    /// A session on this wire.
    ///
    /// # Errors
    /// If the decoder cannot be set up.
    pub fn new(wire: Wire, clips: Arc<Clips>, script: Script) -> Result<Self, BenchError> {
        let decoder = match wire {
            Wire::Socket(_) => None,
            Wire::Call(_) => Some(
                Decoder::new(LISTENING).map_err(|error| BenchError::Sound(error.to_string()))?,
            ),
        };
        Ok(Self {
            wire,
            state: State {
                clips,
                script,
                playout: Playout::default(),
                decoder,
                samples: Vec::new(),
                known: Known {
                    id: String::new(),
                    first_sent: None,
                    spoken: None,
                    heard: None,
                },
                item: String::new(),
                item_ms: 0,
                tell: None,
                errors: Vec::new(),
            },
        })
    }

    /// What is known of it.
    #[must_use]
    pub fn known(&self) -> Known {
        self.state.known.clone()
    }

    /// Has `registry` tell when there is something to read.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match &mut self.wire {
            Wire::Socket(socket) => socket.register(registry, token),
            Wire::Call(call) => call.register(registry, token),
        }
    }

    /// Sends an event.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn tell(&mut self, event: &str) -> Result<(), BenchError> {
        match &mut self.wire {
            Wire::Socket(socket) => socket.tell(event),
            Wire::Call(call) => call.tell(event),
        }
    }

    /// Sends the frame that is due.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn frame(&mut self, now: Duration) -> Result<(), BenchError> {
        let Self { wire, state } = self;
        let say = state.script.frame(now, state.playout.until(), &state.clips);
        state.playout.pause(state.script.interrupts());
        let clips = Arc::clone(&state.clips);
        match wire {
            Wire::Socket(socket) => socket.send(clips.message(say)),
            Wire::Call(call) => call.say(clips.packet(say), |came| state.came(now, came)),
        }?;
        state.known.first_sent.get_or_insert(now);
        if matches!(say, Say::Speech { .. }) {
            state.known.spoken = Some(Burst::with(state.known.spoken, now));
        }
        Ok(())
    }

    /// Reads all there is.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn read(&mut self, now: Duration) -> Result<(), BenchError> {
        let Self { wire, state } = self;
        match wire {
            Wire::Socket(socket) => {
                socket.flush()?;
                socket.read(|text| state.message(now, text))?;
                if let Some(Tell::Truncate) = state.tell.take()
                    && !state.item.is_empty()
                {
                    let left = state.playout.until().saturating_sub(now).as_millis();
                    let heard = state.item_ms.saturating_sub(left as u64);
                    state.playout.begin();
                    let truncate = json!({
                        "type": "conversation.item.truncate",
                        "item_id": state.item,
                        "content_index": 0,
                        "audio_end_ms": heard,
                    });
                    socket.tell(&truncate.to_string())?;
                }
                Ok(())
            }
            Wire::Call(call) => call.read(|came| state.came(now, came)),
        }
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        match &mut self.wire {
            Wire::Socket(socket) => socket.close(),
            Wire::Call(call) => call.close(),
        }
    }

    /// What was counted since the last time.
    pub fn take(&mut self) -> Tally {
        let mut tally = self.state.script.take();
        tally.frames = self.state.playout.take();
        for error in self.state.errors.drain(..) {
            tally.error(error);
        }
        tally
    }
}

impl State {
    fn came(&mut self, now: Duration, came: Came<'_>) {
        match came {
            Came::Event(text) => self.message(now, text),
            Came::Packet {
                sequence,
                timestamp,
                marker,
                payload,
            } => {
                self.playout.packet(now, sequence, timestamp, marker);
                if self.is_loud(payload) {
                    self.known.heard = Some(Burst::with(self.known.heard, now));
                    self.script.sound(now);
                }
            }
        }
    }

    fn message(&mut self, now: Duration, text: &str) {
        match scan(text) {
            Heard::Audio {
                item_id,
                samples,
                loud,
            } => {
                if self.item != item_id {
                    item_id.clone_into(&mut self.item);
                    self.item_ms = 0;
                    self.playout.begin();
                }
                let span = Duration::from_micros(samples as u64 * 1_000_000 / u64::from(RATE));
                self.item_ms += span.as_millis() as u64;
                self.playout.chunk(now, span);
                if loud {
                    self.known.heard = Some(Burst::with(self.known.heard, now));
                    self.script.sound(now);
                }
            }
            Heard::Event(event) => match event {
                Event::Created { session } => self.known.id = session,
                Event::SpeechStarted => self.tell = self.script.speech_started(now).or(self.tell),
                Event::Answering => self.script.answering(),
                Event::Answered => self.script.answered(),
                Event::Error(code) => self.errors.push(code),
                Event::Updated | Event::Other => {}
            },
        }
    }

    /// Decodes only while it matters.
    fn is_loud(&mut self, payload: &[u8]) -> bool {
        let Some(decoder) = self.decoder.as_mut().filter(|_| payload.len() > 3) else {
            return false;
        };
        if !self.script.listens_closely() {
            return true;
        }
        self.samples.clear();
        let decoded = decoder.decode(payload, &mut self.samples);
        decoded.is_ok() && media::level::rms_dbfs(&self.samples) > SILENCE
    }
}

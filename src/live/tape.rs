//! A session's way into the archive: both voices as they were heard, what happened, and what the
//! state machine was given.

use std::time::Duration;

use media::opus::{self, Encoder, EncoderSettings};
use media::peaks::peak;
use media::playout::Playout;
use media::{FRAME, Position};
use signaling::link::Carrier;
use tokio::time::Instant;

use super::airing::Airing;
use super::aloft::Aloft;
use super::conversation::trace::{self, Tracer};
use super::conversation::{Input, Past, Settings};
use super::mic::Captured;
use super::sound::SoundError;
use super::speaker::Sent;
use crate::archive::engine_calls::EngineCall;
use crate::archive::event::{Entry, Event};
use crate::archive::sessions::EndReason;
use crate::archive::{Recorder, Trouble};

/// How sound that came as bytes is encoded: a second costs 2 ms of the processor at this
/// complexity, 4 at the next one. Nothing is lost on the way to a file.
const COACH: EncoderSettings = EncoderSettings {
    rate: 16_000,
    bitrate: 24_000,
    complexity: 1,
    loss: 0,
    dtx: true,
};
/// The same for the voice, of which a second costs 3 ms. It comes only while the client speaks, so
/// there is no silence to leave out.
const CLIENT: EncoderSettings = EncoderSettings {
    rate: 24_000,
    bitrate: 28_000,
    complexity: 0,
    loss: 0,
    dtx: false,
};

/// A microphone of which nothing came for so long is off, and nothing of it is on its way.
const OFF: Duration = Duration::from_millis(500);

/// Records one connection of a session.
#[derive(Debug)]
pub struct Tape {
    recorder: Recorder,
    voices: Voices,
    tracer: Tracer,
    /// Up to where sound of the microphone came.
    came_to: Option<Position>,
}

#[derive(Debug)]
enum Voices {
    /// Opus both ways, recorded as it is.
    Packets(Aloft),
    /// Bytes both ways.
    Bytes {
        coach: Box<Encoder>,
        client: Box<Airing>,
    },
    /// The recording has ended.
    Off,
}

impl Tape {
    /// Records a conversation that begins with these settings, and goes on from `past`.
    ///
    /// # Errors
    /// If an encoder cannot be set up.
    pub fn new(
        mut recorder: Recorder,
        settings: &Settings,
        past: Option<&Past>,
    ) -> Result<Self, SoundError> {
        let voices = match settings.carrier {
            Carrier::WebRtc => Voices::Packets(Aloft::new(settings.playout_delay)),
            Carrier::WebSocket => Voices::Bytes {
                coach: Box::new(Encoder::new(COACH)?),
                client: Box::new(Airing::new(CLIENT)?),
            },
        };
        recorder.trace(&trace::header(settings, past));
        Ok(Self {
            recorder,
            voices,
            tracer: Tracer::new(settings.from),
            came_to: None,
        })
    }

    /// The microphone brought something.
    ///
    /// # Errors
    /// If the codec fails.
    pub fn captured(&mut self, captured: &Captured) -> Result<(), SoundError> {
        if let Captured::Frame { at, .. } = captured {
            self.came_to = Some(*at + FRAME);
        }
        match (captured, &mut self.voices) {
            (Captured::Packet { at, payload, peak }, Voices::Packets(_)) => {
                self.recorder.coach(*at, payload, *peak);
            }
            (Captured::Frame { at, samples }, Voices::Bytes { coach, .. }) => {
                let packet = coach.encode(samples)?;
                if !opus::is_dtx(packet) {
                    self.recorder.coach(*at, packet, peak(samples));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A frame left for the client, and `playout` has it on its account since; `before` is what
    /// was [latest](Playout::latest) until then.
    pub fn sent(
        &mut self,
        sent: &Sent,
        frame: &[i16],
        before: Option<(u64, u64)>,
        playout: &Playout,
    ) {
        match &mut self.voices {
            Voices::Packets(aloft) => {
                let Sent { audio, .. } = sent;
                aloft.sent(Position::new(audio.at), audio.payload.clone(), peak(frame));
            }
            Voices::Bytes { client, .. } => client.sent(frame, before, playout),
            Voices::Off => {}
        }
    }

    /// The state machine is given this.
    pub fn input(&mut self, input: &Input, now: Position) {
        if !matches!(self.voices, Voices::Off) {
            self.recorder.trace(self.tracer.line(input, now));
        }
    }

    /// How many bytes of events and of the trace were put on record so far.
    #[must_use]
    pub const fn logged(&self) -> u64 {
        self.recorder.logged()
    }

    /// Something happened.
    pub fn event(&mut self, entry: &Entry) {
        let at = Position::from_ms(entry.at_ms);
        self.recorder.event(at, &entry.event);
    }

    /// A call to an engine is over.
    pub fn engine_call(&mut self, at: Position, call: EngineCall) {
        self.recorder.event(at, &Event::EngineCall(Box::new(call)));
    }

    /// Time goes by: what was heard meanwhile goes on record. Tells, once, if the recording ended.
    ///
    /// # Errors
    /// If the codec fails.
    pub fn advance(
        &mut self,
        now: Position,
        playout: &Playout,
    ) -> Result<Option<Trouble>, SoundError> {
        let recorder = &mut self.recorder;
        let each = |at, packet: &[u8], peak| recorder.client(at, packet, peak);
        let client = match &mut self.voices {
            Voices::Packets(aloft) => {
                aloft.heard(now, each);
                aloft.next()
            }
            Voices::Bytes { client, .. } => {
                client.heard(now, playout, each)?;
                client.next(playout)
            }
            Voices::Off => None,
        };
        let coach = self.came_to.filter(|came_to| *came_to + OFF > now);
        self.recorder.awaits(coach.into_iter().chain(client).min());
        self.recorder.tick(now);
        let trouble = self.recorder.trouble();
        if trouble.is_some() {
            self.voices = Voices::Off;
        }
        Ok(trouble)
    }

    /// Waits until everything so far is on record, or it is known that it will not be; not longer than
    /// until then.
    pub async fn written(&mut self, now: Position, latest: Instant) {
        self.recorder.written(now, latest).await;
    }

    /// When time has to be told though nothing happens.
    #[must_use]
    pub fn due(&self) -> Option<Position> {
        let held = match &self.voices {
            Voices::Packets(aloft) => aloft.due(),
            Voices::Bytes { .. } | Voices::Off => None,
        };
        held.into_iter().chain(self.recorder.due()).min()
    }

    /// The connection ended at `end`, and everything is settled: what was not heard by then is not
    /// on record. Waits until all is on the disk.
    pub async fn finish(mut self, end: Position, playout: &Playout, reason: EndReason) {
        let recorder = &mut self.recorder;
        let each = |at, packet: &[u8], peak| recorder.client(at, packet, peak);
        let rest = match &mut self.voices {
            Voices::Packets(aloft) => {
                aloft.heard(end, each);
                Ok(())
            }
            Voices::Bytes { client, .. } => client.rest(end, playout, each),
            Voices::Off => Ok(()),
        };
        if let Err(error) = rest {
            tracing::error!(%error, "the last of a voice could not be put on record");
        }
        self.recorder.finish(end, reason).await;
    }
}

//! The server's own stages, each fed as in a live session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use media::Position;
use media::opus::EncoderSettings;
use media::pcm;
use praxiloom::live::conversation::{Conversation, Input, Output, Settings};
use praxiloom::live::mic::Mic;
use praxiloom::live::sound::{Encoding, SoundError};
use praxiloom::live::speaker::Speaker;
use signaling::event::audio::AudioFormat;
use signaling::event::{ClientEvent, ClientEventKind, Session, parse};
use signaling::link::{Carrier, OutputAudio, Packet, PartIds};
use signaling::websocket::audio_delta;

use super::{Cost, floor, measure};
use crate::BenchError;
use crate::wav::Frame;

fn sound(error: &SoundError) -> BenchError {
    BenchError::Sound(error.to_string())
}

/// The way in over WebSocket: JSON and base64, then the microphone's stage.
///
/// # Errors
/// If a stage fails.
pub fn websocket_in(speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let bytes = |frame: &Frame| {
        let mut bytes = Vec::new();
        pcm::write(frame, &mut bytes);
        Bytes::from(bytes)
    };
    let sounds: Vec<Bytes> = speech.iter().map(bytes).collect();
    let text = |sound: &Bytes| {
        let audio = STANDARD.encode(sound);
        format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#)
    };
    let texts: Vec<String> = sounds.iter().map(text).collect();
    let json = measure("JSON and base64", frames, |frame| {
        let parsed = parse(&texts[frame % texts.len()]);
        parsed
            .map(drop)
            .map_err(|error| BenchError::Server(error.message))
    })?;
    let mut mic = Mic::bytes(AudioFormat::Pcm, Position::ZERO).map_err(|error| sound(&error))?;
    let (mut now, mut out) = (Position::ZERO, Vec::new());
    let stage = measure("microphone: resample, voice activity", frames, |frame| {
        now += media::FRAME;
        out.clear();
        mic.arrive(media::FRAME, now, &mut out)
            .and_then(|()| mic.read(&sounds[frame % sounds.len()], &mut out))
            .map_err(|error| sound(&error))
    })?;
    Ok(vec![json, stage])
}

/// The way in over WebRTC, from the packet on: the microphone's stage.
///
/// # Errors
/// If a stage fails.
pub fn webrtc_in(speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let packets = floor::encoded(speech, frames)?;
    let mut mic = Mic::packets(Position::ZERO).map_err(|error| sound(&error))?;
    let (mut now, mut out) = (Position::ZERO, Vec::new());
    let name = "microphone: jitter buffer, decode, voice activity";
    let stage = measure(name, frames, |frame| {
        now += media::FRAME;
        out.clear();
        let packet = Packet {
            sequence: frame as u16,
            timestamp: frame as u32 * 960,
            payload: packets[frame].clone(),
        };
        mic.packet(packet, now, &mut out);
        Ok(())
    })?;
    Ok(vec![stage])
}

/// The way out: the loudspeaker's stage and, over WebSocket, JSON and base64.
///
/// # Errors
/// If a stage fails.
pub fn out(carrier: Carrier, speech: &[Frame], frames: usize) -> Result<Vec<Cost>, BenchError> {
    let encoding = match carrier {
        Carrier::WebRtc => Encoding::opus(EncoderSettings::default()),
        Carrier::WebSocket => Encoding::of(AudioFormat::Pcm),
    };
    let encoding = encoding.map_err(|error| sound(&error))?;
    let mut speaker = Speaker::new(
        carrier,
        encoding,
        Duration::from_millis(300),
        Arc::default(),
    );
    let part = part();
    speaker.release(u64::MAX, Arc::clone(&part));
    let mut now = Position::from_ms(1000);
    let mut sent = None;
    let name = match carrier {
        Carrier::WebRtc => "loudspeaker: pace, encode",
        Carrier::WebSocket => "loudspeaker: pace, write samples",
    };
    let stage = measure(name, frames, |frame| {
        // A voice gives a second at a time.
        if frame % 50 == 0 {
            let second = speech.iter().cycle().skip(frame % speech.len()).take(50);
            let samples: Vec<i16> = second.flatten().copied().collect();
            speaker.push(1, frame as u64 * 480, samples.into());
        }
        now += media::FRAME;
        sent = speaker.pull(now).map_err(|error| sound(&error))?;
        Ok(())
    })?;
    if carrier == Carrier::WebRtc {
        return Ok(vec![stage]);
    }
    let mut payload = Vec::new();
    pcm::write(&speech[0], &mut payload);
    let audio = OutputAudio {
        part,
        payload: payload.into(),
        at: 0,
        first: false,
    };
    let json = measure("JSON and base64", frames, |_| {
        let text = audio_delta(&audio, "event_0123456789abcdef");
        text.map(drop).map_err(BenchError::connection)
    })?;
    Ok(vec![stage, json])
}

/// The state machine while a client speaks: told of a frame heard and a frame sent.
///
/// # Errors
/// If it does not answer as it should.
pub fn machine(carrier: Carrier, frames: usize) -> Result<Cost, BenchError> {
    let mut speaking = Speaking::begin(carrier)?;
    measure("state machine: a frame heard, a frame sent", frames, |_| {
        speaking.frame();
        Ok(())
    })
}

/// A conversation whose client speaks without end.
struct Speaking {
    conversation: Conversation,
    now: Position,
    sentence: u64,
    samples: u64,
}

impl Speaking {
    fn begin(carrier: Carrier) -> Result<Self, BenchError> {
        let mut conversation = Conversation::new(Settings {
            carrier,
            session: Session::new("sess_1", "praxiloom", "voice", u64::MAX),
            cast: Arc::new(BTreeMap::new()),
            default_client: None,
            follows_instructions: true,
            playout_delay: Duration::from_millis(70),
            cap: Duration::from_secs(1 << 30),
            tag: "frame".to_owned(),
            from: Position::ZERO,
        });
        let now = Position::from_ms(1000);
        conversation.handle(Input::Ready, now);
        let event = ClientEvent {
            event_id: None,
            kind: ClientEventKind::CreateResponse(Box::default()),
        };
        conversation.handle(Input::Client(Box::new(event)), now);
        let mut said = None;
        while let Some(output) = conversation.poll() {
            match output {
                Output::Generate(ask) => {
                    let text = "This answer goes on for as long as it is measured.".to_owned();
                    let generation = ask.generation;
                    conversation.handle(Input::Sentence { generation, text }, now);
                }
                Output::Say { sentence, .. } => {
                    let samples = u64::from(u32::MAX);
                    conversation.handle(Input::Produced { sentence, samples }, now);
                    said = Some(sentence);
                }
                _ => {}
            }
        }
        let sentence = said.ok_or(BenchError::Late("a sentence of the state machine"))?;
        Ok(Self {
            conversation,
            now,
            sentence,
            samples: 0,
        })
    }

    fn frame(&mut self) {
        self.now += media::FRAME;
        let (to, sentence) = (self.now, self.sentence);
        self.samples += 480;
        let samples = self.samples;
        self.conversation.handle(Input::Audio { to }, self.now);
        self.conversation
            .handle(Input::Sent { sentence, samples }, self.now);
        while self.conversation.poll().is_some() {}
        // What the conductor asks before it waits again.
        std::hint::black_box(self.conversation.deadline());
    }
}

fn part() -> Arc<PartIds> {
    Arc::new(PartIds {
        response_id: "resp_0123456789abcdef".to_owned(),
        item_id: "item_0123456789abcdef".to_owned(),
        output_index: 0,
        content_index: 0,
    })
}

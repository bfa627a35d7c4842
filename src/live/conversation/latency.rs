//! How long an answer took: what the machine needed, and apart from it what the client thought.

use std::time::Duration;

use media::Position;
use signaling::event::own;

use super::response::Answer;
use super::speech::span;

/// How long the steps took up to the first packet with the voice in it, which leaves at `now`;
/// `None` while there is none.
///
/// An answer may begin with a silence in which the client thinks, while the voice is made. What of
/// that silence is left when the voice is ready is the client's, and is in no step; what the voice
/// takes longer than the silence is the machine's. So the coach waited for the first packet and the
/// thinking together.
pub(super) fn latency(answer: &Answer, now: Position) -> Option<own::Latency> {
    let silence = span(answer.speech.silent_before()?);
    let since = answer.since();
    let after = |at: Position| (at - since).as_millis() as u64;
    let began = answer.first_packet.unwrap_or(now);
    let ready = answer.first_audio.unwrap_or(began);
    let thinking = silence.saturating_sub(ready - began);
    // Packets may run ahead of the listener.
    let held = thinking.min(now - ready.max(began));
    Some(own::Latency {
        response_id: answer.response.id.clone(),
        speech_end_ms: answer.speech_end.map(Position::ms),
        turn_decided_ms: Some(after(answer.decided)),
        first_token_ms: answer.first_token.map(after),
        first_audio_ms: answer.first_audio.map(after),
        thinking_ms: (thinking > Duration::ZERO).then_some(thinking.as_millis() as u64),
        first_packet_ms: Some(after(now.back(held))),
    })
}

//! How a change applies to the session in force: whole, or not at all.

use super::audio::{AudioFormat, InputAudio, SemanticVad, ServerVad, Transcription, TurnDetection};
use super::error::{ErrorBody, code};
use super::session::{MaxTokens, Modality, Session, ToolChoice, Truncation};
use super::update::{
    Field, InputUpdate, SessionUpdate, TranscriptionUpdate, TurnDetectionKind, TurnDetectionUpdate,
};

impl Session {
    /// This session after `update`: what is absent stays, `null` clears or restores the default.
    ///
    /// The model never changes. `voice_locked` says that the voice was heard already.
    ///
    /// # Errors
    /// If the voice would change although it was heard. The session stays as it is.
    pub fn merged(&self, update: &SessionUpdate, voice_locked: bool) -> Result<Self, ErrorBody> {
        let mut session = self.clone();
        if let Field::Value(voice) = &update.voice {
            if voice_locked && *voice != self.audio.output.voice {
                return Err(ErrorBody::invalid(
                    code::CANNOT_UPDATE_VOICE,
                    "Cannot update a conversation's voice if assistant audio is present.",
                )
                .with_param("session.audio.output.voice"));
            }
            session.audio.output.voice = voice.clone();
        }
        set(
            &mut session.instructions,
            &update.instructions,
            String::new(),
        );
        set(
            &mut session.output_modalities,
            &update.output_modalities,
            Modality::Audio,
        );
        set(
            &mut session.audio.output.format,
            &update.output_format,
            AudioFormat::Pcm,
        );
        set(&mut session.audio.output.speed, &update.speed, 1.0);
        set(&mut session.tools, &update.tools, Vec::new());
        set(
            &mut session.tool_choice,
            &update.tool_choice,
            ToolChoice::AUTO,
        );
        set(
            &mut session.max_output_tokens,
            &update.max_output_tokens,
            MaxTokens::Inf,
        );
        set(
            &mut session.truncation,
            &update.truncation,
            Truncation::AUTO,
        );
        put(&mut session.tracing, &update.tracing);
        put(&mut session.prompt, &update.prompt);
        put(&mut session.include, &update.include);
        put(
            &mut session.parallel_tool_calls,
            &update.parallel_tool_calls,
        );
        put(&mut session.reasoning, &update.reasoning);
        session.audio.input.merge(&update.input);
        Ok(session)
    }
}

impl InputAudio {
    fn merge(&mut self, update: &InputUpdate) {
        set(&mut self.format, &update.format, AudioFormat::Pcm);
        put(&mut self.noise_reduction, &update.noise_reduction);
        match &update.transcription {
            Field::Absent => {}
            Field::Null => self.transcription = None,
            Field::Value(update) => {
                self.transcription.get_or_insert_default().merge(update);
            }
        }
        match &update.turn_detection {
            Field::Absent => {}
            Field::Null => self.turn_detection = None,
            Field::Value(update) => {
                self.turn_detection = Some(detection(self.turn_detection, update));
            }
        }
    }
}

impl Transcription {
    fn merge(&mut self, update: &TranscriptionUpdate) {
        put(&mut self.model, &update.model);
        put(&mut self.language, &update.language);
        put(&mut self.prompt, &update.prompt);
        put(&mut self.delay, &update.delay);
    }
}

fn detection(now: Option<TurnDetection>, update: &TurnDetectionUpdate) -> TurnDetection {
    let kind = update.kind.unwrap_or(match now {
        Some(TurnDetection::SemanticVad(_)) => TurnDetectionKind::SemanticVad,
        _ => TurnDetectionKind::ServerVad,
    });
    match kind {
        TurnDetectionKind::ServerVad => {
            let mut vad = match now {
                Some(TurnDetection::ServerVad(vad)) => vad,
                _ => ServerVad::DEFAULT,
            };
            replace(&mut vad.threshold, update.threshold);
            replace(&mut vad.prefix_padding_ms, update.prefix_padding_ms);
            replace(&mut vad.silence_duration_ms, update.silence_duration_ms);
            replace(&mut vad.create_response, update.create_response);
            replace(&mut vad.interrupt_response, update.interrupt_response);
            put(&mut vad.idle_timeout_ms, &update.idle_timeout_ms);
            TurnDetection::ServerVad(vad)
        }
        TurnDetectionKind::SemanticVad => {
            let mut vad = match now {
                Some(TurnDetection::SemanticVad(vad)) => vad,
                _ => SemanticVad::DEFAULT,
            };
            replace(&mut vad.eagerness, update.eagerness);
            replace(&mut vad.create_response, update.create_response);
            replace(&mut vad.interrupt_response, update.interrupt_response);
            TurnDetection::SemanticVad(vad)
        }
    }
}

fn set<T: Clone>(value: &mut T, field: &Field<T>, default: T) {
    match field {
        Field::Absent => {}
        Field::Null => *value = default,
        Field::Value(new) => value.clone_from(new),
    }
}

fn put<T: Clone>(value: &mut Option<T>, field: &Field<T>) {
    match field {
        Field::Absent => {}
        Field::Null => *value = None,
        Field::Value(new) => *value = Some(new.clone()),
    }
}

fn replace<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::audio::Voice;
    use crate::event::{ClientEventKind, parse};
    use serde_json::{Value, json};

    fn session() -> Session {
        Session::new("sess_1", "praxiloom", "slt", 1)
    }

    fn update(session: Value) -> SessionUpdate {
        let event = json!({"type": "session.update", "session": session}).to_string();
        match parse(&event).unwrap().kind {
            ClientEventKind::SessionUpdate(update) => *update,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_absent_stays_and_null_clears() {
        let full = session()
            .merged(
                &update(json!({
                    "type": "realtime",
                    "model": "another",
                    "instructions": "Be brief.",
                    "output_modalities": ["text"],
                    "tools": [{"type": "function", "name": "look"}],
                    "include": ["praxiloom.events"],
                    "max_output_tokens": 100,
                    "audio": {
                        "input": {"transcription": {"model": "whisper-1", "language": "en"}},
                        "output": {"speed": 1.25},
                    },
                })),
                false,
            )
            .unwrap();
        assert_eq!(full.model, "praxiloom");
        assert!(full.wants_own_events());
        let same = full
            .merged(&update(json!({"type": "realtime"})), false)
            .unwrap();
        assert_eq!(same, full);
        let cleared = full
            .merged(
                &update(json!({
                    "type": "realtime",
                    "instructions": "",
                    "output_modalities": null,
                    "tools": [],
                    "include": null,
                    "max_output_tokens": "inf",
                    "audio": {"input": {"transcription": null}, "output": {"speed": null}},
                })),
                false,
            )
            .unwrap();
        assert_eq!(cleared, session());
    }

    #[test]
    fn a_bare_kind_of_turn_detection_is_completed() {
        let change = json!({"type": "realtime", "audio": {"input": {
            "turn_detection": {"type": "semantic_vad"},
        }}});
        let session = session().merged(&update(change), false).unwrap();
        let echoed = serde_json::to_value(session.audio.input.turn_detection).unwrap();
        let wanted = json!({
            "type": "semantic_vad",
            "eagerness": "auto",
            "create_response": true,
            "interrupt_response": true,
        });
        assert_eq!(echoed, wanted);
    }

    #[test]
    fn turn_detection_changes_by_field_within_a_kind_and_whole_across_kinds() {
        let change = |detection: Value| {
            update(json!({"type": "realtime", "audio": {"input": {"turn_detection": detection}}}))
        };
        let vad = |session: &Session| match session.audio.input.turn_detection {
            Some(TurnDetection::ServerVad(vad)) => vad,
            other => panic!("{other:?}"),
        };
        let first = session()
            .merged(
                &change(json!({"type": "server_vad", "threshold": 0.8})),
                false,
            )
            .unwrap();
        let second = first
            .merged(&change(json!({"silence_duration_ms": 900})), false)
            .unwrap();
        assert_eq!(
            vad(&second),
            ServerVad {
                threshold: 0.8,
                silence_duration_ms: 900,
                ..ServerVad::DEFAULT
            }
        );
        let semantic = second
            .merged(&change(json!({"type": "semantic_vad"})), false)
            .unwrap();
        let back = semantic
            .merged(&change(json!({"type": "server_vad"})), false)
            .unwrap();
        assert_eq!(vad(&back), ServerVad::DEFAULT);
        let off = back.merged(&change(Value::Null), false).unwrap();
        assert_eq!(off.audio.input.turn_detection, None);
    }

    #[test]
    fn a_voice_that_was_heard_stays() {
        let change = update(json!({"type": "realtime", "audio": {"output": {"voice": "awb"}}}));
        let session = session();
        let error = session.merged(&change, true).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("session.audio.output.voice"));
        assert_eq!(error.code.as_deref(), Some(code::CANNOT_UPDATE_VOICE));
        let changed = session.merged(&change, false).unwrap();
        assert_eq!(changed.audio.output.voice, Voice::Named("awb".to_owned()));
        assert_eq!(changed.merged(&change, true).unwrap(), changed);
    }
}

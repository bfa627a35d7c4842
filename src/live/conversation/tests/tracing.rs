//! Traces: every input is read as it was written, damaged lines are told, and the hot ones are
//! short.

use std::time::Duration;

use media::Position;
use proptest::prelude::*;
use signaling::event::parse;
use signaling::link::Carrier::WebSocket;

use super::super::trace::{TraceError, TraceReader, Tracer, header, read_header, replay};
use super::super::{Generation, Input, Output, Past};
use super::sim::{Sim, ms, settings, word_times};
use crate::archive::event::Outcome;
use crate::providers::ProviderError;
use crate::providers::llm::{Finish, Token, Usage};
use crate::providers::stt::{Transcript, Word};

const EVENTS: &[&str] = &[
    r#"{"type":"session.update","event_id":"e\"1","session":{"type":"realtime","instructions":null,"audio":{"input":{"turn_detection":{"type":"server_vad","threshold":0.6500000000001,"idle_timeout_ms":null}},"output":{"voice":{"id":"v"},"speed":1.1}},"tools":[{"type":"function","name":"f","parameters":{"a":[1,2.5,"x"]}}],"tool_choice":{"type":"function","name":"f"},"max_output_tokens":"inf","tracing":"auto","truncation":{"type":"retention_ratio","retention_ratio":0.8},"prompt":{"id":"mara"},"include":null}}"#,
    r#"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"],"audio":{"input":{"transcription":null,"noise_reduction":{"type":"far_field"},"turn_detection":null,"format":{"type":"audio/pcmu"}}},"tracing":null,"truncation":"auto","max_output_tokens":17}}"#,
    r#"{"type":"input_audio_buffer.append","audio":"AAECAw=="}"#,
    r#"{"type":"input_audio_buffer.commit"}"#,
    r#"{"type":"input_audio_buffer.clear"}"#,
    r#"{"type":"output_audio_buffer.clear"}"#,
    r#"{"type":"conversation.item.create","previous_item_id":"root","item":{"type":"message","role":"user","content":[{"type":"input_audio","audio":"AAEC","transcript":"a\nb"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}}"#,
    r#"{"type":"conversation.item.create","previous_item_id":"x","item":{"id":"mine","type":"function_call_output","call_id":"c","output":"{}"}}"#,
    r#"{"type":"conversation.item.create","item":{"type":"message","role":"assistant","status":"incomplete","content":[{"type":"output_text","text":"ü"}]}}"#,
    r#"{"type":"conversation.item.retrieve","item_id":"a"}"#,
    r#"{"type":"conversation.item.truncate","item_id":"a","content_index":0,"audio_end_ms":1234}"#,
    r#"{"type":"conversation.item.delete","item_id":"a"}"#,
    r#"{"type":"response.create","response":{"conversation":"none","input":[{"type":"item_reference","id":"a"},{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],"metadata":{"k":"v"},"output_modalities":["text"],"reasoning":{"effort":"xhigh"}}}"#,
    r#"{"type":"response.cancel","response_id":"resp_1"}"#,
    r#"{"type":"praxiloom.turn.hold","item_id":"a"}"#,
    r#"{"type":"praxiloom.turn.correct","item_id":"a","transcript":"what else"}"#,
    r#"{"type":"praxiloom.turn.release","item_id":"a"}"#,
];

fn position() -> impl Strategy<Value = Position> {
    (0..=1u64 << 40).prop_map(Position::new)
}

fn transcript() -> impl Strategy<Value = Transcript> {
    let word = ("\\PC{0,12}", position(), position(), any::<f32>()).prop_filter_map(
        "a number",
        |(text, start, end, confidence)| {
            confidence.is_finite().then_some(Word {
                text,
                start,
                end,
                confidence,
            })
        },
    );
    (prop::collection::vec(word, 0..6), 0..9usize)
        .prop_map(|(words, stable)| Transcript { words, stable })
}

fn error() -> impl Strategy<Value = ProviderError> {
    let (engine, message) = ("\\PC*", "\\PC*");
    let after = (0..u64::from(u32::MAX), 0..1_000_000_000u32)
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos));
    prop_oneof![
        (engine, message).prop_map(|(engine, message)| ProviderError::Unusable { engine, message }),
        (engine, message)
            .prop_map(|(engine, message)| ProviderError::Unavailable { engine, message }),
        (engine, after.clone())
            .prop_map(|(engine, after)| ProviderError::TimedOut { engine, after }),
        (engine, prop::option::of(after)).prop_map(|(engine, retry_after)| {
            ProviderError::Limited {
                engine,
                retry_after,
            }
        }),
    ]
}

fn token() -> impl Strategy<Value = Token> {
    let usage = prop::option::of((any::<u64>(), any::<u64>(), any::<u64>()));
    let finish = prop::sample::select(vec![Finish::Stop, Finish::Length, Finish::Filtered]);
    prop_oneof![
        "\\PC*".prop_map(Token::Text),
        ("\\PC*", "\\PC*").prop_map(|(call_id, name)| Token::Call { call_id, name }),
        ("\\PC*", "\\PC*").prop_map(|(call_id, delta)| Token::Arguments { call_id, delta }),
        (finish, usage).prop_map(|(finish, usage)| Token::End {
            finish,
            usage: usage.map(|(input, cached, output)| Usage {
                input,
                cached,
                output
            }),
        }),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let generation = || any::<u64>().prop_map(Generation);
    let event = prop::sample::select(EVENTS).prop_map(|text| {
        let event = parse(text).expect(text);
        Input::Client(Box::new(event))
    });
    let engines = prop_oneof![
        (0..3u64, transcript()).prop_map(|(segment, transcript)| Input::Partial {
            segment,
            transcript
        }),
        (0..3u64, transcript()).prop_map(|(segment, transcript)| Input::Final {
            segment,
            transcript
        }),
        (any::<u64>(), error())
            .prop_map(|(segment, error)| Input::TranscriptFailed { segment, error }),
        (any::<u64>(), 0..=100u8).prop_map(|(segment, percent)| Input::EndOfTurn {
            segment,
            confidence: f32::from(percent) / 100.0,
        }),
        (error(), "\\PC*").prop_map(|(error, by)| Input::ListenerStoodIn { error, by }),
        ("\\PC*", any::<bool>()).prop_map(|(by, first)| Input::ListenerBack { by, first }),
        (generation(), token()).prop_map(|(generation, token)| Input::Token { generation, token }),
        (generation(), "\\PC*").prop_map(|(generation, text)| Input::Sentence { generation, text }),
        (generation(), error())
            .prop_map(|(generation, error)| Input::ModelFailed { generation, error }),
        any::<u64>().prop_map(|sentence| Input::Words {
            sentence,
            words: word_times("I keep thinking"),
        }),
        (any::<u64>(), error())
            .prop_map(|(sentence, error)| Input::VoiceFailed { sentence, error }),
        error().prop_map(|error| Input::StoodIn { error }),
        error().prop_map(|error| Input::VoiceStoodIn { error }),
        error().prop_map(|error| Input::ModelStoodIn { error }),
        error().prop_map(|error| Input::ModelBrokeOff { error }),
        Just(Input::ModelBack),
        Just(Input::VoiceBack),
    ];
    prop_oneof![
        3 => position().prop_map(|to| Input::Audio { to }),
        3 => (any::<u64>(), any::<u64>())
            .prop_map(|(sentence, samples)| Input::Sent { sentence, samples }),
        1 => (any::<u64>(), any::<u64>())
            .prop_map(|(sentence, samples)| Input::Produced { sentence, samples }),
        1 => any::<u64>().prop_map(|sentence| Input::SentenceDone { sentence }),
        1 => any::<u64>().prop_map(|samples| Input::Gap { samples }),
        1 => any::<u64>().prop_map(|samples| Input::Omitted { samples }),
        1 => any::<u64>().prop_map(|samples| Input::Leapt { samples }),
        1 => position().prop_map(|since| Input::Deserted { since }),
        1 => position().prop_map(|at| Input::VoiceStarted { at }),
        1 => position().prop_map(|at| Input::VoiceStopped { at }),
        1 => Just(Input::Ready),
        1 => Just(Input::Time),
        1 => Just(Input::Stopping),
        1 => Just(Input::Leave),
        4 => event,
        4 => engines,
    ]
}

proptest! {
    #[test]
    fn every_input_is_read_as_it_was_written(
        from in position(),
        inputs in prop::collection::vec((0..100_000u64, input()), 1..40),
    ) {
        let (mut tracer, mut reader) = (Tracer::new(from), TraceReader::new(from));
        let mut now = from;
        for (after, input) in inputs {
            now = Position::new(now.samples() + after);
            let line = tracer.line(&input, now);
            prop_assert!(!line.contains('\n'));
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert!(json.is_array());
            prop_assert_eq!(reader.read(line).unwrap(), (input, now));
        }
    }

    #[test]
    fn no_line_makes_the_reader_fall(line in "\\PC*", fields in "[0-9,{}\"a-z:]{0,20}") {
        let mut reader = TraceReader::new(Position::ZERO);
        let _ = reader.read(&line);
        let _ = reader.read(&format!("[{fields}]"));
        let _ = replay([line]);
    }
}

#[test]
fn the_first_line_says_what_the_conversation_began_with() {
    let mut begun = settings(WebSocket, |session| session.audio.output.speed = 1.15);
    begun.from = ms(61_234);
    let past = Past {
        part: 3,
        away: Duration::from_millis(1500),
        items: Vec::new(),
        silences: vec![("item_1".to_owned(), Outcome::Held)],
        sent: Vec::new(),
    };
    for past in [None, Some(past)] {
        let line = header(&begun, past.as_ref());
        assert_eq!(read_header(&line).unwrap(), (begun.clone(), past));
    }
    let newer = header(&begun, None).replace("\"trace\":1", "\"trace\":2");
    assert!(matches!(read_header(&newer), Err(TraceError::Version(2))));
}

#[test]
fn a_torn_last_line_is_ignored_and_a_damaged_one_is_told() {
    let mut sim = Sim::new(WebSocket);
    sim.say(1000, 1000, "what would you like to change");
    sim.run(6000);
    let whole = replay(&sim.lines).unwrap().count();
    let mut lines = sim.lines.clone();
    lines.push("[960,{\"par".to_owned());
    let torn: Result<Vec<Output>, _> = replay(&lines).unwrap().collect();
    assert_eq!(torn.unwrap().len(), whole);
    lines.push("[960]".to_owned());
    let damaged = replay(&lines).unwrap().find_map(Result::err).unwrap();
    let at = lines.len() - 1;
    assert!(matches!(damaged, TraceError::Line { line } if line == at));
    assert!(matches!(replay([""; 0]), Err(TraceError::Empty)));
}

#[test]
fn what_comes_fifty_times_a_second_is_short() {
    let mut tracer = Tracer::new(Position::ZERO);
    let mut line = |input, at| tracer.line(&input, at).to_owned();
    assert_eq!(line(Input::Audio { to: ms(20) }, ms(21)), "[1008]");
    assert_eq!(line(Input::Audio { to: ms(40) }, ms(41)), "[960]");
    let (sentence, samples) = (12, 48_000);
    assert_eq!(
        line(Input::Sent { sentence, samples }, ms(41)),
        "[0,12,48000]"
    );
    assert_eq!(line(Input::Audio { to: ms(100) }, ms(60)), "[912,4800]");
    assert_eq!(line(Input::Time, ms(60)), "[0,\"time\"]");
}

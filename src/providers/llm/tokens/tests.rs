//! Every vendor's stream, cut anywhere.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{anthropic, chat, responses};
use super::*;

const CHAT: &str = r#": keep-alive

data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"delta":{"content":"Grüß "}}]}

data: {"choices":[{"delta":{"content":"世界!"},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5}}

data: [DONE]

"#;

const ANTHROPIC: &str = r#"event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":12,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüß "}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"世界!"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}

event: message_stop
data: {"type":"message_stop"}

"#;

const RESPONSES: &str = r#"event: response.created
data: {"type":"response.created","response":{"status":"in_progress"},"sequence_number":0}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"m","delta":"Grüß "}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"m","delta":"世界!"}

event: response.completed
data: {"type":"response.completed","response":{"usage":{"input_tokens":12,"output_tokens":5}}}

"#;

/// Everything that comes of an answer in these pieces.
async fn heard<A: Answer>(pieces: Vec<Vec<u8>>) -> Vec<Result<Token, ProviderError>> {
    let bytes = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece))));
    let settings = ModelSettings::new("http://localhost", "m");
    let faults = Faults { engine: "e" };
    let tokens = read::<A>(bytes.boxed(), Instant::now(), &settings, faults);
    tokens.collect().await
}

/// The text of a vendor's answer in pieces of these lengths, with these ends of lines.
fn told(vendor: usize, ends: &str, cuts: &[usize], garbage: bool) -> (String, bool) {
    let mut text = [CHAT, ANTHROPIC, RESPONSES][vendor].to_owned();
    if garbage {
        let at = text
            .rfind("世界!")
            .map_or(0, |at| at + text[at..].find("\n\n").unwrap());
        text.truncate(at);
        text.push_str("\n\ndata: <html>\n\n");
    }
    let text = text.replace('\n', ends).into_bytes();
    let mut pieces = Vec::new();
    let mut rest = &text[..];
    for cut in cuts {
        let (piece, more) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = more;
    }
    pieces.push(rest.to_vec());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let tokens = runtime.block_on(async {
        match vendor {
            0 => heard::<chat::Answer>(pieces).await,
            1 => heard::<anthropic::Answer>(pieces).await,
            _ => heard::<responses::Answer>(pieces).await,
        }
    });
    let ended = matches!(
        tokens.last(),
        Some(Ok(Token::End { usage: Some(usage), .. })) if usage.input == 12 && usage.output == 5
    );
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Ok(Token::Text(more)) => text.push_str(more),
            Ok(_) => {}
            Err(_) => assert_eq!(at + 1, tokens.len(), "something after an error"),
        }
    }
    (text, ended)
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_answer(
        vendor in 0_usize..3,
        ends in "\n|\r\n|\r",
        cuts in prop::collection::vec(1_usize..60, 0..80),
        garbage: bool,
    ) {
        let (text, ended) = told(vendor, &ends, &cuts, garbage);
        prop_assert_eq!(text, "Grüß 世界!");
        prop_assert_eq!(ended, !garbage);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_only_half_there_is_waited_for_and_given_up() {
    let half = ANTHROPIC.rfind("世界!").unwrap();
    let half = ANTHROPIC.as_bytes()[..half + 2].to_vec();
    let bytes = stream::iter([Ok(Bytes::from(half))]).chain(stream::pending());
    let mut settings = ModelSettings::new("http://localhost", "m");
    settings.stall = Duration::from_secs(7);
    let faults = Faults { engine: "e" };
    let began = Instant::now();
    let tokens = read::<anthropic::Answer>(bytes.boxed(), began, &settings, faults);
    let tokens: Vec<_> = tokens.collect().await;
    assert_eq!(tokens.last(), Some(&Err(faults.silence(settings.stall))));
    assert_eq!(began.elapsed(), settings.stall);
}

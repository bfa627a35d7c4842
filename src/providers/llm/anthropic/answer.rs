//! The events of a streamed message, put together to tokens.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value;

use super::super::fault::Trouble;
use super::super::sse::Event;
use super::super::tokens;
use super::super::{Finish, Token, Usage};

/// How many calls one answer may make.
const CALLS: usize = 64;

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    /// Calls by the index of their block.
    calls: Vec<(u64, String)>,
    counted: Counted,
    finish: Option<Finish>,
    closed: bool,
}

impl tokens::Answer for Answer {
    fn take(&mut self, event: &Event, tokens: &mut VecDeque<Token>) -> Result<(), Trouble> {
        const ODD: Trouble = Trouble::Odd("it sent something that is not an event of a message");
        if self.closed || event.data.trim().is_empty() {
            return Ok(());
        }
        let event: Value = serde_json::from_str(&event.data).map_err(|_| ODD)?;
        let kind = event.get("type").and_then(Value::as_str).ok_or(ODD)?;
        match kind {
            "message_start" => self.count(&event["message"]["usage"]),
            "content_block_start" => {
                let Begun { index, block } = read(event)?;
                match (block.kind.as_str(), block.id, block.name) {
                    ("tool_use", Some(call_id), Some(name)) => {
                        if self.calls.len() == CALLS {
                            return Err(Trouble::Odd("it makes calls without end"));
                        }
                        self.calls.push((index, call_id.clone()));
                        tokens.push_back(Token::Call { call_id, name });
                    }
                    ("text", ..) => say(block.text, tokens),
                    // What it thinks, and tools of the vendor's own.
                    _ => {}
                }
            }
            "content_block_delta" => {
                let Piece { index, delta } = read(event)?;
                say(delta.text, tokens);
                let call = self.calls.iter().find(|(block, _)| *block == index);
                if let Some(((_, call_id), delta)) = call.zip(delta.partial_json)
                    && !delta.is_empty()
                {
                    let call_id = call_id.clone();
                    tokens.push_back(Token::Arguments { call_id, delta });
                }
            }
            "message_delta" => {
                self.count(&event["usage"]);
                self.finish = match event["delta"]["stop_reason"].as_str() {
                    None => self.finish,
                    Some("max_tokens" | "model_context_window_exceeded") => Some(Finish::Length),
                    Some("refusal") => Some(Finish::Filtered),
                    Some(_) => Some(Finish::Stop),
                };
            }
            "message_stop" => {
                self.closed = true;
                self.finish.get_or_insert(Finish::Stop);
            }
            "error" => return Err(Trouble::said(event["error"].clone())),
            // Pings, the ends of blocks, and what will be invented.
            _ => {}
        }
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn end(&self) -> Option<Token> {
        Some(Token::End {
            finish: self.finish?,
            usage: self.counted.usage(),
        })
    }
}

impl Answer {
    /// Takes counts. Later ones are in place of earlier ones, where they are given.
    fn count(&mut self, usage: &Value) {
        let number = |name: &str| usage.get(name).and_then(Value::as_u64);
        let counted = &mut self.counted;
        for (count, name) in [
            (&mut counted.input, "input_tokens"),
            (&mut counted.written, "cache_creation_input_tokens"),
            (&mut counted.read, "cache_read_input_tokens"),
            (&mut counted.output, "output_tokens"),
        ] {
            *count = number(name).or(*count);
        }
    }
}

/// What was counted. The tokens that a cache took or gave are not among the input's.
#[derive(Debug, Default)]
struct Counted {
    input: Option<u64>,
    written: Option<u64>,
    read: Option<u64>,
    output: Option<u64>,
}

impl Counted {
    fn usage(&self) -> Option<Usage> {
        let cached = self.read.unwrap_or(0);
        let all = [self.input?, self.written.unwrap_or(0), cached];
        Some(Usage {
            input: all.into_iter().fold(0, u64::saturating_add),
            cached,
            output: self.output.unwrap_or(0),
        })
    }
}

fn read<T: for<'de> Deserialize<'de>>(event: Value) -> Result<T, Trouble> {
    serde_json::from_value(event).map_err(|_| Trouble::Odd("it sent an event without its parts"))
}

fn say(text: Option<String>, tokens: &mut VecDeque<Token>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        tokens.push_back(Token::Text(text));
    }
}

#[derive(Deserialize)]
struct Begun {
    index: u64,
    #[serde(rename = "content_block")]
    block: Block,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    name: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    index: u64,
    delta: Delta,
}

/// A piece of a block. Thoughts and their signatures have other members.
#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
    partial_json: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::tokens::Answer as _;
    use super::tokens::given::{event, taken};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn thoughts_are_not_said() {
        let (_, tokens) = taken::<Answer>([
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Well."}}),
            json!({"type": "news", "index": "x"}),
        ]);
        assert_eq!(tokens, [Token::Text("Well.".to_owned())]);
    }

    #[test]
    fn what_a_cache_gave_counts_as_read() {
        let (answer, _) = taken::<Answer>([
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 100}}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}),
        ]);
        let usage = Some(Usage {
            input: 112,
            cached: 100,
            output: 9,
        });
        let finish = Finish::Stop;
        assert_eq!(answer.end(), Some(Token::End { finish, usage }));
        assert!(!answer.is_closed());
    }

    #[test]
    fn an_overload_in_mid_stream_is_told() {
        let overloaded =
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "m"}});
        let trouble = Answer::default().take(&event(&overloaded), &mut VecDeque::new());
        assert!(matches!(trouble, Err(Trouble::Error(_))));
    }

    #[test]
    fn calls_without_end_are_stopped() {
        let mut answer = Answer::default();
        let refused = (0..1000).find_map(|n| {
            let call = json!({"type": "content_block_start", "index": n, "content_block": {"type": "tool_use", "id": "a", "name": "look", "input": {}}});
            answer.take(&event(&call), &mut VecDeque::new()).err()
        });
        assert!(refused.is_some());
    }

    proptest! {
        #[test]
        fn any_json_is_borne(
            kind in "message_start|content_block_start|content_block_delta|message_delta|message_stop|error|x",
            members in prop::collection::vec(("index|content_block|delta|usage|message|error|text|type", "[0-9]|null|\\[\\]|\\{\\}|\"text\"|\"tool_use\""), 0..5),
        ) {
            let members: Vec<_> = members.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
            let inner = format!("{{{}}}", members.join(","));
            for data in [
                inner.clone(),
                format!(r#"{{"type":"{kind}","index":0,"delta":{inner},"content_block":{inner},"usage":{inner}}}"#),
                format!("[{inner}]"),
            ] {
                let event = Event { name: String::new(), data };
                let _ = Answer::default().take(&event, &mut VecDeque::new());
            }
        }
    }
}

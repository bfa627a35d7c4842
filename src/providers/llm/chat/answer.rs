//! The chunks of a streamed answer, put together to tokens.

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
    calls: Vec<Call>,
    refused: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    closed: bool,
}

/// A call, whose name may come later than its first piece.
#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    named: bool,
    /// Arguments that came before the name.
    held: String,
}

impl tokens::Answer for Answer {
    fn take(&mut self, event: &Event, tokens: &mut VecDeque<Token>) -> Result<(), Trouble> {
        let data = event.data.trim();
        if data.is_empty() || self.closed {
            return Ok(());
        }
        if data == "[DONE]" {
            self.closed = true;
            self.finish.get_or_insert(Finish::Stop);
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|_| Trouble::Odd("it sent something that is not a chunk of an answer"))?;
        if let Some(error) = chunk.error {
            return Err(Trouble::said(error));
        }
        if let Some(usage) = chunk.usage {
            self.usage = Some(usage.into());
        }
        // There is no choice in the chunk that brings the usage.
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(());
        };
        if let Some(delta) = choice.delta {
            self.refused |= delta.refusal.is_some_and(|text| !text.is_empty());
            if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
                tokens.push_back(Token::Text(text));
            }
            for piece in delta.tool_calls.into_iter().flatten() {
                self.call(piece, tokens)?;
            }
        }
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(match reason.as_str() {
                "length" => Finish::Length,
                "content_filter" => Finish::Filtered,
                "insufficient_system_resource" => {
                    return Err(Trouble::Odd("it ran out of resources"));
                }
                _ => Finish::Stop,
            });
        }
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn end(&self) -> Option<Token> {
        let finish = self.finish?;
        Some(Token::End {
            finish: if self.refused {
                Finish::Filtered
            } else {
                finish
            },
            usage: self.usage,
        })
    }
}

impl Answer {
    /// A piece of a call: pieces belong together by index, and only the first has id and name.
    /// Some servers give every call the same index and tell them apart by id.
    fn call(&mut self, piece: CallPiece, tokens: &mut VecDeque<Token>) -> Result<(), Trouble> {
        let id = piece.id.filter(|id| !id.is_empty());
        let index = piece
            .index
            .unwrap_or_else(|| self.calls.last().map_or(0, |call| call.index));
        let known = self
            .calls
            .iter()
            .rposition(|call| call.index == index && id.as_ref().is_none_or(|id| *id == call.id));
        let at = match known {
            Some(at) => at,
            None if self.calls.len() == CALLS => {
                return Err(Trouble::Odd("it makes calls without end"));
            }
            None => {
                let number = self.calls.len();
                self.calls.push(Call {
                    index,
                    id: id.unwrap_or_else(|| format!("call_{number}")),
                    named: false,
                    held: String::new(),
                });
                number
            }
        };
        let call = &mut self.calls[at];
        let function = piece.function.unwrap_or_default();
        if !call.named
            && let Some(name) = function.name.filter(|name| !name.is_empty())
        {
            call.named = true;
            let call_id = call.id.clone();
            tokens.push_back(Token::Call { call_id, name });
        }
        call.held.push_str(&function.arguments.unwrap_or_default());
        if call.named && !call.held.is_empty() {
            tokens.push_back(Token::Arguments {
                call_id: call.id.clone(),
                delta: std::mem::take(&mut call.held),
            });
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionPiece>,
}

#[derive(Default, Deserialize)]
struct FunctionPiece {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    /// DeepSeek's name for the cached tokens.
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let detailed = wire
            .prompt_tokens_details
            .and_then(|details| details.cached_tokens);
        Self {
            input: wire.prompt_tokens,
            cached: detailed.or(wire.prompt_cache_hit_tokens).unwrap_or(0),
            output: wire.completion_tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens::Answer as _;
    use super::tokens::given::{event, taken};
    use super::*;
    use proptest::prelude::*;

    fn called(call_id: &str) -> Token {
        Token::Call {
            call_id: call_id.to_owned(),
            name: "look".to_owned(),
        }
    }

    fn arguments(call_id: &str, delta: &str) -> Token {
        Token::Arguments {
            call_id: call_id.to_owned(),
            delta: delta.to_owned(),
        }
    }

    #[test]
    fn pieces_of_calls_are_told_apart_by_index_and_by_id() {
        let (_, tokens) = taken::<Answer>([
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"look","arguments":"{"}},{"index":0,"function":{"arguments":"["}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"look","arguments":"{}"}}]}}]}"#,
        ]);
        assert_eq!(
            tokens,
            [
                called("a"),
                called("b"),
                arguments("b", "{"),
                arguments("a", "["),
                called("c"),
                arguments("c", "{}"),
            ]
        );
    }

    #[test]
    fn a_late_name_and_a_missing_id_are_borne() {
        let (_, tokens) = taken::<Answer>([
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"look","arguments":"}"}}]}}]}"#,
        ]);
        assert_eq!(tokens, [called("call_0"), arguments("call_0", "{}")]);
    }

    #[test]
    fn the_end_tells_why_and_what_it_cost() {
        let (answer, _) = taken::<Answer>([r#"{"choices":[{"delta":{"content":"x"}}]}"#]);
        assert_eq!(answer.end(), None);
        let (answer, tokens) = taken::<Answer>([
            r#"{"choices":[{"delta":{"content":"x","role":null}}],"usage":null}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#,
            "[DONE]",
            "never read",
        ]);
        assert_eq!(tokens, [Token::Text("x".to_owned())]);
        let usage = Some(Usage {
            input: 9,
            cached: 4,
            output: 2,
        });
        let finish = Finish::Length;
        assert_eq!(answer.end(), Some(Token::End { finish, usage }));
    }

    #[test]
    fn a_refusal_is_withheld_and_not_spoken() {
        let (answer, tokens) = taken::<Answer>([
            r#"{"choices":[{"delta":{"refusal":"I cannot"}}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        ]);
        assert!(tokens.is_empty());
        let finish = Finish::Filtered;
        assert_eq!(
            answer.end(),
            Some(Token::End {
                finish,
                usage: None
            })
        );
    }

    #[test]
    fn calls_without_end_are_stopped() {
        let mut answer = Answer::default();
        let refused = (0..1000).find_map(|n| {
            let call = format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{n}}}]}}}}]}}"#);
            answer.take(&event(&call), &mut VecDeque::new()).err()
        });
        assert!(refused.is_some());
    }

    proptest! {
        #[test]
        fn any_json_is_borne(
            members in prop::collection::vec(("choices|delta|usage|error|tool_calls|index|content", "[0-9]|null|\\[\\]|\\{\\}|\"x\"|\\[null\\]|\\[\\{\\}\\]"), 0..5),
        ) {
            let object = |members: &[(String, String)]| {
                let members: Vec<_> = members.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
                format!("{{{}}}", members.join(","))
            };
            let inner = object(&members);
            for data in [inner.clone(), format!(r#"{{"choices":[{inner}]}}"#), format!(r#"{{"choices":[{{"delta":{inner}}}]}}"#)] {
                let _ = Answer::default().take(&event(&data), &mut VecDeque::new());
            }
        }
    }
}

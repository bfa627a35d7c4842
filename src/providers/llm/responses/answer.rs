//! The events of a streamed response, put together to tokens.

use std::collections::VecDeque;

use serde_json::Value;

use super::super::fault::Trouble;
use super::super::sse::Event;
use super::super::tokens;
use super::super::{Finish, Token, Usage};

/// How many items one answer may have that need remembering.
const ITEMS: usize = 64;

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    calls: Vec<Call>,
    /// Messages that are not the answer but tell of the way to it.
    commentary: Vec<String>,
    refused: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
}

/// A call under way.
#[derive(Debug)]
struct Call {
    item: String,
    call_id: String,
    has_arguments: bool,
}

impl tokens::Answer for Answer {
    fn take(&mut self, event: &Event, tokens: &mut VecDeque<Token>) -> Result<(), Trouble> {
        const ODD: Trouble = Trouble::Odd("it sent something that is not an event of a response");
        let data = event.data.trim();
        if self.is_closed() || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let event: Value = serde_json::from_str(data).map_err(|_| ODD)?;
        let kind = event.get("type").and_then(Value::as_str).ok_or(ODD)?;
        match kind {
            "response.output_item.added" => self.begin(&event["item"], tokens)?,
            "response.output_text.delta" => {
                let item = text(&event["item_id"]);
                let spoken = !self.commentary.iter().any(|known| known == item);
                let delta = text(&event["delta"]);
                if spoken && !delta.is_empty() {
                    tokens.push_back(Token::Text(delta.to_owned()));
                }
            }
            "response.refusal.delta" | "response.refusal.done" => self.refused = true,
            "response.function_call_arguments.delta" => {
                self.arguments(&event, "delta", tokens);
            }
            "response.function_call_arguments.done" => {
                // Some servers give the arguments in one piece.
                self.arguments(&event, "arguments", tokens);
            }
            "response.completed" | "response.incomplete" => {
                let response = &event["response"];
                self.usage = usage(&response["usage"]);
                self.finish = Some(match text(&response["incomplete_details"]["reason"]) {
                    _ if self.refused => Finish::Filtered,
                    "" => Finish::Stop,
                    "content_filter" => Finish::Filtered,
                    _ => Finish::Length,
                });
            }
            "response.failed" => return Err(Trouble::said(event["response"]["error"].clone())),
            // Flat where OpenAI itself says it; its `type` is then that of the event.
            "error" => {
                let mut error = match event.get("error") {
                    Some(inner) => inner.clone(),
                    None => event,
                };
                if text(&error["type"]) == "error"
                    && let Some(error) = error.as_object_mut()
                {
                    error.remove("type");
                }
                return Err(Trouble::said(error));
            }
            // The outline of the response, what it thinks, and what will be invented.
            _ => {}
        }
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.finish.is_some()
    }

    fn end(&self) -> Option<Token> {
        Some(Token::End {
            finish: self.finish?,
            usage: self.usage,
        })
    }
}

impl Answer {
    fn begin(&mut self, item: &Value, tokens: &mut VecDeque<Token>) -> Result<(), Trouble> {
        if self.calls.len() + self.commentary.len() == ITEMS {
            return Err(Trouble::Odd("its answer has parts without end"));
        }
        let id = text(&item["id"]).to_owned();
        if text(&item["type"]) == "function_call" {
            let (call_id, name) = (text(&item["call_id"]), text(&item["name"]));
            tokens.push_back(Token::Call {
                call_id: call_id.to_owned(),
                name: name.to_owned(),
            });
            self.calls.push(Call {
                item: id,
                call_id: call_id.to_owned(),
                has_arguments: false,
            });
        } else if text(&item["phase"]) == "commentary" {
            self.commentary.push(id);
        }
        Ok(())
    }

    /// Passes on the arguments of a call: in pieces, or, where no piece came, at once.
    fn arguments(&mut self, event: &Value, member: &str, tokens: &mut VecDeque<Token>) {
        let (item, delta) = (text(&event["item_id"]), text(&event[member]));
        let whole = member == "arguments";
        let mut calls = self.calls.iter_mut();
        let call = calls.find(|call| call.item == item && !(whole && call.has_arguments));
        if let Some(call) = call.filter(|_| !delta.is_empty()) {
            call.has_arguments = true;
            tokens.push_back(Token::Arguments {
                call_id: call.call_id.clone(),
                delta: delta.to_owned(),
            });
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn usage(wire: &Value) -> Option<Usage> {
    Some(Usage {
        input: wire.get("input_tokens")?.as_u64()?,
        cached: wire["input_tokens_details"]["cached_tokens"]
            .as_u64()
            .unwrap_or(0),
        output: wire["output_tokens"].as_u64().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::tokens::Answer as _;
    use super::tokens::given::{event, taken};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_said_on_the_way_is_not_said_aloud() {
        let (_, tokens) = taken::<Answer>([
            json!({"type": "response.output_item.added", "item": {"type": "message", "id": "m1", "phase": "commentary"}}),
            json!({"type": "response.output_text.delta", "item_id": "m1", "delta": "Let me look."}),
            json!({"type": "response.reasoning_text.delta", "item_id": "r1", "delta": "Hm."}),
            json!({"type": "response.output_item.added", "item": {"type": "message", "id": "m2", "phase": "final_answer"}}),
            json!({"type": "response.output_text.delta", "item_id": "m2", "delta": "Well."}),
        ]);
        assert_eq!(tokens, [Token::Text("Well.".to_owned())]);
    }

    #[test]
    fn arguments_that_came_in_pieces_are_not_repeated() {
        let began = |id: &str| json!({"type": "response.output_item.added", "item": {"type": "function_call", "id": id, "call_id": format!("call_{id}"), "name": "look", "arguments": ""}});
        let (_, tokens) = taken::<Answer>([
            began("a"),
            json!({"type": "response.function_call_arguments.delta", "item_id": "a", "delta": "{}"}),
            json!({"type": "response.function_call_arguments.done", "item_id": "a", "arguments": "{}"}),
            began("b"),
            json!({"type": "response.function_call_arguments.done", "item_id": "b", "arguments": "[]"}),
        ]);
        let arguments: Vec<_> = tokens
            .iter()
            .filter_map(|token| match token {
                Token::Arguments { call_id, delta } => Some((call_id.as_str(), delta.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(arguments, [("call_a", "{}"), ("call_b", "[]")]);
    }

    #[test]
    fn the_end_tells_why_and_what_it_cost() {
        for (reason, finish) in [
            (json!(null), Finish::Stop),
            (json!({"reason": "max_output_tokens"}), Finish::Length),
            (json!({"reason": "content_filter"}), Finish::Filtered),
        ] {
            let usage = json!({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2});
            let response = json!({"usage": usage, "incomplete_details": reason});
            let (answer, _) =
                taken::<Answer>([json!({"type": "response.completed", "response": response})]);
            let usage = Some(Usage {
                input: 9,
                cached: 4,
                output: 2,
            });
            assert_eq!(answer.end(), Some(Token::End { finish, usage }));
        }
    }

    #[test]
    fn errors_are_understood_flat_and_nested() {
        for error in [
            json!({"type": "error", "code": "rate_limit_exceeded", "message": "m", "sequence_number": 3}),
            json!({"type": "error", "error": {"type": "x", "code": "rate_limit_exceeded"}}),
            json!({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded"}}}),
        ] {
            let trouble = Answer::default().take(&event(&error), &mut VecDeque::new());
            let faults = super::super::super::fault::Faults { engine: "e" };
            let error = faults.in_stream(&trouble.unwrap_err());
            assert!(error.to_string().contains("slow down"), "{error}");
        }
    }

    #[test]
    fn parts_without_end_are_stopped() {
        let mut answer = Answer::default();
        let refused = (0..1000).find_map(|n| {
            let call = json!({"type": "response.output_item.added", "item": {"type": "function_call", "id": n.to_string()}});
            answer.take(&event(&call), &mut VecDeque::new()).err()
        });
        assert!(refused.is_some());
    }

    proptest! {
        #[test]
        fn any_json_is_borne(
            kind in "response\\.(output_item\\.added|output_text\\.delta|function_call_arguments\\.(delta|done)|completed|incomplete|failed)|error|x",
            members in prop::collection::vec(("item|item_id|delta|arguments|response|usage|error|type|phase", "[0-9]|null|\\[\\]|\\{\\}|\"function_call\"|\"commentary\""), 0..5),
        ) {
            let members: Vec<_> = members.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
            let inner = format!("{{{}}}", members.join(","));
            for data in [
                inner.clone(),
                format!(r#"{{"type":"{kind}","item":{inner},"response":{inner},"error":{inner}}}"#),
                format!(r#"{{"type":"{kind}",{}}}"#, inner.trim_matches(['{', '}'])),
                format!("[{inner}]"),
            ] {
                let event = Event { name: String::new(), data };
                let _ = Answer::default().take(&event, &mut VecDeque::new());
            }
        }
    }
}

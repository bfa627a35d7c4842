//! The body of a chat completions request.

use serde_json::{Map, Value, json};

use super::super::{Message, Prompt, Tool};

/// The body that asks for a streamed answer. `hosted` is whether OpenAI itself is asked: its newer
/// models refuse `max_tokens`, while most other servers know nothing else.
pub(super) fn body(
    prompt: &Prompt,
    model: &str,
    extra: &Map<String, Value>,
    hosted: bool,
) -> Value {
    let mut body = extra.clone();
    body.insert("model".to_owned(), json!(model));
    body.insert("messages".to_owned(), messages(prompt));
    body.insert("stream".to_owned(), json!(true));
    body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    if let Some(most) = prompt.max_tokens {
        let name = if hosted {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        body.insert(name.to_owned(), json!(most));
    }
    if !prompt.tools.is_empty() {
        let tools: Vec<_> = prompt.tools.iter().map(tool).collect();
        body.insert("tools".to_owned(), Value::Array(tools));
        if let Some(choice) = &prompt.tool_choice {
            body.insert("tool_choice".to_owned(), tool_choice(choice));
        }
    }
    Value::Object(body)
}

/// The conversation. Calls that follow one another, and the words before them, are one message,
/// as the servers demand.
fn messages(prompt: &Prompt) -> Value {
    let mut list: Vec<Value> = Vec::with_capacity(prompt.messages.len() + 1);
    if !prompt.system.is_empty() {
        list.push(json!({"role": "system", "content": prompt.system}));
    }
    for message in &prompt.messages {
        let plain = |role: &str, text: &str| json!({"role": role, "content": text});
        match message {
            Message::System(text) => list.push(plain("system", text)),
            Message::User(text) => list.push(plain("user", text)),
            Message::Assistant(text) => list.push(plain("assistant", text)),
            Message::CallOutput { call_id, output } => {
                list.push(json!({"role": "tool", "tool_call_id": call_id, "content": output}));
            }
            Message::Call {
                call_id,
                name,
                arguments,
            } => {
                let call = json!({
                    "id": call_id,
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                });
                match list.last_mut().filter(|last| last["role"] == "assistant") {
                    Some(last) => match last.get_mut("tool_calls").and_then(Value::as_array_mut) {
                        Some(calls) => calls.push(call),
                        None => last["tool_calls"] = json!([call]),
                    },
                    None => list.push(json!({
                        "role": "assistant",
                        "content": null,
                        "tool_calls": [call],
                    })),
                }
            }
        }
    }
    Value::Array(list)
}

fn tool(tool: &Tool) -> Value {
    let mut function = json!({"name": tool.name, "parameters": tool.parameters});
    if let Some(description) = &tool.description {
        function["description"] = json!(description);
    }
    json!({"type": "function", "function": function})
}

/// The Realtime protocol names a function beside its type, chat completions below it.
fn tool_choice(choice: &Value) -> Value {
    match (choice.get("type"), choice.get("name")) {
        (Some(kind), Some(name)) if kind == "function" => {
            json!({"type": "function", "function": {"name": name}})
        }
        _ => choice.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(call_id: &str) -> Message {
        Message::Call {
            call_id: call_id.to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
        }
    }

    #[test]
    fn calls_join_the_message_that_made_them() {
        let prompt = Prompt {
            system: "Be Ann.".to_owned(),
            messages: vec![
                Message::User("Hi".to_owned()),
                Message::Assistant("Wait.".to_owned()),
                call("a"),
                call("b"),
                Message::CallOutput {
                    call_id: "a".to_owned(),
                    output: "1".to_owned(),
                },
                call("c"),
            ],
            ..Prompt::default()
        };
        let list = messages(&prompt);
        let roles: Vec<_> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["role"].as_str().unwrap())
            .collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant"]);
        assert_eq!(list[2]["content"], "Wait.");
        assert_eq!(list[2]["tool_calls"].as_array().unwrap().len(), 2);
        assert_eq!(list[4]["tool_calls"][0]["id"], "c");
    }

    #[test]
    fn tools_and_their_choice_take_the_form_of_chat_completions() {
        let mut prompt = Prompt {
            tool_choice: Some(json!({"type": "function", "name": "look"})),
            max_tokens: Some(50),
            ..Prompt::default()
        };
        let extra = Map::new();
        assert!(
            body(&prompt, "m", &extra, false)
                .get("tool_choice")
                .is_none()
        );
        prompt.tools.push(Tool {
            name: "look".to_owned(),
            description: None,
            parameters: json!({"type": "object"}),
        });
        let asked = body(&prompt, "m", &extra, false);
        assert_eq!(asked["tools"][0]["function"]["name"], "look");
        assert_eq!(asked["tool_choice"]["function"]["name"], "look");
        assert_eq!(asked["max_tokens"], 50);
        assert_eq!(
            body(&prompt, "m", &extra, true)["max_completion_tokens"],
            50
        );
    }

    #[test]
    fn what_is_extra_cannot_undo_the_stream() {
        let extra = json!({"stream": false, "temperature": 0.3});
        let asked = body(&Prompt::default(), "m", extra.as_object().unwrap(), false);
        assert_eq!(asked["stream"], true);
        assert_eq!(asked["temperature"], 0.3);
    }
}

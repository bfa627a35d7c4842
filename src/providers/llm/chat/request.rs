//! The body of a chat completions request.

use serde_json::{Map, Value, json};

use super::super::{Message, Prompt, Tool};

/// How a server differs from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenAI itself, whose newer models refuse `max_tokens`.
    OpenAi,
    /// DeepSeek.
    DeepSeek,
    /// Others. The templates of many a local model know one instruction, which comes first.
    Any,
}

/// The body that asks for a streamed answer.
pub(super) fn body(
    prompt: &Prompt,
    model: &str,
    extra: &Map<String, Value>,
    dialect: Dialect,
) -> Value {
    let mut body = extra.clone();
    body.insert("model".to_owned(), json!(model));
    body.insert("messages".to_owned(), messages(prompt, dialect));
    body.insert("stream".to_owned(), json!(true));
    body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    if let Some(most) = prompt.max_tokens {
        let name = match dialect {
            Dialect::OpenAi => "max_completion_tokens",
            Dialect::DeepSeek | Dialect::Any => "max_tokens",
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
/// as the servers demand. What holds for this answer only comes last where the vendor keeps the
/// beginning of a request for the next one.
fn messages(prompt: &Prompt, dialect: Dialect) -> Value {
    let plain = |role: &str, text: &str| json!({"role": role, "content": text});
    let (first, last) = match dialect {
        Dialect::Any => (prompt.instructions(), String::new()),
        Dialect::OpenAi | Dialect::DeepSeek => (prompt.system.clone(), prompt.now.clone()),
    };
    let mut list: Vec<Value> = Vec::with_capacity(prompt.messages.len() + 2);
    if !first.is_empty() {
        list.push(plain("system", &first));
    }
    for message in &prompt.messages {
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
    if !last.is_empty() {
        list.push(plain("system", &last));
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
        let list = messages(&prompt, Dialect::Any);
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
    fn what_holds_now_stands_where_the_server_can_bear_it() {
        let prompt = Prompt {
            system: "Be Ann.".to_owned(),
            messages: vec![Message::User("Hi".to_owned())],
            now: "You are tired.".to_owned(),
            ..Prompt::default()
        };
        let local = messages(&prompt, Dialect::Any);
        assert_eq!(local[0]["content"], "Be Ann.\n\nYou are tired.");
        assert_eq!(local.as_array().unwrap().len(), 2);
        for hosted in [Dialect::OpenAi, Dialect::DeepSeek] {
            let list = messages(&prompt, hosted);
            assert_eq!(list[0]["content"], "Be Ann.");
            assert_eq!(
                list[2],
                json!({"role": "system", "content": "You are tired."})
            );
        }
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
            body(&prompt, "m", &extra, Dialect::Any)
                .get("tool_choice")
                .is_none()
        );
        prompt.tools.push(Tool {
            name: "look".to_owned(),
            description: None,
            parameters: json!({"type": "object"}),
        });
        let asked = body(&prompt, "m", &extra, Dialect::Any);
        assert_eq!(asked["tools"][0]["function"]["name"], "look");
        assert_eq!(asked["tool_choice"]["function"]["name"], "look");
        assert_eq!(asked["max_tokens"], 50);
        assert_eq!(
            body(&prompt, "m", &extra, Dialect::OpenAi)["max_completion_tokens"],
            50
        );
    }

    #[test]
    fn what_is_extra_cannot_undo_the_stream() {
        let extra = json!({"stream": false, "temperature": 0.3});
        let asked = body(
            &Prompt::default(),
            "m",
            extra.as_object().unwrap(),
            Dialect::Any,
        );
        assert_eq!(asked["stream"], true);
        assert_eq!(asked["temperature"], 0.3);
    }
}

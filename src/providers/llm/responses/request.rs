//! The body of a request for a response.

use serde_json::{Map, Value, json};

use super::super::{Message, Prompt, Tool};

/// Fewest tokens that the API lets an answer be bounded to.
const FEWEST: u32 = 16;

/// The body that asks for a streamed answer. Nothing of it is to be stored.
pub(super) fn body(prompt: &Prompt, model: &str, extra: &Map<String, Value>) -> Value {
    let mut body = extra.clone();
    body.entry("store").or_insert(json!(false));
    body.insert("model".to_owned(), json!(model));
    body.insert("stream".to_owned(), json!(true));
    if !prompt.system.is_empty() {
        body.insert("instructions".to_owned(), json!(prompt.system));
    }
    body.insert("input".to_owned(), input(prompt));
    if let Some(most) = prompt.max_tokens {
        body.insert("max_output_tokens".to_owned(), json!(most.max(FEWEST)));
    }
    if !prompt.tools.is_empty() {
        let tools: Vec<_> = prompt.tools.iter().map(tool).collect();
        body.insert("tools".to_owned(), Value::Array(tools));
        if let Some(choice) = &prompt.tool_choice {
            // As it stands in the Realtime protocol.
            body.insert("tool_choice".to_owned(), choice.clone());
        }
    }
    Value::Object(body)
}

/// The conversation. What holds for this answer only comes last, so that what comes before it is
/// the beginning of the next request, too: the vendor keeps beginnings by itself.
fn input(prompt: &Prompt) -> Value {
    let said = |role: &str, text: &str| json!({"role": role, "content": text});
    let mut list: Vec<Value> = prompt
        .messages
        .iter()
        .map(|message| match message {
            Message::System(text) => said("system", text),
            Message::User(text) => said("user", text),
            Message::Assistant(text) => said("assistant", text),
            Message::Call {
                call_id,
                name,
                arguments,
            } => json!({
                "type": "function_call",
                "call_id": call_id,
                "name": name,
                "arguments": arguments,
            }),
            Message::CallOutput { call_id, output } => {
                json!({"type": "function_call_output", "call_id": call_id, "output": output})
            }
        })
        .collect();
    if !prompt.now.is_empty() {
        list.push(said("system", &prompt.now));
    }
    Value::Array(list)
}

fn tool(tool: &Tool) -> Value {
    let mut wire = json!({
        "type": "function",
        "name": tool.name,
        "parameters": tool.parameters,
        "strict": false,
    });
    if let Some(description) = &tool.description {
        wire["description"] = json!(description);
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_form_of_responses() {
        let prompt = Prompt {
            system: "Be Ann.".to_owned(),
            messages: vec![
                Message::User("Hi".to_owned()),
                Message::Call {
                    call_id: "a".to_owned(),
                    name: "look".to_owned(),
                    arguments: "{}".to_owned(),
                },
                Message::CallOutput {
                    call_id: "a".to_owned(),
                    output: "1".to_owned(),
                },
            ],
            now: "You are tired.".to_owned(),
            max_tokens: Some(5),
            ..Prompt::default()
        };
        let expected = json!({
            "model": "m",
            "stream": true,
            "store": false,
            "instructions": "Be Ann.",
            "max_output_tokens": 16,
            "input": [
                {"role": "user", "content": "Hi"},
                {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "a", "output": "1"},
                {"role": "system", "content": "You are tired."},
            ],
        });
        assert_eq!(body(&prompt, "m", &Map::new()), expected);
    }
}

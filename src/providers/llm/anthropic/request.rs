//! The body of a request for a message.

use serde_json::{Map, Value, json};

use super::super::{Message, Prompt, Tool};

/// Longest answer if nothing is asked for: the API wants a number.
const LONGEST: u32 = 1024;

/// The body that asks for a streamed answer.
///
/// Who the client is and the conversation so far are marked to be kept: they begin the next
/// request, too, and then are read at a tenth of the price and the time. What holds for this
/// answer only stands behind both marks.
pub(super) fn body(prompt: &Prompt, model: &str, extra: &Map<String, Value>) -> Value {
    let mut body = extra.clone();
    body.insert("model".to_owned(), json!(model));
    body.insert("stream".to_owned(), json!(true));
    let longest = prompt.max_tokens.unwrap_or(LONGEST);
    body.insert("max_tokens".to_owned(), json!(longest));
    if !prompt.system.is_empty() {
        let mut system = text(&prompt.system);
        keep(&mut system);
        body.insert("system".to_owned(), json!([system]));
    }
    body.insert("messages".to_owned(), messages(prompt));
    if !prompt.tools.is_empty() {
        let tools: Vec<_> = prompt.tools.iter().map(tool).collect();
        body.insert("tools".to_owned(), Value::Array(tools));
        if let Some(choice) = prompt.tool_choice.as_ref().and_then(tool_choice) {
            body.insert("tool_choice".to_owned(), choice);
        }
    }
    Value::Object(body)
}

/// The conversation. What one side says or does in a row is one message, as the API demands.
fn messages(prompt: &Prompt) -> Value {
    let mut list = Turns::default();
    for message in &prompt.messages {
        match message {
            Message::System(words) => list.add("system", text(words)),
            Message::User(words) => list.add("user", text(words)),
            Message::Assistant(words) => list.add("assistant", text(words)),
            Message::Call {
                call_id,
                name,
                arguments,
            } => {
                let input: Option<Map<String, Value>> = serde_json::from_str(arguments).ok();
                let input = input.unwrap_or_default();
                let call = json!({"type": "tool_use", "id": call_id, "name": name, "input": input});
                list.add("assistant", call);
            }
            Message::CallOutput { call_id, output } => {
                let result =
                    json!({"type": "tool_result", "tool_use_id": call_id, "content": output});
                list.add("user", result);
            }
        }
    }
    let said = list.0.iter_mut().rfind(|(role, _)| *role != "system");
    if let Some(last) = said.and_then(|(_, blocks)| blocks.last_mut()) {
        keep(last);
    }
    if !prompt.now.is_empty() {
        list.add("system", text(&prompt.now));
    }
    let message = |(role, content)| json!({"role": role, "content": content});
    list.0.into_iter().map(message).collect()
}

/// Who speaks, and what.
#[derive(Default)]
struct Turns(Vec<(&'static str, Vec<Value>)>);

impl Turns {
    fn add(&mut self, role: &'static str, block: Value) {
        // The API refuses blocks without words.
        if block["text"]
            .as_str()
            .is_some_and(|words| words.trim().is_empty())
        {
            return;
        }
        // The first word is the coach's, who may have been silent so far.
        if self.0.is_empty() && role != "user" {
            self.0.push(("user", vec![text("…")]));
        }
        match self.0.last_mut().filter(|(last, _)| *last == role) {
            Some((_, blocks)) => blocks.push(block),
            None => self.0.push((role, vec![block])),
        }
    }
}

fn text(words: &str) -> Value {
    json!({"type": "text", "text": words})
}

/// Marks the end of what is worth keeping.
fn keep(block: &mut Value) {
    block["cache_control"] = json!({"type": "ephemeral"});
}

fn tool(tool: &Tool) -> Value {
    let mut wire = json!({"name": tool.name, "input_schema": tool.parameters});
    if let Some(description) = &tool.description {
        wire["description"] = json!(description);
    }
    wire
}

/// The choice as it stands in the Realtime protocol, in their words.
fn tool_choice(choice: &Value) -> Option<Value> {
    let mode = match choice.as_str() {
        Some("required") => "any",
        Some(mode @ ("auto" | "none")) => mode,
        Some(_) => return None,
        None => return Some(json!({"type": "tool", "name": choice.get("name")?})),
    };
    Some(json!({"type": mode}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(prompt: &Prompt) -> Value {
        body(prompt, "m", &Map::new())
    }

    fn roles(prompt: &Prompt) -> Vec<String> {
        let asked = asked(prompt);
        let messages = asked["messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["role"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_stays_is_kept_and_what_changes_stands_behind_it() {
        let prompt = Prompt {
            system: "Be Ann.".to_owned(),
            messages: vec![
                Message::User("Hi".to_owned()),
                Message::Assistant("Hello.".to_owned()),
                Message::User("Well?".to_owned()),
            ],
            now: "You are tired.".to_owned(),
            ..Prompt::default()
        };
        let kept = json!({"type": "ephemeral"});
        let said = |role: &str, text: &str| json!({"role": role, "content": [{"type": "text", "text": text}]});
        let mut last = said("user", "Well?");
        last["content"][0]["cache_control"] = kept.clone();
        let expected = json!({
            "model": "m",
            "stream": true,
            "max_tokens": 1024,
            "system": [{"type": "text", "text": "Be Ann.", "cache_control": kept}],
            "messages": [
                said("user", "Hi"),
                said("assistant", "Hello."),
                last,
                said("system", "You are tired."),
            ],
        });
        assert_eq!(asked(&prompt), expected);
    }

    #[test]
    fn calls_and_their_results_are_blocks_of_the_turns() {
        let call = |call_id: &str, arguments: &str| Message::Call {
            call_id: call_id.to_owned(),
            name: "look".to_owned(),
            arguments: arguments.to_owned(),
        };
        let output = |call_id: &str| Message::CallOutput {
            call_id: call_id.to_owned(),
            output: "1".to_owned(),
        };
        let prompt = Prompt {
            messages: vec![
                Message::User("Hi".to_owned()),
                Message::Assistant("Wait.".to_owned()),
                call("a", r#"{"at":1}"#),
                call("b", "not json"),
                output("a"),
                output("b"),
                Message::User("So?".to_owned()),
            ],
            ..Prompt::default()
        };
        assert_eq!(roles(&prompt), ["user", "assistant", "user"]);
        let messages = &asked(&prompt)["messages"];
        assert_eq!(messages[1]["content"][1]["input"], json!({"at": 1}));
        assert_eq!(messages[1]["content"][2]["input"], json!({}));
        let results = messages[2]["content"].as_array().unwrap();
        let kinds: Vec<_> = results.iter().map(|block| &block["type"]).collect();
        assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
    }

    #[test]
    fn the_coach_has_the_first_word_also_when_silent() {
        let prompt = |message| Prompt {
            messages: vec![message],
            ..Prompt::default()
        };
        let begins = prompt(Message::System("Begin.".to_owned()));
        assert_eq!(roles(&begins), ["user", "system"]);
        let goes_on = prompt(Message::Assistant("Hello.".to_owned()));
        assert_eq!(roles(&goes_on), ["user", "assistant"]);
        let blank = prompt(Message::User(" ".to_owned()));
        assert!(roles(&blank).is_empty());
    }

    #[test]
    fn choices_of_tools_take_their_form() {
        for (ours, theirs) in [
            (json!("auto"), json!({"type": "auto"})),
            (json!("required"), json!({"type": "any"})),
            (json!("none"), json!({"type": "none"})),
            (
                json!({"type": "function", "name": "look"}),
                json!({"type": "tool", "name": "look"}),
            ),
        ] {
            assert_eq!(tool_choice(&ours), Some(theirs));
        }
        assert_eq!(tool_choice(&json!({"type": "mcp"})), None);
    }
}

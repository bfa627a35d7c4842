//! The documented example file, and the list of what holds: both written from the settings.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::setting::{Kind, Setting};
use super::values::Values;
use crate::private::REDACTED;

const HEAD: &str = "\
# Every setting of praxiloom with its default. `praxiloom serve --config FILE` reads it.
# The command line wins over the environment, which wins over this file.
# Secrets are taken from the environment or this file only.
";

/// The text of `praxiloom.example.toml`.
pub(super) fn example(settings: &[&'static Setting]) -> String {
    let mut text = HEAD.to_owned();
    let mut table = "";
    for setting in settings {
        text.push('\n');
        if setting.table() != table {
            table = setting.table();
            let _ = writeln!(text, "[{table}]");
        }
        for line in setting.help.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let flag = setting
            .flag()
            .map(|flag| format!("--{flag}, "))
            .unwrap_or_default();
        let _ = writeln!(text, "# {flag}{}", setting.variable());
        let off = if setting.default.is_empty() { "# " } else { "" };
        let _ = writeln!(text, "{off}{} = {}", setting.name(), in_toml(setting, None));
    }
    text
}

/// What holds, as a file that would bring it about, with where each value was set.
pub(super) fn effective(settings: &[&'static Setting], values: &Values) -> String {
    let mut text = String::new();
    let mut table = "";
    for setting in settings {
        if setting.table() != table {
            table = setting.table();
            let _ = writeln!(text, "[{table}]");
        }
        let given = values.given(setting);
        let off = if given.values.is_empty() { "# " } else { "" };
        let value = in_toml(setting, Some(&given.values));
        let _ = writeln!(text, "{off}{} = {value} # {}", setting.name(), given.at);
    }
    text
}

fn in_toml(setting: &Setting, given: Option<&[String]>) -> String {
    let first = given.map_or(Some(setting.default), |values| {
        values.first().map(String::as_str)
    });
    let first = first.unwrap_or_default();
    match setting.kind {
        Kind::Secret if !first.is_empty() => quoted(REDACTED),
        Kind::Text | Kind::Secret => quoted(&masked(first)),
        Kind::Number | Kind::Switch => first.to_owned(),
        Kind::List => {
            let items: Vec<String> = given
                .unwrap_or_default()
                .iter()
                .map(|item| quoted(item))
                .collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// A JSON object without what a member of it keeps secret, by the member's name; any other text as it is.
fn masked(text: &str) -> String {
    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
        return text.to_owned();
    };
    match mask(&mut members) {
        true => Value::Object(members).to_string(),
        false => text.to_owned(),
    }
}

/// Masks what is secret; whether anything was.
fn mask(members: &mut Map<String, Value>) -> bool {
    let mut any = false;
    for (name, value) in members {
        let name = name.to_lowercase();
        let secret = SECRET.iter().any(|part| name.contains(part)) || name.ends_with("token");
        any |= match value {
            Value::String(_) | Value::Array(_) if secret => {
                *value = Value::String(REDACTED.to_owned());
                true
            }
            Value::Object(inner) => mask(inner),
            Value::Array(items) => {
                let inner = items.iter_mut().filter_map(Value::as_object_mut);
                inner.fold(false, |any, inner| mask(inner) | any)
            }
            _ => false,
        };
    }
    any
}

/// Parts of the names of what is secret.
const SECRET: [&str; 6] = ["key", "secret", "password", "passwd", "auth", "credential"];

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

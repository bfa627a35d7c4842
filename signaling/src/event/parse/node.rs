//! A value of a client's message together with its path, so that every error can name it.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Result;
use crate::event::error::{ErrorBody, code};
use crate::event::update::Field;

/// A value and its path.
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, path: impl Into<String>) -> Self {
        Self {
            value,
            path: path.into(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) const fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn fields(&self) -> Result<Fields<'a>> {
        let map = self
            .value
            .as_object()
            .ok_or_else(|| self.mistyped("an object"))?;
        Ok(Fields {
            map,
            path: self.path.clone(),
        })
    }

    /// Text of at most `max` bytes.
    pub(super) fn string(&self, max: usize) -> Result<String> {
        let text = self.text()?;
        if text.len() > max {
            let message = format!("expected at most {max} bytes, got {}", text.len());
            return Err(self.error(code::STRING_TOO_LONG, &message));
        }
        Ok(text.to_owned())
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.mistyped("a string"))
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.mistyped("a boolean"))
    }

    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Result<f64> {
        let number = self
            .value
            .as_f64()
            .ok_or_else(|| self.mistyped("a number"))?;
        self.in_range(number, &range)
    }

    pub(super) fn integer(&self, range: RangeInclusive<u32>) -> Result<u32> {
        let number = self
            .value
            .as_f64()
            .ok_or_else(|| self.mistyped("an integer"))?;
        if number.fract() != 0.0 {
            return Err(self.mistyped("an integer"));
        }
        let bounds = f64::from(*range.start())..=f64::from(*range.end());
        // Within the range of a `u32` and whole, so the cast loses nothing.
        self.in_range(number, &bounds).map(|number| number as u32)
    }

    fn in_range(&self, number: f64, range: &RangeInclusive<f64>) -> Result<f64> {
        if number < *range.start() {
            let message = format!("expected at least {}", range.start());
            return Err(self.error(code::BELOW_MIN, &message));
        }
        if number > *range.end() {
            return Err(self.error(
                code::ABOVE_MAX,
                &format!("expected at most {}", range.end()),
            ));
        }
        Ok(number)
    }

    /// One of the named values.
    pub(super) fn one_of<T: Copy>(&self, values: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        values
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let names: Vec<_> = values.iter().map(|(name, _)| format!("'{name}'")).collect();
                self.invalid(&match names.as_slice() {
                    [only] => format!("expected {only}"),
                    _ => format!("expected one of {}", names.join(", ")),
                })
            })
    }

    /// A list of at most `max` values.
    pub(super) fn list(&self, max: usize) -> Result<Vec<Node<'a>>> {
        let values = self
            .value
            .as_array()
            .ok_or_else(|| self.mistyped("an array"))?;
        self.count(values.len(), max)?;
        let node = |(index, value)| Node::new(value, format!("{}[{index}]", self.path));
        Ok(values.iter().enumerate().map(node).collect())
    }

    pub(super) fn count(&self, length: usize, max: usize) -> Result<()> {
        if length > max {
            let message = format!("expected at most {max} entries, got {length}");
            return Err(self.error(code::ARRAY_TOO_LONG, &message));
        }
        Ok(())
    }

    /// The error that the value is not among those allowed.
    pub(super) fn invalid(&self, wanted: &str) -> ErrorBody {
        ErrorBody::value(self.path.clone(), wanted)
    }

    /// The error that the value has the wrong JSON type.
    pub(super) fn mistyped(&self, wanted: &str) -> ErrorBody {
        let got = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(number) if number.is_f64() => "a decimal number",
            Value::Number(_) => "an integer",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let path = &self.path;
        ErrorBody::invalid(
            code::INVALID_TYPE,
            format!("Invalid type for '{path}': expected {wanted}, but got {got} instead."),
        )
        .with_param(path.clone())
    }

    fn error(&self, code: &str, message: &str) -> ErrorBody {
        let path = &self.path;
        ErrorBody::invalid(code, format!("Invalid value for '{path}': {message}."))
            .with_param(path.clone())
    }
}

/// The fields of an object and its path.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// A field that must be there.
    pub(super) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'a>) -> Result<T>,
    ) -> Result<T> {
        match self.map.get(name) {
            Some(value) => read(&self.node(name, value)),
            None => Err(self.missing(name)),
        }
    }

    /// A field that may be absent or `null`, which is the same.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'a>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(&self.node(name, value)).map(Some),
        }
    }

    /// A field that may be absent or `null`, which is not the same.
    pub(super) fn field<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'a>) -> Result<T>,
    ) -> Result<Field<T>> {
        Ok(match self.map.get(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(value) => Field::Value(read(&self.node(name, value))?),
        })
    }

    /// The error that a field is absent.
    pub(super) fn missing(&self, name: &str) -> ErrorBody {
        ErrorBody::missing(self.join(name))
    }

    fn node(&self, name: &str, value: &'a Value) -> Node<'a> {
        Node::new(value, self.join(name))
    }

    fn join(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

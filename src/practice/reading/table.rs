//! A TOML table read field by field: every mistake is noted with its place, and the reading goes
//! on, so that whoever wrote the file sees all of them at once.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{Placed, Report, Span, did_you_mean};

/// A table of the file.
pub(super) struct Table<'a> {
    report: &'a Report<'a>,
    /// What it is called in messages, with a dot at the end; empty for the whole file.
    path: String,
    span: Span,
    entries: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Table<'a> {
    /// The whole file.
    pub(super) fn root(report: &'a Report<'a>, entries: &'a DeTable<'a>) -> Self {
        Self::new(report, String::new(), 0..0, entries)
    }

    fn new(report: &'a Report<'a>, path: String, span: Span, entries: &'a DeTable<'a>) -> Self {
        let known = Vec::new();
        Self {
            report,
            path,
            span,
            entries,
            known,
        }
    }

    /// Where it stands.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        self.known.push(key);
        let mut entries = self.entries.iter();
        let found = entries.find(|(name, _)| name.get_ref() == key);
        found.map(|(_, value)| value)
    }

    fn need(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.wrong(&self.span, key, "is missing");
        }
        found
    }

    fn wrong(&self, span: &Span, key: &str, what: &str) {
        let path = &self.path;
        self.report.note(span, format!("`{path}{key}` {what}"));
    }

    fn refuse(&self, key: &str, value: &Value<'_>, wanted: &str) {
        let given = match value.get_ref() {
            DeValue::String(_) => "text in quotes",
            DeValue::Integer(_) => "whole number",
            DeValue::Float(_) => "number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "date",
            DeValue::Array(_) => "list in brackets",
            DeValue::Table(_) => "table",
        };
        self.wrong(
            &value.span(),
            key,
            &format!("takes {wanted}, not a {given}"),
        );
    }

    fn placed(&self, key: &str, value: &Value<'_>) -> Option<Placed> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(Placed {
                text: text.trim().to_owned(),
                span: value.span(),
            }),
            DeValue::String(_) => {
                self.wrong(&value.span(), key, "is empty");
                None
            }
            _ => {
                self.refuse(key, value, "a text in quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &'static str) -> Placed {
        let value = self.need(key);
        let text = value.and_then(|value| self.placed(key, value));
        text.unwrap_or_default()
    }

    /// A text that must be there and be as `is` says.
    pub(super) fn text_that(
        &mut self,
        key: &'static str,
        wanted: &str,
        is: impl Fn(&str) -> bool,
    ) -> String {
        let Placed { text, span } = self.text(key);
        if !text.is_empty() && !is(&text) {
            self.wrong(&span, key, &format!("takes {wanted}"));
        }
        text
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<Placed> {
        let value = self.get(key)?;
        self.placed(key, value)
    }

    /// A whole number that must be there; the lowest allowed if it is not.
    pub(super) fn number<T>(&mut self, key: &'static str, bounds: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let value = self.need(key);
        let number = value.and_then(|value| self.within(key, value, &bounds));
        number.unwrap_or(*bounds.start())
    }

    /// Whether there is such a field, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.keys().any(|name| name.get_ref() == key)
    }

    /// A whole number that may be missing.
    pub(super) fn optional_number<T>(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<T>,
    ) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let value = self.get(key)?;
        self.within(key, value, &bounds)
    }

    fn within<T>(&self, key: &str, value: &Value<'_>, bounds: &RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let DeValue::Integer(number) = value.get_ref() else {
            self.refuse(key, value, "a whole number");
            return None;
        };
        let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let fits = parsed.and_then(|number| T::try_from(number).ok());
        let fits = fits.filter(|number| bounds.contains(number));
        if fits.is_none() {
            let (low, high) = (bounds.start(), bounds.end());
            let what = format!("is {number}, which is not between {low} and {high}");
            self.wrong(&value.span(), key, &what);
        }
        fits
    }

    /// Two whole numbers, the smaller first.
    pub(super) fn span_of(
        &mut self,
        key: &'static str,
        bounds: &RangeInclusive<u32>,
    ) -> (u32, u32) {
        let lowest = (*bounds.start(), *bounds.start());
        let Some(value) = self.need(key) else {
            return lowest;
        };
        let Some([from, to]) = value
            .get_ref()
            .as_array()
            .and_then(|both| both.get(..2).filter(|_| both.len() == 2))
        else {
            self.refuse(
                key,
                value,
                "two whole numbers in brackets, as in [800, 2400]",
            );
            return lowest;
        };
        let both = (self.within(key, from, bounds), self.within(key, to, bounds));
        match both {
            (Some(from), Some(to)) if from <= to => (from, to),
            (Some(_), Some(_)) => {
                self.wrong(&value.span(), key, "takes the smaller number first");
                lowest
            }
            _ => lowest,
        }
    }

    /// `true` or `false`; `false` if it is missing.
    pub(super) fn switch(&mut self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some(value) => value.get_ref().as_bool().unwrap_or_else(|| {
                self.refuse(key, value, "true or false");
                false
            }),
        }
    }

    /// Texts in brackets; none if they are missing.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<Placed> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.refuse(key, value, "texts in brackets, as in [\"one\", \"two\"]");
            return Vec::new();
        };
        let texts = array.iter().filter_map(|text| self.placed(key, text));
        texts.collect()
    }

    /// Texts in brackets that must be there, at least one.
    pub(super) fn some_texts(&mut self, key: &'static str) -> Vec<Placed> {
        let given = self.need(key);
        if let Some(value) = given
            && value.get_ref().as_array().is_some_and(|all| all.is_empty())
        {
            self.wrong(&value.span(), key, "has no text: it takes at least one");
        }
        self.texts(key)
    }

    /// A table that must be there.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Table<'a>> {
        let value = self.need(key)?;
        self.inner(key, value)
    }

    /// A table that may be missing.
    pub(super) fn optional_table(&mut self, key: &'static str) -> Option<Table<'a>> {
        let value = self.get(key)?;
        self.inner(key, value)
    }

    fn inner(&self, key: &str, value: &'a Value<'a>) -> Option<Table<'a>> {
        let Some(entries) = value.get_ref().as_table() else {
            self.refuse(key, value, "a table");
            return None;
        };
        let path = format!("{}{key}.", self.path);
        Some(Table::new(self.report, path, value.span(), entries))
    }

    /// Every `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.refuse(key, value, &format!("tables, each under a line [[{key}]]"));
            return Vec::new();
        };
        let tables = array.iter().filter_map(|table| self.inner(key, table));
        tables.collect()
    }

    /// Notes every field that nobody asked for.
    pub(super) fn finish(self) {
        for (name, _) in self.entries {
            if self.known.iter().any(|known| name.get_ref() == known) {
                continue;
            }
            let candidates = self.known.iter().map(|known| (*known).to_owned());
            let meant = did_you_mean(name.get_ref(), candidates, &self.known);
            let path = &self.path;
            let message = format!("there is no field `{path}{}`{meant}", name.get_ref());
            self.report.note(&name.span(), message);
        }
    }
}

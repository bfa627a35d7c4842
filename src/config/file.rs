//! The TOML file, down to the line on which each value stands.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Source, nearest};
use super::setting::{Kind, Setting};
use super::values::Given;

/// Reads the file at `path`.
pub(super) fn read(
    path: &Path,
    settings: &[&'static Setting],
) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    parse(path, &text, settings)
}

/// Reads the text of a file; `path` names it in errors.
pub(super) fn parse(
    path: &Path,
    text: &str,
    settings: &[&'static Setting],
) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let malformed = |at, why| ConfigError::Malformed {
        path: path.to_owned(),
        line: line(at),
        why,
    };
    let file = DeTable::parse(text).map_err(|error| {
        malformed(
            error.span().map_or(0, |span| span.start),
            error.message().to_owned(),
        )
    })?;
    let mut given = BTreeMap::new();
    for (table, entries) in file.get_ref() {
        let Some(entries) = entries.get_ref().as_table() else {
            let why = format!("`{}` stands outside of any [table]", table.get_ref());
            return Err(malformed(table.span().start, why));
        };
        if !settings
            .iter()
            .any(|setting| setting.table() == table.get_ref())
        {
            let (path, line) = (path.to_owned(), line(table.span().start));
            let tables = settings.iter().map(|setting| setting.table().to_owned());
            let nearest = nearest(table.get_ref(), tables);
            let key = table.get_ref().to_string();
            return Err(ConfigError::UnknownKey {
                path,
                line,
                key,
                nearest,
            });
        }
        for (name, value) in entries {
            let key = format!("{}.{}", table.get_ref(), name.get_ref());
            let line = line(name.span().start);
            let Some(setting) = settings.iter().find(|setting| setting.key == key) else {
                let keys = settings.iter().map(|setting| setting.key.to_owned());
                let nearest = nearest(&key, keys);
                let path = path.to_owned();
                return Err(ConfigError::UnknownKey {
                    path,
                    line,
                    key,
                    nearest,
                });
            };
            let at = Source::File {
                path: path.to_owned(),
                line,
                key: setting.key,
            };
            match written(setting.kind, value) {
                Ok(values) => given.insert(setting.key, Given { values, at }),
                Err(why) => return Err(ConfigError::Invalid { at, why }),
            };
        }
    }
    Ok(given)
}

/// The value as it would be written on the command line.
fn written(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    match (kind, value.get_ref()) {
        (Kind::Text | Kind::Secret, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(vec![number.as_str().to_owned()])
        }
        (Kind::Switch, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::List, DeValue::Array(items)) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                other => Err(format!(
                    "takes an array of strings, not of {}s",
                    other.type_str()
                )),
            })
            .collect(),
        (kind, other) => Err(format!(
            "takes {}, not a {}",
            article(kind),
            other.type_str()
        )),
    }
}

const fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Secret => "a string",
        Kind::Number => "a whole number",
        Kind::Switch => "true or false",
        Kind::List => "an array of strings",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NAME: Setting = Setting::text("pet.name", "", "");
    static LEGS: Setting = Setting::number("pet.legs", "4", "");
    static TOYS: Setting = Setting::list("pet.toys", "");

    fn parsed(text: &str) -> Result<BTreeMap<&'static str, Given>, String> {
        parse(Path::new("p.toml"), text, &[&NAME, &LEGS, &TOYS]).map_err(|error| error.to_string())
    }

    #[test]
    fn remembers_the_line() {
        let given =
            parsed("# ours\n[pet]\nname = \"Rex\"\ntoys = [\n  \"ball\", \"bone\" ]").unwrap();
        assert_eq!(given["pet.name"].values, ["Rex"]);
        assert_eq!(given["pet.name"].at.to_string(), "p.toml:3: pet.name");
        assert_eq!(given["pet.toys"].values, ["ball", "bone"]);
    }

    #[test]
    fn names_what_is_wrong() {
        for (text, says) in [
            (
                "[pet]\nnam = \"Rex\"",
                "p.toml:2: there is no setting `pet.nam`; did you mean `pet.name`?",
            ),
            (
                "[pet]\nlegs = \"four\"",
                "p.toml:2: pet.legs: takes a whole number, not a string",
            ),
            (
                "[pet]\ntoys = [1]",
                "p.toml:2: pet.toys: takes an array of strings, not of integers",
            ),
            (
                "\n[pets]",
                "p.toml:2: there is no setting `pets`; did you mean `pet`?",
            ),
            (
                "name = \"Rex\"",
                "p.toml:1: `name` stands outside of any [table]",
            ),
        ] {
            assert_eq!(parsed(text).unwrap_err(), says);
        }
        assert!(
            parsed("[pet]\n\nname = ")
                .unwrap_err()
                .starts_with("p.toml:3: ")
        );
        assert!(
            parsed("[pet]\nlegs = 1\nlegs = 2")
                .unwrap_err()
                .starts_with("p.toml:3: ")
        );
    }
}

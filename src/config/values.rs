//! Every value that was set, the most particular one first, on its way to becoming typed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::error::{ConfigError, Source, nearest};
use super::setting::{Kind, Setting};
use crate::private::Private;

/// A value and where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub values: Vec<String>,
    pub at: Source,
}

/// What was set on the command line, in the environment and in the file, by key.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// In the order of precedence.
    layers: Vec<BTreeMap<&'static str, Given>>,
}

impl Values {
    /// Values of which the first layer that has one wins.
    pub(super) fn new(layers: Vec<BTreeMap<&'static str, Given>>) -> Self {
        Self { layers }
    }

    /// The value of a setting, or its default.
    pub(super) fn given(&self, setting: &'static Setting) -> Given {
        let layers = self.layers.iter();
        layers
            .filter_map(|layer| layer.get(setting.key))
            .next()
            .cloned()
            .unwrap_or_else(|| {
                let default = (!setting.default.is_empty()).then(|| setting.default.to_owned());
                Given {
                    values: default.into_iter().collect(),
                    at: Source::Default(setting.key),
                }
            })
    }

    /// Refuses addresses with a user name or a password in them, wherever they stand and whether or
    /// not they are used: what is no secret is printed, and a command line is read by everybody.
    pub(super) fn refuse_passwords(
        &self,
        settings: &[&'static Setting],
    ) -> Result<(), ConfigError> {
        let open = settings
            .iter()
            .filter(|setting| setting.kind != Kind::Secret);
        for setting in open {
            let mut given = self
                .layers
                .iter()
                .filter_map(|layer| layer.get(setting.key));
            if let Some(Given { at, .. }) =
                given.find(|given| given.values.iter().any(|value| names_user(value)))
            {
                let why = "no user name and no password may stand in an address; \
                           a key has a setting of its own";
                let (at, why) = (at.clone(), why.to_owned());
                return Err(ConfigError::Invalid { at, why });
            }
        }
        Ok(())
    }

    /// Refuses a value, naming where it was set.
    pub(super) fn refuse(&self, setting: &'static Setting, why: impl Display) -> ConfigError {
        ConfigError::Invalid {
            at: self.given(setting).at,
            why: why.to_string(),
        }
    }

    /// A value that must be there.
    pub(super) fn get<T>(&self, setting: &'static Setting) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(setting)?
            .ok_or_else(|| self.refuse(setting, "must not be empty"))
    }

    /// A value that may be missing or empty.
    pub(super) fn optional<T>(&self, setting: &'static Setting) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        let Given { values, at } = self.given(setting);
        match values.first().map(|value| value.trim()) {
            None | Some("") => Ok(None),
            Some(value) => value
                .parse()
                .map(Some)
                .map_err(|error| ConfigError::Invalid {
                    at,
                    why: about(setting, value, error),
                }),
        }
    }

    /// A number within bounds.
    pub(super) fn within<T>(
        &self,
        setting: &'static Setting,
        bounds: RangeInclusive<T>,
    ) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.get(setting)?;
        if bounds.contains(&value) {
            return Ok(value);
        }
        let (low, high) = bounds.into_inner();
        Err(self.refuse(setting, format!("{value} is not between {low} and {high}")))
    }

    /// Every element of a list.
    pub(super) fn list<T>(&self, setting: &'static Setting) -> Result<Vec<T>, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        let Given { values, at } = self.given(setting);
        let parsed = values
            .iter()
            .map(|value| value.trim())
            .filter(|value| !value.is_empty());
        parsed
            .map(|value| value.parse().map_err(|error| about(setting, value, error)))
            .collect::<Result<_, _>>()
            .map_err(|why| ConfigError::Invalid { at, why })
    }

    /// A value that never prints.
    pub(super) fn secret(&self, setting: &'static Setting) -> Option<Private<String>> {
        let value = self.given(setting).values.into_iter().next()?;
        let value = value.trim();
        (!value.is_empty()).then(|| Private::new(value.to_owned()))
    }
}

/// Whether it is an address that says as whom it is to be called.
fn names_user(value: &str) -> bool {
    let authority = value.trim().split_once("://").and_then(|(scheme, rest)| {
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        rest.split(['/', '?', '#']).next().filter(|_| is_scheme)
    });
    authority.is_some_and(|authority| authority.contains('@'))
}

fn about(setting: &Setting, value: &str, error: impl Display) -> String {
    if setting.kind == Kind::Secret {
        error.to_string()
    } else {
        format!("`{value}`: {error}")
    }
}

/// What the environment sets. Refuses variables of ours that are no setting.
///
/// A secret may also be given as the path of a file that has it, in the variable of its name and
/// `_FILE`: what stands in the environment can be read by whoever may look at the process.
pub(super) fn environment(
    variables: impl IntoIterator<Item = (String, String)>,
    settings: &[&'static Setting],
) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let ours = variables
        .into_iter()
        .filter(|(name, _)| name.starts_with("PRAXILOOM_"));
    let mut given = BTreeMap::new();
    for (name, value) in ours.filter(|(name, _)| name != super::FILE_VARIABLE) {
        let named = |of: &str| settings.iter().find(|setting| setting.variable() == of);
        let in_file = name.strip_suffix("_FILE").and_then(named);
        let in_file = in_file.filter(|setting| setting.kind == Kind::Secret);
        let (setting, value) = match (named(&name), in_file) {
            (Some(setting), _) => (setting, value),
            (None, Some(setting)) => (setting, secret_in(&value)?),
            (None, None) => {
                let names = settings.iter().map(|setting| setting.variable());
                let nearest = nearest(&name, names);
                return Err(ConfigError::UnknownVariable { name, nearest });
            }
        };
        let values = split(setting.kind, &value);
        let at = Source::Variable(name);
        if given
            .insert(
                setting.key,
                Given {
                    values,
                    at: at.clone(),
                },
            )
            .is_some()
        {
            let why = format!("{} is given twice", setting.key);
            return Err(ConfigError::Invalid { at, why });
        }
    }
    Ok(given)
}

/// The secret in the file at `path`.
fn secret_in(path: &str) -> Result<String, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable {
        path: path.into(),
        error,
    };
    std::fs::read_to_string(path.trim()).map_err(unreadable)
}

/// A value from the command line or the environment, where lists are separated by commas.
pub(super) fn split(kind: Kind, value: &str) -> Vec<String> {
    if kind == Kind::List {
        value
            .split(',')
            .map(|item| item.trim().to_owned())
            .collect()
    } else {
        vec![value.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PORT: Setting = Setting::number("a.port", "80", "");
    static KEY: Setting = Setting::secret("a.key", "");
    static HOSTS: Setting = Setting::list("a.hosts", "");

    fn env(pairs: &[(&str, &str)]) -> Result<Values, String> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        environment(pairs, &[&PORT, &KEY, &HOSTS])
            .map(|layer| Values::new(vec![layer]))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let wrong = env(&[("PRAXILOOM_A_PORT", "many")]).unwrap();
        let error = wrong.get::<u16>(&PORT).unwrap_err().to_string();
        assert_eq!(
            error,
            "PRAXILOOM_A_PORT: `many`: invalid digit found in string"
        );
        let error = env(&[("PRAXILOOM_A_POTR", "1")]).unwrap_err();
        assert_eq!(
            error,
            "PRAXILOOM_A_POTR: there is no such setting; did you mean `PRAXILOOM_A_PORT`?"
        );
        let far = env(&[("PRAXILOOM_A_PORT", "99")]).unwrap();
        let error = far.within::<u16>(&PORT, 1..=9).unwrap_err().to_string();
        assert_eq!(error, "PRAXILOOM_A_PORT: 99 is not between 1 and 9");
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let values = env(&[("PRAXILOOM_A_KEY", "letters")]).unwrap();
        let error = values.get::<u16>(&KEY).unwrap_err().to_string();
        assert!(!error.contains("letters"), "{error}");
        assert!(values.secret(&KEY).unwrap().matches("letters"));
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_repeated() {
        for (address, is_refused) in [
            ("https://user:letters@host/v1", true),
            (" wss://letters@host", true),
            ("HTTP://@host?a", true),
            ("https://host/a@b?c=@d", false),
            ("https://host:80", false),
            ("{\"see\": \"https://user@host\"}", false),
            ("user@host", false),
        ] {
            let of = env(&[("PRAXILOOM_A_HOSTS", &format!("https://a,{address}"))]).unwrap();
            let refused = of.refuse_passwords(&[&PORT, &KEY, &HOSTS]);
            let error = refused
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert_eq!(
                error.starts_with("PRAXILOOM_A_HOSTS: no user"),
                is_refused,
                "{address}"
            );
            assert!(!error.contains("letters"), "{error}");
        }
        let key = env(&[("PRAXILOOM_A_KEY", "https://user:letters@host")]).unwrap();
        assert!(key.refuse_passwords(&[&PORT, &KEY, &HOSTS]).is_ok());
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "letters\n").unwrap();
        let path = file.path().to_str().unwrap();
        let values = env(&[("PRAXILOOM_A_KEY_FILE", path)]).unwrap();
        assert!(values.secret(&KEY).unwrap().matches("letters"));
        assert_eq!(
            env(&[("PRAXILOOM_A_KEY_FILE", path), ("PRAXILOOM_A_KEY", "x")]).unwrap_err(),
            "PRAXILOOM_A_KEY: a.key is given twice"
        );
        let missing = env(&[("PRAXILOOM_A_KEY_FILE", "/none")]).unwrap_err();
        assert!(missing.starts_with("/none: "), "{missing}");
        let other = env(&[("PRAXILOOM_A_PORT_FILE", path)]).unwrap_err();
        assert!(other.contains("there is no such setting"), "{other}");
    }

    #[test]
    fn lists_are_separated_by_commas_and_empty_is_not_set() {
        let values = env(&[("PRAXILOOM_A_HOSTS", "a, b,"), ("PRAXILOOM_A_PORT", "")]).unwrap();
        assert_eq!(values.list::<String>(&HOSTS).unwrap(), ["a", "b"]);
        assert_eq!(values.optional::<u16>(&PORT).unwrap(), None);
        assert!(values.get::<u16>(&PORT).is_err());
        assert_eq!(env(&[]).unwrap().get::<u16>(&PORT).unwrap(), 80);
    }
}

//! What the settings of every kind of engine have in common.

use std::time::Duration;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// The engines in the order in which they are tried, at least one: that which `first` names, and
/// those of `fallback`. `named` makes one, and is told which setting names it.
pub(super) fn in_order<E>(
    values: &Values,
    first: &'static Setting,
    fallback: &'static Setting,
    named: impl Fn(&'static Setting, &str) -> Result<E, ConfigError>,
) -> Result<Vec<E>, ConfigError> {
    let mut names: Vec<String> = vec![values.get(first)?];
    let mut engines = vec![named(first, &names[0])?];
    for name in values.list::<String>(fallback)? {
        if names.contains(&name) {
            return Err(values.refuse(fallback, format!("`{name}` is named twice")));
        }
        engines.push(named(fallback, &name)?);
        names.push(name);
    }
    Ok(engines)
}

/// How long a stand-in takes.
pub(super) fn delay(values: &Values, setting: &'static Setting) -> Result<Duration, ConfigError> {
    values
        .within(setting, 0..=60_000)
        .map(Duration::from_millis)
}

/// A name that is none of those `known`.
pub(super) fn unknown(
    values: &Values,
    setting: &'static Setting,
    given: &str,
    known: &str,
) -> ConfigError {
    values.refuse(setting, format!("`{given}` is none of {known}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use crate::config::{Stt, Tts};

    #[test]
    fn the_default_engines_need_no_key() {
        let config = config(&[]);
        assert!(matches!(
            config.stt[..],
            [Stt::Local {
                model: None,
                decoders: 2,
                ..
            }]
        ));
        assert_eq!(config.tts, [Tts::Local { model: None }]);
        assert!(config.llm.is_empty());
    }
}

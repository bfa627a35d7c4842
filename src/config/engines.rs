//! What the settings of every kind of engine have in common.

use std::time::Duration;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// At the end of a list of engines: nobody stands in for them, not even this machine.
const NOBODY: &str = "none";

/// The engines in the order in which they are tried, at least one: that which `first` names, and
/// those of `fallback`. `named` makes one, and is told which setting names it.
pub(super) fn in_order<E>(
    values: &Values,
    first: &'static Setting,
    fallback: &'static Setting,
    named: impl Fn(&'static Setting, &str) -> Result<E, ConfigError>,
) -> Result<Vec<E>, ConfigError> {
    let others = values.list(fallback)?;
    named_in_order(values, [first, fallback], others, named)
}

/// The same, and `last` behind them, unless one of them works on this machine anyway or `fallback`
/// ends in `none`.
pub(super) fn with_last_resort<E>(
    values: &Values,
    [first, fallback]: [&'static Setting; 2],
    named: impl Fn(&'static Setting, &str) -> Result<E, ConfigError>,
    is_here: impl Fn(&E) -> bool,
    last: E,
) -> Result<Vec<E>, ConfigError> {
    let mut others: Vec<String> = values.list(fallback)?;
    let refused = others.pop_if(|last| last == NOBODY).is_some();
    let mut engines = named_in_order(values, [first, fallback], others, named)?;
    if !refused && !engines.iter().any(is_here) {
        engines.push(last);
    }
    Ok(engines)
}

fn named_in_order<E>(
    values: &Values,
    [first, fallback]: [&'static Setting; 2],
    others: Vec<String>,
    named: impl Fn(&'static Setting, &str) -> Result<E, ConfigError>,
) -> Result<Vec<E>, ConfigError> {
    let mut names: Vec<String> = vec![values.get(first)?];
    let mut engines = vec![named(first, &names[0])?];
    for name in others {
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
    fn this_machine_stands_behind_vendors_unless_that_is_refused() {
        let cloud = |fallback| {
            config(&[
                ("PRAXILOOM_DEEPGRAM_KEY", "letters"),
                ("PRAXILOOM_STT_ENGINE", "deepgram-flux"),
                ("PRAXILOOM_STT_FALLBACK", fallback),
                ("PRAXILOOM_TTS_ENGINE", "deepgram"),
                ("PRAXILOOM_TTS_FALLBACK", fallback),
            ])
        };
        let usual = cloud("");
        assert!(matches!(usual.stt[1..], [Stt::LastResort { .. }]));
        assert_eq!(usual.tts[1..], [Tts::LastResort]);
        let refused = cloud("none");
        assert_eq!((refused.stt.len(), refused.tts.len()), (1, 1));
        let named = cloud("local");
        assert!(matches!(named.stt[1..], [Stt::Local { .. }]));
        assert_eq!(named.tts[1..], [Tts::Local { model: None }]);
        let key = ("PRAXILOOM_DEEPGRAM_KEY", "letters");
        let engine = ("PRAXILOOM_STT_ENGINE", "deepgram-flux");
        let both = config(&[key, engine, ("PRAXILOOM_STT_FALLBACK", "deepgram, none")]);
        assert!(matches!(both.stt[1..], [Stt::Deepgram(_)]));
    }

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

//! Settings of the log.

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// A filter as `tracing-subscriber` takes it: `info`, `warn,praxiloom::live=debug`.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

static LEVEL: Setting = Setting::text(
    "log.level",
    "info,sqlx=warn",
    "What is logged: error, warn, info, debug or trace, and by module after a comma. The last two\n\
     are for praxiloom's own code: libraries would tell there what they carry.",
);
static FORMAT: Setting = Setting::text(
    "log.format",
    "auto",
    "How lines look: `human`, `json`, or `auto` (human on a terminal, json elsewhere).",
);

pub(super) static SETTINGS: &[&Setting] = &[&LEVEL, &FORMAT];

impl Log {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let level: tracing_subscriber::filter::targets::Targets = values.get(&LEVEL)?;
        let format = match values.get::<String>(&FORMAT)?.as_str() {
            "auto" => LogFormat::Auto,
            "human" => LogFormat::Human,
            "json" => LogFormat::Json,
            other => {
                let why = format!("`{other}` is none of auto, human, json");
                return Err(values.refuse(&FORMAT, why));
            }
        };
        Ok(Self {
            level: level.to_string(),
            format,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(
            refused(&[("PRAXILOOM_LOG_LEVEL", "live=loud")]).starts_with("PRAXILOOM_LOG_LEVEL")
        );
        assert!(refused(&[("PRAXILOOM_LOG_FORMAT", "xml")]).contains("`xml` is none of"));
        assert!(
            config(&[("PRAXILOOM_LOG_LEVEL", "debug")])
                .log
                .level
                .contains("debug")
        );
    }
}

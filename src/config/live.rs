//! Settings of live sessions: how many, how long, how far ahead.

use std::time::Duration;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// Bounds of live sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Most sessions at once; one more is told to come back later.
    pub max_sessions: usize,
    /// Longest session.
    pub max_length: Duration,
    /// How far ahead of playback audio is sent over WebSocket, where the client buffers: what was
    /// sent and not yet heard is lost when the coach interrupts.
    pub websocket_lead: Duration,
    /// How long live sessions may go on after the server was told to stop.
    pub stop_grace: Duration,
    /// How long after its connection ended a session may be resumed.
    pub resume_within: Duration,
}

static MAX_SESSIONS: Setting = Setting::number(
    "live.max_sessions",
    "100",
    "Most sessions at once; one more is told to come back later.",
);
static SESSION_MINUTES: Setting =
    Setting::number("live.session_minutes", "60", "Longest session in minutes.");
static WEBSOCKET_LEAD: Setting = Setting::number(
    "live.websocket_lead_ms",
    "300",
    "How many milliseconds of speech are sent ahead of playback over WebSocket, at least.",
);
static STOP_GRACE: Setting = Setting::number(
    "live.stop_grace_seconds",
    "20",
    "How long live sessions may go on after the server was told to stop.",
);
static RESUME_MINUTES: Setting = Setting::number(
    "live.resume_minutes",
    "10",
    "How many minutes after its connection ended a session may be resumed; 0 for never.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &MAX_SESSIONS,
    &SESSION_MINUTES,
    &WEBSOCKET_LEAD,
    &STOP_GRACE,
    &RESUME_MINUTES,
];

impl Live {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        Ok(Self {
            max_sessions: values.within(&MAX_SESSIONS, 1..=100_000)?,
            max_length: Duration::from_secs(60 * values.within(&SESSION_MINUTES, 1..=720)?),
            websocket_lead: Duration::from_millis(values.within(&WEBSOCKET_LEAD, 40..=10_000)?),
            stop_grace: Duration::from_secs(values.within(&STOP_GRACE, 0..=3600)?),
            resume_within: Duration::from_secs(60 * values.within(&RESUME_MINUTES, 0..=1440)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};

    #[test]
    fn bounds_are_held() {
        assert_eq!(config(&[]).live.max_length.as_secs(), 3600);
        let error = refused(&[("PRAXILOOM_LIVE_MAX_SESSIONS", "0")]);
        assert_eq!(
            error,
            "PRAXILOOM_LIVE_MAX_SESSIONS: 0 is not between 1 and 100000"
        );
    }
}

//! The log: human-readable lines on a terminal, one JSON object per line elsewhere.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use crate::config::{Log, LogFormat};

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("log.level: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else in this process writes the log already.
    #[error("the log was already started")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts the process-wide log on standard error.
///
/// # Errors
///
/// If the filter of `log.level` cannot be parsed, or the log runs already.
pub fn start_log(log: &Log) -> Result<(), LogError> {
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    subscriber(&log.level, json, std::io::stderr)?.try_init()?;
    Ok(())
}

/// A subscriber that writes to `writer`.
fn subscriber<W>(
    level: &str,
    json: bool,
    writer: W,
) -> Result<impl tracing::Subscriber + Send + Sync, tracing_subscriber::filter::ParseError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(level)?;
    let discreet = filter_fn(|event| {
        is_ours(event.target()) || *event.level() <= Level::INFO && !tells_addresses(event.target())
    });
    let lines = if json {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(writer)
            .boxed()
    } else {
        let terminal = std::io::stderr().is_terminal();
        tracing_subscriber::fmt::layer()
            .with_ansi(terminal)
            .with_writer(writer)
            .boxed()
    };
    Ok(tracing_subscriber::registry()
        .with(filter)
        .with(discreet)
        .with(lines))
}

/// Whether our own code wrote this. Libraries log what they carry at their finer levels (a socket
/// its messages, a client its headers), so those levels are ours alone.
fn is_ours(target: &str) -> bool {
    let origin = target.split("::").next();
    ["praxiloom", "signaling", "media"]
        .map(Some)
        .contains(&origin)
}

/// Whether the stack of calls wrote this. It tells the addresses of people's machines at every
/// level, some of them per packet; what of it concerns an operator, our own code says.
fn tells_addresses(target: &str) -> bool {
    let origin = target.split("::").next().unwrap_or_default();
    origin == "rtc" || origin == "webrtc" || origin.starts_with("rtc_")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::private::Private;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, json: bool, during: impl FnOnce()) -> String {
        let written = Written::default();
        let to = written.clone();
        let subscriber = subscriber(level, json, move || to.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, during);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_carry_their_fields() {
        let line = logged("info", true, || {
            tracing::info!(session.id = "sess_1", "began")
        });
        let line: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
        assert_eq!(line["message"], "began");
        assert_eq!(line["session.id"], "sess_1");
    }

    #[test]
    fn the_filter_holds_and_private_words_do_not_print() {
        let heard = Private::new("my marriage".to_owned());
        for json in [true, false] {
            let lines = logged("info", json, || {
                tracing::debug!("not this");
                tracing::info!(%heard, word = ?heard, "heard");
            });
            assert!(
                lines.contains("heard") && lines.contains("[private]"),
                "{lines}"
            );
            assert!(
                !lines.contains("marriage") && !lines.contains("not this"),
                "{lines}"
            );
        }
    }

    #[test]
    fn libraries_do_not_tell_what_they_carry() {
        let lines = logged("trace", true, || {
            tracing::trace!(target: "tungstenite::protocol", "my marriage");
            tracing::debug!(target: "log", "my marriage");
            tracing::trace!(target: "praxiloom::live", "a step");
            tracing::warn!(target: "sqlx::query", "slow");
        });
        assert!(!lines.contains("marriage"), "{lines}");
        assert!(
            lines.contains("a step") && lines.contains("slow"),
            "{lines}"
        );
    }

    #[test]
    fn the_stack_of_calls_tells_nobodys_address() {
        let lines = logged("trace", true, || {
            tracing::warn!(target: "rtc_ice::agent", "discard message from 203.0.113.9");
            tracing::error!(target: "webrtc::peer_connection", "203.0.113.9");
            tracing::warn!(target: "rtc", "203.0.113.9");
            tracing::warn!(target: "signaling::webrtc", "a call");
        });
        assert!(!lines.contains("203.0.113.9"), "{lines}");
        assert!(lines.contains("a call"), "{lines}");
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(subscriber("live=loud", true, std::io::sink).is_err());
    }
}

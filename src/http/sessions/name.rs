//! Names of the files in which people keep a session.

use axum::http::HeaderValue;
use time::OffsetDateTime;

use super::shapes::Session;

/// `Content-Disposition` (RFC 6266) for a file of this session, such as
/// `attachment; filename="Session with Maya 2026-11-21 12.00.vtt"`.
pub fn attachment(session: &Session, what: Option<&str>, extension: &str) -> HeaderValue {
    let name = file_name(session, what, extension);
    let value = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    value.unwrap_or(HeaderValue::from_static("attachment"))
}

fn file_name(session: &Session, what: Option<&str>, extension: &str) -> String {
    let mut name = String::from("Session");
    if let Some(client) = &session.client_name {
        name.push_str(" with ");
        name.push_str(&plain(client));
    }
    let began = OffsetDateTime::from_unix_timestamp(session.started_at_ms.div_euclid(1000));
    if let Ok(began) = began {
        let (date, hour, minute) = (began.date(), began.hour(), began.minute());
        name.push_str(&format!(" {date} {hour:02}.{minute:02}"));
    }
    if let Some(what) = what {
        name.push_str(", ");
        name.push_str(what);
    }
    format!("{name}.{extension}")
}

/// What stands in a file name on every system, and needs no escape in the header.
fn plain(text: &str) -> String {
    let ascii = deunicode::deunicode(text);
    let keeps = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    ascii.chars().filter(|c| keeps(*c)).collect()
}

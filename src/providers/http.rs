//! The HTTP client that adapters share: TLS by ring and Mozilla's roots, no redirects, and a
//! connection opened ahead.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::StreamExt as _;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use tokio::time::{Instant, timeout};

use crate::clock::{Clock, Micros};

/// The most of an answer that is read where it is no stream, in bytes.
const MOST: usize = 64 * 1024;

/// A connection that was opened ahead is taken to stand for so long. Servers keep one that is not
/// used for some seconds at least.
const WARM: Duration = Duration::from_secs(10);

/// Nobody is left alone for longer because of what it says, in seconds.
const LONGEST_REST: f64 = 600.0;

/// A client that gives up connecting after `connect`. Other deadlines are the caller's.
///
/// It follows no redirects, so that a key never goes to another host. A server on this machine
/// (`here`) is never asked through a proxy.
///
/// # Errors
///
/// What is wrong with TLS on this machine.
pub(super) fn client(connect: Duration, here: bool) -> Result<Client, String> {
    let tls = tls()?;
    let mut builder = Client::builder();
    if here {
        builder = builder.no_proxy();
    }
    builder
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("praxiloom/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// TLS by ring and Mozilla's roots.
///
/// # Errors
///
/// What is wrong with TLS on this machine.
pub(super) fn tls() -> Result<rustls::ClientConfig, String> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// When a server wants to be asked again: `retry-after-ms`, else `retry-after` in seconds or as a
/// date, which is told by the server's own clock (`date`) where it gives that. What it says is
/// bounded, so that it can be counted from now and no session waits for ever.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let told = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |name: &str| told(name)?.parse::<f64>().ok();
    let date = |name: &str| httpdate::parse_http_date(told(name)?).ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0);
    let seconds = seconds.or_else(|| number(RETRY_AFTER.as_str()));
    let seconds = seconds.or_else(|| {
        let until = date(RETRY_AFTER.as_str())?;
        let now = date(DATE.as_str()).unwrap_or_else(time_of_day);
        // One that has passed is now.
        let wait = until.duration_since(now).unwrap_or_default();
        Some(wait.as_secs_f64())
    })?;
    let bounded = seconds.is_finite().then(|| seconds.min(LONGEST_REST));
    Duration::try_from_secs_f64(bounded?).ok()
}

fn time_of_day() -> SystemTime {
    let Micros(now) = Clock::system().now();
    SystemTime::UNIX_EPOCH + Duration::from_micros(now.unsigned_abs())
}

/// Whether a server's connection was opened ahead of what it will be asked. A clone is of the same
/// connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Warmth(Arc<Mutex<Option<Instant>>>);

impl Warmth {
    /// Opens a connection by asking something that nobody is waiting for, unless that was done a
    /// moment ago. The connection then waits for the next request.
    pub async fn open(&self, request: RequestBuilder, within: Duration) {
        if !self.is_due(Instant::now()) {
            return;
        }
        let exchange = async {
            if let Ok(response) = request.send().await {
                // The connection is free for the next request once the answer is read.
                body(response).await;
            }
        };
        let _ = timeout(within, exchange).await;
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now >= last + WARM);
        if due {
            *last = Some(now);
        }
        due
    }
}

/// Reads a body as far as it is worth reading.
pub(super) async fn body(response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            break;
        }
    }
    body
}

/// An address that a vendor can have: one of http or https, also where it is given as that of its
/// WebSockets.
pub(super) fn address(text: &str) -> Option<Url> {
    let text = match text.split_once("://") {
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        _ => text.to_owned(),
    };
    let url = Url::parse(&text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The host that receives the data, unless it is this machine.
pub(super) fn processor(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    (!here).then(|| host.to_owned())
}

/// Who receives the data at a vendor: whom the settings name; else the company, and the host where
/// it does, unless it is this machine.
pub(super) fn receiver(named: Option<&str>, company: &str, base_url: &str) -> Option<String> {
    let told = || {
        let host = processor(&address(base_url)?)?;
        Some(format!("{company} ({host})"))
    };
    named.map(str::to_owned).or_else(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_back_is_understood_and_bounded() {
        let mut headers = HeaderMap::new();
        for (value, expected) in [
            ("2", Some(2.0)),
            ("0.5", Some(0.5)),
            ("86400", Some(600.0)),
            ("1e19", Some(600.0)),
            ("1e300", Some(600.0)),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("Sat, 21 Nov 2026 10:00:00 GMT", Some(0.0)),
            ("Sun, 21 Nov 2286 10:00:00 GMT", Some(600.0)),
            ("Sat, 21 Nov 2026 10:00:00", None),
            ("tomorrow", None),
        ] {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            let expected = expected.map(Duration::from_secs_f64);
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
        // By the server's clock, whatever ours says.
        for (now, expected) in [("10:00:00", 90), ("10:01:29", 1), ("10:02:00", 0)] {
            let day = "Sun, 06 Nov 2044";
            headers.insert(DATE, format!("{day} {now} GMT").parse().unwrap());
            let until = format!("{day} 10:01:30 GMT");
            headers.insert(RETRY_AFTER, until.parse().unwrap());
            let expected = Some(Duration::from_secs(expected));
            assert_eq!(retry_after(&headers), expected, "{now}");
        }
        headers.insert("retry-after-ms", "250".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_millis(250)));
        headers.insert("retry-after-ms", "1e22".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(600)));
    }

    #[test]
    fn however_often_it_is_asked_for_a_connection_is_opened_ahead_once_in_a_while() {
        let (warmth, now) = (Warmth::default(), Instant::now());
        let opened = |now| (0..100).filter(|_| warmth.is_due(now)).count();
        assert_eq!(opened(now), 1);
        assert_eq!(opened(now + WARM - Duration::from_millis(1)), 0);
        assert_eq!(opened(now + WARM), 1);
    }

    #[test]
    fn a_company_is_named_with_its_host_alone() {
        let who = |base| receiver(None, "Vendor", base);
        let named = Some("Vendor (api.vendor.com)".to_owned());
        assert_eq!(who("https://api.vendor.com/v1"), named);
        // A user and password have no place on a page.
        assert_eq!(who("wss://user:secret@api.vendor.com:444"), named);
        for here in ["http://localhost:80", "ws://127.0.0.1/v1", "http://[::1]:9"] {
            assert_eq!(who(here), None);
            // What is here may pass it on.
            let named = receiver(Some("Gateway"), "Vendor", here);
            assert_eq!(named.as_deref(), Some("Gateway"));
        }
        for wrong in ["api.vendor.com", "ftp://api.vendor.com", ""] {
            assert_eq!(address(wrong), None);
        }
    }
}

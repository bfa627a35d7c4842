//! The WebSocket client that adapters share: TLS as in `http`, a deadline, bounded messages, and a
//! refusal told as what it means for the session.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::header::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::http::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::line::{Line, Unreached, reach};
use super::spares::Spare;
use super::term::term;
use super::{ProviderError, http, named};
use crate::private::Private;

/// A connection to a vendor.
pub(super) type Socket = WebSocketStream<Line>;

/// The largest message that is taken from a vendor: its sound and words come in much smaller ones.
const LARGEST: usize = 4 * 1024 * 1024;

/// How long the other side may take to close.
const CLOSING: Duration = Duration::from_secs(1);

/// Headers in which vendors name the reason of a refusal, besides the status.
const REASONS: &[&str] = &["dg-error", "x-error-code"];

/// Where to connect, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    /// Who is called, for errors.
    pub engine: &'static str,
    /// `ws://` or `wss://`, with the query; nothing private is in it.
    pub url: String,
    /// Headers. Keys go here, for an address ends up in logs.
    pub headers: Vec<(&'static str, Private<String>)>,
    /// Longest wait until the connection stands.
    pub within: Duration,
}

impl Dial {
    /// Connects.
    ///
    /// # Errors
    /// [`ProviderError::Unusable`] where trying again is of no use (key, money, address),
    /// [`ProviderError::Rejected`] where it is none with the same parameters,
    /// [`ProviderError::Limited`] where it is of use later, else [`ProviderError::Unavailable`] or
    /// [`ProviderError::TimedOut`].
    pub async fn connect(&self) -> Result<Socket, ProviderError> {
        self.in_time(async { self.shake(self.reach().await?).await })
            .await
    }

    /// Connects as far as the vendor is told nothing, not even who calls.
    ///
    /// # Errors
    /// As [`Dial::connect`].
    pub async fn line(&self) -> Result<Line, ProviderError> {
        self.in_time(self.reach()).await
    }

    /// Goes on from a line that stands.
    ///
    /// # Errors
    /// As [`Dial::connect`].
    pub async fn connect_over(&self, line: Line) -> Result<Socket, ProviderError> {
        self.in_time(self.shake(line)).await
    }

    async fn in_time<T>(
        &self,
        connecting: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        timeout(self.within, connecting).await.unwrap_or_else(|_| {
            Err(ProviderError::TimedOut {
                engine: self.engine.to_owned(),
                after: self.within,
            })
        })
    }

    async fn reach(&self) -> Result<Line, ProviderError> {
        let request = self.request()?;
        reach(request.uri()).await.map_err(|why| match why {
            Unreached::Address => unusable(self.engine, "its address cannot be used".to_owned()),
            Unreached::Io(error) => unavailable(self.engine, format!("cannot connect: {error}")),
        })
    }

    async fn shake(&self, line: Line) -> Result<Socket, ProviderError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        let shaken = client_async_with_config(self.request()?, line, Some(config)).await;
        shaken
            .map(|(socket, _)| socket)
            .map_err(|error| self.judge(&error))
    }

    fn request(&self) -> Result<Request<()>, ProviderError> {
        let unusable = |what: &str| unusable(self.engine, what.to_owned());
        let request = self.url.as_str().into_client_request();
        let mut request = request.map_err(|_| unusable("its address cannot be used"))?;
        for (name, value) in &self.headers {
            // A key pasted with a line break must not print with the error.
            let value = HeaderValue::from_str(value.expose());
            let mut value =
                value.map_err(|_| unusable("its key has characters that no key has"))?;
            value.set_sensitive(true);
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        Ok(request)
    }

    fn judge(&self, error: &Error) -> ProviderError {
        match error {
            Error::Http(response) => self.judge_status(response),
            Error::Url(_) | Error::HttpFormat(_) => {
                unusable(self.engine, "its address cannot be used".to_owned())
            }
            // What the operating system says names no key.
            Error::Io(error) => unavailable(self.engine, format!("cannot connect: {error}")),
            _ => unavailable(self.engine, "what answers is no WebSocket".to_owned()),
        }
    }

    fn judge_status(&self, response: &Response<Option<Vec<u8>>>) -> ProviderError {
        let status = response.status();
        let mut message = status.to_string();
        let reason = REASONS
            .iter()
            .find_map(|name| response.headers().get(*name)?.to_str().ok());
        let reason = reason.map(term).unwrap_or_default();
        if !reason.is_empty() {
            message = format!("{message}, {reason}");
        }
        let retry_after = http::retry_after(response.headers());
        let number = Some(status.as_u16());
        named::judge(self.engine, number, &[reason], retry_after, message)
    }
}

/// The address of a WebSocket below a base that may be given as `http(s)` or `ws(s)`.
pub(super) fn address(base: &str, path: &str, query: &[(&str, String)]) -> String {
    let base = base.trim_end_matches('/');
    let base = match base.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        _ => base.to_owned(),
    };
    let mut url = format!("{base}{path}");
    for (index, (name, value)) in query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        escape(value, &mut url);
    }
    url
}

pub(super) fn unusable(engine: &str, message: String) -> ProviderError {
    let engine = engine.to_owned();
    ProviderError::Unusable { engine, message }
}

pub(super) fn rejected(engine: &str, message: String) -> ProviderError {
    let engine = engine.to_owned();
    ProviderError::Rejected { engine, message }
}

pub(super) fn unavailable(engine: &str, message: String) -> ProviderError {
    let engine = engine.to_owned();
    ProviderError::Unavailable { engine, message }
}

fn escape(value: &str, into: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                into.push(byte.into());
            }
            _ => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

impl Spare for Socket {
    fn stands(&mut self) -> bool {
        loop {
            match self.next().now_or_never() {
                // Nothing was asked: what is said here is said to everybody.
                Some(Some(Ok(message))) if !message.is_close() => {}
                heard => return heard.is_none(),
            }
        }
    }

    async fn close(mut self) {
        // It is closed either way.
        let _ = timeout(CLOSING, async {
            WebSocketStream::close(&mut self, None).await?;
            while let Some(Ok(_)) = self.next().await {}
            Ok::<_, Error>(())
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// What comes of a server that answers every request with this.
    async fn answered(reply: &'static str) -> ProviderError {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(reply.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let error = dial(&format!("ws://{address}/v1"), "letters")
            .connect()
            .await
            .unwrap_err();
        let request = server.await.unwrap();
        assert!(
            request.contains("authorization: Token letters\r\n"),
            "{request}"
        );
        error
    }

    fn dial(url: &str, key: &str) -> Dial {
        Dial {
            engine: "vendor",
            url: url.to_owned(),
            headers: vec![("authorization", Private::new(format!("Token {key}")))],
            within: Duration::from_millis(700),
        }
    }

    #[tokio::test]
    async fn refusals_are_told_apart() {
        let refused = answered(
            "HTTP/1.1 401 Unauthorized\r\ndg-error: INVALID_AUTH letters\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let expected = "vendor cannot be used: 401 Unauthorized, INVALID_AUTH";
        assert_eq!(refused.to_string(), expected);
        let bad = answered("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(bad, ProviderError::Rejected { .. }), "{bad}");
        let limited =
            answered("HTTP/1.1 429 Too Many\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n").await;
        let engine = "vendor".to_owned();
        let retry_after = Some(Duration::from_secs(2));
        assert_eq!(
            limited,
            ProviderError::Limited {
                engine,
                retry_after
            }
        );
        let down = answered("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(down, ProviderError::Unavailable { .. }), "{down}");
        let odd = answered("SSH-2.0-OpenSSH_9\r\n\r\n").await;
        assert!(matches!(odd, ProviderError::Unavailable { .. }), "{odd}");
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let error = dial(&url, "k").connect().await.unwrap_err();
        assert!(matches!(error, ProviderError::TimedOut { .. }), "{error}");
    }

    #[tokio::test]
    async fn keys_and_addresses_that_cannot_be_are_refused_without_printing_the_key() {
        for dial in [
            dial("ws://127.0.0.1:9/", "let\nters"),
            dial("nowhere", "letters"),
        ] {
            let error = dial.connect().await.unwrap_err();
            assert!(matches!(error, ProviderError::Unusable { .. }), "{error}");
            let printed = format!("{error:?} {dial:?}");
            assert!(!printed.contains("let") && !printed.contains("nters"));
        }
    }

    #[test]
    fn an_address_is_escaped_and_takes_the_scheme_of_its_base() {
        let query = [
            ("model", "a b".to_owned()),
            ("keyterm", "Zoë&co".to_owned()),
        ];
        assert_eq!(
            address("https://api.vendor.com/", "/v1/listen", &query),
            "wss://api.vendor.com/v1/listen?model=a%20b&keyterm=Zo%C3%AB%26co"
        );
        assert_eq!(
            address("ws://127.0.0.1:80/v1", "/x", &[]),
            "ws://127.0.0.1:80/v1/x"
        );
    }
}

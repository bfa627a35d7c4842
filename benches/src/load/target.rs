//! The server that is measured: where it is, and how it is spoken to.

use std::net::{SocketAddr, ToSocketAddrs as _};

use reqwest::Url;

use crate::BenchError;

/// A server.
#[derive(Clone, Debug)]
pub struct Target {
    url: Url,
    model: String,
    key: String,
}

impl Target {
    /// The server at `url` (`http://…` or `https://…`), spoken to with this model and key.
    ///
    /// # Errors
    /// If that is no such address.
    pub fn new(url: &str, model: &str, key: &str) -> Result<Self, BenchError> {
        let wrong = || BenchError::Server(format!("`{url}` is no http(s) address"));
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        let usable = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
        if !usable || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(wrong());
        }
        Ok(Self {
            url: parsed,
            model: model.to_owned(),
            key: key.to_owned(),
        })
    }

    /// Whether it speaks TLS.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Its host's name.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
    }

    /// Its address.
    ///
    /// # Errors
    /// If its name is not known.
    pub fn address(&self) -> Result<SocketAddr, BenchError> {
        let port = self.url.port_or_known_default().unwrap_or(80);
        let mut found = (self.host(), port)
            .to_socket_addrs()
            .map_err(|error| BenchError::Io(self.host().to_owned(), error))?;
        found
            .next()
            .ok_or_else(|| BenchError::Server(format!("{} has no address", self.host())))
    }

    /// The head of the request that opens a WebSocket.
    #[must_use]
    pub fn upgrade(&self, nonce: &str) -> String {
        let (path, key) = (self.path("realtime"), &self.key);
        let host = self.url.authority();
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\
             Authorization: Bearer {key}\r\n\r\n"
        )
    }

    /// Offers a call; its answer.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn call(&self, http: &reqwest::Client, offer: String) -> Result<String, BenchError> {
        let mut url = self.url.clone();
        let path = self.path("realtime/calls");
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        url.set_path(path);
        url.set_query(Some(query));
        let request = http
            .post(url)
            .header("content-type", "application/sdp")
            .bearer_auth(&self.key)
            .body(offer);
        let answer = request.send().await.map_err(BenchError::connection)?;
        if !answer.status().is_success() {
            let status = answer.status().as_u16();
            return Err(BenchError::Server(format!("refused a call: {status}")));
        }
        answer.text().await.map_err(BenchError::connection)
    }

    fn path(&self, resource: &str) -> String {
        let base = self.url.path().trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let mut query = Url::parse("http://localhost").map(|mut url| {
            url.query_pairs_mut().append_pair("model", &self.model);
            url.query().unwrap_or_default().to_owned()
        });
        let query = query.as_deref_mut().unwrap_or_default();
        format!("{base}/v1/{resource}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_paths_follow_the_address() {
        let target = Target::new("http://127.0.0.1:8080", "a b", "k").unwrap();
        assert!(
            target
                .upgrade("n")
                .starts_with("GET /v1/realtime?model=a+b HTTP/1.1\r\n")
        );
        assert!(target.upgrade("n").contains("Host: 127.0.0.1:8080\r\n"));
        assert_eq!(target.address().unwrap().port(), 8080);
        let target = Target::new("https://api.example.com/v1/", "m", "k").unwrap();
        assert!(target.secure() && target.host() == "api.example.com");
        assert_eq!(target.path("realtime/calls"), "/v1/realtime/calls?model=m");
    }

    #[test]
    fn an_address_or_key_that_is_none_is_refused() {
        assert!(Target::new("ws://x", "m", "k").is_err());
        assert!(Target::new("nonsense", "m", "k").is_err());
        assert!(Target::new("http://x", "m", "k\r\nHost: y").is_err());
    }
}

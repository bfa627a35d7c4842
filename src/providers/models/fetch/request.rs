//! One request for the rest of a file, over redirects (RFC 9110, sections 13.1.5, 14 and 15.4).

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE,
    LAST_MODIFIED, LOCATION, RANGE,
};
use reqwest::{Client, Response, StatusCode, Url};

use super::super::ModelsError;
use super::super::source::{parse_url, told};
use super::Fault;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// What the server gives.
pub(super) struct Answer {
    pub response: Response,
    /// The byte that the body begins with.
    pub from: u64,
    /// Length of the whole file, if it says.
    pub total: Option<u64>,
    /// Names this version of the file, if it can be trusted to.
    pub validator: Option<String>,
}

/// Asks for what follows the first bytes of the version that the validator names, or for all.
pub(super) async fn ask(
    client: &Client,
    url: &Url,
    rest: Option<(u64, &str)>,
) -> Result<Answer, Fault> {
    let mut at = url.clone();
    for _ in 0..=REDIRECTS {
        // Lengths and positions are those of the file, not of a compressed body.
        let mut request = client.get(at.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some((from, validator)) = rest {
            request = request
                .header(RANGE, format!("bytes={from}-"))
                .header(IF_RANGE, validator);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| Fault::Broken(reason(&error)))?;
        if !response.status().is_redirection() {
            return answer(url, response);
        }
        at = redirected(url, &at, response.headers())?;
    }
    Err(refused(
        url,
        format!("it redirects more than {REDIRECTS} times"),
    ))
}

fn redirected(url: &Url, at: &Url, headers: &HeaderMap) -> Result<Url, Fault> {
    let location = text(headers, &LOCATION).and_then(|location| at.join(location).ok());
    let to = location.filter(|to| parse_url(to.as_str()).is_some());
    let to = to.ok_or_else(|| refused(url, "it redirects to nowhere".to_owned()))?;
    if at.scheme() == "https" && to.scheme() == "http" {
        return Err(refused(
            url,
            format!("it redirects to {} without TLS", told(&to)),
        ));
    }
    Ok(to)
}

fn answer(url: &Url, response: Response) -> Result<Answer, Fault> {
    let status = response.status();
    let headers = response.headers();
    let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let (from, total) = match status {
        StatusCode::OK => (0, length),
        StatusCode::PARTIAL_CONTENT => text(headers, &CONTENT_RANGE)
            .and_then(content_range)
            .ok_or_else(|| refused(url, "it does not say which part it sends".to_owned()))?,
        // The part is longer than the file, or is all of it: then a new beginning tells.
        StatusCode::RANGE_NOT_SATISFIABLE => (u64::MAX, None),
        _ if status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
            ) =>
        {
            return Err(Fault::Broken(format!("it answers {status}")));
        }
        _ => return Err(refused(url, format!("it answers {status}"))),
    };
    let strong = text(headers, &ETAG).filter(|tag| tag.starts_with('"'));
    let validator = strong.or_else(|| text(headers, &LAST_MODIFIED));
    Ok(Answer {
        from,
        total,
        validator: validator.map(str::to_owned),
        response,
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// First byte and length of the whole, of `bytes 5-9/10` or `bytes 5-9/*`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    let total = match total {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    Some((first.parse().ok()?, total))
}

fn refused(url: &Url, why: String) -> Fault {
    Fault::Final(ModelsError::Refused {
        url: told(url),
        why,
    })
}

/// What happened at the bottom of an error, without the address.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_as_the_standard_writes_them() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 0-0/*"), Some((0, None)));
        for wrong in ["", "bytes */10", "5-9/10", "bytes 5/10", "bytes 5-9/ten"] {
            assert_eq!(content_range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn redirects_do_not_lead_out_of_tls() {
        let url: Url = "https://a.example/x".parse().unwrap();
        let to = |location: &'static str| {
            let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
            redirected(&url, &url, &headers).ok().map(String::from)
        };
        assert_eq!(to("/y").as_deref(), Some("https://a.example/y"));
        assert_eq!(
            to("https://b.example/").as_deref(),
            Some("https://b.example/")
        );
        assert_eq!(to("http://a.example/y"), None);
        assert_eq!(to("file:///etc/passwd"), None);
        assert!(redirected(&url, &url, &HeaderMap::new()).is_err());
    }

    proptest! {
        #[test]
        fn any_range_is_read_or_not(text in "(bytes )?[0-9*/ -]{0,30}") {
            let _ = content_range(&text);
        }
    }
}

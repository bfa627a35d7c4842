//! Which of several formats a request would rather have (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, header};

/// Which of the offered media types the request prefers; the first if it has no say, or wants none
/// of them. Of types that it wants as much, the one that is offered first.
pub fn preferred(headers: &HeaderMap, offered: &[&str]) -> usize {
    let values = headers.get_all(header::ACCEPT).iter();
    let wanted: Vec<Range<'_>> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    let mut best = (0, 0);
    for (index, kind) in offered.iter().enumerate() {
        let matching = wanted.iter().filter(|range| range.covers(kind));
        // The most specific range decides.
        let quality = matching
            .max_by_key(|range| range.specificity())
            .map_or(0, |range| range.quality);
        if quality > best.1 {
            best = (index, quality);
        }
    }
    best.0
}

/// One element of `Accept`.
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subkind: &'a str,
    /// In thousandths.
    quality: u32,
}

impl<'a> Range<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let mut pieces = element.split(';').map(str::trim);
        let (kind, subkind) = pieces.next()?.split_once('/')?;
        let quality = pieces.find_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(value)
        });
        let quality = match quality {
            None => 1000,
            Some(value) => thousandths(value.trim())?,
        };
        Some(Self {
            kind,
            subkind,
            quality,
        })
    }

    fn covers(&self, kind: &str) -> bool {
        let Some((main, sub)) = kind.split_once('/') else {
            return false;
        };
        (self.kind == "*" || self.kind.eq_ignore_ascii_case(main))
            && (self.subkind == "*" || self.subkind.eq_ignore_ascii_case(sub))
    }

    fn specificity(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subkind != "*")
    }
}

/// `0` to `1` with at most three digits after the point.
fn thousandths(value: &str) -> Option<u32> {
    let value: f32 = value.parse().ok()?;
    (0.0..=1.0)
        .contains(&value)
        .then(|| (value * 1000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFERED: [&str; 3] = ["application/json", "text/vtt", "text/plain"];

    fn choice(accept: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        OFFERED[preferred(&headers, &OFFERED)]
    }

    #[test]
    fn takes_what_is_wanted_most() {
        assert_eq!(preferred(&HeaderMap::new(), &OFFERED), 0);
        for (accept, chosen) in [
            ("*/*", "application/json"),
            ("text/*", "text/vtt"),
            ("text/plain", "text/plain"),
            ("TEXT/VTT; q=0.5, text/plain;q=0.9", "text/plain"),
            ("text/*;q=0.9, text/vtt;q=0.1", "text/plain"),
            ("application/json;q=0, */*", "text/vtt"),
            ("image/png", "application/json"),
            ("text/plain;q=9, text/vtt", "text/vtt"),
            ("text", "application/json"),
        ] {
            assert_eq!(choice(accept), chosen, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_header(accept in "[ -~]{0,80}") {
            prop_assert!(OFFERED.contains(&choice(&accept)));
        }
    }
}

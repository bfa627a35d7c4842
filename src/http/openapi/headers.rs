//! The headers that an answer comes with, by its status: wherever they are sent, they mean the same.

use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{Header, Response};

/// Adds them to what is said of an answer; `is_file` of a route that answers with a file, or ranges of it.
pub(super) fn describe(status: &str, is_file: bool, response: &mut Response) {
    for name in names(status, is_file) {
        let (kind, description) = meaning(name);
        let mut header = Header::new(Object::with_type(kind));
        header.description = Some(description.to_owned());
        response.headers.insert((*name).to_owned(), header.into());
    }
}

fn names(status: &str, is_file: bool) -> &'static [&'static str] {
    match (status, is_file) {
        ("200", true) => &["accept-ranges", "etag", "last-modified"],
        ("206", true) => &["accept-ranges", "content-range", "etag", "last-modified"],
        ("304", true) => &["etag", "last-modified"],
        ("416", true) => &["content-range", "etag"],
        ("401", _) => &["www-authenticate"],
        ("429" | "503", _) => &["retry-after"],
        _ => &[],
    }
}

fn meaning(name: &str) -> (Type, &'static str) {
    match name {
        "accept-ranges" => (Type::String, "`bytes`: `Range` is understood"),
        "content-range" => (
            Type::String,
            "Which bytes of how many, `bytes 0-99/1234`; `bytes */1234` where there are none",
        ),
        "etag" => (
            Type::String,
            "What it is now, for `If-None-Match`, `If-Match` and `If-Range`",
        ),
        "last-modified" => (Type::String, "Since when it has been what it is"),
        "www-authenticate" => (Type::String, "`Bearer`: how a key is sent"),
        _ => (Type::Integer, "Seconds until another try is worth it"),
    }
}

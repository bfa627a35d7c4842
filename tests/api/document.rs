//! The description of the API: written down as it is served, and true.

use std::fs;

use praxiloom::http::openapi;

/// Where the document is written down, for people and for the page's client.
const WRITTEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

#[test]
fn is_written_down_as_it_is_served() {
    let document = openapi::document();
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        fs::write(WRITTEN, &document).unwrap();
    }
    let written = fs::read_to_string(WRITTEN).unwrap();
    assert!(
        written == document,
        "docs/openapi.json is not what the routes say of themselves: run scripts/api.sh"
    );
}

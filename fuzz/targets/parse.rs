//! Looks for a client's message that the parser does not survive, or whose change of the session
//! is not the same when it comes twice.
//!
//! `scripts/fuzz.sh` runs it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signaling::event::{ClientEventKind, Session, parse, parse_session};

fuzz_target!(|text: &str| {
    let _ = parse_session(text);
    let Ok(event) = parse(text) else { return };
    let ClientEventKind::SessionUpdate(update) = event.kind else { return };
    let session = Session::new("sess_1", "model", "voice", 0);
    if let Ok(once) = session.merged(&update, false) {
        assert_eq!(once.merged(&update, true).as_ref(), Ok(&once));
    }
});

//! Looks for an offer that the path of calls does not survive, or an answer without candidates.

#![no_main]

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use signaling::webrtc::{Error, WebRtc, WebRtcSettings};
use tokio::runtime::Runtime;

static CALLS: OnceLock<(Runtime, WebRtc)> = OnceLock::new();

fuzz_target!(|offer: &str| {
    let (runtime, calls) = CALLS.get_or_init(start);
    match runtime.block_on(calls.answer(offer)) {
        // The call ends with its link.
        Ok((answer, _, _)) => assert!(answer.contains("a=candidate:")),
        Err(Error::Offer(_) | Error::Busy) => {}
        Err(error) => panic!("{error}"),
    }
});

fn start() -> (Runtime, WebRtc) {
    let runtime = Runtime::new().expect("a runtime");
    let settings = WebRtcSettings {
        udp_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        connect_timeout: Duration::from_millis(100),
        ..WebRtcSettings::default()
    };
    let calls = runtime.block_on(async { WebRtc::bind(settings) });
    (runtime, calls.expect("a port"))
}

//! Offers: what is refused and why, and that no bytes make the carrier panic.

use std::cell::Cell;

use proptest::prelude::*;

use super::super::sdp::{candidates, check_offer, finish_answer};
use super::super::{Error, MAX_SDP, OfferError, WebRtc};
use super::settings;

const CHROMIUM: &str = include_str!("chromium_offer.sdp");

#[test]
fn a_browser_offer_is_taken_without_its_candidates() {
    let offer = check_offer(CHROMIUM).unwrap();
    assert!(CHROMIUM.contains("a=candidate:"));
    assert!(!offer.contains("a=candidate:"));
    assert!(offer.contains("a=rtpmap:111 opus/48000/2\r\n"));
    assert_eq!(check_offer(&offer).unwrap(), offer);
}

#[test]
fn each_refusal_names_its_reason() {
    let edit = |from: &str, to: &str| check_offer(&CHROMIUM.replace(from, to)).unwrap_err();
    assert_eq!(
        check_offer(""),
        Err(OfferError::Malformed("it does not begin with v=0"))
    );
    assert_eq!(
        check_offer(&"v".repeat(MAX_SDP + 1)),
        Err(OfferError::TooLarge)
    );
    assert_eq!(
        check_offer("v=0\r\nhello\r\n"),
        Err(OfferError::Malformed("a line is not of the form x=value"))
    );
    assert_eq!(
        check_offer("v=0\r\ns=\u{0}\r\n"),
        Err(OfferError::Malformed("control characters"))
    );
    assert_eq!(edit("m=audio", "m=video"), OfferError::NoAudio);
    assert_eq!(edit("UDP/TLS/RTP/SAVPF", "RTP/AVP"), OfferError::NoAudio);
    assert_eq!(edit("m=audio 9", "m=audio 0"), OfferError::NoAudio);
    assert_eq!(edit("opus/48000/2", "speex/16000"), OfferError::NoOpus);
    assert_eq!(
        edit("webrtc-datachannel", "other"),
        OfferError::NoDataChannel
    );
    assert_eq!(edit("BUNDLE 0 1", "BUNDLE 0"), OfferError::NotBundled);
    assert_eq!(
        edit("a=fingerprint", "a=print"),
        OfferError::Malformed("no a=fingerprint")
    );
    assert_eq!(
        edit("a=ice-ufrag:", "a=ice-ufrag:a\r\na=x:"),
        OfferError::Malformed("no usable a=ice-ufrag")
    );
    assert_eq!(
        edit("a=ice-pwd:", "a=x:"),
        OfferError::Malformed("no usable a=ice-pwd")
    );
    assert_eq!(
        edit("a=mid:1", "a=x:1"),
        OfferError::Malformed("a media section has no a=mid")
    );
    let crowded = format!("{CHROMIUM}{}", "m=video 9 x 1\r\na=mid:9\r\n".repeat(20));
    assert_eq!(
        check_offer(&crowded),
        Err(OfferError::Malformed("more than 16 media sections"))
    );
}

#[test]
fn an_answer_names_our_addresses_once() {
    let udp = [
        "192.0.2.7:3478".parse().unwrap(),
        "[2001:db8::7]:3478".parse().unwrap(),
    ];
    let tcp = ["192.0.2.7:443".parse().unwrap()];
    let answer = finish_answer(CHROMIUM, &candidates(&udp, &tcp)).unwrap();
    let lines: Vec<_> = answer
        .sdp
        .lines()
        .filter(|l| l.contains("candidate"))
        .collect();
    assert_eq!(
        lines,
        [
            "a=candidate:0 1 udp 2130706431 192.0.2.7 3478 typ host",
            "a=candidate:1 1 udp 2130706175 2001:db8::7 3478 typ host",
            "a=candidate:100 1 tcp 1526726655 192.0.2.7 443 typ host tcptype passive",
            "a=end-of-candidates",
        ]
    );
    let data = answer.sdp.find("m=application").unwrap();
    assert!(answer.sdp.find("a=end-of-candidates").unwrap() < data);
    assert_eq!(answer.payload_type, 111);
    assert!(CHROMIUM.contains(&format!("a=ice-ufrag:{}", answer.fragment)));
}

#[tokio::test]
async fn the_answer_is_what_a_browser_expects() {
    let server = WebRtc::bind(settings()).unwrap();
    let (answer, _link, _call) = server.answer(CHROMIUM).await.unwrap();
    let has = |line: &str| assert!(answer.lines().any(|l| l == line), "{line} in {answer}");
    has("a=group:BUNDLE 0 1");
    has("a=setup:passive");
    has("a=rtpmap:111 opus/48000/2");
    has("a=fmtp:111 minptime=10;useinbandfec=1");
    has("a=sendrecv");
    has("a=rtcp-mux");
    has("a=max-message-size:262144");
    has(&format!(
        "a=candidate:0 1 udp 2130706431 127.0.0.1 {} typ host",
        server.local_addresses().0.unwrap().port()
    ));
    assert_eq!(answer.matches("m=").count(), 2);
}

#[tokio::test]
async fn a_second_codec_number_is_respected() {
    let server = WebRtc::bind(settings()).unwrap();
    let offer = CHROMIUM.replace("111", "109");
    let (answer, _link, _call) = server.answer(&offer).await.unwrap();
    assert!(answer.contains("a=rtpmap:109 opus/48000/2"), "{answer}");
}

#[tokio::test]
async fn an_offer_with_video_keeps_its_audio() {
    let server = WebRtc::bind(settings()).unwrap();
    let video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sendrecv\r\n\
                 a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=setup:actpass\r\n";
    let offer = format!("{}{video}", CHROMIUM.replace("BUNDLE 0 1", "BUNDLE 0 1 2"));
    let (answer, _link, _call) = server.answer(&offer).await.unwrap();
    assert!(answer.contains("m=video 0"), "{answer}");
    assert!(answer.contains("a=rtpmap:111 opus/48000/2"), "{answer}");
}

proptest! {
    #[test]
    fn any_text_is_harmless(text in "\\PC*") {
        let _ = check_offer(&text);
        let _ = finish_answer(&text, &[]);
    }
}

/// One change to the bytes of a real offer.
#[derive(Clone, Debug)]
enum Change {
    Cut(usize, usize),
    Put(usize, String),
    Swap(usize, usize),
    Repeat(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let line = 0usize..200;
    prop_oneof![
        (0usize..8000, 1usize..40).prop_map(|(at, length)| Change::Cut(at, length)),
        (0usize..8000, "[ -~]{1,12}|\r\n|[0-9]{10,24}|:|-")
            .prop_map(|(at, text)| Change::Put(at, text)),
        (line.clone(), line.clone()).prop_map(|(a, b)| Change::Swap(a, b)),
        line.prop_map(Change::Repeat),
    ]
}

fn changed(changes: &[Change]) -> String {
    let mut text = CHROMIUM.to_owned();
    for change in changes {
        match change {
            Change::Cut(at, length) => {
                let at = at % text.len().max(1);
                let end = (at + length).min(text.len());
                text.replace_range(at..end, "");
            }
            Change::Put(at, put) => text.insert_str(at % text.len().max(1), put),
            Change::Swap(a, b) => {
                let mut lines: Vec<&str> = text.lines().collect();
                if !lines.is_empty() {
                    let (a, b) = (a % lines.len(), b % lines.len());
                    lines.swap(a, b);
                }
                text = lines.join("\r\n") + "\r\n";
            }
            Change::Repeat(line) => {
                let lines: Vec<&str> = text.lines().collect();
                if let Some(line) = lines.get(line % lines.len().max(1)) {
                    text = format!("{text}{line}\r\n");
                }
            }
        }
    }
    text
}

/// Whatever a changed offer makes of the stack, the caller gets an answer or an error that says
/// why, and the server goes on.
#[test]
fn a_changed_offer_is_answered_or_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async { WebRtc::bind(settings()).unwrap() });
    let offers = proptest::collection::vec(change(), 1..4);
    let (answered, refused) = (Cell::new(0), Cell::new(0));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&offers, |changes| {
            let offer = changed(&changes);
            match runtime.block_on(server.answer(&offer)) {
                Ok((answer, _, _)) => {
                    answered.update(|n| n + 1);
                    prop_assert!(answer.contains("opus/48000/2"));
                }
                Err(Error::Offer(error)) => {
                    refused.update(|n| n + 1);
                    prop_assert!(!error.to_string().is_empty());
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
            Ok(())
        })
        .unwrap();
    let (answered, refused) = (answered.get(), refused.get());
    assert!(
        answered > 10 && refused > 10,
        "{answered} answered, {refused} refused"
    );
    runtime.block_on(super::all_gone(&server));
    runtime.block_on(async {
        assert!(server.answer(CHROMIUM).await.is_ok());
    });
}

//! Session descriptions: which offers are taken, and what our answers say about addresses.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::error::OfferError;

/// No browser's offer of one audio and one data channel comes near it.
pub const MAX_SDP: usize = 64 * 1024;
const MAX_SECTIONS: usize = 16;

/// Checks an offer and returns it without its candidates.
///
/// Candidates are left out because the server has no need of them (it learns a browser's address
/// from its authenticated checks), and because with them any client could make the server send
/// to any address.
///
/// # Errors
///
/// Says which rule the offer breaks.
pub(super) fn check_offer(sdp: &str) -> Result<String, OfferError> {
    if sdp.len() > MAX_SDP {
        return Err(OfferError::TooLarge);
    }
    if sdp.chars().any(|c| c.is_control() && !"\r\n\t".contains(c)) {
        return Err(OfferError::Malformed("control characters"));
    }
    let lines = || sdp.lines().filter(|line| !line.is_empty());
    if lines().next() != Some("v=0") {
        return Err(OfferError::Malformed("it does not begin with v=0"));
    }
    if lines().any(|line| line.as_bytes().get(1) != Some(&b'=')) {
        return Err(OfferError::Malformed("a line is not of the form x=value"));
    }
    let (session, sections) = sections(sdp);
    if sections.len() > MAX_SECTIONS {
        return Err(OfferError::Malformed("more than 16 media sections"));
    }

    let audio: Vec<_> = sections.iter().filter(|s| s.is_audio()).collect();
    if audio.is_empty() {
        return Err(OfferError::NoAudio);
    }
    let Some(audio) = audio.into_iter().find(|s| s.opus().is_some()) else {
        return Err(OfferError::NoOpus);
    };
    let Some(data) = sections.iter().find(|s| s.is_data_channel()) else {
        return Err(OfferError::NoDataChannel);
    };
    if sections.iter().any(|s| s.attribute("mid").is_none()) {
        return Err(OfferError::Malformed("a media section has no a=mid"));
    }
    let bundled = |section: &Section<'_>| {
        session
            .attribute("group")
            .and_then(|group| group.strip_prefix("BUNDLE "))
            .is_some_and(|mids| {
                mids.split(' ')
                    .any(|mid| Some(mid) == section.attribute("mid"))
            })
    };
    if !bundled(audio) || !bundled(data) {
        return Err(OfferError::NotBundled);
    }
    let anywhere = |name| session.attribute(name).or_else(|| audio.attribute(name));
    if anywhere("fingerprint").is_none() {
        return Err(OfferError::Malformed("no a=fingerprint"));
    }
    // Lengths by RFC 8839 section 5.4.
    for (name, least, complaint) in [
        ("ice-ufrag", 4, "no usable a=ice-ufrag"),
        ("ice-pwd", 22, "no usable a=ice-pwd"),
    ] {
        if !anywhere(name).is_some_and(|value| (least..=256).contains(&value.len())) {
            return Err(OfferError::Malformed(complaint));
        }
    }
    Ok(without_candidates(lines()))
}

/// An answer as it is sent, and what the carrier must remember of it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) sdp: String,
    /// The user name fragment browsers will name us by.
    pub(super) fragment: String,
    /// The payload type Opus got.
    pub(super) payload_type: u8,
}

/// Puts our own candidates in place of the stack's.
///
/// `None` if the stack rejected audio or data channel, or left out its credentials.
pub(super) fn finish_answer(sdp: &str, candidates: &[String]) -> Option<Answer> {
    let (session, parts) = sections(sdp);
    let payload_type = parts.iter().find(|s| s.is_audio())?.opus()?;
    parts.iter().find(|s| s.is_data_channel())?;
    let fragment = session
        .attribute("ice-ufrag")
        .or_else(|| parts.iter().find_map(|s| s.attribute("ice-ufrag")))?
        .to_owned();

    let mut ours = String::new();
    for candidate in candidates {
        let _ = write!(ours, "a={candidate}\r\n");
    }
    ours.push_str("a=end-of-candidates\r\n");

    // They belong to the section that carries the bundle: the first one that is not rejected.
    let mut out = String::with_capacity(sdp.len() + ours.len());
    let mut carrier = None;
    for line in without_candidates(sdp.lines()).lines() {
        if let Some(media) = line.strip_prefix("m=") {
            if carrier == Some(true) {
                out.push_str(&ours);
                carrier = Some(false);
            } else if carrier.is_none() && media.split(' ').nth(1) != Some("0") {
                carrier = Some(true);
            }
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    if carrier == Some(true) {
        out.push_str(&ours);
    }
    Some(Answer {
        sdp: out,
        fragment,
        payload_type,
    })
}

/// Host candidates (RFC 8839 section 5.1), UDP preferred over passive TCP, in the given order.
pub(super) fn candidates(udp: &[SocketAddr], tcp: &[SocketAddr]) -> Vec<String> {
    // Type and local preference by RFC 8445 section 5.1.2.1; component 1, since RTP and RTCP
    // share the port.
    let priority = |preference: u32, local: u32| (preference << 24) | (local << 8) | 255;
    let udp = (0u32..).zip(udp).map(|(i, address)| {
        let (ip, port) = (address.ip(), address.port());
        let priority = priority(126, 65_535 - i);
        format!("candidate:{i} 1 udp {priority} {ip} {port} typ host")
    });
    let tcp = (0u32..).zip(tcp).map(|(i, address)| {
        let (ip, port) = (address.ip(), address.port());
        let priority = priority(90, 65_535 - i);
        let foundation = 100 + i;
        format!("candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive")
    });
    udp.chain(tcp).collect()
}

/// The lines of one media section, or of the session before the first.
struct Section<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.lines.iter().find_map(|line| {
            line.strip_prefix("a=")?
                .strip_prefix(name)?
                .strip_prefix(':')
                .map(str::trim)
        })
    }

    /// Kind, port, protocol and formats of the `m=` line.
    fn media(&self) -> Option<(&'a str, &'a str, &'a str, Vec<&'a str>)> {
        let mut words = self.lines.first()?.strip_prefix("m=")?.split(' ');
        Some((words.next()?, words.next()?, words.next()?, words.collect()))
    }

    fn is_audio(&self) -> bool {
        self.media().is_some_and(|(kind, port, protocol, _)| {
            kind == "audio" && port != "0" && protocol == "UDP/TLS/RTP/SAVPF"
        })
    }

    fn is_data_channel(&self) -> bool {
        self.media().is_some_and(|(kind, port, protocol, formats)| {
            kind == "application"
                && port != "0"
                && protocol.ends_with("DTLS/SCTP")
                && formats.contains(&"webrtc-datachannel")
        })
    }

    /// The payload type of Opus among the section's formats.
    fn opus(&self) -> Option<u8> {
        let (_, _, _, formats) = self.media()?;
        self.lines.iter().find_map(|line| {
            let (number, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
            let opus = codec.trim().eq_ignore_ascii_case("opus/48000/2");
            (opus && formats.contains(&number)).then(|| number.parse().ok())?
        })
    }
}

fn sections(sdp: &str) -> (Section<'_>, Vec<Section<'_>>) {
    let mut all = vec![Section { lines: Vec::new() }];
    for line in sdp.lines() {
        if line.starts_with("m=") {
            all.push(Section { lines: Vec::new() });
        }
        if let Some(section) = all.last_mut() {
            section.lines.push(line);
        }
    }
    let session = all.remove(0);
    (session, all)
}

fn without_candidates<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for line in lines {
        if !line.starts_with("a=candidate:") && line != "a=end-of-candidates" {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    out
}

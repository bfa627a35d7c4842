//! Just enough of STUN (RFC 8489) to tell which call a datagram belongs to.

/// The magic cookie every STUN message carries in bytes 4 to 8.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 0x0006;
const USE_CANDIDATE: u16 = 0x0025;

/// What a request and its answer have in common (RFC 8489 section 5).
pub(super) type Transaction = [u8; 12];

/// The class of a STUN message (RFC 8489 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// The class of a datagram that is STUN, `None` for any other.
pub(super) fn class(datagram: &[u8]) -> Option<Class> {
    if datagram.len() < HEADER || datagram[0] > 3 || datagram[4..8] != COOKIE {
        return None;
    }
    Some(match (datagram[0] & 1, datagram[1] & 0x10) {
        (0, 0) => Class::Request,
        (0, _) => Class::Indication,
        (_, 0) => Class::Success,
        _ => Class::Error,
    })
}

/// The receiver's user name fragment: what stands before the colon of USERNAME
/// (RFC 8445 section 7.2.2).
///
/// Call only for datagrams that [`class`] recognised.
pub(super) fn receiver_fragment(datagram: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(attribute(datagram, USERNAME)?).ok()?;
    name.split(':').next().filter(|part| !part.is_empty())
}

/// The transaction of a request that nominates its path (RFC 8445 section 7.1.2), `None` for any
/// other datagram.
pub(super) fn nomination(datagram: &[u8]) -> Option<Transaction> {
    if class(datagram)? != Class::Request {
        return None;
    }
    attribute(datagram, USE_CANDIDATE)?;
    transaction(datagram)
}

/// The transaction of a datagram that [`class`] recognised.
pub(super) fn transaction(datagram: &[u8]) -> Option<Transaction> {
    datagram.get(8..HEADER)?.try_into().ok()
}

/// The value of the first attribute of a kind.
fn attribute(datagram: &[u8], kind: u16) -> Option<&[u8]> {
    let mut rest = datagram.get(HEADER..)?;
    while let [t0, t1, l0, l1, body @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = body.get(..length)?;
        if u16::from_be_bytes([*t0, *t1]) == kind {
            return Some(value);
        }
        rest = body.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
pub(super) fn request(username: &str) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend(COOKIE);
    message.extend([7; 12]);
    message.extend(USERNAME.to_be_bytes());
    message.extend((username.len() as u16).to_be_bytes());
    message.extend(username.as_bytes());
    message.resize(message.len().next_multiple_of(4), 0);
    let length = (message.len() - HEADER) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_the_receiver() {
        let message = request("server:client");
        assert_eq!(class(&message), Some(Class::Request));
        assert_eq!(receiver_fragment(&message), Some("server"));
    }

    #[test]
    fn skips_attributes_before_the_name() {
        let mut message = request("abc:d");
        message.splice(20..20, [0x80, 0x22, 0, 3, b'x', b'y', b'z', 0]);
        assert_eq!(receiver_fragment(&message), Some("abc"));
    }

    #[test]
    fn a_nomination_is_a_request_that_says_so() {
        let mut message = request("abc:d");
        assert_eq!(nomination(&message), None);
        message.extend([0, 0x25, 0, 0]);
        assert_eq!(nomination(&message), Some([7; 12]));
        assert_eq!(receiver_fragment(&message), Some("abc"));
        message[0] = 1;
        assert_eq!(nomination(&message), None);
    }

    #[test]
    fn other_traffic_is_not_stun() {
        assert_eq!(class(&[0x80; 64]), None);
        assert_eq!(class(&[22; 64]), None);
        assert_eq!(class(&[]), None);
        assert_eq!(class(&request("a:b")[..19]), None);
    }

    #[test]
    fn classes_follow_the_two_bits() {
        let mut message = request("a:b");
        for (high, low, expected) in [
            (0, 0x11, Class::Indication),
            (1, 0x01, Class::Success),
            (1, 0x11, Class::Error),
        ] {
            message[0] = high;
            message[1] = low;
            assert_eq!(class(&message), Some(expected));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_harmless(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if bytes.len() >= HEADER {
                bytes[0] = 0;
                bytes[4..8].copy_from_slice(&COOKIE);
            }
            if class(&bytes).is_some() {
                let _ = (receiver_fragment(&bytes), nomination(&bytes));
            }
        }

        #[test]
        fn any_name_survives(name in "[a-zA-Z0-9+/]{1,64}", other in "[a-zA-Z0-9+/]{0,64}") {
            let message = request(&format!("{name}:{other}"));
            prop_assert_eq!(receiver_fragment(&message), Some(name.as_str()));
        }
    }
}

//! The two packets that an Ogg Opus stream begins with (RFC 7845, section 5).

use super::page::{BEGINNING, PageBuilder};

/// Which channels a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    /// One stream, one channel (mapping family 0).
    Mono,
    /// Two streams of one channel each, left and right (mapping family 1).
    Separate,
}

/// Appends the pages of `OpusHead` and `OpusTags`. Nothing is skipped at the beginning (a
/// pre-skip of zero), so that a granule position is a position on the timeline, where the
/// decoder's output stands in a live session too.
pub(super) fn write(pages: &mut PageBuilder, channels: Channels, out: &mut Vec<u8>) {
    let mut head = Vec::with_capacity(32);
    head.extend_from_slice(b"OpusHead\x01");
    head.push(match channels {
        Channels::Mono => 1,
        Channels::Separate => 2,
    });
    head.extend(0u16.to_le_bytes());
    head.extend(48_000u32.to_le_bytes());
    head.extend(0i16.to_le_bytes());
    match channels {
        Channels::Mono => head.push(0),
        // Two streams, none of them coupled; channel 0 is the first, channel 1 the second.
        Channels::Separate => head.extend([1, 2, 0, 0, 1]),
    }
    pages.push(&head);
    pages.close(BEGINNING, 0, out);

    let vendor = concat!("praxiloom ", env!("CARGO_PKG_VERSION"));
    let mut tags = Vec::with_capacity(64);
    tags.extend_from_slice(b"OpusTags");
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend_from_slice(vendor.as_bytes());
    tags.extend(0u32.to_le_bytes());
    pages.push(&tags);
    pages.close(0, 0, out);
}

/// Whether `packet` is the head of a mono track as [`write`] writes it.
pub(super) fn is_mono(packet: &[u8]) -> bool {
    matches!(packet, [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', 1, 1, 0, 0, rest @ ..]
        if rest.len() == 7 && rest[6] == 0)
}

/// Whether `packet` holds the tags.
pub(super) fn is_tags(packet: &[u8]) -> bool {
    packet.starts_with(b"OpusTags")
}

//! Looks for files that the recovery of a recording does not survive: any bytes, pages with any
//! content, and tracks of any packets at any places, cut anywhere.

#![no_main]

use std::time::Duration;

use crc::{Algorithm, Crc};
use libfuzzer_sys::fuzz_target;
use media::Position;
use media::record::{Placed, StereoPart, TrackReader, TrackWriter, recover, stereo};

/// Ogg's checksum (RFC 3533, section 6).
static CRC: Crc<u32> = Crc::<u32>::new(&Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0x89a1_897f,
    residue: 0,
});

fuzz_target!(|bytes: &[u8]| {
    match bytes {
        [0, file @ ..] => check(file),
        [1, file @ ..] => check(&mended(file)),
        [2, cut, calls @ ..] => check(&track(calls, usize::from(*cut))),
        _ => {}
    }
});

/// What holds for any file.
fn check(file: &[u8]) {
    let found = recover(file).expect("memory can be read");
    let whole = &file[..found.bytes as usize];
    assert_eq!(recover(whole).expect("memory can be read"), found);
    if found.is_track() {
        let mut mended = whole.to_vec();
        mended.extend(found.closing_page().unwrap_or_default());
        let mut reader = TrackReader::new(&mended[..]).expect("it has a head");
        let mut end = Position::ZERO;
        while let Some(packet) = reader.next_packet().expect("what is whole can be read") {
            end = Position::new(packet.at.samples() + u64::from(packet.span));
        }
        assert!(reader.is_ended() && reader.end() == found.end && end >= found.end);
    }
    // A packet of a few bytes is up to 120 ms to be encoded again: a small file is enough.
    if file.len() <= 512 {
        let parts = [0, 1000].map(|from| StereoPart {
            from: Position::new(from),
            lasted: (from > 0).then(|| Duration::from_millis(5)),
            coach: Some(file),
            client: Some(&file[..file.len() / 2]),
        });
        let mut out = Vec::new();
        stereo(parts, Position::from_ms(10), 1, &mut out).expect("a file of both");
        assert!(out.starts_with(b"OggS"));
    }
}

/// The file with checksums that are right, wherever a page begins.
fn mended(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let mut at = 0;
    while let Some(page) = file.get(at..).filter(|rest| rest.len() >= 27) {
        let lacing = page.get(27..27 + usize::from(page[26])).unwrap_or_default();
        let body: usize = lacing.iter().map(|&len| usize::from(len)).sum();
        let len = 27 + lacing.len() + body;
        if !page.starts_with(b"OggS") || page.len() < len {
            at += 1;
            continue;
        }
        file[at + 22..at + 26].fill(0);
        let crc = CRC.checksum(&file[at..at + len]);
        file[at + 22..at + 26].copy_from_slice(&crc.to_le_bytes());
        at += len;
    }
    file
}

/// A track written as `calls` say, without its last `cut` bytes. Per packet: how far its place is
/// from the end before it, its peak, its length, its bytes.
fn track(mut calls: &[u8], cut: usize) -> Vec<u8> {
    let (mut writer, mut file) = (TrackWriter::new(7), Vec::new());
    let mut placed = Vec::new();
    while let [low, high, peak, len, rest @ ..] = calls {
        let (packet, rest) = rest.split_at(rest.len().min(usize::from(*len)));
        calls = rest;
        let step = i64::from(i16::from_le_bytes([*low, *high]));
        let at = writer.end().samples().saturating_add_signed(step);
        if let Ok(Placed::At(found)) = writer.place(Position::new(at), packet, *peak) {
            assert!(
                found.samples().abs_diff(at) <= 60 * 48,
                "far from its place"
            );
            placed.push((found, packet));
        }
        if *peak == 0 {
            writer.take_pages(&mut file);
        }
    }
    writer.finish(Position::ZERO, &mut file);
    let mut reader = TrackReader::new(&file[..]).expect("we wrote it");
    let mut placed = placed.into_iter().peekable();
    while let Some(packet) = reader.next_packet().expect("we wrote it") {
        placed.next_if(|next| *next == (packet.at, packet.bytes));
    }
    assert!(placed.peek().is_none(), "a packet is missing");
    file.truncate(file.len().saturating_sub(cut));
    file
}

//! Tests of tracks: what was placed is read again, whole or cut, at its place.

use std::io::Cursor;
use std::time::Duration;

use proptest::prelude::*;

use super::reader::Pages;
use super::*;
use crate::Position;
use crate::opus::{Decoder, Encoder, EncoderSettings};
use crate::peaks::peak;
use crate::signal::sine;

/// A packet as it was found in a track.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub at: u64,
    pub span: u32,
    pub bytes: Vec<u8>,
}

pub(super) fn read(file: &[u8]) -> (Vec<Found>, Result<u64, ReadError>) {
    let mut found = Vec::new();
    let mut reader = match TrackReader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (found, Err(error)),
    };
    loop {
        match reader.next_packet() {
            Ok(Some(TrackPacket { at, span, bytes })) => found.push(Found {
                at: at.samples(),
                span,
                bytes: bytes.to_vec(),
            }),
            Ok(None) => return (found, Ok(reader.end().samples())),
            Err(error) => return (found, Err(error)),
        }
    }
}

/// A packet with any table of contents and content, of up to 120 ms.
fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    (
        any::<u8>(),
        1u8..=48,
        prop::collection::vec(any::<u8>(), 0..300),
    )
        .prop_map(|(toc, count, mut content)| {
            let most = (packet::MAX_SPAN / packet::frame_span(toc)) as u8;
            let count = count.min(most);
            match toc & 3 {
                1 => content.truncate(content.len() & !1),
                2 => content.insert(0, (content.len() / 3).min(251) as u8),
                3 => {
                    content.truncate(content.len() / usize::from(count) * usize::from(count));
                    content.insert(0, count);
                }
                _ => {}
            }
            content.insert(0, toc);
            content
        })
}

/// A step from the end of one packet to the next, in samples.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => Just(0i64),
        4 => -10i64..11,
        2 => -4000i64..9000,
        1 => 0i64..4_000_000,
    ]
}

struct Written {
    file: Vec<u8>,
    /// Where each taken piece ends in the file.
    taken: Vec<usize>,
    /// The packets that were not left out, with the places they were given and should have.
    placed: Vec<(Position, u64, Vec<u8>)>,
    end: Position,
}

fn write(packets: &[(Vec<u8>, i64, u8)], take_every: usize, tail: u64) -> Written {
    let mut writer = TrackWriter::new(9);
    let (mut file, mut taken, mut placed) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0i64;
    for (n, (packet, step, peak)) in packets.iter().enumerate() {
        let at = Position::new((next + step).max(0) as u64);
        if let Placed::At(found) = writer.place(at, packet, *peak).unwrap() {
            placed.push((found, at.samples(), packet.clone()));
        }
        let span = packet::Frames::parse(packet).unwrap().span();
        next = at.samples() as i64 + i64::from(span);
        if n % take_every == 0 {
            let before = file.len() + writer.pending();
            writer.take_pages(&mut file);
            assert!(file.len().abs_diff(before) <= 27);
            taken.push(file.len());
        }
    }
    let end = Position::new(writer.end().samples() + tail);
    assert_eq!(writer.finish(end, &mut file), end);
    taken.push(file.len());
    Written {
        file,
        taken,
        placed,
        end,
    }
}

fn runs() -> impl Strategy<Value = Vec<(Vec<u8>, i64, u8)>> {
    prop::collection::vec((any_packet(), step(), any::<u8>()), 0..60)
}

proptest! {
    #[test]
    fn what_was_placed_is_read_at_its_place(
        packets in runs(), take_every in 1usize..30, tail in 0u64..20_000,
    ) {
        let written = write(&packets, take_every, tail);
        let (found, end) = read(&written.file);
        prop_assert_eq!(end.unwrap(), written.end.samples());
        let mut found = found.into_iter();
        for (at, wanted, bytes) in &written.placed {
            let packet = found.find(|packet| packet.at == at.samples()).unwrap();
            prop_assert_eq!(&packet.bytes, bytes);
            let deviation = at.samples() as i64 - *wanted as i64;
            prop_assert!((-720..=2880).contains(&deviation), "{deviation}");
        }
        let recovered = recover(Cursor::new(&written.file)).unwrap();
        prop_assert_eq!(recovered.bytes, written.file.len() as u64);
        prop_assert!(recovered.ended && recovered.closing_page().is_none());
        // Another reader agrees.
        let mut theirs = ogg::PacketReader::new(Cursor::new(&written.file));
        let mut last = 0;
        while let Some(packet) = theirs.read_packet().unwrap() {
            last = packet.absgp_page();
        }
        prop_assert_eq!(last, written.end.samples());
    }

    #[test]
    fn a_cut_anywhere_leaves_what_was_taken_before(
        packets in runs(), take_every in 1usize..6, cut in 0.0f64..1.0, garbage: [u8; 16],
    ) {
        let written = write(&packets, take_every, 0);
        let cut = (cut * written.file.len() as f64) as usize;
        let mut torn = written.file[..cut].to_vec();
        torn.extend(garbage);
        for file in [&torn[..cut], &torn] {
            let recovered = recover(file).unwrap();
            let taken = written.taken.iter().filter(|&&taken| taken <= cut).max();
            prop_assert!(recovered.bytes as usize <= cut);
            prop_assert!(recovered.bytes as usize >= taken.copied().unwrap_or(0));
            let mut repaired = file[..recovered.bytes as usize].to_vec();
            let Some(closing) = recovered.closing_page() else {
                prop_assert!(recovered.ended || !recovered.is_track());
                continue;
            };
            repaired.extend(closing);
            let (found, end) = read(&repaired);
            prop_assert_eq!(end.unwrap(), recovered.end.samples());
            let (whole, _) = read(&written.file);
            let kept = found.len() - 1;
            prop_assert_eq!(&found[..kept], &whole[..kept]);
            let again = recover(&repaired[..]).unwrap();
            prop_assert!(again.ended && again.bytes as usize == repaired.len());
        }
    }

    #[test]
    fn a_flipped_bit_costs_the_page_it_is_in(
        packets in runs(), take_every in 1usize..6, at in 0.0f64..1.0, bit in 0u8..8,
    ) {
        let written = write(&packets, take_every, 100);
        let mut file = written.file.clone();
        let at = (at * file.len() as f64) as usize;
        file[at] ^= 1 << bit;
        // Which page it is, and what of the sound is in it.
        let mut pages = Pages::new(&written.file[..]);
        let mut before = 0;
        pages.next().unwrap().unwrap();
        while pages.bytes <= at as u64 {
            before = pages.end;
            pages.next().unwrap().unwrap();
        }
        let damaged = before..pages.end;
        let is_last = pages.bytes as usize == written.file.len();

        let recovered = recover(&file[..]).unwrap();
        prop_assert!(recovered.is_track() || recovered.bytes == 0);
        prop_assert_eq!(recovered.ended, !is_last);
        prop_assert_eq!(recovered.damaged > 0, !is_last);
        let mut repaired = file[..recovered.bytes as usize].to_vec();
        repaired.extend(recovered.closing_page().unwrap_or_default());
        let (found, end) = read(&repaired);
        prop_assert_eq!(end.unwrap(), recovered.end.samples());
        if !is_last {
            prop_assert_eq!(recovered.end, written.end);
        }
        for packet in read(&written.file).0 {
            if packet.at + u64::from(packet.span) <= damaged.start || packet.at >= damaged.end {
                // What of the last page is trimmed is not known without the one before.
                let same = |found: &Found| {
                    found.bytes == packet.bytes && found.at.abs_diff(packet.at) < 120
                };
                prop_assert!(found.iter().any(same) || is_last);
            }
        }
        // No hole: what is damaged is silent.
        let mut next = 0;
        for packet in &found {
            prop_assert!(packet.at.abs_diff(next) < 120);
            next = packet.at + u64::from(packet.span);
        }
    }

    #[test]
    fn a_lost_beginning_is_silent_and_the_rest_stands_in_its_place(
        packets in runs(), take_every in 1usize..6, lost in 0.0f64..1.0,
    ) {
        let written = write(&packets, take_every, 0);
        let lost = (lost * written.file.len() as f64) as usize;
        // Where the first page that is whole begins, if one is.
        let mut pages = Pages::new(&written.file[..]);
        let mut begin = 0;
        while pages.bytes < lost as u64 && pages.next().unwrap().is_some() {
            begin = pages.end;
        }
        // Not only the last, which may be trimmed.
        let open = written.taken.iter().rev().nth(1).copied().unwrap_or(0);
        prop_assume!(pages.bytes < open as u64);
        let mut file = written.file.clone();
        file[..lost].fill(0);
        // Whether it had ended makes no difference.
        for end in [file.len(), open] {
            let recovered = recover(&file[..end]).unwrap();
            prop_assert_eq!((recovered.bytes, recovered.damaged > 0), (end as u64, lost > 0));
            let mut repaired = file[..end].to_vec();
            repaired.extend(recovered.closing_page().unwrap_or_default());
            let (found, ends) = read(&repaired);
            prop_assert_eq!(ends.unwrap(), recovered.end.samples());
            let mut kept = read(&written.file[..end]).0;
            kept.retain(|packet| packet.at >= begin);
            let rest = found.iter().filter(|packet| packet.at >= begin);
            let rest: Vec<_> = rest.take(kept.len()).cloned().collect();
            prop_assert_eq!(rest, kept);
        }
    }

    #[test]
    fn garbage_is_no_track(garbage in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(recover(&garbage[..]).unwrap().bytes, 0);
        prop_assert!(TrackReader::new(&garbage[..]).is_err());
    }
}

#[test]
fn no_page_lasts_much_longer_than_four_seconds() {
    let (mut writer, mut file) = (TrackWriter::new(1), Vec::new());
    for at in [0, 40_000, 40_020] {
        let at = Position::from_ms(at);
        writer.place(at, &[0x48, 1, 2], 90).unwrap();
    }
    writer.finish(Position::from_ms(60_000), &mut file);
    let mut theirs = ogg::PacketReader::new(Cursor::new(&file));
    let (mut before, mut longest) = (0, 0);
    while let Some(packet) = theirs.read_packet().unwrap() {
        longest = longest.max(packet.absgp_page() - before);
        before = packet.absgp_page();
    }
    assert_eq!(before, 60_000 * 48);
    assert!(
        longest < 4 * 48_000 + u64::from(packet::MAX_SPAN),
        "{longest}"
    );
}

#[test]
fn the_decoded_sound_stands_where_it_was_placed() {
    let settings = EncoderSettings {
        rate: 48_000,
        dtx: false,
        ..Default::default()
    };
    let mut encoder = Encoder::new(settings).unwrap();
    let tone = sine(440.0, 48_000, 960, 0.5);
    let mut writer = TrackWriter::new(1);
    let places = [0, 20, 40, 100, 120, 900, 920, 3_000, 3_605, 9_000];
    for ms in places {
        let packet = encoder.encode(&tone).unwrap();
        let placed = writer
            .place(Position::from_ms(ms), packet, peak(&tone))
            .unwrap();
        assert_eq!(placed, Placed::At(Position::from_ms(ms)));
    }
    let mut file = Vec::new();
    writer.finish(Position::new(500_007), &mut file);
    let (mut decoder, mut sound) = (Decoder::new(48_000).unwrap(), Vec::new());
    for packet in read(&file).0 {
        assert_eq!(sound.len() as u64, packet.at);
        decoder.decode(&packet.bytes, &mut sound).unwrap();
    }
    assert!((500_007..500_127).contains(&sound.len()));
    for (n, frame) in sound.chunks(960).enumerate() {
        let ms = n as u64 * 20;
        let sounds = places.iter().any(|place| place.abs_diff(ms) <= 20);
        // A loss of 60 ms is concealed; the other gaps are silent.
        if !sounds && !(60..100).contains(&ms) {
            assert!(peak(frame) == 0, "{ms} ms: {}", peak(frame));
        }
    }
    for place in places {
        let from = place as usize * 48;
        assert!(peak(&sound[from..from + 960]) > 30, "{place} ms");
    }
}

#[test]
fn silence_is_cheap() {
    let writer = TrackWriter::new(1);
    let mut file = Vec::new();
    writer.finish(Position::from_ms(3_600_000), &mut file);
    assert!(file.len() < 120_000, "{}", file.len());
}

#[test]
fn wrong_use_has_its_error() {
    let mut writer = TrackWriter::new(1);
    for packet in [&[][..], &[3], &[3, 0], &[1, 0]] {
        let placed = writer.place(Position::ZERO, packet, 0);
        assert_eq!(placed, Err(RecordError::Packet));
    }
    let far = Position::ZERO + LONGEST_GAP + Duration::from_millis(1);
    assert_eq!(writer.place(far, &[0xF8], 0), Err(RecordError::Gap));
    assert_eq!(writer.end(), Position::ZERO);
    assert_eq!(writer.finish(far, &mut Vec::new()), Position::ZERO);
}

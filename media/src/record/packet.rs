//! What an Opus packet is made of (RFC 6716, section 3): its frames, its span, whether it is a
//! mere filler.

use super::RecordError;

/// Samples at 48 kHz of the longest packet: 120 ms.
pub(super) const MAX_SPAN: u32 = 5760;
/// The most frames of a packet.
const MAX_FRAMES: usize = 48;
/// The longest frame in bytes.
const MAX_FRAME: usize = crate::opus::MAX_PACKET;
/// What the frames of a [silence](super::fill) hold: CELT's flag for digital silence.
pub(super) const SILENT_FRAME: [u8; 2] = [0xFF, 0xFE];

/// A packet taken apart.
#[derive(Clone, Debug)]
pub(super) struct Frames<'a> {
    toc: u8,
    count: usize,
    sizes: [u16; MAX_FRAMES],
    /// All frames in a row, without the padding.
    data: &'a [u8],
}

impl<'a> Frames<'a> {
    /// Takes a packet apart, by the requirements R1 to R7 of RFC 6716, section 3.4.
    pub(super) fn parse(packet: &'a [u8]) -> Result<Self, RecordError> {
        Self::read(packet).ok_or(RecordError::Packet)
    }

    fn read(packet: &'a [u8]) -> Option<Self> {
        let (&toc, rest) = packet.split_first()?;
        let mut frames = Self {
            toc,
            count: 1,
            sizes: [0; MAX_FRAMES],
            data: rest,
        };
        match toc & 3 {
            0 => frames.sizes[0] = size(rest.len())?,
            1 => frames.share(2)?,
            2 => {
                let (first, rest) = length(rest)?;
                frames.count = 2;
                frames.sizes[0] = first;
                frames.sizes[1] = size(rest.len().checked_sub(usize::from(first))?)?;
                frames.data = rest;
            }
            _ => frames.many(rest)?,
        }
        Some(frames)
    }

    /// Code 3: any number of frames, with padding.
    fn many(&mut self, rest: &'a [u8]) -> Option<()> {
        let (&header, mut rest) = rest.split_first()?;
        self.count = usize::from(header & 0x3F);
        if self.count == 0 || self.span() > MAX_SPAN {
            return None;
        }
        if header & 0x40 != 0 {
            let mut padding = 0;
            loop {
                let (&more, after) = rest.split_first()?;
                rest = after;
                padding += usize::from(more) - usize::from(more == 255);
                if more < 255 {
                    break;
                }
            }
            rest = rest.get(..rest.len().checked_sub(padding)?)?;
        }
        if header & 0x80 == 0 {
            self.data = rest;
            return self.share(self.count);
        }
        let mut sum = 0;
        for index in 0..self.count - 1 {
            let (size, after) = length(rest)?;
            (self.sizes[index], rest) = (size, after);
            sum += usize::from(size);
        }
        self.sizes[self.count - 1] = size(rest.len().checked_sub(sum)?)?;
        self.data = rest;
        Some(())
    }

    /// `count` frames of the same length.
    fn share(&mut self, count: usize) -> Option<()> {
        if !self.data.len().is_multiple_of(count) {
            return None;
        }
        self.count = count;
        self.sizes[..count].fill(size(self.data.len() / count)?);
        Some(())
    }

    /// How long the packet sounds, in samples at 48 kHz.
    pub(super) const fn span(&self) -> u32 {
        frame_span(self.toc) * self.count as u32
    }

    /// The table of contents, with the code of the packet's form.
    pub(super) const fn toc(&self) -> u8 {
        self.toc
    }

    /// Whether every frame only asks for concealment.
    pub(super) const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether every frame is digital silence.
    pub(super) fn is_silent(&self) -> bool {
        const CELT: u8 = 0x80;
        let (pairs, rest) = self.data.as_chunks::<2>();
        self.toc & CELT != 0
            && rest.is_empty()
            && pairs.len() == self.count
            && self.sizes().iter().all(|&size| size == 2)
            && pairs.iter().all(|pair| *pair == SILENT_FRAME)
    }

    fn sizes(&self) -> &[u16] {
        &self.sizes[..self.count]
    }

    /// Appends the packet in its shortest form, without padding, which for 20 ms is at most eight
    /// frames. `delimited` makes it tell its own length (RFC 6716, appendix B).
    pub(super) fn write(&self, delimited: bool, out: &mut Vec<u8>) {
        let (toc, sizes) = (self.toc & !3, self.sizes());
        let same = sizes.iter().all(|&size| size == sizes[0]);
        match (sizes, same) {
            ([_], _) => out.push(toc),
            ([_, _], true) => out.push(toc | 1),
            ([_, _], false) => out.push(toc | 2),
            (_, true) => out.extend([toc | 3, self.count as u8]),
            (_, false) => out.extend([toc | 3, 0x80 | self.count as u8]),
        }
        // The last frame's length, or the one of all, follows from the packet's.
        let told = if same { 1 } else { self.count };
        for &size in &sizes[..told - usize::from(!delimited)] {
            if size < 252 {
                out.push(size as u8);
            } else {
                let low = 252 + (size & 3);
                out.extend([low as u8, ((size - low) / 4) as u8]);
            }
        }
        out.extend_from_slice(self.data);
    }
}

/// Samples at 48 kHz of one frame of a packet that begins with `toc` (RFC 6716, table 2).
pub(super) const fn frame_span(toc: u8) -> u32 {
    match toc >> 3 {
        config @ 0..12 => [480, 960, 1920, 2880][config as usize & 3],
        config @ 12..16 => [480, 960][config as usize & 1],
        config => 120 << (config & 3),
    }
}

/// The length at the beginning of `rest` (RFC 6716, section 3.2.1), and what follows it.
fn length(rest: &[u8]) -> Option<(u16, &[u8])> {
    match *rest {
        [first @ 0..252, ref rest @ ..] => Some((u16::from(first), rest)),
        [first, second, ref rest @ ..] => Some((u16::from(second) * 4 + u16::from(first), rest)),
        _ => None,
    }
}

fn size(len: usize) -> Option<u16> {
    (len <= MAX_FRAME).then_some(len as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any packet that libopus takes, of every form.
    pub fn packets() -> impl Strategy<Value = Vec<u8>> {
        let some = prop::collection::vec(any::<u8>(), 1..80);
        let long = prop::collection::vec(any::<u8>(), 240..1400);
        let counted = (
            any::<u8>(),
            0u8..49,
            any::<u8>(),
            prop::collection::vec(0u8..9, 0..120),
        )
            .prop_map(|(toc, count, flags, rest)| {
                let mut packet = vec![toc | 3, count | flags & 0xC0];
                packet.extend(rest);
                packet
            });
        prop_oneof![some, long, counted]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn takes_what_libopus_takes(packet in packets()) {
            let ours = Frames::parse(&packet).ok();
            let theirs = opus::packet::parse(&packet).ok().filter(|theirs| !theirs.frames.is_empty());
            prop_assert_eq!(ours.is_some(), theirs.is_some());
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                let samples = opus::packet::get_nb_samples(&packet, 48_000).unwrap();
                prop_assert_eq!(ours.span() as usize, samples);
                prop_assert_eq!(ours.count, theirs.frames.len());
                let together = theirs.frames.concat();
                prop_assert_eq!(&ours.data[..together.len()], &together[..]);
                let sizes: Vec<_> = theirs.frames.iter().map(|frame| frame.len() as u16).collect();
                prop_assert_eq!(ours.sizes(), &sizes[..]);
                prop_assert_eq!(ours.data.len(), together.len());
            }
        }
    }

    proptest! {
        #[test]
        fn the_shortest_form_has_the_same_frames(packet in packets()) {
            let Ok(frames) = Frames::parse(&packet) else {
                return Ok(());
            };
            let (mut short, mut delimited) = (Vec::new(), Vec::new());
            frames.write(false, &mut short);
            prop_assert!(short.len() <= packet.len());
            let again = Frames::parse(&short).unwrap();
            prop_assert_eq!(again.toc >> 2, frames.toc >> 2);
            prop_assert_eq!((again.sizes(), again.data), (frames.sizes(), frames.data));
            // The other form tells one length more, in one or two bytes.
            frames.write(true, &mut delimited);
            prop_assert!((1..=2).contains(&(delimited.len() - short.len())));
        }
    }

    #[test]
    fn knows_fillers() {
        let frames = |packet: &'static [u8]| Frames::parse(packet).unwrap();
        assert!(frames(&[0xF8, 0xFF, 0xFE]).is_silent());
        assert!(frames(&[0xFB, 2, 0xFF, 0xFE, 0xFF, 0xFE]).is_silent());
        assert!(!frames(&[0x48, 0xFF, 0xFE]).is_silent());
        assert!(!frames(&[0xF9, 0xFF, 0xFE]).is_silent());
        assert!(frames(&[0x48]).is_empty() && !frames(&[0x48]).is_silent());
    }
}

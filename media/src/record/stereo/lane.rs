//! One side of the file: for every slot, the packet that sounds in it.

use std::io::{BufReader, Read};

use super::super::fill;
use super::packet::Frames;
use super::recode::Recoder;
use super::{SLOT, StereoError, nearest};
use crate::record::{ReadError, TrackReader};

/// How many slots a loss is concealed for.
const LOSS: u64 = 6;

/// One side: the tracks of its parts, one after another.
#[derive(Debug)]
pub(super) struct Lane<R> {
    track: Option<Track<R>>,
    /// The slot of the last packet that was no filler, and how that packet began.
    last: Option<(u64, u8)>,
    packet: Vec<u8>,
}

#[derive(Debug)]
struct Track<R> {
    reader: TrackReader<BufReader<R>>,
    /// Where the part begins on the session's timeline.
    from: u64,
    next: Next,
    /// The next packet, unless it is encoded again.
    packet: Vec<u8>,
    /// Whether there is silence before it, and not only a loss.
    silent: bool,
}

/// What comes next of a track.
#[derive(Debug)]
enum Next {
    /// A packet, in this slot.
    Packet(u64),
    /// Sound that is encoded again, from here to the track's end.
    Sound(Box<Recoder>),
    Nothing,
}

impl<R> Default for Lane<R> {
    fn default() -> Self {
        Self {
            track: None,
            last: None,
            packet: Vec::new(),
        }
    }
}

impl<R: Read> Lane<R> {
    /// Begins the next part, whose packets go into slots from `first` on.
    pub(super) fn begin(
        &mut self,
        from: u64,
        first: u64,
        track: Option<R>,
    ) -> Result<(), StereoError> {
        self.track = None;
        let Some(track) = track else {
            return Ok(());
        };
        let reader = match TrackReader::new(BufReader::new(track)) {
            Ok(reader) => reader,
            Err(ReadError::Io(error)) => return Err(StereoError::Read(error)),
            Err(ReadError::Torn | ReadError::Damaged) => return Ok(()),
        };
        let track = self.track.insert(Track {
            reader,
            from,
            next: Next::Nothing,
            packet: Vec::new(),
            silent: true,
        });
        track.advance(first)?;
        // What came before the part has nothing to do with how it begins.
        track.silent = true;
        Ok(())
    }

    /// Leaves out what is left of the part.
    pub(super) fn end(&mut self) {
        self.track = None;
    }

    /// Whether nothing is left of the part.
    pub(super) fn is_over(&self) -> bool {
        match self.track.as_ref().map(|track| &track.next) {
            None | Some(Next::Nothing) => true,
            Some(Next::Packet(_)) => false,
            Some(Next::Sound(sound)) => sound.is_over(),
        }
    }

    /// The packet for `slot`; slots are asked for one after another.
    pub(super) fn slot(&mut self, slot: u64) -> Result<&[u8], StereoError> {
        self.packet.clear();
        let mut silent = true;
        if let Some(track) = &mut self.track {
            silent = track.silent || !matches!(track.next, Next::Packet(_));
            match &mut track.next {
                Next::Packet(next) if *next <= slot => {
                    self.packet.append(&mut track.packet);
                    track.advance(slot + 1)?;
                }
                Next::Sound(sound) => {
                    sound.read(&mut track.reader, slot)?;
                    sound.slot(slot, &mut self.packet)?;
                }
                Next::Packet(_) | Next::Nothing => {}
            }
        }
        match (self.packet.first(), self.last) {
            (Some(&toc), _) => self.last = Some((slot, toc)),
            (None, Some((last, toc))) if !silent && slot - last <= LOSS => {
                let filler = fill::conceal(SLOT as u32, toc);
                self.packet.extend_from_slice(filler.bytes());
            }
            (None, _) => self.packet.extend_from_slice(fill::silent_frame().bytes()),
        }
        Ok(&self.packet)
    }
}

impl<R: Read> Track<R> {
    /// Goes to the next packet that is no filler and for whose slot it is not too late.
    fn advance(&mut self, first: u64) -> Result<(), StereoError> {
        self.silent = false;
        self.packet.clear();
        self.next = Next::Nothing;
        while let Some(packet) = whole(self.reader.next_packet())? {
            let Ok(frames) = Frames::parse(packet.bytes) else {
                break;
            };
            let silent = frames.is_silent();
            if silent || frames.is_empty() {
                self.silent |= silent;
                continue;
            }
            let at = self.from.saturating_add(packet.at.samples());
            if u64::from(packet.span) != SLOT {
                let mut sound = Recoder::new(at)?;
                sound.push(packet.bytes, packet.span);
                self.next = Next::Sound(Box::new(sound));
                break;
            }
            let slot = nearest(at);
            if slot >= first {
                self.packet.extend_from_slice(packet.bytes);
                self.next = Next::Packet(slot);
                break;
            }
        }
        Ok(())
    }
}

/// A track counts up to where it is torn or damaged.
pub(super) fn whole<T>(read: Result<Option<T>, ReadError>) -> Result<Option<T>, StereoError> {
    match read {
        Ok(packet) => Ok(packet),
        Err(ReadError::Torn | ReadError::Damaged) => Ok(None),
        Err(ReadError::Io(error)) => Err(StereoError::Read(error)),
    }
}

//! How loud the tracks of a session are: as it was noted while they were recorded, and heard again
//! from the packets where that is damaged.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Seek, Write};
use std::path::Path;

use media::record::{are_all, hear_again, track_end};

use super::layout::{Folder, Stream};

/// The peaks of a track as they were noted, so far.
pub(super) fn noted(folder: &Folder, part: u32, track: Stream) -> io::Result<Vec<u8>> {
    match std::fs::read(folder.file(part, track.peaks())) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// The peaks of a track to which nothing is added any more: what its file lacks is heard again, and
/// noted.
pub(super) fn mended(folder: &Folder, part: u32, track: Stream) -> io::Result<Vec<u8>> {
    let mut peaks = noted(folder, part, track)?;
    let mut file = match File::open(folder.file(part, track)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(peaks),
        file => file?,
    };
    let Some(end) = track_end(&mut file)?.filter(|end| !are_all(peaks.len(), *end)) else {
        return Ok(peaks);
    };
    file.rewind()?;
    hear_again(BufReader::new(file), end, &mut peaks)?;
    if let Err(error) = note(folder, &folder.file(part, track.peaks()), &peaks) {
        tracing::debug!(%error, "how loud a session was is not noted");
    }
    Ok(peaks)
}

/// Nobody sees the file before it is whole.
fn note(folder: &Folder, path: &Path, peaks: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder.path())?;
    file.write_all(peaks)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use media::Position;
    use media::opus::{Encoder, EncoderSettings};
    use media::record::TrackWriter;

    use super::super::layout::Layout;
    use super::*;
    use crate::db::AccountId;

    #[test]
    fn what_is_damaged_is_mended_once() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
        folder.make().unwrap();
        assert!(mended(&folder, 1, Stream::Coach).unwrap().is_empty());
        let (mut track, mut pages) = (TrackWriter::new(1), Vec::new());
        let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
        let buzz: Vec<i16> = (0..encoder.frame())
            .map(|at| if at % 100 < 50 { 9000 } else { -9000 })
            .collect();
        for frame in 0..100 {
            let at = Position::from_ms(frame * 20);
            let packet = encoder.encode(&buzz).unwrap();
            track.place(at, packet, 70).unwrap();
        }
        track.finish(Position::from_ms(2000), &mut pages);
        std::fs::write(folder.file(1, Stream::Coach), &pages).unwrap();
        let path = folder.file(1, Stream::CoachPeaks);
        let on_disk = || std::fs::read(&path).unwrap();
        // Missing, short, long, and as it should be.
        let heard = mended(&folder, 1, Stream::Coach).unwrap();
        assert_eq!((heard.len(), &on_disk()), (100, &heard));
        assert!(heard.iter().any(|&peak| peak > 0));
        std::fs::write(&path, &heard[..40]).unwrap();
        let short = mended(&folder, 1, Stream::Coach).unwrap();
        assert_eq!((short.len(), &on_disk()), (100, &short));
        assert_eq!(short[..40], heard[..40]);
        std::fs::write(&path, [&heard[..], &[200; 30]].concat()).unwrap();
        assert_eq!(mended(&folder, 1, Stream::Coach).unwrap(), heard);
        assert_eq!(on_disk(), heard);
        std::fs::write(&path, [7; 98]).unwrap();
        assert_eq!(mended(&folder, 1, Stream::Coach).unwrap(), [7; 98]);
    }
}

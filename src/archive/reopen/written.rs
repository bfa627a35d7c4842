//! How much may have been written of a session that goes on: a new part begins with all that was said
//! before, so whoever comes back again and again would fill the disk that all are recorded on.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::archive::layout::{Folder, Stream};

/// Bytes of a session's log, which are events and trace, that may come at once: a page's settings, a
/// long conversation that is put in. Every word that a client sends stands in it twice.
pub const AT_ONCE: u64 = 8 << 20;
/// Bytes that come free each second: twice what the log grows by while somebody talks without a pause.
pub const A_SECOND: u64 = 16 << 10;
/// So much may be there where a session goes on: the longest message stands in the log twice, and once
/// more where its next part begins.
const AGAIN: u64 = 8 * AT_ONCE;

/// How long the log of all its parts is.
pub(super) fn logged(folder: &Folder) -> io::Result<u64> {
    let mut all = 0;
    for part in folder.parts()? {
        for stream in [Stream::Events, Stream::Trace] {
            all += match std::fs::metadata(folder.file(part, stream)) {
                Err(error) if error.kind() == ErrorKind::NotFound => 0,
                found => found?.len(),
            };
        }
    }
    Ok(all)
}

/// How long a session waits that began `ago` and whose log came to so many bytes, if it has to.
pub(super) fn wait(logged: u64, ago: Duration) -> Option<Duration> {
    let beyond = Duration::from_secs(logged.saturating_sub(AGAIN) / A_SECOND);
    beyond.checked_sub(ago).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_back_again_and_again_waits_once_too_much_is_written() {
        let seconds = Duration::from_secs;
        assert_eq!(wait(AGAIN, Duration::ZERO), None);
        assert_eq!(wait(AGAIN + 60 * A_SECOND, seconds(60)), None);
        assert_eq!(wait(AGAIN + 60 * A_SECOND, seconds(20)), Some(seconds(40)));
        // An hour's talk without a pause goes on at any time.
        for second in 0..3600 {
            assert_eq!(wait(AT_ONCE + second * A_SECOND, seconds(second)), None);
        }
    }
}

//! How far a fetch has come, for whoever waits: a bar on a terminal, lines elsewhere.

use std::io::Write;
use std::time::{Duration, Instant};

/// How often a bar is drawn.
const BAR: Duration = Duration::from_millis(100);
/// How often a line is written.
const LINE: Duration = Duration::from_secs(10);
/// Width of the bar in characters.
const WIDTH: u64 = 24;

/// Tells how far something is. Nothing that it writes is an answer: it belongs to standard error.
pub struct Progress {
    out: Box<dyn Write + Send>,
    terminal: bool,
    /// When it began, and with how many bytes.
    began: Option<(Instant, u64)>,
    told: Option<Instant>,
    drawn: bool,
}

impl Progress {
    /// Tells `out`, which may be a terminal.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, terminal: bool) -> Self {
        Self {
            out,
            terminal,
            began: None,
            told: None,
            drawn: false,
        }
    }

    /// A line of its own.
    pub(super) fn say(&mut self, line: &str) {
        let clear = if std::mem::take(&mut self.drawn) {
            "\r\x1b[K"
        } else {
            ""
        };
        self.write(&format!("{clear}{line}\n"));
    }

    /// `done` bytes are there, of `total` if that is known; told from time to time.
    pub(super) fn at(&mut self, done: u64, total: Option<u64>, now: Instant) {
        let (began, first) = *self.began.get_or_insert((now, done));
        let pause = if self.terminal { BAR } else { LINE };
        if self
            .told
            .is_some_and(|told| now.duration_since(told) < pause)
        {
            return;
        }
        self.told = Some(now);
        let since = now.duration_since(began).as_secs_f64();
        let speed = (since >= 0.5).then(|| (done.saturating_sub(first)) as f64 / since);
        let line = line(done, total, speed);
        if self.terminal {
            let bar = total.map_or_else(String::new, |total| bar(done, total));
            self.write(&format!("\r\x1b[K{bar}{line}"));
            self.drawn = true;
        } else {
            self.write(&format!("{line}\n"));
        }
    }

    fn write(&mut self, text: &str) {
        // Nobody is left to tell if this fails.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}

fn bar(done: u64, total: u64) -> String {
    let full = (done.min(total) * WIDTH)
        .checked_div(total)
        .unwrap_or(WIDTH) as usize;
    format!("[{:<width$}] ", "=".repeat(full), width = WIDTH as usize)
}

fn line(done: u64, total: Option<u64>, speed: Option<f64>) -> String {
    let mut line = size(done);
    if let Some(total) = total {
        let percent = (done.min(total) * 100).checked_div(total).unwrap_or(100);
        line += &format!(" of {} ({percent} %)", size(total));
    }
    if let Some(speed) = speed {
        line += &format!(", {}/s", size(speed as u64));
        if let Some(left) = total.map(|total| total.saturating_sub(done))
            && speed >= 1.0
        {
            line += &format!(", {:.0} s left", left as f64 / speed);
        }
    }
    line
}

/// Bytes as people say them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn told(terminal: bool) -> String {
        let paper = Paper::default();
        let mut progress = Progress::new(Box::new(paper.clone()), terminal);
        let begin = Instant::now();
        for second in 0..=20 {
            let now = begin + Duration::from_secs(second);
            progress.at(second * 1_000_000, Some(20_000_000), now);
        }
        progress.say("done");
        let written = paper.0.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn lines_come_now_and_then_where_nobody_looks() {
        let lines = "0 B of 20.0 MB (0 %)\n\
            10.0 MB of 20.0 MB (50 %), 1.0 MB/s, 10 s left\n\
            20.0 MB of 20.0 MB (100 %), 1.0 MB/s, 0 s left\n\
            done\n";
        assert_eq!(told(false), lines);
    }

    #[test]
    fn a_bar_is_drawn_over_itself_on_a_terminal() {
        let bars = told(true);
        assert!(bars.contains("\r\x1b[K[============            ] 10.0 MB of 20.0 MB (50 %)"));
        assert!(bars.ends_with("\r\x1b[Kdone\n"), "{bars:?}");
        assert_eq!(bars.matches('\n').count(), 1);
    }
}

//! Event logs on their way out: read, checked and sent piece by piece, however long they are.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use axum::body::Body;
use bytes::Bytes;
use futures::stream::try_unfold;
use serde::de::IgnoredAny;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// How much goes out at once.
const PIECE: usize = 64 << 10;
/// Longest line that is taken for an entry.
const LONGEST_LINE: u64 = 16 << 20;

/// How entries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON array.
    Array,
    /// A line each.
    Lines,
}

/// The entries of these logs, one log after another. A last line that is torn, or not written yet,
/// is left out, as is any line that is no JSON.
pub fn body(logs: impl IntoIterator<Item = PathBuf>, form: Form) -> Body {
    let reader = Reader {
        logs: logs.into_iter().collect(),
        log: None,
        line: Vec::new(),
        form,
        sent: 0,
        done: false,
    };
    Body::from_stream(try_unfold(reader, async |mut reader| {
        let piece = reader.piece().await?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, reader)))
    }))
}

struct Reader {
    logs: VecDeque<PathBuf>,
    log: Option<BufReader<File>>,
    line: Vec<u8>,
    form: Form,
    /// Entries.
    sent: u64,
    done: bool,
}

impl Reader {
    /// What is to be sent next.
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        let mut out = Vec::new();
        while !self.done && out.len() < PIECE {
            if self.next().await? {
                let before = match (self.form, self.sent) {
                    (Form::Lines, _) => "",
                    (Form::Array, 0) => "[",
                    (Form::Array, _) => ",\n",
                };
                out.extend_from_slice(before.as_bytes());
                out.extend_from_slice(&self.line);
                if self.form == Form::Lines {
                    out.push(b'\n');
                }
                self.sent += 1;
            } else {
                self.done = true;
                match (self.form, self.sent) {
                    (Form::Lines, _) => {}
                    (Form::Array, 0) => out.extend_from_slice(b"[]"),
                    (Form::Array, _) => out.push(b']'),
                }
            }
        }
        Ok((!out.is_empty()).then(|| out.into()))
    }

    /// Reads an entry into `line`, without its end. Whether there was one.
    async fn next(&mut self) -> io::Result<bool> {
        loop {
            let Some(log) = &mut self.log else {
                let Some(path) = self.logs.pop_front() else {
                    return Ok(false);
                };
                self.log = Some(BufReader::with_capacity(PIECE, File::open(path).await?));
                continue;
            };
            self.line.clear();
            let mut limited = log.take(LONGEST_LINE);
            if limited.read_until(b'\n', &mut self.line).await? == 0 {
                self.log = None;
            } else if self.line.pop_if(|last| *last == b'\n').is_some()
                && serde_json::from_slice::<IgnoredAny>(&self.line).is_ok()
            {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(logs: &[&str], form: Form) -> String {
        let folder = tempfile::tempdir().unwrap();
        let paths = logs.iter().enumerate().map(|(n, text)| {
            let path = folder.path().join(n.to_string());
            std::fs::write(&path, text).unwrap();
            path
        });
        let body = body(paths.collect::<Vec<_>>(), form);
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_whole_entry_goes_out_once() {
        let logs = [
            "{\"a\":1}\n\nnot json\n{\"b\":[]}\n{\"torn\"",
            "",
            "{\"c\":2}\n",
        ];
        assert_eq!(
            read(&logs, Form::Lines).await,
            "{\"a\":1}\n{\"b\":[]}\n{\"c\":2}\n"
        );
        assert_eq!(
            read(&logs, Form::Array).await,
            "[{\"a\":1},\n{\"b\":[]},\n{\"c\":2}]"
        );
        assert_eq!(read(&["{\"torn\""], Form::Array).await, "[]");
        assert_eq!(read(&[], Form::Lines).await, "");
    }

    #[tokio::test]
    async fn a_long_log_goes_out_in_pieces() {
        let log = format!("{{\"text\":\"{}\"}}\n", "x".repeat(1000)).repeat(1000);
        assert_eq!(read(&[&log], Form::Lines).await, log);
        let all: Vec<IgnoredAny> = serde_json::from_str(&read(&[&log], Form::Array).await).unwrap();
        assert_eq!(all.len(), 1000);
    }
}

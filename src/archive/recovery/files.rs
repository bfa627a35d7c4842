//! Repairs the files of a session's last part, and reads from all parts what the row should say.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use media::Position;
use media::record::recover;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::entries;
use super::super::event::{Entry, Event};
use super::super::layout::{Folder, Stream, absent_is_fine};
use super::super::ledger::Begin;
use super::super::loudness;
use super::super::manifest::Manifest;
use super::super::sessions::parts::PartRow;
use super::super::sessions::{EndReason, whole};
use super::super::tally::Tally;
use super::super::writer::Shared;
use super::beginning::Known;
use crate::clock::Micros;
use crate::db::AccountId;

/// How much of a log's end is looked at, at a time, for its last whole line.
const BLOCK: u64 = 1 << 16;

/// What the files of a session say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::archive) struct Finished {
    /// The parts before.
    pub before: Vec<PartRow>,
    /// The last part of which there is something.
    pub part: u32,
    pub from_ms: u64,
    pub transport: String,
    pub engines: Value,
    pub client_id: Option<String>,
    pub ended_at: Micros,
    pub reason: EndReason,
    pub length_ms: u64,
    /// Where its recording stopped, and why.
    pub stopped: Option<(u64, String)>,
    pub turns: u32,
    pub interruptions: u32,
}

impl Finished {
    /// What the row of the last part should say.
    pub(in crate::archive) fn row(&self) -> PartRow {
        PartRow {
            number: self.part.into(),
            transport: self.transport.clone(),
            from_ms: whole(self.from_ms),
            to_ms: Some(whole(self.length_ms)),
            end_reason: Some(self.reason.name().to_owned()),
            stopped_at_ms: self.stopped.as_ref().map(|(at, _)| whole(*at)),
            stopped_reason: self.stopped.as_ref().map(|(_, why)| why.clone()),
        }
    }

    /// How the row of the session begins, if there is none.
    pub(super) fn begin(&self, account: &AccountId, id: &str, started_at: Micros) -> Begin {
        let from = Position::from_ms(self.from_ms);
        Begin {
            account: account.clone(),
            id: id.to_owned(),
            part: self.part,
            from: Some(from),
            client_id: self.client_id.clone(),
            transport: self.transport.clone(),
            engines: self.engines.to_string(),
            started_at,
            is_new: true,
            shared: Shared::new(from),
        }
    }
}

/// When the session began, if its folder says that it is this account's.
pub(super) fn manifest(
    folder: &Folder,
    account: &AccountId,
    id: &str,
) -> io::Result<Option<Micros>> {
    let text = match std::fs::read(folder.manifest()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let manifest: Option<Manifest> = serde_json::from_slice(&text).ok();
    let manifest = manifest.filter(|manifest| manifest.names(account, id));
    Ok(manifest.map(|manifest| Micros(manifest.started_at)))
}

/// How long all files of a session are together.
pub(super) fn size(folder: &Folder) -> io::Result<u64> {
    let mut size = 0;
    for part in folder.parts()? {
        for stream in Stream::ALL {
            let about = std::fs::metadata(folder.file(part, stream));
            size += about.map_or(0, |about| about.len());
        }
    }
    Ok(size)
}

/// Finishes the files of the last part up to `through`, and reads what all say; those before it were
/// closed before it began. `None` if nothing
/// was recorded. One that was cut off was live for as long as its node was: to when that said so last;
/// `cut_off` is told of it before its files say that it is over.
pub(super) fn finish(
    folder: &Folder,
    through: u32,
    alive: Option<Micros>,
    known: &Known,
    cut_off: impl FnOnce(u32),
) -> io::Result<Option<Finished>> {
    let mut parts = folder.parts()?;
    // A later part is one that another node has begun since.
    parts.retain(|&part| part <= through);
    let Some(&last) = parts.last() else {
        return Ok(None);
    };
    let mut damaged = repair_log(&folder.file(last, Stream::Events), is_entry)?;
    repair_log(&folder.file(last, Stream::Trace), is_json)?;
    let coach = repair_track(&folder.file(last, Stream::Coach))?;
    let client = repair_track(&folder.file(last, Stream::Client))?;
    let sound = coach.max(client);
    // All files of a part are made with the first of it, unless the disk refused them.
    let stopped = folder.stop_of(last)?.is_some();
    for track in [Stream::Coach, Stream::Client] {
        if !stopped && !folder.file(last, track).exists() {
            let id = &known.id;
            tracing::warn!(session.id = %id, part = last, ?track, "a track of a session is lost");
        }
        if let Err(error) = loudness::mended(folder, last, track) {
            tracing::warn!(%error, "how loud a session was cannot be heard again");
        }
    }

    let mut tally = Tally::default();
    let mut found: Option<Finished> = None;
    let mut before = Vec::new();
    let mut closed = false;
    let mut latest = 0;
    let mut take = |Entry { at_ms, event }| {
        tally.count(&event);
        latest = at_ms.max(latest);
        if let Some(found) = &mut found
            && !matches!(event, Event::Connected { .. })
        {
            found.length_ms = found.length_ms.max(at_ms);
        }
        match event {
            Event::Connected {
                part,
                transport,
                engines,
                wall,
            } => {
                closed = false;
                before.extend(found.as_ref().map(Finished::row));
                found = Some(Finished {
                    before: Vec::new(),
                    part,
                    from_ms: at_ms,
                    transport,
                    engines,
                    client_id: found.take().and_then(|found| found.client_id),
                    ended_at: Micros(wall),
                    reason: EndReason::Lost,
                    length_ms: at_ms,
                    stopped: None,
                    turns: 0,
                    interruptions: 0,
                });
            }
            Event::Configured { client_id, .. } => {
                if let Some(found) = &mut found {
                    found.client_id = client_id;
                }
            }
            Event::Disconnected { reason, to_ms } => {
                if let Some(found) = &mut found {
                    (found.reason, closed) = (EndReason::named(&reason), true);
                    found.length_ms = to_ms.unwrap_or(found.length_ms);
                }
            }
            _ => {}
        }
    };
    let mut reached = 0;
    for part in parts {
        let (mut has_begun, mut lost) = (false, None);
        let mut begin = |first_ms| {
            lost = known.beginning(part, first_ms);
            lost.clone()
        };
        damaged += entries::read_part(folder, part, &mut |entry: Entry| {
            if !has_begun && !matches!(entry.event, Event::Connected { .. }) {
                begin(entry.at_ms).into_iter().for_each(&mut take);
            }
            has_begun = true;
            reached = entry.at_ms.max(reached);
            take(entry);
        })?;
        if !has_begun && damaged == 0 && folder.stop_of(part)?.is_none() {
            tracing::warn!(session.id = %known.id, part, "the log of a session is lost");
        }
        // Of a log that is gone there may be the sound.
        if !has_begun && has_track(folder, part) {
            begin(reached).into_iter().for_each(&mut take);
        }
        if let Some(lost) = lost {
            put_first(&folder.file(part, Stream::Events), &lost)?;
        }
        if damaged > 0 {
            let (id, lines) = (&known.id, std::mem::take(&mut damaged));
            tracing::warn!(session.id = %id, part, lines, "the log of a session is damaged");
        }
    }
    let Some(mut found) = found else {
        return Ok(None);
    };
    if !closed {
        // What was said may reach beyond the last entry.
        if found.part == last {
            if coach > Position::ZERO {
                cut_off(last);
            }
            // Rounded up: it has not ended before its node was seen last.
            let lived = alive.map_or(0, |alive| (alive.0 - found.ended_at.0 + 999) / 1000);
            let lived = u64::try_from(lived).unwrap_or(0);
            let lasted = sound.ms().max(lived);
            found.length_ms = found.length_ms.max(found.from_ms + lasted);
        }
        // Whether somebody was there to the end is on no record: what was sent counts as heard.
        latest = found.length_ms;
        let reason = found.reason.name().to_owned();
        let to_ms = Some(found.length_ms);
        let line = Entry {
            at_ms: found.length_ms,
            event: Event::Disconnected { reason, to_ms },
        };
        append(&folder.file(last, Stream::Events), &line_of(&line)?);
    }
    // That somebody was gone before was found out at the end.
    let lasted = Duration::from_millis(latest.saturating_sub(found.from_ms));
    found.ended_at = found.ended_at.plus(lasted);
    found.stopped = folder.stop_of(found.part)?;
    for part in &mut before {
        if let Some((at, why)) = folder.stop_of(part.number())? {
            (part.stopped_at_ms, part.stopped_reason) = (Some(whole(at)), Some(why));
        }
    }
    found.before = before;
    (found.turns, found.interruptions) = (tally.turns(), tally.interruptions());
    Ok(Some(found))
}

fn line_of(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}

/// Whether there is sound of a part, whose tracks were repaired.
fn has_track(folder: &Folder, part: u32) -> bool {
    let tracks = [Stream::Coach, Stream::Client];
    tracks
        .iter()
        .any(|&track| folder.file(part, track).exists())
}

/// Puts a beginning before what there is of a log, or leaves it as it is.
fn put_first(path: &Path, beginning: &Entry) -> io::Result<()> {
    let line = line_of(beginning)?;
    if let Err(error) = put_before(path, &line) {
        tracing::warn!(%error, "how a part of a session began cannot be noted again");
    }
    Ok(())
}

/// Nobody sees the file before it is whole.
fn put_before(path: &Path, line: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut mended = tempfile::NamedTempFile::new_in(folder)?;
    mended.write_all(line)?;
    if let Some(mut log) = open(path)? {
        io::copy(&mut log, &mut mended)?;
    }
    mended.as_file().sync_all()?;
    mended.persist(path)?;
    Ok(())
}

/// Cuts a track after its last whole page, and marks its end. Where that is on the part's timeline. What is
/// damaged before stays, silent as in any other track: without it what follows would come too early.
pub(in crate::archive) fn repair_track(path: &Path) -> io::Result<Position> {
    let Some(file) = open(path)? else {
        return Ok(Position::ZERO);
    };
    let whole = recover(BufReader::new(&file))?;
    if !whole.is_track() {
        absent_is_fine(std::fs::remove_file(path))?;
        return Ok(Position::ZERO);
    }
    if whole.damaged > 0 {
        let bytes = whole.damaged;
        tracing::warn!(path = %path.display(), bytes, "a recording is damaged: it is silent there");
    }
    if file.metadata()?.len() != whole.bytes {
        file.set_len(whole.bytes)?;
    }
    if let Some(page) = whole.closing_page() {
        append(path, &page);
    }
    Ok(whole.end)
}

/// Cuts what stands after the last whole line that `is_whole`. After a power cut a file may end
/// with a torn line, or with a hole. How many lines are cut, whole or torn.
fn repair_log(path: &Path, is_whole: fn(&[u8]) -> bool) -> io::Result<usize> {
    let Some(mut file) = open(path)? else {
        return Ok(0);
    };
    let length = file.metadata()?.len();
    // Ever more of the end, until there is a whole line in it.
    let mut look = BLOCK;
    let (whole, damaged) = loop {
        let from = length.saturating_sub(look);
        let mut end = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&file).take(length - from).read_to_end(&mut end)?;
        // The first line of what is looked at may have begun before.
        let first = match from {
            0 => Some(0),
            _ => end.iter().position(|&byte| byte == b'\n').map(|at| at + 1),
        };
        let lines = first.and_then(|first| end.get(first..)).unwrap_or_default();
        if let Some(keep) = last_whole(lines, is_whole) {
            let cut = lines.get(keep..).unwrap_or_default();
            break (from + (first.unwrap_or(0) + keep) as u64, count(cut));
        }
        if from == 0 {
            break (0, count(lines));
        }
        look = look.saturating_mul(4);
    };
    if whole < length {
        file.set_len(whole)?;
    }
    Ok(damaged)
}

/// How many lines there are, with one that has no end.
fn count(lines: &[u8]) -> usize {
    let ends = lines.iter().filter(|&&byte| byte == b'\n').count();
    ends + usize::from(lines.last().is_some_and(|&last| last != b'\n'))
}

/// Where the last whole line ends.
fn last_whole(lines: &[u8], is_whole: fn(&[u8]) -> bool) -> Option<usize> {
    let mut end = lines.len();
    loop {
        end = lines.get(..end)?.iter().rposition(|&byte| byte == b'\n')?;
        let begin = lines[..end].iter().rposition(|&byte| byte == b'\n');
        let line = &lines[begin.map_or(0, |at| at + 1)..end];
        if is_whole(line) {
            return Some(end + 1);
        }
    }
}

fn is_entry(line: &[u8]) -> bool {
    serde_json::from_slice::<Entry>(line).is_ok()
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Appends, or leaves the file as it is: on a full disk a file stays without its end, as whole as
/// it was.
pub(in crate::archive) fn append(path: &Path, bytes: &[u8]) {
    let added = OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|mut file| {
            let length = file.metadata()?.len();
            let written = file.write_all(bytes).and_then(|()| file.sync_all());
            if written.is_err() {
                file.set_len(length)?;
            }
            written
        });
    if let Err(error) = added {
        tracing::warn!(%error, "the end of a recording cannot be marked");
    }
}

//! What the database should know of one session and does not know yet.

#[cfg(test)]
pub(super) mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use media::Position;

use crate::archive::sessions::parts::PartRow;
use crate::archive::sessions::{EndReason, SessionRow, whole};
use crate::archive::trouble::Refusal;
use crate::archive::writer::Shared;
use crate::clock::Micros;
use crate::db::AccountId;

/// A part that begins.
#[derive(Clone, Debug)]
pub(in crate::archive) struct Begin {
    pub account: AccountId,
    pub id: String,
    pub part: u32,
    /// Where it begins; `None` of a part that was claimed and never began.
    pub from: Option<Position>,
    pub client_id: Option<String>,
    pub transport: String,
    pub engines: String,
    /// When the session began.
    pub started_at: Micros,
    /// Whether there is no row yet.
    pub is_new: bool,
    pub shared: Arc<Shared>,
}

/// A part that ended.
#[derive(Clone, Debug)]
pub(in crate::archive) struct End {
    pub ended_at: Micros,
    pub reason: EndReason,
    pub length_ms: u64,
    /// Turns of this part.
    pub turns: u32,
    /// Interruptions in this part.
    pub interruptions: u32,
}

/// What a row should say of a part beyond what it says.
#[derive(Clone, Debug)]
pub(in crate::archive) struct Image {
    pub begin: Begin,
    /// Where its recording stopped, and why.
    pub stopped: Option<(Position, Refusal)>,
    pub end: Option<End>,
    /// Whether its files are complete.
    pub closed: bool,
}

impl Image {
    fn new(begin: Begin) -> Self {
        Self {
            begin,
            stopped: None,
            end: None,
            closed: false,
        }
    }

    /// With what is known by now of its recording.
    fn now(&self) -> Self {
        let shared = &self.begin.shared;
        Self {
            // First: what is closed has stopped before, or never will.
            closed: shared.closed.load(Ordering::Acquire),
            stopped: shared.stopped(),
            ..self.clone()
        }
    }

    /// What the row of the session is to say of the end of the part: nothing before its files are
    /// complete, since any node may go on with a session that has ended.
    pub fn over(&self) -> Option<&End> {
        self.end.as_ref().filter(|_| self.closed)
    }
}

/// A session of which there is something to write, or will be: its last part, and those before it
/// that ended while the database took nothing.
#[derive(Debug)]
pub(super) struct Pending {
    image: Image,
    /// The parts before, oldest first; each is followed by the next.
    before: VecDeque<Image>,
    /// Counts what was told, so that what came while the row was written is not lost.
    told: u64,
    written: u64,
    inserted: bool,
    /// Another part is about to begin. Nothing is written meanwhile: a session that the database has
    /// end may go on elsewhere.
    held: bool,
}

/// What is to be written next of a session.
#[derive(Debug)]
pub(super) struct News {
    pub image: Image,
    /// Whether the session has a row.
    pub inserted: bool,
    /// Whether another part follows.
    pub followed: bool,
    told: u64,
}

impl Pending {
    pub fn new(begin: Begin) -> Self {
        Self {
            told: u64::from(begin.from.is_some()),
            written: 0,
            inserted: !begin.is_new,
            held: false,
            before: VecDeque::new(),
            image: Image::new(begin),
        }
    }

    /// Whose session it is.
    pub const fn account(&self) -> &AccountId {
        &self.image.begin.account
    }

    pub fn is_of(&self, account: &AccountId) -> bool {
        self.account() == account
    }

    /// The last part has changed.
    pub fn tell(&mut self, change: impl FnOnce(&mut Image)) {
        change(&mut self.image);
        self.told += 1;
    }

    /// Why the last part ended, if it has.
    pub fn ended(&self) -> Option<EndReason> {
        self.image.end.as_ref().map(|end| end.reason)
    }

    /// Whether there is something to write. That the recording stopped, and that the files are
    /// complete, may come out after the part ended: its last batches are written later.
    pub fn has_news(&self) -> bool {
        let told = self.told != self.written;
        let stopped = || self.image.stopped != self.image.begin.shared.stopped();
        let closed = || self.image.end.is_some() && !self.image.closed && self.is_closed();
        !self.held && (!self.before.is_empty() || told || stopped() || closed())
    }

    /// What is to be written next.
    pub fn news(&self) -> Option<News> {
        if !self.has_news() {
            return None;
        }
        let before = self.before.front();
        Some(News {
            image: before.unwrap_or(&self.image).now(),
            inserted: self.inserted,
            followed: before.is_some(),
            told: self.told,
        })
    }

    /// It is written. Meanwhile another part may have begun.
    pub fn wrote(&mut self, news: &News) {
        let is_it = |image: &Image| image.begin.part == news.image.begin.part;
        self.inserted = true;
        if news.followed {
            self.before.pop_front_if(|image| is_it(image));
        } else if is_it(&self.image) {
            self.written = news.told;
            (self.image.stopped, self.image.closed) = (news.image.stopped, news.image.closed);
        }
    }

    /// The row is not this node's any more: whatever is recorded from here on belongs to nobody.
    pub fn lose(&self) {
        let _ = self.image.begin.shared.refused.set(Refusal::TakenOver);
    }

    /// Whether the session goes on, and nothing before is left to be written; or it is over.
    pub fn is_settled(&self) -> bool {
        !self.held && self.before.is_empty() && self.image.end.is_none()
    }

    /// Whether it waits for nothing.
    pub fn is_idle(&self) -> bool {
        self.is_settled() && !self.has_news()
    }

    /// Whether the last part ended, its files are complete, and the row says so.
    pub fn is_over(&self) -> bool {
        !self.held && self.image.over().is_some() && !self.has_news()
    }

    /// Whether its files are closed. What is closed is written, or was refused.
    pub fn is_closed(&self) -> bool {
        self.image.begin.shared.closed.load(Ordering::Acquire)
    }

    /// Whether there is a row.
    pub const fn is_inserted(&self) -> bool {
        self.inserted
    }

    /// How many parts wait to be written before the last.
    pub fn waiting(&self) -> usize {
        self.before.len()
    }

    /// Whether another part is about to begin.
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Another part is about to begin, or does not after all.
    pub const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The part begins for which the session was held.
    pub fn follow(&mut self, begin: Begin) {
        let ended = std::mem::replace(&mut self.image, Image::new(begin));
        self.before.push_back(ended);
        self.held = false;
        self.told += 1;
    }

    /// What its row will say, but for what the database alone knows of parts before these.
    pub fn row(&self, node: &str) -> SessionRow {
        let parts = self.parts();
        let stopped = parts.iter().find(|part| part.stopped_at_ms.is_some());
        let ends = self.before.iter().chain([&self.image]);
        let ends = ends.filter_map(|image| image.end.as_ref());
        let length_ms = ends.clone().map(|end| end.length_ms).max();
        let image = self.image.now();
        let (begin, end) = (&image.begin, image.over());
        SessionRow {
            id: begin.id.clone(),
            client_id: begin.client_id.clone(),
            transport: begin.transport.clone(),
            engines: begin.engines.clone(),
            started_at: begin.started_at.0,
            ended_at: end.map(|end| end.ended_at.0),
            end_reason: end.map(|end| end.reason.name().to_owned()),
            part: begin.part.into(),
            node: Some(node.to_owned()),
            length_ms: length_ms.map_or(0, whole),
            turns: ends.clone().map(|end| i64::from(end.turns)).sum(),
            interruptions: ends.map(|end| i64::from(end.interruptions)).sum(),
            recording: recording(&parts).to_owned(),
            stopped_at_ms: stopped.and_then(|part| part.stopped_at_ms),
            stopped_reason: stopped.and_then(|part| part.stopped_reason.clone()),
            deleted_at: None,
        }
    }

    /// What the rows of these parts will say.
    pub fn parts(&self) -> Vec<PartRow> {
        let images = self.before.iter().chain([&self.image]);
        images
            .filter_map(|image| PartRow::of(&image.now()))
            .collect()
    }
}

/// What is on record, by the parts: as the database says it of those that it knows.
fn recording(parts: &[PartRow]) -> &'static str {
    let is_recorded = |part: &PartRow| part.stopped_at_ms.is_none_or(|at| at > part.from_ms);
    let first_stop = parts.iter().position(|part| part.stopped_at_ms.is_some());
    match first_stop {
        _ if !parts.iter().any(is_recorded) => "none",
        None => "whole",
        Some(stop) if parts.iter().skip(stop + 1).any(is_recorded) => "interrupted",
        Some(_) => "stopped",
    }
}

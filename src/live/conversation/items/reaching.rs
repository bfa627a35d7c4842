//! Finding items: at hand, or packed.

use super::page::{self, Page};
use super::{Entry, Items};

impl Items {
    /// Where among the latest the item is.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        // Nearly everything concerns the last few items.
        self.entries.iter().rposition(|entry| entry.item.id == id)
    }

    /// The same of any item, which is among the latest then.
    pub(super) fn reach(&mut self, id: &str) -> Option<usize> {
        if self.find(id).is_none() && self.has(id) {
            self.unpack();
        }
        self.find(id)
    }

    /// Looks at an item, wherever it is.
    pub(super) fn read<T>(&self, id: &str, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        match self.find(id) {
            Some(at) => Some(look(&self.entries[at])),
            None => {
                let mut pages = self.pages.iter().rev();
                let entry = pages.find_map(|page| page.get(id))?;
                Some(look(&entry))
            }
        }
    }

    /// Packs the earliest of the latest, once there are two pages of them.
    pub(super) fn pack(&mut self) {
        if self.entries.len() >= 2 * page::ITEMS {
            let first = self.entries.drain(..Page::extent(&self.entries));
            self.pages.push(Page::of(first.collect()));
        }
    }

    /// The last of those further back.
    pub(super) fn last_packed(&self) -> Option<String> {
        let last = self.pages.last()?.open().pop()?;
        Some(last.item.id.clone())
    }

    /// Has all items at hand.
    pub(super) fn unpack(&mut self) {
        let pages = std::mem::take(&mut self.pages);
        let packed = pages.iter().flat_map(Page::open);
        self.entries.splice(..0, packed);
    }
}

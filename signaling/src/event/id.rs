//! Ids of the events that a link sends.

use uuid::Uuid;

/// Gives every event of one link its id: a random name for the link, then a count.
#[derive(Debug)]
pub struct EventIds {
    link: String,
    count: u64,
}

impl EventIds {
    /// Ids of a new link.
    #[must_use]
    pub fn random() -> Self {
        Self::named(&Uuid::new_v4().simple().to_string()[..16])
    }

    /// Ids of the link called `link`, the same every time.
    #[must_use]
    pub fn named(link: &str) -> Self {
        Self {
            link: link.to_owned(),
            count: 0,
        }
    }

    /// The next id.
    pub fn next_id(&mut self) -> String {
        self.count += 1;
        format!("event_{}_{}", self.link, self.count)
    }
}

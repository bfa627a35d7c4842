//! What is opened ahead of a session, as far as it costs nothing.
//!
//! With a vendor that counts sound alone that is a connection on which everything is said up to the
//! first sound. Where the time counts for which a connection stands, it is a line: TCP and TLS,
//! over which the vendor is told nothing yet, not even who calls.

use std::sync::Arc;
use std::time::Duration;

use super::link::Link;
use super::wire::Vendor;
use crate::providers::ProviderError;
use crate::providers::line::Line;
use crate::providers::spares::{Spare, Spares};
use crate::providers::stt::ListenRequest;

/// What no session took is closed after this: as long as a session may say nothing to ElevenLabs,
/// which does not tell how long it keeps a connection without sound.
const LASTS: Duration = Duration::from_secs(8);

/// What is opened ahead for one vendor.
pub(super) type Pool = Spares<Key, Ahead>;

/// What a session is asked with: the language and the words to expect. A line is good for all.
type Key = Option<(Option<String>, Vec<String>)>;

/// What a session can go on from.
pub(super) enum Ahead {
    Line(Box<Line>),
    Ready(Box<Link>),
}

/// Opens what a session with this request can go on from.
pub(super) fn warm(pool: &Pool, vendor: &Arc<dyn Vendor>, request: &ListenRequest) {
    let (vendor, request) = (vendor.clone(), request.clone());
    pool.open(key(&*vendor, &request), LASTS, async move {
        if vendor.habits().counts_time {
            let line = vendor.dial(&request).line().await?;
            return Ok(Ahead::Line(Box::new(line)));
        }
        let link = Link::open(&*vendor, &request, None).await?;
        Ok(Ahead::Ready(Box::new(link)))
    });
}

/// A session's connection, from what was opened ahead if there is something.
///
/// # Errors
/// As [`Link::open`].
pub(super) async fn link(
    pool: &Pool,
    vendor: &dyn Vendor,
    request: &ListenRequest,
) -> Result<Link, ProviderError> {
    let line = match pool.take(&key(vendor, request)).await.transpose() {
        Ok(Some(Ahead::Ready(mut link))) => {
            link.serves(vendor, request);
            return Ok(*link);
        }
        Ok(Some(Ahead::Line(line))) => Some(*line),
        // It broke off while it was opened, which says nothing of the next.
        Ok(None) | Err(ProviderError::Unavailable { .. }) => None,
        Err(error) => return Err(error),
    };
    let ahead = line.is_some();
    match Link::open(vendor, request, line).await {
        // It may have been cut off on the way without a word.
        Err(ProviderError::Unavailable { .. } | ProviderError::TimedOut { .. }) if ahead => {
            Link::open(vendor, request, None).await
        }
        opened => opened,
    }
}

fn key(vendor: &dyn Vendor, request: &ListenRequest) -> Key {
    let ready = !vendor.habits().counts_time;
    ready.then(|| (request.language.clone(), request.expect.clone()))
}

impl Spare for Ahead {
    fn stands(&mut self) -> bool {
        match self {
            Self::Line(line) => line.stands(),
            Self::Ready(link) => link.stands(),
        }
    }

    async fn close(self) {
        match self {
            Self::Line(line) => line.close().await,
            Self::Ready(mut link) => {
                // It is closed either way.
                let _ = link.finish().await;
                link.close().await;
            }
        }
    }
}

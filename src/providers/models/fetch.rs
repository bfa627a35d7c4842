//! Fetches a file over HTTP into a part that survives a break, and goes on from there.

mod part;
mod request;

use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::{Client, Url};
use tokio::time::timeout;

use self::part::Part;
use self::request::{Answer, ask};
use super::source::told;
use super::{ModelsError, Progress};

/// How long may pass without a byte.
const STALL: Duration = Duration::from_secs(30);
/// How often in a row it is tried without a byte more.
const TRIES: u32 = 4;
/// The pause before it is tried again; twice as long each time.
const PAUSE: Duration = Duration::from_millis(500);

/// Why a try did not bring the whole file.
enum Fault {
    /// It may go better the next time.
    Broken(String),
    /// It will not.
    Final(ModelsError),
}

/// Fetches `url` into the file `part`, beside which `part.json` says what it is the beginning of.
/// What an earlier run left there is not fetched again if the server still has the same file.
///
/// # Errors
///
/// [`ModelsError::Broken`] when it does not come any further for now, `Refused` and `TooBig`.
pub(super) async fn fetch(
    client: &Client,
    url: &Url,
    part: &Path,
    limit: u64,
    progress: &mut Progress,
) -> Result<(), ModelsError> {
    let mut part = Part::open(part, url.as_str())?;
    if part.bytes() > 0 {
        progress.say(&format!(
            "{} are here already",
            super::progress::size(part.bytes())
        ));
    }
    let mut failures = 0;
    loop {
        let before = part.bytes();
        let why = match go_on(client, url, &mut part, limit, progress).await {
            Ok(()) => return part.finish(),
            Err(Fault::Final(error)) => return Err(error),
            Err(Fault::Broken(why)) => why,
        };
        failures = if part.bytes() > before {
            1
        } else {
            failures + 1
        };
        if failures >= TRIES {
            return Err(ModelsError::Broken {
                url: told(url),
                why,
                kept: part.bytes(),
            });
        }
        progress.say(&format!("{why}; trying again"));
        tokio::time::sleep(PAUSE * 2_u32.pow(failures - 1)).await;
    }
}

/// One try.
async fn go_on(
    client: &Client,
    url: &Url,
    part: &mut Part,
    limit: u64,
    progress: &mut Progress,
) -> Result<(), Fault> {
    if part.is_complete() {
        return Ok(());
    }
    let too_big = || {
        Fault::Final(ModelsError::TooBig {
            what: told(url),
            limit,
        })
    };
    let asked = timeout(STALL, ask(client, url, part.rest())).await;
    let Answer {
        response,
        from,
        total,
        validator,
    } = asked.map_err(|_| Fault::Broken("no answer came".to_owned()))??;
    if from == 0 {
        part.restart(validator, total).map_err(Fault::Final)?;
    } else if from != part.bytes() || part.total().is_some_and(|known| Some(known) != total) {
        part.restart(None, None).map_err(Fault::Final)?;
        return Err(Fault::Broken(
            "another part came than was asked for".to_owned(),
        ));
    }
    if total.is_some_and(|total| total > limit) {
        part.discard();
        return Err(too_big());
    }
    let mut body = response.bytes_stream();
    loop {
        let next = timeout(STALL, body.next()).await;
        let next = next.map_err(|_| Fault::Broken("nothing more came".to_owned()))?;
        let Some(bytes) = next else { break };
        let bytes = bytes.map_err(|error| Fault::Broken(request::reason(&error)))?;
        if part.bytes() + bytes.len() as u64 > limit {
            part.discard();
            return Err(too_big());
        }
        part.append(&bytes).map_err(Fault::Final)?;
        progress.at(part.bytes(), total, Instant::now());
    }
    if part.is_whole() {
        Ok(())
    } else {
        Err(Fault::Broken("the connection ended too early".to_owned()))
    }
}

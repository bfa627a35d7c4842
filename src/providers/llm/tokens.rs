//! The stream of tokens: bytes in, deadlines kept, one end.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::{Instant, timeout_at};

use super::fault::{Faults, Trouble};
use super::server::ModelSettings;
use super::sse::{Decoder, Event};
use super::{ProviderError, Token, Tokens};

/// Longest event in bytes.
const EVENT: usize = 256 * 1024;

/// Longest answer in bytes, comments included.
const ANSWER: usize = 16 * 1024 * 1024;

/// How long an answer that is complete may take to say what it cost.
const FAREWELL: Duration = Duration::from_secs(1);

/// The bytes of a response, with its errors told.
pub(super) type Response = BoxStream<'static, Result<Bytes, ProviderError>>;

/// An answer as a vendor puts it, as far as it has come.
pub(super) trait Answer: Default + Send + 'static {
    /// Takes one event and appends the tokens in it.
    fn take(&mut self, event: &Event, tokens: &mut VecDeque<Token>) -> Result<(), Trouble>;

    /// Whether nothing more is to come.
    fn is_closed(&self) -> bool;

    /// The last token, if the answer may end here.
    fn end(&self) -> Option<Token>;
}

/// Reads tokens from a response to what was asked at `asked`. Dropping the stream closes it.
pub(super) fn read<A: Answer>(
    bytes: Response,
    asked: Instant,
    settings: &ModelSettings,
    faults: Faults,
) -> Tokens {
    let reading = Reading {
        bytes,
        faults,
        decoder: Decoder::new(EVENT),
        answer: A::default(),
        ready: VecDeque::new(),
        taken: 0,
        broken: None,
        over: false,
        stall: settings.stall,
        patience: settings.first_token,
        deadline: asked + settings.first_token,
        whole: settings.whole,
        last: asked + settings.whole,
    };
    stream::unfold(reading, |mut reading| async {
        let token = reading.next().await?;
        Some((token, reading))
    })
    .boxed()
}

struct Reading<A> {
    bytes: Response,
    faults: Faults,
    decoder: Decoder,
    answer: A,
    ready: VecDeque<Token>,
    taken: usize,
    /// What comes after what is ready.
    broken: Option<ProviderError>,
    over: bool,
    stall: Duration,
    /// What `deadline` grants, for the error.
    patience: Duration,
    deadline: Instant,
    whole: Duration,
    last: Instant,
}

impl<A: Answer> Reading<A> {
    async fn next(&mut self) -> Option<Result<Token, ProviderError>> {
        loop {
            if let Some(token) = self.ready.pop_front() {
                return Some(Ok(token));
            }
            if self.over {
                return None;
            }
            if let Some(error) = self.broken.take() {
                self.over = true;
                return Some(Err(error));
            }
            if self.answer.is_closed() {
                return Some(self.end(None));
            }
            let deadline = self.deadline.min(self.last);
            match timeout_at(deadline, self.bytes.next()).await {
                Ok(Some(Ok(bytes))) => self.broken = self.take(&bytes).err(),
                Ok(Some(Err(error))) => return Some(self.end(Some(error))),
                Ok(None) => {
                    let last = self.decoder.finish();
                    self.broken = last.and_then(|event| self.event(&event).err());
                    if self.ready.is_empty() && self.broken.is_none() {
                        return Some(self.end(None));
                    }
                }
                Err(_) => {
                    let after = if self.last <= self.deadline {
                        self.whole
                    } else {
                        self.patience
                    };
                    return Some(self.end(Some(self.faults.silence(after))));
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.taken += bytes.len();
        if self.taken > ANSWER {
            return Err(self.faults.unavailable("its answer has no end"));
        }
        let mut events = Vec::new();
        self.decoder
            .feed(bytes, &mut events)
            .map_err(|error| self.faults.unavailable(error.to_string()))?;
        for event in &events {
            self.event(event)?;
        }
        if self.answer.end().is_some() {
            self.patience = self.stall.min(FAREWELL);
            self.deadline = Instant::now() + self.patience;
        } else if !self.ready.is_empty() {
            self.patience = self.stall;
            self.deadline = Instant::now() + self.stall;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), ProviderError> {
        let taken = self.answer.take(event, &mut self.ready);
        taken.map_err(|trouble| self.faults.in_stream(&trouble))
    }

    /// The last item. What breaks off after the answer said that it is complete does no harm.
    fn end(&mut self, error: Option<ProviderError>) -> Result<Token, ProviderError> {
        self.over = true;
        match self.answer.end() {
            Some(end) => Ok(end),
            None => Err(error.unwrap_or_else(|| self.faults.unavailable("its answer broke off"))),
        }
    }
}

#[cfg(test)]
pub(super) mod given;
#[cfg(test)]
mod tests;

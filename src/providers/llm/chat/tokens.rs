//! The stream of tokens: bytes in, deadlines kept, one end.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::{Instant, timeout_at};

use super::super::sse::Decoder;
use super::super::{Token, Tokens};
use super::answer::Answer;
use super::{ChatSettings, NAME, ProviderError, unavailable};

/// Longest event in bytes.
const EVENT: usize = 256 * 1024;

/// Longest answer in bytes, comments included.
const ANSWER: usize = 16 * 1024 * 1024;

/// How long an answer that is complete may take to say what it cost.
const FAREWELL: Duration = Duration::from_secs(1);

/// The bytes of a response, with its errors told.
pub(super) type Response = BoxStream<'static, Result<Bytes, ProviderError>>;

/// Reads tokens from a response to what was asked at `asked`. Dropping the stream closes it.
pub(super) fn read(bytes: Response, asked: Instant, settings: &ChatSettings) -> Tokens {
    let reading = Reading {
        bytes,
        decoder: Decoder::new(EVENT),
        answer: Answer::default(),
        ready: VecDeque::new(),
        taken: 0,
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

struct Reading {
    bytes: Response,
    decoder: Decoder,
    answer: Answer,
    ready: VecDeque<Token>,
    taken: usize,
    over: bool,
    stall: Duration,
    /// What `deadline` grants, for the error.
    patience: Duration,
    deadline: Instant,
    whole: Duration,
    last: Instant,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Token, ProviderError>> {
        loop {
            if let Some(token) = self.ready.pop_front() {
                return Some(Ok(token));
            }
            if self.over {
                return None;
            }
            if self.answer.is_closed() {
                return Some(self.end(None));
            }
            let deadline = self.deadline.min(self.last);
            match timeout_at(deadline, self.bytes.next()).await {
                Ok(Some(Ok(bytes))) => {
                    if let Err(error) = self.take(&bytes) {
                        self.over = true;
                        return Some(Err(error));
                    }
                }
                Ok(Some(Err(error))) => return Some(self.end(Some(error))),
                Ok(None) => {
                    if let Some(event) = self.decoder.finish()
                        && let Err(error) = self.answer.take(&event.data, &mut self.ready)
                    {
                        self.over = true;
                        return Some(Err(error));
                    }
                    if self.ready.is_empty() {
                        return Some(self.end(None));
                    }
                }
                Err(_) => {
                    let after = if self.last <= self.deadline {
                        self.whole
                    } else {
                        self.patience
                    };
                    let engine = NAME.to_owned();
                    return Some(self.end(Some(ProviderError::TimedOut { engine, after })));
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.taken += bytes.len();
        if self.taken > ANSWER {
            return Err(unavailable("its answer has no end"));
        }
        let mut events = Vec::new();
        self.decoder
            .feed(bytes, &mut events)
            .map_err(|error| unavailable(error.to_string()))?;
        for event in &events {
            self.answer.take(&event.data, &mut self.ready)?;
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

    /// The last item. What breaks off after the answer said that it is complete does no harm.
    fn end(&mut self, error: Option<ProviderError>) -> Result<Token, ProviderError> {
        self.over = true;
        match self.answer.end() {
            Some(end) => Ok(end),
            None => Err(error.unwrap_or_else(|| unavailable("its answer broke off"))),
        }
    }
}

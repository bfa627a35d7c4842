//! The task that listens through a vendor for one session: it carries messages between the
//! session, the ear and the connection, and makes the connection again when it breaks.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, pending};
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::ahead::{self, Pool};
use super::budget::{Budget, Due};
use super::ear::Ear;
use super::link::Link;
use super::sending::Outgoing;
use super::wire::{Said, Vendor};
use crate::providers::ProviderError;
use crate::providers::socket::rejected;
use crate::providers::stt::{ListenInput, ListenOutput, ListenRequest, Listening, QUEUE};

/// How long the vendor's last words are waited for when the session is over.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Later than any session lasts.
const FAR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Opens a stream, from what was opened ahead if there is something.
///
/// # Errors
/// As [`Link::open`].
pub(super) async fn open(
    vendor: Arc<dyn Vendor>,
    request: ListenRequest,
    ahead: &Pool,
) -> Result<Listening, ProviderError> {
    let link = ahead::link(ahead, &*vendor, &request).await?;
    let (input, inputs) = mpsc::channel(QUEUE);
    let (outputs, output) = mpsc::channel(QUEUE);
    let budget = Budget::new(request.has_stand_in);
    let now = Instant::now();
    let mut ear = Ear::new(vendor.habits(), now);
    ear.connected(now);
    let session = Session {
        vendor,
        request,
        inputs,
        outputs,
        ear,
        line: Line::Up(Box::new(link)),
        budget,
        said: Vec::new(),
    };
    tokio::spawn(session.run());
    Ok(Listening { input, output })
}

struct Session {
    vendor: Arc<dyn Vendor>,
    request: ListenRequest,
    inputs: mpsc::Receiver<ListenInput>,
    outputs: mpsc::Sender<ListenOutput>,
    ear: Ear,
    line: Line,
    budget: Budget,
    said: Vec<Said>,
}

/// The connection, or the attempt to make it.
enum Line {
    Up(Box<Link>),
    Down(BoxFuture<'static, Result<Box<Link>, ProviderError>>),
}

/// What happened first.
enum Step {
    Input(Option<ListenInput>),
    Heard(Result<(), ProviderError>),
    Connected(Result<Box<Link>, ProviderError>),
    Time,
    Abandoned,
}

impl Session {
    async fn run(mut self) {
        match self.listen().await {
            Ok(()) => self.finish().await,
            Err(error) => {
                // Whoever opened the stream may be gone as well.
                let _ = self.outputs.send(ListenOutput::Lost { error }).await;
            }
        }
    }

    /// Listens until the session is over.
    async fn listen(&mut self) -> Result<(), ProviderError> {
        loop {
            if let Err(error) = self.send_due().await {
                self.broke(error)?;
            }
            let now = Instant::now();
            self.ear.review(now);
            while let Some(output) = self.ear.output() {
                if self.outputs.send(output).await.is_err() {
                    return Ok(());
                }
            }
            if self.ear.mute {
                return Err(self.mute());
            }
            if self.ear.is_dead(now) {
                let engine = self.vendor.info().name;
                let after = self.vendor.habits().alive;
                self.broke(ProviderError::TimedOut { engine, after })?;
            }
            let due = match (self.ear.segments.awaited(), self.ear.words_are_due()) {
                (true, _) => Due::Now,
                (false, true) => Due::Soon,
                (false, false) => Due::Never,
            };
            let hurry = self.budget.hurry(due, Instant::now())?;
            match self.step(hurry).await {
                Step::Input(Some(input)) => self.ear.input(input),
                Step::Input(None) | Step::Abandoned => return Ok(()),
                Step::Heard(Ok(())) => {
                    self.hear();
                    // However much the vendor says, sound goes on to it.
                    match self.ear.has_room().then(|| self.inputs.try_recv()) {
                        Some(Ok(input)) => self.ear.input(input),
                        Some(Err(TryRecvError::Disconnected)) => return Ok(()),
                        Some(Err(TryRecvError::Empty)) | None => {}
                    }
                }
                Step::Heard(Err(error)) => {
                    self.hear();
                    self.broke(error)?;
                }
                Step::Connected(Ok(link)) => {
                    self.line = Line::Up(link);
                    self.budget.connected();
                    self.ear.connected(Instant::now());
                }
                Step::Connected(Err(error)) => {
                    let wait = self.budget.failed(error, Instant::now())?;
                    self.dial(wait);
                }
                Step::Time => {}
            }
        }
    }

    async fn step(&mut self, hurry: Option<Instant>) -> Step {
        let deadline = self.ear.deadline().into_iter().chain(hurry).min();
        let deadline = deadline.unwrap_or_else(|| Instant::now() + FAR);
        let has_room = self.ear.has_room();
        let (line, said) = (&mut self.line, &mut self.said);
        tokio::select! {
            // A sign of life that has come counts before the time in which it had to.
            biased;
            step = async {
                match line {
                    Line::Up(link) => Step::Heard(link.next(said).await),
                    Line::Down(attempt) => Step::Connected(attempt.await),
                }
            } => step,
            input = self.inputs.recv(), if has_room => Step::Input(input),
            () = self.outputs.closed() => Step::Abandoned,
            () = sleep_until(deadline) => Step::Time,
        }
    }

    /// Takes in what the vendor said.
    fn hear(&mut self) {
        self.ear.heard = Instant::now();
        for said in self.said.drain(..) {
            self.ear.said(said);
        }
    }

    /// Sends what is due.
    async fn send_due(&mut self) -> Result<(), ProviderError> {
        let Line::Up(link) = &mut self.line else {
            return Ok(());
        };
        while let Some(outgoing) = self.ear.next(Instant::now()) {
            match outgoing {
                Outgoing::Audio(samples) => link.audio(&samples).await?,
                Outgoing::Silence(samples) => link.silence(samples).await?,
                Outgoing::Flush(ping) => link.flush(ping).await?,
                Outgoing::Forget => {
                    if link.forget().await? {
                        self.ear.flushes.forget();
                    } else {
                        self.ear.flushed_instead();
                    }
                }
                Outgoing::KeepAlive => link.keep_alive().await?,
                Outgoing::Ping(ping) => link.ping(ping).await?,
            }
        }
        Ok(())
    }

    /// The connection is gone: another is made, if that is of any use.
    fn broke(&mut self, error: ProviderError) -> Result<(), ProviderError> {
        tracing::info!(%error, "a recogniser's connection broke");
        self.hang_up(&error);
        self.ear.disconnected();
        let awaited = self.ear.segments.awaited();
        let wait = self.budget.broke(error, awaited, Instant::now())?;
        self.dial(wait);
        Ok(())
    }

    /// The vendor takes sound and says nothing of it: another connection would not help in time.
    /// One that says nothing of noise may be right, and as good as ever for other sessions.
    fn mute(&mut self) -> ProviderError {
        let (engine, habits) = (self.vendor.info().name, self.vendor.habits());
        let error = if habits.confirms {
            let after = habits.late;
            ProviderError::TimedOut { engine, after }
        } else {
            rejected(&engine, "it finds no words in what was said".to_owned())
        };
        self.hang_up(&error);
        error
    }

    /// The connection is of no use any more because of this.
    fn hang_up(&mut self, error: &ProviderError) {
        if let Some(link) = self.take_link() {
            link.broke(error);
        }
    }

    /// The connection, if one stands, which is the session's no more.
    fn take_link(&mut self) -> Option<Box<Link>> {
        match std::mem::replace(&mut self.line, Line::Down(pending().boxed())) {
            Line::Up(link) => Some(link),
            Line::Down(_) => None,
        }
    }

    fn dial(&mut self, wait: Duration) {
        let (vendor, request) = (self.vendor.clone(), self.request.clone());
        let attempt = async move {
            sleep(wait).await;
            Link::open(&*vendor, &request, None).await.map(Box::new)
        };
        self.line = Line::Down(attempt.boxed());
    }

    /// The session is over: the vendor is told, gives its last words, and closes.
    async fn finish(mut self) {
        let Some(mut link) = self.take_link() else {
            return;
        };
        link.complete();
        let until = Instant::now() + LAST_WORDS;
        let mut ended = link.finish().await.is_err();
        while !ended {
            let heard = timeout_at(until, link.next(&mut self.said)).await;
            ended = !matches!(heard, Ok(Ok(()))) || self.said.contains(&Said::Over);
            for said in self.said.drain(..) {
                self.ear.said(said);
            }
            self.ear.review(Instant::now());
            ended |= !self.tell();
        }
        self.ear.wind_up();
        self.tell();
        // Nobody waits for the rest.
        drop(self.outputs);
        link.close().await;
    }

    /// Passes on what there is for the session, unless it takes no more. Whether anybody listens.
    fn tell(&mut self) -> bool {
        while let Some(output) = self.ear.output() {
            // Without a segment to be answered, nobody waits for it.
            if self.outputs.try_send(output).is_err() {
                return !self.outputs.is_closed();
            }
        }
        true
    }
}

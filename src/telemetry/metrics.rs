//! Every metric by name, in the text format of Prometheus.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use super::{calls, described};

pub(super) const TURN_STAGE: &str = "praxiloom_turn_stage_seconds";
pub(super) const TURN_LATENCY: &str = "praxiloom_turn_latency_seconds";
pub(super) const LIVE: &str = "praxiloom_sessions_live";
pub(super) const SESSIONS: &str = "praxiloom_sessions_total";
pub(super) const SESSION_LENGTH: &str = "praxiloom_session_seconds";
pub(super) const TURNS: &str = "praxiloom_turns_total";
pub(super) const INTERRUPTIONS: &str = "praxiloom_interruptions_total";
pub(super) const ERRORS: &str = "praxiloom_errors_total";
pub(super) const RECORDINGS_STOPPED: &str = "praxiloom_recordings_stopped_total";
pub(super) const ARCHIVE_QUEUE: &str = "praxiloom_archive_queue";
pub(super) const ARCHIVE_BATCH: &str = "praxiloom_archive_batch_seconds";
pub(super) const STRAINED: &str = "praxiloom_strained";
pub(super) const REQUESTS: &str = "praxiloom_http_requests_total";

/// From a millisecond, the server's own overhead, to the patience of a coach.
const TURN_BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0,
];
/// From a false start to an hour.
const LENGTH_BUCKETS: &[f64] = &[
    5.0, 30.0, 60.0, 300.0, 600.0, 1200.0, 1800.0, 2700.0, 3600.0,
];
/// From the kernel's memory to a disk that hangs.
const BATCH_BUCKETS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0,
];

pub(super) const METADATA: Metadata<'static> = Metadata::new("praxiloom", Level::INFO, None);

/// What carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Events and audio over one WebSocket.
    WebSocket,
    /// Opus over RTP, events over a data channel.
    WebRtc,
}

impl Transport {
    /// Its name in metrics and in the record of sessions.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::WebRtc => "webrtc",
        }
    }
}

/// The stages of an answer, each measured from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// From the end of speech to the decision that the turn is over.
    TurnDecided,
    /// From there to the language model's first token.
    FirstToken,
    /// From there to the first sound of the voice.
    FirstAudio,
    /// How long the client then still thought, where it did.
    Thinking,
    /// From the first sound to the first packet with it on the wire, without the thinking.
    FirstPacket,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Self; 5] = [
        Self::TurnDecided,
        Self::FirstToken,
        Self::FirstAudio,
        Self::Thinking,
        Self::FirstPacket,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TurnDecided => "turn_decided",
            Self::FirstToken => "first_token",
            Self::FirstAudio => "first_audio",
            Self::Thinking => "thinking",
            Self::FirstPacket => "first_packet",
        }
    }
}

/// The server's metrics. Clones share them; two servers in one process do not.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    recorder: PrometheusRecorder,
    stages: [Histogram; 5],
    websocket: Carried,
    webrtc: Carried,
    interruptions: Counter,
    archive_queue: Gauge,
    archive_batch: Histogram,
    strained: Gauge,
}

/// What is counted per transport; looked up once, so that a turn only adds numbers.
struct Carried {
    latency: Histogram,
    live: Gauge,
    sessions: Counter,
    length: Histogram,
    turns: Counter,
}

impl Metrics {
    /// Empty metrics.
    #[must_use]
    pub fn new() -> Self {
        let buckets = [
            (TURN_STAGE, TURN_BUCKETS),
            (TURN_LATENCY, TURN_BUCKETS),
            (calls::OPENING, TURN_BUCKETS),
            (calls::ANSWER, TURN_BUCKETS),
            (calls::WHOLE, TURN_BUCKETS),
            (SESSION_LENGTH, LENGTH_BUCKETS),
            (ARCHIVE_BATCH, BATCH_BUCKETS),
        ];
        let builder = buckets
            .iter()
            .fold(PrometheusBuilder::new(), |builder, (name, values)| {
                // Fails only for an empty list of buckets, and leaves quantiles in their place.
                builder
                    .set_buckets_for_metric(Matcher::Full((*name).to_owned()), values)
                    .unwrap_or_default()
            });
        let recorder = builder.build_recorder();
        described::describe(&recorder);
        let stages =
            Stage::ALL.map(|stage| histogram(&recorder, TURN_STAGE, &[("stage", stage.name())]));
        let interruptions = counter(&recorder, INTERRUPTIONS, &[]);
        Self(Arc::new(Inner {
            stages,
            websocket: Carried::new(&recorder, Transport::WebSocket),
            webrtc: Carried::new(&recorder, Transport::WebRtc),
            interruptions,
            archive_queue: recorder.register_gauge(&Key::from_name(ARCHIVE_QUEUE), &METADATA),
            archive_batch: histogram(&recorder, ARCHIVE_BATCH, &[]),
            strained: recorder.register_gauge(&Key::from_name(STRAINED), &METADATA),
            recorder,
        }))
    }

    /// Everything in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.recorder.handle().render()
    }

    /// Folds what was recorded into its buckets; to be called every few seconds, since without a
    /// scrape the samples would pile up.
    pub fn upkeep(&self) {
        self.0.recorder.handle().run_upkeep();
    }

    /// A session began. It counts as live until the value is dropped.
    pub fn session(&self, transport: Transport) -> LiveSession {
        let carried = self.carried(transport);
        carried.live.increment(1.0);
        carried.sessions.increment(1);
        LiveSession {
            metrics: self.clone(),
            transport,
        }
    }

    /// How long a stage of an answer took.
    pub fn stage(&self, stage: Stage, took: Duration) {
        self.0.stages[stage as usize].record(took.as_secs_f64());
    }

    /// A turn was answered: from the end of speech to the first packet on the wire.
    pub fn turn(&self, transport: Transport, took: Duration) {
        let carried = self.carried(transport);
        carried.turns.increment(1);
        carried.latency.record(took.as_secs_f64());
    }

    /// The coach interrupted the client.
    pub fn interruption(&self) {
        self.0.interruptions.increment(1);
    }

    /// The recording of a session ended before the session did.
    pub fn recording_stopped(&self, reason: &'static str) {
        counter(&self.0.recorder, RECORDINGS_STOPPED, &[("reason", reason)]).increment(1);
    }

    /// How many batches of recordings wait for the disk.
    pub fn archive_queue(&self, waiting: usize) {
        self.0.archive_queue.set(waiting as f64);
    }

    /// How long the disk took for a batch.
    pub fn archive_batch(&self, took: Duration) {
        self.0.archive_batch.record(took.as_secs_f64());
    }

    /// Whether voices are encoded with less effort, because the machine is behind.
    pub fn strained(&self, is_so: bool) {
        self.0.strained.set(f64::from(u8::from(is_so)));
    }

    /// Something failed; `place` is the room or engine, never a message.
    pub fn error(&self, place: &'static str) {
        counter(&self.0.recorder, ERRORS, &[("place", place)]).increment(1);
    }

    /// An HTTP request was answered; `route` is the pattern, never the path.
    pub fn request(&self, route: &str, status: u16) {
        let labels = vec![
            Label::new("route", route.to_owned()),
            Label::new("status", status.to_string()),
        ];
        let key = Key::from_parts(REQUESTS, labels);
        self.0
            .recorder
            .register_counter(&key, &METADATA)
            .increment(1);
    }

    pub(super) fn recorder(&self) -> &PrometheusRecorder {
        &self.0.recorder
    }

    fn carried(&self, transport: Transport) -> &Carried {
        match transport {
            Transport::WebSocket => &self.0.websocket,
            Transport::WebRtc => &self.0.webrtc,
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Counts a session as live for as long as it is held.
#[derive(Debug)]
#[must_use = "the session counts as live until this is dropped"]
pub struct LiveSession {
    metrics: Metrics,
    transport: Transport,
}

impl LiveSession {
    /// The session ended after this long.
    pub fn ended_after(self, length: Duration) {
        self.metrics
            .carried(self.transport)
            .length
            .record(length.as_secs_f64());
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.metrics.carried(self.transport).live.decrement(1.0);
    }
}

impl Carried {
    fn new(recorder: &PrometheusRecorder, transport: Transport) -> Self {
        let labels = [("transport", transport.name())];
        let key = Key::from_parts(LIVE, &labels);
        let live = recorder.register_gauge(&key, &METADATA);
        live.set(0.0);
        Self {
            live,
            latency: histogram(recorder, TURN_LATENCY, &labels),
            sessions: counter(recorder, SESSIONS, &labels),
            length: histogram(recorder, SESSION_LENGTH, &labels),
            turns: counter(recorder, TURNS, &labels),
        }
    }
}

type Labels<'a> = &'a [(&'static str, &'static str)];

fn counter(recorder: &PrometheusRecorder, name: &'static str, labels: Labels<'_>) -> Counter {
    recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
}

fn histogram(recorder: &PrometheusRecorder, name: &'static str, labels: Labels<'_>) -> Histogram {
    recorder.register_histogram(&Key::from_parts(name, labels), &METADATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_lands_in_its_buckets() {
        let metrics = Metrics::new();
        metrics.stage(Stage::FirstToken, Duration::from_millis(7));
        metrics.turn(Transport::WebRtc, Duration::from_millis(400));
        metrics.upkeep();
        let text = metrics.render();
        for line in [
            "# TYPE praxiloom_turn_stage_seconds histogram",
            "praxiloom_turn_stage_seconds_bucket{stage=\"first_token\",le=\"0.005\"} 0",
            "praxiloom_turn_stage_seconds_bucket{stage=\"first_token\",le=\"0.01\"} 1",
            "praxiloom_turn_latency_seconds_count{transport=\"webrtc\"} 1",
            "praxiloom_turns_total{transport=\"webrtc\"} 1",
        ] {
            assert!(text.contains(line), "no `{line}` in:\n{text}");
        }
    }

    #[test]
    fn a_session_is_live_until_it_ends() {
        let metrics = Metrics::new();
        let session = metrics.session(Transport::WebSocket);
        assert!(
            metrics
                .render()
                .contains("praxiloom_sessions_live{transport=\"websocket\"} 1")
        );
        session.ended_after(Duration::from_secs(61));
        let text = metrics.render();
        assert!(
            text.contains("praxiloom_sessions_live{transport=\"websocket\"} 0"),
            "{text}"
        );
        assert!(
            text.contains("praxiloom_sessions_total{transport=\"websocket\"} 1"),
            "{text}"
        );
        assert!(text.contains("praxiloom_session_seconds_count{transport=\"websocket\"} 1"));
    }

    #[test]
    fn everything_on_the_page_says_what_it_is() {
        let metrics = Metrics::new();
        metrics.error("stt");
        metrics.request("/health", 200);
        metrics.interruption();
        metrics.recording_stopped("disk_full");
        let text = metrics.render();
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            assert!(
                text.contains(&format!("# HELP {name} ")),
                "{name} has no help"
            );
        }
        assert!(text.contains("praxiloom_http_requests_total{route=\"/health\",status=\"200\"} 1"));
    }

    #[test]
    fn two_servers_count_apart() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.turn(Transport::WebSocket, Duration::ZERO);
        assert!(
            other
                .render()
                .contains("praxiloom_turns_total{transport=\"websocket\"} 0")
        );
    }
}

//! What each metric says, for whoever reads `/metrics`.

use metrics::{KeyName, Recorder, Unit};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::calls;
use super::metrics::{
    ARCHIVE_BATCH, ARCHIVE_QUEUE, ERRORS, INTERRUPTIONS, LIVE, RECORDINGS_STOPPED, REQUESTS,
    SESSION_LENGTH, SESSIONS, STRAINED, TURN_LATENCY, TURN_STAGE, TURNS,
};

/// Gives every metric its line of help.
pub(super) fn describe(recorder: &PrometheusRecorder) {
    let histogram = |name: &'static str, help: &'static str| {
        recorder.describe_histogram(KeyName::from(name), Some(Unit::Seconds), help.into());
    };
    let counter = |name: &'static str, help: &'static str| {
        recorder.describe_counter(KeyName::from(name), None, help.into());
    };
    histogram(
        TURN_STAGE,
        "Time each stage of an answer took after the one before it.",
    );
    histogram(
        TURN_LATENCY,
        "From the end of speech to the first packet of the answer.",
    );
    histogram(
        calls::OPENING,
        "Time until an engine's connection stood, or it took a request.",
    );
    histogram(
        calls::ANSWER,
        "From the end of a segment to its words, from a question to the first token, or from a \
            sentence to its first sound.",
    );
    histogram(
        calls::WHOLE,
        "Time a call to an engine took from its beginning to its end.",
    );
    histogram(SESSION_LENGTH, "Length of ended sessions.");
    histogram(
        ARCHIVE_BATCH,
        "Time the disk took for a batch of a recording.",
    );
    counter(
        RECORDINGS_STOPPED,
        "Recordings that ended before their session, by reason.",
    );
    counter(
        calls::FAILURES,
        "Calls to an engine that failed, by reason.",
    );
    counter(
        calls::AMOUNT,
        "What an engine was given and gave: sound, characters, tokens.",
    );
    counter(
        calls::COST,
        "Cost of calls by the rates that are set, in millionths of the currency.",
    );
    counter(SESSIONS, "Sessions begun.");
    counter(TURNS, "Turns answered.");
    counter(INTERRUPTIONS, "Times the coach interrupted the client.");
    counter(
        ERRORS,
        "Failures by the room or engine where they happened.",
    );
    counter(REQUESTS, "HTTP requests answered, by route and status.");
    let gauge = |name: &'static str, help: &'static str| {
        recorder.describe_gauge(KeyName::from(name), None, help.into());
    };
    gauge(LIVE, "Sessions going on now.");
    gauge(
        ARCHIVE_QUEUE,
        "Batches of recordings that wait for the disk.",
    );
    gauge(
        STRAINED,
        "1 while voices over WebRTC are encoded with less effort, since the machine is behind.",
    );
}

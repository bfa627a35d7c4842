//! What a run under load gave, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::tally::Tally;
use super::watch::Seen;
use crate::client::Carrier;
use crate::report::Table;
use crate::stats::Series;

/// What one run gave.
#[derive(Clone, Debug)]
pub struct Run {
    /// What carried the sessions.
    pub carrier: Carrier,
    /// How many were wanted.
    pub sessions: usize,
    /// How many were live at the end.
    pub live: usize,
    /// How long was counted.
    pub lasted: Duration,
    /// What was counted.
    pub tally: Tally,
    /// How long connecting took, in milliseconds.
    pub connected: Series,
    /// CPU of the load itself, 1 for a whole core.
    pub own_cpu: f64,
    /// What was seen of the server's process.
    pub server: Option<Seen>,
}

impl Run {
    /// CPU of the server per session, in percent of a core.
    #[must_use]
    pub fn cpu_percent(&self) -> Option<f64> {
        let seen = self.server.as_ref()?;
        Some(seen.cpu * 100.0 / self.live.max(1) as f64)
    }

    /// Memory of the server per session, in megabytes, above what it had without any.
    #[must_use]
    pub fn memory_mb(&self) -> Option<f64> {
        let seen = self.server.as_ref()?;
        let grown = seen.resident.saturating_sub(seen.before?);
        Some(grown as f64 / 1024.0 / self.live.max(1) as f64)
    }

    fn answers_per_minute(&self) -> f64 {
        self.tally.answers.max(1) as f64 * 60.0 / self.lasted.as_secs_f64().max(1.0)
    }

    /// Tables in Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            tally,
            live,
            sessions,
            ..
        } = self;
        let mut table = Table::new();
        table.row("end of speech → first sound", tally.latency.clone());
        table.row(
            "the same beyond the configured delays",
            tally.overhead.clone(),
        );
        table.row(
            "interruption: first sample → told of the decision",
            tally.decision.clone(),
        );
        table.row(
            "interruption: first sample → last packet with sound",
            tally.stop.clone(),
        );
        table.row(
            "interruption: told of the decision → last packet with sound",
            tally.after_decision.clone(),
        );
        table.row("connecting", self.connected.clone());
        let frames = &tally.frames;
        let mut text = format!(
            "\n## {}: {live} of {sessions} sessions live, {:.0} s\n\n{table}\n",
            self.carrier.name(),
            self.lasted.as_secs_f64()
        );
        let _ = writeln!(
            text,
            "frames of answers: {} received, {} late, {} lost ({:.3} %); {} gaps, the longest {} ms",
            frames.received,
            frames.late,
            frames.lost,
            tally.missed() * 100.0,
            frames.gaps,
            frames.longest_gap.as_millis(),
        );
        let _ = writeln!(
            text,
            "answers {}, interruptions {}, talked over {}, begun too early {}, missing {}, errors {:?}",
            tally.answers,
            tally.barge_ins,
            tally.talked_over,
            tally.too_early,
            tally.unanswered,
            tally.errors,
        );
        if let (Some(seen), Some(cpu)) = (&self.server, self.cpu_percent()) {
            let memory = self.memory_mb().map_or_else(String::new, |memory| {
                format!(", {memory:.2} MB per session above what it had without any")
            });
            let _ = writeln!(
                text,
                "server: {:.1} % of a core, {cpu:.2} % per session; {:.1} MB resident{memory}",
                seen.cpu * 100.0,
                seen.resident as f64 / 1024.0,
            );
            if let Some(growth) = seen.growth {
                let each = growth.per_minute * 1024.0 / self.answers_per_minute();
                let _ = writeln!(
                    text,
                    "its memory changes by {:+.1} ± {:.1} kB a minute ({} samples, 95 %), {each:+.0} bytes an answer",
                    growth.per_minute, growth.uncertainty, growth.samples,
                );
            }
            if let Some(late) = seen.late {
                let _ = writeln!(
                    text,
                    "in the second half by {:+.1} ± {:.1} kB a minute: {:+.2} % in ten minutes",
                    late.per_minute,
                    late.uncertainty,
                    late.percent(),
                );
            }
            if let Some((wait, after)) = seen.after {
                let _ = writeln!(
                    text,
                    "{} s after the last session had ended: {:.1} MB resident",
                    wait.as_secs(),
                    after as f64 / 1024.0,
                );
            }
        }
        let lag = |share| tally.own_lag.percentile(share).unwrap_or_default();
        let _ = writeln!(
            text,
            "this load: {:.1} % of a core ({:.2} % per session); its frames left {:.1} ms late (p99), {:.1} ms (p99.9)",
            self.own_cpu * 100.0,
            self.own_cpu * 100.0 / (*live).max(1) as f64,
            lag(0.99),
            lag(0.999),
        );
        text
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { tally, .. } = self;
        let frames = &tally.frames;
        let server = self.server.as_ref().map(|seen| {
            json!({
                "cores": seen.cpu,
                "cpu_percent_per_session": self.cpu_percent(),
                "resident_kb": seen.resident,
                "resident_kb_before": seen.before,
                "memory_mb_per_session": self.memory_mb(),
                "growth_kb_per_minute": seen.growth.map(|growth| growth.per_minute),
                "growth_uncertainty": seen.growth.map(|growth| growth.uncertainty),
                "late_growth_kb_per_minute": seen.late.map(|growth| growth.per_minute),
                "late_growth_uncertainty": seen.late.map(|growth| growth.uncertainty),
                "late_growth_percent_in_ten_minutes": seen.late.map(|growth| growth.percent()),
                "resident_kb_after": seen.after.map(|(_, after)| after),
                "samples": seen.samples,
            })
        });
        json!({
            "carrier": self.carrier.name(),
            "sessions": self.sessions,
            "live": self.live,
            "seconds": self.lasted.as_secs_f64(),
            "latency_ms": percentiles(&tally.latency),
            "overhead_ms": percentiles(&tally.overhead),
            "barge_in_decision_ms": percentiles(&tally.decision),
            "barge_in_stop_ms": percentiles(&tally.stop),
            "barge_in_stop_after_decision_ms": percentiles(&tally.after_decision),
            "connect_ms": percentiles(&self.connected),
            "answers": tally.answers,
            "interruptions": tally.barge_ins,
            "talked_over": tally.talked_over,
            "too_early": tally.too_early,
            "unanswered": tally.unanswered,
            "errors": tally.errors,
            "frames": {
                "received": frames.received,
                "late": frames.late,
                "lost": frames.lost,
                "missed_share": tally.missed(),
                "gaps": frames.gaps,
                "longest_gap_ms": frames.longest_gap.as_millis() as u64,
            },
            "server": server,
            "load": {
                "cores": self.own_cpu,
                "lag_p99_ms": tally.own_lag.percentile(0.99),
                "lag_p999_ms": tally.own_lag.percentile(0.999),
            },
        })
    }
}

fn percentiles(series: &Series) -> Value {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| series.percentile(share));
    json!({"n": series.len(), "p50": p50, "p95": p95, "p99": p99, "max": series.max()})
}

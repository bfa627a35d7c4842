//! What the voice path costs per frame of 20 ms, stage by stage, against codec and crypto alone.

pub mod carrier;
pub mod floor;
pub mod stages;

use std::fmt;
use std::time::Instant;

use crate::BenchError;
use crate::counting::allocations;
use crate::stats::Series;

/// Frames before anything is counted: buffers find their size.
const WARM_UP: usize = 100;

/// What one stage costs per frame.
#[derive(Clone, Debug)]
pub struct Cost {
    /// The stage.
    pub name: &'static str,
    /// Microseconds per frame.
    pub times: Series,
    /// Allocations per frame; `None` where they are not seen.
    pub allocations: Option<f64>,
}

impl Cost {
    /// Its mean in microseconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.times.mean().unwrap_or_default()
    }
}

/// Calls a stage once for each frame and times every call. The clock itself takes 20 to 50 ns.
///
/// # Errors
/// As the stage.
pub fn measure(
    name: &'static str,
    frames: usize,
    mut stage: impl FnMut(usize) -> Result<(), BenchError>,
) -> Result<Cost, BenchError> {
    for frame in 0..WARM_UP {
        stage(frame)?;
    }
    let mut times = Vec::with_capacity(frames);
    let before = allocations();
    for frame in WARM_UP..WARM_UP + frames {
        let begun = Instant::now();
        stage(frame)?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let made = (allocations() - before) as f64 / frames as f64;
    Ok(Cost {
        name,
        times: times.into_iter().collect(),
        allocations: Some(made),
    })
}

/// A table of costs, with their sum.
#[derive(Debug)]
pub struct Costs<'a>(pub &'a [Cost]);

impl fmt::Display for Costs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| µs per frame of 20 ms | mean | min | p50 | p95 | p99 | allocations |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for cost in self.0 {
            let at = |share| cost.times.percentile(share).unwrap_or_default();
            let made = cost
                .allocations
                .map_or_else(|| "unseen".to_owned(), |made| format!("{made:.1}"));
            writeln!(
                f,
                "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {made} |",
                cost.name,
                cost.mean(),
                at(0.0),
                at(0.5),
                at(0.95),
                at(0.99),
            )?;
        }
        let sum: f64 = self.0.iter().map(Cost::mean).sum();
        let made: f64 = self.0.iter().filter_map(|cost| cost.allocations).sum();
        writeln!(f, "| **all** | **{sum:.1}** | | | | | **{made:.1}** |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_timed_and_the_first_ones_are_not() {
        let mut seen = Vec::new();
        let cost = measure("stage", 10, |frame| {
            seen.push(frame);
            Ok(())
        });
        assert_eq!(cost.unwrap().times.len(), 10);
        assert_eq!(seen, (0..WARM_UP + 10).collect::<Vec<_>>());
    }

    #[test]
    fn the_table_adds_up() {
        let cost = |name, times: [f64; 2]| Cost {
            name,
            times: times.into_iter().collect(),
            allocations: Some(1.5),
        };
        let text = Costs(&[cost("a", [1.0, 3.0]), cost("b", [4.0, 4.0])]).to_string();
        assert!(
            text.contains("| a | 2.0 | 1.0 | 1.0 | 3.0 | 3.0 | 1.5 |"),
            "{text}"
        );
        assert!(
            text.contains("| **all** | **6.0** | | | | | **3.0** |"),
            "{text}"
        );
    }
}

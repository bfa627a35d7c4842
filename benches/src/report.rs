//! Tables in Markdown, for the terminal and the README alike.

use std::fmt;

use crate::stats::Series;

/// Percentiles of several series, one row each.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<(String, Series)>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row. An empty series says that nothing was measured.
    pub fn row(&mut self, name: impl Into<String>, series: Series) {
        self.rows.push((name.into(), series));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| ms | n | p50 | p95 | p99 | max |\n|---|---|---|---|---|---|"
        )?;
        for (name, series) in &self.rows {
            let cell = |value: Option<f64>| {
                value.map_or_else(|| "none".to_owned(), |value| format!("{value:.1}"))
            };
            let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| cell(series.percentile(share)));
            let (count, max) = (series.len(), cell(series.max()));
            writeln!(f, "| {name} | {count} | {p50} | {p95} | {p99} | {max} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_per_series() {
        let mut table = Table::new();
        table.row("one", [1.0, 2.0].into_iter().collect());
        table.row("nothing", Series::default());
        let text = table.to_string();
        assert!(
            text.contains("| one | 2 | 1.0 | 2.0 | 2.0 | 2.0 |"),
            "{text}"
        );
        assert!(text.contains("| nothing | 0 | none |"), "{text}");
    }
}

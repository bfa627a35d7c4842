//! A series of measurements and its percentiles.

/// Measurements in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds one.
    pub fn push(&mut self, ms: f64) {
        self.0.push(ms);
    }

    /// Adds those of another series.
    pub fn append(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest value that this share of all does not exceed (nearest rank); `None` of none.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied()
    }

    /// The mean; `None` of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }

    /// The largest; `None` of none.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.percentile(1.0)
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_the_nearest_rank() {
        let series: Series = (1..=100).rev().map(f64::from).collect();
        assert_eq!(series.percentile(0.5), Some(50.0));
        assert_eq!(series.percentile(0.95), Some(95.0));
        assert_eq!(series.percentile(0.0), Some(1.0));
        assert_eq!(series.max(), Some(100.0));
        assert_eq!(series.mean(), Some(50.5));
        assert_eq!(Series::default().percentile(0.5), None);
        assert_eq!(Series::default().mean(), None);
    }

    #[test]
    fn values_below_zero_have_their_place() {
        let series: Series = [3.0, -2.0, 1.0].into_iter().collect();
        assert_eq!(series.percentile(0.5), Some(1.0));
        assert_eq!(series.percentile(0.1), Some(-2.0));
    }
}

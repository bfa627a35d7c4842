//! How well two judges agree: hits and misses, and the tallies of whole sessions.

/// Whether something was found and whether it was there, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Found and there.
    pub hits: usize,
    /// Found and not there.
    pub alarms: usize,
    /// There and not found.
    pub misses: usize,
}

impl Hits {
    /// Counts one case.
    pub fn count(&mut self, found: bool, there: bool) {
        self.hits += usize::from(found && there);
        self.alarms += usize::from(found && !there);
        self.misses += usize::from(!found && there);
    }

    /// Of what was found, how much was there.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.hits, self.hits + self.alarms)
    }

    /// Of what was there, how much was found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.hits, self.hits + self.misses)
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, 2 * self.hits + self.alarms + self.misses)
    }
}

impl FromIterator<(bool, bool)> for Hits {
    fn from_iter<I: IntoIterator<Item = (bool, bool)>>(cases: I) -> Self {
        let mut hits = Self::default();
        for (found, there) in cases {
            hits.count(found, there);
        }
        hits
    }
}

/// A share of a whole; 0 of nothing.
#[must_use]
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The intraclass correlation of two judges' numbers, absolute agreement, single judge: ICC(2,1)
/// of Shrout and Fleiss, Psychological Bulletin 86(2), 1979. `None` below two cases, or where
/// nothing varies.
#[must_use]
pub fn intraclass(pairs: &[(f64, f64)]) -> Option<f64> {
    let cases = pairs.len() as f64;
    if pairs.len() < 2 {
        return None;
    }
    let first = pairs.iter().map(|(a, _)| a).sum::<f64>() / cases;
    let second = pairs.iter().map(|(_, b)| b).sum::<f64>() / cases;
    let mean = (first + second) / 2.0;
    let square = |x: f64| x * x;
    let total: f64 = pairs
        .iter()
        .map(|(a, b)| square(a - mean) + square(b - mean))
        .sum();
    let between: f64 = pairs
        .iter()
        .map(|(a, b)| 2.0 * square((a + b) / 2.0 - mean))
        .sum();
    let judges = cases * (square(first - mean) + square(second - mean));
    let rows = between / (cases - 1.0);
    let errors = (total - between - judges) / (cases - 1.0);
    let whole = rows + errors + 2.0 * (judges - errors) / cases;
    (whole > 0.0).then(|| (rows - errors) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_hits() {
        let hits: Hits = [
            (true, true),
            (true, true),
            (true, false),
            (false, true),
            (false, false),
        ]
        .into_iter()
        .collect();
        assert_eq!((hits.hits, hits.alarms, hits.misses), (2, 1, 1));
        assert!((hits.precision() - 2.0 / 3.0).abs() < 1e-9);
        assert!((hits.f1() - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(Hits::default().f1(), 0.0);
    }

    #[test]
    fn judges_who_say_the_same_agree_wholly_and_a_shift_costs() {
        let same = [(1.0, 1.0), (4.0, 4.0), (9.0, 9.0)];
        assert!((intraclass(&same).unwrap() - 1.0).abs() < 1e-9);
        let shifted = same.map(|(a, b)| (a, b + 4.0));
        let icc = intraclass(&shifted).unwrap();
        assert!(icc > 0.5 && icc < 0.9, "{icc}");
        assert!(intraclass(&[(1.0, 9.0), (9.0, 1.0), (5.0, 5.0)]).unwrap() < 0.0);
        assert_eq!(intraclass(&[(1.0, 1.0)]), None);
        assert_eq!(intraclass(&[(1.0, 1.0); 3]), None);
    }
}

//! The one place that reads the time of day.

//! The samples that criterion asked for, kept to make ratios of.

use std::{collections::HashMap, time::Duration};

use crate::report;

/// Nanoseconds a call, by bench, in the order they were taken.
#[derive(Default)]
pub(crate) struct Samples(HashMap<&'static str, Vec<f64>>);

impl Samples {
    /// Notes that `calls` calls took `took`.
    pub(crate) fn add(&mut self, name: &'static str, calls: u64, took: Duration) {
        self.0.entry(name).or_default().push(took.as_nanos() as f64 / calls as f64);
    }

    /// The median, in nanoseconds; `None` when the bench did not run.
    pub(crate) fn median(&self, name: &str) -> Option<f64> {
        let samples = self.0.get(name)?;
        // criterion warms up first, with far fewer samples than it then measures.
        let measured = samples.iter().skip(samples.len() / 2).copied();
        Some(report::median(measured.collect()))
    }
}

//! Figures of one run, as one JSON object on one line, or as a table for people.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value};

use crate::fleet::Nanos;
use crate::measured::Cpu;

/// What one run found, by name.
#[derive(Debug, Default)]
pub struct Report {
    figures: Map<String, Value>,
}

impl Report {
    /// Nothing found yet about `workload`.
    pub fn new(workload: &str) -> Self {
        let mut report = Self::default();
        report.text("workload", workload);
        report
    }

    /// A word.
    pub fn text(&mut self, name: &str, value: &str) {
        self.figures.insert(name.to_owned(), value.into());
    }

    /// A count.
    pub fn count(&mut self, name: &str, value: u64) {
        self.figures.insert(name.to_owned(), value.into());
    }

    /// A measure, with three digits behind the point.
    pub fn measure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), ((value * 1000.0).round() / 1000.0).into());
    }

    /// The percentiles of latencies, in milliseconds.
    pub fn latencies(&mut self, name: &str, latencies: &Latencies) {
        for (suffix, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
            self.measure(&format!("{name}_{suffix}_ms"), latencies.quantile_ms(quantile));
        }
    }

    /// What the processes used for `million` millions of something.
    pub fn cpu(&mut self, cpu: Cpu, took: Duration, millions: f64) {
        let took = took.as_secs_f64();
        let seconds = |nanos: u64| Duration::from_nanos(nanos).as_secs_f64();
        let parts = [("server", cpu.server), ("journal", cpu.journal), ("database", cpu.database), ("load", cpu.load)];
        for (name, nanos) in parts {
            self.measure(&format!("{name}_cpu_percent"), seconds(nanos) / took * 100.0);
            if millions > 0.0 {
                self.measure(&format!("{name}_cpu_s_per_million"), seconds(nanos) / millions);
            }
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.figures.clone()).to_string()
    }

    /// One figure a line.
    pub fn to_table(&self) -> String {
        let width = self.figures.keys().map(String::len).max().unwrap_or(0);
        self.figures.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
    }
}

/// A histogram of latencies: three digits, from 100 ns to a minute and a half.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// Nothing recorded.
    pub fn new() -> Self {
        // The bounds are constants that the type accepts.
        Self(Histogram::new_with_bounds(100, 100_000_000_000, 3).expect("sensible bounds"))
    }

    /// Records one, clamped to the bounds.
    pub fn record(&mut self, nanos: Nanos) {
        self.0.saturating_record(nanos);
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// A quantile in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e6
    }
}

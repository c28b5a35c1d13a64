//! The page that is scraped.
//!
//! Specification: Prometheus, "Exposition formats", text format 0.0.4.

use std::fmt::Write;

use super::counts::Scrape;
use super::meter::{BUCKET_MICROS, Times};
use super::table::{Label, METRICS, Metric, Sample, Samples};

/// The page's type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const MICROS_PER_SECOND: f64 = 1_000_000.0;

/// The whole page.
pub fn page(scrape: &Scrape<'_>) -> String {
    let mut page = String::with_capacity(32 * 1024);
    for metric in METRICS {
        write_metric(&mut page, metric, scrape);
    }
    page
}

fn write_metric(page: &mut String, metric: &Metric, scrape: &Scrape<'_>) {
    let mut samples = Samples::default();
    (metric.read)(scrape, &mut samples);
    if samples.0.is_empty() {
        return;
    }
    // Writing to a String never fails.
    let _ = writeln!(page, "# HELP {0} {1}\n# TYPE {0} {2}", metric.name, metric.help, metric.kind.word());
    for (label, sample) in samples.0 {
        let labels = braced(label, None);
        let _ = match sample {
            Sample::Number(number) => writeln!(page, "{}{labels} {number}", metric.name),
            Sample::Fraction(number) => writeln!(page, "{}{labels} {number}", metric.name),
            Sample::Times(times) => {
                write_times(page, metric.name, label, &times);
                Ok(())
            }
        };
    }
}

fn write_times(page: &mut String, name: &str, label: Option<Label>, times: &Times) {
    let mut count = 0;
    for (in_bucket, bound) in times.buckets.iter().zip(BUCKET_MICROS) {
        count += in_bucket;
        let labels = braced(label, Some(&(bound as f64 / MICROS_PER_SECOND).to_string()));
        let _ = writeln!(page, "{name}_bucket{labels} {count}");
    }
    let (all, labels) = (times.count(), braced(label, None));
    let _ = writeln!(page, "{name}_bucket{} {all}", braced(label, Some("+Inf")));
    let _ = writeln!(page, "{name}_sum{labels} {}", times.micros as f64 / MICROS_PER_SECOND);
    let _ = writeln!(page, "{name}_count{labels} {all}");
}

/// The labels in braces. Their values are words of our own tables: there is nothing to escape.
fn braced(label: Option<Label>, bound: Option<&str>) -> String {
    let label = label.map(|(name, value)| format!("{name}=\"{value}\""));
    let bound = bound.map(|bound| format!("le=\"{bound}\""));
    match [label, bound].into_iter().flatten().collect::<Vec<_>>().join(",") {
        none if none.is_empty() => none,
        labels => format!("{{{labels}}}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::counts::{Inspection, Metrics};
    use super::*;

    #[test]
    fn a_page_says_everything_in_the_format() {
        let metrics = Metrics::default();
        metrics.accepted("tls").add_one();
        metrics.commits.observe(Duration::from_millis(3));
        metrics.login("password").observe(Duration::from_secs(60));
        let page = page(&Scrape { metrics: &metrics, inspection: Some(Inspection::default()), process: None });
        for line in [
            "# TYPE chat_server_connections_total counter",
            "chat_server_connections_total{transport=\"tls\"} 1",
            "chat_server_commit_seconds_bucket{le=\"0.0025\"} 0",
            "chat_server_commit_seconds_bucket{le=\"0.005\"} 1",
            "chat_server_commit_seconds_bucket{le=\"+Inf\"} 1",
            "chat_server_commit_seconds_sum 0.003",
            "chat_server_commit_seconds_count 1",
            "chat_server_login_seconds_bucket{by=\"password\",le=\"10\"} 0",
            "chat_server_login_seconds_bucket{by=\"password\",le=\"+Inf\"} 1",
            "chat_server_sessions{kind=\"guest\"} 0",
            "chat_server_up 1",
        ] {
            assert!(page.lines().any(|known| known == line), "{line} is missing:\n{page}");
        }
        assert!(page.ends_with('\n') && !page.contains("\n\n"));
    }

    #[test]
    fn a_hub_that_does_not_answer_leaves_its_metrics_out() {
        let metrics = Metrics::default();
        let page = page(&Scrape { metrics: &metrics, inspection: None, process: None });
        assert!(page.contains("chat_server_up 0\n"));
        assert!(!page.contains("chat_server_lines_total"));
        assert!(page.contains("chat_server_commit_seconds_count 0\n"));
    }
}

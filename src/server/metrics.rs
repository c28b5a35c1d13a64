//! What the server measures of itself, for those who watch it (Prometheus and what reads its format).
//!
//! Counting costs next to nothing where messages flow: the hub counts in plain numbers of its own, which it shows when it
//! is asked ([`Inspection`]); only what happens outside of its task is counted in shared atomics ([`Metrics`]). Nothing
//! here names a person, an address or a text.
//!
//! The metrics are one table (`table`); the page that is scraped, its help texts and the test of the dashboard come from it.

mod counts;
mod meter;
mod page;
mod recent;
mod table;

pub use counts::{HubCounts, Inspection, Metrics, Process, SERVING, Scrape};
pub use page::{CONTENT_TYPE, page};
pub use recent::Latencies;
pub use table::{Kind, METRICS, Metric};

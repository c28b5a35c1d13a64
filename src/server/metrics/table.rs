//! The metrics, one row each. Names follow Prometheus' conventions: a prefix, units in the name, `_total` for counters.

use super::counts::{HubCounts, Inspection, LOGINS, QUERIES, Scrape, TRANSPORTS};
use super::meter::Times;
use crate::chat::census::Census;

/// What kind of metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises while the server runs.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How long things took, in seconds.
    Histogram,
}

impl Kind {
    /// The word in the page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric.
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What it says.
    pub help: &'static str,
    /// Reads its values.
    pub(super) read: fn(&Scrape<'_>, &mut Samples),
}

/// What a metric's row has read.
#[derive(Debug, Default)]
pub(super) struct Samples(pub Vec<(Option<Label>, Sample)>);

/// A label: its name and its value.
pub(super) type Label = (&'static str, &'static str);

/// One value.
#[derive(Debug, PartialEq)]
pub(super) enum Sample {
    Number(u64),
    Fraction(f64),
    Times(Times),
}

impl Samples {
    fn one(&mut self, number: u64) {
        self.0.push((None, Sample::Number(number)));
    }

    fn fraction(&mut self, number: f64) {
        self.0.push((None, Sample::Fraction(number)));
    }

    fn labelled(&mut self, name: &'static str, value: &'static str, number: u64) {
        self.0.push((Some((name, value)), Sample::Number(number)));
    }

    fn times(&mut self, label: Option<Label>, times: Times) {
        self.0.push((label, Sample::Times(times)));
    }

    /// A number of the hub, when it answers.
    fn hub(&mut self, scrape: &Scrape<'_>, number: impl FnOnce(&Inspection) -> u64) {
        if let Some(inspection) = &scrape.inspection {
            self.one(number(inspection));
        }
    }

    /// Several of them, each with its label.
    fn by<'a>(&mut self, name: &'static str, counts: impl Iterator<Item = (&'a &'static str, &'a u64)>) {
        for (value, count) in counts {
            self.labelled(name, value, *count);
        }
    }
}

fn census<'a>(scrape: &'a Scrape<'_>) -> Option<&'a Census> {
    scrape.inspection.as_ref().map(|inspection| &inspection.census)
}

fn counts<'a>(scrape: &'a Scrape<'_>) -> Option<&'a HubCounts> {
    scrape.inspection.as_ref().map(|inspection| &inspection.counts)
}

const fn counter(name: &'static str, help: &'static str, read: fn(&Scrape<'_>, &mut Samples)) -> Metric {
    Metric { name, kind: Kind::Counter, help, read }
}

const fn gauge(name: &'static str, help: &'static str, read: fn(&Scrape<'_>, &mut Samples)) -> Metric {
    Metric { name, kind: Kind::Gauge, help, read }
}

const fn histogram(name: &'static str, help: &'static str, read: fn(&Scrape<'_>, &mut Samples)) -> Metric {
    Metric { name, kind: Kind::Histogram, help, read }
}

/// All metrics.
pub const METRICS: &[Metric] = &[
    gauge("chat_server_up", "1 when the hub answers, 0 when it does not within its time.", |scrape, samples| {
        samples.one(scrape.inspection.is_some().into());
    }),
    gauge(
        "chat_server_ready",
        "1 when people can log in and talk: the record is loaded and the database commits.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.is_ready().into()),
    ),
    // ---- Connections
    counter("chat_server_connections_total", "Connections that were let in.", |scrape, samples| {
        for transport in TRANSPORTS {
            samples.labelled("transport", transport, scrape.metrics.accepted(transport).get());
        }
    }),
    counter(
        "chat_server_connections_turned_away_total",
        "Connections that were turned away because there were too many.",
        |scrape, samples| samples.one(scrape.metrics.turned_away.get()),
    ),
    counter(
        "chat_server_tls_handshakes_failed_total",
        "TLS handshakes that failed or took too long.",
        |scrape, samples| samples.one(scrape.metrics.handshakes_failed.get()),
    ),
    gauge("chat_server_connections", "Open connections.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.connections as u64);
    }),
    gauge("chat_server_sessions", "Connections by who is behind them.", |scrape, samples| {
        let Some(census) = census(scrape) else { return };
        samples.labelled("kind", "account", census.account_sessions as u64);
        samples.labelled("kind", "guest", census.guest_sessions as u64);
        samples.labelled("kind", "operator", census.operator_sessions as u64);
        samples.labelled("kind", "unwelcomed", census.unwelcomed_sessions as u64);
    }),
    gauge("chat_server_accounts_online", "Accounts that have a session.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.census.accounts_online as u64);
    }),
    gauge("chat_server_accounts", "Accounts that are not deleted.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.census.accounts as u64);
    }),
    gauge("chat_server_channels", "Channels.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.census.channels as u64);
    }),
    // ---- Lines
    counter("chat_server_lines_total", "Lines that arrived.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.counts.lines);
    }),
    counter("chat_server_commands_total", "Lines by their command, since the record was loaded.", |scrape, samples| {
        let Some(census) = census(scrape) else { return };
        samples.by("command", census.commands.iter());
    }),
    counter(
        "chat_server_refusals_total",
        "Refusals by their numeric or code, since the record was loaded.",
        |scrape, samples| {
            let Some(census) = census(scrape) else { return };
            samples.by("code", census.refusals.iter());
        },
    ),
    counter(
        "chat_server_filtered_total",
        "Messages that a filter meant, by what became of them; a dry run would have refused them.",
        |scrape, samples| {
            let Some(census) = census(scrape) else { return };
            samples.by("verdict", census.filtered.iter());
        },
    ),
    counter("chat_server_operator_acts_total", "Acts of operators.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.counts.operator_acts);
    }),
    // ---- The record
    counter("chat_server_events_total", "Events that were handed to the journal.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.counts.events);
    }),
    counter(
        "chat_server_duplicates_total",
        "Messages that were not stored because they repeat earlier ones.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.counts.duplicates),
    ),
    counter("chat_server_events_committed_total", "Events in commits that succeeded.", |scrape, samples| {
        samples.one(scrape.metrics.events_committed.get());
    }),
    histogram("chat_server_commit_seconds", "How long commits took, each attempt by itself.", |scrape, samples| {
        samples.times(None, scrape.metrics.commits.times());
    }),
    counter("chat_server_commits_failed_total", "Attempts to commit that failed.", |scrape, samples| {
        samples.one(scrape.metrics.commits_failed.get());
    }),
    histogram(
        "chat_server_query_seconds",
        "How long the database took for everything else, with the wait for a connection.",
        |scrape, samples| {
            for query in QUERIES {
                samples.times(Some(("query", query)), scrape.metrics.query(query).times());
            }
        },
    ),
    counter(
        "chat_server_queries_failed_total",
        "Calls of the database beside commits that failed.",
        |scrape, samples| {
            for query in QUERIES {
                samples.labelled("query", query, scrape.metrics.query_failed(query).get());
            }
        },
    ),
    gauge("chat_server_journal_waiting_events", "Events that wait for their commit.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.journal_waiting);
    }),
    gauge("chat_server_journal_stalled", "1 while nothing can be committed.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.is_stalled.into());
    }),
    gauge(
        "chat_server_spooled_events",
        "Committed events that wait in the spool, because the database is away; 0 without a spool.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.spooled),
    ),
    counter(
        "chat_server_record_reloads_total",
        "How often the record was loaded again because the database had refused an event.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.counts.reloads),
    ),
    // ---- Delivery
    histogram(
        "chat_server_delivery_seconds",
        "From the judgement of an event to its lines in everybody's queue; the commit lies between.",
        |scrape, samples| {
            if let Some(counts) = counts(scrape) {
                samples.times(None, counts.delivery);
            }
        },
    ),
    gauge("chat_server_held_effects", "What is not told yet because its event is not committed.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.held_effects as u64);
    }),
    gauge("chat_server_mailbox_waiting", "Inputs that wait for the hub.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.mailbox as u64);
    }),
    counter(
        "chat_server_pieces_queued_total",
        "Pieces that were queued to connections; a piece holds one line or several.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.counts.pieces),
    ),
    counter("chat_server_bytes_queued_total", "Bytes that were queued to connections.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.counts.piece_bytes);
    }),
    gauge("chat_server_outbox_bytes", "Bytes that wait for their readers, all together.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.outbox_bytes as u64);
    }),
    gauge(
        "chat_server_outbox_largest_bytes",
        "Bytes that wait for the reader who has most waiting.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.outbox_bytes_largest as u64),
    ),
    counter(
        "chat_server_outbox_sheds_total",
        "Pieces (typing, presence) that were left out because their reader is slow.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.counts.sheds),
    ),
    counter(
        "chat_server_sendq_exceeded_total",
        "Connections that were ended because their reader is too slow.",
        |scrape, samples| samples.hub(scrape, |inspection| inspection.counts.sendq_exceeded),
    ),
    // ---- Log-ins
    counter("chat_server_logins_total", "Log-ins by what was given.", |scrape, samples| {
        let Some(counts) = counts(scrape) else { return };
        samples.by("by", counts.logins.iter());
    }),
    counter("chat_server_logins_refused_total", "Refused log-ins by the check that failed.", |scrape, samples| {
        let Some(counts) = counts(scrape) else { return };
        samples.by("check", counts.logins_refused.iter());
    }),
    counter("chat_server_registrations_total", "Accounts that people registered.", |scrape, samples| {
        samples.hub(scrape, |inspection| inspection.counts.registrations);
    }),
    histogram(
        "chat_server_login_seconds",
        "How long the check of a log-in took that was not made in memory: its turn, the database, the hashing.",
        |scrape, samples| {
            for by in LOGINS {
                samples.times(Some(("by", by)), scrape.metrics.login(by).times());
            }
        },
    ),
    gauge("chat_server_hashing_waiting", "Passwords that wait to be hashed or are being hashed.", |scrape, samples| {
        samples.one(u64::try_from(scrape.metrics.hashing_queue.get()).unwrap_or(0));
    }),
    // ---- The process
    gauge("process_resident_memory_bytes", "Memory in use.", |scrape, samples| {
        if let Some(process) = scrape.process {
            samples.one(process.resident_bytes);
        }
    }),
    counter("process_cpu_seconds_total", "Processor time.", |scrape, samples| {
        if let Some(process) = scrape.process {
            samples.fraction(process.cpu.as_secs_f64());
        }
    }),
    gauge("process_open_fds", "Open file descriptors.", |scrape, samples| {
        if let Some(process) = scrape.process {
            samples.one(process.descriptors as u64);
        }
    }),
    gauge("process_threads", "Threads.", |scrape, samples| {
        if let Some(process) = scrape.process {
            samples.one(process.threads);
        }
    }),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        let names: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len(), "each name once");
        for Metric { name, kind, help, .. } in METRICS {
            assert!(name.starts_with("chat_server_") || name.starts_with("process_"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), *kind == Kind::Histogram, "{name}");
            assert!(help.ends_with('.') && !help.contains('\n'), "{name}: {help}");
        }
    }
}

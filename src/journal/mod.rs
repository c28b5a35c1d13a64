//! The one order of events: group commit, then release.
//!
//! The hub appends numbered events; the journal commits them in that order, as many at once as have gathered while the
//! last transaction ran, and reports. It retries the same batch until it is committed or definitely rejected. It knows
//! nothing of lines or connections.
//!
//! A journal is a pair of channels and whatever works between them: [`local`] commits to a store, and [`spool`]
//! is a store that stands in front of one which is away; a fake that delays and fails has the same two ends.

pub mod local;
pub mod spool;

use tokio::sync::mpsc;

use crate::chat::event::{Record, Seq};
use crate::store::Duplicate;

/// What the journal tells the hub.
#[derive(Debug)]
pub enum JournalEvent {
    /// Everything up to this number is committed; these of it were duplicates.
    Committed {
        /// The last committed number.
        seq: Seq,
        /// Events that were not stored because they repeat earlier ones, by rising number.
        duplicates: Vec<Duplicate>,
    },
    /// A commit takes longer than [`STALL_AFTER`] or fails, or more than [`WAITING_EVENTS_MAX`] events wait: nothing
    /// durable should be accepted.
    Stalled,
    /// It commits again.
    Flowing,
    /// The store definitely refused a batch: memory is ahead of the truth, the hub must load it again. Nothing more
    /// comes from this journal.
    Rejected {
        /// The first number that is not in the record.
        seq: Seq,
        /// What the database said.
        reason: String,
    },
}

/// How long a batch may wait for its commit before the journal counts as stalled.
pub const STALL_AFTER: std::time::Duration = std::time::Duration::from_secs(2);
/// The most events that may wait for their commit; the journal counts as stalled beyond it.
pub const WAITING_EVENTS_MAX: usize = 65_536;
/// The most reports that wait for the hub. Beyond it the journal waits for the hub, which never waits for the journal.
pub const REPORTS_MAX: usize = 1_024;

/// The hub's end of a journal. Dropping it means that nothing more comes: what was appended is still committed, then the
/// reports end.
#[derive(Debug)]
pub struct Journal {
    records: mpsc::UnboundedSender<Vec<Record>>,
}

/// The journal's own end, for what works between the two channels.
#[derive(Debug)]
pub struct JournalSide {
    /// Events to commit, in order. Not bounded by itself: an event that was applied cannot be refused any more. The bound
    /// is [`WAITING_EVENTS_MAX`] and what the hub still takes in until it reads [`JournalEvent::Stalled`].
    pub records: mpsc::UnboundedReceiver<Vec<Record>>,
    /// Where the reports go. When it is closed, nobody wants them any more.
    pub reports: mpsc::Sender<JournalEvent>,
}

impl Journal {
    /// Both ends of a journal, and where its reports come out.
    pub fn channel() -> (Self, JournalSide, mpsc::Receiver<JournalEvent>) {
        let (records_in, records) = mpsc::unbounded_channel();
        let (reports, reports_out) = mpsc::channel(REPORTS_MAX);
        (Self { records: records_in }, JournalSide { records, reports }, reports_out)
    }

    /// Hands in events that follow those handed in before. Never waits. After [`JournalEvent::Rejected`] they are lost,
    /// as that report says.
    pub fn append(&self, records: Vec<Record>) {
        if !records.is_empty() {
            let _ = self.records.send(records);
        }
    }

    /// Nothing more comes. The reports end once everything is committed; whoever waits for that sets the deadline, and
    /// gives up by dropping the reports' end.
    pub fn finish(self) {}
}

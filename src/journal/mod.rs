//! The one order of events: group commit, then release.
//!
//! The hub appends numbered events; the journal commits them in that order, as many at once as have gathered while the
//! last transaction ran, and reports. It retries the same batch until it is committed or definitely rejected. It knows
//! nothing of lines or connections.

use crate::chat::event::Seq;
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
    /// A commit takes longer than [`STALL_AFTER`] or fails: nothing durable should be accepted.
    Stalled,
    /// It commits again.
    Flowing,
    /// The store definitely refused a batch: memory is ahead of the truth, the hub must load it again.
    Rejected {
        /// The first number that is not in the record.
        seq: Seq,
        /// What the database said.
        reason: String,
    },
}

/// How long a batch may wait for its commit before the journal counts as stalled.
pub const STALL_AFTER: std::time::Duration = std::time::Duration::from_secs(2);
/// The most events that may wait for their commit; the hub counts the journal as stalled beyond it.
pub const WAITING_EVENTS_MAX: usize = 65_536;

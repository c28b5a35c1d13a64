//! How long what was said is kept: rules by conversation and age. What a rule lets go of is erased where it stands, so that the
//! chain stays valid; what no rule keeps any longer is removed behind a checkpoint.

use std::fmt;

use super::erase::erase_rows;
use crate::chat::event::Seq;
use crate::proto::names::ChannelName;
use crate::proto::time::Timestamp;
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::{Value, values};
use crate::store::{StoreError, migrate};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A channel.
    Channel(ChannelName),
    /// What two people say to each other.
    Direct,
    /// Everything that no other rule is about, the server's own events included.
    Rest,
}

/// As it stands in the settings.
impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Channel(name) => name.as_str(),
            Self::Direct => "direct",
            Self::Rest => "*",
        })
    }
}

/// For how long something is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What.
    pub scope: Scope,
    /// How many days.
    pub days: u32,
}

impl Rule {
    /// What happened before this moment is let go of.
    pub fn bound(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(-i64::from(self.days) * DAY_MILLIS)
    }
}

/// What the rules have let go of, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Rows that were removed, because every rule lets go of what is so old.
    pub removed: u64,
    /// Rows that were erased, for each rule.
    pub erased: Vec<u64>,
}

impl Retained {
    /// Whether there was nothing to let go of.
    pub fn is_nothing(&self) -> bool {
        self.removed == 0 && self.erased.iter().all(|count| *count == 0)
    }
}

/// The moment before which nothing is kept at all; none while something is kept for ever.
pub fn common_bound(rules: &[Rule], now: Timestamp) -> Option<Timestamp> {
    let is_complete = rules.iter().any(|rule| rule.scope == Scope::Rest);
    rules.iter().map(|rule| rule.bound(now)).min().filter(|_| is_complete)
}

/// The rows of one of the rules that are older than its bound, as conditions behind WHERE.
fn condition(rules: &[Rule], at: usize, now: Timestamp) -> (String, Vec<Value>) {
    const OF_CHANNELS: &str = "(SELECT conversation_id FROM channel WHERE ? IN (name_folded, dropped_name))";
    const DIRECT: &str = "(SELECT id FROM conversation WHERE kind = 'direct')";
    let mut sql = "salt IS NOT NULL AND time < ?".to_owned();
    let mut values = values![rules[at].bound(now)];
    match &rules[at].scope {
        Scope::Channel(name) => {
            sql.push_str(&format!(" AND conversation_id IN {OF_CHANNELS}"));
            values.push(name.folded().as_str().into());
        }
        Scope::Direct => sql.push_str(&format!(" AND conversation_id IN {DIRECT}")),
        Scope::Rest => {
            for rule in rules {
                match &rule.scope {
                    Scope::Channel(name) => {
                        sql.push_str(&format!(" AND conversation_id NOT IN {OF_CHANNELS}"));
                        values.push(name.folded().as_str().into());
                    }
                    Scope::Direct => sql.push_str(&format!(" AND conversation_id NOT IN {DIRECT}")),
                    Scope::Rest => {}
                }
            }
        }
    }
    (sql, values)
}

/// How many rows a rule lets go of now.
pub async fn count<S: Session>(
    clerk: &mut Clerk<S>,
    rules: &[Rule],
    at: usize,
    now: Timestamp,
) -> Result<u64, StoreError> {
    migrate::check(clerk).await?;
    let (condition, values) = condition(rules, at, now);
    let row = clerk.query_row(&format!("SELECT COUNT(*) FROM event WHERE {condition}"), values).await?;
    row.map(|mut row| row.number()).transpose().map(Option::unwrap_or_default)
}

/// Erases some of the rows behind `after` that a rule lets go of. The last of them, and how many; nothing when none is left.
pub async fn erase_some<S: Session>(
    clerk: &mut Clerk<S>,
    rules: &[Rule],
    at: usize,
    now: Timestamp,
    after: Seq,
) -> Result<Option<(Seq, u64)>, StoreError> {
    migrate::check(clerk).await?;
    let (condition, mut values) = condition(rules, at, now);
    values.push(after.into());
    clerk.session.begin(Access::Write).await?;
    let result = erase_rows(clerk, format!("SELECT seq FROM event WHERE {condition} AND seq > ?"), values).await;
    clerk.finish(result).await
}

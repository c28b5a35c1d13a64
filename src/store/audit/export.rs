//! The record, or a part of it, for people who audit and for other programs: all that a row says, page by page.

use serde::Serialize;

use crate::chat::event::{AccountId, Seq};
use crate::proto::names::{AccountName, ChannelName};
use crate::proto::time::Timestamp;
use crate::store::session::{Clerk, Session};
use crate::store::value::values;
use crate::store::{StoreError, migrate};

/// How many rows are read at once.
pub const ROWS_AT_ONCE: u32 = 512;

/// Which rows. All that is given must hold; nothing given is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// At or after this time.
    pub after: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
    /// By this account.
    pub account: Option<AccountName>,
    /// By or about this account, the invitation by which it came included; not what was erased.
    pub about: Option<AccountId>,
    /// In this channel, whatever it was called then.
    pub channel: Option<ChannelName>,
    /// From this address, as it stands in the record.
    pub address: Option<String>,
    /// With this text in it, in any case.
    pub text: Option<String>,
    /// Messages only, not what else happened.
    pub messages_only: bool,
    /// Not what is behind this event.
    pub until: Option<Seq>,
}

/// A row of the record as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Its number.
    pub seq: u64,
    /// When, as IRCv3 writes times.
    pub time: String,
    /// What happened: `privmsg`, `joined`, `kicked`…
    pub kind: String,
    /// `account`, `guest`, `server` or `system`.
    pub author_kind: String,
    /// The author's name at that time; empty once erased.
    pub author: String,
    /// The author's account.
    pub account_id: Option<u64>,
    /// Who wrote it, when it was sent as the server or as an operator.
    pub operator: Option<String>,
    /// The session's address.
    pub address: String,
    /// The session's port.
    pub port: u64,
    /// The channel's or the correspondent's name at that time.
    pub target: String,
    /// The message, the topic, the reason, the modes.
    pub text: String,
    /// What it is about beside that.
    pub subject: Option<String>,
    /// The client-only tags that were kept.
    pub tags: Option<String>,
    /// The event that has withdrawn it.
    pub redacted_by: Option<u64>,
}

/// The names of the columns, in the order in which [`Exported::cells`] gives them.
pub const COLUMNS: [&str; 14] = [
    "seq",
    "time",
    "kind",
    "author_kind",
    "author",
    "account_id",
    "operator",
    "address",
    "port",
    "target",
    "text",
    "subject",
    "tags",
    "redacted_by",
];

impl Exported {
    /// The columns as texts; nothing is an empty one.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        [
            self.seq.to_string(),
            self.time.clone(),
            self.kind.clone(),
            self.author_kind.clone(),
            self.author.clone(),
            number(self.account_id),
            self.operator.clone().unwrap_or_default(),
            self.address.clone(),
            self.port.to_string(),
            self.target.clone(),
            self.text.clone(),
            self.subject.clone().unwrap_or_default(),
            self.tags.clone().unwrap_or_default(),
            number(self.redacted_by),
        ]
    }
}

/// The next of the selected rows behind `after`, oldest first; nothing when none is left.
pub async fn export_some<S: Session>(
    clerk: &mut Clerk<S>,
    filter: &Filter,
    after: Seq,
) -> Result<Vec<Exported>, StoreError> {
    migrate::check(clerk).await?;
    let mut sql =
        "SELECT seq, time, kind, author_kind, author_name, account_id, operator, address, port, target, text, \
                   subject, tags, redacted_seq FROM event WHERE seq > ?"
            .to_owned();
    let mut values = values![after];
    if let Some(time) = filter.after {
        sql.push_str(" AND time >= ?");
        values.push(time.into());
    }
    if let Some(time) = filter.before {
        sql.push_str(" AND time < ?");
        values.push(time.into());
    }
    if let Some(account) = &filter.account {
        sql.push_str(" AND account_id IN (SELECT id FROM account WHERE name_folded = ?)");
        values.push(account.folded().as_str().into());
    }
    if let Some(about) = filter.about {
        sql.push_str(
            " AND (account_id = ? OR subject_account_id = ? OR seq IN (SELECT seq FROM invitation WHERE used_by = ?)) \
             AND salt IS NOT NULL",
        );
        values.extend(values![about, about, about]);
    }
    if let Some(channel) = &filter.channel {
        sql.push_str(
            " AND conversation_id IN (SELECT conversation_id FROM channel WHERE ? IN (name_folded, dropped_name))",
        );
        values.push(channel.folded().as_str().into());
    }
    if let Some(address) = &filter.address {
        sql.push_str(" AND address = ?");
        values.push(address.as_str().into());
    }
    if let Some(text) = &filter.text {
        sql.push_str(" AND LOWER(text) LIKE LOWER(?) ESCAPE '!'");
        let escaped: String =
            text.chars().flat_map(|c| matches!(c, '!' | '%' | '_').then_some('!').into_iter().chain([c])).collect();
        values.push(format!("%{escaped}%").into());
    }
    if let Some(until) = filter.until {
        sql.push_str(" AND seq <= ?");
        values.push(until.into());
    }
    if filter.messages_only {
        sql.push_str(" AND kind IN ('privmsg', 'notice')");
    }
    sql.push_str(" ORDER BY seq LIMIT ?");
    values.push(ROWS_AT_ONCE.into());
    let rows = clerk.session.query(&sql, values).await?;
    let read = rows.into_iter().map(|mut row| {
        Ok(Exported {
            seq: row.number()?,
            time: row.time()?.to_string(),
            kind: row.text()?,
            author_kind: row.text()?,
            author: row.text()?,
            account_id: row.optional_number()?,
            operator: row.optional_text()?,
            address: row.text()?,
            port: row.number()?,
            target: row.text()?,
            text: row.text()?,
            subject: row.optional_text()?,
            tags: row.optional_text()?,
            redacted_by: row.optional_number()?,
        })
    });
    read.collect()
}

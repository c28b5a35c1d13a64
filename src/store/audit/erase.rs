//! Removing what rows say of people. What remains of such a row is its place in the order, its time, its kind, the
//! conversation, and a digest that says nothing without the salt.

use crate::chat::event::{AccountId, Place, Seq};
use crate::proto::time::Timestamp;
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::{Value, values};
use crate::store::{StoreError, migrate};

/// How many rows are changed at once.
const ROWS_AT_ONCE: u32 = 512;

/// Which rows. All that is given must hold; nothing given is no row at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// This very event.
    pub seq: Option<Seq>,
    /// What this account wrote or did, or what is about it.
    pub account: Option<AccountId>,
    /// Beside what is the account's: bans and mutes of this target, and their ends.
    pub ban_target: Option<String>,
    /// What belongs to this conversation.
    pub place: Option<Place>,
    /// What is older than this.
    pub before: Option<Timestamp>,
}

/// Erases some of the selected rows behind `after`. The last of them, and how many; nothing when none is left.
pub async fn erase_some<S: Session>(
    clerk: &mut Clerk<S>,
    selection: &Selection,
    after: Seq,
) -> Result<Option<(Seq, u64)>, StoreError> {
    migrate::check(clerk).await?;
    if *selection == Selection::default() {
        return Err(StoreError::Rejected("nothing is selected".to_owned()));
    }
    clerk.session.begin(Access::Write).await?;
    let result = erase_within(clerk, selection, after).await;
    clerk.finish(result).await
}

async fn erase_within<S: Session>(
    clerk: &mut Clerk<S>,
    selection: &Selection,
    after: Seq,
) -> Result<Option<(Seq, u64)>, StoreError> {
    let mut sql = "SELECT seq FROM event WHERE seq > ? AND salt IS NOT NULL".to_owned();
    let mut values = values![after];
    if let Some(seq) = selection.seq {
        sql.push_str(" AND seq = ?");
        values.push(seq.into());
    }
    if let Some(account) = selection.account {
        // The invitation by which somebody came says for whom it was made.
        sql.push_str(
            " AND (account_id = ? OR subject_account_id = ? OR seq IN (SELECT seq FROM invitation WHERE used_by = ?)",
        );
        values.extend(values![account, account, account]);
        if let Some(target) = &selection.ban_target {
            sql.push_str(" OR (kind IN ('ban_set', 'ban_lifted') AND target = ?)");
            values.push(target.as_str().into());
        }
        sql.push(')');
    }
    if let Some(place) = selection.place {
        let Some(conversation) = clerk.conversation(place).await? else { return Ok(None) };
        sql.push_str(" AND conversation_id = ?");
        values.push(conversation.into());
    }
    if let Some(before) = selection.before {
        sql.push_str(" AND time < ?");
        values.push(before.into());
    }
    erase_rows(clerk, sql, values).await
}

/// Erases the first rows of a SELECT of `seq` that has neither an order nor a bound. The last of them, and how many.
pub(super) async fn erase_rows<S: Session>(
    clerk: &mut Clerk<S>,
    mut sql: String,
    mut values: Vec<Value>,
) -> Result<Option<(Seq, u64)>, StoreError> {
    sql.push_str(" ORDER BY seq LIMIT ?");
    values.push(ROWS_AT_ONCE.into());
    let rows = clerk.session.query(&sql, values).await?;
    let seqs: Vec<u64> = rows.into_iter().map(|mut row| row.number()).collect::<Result<_, _>>()?;
    let Some(last) = seqs.last().copied() else { return Ok(None) };
    let marks = vec!["?"; seqs.len()].join(",");
    let these: Vec<Value> = seqs.iter().copied().map(Value::from).collect();
    for change in [
        "UPDATE event SET author_name = '', account_id = NULL, operator = NULL, address = '', port = 0, target = '', \
         text = '', subject = NULL, subject_account_id = NULL, subject_device_id = NULL, idempotency_id = NULL, \
         tags = NULL, salt = NULL",
        "DELETE FROM legacy_row",
    ] {
        clerk.session.execute(&format!("{change} WHERE seq IN ({marks})"), these.clone()).await?;
    }
    Ok(Some((Seq(last), seqs.len() as u64)))
}

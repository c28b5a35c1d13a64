//! How accounts prove themselves: credentials and device tokens.

use std::collections::BTreeMap;

use super::StoreError;
use super::session::{Access, Clerk, Session};
use super::value::{Row, values};
use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Seq};
use crate::chat::ports::Device;
use crate::proto::sasl::ScramKeys;
use crate::proto::time::Timestamp;

/// When and from where a device was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub address: String,
}

/// How an account proves itself; none when it is unknown, deleted or has no credentials.
pub async fn credentials<S: Session>(
    clerk: &mut Clerk<S>,
    account: AccountId,
) -> Result<Option<Credentials>, StoreError> {
    let sql = "SELECT argon2, scram_salt, scram_iterations, scram_stored_key, scram_server_key FROM account \
               WHERE id = ? AND deleted_at IS NULL AND argon2 IS NOT NULL";
    let Some(mut row) = clerk.query_row(sql, values![account]).await? else { return Ok(None) };
    let argon2 = row.text()?;
    Ok(Some(Credentials { argon2, scram: scram_keys(&mut row)? }))
}

/// The next four columns of a row as keys; none when one of them is missing.
fn scram_keys(row: &mut Row) -> Result<Option<ScramKeys>, StoreError> {
    let keys = (row.optional_bytes()?, row.optional_small()?, row.optional_array()?, row.optional_array()?);
    Ok(match keys {
        (Some(salt), Some(iterations), Some(stored_key), Some(server_key)) => {
            Some(ScramKeys { salt, iterations, stored_key, server_key })
        }
        _ => None,
    })
}

/// The keys of SCRAM of all accounts that have some. Asked for by themselves: beside the rest of an account all rows at once
/// would take more memory than ever again.
pub async fn all_scram_keys<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<(AccountId, ScramKeys)>, StoreError> {
    let sql = "SELECT id, scram_salt, scram_iterations, scram_stored_key, scram_server_key FROM account \
               WHERE deleted_at IS NULL AND scram_salt IS NOT NULL ORDER BY id";
    let rows = clerk.session.query(sql, Vec::new()).await?;
    let read = rows.into_iter().map(|mut row| {
        let account = AccountId(row.number()?);
        Ok(scram_keys(&mut row)?.map(|keys| (account, keys)))
    });
    read.filter_map(Result::transpose).collect()
}

/// All valid devices, oldest first.
pub async fn all_devices<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<(AccountId, DeviceId, Digest)>, StoreError> {
    let sql = "SELECT account_id, id, token_digest FROM device WHERE revoked_at IS NULL ORDER BY id";
    let rows = clerk.session.query(sql, Vec::new()).await?;
    let read =
        rows.into_iter().map(|mut row| Ok((AccountId(row.number()?), DeviceId(row.number()?), Digest(row.array()?))));
    read.collect()
}

/// Whose valid token this is.
pub async fn device_of<S: Session>(
    clerk: &mut Clerk<S>,
    digest: Digest,
) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
    let sql = "SELECT device.account_id, device.id FROM device JOIN account ON account.id = device.account_id \
               WHERE device.token_digest = ? AND device.revoked_at IS NULL AND account.deleted_at IS NULL";
    let row = clerk.query_row(sql, values![digest.0.as_slice()]).await?;
    row.map(|mut row| Ok((AccountId(row.number()?), DeviceId(row.number()?)))).transpose()
}

/// The valid devices of an account, oldest first.
pub async fn devices<S: Session>(clerk: &mut Clerk<S>, account: AccountId) -> Result<Vec<Device>, StoreError> {
    let sql = "SELECT id, name, created_at, last_used_at, last_address FROM device \
               WHERE account_id = ? AND revoked_at IS NULL ORDER BY id";
    let rows = clerk.session.query(sql, values![account]).await?;
    let read = rows.into_iter().map(|mut row| {
        Ok(Device {
            id: DeviceId(row.number()?),
            name: row.text()?,
            created: row.time()?,
            last_used: row.optional_time()?,
            last_address: row.optional_text()?,
        })
    });
    read.collect()
}

/// Writes down when devices were last used.
pub async fn note_uses<S: Session>(clerk: &mut Clerk<S>, uses: BTreeMap<DeviceId, Use>) -> Result<(), StoreError> {
    clerk.session.begin(Access::Write).await?;
    let mut result = Ok(());
    for (device, last) in uses {
        let sql = "UPDATE device SET last_used_at = ?, last_address = ? WHERE id = ?";
        result = clerk.session.execute(sql, values![last.at, last.address, device]).await.map(drop);
        if result.is_err() {
            break;
        }
    }
    clerk.finish(result).await
}

/// Writes down who is here, and up to which event the others were.
pub async fn note_presence<S: Session>(
    clerk: &mut Clerk<S>,
    presence: BTreeMap<AccountId, Option<Seq>>,
) -> Result<(), StoreError> {
    clerk.session.begin(Access::Write).await?;
    let mut result = Ok(());
    for (account, left) in presence {
        // The number of an event that was not committed in the end must not hide one that bears it later.
        let sql = "UPDATE account SET is_here = ?, left_seq = \
                   CASE WHEN ? < (SELECT last_seq FROM journal WHERE id = 1) THEN ? \
                   ELSE (SELECT last_seq FROM journal WHERE id = 1) END WHERE id = ?";
        let seen = left.unwrap_or_default();
        let values = values![u32::from(left.is_none()), seen, seen, account];
        result = clerk.session.execute(sql, values).await.map(drop);
        if result.is_err() {
            break;
        }
    }
    clerk.finish(result).await
}

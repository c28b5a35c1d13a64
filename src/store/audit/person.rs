//! All that is kept about one person beside the record's rows, for that person to see; and its removal. Secrets are not among
//! it: hashes and digests prove who somebody is, and say nothing about them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::chat::event::AccountId;
use crate::proto::names::AccountName;
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::{Row, values};
use crate::store::{StoreError, migrate};

/// What is kept about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The account itself.
    pub account: Account,
    /// The addresses from which the password is accepted.
    pub addresses: Vec<Address>,
    /// The devices that have, or had, a token or a certificate.
    pub devices: Vec<Device>,
    /// The channels in which the account is a member.
    pub channels: Vec<Membership>,
    /// The channels that belong to the account.
    pub founded: Vec<String>,
    /// How far the account has read its conversations.
    pub read_markers: Vec<ReadMarker>,
    /// Its keys and values.
    pub metadata: BTreeMap<String, String>,
    /// The bans and mutes that mean it by its name.
    pub bans: Vec<Ban>,
    /// The invitation by which it was registered.
    pub invitations: Vec<Invitation>,
    /// Rows of the tables that this database was made of, as far as they could not be understood wholly.
    pub legacy_rows: Vec<LegacyRow>,
}

/// The row of an account, without what proves who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// When it was registered.
    pub registered: String,
    /// Since when it may not log in.
    pub suspended: Option<String>,
    /// Why not.
    pub suspended_reason: Option<String>,
    /// When it was removed.
    pub deleted: Option<String>,
}

/// An address from which a password is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    /// The address; an IPv6 address stands for its /64.
    pub address: String,
    /// Since when.
    pub allowed: String,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its number.
    pub id: u64,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub created: String,
    /// When it was used last.
    pub last_used: Option<String>,
    /// From where.
    pub last_address: Option<String>,
    /// Since when it is no longer valid.
    pub revoked: Option<String>,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The channel.
    pub channel: String,
    /// The letters of the rank.
    pub rank: String,
}

/// How far a conversation was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadMarker {
    /// A channel's name, or that of the other one.
    pub conversation: String,
    /// Up to when.
    pub read: String,
}

/// A ban or a mute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ban {
    /// `ban` or `mute`.
    pub effect: String,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub by: String,
    /// Since when.
    pub since: String,
    /// Until when; none: for ever.
    pub until: Option<String>,
}

/// An invitation; its code is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// For whom, or what for.
    pub note: String,
    /// Who made it.
    pub by: String,
    /// When.
    pub made: String,
    /// When it was used.
    pub used: Option<String>,
}

/// A row of an old table, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegacyRow {
    /// Which table.
    pub table: String,
    /// What could not be understood.
    pub reason: String,
    /// The address.
    pub address: Option<String>,
    /// The time, as the table had it.
    pub time: Option<String>,
    /// What was said.
    pub text: Option<String>,
}

/// The target of bans that mean an account by its name.
pub fn ban_target(name: &AccountName) -> String {
    format!("account:{}", name.folded().as_str())
}

/// Reads all of it in one moment; nothing when there never was such an account.
pub async fn read<S: Session>(clerk: &mut Clerk<S>, name: &AccountName) -> Result<Option<Person>, StoreError> {
    migrate::check(clerk).await?;
    clerk.session.begin(Access::Read).await?;
    let result = read_within(clerk, name).await;
    clerk.finish(result).await
}

async fn read_within<S: Session>(clerk: &mut Clerk<S>, name: &AccountName) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT id, name, registered_at, suspended_at, suspended_reason, deleted_at FROM account \
               WHERE name_folded = ?";
    let Some(mut row) = clerk.query_row(sql, values![name.folded().as_str()]).await? else { return Ok(None) };
    let account = Account {
        id: row.number()?,
        name: row.text()?,
        registered: time(&mut row)?,
        suspended: optional_time(&mut row)?,
        suspended_reason: row.optional_text()?,
        deleted: optional_time(&mut row)?,
    };
    let id = AccountId(account.id);
    let sql = "SELECT address, allowed_at FROM account_address WHERE account_id = ? ORDER BY place";
    let addresses = clerk.session.query(sql, values![id]).await?;
    let addresses = all(addresses, |row| Ok(Address { address: row.text()?, allowed: time(row)? }))?;
    let sql = "SELECT channel.name, channel_member.rank_letters FROM channel_member \
               JOIN channel ON channel.id = channel_member.channel_id \
               WHERE channel_member.account_id = ? ORDER BY channel.id";
    let channels = clerk.session.query(sql, values![id]).await?;
    let channels = all(channels, |row| Ok(Membership { channel: row.text()?, rank: row.text()? }))?;
    let sql = "SELECT name FROM channel WHERE founder_id = ? AND dropped_at IS NULL ORDER BY id";
    let founded = all(clerk.session.query(sql, values![id]).await?, Row::text)?;
    let sql = "SELECT name, value FROM account_metadata WHERE account_id = ? ORDER BY name";
    let metadata = all(clerk.session.query(sql, values![id]).await?, |row| Ok((row.text()?, row.text()?)))?;
    let sql = "SELECT effect, reason, set_by, set_at, until_at FROM server_ban WHERE target = ? ORDER BY effect";
    let bans = clerk.session.query(sql, values![ban_target(name)]).await?;
    let bans = all(bans, |row| {
        let (effect, reason, by) = (row.text()?, row.text()?, row.text()?);
        Ok(Ban { effect, reason, by, since: time(row)?, until: optional_time(row)? })
    })?;
    let legacy_rows = legacy_rows(clerk, &account.name).await?;
    Ok(Some(Person {
        account,
        addresses,
        devices: devices(clerk, id).await?,
        channels,
        founded,
        read_markers: read_markers(clerk, id).await?,
        metadata: metadata.into_iter().collect(),
        bans,
        invitations: invitations(clerk, id).await?,
        legacy_rows,
    }))
}

async fn invitations<S: Session>(clerk: &mut Clerk<S>, id: AccountId) -> Result<Vec<Invitation>, StoreError> {
    let sql = "SELECT note, made_by, made_at, used_at FROM invitation WHERE used_by = ? ORDER BY seq";
    all(clerk.session.query(sql, values![id]).await?, |row| {
        Ok(Invitation { note: row.text()?, by: row.text()?, made: time(row)?, used: optional_time(row)? })
    })
}

/// `name` is as its owner wrote it: the old tables told capitals apart.
async fn legacy_rows<S: Session>(clerk: &mut Clerk<S>, name: &str) -> Result<Vec<LegacyRow>, StoreError> {
    let sql = "SELECT source, reason, ip, date_time, data FROM legacy_row \
               WHERE (source = 'authentification' AND name = ?) OR (source = 'connexion' AND name = ?) ORDER BY id";
    all(clerk.session.query(sql, values![name, format!("client_{name}")]).await?, |row| {
        let (table, reason) = (row.text()?, row.text()?);
        let (address, time, text) = (row.optional_text()?, row.optional_text()?, row.optional_text()?);
        Ok(LegacyRow { table, reason, address, time, text })
    })
}

async fn devices<S: Session>(clerk: &mut Clerk<S>, id: AccountId) -> Result<Vec<Device>, StoreError> {
    let sql = "SELECT id, name, created_at, last_used_at, last_address, revoked_at FROM device \
               WHERE account_id = ? ORDER BY id";
    all(clerk.session.query(sql, values![id]).await?, |row| {
        Ok(Device {
            id: row.number()?,
            name: row.text()?,
            created: time(row)?,
            last_used: optional_time(row)?,
            last_address: row.optional_text()?,
            revoked: optional_time(row)?,
        })
    })
}

async fn read_markers<S: Session>(clerk: &mut Clerk<S>, id: AccountId) -> Result<Vec<ReadMarker>, StoreError> {
    let sql = "SELECT COALESCE(channel.name, other.name, ''), read_marker.read_at FROM read_marker \
               JOIN conversation ON conversation.id = read_marker.conversation_id \
               LEFT JOIN channel ON channel.conversation_id = conversation.id \
               LEFT JOIN account AS other ON other.id = \
               CASE WHEN conversation.account_low = read_marker.account_id \
               THEN conversation.account_high ELSE conversation.account_low END \
               WHERE read_marker.account_id = ? ORDER BY read_marker.conversation_id";
    all(clerk.session.query(sql, values![id]).await?, |row| {
        Ok(ReadMarker { conversation: row.text()?, read: time(row)? })
    })
}

fn all<T>(rows: Vec<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(|mut row| read(&mut row)).collect()
}

fn time(row: &mut Row) -> Result<String, StoreError> {
    Ok(row.time()?.to_string())
}

fn optional_time(row: &mut Row) -> Result<Option<String>, StoreError> {
    Ok(row.optional_time()?.map(|time| time.to_string()))
}

/// Removes what is left of a deleted account beside the record's rows. The name alone stays: it is reserved.
pub async fn forget<S: Session>(clerk: &mut Clerk<S>, id: AccountId, name: &AccountName) -> Result<(), StoreError> {
    migrate::check(clerk).await?;
    clerk.session.begin(Access::Write).await?;
    let result = forget_within(clerk, id, name).await;
    clerk.finish(result).await
}

async fn forget_within<S: Session>(clerk: &mut Clerk<S>, id: AccountId, name: &AccountName) -> Result<(), StoreError> {
    let row = clerk.query_row("SELECT deleted_at FROM account WHERE id = ?", values![id]).await?;
    if row.map(|mut row| row.optional_time()).transpose()?.flatten().is_none() {
        return Err(StoreError::Rejected("the account is not deleted".to_owned()));
    }
    let sql = "UPDATE account SET suspended_at = NULL, suspended_reason = NULL, is_here = 0, left_seq = 0 WHERE id = ?";
    clerk.session.execute(sql, values![id]).await?;
    clerk.session.execute("DELETE FROM idempotency WHERE account_id = ?", values![id]).await?;
    clerk.session.execute("UPDATE invitation SET note = '' WHERE used_by = ?", values![id]).await?;
    clerk.session.execute("UPDATE channel SET founder_id = NULL WHERE founder_id = ?", values![id]).await?;
    clerk.session.execute("DELETE FROM server_ban WHERE target = ?", values![ban_target(name)]).await?;
    for sql in [
        "UPDATE channel SET topic_set_by = '*' WHERE topic_set_by = ?",
        "UPDATE channel_mask SET set_by = '*' WHERE set_by = ?",
        "UPDATE server_ban SET set_by = '*' WHERE set_by = ?",
        "UPDATE invitation SET made_by = '*' WHERE made_by = ?",
        "DELETE FROM legacy_row WHERE source = 'authentification' AND name = ?",
    ] {
        clerk.session.execute(sql, values![name.as_str()]).await?;
    }
    let legacy = format!("client_{name}");
    clerk.session.execute("DELETE FROM legacy_row WHERE source = 'connexion' AND name = ?", values![legacy]).await?;
    Ok(())
}

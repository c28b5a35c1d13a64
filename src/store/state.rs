//! What an event changes in the tables beside the record.

use super::StoreError;
use super::session::{Clerk, Session};
use super::value::{Value, values};
use crate::chat::event::{AccountId, ChannelId, ChannelModes, Credentials, Event, Place, Rank, Record, Seq};

/// The highest numbers given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of an account.
    pub account: u64,
    /// Of a channel.
    pub channel: u64,
    /// Of a device.
    pub device: u64,
}

impl Numbers {
    /// Takes note of a number that an event gives out.
    pub fn raise(&mut self, event: &Event) {
        match event {
            Event::AccountRegistered { account, .. } => self.account = self.account.max(account.0),
            Event::ChannelFounded { channel, .. } => self.channel = self.channel.max(channel.0),
            Event::DeviceAdded { device, .. } => self.device = self.device.max(device.0),
            _ => {}
        }
    }
}

/// Changes the tables of the state by one event. The number of the event's conversation, which is begun when it is new.
pub async fn apply<S: Session>(clerk: &mut Clerk<S>, record: &Record) -> Result<u64, StoreError> {
    let conversation = match (&record.event, clerk.conversation(record.place).await?) {
        (_, Some(conversation)) => conversation,
        (Event::ChannelFounded { .. }, None) => clerk.begin_conversation(record.place).await?,
        (_, None) if matches!(record.place, Place::Direct(..)) => clerk.begin_conversation(record.place).await?,
        (_, None) => {
            return Err(StoreError::Rejected(format!("event {} is in a channel that was never founded", record.seq)));
        }
    };
    match record.place {
        Place::Channel(channel) => apply_to_channel(clerk, record, channel, conversation).await?,
        _ => apply_to_accounts(clerk, record).await?,
    }
    Ok(conversation)
}

/// Marks what the events of a batch have redacted. After the batch's own rows were written, which may be among it.
pub async fn redact<S: Session>(clerk: &mut Clerk<S>, record: &Record, conversation: u64) -> Result<(), StoreError> {
    let Event::Redacted { seq, .. } = &record.event else { return Ok(()) };
    mark_redacted(clerk, *seq, record.seq, conversation).await
}

async fn mark_redacted<S: Session>(
    clerk: &mut Clerk<S>,
    seq: Seq,
    by: Seq,
    conversation: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE event SET redacted_seq = ? WHERE conversation_id = ? AND seq = ? AND redacted_seq IS NULL";
    change(clerk, sql, values![by, conversation, seq]).await
}

/// Runs a statement whose number of changed rows does not matter.
async fn change<S: Session>(clerk: &mut Clerk<S>, sql: &str, values: Vec<Value>) -> Result<(), StoreError> {
    clerk.session.execute(sql, values).await?;
    Ok(())
}

async fn apply_to_channel<S: Session>(
    clerk: &mut Clerk<S>,
    record: &Record,
    channel: ChannelId,
    conversation: u64,
) -> Result<(), StoreError> {
    let author = &record.author;
    match &record.event {
        Event::ChannelFounded { channel, name, founder } => {
            let sql = "INSERT INTO channel (id, conversation_id, name, name_folded, founded_at, founder_id) \
                       VALUES (?, ?, ?, ?, ?, ?)";
            let (name, folded) = (name.as_str(), name.folded().as_str());
            change(clerk, sql, values![*channel, conversation, name, folded, record.time, *founder]).await
        }
        // Guests leave no trace in the state.
        Event::Joined { rank } => match author.account {
            Some(account) => join(clerk, channel, account, *rank).await,
            None => Ok(()),
        },
        Event::Parted { .. } => leave(clerk, channel, author.account).await,
        Event::Kicked { account, .. } => leave(clerk, channel, *account).await,
        Event::TopicSet { topic } => {
            let sql = "UPDATE channel SET topic = ?, topic_set_by = ?, topic_set_at = ? WHERE id = ?";
            let set = (!topic.is_empty()).then_some((topic.as_str(), author.name.as_str(), record.time));
            let values = values![set.map(|set| set.0), set.map(|set| set.1), set.map(|set| set.2), channel];
            change(clerk, sql, values).await
        }
        Event::ChannelRenamed { name, .. } => {
            let sql = "UPDATE channel SET name = ?, name_folded = ? WHERE id = ?";
            change(clerk, sql, values![name.as_str(), name.folded().as_str(), channel]).await
        }
        Event::FounderChanged { account, .. } => {
            let sql = "UPDATE channel SET founder_id = ? WHERE id = ?";
            change(clerk, sql, values![*account, channel]).await
        }
        Event::ChannelDropped { .. } => drop_channel(clerk, record, channel, conversation).await,
        Event::MetadataSet { key, value } => {
            let sql = "DELETE FROM channel_metadata WHERE channel_id = ? AND name = ?";
            change(clerk, sql, values![channel, key.as_str()]).await?;
            let Some(value) = value else { return Ok(()) };
            let sql = "INSERT INTO channel_metadata (channel_id, name, value) VALUES (?, ?, ?)";
            change(clerk, sql, values![channel, key.as_str(), value.as_str()]).await
        }
        Event::ModesChanged { modes, ranks, masks, .. } => {
            set_modes(clerk, channel, modes).await?;
            for (account, rank) in ranks {
                let sql = "UPDATE channel_member SET rank_letters = ? WHERE channel_id = ? AND account_id = ?";
                change(clerk, sql, values![rank.letters(), channel, *account]).await?;
            }
            for (added, letter, mask) in masks {
                let sql = "DELETE FROM channel_mask WHERE channel_id = ? AND letter = ? AND mask = ?";
                change(clerk, sql, values![channel, letter.to_string(), mask.as_str()]).await?;
                if *added {
                    let sql = "INSERT INTO channel_mask (channel_id, letter, mask, set_by, set_at) \
                               VALUES (?, ?, ?, ?, ?)";
                    let who = author.name.as_str();
                    change(clerk, sql, values![channel, letter.to_string(), mask.as_str(), who, record.time]).await?;
                }
            }
            Ok(())
        }
        _ => apply_to_accounts(clerk, record).await,
    }
}

async fn join<S: Session>(
    clerk: &mut Clerk<S>,
    channel: ChannelId,
    account: AccountId,
    rank: Rank,
) -> Result<(), StoreError> {
    leave(clerk, channel, Some(account)).await?;
    let sql = "INSERT INTO channel_member (channel_id, account_id, rank_letters) VALUES (?, ?, ?)";
    change(clerk, sql, values![channel, account, rank.letters()]).await?;
    let sql = "UPDATE account SET has_joined = 1 WHERE id = ? AND has_joined = 0";
    change(clerk, sql, values![account]).await
}

async fn leave<S: Session>(
    clerk: &mut Clerk<S>,
    channel: ChannelId,
    account: Option<AccountId>,
) -> Result<(), StoreError> {
    let Some(account) = account else { return Ok(()) };
    let sql = "DELETE FROM channel_member WHERE channel_id = ? AND account_id = ?";
    change(clerk, sql, values![channel, account]).await
}

async fn set_modes<S: Session>(
    clerk: &mut Clerk<S>,
    channel: ChannelId,
    modes: &ChannelModes,
) -> Result<(), StoreError> {
    let sql = "UPDATE channel SET flags = ?, channel_key = ?, member_limit = ?, slow_seconds = ? WHERE id = ?";
    let values = values![modes.flags.as_str(), modes.key.as_deref(), modes.limit, modes.slow_seconds, channel];
    change(clerk, sql, values).await
}

async fn apply_to_accounts<S: Session>(clerk: &mut Clerk<S>, record: &Record) -> Result<(), StoreError> {
    match &record.event {
        Event::AccountRegistered { account, name, credentials, address, invitation } => {
            if let Some(invitation) = invitation {
                let sql = "UPDATE invitation SET used_at = ?, used_by = ? WHERE seq = ?";
                change(clerk, sql, values![record.time, *account, *invitation]).await?;
            }
            let sql = "INSERT INTO account (id, name, name_folded, registered_at, argon2, scram_salt, \
                       scram_iterations, scram_stored_key, scram_server_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let mut values = values![*account, name.as_str(), name.folded().as_str(), record.time];
            values.extend(credential_values(credentials));
            change(clerk, sql, values).await?;
            match address {
                Some(address) => allow(clerk, record, *account, address).await,
                None => Ok(()),
            }
        }
        Event::PasswordChanged { account, credentials } => {
            let sql = "UPDATE account SET argon2 = ?, scram_salt = ?, scram_iterations = ?, scram_stored_key = ?, \
                       scram_server_key = ? WHERE id = ? AND deleted_at IS NULL";
            let mut values = credential_values(credentials);
            values.push((*account).into());
            change(clerk, sql, values).await
        }
        Event::AddressAllowed { account, address } => allow(clerk, record, *account, address).await,
        Event::AccountSuspended { account, reason } => {
            let sql = "UPDATE account SET suspended_at = ?, suspended_reason = ? WHERE id = ?";
            change(clerk, sql, values![record.time, reason.as_str(), *account]).await
        }
        Event::AccountResumed { account } => {
            let sql = "UPDATE account SET suspended_at = NULL, suspended_reason = NULL WHERE id = ?";
            change(clerk, sql, values![*account]).await
        }
        Event::AccountDeleted { account } => delete(clerk, record, *account).await,
        Event::DeviceAdded { device, account, name, digest } => {
            // A certificate that was bound once before may be bound again.
            let sql = "DELETE FROM device WHERE token_digest = ? AND revoked_at IS NOT NULL";
            change(clerk, sql, values![digest.0.as_slice()]).await?;
            let sql = "INSERT INTO device (id, account_id, name, token_digest, created_at) VALUES (?, ?, ?, ?, ?)";
            let values = values![*device, *account, name.as_str(), digest.0.as_slice(), record.time];
            change(clerk, sql, values).await
        }
        Event::DeviceRevoked { device, .. } => {
            let sql = "UPDATE device SET revoked_at = ? WHERE id = ?";
            change(clerk, sql, values![record.time, *device]).await
        }
        Event::BanSet { target, effect, reason, until } => {
            let sql = "DELETE FROM server_ban WHERE (target = ? AND effect = ?) OR until_at <= ?";
            change(clerk, sql, values![target.as_str(), effect.word(), record.time]).await?;
            let sql =
                "INSERT INTO server_ban (target, effect, reason, set_by, set_at, until_at) VALUES (?, ?, ?, ?, ?, ?)";
            let by = record.author.name.as_str();
            change(clerk, sql, values![target.as_str(), effect.word(), reason.as_str(), by, record.time, *until]).await
        }
        Event::InvitationMade { digest, note, until } => {
            let sql = "DELETE FROM invitation WHERE until_at <= ? AND used_at IS NULL AND revoked_at IS NULL";
            change(clerk, sql, values![record.time]).await?;
            let sql =
                "INSERT INTO invitation (seq, digest, note, made_by, made_at, until_at) VALUES (?, ?, ?, ?, ?, ?)";
            let (digest, by) = (digest.0.as_slice(), record.author.name.as_str());
            change(clerk, sql, values![record.seq, digest, note.as_str(), by, record.time, *until]).await
        }
        Event::InvitationRevoked { invitation } => {
            let sql = "UPDATE invitation SET revoked_at = ? WHERE seq = ? AND used_at IS NULL";
            change(clerk, sql, values![record.time, *invitation]).await
        }
        Event::BanLifted { target } => {
            change(clerk, "DELETE FROM server_ban WHERE target = ?", values![target.as_str()]).await
        }
        Event::MetadataSet { key, value } => {
            let Some(account) = record.author.account else { return Ok(()) };
            let sql = "DELETE FROM account_metadata WHERE account_id = ? AND name = ?";
            change(clerk, sql, values![account, key.as_str()]).await?;
            let Some(value) = value else { return Ok(()) };
            let sql = "INSERT INTO account_metadata (account_id, name, value) VALUES (?, ?, ?)";
            change(clerk, sql, values![account, key.as_str(), value.as_str()]).await
        }
        Event::MarkedRead { place, until } => {
            let Some(account) = record.author.account else { return Ok(()) };
            let known = clerk.conversation(*place).await?;
            let conversation = match known {
                Some(conversation) => conversation,
                None if matches!(place, Place::Direct(..)) => clerk.begin_conversation(*place).await?,
                None => return Ok(()),
            };
            let sql = "DELETE FROM read_marker WHERE account_id = ? AND conversation_id = ?";
            change(clerk, sql, values![account, conversation]).await?;
            let sql = "INSERT INTO read_marker (account_id, conversation_id, read_at) VALUES (?, ?, ?)";
            change(clerk, sql, values![account, conversation, *until]).await
        }
        Event::Message { .. }
        | Event::Tagged
        | Event::Redacted { .. }
        | Event::ChannelRenamed { .. }
        | Event::ChannelDropped { .. }
        | Event::FounderChanged { .. }
        | Event::ChannelFounded { .. }
        | Event::OperatorActed { .. }
        | Event::Reported { .. }
        | Event::Joined { .. }
        | Event::Parted { .. }
        | Event::Kicked { .. }
        | Event::TopicSet { .. }
        | Event::ModesChanged { .. } => Ok(()),
    }
}

/// What is left of a channel that is gone is its row, under a name that no channel can have, and its events.
async fn drop_channel<S: Session>(
    clerk: &mut Clerk<S>,
    record: &Record,
    channel: ChannelId,
    conversation: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE channel SET dropped_name = name_folded, dropped_at = ? WHERE id = ?";
    change(clerk, sql, values![record.time, channel]).await?;
    let sql = "UPDATE channel SET name_folded = ? WHERE id = ?";
    change(clerk, sql, values![format!(" {channel}"), channel]).await?;
    for sql in [
        "DELETE FROM channel_member WHERE channel_id = ?",
        "DELETE FROM channel_mask WHERE channel_id = ?",
        "DELETE FROM channel_metadata WHERE channel_id = ?",
    ] {
        change(clerk, sql, values![channel]).await?;
    }
    change(clerk, "DELETE FROM read_marker WHERE conversation_id = ?", values![conversation]).await
}

/// The values of `argon2` and the four columns of SCRAM. An empty PHC string stands for no credentials at all.
fn credential_values(credentials: &Credentials) -> Vec<Value> {
    let argon2 = Some(credentials.argon2.as_str()).filter(|phc| !phc.is_empty());
    let scram = credentials.scram.as_ref();
    values![
        argon2,
        scram.map(|keys| keys.salt.as_slice()),
        scram.map(|keys| keys.iterations),
        scram.map(|keys| keys.stored_key.as_slice()),
        scram.map(|keys| keys.server_key.as_slice()),
    ]
}

/// One more address behind those that an account has.
async fn allow<S: Session>(
    clerk: &mut Clerk<S>,
    record: &Record,
    account: AccountId,
    address: &str,
) -> Result<(), StoreError> {
    let sql = "SELECT COUNT(*) FROM account_address WHERE account_id = ? AND address = ?";
    let known = clerk.query_row(sql, values![account, address]).await?;
    if known.map(|mut row| row.number()).transpose()? != Some(0) {
        return Ok(());
    }
    let sql = "SELECT MAX(place) FROM account_address WHERE account_id = ?";
    let last = clerk.query_row(sql, values![account]).await?;
    let last = last.map(|mut row| row.optional_number()).transpose()?.flatten().unwrap_or(0);
    let sql = "INSERT INTO account_address (account_id, place, address, allowed_at) VALUES (?, ?, ?, ?)";
    change(clerk, sql, values![account, last + 1, address, record.time]).await
}

/// What is left of a deleted account is its name and its events.
async fn delete<S: Session>(clerk: &mut Clerk<S>, record: &Record, account: AccountId) -> Result<(), StoreError> {
    let sql = "UPDATE account SET deleted_at = ?, argon2 = NULL, scram_salt = NULL, scram_iterations = NULL, \
               scram_stored_key = NULL, scram_server_key = NULL WHERE id = ?";
    change(clerk, sql, values![record.time, account]).await?;
    for sql in [
        "DELETE FROM account_address WHERE account_id = ?",
        "DELETE FROM device WHERE account_id = ?",
        "DELETE FROM channel_member WHERE account_id = ?",
        "DELETE FROM account_metadata WHERE account_id = ?",
        "DELETE FROM read_marker WHERE account_id = ?",
    ] {
        change(clerk, sql, values![account]).await?;
    }
    Ok(())
}

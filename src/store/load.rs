//! Everything that the rules need to know when they start, read in one moment.

use std::collections::{BTreeMap, HashMap};

use super::StoreError;
use super::people;
use super::record::Head;
use super::session::{Access, Clerk, Session};
use crate::chat::event::{
    AccountId, AccountState, BanEffect, BanState, ChannelId, ChannelModes, ChannelState, DeviceId, Digest,
    InvitationState, ListEntry, MetadataOwner, Place, Rank, Seq, Snapshot, Topic,
};
use crate::proto::names::{AccountName, ChannelName};
use crate::proto::time::Timestamp;

/// Reads the whole state.
pub async fn load<S: Session>(clerk: &mut Clerk<S>) -> Result<Snapshot, StoreError> {
    clerk.session.begin(Access::Read).await?;
    let result = load_within(clerk).await;
    clerk.finish(result).await
}

async fn load_within<S: Session>(clerk: &mut Clerk<S>) -> Result<Snapshot, StoreError> {
    let head = Head::read(clerk, Access::Read).await?;
    Ok(Snapshot {
        last_seq: head.seq,
        last_time: head.time,
        last_account: AccountId(head.numbers.account),
        last_channel: ChannelId(head.numbers.channel),
        last_device: DeviceId(head.numbers.device),
        accounts: accounts(clerk).await?,
        scram_keys: people::all_scram_keys(clerk).await?,
        devices: people::all_devices(clerk).await?,
        channels: channels(clerk).await?,
        read_markers: read_markers(clerk).await?,
        metadata: metadata(clerk).await?,
        bans: bans(clerk).await?,
        invitations: invitations(clerk).await?,
        directs: directs(clerk).await?,
        absences: absences(clerk, head.seq).await?,
    })
}

async fn bans<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<BanState>, StoreError> {
    let sql = "SELECT target, effect, reason, set_by, set_at, until_at FROM server_ban ORDER BY set_at, target, effect";
    let mut bans = Vec::new();
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let (target, effect) = (row.text()?, row.text()?);
        // What a newer program may have begun to know keeps nobody out here.
        let Some(effect) = BanEffect::of_word(&effect) else { continue };
        let (reason, set_by) = (row.text()?, row.text()?);
        bans.push(BanState { target, effect, reason, set_by, set_at: row.time()?, until: row.optional_time()? });
    }
    Ok(bans)
}

async fn invitations<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<InvitationState>, StoreError> {
    let sql = "SELECT seq, digest, note, made_by, made_at, until_at FROM invitation \
               WHERE used_at IS NULL AND revoked_at IS NULL ORDER BY seq";
    let mut invitations = Vec::new();
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let (seq, digest) = (Seq(row.number()?), row.optional_array()?.map(Digest));
        let (note, made_by, made_at) = (row.text()?, row.text()?, row.time()?);
        let until = row.optional_time()?;
        // What has lost its digest opens nothing.
        let Some(digest) = digest else { continue };
        invitations.push(InvitationState { seq, digest, note, made_by, made_at, until });
    }
    Ok(invitations)
}

async fn read_markers<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<(AccountId, Place, Timestamp)>, StoreError> {
    let sql = "SELECT read_marker.account_id, channel.id, conversation.account_low, conversation.account_high, \
               read_marker.read_at FROM read_marker \
               JOIN conversation ON conversation.id = read_marker.conversation_id \
               LEFT JOIN channel ON channel.conversation_id = conversation.id \
               ORDER BY read_marker.account_id, read_marker.conversation_id";
    let mut markers = Vec::new();
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let account = AccountId(row.number()?);
        let (channel, low, high) = (row.optional_number()?, row.optional_number()?, row.optional_number()?);
        let until = row.time()?;
        let place = match (channel, low, high) {
            (Some(channel), _, _) => Place::Channel(ChannelId(channel)),
            (None, Some(low), Some(high)) => Place::Direct(AccountId(low), AccountId(high)),
            _ => continue,
        };
        markers.push((account, place, until));
    }
    Ok(markers)
}

async fn metadata<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<(MetadataOwner, String, String)>, StoreError> {
    let mut metadata = Vec::new();
    let sql = "SELECT account_id, name, value FROM account_metadata ORDER BY account_id, name";
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        metadata.push((MetadataOwner::Account(AccountId(row.number()?)), row.text()?, row.text()?));
    }
    let sql = "SELECT channel_id, name, value FROM channel_metadata ORDER BY channel_id, name";
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        metadata.push((MetadataOwner::Channel(ChannelId(row.number()?)), row.text()?, row.text()?));
    }
    Ok(metadata)
}

/// The last event in any direct conversation of each account that has one.
async fn directs<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<(AccountId, Seq)>, StoreError> {
    // As with the channels, this reads one row of each conversation.
    let along = S::DIALECT.along_conversation;
    let sql = format!(
        "SELECT account_low, account_high, ( \
             SELECT seq FROM event{along} WHERE event.conversation_id = conversation.id ORDER BY seq DESC LIMIT 1 \
         ) FROM conversation WHERE kind = 'direct'"
    );
    let mut directs: BTreeMap<AccountId, Seq> = BTreeMap::new();
    for mut row in clerk.session.query(&sql, Vec::new()).await? {
        let accounts = [AccountId(row.number()?), AccountId(row.number()?)];
        // A conversation of which nothing was kept has no last event.
        let Some(last) = row.optional_number()?.map(Seq) else { continue };
        for account in accounts {
            let known = directs.entry(account).or_default();
            *known = last.max(*known);
        }
    }
    Ok(directs.into_iter().collect())
}

/// Up to which event accounts were here. Whoever was here when the last server ended without a word was here to its end.
async fn absences<S: Session>(clerk: &mut Clerk<S>, last: Seq) -> Result<Vec<(AccountId, Seq)>, StoreError> {
    let sql = "SELECT id, is_here, left_seq FROM account WHERE is_here > 0 OR left_seq > 0 ORDER BY id";
    let rows = clerk.session.query(sql, Vec::new()).await?;
    let read = rows.into_iter().map(|mut row| {
        let (account, is_here) = (AccountId(row.number()?), row.number()? > 0);
        let left = Seq(row.number()?);
        Ok((account, if is_here { last } else { left }))
    });
    read.collect()
}

async fn accounts<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<AccountState>, StoreError> {
    let mut addresses: HashMap<u64, Vec<String>> = HashMap::new();
    let sql = "SELECT account_id, address FROM account_address ORDER BY account_id, place";
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        addresses.entry(row.number()?).or_default().push(row.text()?);
    }
    let sql = "SELECT id, name, name_folded, registered_at, suspended_at, suspended_reason, deleted_at, has_joined \
               FROM account ORDER BY id";
    let rows = clerk.session.query(sql, Vec::new()).await?;
    let read = rows.into_iter().map(|mut row| {
        let id = row.number()?;
        Ok(AccountState {
            id: AccountId(id),
            name: AccountName::from_stored(&row.text()?, &row.text()?),
            registered: row.time()?,
            addresses: addresses.remove(&id).unwrap_or_default(),
            suspended: {
                let since = row.optional_time()?;
                let reason = row.optional_text()?;
                since.map(|_| reason.unwrap_or_default())
            },
            deleted: row.optional_time()?.is_some(),
            has_joined: row.number()? != 0,
        })
    });
    read.collect()
}

async fn channels<S: Session>(clerk: &mut Clerk<S>) -> Result<Vec<ChannelState>, StoreError> {
    let mut members: HashMap<u64, Vec<(AccountId, Rank)>> = HashMap::new();
    let sql = "SELECT channel_id, account_id, rank_letters FROM channel_member ORDER BY channel_id, account_id";
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let channel = row.number()?;
        members.entry(channel).or_default().push((AccountId(row.number()?), Rank::from_letters(&row.text()?)));
    }
    let mut masks: HashMap<u64, Vec<ListEntry>> = HashMap::new();
    let sql =
        "SELECT channel_id, letter, mask, set_by, set_at FROM channel_mask ORDER BY channel_id, set_at, letter, mask";
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let channel = row.number()?;
        // The column is one letter; an empty one would be no list at all.
        let letter = row.text()?.chars().next().unwrap_or('b');
        let entry = ListEntry { letter, mask: row.text()?, set_by: row.text()?, set_at: row.time()? };
        masks.entry(channel).or_default().push(entry);
    }
    // `MAX(seq)` would walk the whole record in MariaDB; this reads one row of each channel.
    let along = S::DIALECT.along_conversation;
    let sql = format!(
        "SELECT id, name, name_folded, founded_at, founder_id, topic, topic_set_by, topic_set_at, flags, \
         channel_key, member_limit, slow_seconds, ( \
             SELECT seq FROM event{along} WHERE event.conversation_id = channel.conversation_id \
             ORDER BY seq DESC LIMIT 1 \
         ) FROM channel WHERE dropped_at IS NULL ORDER BY id"
    );
    let rows = clerk.session.query(&sql, Vec::new()).await?;
    let read = rows.into_iter().map(|mut row| {
        let id = row.number()?;
        Ok(ChannelState {
            id: ChannelId(id),
            name: ChannelName::from_stored(&row.text()?, &row.text()?),
            founded: row.time()?,
            founder: row.optional_number()?.map(AccountId),
            topic: {
                let (text, set_by, set_at) = (row.optional_text()?, row.optional_text()?, row.optional_time()?);
                text.map(|text| Topic { text, set_by: set_by.unwrap_or_default(), set_at: set_at.unwrap_or_default() })
            },
            modes: ChannelModes {
                flags: row.text()?,
                key: row.optional_text()?,
                limit: row.optional_small()?,
                slow_seconds: row.optional_small()?,
            },
            members: members.remove(&id).unwrap_or_default(),
            masks: masks.remove(&id).unwrap_or_default(),
            last_seq: Seq(row.optional_number()?.unwrap_or_default()),
        })
    });
    read.collect()
}

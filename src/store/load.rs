//! Everything that the rules need to know when they start, read in one moment.

use std::collections::HashMap;

use super::StoreError;
use super::record::Head;
use super::session::{Access, Clerk, Session};
use crate::chat::event::{
    AccountId, AccountState, ChannelId, ChannelModes, ChannelState, DeviceId, ListEntry, Rank, Seq, Snapshot, Topic,
};
use crate::proto::names::{AccountName, ChannelName};

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
        channels: channels(clerk).await?,
    })
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
         channel_key, member_limit, ( \
             SELECT seq FROM event{along} WHERE event.conversation_id = channel.conversation_id \
             ORDER BY seq DESC LIMIT 1 \
         ) FROM channel ORDER BY id"
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
            modes: ChannelModes { flags: row.text()?, key: row.optional_text()?, limit: row.optional_small()? },
            members: members.remove(&id).unwrap_or_default(),
            masks: masks.remove(&id).unwrap_or_default(),
            last_seq: Seq(row.optional_number()?.unwrap_or_default()),
        })
    });
    read.collect()
}

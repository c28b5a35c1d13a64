//! What is asked of history besides pages: what was missed, what matches, and which conversations have any.

use std::collections::HashMap;

use super::pages::{Edge, Part, SHOWN, Stretch, read};
use super::rows::{EVENT_COLUMNS, EventRow, MESSAGE_KINDS};
use super::session::{Clerk, Session};
use super::value::{Value, values};
use super::{IdKey, StoreError};
use crate::chat::event::{AccountId, ChannelId, Place, Seq};
use crate::chat::ports::{Extras, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;

/// The most direct conversations in one playback, the latest ones; those beyond are found by CHATHISTORY TARGETS.
const PLAYBACK_DIRECTS_MAX: u32 = 100;

/// What was said in several conversations between two bounds.
pub async fn playback<S: Session>(
    clerk: &mut Clerk<S>,
    query: &PlaybackQuery,
) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
    let (after, before) = (Edge::of(clerk, query.after).await?.last, Edge::of(clerk, query.before).await?.first);
    let mut places = query.places.clone();
    if let Some(account) = query.account {
        for place in latest_directs(clerk, account, after).await? {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let (mut pages, mut room) = (Vec::new(), query.limit_in_all);
    for place in places {
        let Some(conversation) = clerk.conversation(place).await? else { continue };
        let stretch = Stretch { conversation, after, before, last: true };
        let limit = query.limit.min(room) as usize;
        let page = read(clerk, Part { stretch, limit, extras: Extras::default() }).await?;
        room = room.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        if !page.is_empty() {
            pages.push((place, page));
        }
        if room == 0 {
            break;
        }
    }
    Ok(pages)
}

/// The direct conversations of an account in which something was said behind a number, the latest first.
async fn latest_directs<S: Session>(
    clerk: &mut Clerk<S>,
    account: AccountId,
    after: u64,
) -> Result<Vec<Place>, StoreError> {
    let along = S::DIALECT.along_conversation;
    // The subquery reads one row of each conversation.
    let sql = format!(
        "SELECT account_low, account_high FROM ( \
             SELECT account_low, account_high, ( \
                 SELECT seq FROM event{along} \
                 WHERE event.conversation_id = conversation.id AND event.kind IN {MESSAGE_KINDS} \
                 AND event.redacted_seq IS NULL \
                 ORDER BY seq DESC LIMIT 1 \
             ) AS latest \
             FROM conversation WHERE account_low = ? OR account_high = ? \
         ) AS talk WHERE latest > ? ORDER BY latest DESC LIMIT ?"
    );
    let rows = clerk.session.query(&sql, values![account, account, after, PLAYBACK_DIRECTS_MAX]).await?;
    rows.into_iter().map(|mut row| Ok(Place::Direct(AccountId(row.number()?), AccountId(row.number()?)))).collect()
}

/// The latest messages that have an idempotency id, with whose it is and where, oldest first.
pub async fn latest_ids<S: Session>(clerk: &mut Clerk<S>, limit: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
    let columns = EVENT_COLUMNS.split(", ").map(|name| format!("event.{}", name.trim())).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT channel.id, conversation.account_low, conversation.account_high, event.account_id, {columns} \
         FROM (SELECT * FROM event ORDER BY seq DESC LIMIT ?) AS event \
         JOIN conversation ON conversation.id = event.conversation_id \
         LEFT JOIN channel ON channel.conversation_id = conversation.id \
         WHERE event.idempotency_id IS NOT NULL AND event.account_id IS NOT NULL \
         AND event.kind IN {MESSAGE_KINDS} AND event.salt IS NOT NULL ORDER BY event.seq"
    );
    let mut found = Vec::new();
    for mut row in clerk.session.query(&sql, values![limit]).await? {
        let (channel, low, high) = (row.optional_number()?, row.optional_number()?, row.optional_number()?);
        let place = match (channel, low, high) {
            (Some(channel), _, _) => Place::Channel(ChannelId(channel)),
            (None, Some(low), Some(high)) => Place::Direct(AccountId(low), AccountId(high)),
            _ => continue,
        };
        let account = AccountId(row.number()?);
        let event = EventRow::read(&mut row)?;
        let Some(id) = event.idempotency_id().map(str::to_owned) else { continue };
        found.extend(event.into_stored().map(|stored| ((account, place, id), stored)));
    }
    Ok(found)
}

/// How many messages, from the latest one back, a search looks at. Older ones are not found; narrowing the search by
/// `before` reaches them.
const SEARCHED_MAX: u32 = 100_000;

/// The latest messages that match, oldest first. A plain comparison with each of a bounded number of messages.
pub async fn search<S: Session>(clerk: &mut Clerk<S>, query: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
    let mut conversations = Vec::new();
    for place in &query.places {
        conversations.extend(clerk.conversation(*place).await?.map(Value::from));
    }
    if let Some(account) = query.account {
        let sql = "SELECT id FROM conversation WHERE account_low = ? OR account_high = ?";
        for mut row in clerk.session.query(sql, values![account, account]).await? {
            conversations.push(row.number()?.into());
        }
    }
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let names = channel_names(clerk, &conversations).await?;
    let marks = vec!["?"; conversations.len()].join(",");
    let mut within = format!("conversation_id IN ({marks}) AND kind IN {MESSAGE_KINDS} AND {SHOWN}");
    let mut values = conversations;
    for (sql, bound) in [(" AND time >= ?", query.after), (" AND time <= ?", query.before)] {
        if let Some(bound) = bound {
            within.push_str(sql);
            values.push(bound.into());
        }
    }
    values.push(SEARCHED_MAX.into());
    let mut matches = vec!["1 = 1"];
    if let Some(from) = &query.from {
        matches.push("LOWER(author_name) = LOWER(?)");
        values.push(from.as_str().into());
    }
    if let Some(text) = &query.text {
        matches.push("LOWER(text) LIKE LOWER(?) ESCAPE '!'");
        values.push(format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_")).into());
    }
    values.push(query.limit.into());
    // With a start the first matches are wanted, else the last ones.
    let order = if query.after.is_some() { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM (SELECT * FROM event WHERE {within} ORDER BY seq {order} LIMIT ?) AS looked_at \
         WHERE {} ORDER BY seq {order} LIMIT ?",
        matches.join(" AND ")
    );
    let mut events = Vec::new();
    for mut row in clerk.session.query(&sql, values).await? {
        let row = EventRow::read(&mut row)?;
        let name = names.get(&row.conversation);
        let Some(mut event) = row.into_stored() else { continue };
        event.target = name.cloned().unwrap_or(event.target);
        events.push(event);
    }
    events.sort_by_key(|event| event.seq);
    Ok(events)
}

/// What the channels among these conversations are called now.
async fn channel_names<S: Session>(
    clerk: &mut Clerk<S>,
    conversations: &[Value],
) -> Result<HashMap<u64, String>, StoreError> {
    let marks = vec!["?"; conversations.len()].join(",");
    let sql = format!("SELECT conversation_id, name FROM channel WHERE conversation_id IN ({marks})");
    let rows = clerk.session.query(&sql, conversations.to_vec()).await?;
    rows.into_iter().map(|mut row| Ok((row.number()?, row.text()?))).collect()
}

/// Conversations whose latest message lies between two times, the one that is silent for longest first.
pub async fn targets<S: Session>(
    clerk: &mut Clerk<S>,
    query: &TargetsQuery,
) -> Result<Vec<(Place, Timestamp)>, StoreError> {
    let mut found = direct_targets(clerk, query).await?;
    for place in &query.channels {
        let Some(conversation) = clerk.conversation(*place).await? else { continue };
        let along = S::DIALECT.along_conversation;
        let sql = format!(
            "SELECT seq, time FROM event{along} WHERE conversation_id = ? AND kind IN {MESSAGE_KINDS} AND {SHOWN} \
             ORDER BY seq DESC LIMIT 1"
        );
        let Some(mut row) = clerk.query_row(&sql, values![conversation]).await? else { continue };
        let (seq, time) = (Seq(row.number()?), row.time()?);
        if time > query.after && time < query.before {
            found.push((seq, *place, time));
        }
    }
    found.sort_by_key(|(seq, ..)| *seq);
    found.dedup_by_key(|(seq, ..)| *seq);
    found.truncate(query.limit as usize);
    Ok(found.into_iter().map(|(_, place, time)| (place, time)).collect())
}

async fn direct_targets<S: Session>(
    clerk: &mut Clerk<S>,
    query: &TargetsQuery,
) -> Result<Vec<(Seq, Place, Timestamp)>, StoreError> {
    let along = S::DIALECT.along_conversation;
    // The subquery reads one row of each conversation.
    let sql = format!(
        "SELECT event.seq, talk.account_low, talk.account_high, event.time FROM ( \
             SELECT account_low, account_high, ( \
                 SELECT seq FROM event{along} \
                 WHERE event.conversation_id = conversation.id AND event.kind IN {MESSAGE_KINDS} \
                 AND {SHOWN} \
                 ORDER BY seq DESC LIMIT 1 \
             ) AS latest \
             FROM conversation WHERE account_low = ? OR account_high = ? \
         ) AS talk JOIN event ON event.seq = talk.latest \
         WHERE event.time > ? AND event.time < ? ORDER BY event.seq LIMIT ?"
    );
    let values = values![query.account, query.account, query.after, query.before, query.limit];
    let rows = clerk.session.query(&sql, values).await?;
    let read = rows.into_iter().map(|mut row| {
        let seq = Seq(row.number()?);
        let place = Place::Direct(AccountId(row.number()?), AccountId(row.number()?));
        Ok((seq, place, row.time()?))
    });
    read.collect()
}

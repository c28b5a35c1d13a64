//! CHATHISTORY: what was said, page by page.
//!
//! Specification: IRCv3 `draft/chathistory` with `draft/event-playback`, and the batch type `chathistory`.
//!
//! A page is asked from the store, one question a connection at a time. The question waits until everything is committed that
//! the conversation holds at that moment: who joins a channel and asks for its history then misses nothing between the two.
//! While the store does not answer, the page comes from what is [kept in memory](crate::chat::recent) when that is enough to
//! know it, else `MESSAGE_ERROR` says so. What was said with a guest is kept there only, and read from there as long as the guest
//! is there. Whoever may not read a conversation is told the same as when there is none.

use super::past::{lines_of, reply_in_batch};
use crate::chat::asked::{Asked, PageAsked};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, Place};
use crate::chat::operators::Right;
use crate::chat::policy::repeated;
use crate::chat::ports::{Answer, Bound, ConnId, Extras, PageQuery, PageRange, Question, StoredEvent, TargetsQuery};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::history::{BATCH_TYPE, HistoryError, HistoryQuery, Reference, TARGETS_BATCH_TYPE, target_line};
use crate::proto::message::Line;
use crate::proto::names::{ChannelName, MsgId};
use crate::proto::time::Timestamp;

/// `CHATHISTORY <subcommand> …`.
pub(crate) fn chathistory(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let limit_max = usize::try_from(world.settings.history_page_max).unwrap_or(usize::MAX);
    let query = match HistoryQuery::parse(call.message.params(), limit_max) {
        Ok(query) => query,
        Err(error) => return fail(world, conn, &error),
    };
    let limit = u32::try_from(query.limit()).unwrap_or(u32::MAX);
    if let HistoryQuery::Targets { from, to, .. } = query {
        return ask_targets(world, conn, query, from.min(to), from.max(to), limit);
    }
    if let Some((guest, own)) = query.target().and_then(|target| talk_with_guest(world, conn, target)) {
        return show_talk_with_guest(world, conn, &query, guest, own);
    }
    let place = query.target().and_then(|target| readable(world, conn, target));
    let (Some((place, name)), Some(range)) = (place, range_of(&query)) else {
        return fail(world, conn, &query.invalid_target());
    };
    let page = PageQuery { place, range, limit, extras: extras(world, conn) };
    if world.is_stalled() {
        return answered_page(world, conn, PageAsked { query, page, name }, Answer::Unavailable);
    }
    world.ask(conn, Question::Page(page), Asked::Page(Box::new(PageAsked { query, page, name })));
    Ok(())
}

/// The guest of this name, and the account that may read what it has said to it.
fn talk_with_guest(world: &World, conn: ConnId, target: &str) -> Option<(ConnId, AccountId)> {
    match world.person_called(target)? {
        Person::Guest(guest) => Some((guest, reader(world, conn)?)),
        _ => None,
    }
}

fn show_talk_with_guest(
    world: &mut World,
    conn: ConnId,
    query: &HistoryQuery,
    guest: ConnId,
    own: AccountId,
) -> Handled {
    let Some(range) = range_of(query) else { return fail(world, conn, &query.invalid_target()) };
    let limit = u32::try_from(query.limit()).unwrap_or(u32::MAX);
    let page = PageQuery { place: Place::Unlisted, range, limit, extras: extras(world, conn) };
    let events = world.recent.page_with_guest(guest, own, &page);
    // The last of it may not be committed yet.
    world.shows_seq(events.last().map_or_else(Default::default, |event| event.seq));
    let lines: Vec<Line> = events.iter().flat_map(|event| lines_of(world, conn, event, &event.target)).collect();
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, BATCH_TYPE, query.target(), lines);
    Ok(())
}

/// What a session's pages show besides messages.
fn extras(world: &World, conn: ConnId) -> Extras {
    let session = world.session(conn);
    let events = session.has(Cap::EventPlayback);
    Extras {
        events,
        tagged: events && session.has(Cap::MessageTags),
        redactions: events && session.has(Cap::MessageRedaction),
    }
}

fn fail(world: &mut World, conn: ConnId, error: &HistoryError) -> Handled {
    let line = world.server_line("FAIL").param("CHATHISTORY").param(error.code());
    let line = error.context().into_iter().fold(line, |line, param| line.param(repeated(param)));
    world.reply(conn, line.trailing(&error.to_string()));
    Err(Refusal::Quiet)
}

/// The conversation of this name and what it is called, when a session may read it.
pub(super) fn readable(world: &World, conn: ConnId, target: &str) -> Option<(Place, String)> {
    if ChannelName::looks_like(target) {
        let id = world.channel_called(target).ok()?;
        let is_allowed = world.rank_of(conn, id).is_some() || world.has_right(conn, Right::Channels);
        return is_allowed.then(|| (Place::Channel(id), world.channel_name(id)));
    }
    let own = reader(world, conn)?;
    let other = match world.person_called(target) {
        Some(Person::Correspondent) => world.correspondent_account(),
        Some(Person::Account(account)) => account,
        Some(Person::Guest(_)) => return None,
        // What was said with somebody whose account is gone stays readable.
        None => {
            let name = crate::proto::names::AccountName::new(target).ok()?;
            world.state.account_named(name.folded())?.state.id
        }
    };
    let is_nobody = own == world.correspondent_account() && other == own;
    (!is_nobody).then(|| (Place::direct(own, other), name_of_other(world, other)))
}

/// The number by which a session's direct conversations are found; guests have none.
pub(super) fn reader(world: &World, conn: ConnId) -> Option<AccountId> {
    let session = world.session(conn);
    if session.is_operator() { Some(world.correspondent_account()) } else { session.account() }
}

/// What a conversation is called for a session.
pub(super) fn name_of_place(world: &World, conn: ConnId, place: Place) -> String {
    match place {
        Place::Channel(id) => world.channel_name(id),
        Place::Direct(one, other) => name_of_other(world, if Some(one) == reader(world, conn) { other } else { one }),
        Place::Unlisted | Place::Server => String::new(),
    }
}

fn name_of_other(world: &World, other: AccountId) -> String {
    if other == world.correspondent_account() {
        return world.settings.correspondent.to_string();
    }
    world.name_of(Person::Account(other))
}

/// The part of history that a query asks for; nothing when it refers to a message that this server never sent.
fn range_of(query: &HistoryQuery) -> Option<PageRange> {
    let bound = |reference: &Reference| match reference {
        Reference::MsgId(id) => MsgId::parse(id).map(|id| Bound::Seq(crate::chat::event::Seq(id.seq()))),
        Reference::Time(time) => Some(Bound::Time(*time)),
    };
    Some(match query {
        HistoryQuery::Before { bound: reference, .. } => PageRange::Before(bound(reference)?),
        HistoryQuery::After { bound: reference, .. } => PageRange::After(bound(reference)?),
        HistoryQuery::Latest { bound: None, .. } => PageRange::Latest(None),
        HistoryQuery::Latest { bound: Some(reference), .. } => PageRange::Latest(Some(bound(reference)?)),
        HistoryQuery::Around { bound: reference, .. } => PageRange::Around(bound(reference)?),
        HistoryQuery::Between { from, to, .. } => PageRange::Between(bound(from)?, bound(to)?),
        HistoryQuery::Targets { .. } => return None,
    })
}

/// The store has answered, or cannot.
pub(crate) fn answered_page(world: &mut World, conn: ConnId, asked: PageAsked, answer: Answer) -> Handled {
    let events = match answer {
        Answer::Page(events) => events,
        _ => match world.recent.page(&asked.page, world.committed) {
            Some(events) => events,
            None => return fail(world, conn, &asked.query.message_error()),
        },
    };
    // A channel's history is told under the name that the channel has now.
    let is_channel = matches!(asked.page.place, Place::Channel(_));
    let called = |event: &StoredEvent| if is_channel { asked.name.clone() } else { event.target.clone() };
    let lines: Vec<Line> = events.iter().flat_map(|event| lines_of(world, conn, event, &called(event))).collect();
    // The batch repeats the target as the client wrote it, by which it knows what it has asked.
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, BATCH_TYPE, asked.query.target(), lines);
    Ok(())
}

fn ask_targets(
    world: &mut World,
    conn: ConnId,
    query: HistoryQuery,
    after: Timestamp,
    before: Timestamp,
    limit: u32,
) -> Handled {
    let Some(account) = reader(world, conn) else { return fail(world, conn, &query.invalid_target()) };
    if world.is_stalled() {
        return fail(world, conn, &query.message_error());
    }
    let channels = world.channels_of(conn).into_iter().map(Place::Channel).collect();
    let question = TargetsQuery { account, channels, after, before, limit };
    world.ask(conn, Question::Targets(question), Asked::Targets(Box::new(query)));
    Ok(())
}

/// The store has listed conversations, or cannot.
pub(crate) fn answered_targets(world: &mut World, conn: ConnId, query: &HistoryQuery, answer: Answer) -> Handled {
    let Answer::Targets(targets) = answer else { return fail(world, conn, &query.message_error()) };
    let listed = targets.into_iter().filter(|(place, _)| !matches!(place, Place::Unlisted | Place::Server));
    let mut named: Vec<(Timestamp, String)> =
        listed.map(|(place, latest)| (latest, name_of_place(world, conn, place))).collect();
    named.extend(guests_between(world, conn, query));
    named.sort();
    named.truncate(query.limit());
    let line = |(latest, name): &(Timestamp, String)| target_line(name, *latest).source(&world.settings.server_name);
    let lines: Vec<Line> = named.iter().map(line).collect();
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, TARGETS_BATCH_TYPE, None, lines);
    Ok(())
}

/// The guests who are there and with whom something was said between the times of a query.
fn guests_between(world: &mut World, conn: ConnId, query: &HistoryQuery) -> Vec<(Timestamp, String)> {
    let (HistoryQuery::Targets { from, to, .. }, Some(own)) = (query, reader(world, conn)) else { return Vec::new() };
    let guests = world.recent.guests_of(own).into_iter();
    let guests = guests.filter(|(_, latest)| latest > from.min(to) && latest < from.max(to));
    let named: Vec<_> = guests.map(|(guest, latest)| (latest, world.name_of(Person::Guest(guest)))).collect();
    if !named.is_empty() {
        world.shows_seq(world.state.last_seq);
    }
    named
}

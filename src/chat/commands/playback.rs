//! What was said before, for clients that do not know CHATHISTORY: shown at the log-in, or asked for by `znc.in/playback`.
//!
//! *Missed* is what was said in the conversations of an account since its last session left (see
//! [`absence`](crate::chat::absence)): the first session that comes then gets the last messages of each, in a batch when it knows
//! batches, with `server-time` when it asked for times, else with the time in the text. Whoever can ask for history gets nothing
//! unasked. What was said before somebody joined a channel they have not missed.
//!
//! Specification: ZNC's module `playback`, spoken to as `*playback`: PLAY, LIST, CLEAR. What is cleared is marked as read (the
//! record forgets nothing); PLAY without a beginning plays what is not read.

use super::history::{name_of_place, reader};
use super::past::{lines_of, reply_in_batch};
use crate::chat::asked::Asked;
use crate::chat::event::{AccountId, ChannelId, Event, Place, Seq};
use crate::chat::limits;
use crate::chat::playback::{Names, PlaybackAsked, parse_seconds, seconds, stamped};
use crate::chat::ports::{
    Answer, Bound, ConnId, Effect, Extras, PageQuery, PageRange, PlaybackQuery, Question, StoredEvent, StoredWhat,
    TargetsQuery,
};
use crate::chat::refusal::{Handled, Text};
use crate::chat::session::Person;
use crate::chat::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::history::BATCH_TYPE;
use crate::proto::message::Line;
use crate::proto::time::Timestamp;

/// What is spoken to.
const NICK: &str = "*playback";
/// Who answers.
const SOURCE: &str = "*playback!znc@znc.in";
/// The type of the batches that PLAY leads to.
const PLAY_BATCH_TYPE: &str = "znc.in/playback";

/// The first session of an account is here: what the account has missed, but in the channels that the session has been in
/// before it logged in.
pub(super) fn end_absence(world: &mut World, conn: ConnId, account: AccountId, kept: &[ChannelId]) {
    world.turn.effect(Effect::NotePresence { account, left: None });
    let since = world.absences.end(account);
    let (last, limit) = (world.state.last_seq, world.settings.replay_messages_max);
    let session = world.session(conn);
    let asks_itself = session.has(Cap::ChatHistory) || session.has(Cap::ZncPlayback);
    // Who has registered just now can have missed nothing.
    let is_new = world.state.account(account).is_some_and(|account| account.last_seq == last);
    if asks_itself || limit == 0 || is_new && since == Seq(0) {
        return;
    }
    let channels = world.channels_of(conn).into_iter();
    let is_later = |id| world.state.channel(id).is_some_and(|channel| channel.last_seq > since);
    let places: Vec<_> = channels.filter(|id| is_later(*id) && !kept.contains(id)).map(Place::Channel).collect();
    let account = Some(account).filter(|account| world.state.last_direct(*account) > since);
    // Most who come back have missed nothing, and the store need not say so.
    if places.is_empty() && account.is_none() {
        return;
    }
    let query = PlaybackQuery {
        places,
        account,
        after: Bound::Seq(since),
        before: Bound::Seq(last.next()),
        // One more tells whether there is more.
        limit: limit + 1,
        limit_in_all: limits::PLAYBACK_MESSAGES_MAX,
    };
    if world.is_stalled() {
        let said = world.say(conn, &"server-missed-unavailable".into());
        return world.notice(conn, &said);
    }
    world.shows_seq(last);
    world.ask(conn, Question::Playback(query), Asked::Playback(PlaybackAsked::Missed));
}

/// Whether a message is an order of `znc.in/playback`. Nobody can have this nick, so it needs no capability: that one only says
/// that nothing is to be shown unasked.
pub(super) fn is_addressed(target: &str) -> bool {
    target.eq_ignore_ascii_case(NICK)
}

/// `PLAY <names> [<from> [<to>]]`, `LIST [<names>]`, `CLEAR <names>`.
pub(super) fn obey(world: &mut World, conn: ConnId, order: &str) -> Handled {
    let words: Vec<&str> = order.split_whitespace().collect();
    let Some((name, words)) = words.split_first() else { return say_syntax(world, conn) };
    let times: Option<Vec<Timestamp>> = words.iter().skip(1).map(|word| parse_seconds(word)).collect();
    match (name.to_ascii_uppercase().as_str(), words, times.as_deref()) {
        ("PLAY", [names, ..], Some(times)) if times.len() <= 2 => play(world, conn, names, times),
        ("LIST", [], _) => ask_names(world, conn, PlaybackAsked::List(Names::parse("*"))),
        ("LIST", [names], _) => ask_names(world, conn, PlaybackAsked::List(Names::parse(names))),
        ("CLEAR", [names], _) => ask_names(world, conn, PlaybackAsked::Clear(Names::parse(names))),
        _ => say_syntax(world, conn),
    }
}

fn say(world: &mut World, conn: ConnId, text: &str) {
    let line = Line::new("PRIVMSG").source(SOURCE).param(world.session(conn).name()).trailing(text);
    let line = world.dated(conn, line);
    world.reply(conn, line);
}

fn say_syntax(world: &mut World, conn: ConnId) -> Handled {
    let said = world.say(conn, &"server-playback-syntax".into());
    say(world, conn, &said);
    Ok(())
}

fn unavailable(world: &mut World, conn: ConnId) -> Handled {
    let said = world.say(conn, &"server-missed-unavailable".into());
    say(world, conn, &said);
    Ok(())
}

fn play(world: &mut World, conn: ConnId, names: &str, times: &[Timestamp]) -> Handled {
    let names = Names::parse(names);
    let channels = world.channels_of(conn).into_iter();
    let places = channels.filter(|id| names.mean(&world.channel_name(*id))).map(Place::Channel).collect();
    let last = world.state.last_seq;
    let query = PlaybackQuery {
        places,
        account: reader(world, conn).filter(|_| names.may_mean_people()),
        after: times.first().map_or(Bound::Seq(Seq(0)), |from| Bound::Time(*from)),
        before: times.get(1).map_or(Bound::Seq(last.next()), |to| Bound::Time(*to)),
        // One more tells whether there is more.
        limit: world.settings.history_page_max.saturating_add(1),
        limit_in_all: limits::PLAYBACK_MESSAGES_MAX,
    };
    if world.is_stalled() {
        return unavailable(world, conn);
    }
    world.shows_seq(last);
    let between = (query.after, query.before);
    let asked = PlaybackAsked::Play { names, is_unread_only: times.is_empty(), between };
    world.ask(conn, Question::Playback(query), Asked::Playback(asked));
    Ok(())
}

/// Asks which conversations there are.
fn ask_names(world: &mut World, conn: ConnId, asked: PlaybackAsked) -> Handled {
    let query = TargetsQuery {
        // The number 0 is nobody's.
        account: reader(world, conn).unwrap_or(AccountId(0)),
        channels: world.channels_of(conn).into_iter().map(Place::Channel).collect(),
        after: Timestamp::MIN,
        before: Timestamp::MAX,
        limit: world.settings.history_page_max,
    };
    if world.is_stalled() {
        return unavailable(world, conn);
    }
    world.shows_seq(world.state.last_seq);
    world.ask(conn, Question::Targets(query), Asked::Playback(asked));
    Ok(())
}

/// The store has answered, or cannot.
pub(super) fn answered(world: &mut World, conn: ConnId, asked: PlaybackAsked, answer: Answer) -> Handled {
    match (asked, answer) {
        (PlaybackAsked::Missed, Answer::Playback(pages)) => show_missed(world, conn, pages),
        (PlaybackAsked::Play { names, is_unread_only, between }, Answer::Playback(pages)) => {
            show_played(world, conn, &names, is_unread_only, pages);
            show_guests(world, conn, &names, between);
        }
        (PlaybackAsked::List(names), Answer::Targets(targets)) => {
            for (place, latest) in targets {
                let name = name_of_place(world, conn, place);
                if names.mean(&name) {
                    say(world, conn, &format!("{name} 0 {}", seconds(latest)));
                }
            }
        }
        (PlaybackAsked::Clear(names), Answer::Targets(targets)) => clear(world, conn, &names, targets)?,
        (PlaybackAsked::Missed, _) => {
            let said = world.say(conn, &"server-missed-unavailable".into());
            world.notice(conn, &said);
        }
        _ => return unavailable(world, conn),
    }
    Ok(())
}

/// The last messages of each conversation that is meant; says so when there are more.
fn show_played(
    world: &mut World,
    conn: ConnId,
    names: &Names,
    is_unread_only: bool,
    pages: Vec<(Place, Vec<StoredEvent>)>,
) {
    let most = world.settings.history_page_max as usize;
    let count: usize = pages.iter().map(|(_, events)| events.len()).sum();
    let mut is_more = count >= limits::PLAYBACK_MESSAGES_MAX as usize;
    for (place, mut events) in pages {
        let marker = reader(world, conn).and_then(|own| world.state.read_marker(own, place));
        events.retain(|event| !is_unread_only || marker.is_none_or(|marker| event.time > marker));
        let name = name_of_place(world, conn, place);
        if names.mean(&name) && !events.is_empty() {
            let beyond = events.len().saturating_sub(most);
            is_more |= beyond > 0;
            show(world, conn, (place, &name), &events[beyond..], PLAY_BATCH_TYPE);
        }
    }
    if is_more {
        let said = world.say(conn, &Text::new("server-missed-more").with("most", most));
        say(world, conn, &said);
    }
}

fn show_missed(world: &mut World, conn: ConnId, pages: Vec<(Place, Vec<StoredEvent>)>) {
    let most = world.settings.replay_messages_max as usize;
    let count: usize = pages.iter().map(|(_, events)| events.len()).sum();
    let mut is_more = count >= limits::PLAYBACK_MESSAGES_MAX as usize;
    if count > 0 && !world.session(conn).has(Cap::ServerTime) {
        let said = world.say(conn, &"server-missed".into());
        world.notice(conn, &said);
    }
    for (place, events) in pages {
        let is_gone = matches!(place, Place::Channel(channel) if world.rank_of(conn, channel).is_none());
        if !is_gone {
            let beyond = events.len().saturating_sub(most);
            is_more |= beyond > 0;
            let name = name_of_place(world, conn, place);
            show(world, conn, (place, &name), &events[beyond..], BATCH_TYPE);
        }
    }
    if is_more {
        let said = world.say(conn, &Text::new("server-missed-more").with("most", most));
        world.notice(conn, &said);
    }
}

/// What was said with guests who are there: they are no conversation of the store.
fn show_guests(world: &mut World, conn: ConnId, names: &Names, between: (Bound, Bound)) {
    let Some(own) = reader(world, conn) else { return };
    let (range, limit) = (PageRange::Between(between.0, between.1), world.settings.history_page_max);
    let page = PageQuery { place: Place::Unlisted, range, limit, extras: Extras::default() };
    for (guest, _) in world.recent.guests_of(own) {
        let name = world.name_of(Person::Guest(guest));
        let events = world.recent.page_with_guest(guest, own, &page);
        if names.mean(&name) && !events.is_empty() {
            world.shows_seq(world.state.last_seq);
            show(world, conn, (Place::Unlisted, &name), &events, PLAY_BATCH_TYPE);
        }
    }
}

/// What was said in one conversation, which is called so.
fn show(world: &mut World, conn: ConnId, (place, name): (Place, &str), events: &[StoredEvent], batch_type: &str) {
    let knows_times = world.session(conn).has(Cap::ServerTime);
    let mut lines = Vec::new();
    for event in events {
        let target = if matches!(place, Place::Channel(_)) { name } else { &event.target };
        if knows_times {
            lines.extend(lines_of(world, conn, event, target));
            continue;
        }
        let what = match &event.what {
            StoredWhat::Privmsg(text) => StoredWhat::Privmsg(stamped(text, event.time, world.now)),
            StoredWhat::Notice(text) => StoredWhat::Notice(stamped(text, event.time, world.now)),
            other => other.clone(),
        };
        lines.extend(lines_of(world, conn, &StoredEvent { what, ..event.clone() }, target));
    }
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, batch_type, Some(name), lines);
}

/// Marks conversations as read up to their latest message.
fn clear(world: &mut World, conn: ConnId, names: &Names, targets: Vec<(Place, Timestamp)>) -> Handled {
    let Some(own) = reader(world, conn) else { return Ok(()) };
    if world.is_stalled() {
        return unavailable(world, conn);
    }
    for (place, latest) in targets {
        let name = name_of_place(world, conn, place);
        let is_read = world.state.read_marker(own, place).is_some_and(|known| known >= latest);
        if names.mean(&name) && !is_read {
            let author = world.session(conn).author();
            world.append(Draft::new(author, Place::Server, &name, Event::MarkedRead { place, until: latest }));
        }
    }
    Ok(())
}

//! CHANNEL: what an operator does with channels that no member can do, or that no member should have to be asked for.
//!
//! Specification: our own, written like `ACCOUNT`: `CHANNEL LIST`, `SHOW`, `FOUNDER`, `DROP`. Topic, modes, name and members are
//! changed by TOPIC, MODE, RENAME and KICK, which operators with the right `channels` may use everywhere.

use std::collections::HashMap;

use super::account;
use crate::chat::asked::{Asked, AskedChannels};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, ChannelId, Event, ListEntry, Place, Rank};
use crate::chat::limits;
use crate::chat::operators::Right;
use crate::chat::policy::{self, cut};
use crate::chat::ports::{Answer, ConnId, Notable, Question, TargetsQuery};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::world::{Draft, World};
use crate::proto::message::Line;
use crate::proto::time::Timestamp;

/// A subcommand: its name, the parameters that it needs, whether it leads to events.
struct Subcommand {
    name: &'static str,
    params_min: usize,
    is_durable: bool,
    handler: fn(&mut World, &Call<'_>) -> Handled,
}

const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand { name: "DROP", params_min: 1, is_durable: true, handler: drop },
    Subcommand { name: "FOUNDER", params_min: 2, is_durable: true, handler: found },
    Subcommand { name: "LIST", params_min: 0, is_durable: false, handler: list },
    Subcommand { name: "SHOW", params_min: 1, is_durable: false, handler: show },
];

/// `CHANNEL <subcommand> [<channel> …]`.
pub(crate) fn channel(world: &mut World, call: &Call<'_>) -> Handled {
    policy::operator::must_have(world.rights_of(call.conn), Right::Channels)?;
    let known = SUBCOMMANDS.iter().find(|known| known.name.eq_ignore_ascii_case(call.param(0)));
    let Some(subcommand) = known else {
        return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand"));
    };
    if call.message.params().len() <= subcommand.params_min {
        return Err(call.needs_more_params());
    }
    if subcommand.is_durable {
        world.require_journal(&[call.param(1)])?;
    }
    (subcommand.handler)(world, call)
}

fn list(world: &mut World, call: &Call<'_>) -> Handled {
    let channels = listed(world);
    ask(world, call.conn, channels, AskedChannels::List);
    Ok(())
}

fn show(world: &mut World, call: &Call<'_>) -> Handled {
    let id = world.find_channel(call.param(1))?;
    ask(world, call.conn, vec![id], AskedChannels::Show(id));
    Ok(())
}

/// The channels that a list has, by their names.
fn listed(world: &World) -> Vec<ChannelId> {
    world.state.channels().map(|channel| channel.id).take(limits::CHANNELS_LISTED_MAX).collect()
}

/// Asks the store when something was said last in channels.
fn ask(world: &mut World, conn: ConnId, channels: Vec<ChannelId>, asked: AskedChannels) {
    let query = TargetsQuery {
        // Nobody's direct conversations.
        account: AccountId(0),
        channels: channels.into_iter().map(Place::Channel).collect(),
        after: Timestamp::from_millis(i64::MIN),
        before: Timestamp::from_millis(i64::MAX),
        limit: u32::MAX,
    };
    world.ask(conn, Question::Targets(query), Asked::Channels(asked));
}

/// The store has said when something was said last; when it cannot, the rest is told without that.
pub(super) fn answered(world: &mut World, conn: ConnId, asked: AskedChannels, answer: Answer) -> Handled {
    let targets = if let Answer::Targets(targets) = answer { targets } else { Vec::new() };
    let last: HashMap<Place, Timestamp> = targets.into_iter().collect();
    match asked {
        AskedChannels::List => {
            for id in listed(world) {
                tell_entry(world, conn, id, &last);
            }
        }
        AskedChannels::Show(id) => {
            tell_entry(world, conn, id, &last);
            tell_members(world, conn, id);
            tell_masks(world, conn, id);
        }
    }
    let said = world.say(conn, &"server-end-of-channels".into());
    let line = world.server_line("CHANNEL").param("END").trailing(&said);
    world.reply(conn, line);
    Ok(())
}

/// `CHANNEL ENTRY <channel> <founded> <members> <founder or *> <last message or *> :<modes>`, then 332 and 333 for the topic.
fn tell_entry(world: &mut World, conn: ConnId, id: ChannelId, last: &HashMap<Place, Timestamp>) {
    world.shows(id);
    let members = world.member_count(id);
    let Some(channel) = world.state.channel(id) else { return };
    let founder = channel.founder.and_then(|account| world.account_name(account)).unwrap_or_else(|| "*".to_owned());
    let last = last.get(&Place::Channel(id)).map_or_else(|| "*".to_owned(), ToString::to_string);
    let line = world.server_line("CHANNEL").param("ENTRY").param(channel.name.as_str());
    let line = line.param(&channel.founded.to_string()).param(&members.to_string()).param(&founder).param(&last);
    let line = line.trailing(&channel.modes.shown(true));
    world.reply(conn, line);
    world.show_topic(conn, id);
}

/// `CHANNEL MEMBER <channel> <name> <rank's letters or *> <here|away|guest>`: accounts that are there, and those that are not.
fn tell_members(world: &mut World, conn: ConnId, id: ChannelId) {
    let Some(channel) = world.state.channel(id) else { return };
    let accounts = channel.members.iter().map(|(account, rank)| {
        let is_here = !world.account_sessions(*account).is_empty();
        (world.account_name(*account).unwrap_or_default(), *rank, if is_here { "here" } else { "away" })
    });
    let guests = world.guests.get(&id).into_iter().flatten();
    let guests = guests.map(|(guest, rank)| (world.session(*guest).name().to_owned(), *rank, "guest"));
    let members: Vec<_> = accounts.chain(guests).take(limits::MEMBERS_LISTED_MAX).collect();
    let name = channel.name.to_string();
    for (member, rank, state) in members {
        let letters = rank.letters();
        let letters = if letters.is_empty() { "*" } else { &letters };
        let line = world.server_line("CHANNEL").param("MEMBER").param(&name).param(&member).param(letters).param(state);
        world.reply(conn, line);
    }
}

/// `CHANNEL MASK <channel> <letter> <by> <at> :<mask>`.
fn tell_masks(world: &mut World, conn: ConnId, id: ChannelId) {
    let Some(channel) = world.state.channel(id) else { return };
    let line_of = |entry: &ListEntry| {
        let line = world.server_line("CHANNEL").param("MASK").param(channel.name.as_str());
        let line = line.param(&entry.letter.to_string()).param(&entry.set_by).param(&entry.set_at.to_string());
        line.trailing(&entry.mask)
    };
    let lines: Vec<Line> = channel.masks.iter().map(|entry| line_of(&entry.state)).collect();
    for line in lines {
        world.reply(conn, line);
    }
}

/// `CHANNEL FOUNDER <channel> <account>`: somebody else owns it from now on.
fn found(world: &mut World, call: &Call<'_>) -> Handled {
    let id = world.find_channel(call.param(1))?;
    let founder = account::subject(world, call.param(2))?;
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let before = channel.founder;
    if before != Some(founder.id) {
        let event = Event::FounderChanged { account: founder.id, name: founder.name.to_string() };
        world.append_to_channel(call.conn, id, event);
        hand_over(world, call.conn, id, before, founder.id);
    }
    done(world, call.conn, "FOUNDER", id);
    Ok(())
}

/// The rank goes with the channel, for those who are members.
fn hand_over(world: &mut World, conn: ConnId, id: ChannelId, before: Option<AccountId>, founder: AccountId) {
    let Some(channel) = world.state.channel(id) else { return };
    let (mut letters, mut names, mut ranks) = (String::new(), Vec::new(), Vec::new());
    let founders = Rank::FOUNDER.with(Rank::OPERATOR);
    if let Some((before, rank)) = before.and_then(|id| Some((id, *channel.members.get(&id)?)))
        && rank.has_letter('q')
    {
        letters.push_str("-q");
        names.push(world.account_name(before).unwrap_or_default());
        ranks.push((before, rank.without(Rank::FOUNDER)));
    }
    if let Some(rank) = channel.members.get(&founder) {
        let name = world.account_name(founder).unwrap_or_default();
        let new: String = ['q', 'o'].into_iter().filter(|letter| !rank.has_letter(*letter)).collect();
        names.extend(new.chars().map(|_| name.clone()));
        letters.extend((!new.is_empty()).then_some('+').into_iter().chain(new.chars()));
        ranks.push((founder, rank.with(founders)));
    }
    if letters.is_empty() {
        return;
    }
    let text = std::iter::once(letters).chain(names).collect::<Vec<_>>().join(" ");
    let modes = channel.modes.clone();
    world.append_to_channel(conn, id, Event::ModesChanged { text, modes, ranks, masks: Vec::new() });
}

/// `CHANNEL DROP <channel> [:<reason>]`: nobody is in it any more, and its name is free. What was said in it stays in the
/// record, where only those find it who may read the record itself.
fn drop(world: &mut World, call: &Call<'_>) -> Handled {
    let id = world.find_channel(call.param(1))?;
    let reason = cut(call.param(2), world.settings.limits.reason_bytes_max).to_owned();
    let name = world.channel_name(id);
    let members = world.channel_sessions(id);
    let author = world.acting_author(call.conn);
    let event = Event::ChannelDropped { reason: reason.clone() };
    world.append(Draft::new(author, Place::Channel(id), &name, event));
    world.forget_channel(id);
    // Each is told of itself alone: that all others have left too is said by the channel's end.
    let source = world.source_of(call.conn);
    for member in members {
        let reason =
            if reason.is_empty() { world.say(member, &"server-channel-dropped".into()) } else { reason.clone() };
        let own_name = world.session(member).name().to_owned();
        world.reply(member, Line::new("KICK").source(&source).param(&name).param(&own_name).trailing(&reason));
    }
    done_for(world, call.conn, "DROP", &name);
    Ok(())
}

fn done(world: &mut World, conn: ConnId, subcommand: &'static str, id: ChannelId) {
    let name = world.channel_name(id);
    done_for(world, conn, subcommand, &name);
}

/// `CHANNEL DONE <subcommand> <channel> :…`, and a line in the operator's log.
fn done_for(world: &mut World, conn: ConnId, subcommand: &'static str, name: &str) {
    let said = world.say(conn, &Text::new("server-account-done").with("name", name));
    let line = world.server_line("CHANNEL").param("DONE").param(subcommand).param(name).trailing(&said);
    world.reply(conn, line);
    let operator = world.acting_author(conn).operator.unwrap_or_default();
    world.log(Notable::OperatorActed { operator, what: format!("CHANNEL {subcommand} {name}") });
}

//! MODE for channels: flags, key, limit, ranks and the list of bans.
//!
//! Specification: Modern IRC, "MODE message", "Channel mode". One line's changes are one event, unless they would not fit
//! into one line any more. Ranks of accounts are in the record and last; those of guests last as long as their connection.

use super::channel::no_such_nick;
use crate::chat::call::Call;
use crate::chat::event::{AccountId, ChannelId, ChannelModes, Event, Rank};
use crate::chat::modes::{KEY_BYTES_MAX, SLOW_SECONDS_MAX};
use crate::chat::policy::channel::{self as policy, Asker};
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::mask::Mask;
use crate::proto::message::Line;
use crate::proto::modes::{ModeChange, ModeFault, channel_mode_kind, mode_words, parse_modes};
use crate::proto::names::ChannelName;
use crate::proto::numerics::{
    ERR_BANLISTFULL, ERR_CHANOPRIVSNEEDED, ERR_INVALIDMODEPARAM, ERR_UNKNOWNMODE, ERR_USERNOTINCHANNEL,
    ERR_USERSDONTMATCH, RPL_BANLIST, RPL_CHANNELMODEIS, RPL_CREATIONTIME, RPL_ENDOFBANLIST, RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVEXLIST, RPL_EXCEPTLIST, RPL_INVEXLIST,
};

/// `MODE <channel or own nick> [<modes> [<parameter>…]]`.
pub(crate) fn mode(world: &mut World, call: &Call<'_>) -> Handled {
    if ChannelName::looks_like(call.param(0)) {
        return channel_mode(world, call);
    }
    let person = world.person_called(call.param(0)).ok_or_else(|| no_such_nick(call.param(0)))?;
    if person != world.person_of(call.conn) {
        return Err(Refusal::numeric(ERR_USERSDONTMATCH, &[], "Cant change mode for other users"));
    }
    super::user_mode::mode(world, call)
}

/// `MODE <channel> [<modes> [<parameter>…]]`.
fn channel_mode(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let id = world.find_channel(call.param(0))?;
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    if !policy::may_see(channel, &asker) {
        policy::must_be_member(channel, &asker)?;
    }
    let words = call.message.params().get(1..).unwrap_or_default();
    if words.iter().all(|word| word.is_empty()) {
        return show_modes(world, conn, id, &asker);
    }
    let request = parse_modes(words, channel_mode_kind, world.settings.limits.mode_changes_max);
    for fault in request.faults {
        let refusal = refusal_of(world, id, &fault);
        world.refuse(conn, call.command.name, refusal);
    }
    if request.changes.iter().any(|change| !asks_for_list(change)) {
        world.require_journal(&[call.param(0)])?;
    }
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let mut changing = Changing::of(conn, id, asker, channel.modes.clone());
    let mut lacks_rank = false;
    for wish in &request.changes {
        let taken =
            if asks_for_list(wish) { show_list(world, conn, id, wish.letter) } else { changing.take_in(world, wish) };
        let Err(refusal) = taken else { continue };
        let is_about_rank = matches!(refusal, Refusal::Numeric { numeric: ERR_CHANOPRIVSNEEDED, .. });
        // Said once, however many changes needed a higher rank.
        if !is_about_rank || !lacks_rank {
            world.refuse(conn, call.command.name, refusal);
        }
        lacks_rank |= is_about_rank;
    }
    changing.append(world);
    Ok(())
}

/// Whether a list is only to be shown.
fn asks_for_list(change: &ModeChange) -> bool {
    change.param.is_none() && LISTS.iter().any(|(letter, ..)| *letter == change.letter)
}

/// The lists: the letter, the numeric of an entry, the numeric and the text of the end.
const LISTS: [(char, &str, &str, &str); 3] = [
    ('b', RPL_BANLIST, RPL_ENDOFBANLIST, "End of channel ban list"),
    ('e', RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST, "End of channel exception list"),
    ('I', RPL_INVEXLIST, RPL_ENDOFINVEXLIST, "End of channel invite exception list"),
];

fn refusal_of(world: &World, channel: ChannelId, fault: &ModeFault) -> Refusal {
    match fault {
        ModeFault::Unknown(letter) => {
            Refusal::numeric(ERR_UNKNOWNMODE, &[&letter.to_string()], "is unknown mode char to me")
        }
        ModeFault::MissingParam(letter) => {
            bad_parameter(world, channel, *letter, "*", "You must specify a parameter for this mode")
        }
        ModeFault::BadParam(letter, parameter) => {
            bad_parameter(world, channel, *letter, parameter, "The parameter is not well-formed")
        }
    }
}

fn show_modes(world: &mut World, conn: ConnId, id: ChannelId, asker: &Asker) -> Handled {
    world.shows(id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let name = channel.name.as_str();
    let sees_key = asker.rank.is_some() || asker.is_operator;
    let modes = world.numeric(conn, RPL_CHANNELMODEIS).param(name);
    let modes = channel.modes.shown(sees_key).split(' ').fold(modes, Line::param);
    let founded = channel.founded.as_seconds().to_string();
    let created = world.numeric(conn, RPL_CREATIONTIME).param(name).param(&founded);
    world.reply(conn, modes);
    world.reply(conn, created);
    Ok(())
}

/// The changes of one MODE line as they gather.
struct Changing {
    conn: ConnId,
    channel: ChannelId,
    asker: Asker,
    /// The modes as they come out.
    modes: ChannelModes,
    /// The changes as they will be told.
    changes: Vec<ModeChange>,
    /// New ranks of accounts, each account once.
    ranks: Vec<(AccountId, Rank)>,
    /// Entries added (true) and removed (false).
    masks: Vec<(bool, char, String)>,
}

impl Changing {
    fn of(conn: ConnId, channel: ChannelId, asker: Asker, modes: ChannelModes) -> Self {
        Self { conn, channel, asker, modes, changes: Vec::new(), ranks: Vec::new(), masks: Vec::new() }
    }

    fn take_in(&mut self, world: &mut World, wish: &ModeChange) -> Handled {
        let Some(channel) = world.state.channel(self.channel) else { return Ok(()) };
        let parameter = wish.param.as_deref().unwrap_or_default();
        if Rank::of_letter(wish.letter).is_some() {
            return self.rank(world, wish.is_set, wish.letter, parameter);
        }
        policy::may_change(channel, &self.asker)?;
        match wish.letter {
            'b' | 'e' | 'I' => self.mask(world, wish.is_set, wish.letter, parameter),
            'k' => self.key(world, wish.is_set.then_some(parameter)),
            'l' => self.limit(world, wish.is_set.then_some(parameter)),
            'W' => self.slow(world, wish.is_set.then_some(parameter)),
            flag => {
                // A copy is tried, because a note may first append what has gathered, without this flag.
                let mut modes = self.modes.clone();
                if modes.set_flag(flag, wish.is_set) {
                    self.note(world, wish.is_set, flag, None);
                    self.modes = modes;
                }
                Ok(())
            }
        }
    }

    fn key(&mut self, world: &mut World, key: Option<&str>) -> Handled {
        match key {
            Some(key) if key.len() > KEY_BYTES_MAX || key.contains([',', ':']) || key.contains(char::is_control) => {
                return Err(bad_parameter(world, self.channel, 'k', key, "Key is not well-formed"));
            }
            key if self.modes.key.as_deref() == key => return Ok(()),
            // Who takes a key away need not know it, and nobody is told what it was.
            key => self.note(world, key.is_some(), 'k', Some(key.unwrap_or("*"))),
        }
        self.modes.key = key.map(str::to_owned);
        Ok(())
    }

    fn limit(&mut self, world: &mut World, limit: Option<&str>) -> Handled {
        let number = limit.and_then(|text| text.parse::<u32>().ok()).filter(|number| *number > 0);
        if let (Some(text), None) = (limit, number) {
            return Err(bad_parameter(world, self.channel, 'l', text, "The limit is a number above 0"));
        }
        if self.modes.limit != number {
            self.note(world, number.is_some(), 'l', number.map(|number| number.to_string()).as_deref());
            self.modes.limit = number;
        }
        Ok(())
    }

    fn slow(&mut self, world: &mut World, seconds: Option<&str>) -> Handled {
        let is_fit = |number: &u32| (1..=SLOW_SECONDS_MAX).contains(number);
        let number = seconds.and_then(|text| text.parse::<u32>().ok()).filter(is_fit);
        if let (Some(text), None) = (seconds, number) {
            return Err(bad_parameter(world, self.channel, 'W', text, "Slow mode takes from 1 to 86400 seconds"));
        }
        if self.modes.slow_seconds != number {
            self.note(world, number.is_some(), 'W', number.map(|number| number.to_string()).as_deref());
            self.modes.slow_seconds = number;
        }
        Ok(())
    }

    fn mask(&mut self, world: &mut World, on: bool, letter: char, text: &str) -> Handled {
        let Ok(mask) = Mask::parse(text) else {
            return Err(bad_parameter(world, self.channel, letter, text, "The mask is not well-formed"));
        };
        let Some(channel) = world.state.channel(self.channel) else { return Ok(()) };
        let of_letter = || channel.masks.iter().filter(|entry| entry.state.letter == letter);
        let in_state = of_letter().find(|entry| entry.mask.as_ref() == Some(&mask));
        let is_same = |known: &str| Mask::parse(known).is_ok_and(|known| known == mask);
        let in_change = self.masks.iter().rev().find(|(_, known, mask)| *known == letter && is_same(mask));
        let is_there = in_change.map_or(in_state.is_some(), |(added, ..)| *added);
        if is_there == on {
            return Ok(());
        }
        // An entry is removed as it was written when it was added.
        let known = in_change.map(|(.., mask)| mask).or(in_state.map(|entry| &entry.state.mask));
        let mask = known.map_or(mask.as_str(), String::as_str).to_owned();
        let added = self.masks.iter().filter(|(added, known, _)| *added && *known == letter).count();
        if on && of_letter().count() + added >= world.settings.limits.list_entries_max {
            let letter = letter.to_string();
            return Err(Refusal::numeric(ERR_BANLISTFULL, &[channel.name.as_str(), &letter], "Channel list is full"));
        }
        self.note(world, on, letter, Some(&mask));
        self.masks.push((on, letter, mask));
        Ok(())
    }

    fn rank(&mut self, world: &mut World, on: bool, letter: char, nick: &str) -> Handled {
        let person = world.person_called(nick).ok_or_else(|| no_such_nick(nick))?;
        let name = world.channel_name(self.channel);
        let known = match person {
            Person::Account(account) => self.ranks.iter().find(|(known, _)| *known == account).map(|(_, rank)| *rank),
            Person::Guest(_) | Person::Correspondent => None,
        };
        let Some(rank) = known.or_else(|| world.rank_of_person(person, self.channel)) else {
            return Err(Refusal::numeric(ERR_USERNOTINCHANNEL, &[nick, &name], "They aren't on that channel"));
        };
        let Some(channel) = world.state.channel(self.channel) else { return Ok(()) };
        let is_own = world.person_of(self.conn) == person;
        policy::may_rank(channel, &self.asker, letter, on, rank, is_own)?;
        if rank.has_letter(letter) == on {
            return Ok(());
        }
        let letters = Rank::of_letter(letter).unwrap_or(Rank::MEMBER);
        let rank = if on { rank.with(letters) } else { rank.without(letters) };
        self.note(world, on, letter, Some(&world.name_of(person)));
        match person {
            Person::Account(account) => {
                self.ranks.retain(|(known, _)| *known != account);
                self.ranks.push((account, rank));
            }
            Person::Guest(conn) => world.add_guest(self.channel, conn, rank),
            Person::Correspondent => {
                for conn in world.operators().to_vec() {
                    if world.rank_of(conn, self.channel).is_some() {
                        world.add_guest(self.channel, conn, rank);
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes one change as it is told, before it is made. What no longer fits into the same line becomes an event of its own.
    fn note(&mut self, world: &mut World, on: bool, letter: char, parameter: Option<&str>) {
        let change = if on { ModeChange::set(letter, parameter) } else { ModeChange::unset(letter, parameter) };
        self.changes.push(change.clone());
        let (letters, parameters) = mode_words(&self.changes);
        let name = world.channel_name(self.channel);
        let line = Line::new("MODE").source(&self.asker.source).param(&name).param(&letters);
        if parameters.into_iter().fold(line, Line::param).body_bytes() > BODY_BYTES_MAX {
            self.changes.pop();
            self.append(world);
            self.changes.push(change);
        }
    }

    /// Appends what has gathered.
    fn append(&mut self, world: &mut World) {
        let changes = std::mem::take(&mut self.changes);
        if changes.is_empty() {
            return;
        }
        let (letters, parameters) = mode_words(&changes);
        let text = std::iter::once(letters.as_str()).chain(parameters).collect::<Vec<_>>().join(" ");
        let (ranks, masks) = (std::mem::take(&mut self.ranks), std::mem::take(&mut self.masks));
        let event = Event::ModesChanged { text, modes: self.modes.clone(), ranks, masks };
        world.append_to_channel(self.conn, self.channel, event);
    }
}

fn bad_parameter(world: &World, channel: ChannelId, letter: char, parameter: &str, text: &'static str) -> Refusal {
    // A key is not repeated: it may be the channel's but for a slip.
    let parameter = if parameter.is_empty() || letter == 'k' { "*" } else { parameter };
    let params = [&world.channel_name(channel), &letter.to_string(), parameter].map(ToString::to_string).to_vec();
    Refusal::Numeric { numeric: ERR_INVALIDMODEPARAM, params, text }
}

/// The entries of a list, each with who set it and when.
fn show_list(world: &mut World, conn: ConnId, id: ChannelId, letter: char) -> Handled {
    world.shows(id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let Some((_, entry_numeric, end_numeric, end)) = LISTS.into_iter().find(|(known, ..)| *known == letter) else {
        return Ok(());
    };
    let name = channel.name.as_str();
    let lines: Vec<Line> = channel
        .masks
        .iter()
        .map(|entry| &entry.state)
        .filter(|entry| entry.letter == letter)
        .map(|entry| {
            let line = world.numeric(conn, entry_numeric).param(name).param(&entry.mask).param(&entry.set_by);
            line.param(&entry.set_at.as_seconds().to_string())
        })
        .chain([world.numeric(conn, end_numeric).param(name).trailing(end)])
        .collect();
    for line in lines {
        world.reply(conn, line);
    }
    Ok(())
}

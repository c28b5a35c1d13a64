//! MODE for channels: flags, key, limit, ranks and the list of bans.
//!
//! Specification: Modern IRC, "MODE message", "Channel mode". One line's changes are one event, unless they would not fit
//! into one line any more. Ranks of accounts are in the record and last; those of guests last as long as their connection.

use super::Call;
use super::channel::no_such_nick;
use crate::chat::event::{AccountId, ChannelId, ChannelModes, Event, Rank};
use crate::chat::limits;
use crate::chat::modes::{ChangeText, KEY_BYTES_MAX, ModeWish, full_mask, wishes};
use crate::chat::people::Person;
use crate::chat::policy::channel::{self as policy, Asker};
use crate::chat::ports::ConnId;
use crate::chat::reply::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::numerics::{
    ERR_BANLISTFULL, ERR_CHANOPRIVSNEEDED, ERR_INVALIDMODEPARAM, ERR_UNKNOWNMODE, ERR_USERNOTINCHANNEL, RPL_BANLIST,
    RPL_CHANNELMODEIS, RPL_CREATIONTIME, RPL_ENDOFBANLIST,
};

/// `MODE <channel> [<modes> [<parameter>…]]`.
pub(crate) fn channel_mode(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let id = world.find_channel(call.param(0))?;
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    if !policy::may_see(channel, &asker) {
        policy::must_be_member(channel, &asker)?;
    }
    let Some(modes) = call.message.param(1).filter(|modes| !modes.is_empty()) else {
        return show_modes(world, conn, id, &asker);
    };
    let wishes = wishes(modes, &call.message.params()[2..], limits::MODE_PARAMETERS_MAX);
    let is_change = |wish: &ModeWish<'_>| !matches!(wish, ModeWish::Show(_) | ModeWish::Unknown(_));
    if wishes.iter().any(is_change) {
        world.require_journal(&[call.param(0)])?;
    }
    let mut change = Change::of(conn, id, asker, channel.modes.clone());
    let mut lacks_rank = false;
    for wish in &wishes {
        match change.take_in(world, wish) {
            // Said once, however many changes needed a higher rank.
            Err(Refusal::Numeric { numeric: ERR_CHANOPRIVSNEEDED, .. }) if lacks_rank => {}
            Err(refusal) => {
                lacks_rank |= matches!(refusal, Refusal::Numeric { numeric: ERR_CHANOPRIVSNEEDED, .. });
                world.refuse(conn, call.command.name, refusal);
            }
            Ok(()) => {}
        }
    }
    change.append(world);
    Ok(())
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
struct Change {
    conn: ConnId,
    channel: ChannelId,
    asker: Asker,
    /// The modes as they come out.
    modes: ChannelModes,
    text: ChangeText,
    /// New ranks of accounts, each account once.
    ranks: Vec<(AccountId, Rank)>,
    /// Entries added (true) and removed (false).
    masks: Vec<(bool, char, String)>,
}

impl Change {
    fn of(conn: ConnId, channel: ChannelId, asker: Asker, modes: ChannelModes) -> Self {
        Self { conn, channel, asker, modes, text: ChangeText::default(), ranks: Vec::new(), masks: Vec::new() }
    }

    fn take_in(&mut self, world: &mut World, wish: &ModeWish<'_>) -> Handled {
        let Some(channel) = world.state.channel(self.channel) else { return Ok(()) };
        match wish {
            ModeWish::Show(letter) => return show_list(world, self.conn, self.channel, *letter),
            ModeWish::Unknown(letter) => {
                let letter = letter.to_string();
                return Err(Refusal::numeric(ERR_UNKNOWNMODE, &[&letter], "is unknown mode char to me"));
            }
            ModeWish::Rank(..) => {}
            _ => policy::may_change(channel, &self.asker)?,
        }
        match wish {
            ModeWish::Flag(on, letter) => {
                if self.modes.set_flag(*letter, *on) {
                    self.note(world, *on, *letter, None);
                }
            }
            ModeWish::Key(key) => {
                if key.is_empty() || key.len() > KEY_BYTES_MAX || key.contains([' ', ',', ':']) || key.contains(char::is_control) {
                    return Err(bad_parameter(world, self.channel, 'k', key, "Key is not well-formed"));
                }
                if self.modes.key.as_deref() != Some(key) {
                    self.note(world, true, 'k', Some(key));
                    self.modes.key = Some((*key).to_owned());
                }
            }
            ModeWish::NoKey => {
                if self.modes.key.is_some() {
                    self.note(world, false, 'k', Some("*"));
                    self.modes.key = None;
                }
            }
            ModeWish::Limit(text) => {
                let Some(limit) = text.parse::<u32>().ok().filter(|limit| *limit > 0) else {
                    return Err(bad_parameter(world, self.channel, 'l', text, "The limit is a number above 0"));
                };
                if self.modes.limit != Some(limit) {
                    self.note(world, true, 'l', Some(&limit.to_string()));
                    self.modes.limit = Some(limit);
                }
            }
            ModeWish::NoLimit => {
                if self.modes.limit.is_some() {
                    self.note(world, false, 'l', None);
                    self.modes.limit = None;
                }
            }
            ModeWish::Mask(on, letter, mask) => return self.mask(world, *on, *letter, mask),
            ModeWish::Rank(on, letter, nick) => return self.rank(world, *on, *letter, nick),
            ModeWish::Show(_) | ModeWish::Unknown(_) => {}
        }
        Ok(())
    }

    fn mask(&mut self, world: &mut World, on: bool, letter: char, mask: &str) -> Handled {
        let Some(mask) = full_mask(mask) else {
            return Err(bad_parameter(world, self.channel, letter, mask, "The mask is not well-formed"));
        };
        let Some(channel) = world.state.channel(self.channel) else { return Ok(()) };
        let same = |known: &str| known.eq_ignore_ascii_case(&mask);
        let in_state = channel.masks.iter().find(|entry| entry.letter == letter && same(&entry.mask));
        let in_change = self.masks.iter().rev().find(|(_, known, mask)| *known == letter && same(mask));
        let is_there = in_change.map_or(in_state.is_some(), |(added, ..)| *added);
        if is_there == on {
            return Ok(());
        }
        // An entry is removed as it was written when it was added.
        let mask = in_change.map(|(.., mask)| mask).or(in_state.map(|entry| &entry.mask)).unwrap_or(&mask).clone();
        let added = self.masks.iter().filter(|(added, known, _)| *added && *known == letter).count();
        let entries = channel.masks.iter().filter(|entry| entry.letter == letter).count();
        if on && entries + added >= limits::LIST_ENTRIES_MAX {
            let params = [channel.name.as_str(), &letter.to_string()].map(str::to_owned).to_vec();
            return Err(Refusal::Numeric { numeric: ERR_BANLISTFULL, params, text: "Channel list is full" });
        }
        self.note(world, on, letter, Some(&mask));
        self.masks.push((on, letter, mask));
        Ok(())
    }

    fn rank(&mut self, world: &mut World, on: bool, letter: char, nick: &str) -> Handled {
        let person = world.person(nick).ok_or_else(|| no_such_nick(nick))?;
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

    /// Notes one change as it is told. What does not fit into the line any more becomes an event of its own.
    fn note(&mut self, world: &mut World, on: bool, letter: char, parameter: Option<&str>) {
        let name = world.channel_name(self.channel);
        let line = Line::new("MODE").source(&self.asker.source).param(&name).trailing("");
        let more = 3 + parameter.map_or(0, |parameter| parameter.len() + 1);
        if line.body_bytes() + self.text.bytes() + more > BODY_BYTES_MAX {
            // The key and the limit are noted before they change, so that the event's state is that of its text.
            self.append(world);
        }
        self.text.push(on, letter, parameter);
    }

    /// Appends what has gathered.
    fn append(&mut self, world: &mut World) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        let (ranks, masks) = (std::mem::take(&mut self.ranks), std::mem::take(&mut self.masks));
        let event = Event::ModesChanged { text: text.text(), modes: self.modes.clone(), ranks, masks };
        world.append_to_channel(self.conn, self.channel, event);
    }
}

fn bad_parameter(world: &World, channel: ChannelId, letter: char, parameter: &str, text: &'static str) -> Refusal {
    let parameter = if parameter.is_empty() { "*" } else { parameter };
    let params = [&world.channel_name(channel), &letter.to_string(), parameter].map(ToString::to_string).to_vec();
    Refusal::Numeric { numeric: ERR_INVALIDMODEPARAM, params, text }
}

/// The entries of a list, each with who set it and when.
fn show_list(world: &mut World, conn: ConnId, id: ChannelId, letter: char) -> Handled {
    world.shows(id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let name = channel.name.as_str();
    let lines: Vec<Line> = channel
        .masks
        .iter()
        .filter(|entry| entry.letter == letter)
        .map(|entry| {
            let line = world.numeric(conn, RPL_BANLIST).param(name).param(&entry.mask).param(&entry.set_by);
            line.param(&entry.set_at.as_seconds().to_string())
        })
        .chain([world.numeric(conn, RPL_ENDOFBANLIST).param(name).trailing("End of channel ban list")])
        .collect();
    for line in lines {
        world.reply(conn, line);
    }
    Ok(())
}

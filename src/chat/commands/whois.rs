//! WHOIS, WHOWAS, USERHOST, ISON: questions about people by their names.
//!
//! Specifications: Modern IRC, "User-Based Queries" and "Optional Messages"; IRCv3 `bot-mode`. Addresses are shown to operators
//! and to oneself only; everybody else sees the cloak. Secret channels are not shown to those outside.

use super::channel::no_such_nick;
use super::this_server;
use crate::chat::call::Call;
use crate::chat::event::Rank;
use crate::chat::limits;
use crate::chat::operators::Right;
use crate::chat::policy::channel as policy;
use crate::chat::ports::{ConnId, Transport};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::caps::{Cap, pack_words};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::names::Nick;
use crate::proto::numerics::{
    ERR_NONICKNAMEGIVEN, ERR_WASNOSUCHNICK, RPL_AWAY, RPL_ENDOFWHOIS, RPL_ENDOFWHOWAS, RPL_ISON, RPL_USERHOST,
    RPL_WHOISACCOUNT, RPL_WHOISACTUALLY, RPL_WHOISBOT, RPL_WHOISCHANNELS, RPL_WHOISIDLE, RPL_WHOISOPERATOR,
    RPL_WHOISSECURE, RPL_WHOISSERVER, RPL_WHOISUSER, RPL_WHOWASUSER,
};

impl World {
    /// What stands behind a session's nick: `user` and `host`.
    pub(crate) fn user_and_host(&self, of: ConnId) -> (String, String) {
        let session = self.session(of);
        if session.is_operator() {
            return (self.settings.correspondent.to_string(), self.settings.server_name.clone());
        }
        (session.user().to_owned(), session.host.to_string())
    }

    /// Whether a session may see from where another one has come.
    pub(crate) fn sees_address(&self, conn: ConnId, of: ConnId) -> bool {
        self.has_right(conn, Right::Addresses) || self.person_of(conn) == self.person_of(of)
    }

    /// How long somebody has done nothing. Of several sessions the one that was busy last counts.
    pub(crate) fn idle_seconds(&self, person: Person) -> i64 {
        let active_at = self.sessions_of(person).iter().map(|session| self.session(*session).active_at).max();
        active_at.map_or(0, |active_at| self.now.millis_since(active_at) / 1_000)
    }
}

/// `WHOIS [<server>] <nick>{,<nick>}`.
pub(crate) fn whois(world: &mut World, call: &Call<'_>) -> Handled {
    let nicks = call.message.param(1).or(call.message.param(0)).unwrap_or_default();
    if nicks.is_empty() {
        return Err(Refusal::numeric(ERR_NONICKNAMEGIVEN, &[], "No nickname given"));
    }
    if call.message.param(1).is_some() {
        this_server::is_for_us(world, call.param(0))?;
    }
    for nick in nicks.split(',').filter(|nick| !nick.is_empty()).take(world.settings.limits.targets_max) {
        whois_one(world, call.conn, nick);
    }
    world.reply_end(call.conn, RPL_ENDOFWHOIS, nicks, "End of /WHOIS list");
    Ok(())
}

fn whois_one(world: &mut World, conn: ConnId, nick: &str) {
    let person = world.person_called(nick);
    let there = person.and_then(|person| world.sessions_of(person).first().copied());
    match (person, there) {
        (Some(person), Some(of)) => whois_there(world, conn, person, of),
        // The correspondent is always there, also when no operator is.
        (Some(Person::Correspondent), None) => {
            let name = world.settings.correspondent.to_string();
            let server = world.settings.server_name.clone();
            let user = world.numeric(conn, RPL_WHOISUSER).param(&name).param(&name).param(&server);
            let user = user.param("*").trailing(&world.settings.description);
            world.reply(conn, user);
        }
        _ => world.refuse(conn, "WHOIS", no_such_nick(nick)),
    }
}

fn whois_there(world: &mut World, conn: ConnId, person: Person, of: ConnId) {
    let nick = world.session(of).name().to_owned();
    let channels = shown_channels(world, conn, person, of);
    let sessions = world.sessions_of(person);
    let session = world.session(of);
    let (user, host) = world.user_and_host(of);
    let reply = |numeric| world.numeric(conn, numeric).param(&nick);
    let realname = if session.is_operator() { world.settings.description.as_str() } else { &session.realname };
    let mut lines = vec![reply(RPL_WHOISUSER).param(&user).param(&host).param("*").trailing(realname)];
    let head = reply(RPL_WHOISCHANNELS);
    let room = BODY_BYTES_MAX.saturating_sub(head.clone().trailing("").body_bytes());
    lines.extend(pack_words(&channels, room).iter().map(|names| head.clone().trailing(names)));
    lines.push(reply(RPL_WHOISSERVER).param(&world.settings.server_name).trailing(&world.settings.description));
    if world.has_user_mode(person, 'o') {
        lines.push(reply(RPL_WHOISOPERATOR).trailing("is an IRC operator"));
    }
    if let Some(account) = session.account().and_then(|account| world.account_name(account)) {
        lines.push(reply(RPL_WHOISACCOUNT).param(&account).trailing("is logged in as"));
    }
    if world.sees_address(conn, of) && !session.is_operator() {
        let line = reply(RPL_WHOISACTUALLY).param(&format!("{user}@{host}")).param(&session.address());
        lines.push(line.trailing("is actually using host"));
    }
    if let Some(reason) = world.away_of(person) {
        lines.push(reply(RPL_AWAY).trailing(&reason));
    }
    if sessions.iter().all(|session| world.session(*session).peer.transport != Transport::Plain) {
        lines.push(reply(RPL_WHOISSECURE).trailing("is using a secure connection"));
    }
    if world.has_user_mode(person, 'B') {
        lines.push(reply(RPL_WHOISBOT).trailing("is a bot"));
    }
    let idle_seconds = world.idle_seconds(person);
    let line = reply(RPL_WHOISIDLE).param(&idle_seconds.to_string());
    let line = line.param(&session.connected_at.as_seconds().to_string());
    lines.push(line.trailing("seconds idle, signon time"));
    for line in lines {
        world.reply(conn, line);
    }
}

/// The channels of somebody that a session may see, with their prefixes.
fn shown_channels(world: &mut World, conn: ConnId, person: Person, of: ConnId) -> Vec<String> {
    let is_multiple = world.session(conn).has(Cap::MultiPrefix);
    let is_invisible = world.session(of).modes.contains('i');
    let mut names = Vec::new();
    for id in world.channels_of(of) {
        let asker = world.asker(conn, id);
        let Some(channel) = world.state.channel(id) else { continue };
        let is_inside = asker.rank.is_some() || asker.is_operator || world.person_of(conn) == person;
        if !policy::may_see(channel, &asker) || is_invisible && !is_inside {
            continue;
        }
        let signs = world.rank_of(of, id).unwrap_or(Rank::MEMBER).prefixes(is_multiple);
        names.push(format!("{signs}{}", channel.name));
        world.shows(id);
    }
    names
}

/// `WHOWAS <nick>{,<nick>} [<count> [<server>]]`: the last ones who were called so, the last one first.
pub(crate) fn whowas(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    if call.param(0).is_empty() {
        return Err(Refusal::numeric(ERR_NONICKNAMEGIVEN, &[], "No nickname given"));
    }
    this_server::is_for_us(world, call.param(2))?;
    // A count that is not positive stands for all, as the specification has it.
    let count = call.param(1).parse::<usize>().ok().filter(|count| *count > 0);
    let count = count.unwrap_or(usize::MAX).min(limits::WHOWAS_REPLIES_MAX);
    let names = call.param(0).split(',').filter(|name| !name.is_empty()).take(world.settings.limits.targets_max);
    let mut nicks = Vec::new();
    for name in names {
        match Nick::new(name).ok().filter(|nick| !world.departures.of(std::slice::from_ref(nick), 1).is_empty()) {
            Some(nick) => nicks.push(nick),
            None => {
                let refusal = Refusal::numeric(ERR_WASNOSUCHNICK, &[name], "There was no such nickname");
                world.refuse(conn, call.command.name, refusal);
            }
        }
    }
    for was in world.departures.of(&nicks, count) {
        let nick = was.nick.as_str();
        let user = world.numeric(conn, RPL_WHOWASUSER).param(nick).param(&was.user).param(&was.host);
        world.reply(conn, user.param("*").trailing(&was.realname));
        if let Some(account) = &was.account {
            let line = world.numeric(conn, RPL_WHOISACCOUNT).param(nick).param(account).trailing("was logged in as");
            world.reply(conn, line);
        }
        let server = world.numeric(conn, RPL_WHOISSERVER).param(nick).param(&world.settings.server_name);
        world.reply(conn, server.trailing(&was.left_at.to_string()));
    }
    world.reply_end(conn, RPL_ENDOFWHOWAS, call.param(0), "End of WHOWAS");
    Ok(())
}

/// `USERHOST <nick>{ <nick>}`: up to five.
pub(crate) fn userhost(world: &mut World, call: &Call<'_>) -> Handled {
    const NICKS_MAX: usize = 5;
    let mut words = Vec::new();
    for nick in call.message.params().iter().flat_map(|words| words.split(' ')).take(NICKS_MAX) {
        let Some(person) = world.person_called(nick) else { continue };
        let Some(of) = world.sessions_of(person).first().copied() else { continue };
        let operator = if world.has_user_mode(person, 'o') { "*" } else { "" };
        let presence = if world.away_of(person).is_some() { '-' } else { '+' };
        let (user, host) = world.user_and_host(of);
        words.push(format!("{}{operator}={presence}{user}@{host}", world.session(of).name()));
    }
    let head = world.numeric(call.conn, RPL_USERHOST);
    world.reply_words(call.conn, &head, &words);
    Ok(())
}

/// `ISON <nick>{ <nick>}`.
pub(crate) fn ison(world: &mut World, call: &Call<'_>) -> Handled {
    let mut there = Vec::new();
    for nick in call.message.params().iter().flat_map(|words| words.split(' ')).filter(|nick| !nick.is_empty()) {
        let Some(person) = world.person_called(nick) else { continue };
        if person == Person::Correspondent || !world.sessions_of(person).is_empty() {
            there.push(world.name_of(person));
        }
    }
    let head = world.numeric(call.conn, RPL_ISON);
    world.reply_words(call.conn, &head, &there);
    Ok(())
}

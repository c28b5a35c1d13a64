//! The welcome: when an introduction is complete, who may come in, and what a newcomer is told.
//!
//! Specifications: Modern IRC, "Connection Registration"; IRCv3 `account-registration`. After the burst a session *attaches*: it
//! gets the JOIN, topic and names of each channel of its account. Those without an account are let into the waiting room, where
//! they can only register and log in; then they attach like everybody else. What the correspondent says then is not in the record.

use std::sync::Arc;

use super::{ban, playback, user_mode};
use crate::chat::event::{AccountId, ChannelId, DeviceId, Event, Place, Rank};
use crate::chat::headcount::Headcount;
use crate::chat::limits::{Limits, USER_BYTES_MAX};
use crate::chat::modes::KEY_BYTES_MAX;
use crate::chat::ports::{ConnId, Effect};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Identity;
use crate::chat::settings::Settings;
use crate::chat::world::{Draft, World};
use crate::proto::caps::{Cap, CapSet};
use crate::proto::casemapping::CaseMapping;
use crate::proto::history;
use crate::proto::isupport::{Tokens, UTF8_MAPPING};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::mask::ACCOUNT_EXTBANS;
use crate::proto::message::Line;
use crate::proto::modes::{CHANNEL_MODES, ModeKind, PREFIXES, channel_mode_kind, channel_modes_token, prefix_token};
use crate::proto::names::{AccountName, CHANNEL_BYTES_MAX, CHANNEL_TYPES, Nick};
use crate::proto::numerics::{
    ERR_NICKNAMEINUSE, ERR_NOMOTD, ERR_PASSWDMISMATCH, RPL_CREATED, RPL_ENDOFMOTD, RPL_GLOBALUSERS, RPL_ISUPPORT,
    RPL_LOCALUSERS, RPL_LUSERCHANNELS, RPL_LUSERCLIENT, RPL_LUSERME, RPL_LUSEROP, RPL_LUSERUNKNOWN, RPL_MOTD,
    RPL_MOTDSTART, RPL_MYINFO, RPL_UMODEIS, RPL_WELCOME, RPL_YOUREOPER, RPL_YOURHOST,
};

/// Welcomes a session whose introduction is complete, if it may come in.
pub(super) fn try_welcome(world: &mut World, conn: ConnId) -> Handled {
    let session = world.session(conn);
    let is_complete = !session.is_negotiating && session.user.is_some() && session.nick.is_some();
    if session.is_welcome || session.is_closed || session.waiting.is_some() || !is_complete {
        return Ok(());
    }
    if !has_connection_password(world, conn) {
        let refusal = Refusal::numeric(ERR_PASSWDMISMATCH, &[], "Password incorrect");
        world.refuse(conn, "PASS", refusal);
        world.close(conn, "The password of the server is needed here");
        return Ok(());
    }
    if session.identity == Identity::Anonymous && !world.settings.guests {
        let_wait(world, conn);
        return Ok(());
    }
    // Whoever is logged in is called as its account, whatever nick it wished for.
    if let Some(nick) = bound_nick(world, conn) {
        call_early(world, conn, nick);
    }
    let session = world.session(conn);
    let (is_operator, waited) = (session.is_operator(), session.is_in_waiting_room());
    if let Some(nick) = session.nick.clone().filter(|nick| !is_operator && !world.may_have_nick(conn, nick)) {
        let own = world.account_of(conn).map(|account| Nick::of_account(&account.state.name));
        match own.filter(|_| waited) {
            // It is too late to ask for another one, and the account's name is its own.
            Some(own) => call_early(world, conn, own),
            None => {
                world.session_mut(conn).nick = None;
                return Err(Refusal::numeric(ERR_NICKNAMEINUSE, &[nick.as_str()], "Nickname is already in use"));
            }
        }
    }
    if !ban::turn_away(world, conn) {
        welcome(world, conn);
    }
    Ok(())
}

/// Whether a session need not give the password of the server: there is none, it was given, or it is logged in.
pub(super) fn has_connection_password(world: &World, conn: ConnId) -> bool {
    let session = world.session(conn);
    world.settings.connection_password.is_none()
        || session.gave_connection_password
        || session.identity != Identity::Anonymous
}

/// Lets somebody without an account into the waiting room, or turns them away when there is none.
fn let_wait(world: &mut World, conn: ConnId) {
    if world.session(conn).is_in_waiting_room() {
        return;
    }
    let has_room = !world.settings.waiting_room_time.is_zero();
    if has_room {
        let now = world.now;
        world.session_mut(conn).waits_since = Some(now);
        burst(world, conn);
        lusers(world, conn);
        motd(world, conn);
    }
    world.standard_reply(conn, "FAIL", "*", "ACCOUNT_REQUIRED", &[], &"server-account-required".into());
    if has_room {
        let minutes = world.settings.waiting_room_time.as_secs().div_ceil(60);
        world.say_as_services(conn, &Text::new("server-services-welcome").with("minutes", minutes));
        world.say_orders(conn);
    } else {
        let error = world.say(conn, &"server-account-required".into());
        world.close(conn, &error);
    }
}

/// Calls a session something else that is not welcomed yet. In the waiting room it knows its name already, so it is told.
pub(super) fn call_early(world: &mut World, conn: ConnId, nick: Nick) {
    let session = world.session(conn);
    if session.is_in_waiting_room() && session.name() != nick.as_str() {
        let line = Line::new("NICK").source(&session.source()).param(nick.as_str());
        world.reply(conn, line);
    }
    world.session_mut(conn).nick = Some(nick);
}

/// What a session has to be called, when that is not its own choice.
pub(super) fn bound_nick(world: &World, conn: ConnId) -> Option<Nick> {
    match world.session(conn).identity {
        Identity::Operator { .. } => Some(world.settings.correspondent.clone()),
        Identity::Account(_) if world.settings.nick_equals_account => {
            world.account_of(conn).map(|account| Nick::of_account(&account.state.name))
        }
        Identity::Account(_) | Identity::Anonymous => None,
    }
}

fn welcome(world: &mut World, conn: ConnId) {
    let is_first = world.session(conn).account().is_none_or(|account| world.account_sessions(account).is_empty());
    if !is_first {
        take_over_nick(world, conn);
    }
    let away_before = world.away_of(world.person_of(conn));
    let session = world.session_mut(conn);
    let waited = session.is_in_waiting_room();
    session.is_welcome = true;
    if session.is_operator() {
        session.modes = "o".to_owned();
    }
    world.turn.effect(Effect::Welcome { conn });
    world.put_on_indexes(conn);
    if !waited {
        burst(world, conn);
        lusers(world, conn);
        motd(world, conn);
    }
    if world.session(conn).is_operator() {
        let line = world.numeric(conn, RPL_YOUREOPER).trailing("You are now an IRC operator");
        world.reply(conn, line);
    }
    let modes = &world.session(conn).modes;
    if !modes.is_empty() {
        let line = world.numeric(conn, RPL_UMODEIS).param(&format!("+{modes}"));
        world.reply(conn, line);
    }
    let is_new = world.account_of(conn).is_some_and(|account| !account.state.has_joined);
    attach(world, conn, is_first, is_new, &[]);
    // A further session at which somebody sits brings them back.
    if !is_first {
        world.tell_change_of_away(conn, away_before.as_deref());
    }
    world.show_own_metadata(conn);
    if !world.session(conn).is_operator() {
        greet(world, conn);
    }
    if let Some(account) = world.session(conn).account().filter(|_| is_first) {
        playback::end_absence(world, conn, account, &[]);
    }
}

/// A welcomed session logs in to an account, or to another one than before. A guest who becomes an account that is not here
/// yet stays where it is; else it leaves as who it was and attaches as who it is.
pub(super) fn act_as(
    world: &mut World,
    conn: ConnId,
    account: AccountId,
    name: &AccountName,
    device: Option<DeviceId>,
) {
    if world.session(conn).account() == Some(account) {
        world.session_mut(conn).device = device;
        return;
    }
    let is_first = world.account_sessions(account).is_empty();
    let is_new = world.state.account(account).is_some_and(|account| !account.state.has_joined);
    let stays = world.session(conn).identity == Identity::Anonymous && is_first && !world.is_stalled();
    let kept = if stays { memberships(world, conn) } else { Vec::new() };
    let (source, stamp) = (world.session(conn).source(), world.stamp_of(conn));
    if stays {
        world.tell_account(conn, name.as_str());
    } else {
        world.tell_quit(conn, &format!("Logged in as {name}"));
        for (channel, _) in memberships(world, conn) {
            let called = world.channel_name(channel);
            world.tell_part(&[conn], &called, &stamp, &source, "");
        }
    }
    let mut receivers = vec![conn];
    receivers.extend(world.peers(conn).into_iter().filter(|_| stays));
    world.note_departure(conn, true);
    world.take_account(conn, account);
    world.session_mut(conn).device = device;
    let nick = nick_as(world, conn, name);
    if world.session(conn).name() != nick.as_str() {
        let line = Line::new("NICK").source(&source).param(nick.as_str());
        world.tell(&receivers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
        world.rename(conn, nick);
    }
    let source = world.session(conn).source();
    take_over_user(world, conn);
    if world.session(conn).source() != source {
        world.tell_new_user(conn, &receivers, &source);
    }
    for (channel, rank) in &kept {
        if world.rank_of(conn, *channel).is_none() {
            let (author, called) = (world.session(conn).author(), world.channel_name(*channel));
            let event = Event::Joined { rank: *rank };
            world.append_quietly(Draft::new(author, Place::Channel(*channel), &called, event));
        }
    }
    let kept: Vec<_> = kept.into_iter().map(|(channel, _)| channel).collect();
    attach(world, conn, is_first, is_new, &kept);
    if is_first {
        playback::end_absence(world, conn, account, &kept);
    }
}

/// The channels that a session is in, with its rank.
fn memberships(world: &World, conn: ConnId) -> Vec<(ChannelId, Rank)> {
    let ranked = |channel: ChannelId| world.rank_of(conn, channel).map(|rank| (channel, rank));
    world.channels_of(conn).into_iter().filter_map(ranked).collect()
}

/// What a session is called that logs in now: as its account, or as the account's other sessions, or as before.
fn nick_as(world: &World, conn: ConnId, name: &AccountName) -> Nick {
    let session = world.session(conn);
    let others = session.account().map_or(&[][..], |account| world.account_sessions(account));
    let others = others.iter().find(|other| **other != conn).and_then(|other| world.session(*other).nick.clone());
    let own = Nick::of_account(name);
    match others.or_else(|| session.nick.clone()) {
        Some(nick) if !world.settings.nick_equals_account && world.may_have_nick(conn, &nick) => nick,
        _ => own,
    }
}

/// Sessions of one account are called the same: a further one takes the name of the others.
fn take_over_nick(world: &mut World, conn: ConnId) {
    let account = world.session(conn).account();
    let first = account.and_then(|account| world.account_sessions(account).first().copied());
    let nick = first.and_then(|first| world.session(first).nick.clone());
    if let Some(nick) = nick {
        call_early(world, conn, nick);
    }
    take_over_user(world, conn);
}

/// They have the same user name too.
fn take_over_user(world: &mut World, conn: ConnId) {
    let account = world.session(conn).account();
    let others = account.map_or(&[][..], |account| world.account_sessions(account));
    let first = others.iter().find(|other| **other != conn);
    if let Some(user) = first.map(|first| world.session(*first).user.clone()) {
        world.session_mut(conn).user = user;
    }
}

fn burst(world: &mut World, conn: ConnId) {
    let server = world.settings.server_name.clone();
    let version = concat!("chat-server-", env!("CARGO_PKG_VERSION"));
    let started = world.started_at.unwrap_or(world.now);
    let source = world.session(conn).source();
    let all = channel_mode_letters(|_| true);
    let with_parameter = channel_mode_letters(|kind| kind != ModeKind::Flag);
    let lines = [
        world
            .numeric(conn, RPL_WELCOME)
            .trailing(&format!("Welcome to the {} Network, {source}", world.settings.network_name)),
        world.numeric(conn, RPL_YOURHOST).trailing(&format!("Your host is {server}, running version {version}")),
        world.numeric(conn, RPL_CREATED).trailing(&format!("This server was created {started}")),
        world
            .numeric(conn, RPL_MYINFO)
            .param(&server)
            .param(version)
            .param(user_mode::LETTERS)
            .param(&all)
            .param(&with_parameter),
    ];
    for line in lines {
        world.reply(conn, line);
    }
    tell_isupport(world, conn);
}

/// The letters of the channel modes of some kinds, those of the ranks included.
fn channel_mode_letters(is_wanted: impl Fn(ModeKind) -> bool) -> String {
    let ranks = PREFIXES.iter().map(|prefix| prefix.letter);
    let all = CHANNEL_MODES.iter().map(|mode| mode.letter).chain(ranks);
    all.filter(|letter| channel_mode_kind(*letter).is_some_and(&is_wanted)).collect()
}

/// 005, as many lines as it takes, in a batch for those who asked for it (IRCv3 `extended-isupport`).
pub(crate) fn tell_isupport(world: &mut World, conn: ConnId) {
    let head = world.numeric(conn, RPL_ISUPPORT);
    let lines = isupport(world).lines(&head, BODY_BYTES_MAX);
    let session = world.session(conn);
    if !session.has(Cap::ExtendedIsupport) || !session.has(Cap::Batch) {
        for line in lines {
            world.reply(conn, line);
        }
        return;
    }
    let batch = world.next_batch();
    let start = world.server_line("BATCH").param(&format!("+{batch}")).param("draft/isupport");
    world.reply(conn, start);
    for line in lines {
        world.reply(conn, line.tag("batch", &batch));
    }
    let end = world.server_line("BATCH").param(&format!("-{batch}"));
    world.reply(conn, end);
}

/// The value of `TARGMAX`: how many targets each command takes.
fn targets_max(limits: &Limits) -> String {
    const COMMANDS: [&str; 8] = ["JOIN", "KICK", "NOTICE", "PART", "PRIVMSG", "TAGMSG", "WHOIS", "WHOWAS"];
    let others = COMMANDS.map(|command| format!("{command}:{}", limits.targets_max)).join(",");
    // More than one channel of NAMES is answered too, each with an end of its own: which clients that ask for several do not
    // agree on. The list of MONITOR is bounded as a whole, not by line.
    format!("{others},MONITOR:,NAMES:1")
}

/// The tokens of 005: what is true of this server. Put together once for the settings as they are: everybody who comes gets them.
pub(crate) fn isupport(world: &mut World) -> Arc<Tokens> {
    let settings = &world.settings;
    Arc::clone(world.isupport.get_or_insert_with(|| Arc::new(tokens(settings))))
}

fn tokens(settings: &Settings) -> Tokens {
    let limits = &settings.limits;
    let lists = CHANNEL_MODES.iter().filter(|mode| mode.kind == ModeKind::List).map(|mode| mode.letter);
    // No number stands for no bound.
    let channels_max = Some(settings.channels_per_account_max).filter(|max| *max != 0);
    let channels_max = channels_max.map(|max| max.to_string()).unwrap_or_default();
    let tokens = Tokens::new()
        .value("ACCOUNTEXTBAN", ACCOUNT_EXTBANS)
        .value("AWAYLEN", limits.away_bytes_max)
        .value("BOT", user_mode::BOT)
        // What clients do not know they take for rfc1459, where [] and {} are the same: so the letters that all agree on are
        // named, and the others, as elsewhere in the field, by a token of their own.
        .value("CASEMAPPING", CaseMapping::Ascii.name())
        .value("CHANLIMIT", format!("{CHANNEL_TYPES}:{channels_max}"))
        .value("CHANMODES", channel_modes_token())
        .value("CHANNELLEN", CHANNEL_BYTES_MAX)
        .value("CHANTYPES", CHANNEL_TYPES)
        .value("CHATHISTORY", settings.history_page_max)
        .value("CORRESPONDENT", &settings.correspondent)
        .value("ELIST", "CMNTU")
        .value("EXCEPTS", "e")
        .value("EXTBAN", ",a")
        .value("INVEX", "I")
        .value("KEYLEN", KEY_BYTES_MAX)
        .value("KICKLEN", limits.reason_bytes_max)
        .value("LINELEN", BODY_BYTES_MAX)
        .value("MAXLIST", format!("{}:{}", lists.collect::<String>(), limits.list_entries_max))
        .value("MAXTARGETS", limits.targets_max)
        .value("MODES", limits.mode_changes_max)
        .value("MONITOR", limits.monitored_max)
        .value("MSGREFTYPES", history::REFERENCE_TYPES)
        .value("NAMELEN", limits.realname_bytes_max)
        .value("NETWORK", &settings.network_name)
        .value("NICKLEN", limits.nick_bytes_max)
        .value("PREFIX", prefix_token())
        .value("STATUSMSG", PREFIXES.map(|prefix| prefix.sign).iter().collect::<String>())
        .value("TARGMAX", targets_max(limits))
        .value("TOPICLEN", settings.topic_bytes_max)
        .value("USERLEN", USER_BYTES_MAX)
        .flag("SAFERATE")
        .flag("UTF8ONLY")
        .flag("WHOX");
    let tokens = match settings.casemapping {
        CaseMapping::Precis => tokens.value(UTF8_MAPPING, CaseMapping::Precis.name()),
        _ => tokens,
    };
    if settings.guests { tokens } else { tokens.flag("draft/ACCOUNTREQUIRED") }
}

/// 251 to 255, 265, 266: how many there are.
pub(crate) fn lusers(world: &mut World, conn: ConnId) {
    let Headcount { welcome, invisible, operators, most } = world.headcount;
    let (unknown, visible) = (world.sessions.len().saturating_sub(welcome), welcome.saturating_sub(invisible));
    let channels = world.state.channel_count();
    let text = |line: Line, count: usize, text: &str| line.param(&count.to_string()).trailing(text);
    let mut lines = vec![
        world
            .numeric(conn, RPL_LUSERCLIENT)
            .trailing(&format!("There are {visible} users and {invisible} invisible on 1 servers")),
        text(world.numeric(conn, RPL_LUSEROP), operators, "operator(s) online"),
    ];
    if unknown > 0 {
        lines.push(text(world.numeric(conn, RPL_LUSERUNKNOWN), unknown, "unknown connection(s)"));
    }
    lines.push(text(world.numeric(conn, RPL_LUSERCHANNELS), channels, "channels formed"));
    lines.push(world.numeric(conn, RPL_LUSERME).trailing(&format!("I have {welcome} clients and 0 servers")));
    for (numeric, kind) in [(RPL_LOCALUSERS, "local"), (RPL_GLOBALUSERS, "global")] {
        let line = world.numeric(conn, numeric).param(&welcome.to_string()).param(&most.to_string());
        lines.push(line.trailing(&format!("Current {kind} users {welcome}, max {most}")));
    }
    for line in lines {
        world.reply(conn, line);
    }
}

/// 375, 372, 376, or 422.
pub(crate) fn motd(world: &mut World, conn: ConnId) {
    if world.settings.motd.is_empty() {
        let line = world.numeric(conn, ERR_NOMOTD).trailing("MOTD File is missing");
        return world.reply(conn, line);
    }
    let start = format!("- {} Message of the day -", world.settings.server_name);
    let mut lines = vec![world.numeric(conn, RPL_MOTDSTART).trailing(&start)];
    lines.extend(world.settings.motd.iter().map(|text| world.numeric(conn, RPL_MOTD).trailing(&format!("- {text}"))));
    lines.push(world.numeric(conn, RPL_ENDOFMOTD).trailing("End of /MOTD command."));
    for line in lines {
        world.reply(conn, line);
    }
}

/// Shows a session the channels of its account, but those that it is in already. Others see an account come back by the JOIN
/// of its first session. A new account joins the automatic channels.
fn attach(world: &mut World, conn: ConnId, is_first: bool, is_new: bool, kept: &[ChannelId]) {
    if world.account_of(conn).is_none() {
        return;
    }
    world.shows_seq(world.account_of(conn).map_or_else(Default::default, |account| account.last_seq));
    for channel in world.channels_of(conn).into_iter().filter(|channel| !kept.contains(channel)) {
        // What was there before the account came back must be told in the order of the record.
        world.shows(channel);
        let receivers = if is_first { world.channel_sessions(channel) } else { vec![conn] };
        let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
        let realname = world.session(conn).realname.clone();
        world.tell_join(&receivers, channel, &stamp, &source, &realname);
        world.show_channel(conn, channel);
        if is_first {
            world.tell_away_of_joiner(conn, channel);
        }
    }
    if is_new && !world.is_stalled() {
        world.join_automatic_channels(conn);
    }
}

/// What the correspondent says to a newcomer: the connection is established, and what is recorded.
fn greet(world: &mut World, conn: ConnId) {
    for text in ["server-greeting", "server-recorded"] {
        let said = world.say(conn, &text.into());
        world.notice_of_correspondent(conn, &said);
    }
}

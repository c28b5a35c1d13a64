//! The welcome: when an introduction is complete, who may come in, and what a newcomer is told.
//!
//! Specifications: Modern IRC, "Connection Registration"; IRCv3 `account-registration`. After the burst a session *attaches*: it
//! gets the JOIN, topic and names of each channel of its account. What the correspondent says then is not in the record.

use super::user_mode;
use crate::chat::event::AccountId;
use crate::chat::limits;
use crate::chat::modes::KEY_BYTES_MAX;
use crate::chat::monitors::MONITORED_MAX;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::{Identity, Session};
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::casemapping::CaseMapping;
use crate::proto::history;
use crate::proto::isupport::Tokens;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::mask::ACCOUNT_EXTBANS;
use crate::proto::message::Line;
use crate::proto::modes::{CHANNEL_MODES, ModeKind, PREFIXES, channel_mode_kind, channel_modes_token, prefix_token};
use crate::proto::names::{AccountName, CHANNEL_BYTES_MAX, CHANNEL_TYPES, NICK_BYTES_MAX, Nick};
use crate::proto::numerics::{
    ERR_NICKNAMEINUSE, ERR_NOMOTD, RPL_CREATED, RPL_ENDOFMOTD, RPL_GLOBALUSERS, RPL_ISUPPORT, RPL_LOCALUSERS,
    RPL_LUSERCHANNELS, RPL_LUSERCLIENT, RPL_LUSERME, RPL_LUSEROP, RPL_LUSERUNKNOWN, RPL_MOTD, RPL_MOTDSTART,
    RPL_MYINFO, RPL_UMODEIS, RPL_WELCOME, RPL_YOUREOPER, RPL_YOURHOST,
};

/// Welcomes a session whose introduction is complete, if it may come in.
pub(super) fn try_welcome(world: &mut World, conn: ConnId) -> Handled {
    let session = world.session(conn);
    let is_complete = !session.is_negotiating && session.user.is_some() && session.nick.is_some();
    if session.is_welcome || session.is_closed || session.waiting.is_some() || !is_complete {
        return Ok(());
    }
    if session.identity == Identity::Anonymous && !world.settings.guests {
        world.standard_reply(conn, "FAIL", "*", "ACCOUNT_REQUIRED", &[], &"server-account-required".into());
        let error = world.say(conn, &"server-account-required".into());
        world.close(conn, &error);
        return Ok(());
    }
    // Whoever is logged in is called as its account, whatever nick it wished for.
    if let Some(nick) = bound_nick(world, conn) {
        world.session_mut(conn).nick = Some(nick);
    }
    let is_operator = world.session(conn).is_operator();
    if let Some(nick) = world.session(conn).nick.clone().filter(|nick| !is_operator && !world.may_have_nick(conn, nick))
    {
        let refusal = Refusal::numeric(ERR_NICKNAMEINUSE, &[nick.as_str()], "Nickname is already in use");
        world.session_mut(conn).nick = None;
        return Err(refusal);
    }
    welcome(world, conn);
    Ok(())
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
    session.is_welcome = true;
    if session.is_operator() {
        session.modes = "o".to_owned();
    }
    world.put_on_indexes(conn);
    burst(world, conn);
    lusers(world, conn);
    motd(world, conn);
    if world.session(conn).is_operator() {
        let line = world.numeric(conn, RPL_YOUREOPER).trailing("You are now an IRC operator");
        world.reply(conn, line);
    }
    let modes = &world.session(conn).modes;
    if !modes.is_empty() {
        let line = world.numeric(conn, RPL_UMODEIS).param(&format!("+{modes}"));
        world.reply(conn, line);
    }
    attach(world, conn, is_first);
    // A further session at which somebody sits brings them back.
    if !is_first {
        world.tell_change_of_away(conn, away_before.as_deref());
    }
    if !world.session(conn).is_operator() {
        greet(world, conn);
    }
}

/// A welcomed guest has made an account: it leaves its channels and becomes that account.
pub(super) fn leave_as_guest(world: &mut World, conn: ConnId, account: AccountId, name: &AccountName) {
    world.tell_account(conn, name.as_str());
    let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
    for channel in world.channels_of(conn) {
        let receivers = world.channel_sessions(channel);
        let called = world.state.channel(channel).map(|channel| channel.name.to_string()).unwrap_or_default();
        world.tell_part(&receivers, &called, &stamp, &source, "");
    }
    world.take_off_indexes(conn);
    let session = world.session_mut(conn);
    session.identity = Identity::Account(account);
    if world.settings.nick_equals_account {
        let nick = Nick::of_account(name);
        if world.session(conn).name() != nick.as_str() {
            let line = Line::new("NICK").source(&source).param(nick.as_str());
            world.reply(conn, line);
        }
        world.session_mut(conn).nick = Some(nick);
    }
    world.put_on_indexes(conn);
}

/// A session that was welcomed as a guest attaches as an account now.
pub(super) fn welcome_again(world: &mut World, conn: ConnId) {
    attach(world, conn, true);
}

/// Sessions of one account are called the same: a further one takes the name of the others.
fn take_over_nick(world: &mut World, conn: ConnId) {
    let account = world.session(conn).account();
    let first = account.and_then(|account| world.account_sessions(account).first().copied());
    let nick = first.and_then(|first| world.session(first).nick.clone());
    if nick.is_some() {
        world.session_mut(conn).nick = nick;
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
fn targets_max() -> String {
    const COMMANDS: [&str; 9] = ["JOIN", "KICK", "NAMES", "NOTICE", "PART", "PRIVMSG", "TAGMSG", "WHOIS", "WHOWAS"];
    let others = COMMANDS.map(|command| format!("{command}:{}", limits::TARGETS_MAX)).join(",");
    // The list of MONITOR is bounded as a whole, not by line.
    format!("{others},MONITOR:")
}

/// The tokens of 005: what is true of this server.
pub(crate) fn isupport(world: &World) -> Tokens {
    let settings = &world.settings;
    let lists = CHANNEL_MODES.iter().filter(|mode| mode.kind == ModeKind::List).map(|mode| mode.letter);
    let tokens = Tokens::new()
        .value("ACCOUNTEXTBAN", ACCOUNT_EXTBANS)
        .value("AWAYLEN", limits::AWAY_BYTES_MAX)
        .value("BOT", user_mode::BOT)
        .value("CASEMAPPING", CaseMapping::Precis.name())
        .value("CHANLIMIT", format!("{CHANNEL_TYPES}:{}", settings.channels_per_account_max))
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
        .value("KICKLEN", limits::REASON_BYTES_MAX)
        .value("LINELEN", BODY_BYTES_MAX)
        .value("MAXLIST", format!("{}:{}", lists.collect::<String>(), limits::LIST_ENTRIES_MAX))
        .value("MAXTARGETS", limits::TARGETS_MAX)
        .value("MODES", limits::MODE_CHANGES_MAX)
        .value("MONITOR", MONITORED_MAX)
        .value("MSGREFTYPES", history::REFERENCE_TYPES)
        .value("NAMELEN", limits::REALNAME_BYTES_MAX)
        .value("NETWORK", &settings.network_name)
        .value("NICKLEN", NICK_BYTES_MAX)
        .value("PREFIX", prefix_token())
        .value("TARGMAX", targets_max())
        .value("TOPICLEN", settings.topic_bytes_max)
        .flag("SAFERATE")
        .flag("UTF8ONLY")
        .flag("WHOX");
    if settings.guests { tokens } else { tokens.flag("draft/ACCOUNTREQUIRED") }
}

/// 251 to 255, 265, 266: how many there are.
pub(crate) fn lusers(world: &mut World, conn: ConnId) {
    let welcome = world.sessions.values().filter(|session| session.is_welcome && !session.is_closed).count();
    let unknown = world.sessions.len() - welcome;
    let there = |session: &&Session| session.is_welcome && !session.is_closed;
    let operators = world.sessions.values().filter(there).filter(|session| session.modes.contains('o')).count();
    let invisible = world.sessions.values().filter(there).filter(|session| session.modes.contains('i')).count();
    let visible = welcome - invisible;
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
    let most = world.sessions_most.max(welcome);
    world.sessions_most = most;
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

/// Shows a session the channels of its account. Others see an account come back by the JOIN of its first session.
fn attach(world: &mut World, conn: ConnId, is_first: bool) {
    let Some(account) = world.account_of(conn) else { return };
    let is_new = !account.state.has_joined;
    world.shows_seq(world.account_of(conn).map_or_else(Default::default, |account| account.last_seq));
    for channel in world.channels_of(conn) {
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

//! The commands: one table, and the way of a line to its handler.
//!
//! Each file holds the handlers of one subject. Who writes where: `connection`, `introduce`, `capability`, `welcome`,
//! `authenticate`, `register`, `invitation`, `nickserv`, `address`, `device`, `account`, `correspondent` are about who somebody is; `channel`, `channels`, `message`,
//! `batch`, `mode`, `operator`, `inspect`, `listing`, `history`, `playback`, `presence`, `who`, `whois`, `monitor`, `query` about what is said. A handler checks with [`policy`](super::policy), then replies, asks or appends; it
//! returns a [`Refusal`] instead of sending an error.
//!
//! Specifications: Modern IRC, "Client Messages"; IRCv3 `labeled-response`, `standard-replies`.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod audit;
pub(crate) mod authenticate;
pub(crate) mod ban;
pub(crate) mod batch;
pub(crate) mod capability;
pub(crate) mod channel;
pub(crate) mod channels;
pub(crate) mod connection;
pub(crate) mod device;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod introduce;
pub(crate) mod invitation;
pub(crate) mod language;
pub(crate) mod listing;
pub(crate) mod markread;
pub(crate) mod message;
pub(crate) mod metadata;
pub(crate) mod mode;
pub(crate) mod monitor;
pub(crate) mod nickserv;
mod one_message;
pub(crate) mod operator;
pub(crate) mod past;
pub(crate) mod playback;
pub(crate) mod presence;
pub(crate) mod query;
pub(crate) mod redact;
pub(crate) mod register;
pub(crate) mod rename;
pub(crate) mod report;
pub(crate) mod search;
pub(crate) mod this_server;
pub(crate) mod user_mode;
pub(crate) mod welcome;
pub(crate) mod who;
pub(crate) mod whois;

use super::asked::Asked;
use super::call::{Call, Command, command};
use super::limits;
use super::ports::{Answer, ConnId};
use super::refusal::{Handled, Refusal, Text};
use super::services;
use super::world::World;
use crate::proto::caps::Cap;
use crate::proto::line::{BODY_BYTES_MAX, LineError};
use crate::proto::message::{Message, ParseError};
use crate::proto::numerics::{ERR_INPUTTOOLONG, ERR_NOTREGISTERED, ERR_SASLFAIL, ERR_UNKNOWNCOMMAND};

/// Every command that the server knows.
pub(crate) const COMMANDS: &[Command] = &[
    command("ACCOUNT", 1, account::account).early().secret().help(
        "ACCOUNT <subcommand> [<account> [<value>]]",
        "Manages accounts, for operators: LIST, ADD, PASSWORD, ALLOW, SUSPEND, RESUME, DELETE.",
    ),
    command("ADMIN", 0, query::admin).help("ADMIN [<server>]", "Who runs the server."),
    command("AUDIT", 2, audit::audit).help(
        "AUDIT SEARCH|EXPORT|RETAIN|ERASE <what>",
        "Puts into the record what a command did with the record itself; for operators.",
    ),
    command("AUTHENTICATE", 1, authenticate::authenticate)
        .early()
        .secret()
        .help("AUTHENTICATE <mechanism or data>", "Logs in by SASL."),
    command("AWAY", 0, presence::away).early().help("AWAY [<reason>]", "You are away, or back without a reason."),
    command("BAN", 1, ban::ban).help(
        "BAN ADD|MUTE <target> <duration> [<reason>], BAN LIFT <target>, BAN LIST",
        "Keeps an account, a network or a mask out of the server, or quiet on it; for operators.",
    ),
    command("BATCH", 1, batch::batch).help(
        "BATCH +<reference> draft/multiline <target>, BATCH -<reference>",
        "Begins and ends a message of several lines, each a PRIVMSG with the tag `batch`.",
    ),
    command("CAP", 1, capability::cap)
        .early()
        .help("CAP <subcommand> [<capabilities>]", "What the client understands."),
    command("CHANNEL", 1, channels::channel).help(
        "CHANNEL LIST, CHANNEL SHOW <channel>, CHANNEL FOUNDER <channel> <account>, CHANNEL DROP <channel> [<reason>]",
        "All channels with what an operator wants to know of them; gives one to somebody else, or ends it. For operators.",
    ),
    command("CHATHISTORY", 0, history::chathistory).help(
        "CHATHISTORY <subcommand> <target> <reference> [<reference>] <limit>",
        "What was said before, page by page.",
    ),
    command("DEVICE", 1, device::device).secret().help(
        "DEVICE ADD|CERT :<name>, DEVICE LIST, DEVICE REVOKE <id>",
        "Manages the tokens and TLS certificates of your devices.",
    ),
    command("ERROR", 0, connection::error).early().help("ERROR <text>", "Means nothing from a client."),
    command("HELP", 0, query::help).for_waiting().help("HELP [<command>]", "What a command does."),
    command("HELPOP", 0, query::help).help("HELPOP [<command>]", "The same as HELP."),
    command("INFO", 0, query::info).help("INFO [<server>]", "About this program."),
    command("INSPECT", 0, inspect::inspect)
        .help("INSPECT [<text>]", "How the server is, who is connected, what was refused lately; for operators."),
    command("INVITATION", 1, invitation::invitation).secret().help(
        "INVITATION ADD <duration> [<note>], INVITATION LIST, INVITATION REVOKE <number>",
        "Makes codes by which one account each may be registered, for operators.",
    ),
    command("INVITE", 0, channel::invite)
        .help("INVITE [<nick> <channel>]", "Invites somebody to a channel, or lists where you are invited."),
    command("ISON", 1, whois::ison).help("ISON <nick>{ <nick>}", "Who of these is here."),
    command("ISUPPORT", 0, query::isupport).early().help("ISUPPORT", "What 005 says, once more."),
    command("JOIN", 1, channel::join)
        .durable()
        .help("JOIN <channel>{,<channel>} [<key>{,<key>}]", "You become a member of channels; JOIN 0 leaves all."),
    command("KICK", 2, channel::kick)
        .durable()
        .help("KICK <channel> <nick>{,<nick>} [<reason>]", "Removes members from a channel."),
    command("KILL", 1, operator::kill).help("KILL <nick> [<reason>]", "Ends somebody's sessions, for operators."),
    command("LANGUAGE", 0, language::language)
        .early()
        .help("LANGUAGE [<code> …]", "The language in which the server speaks to you."),
    command("LINKS", 0, query::links).help("LINKS", "The servers of the network: this one."),
    command("LIST", 0, listing::list).help(
        "LIST [<channel or condition>{,<channel or condition>}]",
        "The channels that you may see, with their topics.",
    ),
    command("LUSERS", 0, query::lusers).for_waiting().help("LUSERS", "How many people are here."),
    command("MARKREAD", 0, markread::markread)
        .help("MARKREAD <target> [timestamp=<time>]", "How far you have read a conversation."),
    command("METADATA", 2, metadata::metadata).help(
        "METADATA <target> <subcommand> [<parameter>…]",
        "Keys and values of people and channels: GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS, SYNC.",
    ),
    command("MODE", 1, mode::mode).help(
        "MODE <channel or nick> [<changes> [<parameter>…]]",
        "Shows or changes the modes of a channel or of yourself.",
    ),
    command("MONITOR", 1, monitor::monitor).help(
        "MONITOR +|- <nick>{,<nick>}, MONITOR C|L|S",
        "You are told when somebody comes and goes; C clears the list, L shows it, S says who is here.",
    ),
    command("MOTD", 0, query::motd).for_waiting().help("MOTD [<server>]", "The message of the day."),
    command("NAMES", 0, listing::names).help("NAMES [<channel>{,<channel>}]", "Who is in a channel."),
    command("NICK", 0, introduce::nick).early().help("NICK <nick>", "What you are called."),
    command(services::COMMAND, 0, nickserv::nickserv).secret().for_waiting().help(
        "NICKSERV <order>, PRIVMSG NickServ :<order>",
        "Accounts, for clients that know no SASL: REGISTER, IDENTIFY, SET PASSWORD, SESSIONS, HELP.",
    ),
    command("NOTICE", 0, message::notice)
        .durable()
        .help("NOTICE <target>{,<target>} <text>", "Says something to which no program answers."),
    command("OPER", 2, operator::oper).secret().help("OPER <name> <password>", "Makes you an operator of the server."),
    command("PART", 1, channel::part)
        .durable()
        .help("PART <channel>{,<channel>} [<reason>]", "You leave channels for good."),
    command("PASS", 1, introduce::pass)
        .early()
        .secret()
        .help("PASS <password or account:password>", "Opens the server, or logs in, for clients without SASL."),
    command("PING", 0, connection::ping).early().help("PING <token>", "Answered by PONG."),
    command("PONG", 0, connection::pong).early().help("PONG <token>", "The answer to PING."),
    command("PRIVMSG", 0, message::privmsg)
        .durable()
        .help("PRIVMSG <target>{,<target>} <text>", "Says something to channels and people."),
    command("QUIT", 0, connection::quit)
        .early()
        .help("QUIT [<reason>]", "Ends the connection. You stay a member of your channels."),
    command("REDACT", 2, redact::redact).help("REDACT <target> <message id> [<reason>]", "Withdraws a message."),
    command("REGISTER", 3, register::register)
        .early()
        .secret()
        .durable()
        .help("REGISTER <account> <invitation or *> <password>", "Makes an account."),
    command("REHASH", 0, operator::rehash).help("REHASH", "Reads the settings again, for operators."),
    command("RENAME", 2, rename::rename).help("RENAME <channel> <new name> [<reason>]", "Calls a channel otherwise."),
    command("REPORT", 2, report::report)
        .help("REPORT <target> <message id> [<reason>]", "Tells the operators of the server about a message."),
    command("SEARCH", 0, search::search).help(
        "SEARCH <attribute>=<value>{;<attribute>=<value>}",
        "Finds messages: in, from, text, after, before, limit.",
    ),
    command("SETNAME", 1, presence::setname).help("SETNAME <real name>", "Changes your real name."),
    command("STATS", 1, query::stats).help(
        "STATS <query> [<server>]",
        "u: how long the server has been running; m: how often commands were used; o: who may become an operator; f: what filters did.",
    ),
    command("TAGMSG", 0, message::tagmsg).help("TAGMSG <target>{,<target>}", "Sends client-only tags without a text."),
    command("TIME", 0, query::time).help("TIME [<server>]", "What time it is here."),
    command("TOPIC", 1, channel::topic).help("TOPIC <channel> [<topic>]", "Shows or sets what a channel is about."),
    command("USER", 4, introduce::user).early().help("USER <name> 0 * <real name>", "Introduces you."),
    command("USERHOST", 1, whois::userhost).help("USERHOST <nick>{ <nick>}", "User and host of up to five people."),
    command("VERIFY", 2, register::verify)
        .early()
        .secret()
        .help("VERIFY <account> <code>", "Not needed here: accounts are ready at once."),
    command("VERSION", 0, query::version).for_waiting().help("VERSION [<server>]", "The version, and what 005 says."),
    command("WALLOPS", 1, operator::wallops).help("WALLOPS <text>", "Tells all who listen (MODE +w), for operators."),
    command("WHO", 0, who::who)
        .help("WHO [<channel, nick or mask> [o][%<fields>[,<token>]]]", "People in a channel, or whom a mask means."),
    command("WHOIS", 0, whois::whois).help("WHOIS [<server>] <nick>{,<nick>}", "What may be known of somebody."),
    command("WHOWAS", 0, whois::whowas).help("WHOWAS <nick>{,<nick>} [<count>]", "Who was called so."),
];

/// Hands a line to its handler.
pub(crate) fn dispatch(world: &mut World, conn: ConnId, line: &str) {
    let message = match Message::parse(line) {
        Ok(message) => message,
        Err(ParseError::Empty) => return,
    };
    let name = if services::is_addressed(&message) { services::COMMAND } else { message.command };
    let Some(command) = find(name) else {
        note(world, conn, &message, "*");
        return unknown(world, conn, message.command);
    };
    note(world, conn, &message, command.name);
    if !command.is_secret && body_bytes(line) > BODY_BYTES_MAX {
        return refuse_bad_line(world, conn, &LineError::TooLong);
    }
    if !matches!(command.name, "PING" | "PONG") {
        world.session_mut(conn).active_at = world.now;
    }
    let call = Call { conn, command, table: COMMANDS, message };
    let handled = match batch::take_line(world, &call) {
        Some(taken) => taken,
        None => admit(world, &call).and_then(|()| (command.handler)(world, &call)),
    };
    if let Err(refusal) = handled {
        world.refuse(conn, command.name, refusal);
    }
}

/// The command of this name, in whatever case.
fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// How long a line is without its tags, with its end.
fn body_bytes(line: &str) -> usize {
    let body = if line.starts_with('@') { line.split_once(' ').map_or("", |(_, body)| body) } else { line };
    body.trim_start_matches(' ').len() + "\r\n".len()
}

/// Takes note of the command at hand, and of its label when labels were asked for.
fn note(world: &mut World, conn: ConnId, message: &Message<'_>, command: &'static str) {
    world.turn.command = command;
    *world.commands_used.entry(command).or_default() += 1;
    let session = world.session(conn);
    if session.has(Cap::LabeledResponse) && session.has(Cap::Batch) {
        let label = message.tag("label").filter(|label| (1..=limits::LABEL_BYTES_MAX).contains(&label.len()));
        world.turn.label = label.map(|label| label.into_owned());
    }
}

/// What every line has to pass before its handler sees it.
fn admit(world: &mut World, call: &Call<'_>) -> Handled {
    let session = world.session(call.conn);
    if !session.is_welcome && !call.command.is_early {
        if !session.is_in_waiting_room() {
            return Err(Refusal::numeric(ERR_NOTREGISTERED, &[], "You have not registered"));
        }
        if !call.command.is_for_waiting {
            return Err(Refusal::fail("ACCOUNT_REQUIRED", &[], "server-log-in-first"));
        }
    }
    if call.message.params().len() < call.command.params_min {
        return Err(call.needs_more_params());
    }
    if call.command.is_secret && !session.peer.is_private() {
        let refusal = Refusal::fail("SECURE_CONNECTION_REQUIRED", &[], "server-secure-connection-required");
        world.refuse(call.conn, call.command.name, refusal);
        if call.command.name == "AUTHENTICATE" {
            return Err(Refusal::numeric(ERR_SASLFAIL, &[], "SASL authentication failed"));
        }
        return Err(Refusal::Quiet);
    }
    if call.command.is_durable {
        let context: Vec<_> = call.message.param(0).into_iter().collect();
        world.require_journal(&context)?;
    }
    Ok(())
}

/// Hands an answer to whom it was asked for.
pub(crate) fn answered(world: &mut World, conn: ConnId, command: &'static str, asked: Asked, answer: Answer) {
    let handled = match asked {
        Asked::LogIn(log_in) => authenticate::answered(world, conn, log_in, answer),
        Asked::Device(asked) => device::answered(world, conn, asked, answer),
        Asked::Register(name, invitation) => register::answered(world, conn, &name, invitation, answer),
        Asked::Channels(asked) => channels::answered(world, conn, asked, answer),
        Asked::Invitation(asked) => invitation::answered(world, conn, asked, answer),
        Asked::Account(asked) => account::answered(world, conn, asked, answer),
        Asked::Oper(name) => operator::answered(world, conn, name, answer),
        Asked::OwnPassword(account) => nickserv::hashed(world, conn, account, answer),
        Asked::OwnDevices(account, credentials) => nickserv::set(world, conn, account, credentials, answer),
        Asked::ScramKeys(log_in, first) => authenticate::scram_keys(world, conn, log_in, first, answer),
        Asked::Page(asked) => history::answered_page(world, conn, *asked, answer),
        Asked::Redact(asked) => redact::answered(world, conn, *asked, answer),
        Asked::Report(asked) => report::answered(world, conn, *asked, answer),
        Asked::Inspect(text) => inspect::answered(world, conn, &text, answer),
        Asked::Search => search::answered(world, conn, answer),
        Asked::Playback(asked) => playback::answered(world, conn, asked, answer),
        Asked::Targets(query) => history::answered_targets(world, conn, &query, answer),
    };
    if let Err(refusal) = handled {
        world.refuse(conn, command, refusal);
    }
}

/// Answers bytes that are no line. Of one that is not UTF-8 the command and the label are known all the same.
pub(crate) fn refuse_bad_line(world: &mut World, conn: ConnId, error: &LineError) {
    let message = match error {
        LineError::InvalidUtf8(text) => Message::parse(text).ok(),
        LineError::TooLong | LineError::Nul => None,
    };
    let command = message.as_ref().and_then(|message| find(message.command)).map_or("*", |command| command.name);
    if let Some(message) = &message {
        note(world, conn, message, command);
    }
    let refusal = match error {
        LineError::TooLong => Refusal::numeric(ERR_INPUTTOOLONG, &[], "Input line was too long"),
        LineError::InvalidUtf8(_) => Refusal::fail("INVALID_UTF8", &[], "server-invalid-utf8"),
        LineError::Nul => Refusal::fail("INVALID_MESSAGE", &[], Text::new("server-invalid-nul")),
    };
    world.refuse(conn, command, refusal);
    // It may have been a line of a message that is not whole now.
    batch::give_up(world, conn);
}

fn unknown(world: &mut World, conn: ConnId, name: &str) {
    world.refuse(conn, "*", Refusal::numeric(ERR_UNKNOWNCOMMAND, &[name], "Unknown command"));
}

#[cfg(test)]
mod tests;

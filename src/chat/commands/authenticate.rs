//! AUTHENTICATE: logging in by SASL; and the log-in itself, which PASS shares.
//!
//! Specifications: IRCv3 `sasl-3.1` and `sasl-3.2`; RFC 4616 (PLAIN); RFC 7677 (SCRAM-SHA-256). A wrong name, password or
//! address look alike to the one who tries; the operator's log tells them apart.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Asked, Call, address, welcome};
use crate::chat::event::{AccountId, DeviceId};
use crate::chat::limits;
use crate::chat::policy;
use crate::chat::ports::{Answer, ConnId, FailedCheck, Notable, Peer, Question, Transport};
use crate::chat::reply::{Handled, Refusal, Text};
use crate::chat::session::Identity;
use crate::chat::world::World;
use crate::proto::names::{AccountName, Nick};
use crate::proto::numerics::{
    ERR_PASSWDMISMATCH, ERR_SASLABORTED, ERR_SASLALREADY, ERR_SASLFAIL, ERR_SASLTOOLONG, RPL_LOGGEDIN, RPL_SASLMECHS,
    RPL_SASLSUCCESS,
};
use crate::proto::secret::Secret;

/// What a device token begins with.
const TOKEN_PREFIX: &str = "ctd1_";

/// By what a session proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// PASS.
    Pass,
    /// SASL PLAIN.
    Plain,
    /// SASL EXTERNAL.
    External,
}

/// An unfinished SASL exchange.
pub(crate) struct Exchange {
    mechanism: Mechanism,
    /// The Base64 that has come so far.
    gathered: String,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Exchange({:?} …)", self.mechanism)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    Plain,
    External,
}

const MECHANISMS: &[(&str, Mechanism)] = &[("PLAIN", Mechanism::Plain), ("EXTERNAL", Mechanism::External)];

fn is_offered(mechanism: Mechanism, peer: &Peer) -> bool {
    mechanism != Mechanism::External || matches!(peer.transport, Transport::Unix { operator: true, .. })
}

/// The mechanisms that are offered to a peer, separated by commas.
pub(super) fn mechanisms(peer: &Peer) -> String {
    let offered = MECHANISMS.iter().filter(|(_, mechanism)| is_offered(*mechanism, peer));
    let names: Vec<_> = offered.map(|(name, _)| *name).collect();
    names.join(",")
}

/// `AUTHENTICATE <mechanism>`, then `AUTHENTICATE <Base64>` in pieces of 400 bytes; `AUTHENTICATE *` gives up.
pub(crate) fn authenticate(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let text = call.param(0);
    let session = world.session_mut(conn);
    if session.is_welcome || session.identity != Identity::Anonymous {
        return Err(Refusal::numeric(ERR_SASLALREADY, &[], "You have already authenticated using SASL"));
    }
    if text == "*" {
        session.exchange = None;
        return Err(Refusal::numeric(ERR_SASLABORTED, &[], "SASL authentication aborted"));
    }
    let Some(exchange) = &mut session.exchange else { return begin(world, conn, text) };
    let is_too_long =
        text.len() > limits::SASL_CHUNK_BYTES || exchange.gathered.len() + text.len() > limits::SASL_BYTES_MAX;
    if is_too_long {
        session.exchange = None;
        return Err(Refusal::numeric(ERR_SASLTOOLONG, &[], "SASL message too long"));
    }
    if text != "+" {
        exchange.gathered.push_str(text);
        if text.len() == limits::SASL_CHUNK_BYTES {
            return Ok(());
        }
    }
    let gathered = std::mem::take(&mut exchange.gathered);
    let mechanism = exchange.mechanism;
    session.exchange = None;
    let Ok(response) = BASE64_STANDARD.decode(gathered) else { return Err(failed()) };
    match mechanism {
        Mechanism::Plain => plain(world, conn, &response),
        Mechanism::External => external(world, conn, &response),
    }
}

fn begin(world: &mut World, conn: ConnId, name: &str) -> Handled {
    let peer = &world.session(conn).peer;
    let known = MECHANISMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let Some((_, mechanism)) = known.filter(|(_, mechanism)| is_offered(*mechanism, peer)) else {
        let names = mechanisms(peer);
        let line = world.numeric(conn, RPL_SASLMECHS).param(&names).trailing("are available SASL mechanisms");
        world.reply(conn, line);
        return Err(failed());
    };
    world.session_mut(conn).exchange = Some(Exchange { mechanism: *mechanism, gathered: String::new() });
    let line = world.server_line("AUTHENTICATE").param("+");
    world.reply(conn, line);
    Ok(())
}

/// The plain refusal, whatever was wrong.
fn failed() -> Refusal {
    Refusal::numeric(ERR_SASLFAIL, &[], "SASL authentication failed")
}

/// RFC 4616: `[authorization identity] NUL name NUL password`.
fn plain(world: &mut World, conn: ConnId, response: &[u8]) -> Handled {
    let Ok(response) = std::str::from_utf8(response) else { return Err(failed()) };
    let parts: Vec<_> = response.split('\0').collect();
    let [acting_as, name, password] = parts.as_slice() else { return Err(failed()) };
    if !acting_as.is_empty() && acting_as != name {
        return Err(failed());
    }
    LogIn::by_password(world, conn, name, password, Method::Plain)
}

/// The server's own user, on its own socket, acts as the correspondent.
fn external(world: &mut World, conn: ConnId, response: &[u8]) -> Handled {
    let Transport::Unix { uid, operator: true } = world.session(conn).peer.transport else { return Err(failed()) };
    let correspondent = world.settings.correspondent.clone();
    if !response.is_empty() && response != correspondent.as_str().as_bytes() {
        return Err(failed());
    }
    let session = world.session_mut(conn);
    session.identity = Identity::Operator { uid };
    session.nick = Some(correspondent.clone());
    world.log(Notable::LoggedIn {
        account: AccountName::of_nick(&correspondent),
        peer: world.session(conn).peer.clone(),
        by: "unix socket",
    });
    say_logged_in(world, conn, correspondent.as_str());
    say_success(world, conn, Method::External);
    welcome::try_welcome(world, conn)
}

/// A log-in that waits for the store's word.
#[derive(Debug)]
pub(crate) struct LogIn {
    name: String,
    account: Option<AccountId>,
    is_token: bool,
    method: Method,
}

impl LogIn {
    /// Asks whether a password (or a device token in its place) is right.
    pub(super) fn by_password(world: &mut World, conn: ConnId, name: &str, password: &str, method: Method) -> Handled {
        let account = AccountName::new(name).ok().and_then(|name| world.state.account_named(name.folded()));
        let account = account.filter(|account| !account.state.deleted).map(|account| account.state.id);
        let is_token = password.starts_with(TOKEN_PREFIX);
        let secret = Secret::new(password);
        let question = if is_token {
            Question::Token { token: secret, address: world.session(conn).address() }
        } else {
            Question::Password { account, password: secret }
        };
        let name = policy::cut(name, crate::proto::names::NICK_BYTES_MAX).to_owned();
        world.ask(conn, question, Asked::LogIn(Self { name, account, is_token, method }));
        Ok(())
    }
}

/// The store has spoken.
pub(super) fn answered(world: &mut World, conn: ConnId, log_in: LogIn, answer: Answer) -> Handled {
    match answer {
        Answer::Proved { account, device } if log_in.account == Some(account) => {
            finish(world, conn, log_in, account, device)
        }
        Answer::Proved { .. } => refuse(world, conn, &log_in, FailedCheck::Token),
        Answer::Unavailable => {
            let refusal = Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-accounts-unavailable");
            world.refuse(conn, "AUTHENTICATE", refusal);
            say_refused(world, conn, log_in.method);
            Ok(())
        }
        _ => {
            let check = match log_in.account {
                None => FailedCheck::Name,
                Some(_) if log_in.is_token => FailedCheck::Token,
                Some(_) => FailedCheck::Password,
            };
            refuse(world, conn, &log_in, check)
        }
    }
}

/// The proof is right; what is left is whether the account may log in from here.
fn finish(world: &mut World, conn: ConnId, log_in: LogIn, account: AccountId, device: Option<DeviceId>) -> Handled {
    let Some(state) = world.state.account(account).map(|account| account.state.clone()).filter(|state| !state.deleted)
    else {
        return refuse(world, conn, &log_in, FailedCheck::Name);
    };
    if let Some(reason) = &state.suspended {
        let text = Text::new("server-account-suspended").with("reason", reason);
        world.refuse(conn, "AUTHENTICATE", Refusal::fail("ACCOUNT_SUSPENDED", &[state.name.as_str()], text));
        return refuse(world, conn, &log_in, FailedCheck::Suspended);
    }
    if device.is_none() && !address::accepts(world, account, conn) {
        address::tell_refused(world, account, conn);
        return refuse(world, conn, &log_in, FailedCheck::Address);
    }
    if world.account_sessions(account).len() >= limits::SESSIONS_PER_ACCOUNT_MAX {
        let refusal = Refusal::fail("TOO_MANY_SESSIONS", &[state.name.as_str()], "server-too-many-sessions");
        world.refuse(conn, "AUTHENTICATE", refusal);
        say_refused(world, conn, log_in.method);
        return Ok(());
    }
    world.shows_seq(world.state.account(account).map_or_else(Default::default, |account| account.last_seq));
    become_account(world, conn, account, &state.name, device);
    address::bind_first(world, account, conn);
    let by = match log_in.method {
        _ if device.is_some() => "token",
        Method::Pass | Method::Plain | Method::External => "password",
    };
    world.log(Notable::LoggedIn { account: state.name.clone(), peer: world.session(conn).peer.clone(), by });
    say_logged_in(world, conn, state.name.as_str());
    say_success(world, conn, log_in.method);
    welcome::try_welcome(world, conn)
}

/// The session acts as the account from now on, and is called so.
pub(super) fn become_account(
    world: &mut World,
    conn: ConnId,
    account: AccountId,
    name: &AccountName,
    device: Option<DeviceId>,
) {
    let is_called_so = world.settings.nick_equals_account || world.session(conn).nick.is_none();
    let session = world.session_mut(conn);
    session.identity = Identity::Account(account);
    session.device = device;
    if is_called_so {
        session.nick = Some(Nick::of_account(name));
    }
}

/// 900.
pub(super) fn say_logged_in(world: &mut World, conn: ConnId, account: &str) {
    let source = world.session(conn).source();
    let line = world.numeric(conn, RPL_LOGGEDIN).param(&source).param(account);
    world.reply(conn, line.trailing(&format!("You are now logged in as {account}")));
}

fn say_success(world: &mut World, conn: ConnId, method: Method) {
    if method != Method::Pass {
        let line = world.numeric(conn, RPL_SASLSUCCESS).trailing("SASL authentication successful");
        world.reply(conn, line);
    }
}

fn say_refused(world: &mut World, conn: ConnId, method: Method) {
    let refusal = match method {
        Method::Pass => Refusal::numeric(ERR_PASSWDMISMATCH, &[], "Password incorrect"),
        Method::Plain | Method::External => failed(),
    };
    world.refuse(conn, "AUTHENTICATE", refusal);
}

fn refuse(world: &mut World, conn: ConnId, log_in: &LogIn, check: FailedCheck) -> Handled {
    let peer = world.session(conn).peer.clone();
    world.log(Notable::LoginRefused { name: log_in.name.clone(), peer, check });
    say_refused(world, conn, log_in.method);
    let session = world.session_mut(conn);
    session.login_failures += 1;
    if session.login_failures >= limits::LOGIN_FAILURES_MAX {
        world.close(conn, "Too many failed log-ins");
    }
    Ok(())
}

//! AUTHENTICATE: logging in by SASL; and the log-in itself, which PASS shares.
//!
//! Specifications: IRCv3 `sasl-3.1` and `sasl-3.2`, reauthentication at any time included; RFC 4422, appendix A (EXTERNAL); RFC 4616 (PLAIN); RFC 7677 (SCRAM-SHA-256). A wrong name, password or
//! address look alike to the one who tries; the operator's log tells them apart.

use std::net::IpAddr;

use super::{address, ban, welcome};
use crate::chat::asked::{Asked, Exchange, LogIn, Method, Step};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, DeviceId, Digest};
use crate::chat::limits::is_reached;
use crate::chat::policy;
use crate::chat::ports::{Answer, ConnId, Effect, FailedCheck, Notable, Peer, Question, Transport};
use crate::chat::proofs::{TOKEN_PREFIX, token_digest};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Identity;
use crate::chat::world::World;
use crate::proto::names::{AccountName, NICK_BYTES_MAX, Nick};
use crate::proto::numerics::{
    ERR_NICKLOCKED, ERR_PASSWDMISMATCH, ERR_SASLABORTED, ERR_SASLALREADY, ERR_SASLFAIL, ERR_SASLTOOLONG, RPL_LOGGEDIN,
    RPL_SASLMECHS, RPL_SASLSUCCESS,
};
use crate::proto::sasl::{ABORT, EMPTY_CHUNK, Mechanism, PayloadError, PlainCredentials, payload_chunks};
use crate::proto::scram::{ClientFirst, ScramServer};
use crate::proto::secret::Secret;

/// Who may use a mechanism: everybody, but EXTERNAL only where the connection itself proves something: the server's own user on
/// the server's own socket, or a TLS certificate of the client.
fn is_offered(mechanism: Mechanism, peer: &Peer) -> bool {
    mechanism != Mechanism::External
        || matches!(peer.transport, Transport::Unix { operator: true, .. } | Transport::CertifiedTls { .. })
}

/// The mechanisms that are offered to a peer, separated by commas.
pub(super) fn mechanisms(peer: &Peer) -> String {
    let offered = Mechanism::ALL.into_iter().filter(|mechanism| is_offered(*mechanism, peer));
    let names: Vec<_> = offered.map(Mechanism::name).collect();
    names.join(",")
}

/// `AUTHENTICATE <mechanism>`, then `AUTHENTICATE <Base64>` in pieces of 400 bytes; `AUTHENTICATE *` gives up.
pub(crate) fn authenticate(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let text = call.param(0);
    let session = world.session_mut(conn);
    // Who proved to be the server's own user stays that; everybody else may log in again, also as somebody else.
    if session.is_operator() {
        return Err(Refusal::numeric(ERR_SASLALREADY, &[], "You have already authenticated using SASL"));
    }
    if text == ABORT {
        session.exchange = None;
        return Err(Refusal::numeric(ERR_SASLABORTED, &[], "SASL authentication aborted"));
    }
    let Some(mut exchange) = session.exchange.take() else { return begin(world, conn, text) };
    let payload = match exchange.assembler.push(text) {
        Ok(Some(payload)) => payload,
        Ok(None) => {
            session.exchange = Some(exchange);
            return Ok(());
        }
        Err(PayloadError::TooLong) => {
            return Err(Refusal::numeric(ERR_SASLTOOLONG, &[], "SASL message too long"));
        }
        Err(PayloadError::NotBase64) => return Err(failed()),
    };
    match (exchange.step, exchange.mechanism) {
        (Step::First, Mechanism::Plain) => plain(world, conn, &payload),
        (Step::First, Mechanism::External) => external(world, conn, &payload),
        (Step::First, Mechanism::ScramSha256) => scram_first(world, conn, &payload),
        (Step::Proof(log_in, server), _) => scram_proof(world, conn, log_in, server, &payload),
        (Step::Consent(log_in), _) if payload.is_empty() => {
            // The proof stood for an account that was there.
            let Some(account) = log_in.account else { return Err(failed()) };
            finish(world, conn, &log_in, account, None)
        }
        (Step::Consent(_), _) => Err(failed()),
    }
}

fn begin(world: &mut World, conn: ConnId, name: &str) -> Handled {
    let session = world.session(conn);
    let peer = &session.peer;
    let mechanism = Mechanism::find(name).filter(|mechanism| is_offered(*mechanism, peer));
    let is_socket = matches!(peer.transport, Transport::Unix { .. });
    if mechanism == Some(Mechanism::External) && session.is_welcome && is_socket {
        return Err(failed());
    }
    let Some(mechanism) = mechanism else {
        let names = mechanisms(peer);
        let line = world.numeric(conn, RPL_SASLMECHS).param(&names).trailing("are available SASL mechanisms");
        world.reply(conn, line);
        return Err(failed());
    };
    world.session_mut(conn).exchange = Some(Box::new(Exchange::new(mechanism, Step::First)));
    let line = world.server_line("AUTHENTICATE").param(EMPTY_CHUNK);
    world.reply(conn, line);
    Ok(())
}

fn challenge(world: &mut World, conn: ConnId, payload: &[u8]) {
    for chunk in payload_chunks(payload) {
        let line = world.server_line("AUTHENTICATE").param(&chunk);
        world.reply(conn, line);
    }
}

/// The plain refusal, whatever was wrong.
fn failed() -> Refusal {
    Refusal::numeric(ERR_SASLFAIL, &[], "SASL authentication failed")
}

fn plain(world: &mut World, conn: ConnId, payload: &[u8]) -> Handled {
    let Ok(credentials) = PlainCredentials::parse(payload) else { return Err(failed()) };
    if !credentials.authorization.is_empty() && credentials.authorization != credentials.authentication {
        return Err(failed());
    }
    let method = Method::Sasl(Mechanism::Plain);
    by_password(world, conn, &credentials.authentication, credentials.password, method)
}

fn scram_first(world: &mut World, conn: ConnId, payload: &[u8]) -> Handled {
    let Ok(first) = ClientFirst::parse(payload) else { return Err(failed()) };
    if !first.authorization.is_empty() && first.authorization != first.authentication {
        return Err(failed());
    }
    let mut log_in = log_in_as(world, &first.authentication, Method::Sasl(Mechanism::ScramSha256));
    may_try(world, conn, &mut log_in)?;
    let folded = AccountName::new(&first.authentication).map(|name| name.folded().as_str().to_owned());
    // A name that cannot be one has keys that look alike too.
    let name = folded.unwrap_or_else(|_| first.authentication.clone());
    let account = log_in.account.and_then(|account| world.state.account(account));
    let question = Question::Scram { name, keys: account.and_then(|account| account.proofs.scram.clone()) };
    world.ask(conn, question, Asked::ScramKeys(log_in, first));
    Ok(())
}

/// The keys have come: the server's challenge goes out.
pub(super) fn scram_keys(
    world: &mut World,
    conn: ConnId,
    log_in: LogIn,
    first: ClientFirst,
    answer: Answer,
) -> Handled {
    let Answer::Scram { keys, nonce } = answer else { return answered(world, conn, log_in, Answer::Unavailable) };
    let (server, message) = first.challenge(keys, &nonce);
    let exchange = Exchange::new(Mechanism::ScramSha256, Step::Proof(log_in, server));
    world.session_mut(conn).exchange = Some(Box::new(exchange));
    challenge(world, conn, &message);
    Ok(())
}

/// The client's proof has come: when it is right and the account may log in from here, the server proves itself too.
fn scram_proof(world: &mut World, conn: ConnId, log_in: LogIn, server: ScramServer, payload: &[u8]) -> Handled {
    let Some((message, account)) = server.finish(payload).ok().zip(log_in.account) else {
        return refuse(world, conn, &log_in, log_in.wrong_check());
    };
    if may_log_in(world, conn, &log_in, account, None)? {
        world.session_mut(conn).exchange = Some(Box::new(Exchange::new(Mechanism::ScramSha256, Step::Consent(log_in))));
        challenge(world, conn, &message);
    }
    Ok(())
}

/// The connection itself proves who somebody is. The response is the account's name, or empty.
fn external(world: &mut World, conn: ConnId, response: &[u8]) -> Handled {
    let Transport::CertifiedTls { certificate } = &world.session(conn).peer.transport else {
        return by_socket(world, conn, response);
    };
    let certificate = **certificate;
    let Ok(name) = std::str::from_utf8(response) else { return Err(failed()) };
    let log_in = LogIn { is_token: true, ..log_in_as(world, name, Method::Sasl(Mechanism::External)) };
    by_device(world, conn, log_in, &certificate, |address| Question::Certificate { certificate, address })
}

/// The server's own user, on its own socket, acts as the correspondent.
fn by_socket(world: &mut World, conn: ConnId, response: &[u8]) -> Handled {
    let Transport::Unix { uid, operator: true } = world.session(conn).peer.transport else { return Err(failed()) };
    let correspondent = world.settings.correspondent.clone();
    if !response.is_empty() && response != correspondent.as_str().as_bytes() {
        return Err(failed());
    }
    let account = world.correspondent_account();
    let server_name = world.settings.server_name.clone();
    welcome::call_early(world, conn, correspondent.clone());
    let session = world.session_mut(conn);
    session.identity = Identity::Operator { uid, account };
    session.host = server_name.into();
    world.log(Notable::LoggedIn {
        account: AccountName::of_nick(&correspondent),
        peer: world.session(conn).peer.clone(),
        by: "unix socket",
    });
    say_logged_in(world, conn, correspondent.as_str());
    say_success(world, conn, Method::Sasl(Mechanism::External));
    welcome::try_welcome(world, conn)
}

/// A log-in to the account of this name, whether there is one or not.
fn log_in_as(world: &World, name: &str, method: Method) -> LogIn {
    let account = AccountName::new(name).ok().and_then(|name| world.person_named(name.folded()));
    let account = account.map(|account| account.state.id);
    let name = policy::cut(name, NICK_BYTES_MAX).to_owned();
    LogIn { name, account, is_token: false, is_counted: false, method, began: world.state.last_seq }
}

/// Whether a log-in may be tried, or too many from there have failed; that is said then. Who comes from an address that the
/// account knows is not counted, so that no stranger can lock an account; neither is a token, which cannot be guessed.
fn may_try(world: &mut World, conn: ConnId, log_in: &mut LogIn) -> Handled {
    let address = world.session(conn).peer.address;
    let account = log_in.account.and_then(|account| world.state.account(account));
    let is_known =
        account.is_some_and(|account| policy::knows_address(&world.settings, &account.state.addresses, address));
    if log_in.is_token || is_known || world.settings.trusts(address) {
        return Ok(());
    }
    let (name, key) = throttle_key(&log_in.name, address);
    match world.throttles.take_login(&world.settings, &name, &key, world.now) {
        Ok(()) => {
            log_in.is_counted = true;
            Ok(())
        }
        Err(millis) => {
            let text = Text::new("server-too-many-attempts").with("seconds", seconds_up(millis));
            world.refuse(conn, "AUTHENTICATE", Refusal::fail("TOO_MANY_ATTEMPTS", &[], text));
            refuse(world, conn, log_in, FailedCheck::TooMany)?;
            Err(Refusal::Quiet)
        }
    }
}

/// The password of the server was given, right or wrong. Too many wrong ones from an address are no longer looked at.
pub(super) fn connection_password(world: &mut World, conn: ConnId, is_right: bool) -> Handled {
    let mut log_in = log_in_as(world, "", Method::Pass);
    may_try(world, conn, &mut log_in)?;
    if is_right {
        give_back(world, conn, &log_in, true);
        world.session_mut(conn).gave_connection_password = true;
    }
    Ok(())
}

/// A name as log-ins are counted by, however it is written, and the address.
fn throttle_key(name: &str, address: IpAddr) -> (String, String) {
    let folded = AccountName::new(name).map(|name| name.folded().as_str().to_owned());
    (folded.unwrap_or_else(|_| name.to_owned()), policy::address_key(address))
}

fn give_back(world: &mut World, conn: ConnId, log_in: &LogIn, has_succeeded: bool) {
    if log_in.is_counted {
        let (name, key) = throttle_key(&log_in.name, world.session(conn).peer.address);
        world.throttles.give_login_back(&world.settings, &name, &key, has_succeeded);
    }
}

/// Whole seconds, not less than so many milliseconds.
pub(super) fn seconds_up(millis: i64) -> i64 {
    millis.saturating_add(999) / 1_000
}

/// Asks whether a password (or a device token in its place) is right.
pub(super) fn by_password(world: &mut World, conn: ConnId, name: &str, password: Secret, method: Method) -> Handled {
    let is_token = password.expose().starts_with(TOKEN_PREFIX);
    let mut log_in = LogIn { is_token, ..log_in_as(world, name, method) };
    may_try(world, conn, &mut log_in)?;
    if is_token {
        let digest = token_digest(&password);
        return by_device(world, conn, log_in, &digest, |address| Question::Token { token: password, address });
    }
    let question = Question::Password { account: log_in.account, password };
    world.ask(conn, question, Asked::LogIn(log_in));
    Ok(())
}

/// Lets a device of the account in, which is known by a digest. Whether it is somebody else's, or nobody's, or the accounts are
/// not there, the store says.
fn by_device(
    world: &mut World,
    conn: ConnId,
    log_in: LogIn,
    digest: &Digest,
    question: impl FnOnce(String) -> Question,
) -> Handled {
    let address = world.session(conn).address();
    let account = log_in.account.and_then(|account| world.state.account(account));
    let known = account.and_then(|account| Some((account.state.id, account.proofs.device_of(digest)?)));
    if let Some((account, device)) = known {
        world.effect(Effect::NoteDevice { device, address });
        return finish(world, conn, &log_in, account, Some(device));
    }
    world.ask(conn, question(address), Asked::LogIn(log_in));
    Ok(())
}

/// The store has spoken.
pub(super) fn answered(world: &mut World, conn: ConnId, log_in: LogIn, answer: Answer) -> Handled {
    match answer {
        Answer::Proved { account, device } if log_in.account == Some(account) || log_in.is_anybody() => {
            finish(world, conn, &log_in, account, device)
        }
        Answer::Proved { .. } => refuse(world, conn, &log_in, FailedCheck::Token),
        Answer::Unavailable => {
            say_undecided(world, conn, &log_in, "server-accounts-unavailable");
            Ok(())
        }
        _ => refuse(world, conn, &log_in, log_in.wrong_check()),
    }
}

/// Neither right nor wrong: it may be tried again at once.
fn say_undecided(world: &mut World, conn: ConnId, log_in: &LogIn, text: &'static str) {
    let refusal = Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], text);
    world.refuse(conn, "AUTHENTICATE", refusal);
    give_back(world, conn, log_in, false);
    say_refused(world, conn, log_in.method);
}

/// The proof is right; what is left is whether the account may log in now, from here. When not, that was said.
fn may_log_in(
    world: &mut World,
    conn: ConnId,
    log_in: &LogIn,
    account: AccountId,
    device: Option<DeviceId>,
) -> Result<bool, Refusal> {
    let Some(state) = world.person(account).map(|account| account.state.clone()) else {
        return refuse(world, conn, log_in, FailedCheck::Name).map(|()| false);
    };
    // It was judged beside a change of the password, or beside the end of a device: perhaps by what held before.
    if world.state.account(account).is_some_and(|account| account.proofs.changed_seq > log_in.began) {
        say_undecided(world, conn, log_in, "server-account-just-changed");
        return Ok(false);
    }
    if let Some(reason) = &state.suspended {
        let text = Text::new("server-account-suspended").with("reason", reason);
        world.refuse(conn, "AUTHENTICATE", Refusal::fail("ACCOUNT_SUSPENDED", &[state.name.as_str()], text));
        return refuse(world, conn, log_in, FailedCheck::Suspended).map(|()| false);
    }
    if device.is_none() && !address::accepts(world, account, conn) {
        address::tell_refused(world, account, conn);
        return refuse(world, conn, log_in, FailedCheck::Address).map(|()| false);
    }
    let sessions = world.account_sessions(account);
    if is_reached(sessions.len(), world.settings.limits.sessions_per_account_max) && !sessions.contains(&conn) {
        let refusal = Refusal::fail("TOO_MANY_SESSIONS", &[state.name.as_str()], "server-too-many-sessions");
        world.refuse(conn, "AUTHENTICATE", refusal);
        give_back(world, conn, log_in, true);
        say_refused(world, conn, log_in.method);
        return Ok(false);
    }
    Ok(true)
}

fn finish(world: &mut World, conn: ConnId, log_in: &LogIn, account: AccountId, device: Option<DeviceId>) -> Handled {
    if !may_log_in(world, conn, log_in, account, device)? {
        return Ok(());
    }
    let Some((name, last_seq)) = world.person(account).map(|account| (account.state.name.clone(), account.last_seq))
    else {
        return Err(failed());
    };
    give_back(world, conn, log_in, true);
    world.shows_seq(last_seq);
    let is_welcome = world.session(conn).is_welcome;
    if !is_welcome {
        become_account(world, conn, account, &name, device);
    }
    let by = match log_in.method {
        Method::Sasl(Mechanism::External) => "certificate",
        _ if device.is_some() => "token",
        Method::Sasl(Mechanism::ScramSha256) => "scram",
        Method::Pass | Method::Services | Method::Sasl(_) => "password",
    };
    world.log(Notable::LoggedIn { account: name.clone(), peer: world.session(conn).peer.clone(), by });
    say_logged_in(world, conn, name.as_str());
    say_success(world, conn, log_in.method);
    if is_welcome {
        welcome::act_as(world, conn, account, &name, device);
        if ban::turn_away(world, conn) {
            return Ok(());
        }
    }
    if device.is_none() {
        address::bind_first(world, account, conn);
    }
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
    if is_called_so {
        welcome::call_early(world, conn, Nick::of_account(name));
    }
    let session = world.session_mut(conn);
    session.identity = Identity::Account(account);
    session.device = device;
}

/// 900.
pub(super) fn say_logged_in(world: &mut World, conn: ConnId, account: &str) {
    let source = world.session(conn).source();
    let line = world.numeric(conn, RPL_LOGGEDIN).param(&source).param(account);
    world.reply(conn, line.trailing(&format!("You are now logged in as {account}")));
}

fn say_success(world: &mut World, conn: ConnId, method: Method) {
    match method {
        Method::Sasl(_) => {
            let line = world.numeric(conn, RPL_SASLSUCCESS).trailing("SASL authentication successful");
            world.reply(conn, line);
        }
        Method::Services => world.say_as_services(conn, &"server-services-identified".into()),
        Method::Pass => {}
    }
}

fn say_refused(world: &mut World, conn: ConnId, method: Method) {
    let refusal = match method {
        Method::Services => return world.say_as_services(conn, &"server-services-refused".into()),
        Method::Pass => Refusal::numeric(ERR_PASSWDMISMATCH, &[], "Password incorrect"),
        Method::Sasl(_) => failed(),
    };
    world.refuse(conn, "AUTHENTICATE", refusal);
}

fn refuse(world: &mut World, conn: ConnId, log_in: &LogIn, check: FailedCheck) -> Handled {
    let peer = world.session(conn).peer.clone();
    world.log(Notable::LoginRefused { name: log_in.name.clone(), peer, check });
    match (check, log_in.method) {
        (FailedCheck::Suspended, Method::Sasl(_)) => {
            let refusal = Refusal::numeric(ERR_NICKLOCKED, &[], "You must use a nick assigned to you");
            world.refuse(conn, "AUTHENTICATE", refusal);
        }
        _ => say_refused(world, conn, log_in.method),
    }
    count_failure(world, conn);
    Ok(())
}

/// One more refused log-in on a connection; with the last one that may be it is closed.
pub(super) fn count_failure(world: &mut World, conn: ConnId) {
    let session = world.session_mut(conn);
    session.login_failures += 1;
    if is_reached(session.login_failures, world.settings.limits.login_failures_per_connection_max) {
        world.close(conn, "Too many failed log-ins");
    }
}

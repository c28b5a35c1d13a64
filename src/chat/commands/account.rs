//! ACCOUNT: what an operator does with accounts.
//!
//! Specification: our own, for the server's console and command line: `ACCOUNT LIST`, `ADD`, `PASSWORD`, `ALLOW`, `SUSPEND`,
//! `RESUME`, `DELETE`. (IRCv3 `account-notify` uses the same word from the server to clients only.)

use super::{address, register};
use crate::chat::asked::{Asked, AskedAccount};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, AccountState, Event, Place};
use crate::chat::limits::{self, is_reached};
use crate::chat::operators::Right;
use crate::chat::policy::{self, cut};
use crate::chat::ports::{Answer, ConnId, Notable, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Session;
use crate::chat::world::{Draft, World};
use crate::proto::names::AccountName;
use crate::proto::secret::Secret;

/// A subcommand: its name, the parameters that it needs, whether it leads to events.
struct Subcommand {
    name: &'static str,
    params_min: usize,
    is_durable: bool,
    handler: fn(&mut World, &Call<'_>) -> Handled,
}

const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand { name: "ADD", params_min: 2, is_durable: true, handler: add },
    Subcommand { name: "ALLOW", params_min: 2, is_durable: true, handler: allow },
    Subcommand { name: "DELETE", params_min: 1, is_durable: true, handler: delete },
    Subcommand { name: "LIST", params_min: 0, is_durable: false, handler: list },
    Subcommand { name: "PASSWORD", params_min: 2, is_durable: true, handler: password },
    Subcommand { name: "RESUME", params_min: 1, is_durable: true, handler: resume },
    Subcommand { name: "SUSPEND", params_min: 1, is_durable: true, handler: suspend },
];

/// `ACCOUNT <subcommand> [<name> …]`.
pub(crate) fn account(world: &mut World, call: &Call<'_>) -> Handled {
    let name = call.message.param(1).unwrap_or("*");
    if !world.has_right(call.conn, Right::Accounts) {
        return Err(Refusal::fail("NEED_PRIVILEGES", &[name], "server-need-privileges"));
    }
    let known = SUBCOMMANDS.iter().find(|known| known.name.eq_ignore_ascii_case(call.param(0)));
    let Some(subcommand) = known else {
        return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand"));
    };
    if call.message.params().len() <= subcommand.params_min {
        return Err(call.needs_more_params());
    }
    if subcommand.is_durable {
        world.require_journal(&[name])?;
    }
    (subcommand.handler)(world, call)
}

/// The account of this name, which a subcommand is about.
pub(super) fn subject(world: &World, text: &str) -> Result<AccountState, Refusal> {
    let account = AccountName::new(text).ok().and_then(|name| world.person_named(name.folded()));
    match account {
        Some(account) => Ok(account.state.clone()),
        None => {
            let text_id = Text::new("server-unknown-account").with("name", text);
            Err(Refusal::fail("UNKNOWN_ACCOUNT", &[text], text_id))
        }
    }
}

fn append(world: &mut World, conn: ConnId, name: &AccountName, event: Event) {
    let author = world.acting_author(conn);
    world.append(Draft::new(author, Place::Server, name.as_str(), event));
}

/// `ACCOUNT DONE <subcommand> <name> :…`, and a line in the operator's log.
fn done(world: &mut World, conn: ConnId, subcommand: &'static str, name: &AccountName) {
    let said = world.say(conn, &Text::new("server-account-done").with("name", name));
    let line = world.server_line("ACCOUNT").param("DONE").param(subcommand).param(name.as_str()).trailing(&said);
    world.reply(conn, line);
    let operator = world.acting_author(conn).operator.unwrap_or_default();
    world.log(Notable::OperatorActed { operator, what: format!("ACCOUNT {subcommand} {name}") });
}

/// Ends sessions of an account, and says why.
fn close_sessions(world: &mut World, account: AccountId, why: &Text, which: impl Fn(&Session) -> bool) {
    world.close_sessions(why, |session| session.account() == Some(account) && which(session));
}

fn list(world: &mut World, call: &Call<'_>) -> Handled {
    /// Bytes of one entry's addresses; those that find no room are left out.
    const ADDRESSES_BYTES_MAX: usize = 300;
    let conn = call.conn;
    let correspondent = world.settings.correspondent.folded().clone();
    let accounts: Vec<_> =
        world.state.accounts().into_iter().map(|known| (known.state.clone(), known.last_seq)).collect();
    let people = accounts.into_iter().filter(|(state, _)| *state.name.folded() != correspondent);
    for (state, last_seq) in people.take(limits::ACCOUNTS_LISTED_MAX) {
        world.shows_seq(last_seq);
        let status = match &state {
            AccountState { deleted: true, .. } => "deleted",
            AccountState { suspended: Some(_), .. } => "suspended",
            _ => "active",
        };
        let mut addresses = String::new();
        for address in &state.addresses {
            if addresses.len() + 1 + address.len() <= ADDRESSES_BYTES_MAX {
                addresses.push_str(if addresses.is_empty() { "" } else { "," });
                addresses.push_str(address);
            }
        }
        let line = world.server_line("ACCOUNT").param("ENTRY").param(state.name.as_str()).param(status);
        let line = line.param(&state.registered.to_string());
        world.reply(conn, line.param(if addresses.is_empty() { "*" } else { &addresses }));
    }
    let said = world.say(conn, &"server-end-of-accounts".into());
    let line = world.server_line("ACCOUNT").param("END").trailing(&said);
    world.reply(conn, line);
    Ok(())
}

fn add(world: &mut World, call: &Call<'_>) -> Handled {
    let name = register::free_name(world, call.conn, call.param(1))?;
    register::check_password(world, &name, call.param(2))?;
    let question = Question::Hash { password: Secret::new(call.param(2)) };
    world.ask(call.conn, question, Asked::Account(AskedAccount::Add(name)));
    Ok(())
}

fn password(world: &mut World, call: &Call<'_>) -> Handled {
    let state = subject(world, call.param(1))?;
    register::check_password(world, &state.name, call.param(2))?;
    let question = Question::Hash { password: Secret::new(call.param(2)) };
    world.ask(call.conn, question, Asked::Account(AskedAccount::Password(state.id)));
    Ok(())
}

/// The password was hashed.
pub(super) fn answered(world: &mut World, conn: ConnId, asked: AskedAccount, answer: Answer) -> Handled {
    let name = match &asked {
        AskedAccount::Add(name) => name.clone(),
        AskedAccount::Password(account) => match world.person(*account) {
            Some(account) => account.state.name.clone(),
            // Deleted meanwhile.
            None => return Err(Refusal::fail("UNKNOWN_ACCOUNT", &["*"], "server-accounts-unavailable")),
        },
    };
    let Answer::Hashed(credentials) = answer else {
        return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[name.as_str()], "server-accounts-unavailable"));
    };
    world.require_journal(&[name.as_str()])?;
    match asked {
        AskedAccount::Add(name) => {
            let name = register::free_name(world, conn, name.as_str())?;
            let account = world.state.next_account();
            let event =
                Event::AccountRegistered { account, name: name.clone(), credentials, address: None, invitation: None };
            append(world, conn, &name, event);
            done(world, conn, "ADD", &name);
        }
        AskedAccount::Password(account) => {
            append(world, conn, &name, Event::PasswordChanged { account, credentials });
            done(world, conn, "PASSWORD", &name);
            // A device's token is not the password: its sessions stay.
            let why = Text::new("server-password-changed");
            close_sessions(world, account, &why, |session| session.device.is_none());
        }
    }
    Ok(())
}

fn allow(world: &mut World, call: &Call<'_>) -> Handled {
    let state = subject(world, call.param(1))?;
    let Some(address) = policy::parse_address(call.param(2)) else {
        let text = Text::new("server-bad-address").with("address", call.param(2));
        return Err(Refusal::fail("BAD_ADDRESS", &[state.name.as_str()], text));
    };
    if is_reached(state.addresses.len(), world.settings.limits.addresses_per_account_max) {
        return Err(Refusal::fail("TOO_MANY_ADDRESSES", &[state.name.as_str()], "server-address-too-many"));
    }
    if !state.addresses.contains(&address) {
        address::allow(world, call.conn, state.id, address);
    }
    done(world, call.conn, "ALLOW", &state.name);
    Ok(())
}

fn suspend(world: &mut World, call: &Call<'_>) -> Handled {
    let state = subject(world, call.param(1))?;
    let reason = cut(call.param(2), world.settings.limits.reason_bytes_max).to_owned();
    append(world, call.conn, &state.name, Event::AccountSuspended { account: state.id, reason: reason.clone() });
    done(world, call.conn, "SUSPEND", &state.name);
    close_sessions(world, state.id, &Text::new("server-account-suspended").with("reason", reason), |_| true);
    Ok(())
}

fn resume(world: &mut World, call: &Call<'_>) -> Handled {
    let state = subject(world, call.param(1))?;
    if state.suspended.is_some() {
        append(world, call.conn, &state.name, Event::AccountResumed { account: state.id });
    }
    done(world, call.conn, "RESUME", &state.name);
    Ok(())
}

fn delete(world: &mut World, call: &Call<'_>) -> Handled {
    let state = subject(world, call.param(1))?;
    // Before the deletion takes its memberships away, so that the other members see it leave.
    close_sessions(world, state.id, &Text::new("server-account-deleted"), |_| true);
    append(world, call.conn, &state.name, Event::AccountDeleted { account: state.id });
    done(world, call.conn, "DELETE", &state.name);
    Ok(())
}

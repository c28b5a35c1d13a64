//! NickServ: registering and logging in for clients that know neither SASL nor REGISTER.
//!
//! What is said to [the services](crate::chat::services) is an order, never a message: it is judged
//! like the secrets that it holds (not stored, not echoed, not logged, refused where others could read along), whichever
//! command brought it. The orders are the customary ones of IRC services; no specification describes them.

use super::{authenticate, register};
use crate::chat::asked::{Asked, Method};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, Credentials, Event, Place};
use crate::chat::ports::{Answer, ConnId, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::services::{COMMAND, ORDERS};
use crate::chat::world::{Draft, World};
use crate::proto::secret::Secret;

/// `NICKSERV <order>`, or an order said to NickServ.
pub(crate) fn nickserv(world: &mut World, call: &Call<'_>) -> Handled {
    let is_command = call.message.command.eq_ignore_ascii_case(COMMAND);
    let text = match is_command {
        true => call.message.params().join(" "),
        false => call.param(1).to_owned(),
    };
    // The orders are secret as a whole: the copy does not outlive this line.
    let text = Secret::new(text);
    let mut words = text.expose().split_whitespace();
    let name = words.next().unwrap_or("HELP");
    let order = ORDERS.iter().find(|order| order.name.eq_ignore_ascii_case(name));
    let words: Vec<&str> = words.collect();
    match order.map(|order| order.name) {
        Some("REGISTER") => register(world, call.conn, &words),
        Some("IDENTIFY") => identify(world, call.conn, &words),
        Some("SET") => set_password(world, call.conn, &words),
        Some("SESSIONS") => sessions(world, call.conn),
        Some(_) => {
            world.say_orders(call.conn);
            Ok(())
        }
        None => {
            world.say_as_services(call.conn, &"server-services-unknown".into());
            Ok(())
        }
    }
}

fn syntax_error(world: &mut World, conn: ConnId, syntax: &'static str) -> Handled {
    world.say_as_services(conn, &Text::new("server-services-syntax").with("syntax", syntax));
    Ok(())
}

/// `REGISTER <password> [<email>]`: an account of the session's nick. An email is not kept.
fn register(world: &mut World, conn: ConnId, words: &[&str]) -> Handled {
    match words {
        [password] => said(world, conn, |world| register::ask_for_account(world, conn, "*", "*", password)),
        [password, code] => said(world, conn, |world| register::ask_for_account(world, conn, "*", code, password)),
        _ => syntax_error(world, conn, "REGISTER <password> [<invitation>]"),
    }
}

/// `IDENTIFY [<account>] <password>`.
fn identify(world: &mut World, conn: ConnId, words: &[&str]) -> Handled {
    let own = world.session(conn).name().to_owned();
    let (name, password) = match words {
        [password] => (own.as_str(), *password),
        [name, password] => (*name, *password),
        _ => return syntax_error(world, conn, "IDENTIFY [<account>] <password>"),
    };
    if world.session(conn).is_operator() {
        world.say_as_services(conn, &"server-already-authenticated".into());
        return Ok(());
    }
    authenticate::by_password(world, conn, name, Secret::new(password), Method::Services)
}

/// `SET PASSWORD <new password>`.
fn set_password(world: &mut World, conn: ConnId, words: &[&str]) -> Handled {
    let password = match words {
        [what, password] if what.eq_ignore_ascii_case("PASSWORD") => *password,
        _ => return syntax_error(world, conn, "SET PASSWORD <new password>"),
    };
    let Some(account) = world.account_of(conn) else {
        world.say_as_services(conn, &"server-services-log-in-first".into());
        return Ok(());
    };
    let (id, name) = (account.state.id, account.state.name.clone());
    said(world, conn, |world| {
        register::check_password(world, &name, password)?;
        world.ask(conn, Question::Hash { password: Secret::new(password) }, Asked::OwnPassword(id));
        Ok(())
    })
}

/// The new password was hashed: whose devices have tokens is asked, because these end with the old one.
pub(super) fn hashed(world: &mut World, conn: ConnId, account: AccountId, answer: Answer) -> Handled {
    said(world, conn, |world| {
        let Answer::Hashed(credentials) = answer else {
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-accounts-unavailable"));
        };
        world.ask(conn, Question::Devices { account }, Asked::OwnDevices(account, credentials));
        Ok(())
    })
}

/// Everything is known: the password is set. Whoever came in by the old one, or by a token, is out; who takes a new password
/// because the old one or a device is in wrong hands need not know of each token.
pub(super) fn set(
    world: &mut World,
    conn: ConnId,
    account: AccountId,
    credentials: Box<Credentials>,
    answer: Answer,
) -> Handled {
    said(world, conn, |world| {
        let known = world.account_of(conn).filter(|own| own.state.id == account);
        let Some(name) = known.map(|own| own.state.name.clone()) else { return Ok(()) };
        let Answer::Devices(devices) = answer else {
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-accounts-unavailable"));
        };
        world.require_journal(&[])?;
        let author = world.session(conn).author();
        let own = world.session(conn).device;
        let revoked = devices.iter().filter(|device| Some(device.id) != own);
        let revoked = revoked.map(|device| Event::DeviceRevoked { device: device.id, account });
        for event in [Event::PasswordChanged { account, credentials }].into_iter().chain(revoked) {
            world.append(Draft::new(author.clone(), Place::Server, name.as_str(), event));
        }
        world.say_as_services(conn, &"server-services-password-set".into());
        let why = Text::new("server-password-changed");
        world.close_sessions(&why, |session| session.account() == Some(account) && session.conn != conn);
        Ok(())
    })
}

/// `SESSIONS`: where the account is logged in.
fn sessions(world: &mut World, conn: ConnId) -> Handled {
    let Some(account) = world.session(conn).account() else {
        world.say_as_services(conn, &"server-services-log-in-first".into());
        return Ok(());
    };
    for session in world.account_sessions(account).to_vec() {
        let known = world.session(session);
        let id = if session == conn { "server-services-session-this" } else { "server-services-session" };
        let text = Text::new(id).with("address", known.address()).with("since", known.connected_at);
        world.say_as_services(conn, &text);
    }
    Ok(())
}

/// What would be a FAIL of a command is a sentence of the services.
fn said(world: &mut World, conn: ConnId, obey: impl FnOnce(&mut World) -> Handled) -> Handled {
    match obey(world) {
        Err(Refusal::Fail { text, .. }) => {
            world.say_as_services(conn, &text);
            Ok(())
        }
        handled => handled,
    }
}

//! NickServ: registering and logging in for clients that know neither SASL nor REGISTER.
//!
//! A correspondent that is no account and nobody's session. What is said to it is an order, never a message: it is judged
//! like the secrets that it holds (not stored, not echoed, not logged, refused where others could read along), whichever
//! command brought it. The orders are the customary ones of IRC services; no specification describes them.

use super::{authenticate, register};
use crate::chat::asked::{Asked, Method};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, Event, Place};
use crate::chat::ports::{Answer, ConnId, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::world::{Draft, World};
use crate::proto::message::{Line, Message};
use crate::proto::secret::Secret;

/// The row of the table to which everything goes that is said to the services.
pub(crate) const COMMAND: &str = "NICKSERV";
/// What the services are called. Nobody else may be.
pub(crate) const NICK: &str = "NickServ";

/// Whether a name is that of the services.
pub(crate) fn is_called(name: &str) -> bool {
    name.eq_ignore_ascii_case(NICK)
}

/// Whether a line is said to the services, alone or among others.
pub(crate) fn is_addressed(message: &Message<'_>) -> bool {
    let speaks = ["PRIVMSG", "NOTICE", "TAGMSG"].iter().any(|name| message.command.eq_ignore_ascii_case(name));
    speaks && message.param(0).is_some_and(|targets| targets.split(',').any(is_called))
}

/// Says a sentence as the services.
pub(super) fn say(world: &mut World, conn: ConnId, text: &Text) {
    let said = world.say(conn, text);
    let source = format!("{NICK}!{NICK}@{}", world.settings.server_name);
    let line = Line::new("NOTICE").source(&source).param(world.session(conn).name()).trailing(&said);
    let line = world.dated(conn, line);
    world.reply(conn, line);
}

/// One order: its name, how it is written, the text that says what it does, and what it does. `words` stand behind the name.
struct Order {
    name: &'static str,
    syntax: &'static str,
    meaning: &'static str,
    obey: fn(&mut World, ConnId, words: &[&str]) -> Handled,
}

const ORDERS: &[Order] = &[
    Order { name: "REGISTER", syntax: "REGISTER <password>", meaning: "server-services-help-register", obey: register },
    Order {
        name: "IDENTIFY",
        syntax: "IDENTIFY [<account>] <password>",
        meaning: "server-services-help-identify",
        obey: identify,
    },
    Order {
        name: "SET",
        syntax: "SET PASSWORD <new password>",
        meaning: "server-services-help-set-password",
        obey: set_password,
    },
    Order { name: "SESSIONS", syntax: "SESSIONS", meaning: "server-services-help-sessions", obey: sessions },
    Order { name: "HELP", syntax: "HELP", meaning: "server-services-help-help", obey: help },
];

/// `NICKSERV <order>`, or an order said to NickServ.
pub(crate) fn services(world: &mut World, call: &Call<'_>) -> Handled {
    let is_command = call.message.command.eq_ignore_ascii_case(COMMAND);
    let text = match is_command {
        true => call.message.params().join(" "),
        false => call.param(1).to_owned(),
    };
    // The orders are secret as a whole: the copy does not outlive this line.
    let text = Secret::new(text);
    let mut words = text.expose().split_whitespace();
    let Some(name) = words.next() else { return help(world, call.conn, &[]) };
    let Some(order) = ORDERS.iter().find(|order| order.name.eq_ignore_ascii_case(name)) else {
        say(world, call.conn, &"server-services-unknown".into());
        return Ok(());
    };
    let words: Vec<&str> = words.collect();
    (order.obey)(world, call.conn, &words)
}

/// What somebody in the waiting room can do.
pub(super) fn explain(world: &mut World, conn: ConnId) {
    let minutes = world.settings.waiting_room_time.as_secs().div_ceil(60);
    say(world, conn, &Text::new("server-services-welcome").with("minutes", minutes));
    // Nobody waits for an answer here.
    let _ = help(world, conn, &[]);
}

fn help(world: &mut World, conn: ConnId, _: &[&str]) -> Handled {
    for order in ORDERS {
        let meaning = world.say(conn, &order.meaning.into());
        let text = Text::new("server-services-order").with("syntax", order.syntax).with("meaning", meaning);
        say(world, conn, &text);
    }
    Ok(())
}

fn syntax_error(world: &mut World, conn: ConnId, syntax: &'static str) -> Handled {
    say(world, conn, &Text::new("server-services-syntax").with("syntax", syntax));
    Ok(())
}

/// `REGISTER <password> [<email>]`: an account of the session's nick. An email is not kept.
fn register(world: &mut World, conn: ConnId, words: &[&str]) -> Handled {
    match words {
        [password] | [password, _] => said(world, conn, |world| register::ask_for_account(world, conn, "*", password)),
        _ => syntax_error(world, conn, "REGISTER <password>"),
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
        say(world, conn, &"server-already-authenticated".into());
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
        say(world, conn, &"server-services-log-in-first".into());
        return Ok(());
    };
    let (id, name) = (account.state.id, account.state.name.clone());
    said(world, conn, |world| {
        register::check_password(world, &name, password)?;
        world.ask(conn, Question::Hash { password: Secret::new(password) }, Asked::OwnPassword(id));
        Ok(())
    })
}

/// The new password was hashed.
pub(super) fn answered(world: &mut World, conn: ConnId, account: AccountId, answer: Answer) -> Handled {
    said(world, conn, |world| {
        let known = world.account_of(conn).filter(|own| own.state.id == account);
        let Some(name) = known.map(|own| own.state.name.clone()) else { return Ok(()) };
        let Answer::Hashed(credentials) = answer else {
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-accounts-unavailable"));
        };
        world.require_journal(&[])?;
        let author = world.session(conn).author();
        let event = Event::PasswordChanged { account, credentials };
        world.append(Draft::new(author, Place::Server, name.as_str(), event));
        say(world, conn, &"server-services-password-set".into());
        // Who knew only the old password is out; a device's token is not the password.
        let why = Text::new("server-password-changed");
        world.close_sessions(&why, |session| {
            session.account() == Some(account) && session.device.is_none() && session.conn != conn
        });
        Ok(())
    })
}

/// `SESSIONS`: where the account is logged in.
fn sessions(world: &mut World, conn: ConnId, _: &[&str]) -> Handled {
    let Some(account) = world.session(conn).account() else {
        say(world, conn, &"server-services-log-in-first".into());
        return Ok(());
    };
    for session in world.account_sessions(account).to_vec() {
        let known = world.session(session);
        let id = if session == conn { "server-services-session-this" } else { "server-services-session" };
        let text = Text::new(id).with("address", known.address()).with("since", known.connected_at);
        say(world, conn, &text);
    }
    Ok(())
}

/// What would be a FAIL of a command is a sentence of the services.
fn said(world: &mut World, conn: ConnId, obey: impl FnOnce(&mut World) -> Handled) -> Handled {
    match obey(world) {
        Err(Refusal::Fail { text, .. }) => {
            say(world, conn, &text);
            Ok(())
        }
        handled => handled,
    }
}

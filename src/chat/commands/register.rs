//! REGISTER and VERIFY: making an account, also before the connection is welcomed.
//!
//! Specification: IRCv3 `account-registration` (draft), with the keys `before-connect` and `custom-account-name`. No email is asked
//! for, so there is nothing to verify; in its place stands the code of an invitation where one is needed.

use super::{authenticate, welcome};
use crate::chat::allowance::Allowance;
use crate::chat::asked::Asked;
use crate::chat::call::Call;
use crate::chat::event::{AccountId, Author, AuthorKind, Credentials, Event, Place, Seq};
use crate::chat::invitations::digest_of;
use crate::chat::limits::is_reached;
use crate::chat::policy;
use crate::chat::ports::{Answer, ConnId, Notable, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::services;
use crate::chat::settings::Registration;
use crate::chat::throttle;
use crate::chat::world::{Draft, World};
use crate::proto::names::{AccountName, Nick};
use crate::proto::secret::{Secret, equal_in_constant_time};

/// `REGISTER <account>|* <email>|* <password>`.
pub(crate) fn register(world: &mut World, call: &Call<'_>) -> Handled {
    ask_for_account(world, call.conn, call.param(0), call.param(1), call.param(2))
}

/// Asks for an account of this name (`*`: the nick) with this password. The code counts where an invitation is needed.
pub(super) fn ask_for_account(world: &mut World, conn: ConnId, name: &str, code: &str, password: &str) -> Handled {
    refuse_known(world, conn)?;
    if !welcome::has_connection_password(world, conn) {
        return Err(Refusal::fail("COMPLETE_CONNECTION_REQUIRED", &[name], "server-connection-password-required"));
    }
    let session = world.session_mut(conn);
    let before = session.registrations;
    session.registrations += 1;
    let asked_for = match (name, session.nick.as_ref().or(session.seldom().refused_nick.as_ref())) {
        ("*", None) => return Err(Refusal::fail("NEED_NICK", &["*"], "server-need-nick")),
        ("*", Some(nick)) => nick.to_string(),
        (name, _) => name.to_owned(),
    };
    if is_reached(before, world.settings.limits.registrations_per_connection_max) {
        return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[&asked_for], "server-too-many-registrations"));
    }
    count_registration(world, conn, &asked_for)?;
    let invitation = invited(world, &asked_for, code)?;
    let name = free_name(world, conn, &asked_for)?;
    check_password(world, &name, password)?;
    world.ask(conn, Question::Hash { password: Secret::new(password) }, Asked::Register(name, invitation));
    Ok(())
}

/// By which invitation somebody with this code may make an account; none where no invitation is used up by it. Wrong codes
/// count like other failed registrations.
fn invited(world: &World, asked_for: &str, code: &str) -> Result<Option<Seq>, Refusal> {
    match world.settings.registration {
        Registration::Open => Ok(None),
        Registration::Closed => Err(Refusal::fail("REGISTRATION_CLOSED", &[asked_for], "server-registration-closed")),
        Registration::Invitation if matches!(code, "" | "*") => {
            Err(Refusal::fail("INVITATION_REQUIRED", &[asked_for], "server-invitation-required"))
        }
        Registration::Invitation => {
            let is_it = |known: &&Secret| equal_in_constant_time(known.expose().as_bytes(), code.as_bytes());
            // All are compared, so that time does not tell which one was nearly right.
            if world.settings.invitation_codes.iter().filter(is_it).count() > 0 {
                return Ok(None);
            }
            let digest = digest_of(code);
            let known = world.state.invitations().iter().find(|known| known.digest == digest);
            let invitation = known.filter(|known| known.is_open(world.now)).map(|known| known.seq);
            invitation.map(Some).ok_or_else(|| invalid_invitation(asked_for))
        }
    }
}

fn invalid_invitation(asked_for: &str) -> Refusal {
    Refusal::fail("INVALID_INVITATION", &[asked_for], "server-invitation-invalid")
}

/// One more registration from where a connection comes. Failed ones count too: they tell which names are taken.
fn count_registration(world: &mut World, conn: ConnId, asked_for: &str) -> Handled {
    let address = world.session(conn).peer.address;
    if !throttle::is_bounded(&world.settings, address) {
        return Ok(());
    }
    let allowance =
        Allowance { count: world.settings.registrations_per_address_max, window: world.settings.registration_window };
    world.throttles.registrations.take(&policy::address_key(address), allowance, world.now).map_err(|millis| {
        let text = Text::new("server-too-many-attempts").with("seconds", authenticate::seconds_up(millis));
        Refusal::fail("TEMPORARILY_UNAVAILABLE", &[asked_for], text)
    })
}

/// `VERIFY <account> <code>`: no code was ever given out.
pub(crate) fn verify(world: &mut World, call: &Call<'_>) -> Handled {
    refuse_known(world, call.conn)?;
    Err(Refusal::fail("INVALID_CODE", &[call.param(0)], "server-nothing-to-verify"))
}

fn refuse_known(world: &World, conn: ConnId) -> Handled {
    let session = world.session(conn);
    if session.is_operator() || session.account().is_some() {
        let name = world.account_of(conn).map_or(session.name(), |account| account.state.name.as_str());
        return Err(Refusal::fail("ALREADY_AUTHENTICATED", &[name], "server-already-authenticated"));
    }
    Ok(())
}

/// The name of a new account, when it may be one and nobody has it.
pub(super) fn free_name(world: &World, conn: ConnId, text: &str) -> Result<AccountName, Refusal> {
    let nick = Nick::new(text).ok().filter(|nick| !world.is_correspondent(nick) && !services::is_called(nick.as_str()));
    let Some(nick) = nick.filter(|_| policy::allows_nick(&world.settings, text)) else {
        return Err(Refusal::fail("BAD_ACCOUNT_NAME", &[text], "server-bad-account-name"));
    };
    // A guest who is called so has it as well, unless it is the one who asks.
    let is_taken = world.state.account_named(nick.folded()).is_some()
        || world.nick_sessions(&nick).iter().any(|other| *other != conn);
    if is_taken {
        return Err(Refusal::fail("ACCOUNT_EXISTS", &[text], Text::new("server-account-exists").with("name", text)));
    }
    if world.is_deceptive(conn, &nick) {
        let said = Text::new("server-confusable-name").with("name", text);
        return Err(Refusal::fail("BAD_ACCOUNT_NAME", &[text], said));
    }
    Ok(AccountName::of_nick(&nick))
}

/// Refuses what is no good password.
pub(super) fn check_password(world: &World, name: &AccountName, password: &str) -> Handled {
    match policy::refuses_password(&world.settings, password) {
        Some((code, text)) => {
            let text = Text::new(text).with("least", world.settings.password_chars_min);
            Err(Refusal::fail(code, &[name.as_str()], text))
        }
        None => Ok(()),
    }
}

/// The password was hashed: the account is made, unless somebody was faster.
pub(super) fn answered(
    world: &mut World,
    conn: ConnId,
    name: &AccountName,
    invitation: Option<Seq>,
    answer: Answer,
) -> Handled {
    let Answer::Hashed(credentials) = answer else {
        return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[name.as_str()], "server-accounts-unavailable"));
    };
    let name = free_name(world, conn, name.as_str())?;
    world.require_journal(&[name.as_str()])?;
    // Somebody else may have used it while the password was hashed.
    let is_there = |seq: Seq| world.state.invitations().iter().any(|known| known.seq == seq);
    if invitation.is_some_and(|seq| !is_there(seq)) {
        return Err(invalid_invitation(name.as_str()));
    }
    let account = make_account(world, conn, &name, credentials, invitation);
    world.log(Notable::Registered { account: name.clone(), peer: world.session(conn).peer.clone() });
    let is_welcome = world.session(conn).is_welcome;
    if !is_welcome {
        authenticate::become_account(world, conn, account, &name, None);
    }
    let text = Text::new("server-registered").with("name", &name);
    if world.turn.command == services::COMMAND {
        world.say_as_services(conn, &text);
    } else {
        let said = world.say(conn, &text);
        let line = world.server_line("REGISTER").param("SUCCESS").param(name.as_str()).trailing(&said);
        world.reply(conn, line);
    }
    authenticate::say_logged_in(world, conn, name.as_str());
    if is_welcome {
        welcome::act_as(world, conn, account, &name, None);
    }
    welcome::try_welcome(world, conn)
}

fn make_account(
    world: &mut World,
    conn: ConnId,
    name: &AccountName,
    credentials: Box<Credentials>,
    invitation: Option<Seq>,
) -> AccountId {
    let account = world.state.next_account();
    let address = Some(policy::address_key(world.session(conn).peer.address));
    // The account itself is the author of its registration.
    let author = Author {
        kind: AuthorKind::Account,
        account: Some(account),
        name: name.to_string(),
        ..world.session(conn).author()
    };
    let event = Event::AccountRegistered { account, name: name.clone(), credentials, address, invitation };
    world.append(Draft::new(author, Place::Server, name.as_str(), event));
    account
}

//! INVITATION: codes by which one account each may be registered. For operators with the right `accounts`.
//!
//! Specification: our own, written like `ACCOUNT` and `BAN`: `INVITATION ADD <duration> [:<note>]`, `INVITATION LIST`,
//! `INVITATION REVOKE <number>`. The code is told once, to the operator who makes it; what is kept of it is its digest. It stands
//! in REGISTER in the place of the email address.

use crate::chat::asked::{Asked, AskedInvitation};
use crate::chat::bans::parse_duration;
use crate::chat::call::Call;
use crate::chat::event::{Event, InvitationState, Place, Seq};
use crate::chat::invitations::INVITATIONS_MAX;
use crate::chat::operators::Right;
use crate::chat::policy::{self, cut};
use crate::chat::ports::{Answer, ConnId, Notable, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::world::{Draft, World};

/// `INVITATION <subcommand> [<duration or number> [:<note>]]`.
pub(crate) fn invitation(world: &mut World, call: &Call<'_>) -> Handled {
    policy::operator::must_have(world.rights_of(call.conn), Right::Accounts)?;
    let subcommand = call.param(0).to_ascii_uppercase();
    let handler = match subcommand.as_str() {
        "ADD" => add,
        "REVOKE" => revoke,
        "LIST" => return list(world, call.conn),
        _ => return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand")),
    };
    if call.message.params().len() < 2 {
        return Err(call.needs_more_params());
    }
    world.require_journal(&[call.param(1)])?;
    handler(world, call)
}

fn add(world: &mut World, call: &Call<'_>) -> Handled {
    let Some(seconds) = parse_duration(call.param(1)) else {
        return Err(Refusal::fail("BAD_DURATION", &[call.param(1)], "server-ban-bad-duration"));
    };
    must_have_room(world)?;
    let note = cut(call.param(2), world.settings.limits.reason_bytes_max).to_owned();
    world.ask(call.conn, Question::NewInvitation, Asked::Invitation(AskedInvitation { note, seconds }));
    Ok(())
}

fn must_have_room(world: &World) -> Handled {
    let open = world.state.invitations().iter().filter(|known| known.is_open(world.now)).count();
    match open >= INVITATIONS_MAX {
        true => Err(Refusal::fail("TOO_MANY_INVITATIONS", &[], "server-invitation-too-many")),
        false => Ok(()),
    }
}

/// The code was made: it is told this once.
pub(super) fn answered(world: &mut World, conn: ConnId, asked: AskedInvitation, answer: Answer) -> Handled {
    let Answer::NewToken { token, digest } = answer else {
        return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-temporarily-unavailable"));
    };
    world.require_journal(&[])?;
    must_have_room(world)?;
    let until = asked.seconds.map(|seconds| world.now.plus_millis(seconds * 1_000));
    let event = Event::InvitationMade { digest, note: asked.note, until };
    let author = world.acting_author(conn);
    let number = world.append(Draft::new(author, Place::Server, "", event)).0.to_string();
    let until = until.map_or_else(|| "*".to_owned(), |until| until.to_string());
    let said = world.say(conn, &"server-invitation-made".into());
    let line = world.server_line("INVITATION").param("CODE").param(&number).param(token.expose()).param(&until);
    world.reply(conn, line.trailing(&said));
    log(world, conn, "ADD", &number);
    Ok(())
}

fn revoke(world: &mut World, call: &Call<'_>) -> Handled {
    let (conn, number) = (call.conn, call.param(1));
    let known = number.parse().ok().map(Seq);
    let known = known.filter(|seq| world.state.invitations().iter().any(|known| known.seq == *seq));
    let Some(invitation) = known else {
        return Err(Refusal::fail("UNKNOWN_INVITATION", &[number], "server-invitation-unknown"));
    };
    let author = world.acting_author(conn);
    world.append(Draft::new(author, Place::Server, "", Event::InvitationRevoked { invitation }));
    let said = world.say(conn, &Text::new("server-account-done").with("name", number));
    let line = world.server_line("INVITATION").param("DONE").param("REVOKE").param(number).trailing(&said);
    world.reply(conn, line);
    log(world, conn, "REVOKE", number);
    Ok(())
}

fn log(world: &mut World, conn: ConnId, subcommand: &str, number: &str) {
    let operator = world.acting_author(conn).operator.unwrap_or_default();
    world.log(Notable::OperatorActed { operator, what: format!("INVITATION {subcommand} {number}") });
}

/// `INVITATION ENTRY <number> <since> <until or *> <by> :<note>`, oldest first.
fn list(world: &mut World, conn: ConnId) -> Handled {
    let open = world.state.invitations().iter().filter(|known| known.is_open(world.now));
    let open: Vec<InvitationState> = open.cloned().collect();
    for known in open {
        world.shows_seq(known.seq);
        let until = known.until.map_or_else(|| "*".to_owned(), |until| until.to_string());
        let line = world.server_line("INVITATION").param("ENTRY").param(&known.seq.to_string());
        let line = line.param(&known.made_at.to_string()).param(&until).param(&known.made_by);
        world.reply(conn, line.trailing(&known.note));
    }
    let said = world.say(conn, &"server-end-of-invitations".into());
    let line = world.server_line("INVITATION").param("END").trailing(&said);
    world.reply(conn, line);
    Ok(())
}

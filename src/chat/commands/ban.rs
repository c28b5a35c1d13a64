//! BAN: keeping people out of the server, or quiet on it. For operators with the right `bans`.
//!
//! Specification: our own, written like `ACCOUNT`: `BAN ADD|MUTE <target> <duration> [:<reason>]`, `BAN LIFT <target>`,
//! `BAN LIST`. (Servers with KLINE, DLINE and SHUN have a command for each kind of target; here the target says what it is.)

use crate::chat::bans::{BANS_MAX, BanTarget, parse_duration};
use crate::chat::call::Call;
use crate::chat::event::{BanEffect, Event, Place};
use crate::chat::limits;
use crate::chat::operators::Right;
use crate::chat::policy::{self, cut};
use crate::chat::ports::{ConnId, Notable, Transport};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Session;
use crate::chat::world::{Draft, World};
use crate::proto::mask::fold_mask;
use crate::proto::numerics::ERR_YOUREBANNEDCREEP;

/// `BAN <subcommand> [<target> [<duration> [:<reason>]]]`.
pub(crate) fn ban(world: &mut World, call: &Call<'_>) -> Handled {
    policy::operator::must_have(world.rights_of(call.conn), Right::Bans)?;
    let subcommand = call.param(0).to_ascii_uppercase();
    let needed = match subcommand.as_str() {
        "ADD" | "MUTE" => 3,
        "LIFT" => 2,
        "LIST" => return list(world, call.conn),
        _ => return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand")),
    };
    if call.message.params().len() < needed {
        return Err(call.needs_more_params());
    }
    let written = call.param(1);
    let Some(target) = BanTarget::parse(written).filter(|target| target.text().len() <= limits::BAN_BYTES_MAX) else {
        return Err(Refusal::fail("BAD_TARGET", &[written], "server-ban-bad-target"));
    };
    world.require_journal(&[written])?;
    match subcommand.as_str() {
        "ADD" => set(world, call, &target, BanEffect::Out),
        "MUTE" => set(world, call, &target, BanEffect::Mute),
        _ => lift(world, call.conn, &target),
    }
}

fn set(world: &mut World, call: &Call<'_>, target: &BanTarget, effect: BanEffect) -> Handled {
    let text = target.text();
    if target.is_everybody() {
        return Err(Refusal::fail("BAD_TARGET", &[&text], "server-ban-everybody"));
    }
    let Some(seconds) = parse_duration(call.param(2)) else {
        return Err(Refusal::fail("BAD_DURATION", &[&text, call.param(2)], "server-ban-bad-duration"));
    };
    let in_force = world.state.bans().iter().filter(|ban| ban.is_in_force(world.now)).count();
    if in_force >= BANS_MAX {
        return Err(Refusal::fail("TOO_MANY_BANS", &[&text], "server-ban-too-many"));
    }
    let until = seconds.map(|seconds| world.now.plus_millis(seconds * 1_000));
    let reason = cut(call.param(3), world.settings.limits.reason_bytes_max).to_owned();
    append(world, call.conn, &text, Event::BanSet { target: text.clone(), effect, reason, until });
    done(world, call.conn, effect.order(), &text);
    if effect == BanEffect::Out {
        let conns: Vec<ConnId> = world.sessions.conns().into_iter().filter(|conn| *conn != call.conn).collect();
        for conn in conns {
            turn_away(world, conn);
        }
    }
    Ok(())
}

fn lift(world: &mut World, conn: ConnId, target: &BanTarget) -> Handled {
    let text = target.text();
    if !world.state.bans().iter().any(|ban| ban.target.as_ref() == Some(target)) {
        return Err(Refusal::fail("NO_SUCH_BAN", &[&text], "server-ban-unknown"));
    }
    append(world, conn, &text, Event::BanLifted { target: text.clone() });
    done(world, conn, "LIFT", &text);
    Ok(())
}

fn append(world: &mut World, conn: ConnId, target: &str, event: Event) {
    let author = world.acting_author(conn);
    world.append(Draft::new(author, Place::Server, target, event));
}

fn done(world: &mut World, conn: ConnId, subcommand: &'static str, target: &str) {
    let said = world.say(conn, &Text::new("server-account-done").with("name", target));
    let line = world.server_line("BAN").param("DONE").param(subcommand).param(target).trailing(&said);
    world.reply(conn, line);
    let operator = world.acting_author(conn).operator.unwrap_or_default();
    world.log(Notable::OperatorActed { operator, what: format!("BAN {subcommand} {target}") });
}

/// `BAN ENTRY <ADD|MUTE> <target> <since> <until or *> <by> :<reason>`, oldest first.
fn list(world: &mut World, conn: ConnId) -> Handled {
    let in_force = world.state.bans().iter().filter(|ban| ban.is_in_force(world.now));
    let bans: Vec<_> = in_force.map(|ban| (ban.state.clone(), ban.seq)).collect();
    for (ban, seq) in bans {
        world.shows_seq(seq);
        let until = ban.until.map_or_else(|| "*".to_owned(), |until| until.to_string());
        let line = world.server_line("BAN").param("ENTRY").param(ban.effect.order()).param(&ban.target);
        let line = line.param(&ban.set_at.to_string()).param(&until).param(&ban.set_by);
        world.reply(conn, line.trailing(&ban.reason));
    }
    let said = world.say(conn, &"server-end-of-bans".into());
    let line = world.server_line("BAN").param("END").trailing(&said);
    world.reply(conn, line);
    Ok(())
}

/// Ends a connection that a ban means: whether it did.
pub(crate) fn turn_away(world: &mut World, conn: ConnId) -> bool {
    if world.session(conn).is_closed {
        return true;
    }
    let Some(text) = world.ban_on(conn, BanEffect::Out) else { return false };
    let said = world.say(conn, &text);
    let line = world.numeric(conn, ERR_YOUREBANNEDCREEP).trailing(&said);
    world.reply(conn, line);
    world.close(conn, &said);
    true
}

impl World {
    /// The ban or mute that means a session, and what is said of it. Whoever shows it waits for its commit.
    pub(crate) fn ban_on(&mut self, conn: ConnId, effect: BanEffect) -> Option<Text> {
        // Almost always there is none.
        if self.state.bans().is_empty() || self.rights_of(conn).is_some() {
            return None;
        }
        let session = self.session(conn);
        if matches!(session.peer.transport, Transport::Unix { operator: true, .. }) {
            return None;
        }
        let hostmasks = hostmasks(session);
        let hostmasks: Vec<&str> = hostmasks.iter().map(String::as_str).collect();
        let account = self.account_of(conn).map(|account| account.state.name.folded());
        let address = session.peer.address.to_canonical();
        let found = self.state.bans().iter().find(|ban| {
            ban.state.effect == effect
                && ban.is_in_force(self.now)
                && match &ban.target {
                    Some(BanTarget::Network(network)) => network.contains(&address),
                    Some(BanTarget::Mask(mask)) => mask.matches(account, &hostmasks),
                    None => false,
                }
        })?;
        let (seq, state) = (found.seq, found.state.clone());
        self.shows_seq(seq);
        let text = match (effect, state.until) {
            (BanEffect::Out, None) => Text::new("server-banned"),
            (BanEffect::Out, Some(until)) => Text::new("server-banned-until").with("until", until),
            (BanEffect::Mute, None) => Text::new("server-muted"),
            (BanEffect::Mute, Some(until)) => Text::new("server-muted-until").with("until", until),
        };
        Some(text.with("reason", state.reason))
    }
}

/// As whom a session is compared: by its cloak and by its address.
fn hostmasks(session: &Session) -> [String; 2] {
    let name = session.name();
    [fold_mask(&session.source()), fold_mask(&format!("{name}!{name}@{}", session.address()))]
}

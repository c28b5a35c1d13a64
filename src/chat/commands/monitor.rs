//! MONITOR: to be told when somebody comes and goes.
//!
//! Specification: IRCv3 `monitor`, `extended-monitor`. Somebody with several sessions is there as long as one of them is; the
//! correspondent always is.

use crate::chat::call::Call;
use crate::chat::limits;
use crate::chat::policy::cut;
use crate::chat::ports::ConnId;
use crate::chat::refusal::Handled;
use crate::chat::world::World;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::names::Nick;
use crate::proto::numerics::{ERR_MONLISTFULL, RPL_ENDOFMONLIST, RPL_MONLIST, RPL_MONOFFLINE, RPL_MONONLINE};

/// `MONITOR +|- <nick>{,<nick>}`, `MONITOR C|L|S`.
pub(crate) fn monitor(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    match call.param(0).to_ascii_uppercase().as_str() {
        "+" => add(world, conn, call.message.param(1).ok_or_else(|| call.needs_more_params())?),
        "-" => {
            let list = call.message.param(1).ok_or_else(|| call.needs_more_params())?;
            for nick in nicks(list) {
                world.monitors.remove(conn, &nick);
            }
        }
        "C" => world.monitors.clear(conn),
        "L" => {
            let names: Vec<_> = world.monitors.of(conn).iter().map(|nick| nick.as_str().to_owned()).collect();
            reply_list(world, conn, RPL_MONLIST, &names);
            let end = world.numeric(conn, RPL_ENDOFMONLIST).trailing("End of MONITOR list");
            world.reply(conn, end);
        }
        "S" => {
            let nicks = world.monitors.of(conn);
            tell_who_is_there(world, conn, &nicks);
        }
        // The specification has no error for what it does not know, and servers in use say nothing.
        _ => {}
    }
    Ok(())
}

/// The valid nicks of a list. Masks and other things that are no nick are left out.
fn nicks(list: &str) -> impl Iterator<Item = Nick> {
    list.split(',').filter_map(|text| Nick::new(text).ok())
}

fn add(world: &mut World, conn: ConnId, list: &str) {
    let mut added: Vec<Nick> = Vec::new();
    let mut refused = Vec::new();
    for nick in nicks(list) {
        if added.contains(&nick) {
            continue;
        }
        if world.monitors.add(conn, &nick, world.settings.limits.monitored_max) {
            added.push(nick);
        } else {
            refused.push(nick.as_str().to_owned());
        }
    }
    tell_who_is_there(world, conn, &added);
    if !refused.is_empty() {
        let line = world.numeric(conn, ERR_MONLISTFULL).param(&world.settings.limits.monitored_max.to_string());
        let room = limits::REPEATED_BYTES_MAX;
        let line = line.param(cut(&refused.join(","), room)).trailing("Monitor list is full.");
        world.reply(conn, line);
    }
}

/// 730 for those who are there, 731 for the others.
fn tell_who_is_there(world: &mut World, conn: ConnId, nicks: &[Nick]) {
    let (mut online, mut offline) = (Vec::new(), Vec::new());
    for nick in nicks {
        if world.is_correspondent(nick) {
            online.push(world.correspondent_source());
        } else if let Some(of) = world.nick_sessions(nick).first() {
            online.push(world.session(*of).source());
        } else {
            offline.push(nick.as_str().to_owned());
        }
    }
    reply_list(world, conn, RPL_MONONLINE, &online);
    reply_list(world, conn, RPL_MONOFFLINE, &offline);
}

/// Targets separated by commas, in as few numerics as possible; none when there are none.
fn reply_list(world: &mut World, conn: ConnId, numeric: &'static str, targets: &[String]) {
    let head = world.numeric(conn, numeric);
    let room = BODY_BYTES_MAX.saturating_sub(head.clone().trailing("").body_bytes());
    let mut list = String::new();
    for target in targets {
        if !list.is_empty() && list.len() + 1 + target.len() > room {
            world.reply(conn, head.clone().trailing(&list));
            list.clear();
        }
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(target);
    }
    if !list.is_empty() {
        world.reply(conn, head.trailing(&list));
    }
}

impl World {
    /// Somebody is called so from now on: those who wait for it are told.
    pub(in crate::chat) fn tell_monitors_of_arrival(&mut self, conn: ConnId) {
        let session = self.session(conn);
        let (Some(nick), source) = (session.nick.clone(), session.source()) else { return };
        self.tell_monitors(&nick, RPL_MONONLINE, &source);
    }

    /// Nobody is called so any more.
    pub(in crate::chat) fn tell_monitors_of_departure(&mut self, nick: &Nick) {
        self.tell_monitors(nick, RPL_MONOFFLINE, nick.as_str());
    }

    fn tell_monitors(&mut self, nick: &Nick, numeric: &'static str, target: &str) {
        if self.is_correspondent(nick) {
            return;
        }
        for watcher in self.monitors.watchers(nick.folded()) {
            if !self.session(watcher).is_closed {
                let line = self.numeric(watcher, numeric).trailing(target);
                self.send_unlabelled(watcher, line);
            }
        }
    }
}

//! LUSERS, MOTD, VERSION, TIME, INFO, ADMIN, LINKS, HELP: questions about the server.
//!
//! Specification: Modern IRC, "Server Queries and Commands", "HELP message". There is one server: a question to another one is
//! answered by 402.

use super::welcome;
use super::who::SERVER_DESCRIPTION;
use crate::chat::call::Call;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::numerics::{
    ERR_HELPNOTFOUND, ERR_NOSUCHSERVER, RPL_ADMINEMAIL, RPL_ADMINLOC1, RPL_ADMINLOC2, RPL_ADMINME, RPL_ENDOFHELP,
    RPL_ENDOFINFO, RPL_ENDOFLINKS, RPL_HELPSTART, RPL_HELPTXT, RPL_INFO, RPL_LINKS, RPL_TIME, RPL_VERSION,
};

/// The question is for this server: without a target, by a mask of its name, or by the nick of somebody here.
fn is_for_us(world: &World, target: &str) -> Handled {
    let server = world.settings.server_name.to_lowercase();
    let is_ours = target.is_empty() || glob(&fold_mask(target), &server) || world.person_called(target).is_some();
    if is_ours { Ok(()) } else { Err(Refusal::numeric(ERR_NOSUCHSERVER, &[target], "No such server")) }
}

/// `LUSERS`.
pub(crate) fn lusers(world: &mut World, call: &Call<'_>) -> Handled {
    welcome::lusers(world, call.conn);
    Ok(())
}

/// `MOTD [<server>]`.
pub(crate) fn motd(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    welcome::motd(world, call.conn);
    Ok(())
}

/// `VERSION [<server>]`: the version and the tokens of 005.
pub(crate) fn version(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let line = world.numeric(call.conn, RPL_VERSION).param(VERSION).param(&world.settings.server_name);
    let line = line.trailing(SERVER_DESCRIPTION);
    world.reply(call.conn, line);
    welcome::tell_isupport(world, call.conn);
    Ok(())
}

/// The program's name and version.
pub(crate) const VERSION: &str = concat!("chat-server-", env!("CARGO_PKG_VERSION"));

/// `TIME [<server>]`, in UTC.
pub(crate) fn time(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let line = world.numeric(call.conn, RPL_TIME).param(&world.settings.server_name);
    let line = line.param(&world.now.as_seconds().to_string()).param("+0000").trailing(&world.now.to_string());
    world.reply(call.conn, line);
    Ok(())
}

/// `INFO [<server>]`.
pub(crate) fn info(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let started = world.started_at.unwrap_or(world.now);
    let texts = [VERSION.to_owned(), env!("CARGO_PKG_DESCRIPTION").to_owned(), format!("Running since {started}")];
    for text in texts {
        let line = world.numeric(call.conn, RPL_INFO).trailing(&text);
        world.reply(call.conn, line);
    }
    let end = world.numeric(call.conn, RPL_ENDOFINFO).trailing("End of INFO list");
    world.reply(call.conn, end);
    Ok(())
}

/// `ADMIN [<server>]`: who runs the server is reached as its correspondent.
pub(crate) fn admin(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let settings = &world.settings;
    let contact = format!("/msg {}", settings.correspondent);
    let lines = [
        world.numeric(call.conn, RPL_ADMINME).param(&settings.server_name).trailing("Administrative info"),
        world.numeric(call.conn, RPL_ADMINLOC1).trailing(&settings.network_name),
        world.numeric(call.conn, RPL_ADMINLOC2).trailing(SERVER_DESCRIPTION),
        world.numeric(call.conn, RPL_ADMINEMAIL).trailing(&contact),
    ];
    for line in lines {
        world.reply(call.conn, line);
    }
    Ok(())
}

/// `LINKS`: this server alone.
pub(crate) fn links(world: &mut World, call: &Call<'_>) -> Handled {
    let server = &world.settings.server_name;
    let line = world.numeric(call.conn, RPL_LINKS).param(server).param(server);
    let line = line.trailing(&format!("0 {SERVER_DESCRIPTION}"));
    let end = world.numeric(call.conn, RPL_ENDOFLINKS).param("*").trailing("End of /LINKS list");
    world.reply(call.conn, line);
    world.reply(call.conn, end);
    Ok(())
}

/// `HELP [<command>]`: from the table of commands.
pub(crate) fn help(world: &mut World, call: &Call<'_>) -> Handled {
    let subject = call.param(0);
    let (subject, lines) = if subject.is_empty() {
        let names: Vec<&str> = call.table.iter().map(|command| command.name).collect();
        let mut lines = vec!["Commands:".to_owned()];
        lines.extend(names.chunks(10).map(|names| names.join(" ")));
        lines.push("HELP <command> tells more.".to_owned());
        ("*", lines)
    } else {
        let Some(command) = call.table.iter().find(|command| command.name.eq_ignore_ascii_case(subject)) else {
            return Err(Refusal::numeric(ERR_HELPNOTFOUND, &[subject], "No help available on this topic"));
        };
        (command.name, vec![command.syntax.to_owned(), command.meaning.to_owned()])
    };
    let last = lines.len() - 1;
    for (place, text) in lines.iter().enumerate() {
        let numeric = match place {
            0 => RPL_HELPSTART,
            place if place == last => RPL_ENDOFHELP,
            _ => RPL_HELPTXT,
        };
        let line = world.numeric(call.conn, numeric).param(subject).trailing(text);
        world.reply(call.conn, line);
    }
    Ok(())
}

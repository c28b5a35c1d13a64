//! LUSERS, MOTD, VERSION, ISUPPORT, TIME, INFO, ADMIN, LINKS, STATS, HELP: questions about the server.
//!
//! Specifications: Modern IRC, "Server Queries and Commands", "HELP message"; IRCv3 `extended-isupport`.

use super::this_server::{VERSION, is_for_us};
use super::welcome;
use crate::chat::call::Call;
use crate::chat::operators::Right;
use crate::chat::policy::operator::must_have;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::numerics::{
    ERR_HELPNOTFOUND, RPL_ADMINEMAIL, RPL_ADMINLOC1, RPL_ADMINLOC2, RPL_ADMINME, RPL_ENDOFHELP, RPL_ENDOFINFO,
    RPL_ENDOFLINKS, RPL_ENDOFSTATS, RPL_HELPSTART, RPL_HELPTXT, RPL_INFO, RPL_LINKS, RPL_STATSCOMMANDS, RPL_STATSDEBUG,
    RPL_STATSOLINE, RPL_STATSUPTIME, RPL_TIME, RPL_VERSION,
};

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
    let line = line.trailing(&world.settings.description);
    world.reply(call.conn, line);
    welcome::tell_isupport(world, call.conn);
    Ok(())
}

/// `TIME [<server>]`, in UTC.
pub(crate) fn time(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let line = world.numeric(call.conn, RPL_TIME).param(&world.settings.server_name);
    let line = line.param(&world.now.as_seconds().to_string()).param("0").trailing(&world.now.to_string());
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

/// `ADMIN [<server>]`: what the settings say; without any, who runs the server is reached as its correspondent.
pub(crate) fn admin(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(0))?;
    let settings = &world.settings;
    let contact = format!("/msg {}", settings.correspondent);
    let (where_it_is, who, contact) = match settings.admin.as_slice() {
        [] => (settings.network_name.as_str(), settings.description.as_str(), contact.as_str()),
        [only] => (settings.network_name.as_str(), settings.description.as_str(), only.as_str()),
        [who, how] => (settings.network_name.as_str(), who.as_str(), how.as_str()),
        [place, who, how, ..] => (place.as_str(), who.as_str(), how.as_str()),
    };
    let lines = [
        world.numeric(call.conn, RPL_ADMINME).param(&settings.server_name).trailing("Administrative info"),
        world.numeric(call.conn, RPL_ADMINLOC1).trailing(where_it_is),
        world.numeric(call.conn, RPL_ADMINLOC2).trailing(who),
        world.numeric(call.conn, RPL_ADMINEMAIL).trailing(contact),
    ];
    for line in lines {
        world.reply(call.conn, line);
    }
    Ok(())
}

/// `LINKS [[<server>] <mask>]`: this server alone.
pub(crate) fn links(world: &mut World, call: &Call<'_>) -> Handled {
    let mask = call.message.param(1).or(call.message.param(0)).filter(|mask| !mask.is_empty()).unwrap_or("*");
    let server = &world.settings.server_name;
    let line = world.numeric(call.conn, RPL_LINKS).param(server).param(server);
    let line = line.trailing(&format!("0 {}", world.settings.description));
    if is_for_us(world, mask).is_ok() {
        world.reply(call.conn, line);
    }
    world.reply_end(call.conn, RPL_ENDOFLINKS, mask, "End of /LINKS list");
    Ok(())
}

/// `ISUPPORT`: the tokens of 005, before the welcome too by `draft/extended-isupport`.
pub(crate) fn isupport(world: &mut World, call: &Call<'_>) -> Handled {
    call.must_be_welcome_or_have(world, Cap::ExtendedIsupport)?;
    welcome::tell_isupport(world, call.conn);
    Ok(())
}

/// `STATS <query> [<server>]`: `u`, how long the server has been running; `m`, how often each command was used; for
/// operators `o`, who may become one from where, and `f`, how often each filter meant a message, by what became of it. What else other servers tell (connections, bans) is for the log.
pub(crate) fn stats(world: &mut World, call: &Call<'_>) -> Handled {
    is_for_us(world, call.param(1))?;
    let conn = call.conn;
    let query = call.param(0).chars().next().unwrap_or('*');
    match query {
        'o' => {
            must_have(world.rights_of(conn), Right::Stats)?;
            for operator in world.settings.operators.clone() {
                let from: Vec<String> = operator.from.iter().map(|network| format!("*@{network}")).collect();
                let from = if from.is_empty() { vec!["*@*".to_owned()] } else { from };
                for mask in from {
                    let line = world.numeric(conn, RPL_STATSOLINE).param("O").param(&mask).param("*");
                    world.reply(conn, line.param(&operator.name));
                }
            }
        }
        'f' => {
            must_have(world.rights_of(conn), Right::Stats)?;
            for ((name, verdict), count) in world.filtered.counts.clone() {
                let line = world.numeric(conn, RPL_STATSDEBUG).trailing(&format!("{name} {verdict} {count}"));
                world.reply(conn, line);
            }
        }
        'u' => {
            let seconds = world.now.millis_since(world.started_at.unwrap_or(world.now)) / 1_000;
            let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
            let text = format!("Server Up {days} days {hours}:{minutes:02}:{:02}", seconds % 60);
            let line = world.numeric(conn, RPL_STATSUPTIME).trailing(&text);
            world.reply(conn, line);
        }
        'm' => {
            for (name, count) in world.commands_used.clone() {
                let line = world.numeric(conn, RPL_STATSCOMMANDS).param(name).param(&count.to_string());
                world.reply(conn, line);
            }
        }
        _ => {}
    }
    let end = world.numeric(conn, RPL_ENDOFSTATS).param(&query.to_string()).trailing("End of /STATS report");
    world.reply(conn, end);
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

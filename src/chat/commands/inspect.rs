//! INSPECT: how the server is, who is connected from where, what was refused lately. For operators with the right `stats`.
//!
//! Specification: our own: `INSPECT [<text>]`, answered by `INSPECT FIGURE`, `SESSION` and `REFUSAL` lines and an `END`. It is
//! there most of all when something is wrong, so it does not wait for the database: it shows the server as it is at the moment,
//! also what is not committed yet. It changes nothing, and holds no text that anybody wrote.

use crate::chat::asked::Asked;
use crate::chat::call::Call;
use crate::chat::limits::{CHANNELS_INSPECTED_BYTES_MAX, SESSIONS_INSPECTED_MAX};
use crate::chat::operators::Right;
use crate::chat::policy;
use crate::chat::ports::{Answer, ConnId, Figures, Question};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::{Identity, Session};
use crate::chat::turned_down::TurnedDown;
use crate::chat::world::World;
use crate::proto::message::Line;

/// Stands for what there is not, or may not be seen.
const NONE: &str = "*";

/// `INSPECT [<text>]`: only sessions whose nick, account or address holds the text.
pub(crate) fn inspect(world: &mut World, call: &Call<'_>) -> Handled {
    policy::operator::must_have(world.rights_of(call.conn), Right::Stats)?;
    let text = policy::repeated(call.param(0)).to_lowercase();
    world.ask(call.conn, Question::Inspect, Asked::Inspect(text));
    Ok(())
}

/// What the outside knows of itself is there.
pub(super) fn answered(world: &mut World, conn: ConnId, text: &str, answer: Answer) -> Handled {
    policy::operator::must_have(world.rights_of(conn), Right::Stats)?;
    let Answer::Inspected(figures) = answer else {
        return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-temporarily-unavailable"));
    };
    let mut lines: Vec<Line> = Vec::new();
    for (name, number) in figures.numbers.iter().copied().chain(own_figures(world)) {
        lines.push(world.server_line("INSPECT").param("FIGURE").param(name).param(&number.to_string()));
    }
    let fits = |session: &&Session| text.is_empty() || holds(world, conn, session, text);
    let fitting: Vec<&Session> = world.sessions.in_order().filter(fits).collect();
    // The newest first: those who have just come are looked at most.
    for session in fitting.iter().rev().take(SESSIONS_INSPECTED_MAX) {
        lines.push(session_line(world, conn, session, &figures));
    }
    for refusal in world.recent_refusals.latest_first() {
        lines.push(refusal_line(world, conn, refusal));
    }
    let shown = fitting.len().min(SESSIONS_INSPECTED_MAX).to_string();
    let all = fitting.len().to_string();
    for line in lines {
        world.reply(conn, line);
    }
    let said = world.say(conn, &"server-end-of-inspection".into());
    let line = world.server_line("INSPECT").param("END").param(&shown).param(&all).trailing(&said);
    world.reply(conn, line);
    Ok(())
}

/// What the rules count themselves.
fn own_figures(world: &World) -> Vec<(&'static str, u64)> {
    let census = world.census();
    let numbers = [
        ("sessions_account", census.account_sessions),
        ("sessions_guest", census.guest_sessions),
        ("sessions_operator", census.operator_sessions),
        ("sessions_unwelcomed", census.unwelcomed_sessions),
        ("accounts_online", census.accounts_online),
        ("accounts", census.accounts),
        ("channels", census.channels),
    ];
    let refusals = census.refusals.values().sum();
    numbers.map(|(name, number)| (name, number as u64)).into_iter().chain([("refusals", refusals)]).collect()
}

fn account_name(world: &World, session: &Session) -> Option<String> {
    session.account().and_then(|account| world.account_name(account))
}

/// Whether a session is one of those that are looked for. Nobody finds by an address who may not see it.
fn holds(world: &World, conn: ConnId, session: &Session, text: &str) -> bool {
    let account = account_name(world, session);
    let address = world.has_right(conn, Right::Addresses).then(|| session.address());
    let mut words = [Some(session.name().to_owned()), account, address].into_iter().flatten();
    words.any(|word| word.to_lowercase().contains(text))
}

/// `INSPECT SESSION <number> <nick> <account> <kind> <transport> <address> <port> <since> <idle seconds> <queued bytes>
/// :<channels>`; `*` stands for what there is not, or may not be seen.
fn session_line(world: &World, conn: ConnId, session: &Session, figures: &Figures) -> Line {
    let kind = match session.identity {
        _ if !session.is_welcome => "unwelcomed",
        Identity::Operator { .. } => "operator",
        Identity::Account(_) => "account",
        Identity::Anonymous => "guest",
    };
    let (address, port) = match world.has_right(conn, Right::Addresses) {
        true => (session.address(), session.author().port.to_string()),
        false => (NONE.to_owned(), NONE.to_owned()),
    };
    let idle = world.now.millis_since(session.active_at).max(0) / 1_000;
    let queued = figures.queued_bytes.get(&session.conn).copied().unwrap_or(0);
    let line = world.server_line("INSPECT").param("SESSION").param(&session.conn.0.to_string()).param(session.name());
    let line = line.param(account_name(world, session).as_deref().unwrap_or(NONE)).param(kind);
    let line = line.param(session.peer.transport.word()).param(&address).param(&port);
    let line = line.param(&session.connected_at.to_string()).param(&idle.to_string()).param(&queued.to_string());
    line.trailing(&channels_of(world, conn, session))
}

/// The channels of a session, as many as find room.
fn channels_of(world: &World, conn: ConnId, session: &Session) -> String {
    let mut names = String::new();
    if !world.has_right(conn, Right::Channels) {
        return names;
    }
    for channel in world.channels_of(session.conn) {
        let Some(channel) = world.state.channel(channel) else { continue };
        let name = channel.name.as_str();
        if names.len() + 1 + name.len() <= CHANNELS_INSPECTED_BYTES_MAX {
            names.push_str(if names.is_empty() { "" } else { "," });
            names.push_str(name);
        }
    }
    names
}

/// `INSPECT REFUSAL <time> <name> <address> <command> <code>`.
fn refusal_line(world: &World, conn: ConnId, refusal: &TurnedDown) -> Line {
    let address = if world.has_right(conn, Right::Addresses) { refusal.address.as_str() } else { NONE };
    let word = |text: &str| match text.split_whitespace().next() {
        Some(word) if !word.starts_with(':') => word.to_owned(),
        _ => NONE.to_owned(),
    };
    let line = world.server_line("INSPECT").param("REFUSAL").param(&refusal.at.to_string()).param(&word(&refusal.name));
    line.param(address).param(&word(&refusal.command)).param(refusal.code)
}

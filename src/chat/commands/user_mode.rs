//! MODE on oneself.
//!
//! Specification: Modern IRC, "User Modes". `i` (invisible) and `w` (wallops) and `s` (the server's notices to
//! operators) are switched by their owner; `o` is
//! an operator's from its log-in on; `B` is IRCv3 `bot-mode`.

use crate::chat::call::Call;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::message::Line;
use crate::proto::numerics::{ERR_UMODEUNKNOWNFLAG, RPL_UMODEIS};

/// The letters of user modes, in alphabetical order.
pub(crate) const LETTERS: &str = "Biosw";

/// The letter of those that are programs (IRCv3 `bot-mode`).
pub(crate) const BOT: char = 'B';

/// `MODE <own nick> [<changes>]`: that the nick is one's own was found by the caller.
pub(crate) fn mode(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let Some(changes) = call.message.param(1) else {
        let line = world.numeric(conn, RPL_UMODEIS).param(&format!("+{}", world.session(conn).modes));
        world.reply(conn, line);
        return Ok(());
    };
    let before = world.session(conn).modes.clone();
    let mut modes = before.clone();
    let mut is_adding = true;
    let mut has_unknown = false;
    for letter in changes.chars() {
        match letter {
            '+' => is_adding = true,
            '-' => is_adding = false,
            // An operator is one by how it logged in, as long as the session lasts.
            'o' => {}
            _ if !LETTERS.contains(letter) => has_unknown = true,
            _ => {
                modes.retain(|known| known != letter);
                if is_adding {
                    modes.push(letter);
                }
            }
        }
    }
    modes = LETTERS.chars().filter(|letter| modes.contains(*letter)).collect();
    let difference = difference(&before, &modes);
    world.session_mut(conn).modes = modes;
    if !difference.is_empty() {
        let session = world.session(conn);
        let line = Line::new("MODE").source(&session.source()).param(session.name()).param(&difference);
        world.reply(conn, line);
    }
    if has_unknown {
        return Err(Refusal::numeric(ERR_UMODEUNKNOWNFLAG, &[], "Unknown MODE flag"));
    }
    Ok(())
}

/// The change from one set of letters to another: `+B-i`.
fn difference(before: &str, after: &str) -> String {
    let only = |sign: char, one: &str, other: &str| {
        let letters: String = one.chars().filter(|letter| !other.contains(*letter)).collect();
        if letters.is_empty() { letters } else { format!("{sign}{letters}") }
    };
    only('+', after, before) + &only('-', before, after)
}

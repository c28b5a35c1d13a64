//! MODE on oneself.
//!
//! Specification: Modern IRC, "User Modes". `i` (invisible) and `w` (WALLOPS) are switched by their owner; `s` (the server's
//! notices) by operators with that right; `o` comes by OPER or by the server's own socket only, and an operator by OPER may lay
//! it down; `B` is IRCv3 `bot-mode`. A letter that one may not set is passed over, as the specification has it for `+o`.

use crate::chat::call::Call;
use crate::chat::event::OperatorAct;
use crate::chat::operators::Right;
use crate::chat::ports::ConnId;
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
    let Some(changes) = call.message.param(1).filter(|changes| !changes.is_empty()) else {
        let line = world.numeric(conn, RPL_UMODEIS).param(&format!("+{}", world.session(conn).modes));
        world.reply(conn, line);
        return Ok(());
    };
    let mut modes = world.session(conn).modes.clone();
    let mut is_adding = true;
    let mut has_unknown = false;
    for letter in changes.chars() {
        match letter {
            '+' => is_adding = true,
            '-' => is_adding = false,
            _ if !LETTERS.contains(letter) => has_unknown = true,
            _ if !may_switch(world, conn, letter, is_adding) => {}
            _ => {
                modes.retain(|known| known != letter);
                if is_adding {
                    modes.push(letter);
                }
            }
        }
    }
    let resigns = world.session(conn).seldom().duty.is_some() && !modes.contains('o');
    if resigns {
        world.require_journal(&[])?;
        world.note_act(conn, OperatorAct::Resigned, "", None, "");
        world.set_duty(conn, None);
        modes.retain(|letter| letter != 's');
    }
    world.set_user_modes(conn, &modes);
    if has_unknown {
        return Err(Refusal::numeric(ERR_UMODEUNKNOWNFLAG, &[], "Unknown MODE flag"));
    }
    Ok(())
}

fn may_switch(world: &World, conn: ConnId, letter: char, is_adding: bool) -> bool {
    match letter {
        'o' => !is_adding && world.session(conn).seldom().duty.is_some(),
        's' => !is_adding || world.has_right(conn, Right::Notices),
        _ => true,
    }
}

impl World {
    /// Gives a session other user modes, and tells it what has changed.
    pub(crate) fn set_user_modes(&mut self, conn: ConnId, letters: &str) {
        let modes: String = LETTERS.chars().filter(|letter| letters.contains(*letter)).collect();
        let session = &self.sessions[conn];
        let difference = difference(&session.modes, &modes);
        if session.is_welcome && !session.is_closed {
            self.headcount.change(&session.modes, &modes);
        }
        self.session_mut(conn).modes = modes;
        if !difference.is_empty() {
            let session = self.session(conn);
            let line = Line::new("MODE").source(&session.source()).param(session.name()).param(&difference);
            self.reply(conn, line);
        }
    }
}

/// The change from one set of letters to another: `+B-i`.
fn difference(before: &str, after: &str) -> String {
    let only = |sign: char, one: &str, other: &str| {
        let letters: String = one.chars().filter(|letter| !other.contains(*letter)).collect();
        if letters.is_empty() { letters } else { format!("{sign}{letters}") }
    };
    only('+', after, before) + &only('-', before, after)
}

//! AUDIT: what an operator's command did with the record itself becomes an event of the record.
//!
//! Specification: our own: `AUDIT SEARCH|EXPORT|RETAIN|ERASE :<what>`. The commands of `chat-server log` go to the database;
//! this is how they say so to the server that runs beside them.

use crate::chat::call::Call;
use crate::chat::event::OperatorAct;
use crate::chat::operators::Right;
use crate::chat::policy::{self, cut};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::world::World;

/// What can be noted.
const ACTS: [OperatorAct; 4] =
    [OperatorAct::Searched, OperatorAct::Exported, OperatorAct::Retained, OperatorAct::Erased];

/// `AUDIT <act> :<what>`.
pub(crate) fn audit(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    policy::operator::must_have(world.rights_of(conn), Right::Accounts)?;
    let Some(act) = ACTS.into_iter().find(|act| act.word().eq_ignore_ascii_case(call.param(0))) else {
        return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand"));
    };
    world.require_journal(&[call.param(0)])?;
    let text = cut(call.param(1), world.settings.limits.reason_bytes_max).to_owned();
    if matches!(act, OperatorAct::Retained | OperatorAct::Erased) {
        world.recent.forget_all_stored();
    }
    world.note_act(conn, act, "", None, &text);
    let said = world.say(conn, &Text::new("server-account-done").with("name", act.word()));
    let line = world.server_line("AUDIT").param("DONE").param(&act.word().to_ascii_uppercase()).trailing(&said);
    world.reply(conn, line);
    Ok(())
}

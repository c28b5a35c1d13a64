//! REDACT: a message is withdrawn.
//!
//! Specification: IRCv3 `draft/message-redaction`. One's own messages may be withdrawn for a while (a setting), operators of
//! a channel may withdraw anybody's at any time. The row stays in the record, marked; history does not show it any more.
//! Whether there is such a message is told only to those who may read the conversation.

use super::history::reader;
use super::one_message::{self, Missing};
use crate::chat::asked::{Asked, MessageAsked};
use crate::chat::call::Call;
use crate::chat::event::{Event, Place};
use crate::chat::policy::channel as policy;
use crate::chat::ports::{Answer, ConnId, Question, StoredEvent};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::numerics::ERR_UNKNOWNCOMMAND;

/// `REDACT <target> <msgid> [<reason>]`.
pub(crate) fn redact(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    if !world.session(conn).has(Cap::MessageRedaction) {
        return Err(Refusal::numeric(ERR_UNKNOWNCOMMAND, &[call.command.name], "Unknown command"));
    }
    let asked = one_message::named(world, call).map_err(|missing| refusal(missing, call.param(0), call.param(1)))?;
    world.ask(conn, Question::Page(asked.page), Asked::Redact(Box::new(asked)));
    Ok(())
}

fn refusal(missing: Missing, target: &str, msgid: &str) -> Refusal {
    missing.refusal(target, msgid, |missing| match missing {
        Missing::Conversation => Refusal::fail("INVALID_TARGET", &[target], "server-redact-invalid-target"),
        _ => Refusal::fail("UNKNOWN_MSGID", &[target, msgid], "server-redact-unknown"),
    })
}

/// The store has found the message, or not.
pub(crate) fn answered(world: &mut World, conn: ConnId, asked: MessageAsked, answer: Answer) -> Handled {
    let (target, msgid) = (asked.target.as_str(), asked.msgid.as_str());
    world.require_journal(&[target, msgid])?;
    let found = one_message::found(world, conn, &asked, answer);
    let event = found.map_err(|missing| refusal(missing, target, msgid))?;
    may_redact(world, conn, &event, &asked)?;
    let author = world.session(conn).author();
    let redacted = Event::Redacted { seq: asked.seq, reason: asked.reason };
    world.append(Draft::new(author, asked.page.place, &asked.name, redacted));
    Ok(())
}

fn may_redact(world: &World, conn: ConnId, event: &StoredEvent, asked: &MessageAsked) -> Handled {
    if let Place::Channel(channel) = asked.page.place {
        let asker = world.asker(conn, channel);
        if policy::is_channel_operator(&asker) {
            return Ok(());
        }
    }
    let is_own = match event.account {
        Some(account) => reader(world, conn) == Some(account),
        None => world.session(conn).seldom().guest_messages.contains(&event.seq),
    };
    let context = [asked.target.as_str(), asked.msgid.as_str()];
    if !is_own {
        return Err(Refusal::fail("REDACT_FORBIDDEN", &context, "server-redact-forbidden"));
    }
    let window = world.settings.redaction_window;
    let age = u128::try_from(world.now.millis_since(event.time)).unwrap_or(0);
    if !window.is_zero() && age > window.as_millis() {
        let seconds = window.as_secs().to_string();
        let context = [context[0], context[1], &seconds];
        return Err(Refusal::fail("REDACT_WINDOW_EXPIRED", &context, "server-redact-expired"));
    }
    Ok(())
}

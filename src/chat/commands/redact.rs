//! REDACT: a message is withdrawn.
//!
//! Specification: IRCv3 `draft/message-redaction`. One's own messages may be withdrawn for a while (a setting), operators of
//! a channel may withdraw anybody's at any time. The row stays in the record, marked; history does not show it any more.
//! Whether there is such a message is told only to those who may read the conversation.

use super::history::{readable, reader};
use crate::chat::asked::{Asked, RedactAsked};
use crate::chat::call::Call;
use crate::chat::event::{Event, Place, Seq};
use crate::chat::policy::channel as policy;
use crate::chat::policy::cut;
use crate::chat::ports::{Answer, Bound, ConnId, Extras, PageQuery, PageRange, Question, StoredEvent};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::names::MsgId;
use crate::proto::numerics::ERR_UNKNOWNCOMMAND;

/// `REDACT <target> <msgid> [<reason>]`.
pub(crate) fn redact(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    if !world.session(conn).has(Cap::MessageRedaction) {
        return Err(Refusal::numeric(ERR_UNKNOWNCOMMAND, &[call.command.name], "Unknown command"));
    }
    let (target, msgid) = (call.param(0), call.param(1));
    let (place, name) = readable(world, conn, target).ok_or_else(|| invalid_target(target))?;
    let Some(id) = MsgId::parse(msgid) else { return Err(unknown(target, msgid)) };
    let seq = Seq(id.seq());
    // The first one of what stands from its number on: it, or that there is no such message here.
    let extras = Extras { tagged: true, ..Extras::default() };
    let page = PageQuery { place, range: PageRange::Around(Bound::Seq(seq)), limit: 1, extras };
    let reason = cut(call.param(2), world.settings.limits.reason_bytes_max).to_owned();
    let asked = RedactAsked { target: target.to_owned(), msgid: msgid.to_owned(), seq, page, name, reason };
    world.ask(conn, Question::Page(page), Asked::Redact(Box::new(asked)));
    Ok(())
}

fn invalid_target(target: &str) -> Refusal {
    Refusal::fail("INVALID_TARGET", &[target], "server-redact-invalid-target")
}

fn unknown(target: &str, msgid: &str) -> Refusal {
    Refusal::fail("UNKNOWN_MSGID", &[target, msgid], "server-redact-unknown")
}

/// The store has found the message, or not.
pub(crate) fn answered(world: &mut World, conn: ConnId, asked: RedactAsked, answer: Answer) -> Handled {
    let (target, msgid) = (asked.target.as_str(), asked.msgid.as_str());
    world.require_journal(&[target, msgid])?;
    let events = match answer {
        Answer::Page(events) => Some(events),
        _ => world.recent.page(&asked.page, world.committed),
    };
    let unavailable = || Refusal::fail("TEMPORARILY_UNAVAILABLE", &[target, msgid], "server-temporarily-unavailable");
    let event = events.ok_or_else(unavailable)?.into_iter().find(|event| event.seq == asked.seq);
    // It may have been kicked while it waited.
    let place = readable(world, conn, target).map(|(place, _)| place);
    let place = place.filter(|place| *place == asked.page.place).ok_or_else(|| invalid_target(target))?;
    let event = event.ok_or_else(|| unknown(target, msgid))?;
    may_redact(world, conn, place, &event, &asked)?;
    let author = world.session(conn).author();
    let redacted = Event::Redacted { seq: asked.seq, reason: asked.reason };
    world.append(Draft::new(author, place, &asked.name, redacted));
    Ok(())
}

fn may_redact(world: &World, conn: ConnId, place: Place, event: &StoredEvent, asked: &RedactAsked) -> Handled {
    if let Place::Channel(channel) = place {
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

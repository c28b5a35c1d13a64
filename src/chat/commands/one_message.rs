//! One message that a command names by its id: it is looked for in the store, and may be gone, or out of reach, by the answer.

use super::history::readable;
use crate::chat::asked::MessageAsked;
use crate::chat::call::Call;
use crate::chat::event::Seq;
use crate::chat::policy::cut;
use crate::chat::ports::{Answer, Bound, ConnId, Extras, PageQuery, PageRange, StoredEvent};
use crate::chat::refusal::Refusal;
use crate::chat::world::World;
use crate::proto::names::MsgId;

/// Why a session is not told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It may not read such a conversation, or there is none.
    Conversation,
    /// The conversation has no such message.
    Message,
    /// Nobody knows: the store did not answer.
    Unknown,
}

impl Missing {
    /// What the session is told: `known` for the first two.
    pub(super) fn refusal(self, target: &str, msgid: &str, known: impl FnOnce(Self) -> Refusal) -> Refusal {
        match self {
            Self::Unknown => {
                Refusal::fail("TEMPORARILY_UNAVAILABLE", &[target, msgid], "server-temporarily-unavailable")
            }
            missing => known(missing),
        }
    }
}

/// The message that a call of `<command> <target> <msgid> [<reason>]` names, to be looked for.
pub(super) fn named(world: &World, call: &Call<'_>) -> Result<MessageAsked, Missing> {
    let (target, msgid) = (call.param(0), call.param(1));
    let (place, name) = readable(world, call.conn, target).ok_or(Missing::Conversation)?;
    let seq = Seq(MsgId::parse(msgid).ok_or(Missing::Message)?.seq());
    // The first one of what stands from its number on: it, or that there is no such message here.
    let extras = Extras { tagged: true, ..Extras::default() };
    let page = PageQuery { place, range: PageRange::Around(Bound::Seq(seq)), limit: 1, extras };
    let reason = cut(call.param(2), world.settings.limits.reason_bytes_max).to_owned();
    Ok(MessageAsked { target: target.to_owned(), msgid: msgid.to_owned(), seq, page, name, reason })
}

/// The message that was asked for, if the session may still read it: it may have been kicked while it waited.
pub(super) fn found(world: &World, conn: ConnId, asked: &MessageAsked, answer: Answer) -> Result<StoredEvent, Missing> {
    let events = match answer {
        Answer::Page(events) => Some(events),
        _ => world.recent.page(&asked.page, world.committed),
    };
    let event = events.ok_or(Missing::Unknown)?.into_iter().find(|event| event.seq == asked.seq);
    let is_readable = readable(world, conn, &asked.target).is_some_and(|(place, _)| place == asked.page.place);
    if !is_readable {
        return Err(Missing::Conversation);
    }
    event.ok_or(Missing::Message)
}

//! Events of the past as lines: what CHATHISTORY, SEARCH and the playback for older clients have in common.
//!
//! Specifications: IRCv3 `batch`, `draft/chathistory`, `draft/multiline`.

use crate::chat::limits::USER_BYTES_MAX;
use crate::chat::policy::cut;
use crate::chat::ports::{ConnId, StoredEvent, StoredWhat};
use crate::chat::spoken::Spoken;
use crate::chat::stamp::Stamp;
use crate::chat::world::World;
use crate::proto::caps::Cap;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::names::MsgId;

/// Sends lines in a batch, or plainly to those who do not know batches.
pub(super) fn reply_in_batch(
    world: &mut World,
    conn: ConnId,
    head: Line,
    kind: &str,
    name: Option<&str>,
    lines: Vec<Line>,
) {
    if !world.session(conn).has(Cap::Batch) {
        for line in lines {
            world.reply(conn, line);
        }
        return;
    }
    let batch = world.next_batch();
    let start = head.clone().param(&format!("+{batch}")).param(kind);
    world.reply(conn, name.into_iter().fold(start, Line::param));
    for line in lines {
        // A message of several lines is a batch in this one.
        world.reply(conn, if line.has_tag("batch") { line } else { line.tag("batch", &batch) });
    }
    world.reply(conn, head.param(&format!("-{batch}")));
}

/// An event of the past as it was told then: one line, or those of a message of several.
pub(super) fn lines_of(world: &mut World, conn: ConnId, event: &StoredEvent, target: &str) -> Vec<Line> {
    let (mut source, batch) = (source_of(world, event), world.next_batch());
    // One line then is one line now, whatever its author's user and host have become.
    if !fits(&source, target, &event.what) && fits(&event.name, target, &event.what) {
        source.clone_from(&event.name);
    }
    let from = (source.as_str(), target);
    let said = match &event.what {
        StoredWhat::Privmsg(text) => Spoken::past("PRIVMSG", from, text, &batch),
        StoredWhat::Notice(text) => Spoken::past("NOTICE", from, text, &batch),
        other => Spoken::One(line_of(other, target).source(&source)),
    };
    let stamp = Stamp {
        time: event.time,
        msgid: Some(MsgId::of_seq(event.seq.0)),
        account: event.account.and_then(|account| world.account_name(account)),
        is_bot: false,
        client_tags: event.tags.clone(),
    };
    said.lines(&stamp, world.session(conn).caps)
}

/// What was done rather than said.
fn line_of(what: &StoredWhat, target: &str) -> Line {
    match what {
        StoredWhat::Privmsg(text) => Line::new("PRIVMSG").param(target).trailing(text),
        StoredWhat::Notice(text) => Line::new("NOTICE").param(target).trailing(text),
        StoredWhat::Topic(topic) => Line::new("TOPIC").param(target).trailing(topic),
        StoredWhat::Tagmsg => Line::new("TAGMSG").param(target),
        StoredWhat::Redact(seq, reason) => {
            let line = Line::new("REDACT").param(target).param(&MsgId::of_seq(seq.0).to_string());
            if reason.is_empty() { line } else { line.trailing(reason) }
        }
        StoredWhat::Join => Line::new("JOIN").param(target),
        StoredWhat::Part(reason) if reason.is_empty() => Line::new("PART").param(target),
        StoredWhat::Part(reason) => Line::new("PART").param(target).trailing(reason),
        StoredWhat::Kick(nick, reason) => Line::new("KICK").param(target).param(nick).trailing(reason),
        StoredWhat::Mode(text) => text.split(' ').fold(Line::new("MODE").param(target), Line::param),
    }
}

/// Whether what was said then fits into one line with this source.
fn fits(source: &str, target: &str, what: &StoredWhat) -> bool {
    let (StoredWhat::Privmsg(text) | StoredWhat::Notice(text)) = what else { return true };
    let around = Line::new("PRIVMSG").source(source).param(target).trailing("").body_bytes();
    !text.contains('\n') && around + text.len() <= BODY_BYTES_MAX
}

/// Who wrote an event, as others see them. The host of those who are not there any more is not kept.
fn source_of(world: &World, event: &StoredEvent) -> String {
    if event.from_server {
        return world.correspondent_source();
    }
    let there = event.account.and_then(|account| world.account_sessions(account).first());
    match there {
        Some(conn) => format!("{}!{}@{}", event.name, world.session(*conn).user(), world.session(*conn).host),
        None if event.name == world.settings.server_name => event.name.clone(),
        None => format!("{}!{}@{HOST_OF_ABSENT}", event.name, cut(&event.name, USER_BYTES_MAX)),
    }
}

/// The host of an author who is not there. Not longer than a cloak, so that the line fits as it did then.
const HOST_OF_ABSENT: &str = "away.cloak";

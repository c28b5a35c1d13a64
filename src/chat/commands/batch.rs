//! BATCH: messages of several lines.
//!
//! Specification: IRCv3 `draft/multiline`. The lines between `BATCH +…` and `BATCH -…` are gathered in the session and become one
//! event when the batch ends. A fault is told once, as soon as it is seen; what still comes of that batch means nothing then,
//! so that no part of a message is sent alone. The label of the beginning belongs to the answer to the end.

use super::message::{self, Said};
use crate::chat::call::Call;
use crate::chat::event::MessageKind;
use crate::chat::limits;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::OpenBatch;
use crate::chat::spoken::MULTILINE;
use crate::chat::world::World;
use crate::proto::message::Message;
use crate::proto::multiline::{BATCH_TYPE, CONCAT_TAG, Part, join};
use crate::proto::names::{ChannelName, Nick};

/// What a connection may say between the lines of a batch besides them.
const ALLOWED_BETWEEN: &[&str] = &["BATCH", "PING", "PONG", "QUIT"];

/// `BATCH +<reference> draft/multiline <target>`, `BATCH -<reference>`.
pub(crate) fn batch(world: &mut World, call: &Call<'_>) -> Handled {
    if !world.session(call.conn).caps.has_all(MULTILINE) {
        return Err(invalid());
    }
    match call.param(0).split_at_checked(1) {
        Some(("+", reference)) => begin(world, call, reference),
        Some(("-", reference)) => end(world, call, reference),
        _ => Err(invalid()),
    }
}

fn invalid() -> Refusal {
    Refusal::fail("MULTILINE_INVALID", &[], "server-multiline-invalid")
}

fn begin(world: &mut World, call: &Call<'_>, reference: &str) -> Handled {
    let before = world.session_mut(call.conn).open_batch.take();
    let target = call.param(2);
    let is_valid = call.param(1) == BATCH_TYPE
        && before.is_none_or(|before| before.is_refused)
        && (1..=limits::BATCH_REFERENCE_BYTES_MAX).contains(&reference.len())
        && !target.is_empty()
        && !target.contains(',');
    let idempotency_id = if is_valid { message::idempotency_id(world, call, target) } else { Err(invalid()) };
    let (idempotency_id, fault) = match idempotency_id {
        Ok(id) => (id, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let open = OpenBatch {
        reference: crate::chat::policy::cut(reference, limits::BATCH_REFERENCE_BYTES_MAX).to_owned(),
        target: target.to_owned(),
        label: if fault.is_none() { world.turn.label.take() } else { None },
        client_tags: message::client_tags(world, call.conn, &call.message),
        idempotency_id,
        parts: Vec::new(),
        bytes: 0,
        is_refused: fault.is_some(),
    };
    world.session_mut(call.conn).open_batch = Some(Box::new(open));
    fault.map_or(Ok(()), Err)
}

fn end(world: &mut World, call: &Call<'_>, reference: &str) -> Handled {
    let conn = call.conn;
    let Some(open) = world.session_mut(conn).open_batch.take_if(|open| open.reference == reference) else {
        give_up(world, conn);
        return Err(invalid());
    };
    if open.is_refused {
        return Ok(());
    }
    world.turn.label = open.label.or(world.turn.label.take());
    if open.parts.iter().all(|part| part.text.is_empty()) {
        return Err(invalid());
    }
    world.require_journal(&[&open.target])?;
    let said = Said {
        kind: MessageKind::Privmsg,
        text: join(&open.parts),
        parts: open.parts,
        client_tags: open.client_tags,
        idempotency_id: open.idempotency_id,
    };
    message::send_one(world, conn, &open.target, said)
}

/// Takes a line that belongs to a batch, or that breaks it. Nothing: it is a line as any other.
pub(super) fn take_line(world: &mut World, call: &Call<'_>) -> Option<Handled> {
    let session = world.session(call.conn);
    let open = session.open_batch.as_ref();
    let named = call.message.tag("batch").filter(|_| session.caps.has_all(MULTILINE) && call.command.name != "BATCH");
    match (named, open) {
        (None, None) => None,
        (None, Some(open)) => {
            if !open.is_refused && !ALLOWED_BETWEEN.contains(&call.command.name) {
                give_up(world, call.conn);
            }
            None
        }
        (Some(named), Some(open)) if named == open.reference => {
            let added = if open.is_refused { Ok(()) } else { add(world, call) };
            Some(added.or_else(|refusal| refuse(world, call.conn, refusal)))
        }
        (Some(_), _) => Some(refuse(world, call.conn, invalid())),
    }
}

/// One more line of the batch that is open.
fn add(world: &mut World, call: &Call<'_>) -> Handled {
    let (bytes_max, lines_max) = (world.settings.multiline_bytes_max, world.settings.multiline_lines_max);
    let Some(open) = world.session_mut(call.conn).open_batch.as_mut() else { return Err(invalid()) };
    let line = &call.message;
    if !line.command.eq_ignore_ascii_case("PRIVMSG") || line.tags().any(|tag| !["batch", CONCAT_TAG].contains(&tag.key))
    {
        return Err(invalid());
    }
    let target = call.param(0);
    if !is_same_target(&open.target, target) {
        let text = "server-multiline-invalid-target";
        return Err(Refusal::fail("MULTILINE_INVALID_TARGET", &[&open.target, target], text));
    }
    let part = Part { text: call.param(1).to_owned(), is_concat: is_concat(line) };
    if part.is_concat && part.text.is_empty() {
        return Err(invalid());
    }
    open.bytes += part.bytes_behind(open.parts.len());
    open.parts.push(part);
    let exceeded = |code, most: usize, text| {
        let most = most.to_string();
        Err(Refusal::fail(code, &[&most], Text::new(text).with("most", &most)))
    };
    if open.bytes > bytes_max {
        return exceeded("MULTILINE_MAX_BYTES", bytes_max, "server-multiline-max-bytes");
    }
    if open.parts.len() > lines_max {
        return exceeded("MULTILINE_MAX_LINES", lines_max, "server-multiline-max-lines");
    }
    Ok(())
}

fn is_concat(line: &Message<'_>) -> bool {
    line.tags().any(|tag| tag.key == CONCAT_TAG)
}

fn is_same_target(one: &str, other: &str) -> bool {
    let channels = || Some(ChannelName::new(one).ok()? == ChannelName::new(other).ok()?);
    let nicks = || Some(Nick::new(one).ok()? == Nick::new(other).ok()?);
    one == other || channels() == Some(true) || nicks() == Some(true)
}

/// A batch that is open can no longer be sent: its author is told.
pub(super) fn give_up(world: &mut World, conn: ConnId) {
    let is_open = world.session(conn).open_batch.as_ref().is_some_and(|open| !open.is_refused);
    if is_open {
        let _ = refuse(world, conn, invalid());
    }
}

/// Says what is wrong with a batch. From here on its lines mean nothing.
fn refuse(world: &mut World, conn: ConnId, refusal: Refusal) -> Handled {
    let open = world.session_mut(conn).open_batch.as_mut();
    let label = open.and_then(|open| {
        open.is_refused = true;
        open.parts = Vec::new();
        open.label.take()
    });
    world.turn.label = world.turn.label.take().or(label);
    world.refuse(conn, "BATCH", refusal);
    Err(Refusal::Quiet)
}

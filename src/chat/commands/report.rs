//! REPORT: somebody tells the operators of the server about a message.
//!
//! Specification: our own, written like IRCv3 `REDACT`: `REPORT <target> <msgid> [:<reason>]`. The report is an event in the
//! record, which names the message; operators are told at once, and read the message where it stands. Whether there is
//! such a message is told only to those who may read the conversation, and nobody else learns of the report.

use std::time::Duration;

use super::one_message::{self, Missing};
use crate::chat::allowance::Allowance;
use crate::chat::asked::{Asked, MessageAsked};
use crate::chat::call::Call;
use crate::chat::event::{Event, Place};
use crate::chat::limits::{REPORTS_MAX, REPORTS_WINDOW_SECONDS};
use crate::chat::ports::{Answer, ConnId, Notable, Question};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::slow::Speaker;
use crate::chat::world::{Draft, World};

/// `REPORT <target> <msgid> [:<reason>]`.
pub(crate) fn report(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let (target, msgid) = (call.param(0), call.param(1));
    let asked = one_message::named(world, call).map_err(|missing| refusal(missing, target, msgid))?;
    take_one(world, conn, target, msgid)?;
    world.ask(conn, Question::Page(asked.page), Asked::Report(Box::new(asked)));
    Ok(())
}

fn refusal(missing: Missing, target: &str, msgid: &str) -> Refusal {
    missing.refusal(target, msgid, |_| Refusal::fail("UNKNOWN_MSGID", &[target, msgid], "server-report-unknown"))
}

/// Nobody reports without end, and nobody asks for messages by guessing their numbers.
fn take_one(world: &mut World, conn: ConnId, target: &str, msgid: &str) -> Handled {
    let allowance = Allowance { count: REPORTS_MAX, window: Duration::from_secs(REPORTS_WINDOW_SECONDS) };
    let (speaker, now) = (Speaker::of(world.session(conn)), world.now);
    world.throttles.reports.take(&speaker, allowance, now).map_err(|wait| {
        let seconds = ((wait + 999) / 1_000).to_string();
        let text = Text::new("server-report-too-many").with("seconds", &seconds);
        Refusal::fail("TOO_MANY_REPORTS", &[target, msgid, &seconds], text)
    })
}

/// The store has found the message, or not.
pub(crate) fn answered(world: &mut World, conn: ConnId, asked: MessageAsked, answer: Answer) -> Handled {
    let (target, msgid) = (asked.target.as_str(), asked.msgid.as_str());
    world.require_journal(&[target, msgid])?;
    let found = one_message::found(world, conn, &asked, answer);
    let event = found.map_err(|missing| refusal(missing, target, msgid))?;
    let author = world.session(conn).author();
    let by = author.name.clone();
    let reported = Event::Reported { seq: asked.seq, account: event.account, reason: asked.reason.clone() };
    world.append(Draft::new(author, Place::Server, &asked.name, reported));
    let said = world.say(conn, &"server-report-done".into());
    let line = world.server_line("REPORT").param("DONE").param(&asked.name).param(msgid).trailing(&said);
    world.reply(conn, line);
    let msgid = msgid.to_owned();
    world.log(Notable::Reported { by, author: event.name, target: asked.name, msgid, reason: asked.reason });
    Ok(())
}

//! Own messages that have not reached the server: kept a moment after that changes and when the program ends, put back when
//! the server is there again.
//!
//! They keep their idempotency ids, so that a server of our kind takes each of them once, whatever happened in between. Pure:
//! the shell reads and writes the file.

use super::conversation::Conversation;
use super::entry::{Entry, Fate};
use super::event::{Effect, Effects, Unsent};
use super::model::Model;
use super::servers::Server;

/// How long after a change they are kept: most messages have arrived by then and never touch the disk, and what a crash costs
/// is no more than that.
const KEEP_DELAY_MILLIS: u64 = 500;

/// After each event: notices whether something has become of own messages.
pub fn settle(model: &mut Model) {
    let fates = model.conversations.list().iter().map(|conversation| conversation.buffer.fates()).sum();
    if std::mem::replace(&mut model.unsent_fates, fates) != fates {
        model.unsent_due_millis.get_or_insert(model.now.elapsed_millis + KEEP_DELAY_MILLIS);
    }
}

/// Has them kept when their time has come.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    if model.unsent_due_millis.take_if(|due| *due <= model.now.elapsed_millis).is_some() {
        effects.push(Effect::KeepUnsent);
    }
}

/// Everything that must not be lost when the program ends now: what was written, and what is still there from earlier runs.
pub fn collect(model: &Model) -> Vec<Unsent> {
    let mut unsent = model.remembered.unsent.clone();
    let of_entry = |server: &Server, account: &str, conversation: &Conversation, entry: &Entry| Unsent {
        server: server.choice.key(),
        account: account.to_owned(),
        target: conversation.name.clone(),
        kind: entry.kind,
        is_unknown: entry.fate == Fate::Unknown,
        id: entry.id.as_deref().unwrap_or_default().to_owned(),
        text: entry.text.clone(),
        time: entry.time,
        reply: entry.reply.as_deref().cloned(),
    };
    for conversation in model.conversations.list() {
        let Some(server) = model.server_of(conversation.server) else { continue };
        // While a connection is being made again, the session does not know its account yet.
        let wanted = || server.connection.credentials.as_ref().map(|credentials| credentials.account.as_str());
        let Some(account) = server.session.account().or_else(wanted) else { continue };
        let unknown = conversation.buffer.stuck().filter(|entry| entry.fate == Fate::Unknown);
        unsent.extend(
            unknown.chain(conversation.buffer.pending()).map(|entry| of_entry(server, account, conversation, entry)),
        );
    }
    unsent
}

/// The server has let us in: what an earlier run has left for this server and account waits in its conversation again.
pub fn restore(model: &mut Model) {
    let server = model.server.choice.key();
    let Some(account) = model.server.session.account().map(|account| model.server.session.fold(account)) else {
        return;
    };
    let (ours, others) = std::mem::take(&mut model.remembered.unsent)
        .into_iter()
        .partition(|unsent| unsent.server == server && model.server.session.fold(&unsent.account) == account);
    model.remembered.unsent = others;
    let ours: Vec<Unsent> = ours;
    for unsent in ours {
        let mut entry = Entry::new(unsent.kind, model.server.session.nick(), &unsent.text, unsent.time);
        entry.id = Some(unsent.id.into());
        entry.reply = unsent.reply.map(Box::new);
        let buffer = &mut model.open(&unsent.target).buffer;
        // A conversation takes no more than it could have left behind.
        let key = buffer.push_pending(entry);
        if let Some(key) = key.filter(|_| unsent.is_unknown) {
            buffer.set_fate(key, Fate::Unknown);
        }
    }
}

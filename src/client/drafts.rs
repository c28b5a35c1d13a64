//! Drafts that outlive the program: what is being written in each conversation, and where it comes back.
//!
//! They are kept a moment after the last key, when the program ends, and when a conversation is left for another one. What may
//! hold a password is never kept. Pure: the shell reads and writes the file.

use super::event::{Draft, Effect, Effects};
use super::model::Model;
use super::secrets::is_secret;
use super::servers::Server;

/// How long after the last key drafts are kept: what is lost when the computer fails is no more than that.
const KEEP_DELAY_MILLIS: u64 = 2_000;

/// Something was written.
pub fn touch(model: &mut Model) {
    model.drafts_due_millis.get_or_insert(model.now.elapsed_millis + KEEP_DELAY_MILLIS);
}

/// Keeps them when their time has come.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    if model.drafts_due_millis.is_some_and(|due| due <= model.now.elapsed_millis) {
        keep(model, effects);
    }
}

/// Keeps what has changed since the last time.
pub fn keep(model: &mut Model, effects: &mut Effects) {
    model.drafts_due_millis = None;
    let drafts = collect(model);
    let is_in = |list: &[Draft], draft: &Draft| list.iter().any(|other| other.is_same_place(draft));
    let mut changed: Vec<Draft> = drafts.iter().filter(|draft| !model.kept_drafts.contains(draft)).cloned().collect();
    let gone = model.kept_drafts.iter().filter(|kept| !is_in(&drafts, kept));
    changed.extend(gone.map(|kept| Draft { text: String::new(), ..kept.clone() }));
    if !changed.is_empty() {
        effects.push(Effect::KeepDrafts(changed));
    }
    model.kept_drafts = drafts;
}

fn collect(model: &Model) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for conversation in model.conversations.list() {
        let text = conversation.composer.draft();
        let Some(server) = model.server_of(conversation.server) else { continue };
        let Some(account) = account(server) else { continue };
        if !(text.trim().is_empty() || is_secret(text)) {
            let (server, target) = (server.choice.key(), conversation.name.clone());
            drafts.push(Draft { server, account: account.to_owned(), target, text: text.to_owned() });
        }
    }
    drafts
}

fn account(server: &Server) -> Option<&str> {
    server.session.account().or_else(|| server.connection.credentials.as_ref().map(|wanted| wanted.account.as_str()))
}

/// The draft of an earlier run for a conversation of the server at hand: given out once.
pub fn take(model: &mut Model, folded: &str) -> Option<String> {
    let key = model.server.choice.key();
    let session = &model.server.session;
    let account = account(&model.server).map(|account| session.fold(account))?;
    let is_ours = |draft: &Draft| {
        draft.server == key && session.fold(&draft.account) == account && session.fold(&draft.target) == folded
    };
    let index = model.remembered.drafts.iter().position(is_ours)?;
    let draft = model.remembered.drafts.remove(index);
    model.kept_drafts.push(draft.clone());
    Some(draft.text)
}

/// The server has let us in: conversations with people to whom something was being written are there again.
pub fn restore(model: &mut Model) {
    let key = model.server.choice.key();
    let isupport = model.server.session.isupport();
    let is_person = |draft: &&Draft| draft.server == key && !isupport.is_channel(&draft.target);
    let targets: Vec<String> =
        model.remembered.drafts.iter().filter(is_person).map(|draft| draft.target.clone()).collect();
    for target in targets {
        bring_back(model, &target);
    }
}

/// Puts the draft of an earlier run into its conversation, which is opened for it.
pub fn bring_back(model: &mut Model, target: &str) {
    let folded = model.server.session.fold(target);
    if let Some(text) = take(model, &folded) {
        let composer = &mut model.open(target).composer;
        if composer.edit.is_empty() {
            composer.edit.set(&text);
        }
    }
}

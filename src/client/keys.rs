//! What each key does, by what it is that takes the keys: a dialogue, the form, the conversations.

use crossterm::event::KeyEvent;

use super::conversation::ConversationId;
use super::edit::TextEdit;
use super::entry::EntryKind;
use super::event::{Effect, Effects, Exit};
use super::form::Focus;
use super::keymap::{Action, Context, lookup, typed};
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::{chat, commands, connect, link, outbox, remarks};
use crate::proto::message::Line;

/// A key was pressed.
pub fn pressed(model: &mut Model, key: KeyEvent, effects: &mut Effects) {
    let contexts: &[Context] = match (model.overlays.shown(), model.screen) {
        (Some(Overlay::Help { .. }), _) => &[Context::Help, Context::Everywhere],
        (Some(_), _) => &[Context::Question, Context::Everywhere],
        (None, Screen::Form) => &[Context::Form, Context::Editing, Context::Everywhere],
        (None, Screen::Chat) => &[Context::Chat, Context::Editing, Context::Everywhere],
    };
    let action = lookup(contexts, key);
    match action {
        Some(Action::Quit) => return link::quit(model, "", Exit::Wanted, effects),
        Some(Action::Suspend) => return effects.push(Effect::Suspend),
        Some(Action::Help) => return model.overlays.toggle_help(),
        _ => {}
    }
    match (contexts[0], action, typed(key)) {
        (Context::Help, Some(action), _) => help_key(model, action),
        (Context::Question, Some(action), _) => question_key(model, action, effects),
        (Context::Form, Some(action), _) => form_key(model, action, effects),
        (Context::Form, None, Some(character)) => {
            if let Some(field) = model.form.focused_mut() {
                field.error = None;
                field.edit.insert(character.encode_utf8(&mut [0; 4]));
            }
        }
        (Context::Chat, Some(action), _) => chat_key(model, action, effects),
        (Context::Chat, None, Some(character)) => {
            model.remark = None;
            if let Some(conversation) = model.conversations.current_mut() {
                conversation.composer.edit.insert(character.encode_utf8(&mut [0; 4]));
            }
        }
        _ => {}
    }
}

fn help_key(model: &mut Model, action: Action) {
    let page = isize::try_from(model.size.1.saturating_sub(6).max(1)).unwrap_or(1);
    match action {
        Action::Up => model.overlays.scroll_help(-1),
        Action::Down => model.overlays.scroll_help(1),
        Action::PageUp => model.overlays.scroll_help(-page),
        Action::PageDown => model.overlays.scroll_help(page),
        Action::Close => model.overlays.toggle_help(),
        _ => {}
    }
}

fn question_key(model: &mut Model, action: Action, effects: &mut Effects) {
    let is_accepted = match action {
        Action::Accept => true,
        Action::Refuse => false,
        _ => return,
    };
    answer(model, is_accepted, effects);
}

/// The dialogue that is shown is answered.
pub fn answer(model: &mut Model, is_accepted: bool, effects: &mut Effects) {
    match model.overlays.close() {
        Some(Overlay::Address(question)) if is_accepted => {
            // To the server as a correspondent; it answers there.
            let correspondent = model.server.session.isupport().correspondent().unwrap_or("serveur").to_owned();
            let text = format!("allow {} {}", question.address, question.code);
            let line = Line::new("PRIVMSG").param(&correspondent).trailing(&text);
            if let Err(sentence) = chat::command(model, line, effects) {
                model.remark = Some(sentence);
            }
        }
        Some(overlay @ Overlay::CertificateUnknown { .. }) => {
            link::certificate_answered(model, overlay, is_accepted, effects);
        }
        Some(Overlay::Resend { .. }) if is_accepted => outbox::resend_now(model, effects),
        _ => {}
    }
}

fn form_key(model: &mut Model, action: Action, effects: &mut Effects) {
    if link::is_busy(model) {
        // The form stands still while its request runs.
        if action == Action::Leave {
            link::cancel(model, effects);
        }
        return;
    }
    let form = &mut model.form;
    match action {
        Action::NextField => form.move_focus(1),
        Action::PreviousField => form.move_focus(-1),
        Action::SwitchTab => form.switch_tab(),
        Action::Left | Action::Right if form.focus == Focus::Tabs => form.switch_tab(),
        Action::Reveal => form.is_revealed = !form.is_revealed,
        Action::Leave => {
            if !connect::leave_form(model, effects) {
                link::quit(model, "", Exit::Wanted, effects);
            }
        }
        Action::Submit => {
            if let Some(request) = form.submit(model.settings.plain_text, &model.texts) {
                connect::request(model, request, effects);
            }
        }
        action => {
            if let Some(field) = form.focused_mut() {
                edit(&mut field.edit, action);
            }
        }
    }
}

fn chat_key(model: &mut Model, action: Action, effects: &mut Effects) {
    model.remark = None;
    match action {
        Action::NextConversation => choose(model, |model| model.conversations.show_neighbour(1)),
        Action::PreviousConversation => choose(model, |model| model.conversations.show_neighbour(-1)),
        Action::Conversation(index) => choose(model, |model| model.conversations.show_nth(index)),
        Action::NextUnread => choose(model, |model| model.conversations.show_next_unread()),
        Action::LastConversation => choose(model, |model| model.conversations.show_previous()),
        Action::Resend => outbox::resend(model, effects),
        Action::Send => send(model, effects),
        action => conversation_key(model, action),
    }
}

/// The person chooses which conversation is shown.
pub fn choose(model: &mut Model, show: impl FnOnce(&mut Model)) {
    model.has_chosen = true;
    show(model);
}

/// Keys that concern nothing but the conversation that is shown.
fn conversation_key(model: &mut Model, action: Action) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let (buffer, composer) = (&mut conversation.buffer, &mut conversation.composer);
    match action {
        Action::PageUp => buffer.scroll_pages(-1),
        Action::PageDown => buffer.scroll_pages(1),
        Action::Oldest => buffer.scroll_to_top(),
        Action::Newest => buffer.scroll_to_end(),
        Action::LineStart if composer.edit.is_empty() => buffer.scroll_to_top(),
        Action::LineEnd if composer.edit.is_empty() => buffer.scroll_to_end(),
        Action::Up => composer.up(),
        Action::Down => composer.down(),
        Action::NewLine => {
            composer.edit.insert("\n");
        }
        action => edit(&mut composer.edit, action),
    }
}

fn edit(edit: &mut TextEdit, action: Action) {
    match action {
        Action::Left => edit.left(),
        Action::Right => edit.right(),
        Action::WordLeft => edit.word_left(),
        Action::WordRight => edit.word_right(),
        Action::LineStart => edit.line_home(),
        Action::LineEnd => edit.line_last(),
        Action::Backspace => edit.backspace(),
        Action::Delete => edit.delete(),
        Action::KillWordBefore => edit.kill_word_before(),
        Action::KillWordAfter => edit.kill_word_after(),
        Action::KillLineStart => edit.kill_to_line_start(),
        Action::KillLineEnd => edit.kill_to_line_end(),
        Action::Yank => edit.yank(),
        Action::Undo => edit.undo(),
        _ => {}
    }
}

/// Enter: what is written in the input box is carried out. When it cannot be, it stays there.
fn send(model: &mut Model, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current() else { return };
    let id: ConversationId = conversation.id;
    let text = conversation.composer.edit.text().to_owned();
    if text.trim().is_empty() {
        return;
    }
    match commands::enter(model, Some(id), &text, effects) {
        Ok(()) => {
            if let Some(conversation) = model.conversations.get_mut(id) {
                conversation.composer.take(!commands::is_secret(&text));
            }
        }
        Err(sentence) => {
            remarks::remark(model, id, EntryKind::Error, &sentence);
            if let Some(conversation) = model.conversations.get_mut(id) {
                conversation.buffer.scroll_to_end();
            }
        }
    }
}

/// A text was pasted.
pub fn pasted(model: &mut Model, text: &str) {
    if model.overlays.shown().is_some() {
        return;
    }
    match model.screen {
        Screen::Form if link::is_busy(model) => {}
        Screen::Form => {
            if let Some(field) = model.form.focused_mut() {
                field.error = None;
                field.edit.paste(text.trim_matches(['\r', '\n']));
            }
        }
        Screen::Chat => {
            let Some(conversation) = model.conversations.current_mut() else { return };
            if !conversation.composer.edit.paste(text) {
                model.remark = Some(model.texts.get("chat-paste-cut").into_owned());
            }
        }
    }
}

//! What each key does, by what it is that takes the keys: a dialogue, the form, the conversations.

use crossterm::event::KeyEvent;

use super::bindings::{Action, Context};
use super::conversation::Jump;
use super::edit::TextEdit;
use super::event::{Effect, Effects, Exit};
use super::form::Focus;
use super::keymap::typed;
use super::model::{Model, Screen};
use super::overlay::{HelpPart, Overlay};
use super::picker::{Choice, Purpose};
use super::{
    chat, chosen, commands, connect, history, inspecting, link, logins, operating, outbox, search, switcher, writing,
};
use crate::proto::message::Line;

/// A key was pressed.
pub fn pressed(model: &mut Model, key: KeyEvent, effects: &mut Effects) {
    let contexts = model.contexts();
    let action = model.settings.keymap.lookup(contexts, key);
    if let Some(action) = action
        && everywhere(model, action, effects)
    {
        return;
    }
    match (contexts[0], action, typed(key)) {
        (Context::Help, Some(action), _) => help_key(model, action),
        (Context::Question, Some(action), _) => question_key(model, action, effects),
        (Context::Form, Some(action), _) => form_key(model, action, effects),
        (Context::Form, None, Some(character)) => {
            link::forget_refusal(model);
            if let Some(field) = model.form.focused_mut() {
                field.error = None;
                field.edit.insert(character.encode_utf8(&mut [0; 4]));
            }
        }
        (Context::Panel, action, character) => operating::key(model, action, character, edit),
        (Context::Picker, action, character) => picker_key(model, action, character, effects),
        (Context::Chosen, Some(action), _) => {
            model.remark = None;
            if !chosen::key(model, action, effects) {
                chat_key(model, action, effects);
            }
        }
        (Context::Chat, Some(action), _) => chat_key(model, action, effects),
        // Who types has done with the message that was chosen.
        (Context::Chat | Context::Chosen, None, Some(character)) => {
            chosen::leave_to_write(model);
            writing::typed(model, character);
        }
        _ => {}
    }
}

/// What means the same on every screen. Returns whether it was that.
fn everywhere(model: &mut Model, action: Action, effects: &mut Effects) -> bool {
    match action {
        Action::Quit => link::quit(model, "", Exit::Wanted, effects),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Help => model.overlays.toggle_help(HelpPart::Keys),
        _ => return false,
    }
    true
}

/// How far the list goes with one page.
const PICKER_PAGE: isize = 8;

fn picker_key(model: &mut Model, action: Option<Action>, character: Option<char>, effects: &mut Effects) {
    let Some(picker) = &mut model.picker else { return };
    match action {
        Some(Action::Accept) => pick(model, effects),
        Some(Action::Close) => model.picker = None,
        Some(Action::SwitchScope) => search::switch_scope(model),
        Some(Action::Up) => picker.step(-1),
        Some(Action::Down) => picker.step(1),
        Some(Action::PageUp) => picker.step(-PICKER_PAGE),
        Some(Action::PageDown) => picker.step(PICKER_PAGE),
        action => {
            let before = picker.edit.text().to_owned();
            match (action, character) {
                (Some(action), _) => edit(&mut picker.edit, action),
                (None, Some(character)) => _ = picker.edit.insert(character.encode_utf8(&mut [0; 4])),
                _ => {}
            }
            if picker.edit.text() != before {
                switcher::fill(model);
                search::typed(model);
            }
        }
    }
}

/// Shows the conversation with somebody, made when there is none.
pub fn talk_to(model: &mut Model, nick: &str, effects: &mut Effects) {
    if let Err(sentence) = commands::enter(model, None, &format!("/msg {nick}"), effects) {
        model.remark = Some(sentence);
    }
}

/// Does what a key does among the conversations.
pub fn perform(model: &mut Model, action: Action, effects: &mut Effects) {
    let is_done = everywhere(model, action, effects)
        || (model.contexts().contains(&Context::Chosen) && chosen::key(model, action, effects));
    if !is_done {
        chat_key(model, action, effects);
    }
}

/// What is chosen on the list that is open is done, and the list closed.
pub fn pick(model: &mut Model, effects: &mut Effects) {
    let Some(picker) = model.picker.take() else { return };
    match (picker.choice().cloned(), picker.purpose) {
        (Some(Choice::Conversation(id)), _) => choose(model, |model| model.conversations.show(id)),
        (Some(Choice::Person(nick)), _) => talk_to(model, &nick, effects),
        (Some(Choice::Message(found)), _) => search::go_to(model, &found, effects),
        (Some(Choice::Link(link)), _) => chosen::open_link(model, &link, effects),
        (Some(Choice::Command(name)), _) => {
            chosen::leave_to_write(model);
            if let Some(conversation) = model.conversations.current_mut() {
                conversation.composer.edit.set(&format!("/{name} "));
            }
        }
        (Some(Choice::Action(action)), _) => perform(model, action, effects),
        (Some(Choice::Deed(order)), _) => operating::chosen(model, order, effects),
        (Some(Choice::Duration(duration)), Purpose::Confirm(order)) => {
            operating::confirmed(model, &order, duration, picker.edit.text(), effects);
        }
        (Some(Choice::Reason(text)), Purpose::Report(msgid)) => chosen::because(model, &msgid, &text),
        (Some(Choice::Reaction(text)), Purpose::React(msgid)) => chosen::react_with(model, &msgid, &text, effects),
        _ => {}
    }
}

fn help_key(model: &mut Model, action: Action) {
    match action {
        Action::Close => model.overlays.toggle_help(HelpPart::Keys),
        _ => scroll_overlay(model, action),
    }
}

/// Scrolls what is higher than the screen.
fn scroll_overlay(model: &mut Model, action: Action) {
    let page = isize::try_from(model.size.1.saturating_sub(6).max(1)).unwrap_or(1);
    match action {
        Action::Up => model.overlays.scroll(-1),
        Action::Down => model.overlays.scroll(1),
        Action::PageUp => model.overlays.scroll(-page),
        Action::PageDown => model.overlays.scroll(page),
        _ => {}
    }
}

fn question_key(model: &mut Model, action: Action, effects: &mut Effects) {
    scroll_overlay(model, action);
    if matches!(model.overlays.shown(), Some(Overlay::Paste { .. })) {
        return paste_key(model, action, effects);
    }
    let is_accepted = match action {
        Action::Accept => true,
        Action::Refuse => false,
        _ => return,
    };
    answer(model, is_accepted, effects);
}

/// What was pasted goes out, is changed first, or is taken back.
fn paste_key(model: &mut Model, action: Action, effects: &mut Effects) {
    if !matches!(action, Action::Accept | Action::Refuse | Action::Edit) {
        return;
    }
    model.overlays.close();
    match action {
        Action::Accept => writing::send(model, effects),
        Action::Refuse => writing::discard_paste(model),
        _ => {}
    }
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
        Some(Overlay::KeepPassword(question)) => logins::keep_answered(model, &question, is_accepted, effects),
        Some(Overlay::Redact(question)) if is_accepted => chosen::redact_now(model, &question, effects),
        Some(Overlay::Report(question)) if is_accepted => chosen::report_now(model, &question, effects),
        Some(Overlay::Resend { .. }) if is_accepted => outbox::resend_now(model, effects),
        _ => {}
    }
}

/// Why the one side was refused says nothing about the other one.
fn switch_tab(model: &mut Model) {
    model.form.switch_tab();
    link::forget_refusal(model);
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
        Action::SwitchTab => switch_tab(model),
        Action::Left | Action::Right if form.focus == Focus::Tabs => switch_tab(model),
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
    if !matches!(action, Action::Complete | Action::CompleteBack | Action::Leave)
        && let Some(conversation) = model.conversations.current_mut()
    {
        conversation.composer.completion = None;
    }
    match action {
        Action::NextConversation => choose(model, |model| model.conversations.show_neighbour(1)),
        Action::PreviousConversation => choose(model, |model| model.conversations.show_neighbour(-1)),
        Action::Conversation(index) => choose(model, |model| model.conversations.show_nth(index)),
        Action::NextUnread => choose(model, |model| model.conversations.show_next_unread()),
        Action::LastConversation => choose(model, |model| model.conversations.show_previous()),
        Action::Switcher => switcher::open(model, Purpose::Switch),
        Action::Search => search::open(model),
        Action::Palette => switcher::open(model, Purpose::Command),
        Action::FirstUnread => first_unread(model, effects),
        Action::ToggleMouse => {
            model.has_mouse = !model.has_mouse;
            effects.push(Effect::Mouse(model.has_mouse));
            let id = if model.has_mouse { "mouse-taken" } else { "mouse-given-back" };
            model.remark = Some(model.texts.get(id).into_owned());
        }
        Action::Panel => {
            if let Err(obstacle) = inspecting::open(model) {
                model.remark = Some(model.texts.get(obstacle).into_owned());
            }
        }
        Action::ChooseOlder => chosen::choose(model, -1),
        Action::ChooseNewer => chosen::choose(model, 1),
        Action::Leave => {
            if let Some(conversation) = model.conversations.current_mut() {
                match conversation.composer.completion {
                    Some(_) => conversation.composer.cancel_completion(),
                    None => conversation.replying = None,
                }
            }
        }
        Action::Resend => outbox::resend(model, effects),
        Action::Send => writing::send(model, effects),
        Action::Complete => writing::complete(model, 1),
        Action::CompleteBack => writing::complete(model, -1),
        action => conversation_key(model, action),
    }
}

/// To the line above which everything was read.
fn first_unread(model: &mut Model, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    match conversation.first_unread {
        Some(key) => conversation.buffer.centre(key),
        None => go_to_marker(model, effects),
    }
}

/// To where another device has read, which may be further back than what is loaded.
fn go_to_marker(model: &mut Model, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let oldest = conversation.buffer.oldest().map(|entry| entry.time);
    let marker = conversation.marker.until.filter(|until| conversation.has_older() && Some(*until) < oldest);
    let Some(until) = marker else {
        model.remark = Some(model.texts.get("chat-nothing-unread").into_owned());
        return;
    };
    let id = conversation.id;
    conversation.jump = Some(Jump { msgid: None, time: until, is_asked: true });
    let jump = Jump { msgid: None, time: until, is_asked: true };
    history::around(model, id, &jump, effects);
}

/// The person chooses which conversation is shown.
pub fn choose(model: &mut Model, show: impl FnOnce(&mut Model)) {
    model.has_chosen = true;
    show(model);
}

/// Keys that concern nothing but the conversation that is shown.
fn conversation_key(model: &mut Model, action: Action) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let is_at_top = matches!(action, Action::LineStart) && conversation.composer.edit.is_empty();
    if is_at_top || matches!(action, Action::PageUp | Action::Oldest) {
        conversation.take_heart();
    }
    let (buffer, composer) = (&mut conversation.buffer, &mut conversation.composer);
    match action {
        Action::PageUp => buffer.scroll_pages(-1),
        Action::PageDown => buffer.scroll_pages(1),
        Action::Oldest => buffer.scroll_to_top(),
        Action::Newest => buffer.scroll_to_end(),
        Action::LineStart if is_at_top => buffer.scroll_to_top(),
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
        Action::YankEarlier => edit.yank_earlier(),
        Action::Undo => edit.undo(),
        Action::Redo => edit.redo(),
        _ => {}
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
            link::forget_refusal(model);
            if let Some(field) = model.form.focused_mut() {
                // A password of which a part is missing would count, unknown to its owner.
                let fits = field.edit.paste(text.trim_matches(['\r', '\n']));
                field.error = (!fits).then(|| model.texts.get("form-error-too-long").into_owned());
            }
        }
        Screen::Chat if model.picker.is_none() && model.panel.is_some() => {
            if let Some(panel) = &mut model.panel {
                panel.filter.paste(text.trim_matches(['\r', '\n']));
            }
            inspecting::typed(model);
        }
        Screen::Chat if model.picker.is_some() => {
            if let Some(picker) = &mut model.picker {
                picker.edit.paste(text.trim_matches(['\r', '\n']));
            }
            switcher::fill(model);
            search::typed(model);
        }
        Screen::Chat => writing::pasted(model, text),
    }
}

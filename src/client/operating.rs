//! Keys in the operators' panel, and what is done with the chosen row: first what, then with which reason or for how long.

use super::bindings::Action;
use super::deeds::{Deed, Order, Subject};
use super::edit::TextEdit;
use super::entry::EntryKind;
use super::event::Effects;
use super::model::Model;
use super::picker::Purpose;
use super::{chat, commands, inspecting, remarks, switcher};

/// How far the list goes with one page.
const PAGE: isize = 10;
/// Characters of a new password: 80 bits.
const PASSWORD_CHARACTERS: usize = 16;
/// Its letters; those that look alike are not among them.
const PASSWORD_LETTERS: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// A key while the panel is open. What edits the text is done by `edit`.
pub fn key(
    model: &mut Model,
    action: Option<Action>,
    character: Option<char>,
    edit: impl FnOnce(&mut TextEdit, Action),
) {
    let Some(panel) = &mut model.panel else { return };
    match action {
        Some(Action::Close) => model.panel = None,
        Some(Action::Act) => act(model),
        Some(Action::SwitchScope) => panel.switch(),
        Some(Action::Up) => panel.step(-1),
        Some(Action::Down) => panel.step(1),
        Some(Action::PageUp) => panel.step(-PAGE),
        Some(Action::PageDown) => panel.step(PAGE),
        action => {
            let before = panel.filter.text().to_owned();
            match (action, character) {
                (Some(action), _) => edit(&mut panel.filter, action),
                (None, Some(character)) => _ = panel.filter.insert(character.encode_utf8(&mut [0; 4])),
                _ => {}
            }
            if panel.filter.text() != before {
                inspecting::typed(model);
            }
        }
    }
}

/// Offers what can be done with the chosen row.
fn act(model: &mut Model) {
    let Some(panel) = &mut model.panel else { return };
    let session = panel.session().map(Subject::of_session);
    match session.or(panel.refusal().map(Subject::of_refusal)) {
        Some(Some(subject)) => switcher::open(model, Purpose::Operate(subject)),
        Some(None) => panel.note = Some(model.texts.get("operate-nothing").into_owned()),
        None => {}
    }
}

/// What to do was chosen: asks for what it needs besides, or does it.
pub fn chosen(model: &mut Model, order: Order, effects: &mut Effects) {
    match order.deed {
        Deed::Message => {
            model.panel = None;
            if let Err(sentence) = commands::enter(model, None, &format!("/msg {}", order.subject.nick), effects) {
                model.remark = Some(sentence);
            }
        }
        _ => switcher::open(model, Purpose::Confirm(order)),
    }
}

/// It is confirmed: asks the server.
pub fn confirmed(model: &mut Model, order: &Order, duration: &str, reason: &str, effects: &mut Effects) {
    let password = new_password(model);
    let reason = if order.deed.has_reason() { reason.trim() } else { "" };
    let Some(line) = order.line(duration, reason, &password) else { return };
    let outcome = chat::command(model, line, effects);
    if let Some(panel) = &mut model.panel {
        panel.note = outcome.as_ref().err().cloned();
        panel.password = None;
    }
    if outcome.is_ok() && order.deed == Deed::ResetPassword {
        let name = order.subject.account.clone().unwrap_or_default();
        // It stays where it can be read again: the panel's note is overwritten by the next one.
        let variables = [("name", name.as_str().into()), ("password", password.as_str().into())];
        let text = model.texts.format("operate-password-asked", &variables);
        remarks::remark_here(model, EntryKind::Info, &text);
        if let Some(panel) = &mut model.panel {
            panel.password = Some((name, password));
        }
    }
    inspecting::refresh(model);
}

fn new_password(model: &mut Model) -> String {
    let bytes = model.entropy.bytes();
    let letter = |byte: &u8| char::from(PASSWORD_LETTERS[usize::from(byte % 32)]);
    bytes.iter().take(PASSWORD_CHARACTERS).map(letter).collect()
}

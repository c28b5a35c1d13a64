//! The input box: what is typed, pasted, completed and sent in the conversation that is shown.

use super::candidates;
use super::conversation::ConversationId;
use super::entry::EntryKind;
use super::event::Effects;
use super::model::Model;
use super::overlay::Overlay;
use super::secrets::is_secret;
use super::{commands, remarks};

/// A paste of more lines than this is shown before it goes out.
pub const PASTE_LINES_UNASKED_MAX: usize = 3;
/// How many lines of a paste the question shows.
const PREVIEW_LINES: usize = 5;

/// Text was typed.
pub fn typed(model: &mut Model, character: char) {
    model.remark = None;
    if let Some(conversation) = model.conversations.current_mut() {
        conversation.composer.completion = None;
        conversation.composer.edit.insert(character.encode_utf8(&mut [0; 4]));
    }
}

/// Tab: the word at the caret is completed, or becomes the next possibility.
pub fn complete(model: &mut Model, step: isize) {
    let found = candidates::find(model);
    let Some(conversation) = model.conversations.current_mut() else { return };
    let composer = &mut conversation.composer;
    match found {
        _ if composer.completion.is_some() => composer.complete_next(step),
        Some(completion) => composer.complete(completion),
        None => model.remark = Some(model.texts.get("chat-nothing-to-complete").into_owned()),
    }
}

/// Enter: what is written in the input box is carried out. When it cannot be, it stays there.
pub fn send(model: &mut Model, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let id: ConversationId = conversation.id;
    let text = conversation.composer.edit.text().to_owned();
    if text.trim().is_empty() {
        return;
    }
    // Taken out before it is carried out: what ends the program would be a draft otherwise, and be there at the next start.
    let written = conversation.composer.clone();
    conversation.composer.take(!is_secret(&text));
    match commands::enter(model, Some(id), &text, effects) {
        Ok(()) => {
            if let Some(conversation) = model.conversations.get_mut(id) {
                conversation.about = None;
            }
        }
        Err(sentence) => {
            remarks::remark(model, id, EntryKind::Error, &sentence);
            if let Some(conversation) = model.conversations.get_mut(id) {
                conversation.composer = written;
                conversation.buffer.scroll_to_end();
            }
        }
    }
}

/// A text was pasted. One of many lines is shown before it goes out.
pub fn pasted(model: &mut Model, text: &str) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let composer = &mut conversation.composer;
    composer.completion = None;
    // Terminals paste a line's end as they would type it: most as CR alone.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_end_matches('\n');
    if !composer.edit.paste(text) {
        model.remark = Some(model.texts.get("chat-paste-cut").into_owned());
    }
    let takes_messages = conversation.takes_messages();
    let written = conversation.composer.edit.text();
    let lines = written.lines().count();
    let pasted_lines = text.lines().count();
    if pasted_lines > PASTE_LINES_UNASKED_MAX && takes_messages {
        let preview = written.lines().take(PREVIEW_LINES).map(str::to_owned).collect();
        let messages = model.server.session.messages(EntryKind::Message, &conversation.name, written).len();
        model.overlays.push(Overlay::Paste { lines, messages, preview });
    }
}

/// What was pasted does not go out: it leaves the input box as well.
pub fn discard_paste(model: &mut Model) {
    if let Some(conversation) = model.conversations.current_mut() {
        conversation.composer.edit.undo();
    }
}

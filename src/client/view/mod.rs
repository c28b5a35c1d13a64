//! The picture: what the model says, drawn into cells.
//!
//! It reads the model and never changes it, but for the position in a conversation, which only the layout can know. It never
//! blocks. What it keeps from frame to frame is a cache of wrapped rows that may be dropped at any time.

pub mod cells;
pub mod completion;
pub mod dates;
pub mod form;
pub mod format;
pub mod look;
pub mod messages;
pub mod overlay;
pub mod panels;
pub mod picker;
pub mod rows;
pub mod status;
pub mod theme;
pub mod wrap;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use self::dates::Zone;
use self::look::Look;
use self::rows::RowCache;
use self::theme::Theme;
use super::conversation::ConversationId;
use super::model::{Model, Screen};
use super::position::Window;

/// Draws models, one frame after the other.
#[derive(Debug)]
pub struct View {
    theme: Theme,
    zone: Zone,
    rows: RowCache,
    /// What the layout pass found for the conversation that is shown.
    window: Option<(ConversationId, Window)>,
}

impl View {
    /// A view that has drawn nothing yet.
    pub fn new(theme: Theme, zone: Zone) -> Self {
        Self { theme, zone, rows: RowCache::default(), window: None }
    }

    /// The layout pass, before each frame: resolves what was asked of the positions in the conversation and in the help.
    /// Returns whether the top of what is loaded is near, so that older messages are wanted.
    pub fn layout(&mut self, model: &mut Model) -> bool {
        let (columns, rows) = model.size;
        let help_rows = overlay::help_first_row_max(model, columns, rows);
        model.overlays.limit_help(help_rows);
        self.window = None;
        if model.screen != Screen::Chat {
            return false;
        }
        let (columns, rows) = model.size;
        let area = look::inset(look::rect(model.areas().messages, Rect::new(0, 0, columns, rows)));
        let texts = model.texts.clone();
        let (keymap, nick) = (&model.settings.keymap, model.server.session.nick());
        let look = Look { theme: self.theme, zone: self.zone, texts: &texts, keymap, nick };
        let Some(conversation) = model.conversations.current_mut() else { return false };
        let window = messages::settle(conversation, &mut self.rows, &look, area.width, area.height);
        self.window = Some((conversation.id, window));
        window.top_near
    }

    /// Draws a frame. The layout pass came before it. Returns where the caret stands, when it is visible.
    pub fn draw(&mut self, model: &Model, frame: &mut Frame<'_>) -> Option<Position> {
        let (keymap, nick) = (&model.settings.keymap, model.server.session.nick());
        let look = Look { theme: self.theme, zone: self.zone, texts: &model.texts, keymap, nick };
        let area = frame.area();
        let cells = frame.buffer_mut();
        let mut caret = match model.screen {
            Screen::Form => form::draw(cells, area, model, &look),
            Screen::Chat => {
                if let (Some((id, window)), Some(conversation)) = (self.window, model.conversations.current())
                    && id == conversation.id
                {
                    let pane = look::inset(look::rect(model.areas().messages, area));
                    messages::draw(cells, pane, conversation, window, &mut self.rows, &look);
                }
                let caret = panels::draw(cells, area, model, &look);
                completion::draw(cells, area, model, &look);
                caret
            }
        };
        if let Some(picker) = model.picker.as_ref().filter(|_| model.screen == Screen::Chat) {
            caret = picker::draw(cells, area, picker, &look);
        }
        if let Some(shown) = model.overlays.shown() {
            overlay::draw(cells, area, shown, &look);
            caret = None;
        }
        let caret = caret.filter(|caret| area.contains(*caret));
        if let Some(caret) = caret {
            frame.set_cursor_position(caret);
        }
        caret
    }
}

#[cfg(test)]
mod tests;

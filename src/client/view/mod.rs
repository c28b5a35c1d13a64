//! The picture: what the model says, drawn into cells.
//!
//! It reads the model and never changes it, but for the position in a conversation, which only the layout can know. It never
//! blocks. What it keeps from frame to frame is a cache of wrapped rows that may be dropped at any time.

pub mod authors;
pub mod cells;
pub mod completion;
pub mod dates;
pub mod form;
pub mod format;
pub mod look;
pub mod markdown;
pub mod messages;
pub mod overlay;
pub mod panel;
pub mod panels;
pub mod picker;
pub mod rich;
pub mod rows;
pub mod selection;
pub mod status;
pub mod theme;
pub mod wrap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::dates::Zone;
use self::look::Look;
use self::rows::RowCache;
use self::selection::Stretch;
use self::theme::Theme;
use super::conversation::ConversationId;
use super::entry::EntryKey;
use super::geometry::Area;
use super::links::Links;
use super::model::{Model, Screen};
use super::position::Window;

/// What the layout pass has found out beside where things are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The top of what is loaded is near: older messages are wanted.
    pub is_top_near: bool,
    /// Messages are missing here, in the middle of what is visible or of what comes next.
    pub gap: Option<EntryKey>,
    /// What the mouse has dragged over, when it is wanted.
    pub dragged: Option<String>,
}

/// Draws models, one frame after the other.
#[derive(Debug)]
pub struct View {
    theme: Theme,
    zone: Zone,
    links: Links,
    rows: RowCache,
    /// What the layout pass found for the conversation that is shown.
    window: Option<(ConversationId, Window)>,
}

impl View {
    /// A view that has drawn nothing yet.
    pub fn new(theme: Theme, zone: Zone, links: Links) -> Self {
        Self { theme, zone, links, rows: RowCache::default(), window: None }
    }

    /// Takes the theme that is wanted by now.
    pub fn set_theme(&mut self, theme: Theme) {
        if self.theme != theme {
            self.theme = theme;
            self.rows.clear();
        }
    }

    /// The layout pass, before each frame: resolves what was asked of the positions in the conversation and in a dialogue, and
    /// notes for the mouse what is where.
    pub fn layout(&mut self, model: &mut Model) -> Found {
        let (columns, rows) = model.size;
        let first_row_max = overlay::first_row_max(model, columns, rows);
        model.overlays.limit(first_row_max);
        self.window = None;
        if model.screen != Screen::Chat {
            return Found::default();
        }
        let screen = Rect::new(0, 0, columns, rows);
        let area = look::inset(look::rect(model.areas().messages, screen));
        let texts = model.texts.clone();
        let session = &model.server.session;
        let (keymap, caps, nick) = (&model.settings.keymap, session.caps(), session.nick());
        let look = Look { theme: self.theme, zone: self.zone, texts: &texts, keymap, caps, nick, links: &self.links };
        let pane = &mut model.pane;
        pane.area = Area { x: area.x, y: area.y, width: area.width, height: area.height };
        pane.items = model.picker.as_ref().map(|picker| picker::items(screen, picker)).unwrap_or_default();
        let Some(conversation) = model.conversations.current_mut() else {
            pane.rows.clear();
            return Found::default();
        };
        let window = messages::settle(conversation, &mut self.rows, &look, area.width, area.height);
        self.window = Some((conversation.id, window));
        let gap = messages::note_rows(conversation, window, &mut self.rows, &look, pane);
        let gap = gap.or_else(|| messages::gap_ahead(conversation, window, pane));
        let hints = messages::Hints::of(conversation, pane.rows.last().map(|row| row.key), area.width, &look);
        (pane.above, pane.below) = hints.areas(pane.area);
        let stretch = model.drag.filter(|drag| drag.is_done).and_then(|drag| Stretch::of(&drag, &conversation.buffer));
        let dragged = stretch.map(|stretch| stretch.text(&conversation.buffer, &mut self.rows, &look));
        Found { is_top_near: window.top_near, gap, dragged }
    }

    /// Draws a frame into empty cells. The layout pass came before it. Returns where the caret stands, when it is visible.
    pub fn draw(&mut self, model: &Model, cells: &mut Buffer) -> Option<Position> {
        let session = &model.server.session;
        let (keymap, caps, nick) = (&model.settings.keymap, session.caps(), session.nick());
        let links = self.links.clone();
        let look = Look { theme: self.theme, zone: self.zone, texts: &model.texts, keymap, caps, nick, links: &links };
        let area = cells.area;
        let mut caret = match model.screen {
            Screen::Form => form::draw(cells, area, model, &look),
            Screen::Chat => {
                if let (Some((id, window)), Some(conversation)) = (self.window, model.conversations.current())
                    && id == conversation.id
                {
                    let pane = look::rect(model.areas().messages, area);
                    let stretch = model.drag.and_then(|drag| Stretch::of(&drag, &conversation.buffer));
                    messages::draw(cells, pane, conversation, window, stretch, &mut self.rows, &look);
                }
                let caret = panels::draw(cells, area, model, &look);
                completion::draw(cells, area, model, &look);
                caret
            }
        };
        if let Some(panel) = model.panel.as_ref().filter(|_| model.screen == Screen::Chat) {
            caret = panel::draw(cells, area, panel, &look);
        }
        if let Some(picker) = model.picker.as_ref().filter(|_| model.screen == Screen::Chat) {
            caret = picker::draw(cells, area, picker, &look);
        }
        if let Some(shown) = model.overlays.shown() {
            overlay::draw(cells, area, shown, model.overlays.first_row(), &look);
            caret = None;
        }
        caret.filter(|caret| area.contains(*caret))
    }
}

#[cfg(test)]
mod tests;

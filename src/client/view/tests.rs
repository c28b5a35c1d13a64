//! Pictures of models: goldens with styles, what is legible, and every size without a panic.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;

use super::View;
use super::dates::Zone;
use super::theme::{Depth, Theme};
use crate::client::links::Links;
use crate::client::model::Model;

mod anything;
mod golden;
mod legible;
mod models;
mod mouse;
mod pictures;
mod position;
mod scrolling;
mod states;

fn draw(model: &mut Model, columns: u16, rows: u16, theme: Theme) -> (Cells, Option<(u16, u16)>) {
    model.size = (columns, rows);
    let mut view = View::new(theme, Zone::Utc, Links::default());
    view.layout(model);
    let mut cells = Cells::empty(Rect::new(0, 0, columns, rows));
    let caret = view.draw(model, &mut cells);
    (cells, caret.map(|position| (position.x, position.y)))
}

/// A view of 256 colours on a background that is not known, or without colours.
fn view(depth: Depth) -> View {
    View::new(Theme::new(depth), Zone::Utc, Links::default())
}

//! Cells out to the terminal: crossterm's backend, with three habits of its own.
//!
//! A cursor that stands where it should is not moved there, so that a frame that changes nothing is no byte at all. Before a
//! cluster of several characters its columns are emptied: terminals disagree on how wide an emoji with a selector, a modifier
//! or a joiner is, and one that draws it narrower would leave what stood in its second column. And a cell that is part of a
//! link is named to the terminal as one (OSC 8).

use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::Position;
use ratatui::style::Color;

use super::links::Links;

/// A cell with its column and row.
pub type Placed<'a> = (u16, u16, &'a Cell);

/// Crossterm's backend, made careful.
#[derive(Debug)]
pub struct CellsOut<W: Write> {
    inner: CrosstermBackend<W>,
    /// The links on the screen; nothing when the terminal is not to be told of them.
    links: Option<Links>,
    /// Whether the terminal shows its cursor; nothing when that is not known.
    is_cursor_shown: Option<bool>,
    /// Where the terminal's cursor stands; nothing when that is not known, as behind drawn cells.
    cursor: Option<Position>,
}

impl<W: Write> CellsOut<W> {
    /// Writes to `writer`.
    pub fn new(writer: W, links: Option<Links>) -> Self {
        Self { inner: CrosstermBackend::new(writer), links, is_cursor_shown: None, cursor: None }
    }

    /// Draws cells, in the order of rows and columns. The cursor is anywhere afterwards.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn draw(&mut self, cells: &[Placed<'_>]) -> io::Result<()> {
        if cells.is_empty() {
            return Ok(());
        }
        self.cursor = None;
        let disputed = cells.iter().filter(|(_, _, cell)| is_disputed(cell));
        let blanks: Vec<_> = disputed.flat_map(|(x, y, cell)| blanks(*x, *y, cell)).collect();
        if !blanks.is_empty() {
            self.inner.draw(blanks.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        }
        for piece in cells.chunk_by(|(_, _, one), (_, _, next)| one.underline_color == next.underline_color) {
            let link = self.links.as_ref().and_then(|links| links.of(piece[0].2.underline_color));
            self.draw_linked(piece, link)?;
        }
        Ok(())
    }

    /// Draws cells that belong to one link, or to none.
    fn draw_linked(&mut self, cells: &[Placed<'_>], link: Option<(u32, Rc<str>)>) -> io::Result<()> {
        // An underline's colour is only the link's name.
        if cells[0].2.underline_color == Color::Reset {
            return self.inner.draw(cells.iter().copied());
        }
        let mut cells: Vec<_> = cells.iter().map(|(x, y, cell)| (*x, *y, (*cell).clone())).collect();
        cells.iter_mut().for_each(|(_, _, cell)| cell.underline_color = Color::Reset);
        if let Some((number, link)) = &link {
            // The number says that pieces of it in several rows are one link.
            write!(self.inner, "\x1b]8;id={number:x};{link}\x1b\\")?;
        }
        self.inner.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        if link.is_some() {
            self.inner.write_all(b"\x1b]8;;\x1b\\")?;
        }
        Ok(())
    }

    /// Shows the cursor at a place, or hides it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn set_cursor(&mut self, cursor: Option<Position>) -> io::Result<()> {
        if self.is_cursor_shown.replace(cursor.is_some()) != Some(cursor.is_some()) {
            match cursor {
                Some(_) => self.inner.show_cursor()?,
                None => self.inner.hide_cursor()?,
            }
        }
        match cursor {
            Some(position) if self.cursor.replace(position) != Some(position) => self.inner.set_cursor_position(position),
            _ => Ok(()),
        }
    }

    /// Empties the screen. The cursor may be anywhere afterwards, and look anyhow.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn clear(&mut self) -> io::Result<()> {
        (self.is_cursor_shown, self.cursor) = (None, None);
        self.inner.clear()
    }
}

/// Whether terminals may disagree on the width of a cell's cluster.
fn is_disputed(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() > 1 && symbol.chars().nth(1).is_some() && symbol.cell_width() > 1
}

/// The columns of a cell, empty.
fn blanks(x: u16, y: u16, cell: &Cell) -> impl Iterator<Item = (u16, u16, Cell)> {
    let mut blank = Cell::EMPTY;
    blank.set_style(cell.style());
    (0..cell.cell_width()).map(move |column| (x.saturating_add(column), y, blank.clone()))
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::client::picture::changes;
    use crate::client::view::cells::paint;

    /// What the terminal gets when one picture follows the other.
    fn written(before: &Buffer, after: &Buffer, links: Option<Links>) -> String {
        let mut out = Vec::new();
        CellsOut::new(&mut out, links).draw(&changes(before, after)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_link_is_one_for_the_terminal_in_all_its_rows() {
        let area = Rect::new(0, 0, 6, 2);
        let links = Links::default();
        let link = Style::new().underline_color(links.color("https://a.example/"));
        let mut after = Buffer::empty(area);
        paint(&mut after, area, 0, 0, "x", 6, Style::new());
        paint(&mut after, area, 1, 0, "https", 6, link);
        paint(&mut after, area, 0, 1, "://a", 6, link);
        let linked = written(&Buffer::empty(area), &after, Some(links));
        let opened: Vec<_> = linked.match_indices(";https://a.example/\x1b\\").collect();
        assert_eq!(opened.len(), 1, "{linked:?}");
        assert!(linked.find("\x1b]8;;\x1b\\").unwrap() > opened[0].0 && !linked.contains("\x1b[58"), "{linked:?}");
        assert!(!written(&Buffer::empty(area), &after, None).contains("\x1b]8"));
    }

    #[test]
    fn a_disputed_cluster_stands_on_empty_columns() {
        let area = Rect::new(0, 0, 6, 1);
        let mut before = Buffer::empty(area);
        paint(&mut before, area, 0, 0, "abcdef", 6, Style::new());
        let mut after = Buffer::empty(area);
        paint(&mut after, area, 0, 0, "a❤\u{fe0f}def", 6, Style::new());
        let written = written(&before, &after, None);
        let (blanks, picture) = written.split_once('❤').unwrap();
        assert!(blanks.contains("\u{1b}[1;2H  "), "{written:?}");
        assert!(picture.starts_with('\u{fe0f}'), "{written:?}");
    }
}

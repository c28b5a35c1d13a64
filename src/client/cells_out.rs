//! Cells out to the terminal, with three habits of its own.
//!
//! A cursor that stands where it should is not moved there, so that a frame that changes nothing is no byte at all. Before a
//! cluster of several characters its columns are emptied: terminals disagree on how wide an emoji with a selector, a modifier
//! or a joiner is, and one that draws it narrower would leave what stood in its second column. And a cell that is part of a
//! link is named to the terminal as one (OSC 8).

use std::io::{self, Write};
use std::rc::Rc;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::{Attribute, Colors, SetAttribute, SetColors};
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::IntoCrossterm as _;
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::links::Links;

/// A cell with its column and row.
pub type Placed<'a> = (u16, u16, &'a Cell);

/// What the terminal calls a cell's modifiers.
const ATTRIBUTES: [(Modifier, Attribute); 9] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::SLOW_BLINK, Attribute::SlowBlink),
    (Modifier::RAPID_BLINK, Attribute::RapidBlink),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::HIDDEN, Attribute::Hidden),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];

/// Writes cells and the cursor.
#[derive(Debug)]
pub struct CellsOut<W: Write> {
    writer: W,
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
        Self { writer, links, is_cursor_shown: None, cursor: None }
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
        self.write(blanks.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        for piece in cells.chunk_by(|(_, _, one), (_, _, next)| one.underline_color == next.underline_color) {
            // An underline's colour is only the link's name.
            let link = self.links.as_ref().and_then(|links| links.of(piece[0].2.underline_color));
            self.draw_linked(piece, link)?;
        }
        Ok(())
    }

    /// Draws cells that belong to one link, or to none.
    fn draw_linked(&mut self, cells: &[Placed<'_>], link: Option<(u32, Rc<str>)>) -> io::Result<()> {
        let Some((number, link)) = link else { return self.write(cells.iter().copied()) };
        // The number says that pieces of it in several rows are one link.
        write!(self.writer, "\x1b]8;id={number:x};{link}\x1b\\")?;
        self.write(cells.iter().copied())?;
        self.writer.write_all(b"\x1b]8;;\x1b\\")
    }

    /// Writes cells, and leaves the terminal without colours and attributes.
    fn write<'a>(&mut self, cells: impl Iterator<Item = Placed<'a>>) -> io::Result<()> {
        let mut pen = Pen::default();
        let mut place = None;
        for (x, y, cell) in cells {
            if place != Some((x, y)) {
                queue!(self.writer, MoveTo(x, y))?;
            }
            pen.write(cell, &mut self.writer)?;
            // Behind a cluster that is wide the cursor is moved, since terminals disagree on where it stands.
            place = Some((x.saturating_add(1), y));
        }
        pen.put_away(&mut self.writer)
    }

    /// Shows the cursor at a place, or hides it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn set_cursor(&mut self, cursor: Option<Position>) -> io::Result<()> {
        if self.is_cursor_shown.replace(cursor.is_some()) != Some(cursor.is_some()) {
            match cursor {
                Some(_) => queue!(self.writer, Show)?,
                None => queue!(self.writer, Hide)?,
            }
        }
        match cursor {
            Some(position) if self.cursor.replace(position) != cursor => {
                queue!(self.writer, MoveTo(position.x, position.y))
            }
            _ => Ok(()),
        }
    }

    /// Empties the screen. The cursor may be anywhere afterwards, and look anyhow.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn clear(&mut self) -> io::Result<()> {
        (self.is_cursor_shown, self.cursor) = (None, None);
        queue!(self.writer, Clear(ClearType::All))
    }
}

/// How the terminal draws what it is sent next.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Pen {
    /// Writes a cell's cluster in its style.
    fn write(&mut self, cell: &Cell, writer: &mut impl Write) -> io::Result<()> {
        let wanted = Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier };
        if *self != wanted {
            self.become_as(wanted, writer)?;
        }
        writer.write_all(cell.symbol().as_bytes())
    }

    fn become_as(&mut self, wanted: Self, writer: &mut impl Write) -> io::Result<()> {
        // Attributes are ended one and all: there is no end for each that every terminal knows.
        if !wanted.modifier.contains(self.modifier) {
            self.put_away(writer)?;
        }
        for (modifier, attribute) in ATTRIBUTES {
            if wanted.modifier.difference(self.modifier).contains(modifier) {
                queue!(writer, SetAttribute(attribute))?;
            }
        }
        let changed = |wanted: Color, is: Color| (wanted != is).then(|| wanted.into_crossterm());
        let foreground = changed(wanted.foreground, self.foreground);
        let background = changed(wanted.background, self.background);
        queue!(writer, SetColors(Colors { foreground, background }))?;
        *self = wanted;
        Ok(())
    }

    /// Ends all colours and attributes.
    fn put_away(&mut self, writer: &mut impl Write) -> io::Result<()> {
        if *self != Self::default() {
            queue!(writer, SetAttribute(Attribute::Reset))?;
            *self = Self::default();
        }
        Ok(())
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

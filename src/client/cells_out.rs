//! Cells out to the terminal: crossterm's backend, with three habits of its own.
//!
//! What the terminal shows already is not written again: a frame that changes nothing, cursor included, is no byte at all.
//! Before a cluster of several characters its columns are emptied: terminals disagree on how wide an emoji with a selector,
//! a modifier or a joiner is, and one that draws it narrower would leave what stood in its second column. And the terminal
//! is never asked where its cursor is, because the answer would race the keys.

use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::{Position, Size};
use ratatui::style::Color;

use super::links::Links;

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

    /// The cursor may be anywhere and look anyhow.
    fn forget_cursor(&mut self) {
        (self.is_cursor_shown, self.cursor) = (None, None);
    }

    /// Draws cells that belong to one link, or to none.
    fn draw_linked(&mut self, cells: &[(u16, u16, Cell)], link: Option<(u32, Rc<str>)>) -> io::Result<()> {
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
}

/// Whether terminals may disagree on the width of a cell's cluster.
fn is_disputed(cell: &Cell) -> bool {
    cell.cell_width() > 1 && cell.symbol().chars().nth(1).is_some()
}

impl<W: Write> Backend for CellsOut<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<_> = content.collect();
        if content.is_empty() {
            return Ok(());
        }
        self.cursor = None;
        let blanks: Vec<(u16, u16, Cell)> = content
            .iter()
            .filter(|(_, _, cell)| is_disputed(cell))
            .flat_map(|(x, y, cell)| {
                let mut blank = Cell::EMPTY;
                blank.set_style(cell.style());
                (0..cell.cell_width()).map(move |column| (x.saturating_add(column), *y, blank.clone()))
            })
            .collect();
        if !blanks.is_empty() {
            self.inner.draw(blanks.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        }
        if content.iter().all(|(_, _, cell)| cell.underline_color == Color::Reset) {
            return self.inner.draw(content.into_iter());
        }
        let mut piece: Vec<(u16, u16, Cell)> = Vec::new();
        let mut color = Color::Reset;
        for (x, y, cell) in content {
            if cell.underline_color != color {
                let link = self.links.as_ref().and_then(|links| links.of(color));
                self.draw_linked(&std::mem::take(&mut piece), link)?;
                color = cell.underline_color;
            }
            let mut cell = cell.clone();
            cell.underline_color = Color::Reset;
            piece.push((x, y, cell));
        }
        let link = self.links.as_ref().and_then(|links| links.of(color));
        self.draw_linked(&piece, link)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.is_cursor_shown.replace(false) == Some(false) {
            return Ok(());
        }
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.is_cursor_shown.replace(true) == Some(true) {
            return Ok(());
        }
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget_cursor();
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.forget_cursor();
        self.inner.clear_region(region)
    }

    /// Of standard output, which is drawn on: this is asked before each frame, and crossterm would open `/dev/tty` for it.
    fn size(&self) -> io::Result<Size> {
        match rustix::termios::tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Ok(Size { width: size.ws_col, height: size.ws_row }),
            _ => self.inner.size(),
        }
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;
    use crate::client::view::cells::paint;

    /// What was written so far.
    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
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
        let mut out = Vec::new();
        CellsOut::new(&mut out, Some(links)).draw(Buffer::empty(area).diff(&after).into_iter()).unwrap();
        let written = String::from_utf8(out).unwrap();
        let opened: Vec<_> = written.match_indices(";https://a.example/\x1b\\").collect();
        assert_eq!(opened.len(), 1, "{written:?}");
        assert!(written.find("\x1b]8;;\x1b\\").unwrap() > opened[0].0 && !written.contains("\x1b[58"), "{written:?}");
        let mut out = Vec::new();
        CellsOut::new(&mut out, None).draw(Buffer::empty(area).diff(&after).into_iter()).unwrap();
        assert!(!String::from_utf8(out).unwrap().contains("\x1b]8"));
    }

    #[test]
    fn a_frame_that_changes_nothing_is_no_byte() {
        let viewport = Viewport::Fixed(Rect::new(0, 0, 6, 2));
        let bytes = Written::default();
        let out = CellsOut::new(bytes.clone(), None);
        let mut terminal = Terminal::with_options(out, TerminalOptions { viewport }).unwrap();
        let mut frame = |text: &str, cursor: Option<(u16, u16)>| {
            terminal
                .draw(|frame| {
                    paint(frame.buffer_mut(), Rect::new(0, 0, 6, 2), 0, 0, text, 6, Style::new());
                    cursor.into_iter().for_each(|cursor| frame.set_cursor_position(cursor));
                })
                .unwrap();
            String::from_utf8(bytes.0.take()).unwrap()
        };
        assert!(frame("abc", Some((3, 0))).contains("abc"));
        assert_eq!(frame("abc", Some((3, 0))), "");
        assert_eq!(frame("abc", Some((2, 0))), "\x1b[1;3H");
        assert_eq!(frame("abc", None), "\x1b[?25l");
        assert_eq!(frame("abc", None), "");
        assert_eq!(frame("abc", Some((2, 0))), "\x1b[?25h");
        // What is drawn moves the cursor: it is put back, to the same place as well.
        let drawn = frame("abd", Some((2, 0)));
        assert!(
            drawn.starts_with("\x1b[1;3H") && drawn.ends_with("\x1b[1;3H") && !drawn.contains("\x1b[?25"),
            "{drawn:?}"
        );
    }

    #[test]
    fn a_disputed_cluster_stands_on_empty_columns() {
        let area = Rect::new(0, 0, 6, 1);
        let mut before = Buffer::empty(area);
        paint(&mut before, area, 0, 0, "abcdef", 6, Style::new());
        let mut after = Buffer::empty(area);
        paint(&mut after, area, 0, 0, "a❤\u{fe0f}def", 6, Style::new());
        let mut out = Vec::new();
        CellsOut::new(&mut out, None).draw(before.diff(&after).into_iter()).unwrap();
        let written = String::from_utf8(out).unwrap();
        let (blanks, picture) = written.split_once('❤').unwrap();
        assert!(blanks.contains("\u{1b}[1;2H  "), "{written:?}");
        assert!(picture.starts_with('\u{fe0f}'), "{written:?}");
    }
}

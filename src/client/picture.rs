//! The picture: what the terminal shows, and what of the next frame differs from it.
//!
//! Every frame is painted as a whole, into cells that are empty. Only those that differ from the frame before are written: a
//! screen has ten thousand cells, and most of them are as they were, so that the comparison is what a frame costs most.

use std::io::{self, Write};
use std::mem;

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Rect, Size};

use super::cells_out::{CellsOut, Placed};

/// Two frames of a terminal: the one that it shows, and the next one.
#[derive(Debug)]
pub struct Picture<W: Write> {
    out: CellsOut<W>,
    shown: Buffer,
    next: Buffer,
}

impl<W: Write> Picture<W> {
    /// A picture without any size, which [`Self::resize`] gives it.
    pub fn new(out: CellsOut<W>) -> Self {
        Self { out, shown: Buffer::default(), next: Buffer::default() }
    }

    /// How large it is, in columns and rows.
    pub fn size(&self) -> Size {
        self.shown.area.as_size()
    }

    /// Takes the terminal's size. The screen is emptied, and the next frame written as a whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resize(&mut self, size: Size) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, size));
        (self.shown, self.next) = (Buffer::empty(area), Buffer::empty(area));
        self.out.clear()
    }

    /// Writes a frame: `paint` is given empty cells, and returns where the cursor stands when it is visible. What the terminal
    /// shows already is not written; nothing at all when nothing has changed.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        self.next.reset();
        let cursor = paint(&mut self.next);
        self.out.draw(&changes(&self.shown, &self.next))?;
        mem::swap(&mut self.shown, &mut self.next);
        self.out.set_cursor(cursor)
    }
}

/// The cells of `next` that `shown`, of the same size, does not show, row by row.
///
/// The columns that a wide cluster covers are its own. A cluster that is overwritten is gone with all of its columns, and what
/// terminals leave in them differs: they are written again.
pub fn changes<'a>(shown: &Buffer, next: &'a Buffer) -> Vec<Placed<'a>> {
    let mut changes = Vec::new();
    let width = usize::from(next.area.width).max(1);
    let rows = next.content.chunks_exact(width).zip(shown.content.chunks_exact(width));
    for (y, (next, shown)) in (next.area.top()..).zip(rows) {
        // Up to which column nothing is left of what was shown.
        let mut gone = 0;
        let mut column = 0;
        while let Some(cell) = next.get(column) {
            let cluster = cell.symbol();
            let behind = (column + columns_of(cluster)).min(width);
            if column < gone || !looks_like(&shown[column], cell, cluster) {
                // A row has no more columns than 16 bits can count.
                changes.push((column as u16, y, cell));
                let overwritten = (column..behind).map(|column| column + columns_of(shown[column].symbol()));
                gone = overwritten.max().unwrap_or(0).max(gone);
            }
            column = behind;
        }
    }
    changes
}

/// Whether a cell shows a cluster in the style of another one. Cells can be compared as they are; that asks more
/// than is needed, ten thousand times a frame.
#[inline]
fn looks_like(shown: &Cell, next: &Cell, cluster: &str) -> bool {
    let is_same_style = shown.fg == next.fg
        && shown.bg == next.bg
        && shown.modifier == next.modifier
        && shown.underline_color == next.underline_color;
    is_same_style
        && match (shown.symbol().as_bytes(), cluster.as_bytes()) {
            ([one], [other]) => one == other,
            (one, other) => one == other,
        }
}

/// How many columns a cluster covers: one at least.
#[inline]
fn columns_of(cluster: &str) -> usize {
    if cluster.len() == 1 { 1 } else { usize::from(cluster.cell_width()).max(1) }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::client::view::cells::paint;

    const AREA: Rect = Rect { x: 0, y: 0, width: 8, height: 2 };

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

    fn line(text: &str) -> Buffer {
        let mut cells = Buffer::empty(AREA);
        paint(&mut cells, AREA, 0, 0, text, 8, Style::new());
        cells
    }

    /// The columns that are written when one text follows the other.
    fn columns(before: &str, after: &str) -> Vec<u16> {
        changes(&line(before), &line(after)).iter().map(|(x, _, _)| *x).collect()
    }

    #[test]
    fn a_frame_that_changes_nothing_is_no_byte() {
        let bytes = Written::default();
        let mut picture = Picture::new(CellsOut::new(bytes.clone(), None));
        picture.resize(AREA.as_size()).unwrap();
        bytes.0.take();
        let mut frame = |text: &str, cursor: Option<(u16, u16)>| {
            let painted = |cells: &mut Buffer| {
                paint(cells, AREA, 0, 0, text, 6, Style::new());
                cursor.map(Position::from)
            };
            picture.draw(painted).unwrap();
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
    fn only_what_differs_is_written() {
        assert!(columns("abcdef", "abcdef").is_empty());
        assert_eq!(columns("abcdef", "abXdeY"), [2, 5]);
        assert_eq!(columns("ab", ""), [0, 1]);
        let mut styled = line("abc");
        styled[(1, 0)].set_style(Style::new().bg(Color::Red));
        assert_eq!(changes(&line("abc"), &styled).len(), 1);
    }

    #[test]
    fn a_wide_cluster_goes_with_its_columns_and_covers_its_own() {
        // What it covers is written with it, and again when it goes, whatever the terminal has left there.
        assert_eq!(columns("", "a日b"), [0, 1, 3]);
        assert!(columns("a日b", "a日b").is_empty());
        assert_eq!(columns("a日b", "ax b"), [1, 2]);
        assert_eq!(columns("a日b", ""), [0, 1, 2, 3]);
        // Half a cluster overwritten is a cluster gone.
        assert_eq!(columns("a日本b", "日  本b"), [0, 2, 3, 4, 6]);
        assert_eq!(columns("a❤\u{fe0f}cd", "a❤\u{fe0f}cX"), [4]);
    }

    /// What a terminal shows that was sent these pictures one after the other: a text and its background each.
    fn screen(pictures: &[(&str, u8)]) -> Vec<(String, vt100::Color)> {
        let bytes = Written::default();
        let mut picture = Picture::new(CellsOut::new(bytes.clone(), None));
        picture.resize(AREA.as_size()).unwrap();
        for (text, color) in pictures {
            let painted = |cells: &mut Buffer| {
                paint(cells, AREA, 0, 1, text, 8, Style::new().bg(Color::Indexed(*color)));
                None
            };
            picture.draw(painted).unwrap();
        }
        let [rows, columns] = [AREA.height, AREA.width].map(|cells| cells.try_into().unwrap());
        let mut terminal = vt100::Parser::new(rows, columns, 0);
        terminal.process(&bytes.0.take());
        let cells = (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (y, x)));
        let cells = cells.map(|(y, x)| terminal.screen().cell(y, x).unwrap());
        cells.map(|cell| (cell.contents().trim().to_owned(), cell.bgcolor())).collect()
    }

    proptest! {
        /// A terminal that gets only the changes shows what one shows that gets the last picture alone.
        #[test]
        fn the_changes_alone_make_the_picture(
            before in "[ab日本é❤\u{1F600}ﾊ ]{0,8}", after in "[ab日本é❤\u{1F600}ﾊ ]{0,8}", color in 1u8..3
        ) {
            prop_assert_eq!(screen(&[(&before, 1), (&after, color)]), screen(&[(&after, color)]));
        }
    }
}

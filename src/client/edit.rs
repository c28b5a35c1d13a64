//! A text being written, with its caret: what the composer and the form's fields have in common.
//!
//! Everything moves by grapheme clusters (UAX #29), so that no key ever stops inside an emoji or a letter with its accents,
//! and breaks rows by terminal columns. Pure; it knows no keys and no colours.

use std::fmt;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many earlier states are kept for undo; the oldest is forgotten.
const UNDO_MAX: usize = 100;
/// How many cuts are kept to be inserted again; the oldest is forgotten.
const KILLS_MAX: usize = 20;

/// A text with a caret, its undo history and what was last cut out of it.
#[derive(Clone, Default)]
pub struct TextEdit {
    text: String,
    /// A byte index on a grapheme boundary.
    caret: usize,
    multiline: bool,
    bytes_max: usize,
    undo: Vec<(String, usize)>,
    /// What was undone, the latest last; forgotten by the next change.
    redo: Vec<(String, usize)>,
    /// The last change was typing, so that the next letter joins the same undo step.
    typing: bool,
    /// What was cut out, the latest last.
    killed: Vec<String>,
    /// What was inserted of it just now: where, and how many cuts ago it was cut.
    yanked: Option<(Range<usize>, usize)>,
}

/// It may hold a password.
impl fmt::Debug for TextEdit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TextEdit({} bytes, caret {})", self.text.len(), self.caret)
    }
}

impl TextEdit {
    /// An empty text of one line, of at most `bytes_max` bytes: what goes beyond is not taken.
    pub fn single_line(bytes_max: usize) -> Self {
        Self { bytes_max, ..Self::default() }
    }

    /// An empty text of any number of lines, of at most `bytes_max` bytes: what goes beyond is not taken.
    pub fn multi_line(bytes_max: usize) -> Self {
        Self { bytes_max, multiline: true, ..Self::default() }
    }

    /// The text. Lines are parted by `\n`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the caret stands: a byte index on a grapheme boundary.
    pub fn caret(&self) -> usize {
        self.caret
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Replaces everything; the caret goes to the end. Can be undone.
    pub fn set(&mut self, text: &str) {
        self.remember();
        self.text.clear();
        self.caret = 0;
        self.insert_clean(text);
    }

    /// Takes the text out and forgets everything about it, undo included.
    pub fn take(&mut self) -> String {
        self.caret = 0;
        self.undo.clear();
        self.redo.clear();
        self.yanked = None;
        self.typing = false;
        std::mem::take(&mut self.text)
    }

    /// Inserts what was typed. Returns whether all of it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        let is_word = !text.chars().all(char::is_whitespace);
        if !(self.typing && is_word) {
            self.remember();
        }
        self.typing = is_word;
        self.insert_clean(text)
    }

    /// Inserts what was pasted, as one step of undo. Returns whether all of it fitted.
    pub fn paste(&mut self, text: &str) -> bool {
        self.remember();
        self.insert_clean(text)
    }

    /// Normalizes line ends, drops control characters, and inserts up to the limit, whole graphemes only.
    fn insert_clean(&mut self, text: &str) -> bool {
        let mut clean = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' => {
                    characters.next_if_eq(&'\n');
                    clean.push(if self.multiline { '\n' } else { ' ' });
                }
                '\n' => clean.push(if self.multiline { '\n' } else { ' ' }),
                '\t' => clean.push_str("    "),
                other if other.is_control() => {}
                other => clean.push(other),
            }
        }
        let room = self.bytes_max.saturating_sub(self.text.len());
        let fits = clean.len() <= room;
        if !fits {
            let end = clean.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len());
            clean.truncate(end.take_while(|end| *end <= room).last().unwrap_or(0));
        }
        self.text.insert_str(self.caret, &clean);
        self.caret += clean.len();
        self.snap();
        fits
    }

    /// A combining mark joins the letter before it: the caret must not be left inside of the new cluster.
    fn snap(&mut self) {
        if self.caret >= self.text.len() {
            self.caret = self.text.len();
            return;
        }
        let mut ends = self.text.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len());
        if self.caret > 0 {
            self.caret = ends.find(|end| *end >= self.caret).unwrap_or(self.text.len());
        }
    }

    /// Removes the grapheme before the caret.
    pub fn backspace(&mut self) {
        let start = self.before();
        self.remove(start..self.caret, false);
    }

    /// Removes the grapheme after the caret.
    pub fn delete(&mut self) {
        let end = self.after();
        self.remove(self.caret..end, false);
    }

    /// Cuts out the word before the caret, with the blanks between.
    pub fn kill_word_before(&mut self) {
        let start = self.word_before();
        self.remove(start..self.caret, true);
    }

    /// Cuts out the word after the caret, with the blanks before it.
    pub fn kill_word_after(&mut self) {
        let end = self.word_after();
        self.remove(self.caret..end, true);
    }

    /// Cuts out everything on the caret's line before it.
    pub fn kill_to_line_start(&mut self) {
        let start = self.line_start();
        self.remove(start..self.caret, true);
    }

    /// Cuts out everything on the caret's line after it; at its end, the line end itself.
    pub fn kill_to_line_end(&mut self) {
        let end = self.line_end();
        let end = if end == self.caret { self.after() } else { end };
        self.remove(self.caret..end, true);
    }

    /// Inserts what was cut out last.
    pub fn yank(&mut self) {
        if let Some(killed) = self.killed.last().cloned() {
            let start = self.caret;
            self.paste(&killed);
            self.yanked = Some((start.min(self.caret)..self.caret, 0));
        }
    }

    /// Right behind a yank: what was cut out before takes the place of what was inserted.
    pub fn yank_earlier(&mut self) {
        let Some((range, ago)) = self.yanked.take() else { return };
        let ago = (ago + 1) % self.killed.len().max(1);
        let Some(killed) = self.killed.iter().rev().nth(ago).cloned() else { return };
        self.replace(range.clone(), &killed);
        self.yanked = Some((range.start..self.caret.max(range.start), ago));
    }

    /// Puts a text in the place of another one, as one step of undo; the caret goes behind it.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        if self.text.get(range.clone()).is_none() {
            return;
        }
        self.remember();
        self.text.replace_range(range.clone(), "");
        self.caret = range.start;
        self.insert_clean(text);
    }

    /// Goes back to the state before the last change.
    pub fn undo(&mut self) {
        if let Some(state) = self.undo.pop() {
            let state = self.go_to(state);
            self.redo.push(state);
        }
    }

    /// Takes the last undo back.
    pub fn redo(&mut self) {
        if let Some(state) = self.redo.pop() {
            let state = self.go_to(state);
            self.undo.push(state);
        }
    }

    /// Returns the state that is left.
    fn go_to(&mut self, (text, caret): (String, usize)) -> (String, usize) {
        self.typing = false;
        self.yanked = None;
        let left = std::mem::replace(&mut self.text, text);
        (left, std::mem::replace(&mut self.caret, caret))
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.move_to(self.before());
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.move_to(self.after());
    }

    /// To the beginning of the word before.
    pub fn word_left(&mut self) {
        self.move_to(self.word_before());
    }

    /// To the end of the word after.
    pub fn word_right(&mut self) {
        self.move_to(self.word_after());
    }

    /// To the beginning of the line.
    pub fn line_home(&mut self) {
        self.move_to(self.line_start());
    }

    /// To the end of the line.
    pub fn line_last(&mut self) {
        self.move_to(self.line_end());
    }

    /// One line up, as near to the same column as it gets. Returns whether there was one.
    pub fn up(&mut self) -> bool {
        let start = self.line_start();
        if start == 0 {
            return false;
        }
        let column = self.text[start..self.caret].width();
        let above = self.text[..start - 1].rfind('\n').map_or(0, |newline| newline + 1);
        self.move_to(above + at_column(&self.text[above..start - 1], column));
        true
    }

    /// One line down, as near to the same column as it gets. Returns whether there was one.
    pub fn down(&mut self) -> bool {
        let end = self.line_end();
        if end == self.text.len() {
            return false;
        }
        let column = self.text[self.line_start()..self.caret].width();
        let below = end + 1;
        let below_end = self.text[below..].find('\n').map_or(self.text.len(), |newline| below + newline);
        self.move_to(below + at_column(&self.text[below..below_end], column));
        true
    }

    /// The rows that the text takes at this width (in columns, at least 1), as byte ranges; line ends are in no row. Words
    /// are not kept together: what is being written must not jump.
    pub fn rows(&self, width: usize) -> Vec<Range<usize>> {
        let width = width.max(1);
        let mut rows = Vec::new();
        let mut line_start = 0;
        for line in self.text.split('\n') {
            let mut row_start = line_start;
            let mut columns = 0;
            for (offset, grapheme) in line.grapheme_indices(true) {
                let at = line_start + offset;
                if columns + grapheme.width() > width && at > row_start {
                    rows.push(row_start..at);
                    row_start = at;
                    columns = 0;
                }
                columns += grapheme.width();
            }
            rows.push(row_start..line_start + line.len());
            // A full row leaves no cell for the caret behind it.
            if columns >= width && self.caret == line_start + line.len() {
                rows.push(self.caret..self.caret);
            }
            line_start += line.len() + 1;
        }
        rows
    }

    /// The cell of the caret at this width: row among [`Self::rows`] and column.
    pub fn caret_cell(&self, width: usize) -> (usize, usize) {
        let rows = self.rows(width);
        let row = rows.iter().rposition(|row| row.start <= self.caret && self.caret <= row.end).unwrap_or(0);
        let column = rows.get(row).map_or(0, |row| self.text[row.start..self.caret].width());
        (row, column)
    }

    fn remember(&mut self) {
        self.typing = false;
        self.yanked = None;
        self.redo.clear();
        if self.undo.len() == UNDO_MAX {
            self.undo.remove(0);
        }
        self.undo.push((self.text.clone(), self.caret));
    }

    fn remove(&mut self, range: Range<usize>, keep: bool) {
        if range.is_empty() {
            return;
        }
        self.remember();
        if keep {
            if self.killed.len() == KILLS_MAX {
                self.killed.remove(0);
            }
            self.killed.push(self.text[range.clone()].to_owned());
        }
        self.text.replace_range(range.clone(), "");
        self.caret = range.start;
        self.snap();
    }

    fn move_to(&mut self, caret: usize) {
        self.typing = false;
        self.yanked = None;
        self.caret = caret;
    }

    fn before(&self) -> usize {
        self.text[..self.caret].grapheme_indices(true).next_back().map_or(0, |(start, _)| start)
    }

    fn after(&self) -> usize {
        self.text[self.caret..].graphemes(true).next().map_or(self.caret, |grapheme| self.caret + grapheme.len())
    }

    fn word_before(&self) -> usize {
        let mut words = self.text[..self.caret].unicode_word_indices();
        words.next_back().map_or(0, |(start, _)| start)
    }

    fn word_after(&self) -> usize {
        let mut words = self.text[self.caret..].unicode_word_indices();
        words.next().map_or(self.text.len(), |(start, word)| self.caret + start + word.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |newline| newline + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.caret..].find('\n').map_or(self.text.len(), |newline| self.caret + newline)
    }
}

/// The byte index of the last grapheme boundary of `line` at or before `column`.
fn at_column(line: &str, column: usize) -> usize {
    let mut columns = 0;
    for (start, grapheme) in line.grapheme_indices(true) {
        columns += grapheme.width();
        if columns > column {
            return start;
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> TextEdit {
        let mut edit = TextEdit::multi_line(1000);
        edit.paste(text);
        edit
    }

    #[test]
    fn moves_and_deletes_by_grapheme() {
        let mut edit = written("e\u{301}👩‍👩‍👧");
        edit.backspace();
        assert_eq!(edit.text(), "e\u{301}");
        edit.left();
        assert_eq!(edit.caret(), 0);
        edit.delete();
        assert_eq!(edit.text(), "");
        edit.undo();
        edit.undo();
        assert_eq!(edit.text(), "e\u{301}👩‍👩‍👧");
    }

    #[test]
    fn cuts_words_and_brings_them_back() {
        let mut edit = written("un deux trois");
        edit.kill_word_before();
        assert_eq!(edit.text(), "un deux ");
        edit.line_home();
        edit.yank();
        assert_eq!(edit.text(), "troisun deux ");
        edit.kill_to_line_end();
        assert_eq!(edit.text(), "trois");
        edit.kill_to_line_start();
        assert_eq!(edit.text(), "");
    }

    #[test]
    fn what_was_undone_comes_back_until_something_else_is_written() {
        let mut edit = written("one");
        edit.paste(" two");
        edit.undo();
        assert_eq!(edit.text(), "one");
        edit.redo();
        assert_eq!((edit.text(), edit.caret()), ("one two", 7));
        edit.undo();
        edit.insert("!");
        edit.redo();
        assert_eq!(edit.text(), "one!");
    }

    #[test]
    fn earlier_cuts_come_back_in_turn() {
        let mut edit = written("one two three");
        edit.kill_word_before();
        edit.kill_word_before();
        edit.yank();
        assert_eq!(edit.text(), "one two ");
        edit.yank_earlier();
        assert_eq!(edit.text(), "one three");
        edit.yank_earlier();
        assert_eq!(edit.text(), "one two ");
        edit.left();
        edit.yank_earlier();
        assert_eq!(edit.text(), "one two ", "only right behind a yank");
    }

    #[test]
    fn lines_of_a_paste_are_kept_or_joined() {
        assert_eq!(written("a\r\nb\rc\u{7}").text(), "a\nb\nc");
        let mut field = TextEdit::single_line(5);
        assert!(!field.paste("ab\ncdefé"));
        assert_eq!(field.text(), "ab cd");
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let mut edit = written("日本語\nabcdef\n");
        assert!(edit.up());
        edit.line_last();
        assert!(edit.up());
        assert_eq!(edit.caret(), "日本語".len());
        assert!(!edit.up());
        assert!(edit.down());
        assert_eq!(edit.caret(), "日本語\nabcdef".len());
    }

    #[test]
    fn rows_are_cut_by_columns() {
        let edit = written("日本語ab");
        assert_eq!(edit.rows(4), [0..6, 6..11, 11..11]);
        assert_eq!(edit.rows(5), [0..6, 6..11]);
        assert_eq!(edit.caret_cell(5), (1, 4));
        assert_eq!(written("abcd").rows(4), [0..4, 4..4]);
        assert_eq!(written("abcd").caret_cell(4), (1, 0));
        assert!(written("").rows(4).iter().eq([&(0..0)]));
    }

    proptest! {
        #[test]
        fn no_sequence_of_operations_breaks_the_text(
            operations in prop::collection::vec((0..22u8, "[a é日👩\u{301}\n\u{200d}]{0,6}"), 0..60),
            width in 0..9usize,
        ) {
            let mut edit = TextEdit::multi_line(120);
            for (operation, text) in operations {
                match operation {
                    0 | 1 => { edit.insert(&text); }
                    2 => { edit.paste(&text); }
                    3 => edit.backspace(),
                    4 => edit.delete(),
                    5 => edit.kill_word_before(),
                    6 => edit.kill_word_after(),
                    7 => edit.kill_to_line_start(),
                    8 => edit.kill_to_line_end(),
                    9 => edit.yank(),
                    10 => edit.undo(),
                    11 => edit.left(),
                    12 => edit.right(),
                    13 => edit.word_left(),
                    14 => edit.word_right(),
                    15 => edit.line_home(),
                    16 => edit.line_last(),
                    18 => edit.redo(),
                    19 => edit.yank_earlier(),
                    20 => edit.replace(0..edit.caret(), &text),
                    17 => { edit.up(); }
                    _ => { edit.down(); }
                }
                prop_assert!(edit.text().len() <= 120);
                prop_assert!(edit.text().is_char_boundary(edit.caret()));
                let rows = edit.rows(width);
                let (row, column) = edit.caret_cell(width);
                prop_assert!(row < rows.len() && column <= width.max(2) + 1, "{row} {column} {rows:?}");
                let shown: usize = rows.iter().map(|row| row.len()).sum();
                prop_assert_eq!(shown + edit.text().matches('\n').count(), edit.text().len());
            }
        }
    }
}

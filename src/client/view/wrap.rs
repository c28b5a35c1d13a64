//! Text into rows: columns of a cluster, cutting, wrapping of styled text.
//!
//! What is counted is always a whole grapheme cluster (UAX #29), measured as text (UAX #11, as ratatui's own diff measures it), because
//! the columns of a cluster are not the sum of its characters' columns. No control character and no character that
//! reverses the direction of text is ever let through. Nothing here knows messages or the model.

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

/// A tab goes to the next multiple of this many columns of its row.
const TAB_COLUMNS: usize = 4;
/// What stands for a cluster that is wider than a whole row: it has one column.
const TOO_WIDE: &str = "·";
/// What ends a text that was cut: it has one column.
const CUT: &str = "…";

/// How many columns the rows of one text may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Columns {
    /// The first row.
    pub first: u16,
    /// Every row behind it.
    pub rest: u16,
}

impl Columns {
    /// The same for all rows.
    pub fn all(columns: u16) -> Self {
        Self { first: columns, rest: columns }
    }
}

/// One grapheme cluster and what it means for a row.
struct Piece<'a> {
    text: &'a str,
    style: Style,
    columns: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A line end inside the text: the row ends here.
    LineEnd,
    /// Its width depends on where it stands.
    Tab,
    /// A row may end here, and the blanks at its end are not shown.
    Blank,
    /// A row may end before and after it (CJK, emoji).
    Wide,
    Other,
}

/// How many columns `text` takes in one row, controls left out.
pub fn columns_of(text: &str) -> usize {
    clusters(text).map(|(_, columns)| columns).sum()
}

/// The clusters of `text` that can be shown, each with its columns (never 0).
pub fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    Clusters(text).filter_map(|cluster| match cluster.as_bytes() {
        [b' '..=b'~'] => Some((cluster, 1)),
        _ => is_shown(cluster).then(|| (cluster, usize::from(cluster.cell_width()))),
    })
}

/// The clusters of a text, whether they can be shown or not. A printable ASCII character that no other script follows is one: most
/// are found without any table.
struct Clusters<'a>(&'a str);

impl<'a> Iterator for Clusters<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = match self.0.as_bytes() {
            [b' '..=b'~'] | [b' '..=b'~', b'\0'..=b'\x7f', ..] => 1,
            _ => self.0.graphemes(true).next()?.len(),
        };
        let (cluster, rest) = self.0.split_at(bytes);
        self.0 = rest;
        Some(cluster)
    }
}

/// Whether a cluster may stand in a cell: it has columns, and nothing in it steers the terminal or the direction of
/// text.
fn is_shown(cluster: &str) -> bool {
    !cluster.chars().any(is_unsafe) && cluster.cell_width() > 0
}

/// Controls (C0, C1, DEL) and the characters that embed, override or isolate a direction.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Cuts `text` to at most `columns`, with `…` at its end when something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    let mut before_last = 0;
    for (cluster, width) in clusters(text) {
        if used + width > columns {
            if columns == 0 {
                return String::new();
            }
            // Make room for the sign: drop clusters until one column is free.
            if used == columns {
                kept.truncate(before_last);
            }
            kept.push_str(CUT);
            return kept;
        }
        before_last = kept.len();
        kept.push_str(cluster);
        used += width;
    }
    kept
}

/// Wraps styled runs of text into rows: between words where possible, between clusters where not. A row is never wider
/// than `columns` says; there is always at least one row. Blanks at which a row was ended are not shown; all other text
/// is kept. With no columns at all the rows are empty.
pub fn wrap<'a>(runs: impl IntoIterator<Item = (&'a str, Style)>, columns: Columns) -> Vec<Line<'static>> {
    wrap_joined(runs, columns).into_iter().map(|(row, _)| row).collect()
}

/// What was between the end of a row and the begin of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Nothing: a word was too long for a row.
    Nothing,
    /// Blanks.
    Blank,
    /// A line end; also at the end of the text.
    LineEnd,
}

impl Joint {
    /// What joins the rows again.
    pub fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Blank => " ",
            Self::LineEnd => "\n",
        }
    }
}

/// Wraps as [`wrap`] does, and says what was between the rows.
pub fn wrap_joined<'a>(
    runs: impl IntoIterator<Item = (&'a str, Style)>,
    columns: Columns,
) -> Vec<(Line<'static>, Joint)> {
    let pieces = pieces(runs);
    let mut rows = Vec::new();
    let mut start = 0;
    loop {
        let limit = usize::from(if rows.is_empty() { columns.first } else { columns.rest });
        let (end, next) = row_end(&pieces, start, limit);
        let between = &pieces[end..next.unwrap_or(end)];
        let joint = match next {
            None => Joint::LineEnd,
            Some(_) if between.iter().any(|piece| piece.kind == Kind::LineEnd) => Joint::LineEnd,
            Some(_) if !between.is_empty() => Joint::Blank,
            // A blank that still fitted stands at the end of the row.
            Some(_) => Joint::Nothing,
        };
        rows.push((row(&pieces[start..end], limit), joint));
        match next {
            Some(next) => start = next,
            None => return rows,
        }
    }
}

/// The part of a row between two columns; a wide cluster belongs to it when it begins inside.
pub fn columns_between(row: &Line<'_>, from: usize, to: usize) -> String {
    let mut text = String::new();
    let mut at = 0;
    for span in &row.spans {
        for (cluster, width) in clusters(&span.content) {
            if (from..to).contains(&at) || (at < from && from < at + width && from < to) {
                text.push_str(cluster);
            }
            at += width;
        }
    }
    text
}

fn pieces<'a>(runs: impl IntoIterator<Item = (&'a str, Style)>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for (text, style) in runs {
        for cluster in Clusters(text) {
            let (kind, columns) = match cluster {
                "\n" | "\r\n" | "\r" => (Kind::LineEnd, 0),
                "\t" => (Kind::Tab, 0),
                " " | "\u{3000}" => (Kind::Blank, usize::from(cluster.cell_width())),
                _ if matches!(cluster.as_bytes(), [b'!'..=b'~']) => (Kind::Other, 1),
                _ if !is_shown(cluster) => continue,
                _ => match cluster.cell_width() {
                    1 => (Kind::Other, 1),
                    wider => (Kind::Wide, usize::from(wider)),
                },
            };
            pieces.push(Piece { text: cluster, style, columns, kind });
        }
    }
    pieces
}

/// Columns of a piece that begins at column `used`.
fn columns_at(piece: &Piece<'_>, used: usize) -> usize {
    match piece.kind {
        Kind::Tab => TAB_COLUMNS - used % TAB_COLUMNS,
        _ => piece.columns,
    }
}

/// Where the row that begins at `start` ends, and where the next one begins (nothing when this was the last).
fn row_end(pieces: &[Piece<'_>], start: usize, limit: usize) -> (usize, Option<usize>) {
    let mut used = 0;
    let mut has_text = false;
    // The best place to end this row at: the index at which the next row would begin.
    let mut chance = None;
    for (index, piece) in pieces.iter().enumerate().skip(start) {
        if piece.kind == Kind::LineEnd {
            return (index, Some(index + 1));
        }
        let is_blank = matches!(piece.kind, Kind::Blank | Kind::Tab);
        if piece.kind == Kind::Wide && has_text {
            chance = Some(index);
        }
        used += columns_at(piece, used);
        if used > limit {
            if is_blank && has_text {
                return (index, after_blanks(pieces, index));
            }
            return match chance {
                Some(chance) => (before_blanks(pieces, chance), Some(chance)),
                // Not even one fits: it stands alone, and `row` puts a sign in its place.
                None if index == start => (index + 1, after(pieces, index + 1)),
                None => (index, Some(index)),
            };
        }
        has_text |= !is_blank;
        if has_text && (is_blank || piece.kind == Kind::Wide) {
            chance = after(pieces, index + 1);
        }
    }
    (pieces.len(), None)
}

/// `index`, when there is something.
fn after(pieces: &[Piece<'_>], index: usize) -> Option<usize> {
    (index < pieces.len()).then_some(index)
}

/// `end`, or where the blanks begin that stand before it. There is text before those.
fn before_blanks(pieces: &[Piece<'_>], end: usize) -> usize {
    let is_blank = |piece: &Piece<'_>| matches!(piece.kind, Kind::Blank | Kind::Tab);
    pieces[..end].iter().rposition(|piece| !is_blank(piece)).map_or(end, |last| last + 1)
}

/// The first piece behind the blanks that begin at `index`. A line end right behind them ends this row, not another.
fn after_blanks(pieces: &[Piece<'_>], index: usize) -> Option<usize> {
    let next = pieces[index..].iter().position(|piece| !matches!(piece.kind, Kind::Blank | Kind::Tab))? + index;
    match pieces[next].kind {
        Kind::LineEnd => Some(next + 1),
        _ => Some(next),
    }
}

fn row(pieces: &[Piece<'_>], limit: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let columns = columns_at(piece, used);
        let text: &str = match piece.kind {
            Kind::Tab => &"    "[..columns],
            _ => piece.text,
        };
        let text = if used + columns <= limit {
            used += columns;
            text
        } else if used < limit && !matches!(piece.kind, Kind::Blank | Kind::Tab) {
            used += 1;
            TOO_WIDE
        } else {
            break;
        };
        match spans.last_mut() {
            Some(last) if last.style == piece.style => last.content.to_mut().push_str(text),
            _ => spans.push(Span::styled(text.to_owned(), piece.style)),
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, columns: u16) -> Vec<String> {
        wrap([(text, Style::new())], Columns::all(columns)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_end_between_words() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(rows("the quick  brown", 9), ["the quick", "brown"]);
        assert_eq!(rows("", 9), [""]);
        assert_eq!(rows("exact fit", 9), ["exact fit"]);
    }

    #[test]
    fn words_longer_than_a_row_are_split_between_clusters() {
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn what_was_between_rows_is_known() {
        let joints = |text: &str, columns| {
            let rows = wrap_joined([(text, Style::new())], Columns::all(columns));
            rows.iter().map(|(row, joint)| row.to_string() + joint.text()).collect::<String>()
        };
        assert_eq!(joints("the quick brown\nfox", 10), "the quick brown\nfox\n");
        assert_eq!(joints("abcdefgh ij", 3), "abcdefgh ij\n");
        assert_eq!(joints("日本語", 4), "日本語\n");
    }

    #[test]
    fn columns_of_a_row_are_cut_between_clusters() {
        let row = Line::from("a日本b");
        assert_eq!(columns_between(&row, 0, 3), "a日");
        assert_eq!(columns_between(&row, 2, 6), "日本b");
        assert_eq!(columns_between(&row, 5, 5), "");
    }

    #[test]
    fn the_first_row_may_have_other_columns() {
        let wrapped = wrap([("one two three", Style::new())], Columns { first: 3, rest: 9 });
        assert_eq!(wrapped.iter().map(ToString::to_string).collect::<Vec<_>>(), ["one", "two three"]);
    }

    #[test]
    fn wide_clusters_take_two_columns() {
        assert_eq!(columns_of("日本"), 4);
        assert_eq!(columns_of("❤\u{FE0F}"), 2);
        assert_eq!(columns_of("👨\u{200D}👩\u{200D}👧"), 2);
        assert_eq!(rows("日本語です", 5), ["日本", "語で", "す"]);
        assert_eq!(rows("日", 1), ["·"]);
        assert_eq!(rows("a日b", 1), ["a", "·", "b"]);
    }

    #[test]
    fn line_ends_tabs_and_leading_blanks_are_kept() {
        assert_eq!(rows("a\n\n  b", 9), ["a", "", "  b"]);
        assert_eq!(rows("a\tb", 9), ["a   b"]);
        assert_eq!(rows("word \nnext", 4), ["word", "next"]);
    }

    #[test]
    fn controls_and_reversed_text_are_left_out() {
        assert_eq!(rows("a\u{1b}[31mb\u{7}\u{202e}c", 20), ["a[31mbc"]);
    }

    #[test]
    fn styles_follow_their_text() {
        let (plain, bold) = (Style::new(), Style::new().bold());
        let wrapped = wrap([("see ", plain), ("this word", bold)], Columns::all(8));
        assert_eq!(wrapped[0].spans.len(), 2);
        assert_eq!(wrapped[1].spans, [Span::styled("word", bold)]);
    }

    #[test]
    fn cutting_shows_that_something_is_missing() {
        assert_eq!(cut("général", 20), "général");
        assert_eq!(cut("général", 4), "gén…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("abc", 0), "");
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_its_columns(text in any::<String>(), first in 0u16..40, rest in 0u16..40) {
            for (index, row) in wrap([(&*text, Style::new())], Columns { first, rest }).iter().enumerate() {
                let limit = if index == 0 { first } else { rest };
                prop_assert!(columns_of(&row.to_string()) <= usize::from(limit));
            }
        }

        #[test]
        fn text_is_kept(words in proptest::collection::vec("[a-zé日本語❤ ]{0,9}", 0..9), columns in 2u16..30) {
            let text = words.join(" ");
            let solid = |text: &str| text.chars().filter(|character| *character != ' ').collect::<String>();
            prop_assert_eq!(solid(&rows(&text, columns).concat()), solid(&text));
        }

        #[test]
        fn clusters_are_those_of_the_standard(text in "[a-c \r\n\t~\u{7f}é\u{301}\u{200d}👨👧🇫🇷日❤\u{fe0f}]{0,20}") {
            prop_assert_eq!(Clusters(&text).collect::<Vec<_>>(), text.graphemes(true).collect::<Vec<_>>());
        }

        #[test]
        fn a_cut_text_fits(text in any::<String>(), columns in 0usize..20) {
            prop_assert!(columns_of(&cut(&text, columns)) <= columns);
        }
    }
}

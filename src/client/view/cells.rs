//! Painting into cells: text by clusters, lines, areas that are emptied.
//!
//! Nothing is ever painted outside of the area that was given, whatever the text; nothing here knows the model.

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::wrap::{clusters, columns_of, cut};

/// Paints `text` at (`x`, `y`), at most `columns` wide and never outside of `area`. Returns the column behind it.
pub fn paint(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, columns: usize, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if y < area.top() || y >= area.bottom() || x < area.left() {
        return x;
    }
    let room = usize::from(area.right()).min(usize::from(x) + columns).saturating_sub(usize::from(x));
    if room == 0 {
        return x;
    }
    let first = buffer.index_of(x, y);
    let cells = &mut buffer.content[first..first + room];
    let mut used = 0;
    for (cluster, width) in clusters(text) {
        let Some([cell, covered @ ..]) = cells.get_mut(used..used + width) else { break };
        if let Some((letter, mark)) = voiced(cluster)
            && let [next] = covered
        {
            // For terminals these are two letters of one column each: the one would stay when only the other is overwritten.
            cell.set_symbol(letter).set_style(style);
            next.set_symbol(mark).set_style(style);
            used += width;
            continue;
        }
        cell.set_symbol(cluster).set_style(style);
        for cell in covered {
            cell.reset();
            cell.set_style(style);
        }
        used += width;
    }
    // What is painted lies inside of the area, whose edges have 16 bits.
    x + used as u16
}

/// A halfwidth letter and the halfwidth sound mark behind it, which grapheme clusters join and columns do not.
fn voiced(cluster: &str) -> Option<(&str, &str)> {
    let at = cluster.len().checked_sub('\u{FF9E}'.len_utf8()).filter(|at| *at > 0 && cluster.is_char_boundary(*at))?;
    let (letter, mark) = cluster.split_at(at);
    (matches!(mark, "\u{FF9E}" | "\u{FF9F}") && letter.cell_width() == 1).then_some((letter, mark))
}

/// Paints a row of styled text as [`paint`] does. Returns the column behind it.
pub fn paint_line(buffer: &mut Buffer, area: Rect, x: u16, y: u16, line: &Line<'_>) -> u16 {
    let mut column = x;
    for span in &line.spans {
        let left = usize::from(area.right().saturating_sub(column));
        column = paint(buffer, area, column, y, &span.content, left, line.style.patch(span.style));
    }
    column
}

/// A horizontal line over the whole width of `line`.
pub fn rule(buffer: &mut Buffer, line: Rect, style: Style) {
    let line = line.intersection(buffer.area);
    for y in line.top()..line.bottom() {
        for x in line.left()..line.right() {
            buffer[(x, y)].set_symbol("─").set_style(style);
        }
    }
}

/// A horizontal line with a text in its middle.
pub fn titled_rule(buffer: &mut Buffer, line: Rect, text: &str, style: Style) {
    rule(buffer, line, Style { add_modifier: Modifier::empty(), ..style });
    let text = format!(" {} ", cut(text, usize::from(line.width).saturating_sub(2)));
    let left = usize::from(line.width).saturating_sub(columns_of(&text)) / 2;
    paint(buffer, line, line.x + u16::try_from(left).unwrap_or(0), line.y, &text, usize::from(line.width), style);
}

/// Paints `text` so that it ends at the right edge of `line`; returns the column at which it begins.
pub fn paint_right(buffer: &mut Buffer, line: Rect, text: &str, style: Style) -> u16 {
    let text = cut(text, usize::from(line.width));
    let x = line.right() - u16::try_from(columns_of(&text)).unwrap_or(line.width).min(line.width);
    paint(buffer, line, x, line.y, &text, usize::from(line.width), style);
    x
}

/// A frame with round corners along the edges of `area`.
pub fn frame(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let (left, right) = (area.left(), area.right() - 1);
    let (top, bottom) = (area.top(), area.bottom() - 1);
    rule(buffer, Rect { height: 1, ..area }, style);
    rule(buffer, Rect { y: bottom, height: 1, ..area }, style);
    for y in top..=bottom {
        buffer[(left, y)].set_symbol("│").set_style(style);
        buffer[(right, y)].set_symbol("│").set_style(style);
    }
    for (x, y, corner) in [(left, top, "╭"), (right, top, "╮"), (left, bottom, "╰"), (right, bottom, "╯")] {
        buffer[(x, y)].set_symbol(corner).set_style(style);
    }
}

/// Empties cells. A wide cluster that reaches into them from the left goes as a whole: half of it cannot stay.
pub fn clear(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        let left = area.left().checked_sub(1).filter(|left| *left >= buffer.area.left() && area.width > 0);
        if let Some(left) = left
            && buffer[(left, y)].cell_width() > 1
        {
            buffer[(left, y)].reset();
        }
        for x in area.left()..area.right() {
            buffer[(x, y)].reset();
        }
    }
}

/// A position, when it lies inside of `area`.
pub fn position_in(area: Rect, x: usize, y: usize) -> Option<Position> {
    let position = Position { x: u16::try_from(x).ok()?, y: u16::try_from(y).ok()? };
    area.contains(position).then_some(position)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::picture::changes;

    #[test]
    fn an_emoji_with_a_selector_has_two_columns() {
        let area = Rect::new(0, 0, 6, 1);
        let mut buffer = Buffer::empty(area);
        paint(&mut buffer, area, 0, 0, "ab❤\u{FE0F}cd", 6, Style::new());
        assert_eq!((buffer[(4, 0)].symbol(), buffer[(5, 0)].symbol()), ("c", "d"));
    }

    #[test]
    fn a_halfwidth_sound_mark_has_a_cell_of_its_own() {
        let area = Rect::new(0, 0, 4, 1);
        let mut before = Buffer::empty(area);
        assert_eq!(paint(&mut before, area, 0, 0, "aｶﾞ", 6, Style::new()), 3);
        let mut after = Buffer::empty(area);
        paint(&mut after, area, 0, 0, "a", 6, Style::new());
        assert_eq!(changes(&before, &after).iter().map(|(x, _, _)| *x).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn half_a_wide_cluster_does_not_stay() {
        let area = Rect::new(0, 0, 6, 1);
        let mut buffer = Buffer::empty(area);
        paint(&mut buffer, area, 0, 0, "a日本", 6, Style::new());
        clear(&mut buffer, Rect::new(2, 0, 4, 1));
        assert_eq!(buffer, {
            let mut expected = Buffer::empty(area);
            paint(&mut expected, area, 0, 0, "a", 6, Style::new());
            expected
        });
    }

    proptest! {
        #[test]
        fn painting_stays_inside(text in any::<String>(), x in 0u16..12, columns in 0usize..20) {
            let area = Rect::new(0, 0, 8, 2);
            let mut buffer = Buffer::empty(area);
            prop_assert!(paint(&mut buffer, area, x, 1, &text, columns, Style::new()) <= x.max(8));
        }
    }
}

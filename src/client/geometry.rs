//! Where things are on the screen: computed once for drawing and for the mouse alike, from nothing but sizes.

use super::entry::EntryKey;

/// The columns of the composer's prompt.
pub const PROMPT_COLUMNS: u16 = 2;
/// Below this width there is no list of conversations beside the messages.
const LIST_FROM_COLUMNS: u16 = 60;
/// Below this width there is no list of members beside the messages.
const MEMBERS_FROM_COLUMNS: u16 = 90;

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Its leftmost column.
    pub x: u16,
    /// Its uppermost row.
    pub y: u16,
    /// Its width in columns.
    pub width: u16,
    /// Its height in rows.
    pub height: u16,
}

impl Area {
    /// Whether a cell lies in it.
    pub fn contains(&self, column: u16, row: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&column)
            && (self.y..self.y.saturating_add(self.height)).contains(&row)
    }

    /// Whether it has no cell.
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// The parts of the chat screen. A part for which there is no room is empty. Between two parts side by side lies one
/// column that belongs to neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatAreas {
    /// The conversation's name and topic: one row.
    pub header: Area,
    /// The conversations, one a row.
    pub list: Area,
    /// The messages.
    pub messages: Area,
    /// The members, one a row.
    pub members: Area,
    /// The connection and what else there is to say: one row.
    pub status: Area,
    /// The input box, its prompt included.
    pub composer: Area,
    /// The keys that matter now: one row.
    pub footer: Area,
}

impl ChatAreas {
    /// Divides a screen. `composer_rows` is how many rows the draft would like; `has_members` is whether the
    /// conversation has any to show.
    pub fn divide(columns: u16, rows: u16, composer_rows: usize, has_members: bool) -> Self {
        let footer_rows = u16::from(rows >= 10);
        let status_rows = u16::from(rows >= 3);
        let header_rows = u16::from(rows >= 5);
        let composer_max = (rows / 3).max(1);
        let composer_rows = u16::try_from(composer_rows).unwrap_or(u16::MAX).clamp(1, composer_max).min(rows);
        let body_rows = rows.saturating_sub(footer_rows + status_rows + header_rows + composer_rows);
        let wide = |y: u16, height: u16| Area { x: 0, y, width: columns, height };

        let list_columns = if columns >= LIST_FROM_COLUMNS { (columns / 5).clamp(14, 26) } else { 0 };
        let has_members = has_members && columns >= MEMBERS_FROM_COLUMNS;
        let members_columns = if has_members { (columns / 6).clamp(14, 22) } else { 0 };
        let left = if list_columns > 0 { list_columns + 1 } else { 0 };
        let right = if members_columns > 0 { members_columns + 1 } else { 0 };
        let body = |x: u16, width: u16| Area { x, y: header_rows, width, height: body_rows };
        Self {
            header: wide(0, header_rows),
            list: body(0, list_columns),
            messages: body(left, columns.saturating_sub(left + right)),
            members: body(columns.saturating_sub(members_columns), members_columns),
            status: wide(header_rows + body_rows, status_rows),
            composer: wide(header_rows + body_rows + status_rows, composer_rows),
            footer: wide(rows - footer_rows, footer_rows),
        }
    }

    /// The width for the composer's text.
    pub fn composer_text_columns(columns: u16) -> usize {
        usize::from(columns.saturating_sub(PROMPT_COLUMNS).max(1))
    }
}

/// A row of the message pane as it is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneRow {
    /// The entry that it belongs to.
    pub key: EntryKey,
    /// The row inside of it, those above its text counted as well.
    pub row: usize,
    /// How many rows stand above its text: a day, a quotation.
    pub above: usize,
    /// The column at which its text begins.
    pub text_x: u16,
}

/// What is on the screen where, beyond what sizes tell: the layout pass notes it for the mouse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pane {
    /// Where the messages are written.
    pub area: Area,
    /// Its rows, the last one at its lower edge, upwards.
    pub rows: Vec<PaneRow>,
    /// Where "new below" stands; empty when it does not.
    pub below: Area,
    /// Where "unread above" stands; empty when it does not.
    pub above: Area,
    /// The items of the list that is open, and the first one that is visible.
    pub items: (Area, usize),
}

/// A place in what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The entry.
    pub key: EntryKey,
    /// The row of its text.
    pub row: usize,
    /// The column of its text.
    pub column: usize,
}

impl Pane {
    /// The row above an entry that can be seen, and how far above the pane's last row it stands.
    pub fn row_above(&self, key: EntryKey) -> Option<(&PaneRow, usize)> {
        let index = self.rows.iter().rposition(|row| row.key == key)? + 1;
        Some((self.rows.get(index)?, index))
    }

    /// The row of the pane that a cell lies in.
    pub fn row_at(&self, column: u16, row: u16) -> Option<&PaneRow> {
        if !self.area.contains(column, row) {
            return None;
        }
        self.rows.get(usize::from((self.area.y + self.area.height).checked_sub(row + 1)?))
    }

    /// The place in the text that is nearest to a cell, which may lie outside of the pane.
    pub fn point_at(&self, column: u16, row: u16) -> Option<Point> {
        let bottom = (self.area.y + self.area.height).checked_sub(1)?;
        let top = (bottom + 1).saturating_sub(u16::try_from(self.rows.len()).unwrap_or(u16::MAX));
        let row = row.clamp(top.min(bottom), bottom);
        let found = self.rows.get(usize::from(bottom - row))?;
        let is_above = found.row < found.above;
        let column = if is_above { 0 } else { column.saturating_sub(found.text_x) };
        Some(Point { key: found.key, row: found.row.saturating_sub(found.above), column: usize::from(column) })
    }
}

/// What the mouse has dragged over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drag {
    /// Where the button was pressed.
    pub from: Point,
    /// Where the mouse is.
    pub to: Point,
    /// The button was released: what lies between is wanted.
    pub is_done: bool,
}

/// The first item shown of a list in which item `current` must be visible.
pub fn first_visible(current: usize, count: usize, height: usize) -> usize {
    if count <= height || height == 0 {
        return 0;
    }
    // The current one stands in the middle where that is possible, so that its neighbours can be seen.
    current.saturating_sub(height / 2).min(count - height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_lies_on_the_screen_at_every_size() {
        for columns in 0..140u16 {
            for rows in 0..40u16 {
                for composer_rows in [0, 1, 5, 1000] {
                    let areas = ChatAreas::divide(columns, rows, composer_rows, true);
                    let parts = [
                        areas.header,
                        areas.list,
                        areas.messages,
                        areas.members,
                        areas.status,
                        areas.composer,
                        areas.footer,
                    ];
                    for (index, part) in parts.iter().enumerate() {
                        assert!(part.x + part.width <= columns && part.y + part.height <= rows, "{areas:?}");
                        for other in &parts[index + 1..] {
                            let apart = part.is_empty()
                                || other.is_empty()
                                || part.x + part.width <= other.x
                                || other.x + other.width <= part.x
                                || part.y + part.height <= other.y
                                || other.y + other.height <= part.y;
                            assert!(apart, "{columns}x{rows}: {areas:?}");
                        }
                    }
                    if rows > 0 && columns > 0 {
                        assert!(!areas.composer.is_empty());
                    }
                    if rows >= 3 && columns > 0 {
                        assert!(!areas.messages.is_empty() || rows < 4, "{columns}x{rows}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_current_item_is_always_visible() {
        for count in 1..30 {
            for height in 1..12 {
                for current in 0..count {
                    let first = first_visible(current, count, height);
                    assert!((first..first + height).contains(&current));
                    assert!(first == 0 || first + height <= count);
                }
            }
        }
    }
}

//! What the mouse has dragged over: how it stands out, and its text without anything that is not part of it.

use std::ops::Range;

use super::look::Look;
use super::rows::RowCache;
use super::wrap::{Joint, columns_between, columns_of};
use crate::client::buffer::Buffer;
use crate::client::geometry::{Drag, Point};

/// A stretch of what is said, by the places of entries: (entry, row, column) from the first to the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    from: (usize, usize, usize),
    to: (usize, usize, usize),
}

impl Stretch {
    /// The stretch of a drag; nothing when its entries are gone.
    pub fn of(drag: &Drag, buffer: &Buffer) -> Option<Self> {
        let place = |point: Point| Some((buffer.index_of(point.key)?, point.row, point.column));
        let (one, other) = (place(drag.from)?, place(drag.to)?);
        let (from, to) = if one <= other { (one, other) } else { (other, one) };
        // The cluster under the mouse belongs to it.
        Some(Self { from, to: (to.0, to.1, to.2 + 1) })
    }

    /// The columns of a row that belong to it.
    pub fn columns(&self, index: usize, row: usize) -> Option<Range<usize>> {
        let at = (index, row);
        let (first, last) = ((self.from.0, self.from.1), (self.to.0, self.to.1));
        if at < first || at > last {
            return None;
        }
        let from = if at == first { self.from.2 } else { 0 };
        let to = if at == last { self.to.2 } else { usize::MAX };
        Some(from..to)
    }

    /// Its text: rows that were wrapped are joined again, and there are no times, names or borders in it.
    pub fn text(&self, buffer: &Buffer, cache: &mut RowCache, look: &Look<'_>) -> String {
        let mut text = String::new();
        for (index, entry) in buffer.entries().iter().enumerate().take(self.to.0 + 1).skip(self.from.0) {
            for (row, (line, joint)) in cache.wrapped(entry, look).text().enumerate() {
                let Some(columns) = self.columns(index, row) else { continue };
                let end = columns_of(&line.to_string());
                text.push_str(&columns_between(line, columns.start, columns.end));
                // What ends before the end of its row ends there.
                if columns.end > end || joint == Joint::LineEnd {
                    text.push_str(joint.text());
                }
            }
        }
        text.trim_end().to_owned()
    }
}

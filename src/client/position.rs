//! Which part of a conversation is on the screen.
//!
//! An *anchor* names a row on the screen as (entry, row inside it) and how far above the pane's last row it stands, or nothing
//! when the pane follows the end. New messages below, older ones above, missing ones in between and another width therefore never
//! make the text jump. How many rows an entry takes is the view's business: keys only leave a request, and the layout pass resolves
//! it through [`Position::settle`].

use std::collections::VecDeque;

use super::entry::{Entry, EntryKey};

/// How many rows one request may move at most.
const SCROLL_ROWS_MAX: i64 = 100_000;
/// How many screens one request may move at most.
const SCROLL_PAGES_MAX: i64 = 1_000;

/// What the layout pass found to be visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The index of the entry that holds the last row of the pane.
    pub bottom: usize,
    /// That row, counted from 0 inside the entry (a date separator above the entry counts as its first row).
    pub bottom_row: usize,
    /// Less than one more screen of rows is loaded above: time for [`super::event::Event::TopNear`].
    pub top_near: bool,
}

/// Where the pane is asked to go, until the next layout pass has done it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scroll {
    to: Option<Goal>,
    rows: i64,
    pages: i64,
}

/// A place to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Top,
    Bottom,
    /// As few rows as it takes until all of an entry is visible.
    Visible(EntryKey),
    /// An entry in the upper half, with what was said before it and after it.
    Centred(EntryKey),
}

/// A row on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    key: EntryKey,
    row: usize,
    /// How many rows stand below it in the pane.
    below: usize,
}

/// The position in a conversation.
#[derive(Debug, Default)]
pub struct Position {
    anchor: Option<Anchor>,
    /// What it held on to before the pane became so high, at this height, that there was too little above: it holds on to that
    /// again at another height.
    squeezed: Option<(Anchor, usize)>,
    scroll: Scroll,
    /// The person went down last.
    goes_down: bool,
}

impl Position {
    /// Whether the pane shows the end and goes on with it.
    pub fn follows_end(&self) -> bool {
        self.anchor.is_none() && self.scroll == Scroll::default()
    }

    /// Whether the pane stays where it is when something is added at the end.
    pub fn is_anchored(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether the person reads on downwards.
    pub fn goes_down(&self) -> bool {
        self.goes_down
    }

    /// Asks to move by rows; negative is up.
    pub fn scroll_rows(&mut self, rows: i32) {
        self.goes_down = rows > 0;
        self.scroll.rows = (self.scroll.rows + i64::from(rows)).clamp(-SCROLL_ROWS_MAX, SCROLL_ROWS_MAX);
    }

    /// Asks to move by screens (less one row of context each); negative is up.
    pub fn scroll_pages(&mut self, pages: i32) {
        self.goes_down = pages > 0;
        self.scroll.pages = (self.scroll.pages + i64::from(pages)).clamp(-SCROLL_PAGES_MAX, SCROLL_PAGES_MAX);
    }

    /// Asks for the very top.
    pub fn scroll_to_top(&mut self) {
        self.goes_down = false;
        self.scroll = Scroll { to: Some(Goal::Top), rows: 0, pages: 0 };
    }

    /// Asks for the end, and to go on with it.
    pub fn scroll_to_end(&mut self) {
        self.scroll = Scroll { to: Some(Goal::Bottom), rows: 0, pages: 0 };
    }

    /// Asks that all of an entry can be seen.
    pub fn reveal(&mut self, key: EntryKey) {
        self.scroll = Scroll { to: Some(Goal::Visible(key)), rows: 0, pages: 0 };
    }

    /// Asks for an entry with what stands around it.
    pub fn centre(&mut self, key: EntryKey) {
        self.scroll = Scroll { to: Some(Goal::Centred(key)), rows: 0, pages: 0 };
    }

    /// Holds on to this row, which stands `below` rows above the pane's last one, while something is put in below it. Does
    /// nothing while the pane follows the end.
    pub fn hold(&mut self, key: EntryKey, row: usize, below: usize) {
        if self.anchor.is_some() && self.scroll == Scroll::default() {
            self.anchor = Some(Anchor { key, row, below });
        }
    }

    /// The entry that it holds on to; nothing when it follows the end.
    pub fn anchor(&self) -> Option<EntryKey> {
        self.anchor.map(|anchor| anchor.key)
    }

    /// The entry `gone` is about to go: holds on to the one before it instead, or to the one behind it when it was the first.
    pub fn let_go(&mut self, gone: EntryKey, before: Option<EntryKey>, behind: Option<EntryKey>) {
        let Some(anchor) = self.anchor.as_mut().filter(|anchor| anchor.key == gone) else { return };
        match (before, behind) {
            (Some(before), _) => (anchor.key, anchor.row) = (before, usize::MAX),
            (None, Some(behind)) => (anchor.key, anchor.row) = (behind, 0),
            (None, None) => self.anchor = None,
        }
    }

    /// The layout pass: carries out what the keys asked for and says what is visible in a pane of `height` rows. `rows`
    /// tells how many rows an entry takes (at least 1), given the entry before it. Only entries near the window are asked
    /// about.
    pub fn settle(
        &mut self,
        entries: &VecDeque<Entry>,
        height: usize,
        rows: &mut dyn FnMut(&Entry, Option<&Entry>) -> usize,
    ) -> Window {
        let scroll = std::mem::take(&mut self.scroll);
        if entries.is_empty() {
            self.anchor = None;
            return Window { top_near: true, ..Window::default() };
        }
        let height = height.max(1);
        let mut walk = Walk { entries, rows };
        let end = walk.end();
        let is_asked = scroll != Scroll::default();
        if let Some((anchor, _)) = self.squeezed.take_if(|(_, squeezed)| *squeezed != height)
            && !is_asked
            && entries.iter().any(|entry| entry.key() == anchor.key)
        {
            self.anchor = Some(anchor);
        }
        let index_of = |key: EntryKey| entries.iter().rposition(|entry| entry.key() == key);
        let held = match self.anchor {
            None => end,
            Some(anchor) => match index_of(anchor.key) {
                Some(index) => {
                    let row = anchor.row.min(walk.last_row(index));
                    walk.down(Spot { index, row }, anchor.below.min(height - 1))
                }
                None => Spot { index: 0, row: walk.last_row(0) },
            },
        };
        let mut at = match scroll.to {
            Some(Goal::Top) => walk.down(Spot { index: 0, row: 0 }, height - 1),
            Some(Goal::Bottom) => end,
            Some(Goal::Visible(key)) => index_of(key).map_or(held, |index| walk.reveal(index, held, height)),
            Some(Goal::Centred(key)) => {
                index_of(key).map_or(held, |index| walk.down(Spot { index, row: 0 }, (2 * height / 3).min(height - 1)))
            }
            None => held,
        };
        let page = i64::try_from(height).unwrap_or(i64::MAX).max(2) - 1;
        let delta = scroll.rows.saturating_add(scroll.pages.saturating_mul(page));
        let distance = usize::try_from(delta.unsigned_abs()).unwrap_or(usize::MAX);
        at = match delta {
            0 => at,
            delta if delta > 0 => walk.down(at, distance),
            _ => walk.up(at, distance).0,
        };
        // The top row of the pane never lies above the first entry.
        let (_, missing) = walk.up(at, height - 1);
        let is_displaced = missing > 0;
        if is_displaced {
            at = walk.down(Spot { index: 0, row: 0 }, height - 1);
        }
        let (_, missing) = walk.up(at, 2 * height);
        if is_asked {
            self.squeezed = None;
        } else if is_displaced && let (None, Some(anchor)) = (self.squeezed, self.anchor) {
            // The next layout of this height finds nothing displaced any more, and must not forget it.
            self.squeezed = Some((anchor, height));
        }
        let was_following = self.anchor.is_none();
        let follows = at == end && (is_asked || was_following);
        self.anchor = (!follows).then(|| Anchor { key: entries[at.index].key(), row: at.row, below: 0 });
        Window { bottom: at.index, bottom_row: at.row, top_near: missing > 0 }
    }
}

/// A row: an entry's index and the row inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    index: usize,
    row: usize,
}

/// Walks over rows. The entries are never empty.
struct Walk<'a> {
    entries: &'a VecDeque<Entry>,
    rows: &'a mut dyn FnMut(&Entry, Option<&Entry>) -> usize,
}

impl Walk<'_> {
    fn last_row(&mut self, index: usize) -> usize {
        let before = index.checked_sub(1).map(|before| &self.entries[before]);
        (self.rows)(&self.entries[index], before).max(1) - 1
    }

    fn end(&mut self) -> Spot {
        let index = self.entries.len() - 1;
        Spot { index, row: self.last_row(index) }
    }

    /// Where the pane's last row goes, from `at`, so that all of an entry is visible; its end, when it is higher than the
    /// pane.
    fn reveal(&mut self, index: usize, at: Spot, height: usize) -> Spot {
        let last = Spot { index, row: self.last_row(index) };
        if (last.index, last.row) > (at.index, at.row) {
            return last;
        }
        let (top, _) = self.up(at, height - 1);
        if (index, 0) < (top.index, top.row) {
            return self.down(Spot { index, row: 0 }, height - 1);
        }
        at
    }

    /// `distance` rows further down, or the end.
    fn down(&mut self, mut at: Spot, mut distance: usize) -> Spot {
        loop {
            let left = self.last_row(at.index).saturating_sub(at.row);
            if distance <= left {
                return Spot { row: at.row + distance, ..at };
            }
            if at.index + 1 == self.entries.len() {
                return Spot { row: at.row + left, ..at };
            }
            distance -= left + 1;
            at = Spot { index: at.index + 1, row: 0 };
        }
    }

    /// `distance` rows further up, or the top; and how many rows were missing.
    fn up(&mut self, mut at: Spot, mut distance: usize) -> (Spot, usize) {
        loop {
            if distance <= at.row {
                return (Spot { row: at.row - distance, ..at }, 0);
            }
            let Some(above) = at.index.checked_sub(1) else {
                return (Spot { index: 0, row: 0 }, distance - at.row);
            };
            distance -= at.row + 1;
            at = Spot { index: above, row: self.last_row(above) };
        }
    }
}

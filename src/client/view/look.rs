//! What every part of the picture stands on: its appearance, and the model's rectangles as the screen's.

use ratatui::layout::Rect;

use super::dates::Zone;
use super::theme::Theme;
use crate::client::geometry::Area;
use crate::client::keymap::Keymap;
use crate::client::links::Links;
use crate::ground::texts::Texts;
use crate::proto::caps::CapSet;

/// Narrower message panes use every column.
const INSET_FROM_COLUMNS: u16 = 46;

/// What every part of the picture needs to know about its appearance.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Colours and weights.
    pub theme: Theme,
    /// Whose clock is shown.
    pub zone: Zone,
    /// Everything that is written for a person.
    pub texts: &'a Texts,
    /// The keys.
    pub keymap: &'a Keymap,
    /// What the server at hand offers: nothing is said of what needs more.
    pub caps: CapSet,
    /// What the person is called: where it stands in a text, it stands out.
    pub nick: &'a str,
    /// The links on the screen.
    pub links: &'a Links,
}

/// The model's rectangle as the screen's, within the screen, whose size may have changed since.
pub fn rect(part: Area, screen: Rect) -> Rect {
    Rect { x: part.x, y: part.y, width: part.width, height: part.height }.intersection(screen)
}

/// The part of the message pane that is written on: a wide one keeps a column free at either side.
pub fn inset(pane: Rect) -> Rect {
    if pane.width < INSET_FROM_COLUMNS { pane } else { Rect { x: pane.x + 1, width: pane.width - 2, ..pane } }
}

//! Links in texts: where they are, and how cells name them.
//!
//! A terminal is told of a link by a sequence around its cells (OSC 8). Cells have no room for one, and the screen's diff must
//! notice when a cell becomes part of a link: so a link's cells have its number as the colour of an underline that is never
//! drawn, and the backend looks the number up here. All rows of a link have one number: they are one link for the terminal.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use linkify::{LinkFinder, LinkKind};
use ratatui::style::Color;

/// How many links are known; when there are more, all are forgotten, and those that are drawn again are known again.
const LINKS_MAX: usize = 10_000;
/// The longest link that the terminal is told; longer ones are text.
const LINK_BYTES_MAX: usize = 2_000;
/// What a link may begin with.
const SCHEMES: &[&str] = &["http", "https", "ftp", "gemini", "irc", "ircs", "mailto"];

/// Where the links of a text are, and where each leads.
pub fn find(text: &str) -> Vec<(Range<usize>, String)> {
    // Most texts have none, and looking for a colon is quick.
    if !text.contains([':', '@']) {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let is_known = |link: &str| {
        let scheme = link.split(':').next().unwrap_or_default();
        let is_plain = !link.contains(|c: char| c.is_control() || c.is_whitespace());
        is_plain && SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) && link.len() <= LINK_BYTES_MAX
    };
    let links = finder.links(text).filter(|link| is_known(link.as_str()));
    links.map(|link| (link.start()..link.end(), link.as_str().to_owned())).collect()
}

/// The links on the screen by their numbers. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Links(Rc<RefCell<HashMap<u32, Rc<str>>>>);

impl Links {
    /// The number of a link, as a colour.
    pub fn color(&self, link: &str) -> Color {
        let mut known = self.0.borrow_mut();
        if known.len() >= LINKS_MAX {
            known.clear();
        }
        // The same on every run; two links of one number are one too many in sixteen million.
        let hash = link.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let number = (hash >> 8) ^ (hash & 0xff);
        known.insert(number, link.into());
        let [_, red, green, blue] = number.to_be_bytes();
        Color::Rgb(red, green, blue)
    }

    /// The link of a cell, by the colour of its underline.
    pub fn of(&self, color: Color) -> Option<(u32, Rc<str>)> {
        let Color::Rgb(red, green, blue) = color else { return None };
        let number = u32::from_be_bytes([0, red, green, blue]);
        self.0.borrow().get(&number).map(|link| (number, link.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_ends_the_sequence_that_it_stands_in() {
        for steering in ["\u{1b}\\", "\u{7}", "\u{9c}", "\r\n", "\u{9b}2J"] {
            for (_, link) in find(&format!("https://a.example/{steering}b https://{steering}.example/")) {
                assert!(!link.contains(char::is_control), "{link:?}");
            }
        }
    }

    #[test]
    fn links_end_where_people_mean_them_to() {
        let found = |text: &str| find(text).into_iter().map(|(_, link)| link).collect::<Vec<_>>();
        assert_eq!(found("see https://example.org/a_(b), or not"), ["https://example.org/a_(b)"]);
        assert_eq!(found("(http://example.org/x?y=1#z)."), ["http://example.org/x?y=1#z"]);
        assert_eq!(found("javascript:alert(1) file:///etc/passwd nothing: here"), [""; 0]);
        assert_eq!(find("é https://é.example/ü"), [(3..24, "https://é.example/ü".to_owned())]);
    }

    #[test]
    fn a_link_is_found_by_its_colour() {
        let links = Links::default();
        let color = links.color("https://example.org/");
        assert_eq!(color, links.color("https://example.org/"));
        assert_eq!(&*links.of(color).unwrap().1, "https://example.org/");
        assert!(links.of(Color::Reset).is_none());
        assert!(links.of(Color::Rgb(1, 2, 3)).is_none());
    }
}

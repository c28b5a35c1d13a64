//! Colours and weights: one sober theme that stands on the terminal's own foreground and background.
//!
//! No colour carries a meaning alone: marks, words and weights say the same, so that `NO_COLOR` and monochrome terminals
//! lose nothing. Nothing here reads the environment but [`Theme::from_environment`].

use ratatui::style::{Color, Modifier, Style};

/// Authors' colours on a terminal with 256 colours: middle lightness, legible on dark and on light backgrounds.
const AUTHORS_256: [u8; 16] = [32, 28, 30, 68, 64, 62, 98, 99, 133, 136, 137, 161, 166, 168, 130, 170];
/// Authors' colours on a terminal with 16 colours, without red (errors) and without the greys.
const AUTHORS_16: [Color; 5] = [Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan];

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// `NO_COLOR` or a monochrome terminal: weights alone.
    None,
    /// The 16 colours of the terminal's own palette.
    Sixteen,
    /// 256 colours or more.
    Many,
}

/// The styles of everything on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    depth: Depth,
}

impl Theme {
    /// The theme for so many colours.
    pub fn new(depth: Depth) -> Self {
        Self { depth }
    }

    /// What the environment says: `NO_COLOR` (any value but the empty one), `COLORTERM`, `TERM`.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self::new(depth_of(&variable("NO_COLOR"), &variable("COLORTERM"), &variable("TERM")))
    }

    /// Whether there are colours at all.
    pub fn has_color(self) -> bool {
        self.depth != Depth::None
    }

    /// How many colours there are.
    pub fn depth(self) -> Depth {
        self.depth
    }

    /// Code inside of a text.
    pub fn code(self) -> Style {
        match self.depth {
            Depth::None => self.strong(),
            _ => self.color(73, Color::Cyan),
        }
    }

    fn color(self, many: u8, sixteen: Color) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::Sixteen => Style::new().fg(sixteen),
            Depth::Many => Style::new().fg(Color::Indexed(many)),
        }
    }

    /// Ordinary text: the terminal's own colours.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Text that must stand out: names of things, headings.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Secondary text: times, hints, what is over.
    pub fn dim(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            Depth::Sixteen => Style::new().fg(Color::DarkGray),
            Depth::Many => Style::new().fg(Color::Indexed(244)),
        }
    }

    /// Lines and borders.
    pub fn line(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            Depth::Sixteen => Style::new().fg(Color::DarkGray),
            Depth::Many => Style::new().fg(Color::Indexed(240)),
        }
    }

    /// The one colour of the house: the current tab, the focused field's mark, keys.
    pub fn accent(self) -> Style {
        self.color(38, Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What went well.
    pub fn good(self) -> Style {
        self.color(71, Color::Green)
    }

    /// What needs attention but is not an error.
    pub fn warning(self) -> Style {
        self.color(172, Color::Yellow)
    }

    /// What failed.
    pub fn error(self) -> Style {
        self.color(167, Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What is chosen in a list.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The count of unread messages.
    pub fn unread(self) -> Style {
        self.color(172, Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// Somebody's name: the same colour for the same name, always.
    pub fn author(self, name: &str) -> Style {
        let hash = fnv(&name.to_lowercase());
        // The remainder is below the table's length, whatever the width of `usize`.
        let pick = |length: usize| (hash % length as u64) as usize;
        match self.depth {
            Depth::None => self.strong(),
            Depth::Sixteen => Style::new().fg(AUTHORS_16[pick(AUTHORS_16.len())]),
            Depth::Many => Style::new().fg(Color::Indexed(AUTHORS_256[pick(AUTHORS_256.len())])),
        }
    }
}

fn depth_of(no_color: &str, color_term: &str, term: &str) -> Depth {
    if !no_color.is_empty() || term == "dumb" || term.starts_with("vt1") || term.ends_with("-m") {
        Depth::None
    } else if !color_term.is_empty() || term.contains("256") || is_modern(term) {
        Depth::Many
    } else {
        Depth::Sixteen
    }
}

/// Terminals with all colours whose name does not say so.
fn is_modern(term: &str) -> bool {
    ["kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"].iter().any(|name| term.contains(name))
}

/// FNV-1a: the same on every machine and in every version, which the standard library's hasher does not promise.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_wins() {
        assert_eq!(depth_of("1", "truecolor", "xterm-256color"), Depth::None);
        assert_eq!(depth_of("", "truecolor", "xterm"), Depth::Many);
        assert_eq!(depth_of("", "", "xterm-256color"), Depth::Many);
        assert_eq!(depth_of("", "", "linux"), Depth::Sixteen);
        assert_eq!(depth_of("", "", "dumb"), Depth::None);
    }

    #[test]
    fn without_colour_no_style_has_one() {
        let theme = Theme::new(Depth::None);
        for style in [theme.dim(), theme.line(), theme.accent(), theme.error(), theme.unread(), theme.author("ann")] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn a_name_keeps_its_colour() {
        let theme = Theme::new(Depth::Many);
        assert_eq!(theme.author("Romain"), theme.author("romain"));
        let names = ["ann", "bob", "cid", "dan", "eve", "fay"];
        let colours: std::collections::HashSet<_> = names.iter().map(|name| theme.author(name).fg).collect();
        assert!(colours.len() > 2);
    }
}

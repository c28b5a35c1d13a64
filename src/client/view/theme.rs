//! Colours and weights: sober themes that stand on the terminal's own foreground and background.
//!
//! No colour carries a meaning alone: marks, words and weights say the same, so that `NO_COLOR` and monochrome terminals
//! lose nothing. Nothing here reads the environment but [`Depth::from_environment`].

use ratatui::style::{Color, Modifier, Style};

use crate::client::preferences::{Colors, Role, ThemeName};

/// Colours that depend on what they stand on, as indexes into the 256 colours.
#[derive(Debug, PartialEq, Eq)]
struct Palette {
    /// In the order of [`Role::ALL`]; `None` is the terminal's own colour.
    roles: [Option<u8>; 6],
    authors: &'static [u8],
}

/// On a background that is not known: middle lightness, legible on dark and on light ones.
const ANY: Palette = Palette {
    roles: [Some(244), Some(240), Some(38), Some(71), Some(172), Some(167)],
    authors: &[32, 28, 30, 68, 64, 62, 98, 99, 133, 136, 137, 161, 166, 168, 130, 170],
};
/// On a dark one: a contrast of 4.5 or more with what is nearly black.
const DARK: Palette = Palette {
    roles: [Some(246), Some(240), Some(38), Some(71), Some(214), Some(203)],
    authors: &[210, 208, 143, 106, 107, 71, 72, 36, 74, 110, 146, 141, 177, 176, 212, 211],
};
/// On a light one: a contrast of 4.5 or more with white.
const LIGHT: Palette = Palette {
    roles: [Some(242), Some(250), Some(25), Some(28), Some(130), Some(160)],
    authors: &[124, 94, 58, 22, 24, 25, 57, 92, 126, 125],
};
/// With strong contrasts on a dark one: 7 or more with black.
const STRONG_DARK: Palette = Palette {
    roles: [None, None, Some(51), Some(46), Some(226), Some(210)],
    authors: &[210, 179, 143, 112, 76, 40, 41, 42, 44, 111, 146, 183, 213, 212, 211],
};
/// With strong contrasts on a light one: 7 or more with white.
const STRONG_LIGHT: Palette = Palette {
    roles: [None, None, Some(18), Some(22), Some(52), Some(124)],
    authors: &[124, 22, 23, 21, 56, 91, 90, 89],
};

/// What the terminal writes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// It has not said.
    #[default]
    Unknown,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

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
    palette: &'static Palette,
    own: Colors,
}

impl Theme {
    /// The theme for so many colours, on whatever background.
    pub fn new(depth: Depth) -> Self {
        Self { depth, palette: &ANY, own: Colors::default() }
    }

    /// The theme that the person wants, as far as the terminal has colours for it.
    pub fn wanted(terminal: Depth, name: ThemeName, own: Colors, background: Background) -> Self {
        let depth = match (terminal, name) {
            (Depth::None, _) | (_, ThemeName::Plain) => Depth::None,
            (_, ThemeName::Sixteen) => Depth::Sixteen,
            (depth, _) => depth,
        };
        let palette = match (name, background) {
            (ThemeName::Dark, _) | (ThemeName::Auto, Background::Dark) => &DARK,
            (ThemeName::Light, _) | (ThemeName::Auto, Background::Light) => &LIGHT,
            (ThemeName::HighContrast, Background::Light) => &STRONG_LIGHT,
            (ThemeName::HighContrast, _) => &STRONG_DARK,
            _ => &ANY,
        };
        Self { depth, palette, own }
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
            _ => self.color(Role::Accent, Color::Cyan),
        }
    }

    fn color(self, role: Role, sixteen: Color) -> Style {
        if self.depth == Depth::None {
            return Style::new();
        }
        if let Some(own) = self.own.get(role) {
            return Style::new().fg(own);
        }
        match (self.depth, self.palette.roles[role as usize]) {
            (Depth::Many, Some(index)) => Style::new().fg(Color::Indexed(index)),
            (Depth::Many, None) => Style::new(),
            _ => Style::new().fg(sixteen),
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
        self.quiet(Role::Dim)
    }

    /// Lines and borders.
    pub fn line(self) -> Style {
        self.quiet(Role::Line)
    }

    fn quiet(self, role: Role) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.color(role, Color::DarkGray),
        }
    }

    /// The one colour of the house: the current tab, the focused field's mark, keys.
    pub fn accent(self) -> Style {
        self.color(Role::Accent, Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What went well.
    pub fn good(self) -> Style {
        self.color(Role::Good, Color::Green)
    }

    /// What needs attention but is not an error.
    pub fn warning(self) -> Style {
        self.color(Role::Warning, Color::Yellow)
    }

    /// What failed.
    pub fn error(self) -> Style {
        self.color(Role::Error, Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What is chosen in a list.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The count of unread messages.
    pub fn unread(self) -> Style {
        self.warning().add_modifier(Modifier::BOLD)
    }

    /// Somebody's name: the same colour for the same name, always.
    pub fn author(self, name: &str) -> Style {
        let hash = fnv(&name.to_lowercase());
        // The remainder is below the table's length, whatever the width of `usize`.
        let pick = |length: usize| (hash % length as u64) as usize;
        match self.depth {
            Depth::None => self.strong(),
            Depth::Sixteen => Style::new().fg(AUTHORS_16[pick(AUTHORS_16.len())]),
            Depth::Many => Style::new().fg(Color::Indexed(self.palette.authors[pick(self.palette.authors.len())])),
        }
    }
}

impl Depth {
    /// What the environment says: `NO_COLOR` (any value but the empty one), `COLORTERM`, `TERM`.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        depth_of(&variable("NO_COLOR"), &variable("COLORTERM"), &variable("TERM"))
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

    /// The contrast of two colours (WCAG 2.2, "contrast ratio").
    fn contrast(index: u8, other: [u8; 3]) -> f64 {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let rgb = match index {
            232.. => [8 + 10 * (index - 232); 3],
            _ => {
                let cube = usize::from(index - 16);
                [STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6]]
            }
        };
        let luminance = |rgb: [u8; 3]| {
            let linear = rgb.map(|part| f64::from(part) / 255.0).map(|part| match part {
                ..=0.03928 => part / 12.92,
                part => ((part + 0.055) / 1.055).powf(2.4),
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (one, two) = (luminance(rgb), luminance(other));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    #[test]
    fn what_is_written_can_be_read() {
        const NEARLY_BLACK: [u8; 3] = [0x1e; 3];
        for (palette, background, least) in [
            (&DARK, NEARLY_BLACK, 4.5),
            (&LIGHT, [255; 3], 4.5),
            (&STRONG_DARK, [0; 3], 7.0),
            (&STRONG_LIGHT, [255; 3], 7.0),
        ] {
            let lines = Role::Line as usize;
            let roles = palette.roles.iter().enumerate().filter(|(place, _)| *place != lines);
            for index in roles.filter_map(|(_, index)| *index).chain(palette.authors.iter().copied()) {
                let found = contrast(index, background);
                assert!(found >= least, "{index}: {found:.1} on {background:?}");
            }
        }
    }

    #[test]
    fn the_person_and_the_terminal_choose_together() {
        let own = {
            let mut own = Colors::default();
            own.set(Role::Accent, Color::Rgb(1, 2, 3));
            own
        };
        let theme = |depth, name, background| Theme::wanted(depth, name, own, background);
        assert_eq!(theme(Depth::Many, ThemeName::Auto, Background::Light).dim().fg, Some(Color::Indexed(242)));
        assert_eq!(theme(Depth::Many, ThemeName::Auto, Background::Unknown).dim().fg, Some(Color::Indexed(244)));
        assert_eq!(theme(Depth::Many, ThemeName::Dark, Background::Light).dim().fg, Some(Color::Indexed(246)));
        assert_eq!(theme(Depth::Many, ThemeName::Sixteen, Background::Dark).good().fg, Some(Color::Green));
        assert_eq!(theme(Depth::Many, ThemeName::Light, Background::Dark).accent().fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(
            theme(Depth::None, ThemeName::Light, Background::Dark).accent().fg,
            None,
            "NO_COLOR stands above all"
        );
        assert_eq!(theme(Depth::Many, ThemeName::HighContrast, Background::Dark).dim().fg, None);
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

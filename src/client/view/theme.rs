//! Colours and weights: sober themes that stand on the terminal's own foreground and background.
//!
//! No colour carries a meaning alone: marks, words and weights say the same, so that `NO_COLOR` and monochrome terminals
//! lose nothing. Nothing here reads the environment but [`Depth::from_environment`].

use ratatui::style::{Color, Modifier, Style};

use super::authors::{self, Surface};
use crate::client::preferences::{Colors, Role, ThemeName};

/// Colours of the roles, as indexes into the 256 colours, in the order of [`Role::ALL`]; `None` is the terminal's own colour.
type Roles = [Option<u8>; 6];

/// In the order of [`Surface`]. On both black and white there is no red and no clear blue of contrast 4.5: where the background is
/// not known, what stands out by them is bold.
const ROLES: [Roles; 5] = [
    [Some(243), Some(240), Some(32), Some(28), Some(130), Some(160)],
    [Some(246), Some(240), Some(38), Some(71), Some(214), Some(203)],
    [Some(242), Some(250), Some(25), Some(28), Some(130), Some(160)],
    [None, None, Some(51), Some(46), Some(226), Some(210)],
    [None, None, Some(18), Some(22), Some(52), Some(124)],
];

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

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// `NO_COLOR` or a monochrome terminal: weights alone.
    None,
    /// The 16 colours of the terminal's own palette.
    Sixteen,
    /// 256 colours.
    Many,
    /// All that 24 bits can name.
    True,
}

/// The styles of everything on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    depth: Depth,
    surface: Surface,
    own: Colors,
}

impl Theme {
    /// The theme for so many colours, on whatever background.
    pub fn new(depth: Depth) -> Self {
        Self { depth, surface: Surface::Any, own: Colors::default() }
    }

    /// The theme that the person wants, as far as the terminal has colours for it.
    pub fn wanted(terminal: Depth, name: ThemeName, own: Colors, background: Background) -> Self {
        let depth = match (terminal, name) {
            (Depth::None, _) | (_, ThemeName::Plain) => Depth::None,
            (_, ThemeName::Sixteen) => Depth::Sixteen,
            (depth, _) => depth,
        };
        let surface = match (name, background) {
            (ThemeName::Dark, _) | (ThemeName::Auto, Background::Dark) => Surface::Dark,
            (ThemeName::Light, _) | (ThemeName::Auto, Background::Light) => Surface::Light,
            (ThemeName::HighContrast, Background::Light) => Surface::StrongLight,
            (ThemeName::HighContrast, _) => Surface::StrongDark,
            _ => Surface::Any,
        };
        Self { depth, surface, own }
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
        match ROLES[self.surface as usize][role as usize] {
            _ if self.depth < Depth::Many => Style::new().fg(sixteen),
            Some(index) => Style::new().fg(Color::Indexed(index)),
            None => Style::new(),
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

    /// What is chosen: one even bar in the terminal's own colours, whatever stood there before. Reversed, colours of words would
    /// be patches of background, and what is dim a weaker bar.
    pub fn selected(self) -> Style {
        let own = Style::new().fg(Color::Reset).bg(Color::Reset);
        own.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM)
    }

    /// The count of unread messages.
    pub fn unread(self) -> Style {
        self.warning().add_modifier(Modifier::BOLD)
    }

    /// Somebody's name: the same colour for the same name, always.
    pub fn author(self, name: &str) -> Style {
        match self.depth {
            Depth::None => self.strong(),
            Depth::Sixteen => authors::sixteen(name),
            Depth::Many => authors::indexed(name, self.surface),
            Depth::True => Style::new().fg(authors::exact(name, self.surface)),
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
    } else if ["truecolor", "24bit"].contains(&color_term) || term.ends_with("-direct") || is_modern(term) {
        Depth::True
    } else if !color_term.is_empty() || term.contains("256") {
        Depth::Many
    } else {
        Depth::Sixteen
    }
}

/// Terminals with all colours whose name does not say so.
fn is_modern(term: &str) -> bool {
    ["kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"].iter().any(|name| term.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_wins() {
        assert_eq!(depth_of("1", "truecolor", "xterm-256color"), Depth::None);
        assert_eq!(depth_of("", "truecolor", "xterm"), Depth::True);
        assert_eq!(depth_of("", "", "xterm-kitty"), Depth::True);
        assert_eq!(depth_of("", "yes", "xterm"), Depth::Many);
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
    fn the_person_and_the_terminal_choose_together() {
        let own = {
            let mut own = Colors::default();
            own.set(Role::Accent, Color::Rgb(1, 2, 3));
            own
        };
        let theme = |depth, name, background| Theme::wanted(depth, name, own, background);
        assert_eq!(theme(Depth::Many, ThemeName::Auto, Background::Light).dim().fg, Some(Color::Indexed(242)));
        assert_eq!(theme(Depth::Many, ThemeName::Auto, Background::Unknown).dim().fg, Some(Color::Indexed(243)));
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
}

//! What a person prefers, as the configuration file writes it: theme, colours, by what and of what to be told.

use ratatui::style::Color;

use super::keymap::Keymap;

/// The colours of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// As the terminal's background wants it: the terminal is asked.
    #[default]
    Auto,
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// Strong contrasts, no grey.
    HighContrast,
    /// The terminal's own sixteen colours.
    Sixteen,
    /// None.
    Plain,
}

impl ThemeName {
    /// All, with their names in the file.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("high-contrast", Self::HighContrast),
        ("16", Self::Sixteen),
        ("none", Self::Plain),
    ];
}

/// What a conversation calls the person for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Each message.
    All,
    /// Messages that name the person, and what is said to nobody else.
    #[default]
    Mentions,
    /// Nothing.
    None,
}

impl Level {
    /// All, with their names in the file and in `/notify`.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("all", Self::All), ("mentions", Self::Mentions), ("none", Self::None)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

/// By what the person is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The bell, and what the terminal is known to understand; on a desktop without such a terminal, the desktop's own way.
    Auto,
    /// The terminal's bell.
    Bell,
    /// The sequence OSC 9 (iTerm2, `WezTerm`, Ghostty, Windows Terminal).
    Osc9,
    /// The sequence OSC 777 (urxvt, foot, Ghostty, VTE).
    Osc777,
    /// The sequence OSC 99 (kitty, foot).
    Osc99,
    /// The program `notify-send`.
    Desktop,
}

impl Way {
    /// All, with their names in the file.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("bell", Self::Bell),
        ("osc9", Self::Osc9),
        ("osc777", Self::Osc777),
        ("osc99", Self::Osc99),
        ("desktop", Self::Desktop),
    ];
}

/// What on the screen has a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Times, hints, what is over.
    Dim,
    /// Lines and borders.
    Line,
    /// The colour of the house.
    Accent,
    /// What went well.
    Good,
    /// What needs attention; unread messages.
    Warning,
    /// What failed.
    Error,
}

impl Role {
    /// All, with their names in the file. The order is that of [`Colors`].
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("dim", Self::Dim),
        ("line", Self::Line),
        ("accent", Self::Accent),
        ("good", Self::Good),
        ("warning", Self::Warning),
        ("error", Self::Error),
    ];
}

/// Colours of the person's own, in the place of the theme's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colors([Option<Color>; 6]);

impl Colors {
    /// The one for a role, when there is one.
    pub fn get(&self, role: Role) -> Option<Color> {
        self.0[role as usize]
    }

    /// Takes one.
    pub fn set(&mut self, role: Role, color: Color) {
        self.0[role as usize] = Some(color);
    }
}

/// What of the settings can change while the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The keys.
    pub keymap: Keymap,
    /// The theme.
    pub theme: ThemeName,
    /// Colours in the place of the theme's.
    pub colors: Colors,
    /// What conversations call the person for.
    pub notify: Level,
    /// By what the person is called.
    pub notify_by: Vec<Way>,
    /// The window gets a title.
    pub title: bool,
    /// After so many minutes without a key the person is away; 0 for never.
    pub away_after_minutes: u64,
    /// Others are told while the person writes.
    pub typing: bool,
    /// What opens a link.
    pub open_with: Option<String>,
}

/// What opens a link where nothing else is said: whatever the desktop opens it with.
pub const OPEN_WITH_AUTO: &str = "auto";

/// What stands in a table of names behind this name.
pub fn named<Value: Copy>(table: &[(&str, Value)], name: &str) -> Option<Value> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// A colour as the file writes it: `"#rrggbb"`, a name such as `"light blue"`, or a number of the 256.
pub fn color(value: &toml::Value) -> Option<Color> {
    match value {
        toml::Value::Integer(number) => u8::try_from(*number).ok().map(Color::Indexed),
        toml::Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_as_people_write_them() {
        assert_eq!(color(&toml::Value::String("#ff8000".into())), Some(Color::Rgb(255, 128, 0)));
        assert_eq!(color(&toml::Value::String("light blue".into())), Some(Color::LightBlue));
        assert_eq!(color(&toml::Value::Integer(200)), Some(Color::Indexed(200)));
        assert_eq!(color(&toml::Value::Integer(300)), None);
        assert_eq!(color(&toml::Value::String("no colour".into())), None);
    }

    #[test]
    fn roles_have_places_of_their_own() {
        let mut colors = Colors::default();
        for (index, (_, role)) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, index);
            colors.set(*role, Color::Indexed(index as u8));
        }
        assert_eq!(colors.get(Role::Error), Some(Color::Indexed(5)));
    }
}

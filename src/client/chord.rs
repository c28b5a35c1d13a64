//! Keys with their modifiers: brought into one form, written for a person, and read from a configuration.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::ground::texts::Texts;

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    /// The key. Letters are lower case.
    pub code: KeyCode,
    /// The modifiers; Shift is never among them for characters.
    pub modifiers: KeyModifiers,
}

impl Chord {
    /// The key that was pressed, brought into the form that the table has.
    pub fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::Char(character) => {
                modifiers.remove(KeyModifiers::SHIFT);
                if modifiers.is_empty() {
                    KeyCode::Char(character)
                } else {
                    KeyCode::Char(character.to_ascii_lowercase())
                }
            }
            KeyCode::BackTab => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            other => other,
        };
        Self { code, modifiers }
    }

    /// How a person reads it: `Ctrl-N`, `Alt-↑`, `F1`.
    pub fn name(self, texts: &Texts) -> String {
        let mut name = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            name.push_str("Ctrl-");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            name.push_str("Alt-");
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            name.push_str(&texts.get("key-shift"));
            name.push('-');
        }
        match self.code {
            KeyCode::Char(' ') => name.push_str(&texts.get("key-space")),
            // With a modifier it is a key, without one it is what it writes.
            KeyCode::Char(character) if self.modifiers.is_empty() => name.push(character),
            KeyCode::Char(character) => name.extend(character.to_uppercase()),
            KeyCode::F(number) => name.push_str(&format!("F{number}")),
            KeyCode::Up => name.push('↑'),
            KeyCode::Down => name.push('↓'),
            KeyCode::Left => name.push('←'),
            KeyCode::Right => name.push('→'),
            KeyCode::BackTab => {
                name.push_str(&texts.get("key-shift"));
                name.push_str("-Tab");
            }
            KeyCode::Tab => name.push_str("Tab"),
            KeyCode::Enter => name.push_str(&texts.get("key-enter")),
            KeyCode::Esc => name.push_str(&texts.get("key-escape")),
            KeyCode::Backspace => name.push_str(&texts.get("key-backspace")),
            KeyCode::Delete => name.push_str(&texts.get("key-delete")),
            KeyCode::Home => name.push_str(&texts.get("key-home")),
            KeyCode::End => name.push_str(&texts.get("key-end")),
            KeyCode::PageUp => name.push_str(&texts.get("key-page-up")),
            KeyCode::PageDown => name.push_str(&texts.get("key-page-down")),
            other => name.push_str(&format!("{other}")),
        }
        name
    }

    /// Reads a key as a configuration writes it: `ctrl-k`, `alt-enter`, `shift-up`, `f5`; nothing when it is none. Case does not
    /// matter.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text.as_str();
        let named = [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)];
        while let Some((prefix, modifier)) =
            named.iter().find(|(prefix, _)| rest.len() > prefix.len() && rest.starts_with(prefix))
        {
            modifiers |= *modifier;
            rest = &rest[prefix.len()..];
        }
        let code = match NAMES.iter().find(|(name, _)| *name == rest) {
            Some((_, code)) => *code,
            None => match (rest.strip_prefix('f').and_then(|number| number.parse().ok()), rest.chars().next()) {
                (Some(number @ 1..=24), _) => KeyCode::F(number),
                (_, Some(character)) if rest.chars().nth(1).is_none() => KeyCode::Char(character),
                _ => return None,
            },
        };
        Some(Self::of(KeyEvent::new(code, modifiers)))
    }
}

/// What configurations call the keys that are no characters.
const NAMES: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("escape", KeyCode::Esc),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("page-up", KeyCode::PageUp),
    ("page-down", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(modifiers: KeyModifiers, code: KeyCode) -> Option<Chord> {
        Some(Chord { code, modifiers })
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
        assert_eq!(Chord::parse("Ctrl-K"), chord(KeyModifiers::CONTROL, KeyCode::Char('k')));
        assert_eq!(Chord::parse("alt-/"), chord(KeyModifiers::ALT, KeyCode::Char('/')));
        assert_eq!(Chord::parse("ctrl--"), chord(KeyModifiers::CONTROL, KeyCode::Char('-')));
        assert_eq!(Chord::parse("shift-up"), chord(KeyModifiers::SHIFT, KeyCode::Up));
        assert_eq!(Chord::parse("shift-tab"), chord(KeyModifiers::NONE, KeyCode::BackTab));
        assert_eq!(Chord::parse("f12"), chord(KeyModifiers::NONE, KeyCode::F(12)));
        assert_eq!(Chord::parse("f"), chord(KeyModifiers::NONE, KeyCode::Char('f')));
        for text in ["", "ctrl-", "hyper-k", "f0", "f99", "up-up"] {
            assert_eq!(Chord::parse(text), None, "{text}");
        }
    }
}

//! A message's text as runs of one style each: the formatting codes that IRC clients have put into texts since mIRC.
//!
//! Specification: "IRC Formatting" (modern.ircdocs.horse/formatting). The codes themselves never reach a cell.

use ratatui::style::{Color, Modifier, Style};

const BOLD: char = '\u{02}';
const COLOR: char = '\u{03}';
const HEX_COLOR: char = '\u{04}';
const RESET: char = '\u{0F}';
const MONOSPACE: char = '\u{11}';
const REVERSE: char = '\u{16}';
const ITALIC: char = '\u{1D}';
const STRIKE: char = '\u{1E}';
const UNDERLINE: char = '\u{1F}';

/// mIRC's first sixteen colours in the terminal's own palette.
const COLORS: [Color; 16] = [
    Color::White,
    Color::Black,
    Color::Blue,
    Color::Green,
    Color::LightRed,
    Color::Red,
    Color::Magenta,
    Color::Yellow,
    Color::LightYellow,
    Color::LightGreen,
    Color::Cyan,
    Color::LightCyan,
    Color::LightBlue,
    Color::LightMagenta,
    Color::DarkGray,
    Color::Gray,
];

/// Cuts `text` into runs. Colours are left out when `with_color` is false; weights are kept.
pub fn runs(text: &str, base: Style, with_color: bool) -> Vec<(&str, Style)> {
    let mut runs = Vec::new();
    let mut style = base;
    let mut rest = text;
    while let Some(at) = rest.find(is_code) {
        let (before, coded) = rest.split_at(at);
        if !before.is_empty() {
            runs.push((before, style));
        }
        let mut characters = coded.chars();
        let code = characters.next();
        rest = characters.as_str();
        match code {
            Some(BOLD) => style = toggled(style, Modifier::BOLD),
            Some(ITALIC) => style = toggled(style, Modifier::ITALIC),
            Some(UNDERLINE) => style = toggled(style, Modifier::UNDERLINED),
            Some(STRIKE) => style = toggled(style, Modifier::CROSSED_OUT),
            Some(REVERSE) => style = toggled(style, Modifier::REVERSED),
            Some(RESET) => style = base,
            Some(COLOR) => {
                let (colored, after) = color(rest, style, base);
                rest = after;
                style = if with_color { colored } else { style };
            }
            Some(HEX_COLOR) => rest = skip_hex(rest),
            // A terminal's text has one width already.
            _ => {}
        }
    }
    if !rest.is_empty() {
        runs.push((rest, style));
    }
    runs
}

fn is_code(character: char) -> bool {
    matches!(character, BOLD | COLOR | HEX_COLOR | RESET | MONOSPACE | REVERSE | ITALIC | STRIKE | UNDERLINE)
}

fn toggled(style: Style, modifier: Modifier) -> Style {
    if style.add_modifier.contains(modifier) { style.remove_modifier(modifier) } else { style.add_modifier(modifier) }
}

/// `N`, `NN`, `N,M` … behind a colour code; without a number both colours end. Numbers beyond 15 keep the text's colour.
fn color(text: &str, style: Style, base: Style) -> (Style, &str) {
    let (foreground, rest) = number(text);
    let Some(foreground) = foreground else {
        return (Style { fg: base.fg, bg: base.bg, ..style }, text);
    };
    let style = Style { fg: COLORS.get(foreground).copied().or(base.fg), ..style };
    if let Some(after_comma) = rest.strip_prefix(',')
        && let (Some(background), rest) = number(after_comma)
    {
        return (Style { bg: COLORS.get(background).copied().or(base.bg), ..style }, rest);
    }
    (style, rest)
}

/// A number of at most two digits.
fn number(text: &str) -> (Option<usize>, &str) {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (number.parse().ok(), rest)
}

/// `RRGGBB` and perhaps `,RRGGBB`: read past, not shown.
fn skip_hex(text: &str) -> &str {
    fn six(text: &str) -> Option<&str> {
        let is_hex = text.len() >= 6 && text.as_bytes()[..6].iter().all(u8::is_ascii_hexdigit);
        is_hex.then(|| &text[6..])
    }
    let Some(rest) = six(text) else { return text };
    rest.strip_prefix(',').and_then(six).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        runs(text, Style::new(), false).into_iter().map(|(run, _)| run).collect()
    }

    #[test]
    fn codes_become_styles() {
        let base = Style::new();
        let bold = base.add_modifier(Modifier::BOLD);
        assert_eq!(runs("a\u{2}b\u{2}c", base, true)[1], ("b", bold));
        assert_eq!(runs("\u{3}4,1red\u{3} no", base, true)[0], ("red", base.fg(Color::LightRed).bg(Color::Black)));
        assert_eq!(runs("\u{3}4,1red\u{3} no", base, true)[1], (" no", base));
        assert_eq!(runs("\u{3}4red", base, false), [("red", base)]);
        assert_eq!(runs("\u{2}\u{1d}both\u{f}none", base, true)[1], ("none", base));
    }

    #[test]
    fn codes_vanish_from_the_text() {
        assert_eq!(plain("\u{2}a\u{3}12,3b\u{3},c\u{4}ff0000,00ff00d\u{11}e"), "ab,cde");
        assert_eq!(plain("\u{3}123"), "3");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[a-f0-9,é\u{2}\u{3}\u{4}\u{f}]*") {
            prop_assert!(!plain(&text).contains(is_code));
        }
    }
}

//! A message's text as runs of one style each: the formatting codes that IRC clients have put into texts since mIRC.
//!
//! Specification: "IRC Formatting" (modern.ircdocs.horse/formatting). The codes themselves never reach a cell.

use ratatui::style::{Color, Modifier, Style};

use super::theme::Depth;

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

/// The colours 16 to 98, which mIRC has added later, by their numbers among a terminal's 256.
const MORE_COLORS: [u8; 83] = [
    52, 94, 100, 58, 22, 29, 23, 24, 17, 54, 53, 89, 88, 130, 142, 64, 28, 35, 30, 25, 18, 91, 90, 125, 124, 166, 184,
    106, 34, 49, 37, 33, 19, 129, 127, 161, 196, 208, 226, 154, 46, 86, 51, 75, 21, 171, 201, 198, 203, 215, 227, 191,
    83, 122, 87, 111, 63, 177, 207, 205, 217, 223, 229, 193, 157, 158, 159, 153, 147, 183, 219, 212, 16, 233, 235, 237,
    239, 241, 244, 247, 250, 254, 231,
];

/// Cuts `text` into runs. Colours are those that so many allow; weights are kept.
pub fn runs(text: &str, base: Style, depth: Depth) -> Vec<(&str, Style)> {
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
                let (colored, after) = color(rest, style, base, depth);
                rest = after;
                style = if depth == Depth::None { style } else { colored };
            }
            Some(HEX_COLOR) => {
                let (colored, after) = hex(rest, style, base);
                rest = after;
                style = if depth >= Depth::Many { colored } else { style };
            }
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

/// The colour of a number; nothing for 99 and what else is no colour.
fn palette(number: usize, depth: Depth) -> Option<Color> {
    let more = || MORE_COLORS.get(number.checked_sub(COLORS.len())?).map(|index| Color::Indexed(*index));
    COLORS.get(number).copied().or_else(|| if depth >= Depth::Many { more() } else { None })
}

/// `N`, `NN`, `N,M` … behind a colour code; without a number both colours end. 99 is the text's own colour.
fn color(text: &str, style: Style, base: Style, depth: Depth) -> (Style, &str) {
    let (foreground, rest) = number(text);
    let Some(foreground) = foreground else {
        return (Style { fg: base.fg, bg: base.bg, ..style }, text);
    };
    let style = Style { fg: palette(foreground, depth).or(base.fg), ..style };
    if let Some(after_comma) = rest.strip_prefix(',')
        && let (Some(background), rest) = number(after_comma)
    {
        return (Style { bg: palette(background, depth).or(base.bg), ..style }, rest);
    }
    (style, rest)
}

/// A number of at most two digits.
fn number(text: &str) -> (Option<usize>, &str) {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (number.parse().ok(), rest)
}

/// `RRGGBB` and perhaps `,RRGGBB` behind a colour code; without it both colours end.
fn hex(text: &str, style: Style, base: Style) -> (Style, &str) {
    let Some((foreground, rest)) = six(text) else {
        return (Style { fg: base.fg, bg: base.bg, ..style }, text);
    };
    let style = Style { fg: Some(foreground), ..style };
    match rest.strip_prefix(',').and_then(six) {
        Some((background, rest)) => (Style { bg: Some(background), ..style }, rest),
        None => (style, rest),
    }
}

/// Six hexadecimal digits as the nearest colour of the cube that terminals with 256 colours have.
fn six(text: &str) -> Option<(Color, &str)> {
    let digits = text.get(..6).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    // The cube's steps are 0, 95, 135, 175, 215, 255.
    let step = |part: u8| {
        if part < 48 {
            0
        } else if part < 115 {
            1
        } else {
            (part - 35) / 40
        }
    };
    Some((Color::Indexed(16 + 36 * step(red) + 6 * step(green) + step(blue)), &text[6..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        runs(text, Style::new(), Depth::None).into_iter().map(|(run, _)| run).collect()
    }

    #[test]
    fn codes_become_styles() {
        let base = Style::new();
        let bold = base.add_modifier(Modifier::BOLD);
        assert_eq!(runs("a\u{2}b\u{2}c", base, Depth::Many)[1], ("b", bold));
        assert_eq!(
            runs("\u{3}4,1red\u{3} no", base, Depth::Many)[0],
            ("red", base.fg(Color::LightRed).bg(Color::Black))
        );
        assert_eq!(runs("\u{3}4,1red\u{3} no", base, Depth::Many)[1], (" no", base));
        assert_eq!(runs("\u{3}4red", base, Depth::None), [("red", base)]);
        assert_eq!(runs("\u{2}\u{1d}both\u{f}none", base, Depth::Many)[1], ("none", base));
    }

    #[test]
    fn later_colours_need_256() {
        let base = Style::new();
        assert_eq!(runs("\u{3}52x", base, Depth::Many)[0].1, base.fg(Color::Indexed(196)));
        assert_eq!(runs("\u{3}52x", base, Depth::Sixteen)[0].1, base);
        assert_eq!(runs("\u{3}99x", base, Depth::Many)[0].1, base);
        assert_eq!(
            runs("\u{4}ff0000,0000ffx", base, Depth::Many)[0].1,
            base.fg(Color::Indexed(196)).bg(Color::Indexed(21))
        );
        assert_eq!(runs("\u{4}ff0000x", base, Depth::Sixteen), [("x", base)]);
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

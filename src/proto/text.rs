//! What people write: made safe to show, CTCP in and out, and long texts cut into messages.
//!
//! Specifications: Modern IRC, "Formatting" (the codes that are stripped) and "CTCP"; UAX #9 (characters that turn the
//! direction of text), UAX #29 (grapheme clusters). A text from the network is never shown as it came: a control character could
//! steer the terminal, an override could make a line say something else than it says.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

const BOLD: char = '\u{02}';
const COLOR: char = '\u{03}';
const HEX_COLOR: char = '\u{04}';
const RESET: char = '\u{0f}';
const MONOSPACE: char = '\u{11}';
const REVERSE: char = '\u{16}';
const ITALIC: char = '\u{1d}';
const STRIKETHROUGH: char = '\u{1e}';
const UNDERLINE: char = '\u{1f}';
const CTCP_DELIMITER: char = '\u{01}';

/// A text without its formatting: bold, colours and the like, with the digits that belong to them.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_format) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_format) {
        out.push_str(&rest[..at]);
        let mut characters = rest[at..].chars();
        let code = characters.next();
        rest = match code {
            Some(COLOR) => after_colors(characters.as_str(), 1, 2, |digit| digit.is_ascii_digit()),
            Some(HEX_COLOR) => after_colors(characters.as_str(), 6, 6, |digit| digit.is_ascii_hexdigit()),
            _ => characters.as_str(),
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_format(character: char) -> bool {
    matches!(character, BOLD | COLOR | HEX_COLOR | RESET | MONOSPACE | REVERSE | ITALIC | STRIKETHROUGH | UNDERLINE)
}

/// What stands behind `<digits>[,<digits>]`, where so many digits make a colour. Without a foreground there is no background,
/// and a comma without digits behind it is text.
fn after_colors(text: &str, digits_min: usize, digits_max: usize, is_digit: impl Fn(&u8) -> bool) -> &str {
    // Digits are ASCII, so the cuts are between characters.
    let digits = |text: &str| text.bytes().take(digits_max).take_while(|byte| is_digit(byte)).count();
    let foreground = digits(text);
    if foreground < digits_min {
        return text;
    }
    let rest = &text[foreground..];
    match rest.strip_prefix(',').map(|behind| (behind, digits(behind))) {
        Some((behind, background)) if background >= digits_min => &behind[background..],
        _ => rest,
    }
}

/// Characters that never reach a screen: controls, and what embeds, overrides or isolates a direction.
fn is_unsafe(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that cannot be seen, or not as what they are: in a name they would make two names look the same.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A message, topic or reason as it may be shown and stored: without controls, direction overrides and isolates. Tabs and line
/// separators become blanks. Joiners stay, since emoji and several scripts need them. Strip the formatting first, see
/// [`plain`], or the digits of colours stay behind.
pub fn clean_message(text: &str) -> Cow<'_, str> {
    let is_blank = |character| matches!(character, '\t' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !text.contains(|character| is_unsafe(character) || is_blank(character)) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter(|character| is_blank(*character) || !is_unsafe(*character));
    Cow::Owned(kept.map(|character| if is_blank(character) { ' ' } else { character }).collect())
}

/// A name as it may be shown, whoever it comes from: without controls, direction marks, and characters that cannot be seen.
pub fn clean_name(text: &str) -> Cow<'_, str> {
    let is_bad =
        |character| is_unsafe(character) || is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}');
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| !is_bad(*character)).collect())
}

/// A message as a person sees it: formatting stripped, then cleaned.
pub fn shown(text: &str) -> Cow<'_, str> {
    match plain(text) {
        Cow::Borrowed(text) => clean_message(text),
        Cow::Owned(text) => Cow::Owned(clean_message(&text).into_owned()),
    }
}

/// A CTCP message: a command within a PRIVMSG (a query) or a NOTICE (a reply).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ctcp<'a> {
    /// The command; compare without regard to ASCII case.
    pub command: &'a str,
    /// What stands behind it.
    pub params: &'a str,
}

impl<'a> Ctcp<'a> {
    /// Reads the body of a message; nothing when it is ordinary text. The closing delimiter may be missing.
    pub fn parse(body: &'a str) -> Option<Self> {
        let inner = body.strip_prefix(CTCP_DELIMITER)?;
        let inner = inner.strip_suffix(CTCP_DELIMITER).unwrap_or(inner);
        let (command, params) = inner.split_once(' ').unwrap_or((inner, ""));
        (!command.is_empty()).then_some(Self { command, params })
    }

    /// Whether it is an ACTION: `/me`, which is not a query but a way of talking.
    pub fn is_action(&self) -> bool {
        self.command.eq_ignore_ascii_case("ACTION")
    }
}

impl std::fmt::Display for Ctcp<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let blank = if self.params.is_empty() { "" } else { " " };
        write!(formatter, "{CTCP_DELIMITER}{}{blank}{}{CTCP_DELIMITER}", self.command, self.params)
    }
}

/// The bytes that [`action`] adds to a text.
pub const ACTION_BYTES: usize = "\u{1}ACTION \u{1}".len();

/// The body of a message that says what its author does: `/me waves`.
pub fn action(text: &str) -> String {
    Ctcp { command: "ACTION", params: text }.to_string()
}

/// What the author of this body does, when it is an ACTION.
pub fn action_text(body: &str) -> Option<&str> {
    Ctcp::parse(body).filter(Ctcp::is_action).map(|ctcp| ctcp.params)
}

/// How many bytes of text fit in `:<source> <command> <target> :<text>` CR LF, so that no server on the way need cut it.
pub fn body_bytes_left(source: &str, command: &str, target: &str, line_bytes_max: usize) -> usize {
    let frame =
        ":".len() + source.len() + " ".len() + command.len() + " ".len() + target.len() + " :".len() + "\r\n".len();
    line_bytes_max.saturating_sub(frame)
}

/// The longest character of UTF-8: the smallest budget that makes sense.
const CHARACTER_BYTES_MAX: usize = 4;

/// Cuts a text into parts of at most `bytes_max` bytes (at least 4). Joined, they are the text. A cut is behind a blank when there is
/// one in the second half of the part, else between two grapheme clusters; only a cluster that is longer than a whole
/// part is itself cut. An empty text has no parts.
pub fn split_text(text: &str, bytes_max: usize) -> Vec<&str> {
    let bytes_max = bytes_max.max(CHARACTER_BYTES_MAX);
    let mut parts = Vec::new();
    let mut start = 0;
    let mut behind_blank = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let end = at + cluster.len();
        while end - start > bytes_max {
            let cut = if behind_blank > start + bytes_max / 2 {
                behind_blank
            } else if at > start {
                at
            } else {
                // The cluster alone is too long: a character is never cut.
                (start + 1..=start + bytes_max).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(end)
            };
            parts.push(&text[start..cut]);
            start = cut;
        }
        if cluster == " " {
            behind_blank = end;
        }
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formatting_is_stripped_with_its_digits() {
        for (text, stripped) in [
            ("nothing to do", "nothing to do"),
            ("\u{2}bold\u{2} \u{1d}it\u{1f}un\u{1e}st\u{11}mo\u{16}re\u{f}", "bold itunstmore"),
            ("\u{3}4red", "red"),
            ("\u{3}04,12both", "both"),
            ("\u{3}412", "2"),
            ("\u{3}", ""),
            ("\u{3}end", "end"),
            ("\u{3},4text", ",4text"),
            ("\u{3}4,text", ",text"),
            ("\u{3}4,5,6", ",6"),
            ("\u{3}4\u{2}5", "5"),
            ("\u{4}FF00ffhex", "hex"),
            ("\u{4}FF00ff,00ff00hex", "hex"),
            ("\u{4}FF00fhex", "FF00fhex"),
            ("\u{3}é", "é"),
        ] {
            assert_eq!(plain(text), stripped, "{text:?}");
        }
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean_message("plain é 🦀"), "plain é 🦀");
        assert_eq!(clean_message("a\u{1b}[31mb\u{9b}2Jc\rd\u{7f}"), "a[31mb2Jcd");
        assert_eq!(clean_message("a\tb\u{2028}c"), "a b c");
        assert_eq!(clean_message("evil\u{202e}gnp.exe\u{2066}x\u{2069}"), "evilgnp.exex");
        assert_eq!(clean_message("👩\u{200d}💻 می\u{200c}خواهم"), "👩\u{200d}💻 می\u{200c}خواهم");
        assert_eq!(shown("\u{3}04red\u{1b}"), "red");
        assert_eq!(clean_name("a\u{200b}n\u{feff}n\u{202e}\u{2028}\u{e0041}\u{3164}"), "ann");
        assert_eq!(clean_name("Élodie名前"), "Élodie名前");
        assert!(matches!(clean_name("ann"), Cow::Borrowed("ann")));
    }

    #[test]
    fn ctcp_is_told_from_text() {
        for (body, command, params) in [
            ("\u{1}ACTION waves\u{1}", "ACTION", "waves"),
            ("\u{1}action  two blanks ", "action", " two blanks "),
            ("\u{1}VERSION\u{1}", "VERSION", ""),
            ("\u{1}PING 1 2\u{1}", "PING", "1 2"),
        ] {
            assert_eq!(Ctcp::parse(body), Some(Ctcp { command, params }), "{body:?}");
        }
        for body in ["", "text", "\u{1}", "\u{1}\u{1}", "\u{1} x\u{1}", "x\u{1}ACTION y\u{1}"] {
            assert_eq!(Ctcp::parse(body), None, "{body:?}");
        }
        assert_eq!(action("waves"), "\u{1}ACTION waves\u{1}");
        assert_eq!(action("waves").len(), ACTION_BYTES + "waves".len());
        assert_eq!(action_text("\u{1}ACTION waves\u{1}"), Some("waves"));
        assert_eq!(action_text("\u{1}VERSION\u{1}"), None);
        assert_eq!(Ctcp { command: "VERSION", params: "" }.to_string(), "\u{1}VERSION\u{1}");
    }

    #[test]
    fn long_texts_are_cut_behind_blanks() {
        assert_eq!(split_text("", 10), Vec::<&str>::new());
        assert_eq!(split_text("short", 10), ["short"]);
        assert_eq!(split_text("one two three four", 10), ["one two ", "three four"]);
        assert_eq!(split_text("a bcdefghijklmno", 10), ["a bcdefghi", "jklmno"]);
        assert_eq!(split_text("ééééé", 5), ["éé", "éé", "é"]);
        assert_eq!(split_text("e\u{301}e\u{301}e\u{301}", 7), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(split_text("🦀🦀", 0), ["🦀", "🦀"]);
        // One cluster of 18 bytes in parts of 8.
        assert_eq!(split_text("👩\u{200d}👩\u{200d}👧", 8), ["👩\u{200d}", "👩\u{200d}", "👧"]);
    }

    #[test]
    fn the_budget_counts_the_whole_line() {
        let left = body_bytes_left("ann!ann@cloak", "PRIVMSG", "#tea", 512);
        let line = format!(":ann!ann@cloak PRIVMSG #tea :{}\r\n", "x".repeat(left));
        assert_eq!(line.len(), 512);
        assert_eq!(body_bytes_left("a", "PRIVMSG", &"t".repeat(600), 512), 0);
    }

    proptest! {
        #[test]
        fn parts_are_the_text_within_the_budget(
            text in "[a-c é名\u{301}\u{200d}👩🇫🇷 ]{0,80}|\\PC{0,60}",
            bytes_max in 0usize..40,
        ) {
            let parts = split_text(&text, bytes_max);
            prop_assert_eq!(parts.concat(), text.as_str());
            let budget = bytes_max.max(CHARACTER_BYTES_MAX);
            let clusters: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
            let mut end = 0;
            for part in parts {
                prop_assert!(!part.is_empty() && part.len() <= budget);
                end += part.len();
                let is_between = end == text.len() || clusters.iter().any(|(at, _)| *at == end);
                let is_in_a_huge_one =
                    clusters.iter().any(|(at, cluster)| *at < end && end < at + cluster.len() && cluster.len() > budget);
                prop_assert!(is_between || is_in_a_huge_one, "cut at {}", end);
            }
        }

        #[test]
        fn nothing_unsafe_is_left(text in "[\u{0}-\u{ff}\u{2000}-\u{206f}0-9,a-f]{0,40}") {
            prop_assert!(!shown(&text).contains(is_unsafe));
            prop_assert!(!clean_name(&text).contains(|character| is_unsafe(character) || is_invisible(character)));
            let stripped = plain(&text).into_owned();
            prop_assert!(!stripped.contains(is_format));
            prop_assert_eq!(plain(&stripped), stripped.as_str());
        }

        #[test]
        fn actions_round_trip(text in "[^\u{1}]{1,20}") {
            let body = action(&text);
            prop_assert_eq!(action_text(&body), Some(text.as_str()));
        }
    }
}

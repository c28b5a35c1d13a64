//! A sober part of Markdown, as people write it in chats: `code`, fenced code, **bold**, *italic*.
//!
//! Only what is surely meant is taken as such: a sign opens before a word and closes behind one, words_with_signs stay as they
//! are, and in links nothing is looked for. What is between fences or backquotes is shown as it is.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

/// Cuts a text into runs of one style each; the signs are left out. `links` are the places that are not looked into.
pub fn runs(text: &str, base: Style, code: Style, links: &[Range<usize>]) -> Vec<(Range<usize>, Style)> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        if text[at..end].trim_start().starts_with("```")
            && let Some((inner, next)) = fence(text, at, end)
        {
            push(&mut runs, inner, base.patch(code));
            at = next;
            continue;
        }
        line(text, at..end, base, code, links, &mut runs);
        at = end;
    }
    runs
}

/// The lines between the fence that ends at `end` and the next one, and where the text goes on.
fn fence(text: &str, at: usize, end: usize) -> Option<(Range<usize>, usize)> {
    // A fence and its end on one line is no block.
    if end >= text.len() || text[at..end].trim().matches("```").count() > 1 {
        return None;
    }
    let mut start = end;
    while start < text.len() {
        let stop = text[start..].find('\n').map_or(text.len(), |stop| start + stop + 1);
        if text[start..stop].trim() == "```" {
            // The line end before the fence belongs to it, unless something comes behind.
            let inner = if stop >= text.len() { end..start.saturating_sub(1).max(end) } else { end..start };
            return Some((inner, stop));
        }
        start = stop;
    }
    None
}

fn push(runs: &mut Vec<(Range<usize>, Style)>, range: Range<usize>, style: Style) {
    if !range.is_empty() {
        runs.push((range, style));
    }
}

/// The signs, the longer ones first.
const SIGNS: &[(&str, Modifier)] =
    &[("**", Modifier::BOLD), ("~~", Modifier::CROSSED_OUT), ("*", Modifier::ITALIC), ("_", Modifier::ITALIC)];

fn line(
    text: &str,
    range: Range<usize>,
    base: Style,
    code: Style,
    links: &[Range<usize>],
    runs: &mut Vec<(Range<usize>, Style)>,
) {
    let (mut at, mut from) = (range.start, range.start);
    while at < range.end {
        if let Some(link) = links.iter().find(|link| link.contains(&at)) {
            at = link.end.min(range.end);
            continue;
        }
        let rest = &text[at..range.end];
        if let Some(behind) = rest.strip_prefix('\\') {
            // The sign behind it is meant as it stands, as in ¯\_(ツ)_/¯.
            at += 1 + behind.chars().next().filter(char::is_ascii_punctuation).map_or(0, char::len_utf8);
            continue;
        }
        if rest.starts_with('`') {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let inner = at + ticks;
            let close = text[inner..range.end].find(&rest[..ticks]).filter(|close| *close > 0);
            if let Some(close) = close {
                push(runs, from..at, base);
                push(runs, inner..inner + close, base.patch(code));
                at = inner + close + ticks;
                from = at;
            } else {
                at = inner;
            }
            continue;
        }
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        if let Some((sign, modifier)) = sign
            && let Some(close) = closing(text, at, range.end, sign, links)
        {
            push(runs, from..at, base);
            let inner = at + sign.len()..close;
            line(text, inner, base.add_modifier(*modifier), code, links, runs);
            at = close + sign.len();
            from = at;
            continue;
        }
        at += sign.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), |(sign, _)| sign.len());
    }
    push(runs, from..range.end, base);
}

/// Where the sign that stands at `at` is closed, when it opens something there.
fn closing(text: &str, at: usize, end: usize, sign: &str, links: &[Range<usize>]) -> Option<usize> {
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let inner = at + sign.len();
    let first = text[inner..end].chars().next()?;
    if is_word(text[..at].chars().next_back()) || first.is_whitespace() || sign.starts_with(first) {
        return None;
    }
    let mut from = inner;
    while let Some(found) = text[from..end].find(sign) {
        let close = from + found;
        let behind = close + sign.len();
        let last = text[..close].chars().next_back();
        let next = text[behind..end].chars().next();
        let is_end = close > inner
            && !last.is_some_and(|last| last.is_whitespace() || last == '\\' || sign.starts_with(last))
            && !is_word(next)
            && !next.is_some_and(|next| sign.starts_with(next));
        if is_end && !links.iter().any(|link| link.contains(&close)) {
            return Some(close);
        }
        from = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<(&str, &'static str)> {
        let code = Style::new().add_modifier(Modifier::DIM);
        let links: Vec<_> = crate::client::links::find(text).into_iter().map(|(range, _)| range).collect();
        let name = |style: Style| match style.add_modifier {
            modifier if modifier.contains(Modifier::DIM) => "code",
            modifier if modifier == Modifier::BOLD | Modifier::ITALIC => "both",
            Modifier::BOLD => "bold",
            Modifier::ITALIC => "italic",
            Modifier::CROSSED_OUT => "struck",
            _ => "",
        };
        runs(text, Style::new(), code, &links).into_iter().map(|(range, style)| (&text[range], name(style))).collect()
    }

    #[test]
    fn what_is_meant_is_shown() {
        assert_eq!(shown("a **b c** d"), [("a ", ""), ("b c", "bold"), (" d", "")]);
        assert_eq!(shown("*b* _c_ ~~d~~"), [("b", "italic"), (" ", ""), ("c", "italic"), (" ", ""), ("d", "struck")]);
        assert_eq!(shown("**a *b* c**"), [("a ", "bold"), ("b", "both"), (" c", "bold")]);
        assert_eq!(shown("run `a * b` now"), [("run ", ""), ("a * b", "code"), (" now", "")]);
        assert_eq!(shown("``a`b``"), [("a`b", "code")]);
    }

    #[test]
    fn what_is_not_meant_stays() {
        for text in [
            "2 * 3 * 4",
            "snake_case_name",
            "a ** b",
            "*",
            "**",
            "`",
            "``",
            "_ _",
            "x*y*z",
            "****",
            "* item",
            "¯\\_(ツ)_/¯",
            "\\*a*",
            "*a\\*",
            "\\`a`",
            "\\",
        ] {
            assert_eq!(shown(text).iter().map(|(run, _)| *run).collect::<String>(), text);
        }
        let link = "https://example.org/_a_*b*";
        assert_eq!(shown(link), [(link, "")]);
    }

    #[test]
    fn fenced_code_is_shown_as_it_is() {
        let text = "so:\n```rust\nfn *a*() {\n    b\n}\n```\nand *more*";
        assert_eq!(shown(text), [("so:\n", ""), ("fn *a*() {\n    b\n}\n", "code"), ("and ", ""), ("more", "italic")]);
        assert_eq!(shown("```\na\n```"), [("a", "code")]);
        assert_eq!(shown("```\nnever closed"), [("```\n", ""), ("never closed", "")]);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[a *_`~\\\\\n\u{e9}x:/.]{0,60}") {
            let mut end = 0;
            for (range, _) in runs(&text, Style::new(), Style::new(), &[]) {
                prop_assert!(range.start >= end && text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
                end = range.end;
            }
            prop_assert!(end <= text.len());
        }
    }
}

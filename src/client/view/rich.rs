//! A message's text with everything that stands out in it: formatting, Markdown, links, the person's own name.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::look::Look;
use super::{format, markdown};
use crate::client::links;

/// Cuts a text into runs of one style each.
pub fn runs(text: &str, base: Style, has_mention: bool, look: &Look<'_>) -> Vec<(String, Style)> {
    let coded = format::runs(text, base, look.theme.depth());
    let plain: String = coded.iter().map(|(run, _)| *run).collect();
    let found = links::find(&plain);
    let ranges: Vec<Range<usize>> = found.iter().map(|(range, _)| range.clone()).collect();
    let styled: Vec<(Range<usize>, Style)> = match coded.as_slice() {
        // Who formats by codes means them, and not the signs of Markdown.
        [(run, style)] if run.len() == text.len() => markdown::runs(&plain, *style, look.theme.code(), &ranges),
        coded => {
            let mut start = 0;
            let place = |(run, style): &(&str, Style)| {
                start += run.len();
                (start - run.len()..start, *style)
            };
            coded.iter().map(place).collect()
        }
    };
    let mut over: Vec<(Range<usize>, Style)> = Vec::new();
    for (range, link) in found {
        let style = Style::new().add_modifier(Modifier::UNDERLINED).underline_color(look.links.color(&link));
        over.push((range, style));
    }
    if has_mention {
        let style = look.theme.warning().add_modifier(Modifier::BOLD);
        over.extend(names(&plain, look.nick).map(|range| (range, style)));
    }
    styled.into_iter().flat_map(|(range, style)| cut(&plain, range, style, &over)).collect()
}

/// A run, cut where something begins or ends that lies over it.
fn cut(text: &str, range: Range<usize>, style: Style, over: &[(Range<usize>, Style)]) -> Vec<(String, Style)> {
    let inside = |edge: &usize| range.start < *edge && *edge < range.end;
    let mut edges: Vec<usize> = over.iter().flat_map(|(over, _)| [over.start, over.end]).filter(inside).collect();
    edges.extend([range.start, range.end]);
    edges.sort_unstable();
    edges.dedup();
    let piece = |pair: &[usize]| {
        let covering = over.iter().filter(|(over, _)| over.start <= pair[0] && pair[1] <= over.end);
        let style = covering.fold(style, |style, (_, patch)| style.patch(*patch));
        (text[pair[0]..pair[1]].to_owned(), style)
    };
    edges.windows(2).map(piece).collect()
}

/// Where a name stands in a text as a word of its own, whatever its case.
fn names(text: &str, name: &str) -> impl Iterator<Item = Range<usize>> {
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let starts = text.char_indices().map(|(start, _)| start);
    starts.filter_map(move |start| {
        let end = start + name.len();
        let candidate = text.get(start..end).filter(|candidate| !name.is_empty() && same(candidate, name))?;
        let is_alone = !is_word(text[..start].chars().next_back()) && !is_word(text[end..].chars().next());
        is_alone.then_some(start..start + candidate.len())
    })
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_their_own() {
        let found = |text: &str| names(text, "ann").collect::<Vec<_>>();
        assert_eq!(found("Ann: joann annual ann"), [0..3, 18..21]);
        assert_eq!(names("é", "").count(), 0);
        assert_eq!(names("É, là", "é").next(), Some(0..2));
    }

    #[test]
    fn runs_are_cut_where_something_lies_over_them() {
        let link = Style::new().add_modifier(Modifier::UNDERLINED);
        let pieces = cut("see this one", 0..12, Style::new(), &[(4..8, link)]);
        let texts: Vec<_> = pieces.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["see ", "this", " one"]);
        assert_eq!(pieces[1].1, link);
    }
}

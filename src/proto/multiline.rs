//! Messages of several lines: a text into the lines that carry it, and lines into the text that they are.
//!
//! Specification: IRCv3 `draft/multiline`. A text holds its line breaks as line feeds; a line of the wire either begins a new
//! line of the text or goes on with the one before it (`draft/multiline-concat`).

/// The type of the batch.
pub const BATCH_TYPE: &str = "draft/multiline";
/// The tag of a line that goes on with the one before it.
pub const CONCAT_TAG: &str = "draft/multiline-concat";

/// What one line of the wire carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text; empty for a blank line.
    pub text: String,
    /// Whether it goes on with the line before it.
    pub is_concat: bool,
}

impl Part {
    /// A line of its own.
    pub fn line(text: &str) -> Self {
        Self { text: text.to_owned(), is_concat: false }
    }

    /// How many bytes it adds to a text that has so many parts already.
    pub fn bytes_behind(&self, parts: usize) -> usize {
        self.text.len() + usize::from(parts > 0 && !self.is_concat)
    }
}

/// The text that the parts are.
pub fn join(parts: &[Part]) -> String {
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 && !part.is_concat {
            text.push('\n');
        }
        text.push_str(&part.text);
    }
    text
}

/// A text as parts of at most `bytes_max` bytes. A line that is longer is cut behind a blank where there is one, else between
/// characters; a single character that is longer by itself stands alone.
pub fn split(text: &str, bytes_max: usize) -> Vec<Part> {
    text.split('\n').flat_map(|line| fit(&Part::line(line), bytes_max)).collect()
}

/// One part as parts that fit.
pub fn fit(part: &Part, bytes_max: usize) -> Vec<Part> {
    let (mut parts, mut rest, mut is_concat) = (Vec::new(), part.text.as_str(), part.is_concat);
    loop {
        let (head, tail) = rest.split_at(cut_at(rest, bytes_max));
        parts.push(Part { text: head.to_owned(), is_concat });
        if tail.is_empty() {
            return parts;
        }
        (rest, is_concat) = (tail, true);
    }
}

/// Where a line is cut so that its beginning fits.
fn cut_at(line: &str, bytes_max: usize) -> usize {
    if line.len() <= bytes_max {
        return line.len();
    }
    let fits = |end: &usize| *end <= bytes_max;
    let between_words = line.match_indices(' ').map(|(at, _)| at + 1).take_while(fits).last();
    let between_characters = || line.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(fits).last();
    let first = || line.chars().next().map_or(0, char::len_utf8);
    between_words.or_else(between_characters).unwrap_or_else(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(parts: &[Part]) -> Vec<(&str, bool)> {
        parts.iter().map(|part| (part.text.as_str(), part.is_concat)).collect()
    }

    #[test]
    fn lines_make_a_text() {
        let parts = [Part::line("hello"), Part::line("how is "), Part { text: "everyone?".into(), is_concat: true }];
        assert_eq!(join(&parts), "hello\nhow is everyone?");
        assert_eq!(join(&[Part::line(""), Part::line("a"), Part::line("")]), "\na\n");
        assert_eq!(parts[1].bytes_behind(1), 8);
        assert_eq!(parts[2].bytes_behind(2), 9);
        assert_eq!(parts[0].bytes_behind(0), 5);
    }

    #[test]
    fn long_lines_are_cut_between_words_and_characters() {
        assert_eq!(texts(&split("one two three", 8)), [("one two ", false), ("three", true)]);
        assert_eq!(
            texts(&split("été\n\nété", 3)),
            [("ét", false), ("é", true), ("", false), ("ét", false), ("é", true)]
        );
        assert_eq!(texts(&split("🦀🦀", 1)), [("🦀", false), ("🦀", true)]);
        assert_eq!(texts(&split("", 5)), [("", false)]);
    }

    proptest! {
        #[test]
        fn a_text_survives_its_lines(text in "[a-zé 🦀\n]{0,80}", bytes_max in 0usize..30) {
            let parts = split(&text, bytes_max);
            prop_assert_eq!(join(&parts), text.clone());
            let bytes: usize = parts.iter().enumerate().map(|(place, part)| part.bytes_behind(place)).sum();
            prop_assert_eq!(bytes, text.len());
            for part in parts {
                prop_assert!(part.text.len() <= bytes_max || part.text.chars().count() == 1);
                prop_assert!(!part.text.contains('\n'));
                prop_assert!(!part.is_concat || !part.text.is_empty());
            }
        }
    }
}

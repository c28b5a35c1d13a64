//! Masks: patterns with `*` and `?`, the masks of bans, and `account:` among them.
//!
//! Specifications: Modern IRC, "Wildcard Expressions", and IRCv3 `account-extban` (`ACCOUNTEXTBAN=account,a`, no prefix).
//! A backslash is an ordinary character here, as on every server in use: nicks may have one. Comparing is by folded text, as
//! for names.

use std::fmt;
use std::sync::Arc;

use super::names::{Folded, fold};

/// The most bytes of a mask.
pub const MASK_BYTES_MAX: usize = 256;
/// The names of the extended ban that looks at the account, for the token `ACCOUNTEXTBAN`; the short one is in `EXTBAN`.
pub const ACCOUNT_EXTBANS: &str = "account,a";

/// Whether `text` is what `pattern` describes: `*` is any number of characters, `?` is one. Both are compared as they are:
/// fold them before.
///
/// A failed attempt only ever goes back to the last `*`, so it takes at most `pattern` times `text` steps.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern_rest, mut text_rest) = (pattern, text);
    // Behind the last star: the pattern, and the text that it was tried on.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let mut pattern_characters = pattern_rest.chars();
        let mut text_characters = text_rest.chars();
        match (pattern_characters.next(), text_characters.next()) {
            (Some('*'), _) => {
                pattern_rest = pattern_characters.as_str();
                if pattern_rest.is_empty() {
                    return true;
                }
                retry = Some((pattern_rest, text_rest));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern_rest = pattern_characters.as_str();
                text_rest = text_characters.as_str();
            }
            (None, None) => return true,
            _ => {
                let Some((pattern_again, tried)) = retry else { return false };
                let mut characters = tried.chars();
                if characters.next().is_none() {
                    return false;
                }
                (pattern_rest, text_rest) = (pattern_again, characters.as_str());
                retry = Some((pattern_again, text_rest));
            }
        }
    }
}

/// Folds a text that may have wildcards, `!` and `@` in it, piece by piece, as names are folded.
pub fn fold_mask(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let mut piece_start = 0;
    for (at, sign) in text.match_indices(['*', '?', '!', '@', '.', ':', '/', ' ']) {
        fold_piece(&text[piece_start..at], &mut folded);
        folded.push_str(sign);
        piece_start = at + sign.len();
    }
    fold_piece(&text[piece_start..], &mut folded);
    folded
}

fn fold_piece(piece: &str, folded: &mut String) {
    match fold(piece) {
        Ok(name) => folded.push_str(name.as_str()),
        Err(_) => folded.extend(piece.chars().flat_map(char::to_lowercase)),
    }
}

/// Why a text is not a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// There is nothing, or nothing behind `account:`.
    #[error("the mask is empty")]
    Empty,
    /// Longer than 256 bytes once it is complete.
    #[error("the mask is too long")]
    TooLong,
    /// Has a blank, a control character or a comma.
    #[error("the mask holds a character that masks may not have")]
    BadCharacter,
}

/// A ban, an exception or an invitation: whom it means. Equal by folding.
#[derive(Clone)]
pub struct Mask {
    text: Arc<str>,
    pattern: Pattern,
}

#[derive(Clone, PartialEq, Eq)]
enum Pattern {
    /// `nick!user@host`, folded.
    Hostmask(Arc<str>),
    /// An account's name, folded.
    Account(Arc<str>),
}

impl Mask {
    /// Reads a mask and completes it: `ann` is `ann!*@*`, `ann!user` is `ann!user@*`, `user@host` is `*!user@host`; what cannot
    /// be a nick (`host.example`, `2001:db8::1`) is a host. `account:name`, `a:name` and the same behind `~` mean an account.
    ///
    /// # Errors
    /// When it is empty, too long, or has a blank, a comma or a control.
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        if text.is_empty() {
            return Err(MaskError::Empty);
        }
        if text.contains(|any: char| any == ' ' || any == ',' || any.is_control()) {
            return Err(MaskError::BadCharacter);
        }
        let (text, is_account) = match account_of(text) {
            Some("") => return Err(MaskError::Empty),
            Some(account) => (format!("account:{account}"), true),
            None => (complete(text), false),
        };
        if text.len() > MASK_BYTES_MAX {
            return Err(MaskError::TooLong);
        }
        let folded: Arc<str> = fold_mask(&text).into();
        let pattern =
            if is_account { Pattern::Account(folded["account:".len()..].into()) } else { Pattern::Hostmask(folded) };
        Ok(Self { text: text.into(), pattern })
    }

    /// The mask as it is listed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it means someone with this account (none for guests) and any of these `nick!user@host`, folded by
    /// [`fold_mask`]: the cloaked one, and those with the address that only the server sees.
    pub fn matches(&self, account: Option<&Folded>, hostmasks: &[&str]) -> bool {
        match &self.pattern {
            Pattern::Hostmask(pattern) => hostmasks.iter().any(|hostmask| glob(pattern, hostmask)),
            Pattern::Account(pattern) => account.is_some_and(|account| glob(pattern, account.as_str())),
        }
    }
}

impl PartialEq for Mask {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Mask {}

impl fmt::Display for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, formatter)
    }
}

/// What stands behind `account:` or `a:`, with or without `~`.
fn account_of(text: &str) -> Option<&str> {
    let (name, account) = text.split_once(':')?;
    let name = name.strip_prefix('~').unwrap_or(name);
    ACCOUNT_EXTBANS.split(',').any(|known| known.eq_ignore_ascii_case(name)).then_some(account)
}

fn complete(text: &str) -> String {
    if let Some((nick, rest)) = text.split_once('!') {
        let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
        return format!("{}!{}@{}", or_any(nick), or_any(user), or_any(host));
    }
    if let Some((user, host)) = text.split_once('@') {
        return format!("*!{}@{}", or_any(user), or_any(host));
    }
    if text.contains(['.', ':', '/']) { format!("*!*@{text}") } else { format!("{text}!*@*") }
}

fn or_any(part: &str) -> &str {
    if part.is_empty() { "*" } else { part }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, yes, no) in [
            ("", &[""][..], &["a"][..]),
            ("*", &["", "a", "anything at all"], &[]),
            ("?", &["a", "é", "🦀"], &["", "ab"]),
            ("a*", &["a", "ab"], &["", "ba"]),
            ("*a", &["a", "ba", "aa"], &["", "ab"]),
            ("a*b*c", &["abc", "axbxc", "abbcc", "aabbcc"], &["ab", "acb", "abcd"]),
            ("*ab", &["ab", "aab", "abab"], &["aba"]),
            ("a?c", &["abc", "aéc"], &["ac", "abbc"]),
            ("*?", &["a", "ab"], &[""]),
            ("?*?", &["ab", "abc"], &["a"]),
            ("**a**", &["a", "bab"], &["b"]),
            ("*!*@host", &["n!u@host", "!@host"], &["n!u@host.example", "n@host"]),
            ("*@192.0.2.1", &["ann!u@192.0.2.1", "b!~v@192.0.2.1"], &["ann!u@192.0.2.5", "b!~v@192.0.3.1"]),
            ("an*@*", &["ann!u@192.0.2.1", "andy9!u@host.example"], &["hann!u@192.0.2.1", "amn!u@h"]),
            ("an!*@*", &["an!ann@192.0.2.1", "an!~u@h", "an!3u@h"], &["ann!u@192.0.2.1", "han!u@h"]),
            ("an!?user@*", &["an!auser@h", "an!~user@h"], &["an!user@h"]),
            ("an!a?*@*", &["an!ab@h", "an!abc@h"], &["an!a@h"]),
            ("an[ny]!*@*", &["an[ny]!u@h", "an[ny]!a@host.example"], &["ann!u@h", "an[!u@h", "any!u@h"]),
            (r"a\*", &[r"a\", r"a\b"], &["a*"]),
        ] {
            for text in yes {
                assert!(glob(pattern, text), "{pattern:?} {text:?}");
            }
            for text in no {
                assert!(!glob(pattern, text), "{pattern:?} {text:?}");
            }
        }
    }

    #[test]
    fn a_nasty_pattern_ends_soon() {
        let text = "a".repeat(500);
        assert!(!glob(&format!("{}b", "*a".repeat(100)), &text));
        assert!(!glob(&format!("*{}b", "?".repeat(250)), &text));
    }

    #[test]
    fn masks_are_completed() {
        for (text, complete) in [
            ("ann", "ann!*@*"),
            ("ann!user", "ann!user@*"),
            ("ann!user@host", "ann!user@host"),
            ("user@host", "*!user@host"),
            ("@host", "*!*@host"),
            ("!@", "*!*@*"),
            ("*!*@*", "*!*@*"),
            ("host.example", "*!*@host.example"),
            ("2001:db8::1", "*!*@2001:db8::1"),
            ("account:Ann", "account:Ann"),
            ("~a:Ann", "account:Ann"),
            ("A:*", "account:*"),
        ] {
            assert_eq!(Mask::parse(text).unwrap().as_str(), complete, "{text}");
        }
        for (text, error) in [
            ("", MaskError::Empty),
            ("account:", MaskError::Empty),
            ("a b", MaskError::BadCharacter),
            ("a,b", MaskError::BadCharacter),
            ("a\u{7}", MaskError::BadCharacter),
            (&"a".repeat(253), MaskError::TooLong),
        ] {
            assert_eq!(Mask::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn masks_mean_people() {
        let hostmasks = [fold_mask("Ann!~U@Cloak.Example"), fold_mask("Ann!~u@192.0.2.1")];
        let hostmasks = [hostmasks[0].as_str(), hostmasks[1].as_str()];
        let account = fold("Ann").unwrap();
        for (mask, is_meant) in [
            ("ANN", true),
            ("*!*@*.EXAMPLE", true),
            ("*!*@192.0.2.*", true),
            ("bob", false),
            ("account:ann", true),
            ("account:a*", true),
            ("account:bob", false),
        ] {
            assert_eq!(Mask::parse(mask).unwrap().matches(Some(&account), &hostmasks), is_meant, "{mask}");
        }
        assert!(!Mask::parse("account:*").unwrap().matches(None, &hostmasks));
        assert_eq!(Mask::parse("Élodie"), Mask::parse("e\u{301}lodie!*@*"));
        assert!(Mask::parse("ÉL*").unwrap().matches(None, &["élodie!u@h"]));
    }

    /// The definition of a wildcard match, without a thought for time.
    fn matches_by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('*'), _) => {
                matches_by_definition(&pattern[1..], text)
                    || (!text.is_empty() && matches_by_definition(pattern, &text[1..]))
            }
            (Some(wanted), Some(found)) if *wanted == '?' || wanted == found => {
                matches_by_definition(&pattern[1..], &text[1..])
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_follows_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(glob(&pattern, &text), matches_by_definition(&characters(&pattern), &characters(&text)));
        }

        #[test]
        fn any_text_is_a_mask_or_refused(text in "\\PC{0,40}|[a:!@*?~.é]{0,20}") {
            if let Ok(mask) = Mask::parse(&text) {
                prop_assert!(mask.as_str().len() <= MASK_BYTES_MAX);
                prop_assert_eq!(Mask::parse(mask.as_str()), Ok(mask));
            }
        }
    }
}

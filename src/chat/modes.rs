//! The modes of channels: the one table, requests read from a `MODE` line, and masks.
//!
//! Specification: Modern IRC, "MODE message" and "Channel Modes"; the `CHANMODES` and `PREFIX` tokens of 005 are made from
//! the table. Who may change what is decided by `policy`; what a change does is decided by `apply`.

use std::fmt::Write as _;

use super::event::{ChannelModes, Rank};

/// The prefix of each rank in `NAMES` and the like, in the order of [`Rank::LETTERS`].
pub const PREFIXES: [char; 5] = ['~', '&', '@', '%', '+'];
/// The flags of a channel that was just founded.
pub const FLAGS_AT_FOUNDING: &str = "nt";
/// The most bytes of a channel's key (`KEYLEN`).
pub const KEY_BYTES_MAX: usize = 32;
/// The most bytes of a mask in a list; longer ones are refused.
pub const MASK_BYTES_MAX: usize = 128;

/// What a mode does with its parameter: the types of Modern IRC, and the ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeKind {
    /// Type A: a list of masks; without a parameter it is shown.
    List,
    /// Type B: a setting with a parameter, always.
    Key,
    /// Type C: a setting with a parameter when it is set.
    Limit,
    /// Type D: on or off.
    Flag,
    /// A member's rank.
    Rank,
}

/// One mode of channels.
#[derive(Clone, Copy, Debug)]
pub struct ChannelMode {
    /// Its letter.
    pub letter: char,
    /// What it does with its parameter.
    pub kind: ModeKind,
    /// What it means.
    pub meaning: &'static str,
}

/// Every mode of channels that this server knows.
pub const CHANNEL_MODES: &[ChannelMode] = &[
    ChannelMode { letter: 'b', kind: ModeKind::List, meaning: "who may neither join nor speak" },
    ChannelMode { letter: 'k', kind: ModeKind::Key, meaning: "the key that is needed to join" },
    ChannelMode { letter: 'l', kind: ModeKind::Limit, meaning: "how many members there may be" },
    ChannelMode { letter: 'i', kind: ModeKind::Flag, meaning: "only who is invited may join" },
    ChannelMode { letter: 'm', kind: ModeKind::Flag, meaning: "only members with a rank may speak" },
    ChannelMode { letter: 'n', kind: ModeKind::Flag, meaning: "only members may speak" },
    ChannelMode { letter: 's', kind: ModeKind::Flag, meaning: "not shown to others than members" },
    ChannelMode { letter: 't', kind: ModeKind::Flag, meaning: "only half operators and above may set the topic" },
    ChannelMode { letter: 'q', kind: ModeKind::Rank, meaning: "founder" },
    ChannelMode { letter: 'a', kind: ModeKind::Rank, meaning: "protected operator" },
    ChannelMode { letter: 'o', kind: ModeKind::Rank, meaning: "operator" },
    ChannelMode { letter: 'h', kind: ModeKind::Rank, meaning: "half operator" },
    ChannelMode { letter: 'v', kind: ModeKind::Rank, meaning: "may speak when the channel is moderated" },
];

/// The mode of this letter.
pub fn channel_mode(letter: char) -> Option<&'static ChannelMode> {
    CHANNEL_MODES.iter().find(|mode| mode.letter == letter)
}

/// The letters of one kind, in the order of the table.
pub fn letters(kind: ModeKind) -> String {
    CHANNEL_MODES.iter().filter(|mode| mode.kind == kind).map(|mode| mode.letter).collect()
}

/// The value of `CHANMODES` in 005: `b,k,l,imnst`.
pub fn chanmodes_token() -> String {
    [ModeKind::List, ModeKind::Key, ModeKind::Limit, ModeKind::Flag].map(letters).join(",")
}

/// The value of `PREFIX` in 005: `(qaohv)~&@%+`.
pub fn prefix_token() -> String {
    format!("({}){}", Rank::LETTERS.iter().collect::<String>(), PREFIXES.iter().collect::<String>())
}

impl Rank {
    /// The prefixes of this rank, the highest first; only the highest one unless `all` (`multi-prefix`).
    pub fn prefixes(self, all: bool) -> String {
        let held = Self::LETTERS.iter().zip(PREFIXES).filter(|(letter, _)| self.has_letter(**letter));
        held.map(|(_, prefix)| prefix).take(if all { PREFIXES.len() } else { 1 }).collect()
    }

    /// Whether this very letter is among its letters.
    pub fn has_letter(self, letter: char) -> bool {
        Self::of_letter(letter).is_some_and(|wanted| self.0 & wanted.0 != 0)
    }
}

impl ChannelModes {
    /// What a channel has when it was just founded.
    pub fn at_founding() -> Self {
        Self { flags: FLAGS_AT_FOUNDING.to_owned(), key: None, limit: None }
    }

    /// Whether a flag is set.
    pub fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Sets or clears a flag; says whether that changed anything.
    pub fn set_flag(&mut self, flag: char, on: bool) -> bool {
        if self.has(flag) == on {
            return false;
        }
        let mut letters: Vec<char> = self.flags.chars().filter(|letter| *letter != flag).collect();
        if on {
            letters.push(flag);
        }
        letters.sort_unstable();
        self.flags = letters.into_iter().collect();
        true
    }

    /// As 324 shows it: `+klnt key 5`; the key only when it may be seen.
    pub fn shown(&self, with_key: bool) -> String {
        let mut text = format!("+{}", self.flags);
        let mut parameters = String::new();
        if let Some(key) = &self.key {
            text.push('k');
            let _ = write!(parameters, " {}", if with_key { key } else { "*" });
        }
        if let Some(limit) = self.limit {
            text.push('l');
            let _ = write!(parameters, " {limit}");
        }
        text + &parameters
    }
}

/// One wish of a `MODE` line for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeWish<'a> {
    /// A list is to be shown.
    Show(char),
    /// A mask is to be added to a list (true) or removed.
    Mask(bool, char, &'a str),
    /// The key is to be this one.
    Key(&'a str),
    /// There is to be no key.
    NoKey,
    /// The limit is to be this text.
    Limit(&'a str),
    /// There is to be no limit.
    NoLimit,
    /// A flag is to be set (true) or cleared.
    Flag(bool, char),
    /// A member is to have this rank (true), or no longer.
    Rank(bool, char, &'a str),
    /// The letter is none that we know.
    Unknown(char),
}

/// Reads the mode string and its parameters. A mode that lacks its parameter is left out, as Modern IRC asks; of those with
/// a parameter at most `parameters_max` are read (`MODES` of 005), of all letters at most 100.
pub fn wishes<'a>(modes: &str, parameters: &[&'a str], parameters_max: usize) -> Vec<ModeWish<'a>> {
    const LETTERS_MAX: usize = 100;
    let mut parameters = parameters.iter().copied().take(parameters_max);
    let mut wishes: Vec<ModeWish<'a>> = Vec::new();
    let mut on = true;
    for letter in modes.chars().take(LETTERS_MAX) {
        let kind = match letter {
            '+' | '-' => {
                on = letter == '+';
                continue;
            }
            letter => channel_mode(letter).map(|mode| mode.kind),
        };
        let wish = match kind {
            None => Some(ModeWish::Unknown(letter)),
            Some(ModeKind::Flag) => Some(ModeWish::Flag(on, letter)),
            Some(ModeKind::List) => match parameters.next() {
                Some(mask) => Some(ModeWish::Mask(on, letter, mask)),
                None => Some(ModeWish::Show(letter)),
            },
            Some(ModeKind::Key) if on => parameters.next().map(ModeWish::Key),
            Some(ModeKind::Key) => {
                // A client sends the key that it knows, or any word, or nothing: the key goes in each case.
                parameters.next();
                Some(ModeWish::NoKey)
            }
            Some(ModeKind::Limit) if on => parameters.next().map(ModeWish::Limit),
            Some(ModeKind::Limit) => Some(ModeWish::NoLimit),
            Some(ModeKind::Rank) => parameters.next().map(|nick| ModeWish::Rank(on, letter, nick)),
        };
        // A list is shown once, an unknown letter is refused once.
        let once = |wish: &ModeWish<'_>| matches!(wish, ModeWish::Show(_) | ModeWish::Unknown(_));
        wishes.extend(wish.filter(|wish| !once(wish) || !wishes.contains(wish)));
    }
    wishes
}

/// Changes as people read them and as they are told: `+o-v ann bob`.
#[derive(Debug, Default)]
pub struct ChangeText {
    letters: String,
    parameters: String,
    sign: Option<bool>,
}

impl ChangeText {
    /// Adds one change.
    pub fn push(&mut self, on: bool, letter: char, parameter: Option<&str>) {
        if self.sign != Some(on) {
            self.letters.push(if on { '+' } else { '-' });
            self.sign = Some(on);
        }
        self.letters.push(letter);
        if let Some(parameter) = parameter {
            self.parameters.push(' ');
            self.parameters.push_str(parameter);
        }
    }

    /// Whether there is no change.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// The length in bytes of the text.
    pub fn bytes(&self) -> usize {
        self.letters.len() + self.parameters.len()
    }

    /// The text.
    pub fn text(self) -> String {
        self.letters + &self.parameters
    }
}

/// A mask in full: `ann` is `ann!*@*`, `*@host` is `*!*@host`. Nothing when it is empty, too long, or holds what no mask can.
pub fn full_mask(mask: &str) -> Option<String> {
    let bad = |character: char| character.is_control() || matches!(character, ' ' | ',');
    if mask.is_empty() || mask.len() > MASK_BYTES_MAX || mask.starts_with(':') || mask.contains(bad) {
        return None;
    }
    let (front, host) = match mask.split_once('@') {
        Some((front, host)) => (front, if host.is_empty() { "*" } else { host }),
        None => (mask, "*"),
    };
    let (nick, user) = match front.split_once('!') {
        Some((nick, user)) => (nick, if user.is_empty() { "*" } else { user }),
        // `user@host` has no nick: what stands before `@` is the user.
        None if mask.contains('@') => ("*", if front.is_empty() { "*" } else { front }),
        None => (front, "*"),
    };
    let nick = if nick.is_empty() { "*" } else { nick };
    Some(format!("{nick}!{user}@{host}"))
}

/// Whether a text is what a mask with `*` and `?` describes, case aside. Takes time proportional to the product of both
/// lengths at the worst, which are bounded.
pub fn mask_matches(mask: &str, text: &str) -> bool {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (mask, text) = (lower(mask), lower(text));
    let (mut at_mask, mut at_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match mask.get(at_mask) {
            Some('*') => {
                star = Some((at_mask, at_text));
                at_mask += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[at_text] => {
                at_mask += 1;
                at_text += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((of_star, taken)) => {
                    star = Some((of_star, taken + 1));
                    at_mask = of_star + 1;
                    at_text = taken + 1;
                }
                None => return false,
            },
        }
    }
    mask[at_mask..].iter().all(|left| *left == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tokens_of_005_are_made_from_the_table() {
        assert_eq!(chanmodes_token(), "b,k,l,imnst");
        assert_eq!(prefix_token(), "(qaohv)~&@%+");
        let ranks: String = letters(ModeKind::Rank);
        assert_eq!(ranks, Rank::LETTERS.iter().collect::<String>());
        for mode in CHANNEL_MODES {
            assert_eq!(CHANNEL_MODES.iter().filter(|other| other.letter == mode.letter).count(), 1, "{}", mode.letter);
        }
    }

    #[test]
    fn wishes_take_their_parameters_in_order() {
        use ModeWish::{Flag, Key, Limit, Mask, NoKey, NoLimit, Show, Unknown};
        assert_eq!(
            wishes("+ok-v+l", &["ann", "pass", "bob", "5"], 20),
            [ModeWish::Rank(true, 'o', "ann"), Key("pass"), ModeWish::Rank(false, 'v', "bob"), Limit("5")]
        );
        assert_eq!(wishes("b", &[], 20), [Show('b')]);
        assert_eq!(wishes("+b-b", &["a", "b"], 20), [Mask(true, 'b', "a"), Mask(false, 'b', "b")]);
        assert_eq!(wishes("+k", &[], 20), []);
        assert_eq!(wishes("-kl", &[], 20), [NoKey, NoLimit]);
        assert_eq!(wishes("imX", &[], 20), [Flag(true, 'i'), Flag(true, 'm'), Unknown('X')]);
        assert_eq!(wishes("+ooo", &["a", "b", "c"], 2).len(), 2);
        assert!(wishes(&"bX".repeat(10_000), &[], 20).len() <= 100);
    }

    #[test]
    fn changes_are_told_shortly() {
        let mut text = ChangeText::default();
        assert!(text.is_empty());
        text.push(true, 'o', Some("ann"));
        text.push(true, 'm', None);
        text.push(false, 'v', Some("bob"));
        assert_eq!(text.text(), "+om-v ann bob");
    }

    #[test]
    fn masks_are_made_whole() {
        for (given, whole) in [
            ("ann", "ann!*@*"),
            ("ann!u", "ann!u@*"),
            ("*@host", "*!*@host"),
            ("u@host", "*!u@host"),
            ("a!b@c", "a!b@c"),
            ("!@", "*!*@*"),
            ("@", "*!*@*"),
        ] {
            assert_eq!(full_mask(given).as_deref(), Some(whole), "{given}");
        }
        for bad in ["", "a b", "a,b", ":a", &"x".repeat(MASK_BYTES_MAX + 1)] {
            assert_eq!(full_mask(bad), None, "{bad}");
        }
    }

    #[test]
    fn masks_match_as_people_expect() {
        for (mask, text) in [("a*c", "abbbc"), ("*", ""), ("A?C", "abc"), ("*!*@*.fr", "x!y@a.b.FR"), ("*a*b", "aab")] {
            assert!(mask_matches(mask, text), "{mask} {text}");
        }
        for (mask, text) in [("a*c", "abbbd"), ("?", ""), ("a", "ab"), ("", "a")] {
            assert!(!mask_matches(mask, text), "{mask} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_mask_matches_itself_and_never_hangs(mask in "[ab*?]{0,100}", text in "[ab]{0,200}") {
            let literal = mask.replace(['*', '?'], "a");
            prop_assert!(mask_matches(&mask, &literal));
            let _ = mask_matches(&mask, &text);
        }

        #[test]
        fn any_mode_line_is_read(modes in "\\PC{0,40}", parameters in prop::collection::vec("\\PC{0,9}", 0..6)) {
            let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
            let _ = wishes(&modes, &parameters, 4);
        }
    }
}

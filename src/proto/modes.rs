//! Modes: what each letter means, and `+ov-b ann bob *!*@host` read and written.
//!
//! Specification: Modern IRC, "MODE message", "CHANMODES parameter" (the kinds A to D), "PREFIX parameter", "MODES parameter".
//! The tables are what our own server has; a client on another server brings that server's kinds, see
//! [`isupport`](super::isupport). Who may change what is decided elsewhere.

use super::message::Line;

/// What a mode does with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeKind {
    /// A list of masks (type A): a parameter adds or removes one; without a parameter the list is asked for.
    List,
    /// Always a parameter (type B). It may be left out when the mode is taken away.
    Always,
    /// A parameter when set, none when taken away (type C).
    WhenSet,
    /// Never a parameter (type D).
    Flag,
    /// A member's prefix: always a nick as parameter.
    Prefix,
}

/// One row of a table of modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Its letter.
    pub letter: char,
    /// What it does with a parameter.
    pub kind: ModeKind,
    /// What it means, in a line.
    pub meaning: &'static str,
}

/// One prefix that a member can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Its mode letter.
    pub letter: char,
    /// What stands before the nick.
    pub sign: char,
    /// What it is called.
    pub name: &'static str,
}

/// Our prefixes, the highest rank first.
pub const PREFIXES: [Prefix; 5] = [
    Prefix { letter: 'q', sign: '~', name: "founder" },
    Prefix { letter: 'a', sign: '&', name: "admin" },
    Prefix { letter: 'o', sign: '@', name: "operator" },
    Prefix { letter: 'h', sign: '%', name: "half-operator" },
    Prefix { letter: 'v', sign: '+', name: "voice" },
];

/// Our channel modes, without the prefixes.
pub const CHANNEL_MODES: [Mode; 14] = [
    Mode { letter: 'b', kind: ModeKind::List, meaning: "banned: may not join or speak" },
    Mode { letter: 'e', kind: ModeKind::List, meaning: "excepted from bans" },
    Mode { letter: 'I', kind: ModeKind::List, meaning: "may join without an invitation" },
    Mode { letter: 'k', kind: ModeKind::Always, meaning: "a key is needed to join" },
    Mode { letter: 'l', kind: ModeKind::WhenSet, meaning: "no more members than this" },
    Mode { letter: 'W', kind: ModeKind::WhenSet, meaning: "slow mode: one message in so many seconds" },
    Mode { letter: 'C', kind: ModeKind::Flag, meaning: "no CTCP except ACTION" },
    Mode { letter: 'i', kind: ModeKind::Flag, meaning: "invited people only" },
    Mode { letter: 'M', kind: ModeKind::Flag, meaning: "only accounts and people with a prefix may speak" },
    Mode { letter: 'm', kind: ModeKind::Flag, meaning: "only people with a prefix may speak" },
    Mode { letter: 'n', kind: ModeKind::Flag, meaning: "only members may speak" },
    Mode { letter: 'R', kind: ModeKind::Flag, meaning: "only accounts may join" },
    Mode { letter: 's', kind: ModeKind::Flag, meaning: "secret: not seen from outside" },
    Mode { letter: 't', kind: ModeKind::Flag, meaning: "only operators set the topic" },
];

/// Our user modes; all are flags.
pub const USER_MODES: [Mode; 5] = [
    Mode { letter: 'B', kind: ModeKind::Flag, meaning: "a bot" },
    Mode { letter: 'i', kind: ModeKind::Flag, meaning: "invisible to those who share no channel" },
    Mode { letter: 'o', kind: ModeKind::Flag, meaning: "an operator of the server" },
    Mode { letter: 's', kind: ModeKind::Flag, meaning: "gets notices about the server" },
    Mode { letter: 'w', kind: ModeKind::Flag, meaning: "gets WALLOPS" },
];

/// The kind of a channel mode of ours, prefixes included.
pub fn channel_mode_kind(letter: char) -> Option<ModeKind> {
    let is_prefix = PREFIXES.iter().any(|prefix| prefix.letter == letter);
    let mode = || CHANNEL_MODES.iter().find(|mode| mode.letter == letter).map(|mode| mode.kind);
    if is_prefix { Some(ModeKind::Prefix) } else { mode() }
}

/// The kind of a user mode of ours.
pub fn user_mode_kind(letter: char) -> Option<ModeKind> {
    USER_MODES.iter().find(|mode| mode.letter == letter).map(|mode| mode.kind)
}

/// The value of the token `PREFIX`: `(qaohv)~&@%+`.
pub fn prefix_token() -> String {
    let letters: String = PREFIXES.iter().map(|prefix| prefix.letter).collect();
    let signs: String = PREFIXES.iter().map(|prefix| prefix.sign).collect();
    format!("({letters}){signs}")
}

/// The value of the token `CHANMODES`: `beI,k,lW,CiMmnRst`.
pub fn channel_modes_token() -> String {
    let of_kind = |kind| CHANNEL_MODES.iter().filter(|mode| mode.kind == kind).map(|mode| mode.letter).collect();
    let kinds: [String; 4] = [ModeKind::List, ModeKind::Always, ModeKind::WhenSet, ModeKind::Flag].map(of_kind);
    kinds.join(",")
}

/// One change of a mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// Set, or taken away.
    pub is_set: bool,
    /// Which mode.
    pub letter: char,
    /// With what. A list's letter without a parameter asks for the list.
    pub param: Option<String>,
}

impl ModeChange {
    /// A mode is set.
    pub fn set(letter: char, param: Option<&str>) -> Self {
        Self { is_set: true, letter, param: param.map(str::to_owned) }
    }

    /// A mode is taken away.
    pub fn unset(letter: char, param: Option<&str>) -> Self {
        Self { is_set: false, letter, param: param.map(str::to_owned) }
    }
}

/// Why a letter of a MODE command has no effect. The others have theirs all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeFault {
    /// No such mode (numeric 472 for channels, 501 for users).
    #[error("is unknown mode char to me")]
    Unknown(char),
    /// Its parameter is missing (numeric 696, with `*` for the parameter).
    #[error("You must specify a parameter for this mode")]
    MissingParam(char),
    /// Its parameter is empty, has blanks or begins with a colon, and could not be told to others (numeric 696).
    #[error("The parameter is not well-formed")]
    BadParam(char, String),
}

/// What a MODE command asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModeRequest {
    /// The changes in their order, at most as many as the bound.
    pub changes: Vec<ModeChange>,
    /// What is wrong with other letters, each fault once.
    pub faults: Vec<ModeFault>,
}

/// Reads the words behind a MODE command's target. Letters beyond `changes_max` (`MODES`) are passed over, as every
/// server does; unknown letters count, so that what is answered is bounded too.
pub fn parse_modes(words: &[&str], kind_of: impl Fn(char) -> Option<ModeKind>, changes_max: usize) -> ModeRequest {
    let mut request = ModeRequest::default();
    let Some((letters, params)) = words.split_first() else { return request };
    let mut params = params.iter().copied();
    let mut is_set = true;
    for letter in letters.chars() {
        match letter {
            '+' => is_set = true,
            '-' => is_set = false,
            _ if request.changes.len() + request.faults.len() >= changes_max => break,
            _ => match read_change(is_set, letter, kind_of(letter), &mut params) {
                Ok(change) => request.changes.push(change),
                Err(fault) if request.faults.contains(&fault) => {}
                Err(fault) => request.faults.push(fault),
            },
        }
    }
    request
}

fn read_change<'a>(
    is_set: bool,
    letter: char,
    kind: Option<ModeKind>,
    params: &mut impl Iterator<Item = &'a str>,
) -> Result<ModeChange, ModeFault> {
    let param = match kind.ok_or(ModeFault::Unknown(letter))? {
        ModeKind::Flag => None,
        ModeKind::WhenSet if !is_set => None,
        ModeKind::List => params.next(),
        ModeKind::Always if !is_set => params.next(),
        ModeKind::Prefix | ModeKind::Always | ModeKind::WhenSet => {
            Some(params.next().ok_or(ModeFault::MissingParam(letter))?)
        }
    };
    match param {
        Some(bad) if bad.is_empty() || bad.starts_with(':') || bad.contains(' ') => {
            Err(ModeFault::BadParam(letter, bad.to_owned()))
        }
        good => Ok(ModeChange { is_set, letter, param: good.map(str::to_owned) }),
    }
}

/// Writes changes behind `head` (`:source MODE #channel`), in as few lines as possible, each of at most `changes_max` changes
/// and `bytes_max` bytes without tags.
pub fn mode_lines(head: &Line, changes: &[ModeChange], changes_max: usize, bytes_max: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut from = 0;
    while from < changes.len() {
        let mut to = from + 1;
        let mut line = mode_line(head, &changes[from..to]);
        while to < changes.len() && to - from < changes_max {
            let longer = mode_line(head, &changes[from..to + 1]);
            if longer.body_bytes() > bytes_max {
                break;
            }
            line = longer;
            to += 1;
        }
        lines.push(line);
        from = to;
    }
    lines
}

fn mode_line(head: &Line, changes: &[ModeChange]) -> Line {
    let (letters, params) = mode_words(changes);
    params.into_iter().fold(head.clone().param(&letters), Line::param)
}

/// The changes as a MODE line has them: `+ov-b`, and the parameters in order.
pub fn mode_words(changes: &[ModeChange]) -> (String, Vec<&str>) {
    let mut letters = String::new();
    let mut sign = None;
    for change in changes {
        if sign != Some(change.is_set) {
            letters.push(if change.is_set { '+' } else { '-' });
            sign = Some(change.is_set);
        }
        letters.push(change.letter);
    }
    (letters, changes.iter().filter_map(|change| change.param.as_deref()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(words: &str) -> ModeRequest {
        parse_modes(&words.split(' ').collect::<Vec<_>>(), channel_mode_kind, 20)
    }

    #[test]
    fn tokens_come_from_the_tables() {
        assert_eq!(prefix_token(), "(qaohv)~&@%+");
        assert_eq!(channel_modes_token(), "beI,k,lW,CiMmnRst");
        let mut letters: Vec<char> = CHANNEL_MODES.iter().map(|mode| mode.letter).collect();
        letters.extend(PREFIXES.iter().map(|prefix| prefix.letter));
        let count = letters.len();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), count, "a letter has one meaning");
    }

    #[test]
    fn letters_take_their_parameters_in_order() {
        let request = parse("+ov-b+k-l ann bob *!*@host key");
        assert_eq!(request.faults, []);
        assert_eq!(
            request.changes,
            [
                ModeChange::set('o', Some("ann")),
                ModeChange::set('v', Some("bob")),
                ModeChange::unset('b', Some("*!*@host")),
                ModeChange::set('k', Some("key")),
                ModeChange::unset('l', None),
            ]
        );
        assert_eq!(parse("b").changes, [ModeChange::set('b', None)]);
        assert_eq!(parse("+-+-mn").changes, [ModeChange::unset('m', None), ModeChange::unset('n', None)]);
        assert_eq!(parse("-k").changes, [ModeChange::unset('k', None)]);
        assert_eq!(parse("-k+l x 5").changes, [ModeChange::unset('k', Some("x")), ModeChange::set('l', Some("5"))]);
        assert_eq!(parse_modes(&[], channel_mode_kind, 20), ModeRequest::default());
    }

    #[test]
    fn a_faulty_letter_does_not_spoil_the_others() {
        let request = parse("+xmoxXl é");
        assert_eq!(request.changes, [ModeChange::set('m', None), ModeChange::set('o', Some("é"))]);
        assert_eq!(request.faults, [ModeFault::Unknown('x'), ModeFault::Unknown('X'), ModeFault::MissingParam('l')]);
        let request = parse_modes(&["+kbo", "a b", "", ":c"], channel_mode_kind, 20);
        assert_eq!(
            request.faults,
            [
                ModeFault::BadParam('k', "a b".to_owned()),
                ModeFault::BadParam('b', String::new()),
                ModeFault::BadParam('o', ":c".to_owned()),
            ]
        );
    }

    #[test]
    fn letters_beyond_the_bound_are_passed_over() {
        let request = parse_modes(&["+mnxstR"], channel_mode_kind, 4);
        assert_eq!(request.changes.len() + request.faults.len(), 4);
        assert_eq!(request.changes.last(), Some(&ModeChange::set('s', None)));
    }

    #[test]
    fn changes_are_written_within_the_bounds() {
        let head = Line::new("MODE").source("ann").param("#c");
        let changes = parse("+ov-b+k ann bob *!*@host key").changes;
        let written = |changes_max, bytes_max| -> Vec<String> {
            mode_lines(&head, &changes, changes_max, bytes_max).iter().map(ToString::to_string).collect()
        };
        assert_eq!(written(20, 512), [":ann MODE #c +ov-b+k ann bob *!*@host key"]);
        assert_eq!(written(3, 512), [":ann MODE #c +ov-b ann bob *!*@host", ":ann MODE #c +k key"]);
        assert_eq!(written(20, 28), [":ann MODE #c +ov ann bob", ":ann MODE #c -b *!*@host", ":ann MODE #c +k key"]);
        assert_eq!(mode_lines(&head, &[], 20, 512), []);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(
            letters in "[-+qaohvbeIklWimnstCRMxyz]{0,12}",
            params in prop::collection::vec("[a-z*!@]{1,6}", 0..12),
        ) {
            let words: Vec<&str> = std::iter::once(letters.as_str()).chain(params.iter().map(String::as_str)).collect();
            let request = parse_modes(&words, channel_mode_kind, 8);
            prop_assert!(request.changes.len() + request.faults.len() <= 8);
            let (letters, params) = mode_words(&request.changes);
            let words: Vec<&str> = std::iter::once(letters.as_str()).chain(params).collect();
            prop_assert_eq!(parse_modes(&words, channel_mode_kind, 8).changes.len(), request.changes.len());
            for line in mode_lines(&Line::new("MODE").param("#c"), &request.changes, 3, 24) {
                prop_assert!(line.body_bytes() <= 24);
            }
        }

        #[test]
        fn any_words_are_read(words in prop::collection::vec("\\PC{0,20}", 0..6)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let _ = parse_modes(&words, channel_mode_kind, 8);
            let _ = parse_modes(&words, user_mode_kind, 8);
        }
    }
}

//! What a channel's modes and ranks say, beyond the letters that [`proto::modes`](crate::proto::modes) lists.

use std::fmt::Write as _;

use super::event::{ChannelModes, Rank};
use crate::proto::modes::PREFIXES;

/// The flags of a channel that was just founded.
pub const FLAGS_AT_FOUNDING: &str = "nt";
/// The most seconds of slow mode (`W`): a day. Beyond: numeric 696.
pub const SLOW_SECONDS_MAX: u32 = 24 * 60 * 60;
/// The most bytes of a channel's key (`KEYLEN`).
pub const KEY_BYTES_MAX: usize = 32;

impl Rank {
    /// An operator (`o`, `@`).
    pub const OPERATOR: Self = Self(1 << 2);

    /// The signs of this rank, the highest first; only the highest one unless `all` (`multi-prefix`).
    pub fn prefixes(self, all: bool) -> String {
        let held = PREFIXES.iter().filter(|prefix| self.has_letter(prefix.letter));
        held.map(|prefix| prefix.sign).take(if all { PREFIXES.len() } else { 1 }).collect()
    }

    /// Whether this very letter is among its letters.
    pub fn has_letter(self, letter: char) -> bool {
        Self::of_letter(letter).is_some_and(|wanted| self.0 & wanted.0 != 0)
    }

    /// How high it is: 0 for none, 1 for `v`, up to 5 for `q`. Only its highest letter counts.
    pub fn height(self) -> u32 {
        u8::BITS - self.0.leading_zeros()
    }
}

impl ChannelModes {
    /// What a channel has when it was just founded.
    pub fn at_founding() -> Self {
        Self { flags: FLAGS_AT_FOUNDING.to_owned(), key: None, limit: None, slow_seconds: None }
    }

    /// Sets or clears a flag; says whether that changed anything.
    pub fn set_flag(&mut self, flag: char, on: bool) -> bool {
        if self.flags.contains(flag) == on {
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

    /// As 324 shows them: `+ntkl key 5`; the key as `*` to those who may not see it.
    pub fn shown(&self, sees_key: bool) -> String {
        let mut letters = format!("+{}", self.flags);
        let mut parameters = String::new();
        // Writing to a text cannot fail.
        if let Some(key) = &self.key {
            letters.push('k');
            let _ = write!(parameters, " {}", if sees_key { key } else { "*" });
        }
        if let Some(limit) = self.limit {
            letters.push('l');
            let _ = write!(parameters, " {limit}");
        }
        if let Some(seconds) = self.slow_seconds {
            letters.push('W');
            let _ = write!(parameters, " {seconds}");
        }
        letters + &parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_prefixes_of_the_wire() {
        assert_eq!(PREFIXES.map(|prefix| prefix.letter), Rank::LETTERS);
        assert!(Rank::OPERATOR.has_letter('o') && !Rank::OPERATOR.has_letter('v'));
        assert_eq!(["", "v", "h", "o", "a", "q", "qv"].map(|l| Rank::from_letters(l).height()), [0, 1, 2, 3, 4, 5, 5]);
    }

    #[test]
    fn modes_are_shown_with_their_parameters() {
        let mut modes = ChannelModes::at_founding();
        assert_eq!(modes.shown(true), "+nt");
        assert!(modes.set_flag('m', true) && !modes.set_flag('m', true) && modes.set_flag('t', false));
        modes.key = Some("secret".to_owned());
        modes.limit = Some(5);
        assert_eq!(modes.shown(true), "+mnkl secret 5");
        assert_eq!(modes.shown(false), "+mnkl * 5");
        modes.slow_seconds = Some(30);
        assert_eq!(modes.shown(true), "+mnklW secret 5 30");
    }
}

//! Bans and mutes of the whole server: whom they mean, for how long, and what they keep people from.
//!
//! A *ban* keeps somebody out; a *mute* lets somebody in who can read, and speak with the server's operators only. Both mean
//! an account, a network, or a mask of `nick!user@host` (an address counts as host, although people see a cloak). They
//! never mean operators.

use std::net::IpAddr;

use ipnet::IpNet;

use super::event::{BanState, Seq};
use crate::proto::mask::Mask;
use crate::proto::time::Timestamp;

/// The most bans and mutes; each is compared with whoever comes.
pub(crate) const BANS_MAX: usize = 1_000;
/// The longest time for which somebody is banned when not for ever: ten years.
const SECONDS_MAX: i64 = 10 * 365 * 86_400;
/// The units of a length of time.
const UNITS: &[(char, i64)] = &[('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 7 * 86_400)];

/// Whom a ban means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BanTarget {
    /// Whoever comes from there.
    Network(IpNet),
    /// Whoever is called so, has such a host, or such an account.
    Mask(Mask),
}

impl BanTarget {
    /// Reads what people write: `192.0.2.1`, `192.0.2.0/24`, `account:ann`, `ann`, `*!*@*.example.org`.
    pub fn parse(text: &str) -> Option<Self> {
        let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        match network {
            Some(network) => Some(Self::Network(network.trunc())),
            None => Mask::parse(text).ok().map(Self::Mask),
        }
    }

    /// How it is written: alike for all ways to write the same.
    pub fn text(&self) -> String {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().to_string(),
            Self::Network(network) => network.to_string(),
            Self::Mask(mask) => mask.as_str().to_owned(),
        }
    }

    /// Whether it means everybody, which is hardly ever what is wanted.
    pub fn is_everybody(&self) -> bool {
        match self {
            Self::Network(network) => network.prefix_len() == 0,
            Self::Mask(mask) => mask.as_str().chars().all(|c| matches!(c, '*' | '?' | '!' | '@')),
        }
    }
}

/// A ban with its target read.
#[derive(Debug)]
pub(crate) struct Ban {
    /// What the store keeps of it.
    pub state: BanState,
    /// Whom it means; nobody when it cannot be read any more.
    pub target: Option<BanTarget>,
    /// The event that set it.
    pub seq: Seq,
}

impl Ban {
    /// Reads a ban.
    pub fn new(state: BanState, seq: Seq) -> Self {
        Self { target: BanTarget::parse(&state.target), state, seq }
    }

    /// Whether it still counts.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state.until.is_none_or(|until| until > now)
    }
}

/// Reads a length of time: `30m`, `12h`, `1d12h`, `2w`; `0` stands for ever. Gives seconds.
pub(crate) fn parse_duration(text: &str) -> Option<Option<i64>> {
    if text == "0" {
        return Some(None);
    }
    let (mut seconds, mut number) = (0_i64, None::<i64>);
    for c in text.chars() {
        match (c.to_digit(10), UNITS.iter().find(|(unit, _)| *unit == c)) {
            (Some(digit), _) => number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?),
            (None, Some((_, unit))) => seconds = seconds.checked_add(number.take()?.checked_mul(*unit)?)?,
            (None, None) => return None,
        }
    }
    (number.is_none() && (1..=SECONDS_MAX).contains(&seconds)).then_some(Some(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_in_one_way() {
        for (written, text) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.77/24", "192.0.2.0/24"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("2001:db8::1/64", "2001:db8::/64"),
            ("account:Ann", "account:Ann"),
            ("ann", "ann!*@*"),
            ("*@*.example.org", "*!*@*.example.org"),
        ] {
            assert_eq!(BanTarget::parse(written).map(|target| target.text()).as_deref(), Some(text), "{written}");
        }
        assert_eq!(BanTarget::parse(""), None);
        for everybody in ["*", "*!*@*", "0.0.0.0/0", "::/0"] {
            assert!(BanTarget::parse(everybody).is_some_and(|target| target.is_everybody()), "{everybody}");
        }
        assert!(!BanTarget::parse("10.0.0.0/8").unwrap().is_everybody());
    }

    #[test]
    fn a_length_of_time_has_units() {
        for (text, seconds) in [("30m", 1_800), ("1d12h", 129_600), ("2w", 1_209_600), ("90s", 90)] {
            assert_eq!(parse_duration(text), Some(Some(seconds)), "{text}");
        }
        assert_eq!(parse_duration("0"), Some(None));
        for none in ["", "5", "h", "1x", "-1h", "0s", "99999999999999999999d", "9999w9999w9999w"] {
            assert_eq!(parse_duration(none), None, "{none}");
        }
    }
}

//! Who may do what: questions about the state, answered without changing anything.
//!
//! The handlers in [`commands`](super::commands) ask here before they emit an event. Nothing here sends a line.

pub(crate) mod channel;
pub(crate) mod operator;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::limits;
use super::settings::{IpBinding, Settings};
use crate::proto::casemapping::CaseMapping;

/// An address as it is compared and stored: IPv4 as it is, IPv6 by its /64; the loopback of both and the Unix socket are
/// one address, other addresses of 127.0.0.0/8 are not.
pub(crate) fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Ipv4Addr::LOCALHOST.to_string(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}

/// Reads an address as people write it, a `/64` behind an IPv6 address included, into the form in which it is compared.
pub(crate) fn parse_address(text: &str) -> Option<String> {
    let bare = text.strip_suffix("/64").unwrap_or(text);
    let address: IpAddr = bare.parse().ok()?;
    (bare == text || address.is_ipv6()).then(|| address_key(address))
}

/// Whether an account's password is accepted from an address.
pub(crate) fn accepts_address(settings: &Settings, allowed: &[String], address: IpAddr) -> bool {
    settings.ip_binding == IpBinding::Off || knows_address(settings, allowed, address)
}

/// Whether an address is one of an account's own, or in a trusted network.
pub(crate) fn knows_address(settings: &Settings, allowed: &[String], address: IpAddr) -> bool {
    settings.trusts(address) || allowed.iter().any(|known| *known == address_key(address))
}

/// Whether a new name may have these letters.
pub(crate) fn allows_letters(settings: &Settings, name: &str) -> bool {
    settings.casemapping != CaseMapping::Ascii || name.is_ascii()
}

/// Whether a new nick or account may be called so, as far as its letters and its length go.
pub(crate) fn allows_nick(settings: &Settings, name: &str) -> bool {
    allows_letters(settings, name) && name.len() <= settings.limits.nick_bytes_max
}

/// Why a text cannot be a new password: the code of `FAIL REGISTER` and the id of the text.
pub(crate) fn refuses_password(settings: &Settings, password: &str) -> Option<(&'static str, &'static str)> {
    if password.len() > limits::PASSWORD_BYTES_MAX || password.contains('\0') {
        Some(("UNACCEPTABLE_PASSWORD", "server-password-unacceptable"))
    } else if password.chars().count() < settings.password_chars_min {
        Some(("WEAK_PASSWORD", "server-password-weak"))
    } else {
        None
    }
}

/// The longest beginning of a text that fits, cut between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// A parameter of the client's line as an answer repeats it: not so long that the answer would not fit into a line.
pub(crate) fn repeated(param: &str) -> &str {
    cut(param, limits::REPEATED_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str) -> String {
        address_key(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_compared_by_what_they_mean() {
        assert_eq!(key("127.0.0.1"), "127.0.0.1");
        assert_eq!(key("::1"), "127.0.0.1");
        assert_eq!(key("::ffff:127.0.0.1"), "127.0.0.1");
        assert_eq!(key("127.0.0.2"), "127.0.0.2");
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(parse_address("2001:db8:1:2::/64").as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(parse_address("192.168.56.1").as_deref(), Some("192.168.56.1"));
        assert_eq!(parse_address("192.168.56.1/64"), None);
        assert_eq!(parse_address("example.org"), None);
    }

    #[test]
    fn a_binding_has_its_exceptions() {
        let mut settings = Settings::default();
        let known = ["192.168.56.1".to_owned()];
        let accepts = |settings: &Settings, text: &str| accepts_address(settings, &known, text.parse().unwrap());
        assert!(accepts(&settings, "192.168.56.1"));
        assert!(!accepts(&settings, "10.0.0.1"));
        settings.trusted_networks = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(accepts(&settings, "10.0.0.1"));
        assert!(accepts(&settings, "::ffff:10.0.0.1"));
        assert!(!accepts(&settings, "172.16.0.1"));
        settings.ip_binding = IpBinding::Off;
        assert!(accepts(&settings, "172.16.0.1"));
    }

    #[test]
    fn the_passwords_of_old_are_good_enough() {
        let settings = Settings::default();
        assert_eq!(refuses_password(&settings, "Romain_1995"), None);
        assert!(refuses_password(&settings, "court").is_some());
        assert!(refuses_password(&settings, &"x".repeat(601)).is_some());
    }

    #[test]
    fn a_cut_leaves_whole_characters() {
        assert_eq!(cut("été", 4), "ét");
        assert_eq!(cut("été", 3), "ét");
        assert_eq!(cut("été", 2), "é");
        assert_eq!(cut("été", 1), "");
        assert_eq!(cut("été", 5), "été");
    }
}

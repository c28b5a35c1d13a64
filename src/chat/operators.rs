//! The operators of the server: who may become one, and what each may do. What is listed here is what the settings name.
//!
//! There are two ways to be one: the server's own user on its own socket, who acts as the correspondent and may do everything,
//! and a session that has given an operator's name and password by OPER.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::proto::secret::Secret;

/// Something that only operators may do, if it was given to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The commands ACCOUNT and INVITATION.
    Accounts,
    /// Seeing from where people come.
    Addresses,
    /// The command BAN.
    Bans,
    /// Doing in every channel what its founder may, and seeing all of them.
    Channels,
    /// The command KILL.
    Kill,
    /// The server's notices, by the user mode `s`, and reports.
    Notices,
    /// The command REHASH.
    Rehash,
    /// The queries of STATS that are not for everybody, and INSPECT.
    Stats,
    /// The command WALLOPS.
    Wallops,
}

impl Right {
    /// All of them with the word that the settings, and 723, have for each, in alphabetical order.
    pub const ALL: [(Self, &str); 9] = [
        (Self::Accounts, "accounts"),
        (Self::Addresses, "addresses"),
        (Self::Bans, "bans"),
        (Self::Channels, "channels"),
        (Self::Kill, "kill"),
        (Self::Notices, "notices"),
        (Self::Rehash, "rehash"),
        (Self::Stats, "stats"),
        (Self::Wallops, "wallops"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(right, _)| *right == self).map_or("", |(_, word)| word)
    }

    /// The right of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(right, _)| *right)
    }
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u16);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(u16::MAX);

    /// These and one more.
    #[must_use]
    pub fn with(self, right: Right) -> Self {
        Self(self.0 | 1 << right as u16)
    }

    /// Whether one is among them.
    pub fn has(self, right: Right) -> bool {
        self.0 & 1 << right as u16 != 0
    }
}

/// An operator as the settings name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What is given to OPER, and stands in the record.
    pub name: String,
    /// The Argon2id PHC string of the password.
    pub password: Secret,
    /// From which networks; from everywhere when there are none.
    pub from: Vec<IpNet>,
    /// What the operator may do.
    pub rights: Rights,
}

impl Operator {
    /// Whether the password counts from an address.
    pub fn may_come_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.from.is_empty() || self.from.iter().any(|network| network.contains(&address))
    }
}

/// What a session is that has become an operator by OPER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duty {
    /// The operator's name.
    pub operator: String,
    /// What the session may do.
    pub rights: Rights,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_found_by_its_word() {
        assert!(Right::ALL.is_sorted_by(|one, other| one.1 < other.1));
        for (right, word) in Right::ALL {
            assert_eq!((right.word(), Right::of_word(word)), (word, Some(right)));
            assert!(Rights::ALL.has(right) && !Rights::NONE.has(right) && Rights::NONE.with(right).has(right));
        }
        assert_eq!(Right::of_word("everything"), None);
        assert!(!Rights::NONE.with(Right::Kill).has(Right::Rehash));
    }

    #[test]
    fn an_operator_comes_from_where_the_settings_say() {
        let operator = |from: &[&str]| Operator {
            name: "ann".to_owned(),
            password: Secret::new("$argon2id$"),
            from: from.iter().map(|network| network.parse().unwrap()).collect(),
            rights: Rights::ALL,
        };
        let address = |text: &str| text.parse().unwrap();
        assert!(operator(&[]).may_come_from(address("192.0.2.1")));
        let here = operator(&["192.0.2.0/24", "::1/128"]);
        assert!(here.may_come_from(address("192.0.2.1")) && here.may_come_from(address("::ffff:192.0.2.1")));
        assert!(here.may_come_from(address("::1")) && !here.may_come_from(address("198.51.100.1")));
    }
}

//! How a network compares names: `CASEMAPPING`, for a client that may be on any server.
//!
//! Specification: Modern IRC, "CASEMAPPING parameter". Names of our own server are compared by PRECIS, see
//! [`names`](super::names).

use super::names::{Folded, fold as fold_by_precis};

/// Which characters count as the same letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseMapping {
    /// `A` to `Z` and `a` to `z`.
    Ascii,
    /// These, and `[]\^` with `{}|~`: what holds on a server that says nothing.
    #[default]
    Rfc1459,
    /// These, but without `^` and `~`.
    Rfc1459Strict,
    /// Unicode letters, by PRECIS UsernameCaseMapped (RFC 8265).
    Precis,
}

impl CaseMapping {
    /// The mapping that a `CASEMAPPING` token names. An unknown name is taken as ASCII, on which all of them agree.
    pub fn parse(token: &str) -> Self {
        match token.to_ascii_lowercase().as_str() {
            "rfc1459" => Self::Rfc1459,
            "rfc1459-strict" | "strict-rfc1459" => Self::Rfc1459Strict,
            "precis" | "rfc8265" | "rfc7613" | "rfc7700" => Self::Precis,
            _ => Self::Ascii,
        }
    }

    /// The name that a `CASEMAPPING` token has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Rfc1459 => "rfc1459",
            Self::Rfc1459Strict => "rfc1459-strict",
            Self::Precis => "rfc8265",
        }
    }

    /// A name as this network compares it. It never fails: what PRECIS refuses is only put in lower case.
    pub fn fold(self, name: &str) -> Folded {
        match self {
            Self::Precis => fold_by_precis(name).unwrap_or_else(|_| Folded::from_stored(&name.to_lowercase())),
            _ => Folded::from_stored(&self.fold_to_string(name)),
        }
    }

    /// The same as a text.
    pub fn fold_to_string(self, name: &str) -> String {
        if self == Self::Precis {
            return self.fold(name).as_str().to_owned();
        }
        let mut folded = String::with_capacity(name.len());
        folded.extend(self.folded(name));
        folded
    }

    fn folded(self, name: &str) -> impl Iterator<Item = char> {
        name.chars().map(move |character| self.fold_character(character))
    }

    /// Whether this network takes both for the same name.
    pub fn is_same(self, one: &str, other: &str) -> bool {
        if self == Self::Precis {
            return one == other || self.fold(one) == self.fold(other);
        }
        one.len() == other.len() && (one == other || self.folded(one).eq(self.folded(other)))
    }

    fn fold_character(self, character: char) -> char {
        match (character, self) {
            ('[', Self::Rfc1459 | Self::Rfc1459Strict) => '{',
            (']', Self::Rfc1459 | Self::Rfc1459Strict) => '}',
            ('\\', Self::Rfc1459 | Self::Rfc1459Strict) => '|',
            ('^', Self::Rfc1459) => '~',
            _ => character.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [CaseMapping; 4] =
        [CaseMapping::Ascii, CaseMapping::Rfc1459, CaseMapping::Rfc1459Strict, CaseMapping::Precis];

    #[test]
    fn each_mapping_has_its_letters() {
        for (mapping, folded) in [
            (CaseMapping::Ascii, "#ab[]\\^É"),
            (CaseMapping::Rfc1459, "#ab{}|~É"),
            (CaseMapping::Rfc1459Strict, "#ab{}|^É"),
            (CaseMapping::Precis, "#ab[]\\^é"),
        ] {
            assert_eq!(mapping.fold("#aB[]\\^É").as_str(), folded, "{mapping:?}");
            assert!(mapping.is_same("#aB[]\\^É", folded));
        }
        assert!(!CaseMapping::Ascii.is_same("a[", "a{"));
        assert_eq!(CaseMapping::Precis.fold("NOT A NAME É").as_str(), "not a name é");
    }

    #[test]
    fn tokens_name_mappings() {
        for mapping in ALL {
            assert_eq!(CaseMapping::parse(mapping.name()), mapping);
        }
        assert_eq!(CaseMapping::parse("RFC7613"), CaseMapping::Precis);
        assert_eq!(CaseMapping::parse("something else"), CaseMapping::Ascii);
        assert_eq!(CaseMapping::default(), CaseMapping::Rfc1459);
    }

    proptest! {
        #[test]
        fn folding_is_what_comparing_does(one in "[a-cA-C\\[\\]{}^~éÉ]{0,3}", other in "[a-cA-C\\[\\]{}^~éÉ]{0,3}") {
            for mapping in ALL {
                prop_assert_eq!(mapping.is_same(&one, &other), mapping.fold(&one) == mapping.fold(&other));
                let folded = mapping.fold(&one);
                prop_assert_eq!(mapping.fold(folded.as_str()), folded);
            }
        }
    }
}

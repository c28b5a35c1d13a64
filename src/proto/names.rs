//! Names that were checked when they were made: a [`Nick`] in hand is a valid one.
//!
//! Specifications: RFC 8265 (PRECIS, UsernameCaseMapped) decides which names are equal; Modern IRC, "Clients" and
//! "Channels", decides what may not stand in a name. Comparing goes through [`Folded`], never through the text.

use std::fmt;
use std::sync::Arc;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;

/// The most bytes of a nick and of an account's name (`NICKLEN`).
pub const NICK_BYTES_MAX: usize = 32;
/// The most bytes of a channel's name, its `#` included (`CHANNELLEN`).
pub const CHANNEL_BYTES_MAX: usize = 64;
/// What a channel's name begins with (`CHANTYPES`).
pub const CHANNEL_TYPES: &str = "#";
/// The most bytes of an idempotency id (`+chat-tui/id`).
pub const IDEMPOTENCY_ID_BYTES_MAX: usize = 64;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// Longer than the limit.
    #[error("the name is too long")]
    TooLong,
    /// A character that has a meaning on the wire, or that PRECIS does not allow in names.
    #[error("the name holds a character that names may not have")]
    BadCharacter,
}

/// A name as it is compared: equal for names that differ in case or in form only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Folded(Arc<str>);

impl Folded {
    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A folded text that was stored earlier; it is taken as it is.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Folded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

/// Folds by RFC 8265: width, case and normalization form no longer matter.
///
/// # Errors
/// When PRECIS does not allow the text as an identifier.
pub(super) fn fold(text: &str) -> Result<Folded, NameError> {
    if text.is_ascii() {
        // The common case, without tables. PRECIS allows every printable ASCII character but the blank in identifiers.
        if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(NameError::BadCharacter);
        }
        return Ok(Folded(text.to_ascii_lowercase().into()));
    }
    let fold = |text: &str| UsernameCaseMapped::enforce(text).map(String::from).map_err(|_| NameError::BadCharacter);
    let folded = fold(text)?;
    // Small Cherokee letters are no letters for PRECIS while the capital ones are: what is folded must be a name itself.
    if fold(&folded)? == folded { Ok(Folded(folded.into())) } else { Err(NameError::BadCharacter) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            text: Arc<str>,
            folded: Folded,
        }

        impl $name {
            /// The name as its owner writes it.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The name as it is compared.
            pub fn folded(&self) -> &Folded {
                &self.folded
            }

            /// A name that was checked before it was stored.
            pub fn from_stored(text: &str, folded: &str) -> Self {
                Self { text: text.into(), folded: Folded::from_stored(folded) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.text, formatter)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.folded == other.folded
            }
        }

        impl Eq for $name {}

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                (self.as_str(), self.folded.as_str()).serialize(serializer)
            }
        }

        /// Taken as it was written down, like [`Self::from_stored`].
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (text, folded) = <(String, String)>::deserialize(deserializer)?;
                Ok(Self::from_stored(&text, &folded))
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.folded.hash(state);
            }
        }
    };
}

name_type! {
    /// What a session is called at the moment. Equal by folding.
    Nick
}
name_type! {
    /// What an account is called. Equal by folding.
    AccountName
}
name_type! {
    /// A channel's name, `#` included. Equal by folding.
    ChannelName
}

impl Nick {
    /// Checks a nick: 1 to 32 bytes, also when folded; no character that means something on the wire; not beginning with
    /// the sign of a channel, of a prefix, of an extended ban or of a mode change. A digit may begin it.
    ///
    /// # Errors
    /// When it is empty, too long, or holds such a character.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let folded = check_nick(text)?;
        Ok(Self { text: text.into(), folded })
    }

    /// The nick of an account, where nick and account are the same.
    pub fn of_account(name: &AccountName) -> Self {
        Self { text: name.text.clone(), folded: name.folded.clone() }
    }
}

impl AccountName {
    /// Checks an account's name: the same rules as for a nick.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a character that names may not have.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let folded = check_nick(text)?;
        Ok(Self { text: text.into(), folded })
    }

    /// The account that has this nick's name, if there is one.
    pub fn of_nick(nick: &Nick) -> Self {
        Self { text: nick.text.clone(), folded: nick.folded.clone() }
    }
}

fn check_nick(text: &str) -> Result<Folded, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NICK_BYTES_MAX {
        return Err(NameError::TooLong);
    }
    check_nick_characters(text)?;
    let folded = fold(text)?;
    // Folding can grow a text, and it makes ASCII of full-width signs, which must not bring `!` or `#` in by a back door.
    if folded.as_str().len() > NICK_BYTES_MAX {
        return Err(NameError::TooLong);
    }
    check_nick_characters(folded.as_str())?;
    Ok(folded)
}

fn check_nick_characters(text: &str) -> Result<(), NameError> {
    const NEVER: &str = " ,*?!@.:;/\"'<>()";
    const NEVER_FIRST: &str = "#&$~%+-=";
    let is_bad = text.starts_with(|first| NEVER_FIRST.contains(first)) || text.contains(|any| NEVER.contains(any));
    if is_bad { Err(NameError::BadCharacter) } else { Ok(()) }
}

impl ChannelName {
    /// Checks a channel's name: `#`, then at least one more character; 64 bytes at most, also when folded; no blank,
    /// comma, control or wildcard.
    ///
    /// # Errors
    /// When it is empty, too long, does not begin with `#`, or holds a character that names may not have.
    pub fn new(text: &str) -> Result<Self, NameError> {
        const NEVER: &str = " ,*?:";
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > CHANNEL_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let bare = text.trim_start_matches('#');
        if !Self::looks_like(text) || bare.is_empty() || text.contains(|any| NEVER.contains(any)) {
            return Err(NameError::BadCharacter);
        }
        let hashes = &text[..text.len() - bare.len()];
        let folded = format!("{hashes}{}", fold(bare)?.as_str());
        if folded.len() > CHANNEL_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        if folded.contains(|any| NEVER.contains(any)) {
            return Err(NameError::BadCharacter);
        }
        Ok(Self { text: text.into(), folded: Folded(folded.into()) })
    }

    /// Whether a target is meant as a channel.
    pub fn looks_like(text: &str) -> bool {
        text.starts_with(|first| CHANNEL_TYPES.contains(first))
    }
}

/// The name of a message for ever: what `msgid` carries. Letters and digits; never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MsgId(u64);

/// The bit that sets the ids of what passes by apart from those of the record.
const PASSING_BIT: u64 = 1 << 63;

/// The digits of a message id: its number in base 32, most significant first, without letters that look alike.
const MSGID_DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const MSGID_LEN: usize = 13;

impl MsgId {
    /// The id of the event with this number.
    pub fn of_seq(seq: u64) -> Self {
        Self(seq)
    }

    /// The id of something that is told and not kept, as typing is. Only the low 63 bits of the number count.
    pub fn of_passing(number: u64) -> Self {
        Self(number | PASSING_BIT)
    }

    /// The event's number.
    pub fn seq(self) -> u64 {
        self.0
    }

    /// Reads the id of an event; nothing for any other text, the id of what was not kept and a number beyond 64 bits included.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != MSGID_LEN {
            return None;
        }
        let mut number: u64 = 0;
        for byte in text.bytes() {
            let digit = MSGID_DIGITS.iter().position(|digit| *digit == byte)?;
            number = number.checked_mul(32)?.checked_add(digit as u64)?;
        }
        Some(Self(number)).filter(|id| id.0 & PASSING_BIT == 0)
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; MSGID_LEN];
        let mut number = self.0;
        for place in digits.iter_mut().rev() {
            *place = MSGID_DIGITS[(number % 32) as usize];
            number /= 32;
        }
        formatter.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for MsgId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MsgId({self})")
    }
}

#[cfg(test)]
mod tests;

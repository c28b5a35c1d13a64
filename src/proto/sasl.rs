//! SASL as IRC carries it: mechanisms, payloads cut into AUTHENTICATE lines, and PLAIN. SCRAM is in [`scram`](super::scram).
//!
//! Specifications: IRCv3 `sasl` 3.1 and 3.2; RFC 4616 (PLAIN). Everything that arrives is hostile until it is parsed:
//! nothing here panics, and an [`Assembler`] holds no more than its bound.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;

use super::secret::Secret;

/// How many characters of Base64 one AUTHENTICATE line carries. A line of just so many means that more follow.
pub const CHUNK_BYTES: usize = 400;
/// What stands for an empty chunk.
pub const EMPTY_CHUNK: &str = "+";
/// What a client sends instead of a chunk to give up.
pub const ABORT: &str = "*";
/// A bound for [`Assembler::new`] that fits every mechanism here, with names and passwords of any sensible length.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;

/// How a client can prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// Name and password (or a device token) as they are.
    Plain,
    /// A proof that the password is known, both ways, without sending it.
    ScramSha256,
    /// What the connection itself proves: the peer of a Unix socket.
    External,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::External];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::External => "EXTERNAL",
        }
    }

    /// The mechanism of this name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A payload as the parameters of AUTHENTICATE lines: Base64 in chunks, a `+` at the end when there would be nothing or the
/// last chunk is full.
pub fn payload_chunks(payload: &[u8]) -> Vec<String> {
    let encoded = BASE64.encode(payload);
    // Base64 is ASCII: every cut is between characters.
    let mut chunks: Vec<String> =
        encoded.as_bytes().chunks(CHUNK_BYTES).map(|chunk| chunk.iter().copied().map(char::from).collect()).collect();
    if encoded.len().is_multiple_of(CHUNK_BYTES) {
        chunks.push(EMPTY_CHUNK.to_owned());
    }
    chunks
}

/// Why chunks do not make a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A chunk of more than 400 characters, or more chunks than the bound allows (numeric 905).
    #[error("the SASL message is too long")]
    TooLong,
    /// Not Base64 (numeric 904).
    #[error("the SASL message is not valid Base64")]
    NotBase64,
}

/// Gathers chunks until a payload is whole. Never holds more than its bound.
pub struct Assembler {
    encoded: String,
    encoded_bytes_max: usize,
}

impl Assembler {
    /// Nothing gathered yet; payloads of at most `payload_bytes_max` bytes are accepted.
    pub fn new(payload_bytes_max: usize) -> Self {
        Self { encoded: String::new(), encoded_bytes_max: payload_bytes_max.div_ceil(3) * 4 }
    }

    /// Takes one chunk: the payload when it is whole now, nothing when more must follow. After an error or a whole payload it
    /// begins anew.
    ///
    /// # Errors
    /// When the chunk or the payload is too long, or the payload is not Base64.
    pub fn push(&mut self, chunk: &str) -> Result<Option<Vec<u8>>, PayloadError> {
        let more = if chunk == EMPTY_CHUNK { "" } else { chunk };
        if chunk.len() > CHUNK_BYTES || self.encoded.len() + more.len() > self.encoded_bytes_max {
            self.encoded.clear();
            return Err(PayloadError::TooLong);
        }
        self.encoded.push_str(more);
        if chunk.len() == CHUNK_BYTES {
            return Ok(None);
        }
        // The encoded text may be a password: it does not outlive its decoding.
        let encoded = Secret::new(std::mem::take(&mut self.encoded));
        BASE64.decode(encoded.expose()).map(Some).map_err(|_| PayloadError::NotBase64)
    }

    /// How many characters of an unfinished payload are held.
    pub fn held_bytes(&self) -> usize {
        self.encoded.len()
    }
}

impl fmt::Debug for Assembler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Assembler({} characters held)", self.encoded.len())
    }
}

/// What PLAIN carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainCredentials {
    /// As whom one wants to act; empty for oneself.
    pub authorization: String,
    /// Who one is: the account's name.
    pub authentication: String,
    /// The password, or a device token.
    pub password: Secret,
}

/// The payload is not `[authzid] NUL authcid NUL password` in UTF-8 with a name and a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PLAIN message is malformed")]
pub struct PlainError;

impl PlainCredentials {
    /// The credentials of someone who acts as oneself.
    pub fn new(name: &str, password: Secret) -> Self {
        Self { authorization: String::new(), authentication: name.to_owned(), password }
    }

    /// The payload.
    ///
    /// # Errors
    /// When the name or the password is empty, or something holds a NUL, which nothing could tell from a separator.
    pub fn encode(&self) -> Result<Vec<u8>, PlainError> {
        let password = self.password.expose();
        let has_nul = [&self.authorization, &self.authentication, password].iter().any(|part| part.contains('\0'));
        if has_nul || self.authentication.is_empty() || password.is_empty() {
            return Err(PlainError);
        }
        Ok([&self.authorization, "\0", &self.authentication, "\0", password].concat().into_bytes())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// When it is not UTF-8, has not exactly two NULs, or has no name or no password.
    pub fn parse(payload: &[u8]) -> Result<Self, PlainError> {
        let text = std::str::from_utf8(payload).map_err(|_| PlainError)?;
        let mut parts = text.split('\0');
        let (Some(authorization), Some(authentication), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(PlainError);
        };
        if authentication.is_empty() || password.is_empty() {
            return Err(PlainError);
        }
        Ok(Self {
            authorization: authorization.to_owned(),
            authentication: authentication.to_owned(),
            password: Secret::new(password),
        })
    }
}

/// A password as it is hashed, the same whatever way it came: by REGISTER, PLAIN or SCRAM, typed on any keyboard.
///
/// It is PRECIS OpaqueString (RFC 8265, section 4.2), the successor of the SASLprep that RFC 5802 names: blanks of all
/// kinds become the ASCII blank, and characters are composed (NFC). Unlike SASLprep it does not fold compatibility forms, so
/// the two differ only for passwords with such characters as `ﬁ`. What OpaqueString refuses (controls, characters that are
/// newer than its tables) is hashed as it is: an unusual password shall work, not be forbidden.
pub fn prepare_password(password: &Secret) -> Secret {
    let text = password.expose();
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return password.clone();
    }
    OpaqueString::enforce(text).map_or_else(|_| password.clone(), |prepared| Secret::new(prepared.into_owned()))
}

/// What SCRAM-SHA-256 needs to know of a password (RFC 5802, section 3): enough to verify it, not enough to use it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ScramKeys {
    /// The salt.
    pub salt: Vec<u8>,
    /// The rounds of PBKDF2.
    pub iterations: u32,
    /// `StoredKey`.
    pub stored_key: [u8; 32],
    /// `ServerKey`.
    pub server_key: [u8; 32],
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assemble(chunks: &[String]) -> Result<Option<Vec<u8>>, PayloadError> {
        let mut assembler = Assembler::new(PAYLOAD_BYTES_MAX);
        let (last, others) = chunks.split_last().unwrap();
        for chunk in others {
            assert_eq!(assembler.push(chunk), Ok(None));
        }
        assembler.push(last)
    }

    #[test]
    fn chunks_end_with_a_short_one() {
        assert_eq!(payload_chunks(b""), ["+"]);
        assert_eq!(payload_chunks(b"abc"), ["YWJj"]);
        for (payload_bytes, lengths) in
            [(299, vec![400, 1]), (300, vec![400, 1]), (301, vec![400, 4]), (600, vec![400, 400, 1])]
        {
            let chunks = payload_chunks(&vec![0; payload_bytes]);
            assert_eq!(chunks.iter().map(String::len).collect::<Vec<_>>(), lengths, "{payload_bytes}");
            assert_eq!(assemble(&chunks), Ok(Some(vec![0; payload_bytes])));
        }
    }

    #[test]
    fn the_sign_of_the_end_needs_no_room() {
        let mut assembler = Assembler::new(300);
        let chunks = payload_chunks(&[7; 300]);
        assert_eq!(chunks.iter().map(|chunk| assembler.push(chunk)).last(), Some(Ok(Some(vec![7; 300]))));
    }

    #[test]
    fn a_password_of_600_bytes_passes() {
        let credentials = PlainCredentials::new("romain", Secret::new("p".repeat(600)));
        let payload = assemble(&payload_chunks(&credentials.encode().unwrap())).unwrap().unwrap();
        assert_eq!(PlainCredentials::parse(&payload), Ok(credentials));
    }

    #[test]
    fn chunks_beyond_the_bound_are_refused_and_forgotten() {
        let mut assembler = Assembler::new(600);
        assert_eq!(assembler.push(&"A".repeat(401)), Err(PayloadError::TooLong));
        let full = "A".repeat(400);
        assert_eq!(assembler.push(&full), Ok(None));
        assert_eq!(assembler.push(&full), Ok(None));
        assert_eq!(assembler.held_bytes(), 800);
        assert_eq!(assembler.push("AAAA"), Err(PayloadError::TooLong));
        assert_eq!(assembler.held_bytes(), 0);
        assert_eq!(assembler.push("+"), Ok(Some(Vec::new())));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for chunk in ["A", "AB=C", "é", "####", "AAA", "*", "AA A", "++"] {
            assert_eq!(Assembler::new(PAYLOAD_BYTES_MAX).push(chunk), Err(PayloadError::NotBase64), "{chunk}");
        }
    }

    #[test]
    fn plain_has_two_separators_a_name_and_a_password() {
        let parsed = PlainCredentials::parse("admin\0romain\0pâss word".as_bytes()).unwrap();
        assert_eq!((parsed.authorization.as_str(), parsed.authentication.as_str()), ("admin", "romain"));
        assert_eq!(parsed.password.expose(), "pâss word");
        for payload in [&b""[..], b"\0", b"\0\0", b"\0a\0", b"\0\0b", b"a\0b", b"\0a\0b\0c", b"\0a\0\xff", b"a"] {
            assert_eq!(PlainCredentials::parse(payload), Err(PlainError), "{payload:?}");
        }
        assert_eq!(PlainCredentials::new("a\0b", Secret::new("c")).encode(), Err(PlainError));
        assert_eq!(PlainCredentials::new("a", Secret::new("")).encode(), Err(PlainError));
        assert!(!format!("{parsed:?}").contains("pâss"));
    }

    #[test]
    fn passwords_are_the_same_from_every_keyboard() {
        for (typed, prepared) in [
            ("plain ASCII ~", "plain ASCII ~"),
            ("e\u{301}te\u{301}", "été"),
            ("a\u{a0}b\u{3000}c", "a b c"),
            ("Été", "Été"),
            ("tab\there", "tab\there"),
            ("🦀", "🦀"),
        ] {
            assert_eq!(prepare_password(&Secret::new(typed)).expose(), prepared, "{typed:?}");
        }
    }

    #[test]
    fn mechanisms_are_found_in_any_case() {
        assert_eq!(Mechanism::find("scram-sha-256"), Some(Mechanism::ScramSha256));
        assert_eq!(Mechanism::find("SCRAM-SHA-256-PLUS"), None);
    }

    proptest! {
        #[test]
        fn payloads_round_trip(payload in prop::collection::vec(any::<u8>(), 0..1_300)) {
            let chunks = payload_chunks(&payload);
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES));
            prop_assert_eq!(assemble(&chunks), Ok(Some(payload)));
        }

        #[test]
        fn hostile_chunks_neither_panic_nor_pile_up(chunks in prop::collection::vec("[A-Za-z0-9+/=*é]{0,410}|A{400}", 0..12)) {
            let mut assembler = Assembler::new(900);
            for chunk in chunks {
                let _ = assembler.push(&chunk);
                prop_assert!(assembler.held_bytes() <= 1_200);
            }
        }

        #[test]
        fn hostile_plain_payloads_are_refused_or_read(payload in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..40)) {
            if let Ok(credentials) = PlainCredentials::parse(&payload) {
                prop_assert_eq!(credentials.encode(), Ok(payload));
            }
        }
    }
}

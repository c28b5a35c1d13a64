//! SCRAM-SHA-256, both sides, as steps: bytes in, bytes out, nothing else.
//!
//! Specifications: RFC 5802 (SCRAM), RFC 7677 (SHA-256). Channel binding is not offered: a client that demands it (`p=`)
//! is refused, one that only could (`y`) is not. Nonces are arguments, since nothing here draws random numbers. Deriving keys
//! takes long on purpose: [`ScramKeys::derive`] and [`ScramClient::answer`] belong on a thread that may wait.
//!
//! A server must not tell unknown names from known ones: it takes [`ScramKeys::fake`] for the unknown, and the exchange
//! fails at its last step, as with a wrong password.

use std::fmt;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::{digest, hmac, pbkdf2};

use super::sasl::{ScramKeys, prepare_password};
use super::secret::{Secret, equal_in_constant_time};

/// The bytes of salt of new keys, and of fake ones.
pub const SALT_BYTES: usize = 16;
/// The fewest rounds that a client accepts from a server: RFC 7677's minimum.
pub const ITERATIONS_MIN: u32 = 4_096;
/// The most rounds that a client computes for a server; more would keep it busy for as long as the server likes.
pub const ITERATIONS_MAX: u32 = 5_000_000;

const NONCE_BYTES_MAX: usize = 256;
const MESSAGE_BYTES_MAX: usize = 4_096;
const SALT_BYTES_MAX: usize = 1_024;

/// Why an exchange ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScramError {
    /// The message does not follow the grammar, or is absurdly long.
    #[error("the SCRAM message is malformed")]
    Malformed,
    /// The peer demands an extension that we do not know (`m=`).
    #[error("the SCRAM message demands an unknown extension")]
    UnknownExtension,
    /// The client demands channel binding.
    #[error("channel binding is not supported")]
    ChannelBinding,
    /// The nonce or the channel-binding data is not the one of this exchange.
    #[error("the SCRAM message belongs to another exchange")]
    WrongExchange,
    /// The server's number of rounds is too small to be safe or too large to be computed.
    #[error("the server's iteration count is not acceptable")]
    Iterations,
    /// The client's proof is wrong: wrong password, or unknown name.
    #[error("the proof is wrong")]
    WrongProof,
    /// The server's signature is wrong: it does not know the password.
    #[error("the server's signature is wrong")]
    WrongSignature,
    /// The server said that it refuses (`e=`).
    #[error("the server refused")]
    Refused,
}

/// Random bytes as a nonce: Base64, which has no comma.
pub fn nonce(random: &[u8]) -> String {
    BASE64.encode(random)
}

impl ScramKeys {
    /// The keys of a password, prepared as [`prepare_password`] does. Takes long: about 0.2 s for 600,000 rounds.
    pub fn derive(password: &Secret, salt: &[u8], iterations: NonZeroU32) -> Self {
        let salted = SaltedPassword::derive(password, salt, iterations);
        Self {
            salt: salt.to_vec(),
            iterations: iterations.get(),
            stored_key: sha256(&salted.client_key()),
            server_key: salted.server_key(),
        }
    }

    /// Keys for a name that has none, always the same for the same name: no password fits them, and nobody without
    /// `server_secret` can tell their salt from a real one.
    pub fn fake(server_secret: &[u8], folded_name: &str, iterations: NonZeroU32) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, server_secret);
        let part = |label: &str| hmac_sha256(&key, &[label.as_bytes(), folded_name.as_bytes()]);
        Self {
            salt: part("salt of ")[..SALT_BYTES].to_vec(),
            iterations: iterations.get(),
            stored_key: part("stored key of "),
            server_key: part("server key of "),
        }
    }

    /// Whether these are the keys of `password`: derives them again, which takes long.
    pub fn fit(&self, password: &Secret) -> bool {
        NonZeroU32::new(self.iterations).is_some_and(|iterations| {
            let keys = Self::derive(password, &self.salt, iterations);
            equal_in_constant_time(&keys.stored_key, &self.stored_key)
        })
    }
}

/// `Hi(password, salt, i)`: from it come both keys.
struct SaltedPassword(hmac::Key);

impl SaltedPassword {
    fn derive(password: &Secret, salt: &[u8], iterations: NonZeroU32) -> Self {
        let mut salted = [0; 32];
        let password = prepare_password(password);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, password.expose().as_bytes(), &mut salted);
        Self(hmac::Key::new(hmac::HMAC_SHA256, &salted))
    }

    fn client_key(&self) -> [u8; 32] {
        hmac_sha256(&self.0, &[b"Client Key"])
    }

    fn server_key(&self) -> [u8; 32] {
        hmac_sha256(&self.0, &[b"Server Key"])
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

fn hmac_sha256(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

fn exclusive_or(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|at| one[at] ^ other[at])
}

// ---------------------------------------------------------------------------------------------------------- the server

/// The client's first message, understood. The server looks up the keys of the name and goes on with
/// [`ClientFirst::challenge`].
pub struct ClientFirst {
    /// As whom the client wants to act; empty for itself.
    pub authorization: String,
    /// Who it says it is: the account's name, as the client wrote it.
    pub authentication: String,
    gs2_header: String,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Reads the client's first message.
    ///
    /// # Errors
    /// When it is malformed, or demands channel binding or an extension.
    pub fn parse(message: &[u8]) -> Result<Self, ScramError> {
        let message = text_of(message)?;
        let (flag, rest) = message.split_once(',').ok_or(ScramError::Malformed)?;
        match flag {
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(ScramError::ChannelBinding),
            _ => return Err(ScramError::Malformed),
        }
        let (authorization, bare) = rest.split_once(',').ok_or(ScramError::Malformed)?;
        let authorization = match authorization {
            "" => String::new(),
            other => unescape_name(other.strip_prefix("a=").ok_or(ScramError::Malformed)?)?,
        };
        let mut attributes = Attributes(bare.split(','));
        let authentication = unescape_name(attributes.next('n')?)?;
        let nonce = check_nonce(attributes.next('r')?)?;
        attributes.check_extensions()?;
        Ok(Self {
            authorization,
            authentication,
            gs2_header: message[..message.len() - bare.len()].to_owned(),
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
        })
    }

    /// The server's first message, and the state that waits for the answer. `server_nonce` is random, printable ASCII
    /// without a comma: see [`nonce`].
    pub fn challenge(self, keys: ScramKeys, server_nonce: &str) -> (ScramServer, Vec<u8>) {
        let nonce = format!("{}{server_nonce}", self.nonce);
        let challenge = format!("r={nonce},s={},i={}", BASE64.encode(&keys.salt), keys.iterations);
        let server = ScramServer {
            keys,
            binding: BASE64.encode(&self.gs2_header),
            signed: format!("{},{challenge}", self.bare),
            nonce,
        };
        (server, challenge.into_bytes())
    }
}

impl fmt::Debug for ClientFirst {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientFirst({:?})", self.authentication)
    }
}

/// A server that waits for the client's proof.
pub struct ScramServer {
    keys: ScramKeys,
    binding: String,
    signed: String,
    nonce: String,
}

impl ScramServer {
    /// Checks the client's final message. The answer is the server's final message, which proves that it knows the password too.
    ///
    /// # Errors
    /// When the message is malformed or of another exchange, or the proof is wrong. Which one is for the log, not for the
    /// client.
    pub fn finish(self, message: &[u8]) -> Result<Vec<u8>, ScramError> {
        let message = text_of(message)?;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
        let mut attributes = Attributes(without_proof.split(','));
        let binding = attributes.next('c')?;
        let nonce = attributes.next('r')?;
        attributes.check_extensions()?;
        if binding != self.binding || !equal_in_constant_time(nonce.as_bytes(), self.nonce.as_bytes()) {
            return Err(ScramError::WrongExchange);
        }
        let proof = BASE64.decode(proof).map_err(|_| ScramError::Malformed)?;
        let proof: [u8; 32] = proof.try_into().map_err(|_| ScramError::Malformed)?;

        let signed = [self.signed.as_bytes(), b",", without_proof.as_bytes()];
        let stored_key = hmac::Key::new(hmac::HMAC_SHA256, &self.keys.stored_key);
        let client_key = exclusive_or(&proof, &hmac_sha256(&stored_key, &signed));
        if !equal_in_constant_time(&sha256(&client_key), &self.keys.stored_key) {
            return Err(ScramError::WrongProof);
        }
        let server_key = hmac::Key::new(hmac::HMAC_SHA256, &self.keys.server_key);
        Ok(format!("v={}", BASE64.encode(hmac_sha256(&server_key, &signed))).into_bytes())
    }
}

impl fmt::Debug for ScramServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramServer(…)")
    }
}

// ---------------------------------------------------------------------------------------------------------- the client

/// A client that has sent its first message.
pub struct ScramClient {
    password: Secret,
    bare: String,
    nonce: String,
}

/// What a client that binds no channel says of it.
const GS2_HEADER: &str = "n,,";

impl ScramClient {
    /// The client's first message, and the state that waits for the challenge. `client_nonce` is random, printable ASCII
    /// without a comma: see [`nonce`].
    pub fn start(name: &str, password: Secret, client_nonce: &str) -> (Self, Vec<u8>) {
        let bare = format!("n={},r={client_nonce}", escape_name(name));
        let message = format!("{GS2_HEADER}{bare}").into_bytes();
        (Self { password, bare, nonce: client_nonce.to_owned() }, message)
    }

    /// Answers the server's first message with the client's final one. Takes long: it derives the keys.
    ///
    /// # Errors
    /// When the message is malformed, of another exchange, or has a number of rounds that is not acceptable.
    pub fn answer(self, challenge: &[u8]) -> Result<(ScramClientProof, Vec<u8>), ScramError> {
        let challenge = text_of(challenge)?;
        let mut attributes = Attributes(challenge.split(','));
        let nonce = check_nonce(attributes.next('r')?)?;
        let salt = BASE64.decode(attributes.next('s')?).map_err(|_| ScramError::Malformed)?;
        let iterations = attributes.next('i')?;
        attributes.check_extensions()?;
        if salt.is_empty() || salt.len() > SALT_BYTES_MAX || !iterations.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ScramError::Malformed);
        }
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(ScramError::WrongExchange);
        }
        let iterations = iterations.parse().ok().filter(|rounds| (ITERATIONS_MIN..=ITERATIONS_MAX).contains(rounds));
        let iterations = iterations.and_then(NonZeroU32::new).ok_or(ScramError::Iterations)?;

        let salted = SaltedPassword::derive(&self.password, &salt, iterations);
        let client_key = salted.client_key();
        let without_proof = format!("c={},r={nonce}", BASE64.encode(GS2_HEADER));
        let signed = format!("{},{challenge},{without_proof}", self.bare);
        let stored_key = hmac::Key::new(hmac::HMAC_SHA256, &sha256(&client_key));
        let proof = exclusive_or(&client_key, &hmac_sha256(&stored_key, &[signed.as_bytes()]));
        let answer = format!("{without_proof},p={}", BASE64.encode(proof)).into_bytes();
        Ok((ScramClientProof { server_key: salted.server_key(), signed }, answer))
    }
}

impl fmt::Debug for ScramClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramClient(…)")
    }
}

/// A client that has sent its proof and waits for the server's.
pub struct ScramClientProof {
    server_key: [u8; 32],
    signed: String,
}

impl ScramClientProof {
    /// Checks the server's final message. Only a server that knows the password passes.
    ///
    /// # Errors
    /// When the message is malformed, the server refuses, or its signature is wrong.
    pub fn verify(&self, message: &[u8]) -> Result<(), ScramError> {
        let message = text_of(message)?;
        let mut attributes = Attributes(message.split(','));
        if message.starts_with("e=") {
            return Err(ScramError::Refused);
        }
        let signature = BASE64.decode(attributes.next('v')?).map_err(|_| ScramError::Malformed)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.server_key);
        hmac::verify(&key, self.signed.as_bytes(), &signature).map_err(|_| ScramError::WrongSignature)
    }
}

impl fmt::Debug for ScramClientProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramClientProof(…)")
    }
}

// --------------------------------------------------------------------------------------------------------- the grammar

/// The `x=value` parts of a message, whose order is fixed.
struct Attributes<'a>(std::str::Split<'a, char>);

impl<'a> Attributes<'a> {
    /// The value of the next attribute, which must be called `name`.
    fn next(&mut self, name: char) -> Result<&'a str, ScramError> {
        let attribute = self.0.next().ok_or(ScramError::Malformed)?;
        if attribute.starts_with("m=") {
            return Err(ScramError::UnknownExtension);
        }
        attribute.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).ok_or(ScramError::Malformed)
    }

    /// What is left are optional extensions: they are passed over, but must look like attributes.
    fn check_extensions(self) -> Result<(), ScramError> {
        for attribute in self.0 {
            let mut characters = attribute.chars();
            let is_attribute = characters.next().is_some_and(|name| name.is_ascii_alphabetic())
                && characters.next() == Some('=')
                && characters.next().is_some();
            if !is_attribute {
                return Err(ScramError::Malformed);
            }
        }
        Ok(())
    }
}

fn text_of(message: &[u8]) -> Result<&str, ScramError> {
    let text = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
    if text.len() > MESSAGE_BYTES_MAX || text.contains('\0') { Err(ScramError::Malformed) } else { Ok(text) }
}

/// Printable ASCII; the comma cannot be in it, since attributes were split there.
fn check_nonce(nonce: &str) -> Result<&str, ScramError> {
    let is_good = (1..=NONCE_BYTES_MAX).contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    if is_good { Ok(nonce) } else { Err(ScramError::Malformed) }
}

fn escape_name(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

fn unescape_name(escaped: &str) -> Result<String, ScramError> {
    let mut parts = escaped.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(ScramError::Malformed),
        };
        name.push(sign);
        name.push_str(rest);
    }
    if name.is_empty() { Err(ScramError::Malformed) } else { Ok(name) }
}

#[cfg(test)]
mod tests;

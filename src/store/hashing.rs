//! What is stored instead of a password: an Argon2id PHC string and SCRAM-SHA-256 keys, with one set of parameters.
//!
//! Specifications: RFC 9106 (Argon2), with the parameters that OWASP recommends; RFC 7677 (SCRAM-SHA-256). Everything here
//! takes long on purpose, and belongs on a thread that may wait: about 20 ms for Argon2, 200 ms for SCRAM keys.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::chat::event::Credentials;
use crate::proto::sasl::{ScramKeys, prepare_password};
use crate::proto::scram;
use crate::proto::secret::Secret;

/// The memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1_024;
/// The passes over the memory.
const PASSES: u32 = 2;
/// The lanes.
const LANES: u32 = 1;
/// The bytes of an Argon2 salt.
pub const SALT_BYTES: usize = 16;
/// The bytes of an Argon2 hash.
pub const HASH_BYTES: usize = 32;
/// The rounds of PBKDF2 in SCRAM keys.
pub const SCRAM_ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// Argon2id with the parameters of new hashes.
pub fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// One hash in a buffer that grows when it must and is kept. Nothing when the parameters do not fit together.
pub fn hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    argon2.hash_password_into_with_memory(password, salt, output, &mut memory[..blocks]).ok()
}

/// The PHC string of a password, which may be any bytes. Nothing when there is no randomness.
pub fn phc(password: &[u8], memory: &mut Vec<Block>) -> Option<String> {
    let salt: [u8; SALT_BYTES] = random()?;
    let mut output = [0; HASH_BYTES];
    hash(&argon2()?, password, &salt, &mut output, memory)?;
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    Some(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}"))
}

/// What is stored of a password. Nothing when there is no randomness.
pub fn credentials(password: &Secret, memory: &mut Vec<Block>) -> Option<Credentials> {
    let argon2 = phc(prepare_password(password).expose().as_bytes(), memory)?;
    let salt: [u8; scram::SALT_BYTES] = random()?;
    Some(Credentials { argon2, scram: Some(ScramKeys::derive(password, &salt, SCRAM_ITERATIONS)) })
}

fn random<const COUNT: usize>() -> Option<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}

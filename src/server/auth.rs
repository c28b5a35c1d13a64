//! Passwords and tokens: what is expensive or random about them.
//!
//! Hashing is memory- and time-hard by intent, so one thread of low priority does it, one password after the other, in a
//! buffer that it keeps. Whoever comes when its queue is full is told that the service is unavailable. Nothing here is
//! ever logged.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::oneshot;

use super::metrics::Metrics;
use crate::chat::event::{Credentials, Digest};
use crate::chat::invitations;
use crate::chat::proofs::{TOKEN_PREFIX, token_digest};
use crate::proto::sasl::prepare_password;
use crate::proto::scram;
use crate::proto::secret::{Secret, equal_in_constant_time};
use crate::store::hashing;

/// A stored hash that asks for more memory than this (1 GiB) is not computed: it counts as wrong.
const ARGON2_MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// How many passwords may wait to be hashed: some seconds' worth of work. Beyond: unavailable.
const QUEUE_MAX: usize = 256;
/// The priority of the hashing thread: chatting goes before logging in.
const NICENESS: i32 = 5;

/// The random bytes of a device token.
const TOKEN_BYTES: usize = 32;
/// The random bytes of a server's nonce.
const NONCE_BYTES: usize = 18;

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// Fresh random bytes.
pub fn random_bytes<const COUNT: usize>() -> Result<[u8; COUNT], NoRandomness> {
    let mut bytes = [0; COUNT];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A new device token, and what is stored of it.
pub fn new_token() -> Result<(Secret, Digest), NoRandomness> {
    let random: [u8; TOKEN_BYTES] = random_bytes()?;
    let token = Secret::new(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(random)));
    let digest = token_digest(&token);
    Ok((token, digest))
}

/// The code of a new invitation, and what is stored of it.
pub fn new_invitation() -> Result<(Secret, Digest), NoRandomness> {
    let code = invitations::code(&random_bytes()?);
    let digest = invitations::digest_of(code.expose());
    Ok((code, digest))
}

/// Fresh random text for the server's part of a SCRAM nonce.
pub fn new_nonce() -> Result<String, NoRandomness> {
    Ok(scram::nonce(&random_bytes::<NONCE_BYTES>()?))
}

enum Job {
    Verify { stored: Option<String>, password: Secret, reply: oneshot::Sender<bool> },
    Credentials { password: Secret, reply: oneshot::Sender<Option<Credentials>> },
}

/// The way to the hashing thread, which ends with the last of these.
#[derive(Clone)]
pub struct Hasher {
    jobs: SyncSender<Job>,
    metrics: Arc<Metrics>,
}

impl Hasher {
    /// Starts the thread.
    pub fn start(metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        let done = Arc::clone(&metrics);
        std::thread::Builder::new().name("hashing".to_owned()).spawn(move || work(&queue, &done))?;
        Ok(Self { jobs, metrics })
    }

    /// Whether a password is the one of a stored Argon2 hash. Takes as long, and says no, when there is none. Nothing: too
    /// much waits already.
    pub async fn verify(&self, stored: Option<String>, password: Secret) -> Option<bool> {
        let (reply, answer) = oneshot::channel();
        self.give(Job::Verify { stored, password, reply })?;
        answer.await.ok()
    }

    /// What is stored of a new password. Nothing: too much waits already, or there is no randomness.
    pub async fn credentials(&self, password: Secret) -> Option<Credentials> {
        let (reply, answer) = oneshot::channel();
        self.give(Job::Credentials { password, reply })?;
        answer.await.ok()?
    }

    fn give(&self, job: Job) -> Option<()> {
        // Before it is sent: the thread may be done with it before we go on.
        self.metrics.hashing_queue.rise();
        let sent = self.jobs.try_send(job);
        if sent.is_err() {
            self.metrics.hashing_queue.fall();
        }
        match sent {
            Ok(()) => Some(()),
            Err(TrySendError::Full(_)) => {
                tracing::warn!("{QUEUE_MAX} passwords wait to be checked: turning away one more");
                None
            }
            Err(TrySendError::Disconnected(_)) => None,
        }
    }
}

fn work(queue: &Receiver<Job>, metrics: &Metrics) {
    // Of a thread, not of the process, on Linux. Where it is refused, hashing goes on at the usual priority.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let mut memory = Vec::new();
    while let Ok(job) = queue.recv() {
        // Whoever does not wait for the answer any more does not get one.
        match job {
            Job::Verify { stored, password, reply } if !reply.is_closed() => {
                let _ = reply.send(verify(stored.as_deref(), &password, &mut memory));
            }
            Job::Credentials { password, reply } if !reply.is_closed() => {
                let _ = reply.send(hashing::credentials(&password, &mut memory));
            }
            Job::Verify { .. } | Job::Credentials { .. } => {}
        }
        metrics.hashing_queue.fall();
    }
}

/// Whether a password is the one of a stored hash. Without one, or when it cannot be read, the same work is done for
/// nothing.
fn verify(stored: Option<&str>, password: &Secret, memory: &mut Vec<Block>) -> bool {
    let prepared = prepare_password(password);
    let parsed = stored.and_then(|stored| PasswordHash::new(stored).ok());
    match parsed.as_ref().and_then(|parsed| compare(parsed, prepared.expose().as_bytes(), memory)) {
        Some(is_right) => is_right,
        None => {
            if let Some(argon2) = hashing::argon2() {
                let (salt, mut output) = ([0; hashing::SALT_BYTES], [0; hashing::HASH_BYTES]);
                let _ = hashing::hash(&argon2, prepared.expose().as_bytes(), &salt, &mut output, memory);
            }
            false
        }
    }
}

/// Computes a stored hash again, by its own parameters. Nothing when it is none that we compute.
fn compare(stored: &PasswordHash, password: &[u8], memory: &mut Vec<Block>) -> Option<bool> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = Version::try_from(stored.version.unwrap_or(0x13)).ok()?;
    let (salt, expected) = (stored.salt?, stored.hash?);
    let params = Params::try_from(stored).ok().filter(|params| params.m_cost() <= ARGON2_MEMORY_KIB_MAX)?;
    let argon2 = Argon2::new(algorithm, version, params);
    let mut output = vec![0; expected.len()];
    hashing::hash(&argon2, password, salt.as_ref(), &mut output, memory)?;
    Some(equal_in_constant_time(&output, expected.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::start(Arc::default()).unwrap();
        let credentials = hasher.credentials(secret("correct horse")).await.unwrap();
        assert!(credentials.argon2.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", credentials.argon2);
        let stored = Some(credentials.argon2);
        assert_eq!(hasher.verify(stored.clone(), secret("correct horse")).await, Some(true));
        assert_eq!(hasher.verify(stored, secret("correct house")).await, Some(false));
        assert_eq!(hasher.verify(None, secret("correct horse")).await, Some(false));
        assert_eq!(hasher.verify(Some("nonsense".to_owned()), secret("nonsense")).await, Some(false));
        let scram = credentials.scram.unwrap();
        assert_eq!(scram.iterations, hashing::SCRAM_ITERATIONS.get());
        assert!(scram.fit(&secret("correct horse")));
    }

    #[test]
    fn hashes_of_others_are_computed_by_their_own_parameters() {
        // RFC 9106 has no PHC strings; this one is of the reference implementation's tests.
        let stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let mut memory = Vec::new();
        assert!(verify(Some(stored), &secret("password"), &mut memory));
        assert!(!verify(Some(stored), &secret("passwort"), &mut memory));
    }

    #[test]
    fn a_hash_that_asks_for_too_much_memory_is_wrong() {
        let stored = "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(!verify(Some(stored), &secret("password"), &mut Vec::new()));
    }

    #[test]
    fn tokens_are_random_and_known_by_their_digest() {
        let ((one, one_digest), (other, other_digest)) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(one, other);
        assert_ne!(one_digest, other_digest);
        assert_eq!(one.expose().len(), TOKEN_PREFIX.len() + 43);
        assert_eq!(token_digest(&one), one_digest);
    }
}

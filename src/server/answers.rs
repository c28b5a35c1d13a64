//! Who answers the questions of the rules: the store, the hashing thread, the system's randomness.
//!
//! Each question is answered by a task of its own that is never cancelled; how many of them are at work is bounded, and
//! those beyond wait their turn. A connection has one open question at most.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::auth::{self, Hasher, NoRandomness};
use super::clock::now;
use super::metrics::Metrics;
use crate::chat::event::{AccountId, Digest};
use crate::chat::ports::{Answer, Question};
use crate::chat::proofs::token_digest;
use crate::proto::sasl::ScramKeys;
use crate::proto::secret::Secret;
use crate::store::{Store, StoreError, hashing};

/// How many questions are put to the store at once.
const STORE_QUESTIONS_MAX: usize = 64;

/// Whoever can be asked.
#[async_trait]
pub trait Answers: Send + Sync + 'static {
    /// Answers what nobody has to be waited for.
    fn answer_at_once(&self, _question: &Question) -> Option<Answer> {
        None
    }

    /// Answers one question, within bounded time.
    async fn answer(&self, question: Question) -> Answer;
}

/// Answers questions by the store and the hashing thread.
pub struct Answerer {
    store: Arc<dyn Store>,
    hasher: Hasher,
    /// What the salts of unknown names derive from.
    fake_secret: [u8; 32],
    turns: Semaphore,
    metrics: Arc<Metrics>,
}

/// Why there is no answer but that there is none.
enum Trouble {
    Store(StoreError),
    Busy,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoRandomness> for Trouble {
    fn from(error: NoRandomness) -> Self {
        tracing::error!("{error}");
        Self::Busy
    }
}

/// By what somebody wants to log in whose question this is.
fn login(question: &Question) -> Option<&'static str> {
    match question {
        Question::Password { .. } => Some("password"),
        Question::Token { .. } => Some("token"),
        Question::Certificate { .. } => Some("certificate"),
        _ => None,
    }
}

#[async_trait]
impl Answers for Answerer {
    fn answer_at_once(&self, question: &Question) -> Option<Answer> {
        match question {
            Question::Scram { name, keys } => Some(self.scram(name, keys.as_deref()).unwrap_or(Answer::Unavailable)),
            _ => None,
        }
    }

    async fn answer(&self, question: Question) -> Answer {
        let (began, login) = (Instant::now(), login(&question));
        let answered = match question {
            Question::Password { account, password } => self.password(account, password).await,
            Question::Hashed { stored, password } => {
                let stored = stored.map(|stored| stored.expose().to_owned());
                self.hasher.verify(stored, password).await.map(Answer::Agrees).ok_or(Trouble::Busy)
            }
            Question::Scram { name, keys } => self.scram(&name, keys.as_deref()),
            Question::Token { token, address } => self.device(token_digest(&token), &address).await,
            Question::Certificate { certificate, address } => self.device(certificate, &address).await,
            Question::Hash { password } => match self.hasher.credentials(password).await {
                Some(credentials) => Ok(Answer::Hashed(Box::new(credentials))),
                None => Err(Trouble::Busy),
            },
            Question::NewInvitation => {
                auth::new_invitation().map(|(token, digest)| Answer::NewToken { token, digest }).map_err(Trouble::from)
            }
            Question::NewToken => {
                auth::new_token().map(|(token, digest)| Answer::NewToken { token, digest }).map_err(Trouble::from)
            }
            // The hub answers it by itself: it is about the hub.
            Question::Inspect => Err(Trouble::Busy),
            Question::Devices { account } => {
                let _turn = self.turns.acquire().await;
                self.store.devices(account).await.map(Answer::Devices).map_err(Trouble::from)
            }
            Question::Page(query) => {
                let _turn = self.turns.acquire().await;
                self.store.page(query).await.map(Answer::Page).map_err(Trouble::from)
            }
            Question::Search(query) => {
                let _turn = self.turns.acquire().await;
                self.store.search(&query).await.map(Answer::Page).map_err(Trouble::from)
            }
            Question::Playback(query) => {
                let _turn = self.turns.acquire().await;
                self.store.playback(&query).await.map(Answer::Playback).map_err(Trouble::from)
            }
            Question::Targets(query) => {
                let _turn = self.turns.acquire().await;
                self.store.targets(&query).await.map(Answer::Targets).map_err(Trouble::from)
            }
        };
        if let Some(by) = login {
            self.metrics.login(by).observe(began.elapsed());
        }
        answered.unwrap_or_else(|trouble| {
            if let Trouble::Store(error) = trouble {
                tracing::warn!(%error, "a question could not be answered");
            }
            Answer::Unavailable
        })
    }
}

impl Answerer {
    /// One that asks this store and this hasher.
    pub fn new(store: Arc<dyn Store>, hasher: Hasher, fake_secret: [u8; 32], metrics: Arc<Metrics>) -> Self {
        Self { store, hasher, fake_secret, turns: Semaphore::new(STORE_QUESTIONS_MAX), metrics }
    }

    async fn password(&self, account: Option<AccountId>, password: Secret) -> Result<Answer, Trouble> {
        // An unknown name costs a look into the database as well: number 0 is nobody's.
        let asked = account.unwrap_or(AccountId(0));
        let credentials = {
            let _turn = self.turns.acquire().await;
            self.store.credentials(asked).await?
        };
        let stored = credentials.map(|credentials| credentials.argon2);
        let is_right = self.hasher.verify(stored, password).await.ok_or(Trouble::Busy)?;
        Ok(match account {
            Some(account) if is_right => Answer::Proved { account, device: None },
            _ => Answer::Refused,
        })
    }

    fn scram(&self, name: &str, keys: Option<&ScramKeys>) -> Result<Answer, Trouble> {
        let fake = || ScramKeys::fake(&self.fake_secret, name, hashing::SCRAM_ITERATIONS);
        Ok(Answer::Scram { keys: keys.cloned().unwrap_or_else(fake), nonce: auth::new_nonce()? })
    }

    async fn device(&self, digest: Digest, address: &str) -> Result<Answer, Trouble> {
        let _turn = self.turns.acquire().await;
        let found = self.store.use_device(digest, now(), address).await?;
        Ok(match found {
            Some((account, device)) => Answer::Proved { account, device: Some(device) },
            None => Answer::Refused,
        })
    }
}

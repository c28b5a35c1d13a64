//! The record of a server's configuration, for an operator's questions to it, and its tables.

use std::sync::Arc;

use super::ServerError;
use super::clock::now;
use super::config::Config;
use super::keys::{Purpose, ServerKey};
use crate::ground::paths;
use crate::proto::names::AccountName;
use crate::store::audit::Audit;
use crate::store::chain::ChainKey;
use crate::store::{Preparation, PrepareOptions, database};

/// Opens it, beside a server that runs or without one. Must be called within a tokio runtime.
///
/// # Errors
/// Also when there is no key: nobody could say whether the record is whole.
pub fn open_audit(config: &Config) -> Result<Arc<dyn Audit>, ServerError> {
    let key = ServerKey::load(&config.data_dir)?;
    Ok(database::open_audit(&config.source(), &ChainKey::derive(&key.part(Purpose::Chain)))?)
}

/// Makes the tables or brings them up to date, as a start does with `migrate = "at_start"`. Must be called within a tokio
/// runtime.
///
/// # Errors
/// Also when the data directory's key cannot be had: what is taken over from older tables is chained with it.
pub async fn migrate(config: &Config) -> Result<Preparation, ServerError> {
    paths::create_directory(&config.data_dir)?;
    let key = ServerKey::load_or_make(&config.data_dir)?;
    let store = database::open(&config.source(), &ChainKey::derive(&key.part(Purpose::Chain)))?;
    let correspondent = &config.rules.correspondent;
    let options = PrepareOptions {
        correspondent: AccountName::from_stored(correspondent.as_str(), correspondent.folded().as_str()),
        seed_passwords: config.seed_passwords,
        migrate: true,
        now: now(),
    };
    let prepared = store.prepare(&options).await;
    store.close().await;
    Ok(prepared?)
}

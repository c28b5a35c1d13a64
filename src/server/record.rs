//! The record of a server's configuration, for an operator's questions to it.

use std::sync::Arc;

use super::ServerError;
use super::config::Config;
use super::keys::{Purpose, ServerKey};
use crate::store::audit::Audit;
use crate::store::chain::ChainKey;
use crate::store::database;

/// Opens it, beside a server that runs or without one. Must be called within a tokio runtime.
///
/// # Errors
/// Also when there is no key: nobody could say whether the record is whole.
pub fn open_audit(config: &Config) -> Result<Arc<dyn Audit>, ServerError> {
    let key = ServerKey::load(&config.data_dir)?;
    Ok(database::open_audit(config.database.expose(), &ChainKey::derive(&key.part(Purpose::Chain)))?)
}

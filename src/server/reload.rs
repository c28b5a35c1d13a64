//! Reading the settings again while the server runs: for REHASH, and when the system asks for it by SIGHUP.
//!
//! What concerns the rules counts at once, and so does a new certificate for connections that come from then on. Where the
//! server listens and where the record is is decided at its start.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::bounds::EntranceSettings;
use super::certificate::certificate;
use super::config::Config;
use crate::chat::ports::Reloaded;

/// Reads all settings once more; an error is what is wrong with them, each with its place.
pub type ReadSettings = Box<dyn Fn() -> Result<Config, Vec<String>> + Send + Sync>;

/// Reads the settings again.
pub struct Reloader {
    /// None: there is nothing to read them from.
    read: Option<ReadSettings>,
    /// The settings that count.
    current: Mutex<Config>,
    /// With what TLS connections are accepted; none when nothing listens for them.
    acceptor: Option<watch::Sender<TlsAcceptor>>,
    /// The bounds of connections that come from now on.
    entrance: watch::Sender<Arc<EntranceSettings>>,
}

impl Reloader {
    /// One that begins with these settings.
    pub fn new(
        read: Option<ReadSettings>,
        config: Config,
        acceptor: Option<watch::Sender<TlsAcceptor>>,
        entrance: watch::Sender<Arc<EntranceSettings>>,
    ) -> Self {
        Self { read, current: Mutex::new(config), acceptor, entrance }
    }

    /// Reads them now, in a task of its own: a file may be slow.
    pub async fn reload(self: Arc<Self>) -> Reloaded {
        let read = tokio::task::spawn_blocking(move || self.read_again()).await;
        read.unwrap_or_else(|error| Reloaded::Faulty(vec![error.to_string()]))
    }

    fn read_again(&self) -> Reloaded {
        let Some(read) = &self.read else {
            return Reloaded::Faulty(vec!["this server was started without settings to read again".to_owned()]);
        };
        let config = match read() {
            Ok(config) => config,
            Err(faults) => return Reloaded::Faulty(faults),
        };
        if let Some(acceptor) = &self.acceptor {
            match certificate(&config) {
                Ok(certificate) => drop(acceptor.send_replace(certificate.acceptor())),
                Err(error) => return Reloaded::Faulty(vec![error.to_string()]),
            }
        }
        self.entrance.send_replace(Arc::new(EntranceSettings::of(&config)));
        // Nobody panics while holding it.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let needs_restart = config.changed_at_start_only(&current);
        let settings = Box::new(config.rules.clone());
        *current = config;
        Reloaded::Read { settings, needs_restart }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ground::tls;
    use crate::ground::tls::server::{SELF_SIGNED_FILE, ServerCertificate};
    use crate::server::config::Sources;

    fn settings(directory: &Path) -> Result<Config, Vec<String>> {
        let pem = directory.join(SELF_SIGNED_FILE);
        let content = format!("tls_certificate = {pem:?}\ntls_key = {pem:?}\n");
        let sources = Sources { file: Some((Path::new("x.toml"), &content)), ..Sources::default() };
        Config::read(&sources, directory).map_err(|faults| vec![faults.to_string()])
    }

    #[test]
    fn a_new_certificate_serves_from_then_on_and_a_bad_one_does_not() {
        tls::install_provider();
        let directory = tempfile::tempdir().unwrap();
        let first = ServerCertificate::self_signed(directory.path(), &["a.example".to_owned()]).unwrap();
        let (acceptor, mut acceptors) = watch::channel(first.acceptor());
        let path = directory.path().to_owned();
        let config = settings(&path).unwrap();
        let read: ReadSettings = Box::new(move || settings(&path));
        let (entrance, settings) = watch::channel(Arc::new(EntranceSettings::of(&config)));
        let reloader = Reloader::new(Some(read), config, Some(acceptor), entrance);

        std::fs::write(directory.path().join(SELF_SIGNED_FILE), "nonsense").unwrap();
        assert!(matches!(reloader.read_again(), Reloaded::Faulty(faults) if faults[0].contains(SELF_SIGNED_FILE)));
        assert!(!acceptors.has_changed().unwrap());
        std::fs::remove_file(directory.path().join(SELF_SIGNED_FILE)).unwrap();
        ServerCertificate::self_signed(directory.path(), &["b.example".to_owned()]).unwrap();
        assert!(matches!(reloader.read_again(), Reloaded::Read { needs_restart, .. } if needs_restart.is_empty()));
        assert!(acceptors.has_changed().unwrap());
        acceptors.mark_unchanged();
        assert!(settings.has_changed().unwrap());
    }

    #[test]
    fn a_server_without_a_source_keeps_its_settings() {
        let config = Config::in_directory(Path::new("/data"));
        let (entrance, _settings) = watch::channel(Arc::new(EntranceSettings::of(&config)));
        let reloader = Reloader::new(None, config, None, entrance);
        assert!(matches!(reloader.read_again(), Reloaded::Faulty(faults) if faults.len() == 1));
    }
}

//! The tokio shell around the rules: listeners, connections, the hub, hashing, configuration.
//!
//! A server is built first and run then: what cannot be had (a lock, a key, an address) is known before anybody connects.
//! Nothing here decides anything about the chat.
//!
//! # In reading order
//!
//! | file | what it holds |
//! |---|---|
//! | [`config`] | what an operator decides, read once into one checked value |
//! | [`listener`], [`proxy`], [`places`], [`prompt`], [`websocket`] | who comes in: by which door, for whom, whether there is room, as what stream |
//! | [`connection`], [`pace`], [`bounds`] | bytes into lines and back, a task for each connection; how fast, how much |
//! | [`mailbox`] | the way into the hub |
//! | [`hub`] | the one task that owns the rules |
//! | [`held`] | effects that wait for their commit |
//! | [`outbox`], [`clients`] | what waits to leave through a connection, and what the hub puts there |
//! | [`answers`], [`auth`], [`measured`] | who answers the rules' questions: the store, the hashing thread, the system's randomness |
//! | [`reload`], [`retention`], [`anchors`] | what is done now and then: settings read again, letting go of what is old, the record's head kept elsewhere |
//! | [`metrics`], [`http`], [`notify`], [`operator_log`] | what those who watch are told |
//! | [`keys`], [`certificate`](mod@certificate), [`clock`] | the server's own secret, its certificate, its clock |
//! | [`admin`], [`record`], [`dump`] | the operator's commands: through a server, on the record, the whole database in a file |

pub mod admin;
pub mod anchors;
pub mod answers;
pub mod auth;
pub mod bounds;
pub mod certificate;
pub mod clients;
pub mod clock;
pub mod config;
pub mod connection;
pub mod dump;
pub mod held;
pub mod http;
pub mod hub;
pub mod keys;
pub mod listener;
pub mod mailbox;
pub mod measured;
pub mod metrics;
pub mod notify;
pub mod operator_log;
pub mod outbox;
pub mod pace;
pub mod places;
pub mod prompt;
pub mod proxy;
pub mod record;
pub mod reload;
pub mod retention;
pub mod websocket;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::chat::key::WorldKey;
use crate::ground::paths::{self, FileLock, PathError};
use crate::ground::texts::Texts;
use crate::ground::tls::server::CertificateError;
use crate::journal::spool::SpooledStore;
use crate::proto::names::AccountName;
use crate::store::audit::Audit;
use crate::store::audit::retain::Rule;
use crate::store::chain::ChainKey;
use crate::store::database;
use crate::store::{Preparation, PrepareOptions, SeedPasswords, Store, StoreError};
use answers::Answerer;
use auth::Hasher;
use bounds::EntranceSettings;
use certificate::certificate;
use clock::now;
use config::{AnchorSettings, Config};
use http::{HttpListener, Observer};
use hub::{Hub, Parts, ReloadHandle, stopped};
use keys::{KeyError, Purpose, ServerKey};
use listener::{Entrance, ListenError, Listener, READY_PATIENCE};
use mailbox::{MAILBOX_MAX, Mail, Mailbox};
use measured::MeasuredStore;
use metrics::Metrics;
use operator_log::{OperatorLog, OperatorLogEnd};
use reload::{ReadSettings, Reloader};
use websocket::Origins;

/// The file in the data directory that a running server holds locked.
pub const LOCK_FILE: &str = "lock";
/// The file in the data directory in which committed events wait while the database is away.
pub const SPOOL_FILE: &str = "spool.sqlite3";
/// The delay before the store is tried again; each further time twice as long…
const LOAD_DELAY_MIN: Duration = Duration::from_millis(250);
/// …up to this.
const LOAD_DELAY_MAX: Duration = Duration::from_secs(5);
/// How often the store is asked to tidy up.
const TIDY_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long the store may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many of the rows that adoption found odd are told one by one.
const ODD_ROWS_TOLD_MAX: usize = 100;

/// Why a server cannot be had, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file or directory cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Another server uses the data directory.
    #[error("{}: another chat-server uses this directory", .0.display())]
    Locked(PathBuf),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Nobody could connect.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The database can never be used as it is.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system refused something small.
    #[error("the operating system refused: {0}")]
    System(#[from] io::Error),
    /// A fault of the program.
    #[error("the hub ended by a fault of the program: {0}")]
    Hub(String),
}

/// What a server is built of beside its configuration.
#[derive(Default)]
pub struct Options {
    /// Where to listen; as the configuration says when none.
    pub listeners: Option<Vec<Listener>>,
    /// Where the server's own lines for its operator go; nowhere when none.
    pub output: Option<Box<dyn Write + Send>>,
    /// What reads the settings again; they stay as they are when none.
    pub read_settings: Option<ReadSettings>,
}

/// A server that is ready to run. Its addresses are bound already: who connects waits until it runs.
pub struct Server {
    hub: Hub,
    mailbox: mpsc::Receiver<Mail>,
    reload: ReloadHandle,
    stop: watch::Sender<bool>,
    listeners: Vec<Listener>,
    http: Vec<HttpListener>,
    observer: Observer,
    entrance: Arc<Entrance>,
    store: Arc<dyn Store>,
    ready: watch::Receiver<bool>,
    log: OperatorLog,
    log_end: OperatorLogEnd,
    anchors: AnchorSettings,
    retention: Option<Retention>,
    /// Held as long as the server lives.
    lock: FileLock,
}

impl Server {
    /// Builds a server: takes the lock, reads the key, opens the store, binds the addresses. Must be called within a tokio
    /// runtime. The store need not be there yet.
    pub async fn build(config: Config, options: Options) -> Result<Self, ServerError> {
        // One that stands already stays as open as it is: each of our files in it is for its user alone.
        paths::create_directory(&config.data_dir)?;
        let lock = FileLock::try_acquire(&config.data_dir.join(LOCK_FILE))?
            .ok_or_else(|| ServerError::Locked(config.data_dir.clone()))?;
        let key = ServerKey::load_or_make(&config.data_dir)?;
        let (listeners, acceptor) = match options.listeners {
            Some(listeners) => (listeners, None),
            None => bind(&config)?,
        };
        let (entrance, entrance_settings) = watch::channel(Arc::new(EntranceSettings::of(&config)));
        let reloader = Reloader::new(options.read_settings, config.clone(), acceptor, entrance);
        let http = config.listen_http.iter().map(|address| HttpListener::bind(*address)).collect::<Result<_, _>>()?;
        let metrics = Arc::new(Metrics::default());
        let (source, chain_key) = (config.source(), ChainKey::derive(&key.part(Purpose::Chain)));
        let store = database::open(&source, &chain_key)?;
        let store = with_spool(store, &config)?;
        let store: Arc<dyn Store> = Arc::new(MeasuredStore::new(store, Arc::clone(&metrics)));
        tracing::info!(database = config::masked_url(config.database.expose()), "the record");

        let texts = Texts::new(config.rules.language);
        let (log, log_end) = match options.output {
            Some(output) => OperatorLog::start(texts, output)?,
            None => OperatorLog::structured_only(texts),
        };
        let (mails, mailbox) = mpsc::channel(MAILBOX_MAX);
        let (stop, _) = watch::channel(false);
        let (attempted, ready) = watch::channel(false);
        let loader = Loader {
            store: Arc::clone(&store),
            correspondent: AccountName::from_stored(
                config.rules.correspondent.as_str(),
                config.rules.correspondent.folded().as_str(),
            ),
            seed_passwords: config.seed_passwords,
            migrate: config.migrate,
            mailbox: mails.clone(),
            attempted: Arc::new(attempted),
        };
        let answerer = Answerer::new(
            Arc::clone(&store),
            Hasher::start(Arc::clone(&metrics))?,
            key.part(Purpose::FakeSalt),
            Arc::clone(&metrics),
        );
        let observer = Observer::new(Arc::clone(&metrics), mails.clone());
        let entrance =
            Entrance::new(Mailbox::new(mails.clone()), entrance_settings, ready.clone(), Arc::clone(&metrics));
        let hub = Hub::new(Parts {
            rules: config.rules,
            key: WorldKey::new(key.part(Purpose::World)),
            store: Arc::clone(&store),
            answerer: Arc::new(answerer),
            clock: clock::system(),
            reloader: Arc::new(reloader),
            log: log.clone(),
            metrics,
            exit_when_idle: config.exit_when_idle,
            stop_timeout: config.stop_timeout,
            stop: stop.clone(),
            mailbox: mails.clone(),
            load: Box::new(move || {
                loader.attempted.send_replace(false);
                tokio::spawn(loader.clone().run());
            }),
        });
        let entrance = Arc::new(entrance);
        let retention = match config.retention.is_empty() {
            true => None,
            false => Some(Retention { audit: database::open_audit(&source, &chain_key)?, rules: config.retention }),
        };
        let reload = ReloadHandle(mails);
        let anchors = config.anchors;
        Ok(Self {
            hub,
            mailbox,
            reload,
            stop,
            listeners,
            http,
            observer,
            entrance,
            store,
            ready,
            log,
            log_end,
            anchors,
            retention,
            lock,
        })
    }

    /// Where it listens.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// What asks it to read its settings again.
    pub fn reload_handle(&self) -> ReloadHandle {
        self.reload.clone()
    }

    /// Where it answers machines that watch it.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        self.http.iter().filter_map(HttpListener::local_address).collect()
    }

    /// Runs until `shutdown` comes about, or until the server stops by itself.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Self {
            hub,
            mailbox,
            reload,
            stop,
            listeners,
            http,
            observer,
            entrance,
            store,
            mut ready,
            log,
            log_end,
            anchors,
            retention,
            lock,
        } = self;
        let ReloadHandle(mails) = reload;
        let mut hub = tokio::spawn(hub.run(mailbox));
        let mut shutdown = std::pin::pin!(shutdown);
        let mut stopping = stop.subscribe();

        // Who watches may do so from the beginning: that the database is away is what they are to see.
        for listener in http {
            tokio::spawn(listener.run(observer.clone(), stop.subscribe()));
        }
        // Nobody is let in before the first attempt to load the world: see the entrance.
        tokio::select! {
            _ = timeout(READY_PATIENCE, ready.wait_for(|ready| *ready)) => {}
            () = stopped(&mut stopping) => {}
            () = &mut shutdown => drop(stop.send_replace(true)),
        }
        if !*stop.borrow() {
            for listener in listeners {
                tracing::info!("listening on {}", listener.describe());
                tokio::spawn(listener.run(Arc::clone(&entrance), stop.subscribe()));
            }
            tokio::spawn(tidy(Arc::clone(&store), stop.subscribe()));
            tokio::spawn(anchors::keep(Arc::clone(&store), anchors.clone(), stop.subscribe()));
            if let Some(Retention { audit, rules }) = retention {
                tokio::spawn(retention::keep(audit, rules, mails.clone(), stop.subscribe()));
            }
            log.started();
            notify::ready();
            tokio::spawn(notify::live(observer.clone(), stop.subscribe()));
        }

        drop(mails);
        // The hub stops by itself too: when nobody needs it, or when it cannot go on.
        let is_stopping = *stop.borrow();
        let ended = tokio::select! {
            ended = &mut hub => ended,
            () = &mut shutdown, if !is_stopping => {
                notify::stopping();
                stop.send_replace(true);
                hub.await
            }
        };
        notify::stopping();
        stop.send_replace(true);
        let _ = timeout(CLOSE_TIMEOUT, anchors::write_down(store.as_ref(), &anchors, None)).await;
        if timeout(CLOSE_TIMEOUT, store.close()).await.is_err() {
            tracing::warn!("the database takes too long to close; what was committed is safe");
        }
        drop((log, entrance, observer));
        let _ = timeout(CLOSE_TIMEOUT, tokio::task::spawn_blocking(|| log_end.wait())).await;
        drop(lock);
        match ended {
            Ok(result) => Ok(result?),
            Err(error) => Err(ServerError::Hub(error.to_string())),
        }
    }
}

/// What the rules of retention are carried out with.
struct Retention {
    audit: Arc<dyn Audit>,
    rules: Vec<Rule>,
}

/// What TLS connections are accepted with, as it is replaced.
type AcceptorSender = watch::Sender<TlsAcceptor>;

/// Puts the spool before a store when it is wanted, or when an earlier run has left something in it.
fn with_spool(store: Arc<dyn Store>, config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    let path = config.data_dir.join(SPOOL_FILE);
    if !config.spool && !path.exists() {
        return Ok(store);
    }
    Ok(Arc::new(SpooledStore::new(store, &path, config.spool)?))
}

/// Binds all addresses of a configuration.
fn bind(config: &Config) -> Result<(Vec<Listener>, Option<AcceptorSender>), ServerError> {
    let mut listeners = Vec::new();
    let mut current = None;
    let origins = Origins(config.websocket_origins.clone());
    for address in &config.listen {
        listeners.push(Listener::plain(*address)?);
    }
    if !config.listen_tls.is_empty() || !config.listen_websocket_tls.is_empty() {
        let (acceptor, acceptors) = watch::channel(certificate(config)?.acceptor());
        for address in &config.listen_tls {
            listeners.push(Listener::tls(*address, acceptors.clone())?);
        }
        for address in &config.listen_websocket_tls {
            listeners.push(Listener::tls(*address, acceptors.clone())?.over_websocket(origins.clone()));
        }
        current = Some(acceptor);
    }
    for address in &config.listen_websocket {
        listeners.push(Listener::plain(*address)?.over_websocket(origins.clone()));
    }
    if let Some(socket) = &config.socket {
        listeners.push(Listener::unix(socket)?);
    }
    Ok((listeners, current))
}

/// Brings the store's state to the hub, however long that takes.
#[derive(Clone)]
struct Loader {
    store: Arc<dyn Store>,
    correspondent: AccountName,
    seed_passwords: SeedPasswords,
    migrate: bool,
    mailbox: mpsc::Sender<Mail>,
    /// False from the beginning of a load to the end of its first attempt, unless the store can never be used.
    attempted: Arc<watch::Sender<bool>>,
}

impl Loader {
    async fn run(self) {
        let mut delay = LOAD_DELAY_MIN;
        loop {
            let mail = match self.load().await {
                Ok(snapshot) => Mail::Loaded(Box::new(snapshot)),
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "the accounts are unavailable; trying again until they are there");
                    self.attempted.send_replace(true);
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(LOAD_DELAY_MAX);
                    if self.mailbox.is_closed() {
                        return;
                    }
                    continue;
                }
                Err(error) => Mail::Unusable(error),
            };
            let is_usable = matches!(mail, Mail::Loaded(_));
            // When the hub is gone, the server has stopped.
            let _ = self.mailbox.send(mail).await;
            if is_usable {
                self.attempted.send_replace(true);
            }
            return;
        }
    }

    async fn load(&self) -> Result<crate::chat::event::Snapshot, StoreError> {
        let options = PrepareOptions {
            correspondent: self.correspondent.clone(),
            seed_passwords: self.seed_passwords,
            migrate: self.migrate,
            now: now(),
        };
        report(&self.store.prepare(&options).await?);
        let snapshot = self.store.load().await?;
        let (accounts, channels) = (snapshot.accounts.len(), snapshot.channels.len());
        tracing::info!(last_event = %snapshot.last_seq, accounts, channels, "the record is loaded");
        Ok(snapshot)
    }
}

/// Tells the operator what was done to the database before it could be used.
fn report(preparation: &Preparation) {
    for migration in &preparation.migrations {
        tracing::info!(migration, "the database was brought up to date");
    }
    let Some(adoption) = &preparation.adoption else { return };
    tracing::info!(
        accounts = adoption.accounts,
        exchanges = adoption.exchanges,
        passwords_were_base64 = adoption.passwords_were_base64,
        "the tables authentification and connexion were taken over"
    );
    for row in adoption.odd_rows.iter().take(ODD_ROWS_TOLD_MAX) {
        tracing::warn!(row, "a row could not be understood wholly; it is kept in legacy_row");
    }
    if let Some(more @ 1..) = adoption.odd_rows.len().checked_sub(ODD_ROWS_TOLD_MAX) {
        tracing::warn!("{more} more rows of this kind are in legacy_row");
    }
}

/// Has the store tidied now and then.
async fn tidy(store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
    let mut moments = tokio::time::interval(TIDY_INTERVAL);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = moments.tick() => {}
        }
        if let Err(error) = store.tidy(now()).await {
            tracing::debug!(%error, "the database could not be tidied");
        }
    }
}

/// Comes about when the operator or the system wants the server to stop: SIGTERM, SIGINT, and SIGHUP if `hangup_stops`. From here on
/// a file that must not grow any more (SIGXFSZ) does not end the process: writing to it fails, as on a full disk.
pub async fn shutdown_signal(hangup_stops: bool) -> io::Result<impl Future<Output = ()>> {
    // Whoever asks for a signal once has it caught until the process ends.
    let _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = hangup.recv(), if hangup_stops => "SIGHUP",
        };
        tracing::info!("{name}: stopping");
    })
}

/// How a client starts this user's own server.
#[derive(Clone, Debug)]
pub struct LocalServer {
    /// The Unix socket, its only listener.
    pub socket: PathBuf,
    /// Where it keeps its files and its SQLite database.
    pub data_dir: PathBuf,
    /// The language of those who do not ask for one.
    pub language: crate::ground::texts::Language,
    /// How long it goes on without any connection.
    pub exit_when_idle: Duration,
}

/// Runs this user's own server until it is stopped or nobody needs it any more. Must be called within a tokio runtime.
pub async fn run_local(local: LocalServer) -> Result<(), ServerError> {
    let mut config = Config::in_directory(&local.data_dir);
    config.listen = Vec::new();
    config.listen_tls = Vec::new();
    config.socket = Some(local.socket);
    config.rules.language = local.language;
    config.exit_when_idle = Some(local.exit_when_idle);
    let shutdown = shutdown_signal(true).await?;
    Server::build(config, Options::default()).await?.run(shutdown).await
}

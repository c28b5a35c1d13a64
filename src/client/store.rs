//! What the client keeps on disk: log-ins of this device, pinned certificates, messages that were not sent. The secrets of the
//! log-ins go into the keyring where there is one.
//!
//! Plain TOML files of mode 0600 in a directory of mode 0700, each replaced as a whole, under a lock, because several clients of
//! one user may run at once. Everything here blocks: [`Keeper`] does it in a thread that may, one order after the other.
//! It never knows the model, and nothing of it is ever logged.

mod logins;
mod rows;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::event::{Draft, KeptLevel, KeyringFault, Login, Unsent};
use super::keyring::Keyring;
use super::model::Remembered;
use crate::ground::paths::{self, Action, Directories, FileLock, PathError};
use crate::ground::texts::Texts;
use crate::ground::tls::Fingerprint;
use rows::{
    DRAFT_HEAD, DraftFile, DraftRow, LEVEL_HEAD, LevelFile, LevelRow, LoginFile, LoginRow, PIN_HEAD, PinFile, PinRow,
    UNSENT_HEAD, UnsentFile, UnsentRow,
};

/// How long another client's change of a file is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// How often the lock is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);
/// How many orders may wait for the disk; further ones are refused with a message.
const ORDERS_MAX: usize = 64;
/// How long the last orders may take when the program ends: longer than the keyring takes for one of them.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(6);
/// How many unsent messages are kept; beyond it the oldest are lost.
const UNSENT_MAX: usize = 2_000;
/// How many drafts are kept; beyond it the oldest are lost.
const DRAFTS_MAX: usize = 500;
/// The most bytes that are read of one file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why something could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its directory cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The file holds something else than we wrote. It stays where it is, under another name once it is replaced.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and where.
        reason: String,
    },
    /// The keyring still has the secret of a log-in that is to be forgotten.
    #[error("the keyring: {fault:?}")]
    Keyring {
        /// The server that it is for.
        server: String,
        /// Why.
        fault: KeyringFault,
    },
    /// Too much waits for the disk.
    #[error("the disk is too slow")]
    Busy,
}

impl StoreError {
    /// The error in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::Path(error) => error.explain(texts),
            Self::Unreadable { path, reason } => texts.format(
                "store-unreadable",
                &[("path", path.to_string_lossy().into()), ("reason", reason.as_str().into())],
            ),
            Self::Keyring { server, fault } => {
                let reason = fault.explain(texts);
                texts.format("store-keyring", &[("server", server.as_str().into()), ("reason", reason.into())])
            }
            Self::Busy => texts.get("store-busy").into_owned(),
        }
    }
}

/// A change of what is kept.
#[derive(Debug)]
pub enum Order {
    /// Keep a log-in, in place of an earlier one for the same server.
    Remember(Login),
    /// Drop the log-in for this server.
    Forget(String),
    /// Keep a fingerprint for this `host:port`, in place of an earlier one.
    Pin(String, Fingerprint),
    /// Keep what a conversation calls the person for.
    KeepLevel(KeptLevel),
    /// Keep these drafts in place of those for the same conversations.
    KeepDrafts(Vec<Draft>),
    /// Keep what has not reached its server.
    KeepUnsent {
        /// The ids of those that were read at the start; the ones that are not among `left` have arrived since.
        read: Vec<String>,
        /// What is left at the end.
        left: Vec<Unsent>,
    },
}

/// The files.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
    state: PathBuf,
    keyring: Arc<dyn Keyring>,
}

impl Store {
    /// The files of this user, and their keyring. Nothing is read or made yet.
    pub fn new(directories: &Directories, keyring: Arc<dyn Keyring>) -> Self {
        Self { directory: directories.client_data(), state: directories.client_state(), keyring }
    }

    /// Reads everything. What cannot be read is left out and told.
    pub fn load(&self) -> (Remembered, Vec<StoreError>) {
        let mut errors = Vec::new();
        let logins: LoginFile = self.read(&self.logins_path()).unwrap_or_else(|error| {
            errors.push(error);
            LoginFile::default()
        });
        let pins: PinFile = self.read(&self.pins_path()).unwrap_or_else(|error| {
            errors.push(error);
            PinFile::default()
        });
        let unsent: UnsentFile = self.read(&self.unsent_path()).unwrap_or_else(|error| {
            errors.push(error);
            UnsentFile::default()
        });
        let drafts: DraftFile = self.read(&self.drafts_path()).unwrap_or_else(|error| {
            errors.push(error);
            DraftFile::default()
        });
        let levels: LevelFile = self.read(&self.levels_path()).unwrap_or_else(|error| {
            errors.push(error);
            LevelFile::default()
        });
        let levels = levels.levels.into_iter().filter_map(LevelRow::into_level).collect();
        let drafts = drafts.drafts.into_iter().map(DraftRow::into_draft).collect();
        let logins = logins.logins.into_iter().map(LoginRow::into_login).collect();
        let pins = pins.servers.into_iter().filter_map(|row| Some((row.address, row.sha256.parse().ok()?))).collect();
        let unsent = unsent.messages.into_iter().filter_map(UnsentRow::into_unsent).collect();
        (Remembered { logins, pins, unsent, drafts, levels }, errors)
    }

    /// Carries out one order.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn apply(&self, order: &Order) -> Result<(), StoreError> {
        paths::private_directory(&self.directory)?;
        match order {
            Order::Remember(login) => self.remember(login),
            Order::Forget(server) => self.forget(server),
            Order::Pin(address, fingerprint) => {
                let _lock = self.lock()?;
                let mut pins: PinFile = self.read_or_set_aside(&self.pins_path())?;
                pins.servers.retain(|row| row.address != *address);
                pins.servers.push(PinRow { address: address.clone(), sha256: fingerprint.to_string() });
                self.write(&self.pins_path(), PIN_HEAD, &pins)
            }
            Order::KeepLevel(level) => {
                let _lock = self.lock()?;
                let mut file: LevelFile = self.read_or_set_aside(&self.levels_path())?;
                file.levels.retain(|row| !row.is_for(level));
                file.levels.extend(LevelRow::of(level));
                self.write(&self.levels_path(), LEVEL_HEAD, &file)
            }
            Order::KeepDrafts(drafts) => self.keep_drafts(drafts),
            Order::KeepUnsent { read, left } => self.keep_unsent(read, left),
        }
    }

    fn keep_unsent(&self, read: &[String], left: &[Unsent]) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        paths::create_directory(&self.state)?;
        let path = self.unsent_path();
        let mut file: UnsentFile = self.read_or_set_aside(&path)?;
        let is_replaced = |id: &String| read.contains(id) || left.iter().any(|unsent| unsent.id == *id);
        file.messages.retain(|row| !is_replaced(&row.id));
        file.messages.extend(left.iter().map(UnsentRow::of));
        let excess = file.messages.len().saturating_sub(UNSENT_MAX);
        file.messages.drain(..excess);
        if file.messages.is_empty() { remove(&path) } else { self.write(&path, UNSENT_HEAD, &file) }
    }

    fn keep_drafts(&self, drafts: &[Draft]) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        paths::create_directory(&self.state)?;
        let path = self.drafts_path();
        let mut file: DraftFile = self.read_or_set_aside(&path)?;
        file.drafts.retain(|row| !drafts.iter().any(|draft| row.is_for(draft)));
        file.drafts.extend(drafts.iter().filter(|draft| !draft.text.is_empty()).map(DraftRow::of));
        let excess = file.drafts.len().saturating_sub(DRAFTS_MAX);
        file.drafts.drain(..excess);
        if file.drafts.is_empty() { remove(&path) } else { self.write(&path, DRAFT_HEAD, &file) }
    }

    fn logins_path(&self) -> PathBuf {
        self.directory.join("logins.toml")
    }

    fn pins_path(&self) -> PathBuf {
        self.directory.join("certificates.toml")
    }

    fn levels_path(&self) -> PathBuf {
        self.directory.join("notify.toml")
    }

    fn drafts_path(&self) -> PathBuf {
        self.state.join("drafts.toml")
    }

    fn unsent_path(&self) -> PathBuf {
        self.state.join("unsent.toml")
    }

    fn lock(&self) -> Result<FileLock, StoreError> {
        let path = self.directory.join("lock");
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lock) = FileLock::try_acquire(&path)? {
                return Ok(lock);
            }
            if waited >= LOCK_PATIENCE {
                let source = io::Error::from(io::ErrorKind::TimedOut);
                return Err(PathError::Refused { action: Action::Lock, path, source }.into());
            }
            std::thread::sleep(LOCK_INTERVAL);
            waited += LOCK_INTERVAL;
        }
    }

    /// Reads a file; one that does not exist is empty.
    fn read<File: DeserializeOwned + Default>(&self, path: &Path) -> Result<File, StoreError> {
        let unreadable = |reason: String| StoreError::Unreadable { path: path.to_owned(), reason };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => return Err(unreadable("too long".to_owned())),
            _ => {}
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        // Only the message and the line: the error's own picture shows the text around the fault, which may be a token.
        toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            unreadable(format!("line {line}: not what chat-tui writes"))
        })
    }

    /// Reads a file that is to be replaced: one that cannot be understood is set aside, not overwritten.
    fn read_or_set_aside<File: DeserializeOwned + Default>(&self, path: &Path) -> Result<File, StoreError> {
        match self.read(path) {
            Err(StoreError::Unreadable { .. }) => {
                let aside = path.with_extension("toml.unreadable");
                std::fs::rename(path, &aside).map_err(|source| PathError::Refused {
                    action: Action::Write,
                    path: aside,
                    source,
                })?;
                Ok(File::default())
            }
            other => other,
        }
    }

    fn write(&self, path: &Path, head: &str, file: &impl Serialize) -> Result<(), StoreError> {
        let body = toml::to_string(file)
            .map_err(|error| StoreError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        paths::replace_file(path, format!("{head}{body}").as_bytes(), paths::PRIVATE_FILE_MODE)?;
        Ok(())
    }
}

/// Removes a file in which nothing is left.
fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(PathError::Refused { action: Action::Write, path: path.to_owned(), source }.into())
        }
        _ => Ok(()),
    }
}

/// Carries out orders one after the other, in a thread that may block. Failures are told to `failed`.
pub struct Keeper {
    orders: mpsc::Sender<Order>,
    /// What the thread does, until the first order.
    work: Option<Box<dyn FnOnce() + Send>>,
    task: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Waits for orders; the thread begins with the first one.
    pub fn new(store: Store, failed: mpsc::Sender<StoreError>) -> Self {
        let (orders, mut waiting) = mpsc::channel(ORDERS_MAX);
        let work = move || {
            while let Some(order) = waiting.blocking_recv() {
                if let Err(error) = store.apply(&order) {
                    // Nobody listens any more when the program ends: then the message has no reader.
                    let _ = failed.blocking_send(error);
                }
            }
        };
        Self { orders, work: Some(Box::new(work)), task: None }
    }

    /// Queues an order.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait.
    pub fn order(&mut self, order: Order) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.task = Some(tokio::task::spawn_blocking(work));
        }
        self.orders.try_send(order).map_err(|_| StoreError::Busy)
    }

    /// Waits until everything is on disk, within bounds.
    pub async fn close(self) {
        drop(self.orders);
        if let Some(task) = self.task {
            let _ = timeout(CLOSE_TIMEOUT, task).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::client::entry::{EntryKind, Quote, Reply};
    use crate::client::event::{Kept, SecretKind};
    use crate::client::keyring;
    use crate::proto::secret::Secret;
    use crate::proto::time::Timestamp;

    fn store(root: &Path) -> Store {
        Store::new(&Directories::under(root), Arc::new(keyring::NoKeyring))
    }

    fn login(server: &str, token: &str) -> Login {
        let kept = Kept::Here(SecretKind::Token, Secret::new(token));
        Login { server: server.into(), account: "romain".into(), kept }
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        assert!(store.load().0.logins.is_empty());

        store.apply(&Order::Remember(login("local", "one"))).unwrap();
        store.apply(&Order::Remember(login("irc.example.org:6697", "two"))).unwrap();
        store.apply(&Order::Remember(login("local", "three"))).unwrap();
        let fingerprint = Fingerprint::of(b"certificate");
        store.apply(&Order::Pin("irc.example.org:6697".into(), fingerprint)).unwrap();

        let (kept, errors) = store.load();
        assert!(errors.is_empty());
        assert_eq!(kept.logins, [login("local", "three"), login("irc.example.org:6697", "two")]);
        assert_eq!(kept.pins, BTreeMap::from([("irc.example.org:6697".to_owned(), fingerprint)]));

        store.apply(&Order::Forget("local".into())).unwrap();
        assert_eq!(store.load().0.logins, [login("irc.example.org:6697", "two")]);
    }

    #[test]
    fn tokens_are_for_their_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        store.apply(&Order::Remember(login("local", "one"))).unwrap();
        assert_eq!(std::fs::metadata(store.logins_path()).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&store.directory).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_that_is_not_understood_is_told_and_kept_aside() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        store.apply(&Order::Remember(login("local", "one"))).unwrap();
        std::fs::write(store.logins_path(), "[[login]]\nserver = \"local\"\ntoken = secret!").unwrap();
        let (kept, errors) = store.load();
        assert!(kept.logins.is_empty());
        let told = errors[0].to_string();
        assert!(told.contains("line 3") && !told.contains("secret!"), "{told}");

        store.apply(&Order::Remember(login("local", "two"))).unwrap();
        assert_eq!(store.load().0.logins, [login("local", "two")]);
        assert!(store.directory.join("logins.toml.unreadable").exists());
    }

    #[test]
    fn what_was_not_sent_waits_for_the_next_run() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        let unsent = |id: &str| Unsent {
            server: "local".into(),
            account: "romain".into(),
            target: "#general".into(),
            kind: EntryKind::Action,
            is_unknown: false,
            id: id.into(),
            text: "two\n\"lines\"".into(),
            time: Timestamp::parse("2022-09-18T11:49:43.123Z").unwrap(),
            reply: (id == "a").then(|| {
                let quote = Quote { author: "mimi".into(), text: "really?".into() };
                Reply { to: "m1".into(), quote: Some(quote) }
            }),
        };
        let keep = |read: &[&str], left: &[&str]| {
            let read = read.iter().map(|id| (*id).to_owned()).collect();
            store.apply(&Order::KeepUnsent { read, left: left.iter().map(|id| unsent(id)).collect() }).unwrap();
            store.load().0.unsent
        };
        assert_eq!(keep(&[], &["a", "b"]), [unsent("a"), unsent("b")]);
        // Another client of the same user ends in between.
        assert_eq!(keep(&[], &["c"]), [unsent("a"), unsent("b"), unsent("c")]);
        assert_eq!(keep(&["a", "b"], &["b"]), [unsent("c"), unsent("b")]);
        assert_eq!(keep(&["b", "c"], &[]), []);
        assert!(!store.unsent_path().exists());
    }

    #[test]
    fn drafts_are_replaced_conversation_by_conversation() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        let draft = |target: &str, text: &str| Draft {
            server: "local".into(),
            account: "romain".into(),
            target: target.into(),
            text: text.into(),
        };
        let keep = |drafts: &[Draft]| {
            store.apply(&Order::KeepDrafts(drafts.to_vec())).unwrap();
            store.load().0.drafts
        };
        assert_eq!(keep(&[draft("#a", "one\n\"two\""), draft("bob", "x")]).len(), 2);
        assert_eq!(keep(&[draft("bob", "y")]), [draft("#a", "one\n\"two\""), draft("bob", "y")]);
        assert_eq!(std::fs::metadata(store.drafts_path()).unwrap().mode() & 0o777, 0o600);
        assert_eq!(keep(&[draft("bob", ""), draft("#a", "")]), []);
        assert!(!store.drafts_path().exists());
    }

    #[tokio::test]
    async fn the_keeper_finishes_what_it_was_told() {
        let root = tempfile::tempdir().unwrap();
        let (failed, mut failures) = mpsc::channel(8);
        let mut keeper = Keeper::new(store(root.path()), failed.clone());
        for number in 0..20 {
            keeper.order(Order::Remember(login("local", &number.to_string()))).unwrap();
        }
        keeper.close().await;
        assert_eq!(store(root.path()).load().0.logins, [login("local", "19")]);

        std::fs::write(root.path().join("file"), "").unwrap();
        let in_the_way = Store { directory: root.path().join("file"), ..store(root.path()) };
        let mut keeper = Keeper::new(in_the_way, failed);
        keeper.order(Order::Forget("local".into())).unwrap();
        assert!(matches!(failures.recv().await, Some(StoreError::Path(_))));
        keeper.close().await;
    }
}

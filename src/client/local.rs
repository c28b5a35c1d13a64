//! This user's own local server: found, or started from this very executable.
//!
//! It listens on a Unix socket in a directory that only its user enters (mode 0700), and holds a lock file beside the socket
//! for its whole life, so that two clients which start one at once end up with one. The client's side knows nothing of the
//! server but that: the program that is started calls into the server itself.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::ground::paths::{self, Action, Directories, FileLock, PathError};
use crate::ground::texts::Texts;

/// The hidden flag that makes `chat-tui` the local server.
pub const SERVE_FLAG: &str = "--serve-local";
/// How long a server that was started may take until it listens. The first start makes a database.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How often we look whether it listens.
const LOOK_INTERVAL: Duration = Duration::from_millis(30);
/// A longer log is put aside when a server starts, in place of the one put aside before.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How many bytes of the log's end are looked through for the reason why a server did not start.
const LOG_TAIL_BYTES: u64 = 2_048;

/// Where the local server of this user is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its socket.
    pub socket: PathBuf,
    /// The lock it holds while it lives.
    pub lock: PathBuf,
    /// What it says.
    pub log: PathBuf,
}

impl Place {
    /// The place, its directories made and checked.
    ///
    /// # Errors
    /// When a directory cannot be made or somebody else could enter it.
    pub fn new(directories: &Directories) -> Result<Self, PathError> {
        let socket = directories.runtime_socket("server.sock")?;
        let state = directories.client_state();
        paths::create_directory(&state)?;
        Ok(Self { lock: socket.with_extension("lock"), log: state.join("local-server.log"), socket })
    }
}

/// Whether a local server may be started when none runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spawn {
    /// It may.
    Allowed,
    /// The person said `--no-spawn`.
    Forbidden,
    /// This program was built without the server.
    Impossible,
}

/// Finds the local server or starts one; gives the socket's path once it listens.
///
/// # Errors
/// A sentence that says why there is none.
pub async fn find_or_start(directories: &Directories, spawn: Spawn, texts: &Texts) -> Result<PathBuf, String> {
    let place = Place::new(directories).map_err(|error| error.explain(texts))?;
    if listens(&place.socket).await {
        return Ok(place.socket);
    }
    match spawn {
        Spawn::Allowed => match start(&place).await {
            Ok(()) => Ok(place.socket),
            Err(error) => Err(error.explain(&place, texts)),
        },
        Spawn::Forbidden => Err(texts.get("local-server-forbidden").into_owned()),
        Spawn::Impossible => Err(texts.get("local-server-impossible").into_owned()),
    }
}

async fn listens(socket: &Path) -> bool {
    UnixStream::connect(socket).await.is_ok()
}

/// Why the server that was started does not listen.
enum StartError {
    /// A file or directory cannot be used.
    Path(PathError),
    /// The system does not start the program.
    System(io::Error),
    /// It has ended; what it said last.
    Ended(String),
    /// It runs but does not listen in time.
    Late,
}

impl StartError {
    fn explain(&self, place: &Place, texts: &Texts) -> String {
        let reason = match self {
            Self::Path(error) => return error.explain(texts),
            Self::System(error) => error.to_string(),
            Self::Ended(said) => said.clone(),
            Self::Late => texts.get("local-server-late").into_owned(),
        };
        let log = place.log.to_string_lossy().into_owned();
        texts.format("local-server-failed", &[("reason", reason.into()), ("log", log.into())])
    }
}

async fn start(place: &Place) -> Result<(), StartError> {
    let mut child = spawn_server(place)?;
    let deadline = Instant::now() + START_TIMEOUT;
    let outcome = loop {
        if listens(&place.socket).await {
            break Ok(());
        }
        // One that ends in good order has found another at work: we go on waiting for that one.
        match child.try_wait() {
            Ok(Some(status)) if !status.success() => return Err(StartError::Ended(last_line(&place.log))),
            Err(error) => return Err(StartError::System(error)),
            Ok(_) => {}
        }
        if Instant::now() >= deadline {
            break Err(StartError::Late);
        }
        sleep(LOOK_INTERVAL).await;
    };
    // The server outlives us as a rule. When it does not, somebody must take its exit code, or its entry in the
    // system's table of processes stays as long as we do.
    std::thread::spawn(move || child.wait());
    outcome
}

/// Starts this executable as the server. It makes a session of its own first thing, so that no terminal's signals reach it.
fn spawn_server(place: &Place) -> Result<Child, StartError> {
    if std::fs::metadata(&place.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
        // When the old log cannot be moved, it grows on: that is no reason to have no server.
        let _ = std::fs::rename(&place.log, place.log.with_extension("log.old"));
    }
    let log = paths::append_private_file(&place.log).map_err(StartError::Path)?;
    let log_again = log.try_clone().map_err(StartError::System)?;
    Command::new(own_executable().map_err(StartError::System)?)
        .arg0(env!("CARGO_PKG_NAME"))
        .arg(SERVE_FLAG)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(log_again)
        .spawn()
        .map_err(StartError::System)
}

/// This very executable, even when its file was replaced by a newer build since.
fn own_executable() -> io::Result<PathBuf> {
    let through_proc = Path::new("/proc/self/exe");
    if through_proc.exists() { Ok(through_proc.to_owned()) } else { std::env::current_exe() }
}

/// The last line of a log, which tells why its writer ended; empty when there is none.
fn last_line(log: &Path) -> String {
    let mut tail = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        file.take(LOG_TAIL_BYTES).read_to_end(&mut tail)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&tail).trim_end().lines().last().unwrap_or_default().trim().to_owned(),
        Err(_) => String::new(),
    }
}

/// What the started program finds when it asks for its turn.
#[derive(Debug)]
pub enum Turn {
    /// It is the server now, as long as it keeps the lock.
    Ours(FileLock),
    /// Another one listens already.
    Served,
}

/// The server's side of the lock. It waits for a server that is just ending, and leaves to one that listens what is its.
/// A socket that a killed server left behind is removed.
///
/// # Errors
/// When the lock cannot be taken, also because a server holds it that neither listens nor ends.
pub async fn take_turn(place: &Place) -> Result<Turn, PathError> {
    let deadline = Instant::now() + START_TIMEOUT / 2;
    loop {
        if let Some(lock) = FileLock::try_acquire(&place.lock)? {
            let _ = std::fs::remove_file(&place.socket);
            return Ok(Turn::Ours(lock));
        }
        if listens(&place.socket).await {
            return Ok(Turn::Served);
        }
        if Instant::now() >= deadline {
            let source = io::Error::from(io::ErrorKind::TimedOut);
            return Err(PathError::Refused { action: Action::Lock, path: place.lock.clone(), source });
        }
        sleep(LOOK_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;

    fn place(root: &Path) -> (Directories, Place) {
        std::fs::create_dir(root.join("run")).unwrap();
        let directories = Directories::under(root);
        let place = Place::new(&directories).unwrap();
        (directories, place)
    }

    #[tokio::test]
    async fn a_server_that_listens_is_found() {
        let root = tempfile::tempdir().unwrap();
        let (directories, place) = place(root.path());
        let _listener = tokio::net::UnixListener::bind(&place.socket).unwrap();
        let texts = Texts::new(Language::English);
        assert_eq!(find_or_start(&directories, Spawn::Forbidden, &texts).await, Ok(place.socket));
    }

    #[tokio::test]
    async fn where_none_may_be_started_it_says_why() {
        let root = tempfile::tempdir().unwrap();
        let (directories, _place) = place(root.path());
        let texts = Texts::new(Language::English);
        let forbidden = find_or_start(&directories, Spawn::Forbidden, &texts).await.unwrap_err();
        let impossible = find_or_start(&directories, Spawn::Impossible, &texts).await.unwrap_err();
        assert!(forbidden.contains("--no-spawn"), "{forbidden}");
        assert_ne!(forbidden, impossible);
    }

    #[tokio::test]
    async fn of_two_starts_one_is_the_server() {
        let root = tempfile::tempdir().unwrap();
        let (_directories, place) = place(root.path());
        std::fs::write(&place.socket, "left by one that was killed").unwrap();
        let Turn::Ours(lock) = take_turn(&place).await.unwrap() else { panic!("nobody else is there") };
        let listener = tokio::net::UnixListener::bind(&place.socket).unwrap();
        assert!(matches!(take_turn(&place).await.unwrap(), Turn::Served));

        // It ends: first it listens no more, a little later its lock is free.
        drop(listener);
        let waiting = tokio::spawn({
            let place = place.clone();
            async move { take_turn(&place).await }
        });
        sleep(2 * LOOK_INTERVAL).await;
        drop(lock);
        assert!(matches!(waiting.await.unwrap().unwrap(), Turn::Ours(_)));
    }

    #[test]
    fn the_last_line_of_the_log_tells_why() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("log");
        std::fs::write(&log, format!("{}\nfirst\nthe disk is full\n\n", "x".repeat(5_000))).unwrap();
        assert_eq!(last_line(&log), "the disk is full");
        assert_eq!(last_line(&root.path().join("none")), "");
    }
}

//! Where things are kept, and how files are written so that nobody else reads them and no crash halves them.
//!
//! Directories follow the XDG Base Directory Specification. What this module makes belongs to its user alone: directories
//! of mode 0700, files of mode 0600. It knows names and modes, never what stands in a file.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};

use super::texts::Texts;

/// The mode of a directory that only its owner enters.
pub const PRIVATE_DIRECTORY_MODE: u32 = 0o700;
/// The mode of a file that only its owner reads.
pub const PRIVATE_FILE_MODE: u32 = 0o600;

/// The most bytes of a Unix socket's path: `sun_path` with its closing NUL (108 bytes on Linux, 104 elsewhere).
pub const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The most bytes that are read of what the holder of a lock wrote into it.
const LOCK_NOTE_BYTES_MAX: u64 = 4096;

/// What was being done with a path when it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A directory was being made or examined.
    Directory,
    /// A file was being opened, made or read.
    Open,
    /// A file was being written or put in its place.
    Write,
    /// A file was being locked.
    Lock,
}

impl Action {
    /// The word by which the texts choose their sentence.
    fn word(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Open => "open",
            Self::Write => "write",
            Self::Lock => "lock",
        }
    }
}

/// Why a path cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// The user has no home directory.
    #[error("no home directory is known: set HOME")]
    NoHome,
    /// The operating system refused.
    #[error("{}: cannot {}: {source}", .path.display(), .action.word())]
    Refused {
        /// What was being done.
        action: Action,
        /// With which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A private directory belongs to somebody else, who could replace what we put into it.
    #[error("{}: belongs to user {owner_uid}, not to {own_uid}", .path.display())]
    NotOwned {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner_uid: u32,
        /// Who we are.
        own_uid: u32,
    },
    /// A private directory can be entered by others.
    #[error("{}: has mode {mode:o}, others can enter it: chmod 700", .path.display())]
    TooOpen {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file that holds a secret can be read or changed by anybody.
    #[error("{}: holds a secret and has mode {mode:03o}, anybody can read or change it: chmod 600", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The path of a Unix socket is longer than the system takes.
    #[error("{}: a socket's path may have {SOCKET_PATH_BYTES_MAX} bytes at most", .path.display())]
    SocketPathTooLong {
        /// The path.
        path: PathBuf,
    },
}

impl PathError {
    fn refused(action: Action, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Refused { action, path: path.to_owned(), source }
    }

    /// The error in a person's language: which path, what is wrong with it, and what to do.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::NoHome => texts.get("ground-no-home").into_owned(),
            Self::Refused { action, path, source } => texts.format(
                "ground-refused",
                &[
                    ("action", action.word().into()),
                    ("path", path.to_string_lossy().into()),
                    ("reason", source.to_string().into()),
                ],
            ),
            Self::NotOwned { path, owner_uid, .. } => texts.format(
                "ground-not-owned",
                &[("path", path.to_string_lossy().into()), ("owner", owner_uid.to_string().into())],
            ),
            Self::TooOpen { path, mode } => texts.format(
                "ground-too-open",
                &[("path", path.to_string_lossy().into()), ("mode", format!("{mode:03o}").into())],
            ),
            Self::Exposed { path, mode } => texts.format(
                "ground-exposed",
                &[("path", path.to_string_lossy().into()), ("mode", format!("{mode:03o}").into())],
            ),
            Self::SocketPathTooLong { path } => texts.format(
                "ground-socket-path-too-long",
                &[
                    ("path", path.to_string_lossy().into()),
                    ("bytes", path.as_os_str().len().to_string().into()),
                    ("most", SOCKET_PATH_BYTES_MAX.to_string().into()),
                ],
            ),
        }
    }
}

/// A user's directories. Nothing is made by asking for one.
#[derive(Clone, Debug)]
pub struct Directories {
    data: PathBuf,
    config: PathBuf,
    state: PathBuf,
    runtime: Option<PathBuf>,
    temporary: PathBuf,
}

impl Directories {
    /// The directories that the environment names (`XDG_DATA_HOME`, `XDG_CONFIG_HOME`, `XDG_STATE_HOME`,
    /// `XDG_RUNTIME_DIR`), else their defaults under the home directory.
    pub fn from_environment() -> Result<Self, PathError> {
        let base = directories::BaseDirs::new().ok_or(PathError::NoHome)?;
        Ok(Self {
            data: base.data_dir().to_owned(),
            config: base.config_dir().to_owned(),
            state: base.state_dir().unwrap_or_else(|| base.data_local_dir()).to_owned(),
            runtime: base.runtime_dir().map(Path::to_owned),
            temporary: PathBuf::from("/tmp"),
        })
    }

    /// All directories under one, for tests and for a client that keeps everything in one place.
    pub fn under(root: &Path) -> Self {
        Self {
            data: root.join("data"),
            config: root.join("config"),
            state: root.join("state"),
            runtime: Some(root.join("run")),
            temporary: root.join("tmp"),
        }
    }

    /// Where `chat-server` keeps its database and its certificate.
    pub fn server_data(&self) -> PathBuf {
        self.data.join("chat-server")
    }

    /// Where the server that `chat-tui` starts by itself keeps the same: apart from a `chat-server` of the same user,
    /// because a database has one server.
    pub fn local_server_data(&self) -> PathBuf {
        self.data.join("chat-tui").join("server")
    }

    /// Where the client keeps what must not be lost: device tokens, pinned certificates.
    pub fn client_data(&self) -> PathBuf {
        self.data.join("chat-tui")
    }

    /// Where the client's configuration stands.
    pub fn client_config(&self) -> PathBuf {
        self.config.join("chat-tui")
    }

    /// Where the server's configuration stands when none is named.
    pub fn server_config(&self) -> PathBuf {
        self.config.join("chat-server")
    }

    /// Where the client keeps what may be lost: drafts, unsent lines, its log.
    pub fn client_state(&self) -> PathBuf {
        self.state.join("chat-tui")
    }

    /// Makes and checks the directory of the local server's socket, and gives the path of a socket called `name` in it.
    ///
    /// `XDG_RUNTIME_DIR` comes first; where it is not set, is not ours (`sudo -E`, `su`) or is too long for a socket's
    /// path, the state directory; where that one's path is too long, `/tmp/chat-tui-<uid>`.
    pub fn runtime_socket(&self, name: &str) -> Result<PathBuf, PathError> {
        let own_uid = rustix::process::geteuid().as_raw();
        let runtime = self.runtime.as_ref().filter(|path| is_owned_directory(path, own_uid));
        let candidates = [
            runtime.map(|path| path.join("chat-tui")),
            Some(self.client_state().join("run")),
            Some(self.temporary.join(format!("chat-tui-{own_uid}"))),
        ];
        let mut last = Err(PathError::NoHome);
        for directory in candidates.into_iter().flatten() {
            let socket = directory.join(name);
            last = check_socket_path(&socket).map(|()| directory);
            if last.is_ok() {
                break;
            }
        }
        let directory = last?;
        private_directory(&directory)?;
        Ok(directory.join(name))
    }
}

fn is_owned_directory(path: &Path, own_uid: u32) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own_uid)
}

/// Whether the system takes a path as a Unix socket's.
pub fn check_socket_path(path: &Path) -> Result<(), PathError> {
    if path.as_os_str().as_bytes().len() > SOCKET_PATH_BYTES_MAX {
        return Err(PathError::SocketPathTooLong { path: path.to_owned() });
    }
    Ok(())
}

/// Makes a directory, and those above it, for its user alone. One that stands already stays as it is.
pub fn create_directory(path: &Path) -> Result<(), PathError> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_DIRECTORY_MODE)
        .create(path)
        .map_err(PathError::refused(Action::Directory, path))
}

/// Makes a directory when it is missing, and makes sure that it is one, that it is ours, and that nobody else enters it.
///
/// A symbolic link is refused: in a directory like `/tmp` anybody may have put it there.
pub fn private_directory(path: &Path) -> Result<(), PathError> {
    create_directory(path)?;
    let refused = |errno: rustix::io::Errno| PathError::refused(Action::Directory, path)(errno.into());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(refused)?;
    let status = rustix::fs::fstat(&directory).map_err(refused)?;
    let own_uid = rustix::process::geteuid().as_raw();
    if status.st_uid != own_uid {
        return Err(PathError::NotOwned { path: path.to_owned(), owner_uid: status.st_uid, own_uid });
    }
    let mode = Mode::from_raw_mode(status.st_mode).as_raw_mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PathError::TooOpen { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Reads a file that holds a secret. One that everybody may read, or that others may change, is refused: its secret is none,
/// and whoever relies on it should know. A group that may read it was meant to (TLS keys often have one).
pub fn read_secret_file(path: &Path) -> Result<Vec<u8>, PathError> {
    const EXPOSED: u32 = 0o026;
    let mut file = File::open(path).map_err(PathError::refused(Action::Open, path))?;
    let metadata = file.metadata().map_err(PathError::refused(Action::Open, path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & EXPOSED != 0 {
        return Err(PathError::Exposed { path: path.to_owned(), mode });
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content).map_err(PathError::refused(Action::Open, path))?;
    Ok(content)
}

/// Makes a new file of mode 0600, for reading and writing. One that stands already is an error.
pub fn create_private_file(path: &Path) -> Result<File, PathError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(PRIVATE_FILE_MODE)
        .open(path)
        .map_err(PathError::refused(Action::Open, path))
}

/// Opens a file to write at its end, and makes it with mode 0600 when it is missing.
pub fn append_private_file(path: &Path) -> Result<File, PathError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(PRIVATE_FILE_MODE)
        .open(path)
        .map_err(PathError::refused(Action::Open, path))
}

/// Puts `content` in the place of a file, so that after a crash either the old or the new content stands there, whole.
///
/// `mode` holds from the first byte on. Where `path` is a symbolic link, the file that it names is replaced.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> Result<(), PathError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{}.new", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    let temporary = target.with_file_name(name);
    let written = write_and_rename(&temporary, &target, content, mode);
    if written.is_err() {
        // The old file stands untouched; only the half-written new one has to go.
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(PathError::refused(Action::Write, path))
}

fn write_and_rename(temporary: &Path, target: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(temporary)?;
    // The mode above is narrowed by the umask; the caller's word counts.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(temporary, target)?;
    // Only with its directory on disk is the new name there after a power failure.
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

/// A file that one process at a time holds: the lock ends with this value, or with its process, however that ends.
///
/// The file itself stays: to remove it would let two processes hold locks on two files of one name.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Takes the lock, without waiting. `None`: somebody else holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, PathError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE_FILE_MODE)
            .open(path)
            .map_err(PathError::refused(Action::Lock, path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => {
                Err(PathError::Refused { action: Action::Lock, path: path.to_owned(), source })
            }
        }
    }

    /// Writes for others to read who holds the lock: a process id, the path of a socket.
    pub fn write_note(&mut self, note: &str) -> Result<(), PathError> {
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(note.as_bytes())
        };
        write(&mut self.file).map_err(PathError::refused(Action::Write, &self.path))
    }

    /// What the last holder of a lock wrote; empty when there is nothing to read.
    pub fn read_note(path: &Path) -> String {
        let mut note = Vec::new();
        if let Ok(file) = File::open(path) {
            let _ = file.take(LOCK_NOTE_BYTES_MAX).read_to_end(&mut note);
        }
        String::from_utf8_lossy(&note).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;

    fn mode_of(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_private_directory_is_made_and_checked() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        private_directory(&path).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        private_directory(&path).unwrap();

        set_mode(&path, 0o755);
        let error = private_directory(&path).unwrap_err();
        assert!(matches!(error, PathError::TooOpen { mode: 0o755, .. }), "{error}");
        assert!(error.explain(&Texts::new(Language::French)).contains("chmod 700"));
    }

    #[test]
    fn a_private_directory_is_no_link_and_no_file() {
        let root = tempfile::tempdir().unwrap();
        let (target, link) = (root.path().join("target"), root.path().join("link"));
        private_directory(&target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(private_directory(&link), Err(PathError::Refused { .. })));
        let file = root.path().join("file");
        create_private_file(&file).unwrap();
        assert!(matches!(private_directory(&file), Err(PathError::Refused { .. })));
    }

    #[test]
    fn the_socket_stands_in_the_runtime_directory_or_else_in_the_state_or_else_in_tmp() {
        let root = tempfile::tempdir().unwrap();
        let mut directories = Directories::under(root.path());
        // The runtime directory does not exist: the session manager makes it, never we.
        let socket = directories.runtime_socket("server.sock").unwrap();
        assert_eq!(socket, root.path().join("state/chat-tui/run/server.sock"));

        std::fs::create_dir(root.path().join("run")).unwrap();
        let socket = directories.runtime_socket("server.sock").unwrap();
        assert_eq!(socket, root.path().join("run/chat-tui/server.sock"));
        assert_eq!(mode_of(socket.parent().unwrap()), 0o700);

        directories.runtime = None;
        directories.state = root.path().join("long".repeat(30));
        let socket = directories.runtime_socket("server.sock").unwrap();
        assert!(socket.starts_with(root.path().join("tmp")), "{}", socket.display());

        directories.temporary = directories.state.clone();
        let error = directories.runtime_socket("server.sock").unwrap_err();
        assert!(matches!(error, PathError::SocketPathTooLong { .. }), "{error}");
    }

    #[test]
    fn the_longest_socket_path_can_be_bound() {
        let root = tempfile::tempdir().unwrap();
        let name_bytes = SOCKET_PATH_BYTES_MAX - root.path().as_os_str().len() - 1;
        let longest = root.path().join("s".repeat(name_bytes));
        check_socket_path(&longest).unwrap();
        std::os::unix::net::UnixListener::bind(&longest).unwrap();
        assert!(check_socket_path(&root.path().join("s".repeat(name_bytes + 1))).is_err());
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("token");
        replace_file(&path, b"one", PRIVATE_FILE_MODE).unwrap();
        assert_eq!((std::fs::read(&path).unwrap().as_slice(), mode_of(&path)), (b"one".as_slice(), 0o600));
        replace_file(&path, b"two", 0o644).unwrap();
        assert_eq!((std::fs::read(&path).unwrap().as_slice(), mode_of(&path)), (b"two".as_slice(), 0o644));
        let names: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left over");
    }

    #[test]
    fn a_replaced_link_stays_a_link() {
        let root = tempfile::tempdir().unwrap();
        let (target, link) = (root.path().join("target"), root.path().join("link"));
        replace_file(&target, b"old", PRIVATE_FILE_MODE).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace_file(&link, b"new", PRIVATE_FILE_MODE).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn what_cannot_be_written_names_its_path() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("missing/file");
        let error = replace_file(&path, b"", PRIVATE_FILE_MODE).unwrap_err();
        for language in Language::ALL {
            let text = error.explain(&Texts::new(*language));
            assert!(text.contains(&*path.to_string_lossy()), "{text}");
        }
    }

    #[test]
    fn private_files_are_private() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        append_private_file(&path).unwrap().write_all(b"a").unwrap();
        append_private_file(&path).unwrap().write_all(b"b").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
        assert_eq!(mode_of(&path), 0o600);
        assert!(create_private_file(&path).is_err());
    }

    #[test]
    fn one_at_a_time_holds_a_lock() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lock");
        let mut lock = FileLock::try_acquire(&path).unwrap().expect("nobody holds it");
        lock.write_note("a long note").unwrap();
        lock.write_note("note").unwrap();
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        assert_eq!(FileLock::read_note(&path), "note");
        drop(lock);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
        assert_eq!(FileLock::read_note(&root.path().join("none")), "");
    }
}

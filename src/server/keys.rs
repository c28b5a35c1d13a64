//! The server's own secret: 32 random bytes in a file of mode 0600, and what derives from them.
//!
//! Made once, at the first start. Whoever loses the file loses the cloaks and the fake salts as they were, and with them the
//! proof that the record's chain is whole; nobody's password hangs on it.

use std::fmt;
use std::path::{Path, PathBuf};

use ring::hmac;

use super::auth::{NoRandomness, random_bytes};
use crate::ground::paths::{self, PRIVATE_FILE_MODE, PathError};

/// The file in the data directory.
pub const KEY_FILE: &str = "server.key";
/// Its bytes.
const KEY_BYTES: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The file holds something else.
    #[error("{}: holds {found} bytes instead of {KEY_BYTES}; it is not the key that this server made", .path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// How many bytes it holds.
        found: usize,
    },
    /// A new one cannot be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// What a part of the key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The chain over the record.
    Chain,
    /// Cloaks, and the codes of the allow dialogue.
    World,
    /// The salts of unknown names.
    FakeSalt,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Chain => b"chat-server chain",
            Self::World => b"chat-server world",
            Self::FakeSalt => b"chat-server fake salt",
        }
    }
}

/// The server's own secret.
pub struct ServerKey(hmac::Key);

impl ServerKey {
    /// Reads the key of a data directory, and makes it when there is none. The caller holds the directory's lock.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, KeyError> {
        match Self::load(data_dir) {
            Err(KeyError::Path(PathError::Refused { path, source, .. }))
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                let bytes: [u8; KEY_BYTES] = random_bytes()?;
                paths::replace_file(&path, &bytes, PRIVATE_FILE_MODE)?;
                Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
            }
            loaded => loaded,
        }
    }

    /// Reads the key of a data directory that a server has made.
    pub fn load(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join(KEY_FILE);
        let bytes = paths::read_secret_file(&path)?;
        if bytes.len() != KEY_BYTES {
            return Err(KeyError::WrongSize { path, found: bytes.len() });
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The part of the key for one purpose: no part tells anything of another.
    pub fn part(&self, purpose: Purpose) -> [u8; 32] {
        let mut part = [0; 32];
        // An HMAC-SHA-256 has as many bytes as the part.
        part.copy_from_slice(hmac::sign(&self.0, purpose.label()).as_ref());
        part
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(ServerKey::load(directory.path()), Err(KeyError::Path(PathError::Refused { .. }))));
        let first = ServerKey::load_or_make(directory.path()).unwrap();
        let again = ServerKey::load_or_make(directory.path()).unwrap();
        assert_eq!(first.part(Purpose::Chain), again.part(Purpose::Chain));
        assert_ne!(first.part(Purpose::Chain), first.part(Purpose::World));
        assert_ne!(first.part(Purpose::Chain), [0; 32]);
        let mode = std::fs::metadata(directory.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn another_file_in_its_place_is_no_key() {
        let directory = tempfile::tempdir().unwrap();
        paths::replace_file(&directory.path().join(KEY_FILE), b"short", PRIVATE_FILE_MODE).unwrap();
        assert!(matches!(ServerKey::load_or_make(directory.path()), Err(KeyError::WrongSize { found: 5, .. })));
    }

    #[test]
    fn a_key_that_anybody_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        ServerKey::load_or_make(directory.path()).unwrap();
        let path = directory.path().join(KEY_FILE);
        for mode in [0o644, 0o604, 0o620, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = ServerKey::load_or_make(directory.path()).unwrap_err();
            assert!(error.to_string().contains("anybody can read or change it: chmod 600"), "{error}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        ServerKey::load_or_make(directory.path()).unwrap();
    }
}

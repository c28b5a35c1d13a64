//! Which database, and how it is spoken with.

use std::path::PathBuf;

use crate::proto::secret::Secret;

/// How many connections read unless a setting says otherwise.
pub const READERS_DEFAULT: usize = 4;

/// Which database, and how it is spoken with.
#[derive(Clone, Debug)]
pub struct Source {
    /// `sqlite:PATH`, or `mysql://user:password@host[:port]/database[?socket=PATH]`.
    pub url: Secret,
    /// How many connections read beside the one that writes: so many pages of history are read at once, others wait.
    pub readers: usize,
    /// Whether MariaDB or MySQL must speak TLS, whatever the URL says of it.
    pub tls: bool,
    /// The authorities that may vouch for its certificate, as a PEM file; those of the public when none.
    pub ca: Option<PathBuf>,
}

impl Source {
    /// What a URL names, with the default for everything else.
    pub fn new(url: &str) -> Self {
        Self { url: Secret::new(url), readers: READERS_DEFAULT, tls: false, ca: None }
    }
}

//! A database that can be taken away and given back: SQLite by somebody else's lock, MariaDB by a cable that is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::database::Database;

/// A database with a switch.
pub enum Switchable {
    Sqlite { path: std::path::PathBuf, lock: Option<Connection> },
    MySql { cable: Cable, database: Database, url: String },
}

impl Switchable {
    /// The databases that a test is to run on.
    pub async fn all(directory: &TempDir) -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::all().await {
            let url = database.url(directory);
            all.push(match url.strip_prefix("sqlite:") {
                Some(path) => Self::Sqlite { path: path.into(), lock: None },
                None => {
                    let (before, rest) = url.rsplit_once('@').expect("it has a user");
                    let (server, name) = rest.split_once('/').expect("it has a database");
                    let cable = Cable::to(server.to_owned()).await;
                    let url = format!("{before}@{}/{name}", cable.address);
                    Self::MySql { cable, database, url }
                }
            });
        }
        all
    }

    /// Its URL.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
            Self::MySql { url, .. } => url.clone(),
        }
    }

    /// Takes it away.
    pub fn cut(&mut self) {
        match self {
            Self::Sqlite { path, lock } => {
                let connection = Connection::open(path).unwrap();
                connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
                *lock = Some(connection);
            }
            Self::MySql { cable, .. } => cable.set(CUT),
        }
    }

    /// Gives it back.
    pub fn restore(&mut self) {
        match self {
            Self::Sqlite { lock, .. } => *lock = None,
            Self::MySql { cable, .. } => cable.set(WHOLE),
        }
    }

    /// Removes it.
    pub async fn remove(self) {
        if let Self::MySql { database, .. } = self {
            database.remove().await;
        }
    }
}

const WHOLE: u8 = 0;
const CUT: u8 = 1;

/// A TCP connection in two parts, with a switch between them.
pub struct Cable {
    address: String,
    state: Arc<AtomicU8>,
    changed: Arc<Notify>,
}

impl Cable {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (state, changed) = (Arc::new(AtomicU8::new(WHOLE)), Arc::new(Notify::new()));
        let cable = Self { address, state: Arc::clone(&state), changed: Arc::clone(&changed) };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if state.load(Ordering::SeqCst) == CUT {
                    continue;
                }
                let (server, changed) = (server.clone(), Arc::clone(&changed));
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        () = changed.notified() => {}
                    }
                });
            }
        });
        cable
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        if state == CUT {
            self.changed.notify_waiters();
        }
    }
}

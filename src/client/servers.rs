//! A server that the client talks to: the connection to it, the conversation with it, what is asked of it and when.

use super::config::ServerChoice;
use super::connection::Connection;
use super::event::ServerId;
use super::fetch::Fetches;
use super::pace::Pace;
use super::session::Session;

/// How many servers there can be at once; a further one is refused.
pub const SERVERS_MAX: usize = 20;

/// Everything that there is once a server.
#[derive(Debug, Default)]
pub struct Server {
    /// Its name in this program.
    pub id: ServerId,
    /// Which server is wanted.
    pub choice: ServerChoice,
    /// The connection, or what is being done for one.
    pub connection: Connection,
    /// The IRC client.
    pub session: Session,
    /// When messages may leave.
    pub(super) pace: Pace,
    /// Questions for history.
    pub(super) fetches: Fetches,
    /// A channel that the person asked to join, as it is compared: shown when it is there.
    pub(super) awaited_channel: Option<String>,
    /// Why the person is away, as they said it; a new connection is told again.
    pub(super) away: Option<String>,
}

impl Server {
    /// A server to which nothing is done yet.
    pub fn new(id: ServerId, choice: ServerChoice) -> Self {
        Self { id, choice, ..Self::default() }
    }
}

//! The sessions by the numbers of their connections.
//!
//! One is looked up many times for each line, all of them seldom, and then by rising number, so that what happens to all
//! happens in the same order whenever it is played again.

use std::ops::Index;

use super::numbers::NumberMap;
use super::ports::ConnId;
use super::session::Session;

/// All sessions. Boxed, because a map keeps up to half of its places empty.
#[derive(Default)]
pub(crate) struct Sessions(NumberMap<ConnId, Box<Session>>);

impl Sessions {
    /// A new connection's session.
    pub fn insert(&mut self, conn: ConnId, session: Session) {
        self.0.insert(conn, Box::new(session));
    }

    /// A connection is gone.
    pub fn remove(&mut self, conn: ConnId) {
        self.0.remove(&conn);
    }

    /// The session of a connection.
    pub fn get(&self, conn: ConnId) -> Option<&Session> {
        self.0.get(&conn).map(|session| &**session)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Session> {
        self.0.get_mut(&conn).map(|session| &mut **session)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The connections, by rising number.
    pub fn conns(&self) -> Vec<ConnId> {
        let mut conns: Vec<_> = self.0.keys().copied().collect();
        conns.sort_unstable();
        conns
    }

    /// The sessions, by rising number of their connections.
    pub fn in_order(&self) -> impl Iterator<Item = &Session> {
        self.conns().into_iter().filter_map(|conn| self.get(conn))
    }
}

impl Index<ConnId> for Sessions {
    type Output = Session;

    fn index(&self, conn: ConnId) -> &Session {
        &self.0[&conn]
    }
}

//! Who wants to know when somebody comes and goes: the lists of MONITOR, looked up by the nick that they are about.
//!
//! Specification: IRCv3 `monitor`. A list lives and dies with its session; a nick may be on it whether anybody is called so or
//! not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ports::ConnId;
use crate::proto::names::{Folded, Nick};

/// The lists of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Monitors {
    by_nick: HashMap<Folded, BTreeSet<ConnId>>,
    lists: HashMap<ConnId, BTreeMap<Folded, Nick>>,
}

impl Monitors {
    /// Puts a nick on a list of at most so many. Whether it is there now: no when the list is full.
    pub fn add(&mut self, conn: ConnId, nick: &Nick, monitored_max: usize) -> bool {
        let list = self.lists.entry(conn).or_default();
        if !list.contains_key(nick.folded()) {
            if list.len() >= monitored_max {
                return false;
            }
            list.insert(nick.folded().clone(), nick.clone());
            self.by_nick.entry(nick.folded().clone()).or_default().insert(conn);
        }
        true
    }

    /// Takes a nick off a list.
    pub fn remove(&mut self, conn: ConnId, nick: &Nick) {
        if let Some(list) = self.lists.get_mut(&conn) {
            list.remove(nick.folded());
            if list.is_empty() {
                self.lists.remove(&conn);
            }
        }
        self.forget(nick.folded(), conn);
    }

    /// Empties a list.
    pub fn clear(&mut self, conn: ConnId) {
        for nick in self.lists.remove(&conn).unwrap_or_default().keys() {
            self.forget(nick, conn);
        }
    }

    /// The nicks on a list, in the order of their folded forms.
    pub fn of(&self, conn: ConnId) -> Vec<Nick> {
        self.lists.get(&conn).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The sessions that have a nick on their list.
    pub fn watchers(&self, nick: &Folded) -> Vec<ConnId> {
        self.by_nick.get(nick).into_iter().flatten().copied().collect()
    }

    fn forget(&mut self, nick: &Folded, conn: ConnId) {
        if let Some(conns) = self.by_nick.get_mut(nick) {
            conns.remove(&conn);
            if conns.is_empty() {
                self.by_nick.remove(nick);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONITORED_MAX: usize = 100;

    #[test]
    fn a_list_is_bounded_and_leaves_nothing_behind() {
        let mut monitors = Monitors::default();
        let conn = ConnId(1);
        let nick = |number: usize| Nick::new(&format!("nick{number}")).unwrap();
        for number in 0..MONITORED_MAX {
            assert!(monitors.add(conn, &nick(number), MONITORED_MAX));
        }
        assert!(!monitors.add(conn, &nick(MONITORED_MAX), MONITORED_MAX));
        assert!(monitors.add(conn, &nick(0), MONITORED_MAX), "who is on the list may be put there again");
        assert_eq!(monitors.watchers(nick(3).folded()), [conn]);
        monitors.remove(conn, &nick(3));
        assert!(monitors.watchers(nick(3).folded()).is_empty());
        assert_eq!(monitors.of(conn).len(), MONITORED_MAX - 1);
        monitors.clear(conn);
        assert!(monitors.by_nick.is_empty() && monitors.lists.is_empty());
    }
}

//! Invitations to channels. They live in memory only: an invitation that was not followed before a restart is given again.

use std::collections::VecDeque;

use super::event::ChannelId;
use super::session::Person;

/// The most invitations that are open at once. Beyond: the oldest is forgotten.
pub(crate) const INVITES_MAX: usize = 4_096;

/// The open invitations, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Invites {
    open: VecDeque<(ChannelId, Person)>,
}

impl Invites {
    /// Notes an invitation; a second one to the same channel changes nothing.
    pub fn add(&mut self, channel: ChannelId, person: Person) {
        if self.has(channel, person) {
            return;
        }
        if self.open.len() == INVITES_MAX {
            self.open.pop_front();
        }
        self.open.push_back((channel, person));
    }

    /// Whether somebody is invited.
    pub fn has(&self, channel: ChannelId, person: Person) -> bool {
        self.open.contains(&(channel, person))
    }

    /// The channels that somebody is invited to, in the order of the invitations.
    pub fn of(&self, person: Person) -> Vec<ChannelId> {
        self.open.iter().filter(|(_, invited)| *invited == person).map(|(channel, _)| *channel).collect()
    }

    /// Somebody has followed an invitation.
    pub fn remove(&mut self, channel: ChannelId, person: Person) {
        self.open.retain(|open| *open != (channel, person));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::AccountId;

    #[test]
    fn invitations_are_bounded_and_used_once() {
        let mut invites = Invites::default();
        let person = Person::Account(AccountId(1));
        for channel in 0..=INVITES_MAX as u64 {
            invites.add(ChannelId(channel), person);
            invites.add(ChannelId(channel), person);
        }
        assert_eq!(invites.of(person).len(), INVITES_MAX);
        assert!(!invites.has(ChannelId(0), person));
        invites.remove(ChannelId(1), person);
        assert!(!invites.has(ChannelId(1), person));
    }
}

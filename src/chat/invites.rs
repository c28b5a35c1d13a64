//! Invitations to channels. They live in memory only: an invitation that was not followed before a restart is given again.

use std::collections::VecDeque;

use super::event::ChannelId;
use super::session::Person;

/// The most invitations that are open at once. Beyond: the oldest is forgotten.
pub(crate) const INVITES_MAX: usize = 4_096;

/// An open invitation.
#[derive(Clone, Copy, Debug)]
struct Invite {
    channel: ChannelId,
    person: Person,
    by_operator: bool,
}

/// The open invitations, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Invites {
    open: VecDeque<Invite>,
}

impl Invite {
    fn is_for(&self, channel: ChannelId, person: Person) -> bool {
        self.channel == channel && self.person == person
    }
}

impl Invites {
    /// Notes an invitation; a second one to the same channel changes nothing, but that an operator's is worth more.
    pub fn add(&mut self, channel: ChannelId, person: Person, by_operator: bool) {
        if let Some(open) = self.open.iter_mut().find(|open| open.is_for(channel, person)) {
            open.by_operator |= by_operator;
            return;
        }
        if self.open.len() == INVITES_MAX {
            self.open.pop_front();
        }
        self.open.push_back(Invite { channel, person, by_operator });
    }

    /// Whether somebody is invited.
    pub fn has(&self, channel: ChannelId, person: Person) -> bool {
        self.open.iter().any(|open| open.is_for(channel, person))
    }

    /// Whether an operator of the channel has invited somebody.
    pub fn has_by_operator(&self, channel: ChannelId, person: Person) -> bool {
        self.open.iter().any(|open| open.by_operator && open.is_for(channel, person))
    }

    /// The channels that somebody is invited to, in the order of the invitations.
    pub fn of(&self, person: Person) -> Vec<ChannelId> {
        self.open.iter().filter(|open| open.person == person).map(|open| open.channel).collect()
    }

    /// A channel is gone.
    pub fn forget_channel(&mut self, channel: ChannelId) {
        self.open.retain(|open| open.channel != channel);
    }

    /// Somebody has followed an invitation.
    pub fn remove(&mut self, channel: ChannelId, person: Person) {
        self.open.retain(|open| !open.is_for(channel, person));
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
            invites.add(ChannelId(channel), person, false);
            invites.add(ChannelId(channel), person, channel == 1);
        }
        assert_eq!(invites.of(person).len(), INVITES_MAX);
        assert!(!invites.has(ChannelId(0), person));
        assert!(invites.has_by_operator(ChannelId(1), person) && !invites.has_by_operator(ChannelId(2), person));
        invites.remove(ChannelId(1), person);
        assert!(!invites.has(ChannelId(1), person));
    }
}

//! A count of what the rules know, for those who watch the server. It names nobody and holds no text.

use std::collections::BTreeMap;

use super::session::Identity;
use super::world::World;

/// What there is at one moment, and what there was since the world was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Welcomed sessions of accounts.
    pub account_sessions: usize,
    /// Welcomed sessions without an account.
    pub guest_sessions: usize,
    /// Sessions of operators.
    pub operator_sessions: usize,
    /// Connections that are not welcomed yet; those in the waiting room are among them.
    pub unwelcomed_sessions: usize,
    /// Accounts with a session.
    pub accounts_online: usize,
    /// Accounts that are not deleted.
    pub accounts: usize,
    /// Channels.
    pub channels: usize,
    /// How often each command was used; `*` stands for those that are none.
    pub commands: BTreeMap<&'static str, u64>,
    /// How often something was refused, by the numeric or the code of the refusal.
    pub refusals: BTreeMap<&'static str, u64>,
    /// How often filters meant a message, by what became of it.
    pub filtered: BTreeMap<&'static str, u64>,
}

impl World {
    /// Counts.
    pub fn census(&self) -> Census {
        let mut census = Census {
            accounts_online: self.accounts_online(),
            accounts: self.state.living_account_count(),
            channels: self.state.channel_count(),
            commands: self.commands_used.clone(),
            refusals: self.refusals.clone(),
            ..Census::default()
        };
        for ((_, verdict), count) in &self.filtered.counts {
            *census.filtered.entry(verdict).or_default() += count;
        }
        for session in self.sessions.in_order() {
            let kind = match session.identity {
                _ if !session.is_welcome => &mut census.unwelcomed_sessions,
                Identity::Account(_) => &mut census.account_sessions,
                Identity::Operator { .. } => &mut census.operator_sessions,
                Identity::Anonymous => &mut census.guest_sessions,
            };
            *kind += 1;
        }
        census
    }
}

#[cfg(test)]
mod tests {
    use crate::chat::testing::Driver;

    #[test]
    fn everybody_is_counted_once_and_every_refusal_by_its_code() {
        let mut driver = Driver::with_guests(&["ann", "bob"]);
        driver.connect();
        let ann = driver.log_in("ann", "standard-replies draft/message-redaction");
        driver.log_in("ann", "");
        driver.come_as_guest("zoe", "");
        driver.log_in_operator("");
        driver.say(ann, "JOIN #one");
        driver.say(ann, "PRIVMSG #none :x");
        driver.say(ann, "REDACT #one nothing");
        driver.say(ann, "NONSENSE");
        let census = driver.world.census();
        let sessions = [
            census.account_sessions,
            census.guest_sessions,
            census.operator_sessions,
            census.unwelcomed_sessions,
            census.accounts_online,
            census.channels,
        ];
        // The automatic channel was founded when somebody came.
        assert_eq!(sessions, [2, 1, 1, 1, 1, 2], "{census:?}");
        assert_eq!(census.accounts, 3, "the correspondent's among them");
        assert_eq!(census.refusals.get("421"), Some(&1), "{census:?}");
        assert_eq!(census.refusals.get("403"), Some(&1), "{census:?}");
        assert_eq!(census.refusals.get("UNKNOWN_MSGID"), Some(&1), "{census:?}");
        assert_eq!(census.commands.get("PRIVMSG"), Some(&1));
    }
}

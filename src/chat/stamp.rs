//! What a line carries as tags to those who asked for them.
//!
//! Specifications: IRCv3 `server-time`, `message-ids`, `account-tag`, `message-tags`, `bot-mode`.

use crate::proto::caps::{Cap, CapSet};
use crate::proto::message::Line;
use crate::proto::names::MsgId;
use crate::proto::time::Timestamp;

/// What a line carries as tags to those who want them.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// `time`.
    pub time: Timestamp,
    /// `msgid`; none for what the record does not hold.
    pub msgid: Option<MsgId>,
    /// `account`; none for those without one.
    pub account: Option<String>,
    /// `bot`: the sender has marked itself as one (IRCv3 `bot-mode`).
    pub is_bot: bool,
    /// Client-only tags to relay, as they go over the wire.
    pub client_tags: String,
}

impl Stamp {
    /// The capabilities that decide which of the tags a line gets.
    pub const CAPS: CapSet = CapSet::of(&[Cap::ServerTime, Cap::MessageTags, Cap::AccountTag]);

    /// The tags of an ephemeral line at this time.
    pub fn at(time: Timestamp) -> Self {
        Self { time, msgid: None, account: None, is_bot: false, client_tags: String::new() }
    }

    /// The line with those tags that these capabilities ask for.
    pub fn put_on(&self, mut line: Line, caps: CapSet) -> Line {
        if caps.has(Cap::ServerTime) {
            line = line.tag("time", &self.time.to_string());
        }
        if caps.has(Cap::MessageTags)
            && let Some(msgid) = self.msgid
        {
            line = line.tag("msgid", &msgid.to_string());
        }
        if caps.has(Cap::AccountTag)
            && let Some(account) = &self.account
        {
            line = line.tag("account", account);
        }
        if caps.has(Cap::MessageTags) {
            if self.is_bot {
                line = line.tag("bot", "");
            }
            line = line.raw_tags(&self.client_tags);
        }
        line
    }
}

//! The operator's commands for channels: what is asked, and what comes back. Topic, modes, name and members are changed by the
//! lines that everybody uses for them; the server answers those by nothing of their own, so a PING behind them tells when they
//! are done.

use super::order::{Order, is_word};
use crate::proto::message::{Line, Message};

/// What an operator wants to do with channels.
#[derive(Clone, Debug)]
pub enum ChannelCommand {
    /// All channels.
    List,
    /// All of one channel.
    Show {
        /// Which.
        channel: String,
    },
    /// A new topic; none when it is empty.
    Topic {
        /// Of which channel.
        channel: String,
        /// The topic.
        topic: String,
    },
    /// Changes of modes.
    Mode {
        /// Of which channel.
        channel: String,
        /// The letters with their signs, then the parameters.
        words: Vec<String>,
    },
    /// Another name.
    Rename {
        /// Which channel.
        channel: String,
        /// Its new name.
        name: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Somebody is no member any more.
    Kick {
        /// Of which channel.
        channel: String,
        /// Who.
        nick: String,
        /// Why; may be empty.
        reason: String,
    },
    /// The channel belongs to somebody else.
    Founder {
        /// Which channel.
        channel: String,
        /// Whose it is from now on.
        account: String,
    },
    /// The channel is ended.
    Drop {
        /// Which.
        channel: String,
        /// Why; may be empty.
        reason: String,
    },
}

fn with_reason(line: Line, reason: &str) -> Line {
    if reason.is_empty() { line } else { line.trailing(reason) }
}

impl Order for ChannelCommand {
    fn line(&self) -> Line {
        match self {
            Self::List => Line::new("CHANNEL").param("LIST"),
            Self::Show { channel } => Line::new("CHANNEL").param("SHOW").param(channel),
            Self::Topic { channel, topic } => Line::new("TOPIC").param(channel).trailing(topic),
            Self::Mode { channel, words } => {
                words.iter().fold(Line::new("MODE").param(channel), |line, word| line.param(word))
            }
            Self::Rename { channel, name, reason } => {
                with_reason(Line::new("RENAME").param(channel).param(name), reason)
            }
            Self::Kick { channel, nick, reason } => with_reason(Line::new("KICK").param(channel).param(nick), reason),
            Self::Founder { channel, account } => Line::new("CHANNEL").param("FOUNDER").param(channel).param(account),
            Self::Drop { channel, reason } => with_reason(Line::new("CHANNEL").param("DROP").param(channel), reason),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let (words, text) = match self {
            Self::List => (Vec::new(), ""),
            Self::Show { channel } => (vec![channel], ""),
            Self::Topic { channel, topic } => (vec![channel], topic.as_str()),
            Self::Mode { channel, words } => (std::iter::once(channel).chain(words).collect(), ""),
            Self::Rename { channel, name, reason } => (vec![channel, name], reason.as_str()),
            Self::Kick { channel, nick, reason } => (vec![channel, nick], reason.as_str()),
            Self::Founder { channel, account } => (vec![channel, account], ""),
            Self::Drop { channel, reason } => (vec![channel], reason.as_str()),
        };
        if !words.iter().all(|word| is_word(word)) {
            Some("a channel, a name and a mode are one word each")
        } else if text.contains(['\r', '\n', '\0']) {
            Some("a topic or a reason is one line")
        } else {
            None
        }
    }

    fn is_about_one(&self) -> bool {
        matches!(self, Self::Show { .. })
    }

    fn is_quiet(&self) -> bool {
        matches!(self, Self::Topic { .. } | Self::Mode { .. } | Self::Rename { .. } | Self::Kick { .. })
    }
}

/// A channel as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChannelEntry {
    /// Its name.
    pub name: String,
    /// When it was founded, as IRCv3 writes times.
    pub founded: String,
    /// How many members it has, there or not.
    pub member_count: u64,
    /// Whose it is.
    pub founder: Option<String>,
    /// When something was said last.
    pub last_message: Option<String>,
    /// Its modes as they are written in a line: `+ntk secret`.
    pub modes: String,
    /// Its topic.
    pub topic: Option<String>,
    /// Who is in it; told of one channel only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<MemberEntry>>,
    /// Bans, exceptions and invitations; told of one channel only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masks: Option<Vec<MaskEntry>>,
}

/// A member as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MemberEntry {
    /// The account's name, or a guest's nick.
    pub name: String,
    /// The letters of its rank, the highest first.
    pub rank: String,
    /// `here`, `away` or `guest`.
    pub state: String,
}

/// An entry of a channel's list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MaskEntry {
    /// `b`, `e` or `I`.
    pub letter: String,
    /// Whom it means.
    pub mask: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub since: String,
}

/// A word of a line; nothing for the star that stands for none.
fn known(word: &str) -> Option<String> {
    (word != "*").then(|| word.to_owned())
}

/// Takes in a line of a list of channels; `is_one` when all of one channel was asked for.
pub(super) fn take_in(channels: &mut Vec<ChannelEntry>, message: &Message<'_>, is_one: bool) {
    let param = |place: usize| message.param(place).unwrap_or_default();
    let text = |place: usize| param(place).to_owned();
    if (message.command, param(0)) == ("CHANNEL", "ENTRY") {
        channels.push(ChannelEntry {
            name: text(1),
            founded: text(2),
            member_count: param(3).parse().unwrap_or_default(),
            founder: known(param(4)),
            last_message: known(param(5)),
            modes: text(6),
            topic: None,
            members: is_one.then(Vec::new),
            masks: is_one.then(Vec::new),
        });
        return;
    }
    let Some(last) = channels.last_mut() else { return };
    match (message.command, param(0)) {
        ("332", _) if param(1) == last.name => last.topic = Some(text(2)),
        ("CHANNEL", "MEMBER") => {
            let rank = known(param(3)).unwrap_or_default();
            last.members.get_or_insert_default().push(MemberEntry { name: text(2), rank, state: text(4) });
        }
        ("CHANNEL", "MASK") => {
            let entry = MaskEntry { letter: text(2), by: text(3), since: text(4), mask: text(5) };
            last.masks.get_or_insert_default().push(entry);
        }
        _ => {}
    }
}

//! `chat-server channel`: the operator's commands for channels. They go through the server while one runs.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use chat_tui::proto::text::shown;
use chat_tui::server::admin::channels::{ChannelCommand, ChannelEntry};
use clap::{Args, Subcommand};

/// What is done.
#[derive(Subcommand)]
pub enum Channel {
    /// List all channels: members, modes, founder, when something was said last, topic
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Show all of one channel: also its members with their ranks, and its bans, exceptions and invitations
    Show {
        /// Which
        channel: String,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Set the topic of a channel, or clear it
    Topic {
        /// Of which channel
        channel: String,
        /// The topic; an empty one clears it
        topic: String,
    },
    /// Change the modes of a channel: chat-server channel mode '#general' +ml-k 50 '*'
    Mode {
        /// Of which channel
        channel: String,
        /// The letters with their signs
        #[arg(allow_hyphen_values = true)]
        modes: String,
        /// Their parameters
        parameters: Vec<String>,
    },
    /// Call a channel otherwise. Members, topic, modes and history stay
    Rename {
        /// Which
        channel: String,
        /// Its new name
        name: String,
        /// Why; the members are told
        #[arg(default_value = "")]
        reason: String,
    },
    /// Remove a member from a channel
    Kick {
        /// From which channel
        channel: String,
        /// Whom
        nick: String,
        /// Why; the members are told
        #[arg(default_value = "")]
        reason: String,
    },
    /// Give a channel to another account, with the rank if that is a member
    Founder {
        /// Which
        channel: String,
        /// To whom
        account: String,
    },
    /// End a channel: nobody is in it any more, and its name is free. What was said in it stays in the record
    Drop {
        /// Which
        channel: String,
        /// Why; the members are told
        #[arg(default_value = "")]
        reason: String,
        #[command(flatten)]
        sure: Sure,
    },
}

/// For what cannot be taken back.
#[derive(Args)]
pub struct Sure {
    /// Do not ask whether it is meant
    #[arg(long)]
    yes: bool,
}

impl Sure {
    /// Asks whether something is meant that cannot be taken back.
    ///
    /// # Errors
    /// When it is not, and when there is nobody to ask.
    pub fn ask(&self, what: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            bail!("{what}: this cannot be taken back; say --yes if it is meant");
        }
        eprint!("{what}: this cannot be taken back. Go on? (yes/no) ");
        io::stderr().flush()?;
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer).context("cannot read the terminal")?;
        if answer.trim() == "yes" { Ok(()) } else { bail!("nothing was changed") }
    }
}

impl Channel {
    /// What is asked of the server, and whether the answer is printed as JSON.
    ///
    /// # Errors
    /// When it cannot be taken back, and is not meant.
    pub fn into_command(self) -> anyhow::Result<(ChannelCommand, bool)> {
        let plain = |command| Ok((command, false));
        match self {
            Self::List { json } => Ok((ChannelCommand::List, json)),
            Self::Show { channel, json } => Ok((ChannelCommand::Show { channel }, json)),
            Self::Topic { channel, topic } => plain(ChannelCommand::Topic { channel, topic }),
            Self::Mode { channel, modes, parameters } => {
                let words = [vec![modes], parameters].concat();
                plain(ChannelCommand::Mode { channel, words })
            }
            Self::Rename { channel, name, reason } => plain(ChannelCommand::Rename { channel, name, reason }),
            Self::Kick { channel, nick, reason } => plain(ChannelCommand::Kick { channel, nick, reason }),
            Self::Founder { channel, account } => plain(ChannelCommand::Founder { channel, account }),
            Self::Drop { channel, reason, sure } => {
                sure.ask(&format!("the channel {channel} will be ended"))?;
                plain(ChannelCommand::Drop { channel, reason })
            }
        }
    }
}

/// Prints channels: as columns, as one with all that belongs to it, or as JSON.
pub fn tell(channels: &[ChannelEntry], as_json: bool) -> anyhow::Result<()> {
    match channels {
        [one] if one.members.is_some() && as_json => println!("{}", serde_json::to_string_pretty(one)?),
        all if as_json => println!("{}", serde_json::to_string_pretty(all)?),
        [one] if one.members.is_some() => tell_one(one),
        all => tell_all(all),
    }
    Ok(())
}

fn tell_all(channels: &[ChannelEntry]) {
    let width = |text: fn(&ChannelEntry) -> &str| channels.iter().map(|it| text(it).chars().count()).max().unwrap_or(0);
    let (names, founders) = (width(|it| &it.name), width(|it| it.founder.as_deref().unwrap_or("-")));
    let modes = width(|it| &it.modes);
    for it in channels {
        let founder = it.founder.as_deref().unwrap_or("-");
        let last = it.last_message.as_deref().unwrap_or("-");
        let topic = it.topic.as_deref().unwrap_or_default();
        let line = format!(
            "{:names$}  {:5}  {:modes$}  {founder:founders$}  {last:24}  {topic}",
            it.name, it.member_count, it.modes
        );
        println!("{}", shown(line.trim_end()));
    }
}

fn tell_one(channel: &ChannelEntry) {
    let line = |name: &str, value: &str| println!("{name:13} {}", shown(value));
    line("name", &channel.name);
    line("founded", &channel.founded);
    line("founder", channel.founder.as_deref().unwrap_or("-"));
    line("modes", &channel.modes);
    line("topic", channel.topic.as_deref().unwrap_or("-"));
    line("last message", channel.last_message.as_deref().unwrap_or("-"));
    line("members", &channel.member_count.to_string());
    for member in channel.members.iter().flatten() {
        let rank = if member.rank.is_empty() { "-" } else { &member.rank };
        println!("  {}", shown(&format!("{:5} {:5} {}", rank, member.state, member.name)));
    }
    for mask in channel.masks.iter().flatten() {
        line(&format!("list {}", mask.letter), &format!("{} by {}, {}", mask.mask, mask.by, mask.since));
    }
}

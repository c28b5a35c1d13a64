//! What an operator does with a row of the panel: which deeds there are, what they are called, and the lines that ask for them.

use super::session::fact::{RefusalRow, SessionRow};
use crate::proto::message::Line;

/// Whom a deed is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// A nick, or the name that a log-in was tried with.
    pub nick: String,
    /// The account; nothing for a guest.
    pub account: Option<String>,
    /// The address, when it may be seen and is not this machine's own.
    pub address: Option<String>,
    /// Channels to remove them from.
    pub channels: Vec<String>,
    /// Whether they are there: one can speak to them, or end their sessions.
    pub is_here: bool,
}

impl Subject {
    /// Whose session it is; nothing for one of an operator at the console, and for one that is not welcomed and shows no address.
    pub fn of_session(row: &SessionRow) -> Option<Self> {
        let (is_here, address) = (matches!(row.kind.as_str(), "account" | "guest"), foreign(&row.address));
        (is_here || (row.kind == "unwelcomed" && address.is_some())).then(|| Self {
            nick: row.nick.clone(),
            account: row.account.clone(),
            address,
            channels: row.channels.clone(),
            is_here,
        })
    }

    /// Who was refused. What a log-in was tried with is taken for an account's name.
    pub fn of_refusal(row: &RefusalRow) -> Option<Self> {
        let account = Some(row.name.clone()).filter(|name| row.command == "LOGIN" && name != "*");
        let address = foreign(&row.address);
        let (nick, channels) = (row.name.clone(), Vec::new());
        (account.is_some() || address.is_some()).then_some(Self { nick, account, address, channels, is_here: false })
    }

    /// What they are called in a heading.
    pub fn name(&self) -> &str {
        match (self.nick.as_str(), &self.address) {
            ("*", Some(address)) => address,
            (nick, _) => nick,
        }
    }
}

/// An address that a ban of it would mean somebody else by: not the machine's own.
fn foreign(address: &str) -> Option<String> {
    let parsed: std::net::IpAddr = address.parse().ok()?;
    (!parsed.to_canonical().is_loopback()).then(|| address.to_owned())
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Speak to them.
    Message,
    /// Accept the account's password from the address.
    Allow,
    /// They may read only.
    MuteAccount,
    /// Whoever comes from the address may read only.
    MuteAddress,
    /// Remove them from a channel.
    Kick(String),
    /// End their sessions.
    Disconnect,
    /// Keep the account out.
    BanAccount,
    /// Keep the address out.
    BanAddress,
    /// The account may not log in any more.
    Suspend,
    /// A new password for the account.
    ResetPassword,
}

impl Deed {
    /// What can be done with somebody, the gentlest first.
    pub fn of(subject: &Subject) -> Vec<Self> {
        let (account, address) = (subject.account.is_some(), subject.address.is_some());
        let mut deeds = Vec::new();
        let mut add = |is_possible: bool, deed| deeds.extend(is_possible.then_some(deed));
        add(subject.is_here, Self::Message);
        add(account && address, Self::Allow);
        add(account, Self::MuteAccount);
        add(address && !account, Self::MuteAddress);
        for channel in &subject.channels {
            add(subject.is_here, Self::Kick(channel.clone()));
        }
        add(subject.is_here, Self::Disconnect);
        add(account, Self::BanAccount);
        add(address, Self::BanAddress);
        add(account, Self::Suspend);
        add(account, Self::ResetPassword);
        deeds
    }

    /// The id of the sentence that says what is done; its variables are `name`, `address`, `channel`.
    pub fn text_id(&self) -> &'static str {
        match self {
            Self::Message => "deed-message",
            Self::Allow => "deed-allow",
            Self::MuteAccount => "deed-mute-account",
            Self::MuteAddress => "deed-mute-address",
            Self::Kick(_) => "deed-kick",
            Self::Disconnect => "deed-disconnect",
            Self::BanAccount => "deed-ban-account",
            Self::BanAddress => "deed-ban-address",
            Self::Suspend => "deed-suspend",
            Self::ResetPassword => "deed-reset-password",
        }
    }

    /// Whether it lasts as long as one says.
    pub fn has_duration(&self) -> bool {
        matches!(self, Self::MuteAccount | Self::MuteAddress | Self::BanAccount | Self::BanAddress)
    }

    /// Whether a reason may be given for it.
    pub fn has_reason(&self) -> bool {
        self.has_duration() || matches!(self, Self::Kick(_) | Self::Disconnect | Self::Suspend)
    }
}

/// For how long, as the server reads it, with the id of what it is called.
pub const DURATIONS: &[(&str, &str)] = &[
    ("1h", "duration-hour"),
    ("1d", "duration-day"),
    ("7d", "duration-week"),
    ("30d", "duration-month"),
    ("0", "duration-for-ever"),
];

/// A deed and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub deed: Deed,
    /// Whom.
    pub subject: Subject,
}

impl Order {
    /// The variables of the deed's sentence.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        let channel = match &self.deed {
            Deed::Kick(channel) => channel.clone(),
            _ => String::new(),
        };
        let account = self.subject.account.as_deref().unwrap_or(&self.subject.nick);
        let address = self.subject.address.clone().unwrap_or_default();
        [("name", account.to_owned()), ("address", address), ("channel", channel)]
    }

    /// The line that asks for it; nothing for what is no line. The password is for [`Deed::ResetPassword`].
    pub fn line(&self, duration: &str, reason: &str, password: &str) -> Option<Line> {
        let with_reason = |line: Line| if reason.is_empty() { line } else { line.trailing(reason) };
        let (account, address) = (self.subject.account.as_deref(), self.subject.address.as_deref());
        let ban =
            |order: &str, target: &str| Some(with_reason(Line::new("BAN").param(order).param(target).param(duration)));
        let of_account = |order: &str| Some(Line::new("ACCOUNT").param(order).param(account?));
        match &self.deed {
            Deed::Message => None,
            Deed::Allow => Some(of_account("ALLOW")?.param(address?)),
            Deed::MuteAccount => ban("MUTE", &format!("account:{}", account?)),
            Deed::MuteAddress => ban("MUTE", address?),
            Deed::BanAccount => ban("ADD", &format!("account:{}", account?)),
            Deed::BanAddress => ban("ADD", address?),
            Deed::Kick(channel) => Some(with_reason(Line::new("KICK").param(channel).param(&self.subject.nick))),
            Deed::Disconnect => Some(with_reason(Line::new("KILL").param(&self.subject.nick))),
            Deed::Suspend => of_account("SUSPEND").map(with_reason),
            Deed::ResetPassword => Some(of_account("PASSWORD")?.trailing(password)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_depends_on_who_it_is() {
        let guest = Subject { nick: "zoe".to_owned(), is_here: true, ..Subject::default() };
        assert_eq!(Deed::of(&guest), [Deed::Message, Deed::Disconnect]);
        let refused = RefusalRow {
            time: crate::proto::time::Timestamp::from_millis(0),
            name: "ann".to_owned(),
            address: "192.0.2.7".to_owned(),
            command: "LOGIN".to_owned(),
            code: "address".to_owned(),
        };
        let ann = Subject::of_refusal(&refused).unwrap();
        assert!(Deed::of(&ann).contains(&Deed::Allow) && !Deed::of(&ann).contains(&Deed::Message));
        let order = Order { deed: Deed::Allow, subject: ann };
        assert_eq!(order.line("", "", "").unwrap().to_string(), "ACCOUNT ALLOW ann 192.0.2.7");
        // The machine's own address is everybody's there.
        let own = RefusalRow { address: "127.0.0.1".to_owned(), command: "JOIN".to_owned(), ..refused };
        assert_eq!(Subject::of_refusal(&own), None);
    }
}

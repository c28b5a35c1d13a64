//! What an operator decides about the rules. The server's configuration is read elsewhere and becomes this.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::filter::Filter;
use super::limits::Limits;
use super::operators::Operator;
use crate::ground::texts::Language;
use crate::proto::casemapping::CaseMapping;
use crate::proto::names::{ChannelName, Nick};
use crate::proto::secret::Secret;

/// Whether an account's password is accepted from known addresses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IpBinding {
    /// From the address of the registration and from those that were allowed later.
    #[default]
    Strict,
    /// From everywhere.
    Off,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Registration {
    /// Everybody.
    #[default]
    Open,
    /// Whoever gives one of the invitation codes.
    Invitation,
    /// Only the operators, for others.
    Closed,
}

/// What an operator decides about the rules.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name, as it stands in front of its lines.
    pub server_name: String,
    /// The network's name (`NETWORK`).
    pub network_name: String,
    /// What the server is, in a line (WHOIS, LINKS).
    pub description: String,
    /// Who runs the server and how they are reached (ADMIN): up to three lines; the last one is how.
    pub admin: Vec<String>,
    /// What the server is called as a correspondent.
    pub correspondent: Nick,
    /// The channels that every account joins at its first log-in.
    pub auto_channels: Vec<ChannelName>,
    /// Whether people without an account may talk.
    pub guests: bool,
    /// Whether an account's sessions are always called as the account.
    pub nick_equals_account: bool,
    /// How names are compared, and which letters new ones may have: Unicode's (PRECIS), or ASCII's alone.
    pub casemapping: CaseMapping,
    /// Whether a name that looks like somebody else's is refused.
    pub refuse_confusable_names: bool,
    /// Whether passwords are bound to addresses.
    pub ip_binding: IpBinding,
    /// Networks from which every account's password is accepted.
    pub trusted_networks: Vec<IpNet>,
    /// The password that everybody must give who does not log in (`PASS`); none when no one is needed.
    pub connection_password: Option<Secret>,
    /// Who may become an operator by OPER.
    pub operators: Vec<Operator>,
    /// What may not be said, or is told to the operators.
    pub filters: Vec<Filter>,
    /// How long those without an account may stay in the waiting room, where one can register and log in; with zero there is
    /// none, and they are turned away.
    pub waiting_room_time: Duration,
    /// The most failed log-ins from one address within [`Settings::failed_login_window`]; 0: as many as one likes.
    pub failed_logins_per_address_max: u32,
    /// The most failed log-ins to one account from one address that the account does not know; 0: as many as one likes.
    pub failed_logins_per_account_max: u32,
    /// Within which time these come back.
    pub failed_login_window: Duration,
    /// Who may make an account.
    pub registration: Registration,
    /// What opens the door when an invitation is needed: one of these.
    pub invitation_codes: Vec<Secret>,
    /// The most registrations from one address, failed ones included, within [`Settings::registration_window`]; 0: as many as one likes.
    pub registrations_per_address_max: u32,
    /// Within which time these come back.
    pub registration_window: Duration,
    /// Whether the bounds by address hold for this machine's own addresses too.
    pub limit_loopback: bool,
    /// The message of the day, line by line; empty when there is none.
    pub motd: Vec<String>,
    /// The least characters of a new password.
    pub password_chars_min: usize,
    /// The language of those who did not ask for one.
    pub language: Language,
    /// How long a connection may take until it is welcomed.
    pub registration_timeout: Duration,
    /// How long a connection may be silent before it is asked whether it is alive.
    pub keepalive_interval: Duration,
    /// How long it may take to answer that.
    pub ping_timeout: Duration,
    /// The most messages in one page of history (`CHATHISTORY`).
    pub history_page_max: u32,
    /// The most bytes of a message of several lines (`max-bytes` of `draft/multiline`).
    pub multiline_bytes_max: usize,
    /// The most lines of it (`max-lines`).
    pub multiline_lines_max: usize,
    /// The most missed messages of each conversation that are shown to clients that cannot ask for history; 0: none.
    pub replay_messages_max: u32,
    /// The port with TLS that clients in the clear are told to use instead (IRCv3 `sts`); none when they are not.
    pub sts: Option<u16>,
    /// How long clients keep to that.
    pub sts_duration: Duration,
    /// How long people may withdraw their own messages; nothing stands for ever.
    pub redaction_window: Duration,
    /// The most channels that an account may be in (`CHANLIMIT`); 0: any number.
    pub channels_per_account_max: usize,
    /// The most channels of the server; 0: any number. Beyond: no new one is founded.
    pub channels_max: usize,
    /// The most bytes of a topic (`TOPICLEN`).
    pub topic_bytes_max: usize,
    /// The other bounds.
    pub limits: Limits,
}

impl Settings {
    /// These with what those of a running server keep until its next start: how everybody knows it and its correspondent.
    #[must_use]
    pub fn with_lasting_names_of(&self, running: &Self) -> Self {
        let (server_name, correspondent) = (running.server_name.clone(), running.correspondent.clone());
        Self { server_name, correspondent, ..self.clone() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server_name: "chat.local".to_owned(),
            network_name: "chat".to_owned(),
            description: "chat-server".to_owned(),
            admin: Vec::new(),
            // The three names below are valid by the rules of names; a test holds them to it.
            correspondent: Nick::from_stored("serveur", "serveur"),
            auto_channels: vec![ChannelName::from_stored("#general", "#general")],
            guests: false,
            nick_equals_account: true,
            casemapping: CaseMapping::Precis,
            refuse_confusable_names: true,
            ip_binding: IpBinding::Strict,
            trusted_networks: Vec::new(),
            connection_password: None,
            operators: Vec::new(),
            filters: Vec::new(),
            waiting_room_time: Duration::from_secs(300),
            failed_logins_per_address_max: 60,
            failed_logins_per_account_max: 10,
            failed_login_window: Duration::from_secs(600),
            registration: Registration::Open,
            invitation_codes: Vec::new(),
            registrations_per_address_max: 30,
            registration_window: Duration::from_secs(3_600),
            limit_loopback: false,
            motd: Vec::new(),
            password_chars_min: 8,
            language: Language::English,
            registration_timeout: Duration::from_secs(60),
            keepalive_interval: Duration::from_secs(90),
            ping_timeout: Duration::from_secs(60),
            history_page_max: 1_000,
            multiline_bytes_max: 4_096,
            multiline_lines_max: 100,
            replay_messages_max: 50,
            sts: None,
            sts_duration: Duration::ZERO,
            redaction_window: Duration::from_secs(24 * 60 * 60),
            channels_per_account_max: 100,
            channels_max: 100_000,
            topic_bytes_max: 390,
            limits: Limits::default(),
        }
    }
}

impl Settings {
    /// Whether an address is in a trusted network.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_networks.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_default_are_valid() {
        let settings = Settings::default();
        assert_eq!(Nick::new("serveur").as_ref(), Ok(&settings.correspondent));
        assert_eq!(ChannelName::new("#general").as_ref(), Ok(&settings.auto_channels[0]));
    }
}

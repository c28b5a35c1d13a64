//! The rules' bounds, each with what happens beyond it: those that an operator may change ([`Limits`]), and the others.

/// The bounds that an operator may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a nick and of a new account's name (`NICKLEN`), at most 32. Beyond: numeric 432, `BAD_ACCOUNT_NAME`.
    pub nick_bytes_max: usize,
    /// Bytes of a real name (`NAMELEN`). Beyond: it is cut by USER; `FAIL SETNAME INVALID_REALNAME`.
    pub realname_bytes_max: usize,
    /// Bytes of the reason of an AWAY (`AWAYLEN`). Beyond: it is cut.
    pub away_bytes_max: usize,
    /// Bytes of the reason of a KICK (`KICKLEN`), PART, QUIT and the like. Beyond: it is cut.
    pub reason_bytes_max: usize,
    /// Targets in one line: PRIVMSG, JOIN, KICK and the like (`TARGMAX`, `MAXTARGETS`). Beyond: numeric 407.
    pub targets_max: usize,
    /// Changes in one MODE line (`MODES`). Beyond: they are left out.
    pub mode_changes_max: usize,
    /// Entries in each list of a channel (`MAXLIST`). Beyond: numeric 478.
    pub list_entries_max: usize,
    /// Nicks that a connection may MONITOR (`MONITOR`). Beyond: numeric 734.
    pub monitored_max: usize,
    /// Channels in the answer to one LIST. Beyond: the rest is left out.
    pub list_replies_max: usize,
    /// People in the answer to one WHO by a mask. Beyond: the rest is left out.
    pub who_replies_max: usize,
    /// Sessions of one account; 0: any number. Beyond: the log-in is refused.
    pub sessions_per_account_max: usize,
    /// Device tokens of one account; 0: any number. Beyond: `FAIL DEVICE TOO_MANY_DEVICES`.
    pub devices_per_account_max: usize,
    /// Addresses from which an account's password is accepted; 0: any number. Beyond: the dialogue says so.
    pub addresses_per_account_max: usize,
    /// Refused log-ins on one connection; 0: any number. With the last one it is closed.
    pub login_failures_per_connection_max: usize,
    /// Accounts registered on one connection, failed attempts included; 0: any number. Beyond: `TEMPORARILY_UNAVAILABLE`.
    pub registrations_per_connection_max: usize,
    /// Keys of one person or channel (`maxkey` of `draft/metadata-2`). Beyond: `LIMIT_REACHED`.
    pub metadata_keys_max: usize,
    /// Bytes of a value (`max-value-bytes`), so few that it fits into a line with everything beside it. Beyond:
    /// `VALUE_INVALID`.
    pub metadata_value_bytes_max: usize,
    /// Keys that a session has subscribed to (`max-subs`). Beyond: `TOO_MANY_SUBS`.
    pub metadata_subscriptions_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nick_bytes_max: 32,
            realname_bytes_max: 128,
            away_bytes_max: 300,
            reason_bytes_max: 300,
            targets_max: 20,
            mode_changes_max: 20,
            list_entries_max: 100,
            monitored_max: 100,
            list_replies_max: 5_000,
            who_replies_max: 500,
            sessions_per_account_max: 64,
            devices_per_account_max: 64,
            addresses_per_account_max: 64,
            login_failures_per_connection_max: 6,
            registrations_per_connection_max: 12,
            metadata_keys_max: 32,
            metadata_value_bytes_max: 250,
            metadata_subscriptions_max: 50,
        }
    }
}

/// Whether there are as many as there may be; with a bound of 0 there may be any number.
pub fn is_reached(count: usize, max: usize) -> bool {
    max != 0 && count >= max
}

/// Lines of one connection that wait for an answer to an earlier one. The hub never lets that many in flight, so a
/// connection with more is closed.
pub const LINES_IN_FLIGHT_MAX: usize = 64;
/// Bytes of one SASL message; its Base64 form has 8 KiB. Beyond: numeric 905.
pub const SASL_PAYLOAD_BYTES_MAX: usize = 6_144;
/// Bytes of the name that a connection gives with USER (`USERLEN`). Beyond: it is cut.
pub const USER_BYTES_MAX: usize = 20;
/// Bytes of an operator's name as OPER takes it. Beyond: it is cut, and means nobody.
pub const OPERATOR_NAME_BYTES_MAX: usize = 32;
/// Bytes of a password. Beyond: `UNACCEPTABLE_PASSWORD`.
pub const PASSWORD_BYTES_MAX: usize = 600;
/// Bytes of a device's name. Beyond: it is cut.
pub const DEVICE_NAME_BYTES_MAX: usize = 64;
/// Bytes of a label (IRCv3 `labeled-response`). A longer one is ignored.
pub const LABEL_BYTES_MAX: usize = 64;
/// How many different refused addresses are remembered over all accounts. Beyond: the oldest is forgotten, and may be
/// told again.
pub const REFUSED_ADDRESSES_MAX: usize = 4_096;
/// Milliseconds before the sessions of an account are told of the same refused address again.
pub const REFUSED_ADDRESS_TOLD_AGAIN_AFTER_MILLIS: i64 = 10 * 60 * 1_000;
/// Languages in one `LANGUAGE` (the first number of the capability's value). Beyond: numeric 981.
pub const LANGUAGES_MAX: usize = 2;
/// Bytes of a list in one `CAP` line. What is longer takes several lines.
pub const CAP_LIST_BYTES_MAX: usize = 400;
/// Accounts in the answer to one `ACCOUNT LIST`. Beyond: the list is cut, and its end says so.
pub const ACCOUNTS_LISTED_MAX: usize = 10_000;
/// The most channels that CHANNEL LIST tells. Beyond: they are left out.
pub const CHANNELS_LISTED_MAX: usize = 10_000;
/// The most members that CHANNEL SHOW tells. Beyond: they are left out; the entry says how many there are.
pub const MEMBERS_LISTED_MAX: usize = 10_000;
/// Bytes of a parameter that an answer repeats from the line it answers. Beyond: it is cut.
pub const REPEATED_BYTES_MAX: usize = 128;
/// Departures of one nick in the answer to WHOWAS. Beyond: the earlier ones are left out.
pub const WHOWAS_REPLIES_MAX: usize = 20;
/// Messages of a session without an account that it may still withdraw. Beyond: the oldest is forgotten.
pub const GUEST_MESSAGES_MAX: usize = 64;
/// Read markers that live with a session. Beyond: `FAIL MARKREAD INTERNAL_ERROR`.
pub const GUEST_READ_MARKERS_MAX: usize = 256;
/// Bytes of a key of METADATA. Beyond: `KEY_INVALID`.
pub const METADATA_KEY_BYTES_MAX: usize = 48;
/// People and channels whose keys are shown at once. Beyond: the rest is left out; SYNC by name shows it.
pub const METADATA_OWNERS_SHOWN_MAX: usize = 1_000;
/// Messages in one playback for older clients, over all conversations. Beyond: the rest is left out, which is said.
pub const PLAYBACK_MESSAGES_MAX: u32 = 5_000;
/// Bytes of a client's reference of a batch. Beyond: `MULTILINE_INVALID`.
pub const BATCH_REFERENCE_BYTES_MAX: usize = 64;
/// Messages in the answer to a SEARCH that names no limit.
pub const SEARCH_LIMIT_DEFAULT: u32 = 100;
/// Reports of one person within [`REPORTS_WINDOW_SECONDS`]. Beyond: `FAIL REPORT TOO_MANY_REPORTS`.
pub const REPORTS_MAX: u32 = 5;
/// Within which time these come back.
pub const REPORTS_WINDOW_SECONDS: u64 = 600;
/// Sessions in the answer to one INSPECT, the newest. Beyond: its end says how many there are; a text narrows it.
pub const SESSIONS_INSPECTED_MAX: usize = 100;
/// Bytes of the list of a session's channels there. Beyond: the rest is left out.
pub const CHANNELS_INSPECTED_BYTES_MAX: usize = 150;
/// The most bytes of a ban's target.
pub const BAN_BYTES_MAX: usize = 200;

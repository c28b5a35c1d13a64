//! The rules' own bounds, each with what happens beyond it. What an operator may want to change is in
//! [`settings`](super::settings) instead.

/// Lines of one connection that wait for an answer to an earlier one. The hub never lets that many in flight, so a
/// connection with more is closed.
pub const LINES_IN_FLIGHT_MAX: usize = 64;
/// Bytes of one SASL message; its Base64 form has 8 KiB. Beyond: numeric 905.
pub const SASL_PAYLOAD_BYTES_MAX: usize = 6_144;
/// Refused log-ins on one connection. With the last one it is closed.
pub const LOGIN_FAILURES_MAX: u32 = 6;
/// Bytes of an operator's name as OPER takes it. Beyond: it is cut, and means nobody.
pub const OPERATOR_NAME_BYTES_MAX: usize = 32;
/// Accounts registered on one connection, failed attempts included. Beyond: `FAIL REGISTER TEMPORARILY_UNAVAILABLE`.
pub const REGISTRATIONS_MAX: u32 = 12;
/// Bytes of a password. Beyond: `UNACCEPTABLE_PASSWORD`.
pub const PASSWORD_BYTES_MAX: usize = 600;
/// Device tokens of one account. Beyond: `FAIL DEVICE TOO_MANY_DEVICES`.
pub const DEVICES_PER_ACCOUNT_MAX: usize = 64;
/// Bytes of a device's name. Beyond: it is cut.
pub const DEVICE_NAME_BYTES_MAX: usize = 64;
/// Bytes of a real name. Beyond: it is cut.
pub const REALNAME_BYTES_MAX: usize = 128;
/// Bytes of a reason (QUIT, PART, KICK). Beyond: it is cut.
pub const REASON_BYTES_MAX: usize = 300;
/// Bytes of a label (IRCv3 `labeled-response`). A longer one is ignored.
pub const LABEL_BYTES_MAX: usize = 64;
/// How many different refused addresses are remembered over all accounts. Beyond: the oldest is forgotten, and may be
/// told again.
pub const REFUSED_ADDRESSES_MAX: usize = 4_096;
/// How many addresses an account may allow for its password. Beyond: the dialogue says so.
pub const ADDRESSES_PER_ACCOUNT_MAX: usize = 64;
/// Milliseconds before the sessions of an account are told of the same refused address again.
pub const REFUSED_ADDRESS_TOLD_AGAIN_AFTER_MILLIS: i64 = 10 * 60 * 1_000;
/// Sessions of one account. Beyond: the log-in is refused.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 64;
/// Languages in one `LANGUAGE` (the first number of the capability's value). Beyond: numeric 981.
pub const LANGUAGES_MAX: usize = 2;
/// Bytes of a list in one `CAP` line. What is longer takes several lines.
pub const CAP_LIST_BYTES_MAX: usize = 400;
/// Accounts in the answer to one `ACCOUNT LIST`. Beyond: the list is cut, and its end says so.
pub const ACCOUNTS_LISTED_MAX: usize = 10_000;
/// Targets in one line (PRIVMSG, JOIN, KICK and the like; `TARGMAX`). Beyond: numeric 407.
pub const TARGETS_MAX: usize = 20;
/// Changes in one MODE line (`MODES`). Beyond: they are left out.
pub const MODE_CHANGES_MAX: usize = 20;
/// Entries in each list of a channel (`MAXLIST`). Beyond: numeric 478.
pub const LIST_ENTRIES_MAX: usize = 100;
/// Bytes of the reason of an AWAY (`AWAYLEN`). Beyond: it is cut.
pub const AWAY_BYTES_MAX: usize = 300;
/// Channels in the answer to one LIST. Beyond: the rest is left out.
pub const LIST_REPLIES_MAX: usize = 5_000;
/// People in the answer to one WHO by a mask. Beyond: the rest is left out.
pub const WHO_REPLIES_MAX: usize = 500;
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
/// Bytes of a value of METADATA (`max-value-bytes`), so that it fits into a line with everything beside it. Beyond:
/// `VALUE_INVALID`.
pub const METADATA_VALUE_BYTES_MAX: usize = 250;
/// Keys of one person or channel (`maxkey`). Beyond: `LIMIT_REACHED`.
pub const METADATA_KEYS_MAX: usize = 32;
/// Keys that a session has subscribed to (`maxsub`). Beyond: `TOO_MANY_SUBS`.
pub const METADATA_SUBSCRIPTIONS_MAX: usize = 50;
/// People and channels whose keys are shown at once. Beyond: the rest is left out; SYNC by name shows it.
pub const METADATA_OWNERS_SHOWN_MAX: usize = 1_000;
/// Bytes of a client's reference of a batch. Beyond: `MULTILINE_INVALID`.
pub const BATCH_REFERENCE_BYTES_MAX: usize = 64;
/// Messages in the answer to a SEARCH that names no limit.
pub const SEARCH_LIMIT_DEFAULT: u32 = 100;

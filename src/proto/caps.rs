//! The capabilities: one table, sets of them, and the lists of `CAP`.
//!
//! Specification: IRCv3 "Capability Negotiation" (version 302 with values, `cap-notify`). The table holds every capability
//! that either side of this crate knows; which of them a server offers, and which a client asks for, is decided elsewhere.

use std::fmt;

/// Whether a capability carries a value in `CAP LS 302` and `CAP NEW`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapValue {
    /// Never.
    None,
    /// It may.
    Optional,
    /// Always: without it the capability makes no sense.
    Required,
}

/// What clients do with a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapUse {
    /// Clients ask for it with `CAP REQ`.
    Requested,
    /// It only tells something; a client must not ask for it, and a server refuses it when one does.
    Announced,
}

macro_rules! capabilities {
    ($($cap:ident $name:literal $value:ident $use:ident $doc:literal)*) => {
        /// A capability that this crate knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cap {
            $(#[doc = $doc] $cap),*
        }

        impl Cap {
            /// Every capability, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$cap),*];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$cap => $name),*
                }
            }

            /// Whether it carries a value.
            pub const fn value(self) -> CapValue {
                match self {
                    $(Self::$cap => CapValue::$value),*
                }
            }

            /// What clients do with it.
            pub const fn usage(self) -> CapUse {
                match self {
                    $(Self::$cap => CapUse::$use),*
                }
            }

            /// What it brings, in a line.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$cap => $doc),*
                }
            }

            /// The capability of this name. Names are compared by case, as the specification asks.
            pub fn find(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$cap),)*
                    _ => None,
                }
            }
        }
    };
}

capabilities! {
    AccountNotify "account-notify" None Requested "Members' log-ins and log-outs, as ACCOUNT."
    AccountRegistration "draft/account-registration" Optional Requested "REGISTER and VERIFY; the value says what is asked for."
    AccountTag "account-tag" None Requested "The author's account as a tag of each message."
    AwayNotify "away-notify" None Requested "Members' AWAY as it changes."
    Batch "batch" None Requested "Lines that belong together, framed by BATCH."
    CapNotify "cap-notify" None Requested "CAP NEW and CAP DEL; comes by itself with CAP LS 302."
    ChannelRename "draft/channel-rename" None Requested "RENAME instead of PART and JOIN."
    ChatHistory "draft/chathistory" None Requested "The command CHATHISTORY."
    ChgHost "chghost" None Requested "Members' new user name or host, as CHGHOST."
    Devices "chat-tui/devices" None Requested "The command DEVICE: tokens instead of a stored password."
    EchoMessage "echo-message" None Requested "One's own messages back, once they are in the record."
    EventPlayback "draft/event-playback" None Requested "More than messages in pages of history."
    ExtendedIsupport "draft/extended-isupport" None Requested "The command ISUPPORT, before registration too."
    ExtendedJoin "extended-join" None Requested "Account and real name in JOIN."
    ExtendedMonitor "extended-monitor" None Requested "Notifications about monitored people as about members."
    ExtendedMonitorDraft "draft/extended-monitor" None Requested "The same under its earlier name."
    Idempotency "chat-tui/idempotency" None Requested "A message sent again with the same `+chat-tui/id` is stored once."
    Inspect "chat-tui/inspect" None Requested "The command INSPECT, for operators."
    InviteNotify "invite-notify" None Requested "Others' invitations to one's channels."
    LabeledResponse "labeled-response" None Requested "Replies carry the label of the line they answer."
    Languages "draft/languages" Required Requested "LANGUAGE; the value is how many may be set, and the codes."
    MessageRedaction "draft/message-redaction" None Requested "REDACT: a message is withdrawn."
    MessageTags "message-tags" None Requested "Tags of any kind, and TAGMSG."
    Metadata "draft/metadata-2" Optional Requested "METADATA: keys and values of people and channels."
    Multiline "draft/multiline" Required Requested "Messages of several lines; the value has max-bytes and max-lines."
    MultiPrefix "multi-prefix" None Requested "All prefixes of a member, not only the highest."
    NoImplicitNames "no-implicit-names" None Requested "No NAMES after JOIN."
    NoImplicitNamesDraft "draft/no-implicit-names" None Requested "The same under its earlier name."
    PreAway "draft/pre-away" None Requested "AWAY before registration ends, and `AWAY *`."
    ReadMarker "draft/read-marker" None Requested "MARKREAD: how far an account has read."
    Report "chat-tui/report" None Requested "The command REPORT; operators are told of reports as REPORT NEW."
    Sasl "sasl" Optional Requested "AUTHENTICATE; the value lists the mechanisms."
    Search "soju.im/search" None Requested "SEARCH in the record."
    ServerTime "server-time" None Requested "When each message was received, as a tag."
    SetName "setname" None Requested "SETNAME: the real name changes."
    StandardReplies "standard-replies" None Requested "FAIL, WARN and NOTE."
    Sts "sts" Required Announced "TLS is on this port; the value has port and duration."
    UserhostInNames "userhost-in-names" None Requested "`nick!user@host` in NAMES."
    ZncPlayback "znc.in/playback" None Requested "What was missed, by asking `*playback`, as bouncers do."
}

const _: () = assert!(Cap::ALL.len() <= u64::BITS as usize, "a CapSet has 64 bits");

impl fmt::Display for Cap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of capabilities, as small as a number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CapSet(u64);

impl CapSet {
    /// No capability.
    pub const EMPTY: Self = Self(0);

    /// The set of these.
    pub const fn of(caps: &[Cap]) -> Self {
        let mut set = Self::EMPTY;
        let mut at = 0;
        while at < caps.len() {
            set = set.with(caps[at]);
            at += 1;
        }
        set
    }

    const fn bit(cap: Cap) -> u64 {
        1 << cap as u32
    }

    /// Whether `cap` is in it.
    pub const fn has(self, cap: Cap) -> bool {
        self.0 & Self::bit(cap) != 0
    }

    /// This set and `cap`.
    #[must_use]
    pub const fn with(self, cap: Cap) -> Self {
        Self(self.0 | Self::bit(cap))
    }

    /// This set without `cap`.
    #[must_use]
    pub const fn without(self, cap: Cap) -> Self {
        Self(self.0 & !Self::bit(cap))
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this one only.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` is in it.
    pub const fn has_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Adds `cap`.
    pub const fn insert(&mut self, cap: Cap) {
        self.0 |= Self::bit(cap);
    }

    /// Takes `cap` out.
    pub const fn remove(&mut self, cap: Cap) {
        self.0 &= !Self::bit(cap);
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Those in it, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Cap> {
        Cap::ALL.iter().copied().filter(move |cap| self.has(*cap))
    }
}

impl FromIterator<Cap> for CapSet {
    fn from_iter<I: IntoIterator<Item = Cap>>(caps: I) -> Self {
        caps.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// The names, separated by blanks: what `CAP REQ`, `ACK` and `LIST` carry.
impl fmt::Display for CapSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, cap) in self.iter().enumerate() {
            if place > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(cap.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for CapSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CapSet({self})")
    }
}

/// One word of a `CAP` list: `name`, `-name` or `name=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapItem<'a> {
    /// The name, which need not be one that we know.
    pub name: &'a str,
    /// What stands behind the first `=`.
    pub value: Option<&'a str>,
    /// The word began with `-`: the capability is switched off.
    pub is_removed: bool,
}

impl CapItem<'_> {
    /// The capability it names, when we know it.
    pub fn cap(&self) -> Option<Cap> {
        Cap::find(self.name)
    }
}

/// The words of a `CAP` list, in order.
pub fn items(list: &str) -> impl Iterator<Item = CapItem<'_>> {
    list.split(' ').filter(|word| !word.is_empty()).map(|word| {
        let (word, is_removed) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        CapItem { name, value, is_removed }
    })
}

/// What a `CAP REQ` or a `CAP ACK` asks to change. It is accepted or refused as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapChange {
    /// Switched on.
    pub added: CapSet,
    /// Switched off.
    pub removed: CapSet,
}

impl CapChange {
    /// Reads the list of a `CAP REQ` or `CAP ACK`; the last word about a capability counts. Nothing when a word is not the
    /// bare name of a capability that we know, or asks for one that is only announced: the whole list is refused then.
    pub fn parse(list: &str) -> Option<Self> {
        let mut change = Self::default();
        for item in items(list) {
            let cap = item.cap().filter(|cap| item.value.is_none() && cap.usage() == CapUse::Requested)?;
            if item.is_removed {
                change.removed.insert(cap);
                change.added.remove(cap);
            } else {
                change.added.insert(cap);
                change.removed.remove(cap);
            }
        }
        Some(change)
    }

    /// What is on after the change, when `enabled` was before.
    pub fn apply(self, enabled: CapSet) -> CapSet {
        enabled.difference(self.removed).union(self.added)
    }
}

/// What a server offers, as a client learns it from `CAP LS`, `NEW` and `DEL`. Names that we do not know are left out, so
/// it cannot grow without bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapOffer {
    set: CapSet,
    values: std::collections::BTreeMap<Cap, String>,
}

impl CapOffer {
    /// Takes in the list of one `CAP LS` or `CAP NEW` line; a capability named again has its new value. Returns what it named.
    pub fn add(&mut self, list: &str) -> CapSet {
        let mut named = CapSet::EMPTY;
        for item in items(list) {
            let Some(cap) = item.cap() else { continue };
            named.insert(cap);
            match item.value {
                Some(value) => self.values.insert(cap, value.to_owned()),
                None => self.values.remove(&cap),
            };
        }
        self.set = self.set.union(named);
        named
    }

    /// Takes out the list of a `CAP DEL` line. Returns what it named.
    pub fn remove(&mut self, list: &str) -> CapSet {
        let named: CapSet = items(list).filter_map(|item| item.cap()).collect();
        self.set = self.set.difference(named);
        self.values.retain(|cap, _| !named.has(*cap));
        named
    }

    /// What is offered.
    pub fn set(&self) -> CapSet {
        self.set
    }

    /// The value of `cap`; nothing when it has none or is not offered.
    pub fn value(&self, cap: Cap) -> Option<&str> {
        self.values.get(&cap).map(String::as_str)
    }

    /// Whether the value of `cap`, a list separated by commas, has the word `key`, alone or as `key=…`. Case matters not.
    pub fn value_has(&self, cap: Cap, key: &str) -> bool {
        self.token(cap, key).is_some()
    }

    /// What stands behind `key=` in the value of `cap`; empty when `key` stands alone.
    pub fn token(&self, cap: Cap, key: &str) -> Option<&str> {
        self.value(cap)?.split(',').find_map(|token| {
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            name.eq_ignore_ascii_case(key).then_some(value)
        })
    }
}

/// Words packed into as few texts as possible, separated by blanks, each of at most `bytes_max` bytes: the lines of `CAP LS`,
/// `NAMES`, `MONITOR` and the like. A word that is longer by itself stands alone.
pub fn pack_words<W: AsRef<str>>(words: impl IntoIterator<Item = W>, bytes_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = word.as_ref();
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= bytes_max => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_name_finds_its_capability() {
        for cap in Cap::ALL {
            assert_eq!(Cap::find(cap.name()), Some(*cap));
            assert!(!cap.name().contains([' ', '=', '-']) || !cap.name().starts_with('-'));
            assert!(!cap.meaning().is_empty());
        }
        assert_eq!(Cap::find("SASL"), None);
    }

    #[test]
    fn sets_behave_as_sets() {
        let set = CapSet::of(&[Cap::Sasl, Cap::Batch]);
        assert!(set.has(Cap::Sasl) && !set.has(Cap::Sts));
        assert_eq!(set.len(), 2);
        assert_eq!(set.without(Cap::Sasl), CapSet::of(&[Cap::Batch]));
        assert!(set.has_all(CapSet::of(&[Cap::Batch])) && !set.has_all(CapSet::of(&[Cap::Sts])));
        assert_eq!(set.difference(set), CapSet::EMPTY);
        assert_eq!(set.iter().collect::<CapSet>(), set);
        assert_eq!(set.to_string(), "batch sasl");
        assert_eq!(Cap::ALL.iter().copied().collect::<CapSet>().len(), Cap::ALL.len());
    }

    #[test]
    fn a_list_has_names_values_and_removals() {
        let parsed: Vec<_> = items("  sasl=PLAIN,SCRAM-SHA-256  -batch x=a=b unknown - ").collect();
        let item = |name, value, is_removed| CapItem { name, value, is_removed };
        assert_eq!(
            parsed,
            [
                item("sasl", Some("PLAIN,SCRAM-SHA-256"), false),
                item("batch", None, true),
                item("x", Some("a=b"), false),
                item("unknown", None, false),
                item("", None, true),
            ]
        );
    }

    #[test]
    fn a_request_is_taken_whole_or_refused_whole() {
        let change = CapChange::parse("sasl -batch echo-message").unwrap();
        assert_eq!(
            change.apply(CapSet::of(&[Cap::Batch, Cap::SetName])),
            CapSet::of(&[Cap::Sasl, Cap::EchoMessage, Cap::SetName])
        );
        assert_eq!(CapChange::parse("sasl -sasl").unwrap().apply(CapSet::EMPTY), CapSet::EMPTY);
        assert_eq!(CapChange::parse("-sasl sasl").unwrap().added, CapSet::of(&[Cap::Sasl]));
        assert_eq!(CapChange::parse(""), Some(CapChange::default()));
        for refused in ["sasl nonsense", "sasl=PLAIN", "sts", "-", "Batch"] {
            assert_eq!(CapChange::parse(refused), None, "{refused}");
        }
    }

    #[test]
    fn an_offer_follows_ls_new_and_del() {
        let mut offer = CapOffer::default();
        offer.add("batch sasl=PLAIN,EXTERNAL draft/multiline=max-bytes=4096,max-lines=24 other/cap=1");
        assert_eq!(offer.set(), CapSet::of(&[Cap::Batch, Cap::Sasl, Cap::Multiline]));
        assert_eq!(offer.value(Cap::Sasl), Some("PLAIN,EXTERNAL"));
        assert!(offer.value_has(Cap::Sasl, "external") && !offer.value_has(Cap::Sasl, "SCRAM-SHA-256"));
        assert_eq!(offer.token(Cap::Multiline, "max-lines"), Some("24"));
        assert_eq!(offer.add("sasl"), CapSet::of(&[Cap::Sasl]));
        assert_eq!(offer.value(Cap::Sasl), None);
        assert_eq!(offer.remove("sasl batch nothing"), CapSet::of(&[Cap::Sasl, Cap::Batch]));
        assert_eq!(offer.set(), CapSet::of(&[Cap::Multiline]));
    }

    proptest! {
        #[test]
        fn packing_keeps_every_word_and_the_bound(words in prop::collection::vec("[a-z]{1,12}", 0..40), bytes_max in 0usize..40) {
            let lines = pack_words(&words, bytes_max);
            prop_assert_eq!(lines.iter().flat_map(|line| line.split(' ')).collect::<Vec<_>>(), words.iter().map(String::as_str).collect::<Vec<_>>());
            for line in lines {
                prop_assert!(line.len() <= bytes_max || !line.contains(' '));
            }
        }

        #[test]
        fn any_list_is_read(list in "\\PC{0,60}|[-= a-z]{0,60}") {
            let _ = CapChange::parse(&list);
            CapOffer::default().add(&list);
        }
    }
}

//! What the server says about itself in 005 (RPL_ISUPPORT), as far as this client uses it.
//!
//! Specification: Modern IRC, "RPL_ISUPPORT Parameters"; IRCv3 `draft/chathistory` (`CHATHISTORY`, `MSGREFTYPES`).

use crate::proto::casemapping::CaseMapping;

/// The most messages that one page of history is asked for.
pub const PAGE_MESSAGES_MAX: usize = 100;
/// The longest value of a token that is taken in; a longer one is ignored.
const VALUE_BYTES_MAX: usize = 256;

/// The server's features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// How names are compared.
    pub casemapping: CaseMapping,
    /// What channels' names begin with.
    pub channel_types: String,
    /// Letters and signs of rank, highest first: `("qaohv", "~&@%+")`.
    pub prefixes: (String, String),
    /// Modes with a parameter: lists (A), always (B), when set (C).
    pub channel_modes: [String; 3],
    /// The network's name.
    pub network: Option<String>,
    /// How many messages a page of history has at most.
    pub page_messages: usize,
    /// Pages can be asked for by `msgid`.
    pub has_msgid_references: bool,
    /// "The server" as a correspondent.
    pub correspondent: Option<String>,
    /// The most bytes of a line, without tags.
    pub line_bytes: usize,
    /// Lines may be sent as fast as one likes.
    pub is_safe_rate: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            casemapping: CaseMapping::default(),
            channel_types: "#&".to_owned(),
            prefixes: ("ov".to_owned(), "@+".to_owned()),
            channel_modes: ["beI".to_owned(), "k".to_owned(), "l".to_owned()],
            network: None,
            page_messages: PAGE_MESSAGES_MAX,
            has_msgid_references: true,
            correspondent: None,
            line_bytes: 512,
            is_safe_rate: false,
        }
    }
}

impl Features {
    /// Takes in one token of a 005 line: `NAME`, `NAME=value` or `-NAME`.
    pub fn take(&mut self, token: &str) {
        let (name, value) = token.split_once('=').unwrap_or((token, ""));
        if value.len() > VALUE_BYTES_MAX {
            return;
        }
        let value = unescape(value);
        match name {
            "CASEMAPPING" => self.casemapping = CaseMapping::parse(&value),
            "CHANTYPES" => self.channel_types = value,
            "PREFIX" => {
                if let Some((letters, signs)) = value.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                    self.prefixes = (letters.to_owned(), signs.to_owned());
                }
            }
            "CHANMODES" => {
                let mut groups = value.split(',').map(str::to_owned);
                self.channel_modes = std::array::from_fn(|_| groups.next().unwrap_or_default());
            }
            "NETWORK" => self.network = Some(value).filter(|name| !name.is_empty()),
            "CHATHISTORY" | "draft/CHATHISTORY" => {
                self.page_messages = match value.parse() {
                    Ok(number) if number > 0 => PAGE_MESSAGES_MAX.min(number),
                    _ => PAGE_MESSAGES_MAX,
                };
            }
            "MSGREFTYPES" => self.has_msgid_references = value.split(',').any(|kind| kind == "msgid"),
            "CORRESPONDENT" => self.correspondent = Some(value).filter(|name| !name.is_empty()),
            "LINELEN" => self.line_bytes = value.parse().unwrap_or(512).clamp(512, 8_192),
            "SAFERATE" => self.is_safe_rate = true,
            _ => {}
        }
    }

    /// Whether a target is a channel.
    pub fn is_channel(&self, target: &str) -> bool {
        target.starts_with(|first| self.channel_types.contains(first))
    }

    /// A target without the sign that limits a message to members of a rank (`@#channel`).
    pub fn without_rank<'a>(&self, target: &'a str) -> &'a str {
        let bare = target.trim_start_matches(|sign| self.prefixes.1.contains(sign));
        if self.is_channel(bare) { bare } else { target }
    }

    /// The signs of rank before a nick, and the nick.
    pub fn split_rank<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        let nick = name.trim_start_matches(|sign| self.prefixes.1.contains(sign));
        name.split_at(name.len() - nick.len())
    }

    /// The changes of rank in a MODE line of a channel.
    pub fn rank_changes(&self, modes: &str, params: &[&str]) -> Vec<(char, bool, String)> {
        let mut changes = Vec::new();
        let mut params = params.iter();
        let mut is_given = true;
        for letter in modes.chars() {
            let rank = self.prefixes.0.chars().zip(self.prefixes.1.chars()).find(|(mode, _)| *mode == letter);
            match letter {
                '+' => is_given = true,
                '-' => is_given = false,
                _ if rank.is_some() => {
                    if let (Some((_, sign)), Some(nick)) = (rank, params.next()) {
                        changes.push((sign, is_given, (*nick).to_owned()));
                    }
                }
                _ => {
                    let [lists, always, when_set] = &self.channel_modes;
                    if lists.contains(letter) || always.contains(letter) || (when_set.contains(letter) && is_given) {
                        params.next();
                    }
                }
            }
        }
        changes
    }

    /// A nick's signs of rank after one was given or taken, highest first.
    pub fn changed_rank(&self, signs: &str, sign: char, is_given: bool) -> String {
        self.prefixes.1.chars().filter(|one| if *one == sign { is_given } else { signs.contains(*one) }).collect()
    }
}

/// Undoes `\xHH` in the value of a token.
fn unescape(value: &str) -> String {
    let mut parts = value.split("\\x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(|code| code.is_ascii() && !code.is_ascii_control()) {
            Some(code) => {
                text.push(char::from(code));
                text.push_str(&part[2..]);
            }
            None => text.push_str(part),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_in() {
        let mut features = Features::default();
        for token in [
            "CASEMAPPING=rfc1459",
            "CHANTYPES=#",
            "PREFIX=(qaohv)~&@%+",
            "CHANMODES=beI,k,l,imnst",
            "NETWORK=Le\\x20R\\x3dseau",
            "CHATHISTORY=50",
            "MSGREFTYPES=timestamp",
            "CORRESPONDENT=serveur",
            "LINELEN=99999999999999",
            "PREFIX=broken",
            "UNKNOWN",
        ] {
            features.take(token);
        }
        assert_eq!(features.network.as_deref(), Some("Le R=seau"));
        assert_eq!((features.page_messages, features.has_msgid_references), (50, false));
        assert_eq!(features.correspondent.as_deref(), Some("serveur"));
        assert_eq!(features.split_rank("@+ann"), ("@+", "ann"));
        assert_eq!(features.without_rank("@#tea"), "#tea");
        assert!(!features.is_channel("&local"));
    }

    #[test]
    fn ranks_are_found_among_other_modes() {
        let features = Features::default();
        let changes = features.rank_changes("+ol-kv+bl", &["ann", "5", "key", "bob", "mask", "6"]);
        assert_eq!(changes, [('@', true, "ann".to_owned()), ('+', false, "bob".to_owned())]);
        assert_eq!(features.rank_changes("+oo", &["ann"]).len(), 1);
        assert_eq!(features.changed_rank("+", '@', true), "@+");
        assert_eq!(features.changed_rank("@+", '@', false), "+");
    }
}

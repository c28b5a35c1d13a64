//! The shapes of the client's files, and the model's data in them and out of them.

use serde::{Deserialize, Serialize};

use crate::client::entry::{EntryKind, Quote, Reply};
use crate::client::event::{Draft, Kept, KeptLevel, Login, SecretKind, Unsent};
use crate::client::preferences::{Level, named};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// `logins.toml`.
#[derive(Default, Serialize, Deserialize)]
pub struct LoginFile {
    #[serde(default, rename = "login")]
    pub logins: Vec<LoginRow>,
}

/// A log-in: with its secret, with what the keyring has of it, or with nothing where the person did not want more.
#[derive(Serialize, Deserialize)]
pub struct LoginRow {
    pub server: String,
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyring: Option<SecretRow>,
}

/// What the keyring has.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecretRow {
    Token,
    Password,
}

/// `certificates.toml`.
#[derive(Default, Serialize, Deserialize)]
pub struct PinFile {
    #[serde(default, rename = "server")]
    pub servers: Vec<PinRow>,
}

/// A certificate.
#[derive(Serialize, Deserialize)]
pub struct PinRow {
    pub address: String,
    pub sha256: String,
}

/// `unsent.toml`.
#[derive(Default, Serialize, Deserialize)]
pub struct UnsentFile {
    #[serde(default, rename = "message")]
    pub messages: Vec<UnsentRow>,
}

/// `notify.toml`.
#[derive(Default, Serialize, Deserialize)]
pub struct LevelFile {
    #[serde(default, rename = "conversation")]
    pub levels: Vec<LevelRow>,
}

/// What a conversation calls the person for.
#[derive(Serialize, Deserialize)]
pub struct LevelRow {
    server: String,
    account: String,
    target: String,
    notify: String,
}

impl LevelRow {
    pub fn of(kept: &KeptLevel) -> Option<Self> {
        let KeptLevel { server, account, target, level } = kept.clone();
        Some(Self { server, account, target, notify: level?.name().to_owned() })
    }

    pub fn into_level(self) -> Option<KeptLevel> {
        let level = Some(named(Level::ALL, &self.notify)?);
        Some(KeptLevel { server: self.server, account: self.account, target: self.target, level })
    }

    pub fn is_for(&self, kept: &KeptLevel) -> bool {
        (&self.server, &self.account, &self.target) == (&kept.server, &kept.account, &kept.target)
    }
}

/// `drafts.toml`.
#[derive(Default, Serialize, Deserialize)]
pub struct DraftFile {
    #[serde(default, rename = "draft")]
    pub drafts: Vec<DraftRow>,
}

/// A draft.
#[derive(Serialize, Deserialize)]
pub struct DraftRow {
    server: String,
    account: String,
    target: String,
    text: String,
}

impl DraftRow {
    pub fn of(draft: &Draft) -> Self {
        let Draft { server, account, target, text } = draft.clone();
        Self { server, account, target, text }
    }

    pub fn into_draft(self) -> Draft {
        Draft { server: self.server, account: self.account, target: self.target, text: self.text }
    }

    pub fn is_for(&self, draft: &Draft) -> bool {
        (&self.server, &self.account, &self.target) == (&draft.server, &draft.account, &draft.target)
    }
}

/// A message.
#[derive(Serialize, Deserialize)]
pub struct UnsentRow {
    server: String,
    account: String,
    target: String,
    kind: UnsentKind,
    #[serde(default)]
    may_have_arrived: bool,
    pub id: String,
    time: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<ReplyRow>,
}

/// The message that a message answers.
#[derive(Serialize, Deserialize)]
struct ReplyRow {
    to: String,
    author: Option<String>,
    text: Option<String>,
}

impl ReplyRow {
    fn of(reply: &Reply) -> Self {
        let quote = reply.quote.clone();
        let (author, text) = quote.map(|quote| (quote.author, quote.text)).unzip();
        Self { to: reply.to.to_string(), author, text }
    }

    fn into_reply(self) -> Reply {
        let quote = self.author.zip(self.text).map(|(author, text)| Quote { author, text });
        Reply { to: self.to.into(), quote }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UnsentKind {
    Message,
    Action,
    Notice,
}

/// The first lines of `notify.toml`.
pub const LEVEL_HEAD: &str = "# What conversations call you for, written by chat-tui (/notify).\n\n";
/// The first lines of `drafts.toml`.
pub const DRAFT_HEAD: &str = "# What was being written in each conversation, written by chat-tui.\n\n";
/// The first lines of `unsent.toml`.
pub const UNSENT_HEAD: &str = "# Messages that have not reached their server yet, written by chat-tui.\n\n";
/// The first lines of `logins.toml`.
pub const LOGIN_HEAD: &str =
    "# Log-ins of this device, written by chat-tui. A token is as good as a password: show neither to anybody.\n\n";
/// The first lines of `certificates.toml`.
pub const PIN_HEAD: &str = "# Certificates that were accepted by hand, written by chat-tui.\n\n";

impl LoginRow {
    pub fn of(login: &Login) -> Self {
        let (server, account) = (login.server.clone(), login.account.clone());
        let row = Self { server, account, token: None, password: None, keyring: None };
        match &login.kept {
            Kept::Nothing => row,
            Kept::Here(SecretKind::Token, secret) => Self { token: Some(secret.expose().to_owned()), ..row },
            Kept::Here(SecretKind::Password, secret) => Self { password: Some(secret.expose().to_owned()), ..row },
            Kept::InKeyring(SecretKind::Token) | Kept::Withheld(SecretKind::Token) => {
                Self { keyring: Some(SecretRow::Token), ..row }
            }
            Kept::InKeyring(SecretKind::Password) | Kept::Withheld(SecretKind::Password) => {
                Self { keyring: Some(SecretRow::Password), ..row }
            }
        }
    }

    pub fn into_login(self) -> Login {
        let kept = match (self.token, self.password, self.keyring) {
            (Some(token), _, _) => Kept::Here(SecretKind::Token, Secret::new(token)),
            (None, Some(password), _) => Kept::Here(SecretKind::Password, Secret::new(password)),
            (None, None, Some(SecretRow::Token)) => Kept::InKeyring(SecretKind::Token),
            (None, None, Some(SecretRow::Password)) => Kept::InKeyring(SecretKind::Password),
            (None, None, None) => Kept::Nothing,
        };
        Login { server: self.server, account: self.account, kept }
    }
}

impl UnsentRow {
    pub fn of(unsent: &Unsent) -> Self {
        let kind = match unsent.kind {
            EntryKind::Action => UnsentKind::Action,
            EntryKind::Notice => UnsentKind::Notice,
            _ => UnsentKind::Message,
        };
        Self {
            server: unsent.server.clone(),
            account: unsent.account.clone(),
            target: unsent.target.clone(),
            kind,
            may_have_arrived: unsent.is_unknown,
            id: unsent.id.clone(),
            time: unsent.time.to_string(),
            text: unsent.text.clone(),
            reply: unsent.reply.as_ref().map(ReplyRow::of),
        }
    }

    pub fn into_unsent(self) -> Option<Unsent> {
        let kind = match self.kind {
            UnsentKind::Message => EntryKind::Message,
            UnsentKind::Action => EntryKind::Action,
            UnsentKind::Notice => EntryKind::Notice,
        };
        Some(Unsent {
            server: self.server,
            account: self.account,
            target: self.target,
            kind,
            is_unknown: self.may_have_arrived,
            id: self.id,
            text: self.text,
            time: Timestamp::parse(&self.time)?,
            reply: self.reply.map(ReplyRow::into_reply),
        })
    }
}

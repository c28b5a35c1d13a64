//! The dialogues that lie above everything and take the keys until they are answered.

use std::sync::Arc;

use super::event::ServerId;
use crate::ground::tls::Fingerprint;

/// What the help begins with. Both parts are always in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpPart {
    /// F1 was pressed.
    Keys,
    /// `/help` was written.
    Commands,
}

/// What lies above the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// All keys and commands.
    Help(HelpPart),
    /// Somebody with the right password was refused because of the address: is it you?
    Address(AddressQuestion),
    /// First use of a certificate that no public authority vouches for.
    CertificateUnknown {
        /// `host:port`.
        server: String,
        /// What to compare with what the operator says.
        fingerprint: Fingerprint,
    },
    /// The certificate is another one than before: refused, with an explanation.
    CertificateChanged {
        /// `host:port`.
        server: String,
        /// The one known.
        pinned: Fingerprint,
        /// The one shown.
        got: Fingerprint,
    },
    /// A server that gives no tokens has let somebody in by a password: is it to be kept?
    KeepPassword(KeepQuestion),
    /// A message is to be withdrawn: for ever.
    Redact(RedactQuestion),
    /// A message is to be brought before the operators of the server.
    Report(ReportQuestion),
    /// A paste of many lines, which stands in the input box already: does it go out?
    Paste {
        /// How many lines stand there.
        lines: usize,
        /// How many messages they would be.
        messages: usize,
        /// The first lines.
        preview: Vec<String>,
    },
    /// Messages of unknown fate: sending them again may double them.
    Resend {
        /// How many.
        count: usize,
    },
}

/// Whose password is to be kept, and where it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepQuestion {
    /// The server that let them in.
    pub server: ServerId,
    /// The server as a person knows it.
    pub address: String,
    /// The account.
    pub account: String,
    /// There may be a keyring to keep it in.
    pub has_keyring: bool,
}

impl KeepQuestion {
    /// The id of the sentence that says where the password would be.
    pub fn place_id(&self) -> &'static str {
        match self.has_keyring {
            true => "question-keep-keyring",
            false => "question-keep-file",
        }
    }
}

/// Which message is to be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactQuestion {
    /// A channel or a nick.
    pub target: String,
    /// The server's name for it.
    pub msgid: Arc<str>,
    /// Who said it.
    pub author: String,
    /// How it begins.
    pub excerpt: String,
}

/// Which message is to be reported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuestion {
    /// A channel or a nick.
    pub target: String,
    /// The server's name for it.
    pub msgid: Arc<str>,
    /// Who said it.
    pub author: String,
    /// How it begins.
    pub excerpt: String,
    /// Why; empty when nothing is said of it.
    pub reason: String,
}

/// What the server says of a log-in that it refused because of its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressQuestion {
    /// From where somebody tried.
    pub address: String,
    /// What the answer must name.
    pub code: String,
    /// What the server says about it.
    pub explanation: String,
}

/// How many dialogues wait behind the one that is shown; a further one is dropped (the server says things again).
pub const WAITING_MAX: usize = 8;

/// The dialogue that is shown and those behind it.
#[derive(Debug, Default)]
pub struct Overlays {
    /// The first is shown.
    list: Vec<Overlay>,
    /// The first row of it that is shown, where it is higher than the screen; the view brings it to the last that is possible.
    first_row: usize,
}

impl Overlays {
    /// The one that is shown.
    pub fn shown(&self) -> Option<&Overlay> {
        self.list.first()
    }

    /// Its first row that is shown.
    pub fn first_row(&self) -> usize {
        self.first_row
    }

    /// Shows a dialogue, behind those that wait already; never the same one twice.
    pub fn push(&mut self, overlay: Overlay) {
        if self.list.len() <= WAITING_MAX && !self.list.contains(&overlay) {
            self.list.push(overlay);
        }
    }

    /// Shows the help above everything, beginning with this part, or takes it away.
    pub fn toggle_help(&mut self, first: HelpPart) {
        if matches!(self.shown(), Some(Overlay::Help(_))) {
            self.list.remove(0);
        } else {
            self.list.insert(0, Overlay::Help(first));
        }
        self.first_row = 0;
    }

    /// Scrolls the one that is shown.
    pub fn scroll(&mut self, rows: isize) {
        self.first_row = self.first_row.saturating_add_signed(rows).min(ROWS_MAX);
    }

    /// The view says how far down the one that is shown can be scrolled.
    pub fn limit(&mut self, first_row_max: usize) {
        self.first_row = self.first_row.min(first_row_max);
    }

    /// Takes the one that is shown away.
    pub fn close(&mut self) -> Option<Overlay> {
        self.first_row = 0;
        (!self.list.is_empty()).then(|| self.list.remove(0))
    }
}

/// More rows than a dialogue will ever have.
const ROWS_MAX: usize = 1_000;

//! The form before the chat: register or log in.
//!
//! It checks what can be checked without the server (how long a password must be is the server's to say), and shows each fault
//! beside the field that caused it. It knows
//! nothing of connections: a finished form is a [`Request`].

use super::config::{ServerChoice, ServerError};
use super::edit::TextEdit;
use crate::ground::texts::Texts;
use crate::proto::names::{AccountName, NameError};
use crate::proto::secret::Secret;

/// The most bytes of a field; further ones are not taken. Longer than any password that a server accepts.
const FIELD_BYTES_MAX: usize = 600;

/// A side of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// A new account.
    #[default]
    Register,
    /// An account that exists.
    LogIn,
}

impl Tab {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Register, Self::LogIn];

    /// The id of its title.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::Register => "form-tab-register",
            Self::LogIn => "form-tab-login",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Register => Self::LogIn,
            Self::LogIn => Self::Register,
        }
    }
}

/// Names a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldId {
    /// The server's address; empty means one's own local server.
    Server,
    /// The account's name.
    Name,
    /// The password.
    Password,
    /// The password once more, on the register side only.
    PasswordAgain,
    /// The code of an invitation, on the register side, once the server has asked for one.
    Invitation,
}

impl FieldId {
    /// The id of its label.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::Server => "form-field-server",
            Self::Name => "form-field-name",
            Self::Password => "form-field-password",
            Self::PasswordAgain => "form-field-password-again",
            Self::Invitation => "form-field-invitation",
        }
    }

    /// Whether its text is masked.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::PasswordAgain)
    }
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub id: FieldId,
    /// Its text.
    pub edit: TextEdit,
    /// What is wrong with it, as a sentence.
    pub error: Option<String>,
}

impl Field {
    fn new(id: FieldId, text: &str) -> Self {
        let mut edit = TextEdit::single_line(FIELD_BYTES_MAX);
        edit.paste(text);
        Self { id, edit, error: None }
    }
}

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The two tabs.
    Tabs,
    /// A field.
    Field(FieldId),
    /// The button.
    Submit,
}

/// What the person wants, checked as far as that is possible here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which server.
    pub server: ServerChoice,
    /// The account.
    pub name: String,
    /// Its password; none for a guest.
    pub password: Option<Secret>,
    /// Make a new account first.
    pub register: bool,
    /// The code of an invitation, for servers that ask for one.
    pub invitation: Option<Secret>,
}

/// The form.
#[derive(Debug)]
pub struct Form {
    /// The side that is shown.
    pub tab: Tab,
    /// Where the keys go.
    pub focus: Focus,
    /// Passwords are shown in clear.
    pub is_revealed: bool,
    /// What is wrong with no field in particular.
    pub error: Option<String>,
    /// A server has asked for an invitation.
    pub wants_invitation: bool,
    /// All fields; the last two are not on the log-in side.
    fields: [Field; 5],
}

impl Form {
    /// A form with what is known already filled in.
    pub fn new(server: &str, name: &str, tab: Tab) -> Self {
        let focus = if name.is_empty() { FieldId::Name } else { FieldId::Password };
        Self {
            tab,
            focus: Focus::Field(focus),
            is_revealed: false,
            error: None,
            wants_invitation: false,
            fields: [
                Field::new(FieldId::Server, server),
                Field::new(FieldId::Name, name),
                Field::new(FieldId::Password, ""),
                Field::new(FieldId::PasswordAgain, ""),
                Field::new(FieldId::Invitation, ""),
            ],
        }
    }

    /// The id of the sentence that says what the server keeps of a person; of what is no server yet, that of one elsewhere.
    pub fn recorded_text_id(&self, plain_text: bool) -> &'static str {
        let server = ServerChoice::parse(self.field(FieldId::Server).edit.text(), plain_text);
        server.map_or("form-recorded-elsewhere", |server| server.recorded_text_id())
    }

    /// The fields of the side that is shown, from top to bottom.
    pub fn fields(&self) -> &[Field] {
        match self.tab {
            Tab::Register if self.wants_invitation => &self.fields,
            Tab::Register => &self.fields[..4],
            Tab::LogIn => &self.fields[..3],
        }
    }

    /// One field.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id as usize]
    }

    /// One field, to be changed.
    pub fn field_mut(&mut self, id: FieldId) -> &mut Field {
        &mut self.fields[id as usize]
    }

    /// The id of what stands in an empty field to say what that means.
    pub fn hint(&self, id: FieldId) -> Option<&'static str> {
        match id {
            FieldId::Server => Some("form-server-hint"),
            FieldId::Invitation => Some("form-invitation-hint"),
            FieldId::Password if self.tab == Tab::LogIn && !self.field(FieldId::Server).edit.is_empty() => {
                Some("form-guest-hint")
            }
            _ => None,
        }
    }

    /// The field that has the keys.
    pub fn focused_mut(&mut self) -> Option<&mut Field> {
        match self.focus {
            Focus::Field(id) => Some(self.field_mut(id)),
            Focus::Tabs | Focus::Submit => None,
        }
    }

    /// Shows the other side. What was typed stays.
    pub fn switch_tab(&mut self) {
        self.tab = self.tab.other();
        self.clear_errors();
        let is_gone = matches!(self.focus, Focus::Field(FieldId::PasswordAgain | FieldId::Invitation));
        if is_gone && self.tab == Tab::LogIn {
            self.focus = Focus::Field(FieldId::Password);
        }
    }

    /// Moves through tabs, fields and button, around the ends.
    pub fn move_focus(&mut self, step: isize) {
        let mut stops = vec![Focus::Tabs];
        stops.extend(self.fields().iter().map(|field| Focus::Field(field.id)));
        stops.push(Focus::Submit);
        let at = stops.iter().position(|stop| *stop == self.focus).unwrap_or(0);
        let next = (at as isize + step).rem_euclid(stops.len() as isize);
        self.focus = stops[next as usize];
    }

    /// Takes every error away.
    pub fn clear_errors(&mut self) {
        self.error = None;
        for field in &mut self.fields {
            field.error = None;
        }
    }

    /// Shows an error beside a field and goes there.
    pub fn fail(&mut self, id: FieldId, sentence: String) {
        if id == FieldId::PasswordAgain && self.tab == Tab::LogIn {
            return self.fail(FieldId::Password, sentence);
        }
        if id == FieldId::Invitation {
            self.tab = Tab::Register;
            self.wants_invitation = true;
        }
        self.field_mut(id).error = Some(sentence);
        self.focus = Focus::Field(id);
    }

    /// Forgets what is secret: it is not needed any more, or was wrong.
    pub fn forget_passwords(&mut self) {
        self.is_revealed = false;
        for id in [FieldId::Password, FieldId::PasswordAgain, FieldId::Invitation] {
            self.field_mut(id).edit.take();
        }
    }

    /// Checks the fields. When one is at fault, it shows why, and nothing is returned.
    pub fn submit(&mut self, plain_text: bool, texts: &Texts) -> Option<Request> {
        self.clear_errors();
        let server = ServerChoice::parse(self.field(FieldId::Server).edit.text(), plain_text);
        let name = self.field(FieldId::Name).edit.text().trim().to_owned();
        let password = self.field(FieldId::Password).edit.text().to_owned();
        let is_new = self.tab == Tab::Register;
        // One's own server lets nobody in without an account.
        let may_be_guest = !is_new && server != Ok(ServerChoice::Local);
        let faults = [
            (FieldId::Server, server.as_ref().err().copied().map(ServerError::text_id)),
            (FieldId::Name, AccountName::new(&name).err().map(name_fault)),
            (FieldId::Password, (password.is_empty() && !may_be_guest).then_some("form-error-password-empty")),
            (
                FieldId::PasswordAgain,
                (is_new && self.field(FieldId::PasswordAgain).edit.text() != password)
                    .then_some("form-error-password-again"),
            ),
        ];
        for (id, fault) in faults.iter().rev() {
            if let Some(text_id) = fault {
                self.fail(*id, texts.get(text_id).into_owned());
            }
        }
        if faults.iter().any(|(_, fault)| fault.is_some()) {
            return None;
        }
        let password = Some(password).filter(|password| !password.is_empty()).map(Secret::new);
        let code = self.field(FieldId::Invitation).edit.text().trim();
        let invitation = (is_new && !code.is_empty()).then(|| Secret::new(code));
        Some(Request { server: server.ok()?, name, password, register: is_new, invitation })
    }
}

/// The id of the sentence that says why a text is not a name.
pub fn name_fault(error: NameError) -> &'static str {
    match error {
        NameError::Empty => "form-error-name-empty",
        NameError::TooLong => "form-error-name-long",
        NameError::BadCharacter => "form-error-name-characters",
    }
}

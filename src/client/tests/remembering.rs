//! What is remembered of log-ins: secrets in the keyring, passwords where there are no tokens, and taking it all back.

use super::*;
use crate::client::connection::Proof;
use crate::client::event::KeyringFault;
use crate::client::form::Tab;
use crate::client::model::Screen;
use crate::client::overlay::Overlay;

const SERVER: &str = "chat.example.org:6697";

fn remembering(kept: Kept) -> Stage {
    let login = Login { server: SERVER.to_owned(), account: "ann".to_owned(), kept };
    let remembered = Remembered { logins: vec![login], ..Remembered::default() };
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), remembered);
    stage.event(Event::Start);
    stage
}

impl Stage {
    /// The number with which the keyring was asked last.
    fn asked(&self) -> u64 {
        let asked = self.done.iter().rev().find_map(|effect| match effect {
            Effect::AskKeyring { connection, server, account } => {
                assert_eq!((server.as_str(), account.as_str()), (SERVER, "ann"));
                Some(*connection)
            }
            _ => None,
        });
        asked.expect("the keyring is asked")
    }

    fn answer_keyring(&mut self, answer: Result<Option<&str>, KeyringFault>) {
        let number = self.asked();
        self.event(Event::Keyring(number, answer.map(|secret| secret.map(Secret::new))));
    }

    fn connects(&self) -> usize {
        self.done.iter().filter(|effect| matches!(effect, Effect::Connect { .. })).count()
    }

    /// What the files were told to keep, or to drop, last.
    fn kept(&self) -> Option<Option<Login>> {
        self.done.iter().rev().find_map(|effect| match effect {
            Effect::Remember(login) => Some(Some(login.clone())),
            Effect::Forget { server } => {
                assert_eq!(server, SERVER);
                Some(None)
            }
            _ => None,
        })
    }

    /// A server of another kind, which gives no tokens, asks for the proof.
    fn foreign(&mut self) {
        self.connect();
        self.lines(&[":n CAP * LS :sasl=PLAIN echo-message"]);
        self.acknowledge();
        self.lines(&["AUTHENTICATE +"]);
    }

    /// It lets us in.
    fn foreign_welcome(&mut self) {
        self.lines(&[":n 903 ann :ok", ":n 001 ann :Welcome", ":n 005 ann CHANTYPES=# NETWORK=Net :ok"]);
        self.lines(&[":n 422 ann :No MOTD", ":ann!a@h JOIN #general"]);
    }

    fn keep_question(&self) -> bool {
        matches!(self.model.overlays.shown(), Some(Overlay::KeepPassword(_)))
    }
}

/// Logged in by the form on a server that gives no tokens.
fn logged_in_by_password() -> Stage {
    let mut stage = Stage::new();
    stage.event(Event::Start);
    stage.control('t');
    stage.fill(FieldId::Name, "ann");
    stage.fill(FieldId::Password, "a long password");
    stage.press(KeyCode::Enter);
    stage.foreign();
    stage.foreign_welcome();
    assert_eq!(stage.model.screen, Screen::Chat);
    stage
}

#[test]
fn the_keyring_is_asked_before_anything_is_connected_to() {
    let mut stage = remembering(Kept::InKeyring(SecretKind::Token));
    assert_eq!(stage.model.server.connection.status, Status::AskingKeyring);
    assert_eq!(stage.connects(), 0);
    stage.answer_keyring(Ok(Some("ctd1_token")));
    assert_eq!(stage.connects(), 1);
    stage.log_in();
    assert!(stage.sent.contains(&"AUTHENTICATE AGFubgBjdGQxX3Rva2Vu".to_owned()), "{:?}", stage.sent);
    assert_eq!(stage.model.screen, Screen::Chat);
    assert!(!stage.sent.iter().any(|line| line.starts_with("DEVICE ADD")), "it has a token");
    // The connection is made again without the keyring.
    let asked = stage.asked();
    stage.lose();
    stage.wait(10_000);
    assert_eq!((stage.connects(), stage.asked()), (2, asked));
}

#[test]
fn a_keyring_that_does_not_answer_leads_to_the_form_and_loses_nothing() {
    for fault in [
        KeyringFault::Unreachable,
        KeyringFault::Locked,
        KeyringFault::Late,
        KeyringFault::Other("out of order".to_owned()),
    ] {
        let mut stage = remembering(Kept::InKeyring(SecretKind::Token));
        stage.answer_keyring(Err(fault.clone()));
        assert_eq!((stage.model.screen, stage.model.form.tab), (Screen::Form, Tab::LogIn));
        assert_eq!(stage.model.form.field(FieldId::Name).edit.text(), "ann");
        let told = stage.field_error(FieldId::Password);
        assert!(told.contains(SERVER) && told.contains(&fault.explain(&stage.model.texts)), "{told}");
        assert!(told.contains("keyring = false"), "{told}");
        assert_eq!((stage.connects(), stage.kept()), (0, None), "the file still says where the secret is");
        // With the password one comes in, and the device has a token again.
        stage.type_text("a long password");
        stage.press(KeyCode::Enter);
        stage.connect();
        stage.lines(&[OWN_CAPS]);
        stage.acknowledge();
        stage.lines(&["AUTHENTICATE +", ":s 903 ann :ok"]);
        stage.welcome();
        stage.lines(&[":s DEVICE ADD 2 ctd1_second :laptop"]);
        let kept = Kept::Here(SecretKind::Token, Secret::new("ctd1_second"));
        assert_eq!(stage.kept().flatten().map(|login| login.kept), Some(kept));
        assert!(!stage.keep_question());
    }
}

#[test]
fn what_the_keyring_has_lost_is_forgotten() {
    let mut stage = remembering(Kept::InKeyring(SecretKind::Password));
    stage.answer_keyring(Ok(None));
    assert_eq!(stage.kept(), Some(None));
    assert_eq!(stage.model.screen, Screen::Form);
    assert!(stage.field_error(FieldId::Password).contains(SERVER));
}

#[test]
fn escape_does_without_the_keyring() {
    let mut stage = remembering(Kept::InKeyring(SecretKind::Token));
    stage.press(KeyCode::Esc);
    assert_eq!((stage.exit(), &stage.model.server.connection.status), (None, &Status::Off));
    assert!(matches!(stage.done.last(), Some(Effect::Disconnect)), "it is asked no longer");
    stage.answer_keyring(Ok(Some("ctd1_token")));
    assert_eq!(stage.connects(), 0, "an answer that comes too late is none");
}

#[test]
fn a_command_asks_the_keyring_for_a_further_server_and_the_form_after_it() {
    let mut stage = Stage::online();
    let login = Login {
        server: "irc.example.net:6697".to_owned(),
        account: "zoe".to_owned(),
        kept: Kept::InKeyring(SecretKind::Password),
    };
    stage.model.remembered.logins.push(login);
    stage.say("/connect irc.example.net");
    let asked = stage.done.iter().find_map(|effect| match effect {
        Effect::AskKeyring { connection, account, .. } => Some((*connection, account.clone())),
        _ => None,
    });
    let (number, account) = asked.unwrap();
    assert_eq!((account.as_str(), stage.model.screen), ("zoe", Screen::Chat));
    stage.event(Event::Keyring(number, Err(KeyringFault::Locked)));
    assert_eq!(stage.model.screen, Screen::Chat, "what is being read stays");
    stage.say("/connect irc.example.net");
    assert_eq!(stage.model.screen, Screen::Form, "it is not asked again in vain");
    assert_eq!(stage.model.form.field(FieldId::Name).edit.text(), "zoe");
}

#[test]
fn a_password_is_kept_where_there_are_no_tokens_and_the_person_wants_it() {
    let mut stage = logged_in_by_password();
    assert!(stage.keep_question());
    assert_eq!(stage.kept(), None, "not without a yes");
    stage.press(KeyCode::Enter);
    let kept = Kept::Here(SecretKind::Password, Secret::new("a long password"));
    let login = Login { server: SERVER.to_owned(), account: "ann".to_owned(), kept };
    assert_eq!(stage.kept(), Some(Some(login)));
    assert!(!format!("{:?}", stage.done).contains("a long password"));
    stage.lose();
    stage.wait(10_000);
    stage.foreign();
    stage.foreign_welcome();
    assert!(!stage.keep_question(), "once is enough");
}

#[test]
fn a_no_is_remembered_without_the_password() {
    let mut stage = logged_in_by_password();
    stage.press(KeyCode::Esc);
    let login = Login { server: SERVER.to_owned(), account: "ann".to_owned(), kept: Kept::Nothing };
    assert_eq!(stage.kept(), Some(Some(login)));
    let mut next = remembering(Kept::Nothing);
    assert_eq!((next.connects(), next.model.screen, next.model.form.tab), (0, Screen::Form, Tab::LogIn));
    assert_eq!(next.model.form.field(FieldId::Name).edit.text(), "ann");
    next.type_text("a long password");
    next.press(KeyCode::Enter);
    next.foreign();
    next.foreign_welcome();
    assert!(!next.keep_question());
}

#[test]
fn our_own_kind_of_server_and_guests_are_not_asked() {
    let mut own = Stage::new();
    own.event(Event::Start);
    own.control('t');
    own.fill(FieldId::Name, "ann");
    own.fill(FieldId::Password, "a long password");
    own.press(KeyCode::Enter);
    own.log_in();
    assert!(own.sent.iter().any(|line| line.starts_with("DEVICE ADD")));
    assert_eq!(own.model.overlays.shown(), None);

    let mut guest = Stage::new();
    guest.event(Event::Start);
    guest.control('t');
    guest.fill(FieldId::Name, "ann");
    guest.press(KeyCode::Enter);
    guest.connect();
    guest.lines(&[":n CAP * LS :sasl=PLAIN"]);
    guest.acknowledge();
    guest.lines(&[":n 001 ann :Welcome", ":n 422 ann :No MOTD"]);
    assert_eq!((guest.model.screen, guest.model.overlays.shown()), (Screen::Chat, None));
}

#[test]
fn a_kept_password_logs_in_and_a_refused_one_is_forgotten() {
    let kept = || Kept::Here(SecretKind::Password, Secret::new("secret"));
    let mut stage = remembering(kept());
    stage.foreign();
    assert_eq!(stage.sent.last().unwrap(), "AUTHENTICATE AGFubgBzZWNyZXQ=");
    stage.foreign_welcome();
    assert!(!stage.keep_question());

    // A server that is away for the moment is tried again: nobody has to type anything.
    let mut stage = remembering(kept());
    stage.lose();
    assert!(stage.is_waiting());

    let mut stage = remembering(kept());
    stage.foreign();
    stage.lines(&[":n 904 * :SASL authentication failed"]);
    assert_eq!(stage.kept(), Some(None));
    assert_eq!((stage.model.screen, stage.model.form.tab), (Screen::Form, Tab::LogIn));
    assert_eq!(stage.model.form.field(FieldId::Name).edit.text(), "ann");
    assert!(stage.field_error(FieldId::Password).contains("not accepted any more"));
}

#[test]
fn a_token_takes_the_place_of_a_kept_password() {
    let mut stage = remembering(Kept::Here(SecretKind::Password, Secret::new("secret")));
    stage.log_in();
    assert!(stage.sent.contains(&"DEVICE ADD :laptop".to_owned()));
    stage.lines(&[":s DEVICE ADD 1 ctd1_fresh :laptop"]);
    let kept = Kept::Here(SecretKind::Token, Secret::new("ctd1_fresh"));
    assert_eq!(stage.kept().flatten().map(|login| login.kept), Some(kept));
}

#[test]
fn forget_takes_it_back_and_the_connection_goes_on() {
    let mut stage = Stage::online();
    stage.say("/forget");
    assert_eq!(stage.kept(), Some(None));
    assert!(stage.model.server.session.is_online());
    let proof = &stage.model.server.connection.credentials.as_ref().unwrap().proof;
    assert!(matches!(proof, Proof::Token(_)), "a lost connection is made again by it");
    stage.say("/logout");
    assert_eq!(stage.conversation("#general").composer.edit.text(), "/logout", "there is nothing any more");
}

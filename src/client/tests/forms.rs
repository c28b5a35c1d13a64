//! The form: registering, logging in, and everything that can be wrong with it.

use super::*;
use crate::client::event::ConnectError;
use crate::client::form::{Focus, Form, Tab};
use crate::client::model::Screen;
use crate::client::overlay::Overlay;
use crate::ground::tls::Fingerprint;

/// The form filled in for `ann`, and submitted.
fn submitted(tab: Tab) -> Stage {
    let mut stage = Stage::new();
    stage.event(Event::Start);
    if stage.model.form.tab != tab {
        stage.control('t');
    }
    stage.fill(FieldId::Name, "ann");
    stage.fill(FieldId::Password, "a long password");
    if tab == Tab::Register {
        stage.fill(FieldId::PasswordAgain, "a long password");
    }
    stage.press(KeyCode::Enter);
    stage
}

fn registering() -> Stage {
    let mut stage = submitted(Tab::Register);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage
}

fn logging_in() -> Stage {
    let mut stage = submitted(Tab::LogIn);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +"]);
    stage
}

#[test]
fn faults_that_need_no_server_stand_beside_their_fields() {
    let mut stage = Stage::new();
    stage.event(Event::Start);
    assert_eq!(stage.model.form.tab, Tab::Register);
    stage.press(KeyCode::Enter);
    assert!(!stage.field_error(FieldId::Name).is_empty());
    assert!(!stage.field_error(FieldId::Password).is_empty());
    assert_eq!(stage.model.form.focus, Focus::Field(FieldId::Name), "the first fault has the keys");
    stage.fill(FieldId::Name, "two words");
    stage.fill(FieldId::Password, "secret");
    stage.fill(FieldId::PasswordAgain, "secrets");
    stage.fill(FieldId::Server, ":x");
    stage.press(KeyCode::Enter);
    for id in [FieldId::Server, FieldId::Name, FieldId::PasswordAgain] {
        assert!(!stage.field_error(id).is_empty(), "{id:?}");
    }
    assert!(stage.done.is_empty(), "nothing was connected to");
}

#[test]
fn keys_go_through_tabs_fields_and_button() {
    let mut stage = Stage::new();
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(stage.model.form.focus);
        stage.press(KeyCode::Tab);
    }
    assert_eq!(seen[0], stage.model.form.focus, "around the ends");
    assert!(seen.contains(&Focus::Tabs) && seen.contains(&Focus::Submit));
    stage.event(key(KeyCode::BackTab, KeyModifiers::SHIFT));
    stage.press(KeyCode::Down);
    assert_eq!(seen[0], stage.model.form.focus);
    stage.model.form.focus = Focus::Tabs;
    stage.press(KeyCode::Right);
    assert_eq!(stage.model.form.tab, Tab::LogIn);
    stage.press(KeyCode::Esc);
    assert_eq!(stage.exit(), Some(&Exit::Wanted));
}

#[test]
fn registering_leads_into_the_chat() {
    let mut stage = registering();
    assert_eq!(stage.sent.last().unwrap(), "REGISTER ann * :a long password");
    assert!(stage.sent.contains(&"LANGUAGE en".to_owned()));
    stage.lines(&[":s REGISTER SUCCESS ann :Account created", ":s 900 * ann!ann@c ann :Logged in"]);
    assert_eq!(stage.sent.last().unwrap(), "CAP END");
    stage.welcome();
    assert_eq!(stage.model.screen, Screen::Chat);
    assert!(stage.model.form.field(FieldId::Password).edit.is_empty());
    assert!(stage.sent.contains(&"DEVICE ADD :laptop".to_owned()));
    stage.lines(&[":s DEVICE ADD 1 ctd1_fresh :laptop"]);
    let remembered = stage.done.iter().find_map(|effect| match effect {
        Effect::Remember(login) => Some(login.clone()),
        _ => None,
    });
    let login = remembered.unwrap();
    assert_eq!(login.account, "ann");
    assert_eq!(login.kept, Kept::Here(SecretKind::Token, Secret::new("ctd1_fresh")));
    assert!(!format!("{:?}{:?}", stage.model, login).contains("ctd1_fresh"));
    // A lost connection is made again by the token, not by registering.
    stage.lose();
    stage.wait(10_000);
    stage.take_sent();
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +"]);
    assert!(stage.sent.contains(&"AUTHENTICATE AGFubgBjdGQxX2ZyZXNo".to_owned()), "{:?}", stage.sent);
}

#[test]
fn what_the_server_refuses_stands_beside_the_field_that_caused_it() {
    for (line, field) in [
        ("FAIL REGISTER ACCOUNT_EXISTS ann :Taken", FieldId::Name),
        ("FAIL REGISTER USERNAME_EXISTS ann :Taken", FieldId::Name),
        ("FAIL REGISTER BAD_ACCOUNT_NAME ann :No", FieldId::Name),
        ("FAIL REGISTER WEAK_PASSWORD ann :Too short", FieldId::Password),
        ("FAIL REGISTER SECURE_CONNECTION_REQUIRED ann :No", FieldId::Server),
    ] {
        let mut stage = registering();
        stage.lines(&[line]);
        assert!(!stage.field_error(field).is_empty(), "{line}");
        assert_eq!(stage.model.screen, Screen::Form);
        assert!(matches!(stage.model.server.connection.status, Status::Refused { .. }));
        assert!(stage.done.iter().any(|effect| matches!(effect, Effect::Disconnect)));
        stage.wait(600_000);
        let connects = stage.done.iter().filter(|effect| matches!(effect, Effect::Connect { .. })).count();
        assert_eq!(connects, 1, "a refusal is not tried again");
    }
    let mut stage = registering();
    stage.lines(&["FAIL REGISTER TEMPORARILY_UNAVAILABLE ann :Later"]);
    assert!(stage.model.form.error.is_some());
}

#[test]
fn a_wrong_password_is_told_and_forgotten() {
    let mut stage = logging_in();
    stage.lines(&[":s 904 * :SASL authentication failed"]);
    assert!(stage.field_error(FieldId::Password).contains("address"));
    assert!(stage.model.form.field(FieldId::Password).edit.is_empty());
    assert_eq!(stage.model.form.field(FieldId::Name).edit.text(), "ann");
    // On the other side it means nothing, nor once something else is typed.
    for next in ["tab", "text"] {
        let mut stage = logging_in();
        stage.lines(&[":s 904 * :SASL authentication failed"]);
        if next == "tab" {
            stage.control('t')
        } else {
            stage.type_text("x")
        }
        assert_eq!(stage.model.server.connection.status, Status::Off, "{next}");
        assert!(stage.field_error(FieldId::Password).is_empty());
    }
    let mut stage = logging_in();
    stage.lines(&["FAIL AUTHENTICATE ACCOUNT_SUSPENDED ann :for a week", ":s 904 * :failed"]);
    assert!(stage.field_error(FieldId::Name).contains("for a week"));
    let mut stage = logging_in();
    stage.lines(&["FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :db", ":s 904 * :failed"]);
    assert!(stage.model.form.error.is_some());
}

#[test]
fn an_unreachable_server_is_explained() {
    for reason in [
        ConnectError::UnknownHost,
        ConnectError::Refused,
        ConnectError::Timeout,
        ConnectError::Unreachable,
        ConnectError::Tls("bad record".to_owned()),
        ConnectError::Other("odd".to_owned()),
    ] {
        let mut stage = submitted(Tab::LogIn);
        stage.network(NetworkEvent::ConnectFailed { reason: reason.clone() });
        let error = stage.field_error(FieldId::Server);
        assert!(error.contains("chat.example.org:6697"), "{reason:?}: {error}");
        assert!(!stage.is_waiting());
        assert_eq!(stage.model.form.field(FieldId::Password).edit.text(), "a long password", "to try again");
    }
}

#[test]
fn a_server_that_goes_away_at_the_log_in_is_explained() {
    let mut stage = logging_in();
    stage.lines(&["ERROR :Closing link: flood"]);
    stage.lose();
    assert!(stage.field_error(FieldId::Server).contains("flood"));
    let mut stage = logging_in();
    stage.wait(120_000);
    assert!(!stage.field_error(FieldId::Server).is_empty(), "a server that never answers");
}

#[test]
fn a_server_without_what_is_needed_is_told_apart() {
    let mut stage = submitted(Tab::Register);
    stage.connect();
    stage.lines(&[":s CAP * LS :sasl=PLAIN"]);
    stage.acknowledge();
    assert!(!stage.field_error(FieldId::Server).is_empty());
    let mut stage = submitted(Tab::LogIn);
    stage.connect();
    stage.lines(&[":s CAP * LS :server-time"]);
    stage.acknowledge();
    assert!(stage.field_error(FieldId::Password).contains("guest"));
    let mut stage = submitted(Tab::LogIn);
    stage.connect();
    stage.lines(&[":s 421 ann CAP :Unknown command", ":s 001 ann :Welcome"]);
    assert!(stage.field_error(FieldId::Password).contains("guest"));
}

#[test]
fn escape_breaks_off_connecting() {
    let mut stage = submitted(Tab::LogIn);
    stage.press(KeyCode::Esc);
    assert_eq!((stage.exit(), &stage.model.server.connection.status), (None, &Status::Off));
    stage.connect();
    assert!(stage.sent.is_empty(), "what the old connection still says is ignored");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.exit(), Some(&Exit::Wanted));
}

#[test]
fn an_unknown_certificate_is_asked_about_and_pinned() {
    let fingerprint = Fingerprint::of(b"a certificate");
    let mut stage = submitted(Tab::LogIn);
    stage.network(NetworkEvent::CertificateUnknown { fingerprint });
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::CertificateUnknown { .. })));
    stage.press(KeyCode::Enter);
    assert!(
        stage
            .done
            .iter()
            .any(|effect| matches!(effect, Effect::Pin { server, .. } if server == "chat.example.org:6697"))
    );
    assert!(matches!(stage.done.last(), Some(Effect::Connect { pin: Some(pin), .. }) if *pin == fingerprint));
    let mut stage = submitted(Tab::LogIn);
    stage.network(NetworkEvent::CertificateUnknown { fingerprint });
    stage.press(KeyCode::Esc);
    assert!(!stage.field_error(FieldId::Server).is_empty());
    let mut stage = submitted(Tab::LogIn);
    stage.network(NetworkEvent::CertificateChanged { pinned: fingerprint, got: fingerprint });
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::CertificateChanged { .. })));
    stage.press(KeyCode::Enter);
    stage.wait(600_000);
    assert_eq!(stage.done.iter().filter(|effect| matches!(effect, Effect::Connect { .. })).count(), 1);
}

#[test]
fn a_refused_token_is_forgotten_and_the_form_comes_back() {
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), Stage::remembered());
    stage.event(Event::Start);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":s 904 * :no"]);
    assert!(stage.done.iter().any(|effect| matches!(effect, Effect::Forget { .. })));
    assert_eq!((stage.model.screen, stage.model.form.tab), (Screen::Form, Tab::LogIn));
    assert_eq!(stage.model.form.field(FieldId::Name).edit.text(), "ann");
    assert!(stage.model.remembered.logins.is_empty());
}

#[test]
fn passwords_are_in_no_debug_output() {
    let stage = submitted(Tab::Register);
    assert!(!format!("{:?}", stage.model).contains("a long password"));
    assert!(!format!("{:?}", stage.done).contains("a long password"));
}

/// The log-in side filled in for the guest `ann`, submitted, and connected.
fn coming_as_a_guest() -> Stage {
    let mut stage = Stage::new();
    stage.event(Event::Start);
    stage.control('t');
    stage.fill(FieldId::Name, "ann");
    stage.model.form.field_mut(FieldId::Server).edit.take();
    stage.press(KeyCode::Enter);
    assert!(!stage.field_error(FieldId::Password).is_empty(), "one's own server has no guests");
    stage.fill(FieldId::Server, "irc.example.org");
    stage.press(KeyCode::Enter);
    stage.connect();
    stage.lines(&[":s CAP * LS :server-time"]);
    stage.acknowledge();
    stage
}

#[test]
fn without_a_password_one_comes_in_as_a_guest() {
    let mut stage = coming_as_a_guest();
    assert_eq!(stage.sent.last().unwrap(), "CAP END");
    stage.welcome();
    assert_eq!(stage.model.screen, Screen::Chat);
    assert!(stage.sent.iter().all(|line| !line.starts_with("AUTHENTICATE") && !line.starts_with("DEVICE")));
}

#[test]
fn a_guest_keeps_one_log_also_while_the_name_is_taken() {
    for nick in ["ann", "ann_"] {
        let mut stage = coming_as_a_guest();
        if nick == "ann_" {
            stage.lines(&[":n 433 * ann :Nickname is already in use"]);
        }
        stage.lines(&[&format!(":n 001 {nick} :Welcome"), &format!(":n 422 {nick} :No MOTD")]);
        stage.lines(&[&format!(":{nick}!a@h JOIN #tea"), ":bob!b@h PRIVMSG #tea :hello"]);
        let log = stage.done.iter().find_map(|effect| match effect {
            Effect::Log { log, .. } => Some((log.account.clone(), log.target.clone())),
            _ => None,
        });
        assert_eq!(log, Some(("ann".to_owned(), "#tea".to_owned())));
    }
}

#[test]
fn a_guest_is_told_that_an_account_is_needed() {
    let mut stage = coming_as_a_guest();
    stage.lines(&[
        ":s 001 ann :Welcome",
        ":s 005 ann draft/ACCOUNTREQUIRED NETWORK=x :are supported by this server",
        ":s 422 ann :MOTD File is missing",
    ]);
    assert_eq!(stage.model.screen, Screen::Form);
    assert!(stage.field_error(FieldId::Password).contains("account"), "{}", stage.field_error(FieldId::Password));
    let mut stage = coming_as_a_guest();
    stage.lines(&["FAIL * ACCOUNT_REQUIRED :You need an account"]);
    assert!(stage.field_error(FieldId::Password).contains("account"));
}

#[test]
fn a_guest_needs_no_capabilities() {
    let mut stage = coming_as_a_guest();
    stage.lose();
    stage.press(KeyCode::Enter);
    stage.connect();
    stage.lines(&[":s 421 ann CAP :Unknown command"]);
    stage.welcome();
    assert_eq!(stage.model.screen, Screen::Chat);
}

/// A server that makes accounts for those only who have an invitation.
fn by_invitation(stage: &mut Stage) {
    stage.connect();
    let caps = OWN_CAPS.replace("=before-connect", "=before-connect,chat-tui/invitation");
    stage.lines(&[&caps]);
    stage.acknowledge();
}

#[test]
fn the_form_has_a_field_for_an_invitation_once_a_server_asks_for_one() {
    let mut stage = Stage::new();
    stage.event(Event::Start);
    let fields = |stage: &Stage| stage.model.form.fields().len();
    assert_eq!(fields(&stage), 4);
    stage.fill(FieldId::Name, "ann");
    stage.fill(FieldId::Password, "a long password");
    stage.fill(FieldId::PasswordAgain, "a long password");
    stage.press(KeyCode::Enter);
    by_invitation(&mut stage);
    // Nothing was asked of the server that it would have refused.
    assert!(!stage.take_sent().iter().any(|line| line.starts_with("REGISTER")));
    assert_eq!(fields(&stage), 5);
    assert!(stage.field_error(FieldId::Invitation).contains("invitation"));
    stage.type_text(" wrong-code ");
    stage.press(KeyCode::Enter);
    by_invitation(&mut stage);
    assert!(stage.take_sent().contains(&"REGISTER ann wrong-code :a long password".to_owned()));
    stage.lines(&[":s FAIL REGISTER INVALID_INVITATION ann :It does not count"]);
    assert!(stage.field_error(FieldId::Invitation).contains("used already"));
    // What was typed stays, to be corrected.
    assert_eq!(stage.model.form.field(FieldId::Password).edit.text(), "a long password");
    // On the side of the log-in there is no such field, and the code is told to no other server.
    stage.model.form.switch_tab();
    assert_eq!(fields(&stage), 3);
    stage.model.form.switch_tab();
    stage.press(KeyCode::Enter);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    assert!(stage.take_sent().contains(&"REGISTER ann * :a long password".to_owned()));
    stage.lines(&[":s REGISTER SUCCESS ann :done", ":s 900 ann ann!ann@cloak ann :in"]);
    stage.welcome();
    assert_eq!(stage.model.form.field(FieldId::Invitation).edit.text(), "");
}

#[test]
fn what_is_recorded_is_said_for_certain_only_of_our_own_kind_of_server() {
    let mut stage = Stage::new();
    let told = |stage: &mut Stage, server: &str| {
        stage.model.form = Form::new(server, "ann", Tab::LogIn);
        let id = stage.model.form.recorded_text_id(false);
        stage.model.texts.get(id).into_owned()
    };
    for server in ["", "local", "/run/chat-server/chat-server.sock"] {
        assert!(told(&mut stage, server).starts_with("Recorded on the server: "), "{server}");
    }
    for server in ["irc.libera.chat", "localhost:6667", "no server"] {
        assert!(told(&mut stage, server).starts_with("If it is a chat-server, "), "{server}");
    }
}

#[test]
fn a_pasted_password_that_does_not_fit_says_so() {
    let mut stage = Stage::new();
    stage.model.form = Form::new("chat.example.org", "ann", Tab::Register);
    stage.event(Event::Paste("x".repeat(2_000)));
    assert!(stage.field_error(FieldId::Password).contains("too long"));
    stage.control('u');
    stage.event(Event::Paste("a long password\n".to_owned()));
    assert_eq!(stage.field_error(FieldId::Password), "");
}

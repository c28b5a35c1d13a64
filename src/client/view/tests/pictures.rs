//! Every screen and every overlay, at every size.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::golden::golden;
use super::models::{changed_certificate, chat, form, reading};
use crate::client::chat::{apply, reports};
use crate::client::connection::{LoginStep, Status};
use crate::client::conversation::Replying;
use crate::client::entry::{Entry, EntryKind, Quote};
use crate::client::event::{Effects, Event, Moment};
use crate::client::form::{FieldId, Tab};
use crate::client::model::{Model, Screen};
use crate::client::overlay::{AddressQuestion, HelpPart, KeepQuestion, Overlay, RedactQuestion};
use crate::client::panel::Section;
use crate::client::picker::Purpose;
use crate::client::session::Output;
use crate::client::session::fact::Report;
use crate::client::switcher;
use crate::client::update::update;
use crate::ground::texts::Language;
use crate::ground::tls::Fingerprint;

/// The sizes at which every screen and every overlay is looked at.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

/// Presses keys one after the other.
pub(super) fn press(model: &mut Model, keys: &[(KeyCode, KeyModifiers)]) {
    for (code, modifiers) in keys {
        update(model, Event::Key(KeyEvent::new(*code, *modifiers)), Moment::default(), &mut Effects::default());
    }
}

/// Every screen and every overlay, by its name.
pub(super) fn pictures(language: Language) -> Vec<(&'static str, Model)> {
    let mut pictures =
        vec![("form_register", form(language, Tab::Register)), ("form_login", form(language, Tab::LogIn))];
    let mut invited = form(language, Tab::Register);
    let sentence = invited.texts.get("form-error-invitation-required").into_owned();
    invited.form.fail(FieldId::Invitation, sentence);
    pictures.push(("form_invitation", invited));
    let mut connecting = form(language, Tab::LogIn);
    connecting.server.connection.status = Status::LoggingIn(LoginStep::Authenticating);
    pictures.push(("form_connecting", connecting));
    let (server, fingerprint) = ("chat.example.org:6697".to_owned(), Fingerprint::of(b"now"));
    let unknown = Overlay::CertificateUnknown { server, fingerprint };
    for (name, question) in [("ask_certificate", unknown), ("ask_certificate_changed", changed_certificate())] {
        let mut asked = form(language, Tab::LogIn);
        asked.overlays.push(question);
        pictures.push((name, asked));
    }
    let mut keeping = chat(language);
    let (address, account) = ("irc.example.net:6697".to_owned(), "Romain".to_owned());
    let question = KeepQuestion { server: keeping.server.id, address, account, has_keyring: true };
    keeping.overlays.push(Overlay::KeepPassword(question));
    pictures.push(("ask_keep", keeping));
    pictures.push(("chat", chat(language)));
    let mut add = |name, change: &mut dyn FnMut(&mut Model)| {
        let mut model = reading(language);
        change(&mut model);
        pictures.push((name, model));
    };
    let none = KeyModifiers::NONE;
    add("reading", &mut |_| {});
    let offer = |model: &mut Model, capabilities: &str| {
        let (now, mut out) = (Moment::default(), Output::default());
        model.server.session.receive(&format!(":s CAP * ACK :{capabilities}"), now, &mut out);
    };
    add("chosen", &mut |model| {
        offer(model, "message-tags draft/message-redaction");
        press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none)]);
    });
    add("answering", &mut |model| {
        let quote = Quote { author: "mlk".to_owned(), text: "the new client".to_owned() };
        model.conversations.current_mut().unwrap().replying = Some(Replying { msgid: "m1".into(), quote });
    });
    add("switcher", &mut |model| {
        press(model, &[(KeyCode::Char('k'), KeyModifiers::CONTROL), (KeyCode::Char('m'), none)])
    });
    add("palette", &mut |model| press(model, &[(KeyCode::Char('x'), KeyModifiers::ALT)]));
    add("reactions", &mut |model| switcher::open(model, Purpose::React("m1".into())));
    add("links", &mut |model| {
        let time = model.conversations.current().unwrap().buffer.newest().unwrap().time;
        let text =
            "https://example.org/first, then https://example.org/a/rather/long/way/to/the/second.html?with=words";
        let entry = Entry::new(EntryKind::Message, "plk", text, time);
        model.conversations.current_mut().unwrap().buffer.push_live(entry);
        press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none), (KeyCode::Char('o'), none)]);
    });
    add("search", &mut |model| {
        press(
            model,
            &[(KeyCode::Char('f'), KeyModifiers::CONTROL), (KeyCode::Char('e'), none), (KeyCode::Char('r'), none)],
        );
    });
    add("search_everywhere", &mut |model| {
        press(model, &[(KeyCode::Char('f'), KeyModifiers::CONTROL), (KeyCode::Tab, none), (KeyCode::Char('e'), none)]);
    });
    add("completion", &mut |model| {
        model.conversations.current_mut().unwrap().composer.edit.set("/n");
        press(model, &[(KeyCode::Tab, none)]);
    });
    add("ask_paste", &mut |model| {
        model.conversations.current_mut().unwrap().composer.edit.set("");
        let text: String =
            (1..=200).map(|number| format!("line {number} of a log that somebody has copied\n")).collect();
        update(model, Event::Paste(text), Moment::default(), &mut Effects::default());
    });
    add("help", &mut |model| model.overlays.toggle_help(HelpPart::Keys));
    add("ask_address", &mut |model| {
        model.overlays.push(Overlay::Address(AddressQuestion {
            address: "192.168.1.30".to_owned(),
            code: "k7f3".to_owned(),
            explanation: "Somebody tried to log in as Romain.".to_owned(),
        }));
    });
    add("ask_resend", &mut |model| model.overlays.push(Overlay::Resend { count: 3 }));
    add("ask_withdraw", &mut |model| {
        model.overlays.push(Overlay::Redact(RedactQuestion {
            target: "#general".to_owned(),
            msgid: "m6".into(),
            author: "Romain".to_owned(),
            excerpt: "red and bold".to_owned(),
        }));
    });
    add("report", &mut |model| {
        offer(model, "chat-tui/report");
        press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none), (KeyCode::Char('!'), none)]);
    });
    add("ask_report", &mut |model| {
        offer(model, "chat-tui/report");
        press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none), (KeyCode::Char('!'), none)]);
        press(model, &[(KeyCode::Down, none), (KeyCode::Enter, none)]);
    });
    add("reported", &mut |model| {
        let reason = "insults or harassment".to_owned();
        let [by, author, target, msgid] = ["eve", "mlk", "#general", "m1"].map(str::to_owned);
        let report = Report { by, author, target, msgid, reason };
        reports::arrived(model, &report, &mut Effects::default());
        let id = model.server_conversation().id;
        model.conversations.show(id);
    });
    let told = |model: &mut Model, lines: &[&str]| {
        let (now, mut out) = (Moment::default(), Output::default());
        for line in lines {
            model.server.session.receive(line, now, &mut out);
        }
        for fact in out.facts {
            apply(model, fact, &mut Effects::default());
        }
    };
    let inspected = |model: &mut Model| {
        told(model, LOGGED_IN);
        press(model, &[(KeyCode::Char('o'), KeyModifiers::ALT)]);
        told(model, INSPECTED);
    };
    add("panel_asked", &mut |model| {
        told(model, LOGGED_IN);
        press(model, &[(KeyCode::Char('o'), KeyModifiers::ALT)]);
    });
    add("panel", &mut |model| inspected(model));
    add("panel_refused", &mut |model| {
        inspected(model);
        told(model, &[":s INSPECT FIGURE journal_stalled 1"]);
        told(model, INSPECTED);
        press(model, &[(KeyCode::Tab, none), (KeyCode::Down, none)]);
        told(model, &[":s BAN DONE ADD 203.0.113.9 :Done."]);
    });
    add("panel_act", &mut |model| {
        inspected(model);
        press(model, &[(KeyCode::Down, none), (KeyCode::Enter, none)]);
    });
    add("panel_confirm", &mut |model| {
        inspected(model);
        press(model, &[(KeyCode::Down, none), (KeyCode::Enter, none), (KeyCode::Char('m'), none)]);
        press(model, &[(KeyCode::Down, none), (KeyCode::Enter, none)]);
    });
    pictures
}

/// What a server says to an operator who comes in.
const LOGGED_IN: &[&str] = &[
    ":s CAP * LS :sasl=EXTERNAL chat-tui/inspect",
    ":s CAP * ACK :chat-tui/inspect sasl",
    "AUTHENTICATE +",
    ":s 903 Romain :in",
    ":s 001 Romain :Welcome",
    ":s 422 Romain :No MOTD",
];
/// What a server tells an operator.
const INSPECTED: &[&str] = &[
    ":s INSPECT FIGURE connections 5",
    ":s INSPECT FIGURE mailbox 3",
    ":s INSPECT FIGURE outbox_bytes 70000",
    ":s INSPECT FIGURE outbox_bytes_largest 65536",
    ":s INSPECT FIGURE journal_waiting 12",
    ":s INSPECT FIGURE commit_p50_micros 500",
    ":s INSPECT FIGURE commit_p99_micros 5000",
    ":s INSPECT FIGURE query_p50_micros 0",
    ":s INSPECT FIGURE delivery_p99_micros 10000",
    ":s INSPECT FIGURE accounts_online 2",
    ":s INSPECT FIGURE sessions_guest 1",
    ":s INSPECT FIGURE sessions_unwelcomed 1",
    ":s INSPECT FIGURE channels 2",
    ":s INSPECT SESSION 9 * * unwelcomed plain 203.0.113.9 50000 2022-09-18T12:06:50.000Z 2 0 :",
    ":s INSPECT SESSION 8 mlk mlk account tls 192.0.2.7 64917 2022-09-18T12:00:00.000Z 75 65536 :#general,#annonces",
    ":s INSPECT SESSION 7 zoe * guest tls 2001:db8::1 443 2022-09-18T11:00:00.000Z 7200 0 :#general",
    ":s INSPECT SESSION 3 日本太郎 日本太郎 account tls 198.51.100.20 1234 2022-09-16T12:00:00.000Z 180000 4464 :#general",
    ":s INSPECT SESSION 1 serveur * operator unix 127.0.0.1 0 2022-09-10T08:00:00.000Z 0 0 :",
    ":s INSPECT REFUSAL 2022-09-18T12:06:30.000Z root 203.0.113.9 LOGIN password",
    ":s INSPECT REFUSAL 2022-09-18T12:05:00.000Z mlk 203.0.113.9 LOGIN address",
    ":s INSPECT REFUSAL 2022-09-18T12:04:00.000Z zoe 2001:db8::1 PRIVMSG MUTED",
    ":s INSPECT END 5 5 :That is all.",
];

/// A list of an enumeration's variants, and which of them a value is: a new one does not compile until it stands in the list.
macro_rules! variants {
    ($all:ident, $name:ident, $enumeration:ident: $($variant:ident)*) => {
        const $all: &[&str] = &[$(concat!(stringify!($enumeration), "::", stringify!($variant))),*];

        fn $name(value: &$enumeration) -> &'static str {
            match value {
                $($enumeration::$variant { .. } => concat!(stringify!($enumeration), "::", stringify!($variant)),)*
            }
        }
    };
}

variants!(SCREENS, screen_name, Screen: Form Chat);
variants!(TABS, tab_name, Tab: Register LogIn);
variants!(SECTIONS, section_name, Section: Sessions Refusals);
variants!(PURPOSES, purpose_name, Purpose: Switch Command React Report Operate Confirm Open Search);
variants!(
    OVERLAYS,
    overlay_name,
    Overlay: Help Address CertificateUnknown CertificateChanged KeepPassword Redact Report Paste Resend
);

/// What of all that can be shown a model shows.
fn shown(model: &Model) -> Vec<&'static str> {
    let mut shown = vec![screen_name(&model.screen)];
    shown.extend((model.screen == Screen::Form).then(|| tab_name(&model.form.tab)));
    shown.extend(model.panel.as_ref().map(|panel| section_name(&panel.section)));
    shown.extend(model.picker.as_ref().map(|picker| purpose_name(&picker.purpose)));
    shown.extend(model.overlays.shown().map(overlay_name));
    shown
}

#[test]
fn nothing_that_can_be_shown_is_without_a_picture() {
    let pictures = pictures(Language::English);
    let seen: Vec<&str> = pictures.iter().flat_map(|(_, model)| shown(model)).collect();
    for name in [SCREENS, TABS, SECTIONS, PURPOSES, OVERLAYS].concat() {
        assert!(seen.contains(&name), "no picture shows {name}");
    }
    // Who takes a picture out of the list takes its files away, too.
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens");
    let beside = ["ask_certificate_changed_end", "chat_fr_top", "form_register_taken", "form_login_refused_fr"];
    for file in std::fs::read_dir(directory).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.rsplit_once('-').map_or(file.as_str(), |(name, _)| name);
        let is_listed = |name: &str| pictures.iter().any(|(known, _)| *known == name);
        let is_known = is_listed(name) || name.strip_suffix("_fr").is_some_and(is_listed) || beside.contains(&name);
        assert!(is_known, "nothing draws {file}");
    }
}

#[test]
fn every_screen_and_every_overlay_at_every_size() {
    for (name, mut model) in pictures(Language::English) {
        for (columns, rows) in SIZES {
            golden(name, &mut model, columns, rows);
        }
    }
}

/// French is longer than English: what is new is looked at where there is least room.
#[test]
fn overlays_in_french_on_small_screens() {
    const LOOKED_AT: &[&str] = &[
        "chosen",
        "switcher",
        "links",
        "search",
        "completion",
        "ask_address",
        "ask_certificate",
        "ask_certificate_changed",
        "ask_keep",
        "ask_paste",
        "ask_resend",
        "ask_withdraw",
        "reactions",
        "report",
        "ask_report",
        "form_invitation",
        "panel",
        "panel_refused",
        "panel_act",
        "panel_confirm",
    ];
    for (name, mut model) in pictures(Language::French) {
        if LOOKED_AT.contains(&name) {
            for (columns, rows) in &SIZES[..2] {
                golden(&format!("{name}_fr"), &mut model, *columns, *rows);
            }
        }
    }
}

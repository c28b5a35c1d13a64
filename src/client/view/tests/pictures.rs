//! Every screen and every overlay, at every size.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{SIZES, changed_certificate, form, golden, reading};
use crate::client::chat::reports;
use crate::client::conversation::Replying;
use crate::client::entry::Quote;
use crate::client::event::{Effects, Event, Moment};
use crate::client::form::{FieldId, Tab};
use crate::client::model::Model;
use crate::client::overlay::{AddressQuestion, Overlay, RedactQuestion};
use crate::client::picker::Purpose;
use crate::client::session::Output;
use crate::client::session::fact::Report;
use crate::client::switcher;
use crate::client::update::update;
use crate::ground::texts::Language;
use crate::ground::tls::Fingerprint;

/// Every screen and every overlay, by its name.
pub(super) fn pictures(language: Language) -> Vec<(&'static str, Model)> {
    let mut pictures =
        vec![("form_register", form(language, Tab::Register)), ("form_login", form(language, Tab::LogIn))];
    let mut invited = form(language, Tab::Register);
    let sentence = invited.texts.get("form-error-invitation-required").into_owned();
    invited.form.fail(FieldId::Invitation, sentence);
    pictures.push(("form_invitation", invited));
    let mut add = |name, change: &mut dyn FnMut(&mut Model)| {
        let mut model = reading(language);
        change(&mut model);
        pictures.push((name, model));
    };
    let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
    let press = |model: &mut Model, events: &[(KeyCode, KeyModifiers)]| {
        for (code, modifiers) in events {
            update(model, key(*code, *modifiers), Moment::default(), &mut Effects::default());
        }
    };
    let none = KeyModifiers::NONE;
    add("reading", &mut |_| {});
    add("chosen", &mut |model| press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none)]));
    add("answering", &mut |model| {
        let quote = Quote { author: "mlk".to_owned(), text: "the new client".to_owned() };
        model.conversations.current_mut().unwrap().replying = Some(Replying { msgid: "m1".into(), quote });
    });
    add("switcher", &mut |model| {
        press(model, &[(KeyCode::Char('k'), KeyModifiers::CONTROL), (KeyCode::Char('m'), none)])
    });
    add("palette", &mut |model| press(model, &[(KeyCode::Char('x'), KeyModifiers::ALT)]));
    add("reactions", &mut |model| switcher::open(model, Purpose::React("m1".into())));
    add("search", &mut |model| {
        press(
            model,
            &[(KeyCode::Char('f'), KeyModifiers::CONTROL), (KeyCode::Char('e'), none), (KeyCode::Char('r'), none)],
        );
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
    add("help", &mut |model| model.overlays.toggle_help());
    add("ask_address", &mut |model| {
        model.overlays.push(Overlay::Address(AddressQuestion {
            address: "192.168.1.30".to_owned(),
            code: "k7f3".to_owned(),
            explanation: "Somebody tried to log in as Romain.".to_owned(),
        }));
    });
    add("ask_certificate", &mut |model| {
        let (server, fingerprint) = ("chat.example.org:6697".to_owned(), Fingerprint::of(b"now"));
        model.overlays.push(Overlay::CertificateUnknown { server, fingerprint });
    });
    add("ask_certificate_changed", &mut |model| model.overlays.push(changed_certificate()));
    add("ask_resend", &mut |model| model.overlays.push(Overlay::Resend { count: 3 }));
    add("ask_withdraw", &mut |model| {
        model.overlays.push(Overlay::Redact(RedactQuestion {
            target: "#general".to_owned(),
            msgid: "m6".into(),
            author: "Romain".to_owned(),
            excerpt: "red and bold".to_owned(),
        }));
    });
    let report = |model: &mut Model| {
        let (now, mut out) = (Moment::default(), Output::default());
        model.server.session.receive(":s CAP * ACK :chat-tui/report", now, &mut out);
    };
    add("report", &mut |model| {
        report(model);
        press(model, &[(KeyCode::Up, KeyModifiers::SHIFT), (KeyCode::Up, none), (KeyCode::Char('!'), none)]);
    });
    add("ask_report", &mut |model| {
        report(model);
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
    pictures
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
        "search",
        "completion",
        "ask_paste",
        "ask_resend",
        "ask_withdraw",
        "reactions",
        "report",
        "ask_report",
        "form_invitation",
    ];
    for (name, mut model) in pictures(Language::French) {
        if LOOKED_AT.contains(&name) {
            for (columns, rows) in &SIZES[..2] {
                golden(&format!("{name}_fr"), &mut model, *columns, *rows);
            }
        }
    }
}

//! The form and the conversations in states of their own.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Cell;

use super::draw;
use super::golden::golden;
use super::models::{changed_certificate, chat, form};
use super::pictures::{pictures, press};
use crate::client::bindings::{Action, Context};
use crate::client::connection::Status;
use crate::client::form::{FieldId, Tab};
use crate::client::overlay::Overlay;
use crate::client::view::theme::{Depth, Theme};
use crate::ground::texts::Language;

#[test]
fn the_form_with_what_the_server_refused() {
    let mut model = form(Language::English, Tab::Register);
    model.form.fail(FieldId::Name, "This name is taken.".to_owned());
    model.server.connection.status = Status::Refused { reason: "This name is taken.".to_owned() };
    golden("form_register_taken", &mut model, 80, 24);
    golden("form_register_taken", &mut model, 20, 5);
    let mut model = form(Language::French, Tab::LogIn);
    model.form.error = Some("Identifiant, mot de passe ou adresse incorrects.".to_owned());
    golden("form_login_refused_fr", &mut model, 80, 24);
    golden("form_login_refused_fr", &mut model, 40, 12);
}

#[test]
fn conversations_in_french_scrolled_back() {
    let mut model = chat(Language::French);
    let general = model.conversations.current_mut().unwrap();
    general.buffer.scroll_to_top();
    model.server.connection.status = Status::Waiting { until_millis: 0, reason: "connexion refusée".to_owned() };
    golden("chat_fr_top", &mut model, 80, 12);
}

/// The narrowest window in which anything is shown.
#[test]
fn conversations_where_there_is_hardly_room() {
    golden("chat", &mut chat(Language::English), 20, 5);
}

#[test]
fn a_remark_is_shown_to_its_end_where_there_is_room() {
    let remark = "Only your own messages can be withdrawn, or any by the operators.";
    let mut model = chat(Language::English);
    model.remark = Some(remark.to_owned());
    for columns in [70, 80, 100] {
        let (cells, _) = draw(&mut model, columns, 24, Theme::new(Depth::Many));
        let text: String = cells.content().iter().map(Cell::symbol).collect();
        assert!(text.contains(remark), "{columns} columns");
    }
}

/// The way back is named on the smallest screen as well, in both languages.
#[test]
fn a_question_names_every_answer() {
    for language in [Language::English, Language::French] {
        for (name, mut model) in pictures(language) {
            let Some(shown) = model.overlays.shown().filter(|shown| !matches!(shown, Overlay::Help(_))) else {
                continue;
            };
            let answers = match shown {
                Overlay::Paste { .. } => [Some(Action::Accept), Some(Action::Refuse), Some(Action::Edit)],
                Overlay::CertificateChanged { .. } => [None, Some(Action::Refuse), None],
                _ => [Some(Action::Accept), Some(Action::Refuse), None],
            };
            for columns in [40, 50, 60, 80] {
                let (cells, _) = draw(&mut model, columns, 12, Theme::new(Depth::Many));
                let text: String = cells.content().iter().map(Cell::symbol).collect();
                for action in answers.into_iter().flatten() {
                    let chord = model.settings.keymap.chord(Context::Question, action).unwrap();
                    let key = format!(" {} ", chord.name(&model.texts));
                    assert!(text.contains(&key), "{name}, {language:?}, {columns} columns: {key}\n{cells:?}");
                }
            }
        }
    }
}

/// What warns of somebody who listens in has its end on the smallest screen as well.
#[test]
fn a_question_that_is_higher_than_the_screen_scrolls() {
    let mut model = form(Language::English, Tab::LogIn);
    model.overlays.push(changed_certificate());
    let page_down = (KeyCode::PageDown, KeyModifiers::NONE);
    press(&mut model, &[page_down; 5]);
    golden("ask_certificate_changed_end", &mut model, 40, 12);
    let end = model.overlays.first_row();
    press(&mut model, &[(KeyCode::Up, KeyModifiers::NONE)]);
    assert_eq!(model.overlays.first_row(), end - 1, "what was scrolled too far is not scrolled back first");
    press(&mut model, &[(KeyCode::Esc, KeyModifiers::NONE)]);
    assert_eq!((model.overlays.shown(), model.overlays.first_row()), (None, 0));
}

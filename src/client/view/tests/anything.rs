//! No text, no size and no state panics.

use proptest::prelude::*;
use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;

use super::models::{at, changed_certificate, chat, form, message};
use super::{draw, view};
use crate::client::connection::Status;
use crate::client::entry::EntryKind;
use crate::client::event::ServerId;
use crate::client::form::{FieldId, Tab};
use crate::client::model::Model;
use crate::client::overlay::{HelpPart, Overlay};
use crate::client::panel::Panel;
use crate::client::session::fact::{Inspected, RefusalRow, SessionRow};
use crate::client::view::theme::{Depth, Theme};
use crate::ground::texts::Language;

/// A panel in which these texts stand wherever a text may stand.
fn panel(name: &str, draft: &str, texts: &[String], is_switched: bool) -> Panel {
    let mut panel = Panel::new(ServerId(0), 0);
    panel.filter.paste(draft);
    let time = at("2022-09-18T12:00:00.000Z");
    for (number, text) in (0..).zip(texts) {
        let [nick, kind, address, command] = [name, text, text, name].map(str::to_owned);
        let (port, code, transport) = (text.clone(), text.clone(), name.to_owned());
        panel.take(Inspected::Figure("mailbox".to_owned(), number));
        panel.take(Inspected::Refusal(RefusalRow {
            time,
            name: name.to_owned(),
            address: text.clone(),
            command,
            code,
        }));
        let (account, channels) = (Some(text.clone()), vec![name.to_owned(); 3]);
        let (since, idle_seconds, queued_bytes) = (time, number, number);
        let row = SessionRow {
            number,
            nick,
            account,
            kind,
            transport,
            address,
            port,
            since,
            idle_seconds,
            queued_bytes,
            channels,
        };
        panel.take(Inspected::Session(row));
    }
    panel.take(Inspected::End(7));
    panel.step(2);
    if is_switched {
        panel.switch();
        panel.note = Some(name.to_owned());
    }
    panel
}

/// Any model that is worth a picture.
fn models() -> impl Strategy<Value = Model> {
    let language = prop_oneof![Just(Language::English), Just(Language::French)];
    let texts = proptest::collection::vec(any::<String>(), 0..8);
    (language, texts, any::<String>(), any::<String>(), 0..11u8, -30..5i32).prop_map(
        |(language, texts, name, draft, variant, scroll)| {
            let mut model = if variant < 3 { form(language, Tab::Register) } else { chat(language) };
            for id in [FieldId::Server, FieldId::Name, FieldId::Password] {
                model.form.field_mut(id).edit.paste(&draft);
                model.form.field_mut(id).error = (variant == 1).then(|| name.clone());
            }
            model.form.error = (variant == 2).then(|| draft.clone());
            model.server.connection.status = Status::Refused { reason: name.clone() };
            if let Some(conversation) = model.conversations.current_mut() {
                conversation.topic.clone_from(&name);
                conversation.composer.edit.paste(&draft);
                for text in &texts {
                    conversation.buffer.push_live(message(&name, text, "2022-09-18T12:00:00.000Z"));
                    conversation.buffer.push_remark(EntryKind::Gap, text, at("2022-09-18T12:00:00.000Z"));
                }
                conversation.buffer.scroll_rows(scroll);
            }
            match variant {
                0 | 4 => model.overlays.toggle_help(HelpPart::Keys),
                5 => model.overlays.push(changed_certificate()),
                6 => model.overlays.push(Overlay::Resend { count: 3 }),
                1 => model.form.fail(FieldId::Invitation, name.clone()),
                9 | 10 => model.panel = Some(panel(&name, &draft, &texts, variant == 10)),
                _ => {}
            }
            model
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_size_and_no_text_panics(mut model in models(), columns in 1u16..130, rows in 1u16..45) {
        draw(&mut model, columns, rows, Theme::new(Depth::Many));
    }

    #[test]
    fn no_small_size_panics(mut model in models(), columns in 1u16..12, rows in 1u16..8) {
        draw(&mut model, columns, rows, Theme::new(Depth::Sixteen));
    }
}

#[test]
fn a_screen_that_has_shrunk_since_does_no_harm() {
    let mut model = chat(Language::English);
    model.size = (120, 40);
    let mut view = view(Depth::Many);
    view.layout(&mut model);
    view.draw(&model, &mut Cells::empty(Rect::new(0, 0, 30, 8)));
}

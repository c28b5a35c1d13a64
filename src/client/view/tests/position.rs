//! What is read stays where it is.

use proptest::prelude::*;

use super::models::{at, chat, message};
use super::view;
use crate::client::buffer::Place;
use crate::client::comings::Coming;
use crate::client::model::Model;
use crate::client::view::theme::Depth;
use crate::ground::texts::Language;

/// What happens to a conversation while somebody reads in it.
#[derive(Clone, Debug)]
enum Happening {
    Said,
    Older(u8),
    Resized(u16, u16),
    Came,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        Just(Happening::Said),
        (1..40u8).prop_map(Happening::Older),
        (40..200u16, 8..60u16).prop_map(|(columns, rows)| Happening::Resized(columns, rows)),
        Just(Happening::Came),
    ];
    proptest::collection::vec(one, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is said below, loaded above or made of the window: the row at the pane's lower edge stays where it is.
    #[test]
    fn what_is_read_never_jumps(happenings in happenings(), up in 1..40i32) {
        let mut model = chat(Language::English);
        let general = model.conversations.current_mut().unwrap();
        for number in 0..120 {
            let text = format!("message {number} {}", "word ".repeat(number % 40));
            general.buffer.push_live(message("mlk", &text, "2022-09-18T12:00:00.000Z"));
        }
        model.size = (100, 30);
        let mut view = view(Depth::None);
        view.layout(&mut model);
        model.conversations.current_mut().unwrap().buffer.scroll_rows(-up - 40);
        view.layout(&mut model);
        let read = |model: &Model| model.pane.rows.first().map(|row| row.key);
        let before = read(&model);
        let mut older = 0;
        for happening in happenings {
            let texts = model.texts.clone();
            let general = model.conversations.current_mut().unwrap();
            match happening {
                Happening::Said => _ = general.buffer.push_live(message("plk", "more", "2022-09-18T13:00:00.000Z")),
                Happening::Older(count) => {
                    let oldest = general.buffer.oldest().unwrap().key();
                    let page = (0..count).map(|number| {
                        older += 1;
                        let mut entry = message("plk", "older", "2020-09-18T13:00:00.000Z");
                        entry.msgid = Some(format!("old{older}x{number}").into());
                        entry
                    });
                    let page: Vec<_> = page.collect();
                    general.buffer.insert_page(page, Place::Before(oldest));
                }
                Happening::Resized(columns, rows) => model.size = (columns, rows),
                Happening::Came => {
                    general.buffer.push_coming("zoe", &Coming::Came, "zoe", &texts, at("2022-09-18T13:00:00.000Z"));
                }
            }
            view.layout(&mut model);
            prop_assert_eq!(read(&model), before);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// At some sizes there is too little above, and another row stands at the lower edge; afterwards the old one is back.
    #[test]
    fn whatever_size_was_in_between_the_row_is_back(
        sizes in proptest::collection::vec((40..200u16, prop_oneof![8..60u16, Just(55)]), 1..12),
    ) {
        let mut model = chat(Language::English);
        let general = model.conversations.current_mut().unwrap();
        for number in 0..60 {
            let text = format!("message {number} {}", "word ".repeat(number % 7));
            general.buffer.push_live(message("mlk", &text, "2022-09-18T12:00:00.000Z"));
        }
        model.size = (100, 30);
        let mut view = view(Depth::None);
        view.layout(&mut model);
        model.conversations.current_mut().unwrap().buffer.scroll_rows(-24);
        view.layout(&mut model);
        let before = model.pane.rows.first().map(|row| row.key);
        for size in sizes.into_iter().chain([(100, 30)]) {
            model.size = size;
            // A size may be drawn more than once.
            view.layout(&mut model);
            view.layout(&mut model);
        }
        prop_assert_eq!(model.pane.rows.first().map(|row| row.key), before);
    }
}

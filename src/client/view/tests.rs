//! Pictures of models: a few goldens with styles, and every size without a panic.

use std::fmt::Write as _;
use std::path::Path;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer as Cells, Cell, CellWidth as _};
use ratatui::style::Color;

use super::View;
use super::dates::Zone;
use super::theme::{Depth, Theme};
use crate::client::annotation::{Annotation, Note, Redaction};
use crate::client::buffer::Place;
use crate::client::comings::Coming;
use crate::client::config::{Choices, Mode, Settings};
use crate::client::connection::{Credentials, LoginStep, Proof, Status};
use crate::client::conversation::{ConversationKind, Membership};
use crate::client::entry::{Entry, EntryKind, Fate, Reply};
use crate::client::event::{Effect, Effects, Event, Moment, Security, ServerId};
use crate::client::form::{FieldId, Form, Tab};
use crate::client::links::Links;
use crate::client::members::Member;
use crate::client::model::{Model, Remembered, Screen, Start};
use crate::client::overlay::{AddressQuestion, Overlay};
use crate::client::panel::Panel;
use crate::client::reactions::Reactor;
use crate::client::session::fact::{Inspected, RefusalRow, SessionRow, TypingState};
use crate::client::session::{Opening, Output};
use crate::client::update::update;
use crate::ground::texts::{Language, Texts};
use crate::ground::tls::Fingerprint;
use crate::proto::time::Timestamp;

mod pictures;
mod scrolling;

fn model(language: Language) -> Model {
    let settings = Settings::resolve(Choices::default(), Choices::default(), language, Mode::Person).unwrap();
    let texts = Texts::new(language);
    let device_name = "laptop".to_owned();
    Model::new(Start { settings, texts, remembered: Remembered::default(), seed: [7; 32], device_name })
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn message(author: &str, text: &str, time: &str) -> Entry {
    Entry::new(EntryKind::Message, author, text, at(time))
}

/// A conversation in a channel that shows every kind of row.
fn chat(language: Language) -> Model {
    let mut model = model(language);
    model.screen = Screen::Chat;
    let opening = Opening {
        credentials: Credentials {
            account: "Romain".to_owned(),
            proof: Proof::PeerUid,
            register: false,
            invitation: None,
        },
        security: Security::Local,
        language: "fr",
        device_name: None,
        random: [0; 32],
    };
    model.server.session.begin(opening, Moment::default(), &mut Output::default());
    model.server.connection.status = Status::Online;
    model.server.connection.security = Some(Security::Local);
    let member = |nick: &str, prefixes: &str| Member {
        nick: nick.to_owned(),
        folded: nick.to_lowercase(),
        prefixes: prefixes.to_owned(),
        is_away: nick == "plk",
    };
    model.conversations.open("serveur", "serveur", ConversationKind::Correspondent);
    model.conversations.open("mimi", "mimi", ConversationKind::Direct).unread = 1;
    model.conversations.find_mut("mimi").unwrap().mentions = 1;
    model.conversations.open("#annonces", "#annonces", ConversationKind::Channel).unread = 120;
    let general = model.conversations.open("#general", "#general", ConversationKind::Channel);
    let id = general.id;
    general.membership = Membership::Joined;
    general.topic = "La salle commune".to_owned();
    general
        .members
        .replace(vec![member("mlk", "@"), member("Romain", ""), member("plk", ""), member("日本太郎", "+")], "@+");
    let buffer = &mut general.buffer;
    buffer.push_live(message("mlk", "ou des rois", "2021-11-10T18:05:24.000Z"));
    buffer.push_live(message("Romain", "Serveur vous me recevez ?", "2022-09-18T11:49:31.000Z"));
    buffer.push_live(message("mlk", "Tout à fait, client", "2022-09-18T11:49:43.000Z"));
    buffer.push_live(message(
        "mlk",
        "a second line of mine, long enough to be wrapped in every pane but the widest one there is",
        "2022-09-18T11:50:02.000Z",
    ));
    let mut mention = message(
        "日本太郎",
        "Romain: ❤\u{fe0f} こんにちは e\u{301} 👨\u{200d}👩\u{200d}👧 fin",
        "2022-09-18T11:51:00.000Z",
    );
    mention.mention = true;
    let unread = buffer.push_live(mention);
    buffer.push_live(Entry::new(EntryKind::Action, "mlk", "waves", at("2022-09-18T11:52:00.000Z")));
    buffer.push_remark(EntryKind::Info, "plk has left", at("2022-09-18T11:53:00.000Z"));
    let mut own = message("Romain", "refused", "2022-09-18T11:53:30.000Z");
    own.own = true;
    own.fate = Fate::Failed { reason: "you are not allowed to speak here".to_owned() };
    buffer.push_live(own);
    buffer.push_pending(message("Romain", "on its way", "2022-09-18T11:54:00.000Z"));
    general.first_unread = unread;
    general.composer.edit.paste("un brouillon");
    model.conversations.show(id);
    model.conversations.open("mimi", "mimi", ConversationKind::Direct);
    model
}

/// The form as it is left when the server has refused a name.
fn form(language: Language, tab: Tab) -> Model {
    let mut model = model(language);
    model.form = Form::new("", "Romain", tab);
    model.form.field_mut(FieldId::Password).edit.paste("Romain_1995");
    model
}

fn draw(model: &mut Model, columns: u16, rows: u16, depth: Depth) -> (Cells, Option<(u16, u16)>) {
    model.size = (columns, rows);
    let mut view = View::new(Theme::new(depth), Zone::Utc, Links::default());
    view.layout(model);
    let mut terminal = ratatui::Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let mut caret = None;
    terminal.draw(|frame| caret = view.draw(model, frame)).unwrap();
    (terminal.backend().buffer().clone(), caret.map(|position| (position.x, position.y)))
}

/// A picture as a file: its rows, then the same rows with a letter for each style, then what the letters mean.
fn picture(model: &mut Model, columns: u16, rows: u16) -> String {
    let (cells, caret) = draw(model, columns, rows, Depth::Many);
    let mut legend: Vec<String> = Vec::new();
    let (mut text, mut styles) = (String::new(), String::new());
    for y in 0..rows {
        let (mut text_row, mut style_row) = (String::new(), String::new());
        let mut x = 0;
        while x < columns {
            let cell = &cells[(x, y)];
            let name = style_name(cell);
            let letter = match (name.as_str(), legend.iter().position(|known| *known == name)) {
                ("", _) => '.',
                (_, Some(index)) => letter(index),
                (_, None) => {
                    legend.push(name);
                    letter(legend.len() - 1)
                }
            };
            text_row.push_str(cell.symbol());
            // A wide cluster has as many letters as columns, so that the letters stand in the terminal's columns.
            let width = cell.cell_width().max(1);
            style_row.extend((0..width).map(|_| letter));
            x += width;
        }
        let _ = writeln!(text, "{}", text_row.trim_end());
        let _ = writeln!(styles, "{}", style_row.trim_end_matches('.'));
    }
    let mut picture = format!("{columns}x{rows}, caret {caret:?}\n\n{text}\n{styles}\n");
    for (index, name) in legend.iter().enumerate() {
        let _ = writeln!(picture, "{} {name}", letter(index));
    }
    picture
}

fn letter(index: usize) -> char {
    char::from(b'a' + u8::try_from(index).expect("there are few styles"))
}

/// What differs from plain text: colours by their number, weights by their names.
fn style_name(cell: &Cell) -> String {
    let mut name = Vec::new();
    for (side, color) in [("on", cell.fg), ("over", cell.bg)] {
        match color {
            Color::Reset => {}
            Color::Indexed(number) => name.push(format!("{side} {number}")),
            other => name.push(format!("{side} {other:?}")),
        }
    }
    let weights = cell.modifier.iter_names().map(|(weight, _)| weight.to_lowercase());
    name.into_iter().chain(weights).collect::<Vec<_>>().join(", ").replace("on ", "colour ").replace("over ", "on ")
}

/// Compares with the picture in `tests/screens`; `CHAT_BLESS=1` writes it instead.
#[track_caller]
fn golden(name: &str, model: &mut Model, columns: u16, rows: u16) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(format!("{name}-{columns}x{rows}.txt"));
    let got = picture(model, columns, rows);
    if std::env::var_os("CHAT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(got == wanted, "{} differs; CHAT_BLESS=1 writes this:\n{got}", path.display());
}

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
fn the_form_while_it_connects() {
    let mut model = form(Language::English, Tab::LogIn);
    model.server.connection.status = Status::LoggingIn(LoginStep::Authenticating);
    golden("form_connecting", &mut model, 80, 24);
}

#[test]
fn conversations_at_every_size() {
    let mut model = chat(Language::English);
    for (columns, rows) in [(120, 40), (80, 24), (40, 12), (20, 5)] {
        golden("chat", &mut model, columns, rows);
    }
}

#[test]
fn conversations_in_french_scrolled_back() {
    let mut model = chat(Language::French);
    let general = model.conversations.current_mut().unwrap();
    general.buffer.scroll_to_top();
    model.server.connection.status = Status::Waiting { until_millis: 0, reason: "connexion refusée".to_owned() };
    golden("chat_fr_top", &mut model, 80, 12);
}

#[test]
fn dialogues_lie_above_everything() {
    let mut model = chat(Language::English);
    model.overlays.push(Overlay::Address(AddressQuestion {
        address: "192.168.1.30".to_owned(),
        code: "k7f3".to_owned(),
        explanation: "Somebody tried to log in as Romain.".to_owned(),
    }));
    golden("dialogue_address", &mut model, 80, 24);
    model.overlays.close();
    model.overlays.push(changed_certificate());
    golden("dialogue_certificate_changed", &mut model, 80, 24);
    model.overlays.toggle_help();
    golden("dialogue_help", &mut model, 80, 24);
}

fn changed_certificate() -> Overlay {
    Overlay::CertificateChanged {
        server: "chat.example.org:6697".to_owned(),
        pinned: Fingerprint::of(b"before"),
        got: Fingerprint::of(b"now"),
    }
}

/// The sizes at which every screen and every overlay is looked at.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

/// A conversation with everything that reading is about: answers, reactions, a withdrawn message, links, code, comings, a gap.
fn reading(language: Language) -> Model {
    let mut model = chat(language);
    let texts = model.texts.clone();
    let word = |nick: &str, text: &str| Annotation {
        about: "m1".into(),
        note: Note::Reaction(Reactor {
            nick: nick.to_owned(),
            text: text.to_owned(),
            time: at("2022-09-18T12:05:00.000Z"),
            msgid: None,
            is_withdrawn: false,
            is_own: nick == "Romain",
        }),
    };
    let general = model.conversations.current_mut().unwrap();
    general.first_unread = None;
    let buffer = &mut general.buffer;
    buffer.clear();
    let said = |id: &str, author: &str, text: &str, minute: u8| {
        let mut entry = message(author, text, &format!("2022-09-18T12:{minute:02}:00.000Z"));
        entry.msgid = Some(id.into());
        entry
    };
    buffer.push_live(said(
        "m1",
        "mlk",
        "the **new** client: https://example.org/a/rather/long/way/to/the/client.html, see `README`",
        0,
    ));
    let key = buffer.push_live(said("m2", "plk", "what was here before", 1)).unwrap();
    buffer.mark_gap(key, "");
    for (nick, sign) in [("plk", "👍"), ("Romain", "👍"), ("mimi", "🎉")] {
        buffer.annotate(word(nick, sign));
    }
    let mut answer = said("m3", "日本太郎", "looks good to me", 2);
    answer.reply = Some(Box::new(Reply { to: "m1".into(), quote: None }));
    buffer.push_live(answer);
    buffer.push_live(said("m4", "plk", "oops", 3));
    let redaction = Redaction { by: "mlk".to_owned(), reason: "wrong window".to_owned() };
    buffer.annotate(Annotation { about: "m4".into(), note: Note::Redaction(redaction) });
    for (nick, coming) in [("mimi", Coming::Came), ("zoe", Coming::Left), ("eve", Coming::Renamed("eva".to_owned()))] {
        buffer.push_coming(nick, &coming, "something happened", &texts, at("2022-09-18T12:04:00.000Z"));
    }
    buffer.push_live(said("m5", "mlk", "so:\n```\nfn main() {\n    *pure*\n}\n```", 5));
    buffer.push_live(said("m6", "mlk", "\u{3}4red\u{3} and \u{2}bold\u{2}", 6));
    model.conversations.current_mut().unwrap().typing.hear("plk", TypingState::Active, 0);
    model
}

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
        let mut view = View::new(Theme::new(Depth::None), Zone::Utc, Links::default());
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
        let mut view = View::new(Theme::new(Depth::None), Zone::Utc, Links::default());
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

/// A view with a model, and the mouse.
struct Desk {
    model: Model,
    view: View,
    effects: Effects,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let mut model = chat(Language::English);
        model.size = (columns, rows);
        let mut desk = Self {
            model,
            view: View::new(Theme::new(Depth::Many), Zone::Utc, Links::default()),
            effects: Effects::default(),
        };
        desk.layout();
        desk
    }

    /// Lays out, and gives back what was dragged over as the shell does.
    fn layout(&mut self) {
        let found = self.view.layout(&mut self.model);
        if let Some(text) = found.dragged {
            self.event(Event::Dragged(text));
        }
    }

    fn event(&mut self, event: Event) {
        update(&mut self.model, event, Moment::default(), &mut self.effects);
        self.layout();
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// Drags from one cell to another; what was copied then.
    fn drag(&mut self, from: (u16, u16), to: (u16, u16)) -> String {
        self.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1);
        self.mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1);
        self.mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1);
        let copied = self.effects.drain().find_map(|(_, effect)| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        });
        copied.unwrap_or_default()
    }

    /// Where a text stands on the screen.
    fn place(&mut self, text: &str) -> (u16, u16) {
        let (columns, rows) = self.model.size;
        let mut terminal = ratatui::Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| _ = self.view.draw(&self.model, frame)).unwrap();
        let cells = terminal.backend().buffer().clone();
        for y in 0..rows {
            for x in 0..columns {
                let here = (x..columns).map(|x| cells[(x, y)].symbol()).collect::<String>();
                if here.starts_with(text) {
                    return (x, y);
                }
            }
        }
        panic!("{text:?} is not on the screen");
    }
}

#[test]
fn dragging_copies_clean_text() {
    for (columns, rows) in [(80, 40), (40, 40)] {
        let mut desk = Desk::new(columns, rows);
        let start = desk.place("Tout");
        let end = desk.place("a second line");
        assert_eq!(desk.drag(start, (end.0 + 7, end.1)), "Tout à fait, client\na second");
        // Rows that were wrapped are one line; the times, names and borders between them are no part of it.
        let wrapped = "a second line of mine, long enough to be wrapped in every pane but the widest one there is";
        let last = desk.place("there is");
        assert_eq!(desk.drag(end, (last.0 + 7, last.1)), wrapped, "at {columns}");
        // Backwards it is the same, and a wide cluster is never cut in half.
        assert_eq!(desk.drag((last.0 + 7, last.1), end), wrapped);
        let wide = desk.place("ん");
        assert_eq!(desk.drag(wide, (wide.0 + 2, wide.1)), "んに");
    }
}

#[test]
fn what_is_dragged_over_stays_the_same_when_something_is_said() {
    let mut desk = Desk::new(80, 24);
    let start = desk.place("Tout");
    desk.mouse(MouseEventKind::Down(MouseButton::Left), start.0, start.1);
    desk.mouse(MouseEventKind::Drag(MouseButton::Left), start.0 + 3, start.1);
    let general = desk.model.conversations.current_mut().unwrap();
    general.buffer.push_live(message("mlk", "more", "2022-09-18T12:00:00.000Z"));
    desk.layout();
    desk.mouse(MouseEventKind::Up(MouseButton::Left), start.0 + 3, start.1 - 1);
    assert!(desk.effects.drain().any(|(_, effect)| matches!(effect, Effect::Copy(text) if text == "Tout")));
}

#[test]
fn a_click_chooses_a_message_and_follows_a_hint() {
    let mut desk = Desk::new(80, 12);
    let place = desk.place("waves");
    desk.drag(place, place);
    let chosen = |desk: &Desk| {
        let general = desk.model.conversations.current().unwrap();
        general.chosen.and_then(|key| general.buffer.entry(key)).map(|entry| entry.text.clone())
    };
    assert_eq!(chosen(&desk).as_deref(), Some("waves"));
    let place = desk.place("waves");
    desk.drag(place, place);
    assert_eq!(chosen(&desk), None, "once more, and it is not");
    desk.mouse(MouseEventKind::ScrollUp, 40, 5);
    let hint = desk.place("more below");
    desk.drag(hint, hint);
    assert!(desk.model.conversations.current().unwrap().buffer.follows_end());
    let other = desk.place("mimi");
    desk.drag(other, other);
    assert_eq!(desk.model.conversations.current().unwrap().name, "mimi");
}

#[test]
fn every_author_is_legible_on_black_and_on_white() {
    // Relative luminance and contrast as WCAG 2 has them; the cube and the greys of 256 colours as xterm has them.
    let luminance = |index: u8| {
        let parts = match index {
            232..=255 => [8 + 10 * (index - 232); 3],
            _ => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6]
                .map(|step| if step == 0 { 0 } else { 55 + 40 * step }),
        };
        let linear = parts.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let theme = Theme::new(Depth::Many);
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..2_000 {
        let Some(Color::Indexed(index)) = theme.author(&format!("nick{number}")).fg else { panic!("no colour") };
        if seen.insert(index) {
            let own = luminance(index) + 0.05;
            assert!(
                own / 0.05 >= 3.0 && 1.05 / own >= 3.0,
                "{index}: {:.1} on black, {:.1} on white",
                own / 0.05,
                1.05 / own
            );
        }
    }
    assert!(seen.len() >= 12, "{seen:?}");
}

#[test]
fn without_colour_nothing_has_one() {
    for mut model in [chat(Language::English), form(Language::French, Tab::Register)] {
        let (cells, _) = draw(&mut model, 100, 30, Depth::None);
        assert!(cells.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    }
}

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
                0 | 4 => model.overlays.toggle_help(),
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
        draw(&mut model, columns, rows, Depth::Many);
    }

    #[test]
    fn no_small_size_panics(mut model in models(), columns in 1u16..12, rows in 1u16..8) {
        draw(&mut model, columns, rows, Depth::Sixteen);
    }
}

#[test]
fn a_screen_that_has_shrunk_since_does_no_harm() {
    let mut model = chat(Language::English);
    model.size = (120, 40);
    let mut view = View::new(Theme::new(Depth::Many), Zone::Utc, Links::default());
    view.layout(&mut model);
    let mut terminal = ratatui::Terminal::new(TestBackend::new(30, 8)).unwrap();
    terminal.draw(|frame| _ = view.draw(&model, frame)).unwrap();
}

//! What the tests look at: a form, a conversation with every kind of row, one with everything that reading is about.

use crate::client::annotation::{Annotation, Note, Redaction};
use crate::client::comings::Coming;
use crate::client::config::{Choices, Mode, Settings};
use crate::client::connection::{Credentials, Proof, Status};
use crate::client::conversation::{ConversationKind, Membership};
use crate::client::entry::{Entry, EntryKind, Fate, Reply};
use crate::client::event::{Moment, Security};
use crate::client::form::{FieldId, Form, Tab};
use crate::client::members::Member;
use crate::client::model::{Model, Remembered, Screen, Start};
use crate::client::overlay::Overlay;
use crate::client::reactions::Reactor;
use crate::client::session::fact::TypingState;
use crate::client::session::{Opening, Output};
use crate::ground::texts::{Language, Texts};
use crate::ground::tls::Fingerprint;
use crate::proto::time::Timestamp;

fn model(language: Language) -> Model {
    let settings = Settings::resolve(Choices::default(), Choices::default(), language, Mode::Person).unwrap();
    let texts = Texts::new(language);
    let device_name = "laptop".to_owned();
    Model::new(Start { settings, texts, remembered: Remembered::default(), seed: [7; 32], device_name })
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn message(author: &str, text: &str, time: &str) -> Entry {
    Entry::new(EntryKind::Message, author, text, at(time))
}

/// A conversation in a channel that shows every kind of row.
pub(super) fn chat(language: Language) -> Model {
    let mut model = model(language);
    model.screen = Screen::Chat;
    let opening = Opening {
        credentials: Credentials {
            account: "Romain".to_owned(),
            proof: Proof::PeerUid,
            is_remembered: false,
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
pub(super) fn form(language: Language, tab: Tab) -> Model {
    let mut model = model(language);
    model.form = Form::new("", "Romain", tab);
    model.form.field_mut(FieldId::Password).edit.paste("Romain_1995");
    model
}

pub(super) fn changed_certificate() -> Overlay {
    Overlay::CertificateChanged {
        server: "chat.example.org:6697".to_owned(),
        pinned: Fingerprint::of(b"before"),
        got: Fingerprint::of(b"now"),
    }
}

/// A conversation with everything that reading is about: answers, reactions, a withdrawn message, links, code, comings, a gap.
pub(super) fn reading(language: Language) -> Model {
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

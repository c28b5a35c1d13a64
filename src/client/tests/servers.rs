//! Several servers at once: each with its own conversations, its own outbox, and a form of its own.

use super::*;
use crate::client::model::Screen;

impl Stage {
    /// Logged in to a second server, of another kind than the first, through the form.
    fn with_second() -> Self {
        let mut stage = Self::online();
        stage.say("/connect irc.example.net");
        assert_eq!(stage.model.screen, Screen::Form);
        stage.fill(FieldId::Password, "secret");
        stage.press(KeyCode::Enter);
        stage.take_sent();
        stage.connect();
        stage.lines(&[":n CAP * LS :sasl=PLAIN echo-message"]);
        stage.acknowledge();
        stage.lines(&[
            "AUTHENTICATE +",
            ":n 903 ann :ok",
            ":n 001 ann :Welcome",
            ":n 005 ann CHANTYPES=# NETWORK=Net :ok",
        ]);
        stage.lines(&[":n 422 ann :No MOTD", ":ann!a@h JOIN #general"]);
        // The password is not to be kept.
        stage.press(KeyCode::Esc);
        stage
    }

    fn names(&self) -> Vec<&str> {
        self.model.conversations.list().iter().map(|one| one.name.as_str()).collect()
    }

    fn current(&self) -> &Conversation {
        self.model.conversations.current().unwrap()
    }
}

#[test]
fn two_servers_keep_their_channels_of_the_same_name_apart() {
    let mut stage = Stage::with_second();
    assert_eq!(stage.model.screen, Screen::Chat);
    assert_eq!(stage.names(), ["serveur", "#general", "Net", "#general"]);
    let second = stage.connection;
    stage.lines(&[":zoe!z@h PRIVMSG #general :from the second"]);
    stage.connection = 1;
    stage.lines(&[":bob!b@h PRIVMSG #general :from the first"]);
    let texts: Vec<Vec<&str>> = stage
        .model
        .conversations
        .list()
        .iter()
        .map(|one| {
            one.buffer
                .entries()
                .iter()
                .filter(|entry| !entry.author.is_empty())
                .map(|entry| entry.text.as_str())
                .collect()
        })
        .collect();
    assert_eq!(texts[1], ["from the first"]);
    assert_eq!(texts[3], ["from the second"]);

    // What is typed goes to the server of the conversation that is shown.
    stage.take_sent();
    let last = stage.model.conversations.list()[3].id;
    stage.model.conversations.show(last);
    stage.say("to the second");
    assert_eq!(stage.take_sent(), ["PRIVMSG #general :to the second"]);
    assert_eq!(stage.model.server.connection.number, second);
}

#[test]
fn a_lost_server_leaves_the_other_alone() {
    let mut stage = Stage::with_second();
    stage.lose();
    let states: Vec<_> = stage.model.servers().iter().map(|server| server.session.is_online()).collect();
    assert_eq!(states, [true, false]);
    let waits = |stage: &Stage| stage.current().buffer.pending_count();
    let last = stage.model.conversations.list()[3].id;
    stage.model.conversations.show(last);
    stage.take_sent();
    stage.say("waits");
    assert_eq!((stage.take_sent(), waits(&stage)), (Vec::new(), 1));
    stage.model.conversations.show_nth(1);
    stage.say("goes out");
    assert_eq!(stage.take_sent().len(), 1);
    // The next attempt is the second server's.
    let before = stage.connection;
    stage.wait(5_000);
    assert!(stage.connection > before, "it is connected to again");
    assert_eq!(stage.model.servers()[0].connection.number, 1);
}

#[test]
fn escape_in_the_form_of_a_further_server_goes_back() {
    let mut stage = Stage::online();
    stage.say("/connect irc.example.net");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.screen, Screen::Chat);
    assert_eq!(stage.model.servers().len(), 1);
    assert!(stage.exit().is_none());
    assert_eq!(stage.current().name, "#general");
}

#[test]
fn a_refused_log_in_to_a_further_server_stays_in_its_form() {
    let mut stage = Stage::online();
    stage.say("/connect irc.example.net");
    stage.fill(FieldId::Password, "wrong");
    stage.press(KeyCode::Enter);
    stage.connect();
    stage.lines(&[":n CAP * LS :sasl=PLAIN"]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":n 904 ann :no"]);
    assert_eq!(stage.model.screen, Screen::Form);
    assert!(!stage.field_error(FieldId::Password).is_empty());
    stage.press(KeyCode::Esc);
    assert_eq!(stage.current().name, "#general");
}

#[test]
fn a_server_is_left_and_come_back_to() {
    let mut stage = Stage::with_second();
    stage.say("/disconnect for now");
    let names = stage.names().join(" ");
    assert_eq!(stage.take_sent().last().map(String::as_str), Some("QUIT :for now"), "{names}");
    assert_eq!(stage.model.server.connection.status, Status::Off);
    let before = stage.connection;
    stage.say("/connect irc.example.net");
    assert_eq!(stage.connection, before + 1, "without a form: the log-in is still known");
    stage.say("/disconnect");
    stage.say("/disconnect");
    assert_eq!(stage.names(), ["serveur", "#general"]);
    assert_eq!(stage.model.servers().len(), 1);
}

#[test]
fn leaving_says_goodbye_to_each() {
    let mut stage = Stage::with_second();
    stage.take_sent();
    stage.say("bye");
    assert_eq!(stage.take_sent(), ["QUIT", "QUIT"]);
    assert_eq!(stage.exit(), Some(&Exit::Wanted));
}

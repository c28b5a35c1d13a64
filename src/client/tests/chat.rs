//! Talking: what is said appears, is confirmed, fails, is sent again.

use super::*;
use crate::client::conversation::ConversationKind;
use crate::client::entry::EntryKind;
use crate::client::overlay::{HelpPart, Overlay};

#[test]
fn the_first_channel_is_shown_and_history_is_asked_for() {
    let stage = Stage::online();
    let current = stage.model.conversations.current().unwrap();
    assert_eq!((current.name.as_str(), current.topic.as_str()), ("#general", "Hello"));
    assert_eq!(current.members.count(), 2);
    assert_eq!(stage.conversation("serveur").kind, ConversationKind::Correspondent);
    let targets = |line: &&String| line.starts_with("CHATHISTORY TARGETS timestamp=1970");
    assert_eq!(stage.sent.iter().filter(targets).count(), 1);
    assert!(stage.sent.contains(&"CHATHISTORY LATEST #general * 3".to_owned()));
    assert!(stage.sent.contains(&"CHATHISTORY LATEST serveur * 3".to_owned()));
}

#[test]
fn a_message_is_pending_until_its_echo() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.say("hello");
    let sent = stage.take_sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].ends_with("PRIVMSG #general :hello") && sent[0].contains("+chat-tui/id="), "{sent:?}");
    assert_eq!(stage.fates("#general"), [Fate::Pending { sent: true }]);
    stage.lines(&["@msgid=0000000000001;time=2026-11-22T10:00:01.000Z :bob!bob@c PRIVMSG #general :hi"]);
    assert_eq!(stage.said("#general"), ["hi", "hello"], "what waits stands last");
    stage.lines(&[&echo(&sent[0], "0000000000000", 0)]);
    assert_eq!(stage.fates("#general"), [Fate::Delivered]);
    assert_eq!(stage.said("#general"), ["hello", "hi"], "the server's order holds");
    stage.lines(&[&echo(&sent[0], "0000000000000", 0)]);
    assert_eq!(stage.said("#general").len(), 2, "a second echo adds nothing");
}

#[test]
fn a_refused_message_says_why_and_can_be_sent_again() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.say("hello");
    let first = stage.take_sent().remove(0);
    stage.lines(&[&format!("@label={} :s 404 ann #general :Cannot send to channel", label(&first))]);
    assert_eq!(stage.fates("#general"), [Fate::Failed { reason: "You cannot speak in this channel.".to_owned() }]);
    stage.control('r');
    let again = stage.take_sent().remove(0);
    assert_eq!(label(&again), label(&first), "the same id, so that it cannot be doubled");
    assert_eq!(stage.fates("#general"), [Fate::Pending { sent: true }]);
}

#[test]
fn refusals_without_a_label_are_matched_by_their_target() {
    let mut stage = Stage::online();
    stage.say("/msg nobody are you there");
    stage.lines(&[":s 401 ann nobody :No such nick"]);
    assert_eq!(stage.fates("nobody"), [Fate::Failed { reason: "There is nobody of this name.".to_owned() }]);
    stage.lines(&[":s 401 ann nobody :No such nick"]);
    assert_eq!(stage.entries("nobody").last().map(|entry| entry.kind), Some(EntryKind::Error));
}

#[test]
fn messages_wait_while_the_server_cannot_keep_them() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.say("one");
    stage.say("two");
    let sent = stage.take_sent();
    for line in &sent {
        let label = label(line);
        stage.lines(&[&format!("@label={label} :s FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #general :not now")]);
    }
    assert_eq!(stage.fates("#general"), [Fate::Pending { sent: false }, Fate::Pending { sent: false }]);
    assert!(stage.take_sent().is_empty());
    stage.wait(5_000);
    let again = stage.take_sent();
    assert_eq!(
        again.iter().map(|line| label(line)).collect::<Vec<_>>(),
        sent.iter().map(|line| label(line)).collect::<Vec<_>>()
    );
}

#[test]
fn lines_and_long_texts_become_messages_in_order() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.event(Event::Paste("one\r\n\r\ntwo\rthree".to_owned()));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.said("#general"), ["one", "two", "three"]);
    assert!(stage.model.remark.is_none());
    stage.event(Event::Paste("wörter ".repeat(200)));
    stage.press(KeyCode::Enter);
    assert!(stage.model.remark.is_some(), "it says that it was cut");
    let sent = stage.take_sent();
    assert!(sent.len() > 4);
    for line in &sent {
        let body = &line[line.find("PRIVMSG").unwrap()..];
        assert!(":ann!ann@cloak ".len() + body.len() + 2 <= 512);
    }
    assert_eq!(stage.said("#general")[3..].concat().trim(), "wörter ".repeat(200).trim());
}

#[test]
fn bye_alone_leaves_and_say_bye_does_not() {
    let mut stage = Stage::online();
    stage.say("/say bye");
    assert!(stage.sent.iter().any(|line| line.ends_with("PRIVMSG #general :bye")));
    stage.say("bye bye");
    assert_eq!(stage.exit(), None);
    stage.say("  ByE ");
    assert_eq!(stage.exit(), Some(&Exit::Wanted));
    assert!(stage.sent.contains(&"QUIT".to_owned()));
}

#[test]
fn an_unknown_command_is_an_error_and_stays_in_the_box() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.say("/frobnicate now");
    assert!(stage.take_sent().is_empty());
    let last = stage.entries("#general").pop().unwrap().clone();
    assert_eq!(last.kind, EntryKind::Error);
    assert!(last.text.contains("/frobnicate"));
    assert_eq!(stage.model.conversations.current().unwrap().composer.edit.text(), "/frobnicate now");
    stage.control('u');
    stage.say("//etc is a path");
    assert!(stage.take_sent()[0].ends_with(":/etc is a path"));
}

#[test]
fn what_others_say_elsewhere_is_unread_and_rings() {
    let mut stage = Stage::online();
    stage.lines(&["@msgid=b1 :bob!bob@c PRIVMSG ann :psst", "@msgid=b2 :bob!bob@c PRIVMSG ann :psst"]);
    let bob = stage.conversation("bob");
    assert_eq!((bob.unread, bob.mentions, bob.kind), (2, 2, ConversationKind::Direct));
    assert_eq!(
        stage.done.iter().filter(|effect| matches!(effect, Effect::Notify(_))).count(),
        1,
        "it does not ring twice at once"
    );
    stage.lines(&["@msgid=b3 :bob!bob@c PRIVMSG #general :hello Ann!"]);
    assert_eq!(stage.conversation("#general").unread, 0, "it is before the person's eyes");
    assert!(stage.entries("#general").last().unwrap().mention);
    stage.event(Event::Focus(false));
    stage.lines(&["@msgid=b4 :bob!bob@c PRIVMSG #general :annual report"]);
    assert_eq!((stage.conversation("#general").unread, stage.conversation("#general").mentions), (1, 0));
    stage.event(Event::Focus(true));
    assert_eq!(stage.conversation("#general").unread, 0);
    stage.event(key(KeyCode::Char('a'), KeyModifiers::ALT));
    assert_eq!(stage.model.conversations.current().unwrap().name, "bob");
    assert_eq!(stage.conversation("bob").unread, 0);
}

#[test]
fn an_own_message_from_another_device_is_ours() {
    let mut stage = Stage::online();
    stage.lines(&["@msgid=x1;account=ann :ann!ann@cloak PRIVMSG bob :from the phone"]);
    let entries = stage.entries("bob");
    assert!(entries[0].own && entries[0].fate == Fate::Delivered);
    assert_eq!(stage.conversation("bob").unread, 0);
}

#[test]
fn drafts_stay_with_their_conversations() {
    let mut stage = Stage::online();
    stage.type_text("half a thou");
    stage.control('p');
    assert_eq!(stage.model.conversations.current().unwrap().name, "serveur");
    stage.type_text("to the server");
    stage.control('n');
    assert_eq!(stage.model.conversations.current().unwrap().composer.edit.text(), "half a thou");
}

#[test]
fn members_come_go_and_change() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":cleo!c@c JOIN #general cleo :Cleo",
        ":s MODE #general +v cleo",
        ":bob!b@c NICK robert",
        ":robert!b@c AWAY :lunch",
        ":ann!ann@cloak KICK #general cleo :enough",
    ]);
    let members: Vec<_> = stage
        .conversation("#general")
        .members
        .list()
        .iter()
        .map(|m| (m.nick.as_str(), m.prefixes.as_str(), m.is_away))
        .collect();
    assert_eq!(members, [("ann", "@", false), ("robert", "", true)]);
    stage.lines(&[":robert!b@c QUIT :gone"]);
    assert_eq!(stage.conversation("#general").members.count(), 1);
    assert!(stage.entries("#general").last().unwrap().text.contains("gone"));
    stage.lines(&[":op!o@o KICK #general ann :out"]);
    assert!(!stage.conversation("#general").is_joined());
    stage.say("am I heard?");
    assert_eq!(stage.entries("#general").last().unwrap().kind, EntryKind::Error);
}

#[test]
fn answers_about_people_are_sentences() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":s 311 ann bob user cloak * :Bob B",
        ":s 317 ann bob 125 1700000000 :seconds idle, signon time",
        ":s 319 ann bob :#general @#tea",
        ":s 338 ann bob bob@192.0.2.1 192.0.2.1 :is actually using host",
        ":s 671 ann bob :is using a secure connection",
        ":s 318 ann bob :End of /WHOIS list",
        ":bob!b@c INVITE ann #tea",
    ]);
    let texts: Vec<_> = stage.entries("#general").iter().map(|entry| entry.text.clone()).collect();
    assert_eq!(
        texts,
        [
            "bob is user@cloak (Bob B)",
            "bob has said nothing for 2 min",
            "bob is in #general @#tea",
            "bob comes from the address 192.0.2.1",
            "bob uses a secure connection",
            "bob invites you to #tea. /join #tea goes there."
        ]
    );
}

#[test]
fn the_servers_greeting_is_unread_once_and_calls_nobody() {
    let mut stage = Stage::online();
    let greeting = ":serveur!serveur@s NOTICE ann :the connection is well established";
    // Who is remembered has read it.
    stage.lines(&[greeting]);
    assert_eq!(stage.conversation("serveur").unread, 0);
    // Who has just come has not.
    stage.model.server.connection.credentials.as_mut().unwrap().is_remembered = false;
    stage.lines(&[":serveur!serveur@s NOTICE ann :Recorded here: every message"]);
    let serveur = stage.conversation("serveur");
    assert_eq!((serveur.unread, serveur.mentions), (1, 0));
    // Nor is it unread once more after each reconnection; what else it says is, also in the same words.
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    stage.model.server.connection.credentials.as_mut().unwrap().is_remembered = false;
    stage.lines(&[greeting, ":serveur!serveur@s NOTICE ann :Recorded here: every message"]);
    assert_eq!(stage.conversation("serveur").unread, 1);
    assert!(!stage.done.iter().any(|effect| matches!(effect, Effect::Notify(_))));
    stage.model.server.connection.credentials.as_mut().unwrap().is_remembered = true;
    for msgid in ["m1", "m2"] {
        stage.lines(&[&format!("@msgid={msgid} :serveur!serveur@s NOTICE ann :back soon")]);
    }
    stage.wait(10_000);
    stage.lines(&[":serveur!serveur@s NOTICE ann :Somebody wanted to log in as you"]);
    assert_eq!(stage.conversation("serveur").unread, 4);
}

#[test]
fn parting_closes_the_conversation() {
    let mut stage = Stage::online();
    stage.say("/part see you");
    assert_eq!(stage.sent.last().unwrap(), "PART #general :see you");
    stage.lines(&[":ann!ann@cloak PART #general :see you"]);
    assert!(stage.model.conversations.find("#general").is_none());
    stage.say("/join tea");
    assert_eq!(stage.sent.last().unwrap(), "JOIN #tea");
    stage.lines(&[":ann!ann@cloak JOIN #tea ann :ann"]);
    assert_eq!(stage.model.conversations.current().unwrap().name, "#tea");
}

#[test]
fn an_address_is_allowed_by_a_dialogue() {
    let mut stage = Stage::online();
    stage.lines(&[":s NOTE AUTHENTICATE ADDRESS_REFUSED 192.0.2.7 4711 :Someone logged in from elsewhere"]);
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::Address(_))));
    stage.type_text("these keys go nowhere");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.sent.last().unwrap(), "PRIVMSG serveur :allow 192.0.2.7 4711");
    assert!(stage.model.overlays.shown().is_none());
    assert!(stage.model.conversations.current().unwrap().composer.edit.is_empty());
}

#[test]
fn older_messages_are_loaded_from_the_top() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":s BATCH +1 chathistory #general",
        "@batch=1;msgid=m4;time=2026-11-22T09:00:04.000Z :bob!b@c PRIVMSG #general :four",
        "@batch=1;msgid=m5;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :five",
        "@batch=1;msgid=m6;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :six",
        ":s BATCH -1",
    ]);
    assert_eq!(stage.said("#general"), ["four", "five", "six"]);
    assert_eq!(stage.conversation("#general").unread, 0, "nobody missed it");
    stage.take_sent();
    stage.event(Event::TopNear);
    stage.event(Event::TopNear);
    assert_eq!(stage.take_sent(), ["CHATHISTORY BEFORE #general msgid=m4 3"]);
    stage.lines(&[
        ":s BATCH +2 chathistory #general",
        "@batch=2;msgid=m3;time=2026-11-22T09:00:04.000Z :bob!b@c PRIVMSG #general :three",
        ":s BATCH -2",
    ]);
    assert_eq!(stage.said("#general"), ["three", "four", "five", "six"]);
    stage.event(Event::TopNear);
    assert!(stage.take_sent().is_empty(), "the start is reached");
}

#[test]
fn what_was_cleared_comes_back_when_the_person_goes_up() {
    for is_whole in [true, false] {
        let mut stage = Stage::online();
        stage.lines(&[
            ":s BATCH +1 chathistory #general",
            "@batch=1;msgid=m4;time=2026-11-22T09:00:04.000Z :bob!b@c PRIVMSG #general :four",
            "@batch=1;msgid=m5;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :five",
            "@batch=1;msgid=m6;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :six",
            ":s BATCH -1",
        ]);
        if is_whole {
            stage.event(Event::TopNear);
            stage.lines(&[":s BATCH +2 chathistory #general", ":s BATCH -2"]);
        }
        stage.take_sent();
        stage.say("/clear");
        assert!(stage.said("#general").is_empty());
        stage.event(Event::TopNear);
        assert!(stage.take_sent().is_empty(), "an empty screen alone does not bring it back");
        stage.lines(&["@msgid=m7;time=2026-11-22T09:00:07.000Z :bob!b@c PRIVMSG #general :seven"]);
        assert_eq!(stage.said("#general"), ["seven"]);
        match is_whole {
            true => stage.press(KeyCode::PageUp),
            false => stage.say("/history"),
        }
        stage.event(Event::TopNear);
        assert_eq!(stage.take_sent(), ["CHATHISTORY BEFORE #general msgid=m7 3"]);
        stage.lines(&[
            ":s BATCH +3 chathistory #general",
            "@batch=3;msgid=m5;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :five",
            "@batch=3;msgid=m6;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :six",
            ":s BATCH -3",
        ]);
        assert_eq!(stage.said("#general"), ["five", "six", "seven"]);
    }
}

#[test]
fn help_begins_with_the_commands_or_tells_of_one() {
    let mut stage = Stage::online();
    stage.say("/help");
    assert_eq!(stage.model.overlays.shown(), Some(&Overlay::Help(HelpPart::Commands)));
    stage.press(KeyCode::F(1));
    assert_eq!(stage.model.overlays.shown(), None);
    stage.say("/help /JOIN");
    stage.say("/help dance");
    assert_eq!(stage.model.overlays.shown(), None);
    let told: Vec<&str> = stage.entries("#general").iter().map(|entry| entry.text.as_str()).collect();
    assert!(told[0].starts_with("/join #channel [key], /j: "), "{told:?}");
    assert!(told[1].contains("/dance"), "{told:?}");
}

#[test]
fn a_refused_history_is_asked_by_time_and_then_not_again() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":s BATCH +1 chathistory #general",
        "@batch=1;msgid=m1;time=2026-11-22T09:00:04.000Z :bob!b@c PRIVMSG #general :a",
        "@batch=1;msgid=m2;time=2026-11-22T09:00:05.000Z :bob!b@c PRIVMSG #general :b",
        "@batch=1;msgid=m3;time=2026-11-22T09:00:06.000Z :bob!b@c PRIVMSG #general :c",
        ":s BATCH -1",
    ]);
    stage.take_sent();
    stage.event(Event::TopNear);
    stage.lines(&[":s FAIL CHATHISTORY INVALID_PARAMS BEFORE #general msgid=m1 :Unknown message"]);
    let sent = stage.take_sent();
    assert_eq!(sent.last().unwrap(), "CHATHISTORY BEFORE #general timestamp=2026-11-22T09:00:04.000Z 3");
    stage.lines(&[":s FAIL CHATHISTORY INVALID_PARAMS BEFORE #general :No"]);
    stage.event(Event::TopNear);
    assert!(stage.take_sent().is_empty());
}

#[test]
fn direct_messages_from_before_are_found() {
    let mut stage = Stage::online();
    stage.take_sent();
    // Answers make room for further questions.
    stage.lines(&[":s BATCH +1 chathistory #general", ":s BATCH -1", ":s BATCH +2 chathistory serveur", ":s BATCH -2"]);
    stage.lines(&[
        ":s BATCH +3 draft/chathistory-targets",
        "@batch=3 :s CHATHISTORY TARGETS cleo 2026-11-21T10:00:00.000Z",
        "@batch=3 :s CHATHISTORY TARGETS #general 2026-11-21T10:00:00.000Z",
        ":s BATCH -3",
    ]);
    assert_eq!(stage.take_sent(), ["CHATHISTORY LATEST cleo * 3", "MARKREAD cleo"]);
    assert_eq!(stage.conversation("cleo").kind, ConversationKind::Direct);
}

#[test]
fn the_console_has_one_conversation_a_client() {
    let settings = settings("/run/chat/socket", Language::French, Mode::Console);
    let mut stage = Stage::with(settings, Remembered::default());
    stage.event(Event::Start);
    stage.connect();
    stage.lines(&[&OWN_CAPS.replace("sasl=PLAIN", "sasl=PLAIN,EXTERNAL")]);
    stage.acknowledge();
    assert_eq!(stage.sent.last().unwrap(), "AUTHENTICATE EXTERNAL");
    stage.lines(&["AUTHENTICATE +", ":s 900 console serveur!serveur@s serveur :ok", ":s 903 console :ok"]);
    stage.lines(&[
        ":s 001 serveur :Welcome",
        ":s 005 serveur CHANTYPES=# CORRESPONDENT=serveur :are supported by this server",
        ":s 422 serveur :No MOTD",
        ":Romain!Romain@cloak PRIVMSG serveur :Serveur vous me recevez ?",
    ]);
    let current = stage.model.conversations.current().unwrap();
    assert_eq!((current.name.as_str(), current.kind), ("Romain", ConversationKind::Direct));
    stage.say("Tout à fait, client");
    let line = stage.sent.last().unwrap().clone();
    assert!(line.ends_with("PRIVMSG Romain :Tout à fait, client"));
    stage.lines(&[&echo(&line, "m2", 2).replace(":ann!ann@cloak", ":serveur!serveur@s")]);
    assert_eq!(stage.said("romain"), ["Serveur vous me recevez ?", "Tout à fait, client"]);
    assert_eq!(stage.fates("romain"), [Fate::Delivered]);
    stage.lose();
    assert!(stage.is_waiting());
}

#[test]
fn a_raw_line_is_one_line() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.model.conversations.current_mut().unwrap().composer.edit.paste("/raw PING a\nQUIT :b");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["PING a"]);
}

#[test]
fn modes_are_those_of_the_channel_unless_a_target_is_named() {
    let mut stage = Stage::online();
    stage.take_sent();
    for line in ["/mode +o bob", "/mode", "/mode  #tea -b *!*@a  +m", "/mode ann +i"] {
        stage.say(line);
    }
    let wanted = ["MODE #general +o bob", "MODE #general", "MODE #tea -b *!*@a +m", "MODE ann +i"];
    assert_eq!(stage.take_sent(), wanted);
    stage.lines(&[":s 368 ann #general :End of channel ban list"]);
    assert_eq!(&*stage.entries("#general").last().unwrap().text, "#general End of channel ban list");
}

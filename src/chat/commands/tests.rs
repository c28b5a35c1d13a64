//! Who somebody is: introducing, registering, logging in; [`accounts`] has what an account has.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::event::{AuthorKind, Event, Rank};
use super::super::ports::{ConnId, FailedCheck, Input, Notable, Transport};
use super::super::settings::Settings;
use super::super::testing::Driver;
use super::{COMMANDS, capability};
use crate::proto::line::LineError;
use crate::proto::sasl::payload_chunks;
use crate::proto::scram::ScramClient;
use crate::proto::secret::Secret;

mod accounts;
mod guessing;
mod invitations;
mod limits;
mod missed;
mod operators;

/// Whether one of the lines holds all of the parts.
fn has(told: &[String], parts: &[&str]) -> bool {
    told.iter().any(|line| parts.iter().all(|part| line.contains(part)))
}

#[track_caller]
fn expect(told: &[String], parts: &[&str]) {
    assert!(has(told, parts), "no line with {parts:?} in {told:#?}");
}

#[track_caller]
fn expect_not(told: &[String], parts: &[&str]) {
    assert!(!has(told, parts), "a line with {parts:?} in {told:#?}");
}

fn plain(name: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("\0{name}\0{password}"))
}

/// Logs a connection in by SASL PLAIN, up to the answer.
fn log_in_by_plain(driver: &mut Driver, conn: ConnId, name: &str, password: &str) -> Vec<String> {
    driver.say(conn, "AUTHENTICATE PLAIN");
    driver.say(conn, &format!("AUTHENTICATE {}", plain(name, password)));
    driver.take(conn)
}

fn introduce(driver: &mut Driver, conn: ConnId, nick: &str) -> Vec<String> {
    driver.say(conn, &format!("NICK {nick}"));
    driver.say(conn, &format!("USER {nick} 0 * :{nick}"));
    driver.ask(conn, "CAP END")
}

// ---- The table and CAP

#[test]
fn the_table_is_in_order_and_in_capitals() {
    assert!(COMMANDS.is_sorted_by(|one, other| one.name < other.name));
    assert!(COMMANDS.iter().all(|command| command.name.bytes().all(|byte| byte.is_ascii_uppercase())));
    for secret in ["AUTHENTICATE", "REGISTER", "PASS", "ACCOUNT", "DEVICE"] {
        assert!(COMMANDS.iter().any(|command| command.name == secret && command.is_secret), "{secret}");
    }
}

#[test]
fn every_command_has_its_help() {
    for command in COMMANDS {
        assert!(command.syntax.starts_with(command.name), "{} has no syntax", command.name);
        assert!(command.meaning.ends_with('.'), "{} has no meaning", command.name);
    }
}

#[test]
fn capabilities_are_listed_with_values_and_switched_as_a_whole() {
    let mut driver = Driver::new(&[]);
    let conn = driver.connect();
    let told = driver.ask(conn, "CAP LS 302");
    expect(&told, &["CAP * LS ", "sasl=PLAIN,SCRAM-SHA-256"]);
    expect(&told, &["CAP * LS ", "draft/account-registration=before-connect"]);
    expect(&told, &["draft/languages=2,en,fr"]);
    for (place, line) in told.iter().enumerate() {
        assert!(line.len() <= 510 && line.contains("CAP * LS * :") == (place + 1 < told.len()), "{line}");
    }
    assert!(!told.iter().any(|line| line.contains("EXTERNAL")), "not for everybody");
    let old = driver.connect();
    let told = driver.ask(old, "CAP LS");
    assert!(told.len() == 1 && !told[0].contains('='), "{told:?}");

    assert_eq!(driver.ask(conn, "CAP REQ :batch nonsense"), [":chat.local CAP * NAK :batch nonsense"]);
    assert_eq!(driver.ask(conn, "CAP LIST"), [":chat.local CAP * LIST :cap-notify"]);
    assert_eq!(driver.ask(conn, "CAP REQ :batch server-time"), [":chat.local CAP * ACK :batch server-time"]);
    assert_eq!(driver.ask(conn, "CAP REQ :-batch"), [":chat.local CAP * ACK :-batch"]);
    assert_eq!(driver.ask(conn, "CAP LIST"), [":chat.local CAP * LIST :cap-notify server-time"]);
    assert_eq!(driver.ask(conn, "CAP REQ :-cap-notify"), [":chat.local CAP * NAK :-cap-notify"]);
    assert_eq!(driver.ask(conn, "CAP FOO"), [":chat.local 410 * FOO :Invalid CAP command"]);
    let unknown = capability::OFFERED.iter().count();
    assert!(unknown > 15);
}

#[test]
fn an_operators_socket_offers_external() {
    let mut driver = Driver::new(&[]);
    let conn = driver.connect_operator();
    expect(&driver.ask(conn, "CAP LS 302"), &["sasl=PLAIN,SCRAM-SHA-256,EXTERNAL"]);
}

// ---- Introducing

#[test]
fn before_the_welcome_only_early_commands_are_heard() {
    let mut driver = Driver::new(&[]);
    let conn = driver.connect();
    for (line, answer) in [
        ("JOIN #general", ":chat.local 451 * :You have not registered"),
        ("PING :early", ":chat.local PONG chat.local :early"),
        ("NICK", ":chat.local 431 * :No nickname given"),
        ("NICK #a", ":chat.local 432 * #a :Erroneous nickname"),
        ("USER ann", ":chat.local 461 * USER :Not enough parameters"),
        ("WHAT", ":chat.local 421 * WHAT :Unknown command"),
        ("PING", ":chat.local 409 * :No origin specified"),
    ] {
        assert_eq!(driver.ask(conn, line), [answer], "{line}");
    }
    assert!(driver.ask(conn, "PONG x").is_empty());
    assert!(driver.ask(conn, "@+a=b").is_empty(), "a line without a command is no line");
    driver.input(Input::BadLine { conn, error: LineError::TooLong });
    driver.input(Input::BadLine { conn, error: LineError::InvalidUtf8("privmsg #a \u{fffd}".into()) });
    let told = driver.take(conn);
    expect(&told, &["417 * :Input line was too long"]);
    expect(&told, &["FAIL PRIVMSG INVALID_UTF8 :The line is not valid UTF-8."]);
}

#[test]
fn a_line_that_is_no_text_is_answered_under_its_label() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "labeled-response batch standard-replies");
    driver.take(ann);
    let error = LineError::InvalidUtf8("@label=x1 PRIVMSG #a :caf\u{fffd}".into());
    driver.input(Input::BadLine { conn: ann, error });
    let told = driver.take(ann);
    assert_eq!(told.len(), 1, "{told:?}");
    expect(&told, &["@label=x1 :chat.local FAIL PRIVMSG INVALID_UTF8 :The line is not valid UTF-8."]);
}

#[test]
fn only_who_is_let_in_is_said_to_be() {
    let mut driver = Driver::new(&["ann"]);
    let visitor = driver.connect();
    introduce(&mut driver, visitor, "visitor");
    assert!(!driver.welcome.contains(&visitor), "it waits for an account");
    let ann = driver.log_in("ann", "");
    assert!(driver.welcome.contains(&ann));
    let mut driver = Driver::with(Settings { guests: true, ..Settings::default() }, &[]);
    let guest = driver.connect();
    introduce(&mut driver, guest, "guest");
    assert!(driver.welcome.contains(&guest));
}

#[test]
fn without_an_account_the_way_to_one_is_explained() {
    let settings = Settings { waiting_room_time: std::time::Duration::ZERO, ..Settings::default() };
    let mut driver = Driver::with(settings, &["ann"]);
    let conn = driver.connect();
    driver.say(conn, "NICK visitor");
    let told = driver.ask(conn, "USER visitor 0 * :Visitor");
    expect(&told, &["NOTICE visitor :You need an account here."]);
    expect(&told, &["ERROR :You need an account here.", "SASL", "REGISTER", "name:password"]);
    assert!(driver.closed.contains(&conn));

    let conn = driver.connect();
    driver.say(conn, "CAP REQ :standard-replies");
    expect(&introduce(&mut driver, conn, "visitor"), &["FAIL * ACCOUNT_REQUIRED :"]);
}

#[test]
fn the_burst_says_what_is_true() {
    let mut driver = Driver::with(Settings { motd: vec!["hello".to_owned()], ..Settings::default() }, &["ann"]);
    let conn = driver.connect();
    driver.say(conn, "CAP REQ :server-time");
    log_in_by_plain(&mut driver, conn, "ann", "ann_secret");
    let told = introduce(&mut driver, conn, "ann");
    for numeric in ["001", "002", "003", "004", "005", "251", "252", "255", "265", "266", "375", "372", "376"] {
        expect(&told, &[&format!(":chat.local {numeric} ann ")]);
    }
    for token in
        ["CORRESPONDENT=serveur", "draft/ACCOUNTREQUIRED", "NICKLEN=32", "UTF8ONLY", "CHANTYPES=#", "CHATHISTORY="]
    {
        expect(&told, &[" 005 ", token]);
    }
    expect(&told, &["@time=", " :ann!ann@", " JOIN #general"]);
    expect(&told, &[" 353 ann = #general :ann"]);
    let greeting = told.iter().position(|line| line.contains("the connection is well established")).unwrap();
    assert!(told[greeting].contains(":serveur!serveur@chat.local NOTICE ann :"), "{}", told[greeting]);
    expect(&told[greeting + 1..], &["NOTICE ann :Recorded here"]);
    assert!(
        !driver.records.iter().any(|record| matches!(record.event, Event::Message { .. })),
        "the greeting is not stored"
    );
}

#[test]
fn pass_logs_in_old_clients() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    driver.say(conn, "PASS ann:ann_secret");
    driver.say(conn, "NICK other");
    let told = driver.ask(conn, "USER x 0 * :Ann");
    expect(&told, &[" 001 ann "]);
    let conn = driver.connect();
    expect(&driver.ask(conn, "PASS ann:wrong"), &[" 464 "]);
    assert!(driver.ask(conn, "PASS justone").is_empty());
    let told = driver.ask(conn, "PASS ann:ann_secret");
    expect(&told, &[" 900 "]);
}

#[test]
fn guests_keep_off_names_of_others() {
    let mut driver = Driver::with_guests(&["ann"]);
    let gus = driver.come_as_guest("gus", "");
    let conn = driver.connect();
    driver.say(conn, "USER x 0 * :X");
    for taken in ["gus", "GUS", "ann", "serveur"] {
        expect(&driver.ask(conn, &format!("NICK {taken}")), &[" 433 * ", taken]);
    }
    expect(&driver.ask(conn, "NICK free"), &[" 001 free "]);
    expect(&driver.ask(gus, "NICK Ann"), &[" 433 gus Ann "]);
    let told = driver.ask(gus, "NICK gustav");
    assert!(told.len() == 1 && told[0].starts_with(":gus!gus@") && told[0].ends_with(" NICK gustav"), "{told:?}");
    assert!(driver.ask(gus, "NICK gustav").is_empty());
    expect(&driver.ask(gus, "USER x 0 * :X"), &[" 462 "]);
}

#[test]
fn sessions_of_one_account_share_its_nick_and_its_channels() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let bob = driver.log_in("bob", "");
    let one = driver.log_in("ann", "");
    expect(&driver.take(bob), &[":ann!ann@", "JOIN #general"]);
    let other = driver.log_in("ann", "");
    assert!(driver.take(bob).is_empty(), "a second session is nothing new to others");
    expect(&driver.ask(one, "NICK else"), &[" 432 "]);
    driver.say(one, "QUIT :later");
    assert!(driver.take(bob).is_empty());
    driver.say(other, "QUIT :later");
    expect(&driver.take(bob), &[":ann!ann@", "QUIT :Quit: later"]);
    driver.log_in("ann", "");
    expect(&driver.take(bob), &[":ann!ann@", "JOIN #general"]);
}

// ---- Registering

#[test]
fn a_newcomer_registers_before_the_welcome() {
    let mut driver = Driver::new(&[]);
    let conn = driver.connect_by_tls("192.168.56.1");
    driver.say(conn, "CAP LS 302");
    driver.say(conn, "NICK Romain");
    driver.say(conn, "USER romain 0 * :Romain");
    driver.take(conn);
    let told = driver.ask(conn, "REGISTER Romain * Romain_1995");
    expect(&told, &[":chat.local REGISTER SUCCESS Romain :"]);
    expect(&told, &[" 900 Romain Romain!romain@", " Romain :You are now logged in as Romain"]);
    let told = driver.ask(conn, "CAP END");
    expect(&told, &[" 001 Romain "]);
    expect(&told, &[":Romain!romain@", "JOIN #general"]);

    let registered = &driver.records[0];
    assert_eq!((registered.author.kind, registered.author.name.as_str()), (AuthorKind::Account, "Romain"));
    assert_eq!((registered.author.address.as_str(), registered.author.port), ("192.168.56.1", 50_000));
    let Event::AccountRegistered { account, address, .. } = &registered.event else { panic!("{registered:?}") };
    assert_eq!(address.as_deref(), Some("192.168.56.1"));
    assert_eq!(registered.author.account, Some(*account));
    let Event::ChannelFounded { founder, .. } = &driver.records[1].event else { panic!("the automatic channel") };
    assert_eq!(*founder, None);
    assert_eq!(driver.records.last().unwrap().event, Event::Joined { rank: Rank::MEMBER });
    assert_eq!(driver.logs.len(), 1);

    let second = driver.connect_by_tls("192.168.56.1");
    expect(&log_in_by_plain(&mut driver, second, "romain", "Romain_1995"), &[" 903 "]);
    expect(&introduce(&mut driver, second, "romain"), &[" 001 Romain "]);
}

#[test]
fn a_registration_is_refused_with_its_reason() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    let mut refused = |line: &str, answer: &str| {
        let told = driver.ask(conn, line);
        assert!(told.len() == 1 && told[0].contains(answer), "{line}: {told:?}");
    };
    refused("REGISTER * * long_enough", "FAIL REGISTER NEED_NICK * :");
    refused("REGISTER new *", "461 * REGISTER ");
    refused("REGISTER Ann * long_enough", "FAIL REGISTER ACCOUNT_EXISTS Ann :");
    refused("REGISTER serveur * long_enough", "FAIL REGISTER BAD_ACCOUNT_NAME serveur :");
    refused("REGISTER #new * long_enough", "FAIL REGISTER BAD_ACCOUNT_NAME #new :");
    refused("REGISTER new * short", "FAIL REGISTER WEAK_PASSWORD new :");
    refused(&format!("REGISTER new * {}", "x".repeat(601)), "FAIL REGISTER UNACCEPTABLE_PASSWORD new :");
    refused("VERIFY new 123", "FAIL VERIFY INVALID_CODE new :");
    driver.is_away = true;
    expect(&driver.ask(conn, "REGISTER new * long_enough"), &["FAIL REGISTER TEMPORARILY_UNAVAILABLE new :"]);
    driver.is_away = false;
    driver.input(Input::Journal { stalled: true });
    expect(&driver.ask(conn, "REGISTER new * long_enough"), &["FAIL REGISTER TEMPORARILY_UNAVAILABLE new :"]);
    driver.input(Input::Journal { stalled: false });
    driver.say(conn, "NICK new");
    expect(&driver.ask(conn, "REGISTER * * long_enough"), &["REGISTER SUCCESS new :"]);
    expect(&driver.ask(conn, "REGISTER more * long_enough"), &["FAIL REGISTER ALREADY_AUTHENTICATED new :"]);
}

#[test]
fn a_password_of_600_bytes_goes_all_the_way() {
    let mut driver = Driver::new(&[]);
    let password = "p".repeat(600);
    let conn = driver.connect();
    expect(&driver.ask(conn, &format!("REGISTER name * {password}")), &["REGISTER SUCCESS name :"]);
    // Every other line of that length is too long.
    expect(&driver.ask(conn, &format!("PING {password}")), &["417 "]);
    let conn = driver.connect();
    expect(&driver.ask(conn, "AUTHENTICATE PLAIN"), &["AUTHENTICATE +"]);
    let credentials = crate::proto::sasl::PlainCredentials::new("name", crate::proto::secret::Secret::new(password));
    let chunks = crate::proto::sasl::payload_chunks(&credentials.encode().unwrap());
    assert!(chunks.len() > 2);
    let (last, first) = chunks.split_last().unwrap();
    for chunk in first {
        assert!(driver.ask(conn, &format!("AUTHENTICATE {chunk}")).is_empty());
    }
    let told = driver.ask(conn, &format!("AUTHENTICATE {last}"));
    expect(&told, &["900 name"]);
    expect(&told, &["903 name"]);
    expect(&driver.ask(conn, "AUTHENTICATE PLAIN"), &["AUTHENTICATE +"]);
    expect(&driver.ask(conn, &format!("AUTHENTICATE {}", "A".repeat(401))), &["905 name"]);
}

#[test]
fn of_two_who_want_one_name_the_first_gets_it() {
    let mut driver = Driver::new(&[]);
    let (one, other) = (driver.connect(), driver.connect());
    driver.answers = false;
    driver.say(one, "REGISTER name * long_enough");
    driver.say(other, "REGISTER NAME * long_enough");
    driver.answer_all();
    expect(&driver.take(one), &["REGISTER SUCCESS name"]);
    expect(&driver.take(other), &["FAIL REGISTER ACCOUNT_EXISTS NAME :"]);
    assert_eq!(driver.records.len(), 1);
}

#[test]
fn a_registration_is_told_after_its_commit() {
    let mut driver = Driver::new(&[]);
    driver.commits = false;
    let conn = driver.connect();
    assert!(driver.ask(conn, "REGISTER name * long_enough").is_empty());
    driver.commit();
    expect(&driver.take(conn), &["REGISTER SUCCESS name"]);
}

#[test]
fn a_guest_becomes_the_account_that_it_registers() {
    let mut driver = Driver::with_guests(&["ann"]);
    let ann = driver.log_in("ann", "");
    let gus = driver.come_as_guest("gus", "");
    driver.say(gus, "JOIN #general");
    driver.take(ann);
    driver.take(gus);
    let told = driver.ask(gus, "REGISTER gustav * long_enough");
    expect(&told, &["REGISTER SUCCESS gustav"]);
    expect(&told, &[":gus!gus@", "NICK gustav"]);
    expect(&driver.take(ann), &[":gus!gus@", "NICK gustav"]);
    driver.say(gus, "PRIVMSG #general :still here");
    expect(&driver.take(ann), &[":gustav!gus@", "PRIVMSG #general"]);
    driver.say(ann, "PRIVMSG gustav :hello");
    expect(&driver.take(gus), &["PRIVMSG gustav :hello"]);
}

#[test]
fn secrets_are_refused_where_others_could_read_along() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect_from("192.168.56.1", Transport::Plain);
    driver.say(conn, "CAP REQ :standard-replies");
    driver.take(conn);
    for line in ["REGISTER new * long_enough", "PASS ann:ann_secret", "AUTHENTICATE PLAIN"] {
        let told = driver.ask(conn, line);
        expect(&told, &["FAIL", "SECURE_CONNECTION_REQUIRED"]);
        assert_eq!(has(&told, &[" 904 "]), line.starts_with("AUTH"), "{told:?}");
    }
    assert!(driver.questions.is_empty() && driver.records.is_empty());
}

// ---- SASL

#[test]
fn plain_proves_a_name_by_its_password() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    assert_eq!(driver.ask(conn, "AUTHENTICATE PLAIN"), [":chat.local AUTHENTICATE +"]);
    let told = driver.ask(conn, &format!("AUTHENTICATE {}", plain("ann", "ann_secret")));
    expect(&told, &[" 900 ann ann!user@", " ann :You are now logged in as ann"]);
    expect(&told, &[" 903 ann :SASL authentication successful"]);
    assert!(matches!(&driver.logs[..], [Notable::LoggedIn { by: "password", .. }]));
}

#[test]
fn hostile_exchanges_fail_and_nothing_else() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    let long = "A".repeat(401);
    let full = "A".repeat(400);
    for (lines, answer) in [
        (vec!["AUTHENTICATE NOTHING"], " 908 "),
        (vec!["AUTHENTICATE EXTERNAL"], " 904 "),
        (vec!["AUTHENTICATE PLAIN", "AUTHENTICATE *"], " 906 "),
        (vec!["AUTHENTICATE PLAIN", "AUTHENTICATE %%%"], " 904 "),
        (vec!["AUTHENTICATE PLAIN", "AUTHENTICATE +"], " 904 "),
        (vec!["AUTHENTICATE PLAIN", "AUTHENTICATE AAAA"], " 904 "),
        (vec!["AUTHENTICATE PLAIN", "AUTHENTICATE /w=="], " 904 "),
        (vec!["AUTHENTICATE PLAIN", &format!("AUTHENTICATE {long}")], " 905 "),
        (vec!["AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE bm9uc2Vuc2U="], " 904 "),
    ] {
        let told: Vec<_> = lines.iter().flat_map(|line| driver.ask(conn, line)).collect();
        expect(&told, &[answer]);
        assert!(driver.questions.is_empty(), "{lines:?}");
    }
    driver.say(conn, "AUTHENTICATE PLAIN");
    for _ in 0..20 {
        assert!(driver.ask(conn, &format!("AUTHENTICATE {full}")).iter().all(|line| line.contains(" AUTHENTICATE +")));
    }
    expect(&driver.ask(conn, &format!("AUTHENTICATE {full}")), &[" 905 "]);
    let other = BASE64_STANDARD.encode("bob\0ann\0ann_secret");
    driver.say(conn, "AUTHENTICATE PLAIN");
    expect(&driver.ask(conn, &format!("AUTHENTICATE {other}")), &[" 904 "]);
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
}

#[test]
fn long_passwords_come_in_pieces() {
    let mut driver = Driver::new(&[]);
    let conn = driver.connect();
    let password = "p".repeat(440);
    expect(&driver.ask(conn, &format!("REGISTER ann * {password}")), &["REGISTER SUCCESS ann"]);
    let conn = driver.connect();
    driver.say(conn, "AUTHENTICATE PLAIN");
    driver.take(conn);
    let chunks = payload_chunks(format!("\0ann\0{password}").as_bytes());
    assert!(chunks.len() > 1);
    let told: Vec<_> = chunks.iter().flat_map(|chunk| driver.ask(conn, &format!("AUTHENTICATE {chunk}"))).collect();
    expect(&told, &[" 903 "]);
}

#[test]
fn what_is_wrong_is_for_the_log_alone() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    let unknown = log_in_by_plain(&mut driver, conn, "nobody", "ann_secret");
    let wrong = log_in_by_plain(&mut driver, conn, "ann", "wrong");
    let elsewhere = driver.connect_by_tls("10.0.0.1");
    let address = log_in_by_plain(&mut driver, elsewhere, "ann", "ann_secret");
    let server = log_in_by_plain(&mut driver, conn, "serveur", "serveur_secret");
    for told in [&unknown, &address, &server] {
        assert_eq!(told, &wrong);
    }
    assert_eq!(wrong.last().unwrap(), ":chat.local 904 * :SASL authentication failed");
    let checks = driver.logs.iter().map(|notable| match notable {
        Notable::LoginRefused { check, .. } => *check,
        other => panic!("{other:?}"),
    });
    let checks: Vec<_> = checks.collect();
    assert_eq!(checks, [FailedCheck::Name, FailedCheck::Password, FailedCheck::Address, FailedCheck::Name]);
}

#[test]
fn who_fails_too_often_is_closed() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    for _ in 0..driver.world.settings.limits.login_failures_per_connection_max {
        assert!(!driver.closed.contains(&conn));
        log_in_by_plain(&mut driver, conn, "ann", "wrong");
    }
    assert!(driver.closed.contains(&conn));
}

#[test]
fn an_absent_store_is_no_wrong_password() {
    let mut driver = Driver::new(&["ann"]);
    driver.is_away = true;
    let conn = driver.connect();
    driver.say(conn, "CAP REQ :standard-replies");
    driver.take(conn);
    let told = log_in_by_plain(&mut driver, conn, "ann", "ann_secret");
    let fail = told.iter().position(|line| line.contains("FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :")).unwrap();
    expect(&told[fail..], &[" 904 "]);
    assert!(driver.logs.is_empty());
}

/// Plays SCRAM up to the server's last word.
fn scram(driver: &mut Driver, conn: ConnId, name: &str, password: &str) -> Vec<String> {
    let (client, first) = ScramClient::start(name, Secret::new(password), "clientnonce");
    driver.say(conn, "AUTHENTICATE SCRAM-SHA-256");
    driver.take(conn);
    let told = driver.ask(conn, &format!("AUTHENTICATE {}", BASE64_STANDARD.encode(first)));
    let Some(challenge) = told[0].strip_prefix(":chat.local AUTHENTICATE ") else { return told };
    let (proof, last) = client.answer(&BASE64_STANDARD.decode(challenge).unwrap()).unwrap();
    let told = driver.ask(conn, &format!("AUTHENTICATE {}", BASE64_STANDARD.encode(last)));
    let Some(signature) = told[0].strip_prefix(":chat.local AUTHENTICATE ") else { return told };
    proof.verify(&BASE64_STANDARD.decode(signature).unwrap()).expect("the server knows the password");
    driver.ask(conn, "AUTHENTICATE +")
}

#[test]
fn scram_proves_both_sides() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    expect(&scram(&mut driver, conn, "nobody", "ann_secret"), &[" 904 "]);
    expect(&scram(&mut driver, conn, "ann", "wrong"), &[" 904 "]);
    let elsewhere = driver.connect_by_tls("10.0.0.1");
    expect(&scram(&mut driver, elsewhere, "ann", "ann_secret"), &[" 904 "]);
    let told = scram(&mut driver, conn, "ann", "ann_secret");
    expect(&told, &[" 900 "]);
    expect(&told, &[" 903 "]);
    assert!(matches!(driver.logs.last(), Some(Notable::LoggedIn { by: "scram", .. })));
}

#[test]
fn the_servers_own_user_is_the_correspondent() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect_operator();
    driver.say(conn, "AUTHENTICATE EXTERNAL");
    let told = driver.ask(conn, "AUTHENTICATE +");
    expect(&told, &[" 903 serveur "]);
    let told = introduce(&mut driver, conn, "console");
    expect(&told, &[" 001 serveur "]);
    expect(&told, &[" 381 serveur :"]);
    expect(&told, &[" 221 serveur +o"]);
    expect_not(&told, &[" JOIN "]);
    expect(&told, &[" 001 serveur ", "serveur!serveur@chat.local"]);
    expect(&driver.ask(conn, "MODE serveur -o+i"), &[" MODE serveur +i"]);
    expect(&driver.ask(conn, "NICK else"), &[" 432 "]);

    let stranger = driver.connect_from("127.0.0.1", Transport::Unix { uid: 1001, operator: false });
    expect(&driver.ask(stranger, "AUTHENTICATE EXTERNAL"), &[" 904 "]);
    expect(&log_in_by_plain(&mut driver, stranger, "ann", "ann_secret"), &[" 903 "]);
}

#[test]
fn operators_and_people_talk_through_the_correspondent() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    let (one, other) = (driver.log_in_operator("echo-message"), driver.log_in_operator(""));
    driver.say(ann, "PRIVMSG serveur :Serveur vous me recevez ?");
    for operator in [one, other] {
        expect(&driver.take(operator), &[":ann!ann@", "PRIVMSG serveur :Serveur vous me recevez ?"]);
    }
    driver.say(one, "PRIVMSG ann :Tout à fait, client");
    let answer = ":serveur!serveur@chat.local PRIVMSG ann :Tout à fait, client";
    for conn in [ann, one, other] {
        expect(&driver.take(conn), &[answer]);
    }
    let author = &driver.records.last().unwrap().author;
    assert_eq!((author.kind, author.operator.as_deref(), author.port), (AuthorKind::Server, Some("uid:1000"), 0));
    assert_eq!(author.address, "127.0.0.1");
}

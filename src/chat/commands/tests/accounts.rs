//! What an account has: addresses, devices, an operator above it, languages and modes of its sessions.

use super::{expect, expect_not, introduce, log_in_by_plain, plain, scram};
use crate::chat::event::{AccountId, DeviceId, Event};
use crate::chat::ports::{Answer, FailedCheck, Input, Notable};
use crate::chat::settings::{IpBinding, Settings};
use crate::chat::testing::Driver;

// ---- Addresses

#[test]
fn the_loopback_and_the_socket_are_one_address() {
    let mut driver = Driver::new(&["ann"]);
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let conn = driver.connect_by_tls(address);
        expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
    }
    let conn = driver.connect_by_tls("127.0.0.2");
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 904 "]);
}

#[test]
fn trusted_networks_and_the_setting_open_the_binding() {
    let trusted = Settings { trusted_networks: vec!["10.0.0.0/8".parse().unwrap()], ..Settings::default() };
    let off = Settings { ip_binding: IpBinding::Off, ..Settings::default() };
    for settings in [trusted, off] {
        let mut driver = Driver::with(settings, &["ann"]);
        let conn = driver.connect_by_tls("10.1.2.3");
        expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
    }
}

#[test]
fn an_owner_allows_an_address_in_a_dialogue() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let (knowing, plain_client) = (driver.log_in("ann", "standard-replies"), driver.log_in("ann", ""));
    let bob = driver.log_in("bob", "standard-replies");
    driver.take(knowing);
    driver.take(plain_client);
    let laptop = driver.connect_by_tls("2001:db8:1:2::7");
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "wrong"), &[" 904 "]);
    assert!(driver.take(knowing).is_empty(), "only a right password is worth a word");
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ann_secret"), &[" 904 "]);
    let told = driver.take(knowing);
    let note = ":chat.local NOTE AUTHENTICATE ADDRESS_REFUSED 2001:db8:1:2::/64 ";
    let code = told[0].strip_prefix(note).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{told:?}"));
    let code = code.to_owned();
    let answer = format!("allow 2001:db8:1:2::/64 {code}");
    expect(&driver.take(plain_client), &[":serveur!serveur@chat.local NOTICE ann :", &answer]);
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ann_secret"), &[" 904 "]);
    assert!(driver.take(knowing).is_empty(), "told once in a while");

    let count = driver.records.len();
    driver.say(knowing, "PRIVMSG serveur :allow 2001:db8:1:2::/64 nonsense");
    expect(&driver.take(knowing), &["NOTICE ann :", "was not allowed"]);
    driver.say(bob, &format!("PRIVMSG serveur :{answer}"));
    expect(&driver.take(bob), &["NOTICE bob :", "was not allowed"]);
    assert_eq!(driver.records.len(), count, "neither is a message or an event");
    driver.say(plain_client, &format!("PRIVMSG serveur :autoriser 2001:db8:1:2:9:9:9:9 {code}"));
    expect(
        &driver.take(plain_client),
        &[":serveur!serveur@chat.local NOTICE ann :", "accepted from 2001:db8:1:2::/64"],
    );
    let Some(Event::AddressAllowed { account, address }) = driver.records.last().map(|record| &record.event) else {
        panic!("not in the record");
    };
    assert_eq!((*account, address.as_str()), (AccountId(1), "2001:db8:1:2::/64"));
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ann_secret"), &[" 903 "]);

    driver.wait_seconds(0);
    driver.now = driver.now.plus_millis(11 * 60 * 1_000);
    for conn in [knowing, plain_client] {
        driver.say(conn, "PONG x");
    }
    let elsewhere = driver.connect_by_tls("10.9.9.9");
    log_in_by_plain(&mut driver, elsewhere, "ann", "ann_secret");
    expect(&driver.take(knowing), &["NOTE AUTHENTICATE ADDRESS_REFUSED 10.9.9.9 "]);
}

#[test]
fn an_account_without_an_address_takes_that_of_its_first_log_in() {
    let mut driver = Driver::new(&[]);
    let operator = driver.log_in_operator("");
    expect(&driver.ask(operator, "ACCOUNT ADD bob :long_enough"), &["ACCOUNT DONE ADD bob"]);
    let conn = driver.connect_by_tls("10.0.0.1");
    expect(&log_in_by_plain(&mut driver, conn, "bob", "long_enough"), &[" 903 "]);
    let conn = driver.connect_by_tls("10.0.0.2");
    expect(&log_in_by_plain(&mut driver, conn, "bob", "long_enough"), &[" 904 "]);
}

// ---- Devices

#[test]
fn a_devices_token_replaces_password_and_address() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let ann = driver.log_in("ann", "");
    assert_eq!(driver.ask(ann, "DEVICE ADD :laptop"), [":chat.local DEVICE ADD 1 ctd1_1 :laptop"]);
    assert_eq!(driver.device_of("ctd1_1").map(|device| device.0), Some(1));
    let told = driver.ask(ann, "DEVICE LIST");
    assert!(told[0].starts_with(":chat.local DEVICE ENTRY 1 2023-11-14T"), "{told:?}");
    assert!(told[0].ends_with("Z * * :laptop") && told[1].starts_with(":chat.local DEVICE END :"), "{told:?}");

    let laptop = driver.connect_by_tls("10.0.0.1");
    expect(&log_in_by_plain(&mut driver, laptop, "bob", "ctd1_1"), &[" 904 "]);
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ctd1_2"), &[" 904 "]);
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ctd1_1"), &[" 903 "]);
    introduce(&mut driver, laptop, "ann");
    let refusals: Vec<_> = driver
        .logs
        .iter()
        .filter(|log| matches!(log, Notable::LoginRefused { check: FailedCheck::Token, .. }))
        .collect();
    assert_eq!(refusals.len(), 2);

    let bob = driver.log_in("bob", "");
    expect(&driver.ask(bob, "DEVICE REVOKE 1"), &["FAIL DEVICE UNKNOWN_DEVICE 1 :"]);
    expect(&driver.ask(ann, "DEVICE REVOKE x"), &["FAIL DEVICE UNKNOWN_DEVICE x :"]);
    assert_eq!(driver.ask(ann, "DEVICE REVOKE 1"), [":chat.local DEVICE REVOKED 1"]);
    expect(&driver.take(laptop), &["ERROR :The token of this device has been revoked"]);
    assert!(driver.closed.contains(&laptop) && !driver.closed.contains(&ann));
    let laptop = driver.connect_by_tls("10.0.0.1");
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ctd1_1"), &[" 904 "]);
}

#[test]
fn devices_need_an_account_and_a_store() {
    let mut driver = Driver::with_guests(&["ann"]);
    let gus = driver.come_as_guest("gus", "");
    expect(&driver.ask(gus, "DEVICE LIST"), &["FAIL DEVICE ACCOUNT_REQUIRED :"]);
    let ann = driver.log_in("ann", "");
    expect(&driver.ask(ann, "DEVICE NONSENSE"), &["FAIL DEVICE INVALID_SUBCOMMAND NONSENSE :"]);
    driver.is_away = true;
    expect(&driver.ask(ann, "DEVICE ADD :x"), &["FAIL DEVICE TEMPORARILY_UNAVAILABLE ADD :"]);
    expect(&driver.ask(ann, "DEVICE LIST"), &["FAIL DEVICE TEMPORARILY_UNAVAILABLE LIST :"]);
    driver.is_away = false;
    for _ in 0..driver.world.settings.limits.devices_per_account_max {
        expect(&driver.ask(ann, "DEVICE ADD :x"), &["DEVICE ADD "]);
    }
    expect(&driver.ask(ann, "DEVICE ADD :x"), &["FAIL DEVICE TOO_MANY_DEVICES ADD :"]);
}

#[test]
fn a_token_is_judged_without_a_question_and_revoked_at_once() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    driver.ask(ann, "DEVICE ADD :laptop");
    driver.ask(ann, "DEVICE ADD :phone");
    driver.answers = false;
    let laptop = driver.connect();
    expect(&log_in_by_plain(&mut driver, laptop, "ann", "ctd1_1"), &[" 903 "]);
    assert!(driver.questions.is_empty());
    assert_eq!(driver.used_devices, [DeviceId(1)]);

    // Revoked, but not in the record yet: the store would still let it in, so it is asked behind that commit only.
    driver.answers = true;
    driver.commits = false;
    driver.say(ann, "DEVICE REVOKE 1");
    let late = driver.connect();
    expect_not(&log_in_by_plain(&mut driver, late, "ann", "ctd1_1"), &[" 90"]);
    driver.commits = true;
    driver.commit();
    driver.answer_all();
    expect(&driver.take(late), &[" 904 "]);
    let phone = driver.connect();
    expect(&log_in_by_plain(&mut driver, phone, "ann", "ctd1_2"), &[" 903 "]);
    assert_eq!(driver.used_devices, [DeviceId(1), DeviceId(2)]);
}

#[test]
fn a_new_token_lets_nobody_in_before_it_is_in_the_record() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    driver.commits = false;
    driver.say(ann, "DEVICE ADD :laptop");
    let laptop = driver.connect();
    expect_not(&log_in_by_plain(&mut driver, laptop, "ann", "ctd1_1"), &[" 90"]);
    driver.commit();
    expect(&driver.take(laptop), &[" 903 "]);
}

#[test]
fn nothing_proves_an_account_that_is_gone() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    driver.ask(ann, "DEVICE ADD :laptop");
    let operator = driver.log_in_operator("");
    expect(&driver.ask(operator, "ACCOUNT DELETE ann"), &["ACCOUNT DONE DELETE ann"]);
    let conn = driver.connect();
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ctd1_1"), &[" 904 "]);
    expect(&scram(&mut driver, conn, "ann", "ann_secret"), &[" 904 "]);
    assert!(driver.used_devices.is_empty());
}

// ---- Accounts

#[test]
fn accounts_are_for_operators() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    expect(&driver.ask(ann, "ACCOUNT LIST"), &["FAIL ACCOUNT NEED_PRIVILEGES * :"]);
    expect(&driver.ask(ann, "ACCOUNT DELETE ann"), &["FAIL ACCOUNT NEED_PRIVILEGES ann :"]);
    let operator = driver.log_in_operator("");
    for (line, answer) in [
        ("ACCOUNT ADD Bob :long_enough", "ACCOUNT DONE ADD Bob :"),
        ("ACCOUNT ADD bob :long_enough", "FAIL ACCOUNT ACCOUNT_EXISTS bob :"),
        ("ACCOUNT ADD b,b :long_enough", "FAIL ACCOUNT BAD_ACCOUNT_NAME b,b :"),
        ("ACCOUNT ADD cyd :short", "FAIL ACCOUNT WEAK_PASSWORD cyd :"),
        ("ACCOUNT ADD cyd", " 461 serveur ACCOUNT "),
        ("ACCOUNT ALLOW bob 10.0.0.1", "ACCOUNT DONE ALLOW Bob :"),
        ("ACCOUNT ALLOW bob nonsense", "FAIL ACCOUNT BAD_ADDRESS Bob :"),
        ("ACCOUNT ALLOW nobody 10.0.0.1", "FAIL ACCOUNT UNKNOWN_ACCOUNT nobody :"),
        ("ACCOUNT PASSWORD serveur :long_enough", "FAIL ACCOUNT UNKNOWN_ACCOUNT serveur :"),
        ("ACCOUNT NONSENSE", "FAIL ACCOUNT INVALID_SUBCOMMAND NONSENSE :"),
    ] {
        expect(&driver.ask(operator, line), &[answer]);
    }
    let told = driver.ask(operator, "ACCOUNT LIST");
    expect(&told, &["ACCOUNT ENTRY ann active 2023-11-14T", " 127.0.0.1"]);
    expect(&told, &["ACCOUNT ENTRY Bob active ", " 10.0.0.1"]);
    expect(&told, &["ACCOUNT END :"]);
    assert_eq!(told.len(), 3, "the correspondent is nobody's account: {told:?}");
    driver.input(Input::Journal { stalled: true });
    expect(&driver.ask(operator, "ACCOUNT DELETE bob"), &["FAIL ACCOUNT TEMPORARILY_UNAVAILABLE bob :"]);
    assert!(
        driver.logs.iter().any(|log| matches!(log, Notable::OperatorActed { operator, .. } if operator == "uid:1000"))
    );
}

#[test]
fn a_suspended_account_is_out_until_it_is_resumed() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let (ann, bob) = (driver.log_in("ann", ""), driver.log_in("bob", ""));
    let operator = driver.log_in_operator("");
    driver.take(ann);
    expect(&driver.ask(operator, "ACCOUNT SUSPEND ann :too loud"), &["ACCOUNT DONE SUSPEND ann :"]);
    expect(&driver.take(ann), &["ERROR :This account is suspended. too loud"]);
    expect(&driver.take(bob), &[":ann!ann@", "QUIT :"]);
    expect(&driver.ask(operator, "ACCOUNT LIST"), &["ENTRY ann suspended "]);
    let conn = driver.connect();
    driver.say(conn, "CAP REQ :standard-replies");
    driver.take(conn);
    expect_not(&log_in_by_plain(&mut driver, conn, "ann", "wrong"), &["SUSPENDED"]);
    let told = log_in_by_plain(&mut driver, conn, "ann", "ann_secret");
    expect(&told, &["FAIL AUTHENTICATE ACCOUNT_SUSPENDED ann :", "too loud"]);
    expect(&told, &[" 902 "]);
    expect(&driver.ask(operator, "ACCOUNT RESUME ann"), &["ACCOUNT DONE RESUME ann :"]);
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
}

#[test]
fn a_deleted_account_leaves_its_name_and_nothing_else() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let (ann, bob) = (driver.log_in("ann", ""), driver.log_in("bob", ""));
    let operator = driver.log_in_operator("");
    expect(&driver.ask(operator, "ACCOUNT DELETE ann"), &["ACCOUNT DONE DELETE ann :"]);
    expect(&driver.take(ann), &["ERROR :This account has been deleted."]);
    expect(&driver.take(bob), &[":ann!ann@", "QUIT :"]);
    expect_not(&driver.ask(bob, "NAMES #general"), &[" 353 ", "ann"]);
    let conn = driver.connect();
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 904 "]);
    expect(&driver.ask(conn, "REGISTER ann * long_enough"), &["FAIL REGISTER ACCOUNT_EXISTS ann :"]);
    expect(&driver.ask(operator, "ACCOUNT DELETE ann"), &["FAIL ACCOUNT UNKNOWN_ACCOUNT ann :"]);
}

#[test]
fn a_new_password_ends_sessions_of_the_old_one() {
    let mut driver = Driver::new(&["ann"]);
    let by_password = driver.log_in("ann", "");
    driver.ask(by_password, "DEVICE ADD :x");
    let by_token = driver.connect();
    log_in_by_plain(&mut driver, by_token, "ann", "ctd1_1");
    introduce(&mut driver, by_token, "ann");
    let operator = driver.log_in_operator("");
    expect(&driver.ask(operator, "ACCOUNT PASSWORD ann :another_one"), &["ACCOUNT DONE PASSWORD ann :"]);
    assert!(driver.closed.contains(&by_password) && !driver.closed.contains(&by_token));
    let conn = driver.connect();
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 904 "]);
    expect(&log_in_by_plain(&mut driver, conn, "ann", "another_one"), &[" 903 "]);
}

// ---- Languages and modes

#[test]
fn the_server_speaks_the_language_of_the_session() {
    let mut driver = Driver::new(&["ann"]);
    let conn = driver.connect();
    assert_eq!(driver.ask(conn, "LANGUAGE fr"), [":chat.local 687 * fr :Language preferences are set"]);
    driver.say(conn, "PASS ann:ann_secret");
    let told = introduce(&mut driver, conn, "ann");
    expect(&told, &[":serveur!serveur@chat.local NOTICE ann :la connexion est bien établie"]);
    assert_eq!(
        driver.ask(conn, "LANGUAGE tlh"),
        [":chat.local 982 ann tlh :Languages are not supported by this server."]
    );
    expect(&driver.ask(conn, "LANGUAGE fr en de"), &[" 981 ann 2 "]);
    assert_eq!(driver.ask(conn, "LANGUAGE *"), [":chat.local 687 ann en :Language preferences are set"]);
}

#[test]
fn user_modes_are_ones_own() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let ann = driver.log_in("ann", "");
    expect(&driver.ask(ann, "MODE ann"), &[" 221 ann +"]);
    expect(&driver.ask(ann, "MODE ann +iB"), &[":ann!ann@", " MODE ann +Bi"]);
    assert!(driver.ask(ann, "MODE ann +o").is_empty());
    expect(&driver.ask(ann, "MODE ann -i+z"), &[" 501 "]);
    expect(&driver.ask(ann, "MODE bob +i"), &[" 502 "]);
    expect(&driver.ask(ann, "MODE ann"), &[" 221 ann +B"]);
}

// ---- A new password

#[test]
fn a_new_password_ends_all_other_sessions_and_the_tokens_of_other_devices() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let (own, bob) = (driver.log_in("ann", "chat-tui/devices"), driver.log_in("bob", ""));
    let token = |driver: &mut Driver| {
        let told = driver.ask(own, "DEVICE ADD :laptop");
        let added = told.iter().find(|line| line.contains(" DEVICE ADD ")).expect("a device");
        added.split(' ').nth(4).expect("a token").to_owned()
    };
    let (first, second) = (token(&mut driver), token(&mut driver));
    let log_in = |driver: &mut Driver, password: &str| {
        let conn = driver.connect();
        let told = log_in_by_plain(driver, conn, "ann", password);
        (conn, told.iter().any(|line| line.contains(" 903 ")))
    };
    let by_first = log_in(&mut driver, &first).0;
    introduce(&mut driver, by_first, "ann");
    let others = [log_in(&mut driver, &second).0, log_in(&mut driver, "ann_secret").0];
    others.iter().for_each(|conn| drop(introduce(&mut driver, *conn, "ann")));

    expect(&driver.ask(by_first, "NICKSERV SET PASSWORD another_secret"), &["Your password is changed"]);
    for conn in others.into_iter().chain([own]) {
        assert!(driver.closed.contains(&conn));
    }
    assert!(!driver.closed.contains(&by_first) && !driver.closed.contains(&bob));
    // The device from which it was said keeps its token.
    assert!(log_in(&mut driver, &first).1);
    assert!(log_in(&mut driver, "another_secret").1);
    assert!(!log_in(&mut driver, &second).1);
    assert!(!log_in(&mut driver, "ann_secret").1);
    let conn = driver.connect();
    expect(&scram(&mut driver, conn, "ann", "ann_secret"), &[" 904 "]);
    expect(&scram(&mut driver, conn, "ann", "another_secret"), &[" 903 "]);
}

#[test]
fn a_proof_that_was_judged_beside_its_end_does_not_count() {
    let mut driver = Driver::new(&["ann"]);
    let own = driver.log_in("ann", "standard-replies chat-tui/devices");
    let late = driver.connect();
    driver.say(late, "CAP REQ :sasl standard-replies");
    driver.take(late);
    driver.answers = false;
    driver.say(late, "AUTHENTICATE PLAIN");
    driver.say(late, &format!("AUTHENTICATE {}", plain("ann", "ann_secret")));
    let (conn, _) = driver.questions.pop_front().unwrap();
    assert_eq!(conn, late);
    driver.answers = true;
    expect(&driver.ask(own, "NICKSERV SET PASSWORD another_secret"), &["Your password is changed"]);
    // The store looked before the password was changed; its answer comes behind.
    let answer = Answer::Proved { account: AccountId(1), device: None };
    driver.input(Input::Answer { conn: late, answer });
    let told = driver.take(late);
    expect(&told, &["FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :"]);
    expect(&told, &[" 904 "]);
    expect_not(&told, &[" 900 "]);
}

//! Guessing: what a stranger learns from failed log-ins (nothing), and how often one may try.

use std::time::Duration;

use super::{expect, expect_not, introduce, log_in_by_plain, scram};
use crate::chat::ports::{ConnId, FailedCheck, Notable, Question, Transport};
use crate::chat::settings::{IpBinding, Settings};
use crate::chat::testing::Driver;
use crate::proto::secret::Secret;

const STRANGER: &str = "203.0.113.7";

/// One way to try a password (or a token).
type Way = fn(&mut Driver, ConnId, &str, &str) -> Vec<String>;

fn by_pass(driver: &mut Driver, conn: ConnId, name: &str, password: &str) -> Vec<String> {
    driver.ask(conn, &format!("PASS {name}:{password}"))
}

fn by_identify(driver: &mut Driver, conn: ConnId, name: &str, password: &str) -> Vec<String> {
    if !driver.world.session(conn).is_introduced() {
        introduce(driver, conn, "stranger");
    }
    driver.ask(conn, &format!("NICKSERV IDENTIFY {name} {password}"))
}

const WAYS: &[(&str, Way)] =
    &[("PLAIN", log_in_by_plain), ("SCRAM", scram), ("PASS", by_pass), ("IDENTIFY", by_identify)];

/// Fails so many times, on new connections as the server closes them; gives the last answer.
fn fail(driver: &mut Driver, address: &str, way: Way, name: &str, times: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..times {
        let conn = driver.connect_by_tls(address);
        told = way(driver, conn, name, "wrong");
    }
    told
}

fn settings() -> Settings {
    Settings { ip_binding: IpBinding::Off, ..Settings::default() }
}

#[test]
fn an_unknown_name_looks_like_a_wrong_password() {
    for (name, way) in WAYS {
        for password in ["wrong", "ctd1_wrong"] {
            let seen = ["ann", "eve"].map(|account| {
                // Everything that is told, and every question to the outside, whose answers cost the same.
                let mut driver = Driver::with(Settings::default(), &["ann"]);
                let conn = driver.connect_by_tls(STRANGER);
                let told = way(&mut driver, conn, account, password).join("\n");
                assert!(!driver.asked.is_empty(), "{name}: something is asked for {account}");
                (scrambled(&told), driver.asked)
            });
            assert_eq!(seen[0], seen[1], "{name}");
        }
    }
}

/// Without what is random by intent, or derived from the name: SCRAM's challenge.
fn scrambled(told: &str) -> String {
    let of_line = |line: &str| match line.split_once("AUTHENTICATE ") {
        Some((head, payload)) => format!("{head}AUTHENTICATE <{} bytes>", payload.len()),
        None => line.to_owned(),
    };
    told.lines().map(of_line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_asked_for_unknown_names_costs_as_much() {
    let mut driver = Driver::new(&["ann"]);
    driver.answers = false;
    let conn = driver.connect_by_tls(STRANGER);
    log_in_by_plain(&mut driver, conn, "eve", "guess");
    let question = Question::Password { account: None, password: Secret::new("guess") };
    assert_eq!(driver.questions.pop_front(), Some((conn, question)), "the hash is computed even so");
}

#[test]
fn after_too_many_failures_nothing_is_checked_from_there() {
    for (name, way) in WAYS {
        let mut driver = Driver::with(settings(), &["ann"]);
        let told = fail(&mut driver, STRANGER, *way, "ann", 10);
        expect_not(&told, &["Too many attempts"]);
        for account in ["ann", "ANN"] {
            let conn = driver.connect_by_tls(STRANGER);
            let told = way(&mut driver, conn, account, "ann_secret");
            expect(&told, &["Too many attempts from your address. Try again in 60 seconds."]);
            assert!(driver.world.session(conn).account().is_none(), "{name}");
        }
        let is_told = |notable: &Notable| matches!(notable, Notable::LoginRefused { check: FailedCheck::TooMany, .. });
        assert!(driver.logs.iter().any(is_told), "the operator sees it");
        // One comes back each minute.
        driver.wait_seconds(60);
        let conn = driver.connect_by_tls(STRANGER);
        way(&mut driver, conn, "ann", "ann_secret");
        assert!(driver.world.session(conn).account().is_some(), "{name}");
        // After a success the pair starts anew.
        expect_not(&fail(&mut driver, STRANGER, *way, "ann", 10), &["Too many attempts"]);
    }
}

#[test]
fn a_stranger_cannot_lock_an_account() {
    let mut driver = Driver::with(settings(), &["ann"]);
    let token = {
        let ann = driver.log_in("ann", "");
        let told = driver.ask(ann, "DEVICE ADD :laptop");
        told[0].split(' ').nth(4).expect("a token").to_owned()
    };
    fail(&mut driver, STRANGER, log_in_by_plain, "ann", 100);
    // From another address…
    let conn = driver.connect_by_tls("198.51.100.1");
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
    // … from the very address of the stranger by a token…
    let conn = driver.connect_by_tls(STRANGER);
    expect(&log_in_by_plain(&mut driver, conn, "ann", &token), &[" 903 "]);
    // … and from a known one, whoever fails there.
    fail(&mut driver, "127.0.0.1", log_in_by_plain, "ann", 100);
    let conn = driver.connect();
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
}

#[test]
fn an_address_may_not_try_one_name_after_the_other() {
    let mut driver = Driver::with(settings(), &["ann"]);
    for number in 0..60 {
        let told = fail(&mut driver, "2001:db8:1:2::1", log_in_by_plain, &format!("name{number}"), 1);
        expect_not(&told, &["Too many attempts"]);
    }
    // IPv6 counts by /64.
    let conn = driver.connect_by_tls("2001:db8:1:2:ffff::9");
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &["Too many attempts", "10 seconds"]);
    let conn = driver.connect_by_tls("2001:db8:1:3::1");
    expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
}

#[test]
fn successes_do_not_count() {
    let mut driver = Driver::with(Settings { failed_logins_per_address_max: 2, ..settings() }, &["ann"]);
    for _ in 0..20 {
        let conn = driver.connect_by_tls(STRANGER);
        expect(&log_in_by_plain(&mut driver, conn, "ann", "ann_secret"), &[" 903 "]);
        driver.say(conn, "QUIT");
    }
    // Nor does what nobody could judge.
    driver.is_away = true;
    expect_not(&fail(&mut driver, STRANGER, log_in_by_plain, "ann", 20), &["Too many attempts"]);
}

#[test]
fn log_ins_under_way_count_before_they_have_failed() {
    let mut driver = Driver::with(Settings { failed_logins_per_account_max: 2, ..settings() }, &["ann"]);
    driver.answers = false;
    fail(&mut driver, STRANGER, log_in_by_plain, "ann", 5);
    assert_eq!(driver.questions.len(), 2);
}

#[test]
fn the_password_of_the_server_cannot_be_guessed_at_speed() {
    let settings = Settings { connection_password: Some(Secret::new("open sesame")), ..Settings::default() };
    let mut driver = Driver::with(settings, &[]);
    for _ in 0..10 {
        let conn = driver.connect_by_tls(STRANGER);
        assert!(driver.ask(conn, "PASS guess").is_empty());
    }
    let conn = driver.connect_by_tls(STRANGER);
    expect(&driver.ask(conn, "PASS :open sesame"), &["Too many attempts"]);
    assert!(!driver.world.session(conn).gave_connection_password);
    let conn = driver.connect_by_tls("198.51.100.1");
    assert!(driver.ask(conn, "PASS :open sesame").is_empty());
    assert!(driver.world.session(conn).gave_connection_password);
}

#[test]
fn registrations_from_one_address_are_bounded() {
    let settings = Settings {
        registrations_per_address_max: 3,
        registration_window: Duration::from_secs(30),
        ..Settings::default()
    };
    let mut driver = Driver::with(settings.clone(), &["ann"]);
    let register = |driver: &mut Driver, address: &str, name: &str| {
        let conn = driver.connect_from(address, Transport::Tls);
        driver.ask(conn, &format!("REGISTER {name} * {name}_secret"))
    };
    expect(&register(&mut driver, STRANGER, "bob"), &["REGISTER SUCCESS bob"]);
    // To learn which names are taken costs as much.
    expect(&register(&mut driver, STRANGER, "ann"), &["ACCOUNT_EXISTS"]);
    expect(&register(&mut driver, STRANGER, "cat"), &["REGISTER SUCCESS cat"]);
    for name in ["dan", "ann"] {
        let told = register(&mut driver, STRANGER, name);
        expect(&told, &["FAIL REGISTER TEMPORARILY_UNAVAILABLE", "Try again in 10 seconds"]);
    }
    expect(&register(&mut driver, "198.51.100.1", "eve"), &["REGISTER SUCCESS eve"]);
    for number in 0..10 {
        expect(&register(&mut driver, "127.0.0.1", &format!("local{number}")), &["REGISTER SUCCESS"]);
    }
    driver.wait_seconds(10);
    expect(&register(&mut driver, STRANGER, "dan"), &["REGISTER SUCCESS dan"]);

    let mut driver = Driver::with(Settings { registrations_per_address_max: 0, ..settings }, &[]);
    for number in 0..50 {
        expect(&register(&mut driver, STRANGER, &format!("name{number}")), &["REGISTER SUCCESS"]);
    }
}

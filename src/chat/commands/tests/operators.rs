//! What operators do is in the record with their names, and nobody finds out by trying who could be one.

use super::super::super::event::{Author, AuthorKind, Event, OperatorAct, Record};
use super::super::super::operators::{Operator, Right, Rights};
use super::super::super::ports::{FailedCheck, Input, Notable, Question, Reloaded, Transport};
use super::super::super::settings::Settings;
use super::super::super::testing::Driver;
use super::{expect, expect_not};
use crate::proto::secret::Secret;

fn operator(name: &str, from: &[&str], rights: Rights) -> Operator {
    let from = from.iter().map(|network| network.parse().unwrap()).collect();
    Operator { name: name.to_owned(), password: Secret::new(format!("{name}_password")), from, rights }
}

fn settings(operators: Vec<Operator>) -> Settings {
    Settings { operators, guests: true, ..Settings::default() }
}

fn acts(driver: &Driver) -> Vec<(OperatorAct, &Author, &Record)> {
    let acted = |record: &'_ Record| match record.event {
        Event::OperatorActed { act, .. } => Some(act),
        _ => None,
    };
    driver.records.iter().filter_map(|record| acted(record).map(|act| (act, &record.author, record))).collect()
}

#[test]
fn acts_are_recorded_with_the_operators_name() {
    let mut driver = Driver::with(settings(vec![operator("chief", &[], Rights::ALL)]), &["ann", "bob"]);
    let (ann, bob) = (driver.log_in("ann", ""), driver.log_in("bob", ""));
    let console = driver.log_in_operator("");
    for line in ["OPER chief chief_password", "MODE #general +m", "KILL bob :enough", "WALLOPS :hello", "MODE ann -o"] {
        driver.ask(ann, line);
    }
    driver.ask(console, "WALLOPS :done");
    assert!(driver.closed.contains(&bob));
    let told: Vec<_> = acts(&driver)
        .into_iter()
        .map(|(act, author, record)| {
            (act, author.kind, author.operator.as_deref().unwrap_or_default(), record.target.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (OperatorAct::Opered, AuthorKind::Account, "oper:chief", ""),
            (OperatorAct::Killed, AuthorKind::Account, "oper:chief", "bob"),
            (OperatorAct::Wallops, AuthorKind::Account, "oper:chief", ""),
            (OperatorAct::Resigned, AuthorKind::Account, "oper:chief", ""),
            (OperatorAct::Wallops, AuthorKind::Server, "uid:1000", ""),
        ]
    );
    let killed = driver.records.iter().find_map(|record| match &record.event {
        Event::OperatorActed { act: OperatorAct::Killed, account, text } => Some((*account, text.as_str())),
        _ => None,
    });
    assert_eq!(killed.map(|(account, text)| (account.unwrap().0, text)), Some((2, "enough")));
    // What an operator did to a channel bears the name as well; what people say does not.
    let mut changed = driver.records.iter().filter(|record| matches!(record.event, Event::ModesChanged { .. }));
    assert_eq!(changed.next_back().unwrap().author.operator.as_deref(), Some("oper:chief"));
}

#[test]
fn trying_tells_nothing() {
    let operators =
        vec![operator("chief", &["192.0.2.0/24"], Rights::ALL), operator("far", &["198.51.100.0/24"], Rights::ALL)];
    let mut driver = Driver::with(settings(operators), &[]);
    let near = driver.connect_from("192.0.2.1", Transport::Tls);
    driver.introduce_guest(near, "near");
    driver.answers = false;
    // A wrong name, and a name that does not count from there, cost the same work as a wrong password.
    for (line, is_known) in [("OPER chief wrong", true), ("OPER nobody x", false), ("OPER far far_password", false)] {
        assert_eq!(driver.ask(near, line), [""; 0], "{line}");
        let (_, question) = driver.questions.front().unwrap();
        assert!(matches!(question, Question::Hashed { stored, .. } if stored.is_some() == is_known), "{line}");
        driver.answer_all();
        assert_eq!(driver.take(near), [":chat.local 464 near :Password incorrect"], "{line}");
    }
    assert!(driver.logs.iter().all(|notable| !matches!(notable, Notable::OperatorActed { .. })));
    let refused = |notable: &&Notable| matches!(notable, Notable::LoginRefused { check: FailedCheck::Operator, .. });
    assert_eq!(driver.logs.iter().filter(refused).count(), 3);
    assert!(acts(&driver).is_empty());
}

#[test]
fn many_attempts_from_one_address_are_not_looked_at() {
    let mut settings = settings(vec![operator("chief", &[], Rights::ALL)]);
    settings.failed_logins_per_address_max = 4;
    settings.limits.login_failures_per_connection_max = 0;
    let mut driver = Driver::with(settings, &[]);
    let conn = driver.connect_from("192.0.2.1", Transport::Tls);
    driver.introduce_guest(conn, "eve");
    for _ in 0..4 {
        expect(&driver.ask(conn, "OPER chief wrong"), &[" 464 "]);
    }
    expect(&driver.ask(conn, "OPER chief chief_password"), &[" 464 "]);
    let last = driver.logs.last();
    assert!(matches!(last, Some(Notable::LoginRefused { check: FailedCheck::TooMany, .. })), "{last:?}");
    let other = driver.connect_from("192.0.2.2", Transport::Tls);
    driver.introduce_guest(other, "bob");
    expect(&driver.ask(other, "OPER chief chief_password"), &[" 381 "]);
}

#[test]
fn nothing_is_done_that_cannot_be_recorded() {
    let mut driver = Driver::with(settings(vec![operator("chief", &[], Rights::ALL)]), &["ann", "bob"]);
    let (ann, bob) = (driver.log_in("ann", "standard-replies"), driver.log_in("bob", ""));
    driver.ask(ann, "OPER chief chief_password");
    driver.input(Input::Journal { stalled: true });
    for line in ["KILL bob :x", "WALLOPS :x", "REHASH", "MODE ann -o"] {
        expect(&driver.ask(ann, line), &["FAIL ", " TEMPORARILY_UNAVAILABLE "]);
    }
    expect(&driver.ask(bob, "OPER chief chief_password"), &["NOTICE bob"]);
    assert!(!driver.closed.contains(&bob) && driver.reloads == 0);
    driver.input(Input::Journal { stalled: false });
    expect(&driver.ask(ann, "REHASH"), &[" 382 "]);
    assert_eq!(driver.reloads, 1);
}

#[test]
fn rights_follow_the_settings() {
    let mut driver = Driver::with(settings(vec![operator("chief", &[], Rights::ALL)]), &["ann", "bob"]);
    let (ann, bob) = (driver.log_in("ann", ""), driver.log_in("bob", ""));
    driver.ask(bob, "JOIN #closed");
    driver.ask(bob, "MODE #closed +is");
    driver.ask(ann, "OPER chief chief_password");
    // The right to channels opens them all.
    expect(&driver.ask(ann, "LIST"), &[" 322 ann #closed "]);
    expect(&driver.ask(ann, "MODE #closed +m"), &["MODE #closed +m"]);
    expect(&driver.ask(ann, "TOPIC #closed :seen"), &["TOPIC #closed :seen"]);
    expect(&driver.ask(ann, "KICK #closed bob :out"), &["KICK #closed bob :out"]);
    expect(&driver.ask(ann, "WHOIS bob"), &[" 338 ann bob "]);
    let fewer = settings(vec![operator("chief", &[], Rights::NONE.with(Right::Wallops))]);
    let reloaded = Reloaded::Read { settings: Box::new(fewer), needs_restart: Vec::new() };
    driver.input(Input::Reloaded { asker: None, reloaded });
    driver.take(ann);
    expect(&driver.ask(ann, "KILL bob :x"), &[" 723 ann kill "]);
    expect_not(&driver.ask(ann, "LIST"), &["#closed"]);
    expect_not(&driver.ask(ann, "WHOIS bob"), &[" 338 "]);
    let reloaded = Reloaded::Read { settings: Box::new(settings(Vec::new())), needs_restart: Vec::new() };
    driver.input(Input::Reloaded { asker: None, reloaded });
    expect(&driver.take(ann), &["MODE ann -o"]);
    expect(&driver.ask(ann, "WALLOPS :x"), &[" 481 "]);
}

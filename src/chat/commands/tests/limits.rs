//! The bounds that an operator may change are told to clients, and settings that are read again change them.

use super::super::super::limits::Limits;
use super::super::super::ports::{Input, Reloaded};
use super::super::super::settings::Settings;
use super::super::super::testing::Driver;
use super::{expect, expect_not};

fn small() -> Settings {
    let limits = Limits {
        nick_bytes_max: 11,
        realname_bytes_max: 12,
        away_bytes_max: 13,
        reason_bytes_max: 14,
        targets_max: 3,
        mode_changes_max: 4,
        list_entries_max: 15,
        monitored_max: 16,
        metadata_keys_max: 17,
        metadata_value_bytes_max: 18,
        metadata_subscriptions_max: 19,
        ..Limits::default()
    };
    Settings { limits, channels_per_account_max: 5, topic_bytes_max: 20, history_page_max: 21, ..Settings::default() }
}

#[test]
fn each_bound_is_in_005_or_in_the_value_of_its_capability() {
    let mut driver = Driver::with(small(), &["ann"]);
    let ann = driver.log_in("ann", "");
    let told = driver.ask(ann, "VERSION").join(" ");
    for token in [
        "NICKLEN=11",
        "NAMELEN=12",
        "AWAYLEN=13",
        "KICKLEN=14",
        "MAXTARGETS=3",
        "PRIVMSG:3",
        "MODES=4",
        "MAXLIST=beI:15",
        "MONITOR=16",
        "CHANLIMIT=#:5",
        "TOPICLEN=20",
        "CHATHISTORY=21",
        "STATUSMSG=~&@%+",
        "CASEMAPPING=ascii",
        "UTF8MAPPING=rfc8265",
    ] {
        assert!(told.split([' ', ',']).any(|word| word.ends_with(token)), "{token} is not in {told}");
    }
    let told = driver.ask(ann, "CAP LS 302");
    expect(&told, &["maxsub=19,maxkey=17", "max-value-bytes=18"]);
}

#[test]
fn no_bound_is_told_as_none() {
    let settings = Settings { channels_per_account_max: 0, ..Settings::default() };
    let mut driver = Driver::with(settings, &["ann"]);
    let ann = driver.log_in("ann", "");
    expect(&driver.ask(ann, "VERSION"), &["CHANLIMIT=#: "]);
    for number in 0..150 {
        expect(&driver.ask(ann, &format!("JOIN #{number}")), &[" JOIN #"]);
    }
}

#[test]
fn settings_that_are_read_again_are_told_as_far_as_clients_know_them() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", "");
    let settings = Settings { motd: vec!["new".to_owned()], server_name: "other.example".to_owned(), ..small() };
    let reloaded = Reloaded::Read { settings: Box::new(settings), needs_restart: Vec::new() };
    driver.input(Input::Reloaded { asker: None, reloaded });
    let told = driver.take(ann);
    expect(&told, &[":chat.local 005 ann ", "NICKLEN=11 "]);
    expect_not(&told, &["NETWORK="]);
    expect(&driver.ask(ann, "MOTD"), &[":chat.local 372 ann :- new"]);

    let reloaded = Reloaded::Faulty(vec!["x.toml:1: no".to_owned()]);
    driver.input(Input::Reloaded { asker: Some(ann), reloaded });
    expect(&driver.take(ann), &[":chat.local NOTICE ann ", "x.toml:1: no"]);
    expect(&driver.ask(ann, "MOTD"), &[":- new"]);
}

#[test]
fn capabilities_that_change_are_told_by_new_and_del() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.connect_by_tls("192.168.56.1");
    let old = driver.connect_by_tls("192.168.56.1");
    driver.ask(ann, "CAP LS 302");
    driver.ask(old, "CAP LS");
    let reload = |driver: &mut Driver, settings: Settings| {
        let reloaded = Reloaded::Read { settings: Box::new(settings), needs_restart: Vec::new() };
        driver.input(Input::Reloaded { asker: None, reloaded });
    };
    let changed = Settings { multiline_lines_max: 7, sts: Some(6697), ..Settings::default() };
    reload(&mut driver, changed);
    let told = driver.take(ann);
    expect(&told, &["CAP * NEW :draft/multiline=max-bytes=4096,max-lines=7 sts=duration=0"]);
    assert_eq!(driver.take(old).len(), 0, "it did not ask for cap-notify");
    // A policy is not taken back but by its duration.
    reload(&mut driver, Settings { multiline_lines_max: 7, ..Settings::default() });
    assert_eq!(driver.take(ann).iter().filter(|line| line.contains(" CAP ")).count(), 0);
}

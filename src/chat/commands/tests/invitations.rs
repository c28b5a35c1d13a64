//! Invitations: they run out, and count once however they are tried.

use super::expect;
use crate::chat::invitations::INVITATIONS_MAX;
use crate::chat::ports::ConnId;
use crate::chat::settings::{Registration, Settings};
use crate::chat::testing::Driver;

fn by_invitation() -> (Driver, ConnId) {
    let settings = Settings { registration: Registration::Invitation, ..Settings::default() };
    let mut driver = Driver::with(settings, &[]);
    let operator = driver.log_in_operator("standard-replies");
    driver.take(operator);
    (driver, operator)
}

/// Makes one and gives its code.
fn invite(driver: &mut Driver, operator: ConnId, duration: &str) -> String {
    let told = driver.ask(operator, &format!("INVITATION ADD {duration}"));
    let code = told.iter().find_map(|line| line.split(" INVITATION CODE ").nth(1)?.split(' ').nth(1));
    code.unwrap_or_else(|| panic!("{told:?}")).to_owned()
}

#[test]
fn an_invitation_runs_out() {
    let (mut driver, operator) = by_invitation();
    let (short, long) = (invite(&mut driver, operator, "1m"), invite(&mut driver, operator, "1h"));
    driver.wait_seconds(60);
    let conn = driver.connect_by_tls("192.0.2.1");
    expect(&driver.ask(conn, &format!("REGISTER ann {short} correct-horse")), &[" INVALID_INVITATION ann "]);
    let told = driver.ask(operator, "INVITATION LIST");
    assert_eq!(told.iter().filter(|line| line.contains(" ENTRY ")).count(), 1, "{told:?}");
    expect(&driver.ask(conn, &format!("REGISTER ann {long} correct-horse")), &[" REGISTER SUCCESS ann "]);
}

#[test]
fn two_who_try_one_code_at_once_make_one_account() {
    let (mut driver, operator) = by_invitation();
    let code = invite(&mut driver, operator, "0");
    let (ann, bob) = (driver.connect_by_tls("192.0.2.1"), driver.connect_by_tls("192.0.2.2"));
    driver.answers = false;
    driver.say(ann, &format!("REGISTER ann {code} correct-horse"));
    driver.say(bob, &format!("REGISTER bob {code} correct-horse"));
    driver.answer_all();
    expect(&driver.take(ann), &[" REGISTER SUCCESS ann "]);
    expect(&driver.take(bob), &[" INVALID_INVITATION bob "]);
}

#[test]
fn invitations_are_bounded_and_old_ones_make_room() {
    let (mut driver, operator) = by_invitation();
    for _ in 0..INVITATIONS_MAX {
        invite(&mut driver, operator, "1m");
    }
    expect(&driver.ask(operator, "INVITATION ADD 1m"), &[" TOO_MANY_INVITATIONS "]);
    driver.wait_seconds(60);
    invite(&mut driver, operator, "1m");
    assert_eq!(driver.world.snapshot().invitations.len(), 1);
}

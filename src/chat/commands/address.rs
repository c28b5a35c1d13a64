//! The addresses of an account, and the dialogue in which its owner allows one more.
//!
//! A right password from an unknown address is refused like a wrong one. The account's open sessions are told of it, once for
//! each address in a while, with a code; whoever gives the code back from one of these sessions allows the address.

use crate::chat::event::{AccountId, Event, Place};
use crate::chat::limits::is_reached;
use crate::chat::policy;
use crate::chat::ports::ConnId;
use crate::chat::refusal::Text;
use crate::chat::world::{Draft, World};
use crate::proto::caps::Cap;

/// Tells the open sessions of an account that its password was given at an unknown address.
pub(super) fn tell_refused(world: &mut World, account: AccountId, conn: ConnId) {
    let address = policy::address_key(world.session(conn).peer.address);
    let now = world.now;
    let sessions = world.account_sessions(account).to_vec();
    if sessions.is_empty() || !world.refused_addresses.is_due(account, &address, now) {
        return;
    }
    let code = world.key.allow_code(account, &address);
    for session in sessions {
        let text = |id| Text::new(id).with("address", &address).with("code", &code);
        if world.session(session).has(Cap::StandardReplies) {
            let text = text("server-address-refused");
            world.standard_reply(session, "NOTE", "AUTHENTICATE", "ADDRESS_REFUSED", &[&address, &code], &text);
        } else {
            let said = world.say(session, &text("server-address-refused-answer"));
            world.notice_of_correspondent(session, &said);
        }
    }
}

/// Whether the account's password is accepted from where a session is.
pub(super) fn accepts(world: &World, account: AccountId, conn: ConnId) -> bool {
    let Some(account) = world.state.account(account) else { return false };
    let allowed = &account.state.addresses;
    // An account that the operator made has no address yet: its first log-in gives it one.
    allowed.is_empty() || policy::accepts_address(&world.settings, allowed, world.session(conn).peer.address)
}

/// The first log-in of an account without an address gives it one.
pub(super) fn bind_first(world: &mut World, account: AccountId, conn: ConnId) {
    let Some(state) = world.state.account(account).map(|account| &account.state) else { return };
    if state.addresses.is_empty() && !world.is_stalled() {
        let address = policy::address_key(world.session(conn).peer.address);
        allow(world, conn, account, address);
    }
}

/// Allows an address. The author is the session: the account's owner, or an operator.
pub(super) fn allow(world: &mut World, conn: ConnId, account: AccountId, address: String) {
    let Some(name) = world.account_name(account) else { return };
    let author = world.acting_author(conn);
    world.append(Draft::new(author, Place::Server, &name, Event::AddressAllowed { account, address }));
}

/// Obeys `allow <address> <code>` (or `autoriser`) said to the correspondent. False when the text is something else.
pub(crate) fn obeys_allow(world: &mut World, conn: ConnId, text: &str) -> bool {
    let mut words = text.split_whitespace();
    let is_order = words.next().is_some_and(|verb| ["allow", "autoriser"].contains(&verb.to_lowercase().as_str()));
    let (Some(address), Some(code), None) = (words.next(), words.next(), words.next()) else { return false };
    let Some(account) = world.session(conn).account().filter(|_| is_order) else { return false };
    let Some(address) = policy::parse_address(address) else { return false };
    let known = world.state.account(account).map_or(&[][..], |account| &account.state.addresses);
    let id = if code != world.key.allow_code(account, &address) {
        "server-address-wrong-code"
    } else if known.contains(&address) {
        "server-address-allowed"
    } else if is_reached(known.len(), world.settings.limits.addresses_per_account_max) {
        "server-address-too-many"
    } else if world.is_stalled() {
        "server-temporarily-unavailable"
    } else {
        allow(world, conn, account, address.clone());
        "server-address-allowed"
    };
    let said = world.say(conn, &Text::new(id).with("address", &address));
    world.notice_of_correspondent(conn, &said);
    true
}

//! The services as a correspondent: what they are called, how they speak, and the table of their orders.
//!
//! They are no account and nobody's session. What the orders do is in `commands/nickserv`.

use super::lookalikes::is_alike;
use super::ports::ConnId;
use super::refusal::Text;
use super::world::World;
use crate::proto::message::{Line, Message};
use crate::proto::names::Nick;

/// The row of the table to which everything goes that is said to the services.
pub(crate) const COMMAND: &str = "NICKSERV";
/// What the services are called. Nobody else may be.
pub(crate) const NICK: &str = "NickServ";

/// Whether a name is that of the services.
pub(crate) fn is_called(name: &str) -> bool {
    name.eq_ignore_ascii_case(NICK)
}

/// Whether a nick looks like that of the services.
pub(crate) fn is_imitated(nick: &Nick) -> bool {
    Nick::new(NICK).is_ok_and(|own| is_alike(nick.folded(), own.folded()))
}

/// Whether a line is said to the services, alone or among others.
pub(crate) fn is_addressed(message: &Message<'_>) -> bool {
    let speaks = ["PRIVMSG", "NOTICE", "TAGMSG"].iter().any(|name| message.command.eq_ignore_ascii_case(name));
    speaks && message.param(0).is_some_and(|targets| targets.split(',').any(is_called))
}

/// One order.
pub(crate) struct Order {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// The text that says what it does.
    pub meaning: &'static str,
}

const fn order(name: &'static str, syntax: &'static str, meaning: &'static str) -> Order {
    Order { name, syntax, meaning }
}

/// What the services obey.
pub(crate) const ORDERS: &[Order] = &[
    order("REGISTER", "REGISTER <password> [<invitation>]", "server-services-help-register"),
    order("IDENTIFY", "IDENTIFY [<account>] <password>", "server-services-help-identify"),
    order("SET", "SET PASSWORD <new password>", "server-services-help-set-password"),
    order("SESSIONS", "SESSIONS", "server-services-help-sessions"),
    order("HELP", "HELP", "server-services-help-help"),
];

impl World {
    /// Says a sentence as the services.
    pub(crate) fn say_as_services(&mut self, conn: ConnId, text: &Text) {
        let said = self.say(conn, text);
        let source = format!("{NICK}!{NICK}@{}", self.settings.server_name);
        let line = Line::new("NOTICE").source(&source).param(self.session(conn).name()).trailing(&said);
        let line = self.dated(conn, line);
        self.reply(conn, line);
    }

    /// What the services obey, one order a line.
    pub(crate) fn say_orders(&mut self, conn: ConnId) {
        for order in ORDERS {
            let meaning = self.say(conn, &order.meaning.into());
            let text = Text::new("server-services-order").with("syntax", order.syntax).with("meaning", meaning);
            self.say_as_services(conn, &text);
        }
    }
}

//! The operators' panel through real terminals: from the console, and for an operator by OPER.

use super::sandbox::Sandbox;
use super::terminal::{Key, Terminal};
use super::{PASSWORD, newcomer};

#[test]
fn the_console_sees_who_is_connected_and_acts_on_a_row() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &["--lang", "fr"]);
    let home = Sandbox::new();
    let mut client = newcomer(&home, &server, "Romain");
    let socket = server.socket.display().to_string();
    let command = sandbox.in_terminal("chat-server", &["console", "--socket", &socket, "--lang", "fr"]);
    let mut console = Terminal::start("the console", command, 120, 30);
    console.wait_for("serveur");
    console.settled();
    console.type_line("/panel");
    console.wait_for("Panneau des opérateurs");
    console.wait_for("Sessions 2");
    console.wait_for("127.0.0.1:");

    // Narrowed to one row; then a new password, which ends the sessions that logged in by the old one, and is shown.
    console.type_text("roma");
    console.wait_for("Sessions 1");
    console.press(Key::Enter);
    console.wait_for("Que faire de Romain ?");
    console.type_text("suspendre");
    console.press(Key::Enter);
    console.wait_for("une raison, si vous voulez");
    console.type_text("trop de bruit");
    console.press(Key::Enter);
    client.wait_for("trop de bruit");
    // Who is gone leaves the list by itself.
    console.wait_for("Sessions 0");
    console.press(Key::Tab);
    console.wait_for("[ Refus");
    console.press(Key::Escape);
    console.wait_for("Commandes seulement");
    console.press(Key::Control('c'));
    assert_eq!(console.wait_exit().exit_code(), 0);
    client.press(Key::Control('c'));
    client.wait_exit();

    // It is in the record, with who did it.
    let data = sandbox.path("server").join("chat.sqlite3");
    let connection = rusqlite::Connection::open(data).expect("the database is there");
    let sql = "SELECT COUNT(*) FROM event WHERE kind = 'account_suspended' AND operator LIKE 'uid:%' AND text = 'trop de bruit'";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(count, 1);
}

#[test]
fn an_operator_by_oper_has_the_panel_and_nobody_else() {
    let sandbox = Sandbox::new();
    let hash =
        sandbox.command("chat-server", &["hash-password", "--password-file", password(&sandbox).as_str()]).output();
    let hash = String::from_utf8(hash.expect("the command runs").stdout).expect("a hash");
    let settings = sandbox.path("settings.toml");
    let text = format!("[[operators]]\nname = \"chef\"\npassword = \"{}\"\n", hash.trim());
    std::fs::write(&settings, text).expect("the settings");
    let server = sandbox.start_server(None, &["--config", settings.to_str().expect("a path"), "--lang", "fr"]);
    let mut client = newcomer(&sandbox, &server, "Romain");
    client.type_line("/panel");
    client.wait_for("Ce serveur n'offre pas /panel");
    // What could not be done stays where it was written.
    client.press(Key::Control('u'));
    client.type_line(&format!("/raw OPER chef {PASSWORD}"));
    client.wait_for("operator");
    client.type_line("/panel");
    client.wait_for("Panneau des opérateurs");
    client.wait_for("Romain");
    client.press(Key::Control('c'));
    assert_eq!(client.wait_exit().exit_code(), 0);
}

/// Shift-Up chooses the message above.
const SHIFT_UP: &str = "\x1b[1;2A";

#[test]
fn a_report_reaches_the_console_at_once() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &["--lang", "fr"]);
    let (home, other_home) = (Sandbox::new(), Sandbox::new());
    let (mut rude, mut reader) = (newcomer(&home, &server, "Milo"), newcomer(&other_home, &server, "Romain"));
    let socket = server.socket.display().to_string();
    let command = sandbox.in_terminal("chat-server", &["console", "--socket", &socket, "--lang", "fr"]);
    let mut console = Terminal::start("the console", command, 100, 30);
    console.wait_for("serveur");
    console.settled();
    rude.type_line("quelque chose de grossier");
    reader.wait_for("quelque chose de grossier");
    reader.type_text(SHIFT_UP);
    reader.wait_for("Échap retour");
    reader.type_text("!");
    reader.wait_for("Pourquoi le signaler ?");
    reader.type_text("il insiste");
    reader.press(Key::Enter);
    reader.wait_for("Raison : il insiste");
    reader.press(Key::Enter);
    reader.wait_for("Les opérateurs de ce serveur");
    console.wait_for("⚑ Romain signale un message de Milo dans #general");
    for terminal in [&mut rude, &mut reader, &mut console] {
        terminal.press(Key::Control('c'));
        assert_eq!(terminal.wait_exit().exit_code(), 0);
    }
}

/// A file with everybody's password.
fn password(sandbox: &Sandbox) -> String {
    let path = sandbox.path("password");
    std::fs::write(&path, PASSWORD).expect("the password's file");
    path.to_str().expect("a path").to_owned()
}

//! Registration by invitation, through a terminal and through pipes: a code lets one person in, and nobody after that.

use super::sandbox::{RunningServer, Sandbox};
use super::terminal::{Key, Terminal};
use super::{PASSWORD, open_client};

/// A server that makes accounts for those only who have an invitation.
fn by_invitation(sandbox: &Sandbox) -> RunningServer {
    let settings = sandbox.path("settings.toml");
    std::fs::write(&settings, "registration = \"invitation\"\n").expect("the settings");
    sandbox.start_server(None, &["--config", settings.to_str().expect("a path"), "--lang", "fr"])
}

/// The operator makes a code.
fn invite(sandbox: &Sandbox, server: &RunningServer) -> String {
    let socket = server.socket.to_str().expect("a path");
    let made = sandbox.command("chat-server", &["--socket", socket, "invite", "create", "for a friend"]).output();
    let made = made.expect("the command runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).expect("a code").trim().to_owned()
}

/// Fills the form as it is at first, and submits it. The server asks for more.
fn apply(terminal: &Terminal, name: &str) {
    terminal.wait_for("Mot de passe, encore");
    for text in [name, PASSWORD] {
        terminal.type_text(text);
        terminal.press(Key::Tab);
    }
    terminal.type_text(PASSWORD);
    terminal.press(Key::Enter);
    terminal.wait_for("Il faut une invitation");
}

#[test]
fn the_form_asks_for_a_code_which_counts_once() {
    let sandbox = Sandbox::new();
    let server = by_invitation(&sandbox);
    let code = invite(&sandbox, &server);
    let first = open_client(&sandbox, &server, "invited");
    apply(&first, "Romain");
    first.type_text(&code);
    first.press(Key::Enter);
    first.wait_for("#general");

    let second = open_client(&Sandbox::new(), &server, "late");
    apply(&second, "Milo");
    second.type_text(&code);
    second.press(Key::Enter);
    second.wait_for("déjà servi");
}

#[test]
fn the_line_mode_asks_for_a_code_too() {
    let sandbox = Sandbox::new();
    let server = by_invitation(&sandbox);
    let code = invite(&sandbox, &server);
    let address = format!("irc://{}", server.address);
    let command = sandbox.in_terminal("chat-tui", &["--plain", "--lang", "fr", "--server", &address]);
    let mut terminal = Terminal::start("plain", command, 80, 24);
    for (question, answer) in [
        ("Voulez-vous vous inscrire ?", "oui"),
        ("écrivez votre identifiant :", "Romain"),
        ("écrivez votre mot de passe :", PASSWORD),
        ("Votre identifiant ->", "Romain"),
        ("Votre mot de passe ->", PASSWORD),
        ("écrivez le code de votre invitation :", "nonsense"),
        ("Ce code n'est pas valable", &code),
        ("Le serveur: la connexion est bien établie", "bye"),
    ] {
        terminal.wait_for(question);
        terminal.type_line(answer);
    }
    assert_eq!(terminal.wait_exit().exit_code(), 0);
}

//! The programs as people use them: in real terminals, against real servers and real databases.
//!
//! Everything runs on the loopback in a home of its own, every wait is bounded, and what a test starts is stopped with it.

#![cfg(all(feature = "server", feature = "tui"))]

#[path = "../common/mariadb.rs"]
mod mariadb;
#[path = "../common/sandbox.rs"]
mod sandbox;
#[path = "../common/terminal.rs"]
mod terminal;

mod dialogue;
mod invitation;
mod irssi;
mod job;
mod keyring;
mod leaving;
mod local_server;
mod panel;
mod plain;
mod reading;
mod recovery;
mod scripts;
mod weechat;
mod writing;

use sandbox::{RunningServer, Sandbox};
use terminal::{Key, Terminal};

/// The password of everybody here.
const PASSWORD: &str = "Romain_1995";

/// A client in a terminal of 100 by 30 cells, in French, with its form open.
fn open_client(sandbox: &Sandbox, server: &RunningServer, title: &str) -> Terminal {
    let address = format!("irc://{}", server.address);
    let command = sandbox.in_terminal("chat-tui", &["--server", &address, "--lang", "fr"]);
    let terminal = Terminal::start(title, command, 100, 30);
    terminal.wait_for("S'inscrire");
    terminal
}

/// Registers by the form; the caret stands on the name.
fn register(terminal: &Terminal, name: &str) {
    terminal.wait_for("Mot de passe, encore");
    terminal.type_text(name);
    terminal.press(Key::Tab);
    terminal.type_text(PASSWORD);
    terminal.press(Key::Tab);
    terminal.type_text(PASSWORD);
    terminal.press(Key::Enter);
    terminal.wait_for("#general");
}

/// A client that has just registered and sees `#general`.
fn newcomer(sandbox: &Sandbox, server: &RunningServer, name: &str) -> Terminal {
    let terminal = open_client(sandbox, server, name);
    register(&terminal, name);
    terminal
}

fn signal(terminal: &Terminal, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(terminal.pid().cast_signed()).expect("a process id");
    rustix::process::kill_process(pid, signal).expect("the signal is sent");
}

/// The operator makes an account with everybody's password.
fn add_account(sandbox: &Sandbox, server: &RunningServer, name: &str) {
    let password = sandbox.path("password");
    std::fs::write(&password, PASSWORD).expect("the password's file");
    let socket = server.socket.to_str().expect("a path");
    let added = sandbox
        .command("chat-server", &["--socket", socket, "account", "add", name])
        .args(["--password-file", password.to_str().expect("a path")])
        .output()
        .expect("the command runs");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

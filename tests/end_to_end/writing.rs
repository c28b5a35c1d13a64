//! What is written arrives, all of it, once and in its order: many pasted lines, and lines written while no server was there.

use std::time::{Duration, Instant};

use super::sandbox::{RunningServer, Sandbox};
use super::terminal::{Key, Terminal};
use super::{newcomer, signal};

/// How long something on disk may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the record holds of `#general`, without dates, as another session of the same person reads it.
fn said(sandbox: &Sandbox, server: &RunningServer) -> Vec<String> {
    let address = format!("irc://{}", server.address);
    let tail = ["--server", &address, "tail", "#general", "--lines", "500"];
    let output = sandbox.command("chat-tui", &tail).output().expect("the client runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // dd/mm/yyyy hh:mm:ss and a blank
    String::from_utf8_lossy(&output.stdout).lines().map(|line| line[20..].to_owned()).collect()
}

#[test]
fn two_hundred_pasted_lines_arrive_once_in_order() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    let lines: Vec<String> = (1..=200).map(|number| format!("ligne {number:03} é漢")).collect();
    // As most terminals write it: a CR for each line's end.
    client.paste(&lines.join("\r"));
    client.wait_for("Envoyer ce qui a été collé ?");
    client.wait_for("200 lignes");
    client.settled();
    assert!(said(&sandbox, &server).is_empty(), "nothing goes out unasked");
    client.press(Key::Enter);
    client.wait_gone("Envoyer ce qui a été collé ?");
    client.type_line("après");
    client.wait_for("│ après");
    let expected: Vec<String> =
        lines.iter().map(String::as_str).chain(["après"]).map(|line| format!("Romain: {line}")).collect();
    assert_eq!(said(&sandbox, &server), expected);
}

/// What an earlier run has left, or this one has written without a server, is on disk as it stands, not only at the end.
#[test]
fn what_was_written_without_a_server_survives_a_killed_client() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.start_server(None, &[]);
    let mut client = newcomer(&sandbox, &server, "Romain");
    let unsent = sandbox.path("state").join("chat-tui/unsent.toml");
    client.type_line("avant");
    client.wait_for("│ avant");
    server.kill();
    client.wait_gone("● ");
    client.type_line("sans serveur");
    wait_until("it is kept", || std::fs::read_to_string(&unsent).is_ok_and(|text| text.contains("sans serveur")));
    signal(&client, rustix::process::Signal::KILL);
    client.wait_exit();

    let server = RunningServer::start(&sandbox, server.address, None, &[]);
    let address = format!("irc://{}", server.address);
    let command = sandbox.in_terminal("chat-tui", &["--server", &address, "--lang", "fr"]);
    let mut again = Terminal::start("the next run", command, 100, 30);
    again.wait_for("sans serveur");
    wait_until("it has arrived and is struck out", || !unsent.exists());
    signal(&again, rustix::process::Signal::KILL);
    again.wait_exit();
    assert_eq!(said(&sandbox, &server), ["Romain: avant", "Romain: sans serveur"]);
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_written_without_a_server_survives_leaving() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.start_server(None, &[]);
    let mut client = newcomer(&sandbox, &server, "Romain");
    client.type_line("avant");
    client.wait_for("│ avant");
    server.kill();
    client.wait_gone("● ");
    for line in ["un", "deux", "trois"] {
        client.type_line(&format!("sans serveur {line}"));
        client.wait_for(&format!("sans serveur {line}"));
    }
    signal(&client, rustix::process::Signal::TERM);
    assert_eq!(client.wait_exit().exit_code(), 0);

    let server = RunningServer::start(&sandbox, server.address, None, &[]);
    let address = format!("irc://{}", server.address);
    let command = sandbox.in_terminal("chat-tui", &["--server", &address, "--lang", "fr"]);
    let mut again = Terminal::start("the next run", command, 100, 30);
    again.wait_for("sans serveur trois");
    again.type_line("après");
    again.wait_for("│ après");
    let expected = ["avant", "sans serveur un", "sans serveur deux", "sans serveur trois", "après"];
    assert_eq!(said(&sandbox, &server), expected.map(|line| format!("Romain: {line}")));
    again.type_line("bye");
    assert_eq!(again.wait_exit().exit_code(), 0);
    assert!(!sandbox.path("state").join("chat-tui/unsent.toml").exists());
}

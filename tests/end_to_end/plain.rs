//! The line mode, `chat-tui --plain`: the seed's own dialogue, question by question, through pipes and through a terminal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::PASSWORD;
use super::sandbox::{RunningServer, Sandbox};
use super::terminal::{PATIENCE, Terminal};

/// The program with its pipes.
struct Piped {
    child: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Piped {
    fn start(sandbox: &Sandbox, server: &RunningServer) -> Self {
        let address = format!("irc://{}", server.address);
        let mut command = sandbox.command("chat-tui", &["--plain", "--lang", "fr", "--server", &address]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the client starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: Vec::new() }
    }

    fn say(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("its input");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it reads");
    }

    fn wait_for(&mut self, wanted: &str) {
        while !self.seen.last().is_some_and(|line| line.contains(wanted)) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("waited in vain for {wanted:?}:\n{}", self.seen.join("\n")),
            }
        }
    }

    fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(10)) {
            self.seen.push(line);
        }
        (self.child.wait().expect("it ends").code(), self.seen.join("\n"))
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn the_seed_s_dialogue_goes_through_pipes() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &["--lang", "fr"]);
    let mut client = Piped::start(&sandbox, &server);
    for answer in ["oui", "Romain", PASSWORD, "Romain", PASSWORD] {
        client.say(answer);
    }
    client.wait_for("Le serveur: la connexion est bien établie");
    client.say("Serveur vous me recevez ?");
    client.say("  bye ");
    let (code, output) = client.end_checked();
    assert_eq!(code, Some(0), "{output}");
    let mut rest = output.as_str();
    for sentence in [
        "Voulez-vous vous inscrire ? Tapez 'oui' ou 'non'",
        "Inscription compte client",
        "écrivez votre identifiant :",
        "écrivez votre mot de passe :",
        "Votre identifiant ->",
        "Votre mot de passe ->",
        "Le serveur: la connexion est bien établie",
    ] {
        let place = rest.find(sentence).unwrap_or_else(|| panic!("{sentence:?} in its place:\n{output}"));
        rest = &rest[place + sentence.len()..];
    }
    assert!(!output.contains(PASSWORD), "a password is never shown:\n{output}");
    assert!(!output.contains('\u{1b}'), "no escape sequences:\n{output:?}");
}

impl Piped {
    /// The end of a program that was told to leave: its input stays open meanwhile.
    fn end_checked(self) -> (Option<i32>, String) {
        self.end()
    }
}

#[test]
fn a_password_typed_in_a_terminal_is_not_shown() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &["--lang", "fr"]);
    let address = format!("irc://{}", server.address);
    let command = sandbox.in_terminal("chat-tui", &["--plain", "--lang", "fr", "--server", &address]);
    let mut terminal = Terminal::start("plain", command, 80, 24);
    terminal.wait_for("Voulez-vous vous inscrire ?");
    terminal.type_line("oui");
    terminal.wait_for("écrivez votre identifiant :");
    terminal.type_line("Romain");
    terminal.wait_for("écrivez votre mot de passe :");
    terminal.type_line(PASSWORD);
    terminal.wait_for("Votre identifiant ->");
    terminal.type_line("Romain");
    terminal.wait_for("Votre mot de passe ->");
    terminal.type_line(PASSWORD);
    terminal.wait_for("Le serveur: la connexion est bien établie");
    assert!(!terminal.screen().contains(PASSWORD), "{}", terminal.screen());
    terminal.type_line("bye");
    assert_eq!(terminal.wait_exit().exit_code(), 0);
}

/// What a full-screen run has left behind goes out once, whoever sends it: it is struck from the file afterwards.
#[test]
fn unsent_lines_of_another_run_go_out_once() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let address = format!("irc://{}", server.address);
    let run = |input: String| {
        let mut command = sandbox.command("chat-tui", &["--plain", "--name", "Romain", "--server", &address]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the client starts");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    run(format!("yes\nRomain\n{PASSWORD}\nRomain\n{PASSWORD}\nbye\n"));
    let state = sandbox.path("state").join("chat-tui");
    std::fs::create_dir_all(&state).expect("a directory");
    let unsent = state.join("unsent.toml");
    let row = |account: &str| {
        format!(
            "[[message]]\nserver = \"{address}\"\naccount = \"{account}\"\ntarget = \"#general\"\nkind = \"message\"\n\
             id = \"key-{account}\"\ntime = \"2026-11-25T10:00:00.000Z\"\ntext = \"left by {account}\"\n\n"
        )
    };
    std::fs::write(&unsent, row("Romain") + &row("mimi")).expect("the file is written");
    run("bye\n".to_owned());
    let left = std::fs::read_to_string(&unsent).expect("what is for another account stays");
    assert!(left.contains("left by mimi") && !left.contains("left by Romain"), "{left}");
    run("bye\n".to_owned());
    let output = run("/join #general\n/history\nbye\n".to_owned());
    assert_eq!(output.matches("Romain: left by Romain").count(), 1, "{output}");
}

//! `chat-tui` without any configuration: it finds this user's own server or starts it, and two starts give one.

#![cfg(all(feature = "tui", feature = "server"))]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home directory whose server ends with it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn chat_tui(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_chat-tui"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("LANG", "fr_FR.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A dialogue of the line mode: the lines are typed at once, each is read when it is asked for.
    fn dialogue(&self, lines: &str) -> Child {
        let mut child = self.chat_tui(&["--plain"]);
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        child
    }

    fn run_directory(&self) -> std::path::PathBuf {
        self.0.path().join(".local/state/chat-tui/run")
    }

    fn server_pid(&self) -> Option<Pid> {
        let note = std::fs::read_to_string(self.run_directory().join("server.lock")).ok()?;
        Pid::from_raw(note.trim().parse().ok()?)
    }

    /// Ends the server, and waits until it has gone.
    fn kill_server(&self, signal: Signal) {
        let pid = self.server_pid().expect("a server has run");
        kill_process(pid, signal).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while test_kill_process(pid).is_ok() && !is_zombie(pid) {
            assert!(Instant::now() < deadline, "the server ends");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A process that has ended, but whose parent in this container does not care.
fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.as_raw_nonzero().to_string()).join("stat"));
    stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(pid) = self.server_pid() {
            // An error means that it has ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn two_starts_at_once_give_one_server() {
    let home = Home::new();
    let talk =
        |name: &str| home.dialogue(&format!("oui\n{name}\npassword of {name}\n{name}\npassword of {name}\nbye\n"));
    let (one, other) = (talk("ann"), talk("bob"));
    let outputs = [one, other].map(|child| child.wait_with_output().unwrap());
    for output in &outputs {
        assert!(output.status.success(), "{}", text(output));
        assert!(text(output).contains("la connexion est bien établie"), "{}", text(output));
    }
    let first = home.server_pid().unwrap();

    // Both accounts are in one record, and the server goes on after its clients.
    let again = home.dialogue("non\nbob\npassword of bob\nbye\n").wait_with_output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(home.server_pid(), Some(first));
}

#[test]
fn a_server_that_was_killed_is_started_again() {
    let home = Home::new();
    let register = "oui\nann\npassword of ann\nann\npassword of ann\nbye\n";
    assert!(home.dialogue(register).wait_with_output().unwrap().status.success());
    let first = home.server_pid();
    home.kill_server(Signal::KILL);
    assert!(home.run_directory().join("server.sock").exists(), "its socket is left behind");
    let again = home.dialogue("non\nann\npassword of ann\nbye\n").wait_with_output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert_ne!(home.server_pid(), first);
}

#[test]
fn no_server_is_started_when_none_is_wanted() {
    let home = Home::new();
    let mut child = home.chat_tui(&["--plain", "--no-spawn"]);
    child.stdin.take().unwrap().write_all(b"non\nann\npassword of ann\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("--no-spawn"), "{}", text(&output));
    assert_eq!(home.server_pid(), None);
}

#[test]
fn a_server_that_is_named_is_never_replaced_by_a_local_one() {
    let home = Home::new();
    let mut child = home.chat_tui(&["--plain", "--server", "127.0.0.1:1", "--name", "ann"]);
    child.stdin.take().unwrap().write_all(b"non\nann\npassword of ann\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(home.server_pid(), None);
}

#[test]
fn wrong_flags_and_files_are_told_together_with_exit_code_2() {
    let home = Home::new();
    let code = |arguments: &[&str]| home.chat_tui(arguments).wait_with_output().unwrap().status.code();
    assert_eq!(code(&["--no-such-flag"]), Some(2));
    assert_eq!(code(&["--server", "two words"]), Some(2));
    assert_eq!(code(&["--help"]), Some(0));
    let file = home.0.path().join("config.toml");
    std::fs::write(&file, "colour = 1\nspawn = \"perhaps\"\n").unwrap();
    let output = home.chat_tui(&["--config", file.to_str().unwrap()]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("colour") && text(&output).contains("spawn"), "{}", text(&output));
}

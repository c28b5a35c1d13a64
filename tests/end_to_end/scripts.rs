//! `chat-tui send` and `chat-tui tail`: what scripts do, and the exit codes by which they know how it went.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::PASSWORD;
use super::sandbox::{RunningServer, Sandbox};
use super::terminal::PATIENCE;

/// Somebody's home with a log-in that the client remembers.
struct Desk {
    sandbox: Sandbox,
    address: String,
}

impl Desk {
    fn with_login(server: &RunningServer, name: &str) -> Self {
        let (sandbox, address) = (Sandbox::new(), format!("irc://{}", server.address));
        let answers = format!("yes\n{name}\n{PASSWORD}\n{name}\n{PASSWORD}\nbye\n");
        let desk = Self { sandbox, address };
        let output = desk.run(&["--plain"], &answers);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        desk
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.sandbox.command("chat-tui", &["--server", &self.address]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the client starts")
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().expect("its input");
        // A program that does not read its input may have gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }

    /// What it printed, when that went well.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    #[track_caller]
    fn assert_ends(&self, arguments: &[&str], input: &str, code: i32) -> String {
        let output = self.run(arguments, input);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).expect("text")
    }
}

fn texts(printed: &str) -> Vec<&str> {
    // dd/mm/yyyy hh:mm:ss and a blank
    printed.lines().map(|line| &line[20..]).collect()
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).expect("a process id"), signal).expect("the signal is sent");
}

#[test]
fn what_is_sent_is_found_by_tail() {
    let home = Sandbox::new();
    let server = home.start_server(None, &[]);
    let desk = Desk::with_login(&server, "Romain");
    desk.assert_ends(&["send", "#general", "Backup", "\u{1b}[31mdone"], "", 0);
    desk.assert_ends(&["send", "#general", "-"], "/one\n\n  two\nbye\n", 0);
    let printed = desk.printed(&["tail", "#general"]);
    let expected = ["Romain: Backup [31mdone", "Romain: /one", "Romain:   two", "Romain: bye"];
    assert_eq!(texts(&printed), expected, "{printed}");
    assert!(printed.is_char_boundary(20) && printed[..20].ends_with(' ') && printed[2..].starts_with('/'), "{printed}");
    assert_eq!(texts(&desk.printed(&["tail", "--lines", "1", "#general"])), ["Romain: bye"]);

    // More than one page of the server's history.
    let many: String = (0..250).map(|number| format!("line {number}\n")).collect();
    desk.assert_ends(&["send", "#general"], &many, 0);
    let printed = desk.printed(&["tail", "#general", "-n", "250"]);
    let expected: Vec<String> = (0..250).map(|number| format!("Romain: line {number}")).collect();
    assert_eq!(texts(&printed), expected);

    // A channel that is not there yet, and somebody who is not there at the moment.
    for arguments in [["send", "#deploys", "first"].as_slice(), &["tail", "#deploys"], &["send", "#deploys"]] {
        let told = desk.assert_ends(arguments, "first\n", 4);
        assert_eq!(told, "chat-tui: Refused: there is no channel #deploys. With --create it is made\n");
    }
    desk.assert_ends(&["send", "#deploys", "--create", "first"], "", 0);
    assert_eq!(texts(&desk.printed(&["tail", "#deploys"])), ["Romain: first"]);
    let mimi = Desk::with_login(&server, "mimi");
    desk.assert_ends(&["send", "mimi", "are you there?"], "", 0);
    assert_eq!(texts(&mimi.printed(&["tail", "Romain"])), ["Romain: are you there?"]);
}

#[test]
fn exit_codes_say_how_it_went() {
    let home = Sandbox::new();
    let mut server = home.start_server(None, &[]);
    let desk = Desk::with_login(&server, "Romain");
    desk.assert_ends(&["send"], "", 2);
    desk.assert_ends(&["tail", "#general", "--lines", "many"], "", 2);
    let told = desk.assert_ends(&["send", "nobody-of-this-name", "hello"], "", 4);
    assert!(told.starts_with("chat-tui: Refused: "), "{told}");
    desk.assert_ends(&["send", "#no,such", "hello"], "", 4);
    let told = desk.assert_ends(&["send", "#general", "hello", "--name", "mimi", "--lang", "fr"], "", 3);
    assert!(told.contains("aucune connexion n'est retenue pour irc://127.0.0.1:"), "{told}");
    server.stop();
    let told = desk.assert_ends(&["send", "#general", "hello"], "", 3);
    assert!(told.starts_with("chat-tui: Nothing was done: "), "{told}");
    desk.assert_ends(&["tail", "#general"], "", 3);
}

#[test]
fn what_was_not_confirmed_is_said_once_under_its_name() {
    let home = Sandbox::new();
    let server = home.start_server(None, &[]);
    let desk = Desk::with_login(&server, "Romain");
    let mut child = desk.start(&["send", "#general", "-"]);
    let mut input = child.stdin.take().expect("its input");
    writeln!(input, "one").expect("it reads");
    let deadline = Instant::now() + PATIENCE;
    while !desk.printed(&["tail", "#general"]).contains("Romain: one") {
        assert!(Instant::now() < deadline, "the first line arrives");
    }
    signal(server.pid(), Signal::STOP);
    writeln!(input, "two").expect("it reads");
    sleep(Duration::from_millis(500));
    signal(child.id(), Signal::TERM);
    let output = child.wait_with_output().expect("it ends");
    signal(server.pid(), Signal::CONT);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{told}");
    let id = told.split("--id ").nth(1).and_then(|rest| rest.split('\'').next()).expect("it names the id");

    // The same command again, twice: everything stands there once.
    desk.assert_ends(&["send", "#general", "--id", id], "one\ntwo\nthree\n", 0);
    desk.assert_ends(&["send", "#general", "--id", id], "one\ntwo\nthree\n", 0);
    assert_eq!(texts(&desk.printed(&["tail", "#general"])), ["Romain: one", "Romain: two", "Romain: three"]);
}

#[test]
fn a_signal_between_two_lines_leaves_all_of_it_done() {
    let home = Sandbox::new();
    let server = home.start_server(None, &[]);
    let desk = Desk::with_login(&server, "Romain");
    for stop in [Signal::INT, Signal::TERM] {
        let mut child = desk.start(&["send", "#general", "-"]);
        let mut input = child.stdin.take().expect("its input");
        writeln!(input, "{stop:?}").expect("it reads");
        let deadline = Instant::now() + PATIENCE;
        while !desk.printed(&["tail", "#general"]).contains(&format!("Romain: {stop:?}")) {
            assert!(Instant::now() < deadline, "the line arrives");
        }
        sleep(Duration::from_millis(500));
        signal(child.id(), stop);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{stop:?}: {output:?}");
    }
}

#[test]
fn tail_follows_until_a_signal() {
    let home = Sandbox::new();
    let server = home.start_server(None, &[]);
    let desk = Desk::with_login(&server, "Romain");
    desk.assert_ends(&["send", "#general", "before"], "", 0);
    let mut child = desk.start(&["tail", "#general", "--follow", "-n", "1"]);
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    assert_eq!(texts(&line), ["Romain: before"]);
    desk.assert_ends(&["send", "#general", "--", "-after-"], "", 0);
    line.clear();
    output.read_line(&mut line).expect("a line");
    assert_eq!(texts(&line), ["Romain: -after-"]);
    signal(child.id(), Signal::TERM);
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("its end");
    assert_eq!((child.wait().expect("it ends").code(), rest.as_str()), (Some(0), ""));
}

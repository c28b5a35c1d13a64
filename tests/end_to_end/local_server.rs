//! `chat-tui` without a word: this user's own server, started when there is none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use super::register;
use super::sandbox::Sandbox;
use super::terminal::{PATIENCE, Terminal};

/// The processes that serve in this home, found by their environment: nothing else has this directory in it.
fn servers_of(sandbox: &Sandbox) -> Vec<i32> {
    let home = format!("XDG_DATA_HOME={}", sandbox.path("data").display());
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc").expect("the processes").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let of = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let is_here = of("environ").split(|byte| *byte == 0).any(|variable| variable == home.as_bytes());
        if is_here && String::from_utf8_lossy(&of("cmdline")).contains("--serve-local") {
            pids.push(pid);
        }
    }
    pids
}

/// Stops what the clients have started, at the end of a test however it ends.
struct Cleanup<'a>(&'a Sandbox);

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        for pid in servers_of(self.0).into_iter().filter_map(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let deadline = Instant::now() + PATIENCE;
        while !servers_of(self.0).is_empty() && Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

fn start(sandbox: &Sandbox, title: &str, arguments: &[&str]) -> Terminal {
    Terminal::start(title, sandbox.in_terminal("chat-tui", arguments), 100, 30)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the path is there").permissions().mode() & 0o777
}

#[test]
fn two_terminals_with_the_same_command_meet_in_one_room() {
    let sandbox = Sandbox::new();
    let _cleanup = Cleanup(&sandbox);
    let first = start(&sandbox, "the first", &["--lang", "fr"]);
    let second = start(&sandbox, "the second", &["--lang", "fr"]);
    register(&first, "Romain");
    register(&second, "mimi");
    first.type_line("bonjour mimi");
    second.wait_for("bonjour mimi");
    second.type_line("bonjour Romain");
    first.wait_for("bonjour Romain");
    assert_eq!(servers_of(&sandbox).len(), 1, "two starts at once gave one server");
    assert_eq!(mode(&sandbox.path("run/chat-tui")), 0o700);
}

#[test]
fn who_has_registered_is_known_the_next_time() {
    let sandbox = Sandbox::new();
    let _cleanup = Cleanup(&sandbox);
    let mut first = start(&sandbox, "the first time", &["--lang", "fr"]);
    register(&first, "Romain");
    first.type_line("à tout à l'heure");
    first.wait_until("the echo", |screen| screen.contains("│ à tout à l'heure"));
    first.settled();
    first.type_line("bye");
    assert_eq!(first.wait_exit().exit_code(), 0);
    let second = start(&sandbox, "the second time", &["--lang", "fr"]);
    second.wait_for("à tout à l'heure");
    let kept = fs::read_dir(sandbox.path("data/chat-tui")).expect("the client's files");
    for file in kept.flatten().filter(|file| file.path().is_file()) {
        assert_eq!(mode(&file.path()), 0o600, "{}", file.path().display());
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        assert!(!text.contains(super::PASSWORD), "the password is kept nowhere: {}", file.path().display());
    }
}

#[test]
fn no_spawn_starts_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    let _cleanup = Cleanup(&sandbox);
    let mut client = start(&sandbox, "without a server", &["--no-spawn", "--plain", "--lang", "fr"]);
    client.wait_for("Voulez-vous vous inscrire ?");
    client.type_line("non");
    client.wait_for("Votre identifiant ->");
    client.type_line("Romain");
    client.wait_for("Votre mot de passe ->");
    client.type_line(super::PASSWORD);
    client.wait_for("Aucun serveur local ne tourne");
    // It asks again; the end of the input ends it, without a log-in.
    client.press(super::Key::Control('d'));
    assert_eq!(client.wait_exit().exit_code(), 1, "{}", client.screen());
    assert!(servers_of(&sandbox).is_empty());
}

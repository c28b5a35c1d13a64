//! An unmodified client of others: WeeChat logs in by SASL and talks with a `chat-tui`.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::sandbox::{RunningServer, Sandbox};
use super::terminal::PATIENCE;
use super::{PASSWORD, add_account, newcomer};

/// A WeeChat without a screen, told what to do through its pipe.
struct WeeChat {
    child: Child,
    home: PathBuf,
}

impl WeeChat {
    /// Starts it; none when it is not installed and not required.
    fn start(sandbox: &Sandbox, commands: &[String]) -> Option<Self> {
        let home = sandbox.path("weechat");
        let mut command = Command::new("weechat-headless");
        command.arg("--dir").arg(&home).env_clear().envs(sandbox.environment());
        for text in commands {
            command.args(["--run-command", text]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => Some(Self { child, home }),
            Err(error) => {
                let required = std::env::var_os("CHAT_TEST_REQUIRE_SERVICES").is_some();
                assert!(!required, "weechat-headless is required and does not start: {error}");
                eprintln!("no weechat-headless: the test with it is left out");
                None
            }
        }
    }

    /// Gives it a command for one of its buffers.
    fn tell(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let pipe = fs::read_dir(&self.home).into_iter().flatten().flatten().find_map(|entry| {
                entry.file_name().to_string_lossy().starts_with("weechat_fifo").then(|| entry.path())
            });
            if let Some(pipe) = pipe {
                return fs::write(pipe, format!("{text}\n")).expect("WeeChat reads its pipe");
            }
            assert!(Instant::now() < deadline, "WeeChat has opened no pipe");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has logged of a channel.
    fn log(&self, channel: &str) -> String {
        let logs = fs::read_dir(self.home.join("logs")).into_iter().flatten().flatten();
        let names = logs.filter(|entry| entry.file_name().to_string_lossy().contains(channel));
        names.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect()
    }

    fn wait_log(&self, channel: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log(channel).contains(wanted) {
            assert!(Instant::now() < deadline, "WeeChat's log has no {wanted:?}:\n{}", self.log(channel));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for WeeChat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How it logs in to a server as `wee`.
fn connecting(server: &RunningServer) -> Vec<String> {
    vec![
        "/set logger.file.flush_delay 0".to_owned(),
        format!("/server add here {} -notls -nossl -nicks=wee", server.address.to_string().replace(':', "/")),
        "/set irc.server.here.sasl_mechanism plain".to_owned(),
        "/set irc.server.here.sasl_username wee".to_owned(),
        format!("/set irc.server.here.sasl_password {PASSWORD}"),
        "/connect here".to_owned(),
    ]
}

#[test]
fn weechat_logs_in_by_sasl_and_talks_with_chat_tui() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    add_account(&sandbox, &server, "wee");
    let client = newcomer(&sandbox, &server, "Romain");
    let Some(weechat) = WeeChat::start(&sandbox, &connecting(&server)) else { return };
    weechat.wait_log("#general", "wee");
    client.type_line("salut WeeChat, é 漢字");
    weechat.wait_log("#general", "salut WeeChat, é 漢字");
    weechat.tell("irc.here.#general *bonjour de WeeChat");
    client.wait_for("│ bonjour de WeeChat");
}

#[test]
fn weechat_finds_what_it_is_used_to() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    add_account(&sandbox, &server, "wee");
    let client = newcomer(&sandbox, &server, "Romain");
    let Some(weechat) = WeeChat::start(&sandbox, &connecting(&server)) else { return };
    weechat.wait_log("#general", "wee");
    let status = "server.here";

    weechat.tell("irc.server.here */away parti manger");
    weechat.wait_log(status, "You have been marked as being away");
    weechat.tell("irc.server.here */away");
    weechat.wait_log(status, "You are no longer marked as being away");
    weechat.tell("irc.server.here */whois Romain");
    weechat.wait_log(status, "[Romain] End of /WHOIS list");
    weechat.tell("irc.server.here */nick Romain");
    weechat.wait_log(status, "Nickname is already in use");

    // A channel of its own, from which it removes and bars.
    weechat.tell("irc.server.here */join #fromage");
    weechat.wait_log("#fromage", "wee");
    client.type_line("/join #fromage");
    weechat.wait_log("#fromage", "Romain");
    weechat.tell("irc.here.#fromage */kick Romain assez");
    weechat.wait_log("#fromage", "has kicked Romain (assez)");
    weechat.tell("irc.here.#fromage */mode +b Romain!*@*");
    weechat.wait_log("#fromage", "+b Romain!*@*");

    // Away and back: what was said meanwhile is there.
    weechat.tell("irc.server.here */disconnect here");
    weechat.wait_log(status, "disconnected from server");
    client.type_line("/join #general");
    client.type_line("pendant ton absence");
    client.wait_for("pendant ton absence");
    weechat.tell("core.weechat */connect here");
    weechat.wait_log("#general", "pendant ton absence");
    assert_eq!(weechat.log("#general").matches("pendant ton absence").count(), 1);
}

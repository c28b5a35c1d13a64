//! An unmodified client of others: WeeChat logs in by SASL and talks with a `chat-tui`.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::sandbox::Sandbox;
use super::terminal::PATIENCE;
use super::{PASSWORD, newcomer};

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

#[test]
fn weechat_logs_in_by_sasl_and_talks_with_chat_tui() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let added = sandbox
        .command("chat-server", &["--socket", server.socket.to_str().expect("a path"), "account", "add", "wee"])
        .args(["--password-file", &write_password(&sandbox)])
        .output()
        .expect("the command runs");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));

    let client = newcomer(&sandbox, &server, "Romain");
    let Some(weechat) = WeeChat::start(
        &sandbox,
        &[
            "/set logger.file.flush_delay 0".to_owned(),
            format!("/server add here {} -notls -nossl -nicks=wee", server.address.to_string().replace(':', "/")),
            "/set irc.server.here.sasl_mechanism plain".to_owned(),
            "/set irc.server.here.sasl_username wee".to_owned(),
            format!("/set irc.server.here.sasl_password {PASSWORD}"),
            "/connect here".to_owned(),
        ],
    ) else {
        return;
    };
    weechat.wait_log("#general", "wee");
    client.type_line("salut WeeChat, é 漢字");
    weechat.wait_log("#general", "salut WeeChat, é 漢字");
    weechat.tell("irc.here.#general *bonjour de WeeChat");
    client.wait_for("│ bonjour de WeeChat");
}

fn write_password(sandbox: &Sandbox) -> String {
    let path = sandbox.path("password");
    fs::write(&path, PASSWORD).expect("the password's file");
    path.display().to_string()
}

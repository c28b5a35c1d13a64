//! An unmodified client of others: irssi in a terminal, which knows neither history nor batches.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use portable_pty::CommandBuilder;

use super::sandbox::{RunningServer, Sandbox};
use super::terminal::{PATIENCE, Terminal};
use super::{PASSWORD, add_account, newcomer};

/// An irssi that logs what it is told.
struct Irssi {
    terminal: Terminal,
    logs: PathBuf,
}

impl Irssi {
    /// Starts it as `iris`; none when it is not installed and not required.
    fn start(sandbox: &Sandbox, server: &RunningServer) -> Option<Self> {
        let is_there = std::env::split_paths(&std::env::var_os("PATH")?).any(|path| path.join("irssi").is_file());
        if !is_there {
            let required = std::env::var_os("CHAT_TEST_REQUIRE_SERVICES").is_some();
            assert!(!required, "irssi is required and is not there");
            eprintln!("no irssi: the test with it is left out");
            return None;
        }
        let (home, logs) = (sandbox.path("irssi"), sandbox.path("irssi-logs"));
        fs::create_dir(&home).expect("a directory");
        let (host, port) = (server.address.ip(), server.address.port());
        let config = format!(
            r##"
servers = ({{ address = "{host}"; port = "{port}"; chatnet = "here"; autoconnect = "yes"; }});
chatnets = {{ here = {{
    type = "IRC"; nick = "iris"; sasl_mechanism = "plain"; sasl_username = "iris"; sasl_password = "{PASSWORD}";
}}; }};
settings = {{
    core = {{ real_name = "Iris"; user_name = "iris"; nick = "iris"; server_reconnect_time = "2s"; }};
    "fe-common/core" = {{ autolog = "yes"; autolog_path = "{logs}/$0.log"; autofocus_new_items = "no"; }};
}};
"##,
            logs = logs.display()
        );
        fs::write(home.join("config"), config).expect("the configuration");
        let mut command = CommandBuilder::new("irssi");
        command.arg(format!("--home={}", home.display()));
        command.env_clear();
        for (name, value) in sandbox.environment() {
            command.env(name, value);
        }
        Some(Self { terminal: Terminal::start("irssi", command, 120, 40), logs })
    }

    /// What it has logged of a conversation. It holds lines back until some have gathered, unless told to write.
    fn log(&self, conversation: &str) -> String {
        fs::read_to_string(self.logs.join(format!("{conversation}.log"))).unwrap_or_default()
    }

    fn wait_log(&self, conversation: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log(conversation).contains(wanted) {
            let (log, screen) = (self.log(conversation), self.terminal.screen());
            assert!(Instant::now() < deadline, "irssi's log has no {wanted:?}:\n{log}\nthe screen shows:\n{screen}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

#[test]
fn irssi_finds_what_it_is_used_to() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    add_account(&sandbox, &server, "iris");
    let client = newcomer(&sandbox, &server, "Romain");
    let Some(irssi) = Irssi::start(&sandbox, &server) else { return };
    irssi.wait_log("#general", "iris");
    let terminal = &irssi.terminal;

    client.type_line("salut irssi, é 漢字");
    irssi.wait_log("#general", "salut irssi, é 漢字");
    terminal.type_line("/msg #general bonjour d'irssi");
    client.wait_for("│ bonjour d'irssi");

    terminal.type_line("/away parti manger");
    terminal.wait_for("You have been marked as being away");
    terminal.type_line("/away");
    terminal.wait_for("You are no longer marked as being away");
    terminal.type_line("/whois Romain");
    terminal.wait_for("End of WHOIS");
    terminal.type_line("/nick Romain");
    terminal.wait_for("Nick Romain is already in use");

    // A channel of its own, from which it removes and bars.
    terminal.type_line("/join #fromage");
    irssi.wait_log("#fromage", "iris");
    client.type_line("/join #fromage");
    irssi.wait_log("#fromage", "Romain");
    terminal.type_line("/kick #fromage Romain assez");
    irssi.wait_log("#fromage", "Romain was kicked from #fromage by iris [assez]");
    terminal.type_line("/mode #fromage +b Romain!*@*");
    irssi.wait_log("#fromage", "+b Romain!*@*");

    // Away and back: what was said meanwhile is there, once.
    terminal.type_line("/disconnect here");
    client.type_line("/join #general");
    client.wait_for("bonjour d'irssi");
    // Else it would be said to the connection that is going.
    client.wait_for("1 membre");
    client.type_line("pendant ton absence");
    client.wait_for("pendant ton absence");
    terminal.type_line("/connect here");
    irssi.wait_log("#general", "pendant ton absence");
    assert_eq!(irssi.log("#general").matches("pendant ton absence").count(), 1);
}

//! Log-ins that are remembered: in a real keyring on a bus of its own, and in files where there is none.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chat_tui::client::keyring::desktop::Desktop;
use chat_tui::client::keyring::{Item, Keyring as _};
use secret_service::{EncryptionType, SecretService};
use zbus::address::transport::{Transport, Unix, UnixSocket};

use super::sandbox::Sandbox;
use super::terminal::{Key, PATIENCE, Terminal};
use super::{PASSWORD, newcomer};

/// A bus without anything that could be started on it: neither another keyring, nor a window that asks to unlock this one.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
    "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
    <type>session</type>
    <listen>unix:path=SOCKET</listen>
    <auth>EXTERNAL</auth>
    <policy context="default">
        <allow send_destination="*"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
    </policy>
</busconfig>
"#;

/// A process that is ended with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A session's bus in a sandbox, where `chat-tui` looks for it, and an unlocked keyring on it.
struct Desk {
    socket: PathBuf,
    keyring: Option<Running>,
    _bus: Running,
}

impl Desk {
    /// Nothing when the machine has no such programs and may do without.
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let required = std::env::var("CHAT_TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        let socket = sandbox.path("run").join("bus");
        let config = sandbox.path("bus.conf");
        std::fs::write(&config, BUS.replace("SOCKET", socket.to_str().expect("a path"))).expect("the bus's file");
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--config-file").arg(&config).args(["--nofork", "--nopidfile", "--nosyslog"]);
        let bus = match bus.env_clear().envs(sandbox.environment()).stdin(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(bus) => Running(bus),
            Err(error) => {
                assert!(!required, "dbus-daemon: {error}");
                return None;
            }
        };
        wait_until("the bus listens", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        keyring.env_clear().envs(sandbox.environment());
        keyring.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
        keyring.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring = match keyring.spawn() {
            Ok(keyring) => Running(keyring),
            Err(error) => {
                assert!(!required, "gnome-keyring-daemon: {error}");
                return None;
            }
        };
        let mut input = keyring.0.stdin.take().expect("its input");
        input.write_all(b"the keyring's own password").expect("it reads");
        drop(input);
        let desk = Self { socket, keyring: Some(keyring), _bus: bus };
        wait_until("the keyring answers", || desk.found("nowhere", "nobody").is_ok());
        Some(desk)
    }

    /// What the keyring has, without asking anybody.
    fn found(&self, server: &str, account: &str) -> Result<Option<String>, String> {
        let item = Item { server: server.to_owned(), account: account.to_owned() };
        let keyring = Desktop::on_bus(self.socket.clone());
        let found = runtime().block_on(keyring.find(&item, false));
        found.map(|secret| secret.map(|secret| secret.expose().to_owned())).map_err(|fault| format!("{fault:?}"))
    }

    async fn bus(&self) -> zbus::Connection {
        let address = zbus::Address::new(Transport::Unix(Unix::new(UnixSocket::File(self.socket.clone()))));
        let builder = zbus::connection::Builder::address(address).expect("an address");
        builder.build().await.expect("the bus")
    }

    /// How many connections there are to the bus.
    fn connections(&self) -> usize {
        runtime().block_on(async {
            let bus = zbus::fdo::DBusProxy::new(&self.bus().await).await.expect("the bus itself");
            let names = bus.list_names().await.expect("who is there");
            names.iter().filter(|name| name.as_str().starts_with(':')).count()
        })
    }

    fn lock(&self) {
        runtime().block_on(async {
            let service = SecretService::connect_with_existing(EncryptionType::Plain, self.bus().await).await;
            let service = service.expect("the keyring");
            service.get_default_collection().await.expect("what it holds").lock().await.expect("it is locked");
        });
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn logins(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("data").join("chat-tui/logins.toml")).unwrap_or_default()
}

fn open(sandbox: &Sandbox, address: &str, title: &str) -> Terminal {
    let command = sandbox.in_terminal("chat-tui", &["--server", address, "--lang", "en"]);
    Terminal::start(title, command, 100, 30)
}

fn leave(mut terminal: Terminal) {
    terminal.press(Key::Control('c'));
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_token_is_kept_in_the_keyring_and_found_there() {
    let sandbox = Sandbox::new();
    let Some(desk) = Desk::start(&sandbox) else { return };
    // Those of the test itself may take a moment to go.
    let alone = (0..5).map(|_| desk.connections()).min();
    let server = sandbox.start_server(None, &[]);
    let address = format!("irc://{}", server.address);
    let client = newcomer(&sandbox, &server, "Romain");
    wait_until("the log-in is kept", || logins(&sandbox).contains("keyring = \"token\""));
    assert!(!logins(&sandbox).contains("ctd1_"), "{}", logins(&sandbox));
    let token = desk.found(&address, "Romain").expect("the keyring answers").expect("it has the token");
    assert!(token.starts_with("ctd1_"));
    leave(client);

    let client = open(&sandbox, &address, "by the keyring");
    client.wait_for("#general");
    assert!(!client.screen().contains("Password"), "{}", client.screen());
    // Between two questions nothing of the bus is held open.
    wait_until("the bus is left", || Some(desk.connections()) == alone);
    leave(client);

    assert_eq!(exit_of_tail(&sandbox, &address), (Some(0), String::new()));
}

fn exit_of_tail(sandbox: &Sandbox, address: &str) -> (Option<i32>, String) {
    let output = sandbox.command("chat-tui", &["--server", address, "tail", "#general"]).output();
    let output = output.expect("the client runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_keyring_that_is_locked_or_gone_loses_nothing() {
    for (what, reason) in [("locked", "it has stayed locked"), ("gone", "there is none within reach")] {
        let sandbox = Sandbox::new();
        let Some(mut desk) = Desk::start(&sandbox) else { return };
        let server = sandbox.start_server(None, &[]);
        let address = format!("irc://{}", server.address);
        let client = newcomer(&sandbox, &server, "Romain");
        wait_until("the log-in is kept", || logins(&sandbox).contains("keyring = \"token\""));
        leave(client);
        if what == "locked" {
            desk.lock();
            // Whatever it may hold, it says nothing of it.
            assert_eq!(desk.found("nowhere", "nobody"), Err("Locked".to_owned()));
        } else {
            drop(desk.keyring.take());
        }
        // Nobody can unlock it here. A script is told by its exit code; the form says why; the file still says where the token is.
        let (code, told) = exit_of_tail(&sandbox, &address);
        assert!(code == Some(3) && told.contains(reason) && told.contains("keyring = false"), "{code:?}: {told}");
        let client = open(&sandbox, &address, what);
        client.wait_for("✗");
        let screen = client.settled().split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(screen.contains(reason) && screen.contains("Romain"), "{screen}");
        assert!(logins(&sandbox).contains("keyring = \"token\""));
        // By the password one comes in all the same. What the keyring does not take, without asking anybody, the file has.
        client.type_text(PASSWORD);
        client.press(Key::Enter);
        client.wait_for("#general");
        wait_until("the log-in is kept", || logins(&sandbox).contains("token = \"ctd1_"));
        leave(client);
        assert_eq!(exit_of_tail(&sandbox, &address), (Some(0), String::new()));
    }
}

#[test]
fn forgetting_empties_the_keyring() {
    let sandbox = Sandbox::new();
    let Some(desk) = Desk::start(&sandbox) else { return };
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    let address = format!("irc://{}", server.address);
    wait_until("the keyring has it", || desk.found(&address, "Romain").is_ok_and(|found| found.is_some()));
    client.type_line("/forget");
    wait_until("the keyring has it no longer", || desk.found(&address, "Romain") == Ok(None));
    assert!(!logins(&sandbox).contains("Romain"));
    client.type_line("still here");
    client.wait_for("still here");
    leave(client);
    let client = open(&sandbox, &address, "forgotten");
    client.wait_for("Password");
    leave(client);
}

#[test]
fn a_setting_keeps_log_ins_out_of_the_keyring() {
    let sandbox = Sandbox::new();
    let Some(desk) = Desk::start(&sandbox) else { return };
    std::fs::create_dir_all(sandbox.path("config").join("chat-tui")).expect("a directory");
    std::fs::write(sandbox.path("config").join("chat-tui/config.toml"), "keyring = false\n").expect("a file");
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    wait_until("the log-in is kept", || logins(&sandbox).contains("token = \"ctd1_"));
    assert_eq!(desk.found(&format!("irc://{}", server.address), "Romain"), Ok(None));
    leave(client);
}

/// A server of another kind: accounts, but no tokens. It takes one password, until it is told to refuse all.
struct Foreign {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What was proved by, oldest first.
    proofs: Vec<String>,
    refuses: bool,
}

impl Foreign {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        // It ends with the test's process; each of its conversations ends with the client.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || converse(&stream, &state));
            }
        });
        Self { address, state }
    }

    fn proofs(&self) -> usize {
        self.state.lock().expect("the state").proofs.len()
    }
}

fn converse(stream: &TcpStream, state: &Mutex<State>) {
    let say = |line: &str| {
        let mut stream = stream;
        let _ = stream.write_all(format!("{line}\r\n").as_bytes());
    };
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["CAP", "LS", ..] => say(":irc CAP * LS :sasl=PLAIN server-time"),
            ["CAP", "REQ", ..] => say(&format!(":irc CAP * ACK {}", &line["CAP REQ ".len()..])),
            ["AUTHENTICATE", "PLAIN"] => say("AUTHENTICATE +"),
            ["AUTHENTICATE", proof] => {
                let mut state = state.lock().expect("the state");
                state.proofs.push(proof.to_owned());
                say(if state.refuses { ":irc 904 * :SASL authentication failed" } else { ":irc 903 * :in" });
            }
            ["CAP", "END"] => {
                say(":irc 001 zoe :Welcome");
                say(":irc 005 zoe CHANTYPES=# NETWORK=Elsewhere :are supported by this server");
                say(":irc 422 zoe :No MOTD");
            }
            ["PING", ..] => say(&line.replacen("PING", ":irc PONG irc", 1)),
            _ => {}
        }
    }
}

/// Logs in to another kind of server by the form, up to the question whether the password is to be kept.
fn asked_to_keep(sandbox: &Sandbox, server: &Foreign) -> Terminal {
    let client = open(sandbox, &format!("irc://{}", server.address), "a password");
    client.wait_for("Password again");
    client.press(Key::Control('t'));
    client.wait_gone("Password again");
    client.type_text("zoe");
    client.press(Key::Tab);
    client.type_text(PASSWORD);
    client.press(Key::Enter);
    client.wait_for("Keep the password?");
    client
}

#[test]
fn a_password_is_kept_when_the_person_says_so() {
    let sandbox = Sandbox::new();
    let Some(desk) = Desk::start(&sandbox) else { return };
    let server = Foreign::start();
    let address = format!("irc://{}", server.address);
    let client = asked_to_keep(&sandbox, &server);
    assert!(client.screen().contains("keyring"), "{}", client.screen());
    client.press(Key::Enter);
    wait_until("the log-in is kept", || logins(&sandbox).contains("keyring = \"password\""));
    assert!(!logins(&sandbox).contains(PASSWORD));
    assert_eq!(desk.found(&address, "zoe"), Ok(Some(PASSWORD.to_owned())));
    leave(client);
    let client = open(&sandbox, &address, "by the kept password");
    wait_until("it logs in by itself", || server.proofs() == 2);
    client.wait_for("Ctrl-K");
    leave(client);

    server.state.lock().expect("the state").refuses = true;
    let client = open(&sandbox, &address, "refused");
    client.wait_for("not accepted any more");
    wait_until("it is forgotten", || !logins(&sandbox).contains("zoe") && desk.found(&address, "zoe") == Ok(None));
    leave(client);
}

#[test]
fn without_a_keyring_a_password_is_in_a_file_of_its_owner() {
    let sandbox = Sandbox::new();
    let server = Foreign::start();
    let client = asked_to_keep(&sandbox, &server);
    assert!(!client.screen().contains("keyring"), "{}", client.screen());
    client.press(Key::Enter);
    wait_until("the log-in is kept", || logins(&sandbox).contains(&format!("password = \"{PASSWORD}\"")));
    let file = std::fs::metadata(sandbox.path("data").join("chat-tui/logins.toml")).expect("the file");
    assert_eq!(file.mode() & 0o777, 0o600);
    leave(client);

    // Another person says no: the next time their name is there, and nothing is asked but the password.
    let sandbox = Sandbox::new();
    let client = asked_to_keep(&sandbox, &server);
    client.press(Key::Escape);
    wait_until("the name is kept", || logins(&sandbox).contains("zoe"));
    assert!(!logins(&sandbox).contains(PASSWORD));
    leave(client);
    let client = open(&sandbox, &format!("irc://{}", server.address), "the name is there");
    client.wait_for("zoe");
    client.type_text(PASSWORD);
    client.press(Key::Enter);
    client.wait_for("Ctrl-K");
    assert!(!client.settled().contains("Keep the password?"));
    leave(client);
}

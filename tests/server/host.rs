//! Servers for tests: within this process, or the real program as a child.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use chat_tui::chat::ports::{Peer, Transport};
use chat_tui::proto::secret::Secret;
use chat_tui::server::config::Config;
use chat_tui::server::listener::{Dialer, Listener};
use chat_tui::server::{Options, Server, ServerError};
use tempfile::TempDir;
use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::{Client, PATIENCE};

/// A server of this process.
pub struct Host {
    /// The address of its plain listener.
    pub address: String,
    /// Where it answers machines that watch it, when it does.
    pub http: Option<SocketAddr>,
    dialer: Dialer,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServerError>>,
}

impl Host {
    /// Starts one that keeps its record at this URL.
    pub async fn start(directory: &TempDir, database: &str) -> Self {
        Self::with(directory, database, |_| {}).await
    }

    /// Starts one with other settings.
    pub async fn with(directory: &TempDir, database: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::listening(directory, database, Vec::new(), change).await
    }

    /// Starts one that listens elsewhere too.
    pub async fn listening(
        directory: &TempDir,
        database: &str,
        mut listeners: Vec<Listener>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::in_directory(directory.path());
        config.database = Secret::new(database);
        change(&mut config);
        let (memory, dialer) = Listener::memory();
        let plain = Listener::plain("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = plain.local_address().unwrap().to_string();
        listeners.extend([plain, memory]);
        let again = config.clone();
        let read_settings = Some(Box::new(move || Ok(again.clone())) as _);
        let options = Options { listeners: Some(listeners), output: None, read_settings };
        let server = Server::build(config, options).await.unwrap();
        let http = server.http_addresses().first().copied();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, http, dialer, stop, task }
    }

    /// Connects over TCP.
    pub async fn connect(&self) -> Client {
        Client::connect(&self.address).await
    }

    /// Connects as if from an address, over TLS.
    pub async fn connect_from(&self, address: &str) -> Client {
        self.dial(Peer { address: address.parse::<IpAddr>().unwrap(), port: 64917, transport: Transport::Tls }).await
    }

    /// Connects with any other end.
    pub async fn dial(&self, peer: Peer) -> Client {
        Client::over(self.dial_stream(peer).await)
    }

    /// The operator at the console, logged in.
    pub async fn console(&self) -> Client {
        let address = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let mut client =
            self.dial(Peer { address, port: 0, transport: Transport::Unix { uid: 0, operator: true } }).await;
        client.introduce("operator").await;
        client.send("AUTHENTICATE EXTERNAL").await;
        client.expect("AUTHENTICATE +").await;
        client.send("AUTHENTICATE +").await;
        client.expect(" 903 ").await;
        client.welcomed().await
    }

    /// The same, for whoever talks by itself.
    pub async fn dial_stream(&self, peer: Peer) -> DuplexStream {
        self.dialer.connect(peer).await.expect("the server runs")
    }

    /// Stops it in good order.
    pub async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.task).await.expect("it stops in time").unwrap().unwrap();
    }

    /// Waits until it stops by itself.
    pub async fn stopped(self) -> Result<(), ServerError> {
        timeout(PATIENCE, self.task).await.expect("it stops in time").unwrap()
    }
}

/// The program itself.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    // What the machine's user has set up must not decide.
    let ours = std::env::vars().filter(|(name, _)| name.starts_with("CHAT_") || name.starts_with("XDG_"));
    ours.for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "C.UTF-8");
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str], directory: &Path) -> Output {
    let mut command = program();
    command.args(arguments).arg("--data-dir").arg(directory).stdin(Stdio::null());
    command.output().expect("the program starts")
}

/// A server that runs as a program of its own; killed with this value.
pub struct Program {
    child: Child,
    /// The address of its plain listener.
    pub address: String,
}

impl Program {
    /// Starts one on a port that the system chooses.
    pub fn start(directory: &TempDir, database: &str) -> Self {
        Self::with(directory, database, &[])
    }

    /// The same with more arguments.
    pub fn with(directory: &TempDir, database: &str, arguments: &[&str]) -> Self {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--database", database, "--data-dir"])
            .arg(directory.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).expect("the log can be read");
            said.push_str(&line);
            assert!(read > 0, "the server ended:\n{said}");
            if let Some((_, address)) = line.split_once("listening on 127.0.0.1:") {
                break format!("127.0.0.1:{}", address.trim());
            }
        };
        // A pipe that nobody reads would hold the server up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, address }
    }

    /// Connects over TCP.
    pub async fn connect(&self) -> Client {
        Client::connect(&self.address).await
    }

    /// Sends a signal to it, and to nobody else.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
    }

    /// Lets no file of it grow beyond so many bytes, or lets them grow again.
    pub fn limit_files(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).expect("it runs");
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

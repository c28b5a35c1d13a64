//! A home of its own for a test: directories, environment, and the project's programs started within it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

/// How long a server may take to listen.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// A temporary home. Programs started here see no configuration, no language and no state but this.
pub struct Sandbox {
    directory: tempfile::TempDir,
}

#[allow(dead_code, reason = "each test binary uses its own few")]
impl Sandbox {
    /// A new, empty home.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("chat").tempdir().expect("a temporary directory");
        for name in ["home", "data", "config", "state", "run"] {
            fs::create_dir(directory.path().join(name)).expect("a directory");
        }
        Self { directory }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The environment of every program of this sandbox.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.path(name).display().to_string();
        vec![
            ("PATH".into(), std::env::var("PATH").unwrap_or_default()),
            ("HOME".into(), path("home")),
            ("XDG_DATA_HOME".into(), path("data")),
            ("XDG_CONFIG_HOME".into(), path("config")),
            ("XDG_STATE_HOME".into(), path("state")),
            ("XDG_RUNTIME_DIR".into(), path("run")),
            ("TERM".into(), "xterm-256color".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ]
    }

    /// A program of the project for a terminal.
    pub fn in_terminal(&self, program: &str, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(binary(program));
        command.args(arguments);
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.cwd(self.directory.path());
        command
    }

    /// A program of the project without a terminal.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary(program));
        command.args(arguments).env_clear().envs(self.environment()).current_dir(self.directory.path());
        command.stdin(Stdio::null());
        command
    }

    /// A `chat-server` on a free port of the loopback, with its socket and its data in this home.
    pub fn start_server(&self, database: Option<&str>, more: &[&str]) -> RunningServer {
        RunningServer::start(self, free_address(), database, more)
    }
}

/// Where a program of the project was built: cargo tells tests; for others it is beside them.
fn binary(program: &str) -> PathBuf {
    let told = match program {
        "chat-tui" => option_env!("CARGO_BIN_EXE_chat-tui"),
        "chat-server" => option_env!("CARGO_BIN_EXE_chat-server"),
        other => panic!("no such program: {other}"),
    };
    told.map_or_else(
        || {
            let this = std::env::current_exe().expect("this program's path");
            this.ancestors().nth(2).expect("the directory of examples is in that of programs").join(program)
        },
        PathBuf::from,
    )
}

/// An address of the loopback that nobody listens on at the moment.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// A `chat-server` process, stopped when dropped.
pub struct RunningServer {
    /// Where it listens in the clear.
    pub address: SocketAddr,
    /// Its Unix socket.
    pub socket: PathBuf,
    child: Child,
    log: PathBuf,
}

#[allow(dead_code, reason = "each test binary uses its own few")]
impl RunningServer {
    /// Starts one and waits until it listens.
    pub fn start(sandbox: &Sandbox, address: SocketAddr, database: Option<&str>, more: &[&str]) -> Self {
        let data = sandbox.path("server");
        let socket = sandbox.path("server.sock");
        let log = sandbox.path("server.log");
        let listen = address.to_string();
        let mut arguments = vec!["--listen", &listen, "--socket", path_text(&socket), "--data-dir", path_text(&data)];
        if let Some(url) = database {
            arguments.extend(["--database", url]);
        }
        arguments.extend(more);
        let output = fs::OpenOptions::new().create(true).append(true).open(&log).expect("the log");
        let child = sandbox
            .command("chat-server", &arguments)
            .stdout(output.try_clone().expect("the log"))
            .stderr(output)
            .spawn()
            .expect("the server starts");
        let mut server = Self { address, socket, child, log };
        server.wait_listening();
        server
    }

    fn wait_listening(&mut self) {
        let deadline = Instant::now() + START_PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().expect("the server's status");
            assert!(ended.is_none() && Instant::now() < deadline, "the server does not listen:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it has printed a text.
    pub fn wait_log(&self, text: &str) {
        let deadline = Instant::now() + START_PATIENCE;
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "the server does not print {text:?}:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power failure would.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server is killed");
        self.child.wait().expect("the server is gone");
    }

    /// Asks it to stop (SIGTERM) and gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the signal is sent");
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the server's status") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the server does not stop:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

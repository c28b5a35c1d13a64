//! The real server as a process of its own, and the real MariaDB under it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

/// How long either may take to answer after its start.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// While the disk is "full", no file of the server may be written beyond this many bytes.
const FULL_DISK_BYTES: u64 = 4 * 1024;

/// A `chat-server`.
pub struct ChatServer {
    /// Where it listens.
    pub address: String,
    program: PathBuf,
    directory: TempDir,
    database: Option<String>,
    child: Option<Child>,
}

impl ChatServer {
    /// One that keeps its record at this URL, or in SQLite.
    pub fn new(program: PathBuf, database: Option<String>) -> Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { address: free.to_string(), program, directory: tempfile::tempdir()?, database, child: None })
    }

    /// The SQLite database.
    pub fn database_file(&self) -> PathBuf {
        self.directory.path().join("chat.sqlite3")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Starts it, and waits until it listens.
    pub fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.directory.path().join("log"))?;
        let mut command = Command::new(&self.program);
        command.args(["--listen", &self.address, "--data-dir"]).arg(self.directory.path());
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHAT_")) {
            command.env_remove(name);
        }
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?);
        let deadline = Instant::now() + START_PATIENCE;
        while std::net::TcpStream::connect(&self.address).is_err() {
            if Instant::now() > deadline
                || self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
            {
                bail!("the server does not start:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn pid(&self) -> Result<Pid> {
        Ok(Pid::from_child(self.child.as_ref().context("it runs")?))
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Stops it with SIGTERM; it must end well.
    pub fn stop(&mut self) -> Result<()> {
        kill_process(self.pid()?, Signal::TERM)?;
        let status = self.child.take().context("it runs")?.wait()?;
        if !status.success() {
            bail!("the server ends with {status}:\n{}", self.log());
        }
        Ok(())
    }

    /// Whether its files can grow. What a full disk is to an ordinary user: a limit of the size of files (RLIMIT_FSIZE).
    pub fn set_disk_full(&self, is_full: bool) -> Result<()> {
        let current = is_full.then_some(FULL_DISK_BYTES);
        prlimit(Some(self.pid()?), Resource::Fsize, Rlimit { current, maximum: None })?;
        Ok(())
    }
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The MariaDB that `scripts/mariadb` has started in a directory.
pub struct MariaDb {
    pid_file: PathBuf,
    /// Its command line, to start it again.
    command_line: Vec<String>,
    address: String,
}

impl MariaDb {
    /// The one in this directory.
    pub fn in_directory(directory: PathBuf, address: String) -> Result<Self> {
        let pid_file = directory.join("pid");
        let mut mariadb = Self { pid_file, command_line: Vec::new(), address };
        let line = fs::read(format!("/proc/{}/cmdline", mariadb.pid()?.as_raw_nonzero()))?;
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        mariadb.command_line = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        Ok(mariadb)
    }

    fn pid(&self) -> Result<Pid> {
        let number: i32 = fs::read_to_string(&self.pid_file)?.trim().parse()?;
        Pid::from_raw(number).context("a process id")
    }

    /// Hangs it (SIGSTOP), or lets it go on (SIGCONT).
    pub fn set_hung(&self, is_hung: bool) -> Result<()> {
        Ok(kill_process(self.pid()?, if is_hung { Signal::STOP } else { Signal::CONT })?)
    }

    /// Kills it with SIGKILL.
    pub fn kill(&self) -> Result<()> {
        let pid = self.pid()?;
        kill_process(pid, Signal::KILL)?;
        while fs::metadata(format!("/proc/{}/exe", pid.as_raw_nonzero())).is_ok() && is_running(pid) {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts it again on the same data. It outlives us, as it did before.
    pub fn start(&self) -> Result<()> {
        let (program, arguments) = self.command_line.split_first().context("a command line")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let deadline = Instant::now() + START_PATIENCE;
        while std::net::TcpStream::connect(&self.address).is_err() {
            if Instant::now() > deadline || child.try_wait()?.is_some() {
                bail!("MariaDB does not start again");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Reaped when it ends.
        std::thread::spawn(move || child.wait());
        Ok(())
    }
}

fn is_running(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

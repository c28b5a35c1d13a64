//! A program in a terminal of its own, and what is on that terminal's screen.
//!
//! The program is started by this very program, called again with a hidden word: it takes the terminal as its controlling
//! one, waits for the signal to go, and becomes the program. So the time from `exec` on is measured and nothing before it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The hidden word.
pub const BECOME: &str = "become";
/// Stands for no core in particular.
const ANY_CORE: &str = "any";
const READ_BYTES: usize = 64 * 1024;
/// How long a program may take to end when it is asked to.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// What a program is started with.
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Variables of its environment, beside a few that all have.
    pub environment: Vec<(String, OsString)>,
}

/// A program on a screen.
pub struct Terminal {
    master: OwnedFd,
    child: Child,
    go: Option<File>,
    parser: vt100::Parser,
    /// How many bytes the program has written to the terminal.
    pub bytes: u64,
    /// When the program last wrote.
    pub last_output: Instant,
    scratch: Vec<u8>,
}

impl Terminal {
    /// Makes a terminal of `rows` and `columns`, and a process in it that waits for [`go`](Self::go).
    ///
    /// The process runs on the processor core `core` when one is given.
    pub fn start(program: &Program, core: Option<usize>, rows: u16, columns: u16) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        tcsetwinsize(&master, size(rows, columns))?;
        let name = ptsname(&master, Vec::new())?;
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        // Inherited on purpose: the number is told to the process that waits.
        let (wait, go) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::empty())?;
        rustix::io::fcntl_setfd(&go, rustix::io::FdFlags::CLOEXEC)?;
        let mut command = Command::new(std::env::current_exe()?);
        let core = core.map_or_else(|| ANY_CORE.to_owned(), |core| core.to_string());
        command.arg(BECOME).arg(wait.as_raw_fd().to_string()).arg(core).args(&program.command).env_clear();
        for name in ["PATH", "HOME", "LOGNAME", "USER"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        command.envs(program.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave.try_clone()?))
            .stderr(Stdio::from(slave));
        let child = command.spawn().context("cannot start a process")?;
        rustix::io::ioctl_fionbio(&master, true)?;
        Ok(Self {
            master,
            child,
            go: Some(File::from(go)),
            parser: vt100::Parser::new(rows.try_into()?, columns.try_into()?, 0),
            bytes: 0,
            last_output: Instant::now(),
            scratch: vec![0; READ_BYTES],
        })
    }

    /// Lets the waiting process become the program; the moment at which it does.
    pub fn go(&mut self) -> Result<Instant> {
        // The process needs a moment until it waits.
        std::thread::sleep(Duration::from_millis(50));
        let now = Instant::now();
        if let Some(mut go) = self.go.take() {
            go.write_all(b"!")?;
        }
        Ok(now)
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Instant> {
        let now = Instant::now();
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&self.master, rest) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::AGAIN | Errno::INTR) => self.read_for(Duration::from_millis(1))?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(now)
    }

    /// Changes the size.
    pub fn resize(&mut self, rows: u16, columns: u16) -> Result<Instant> {
        self.parser.screen_mut().set_size(rows.try_into()?, columns.try_into()?);
        let now = Instant::now();
        tcsetwinsize(&self.master, size(rows, columns))?;
        Ok(now)
    }

    /// Waits until the screen fulfils a condition: the moment of the output that made it so.
    pub fn wait_for(&mut self, patience: Duration, condition: impl FnMut(&vt100::Screen) -> bool) -> Result<Instant> {
        self.wait(patience, condition, false)
    }

    /// The same, but looks only when the program has nothing more to say at the moment: in a flood, looking costs more than
    /// reading.
    pub fn wait_through(
        &mut self,
        patience: Duration,
        condition: impl FnMut(&vt100::Screen) -> bool,
    ) -> Result<Instant> {
        self.wait(patience, condition, true)
    }

    fn wait(
        &mut self,
        patience: Duration,
        mut condition: impl FnMut(&vt100::Screen) -> bool,
        reads_first: bool,
    ) -> Result<Instant> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("not on the screen within {patience:?}:\n{}", self.parser.screen().contents());
            }
            let has_read = self.read_once(left)?;
            while reads_first && self.read_once(Duration::ZERO)? {}
            if has_read && condition(self.parser.screen()) {
                return Ok(self.last_output);
            }
        }
    }

    /// Waits until the program has written nothing for `quiet`: the moment of its last output.
    pub fn settle(&mut self, quiet: Duration, patience: Duration) -> Result<Instant> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && self.read_once(quiet)? {}
        Ok(self.last_output)
    }

    /// Waits for the program's next output, and then until it has written nothing for `quiet`: the moment of its last output.
    pub fn answer(&mut self, patience: Duration, quiet: Duration) -> Result<Instant> {
        if self.read_once(patience)? {
            self.settle(quiet, patience)?;
        }
        Ok(self.last_output)
    }

    /// Reads what comes within a time.
    pub fn read_for(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.read_once(left)?;
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// One read, when something comes in time.
    fn read_once(&mut self, patience: Duration) -> Result<bool> {
        let timeout = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(patience.subsec_nanos()),
        };
        let mut polled = [PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN)];
        match poll(&mut polled, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let count = match rustix::io::read(&self.master, &mut self.scratch) {
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Err(Errno::IO) => bail!("the program has ended; its screen:\n{}", self.parser.screen().contents()),
            Err(error) => return Err(error.into()),
        };
        self.last_output = Instant::now();
        self.bytes += count as u64;
        self.parser.process(&self.scratch[..count]);
        self.answer_questions(count)?;
        Ok(true)
    }

    /// Answers what programs ask of a terminal at their start.
    fn answer_questions(&mut self, count: usize) -> Result<()> {
        let asked = |question: &[u8], output: &[u8]| memchr::memmem::find(output, question).is_some();
        let output = &self.scratch[..count];
        let mut answer = String::new();
        if asked(b"\x1b[6n", output) {
            let (row, column) = self.parser.screen().cursor_position();
            answer += &format!("\x1b[{};{}R", row + 1, column + 1);
        }
        if asked(b"\x1b[c", output) {
            answer += "\x1b[?62;22c";
        }
        if !answer.is_empty() {
            self.write(answer.as_bytes())?;
        }
        Ok(())
    }

    /// Ends the program: by a signal first, then by force.
    pub fn end(mut self) {
        let pid = Pid::from_child(&self.child);
        // It may be gone already.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
        let deadline = Instant::now() + END_TIMEOUT;
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            // Its last words must not keep it from ending.
            let _ = self.read_once(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// What the waiting process does: `arguments` are the number of the pipe, the core, the program and its arguments.
pub fn become_program(arguments: &[OsString]) -> Result<()> {
    let [pipe, core, program, rest @ ..] = arguments else { bail!("not called by hand") };
    if core != ANY_CORE {
        let mut cores = rustix::thread::CpuSet::new();
        cores.set(core.to_string_lossy().parse()?);
        rustix::thread::sched_setaffinity(None, &cores)?;
    }
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(std::io::stdin())?;
    let mut go = File::open(std::path::Path::new("/proc/self/fd").join(pipe))?;
    let mut byte = [0];
    go.read_exact(&mut byte)?;
    Err(Command::new(program).args(rest).exec()).with_context(|| program.to_string_lossy().into_owned())
}

//! The package: what is in it, and whether the service's own command works from it, in a clean root, as the service's user,
//! under something that plays the service manager.
//!
//! `CHAT_TEST_PACKAGE` names the package (`scripts/package` makes it); without it there is nothing to test. A clean root
//! of one's own needs the rights of root.

#![cfg(feature = "server")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Any user that is not root; the machine knows it as `nobody`.
const USER: u32 = 65_534;
const PATIENCE: Duration = Duration::from_secs(60);

/// The package unpacked, with what its program is linked to.
struct Root {
    directory: tempfile::TempDir,
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Root {
    fn unpack(package: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The service's user has to reach what is in it.
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        run(Command::new("dpkg-deb").arg("-x").arg(package).arg(directory.path()));
        Self { directory }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path.trim_start_matches('/'))
    }

    /// Copies the libraries that a program is linked to: what the package's dependencies would bring.
    fn add_libraries(&self, program: &str) {
        let linked = run(Command::new("ldd").arg(self.path(program)));
        for library in linked.split_whitespace().filter(|word| word.starts_with('/')) {
            let place = self.path(library);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::copy(library, place).unwrap();
        }
    }

    /// What the unit's StateDirectory= and RuntimeDirectory= make.
    fn add_directory(&self, path: &str, mode: u32) {
        std::fs::create_dir_all(self.path(path)).unwrap();
        std::fs::set_permissions(self.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
        chown(self.path(path), Some(USER), Some(USER)).unwrap();
    }
}

/// The unit's settings; of a repeated one the last.
fn unit(root: &Root) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root.path("/usr/lib/systemd/system/chat-server.service")).unwrap();
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The service's process; stopped by its own id.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something that the service tells its manager.
fn told(manager: &UnixDatagram, wanted: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = [0; 4_096];
    while Instant::now() < deadline {
        if let Ok(read) = manager.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            if text.lines().any(|line| line == wanted) {
                return text;
            }
        }
    }
    panic!("{wanted} was not told in time");
}

#[test]
fn the_service_works_from_the_package() {
    let Some(package) = std::env::var_os("CHAT_TEST_PACKAGE").map(PathBuf::from) else { return };
    let root = Root::unpack(&package);
    let unit = unit(&root);
    for path in [
        "/usr/bin/chat-tui",
        "/usr/lib/sysusers.d/chat-server.conf",
        "/usr/share/man/man1/chat-server.1",
        "/usr/share/man/man1/chat-server-account-add.1",
        "/usr/share/man/man1/chat-tui.1",
        "/usr/share/bash-completion/completions/chat-server",
        "/usr/share/zsh/vendor-completions/_chat-tui",
        "/usr/share/fish/vendor_completions.d/chat-tui.fish",
        "/usr/share/doc/chat-server/copyright",
    ] {
        assert!(root.path(path).is_file(), "{path} is missing");
    }
    let control = tempfile::tempdir().unwrap();
    run(Command::new("dpkg-deb").arg("-e").arg(&package).arg(control.path().join("control")));
    let conffiles = std::fs::read_to_string(control.path().join("control/conffiles")).unwrap();
    assert_eq!(conffiles, "/etc/chat-server/config.toml\n");
    if !rustix::process::geteuid().is_root() {
        eprintln!("the rest needs root");
        return;
    }
    assert_eq!((unit["Type"].as_str(), unit["ProtectSystem"].as_str()), ("notify", "strict"));
    root.add_libraries("/usr/bin/chat-server");
    root.add_directory(&format!("/var/lib/{}", unit["StateDirectory"]), 0o700);
    root.add_directory(&format!("/run/{}", unit["RuntimeDirectory"]), 0o750);
    chown(root.path("/etc/chat-server/config.toml"), Some(0), Some(USER)).unwrap();
    // The package's ports may be in use on this machine.
    let config = root.path("/etc/chat-server/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let moved = text.replace("\"127.0.0.1:6667\"", "\"127.0.0.1:0\"").replace("\"127.0.0.1:6697\"", "\"127.0.0.1:0\"");
    assert_ne!(text, moved);
    std::fs::write(&config, moved).unwrap();

    let socket = root.path("/run/notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o777)).unwrap();
    manager.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let child = Command::new("chroot")
        .arg(format!("--userspec={USER}:{USER}"))
        .arg(root.directory.path())
        .args(unit["ExecStart"].split(' '))
        .env_clear()
        .env("NOTIFY_SOCKET", "/run/notify")
        .env("WATCHDOG_USEC", "400000")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut service = Service(child);
    let mut log = BufReader::new(service.0.stderr.take().unwrap());
    let mut said = String::new();
    let address = loop {
        let before = said.len();
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended:\n{said}");
        if let Some((_, port)) =
            said[before..].split_once("listening on 127.0.0.1:").filter(|(_, p)| !p.contains("TLS"))
        {
            break format!("127.0.0.1:{}", port.trim());
        }
    };
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    told(&manager, "READY=1");
    // Signs of life come as often as the manager wants them.
    let alive = told(&manager, "WATCHDOG=1");
    assert!(alive.contains("STATUS="), "{alive}");
    told(&manager, "WATCHDOG=1");

    let mut client = TcpStream::connect(&address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(b"CAP LS 302\r\nNICK ann\r\nUSER ann 0 * :ann\r\nREGISTER ann * :correct horse\r\n").unwrap();
    client.write_all(b"CAP END\r\nPRIVMSG #general :bonjour\r\nQUIT :bye\r\n").unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert!(heard.contains("REGISTER SUCCESS ann") && heard.contains(" 001 ann "), "{heard}");

    let pid = rustix::process::Pid::from_child(&service.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    told(&manager, "STOPPING=1");
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = service.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(status.success(), "{status}");
    let database = root.path("/var/lib/chat-server/chat.sqlite3");
    assert_eq!(std::fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
}

//! The program's flags and settings, from outside.

use std::fs;

use tempfile::tempdir;

use crate::host::{program, run};

#[test]
fn all_faults_are_told_and_the_exit_code_is_2() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("chat.toml");
    fs::write(&file, "guests = \"perhaps\"\n\ncolour = \"red\"\n").unwrap();
    let mut command = program();
    command.args(["--config", file.to_str().unwrap(), "--listen", "nowhere", "--database", "mysql://u:hunter2@"]);
    let output = command.env("CHAT_PING_TIMEOUT_SECONDS", "soon").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for place in ["chat.toml:1: guests", "chat.toml:3: colour", "CHAT_PING_TIMEOUT_SECONDS: ", "--listen: "] {
        assert!(said.contains(place), "{place} is missing:\n{said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn an_unknown_flag_or_file_is_a_fault_as_well() {
    let directory = tempdir().unwrap();
    assert_eq!(run(&["--nonsense"], directory.path()).status.code(), Some(2));
    let output = run(&["--config", "/nonexistent/chat.toml"], directory.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nonexistent/chat.toml"));
}

#[test]
fn the_printed_settings_can_be_read_again() {
    let directory = tempdir().unwrap();
    let output = program().arg("--print-config").output().unwrap();
    assert!(output.status.success());
    let file = directory.path().join("chat.toml");
    fs::write(&file, &output.stdout).unwrap();
    let output = run(&["--config", file.to_str().unwrap(), "account", "list"], directory.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_help_teaches() {
    let output = program().arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for wanted in ["Examples:", "Files:", "Environment:", "Exit codes:", "account", "console"] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
}

#[test]
fn settings_can_be_checked_without_a_start() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("chat.toml");
    let check = |content: &str| {
        fs::write(&file, content).unwrap();
        let output = program().args(["check-config", "--config", file.to_str().unwrap()]).output().unwrap();
        let (said, faults) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.code(), said, faults)
    };
    let (code, said, faults) = check(
        "listen_tls = [\"0.0.0.0:6697\"]\nlisten_http = [\"127.0.0.1:9667\"]\ndatabase = \"mysql://chat:hunter2@localhost/chat\"\n",
    );
    assert_eq!(code, Some(0), "{faults}");
    for line in [
        "listens in the clear: nowhere",
        "listens with TLS: 0.0.0.0:6697",
        "is watched: 127.0.0.1:9667",
        "the settings are good",
    ] {
        assert!(said.lines().any(|known| known == line), "{line}:\n{said}");
    }
    assert!(said.contains("mysql://chat:***@localhost/chat"), "{said}");
    let (code, said, faults) = check("guests = 3\nlisten_http = [\"0.0.0.0:9667\"]\n");
    assert_eq!((code, said.as_str()), (Some(2), ""));
    assert!(faults.contains("chat.toml:1: guests") && faults.contains("listen_http: 0.0.0.0:9667"), "{faults}");
    let (code, _, faults) = check("tls_certificate = \"/nonexistent/c.pem\"\ntls_key = \"/nonexistent/k.pem\"\n");
    assert_eq!(code, Some(2));
    assert!(faults.contains("/nonexistent/c.pem"), "{faults}");
    assert!(fs::read_dir(directory.path()).unwrap().count() == 1, "nothing is made");
}

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

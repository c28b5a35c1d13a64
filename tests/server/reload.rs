//! Operators and settings that change while the server runs, with the real program.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Program, program};

const PASSWORD: &str = "correct horse";

/// What `chat-server hash-password` makes of a password on its standard input.
fn hash_of(password: &str) -> String {
    let mut command = program();
    command.arg("hash-password").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_has_the_settings_read_again() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("chat.toml");
    let hash = hash_of("open sesame");
    assert!(hash.starts_with("$argon2id$") && !hash.contains("sesame"), "{hash}");
    let operator = format!("[[operators]]\nname = \"chief\"\npassword = \"{hash}\"\n");
    fs::write(&file, format!("motd = \"first\"\n{operator}")).unwrap();
    let url = Database::Sqlite.url(&directory);
    let server = Program::with(&directory, &url, &["--config", file.to_str().unwrap()]);
    let mut ann = server.connect().await.register("ann", PASSWORD).await;
    ann.send("OPER chief :wrong").await;
    ann.expect(" 464 ").await;
    ann.send("OPER chief :open sesame").await;
    ann.expect(" 381 ").await;
    ann.expect("MODE ann +o").await;
    ann.send("MODE ann +s").await;
    ann.expect("MODE ann +s").await;

    // A fault changes nothing, and is told.
    fs::write(&file, "motd = 3\n").unwrap();
    server.signal(Signal::HUP);
    ann.expect("chat.toml:1: motd").await;
    ann.send("MOTD").await;
    ann.expect(":- first").await;

    // What has changed counts; what counts from a start on only is named.
    fs::write(&file, format!("motd = \"second\"\nstop_timeout_seconds = 9\n{operator}")).unwrap();
    server.signal(Signal::HUP);
    ann.expect("stop_timeout_seconds").await;
    ann.send("MOTD").await;
    ann.expect(":- second").await;

    // Who is no operator any more is told.
    fs::write(&file, "motd = \"third\"\n").unwrap();
    ann.send("REHASH").await;
    ann.expect(" 382 ").await;
    ann.expect("MODE ann -os").await;
    ann.send("REHASH").await;
    ann.expect(" 481 ").await;
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_under_load_loses_nothing() {
    const MESSAGES: usize = 400;
    let directory = tempdir().unwrap();
    let file = directory.path().join("chat.toml");
    fs::write(&file, "motd = \"first\"\n").unwrap();
    let url = Database::Sqlite.url(&directory);
    let server = Program::with(&directory, &url, &["--config", file.to_str().unwrap()]);
    let mut ann = server.connect().await.register("ann", PASSWORD).await;
    let mut bob = server.connect().await.register("bob", PASSWORD).await;
    for number in 0..MESSAGES {
        ann.send(&format!("PRIVMSG #general :message {number}.")).await;
        if number % 40 == 0 {
            // In one step, as editors do: the server may be reading the file for the signal before.
            let next = directory.path().join("next.toml");
            fs::write(&next, format!("motd = \"after {number}\"\n")).unwrap();
            fs::rename(&next, &file).unwrap();
            server.signal(Signal::HUP);
        }
    }
    for number in 0..MESSAGES {
        let line = bob.expect("PRIVMSG #general :message ").await;
        assert!(line.ends_with(&format!(":message {number}.")), "{number}: {line}");
    }
    // The last settings are read in the end.
    let deadline = tokio::time::Instant::now() + crate::client::PATIENCE;
    loop {
        bob.send("MOTD").await;
        if bob.expect(":- ").await.ends_with(":- after 360") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the settings are not read");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await.code(), Some(0));
}

//! The whole database from one kind to the other and back: the same bytes, the same record, a server that goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use tempfile::{TempDir, tempdir};

use crate::database::Database;
use crate::host::{Program, run};

const PASSWORD: &str = "correct horse";

fn command(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    run(&[&["--database", url], arguments].concat(), directory)
}

fn done(directory: &Path, url: &str, arguments: &[&str]) -> String {
    let output = command(directory, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Path, url: &str, arguments: &[&str], said: &str) {
    let output = command(directory, url, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
    assert!(stderr.contains(said), "{arguments:?}: {stderr}");
}

/// A server's life: accounts, a device, channels, what was said, withdrawn, erased, dropped.
async fn live(directory: &TempDir, url: &str) {
    let server = Program::start(directory, url);
    let mut ann = server.connect().await.register("Zoé", PASSWORD).await;
    let mut bob = server.connect().await.register("bob", PASSWORD).await;
    for line in [
        "JOIN #thé,#gone",
        "TOPIC #thé :Du sucre, \"roux\"\u{2028}",
        "MODE #thé +bkl *!*@bad.example secret 9",
        "@+chat-tui/id=once PRIVMSG #thé :un\\deux\u{1f389}",
        "PRIVMSG bob :entre nous",
        "METADATA * SET avatar :https://example.org/é.png",
        "MARKREAD #thé timestamp=2026-01-01T00:00:00.000Z",
        "DEVICE ADD :téléphone",
        "PRIVMSG #gone :nobody hears this for long",
        "PART #gone",
    ] {
        ann.send(line).await;
    }
    ann.settle().await;
    bob.send("PRIVMSG Zoé :merci").await;
    bob.settle().await;
    let path = directory.path();
    done(path, url, &["ban", "add", "192.0.2.0/24", "flood", "--for", "7d"]);
    done(path, url, &["channel", "drop", "#gone", "--yes"]);
    done(path, url, &["account", "suspend", "bob", "trop"]);
    drop(server);
    done(path, url, &["log", "checkpoint", "--before", "2000-01-01"]);
    done(path, url, &["log", "erase", "--event", "9"]);
}

/// Moves a server's key to the data directory of another one.
fn give_key(from: &TempDir, to: &TempDir) {
    fs::copy(from.path().join("server.key"), to.path().join("server.key")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_restored_into_either_database_and_dumped_again_alike() {
    let first = tempdir().unwrap();
    let url = Database::Sqlite.url(&first);
    live(&first, &url).await;
    let file = first.path().join("first.dump");
    let name = file.to_str().unwrap();
    let said = done(first.path(), &url, &["dump", name]);
    assert!(said.contains(" rows"), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    refused(first.path(), &url, &["dump", name], "exists");
    refused(first.path(), &url, &["restore", name], "not empty");
    let bytes = fs::read_to_string(&file).unwrap();
    assert!(bytes.contains("un\\\\deux") && !bytes.contains(PASSWORD), "every message, no password");
    // The dump itself is noted behind what is in it.
    let whole = done(first.path(), &url, &["log", "export"]);
    let (rows, noted) = whole.trim_end().rsplit_once('\n').unwrap();
    assert!(noted.contains("the whole database"), "{noted}");

    let mut before = (first, name.to_owned());
    let databases: Vec<Database> = Database::all().await.into_iter().rev().chain([Database::Sqlite]).collect();
    for (at, database) in databases.iter().enumerate() {
        let (source, dump) = &before;
        let directory = tempdir().unwrap();
        let (path, url) = (directory.path(), database.url(&directory));
        // Not with another key, not half of it; and nothing is kept then.
        refused(path, &url, &["restore", dump], "key");
        give_key(source, &directory);
        let cut = path.join("cut");
        fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
        refused(path, &url, &["restore", cut.to_str().unwrap()], "cut off");
        fs::write(&cut, bytes.replacen("entre nous", "entre vous", 1)).unwrap();
        refused(path, &url, &["restore", cut.to_str().unwrap()], "not whole");
        let said = done(path, &url, &["restore", dump]);
        assert!(said.contains("the record is whole"), "{said}");
        let again = path.join(format!("again-{at}"));
        let again = again.to_str().unwrap().to_owned();
        done(path, &url, &["dump", &again]);
        assert!(fs::read_to_string(&again).unwrap() == bytes, "the same bytes from {url}");
        let exported = done(path, &url, &["log", "export"]);
        assert!(exported.starts_with(rows), "the same record");
        assert!(done(path, &url, &["log", "verify"]).contains("the record is whole"));
        before = (directory, again);
    }

    // It goes on where the first one was: with its people, and with what they had sent already.
    let (directory, _) = &before;
    let url = Database::Sqlite.url(directory);
    let server = Program::start(directory, &url);
    let mut ann = server.connect().await.log_in("Zoé", PASSWORD).await;
    let texts: Vec<String> = ann.history("#thé").await.into_iter().map(|(_, text)| text).collect();
    ann.send("@+chat-tui/id=once PRIVMSG #thé :un\\deux\u{1f389}").await;
    ann.settle().await;
    let later: Vec<String> = ann.history("#thé").await.into_iter().map(|(_, text)| text).collect();
    assert_eq!((texts.len(), texts), (later.len(), later), "sent once");
    ann.send("PRIVMSG #thé :encore").await;
    ann.settle().await;
    drop(server);
    assert!(done(directory.path(), &url, &["log", "verify"]).contains("the record is whole"));
    for database in databases {
        database.remove().await;
    }
}

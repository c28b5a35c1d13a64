//! The operator's commands: through a server that runs, and without one.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Program, run};

const PASSWORD: &str = "correct horse";

fn account(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    let mut all = vec!["--database", url, "account"];
    all.extend(arguments);
    run(&all, directory)
}

fn done(directory: &Path, url: &str, arguments: &[&str]) -> String {
    let output = account(directory, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Path, url: &str, arguments: &[&str]) -> String {
    let output = account(directory, url, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_kept_with_and_without_a_server() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let (path, url) = (directory.path(), database.url(&directory));
        let secret = path.join("password");
        fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
        let secret = secret.to_str().unwrap();

        assert_eq!(done(path, &url, &["list"]), "");
        done(path, &url, &["add", "ann", "--password-file", secret]);
        done(path, &url, &["allow-ip", "ann", "127.0.0.1"]);
        assert!(refused(path, &url, &["add", "ann", "--password-file", secret]).contains("ann"));
        assert!(refused(path, &url, &["allow-ip", "bob", "127.0.0.1"]).contains("bob"));
        let list = done(path, &url, &["list"]);
        assert!(list.contains("ann") && list.contains("active") && list.contains("127.0.0.1"), "{list}");

        let server = Program::start(&directory, &url);
        let mut ann = server.connect().await.log_in("ann", PASSWORD).await;
        done(path, &url, &["add", "bob", "--password-file", secret]);
        fs::write(secret, "battery staple\n").unwrap();
        done(path, &url, &["password", "ann", "--password-file", secret]);
        assert!(server.connect().await.try_log_in("ann", PASSWORD).await.contains(" 904 "));
        server.connect().await.log_in("ann", "battery staple").await;
        done(path, &url, &["suspend", "ann", "too loud"]);
        let rest = ann.rest().await;
        assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
        let mut suspended = server.connect().await;
        assert!(suspended.try_log_in("ann", "battery staple").await.contains(" 902 "));
        assert!(suspended.seen.iter().any(|line| line.contains("ACCOUNT_SUSPENDED")), "{:#?}", suspended.seen);
        done(path, &url, &["resume", "ann"]);
        server.connect().await.log_in("ann", "battery staple").await;
        drop(server);

        done(path, &url, &["delete", "bob"]);
        assert!(refused(path, &url, &["add", "bob", "--password-file", secret]).contains("bob"));
        let list = done(path, &url, &["list"]);
        assert!(list.lines().any(|line| line.starts_with("bob") && line.contains("deleted")), "{list}");
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_never_works_beside_a_server_that_it_cannot_reach() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let _server = Program::start(&directory, &url);
    let output = run(&["--database", &url, "--socket", "/nonexistent/socket", "account", "list"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/nonexistent/socket"), "{said}");
}

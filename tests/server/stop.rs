//! Stopping: in good order, within a deadline, by itself when nobody needs the server any more.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Host, Program, run};

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_tells_the_clients_and_loses_nothing() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let server = Program::start(&directory, &url);
    let mut ann = server.connect().await.register("ann", PASSWORD).await;
    let mut idle = server.connect().await;
    for number in 0..20 {
        ann.send(&format!("PRIVMSG #general :{number}")).await;
    }
    ann.expect(":19").await;
    let began = Instant::now();
    server.signal(Signal::TERM);
    for client in [&mut ann, &mut idle] {
        let rest = client.rest().await;
        assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
    }
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(!directory.path().join("server.sock").exists());

    let server = Program::start(&directory, &url);
    let mut ann = server.connect().await.log_in("ann", PASSWORD).await;
    assert_eq!(ann.history("#general").await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_needs_ends_by_itself() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let host = Host::with(&directory, &url, |config| config.exit_when_idle = Some(Duration::from_secs(1))).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    ann.settle().await;
    ann.send("QUIT").await;
    host.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_has_one_server() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let _server = Program::start(&directory, &url);
    let output = run(&["--listen", "127.0.0.1:0"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("another chat-server uses this directory"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_a_killed_server_is_replaced() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let server = Program::start(&directory, &url);
    server.signal(Signal::KILL);
    server.ended().await;
    assert!(directory.path().join("server.sock").exists());
    let server = Program::start(&directory, &url);
    let socket = tokio::net::UnixStream::connect(directory.path().join("server.sock")).await;
    assert!(socket.is_ok());
    drop(server);
}

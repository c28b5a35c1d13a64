//! What machines see that watch the server, compared with what a load did.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::PATIENCE;
use crate::database::Database;
use crate::host::Host;
use crate::outage::Switchable;

const PASSWORD: &str = "correct horse";
const MESSAGES: u64 = 40;

/// Sends bytes and gives back everything that is answered.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = timeout(PATIENCE, TcpStream::connect(address)).await.unwrap().unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("it answers in time").unwrap();
    answer
}

pub async fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

/// The metrics by name with labels.
pub async fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let answer = get(address, "/metrics").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Content-Type: text/plain; version=0.0.4"), "{head}");
    let values = body.lines().filter(|line| !line.starts_with('#'));
    let read = values.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no metric: {line}"));
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
    });
    read.collect()
}

async fn start(directory: &tempfile::TempDir, database: &str) -> (Host, SocketAddr) {
    let host =
        Host::with(directory, database, |config| config.listen_http = vec!["127.0.0.1:0".parse().unwrap()]).await;
    let http = host.http.expect("it listens");
    (host, http)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_say_what_a_load_did() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let (host, http) = start(&directory, &database.url(&directory)).await;
        let before = scrape(http).await;
        assert_eq!(before["chat_server_up"], 1.0);
        assert_eq!(before["chat_server_connections"], 0.0);

        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        let mut bob = host.connect().await.register("bob", PASSWORD).await;
        let mut eve = host.connect().await;
        assert!(eve.try_log_in("ann", "wrong horse").await.contains(" 904 "));
        ann.settle().await;
        let between = scrape(http).await;
        for number in 0..MESSAGES {
            ann.send(&format!("PRIVMSG #general :message {number}")).await;
        }
        bob.expect(&format!("message {}", MESSAGES - 1)).await;
        ann.send("PRIVMSG nobody :x").await;
        ann.expect(" 401 ").await;
        ann.settle().await;
        bob.settle().await;

        let after = scrape(http).await;
        let rise = |name: &str| after[name] - between[name];
        assert_eq!(rise("chat_server_events_total"), MESSAGES as f64);
        assert_eq!(rise("chat_server_events_committed_total"), MESSAGES as f64);
        assert_eq!(rise("chat_server_delivery_seconds_count"), MESSAGES as f64);
        assert_eq!(rise("chat_server_delivery_seconds_bucket{le=\"+Inf\"}"), MESSAGES as f64);
        let commits = rise("chat_server_commit_seconds_count");
        assert!((1.0..=MESSAGES as f64).contains(&commits), "{commits}");
        assert!(rise("chat_server_delivery_seconds_sum") > 0.0);
        // The messages, one to nobody, and two PINGs.
        assert_eq!(rise("chat_server_lines_total"), MESSAGES as f64 + 3.0);
        // No one was sent anything of that name before.
        assert_eq!(after["chat_server_commands_total{command=\"PRIVMSG\"}"], MESSAGES as f64 + 1.0);
        assert_eq!(after["chat_server_refusals_total{code=\"401\"}"], 1.0);
        assert!(rise("chat_server_pieces_queued_total") > 0.0);
        assert!(rise("chat_server_bytes_queued_total") > (2 * MESSAGES * "message 00".len() as u64) as f64);
        for (name, value) in [
            ("chat_server_connections", 3.0),
            ("chat_server_connections_total{transport=\"plain\"}", 3.0),
            ("chat_server_connections_total{transport=\"tls\"}", 0.0),
            ("chat_server_sessions{kind=\"account\"}", 2.0),
            ("chat_server_sessions{kind=\"unwelcomed\"}", 1.0),
            ("chat_server_accounts_online", 2.0),
            ("chat_server_accounts", 3.0),
            ("chat_server_channels", 1.0),
            ("chat_server_registrations_total", 2.0),
            ("chat_server_logins_refused_total{check=\"password\"}", 1.0),
            ("chat_server_login_seconds_count{by=\"password\"}", 1.0),
            ("chat_server_journal_waiting_events", 0.0),
            ("chat_server_journal_stalled", 0.0),
            ("chat_server_held_effects", 0.0),
            ("chat_server_outbox_bytes", 0.0),
            ("chat_server_hashing_waiting", 0.0),
            ("chat_server_ready", 1.0),
        ] {
            assert_eq!(after[name], value, "{name}");
        }
        assert!(after.values().all(|value| *value >= 0.0));
        drop((ann, bob, eve));
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_the_database_and_health_does_not() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        database.cut();
        let (host, http) = start(&directory, &database.url()).await;
        let said = get(http, "/readyz").await;
        assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("phase: away"), "{said}");
        assert!(get(http, "/healthz").await.starts_with("HTTP/1.1 200 "));
        let metrics = scrape(http).await;
        assert_eq!((metrics["chat_server_up"], metrics["chat_server_ready"]), (1.0, 0.0));

        database.restore();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !get(http, "/readyz").await.starts_with("HTTP/1.1 200 ") {
            assert!(tokio::time::Instant::now() < deadline, "it does not get ready");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_something_else_is_told_so() {
    let directory = tempdir().unwrap();
    let (host, http) = start(&directory, &format!("sqlite:{}", directory.path().join("db").display())).await;
    assert!(get(http, "/").await.starts_with("HTTP/1.1 404 "));
    let said = ask(http, "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 405 ") && said.contains("Allow: GET, HEAD"), "{said}");
    assert!(ask(http, "NICK ann\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    let head = ask(http, "HEAD /healthz HTTP/1.0\r\n\r\n").await;
    assert!(head.contains("Content-Length: 3") && head.ends_with("\r\n\r\n"), "{head}");
    // A head that does not end is no reason to keep anything.
    assert_eq!(ask(http, &"x".repeat(9_000)).await, "");
    // A connection that says nothing holds nobody up.
    let silent = TcpStream::connect(http).await.unwrap();
    assert!(get(http, "/healthz").await.starts_with("HTTP/1.1 200 "));
    drop(silent);
    host.stop().await;
}

/// The names of metrics in a text: words with our prefixes.
fn names_in(text: &str) -> std::collections::BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("chat_server_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    use chat_tui::server::metrics::{Kind, METRICS};
    let text = include_str!("../../assets/grafana/chat-server.json");
    let dashboard: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    let expressions: String = dashboard["panels"]
        .as_array()
        .expect("it has panels")
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
        .map(|target| format!("{}\n", target["expr"].as_str().expect("it has an expression")))
        .collect();
    let shown = names_in(&expressions);
    let scraped = METRICS.iter().map(|metric| match metric.kind {
        Kind::Histogram => format!("{}_bucket", metric.name),
        Kind::Counter | Kind::Gauge => metric.name.to_owned(),
    });
    let scraped: std::collections::BTreeSet<String> = scraped.collect();
    assert_eq!(shown, scraped);
    // A counter is shown by its rate, as only its rise means something.
    for metric in METRICS.iter().filter(|metric| metric.kind == Kind::Counter) {
        assert!(expressions.contains(&format!("rate({}{{", metric.name)), "{}", metric.name);
    }
}

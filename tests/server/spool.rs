//! Messages go on while MariaDB is away, and are in it afterwards.

use std::time::Duration;

use tempfile::tempdir;

use crate::client::message_of;
use crate::host::{Host, run};
use crate::outage::Switchable;
use crate::watching::{get, scrape};

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_on_while_the_database_is_away_and_are_in_it_afterwards() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        // Not for SQLite; a test of the settings shows that.
        if !matches!(database, Switchable::MySql { .. }) {
            continue;
        }
        let with_spool = |config: &mut chat_tui::server::config::Config| {
            config.spool = true;
            config.listen_http = vec!["127.0.0.1:0".parse().unwrap()];
        };
        let host = Host::with(&directory, &database.url(), with_spool).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        let mut bob = host.connect().await.register("bob", PASSWORD).await;
        ann.send("@+chat-tui/id=first PRIVMSG #general :before").await;
        let before = message_of(&ann.expect(":before").await).unwrap();
        database.cut();
        for text in ["one", "two", "three"] {
            ann.send(&format!("@+chat-tui/id={text} PRIVMSG #general :{text}")).await;
            let echo = message_of(&ann.expect(&format!(":{text}")).await).unwrap();
            assert_eq!(message_of(&bob.expect(&format!(":{text}")).await).unwrap(), echo);
        }
        // Whoever watches sees that people talk, and how much waits.
        let http = host.http.unwrap();
        assert_eq!(scrape(http).await["chat_server_spooled_events"], 3.0);
        let ready = get(http, "/readyz").await;
        assert!(
            ready.starts_with("HTTP/1.1 200 ") && ready.ends_with("spool: 3 events wait for the database\n"),
            "{ready}"
        );
        // A channel can be founded, a message comes once, and history is read from memory.
        bob.send("JOIN #new").await;
        bob.expect("JOIN #new").await;
        ann.send("@+chat-tui/id=first PRIVMSG #general :before").await;
        assert_eq!(message_of(&ann.expect(":before").await).unwrap(), before);
        let texts = |history: Vec<(String, String)>| history.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        bob.send("CHATHISTORY LATEST #general * 3").await;
        bob.expect("BATCH +").await;
        for text in ["one", "two", "three"] {
            assert!(bob.next().await.unwrap().ends_with(text));
        }
        // The server is stopped meanwhile, and started again without the database: it waits for it.
        host.stop().await;
        let host = Host::with(&directory, &database.url(), with_spool).await;
        assert!(host.connect().await.try_log_in("ann", PASSWORD).await.contains(" 904 "));
        database.restore();
        // Whoever is connected at the moment when the record is there is sent away to connect again: that moment is awaited.
        let http = host.http.unwrap();
        while !get(http, "/readyz").await.starts_with("HTTP/1.1 200 ") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mut ann = host.connect().await;
        assert!(ann.try_log_in("ann", PASSWORD).await.contains(" 903 "));
        let mut ann = ann.welcomed().await;
        assert_eq!(texts(ann.history("#general").await), ["before", "one", "two", "three"]);
        ann.send("PRIVMSG #general :after").await;
        ann.expect(":after").await;
        assert_eq!(scrape(http).await["chat_server_spooled_events"], 0.0);
        assert!(get(http, "/readyz").await.ends_with("\r\n\r\nready\n"));
        host.stop().await;
        let verified = run(&["log", "verify", "--database", &database.url()], directory.path());
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        database.remove().await;
    }
}

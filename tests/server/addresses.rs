//! The seed's own tables, and its check of addresses.

use std::net::{IpAddr, Ipv4Addr};

use chat_tui::chat::ports::{Peer, Transport};
use chat_tui::server::admin;
use chat_tui::server::admin::accounts::AccountCommand;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

/// The seed's tables as it made them, with some of its rows.
const SEED: &[&str] = &[
    "CREATE TABLE authentification (id TEXT, mdp TEXT, ip TEXT)",
    "CREATE TABLE connexion (date_time TEXT, type TEXT, ip TEXT, port TEXT, `donnée` TEXT)",
    "INSERT INTO authentification VALUES ('mlk', 'bmjlbw==', '192.168.56.1'), ('mimi', 'bWlyYWnsZQ==', '192.168.56.1'), \
     ('Romain', 'Um9tYWluXzE5OTU=', '192.168.56.1')",
    "INSERT INTO connexion VALUES ('18/09/2022 13:49:43', 'serveur', 'DESKTOP-HIS2V51', '25', 'Tout à fait, client'), \
     ('18/09/2022 12:34:08', 'client_Romain', '192.168.56.1', '51434', 'bonjour Mr server')",
];

#[tokio::test(flavor = "multi_thread")]
async fn romain_logs_in_from_his_address_and_from_elsewhere_once_allowed() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        database.execute(&directory, SEED).await;
        let host = Host::start(&directory, &database.url(&directory)).await;

        let mut romain = host.connect_from("192.168.56.1").await.log_in("Romain", "Romain_1995").await;
        assert!(host.connect_from("192.168.56.1").await.try_log_in("Romain", "romain_1995").await.contains(" 904 "));
        let mut elsewhere = host.connect_from("10.1.2.3").await;
        assert!(elsewhere.try_log_in("Romain", "Romain_1995").await.contains(" 904 "));
        // He is told at home; the one elsewhere is not told which check failed.
        romain.expect("ADDRESS_REFUSED 10.1.2.3").await;
        assert!(!elsewhere.seen.iter().any(|line| line.contains("ADDRESS")), "{:#?}", elsewhere.seen);

        let operator = Peer {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            transport: Transport::Unix { uid: 0, operator: true },
        };
        let command = AccountCommand::Allow { name: "Romain".to_owned(), address: "10.1.2.3".to_owned() };
        admin::administer(host.dial_stream(operator).await, &command).await.unwrap();
        host.connect_from("10.1.2.3").await.log_in("Romain", "Romain_1995").await;
        host.stop().await;

        let people = database.query(&directory, "SELECT id FROM authentification ORDER BY id").await;
        assert!(people.iter().any(|name| name == "Romain"), "{people:?}");
        let passwords = database.query(&directory, "SELECT mdp FROM authentification WHERE mdp IS NOT NULL").await;
        assert!(!passwords.iter().any(|text| text.contains("Um9tYWlu") || text.contains("Romain_1995")));
        let said = database.query(&directory, "SELECT `donnée` FROM connexion WHERE type = 'client_Romain'").await;
        assert!(said.iter().any(|text| text == "bonjour Mr server"), "{said:?}");
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_allows_an_address_by_its_code() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect_from("192.0.2.1").await.register("ann", PASSWORD).await;
    assert!(host.connect_from("192.0.2.2").await.try_log_in("ann", PASSWORD).await.contains(" 904 "));
    let note = ann.expect("ADDRESS_REFUSED 192.0.2.2 ").await;
    let code = note.split("ADDRESS_REFUSED 192.0.2.2 ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    ann.send("PRIVMSG serveur :allow 192.0.2.2 nonsense").await;
    ann.settle().await;
    assert!(host.connect_from("192.0.2.2").await.try_log_in("ann", PASSWORD).await.contains(" 904 "));
    ann.send(&format!("PRIVMSG serveur :allow 192.0.2.2 {code}")).await;
    ann.settle().await;
    host.connect_from("192.0.2.2").await.log_in("ann", PASSWORD).await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_says_what_is_recorded_and_addresses_are_for_operators_and_oneself() {
    const HOME: &str = "198.51.100.7";
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect_from(HOME).await.register("ann", PASSWORD).await;
    ann.settle().await;
    let mut again = host.connect_from(HOME).await.log_in("ann", PASSWORD).await;
    again.settle().await;
    // To who registers, and to who comes back.
    let notice = "Recorded here: every message, its date, your IP address and your port.";
    for session in [&ann, &again] {
        let said = session.seen.iter().filter(|line| line.contains(notice)).count();
        assert_eq!(said, 1, "{:#?}", session.seen);
    }
    ann.send("JOIN #tea").await;
    ann.send("PRIVMSG #tea :hello").await;
    ann.settle().await;

    let mut bob = host.connect_from("203.0.113.9").await.register("bob", PASSWORD).await;
    bob.send("CAP REQ :draft/chathistory draft/event-playback extended-join message-tags userhost-in-names").await;
    bob.send("JOIN #tea").await;
    let questions = [
        "WHOIS ann",
        "WHO #tea",
        "WHO ann %tcuihsnfdlaor",
        "USERHOST ann",
        "NAMES #tea",
        "CHATHISTORY LATEST #tea * 50",
        "INSPECT",
        "STATS L",
        "TRACE ann",
    ];
    for question in questions {
        bob.send(question).await;
    }
    // Two connections are not read in any order: ann is asked about before she leaves.
    bob.settle().await;
    ann.send("PRIVMSG bob :it is me").await;
    ann.send("QUIT :bye").await;
    again.send("QUIT :bye").await;
    bob.expect("it is me").await;
    ann.rest().await;
    again.rest().await;
    bob.send("WHOWAS ann").await;
    bob.settle().await;
    assert!(bob.seen.iter().any(|line| line.contains(" 311 bob ann ")), "{:#?}", bob.seen);
    assert!(bob.seen.iter().any(|line| line.contains(" 314 bob ann ")), "{:#?}", bob.seen);
    assert!(!bob.seen.iter().any(|line| line.contains(HOME)), "{:#?}", bob.seen);

    // The operator sees what the person sees of themselves.
    let mut ann = host.connect_from(HOME).await.log_in("ann", PASSWORD).await;
    let mut console = host.console().await;
    for client in [&mut ann, &mut console] {
        client.send("WHOIS ann").await;
        let line = client.expect(" 338 ").await;
        assert!(line.contains(HOME), "{line}");
    }
    host.stop().await;
}

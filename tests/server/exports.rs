//! The record on standard output: `chat-server log search` and `chat-server log export`.

use tempfile::tempdir;

use crate::host::{Host, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_record_can_be_searched_and_exported() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &format!("sqlite:{}", directory.path().join("chat.sqlite3").display())).await;
    let mut ann = host.connect().await.register("ann", "correct horse").await;
    let mut bob = host.connect_from("198.51.100.7").await.register("bob", "correct horse").await;
    ann.send("JOIN #thé").await;
    ann.send("PRIVMSG #thé :Du sucre, \"roux\"?").await;
    bob.send("PRIVMSG ann :100% sûr").await;
    ann.expect("100% sûr").await;
    ann.settle().await;
    host.stop().await;

    let said = |arguments: &[&str]| {
        let output = run(&[&["log"], arguments].concat(), directory.path());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let found = said(&["search", "SUCRE"]);
    assert!(found.contains("privmsg ann [127.0.0.1:") && found.contains("-> #thé: Du sucre"), "{found}");
    assert_eq!(found.lines().count(), 1);
    // Wildcards of SQL are texts like others.
    assert_eq!(said(&["search", "100%"]).lines().count(), 1);
    assert_eq!(said(&["search", "_"]), "");
    for (filter, count) in [
        (&["--messages"][..], 2),
        (&["--messages", "--channel", "#THÉ"], 1),
        (&["--messages", "--account", "Bob"], 1),
        (&["--messages", "--address", "198.51.100.7"], 1),
        (&["--messages", "--address", "198.51.100.8"], 0),
        (&["--messages", "--before", "2020-01-01"], 0),
        (&["--messages", "--after", "2020-01-01"], 2),
    ] {
        let rows = said(&[&["export", "--format", "jsonl"], filter].concat());
        assert_eq!(rows.lines().count(), count, "{filter:?}:\n{rows}");
    }
    let rows = said(&["export", "--format", "jsonl"]);
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert!(rows.windows(2).all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64()));
    assert!(rows.iter().any(|row| row["kind"] == "account_registered" && row["author"] == "bob"));
    assert!(
        rows.iter().any(|row| row["text"] == "100% sûr" && row["address"] == "198.51.100.7" && row["port"] == 64917)
    );

    // Whoever reads what others wrote is in the record for it, before what was read; not among it.
    let acts: Vec<_> = rows.iter().filter(|row| row["kind"] == "operator_acted").collect();
    let uid = format!("uid:{}", rustix::process::geteuid().as_raw());
    assert!(acts.iter().all(|act| act["operator"] == uid.as_str()));
    assert_eq!((&acts[0]["subject"], &acts[0]["text"]), (&"search".into(), &"\"SUCRE\", everything".into()));
    assert_eq!(acts[3]["text"], "messages");
    assert_eq!(acts.len(), 10, "three searches and seven exports");
    let json = said(&["search", "--json", "sûr", "--messages"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["text"], "100% sûr");

    let csv = said(&["export", "--format", "csv", "--messages", "--channel", "#thé"]);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("seq,time,kind,author_kind,author,"), "{csv}");
    assert!(lines[1].contains(",#thé,\"Du sucre, \"\"roux\"\"?\","), "{csv}");
    assert_eq!(lines.len(), 2);
    assert_eq!(run(&["log", "export", "--channel", "thé"], directory.path()).status.code(), Some(1));
    assert_eq!(run(&["log", "export", "--format", "xml"], directory.path()).status.code(), Some(2));
}

//! Bans by command, with a server and without one.

use tempfile::tempdir;

use crate::host::{Host, run};

fn said(arguments: &[&str], directory: &std::path::Path) -> String {
    let output = run(arguments, directory);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_by_command_is_kept_and_counts_for_the_next_server() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    said(&["ban", "add", "203.0.113.0/24", "too much", "--for", "7d"], path);
    said(&["ban", "mute", "account:bob", "too loud"], path);
    let refused = run(&["ban", "add", "203.0.113.0/24", "--for", "soon"], path);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(run(&["ban", "lift", "203.0.113.9"], path).status.code(), Some(1));
    assert_eq!(run(&["ban", "add"], path).status.code(), Some(2));

    let list: serde_json::Value = serde_json::from_str(&said(&["ban", "list", "--json"], path)).unwrap();
    assert_eq!(list[0]["target"], "203.0.113.0/24");
    assert_eq!((&list[0]["effect"], &list[0]["reason"]), (&"ban".into(), &"too much".into()));
    assert!(list[0]["until"].as_str().is_some_and(|until| until.ends_with('Z')), "{list}");
    assert_eq!((&list[1]["effect"], &list[1]["until"]), (&"mute".into(), &serde_json::Value::Null));
    assert_eq!((&list[1]["by"], list.as_array().unwrap().len()), (&"serveur".into(), 2));

    let database = format!("sqlite:{}", path.join("chat.sqlite3").display());
    let host = Host::start(&directory, &database).await;
    let mut banned = host.connect_from("203.0.113.5").await;
    let rest = banned.rest().await;
    assert!(rest.iter().any(|line| line.contains(" 465 ") && line.contains("too much")), "{rest:?}");
    let mut bob = host.connect_from("198.51.100.1").await.register("bob", "correct horse").await;
    bob.send("PRIVMSG #general :hello").await;
    bob.expect("FAIL PRIVMSG MUTED #general").await;
    host.stop().await;

    said(&["ban", "lift", "203.0.113.0/24"], path);
    said(&["ban", "lift", "account:bob"], path);
    assert_eq!(said(&["ban", "list"], path), "");
    assert!(said(&["account", "list", "--json"], path).contains("\"name\": \"bob\""));
}

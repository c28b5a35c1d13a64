//! Invitations by command: a code lets one person in, with a server and without one.

use chat_tui::chat::settings::Registration;
use tempfile::tempdir;

use crate::host::{Host, run};

fn said(arguments: &[&str], directory: &std::path::Path) -> String {
    let output = run(arguments, directory);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_command_is_kept_as_a_digest_and_counts_once() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    let code = said(&["invite", "create", "for Ann"], path).trim().to_owned();
    assert_eq!(code.len(), 19, "{code}");
    let made: serde_json::Value =
        serde_json::from_str(&said(&["invite", "create", "--for", "0", "--json"], path)).unwrap();
    assert_eq!(made["until"], serde_json::Value::Null);
    let revoked = made["code"].as_str().unwrap().to_owned();
    assert_eq!(run(&["invite", "create", "--for", "soon"], path).status.code(), Some(1));
    assert_eq!(run(&["invite", "revoke", "1"], path).status.code(), Some(1));
    said(&["invite", "revoke", made["number"].as_str().unwrap()], path);
    let list: serde_json::Value = serde_json::from_str(&said(&["invite", "list", "--json"], path)).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((&list[0]["note"], &list[0]["by"]), (&"for Ann".into(), &"serveur".into()));

    // Nothing on the disk holds the code itself.
    for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(code.len()).any(|window| window == code.as_bytes()), "{:?}", entry.path());
    }

    let database = format!("sqlite:{}", path.join("chat.sqlite3").display());
    let host = Host::with(&directory, &database, |config| config.rules.registration = Registration::Invitation).await;
    let mut ann = host.connect_from("198.51.100.1").await;
    ann.send("CAP LS 302").await;
    ann.expect("chat-tui/invitation").await;
    for wrong in [revoked.as_str(), "*"] {
        ann.send(&format!("REGISTER ann {wrong} :correct horse")).await;
        ann.expect("FAIL REGISTER IN").await;
    }
    // As somebody copies it by hand.
    ann.send(&format!("REGISTER ann {} :correct horse", code.replace('-', "").to_uppercase())).await;
    ann.expect("REGISTER SUCCESS ann").await;
    let mut bob = host.connect_from("198.51.100.2").await;
    bob.send("CAP LS 302").await;
    bob.send(&format!("REGISTER bob {code} :correct horse")).await;
    bob.expect("FAIL REGISTER INVALID_INVITATION bob").await;
    host.stop().await;
    assert_eq!(said(&["invite", "list"], path), "");

    // Who did what is in the record, and which account an invitation became.
    let record = rusqlite::Connection::open(path.join("chat.sqlite3")).unwrap();
    let count = |sql: &str| record.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM event WHERE kind = 'invitation_made' AND operator LIKE 'uid:%'"), 2);
    assert_eq!(count("SELECT COUNT(*) FROM event WHERE kind = 'invitation_revoked' AND operator LIKE 'uid:%'"), 1);
    let became = "SELECT COUNT(*) FROM event JOIN invitation ON invitation.seq = event.subject_seq \
                  WHERE event.kind = 'account_registered' AND event.target = 'ann' AND used_by = event.subject_account_id";
    assert_eq!(count(became), 1);
}

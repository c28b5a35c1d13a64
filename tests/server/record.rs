//! The operator's `log` commands, on the record of a server that runs.

use serde_json::Value;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Host, Program, run};

const PASSWORD: &str = "correct horse";

/// Runs `chat-server log …`: whether it went well, and what it said.
fn log(directory: &tempfile::TempDir, url: &str, arguments: &[&str]) -> (bool, String) {
    let all = [&["log"], arguments, &["--database", url]].concat();
    let output = run(&all, directory.path());
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Runs `chat-server log … --json`: its exit code, and what it printed, which is JSON also when something is wrong.
fn json(directory: &tempfile::TempDir, url: &str, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[&["log"], arguments, &["--json", "--database", url]].concat(), directory.path());
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_the_answers_as_json() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let url = database.url(&directory);
        let server = Program::start(&directory, &url);
        let mut ann = server.connect().await.register("ann", PASSWORD).await;
        ann.send("PRIVMSG #general :one").await;
        ann.expect(":one").await;
        drop(server);

        let (code, head) = json(&directory, &url, &["head"]);
        let (_, line) = log(&directory, &url, &["head"]);
        let parts = format!("{} {}", head["seq"], head["chain"].as_str().unwrap());
        assert_eq!((code, parts.as_str()), (Some(0), line.trim()));
        let (code, found) = json(&directory, &url, &["verify"]);
        assert_eq!((code, &found["is_whole"], &found["faults"]), (Some(0), &true.into(), &serde_json::json!([])));
        assert_eq!((&found["head"], &found["checkpoint"]), (&head, &Value::Null));

        database.execute(&directory, &["UPDATE event SET text = 'two' WHERE text = 'one'"]).await;
        let (code, found) = json(&directory, &url, &["verify"]);
        assert_eq!((code, &found["is_whole"], &found["fault_count"]), (Some(1), &false.into(), &1.into()));
        assert!(found["faults"][0].as_str().unwrap().contains("was changed"), "{found}");
        database.execute(&directory, &["UPDATE event SET text = 'one' WHERE text = 'two'"]).await;

        let number = &database.query(&directory, "SELECT CAST(seq AS CHAR) FROM event WHERE text = 'one'").await[0];
        let erase = ["erase", "--event", number];
        assert_eq!(json(&directory, &url, &erase), (Some(0), serde_json::json!({ "erased": 1 })));
        assert_eq!(json(&directory, &url, &erase), (Some(0), serde_json::json!({ "erased": 0 })));
        let nothing = serde_json::json!({ "removed": 0, "checkpoint": null });
        assert_eq!(json(&directory, &url, &["checkpoint", "--before", "2000-01-01"]), (Some(0), nothing));
        let (code, cut) = json(&directory, &url, &["checkpoint", "--before", "2999-01-01", "--reason", "age"]);
        assert_eq!((code, &cut["checkpoint"]["reason"]), (Some(0), &"age".into()));
        assert!(cut["removed"].as_u64().is_some_and(|removed| removed > 0), "{cut}");
        let (code, found) = json(&directory, &url, &["verify"]);
        assert_eq!((code, &found["checkpoint"]), (Some(0), &cut["checkpoint"]));

        let config = directory.path().join("settings.toml");
        std::fs::write(&config, "[[retention]]\nchannel = \"#tea\"\ndays = 30\n").unwrap();
        let retain = ["retain", "--dry-run", "--config", config.to_str().unwrap()];
        let rules = serde_json::json!([{ "channel": "#tea", "days": 30, "erased": 0 }]);
        let answer = serde_json::json!({ "is_rehearsal": true, "removed": 0, "rules": rules });
        assert_eq!(json(&directory, &url, &retain), (Some(0), answer));
        let output = run(&["log", "retain", "--json", "--database", &url], directory.path());
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_verified_anchored_and_let_go_of_beside_the_server() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let url = database.url(&directory);
        let anchors = directory.path().join("heads");
        let host = Host::with(&directory, &url, |config| config.anchors.file = Some(anchors.clone())).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        for text in ["one", "two", "three"] {
            ann.send(&format!("PRIVMSG #general :{text}")).await;
            ann.expect(&format!(":{text}")).await;
        }
        let (whole, said) = log(&directory, &url, &["verify"]);
        assert!(whole && said.contains("the record is whole"), "{said}");
        let (_, head) = log(&directory, &url, &["head"]);
        host.stop().await;
        // The server has written the head down when it stopped.
        assert!(std::fs::read_to_string(&anchors).unwrap().ends_with(&format!(" {head}")), "{head}");
        let known = anchors.display().to_string();

        database.execute(&directory, &["UPDATE event SET text = 'zwei' WHERE text = 'two'"]).await;
        let (whole, said) = log(&directory, &url, &["verify", "--anchors", &known]);
        assert!(!whole && said.contains("was changed") && said.contains("1 faults"), "{said}");
        let (done, said) = log(&directory, &url, &["checkpoint", "--before", "2999-01-01"]);
        assert!(!done && said.contains("is not whole"), "{said}");
        database.execute(&directory, &["UPDATE event SET text = 'two' WHERE text = 'zwei'"]).await;

        let number = &database.query(&directory, "SELECT CAST(seq AS CHAR) FROM event WHERE text = 'two'").await[0];
        let (done, said) = log(&directory, &url, &["erase", "--event", number]);
        assert!(done && said.contains("1 events erased"), "{said}");
        // With its socket: what is let go of is noted by the server itself.
        let server = Program::start(&directory, &url);
        let mut ann = server.connect().await.log_in("ann", PASSWORD).await;
        let texts: Vec<String> = ann.history("#general").await.into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["one", "three"]);

        let (done, said) = log(&directory, &url, &["checkpoint", "--before", "2999-01-01", "--reason", "age"]);
        assert!(done && said.contains("events removed"), "{said}");
        // The server beside it goes on, and the rest is whole.
        ann.send("PRIVMSG #general :four").await;
        ann.expect(":four").await;
        let (whole, said) = log(&directory, &url, &["verify", "--anchors", &known]);
        assert!(whole && said.contains("was removed at") && said.contains(": age"), "{said}");
        drop(server);
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_server_is_restored() {
    let directory = tempdir().unwrap();
    let url = Database::Sqlite.url(&directory);
    let host = Host::start(&directory, &url).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    let mut bob = host.connect().await.register("bob", PASSWORD).await;
    // Somebody talks while the copy is made.
    let talking = tokio::spawn(async move {
        for number in 0..200 {
            bob.send(&format!("PRIVMSG #general :{number}")).await;
            bob.expect(&format!(":{number}")).await;
        }
    });
    ann.send("PRIVMSG #general :before").await;
    ann.expect(":before").await;
    let copy = directory.path().join("copy.sqlite3");
    let back_up = || run(&["backup", &copy.display().to_string(), "--database", &url], directory.path());
    assert!(back_up().status.success());
    let again = back_up();
    assert!(!again.status.success(), "a backup replaces nothing");
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("it exists already") && !said.contains("the database refused"), "{said}");
    talking.await.unwrap();
    ann.send("PRIVMSG #general :behind").await;
    ann.expect(":behind").await;
    host.stop().await;
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&copy).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    // Elsewhere: the copy and the key are the whole server.
    let elsewhere = tempdir().unwrap();
    std::fs::copy(&copy, elsewhere.path().join("chat.sqlite3")).unwrap();
    std::fs::copy(directory.path().join("server.key"), elsewhere.path().join("server.key")).unwrap();
    let url = Database::Sqlite.url(&elsewhere);
    let (whole, said) = log(&elsewhere, &url, &["verify"]);
    assert!(whole, "{said}");
    let host = Host::start(&elsewhere, &url).await;
    let mut ann = host.connect().await.log_in("ann", PASSWORD).await;
    let texts: Vec<String> = ann.history("#general").await.into_iter().map(|(_, text)| text).collect();
    assert!(texts.contains(&"before".to_owned()) && !texts.contains(&"behind".to_owned()), "{texts:?}");
    ann.send("PRIVMSG #general :it goes on").await;
    ann.expect(":it goes on").await;
    host.stop().await;
    let (whole, said) = log(&elsewhere, &url, &["verify"]);
    assert!(whole, "{said}");
}

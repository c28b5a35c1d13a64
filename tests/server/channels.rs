//! The operator's commands for channels: through a server that runs, and without one, on both databases.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Program, run};

const PASSWORD: &str = "correct horse";

fn channel(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    run(&[&["--database", url, "channel"], arguments].concat(), directory)
}

fn done(directory: &Path, url: &str, arguments: &[&str]) -> String {
    let output = channel(directory, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Path, url: &str, arguments: &[&str], code: i32, said: &str) {
    let output = channel(directory, url, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert!(stderr.contains(said), "{arguments:?}: {stderr}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_kept_with_and_without_a_server() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let (path, url) = (directory.path(), database.url(&directory));
        let server = Program::start(&directory, &url);
        let mut ann = server.connect().await.register("ann", PASSWORD).await;
        let mut bob = server.connect().await.register("bob", PASSWORD).await;
        ann.send("JOIN #tea").await;
        ann.send("MODE #tea +b *!*@bad.example").await;
        ann.settle().await;
        bob.send("JOIN #tea").await;
        bob.send("PRIVMSG #tea :sugar?").await;
        bob.settle().await;

        // Through the server: each is done when the command has ended, and the members see it.
        assert_eq!(done(path, &url, &["topic", "#tea", "Leaves and cups"]), "done\n");
        ann.expect("TOPIC #tea :Leaves and cups").await;
        done(path, &url, &["mode", "#tea", "-n+l", "50"]);
        ann.expect("MODE #tea -n+l 50").await;
        done(path, &url, &["founder", "#tea", "bob"]);
        ann.expect("MODE #tea -q+qo ann bob bob").await;
        let shown = json(&done(path, &url, &["show", "#tea", "--json"]));
        assert_eq!((&shown["name"], &shown["founder"]), (&"#tea".into(), &"bob".into()));
        assert_eq!((&shown["modes"], &shown["topic"]), (&"+tl 50".into(), &"Leaves and cups".into()));
        assert!(shown["last_message"].as_str().is_some_and(|time| time.ends_with('Z')), "{shown}");
        let member = |name: &str, rank: &str| serde_json::json!({"name": name, "rank": rank, "state": "here"});
        assert_eq!(shown["members"], serde_json::json!([member("ann", "o"), member("bob", "qo")]));
        assert_eq!(shown["masks"][0]["mask"], "*!*@bad.example");
        let text = done(path, &url, &["show", "#tea"]);
        assert!(text.contains("founder       bob\n") && text.contains("  qo    here  bob\n"), "{text}");
        done(path, &url, &["kick", "#tea", "ann", "enough"]);
        ann.expect("KICK #tea ann :enough").await;
        done(path, &url, &["rename", "#tea", "#coffee"]);
        bob.expect("#coffee").await;

        // What cannot be done is said, with the code 1; what is not a command, with 2.
        refused(path, &url, &["topic", "#tea", "x"], 1, "No such channel");
        refused(path, &url, &["mode", "#coffee", "+X"], 1, "unknown mode");
        refused(path, &url, &["mode", "#coffee", "+l", "many"], 1, "");
        refused(path, &url, &["kick", "#coffee", "ann"], 1, "aren't on that channel");
        refused(path, &url, &["founder", "#coffee", "nobody"], 1, "nobody");
        refused(path, &url, &["rename", "#coffee", "coffee"], 1, "");
        refused(path, &url, &["show", "two words"], 1, "one word");
        refused(path, &url, &["drop", "#coffee"], 1, "--yes");
        refused(path, &url, &["mode", "#coffee"], 2, "");
        let lists = json(&done(path, &url, &["list", "--json"]));
        let names: Vec<_> = lists.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"#coffee") && !names.contains(&"#tea"), "{names:?}");
        assert!(lists[0].get("members").is_none(), "{lists}");
        drop(server);

        // Without a server.
        let list = done(path, &url, &["list"]);
        assert!(list.lines().any(|line| line.starts_with("#coffee") && line.contains(" bob ")), "{list}");
        done(path, &url, &["drop", "#coffee", "closed", "--yes"]);
        assert!(!done(path, &url, &["list"]).contains("#coffee"));
        refused(path, &url, &["show", "#coffee"], 1, "No such channel");

        // Each act is an event of the record, by the operator; what was said in the channel is there under its name.
        let log = |arguments: &[&str]| {
            let output = run(&[&["--database", &url, "log"], arguments].concat(), path);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let rows: Vec<Value> = log(&["export", "--channel", "#coffee"]).lines().map(json).collect();
        assert!(rows.iter().any(|row| row["text"] == "sugar?"));
        let uid = format!("uid:{}", rustix::process::geteuid().as_raw());
        let acts: Vec<_> = rows.iter().filter(|row| row["operator"] == uid.as_str()).collect();
        let kinds: Vec<_> = acts.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        let expected = [
            "topic_set",
            "modes_changed",
            "founder_changed",
            "modes_changed",
            "kicked",
            "channel_renamed",
            "channel_dropped",
        ];
        assert_eq!(kinds, expected);
        assert!(log(&["verify"]).contains("the record is whole"));
        database.remove().await;
    }
}

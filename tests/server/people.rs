//! What is kept about a person, for that person, and its removal: on both databases, while the server runs.

use std::path::Path;
use std::process::Output;

use chat_tui::chat::settings::Registration;
use chat_tui::server::config::Config;
use serde_json::Value;
use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Host, Program, run};

const PASSWORD: &str = "correct horse";

fn command(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    run(&[&["--database", url], arguments].concat(), directory)
}

fn done(directory: &Path, url: &str, arguments: &[&str]) -> String {
    let output = command(directory, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Path, url: &str, arguments: &[&str], said: &str) {
    let output = command(directory, url, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
    assert!(stderr.contains(said), "{arguments:?}: {stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_all_that_is_kept_and_can_be_erased() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let (path, url) = (directory.path(), database.url(&directory));
        let server = Program::start(&directory, &url);
        let mut ann = server.connect().await.register("Ann", PASSWORD).await;
        let mut bob = server.connect().await.register("bob", PASSWORD).await;
        ann.send("JOIN #tea").await;
        ann.send("TOPIC #tea :Leaves").await;
        ann.send("PRIVMSG #tea :no sugar for me").await;
        ann.send("PRIVMSG bob :my number is five-five-five").await;
        ann.send("METADATA * SET avatar :https://example.org/ann.png").await;
        ann.send("MARKREAD #tea timestamp=2026-01-01T00:00:00.000Z").await;
        ann.send("DEVICE ADD :telephone").await;
        let token = ann.expect("DEVICE ADD 1 ").await;
        let token = token.split_whitespace().nth(4).unwrap().to_owned();
        ann.settle().await;
        bob.send("JOIN #tea").await;
        bob.send("PRIVMSG #tea :milk?").await;
        bob.settle().await;
        done(path, &url, &["ban", "mute", "account:ann", "too loud", "--for", "1h"]);

        let text = done(path, &url, &["account", "export", "ann"]);
        let person: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&person["account"]["name"], &person["account"]["deleted"]), (&"Ann".into(), &Value::Null));
        assert_eq!(person["addresses"][0]["address"], "127.0.0.1");
        assert_eq!(person["devices"][0]["name"], "telephone");
        let channels = person["channels"].as_array().unwrap();
        assert!(channels.iter().any(|channel| channel["channel"] == "#tea" && channel["rank"] == "qo"), "{text}");
        assert_eq!(person["founded"][0], "#tea");
        assert_eq!(person["read_markers"][0]["conversation"], "#tea");
        assert_eq!(person["metadata"]["avatar"], "https://example.org/ann.png");
        assert_eq!((&person["bans"][0]["effect"], &person["bans"][0]["reason"]), (&"mute".into(), &"too loud".into()));
        let texts: Vec<_> =
            person["events"].as_array().unwrap().iter().filter_map(|event| event["text"].as_str()).collect();
        assert!(texts.contains(&"no sugar for me") && texts.contains(&"my number is five-five-five"), "{texts:?}");
        assert!(!texts.contains(&"milk?"), "what others wrote is theirs");
        assert!(!text.contains("argon2") && !text.contains("digest") && !text.contains(&token), "no secrets");
        refused(path, &url, &["account", "export", "nobody"], "there is no account nobody");
        refused(path, &url, &["account", "export", "no body"], "not an account's name");

        // Nothing happens by mistake.
        refused(path, &url, &["account", "erase", "ann"], "--yes");
        refused(path, &url, &["account", "erase", "nobody", "--yes"], "there is no account nobody");
        refused(path, &url, &["account", "erase", "serveur", "--yes"], "serveur");
        assert!(done(path, &url, &["account", "list"]).contains("active"));

        let said = done(path, &url, &["account", "erase", "ANN", "--yes"]);
        assert!(said.contains("the account is gone"), "{said}");
        assert!(ann.rest().await.last().is_some_and(|line| line.starts_with("ERROR :")));
        // At once, also for those who are there.
        for target in ["#tea", "ann"] {
            bob.send(&format!("CHATHISTORY LATEST {target} * 50")).await;
        }
        let before = bob.seen.len();
        bob.settle().await;
        let seen = bob.seen[before..].join("\n");
        assert!(!seen.contains("no sugar") && !seen.contains("five-five-five"), "{seen}");
        drop(server);

        let rows = done(path, &url, &["log", "export"]);
        for gone in ["no sugar", "five-five-five", "Leaves", "avatar", "telephone", "too loud", "Ann", "account:ann"] {
            assert!(!rows.contains(gone), "{gone}:\n{rows}");
        }
        assert!(rows.contains("milk?"));
        let noted = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
        let subjects: Vec<_> = noted
            .filter(|row| row["kind"] == "operator_acted")
            .map(|row| row["subject"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(subjects, ["export", "erase"], "the operator's own acts stay");
        assert!(done(path, &url, &["log", "verify"]).contains("the record is whole"));
        let person: Value = serde_json::from_str(&done(path, &url, &["account", "export", "ann"])).unwrap();
        assert!(person["account"]["deleted"].is_string());
        for empty in [
            "addresses",
            "devices",
            "channels",
            "founded",
            "read_markers",
            "bans",
            "invitations",
            "legacy_rows",
            "events",
        ] {
            assert_eq!(person[empty], serde_json::json!([]), "{empty}");
        }
        assert_eq!(person["metadata"], serde_json::json!({}));

        // The name stays reserved, and erasing again changes nothing.
        let secret = path.join("password");
        std::fs::write(&secret, PASSWORD).unwrap();
        let secret = secret.to_str().unwrap();
        refused(path, &url, &["account", "add", "ann", "--password-file", secret], "ann");
        assert!(done(path, &url, &["account", "erase", "ann", "--yes"]).contains(" 0 events"));
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_account_belongs_to_the_person_too() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let (path, url) = (directory.path(), database.url(&directory));
        let old = [
            "CREATE TABLE authentification (id TEXT, mdp TEXT, ip TEXT)",
            "CREATE TABLE connexion (date_time TEXT, type TEXT, ip TEXT, port TEXT, `donnée` TEXT)",
            "INSERT INTO authentification VALUES ('Romain', 'Um9tYWluXzE5OTU=', '192.168.56.1')",
            "INSERT INTO connexion VALUES ('one day', 'client_Romain', '192.168.56.1', '51434', 'odd words'), \
             ('one day', 'client_other', '192.168.56.2', '51435', 'words of another')",
        ];
        database.execute(&directory, &old).await;
        let code = done(path, &url, &["invite", "create", "for the neighbour's daughter"]);
        done(path, &url, &["invite", "create", "for another"]);
        let by_code = |config: &mut Config| config.rules.registration = Registration::Invitation;
        let host = Host::with(&directory, &url, by_code).await;
        let mut ann = host.connect_from("198.51.100.1").await;
        ann.send("CAP LS 302").await;
        ann.send(&format!("REGISTER ann {} :{PASSWORD}", code.trim())).await;
        ann.expect("REGISTER SUCCESS ann").await;
        host.stop().await;

        let person =
            |name: &str| -> Value { serde_json::from_str(&done(path, &url, &["account", "export", name])).unwrap() };
        let (ann, romain) = (person("ann"), person("romain"));
        assert_eq!(ann["invitations"][0]["note"], "for the neighbour's daughter");
        let is_invitation = |event: &&Value| event["kind"] == "invitation_made";
        assert_eq!(ann["events"].as_array().unwrap().iter().filter(is_invitation).count(), 1);
        assert_eq!(ann["legacy_rows"], serde_json::json!([]));
        let rows = romain["legacy_rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["text"] == "odd words" && row["time"] == "one day"), "{romain}");
        assert!(!romain.to_string().contains("words of another") && !romain.to_string().contains("argon2"), "{romain}");

        for name in ["ann", "romain"] {
            done(path, &url, &["account", "erase", name, "--yes"]);
            let gone = person(name);
            let nothing = serde_json::json!([]);
            assert_eq!((&gone["legacy_rows"], &gone["events"]), (&nothing, &nothing));
            assert!(!gone.to_string().contains("daughter"), "{gone}");
        }
        let rows = done(path, &url, &["log", "export"]);
        assert!(!rows.contains("daughter") && !rows.contains("odd words") && rows.contains("for another"), "{rows}");
        assert!(done(path, &url, &["log", "verify"]).contains("the record is whole"));
        // The other's row stays, and the server starts with what is left.
        assert!(
            database.query(&directory, "SELECT data FROM legacy_row").await.contains(&"words of another".to_owned())
        );
        Host::start(&directory, &url).await.stop().await;
        database.remove().await;
    }
}

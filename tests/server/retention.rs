//! How long what was said is kept: by rules in the settings, on both databases, with a record that stays whole.

use tempfile::tempdir;

use crate::database::Database;
use crate::host::{Host, run};

const PASSWORD: &str = "correct horse";
const RULES: &str = "\
[[retention]]
channel = \"#tea\"
days = 30

[[retention]]
channel = \"direct\"
days = 7

[[retention]]
channel = \"*\"
days = 365
";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_young_is_let_go_of_and_a_rehearsal_changes_nothing() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let url = database.url(&directory);
        let host = Host::start(&directory, &url).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        ann.send("JOIN #tea").await;
        ann.send("PRIVMSG #tea :young").await;
        ann.settle().await;
        host.stop().await;
        let config = directory.path().join("settings.toml");
        std::fs::write(&config, RULES).unwrap();
        let log = |arguments: &[&str]| {
            let common = ["--config", config.to_str().unwrap(), "--database", &url];
            run(&[&["log"], arguments, &common].concat(), directory.path())
        };
        for (arguments, said) in [(&["retain", "--dry-run"][..], "would be: 0 removed"), (&["retain"], "0 removed")] {
            let done = log(arguments);
            let stdout = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && stdout.starts_with(said), "{stdout}");
            assert!(stdout.contains("#tea (30 days): 0 erased, direct (7 days): 0 erased, * (365 days): 0 erased"));
        }
        assert!(log(&["verify"]).status.success());
        // Without rules there is nothing to do.
        std::fs::write(&config, "").unwrap();
        assert_eq!(log(&["retain"]).status.code(), Some(1));
        database.remove().await;
    }
}

//! Two users of MariaDB, one that makes tables and one that serves; and TLS on the way there.

use std::path::Path;
use std::process::Command;

use tempfile::{TempDir, tempdir};

use crate::database::Database;
use crate::host::{Host, Program, run};

const PASSWORD: &str = "correct horse";
/// What the grants in the guide are given on and to; the tests put their own in its place.
const GUIDE: &str = include_str!("../../docs/operator.md");

/// The guide's grants for one of its users.
fn grants(user: &str) -> Vec<&'static str> {
    let grants: Vec<_> =
        GUIDE.lines().filter(|line| line.starts_with("GRANT") && line.contains(&format!("TO {user}@"))).collect();
    assert!(!grants.is_empty(), "the guide grants something to {user}");
    grants
}

async fn make_user(database: &Database, guide_name: &str, name: &str) {
    database.execute_as_admin(&format!("CREATE OR REPLACE USER {name}@'%' IDENTIFIED BY 'pass'")).await;
    for grant in grants(guide_name) {
        let grant = grant.trim_end_matches(';').replace("serveur_client", "{}");
        database.execute_as_admin(&grant.replace(&format!("{guide_name}@localhost"), &format!("{name}@'%'"))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_migrates_and_another_serves_with_what_the_guide_grants() {
    for database in Database::all().await {
        if matches!(database, Database::Sqlite) {
            continue;
        }
        let directory = tempdir().unwrap();
        let names = ["migrate", "serve"].map(|purpose| format!("{purpose}_{}", std::process::id()));
        make_user(&database, "chat_migrate", &names[0]).await;
        make_user(&database, "chat", &names[1]).await;
        let [migrating, serving] = [0, 1].map(|at| database.url_as(&names[at], &directory));

        // Before anybody has made the tables: with migrate = "never" it says what to do; without rights it cannot make them.
        let config = directory.path().join("settings.toml");
        std::fs::write(&config, "migrate = \"never\"\n").unwrap();
        let config = config.to_str().unwrap();
        let refused = run(&["--config", config, "--listen", "127.0.0.1:0", "--database", &serving], directory.path());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("schema version 0") && said.contains("chat-server migrate"), "{said}");
        let forbidden = run(&["migrate", "--database", &serving], directory.path());
        assert_eq!(forbidden.status.code(), Some(1));

        let migrated = run(&["migrate", "--database", &migrating], directory.path());
        let said = String::from_utf8_lossy(&migrated.stdout);
        assert!(migrated.status.success() && said.contains("applied 0001_record"), "{said}");
        let again = run(&["migrate", "--database", &migrating], directory.path());
        assert_eq!(String::from_utf8_lossy(&again.stdout), "the database is up to date\n");

        // All that a server does and an operator asks goes with the lesser rights.
        let never = |config: &mut chat_tui::server::config::Config| config.migrate = false;
        let host = Host::with(&directory, &serving, never).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        ann.send("JOIN #tea").await;
        ann.send("MODE #tea +b bob!*@*").await;
        ann.send("PRIVMSG #tea :with little rights").await;
        ann.settle().await;
        assert_eq!(ann.history("#tea").await.len(), 1);
        host.stop().await;
        for command in [&["verify"][..], &["erase", "--event", "2"], &["checkpoint", "--before", "2999-01-01"]] {
            // With the server's settings: what is erased is noted in its place, and that makes no tables either.
            let done =
                run(&[&["log"], command, &["--config", config, "--database", &serving]].concat(), directory.path());
            assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        for name in names {
            database.execute_as_admin(&format!("DROP USER {name}@'%'")).await;
        }
        database.remove().await;
    }
}

/// A MariaDB of the test's own that lets nobody in without TLS; stopped with this value.
struct Encrypted {
    directory: TempDir,
    url: String,
}

impl Encrypted {
    fn start() -> Self {
        let directory = tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        std::fs::write(path("ca.pem"), authority.self_signed(&authority_key).unwrap().pem()).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(path("cert.pem"), certificate.signed_by(&key, &issuer).unwrap().pem()).unwrap();
        std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
        // The daemon runs as another user when the test runs as root.
        allow(directory.path(), 0o755);
        allow(&path("key.pem"), 0o644);
        let options =
            ["cert", "key", "ca"].map(|what| format!("--ssl-{what}={}", path(&format!("{what}.pem")).display()));
        let started = script(&directory, "start").args(options).arg("--require-secure-transport=ON").output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let url = String::from_utf8(started.stdout).unwrap().trim().to_owned();
        Self { directory, url }
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = script(&self.directory, "stop").output();
    }
}

fn script(directory: &TempDir, command: &str) -> Command {
    let mut script = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mariadb"));
    script.arg(command).arg(directory.path().join("mariadb"));
    script
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_spoken_with_by_tls_when_its_certificate_is_vouched_for() {
    if std::env::var_os("CHAT_TEST_MYSQL_URL").is_none() {
        return;
    }
    let mariadb = Encrypted::start();
    let directory = tempdir().unwrap();
    let url = mariadb.url.replace("/mysql", "/chat");
    let migrate = |url: &str, settings: &str| {
        let config = directory.path().join("settings.toml");
        std::fs::write(&config, settings).unwrap();
        run(&["migrate", "--config", config.to_str().unwrap(), "--database", url], directory.path())
    };
    let ca = mariadb.directory.path().join("ca.pem");
    let with_ca = format!("database_tls = \"required\"\ndatabase_ca = {:?}\n", ca.display().to_string());
    // The administrator's own database stands in until there is another one.
    let made = script(&mariadb.directory, "url").output().unwrap();
    assert!(made.status.success());
    let socket = mariadb.directory.path().join("mariadb/socket");
    let create = Command::new("mariadb")
        .args(["--no-defaults", "--user=root", "--execute=CREATE DATABASE chat"])
        .arg(format!("--socket={}", socket.display()))
        .output()
        .unwrap();
    assert!(create.status.success(), "{}", String::from_utf8_lossy(&create.stderr));

    // Not in the clear; not with an authority that nobody knows; not under another name.
    assert_eq!(migrate(&url, "").status.code(), Some(1));
    assert_eq!(migrate(&url, "database_tls = \"required\"\n").status.code(), Some(1));
    assert_eq!(migrate(&url.replace("127.0.0.1", "localhost"), &with_ca).status.code(), Some(1));
    let done = migrate(&url, &with_ca);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // The URL's own words are understood as well.
    let done = migrate(&format!("{url}?require_ssl=true&verify_ca=false"), "");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // And a server serves over it.
    let config = directory.path().join("settings.toml");
    std::fs::write(&config, &with_ca).unwrap();
    let server = Program::with(&directory, &url, &["--config", config.to_str().unwrap()]);
    let ann = crate::client::Client::connect(&server.address).await;
    ann.register("ann", PASSWORD).await.settle().await;
}

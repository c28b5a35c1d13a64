//! The whole dialogue of the seed (a register, a greeting, a question, an answer, `bye`) through two real terminals: a client
//! and the operator's console; then the record, as the seed's own queries show it.

use std::time::Instant;

use super::mariadb::Database;
use super::sandbox::Sandbox;
use super::terminal::{Key, PATIENCE, Terminal};
use super::{PASSWORD, open_client, register};

const ACCOUNTS: &str = "SELECT * FROM `authentification` ORDER BY `ip` DESC";
const EXCHANGES: &str = "SELECT * FROM `connexion` ORDER BY `port` ASC";

#[test]
fn the_dialogue_of_the_seed_is_kept_in_sqlite() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("record.sqlite3");
    play(&sandbox, Some(&format!("sqlite:{}", file.display())));
    let connection = rusqlite::Connection::open(&file).expect("the database is there");
    check(|sql| {
        let mut statement = connection.prepare(sql).expect("the seed's query works");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let text = |column| {
                Ok(match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str()?.to_owned(),
                })
            };
            (0..columns).map(text).collect()
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    });
}

#[test]
fn the_dialogue_of_the_seed_is_kept_in_mariadb() {
    let Some(database) = Database::create("dialogue") else { return };
    play(&Sandbox::new(), Some(&database.url()));
    check(|sql| database.query(sql));
}

/// Plays it, from the start of the server to the end of the client.
fn play(sandbox: &Sandbox, database: Option<&str>) {
    let mut server = sandbox.start_server(database, &["--lang", "fr"]);
    server.wait_log("le serveur est démarré...");

    let mut client = open_client(sandbox, &server, "the client");
    assert!(client.screen().contains("il enregistre vos messages"), "what is recorded is said on the form");
    register(&client, "Romain");

    // The greeting waits in the conversation of the server.
    client.wait_for("serveur");
    show_conversation(&client, "serveur");
    client.wait_for("la connexion est bien établie");
    client.type_line("Serveur vous me recevez ?");

    let socket = server.socket.display().to_string();
    let command = sandbox.in_terminal("chat-server", &["console", "--socket", &socket, "--lang", "fr"]);
    let mut console = Terminal::start("the console", command, 100, 30);
    console.wait_for("Romain");
    show_conversation(&console, "Romain");
    console.wait_for("Serveur vous me recevez ?");
    console.type_line("Tout à fait, client");

    client.wait_for("Tout à fait, client");
    client.type_line("  Bye ");
    assert_eq!(client.wait_exit().exit_code(), 0);
    console.press(Key::Control('c'));
    assert_eq!(console.wait_exit().exit_code(), 0);
    assert_eq!(server.stop(), Some(0), "{}", server.log());
}

/// Goes through the conversations until this one is shown.
fn show_conversation(terminal: &Terminal, name: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !terminal.settled().contains(&format!("▌ {name}")) {
        assert!(Instant::now() < deadline, "no conversation {name}:\n{}", terminal.screen());
        terminal.press(Key::Control('n'));
    }
}

/// Compares what the seed's two queries give with what was said.
fn check(query: impl Fn(&str) -> Vec<Vec<String>>) {
    let accounts = query(ACCOUNTS);
    let [account] = accounts.iter().filter(|row| row[0] == "Romain").collect::<Vec<_>>()[..] else {
        panic!("one account: {accounts:?}")
    };
    assert!(account[1].starts_with("$argon2id$") && !account[1].contains(PASSWORD), "no password is kept: {account:?}");
    assert_eq!(account[2], "127.0.0.1");

    let exchanges = query(EXCHANGES);
    let [answer, question] = &exchanges[..] else { panic!("two exchanges: {exchanges:?}") };
    assert_eq!(answer[1..], ["serveur", "127.0.0.1", "0", "Tout à fait, client"], "an operator at the Unix socket");
    assert_eq!(question[1..3], ["client_Romain", "127.0.0.1"]);
    assert!(question[3].parse::<u16>().is_ok_and(|port| port > 0), "the client's port: {question:?}");
    assert_eq!(question[4], "Serveur vous me recevez ?");
    for exchange in &exchanges {
        assert_is_date(&exchange[0]);
    }
}

/// `dd/mm/yyyy hh:mm:ss`, and now.
fn assert_is_date(text: &str) {
    let date = chrono::NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M:%S").expect("a date of the seed's form");
    let age = chrono::Local::now().naive_local() - date;
    assert!(age.num_minutes().abs() < 5, "{text} is about now");
}

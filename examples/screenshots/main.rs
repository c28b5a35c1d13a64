//! Makes the pictures in `screenshots/` from the real programs: a server, its clients in pseudo-terminals, a terminal emulator
//! behind each, and its cells drawn as SVG. `scripts/screenshots` builds everything and runs this.

#[path = "../../tests/common/sandbox.rs"]
mod sandbox;
mod svg;
#[path = "../../tests/common/terminal.rs"]
mod terminal;

use std::fs;
use std::path::Path;

use sandbox::{RunningServer, Sandbox};
use svg::Paper;
use terminal::{Key, Terminal};

const PASSWORD: &str = "Romain_1995";
/// Who is reported.
const STRANGER: &str = "jackpot77";
/// How the frame of a dialogue begins, and the row in which one types.
const DIALOGUE: &str = "╭─ ";
const DIALOGUE_FIELD: &str = "│ › ";

/// What differs between the languages.
struct Scene {
    language: &'static str,
    log_in: &'static str,
    /// The label of the field that only the tab *Register* has.
    password_again: &'static str,
    /// Who says what in `#general`; a person's lines are typed into their own client.
    talk: &'static [(&'static str, &'static str)],
    question: &'static str,
    answer: &'static str,
    /// What is answered to the last line of the talk, and what is searched for in it.
    reply: &'static str,
    searched: &'static str,
    /// What a stranger says who is reported for it, and why.
    advertisement: &'static str,
    complaint: &'static str,
    /// How the questions of the line mode end, and what is answered.
    dialogue: [(&'static str, &'static str); 5],
}

const ENGLISH: Scene = Scene {
    language: "en",
    log_in: "Log in",
    password_again: "Password again",
    talk: &[
        ("Romain", "Good morning! Is the new server up?"),
        ("mimi", "It is. Everything we say here is in our own database now."),
        ("mimi", "/me waves 👋"),
        ("achille", "Confirmed, I can see the rows: SELECT * FROM `connexion` ORDER BY `port` ASC"),
        (
            "Romain",
            "And 漢字, emoji 🎉 and long lines keep their columns, however narrow the window is, because \
            they are measured as a terminal shows them.",
        ),
        ("mimi", "See you at ten."),
    ],
    question: "Server, do you hear me?",
    answer: "Loud and clear, client",
    reply: "Ten it is. I bring the coffee.",
    searched: "rows",
    advertisement: "FREE COINS for the first hundred!!! https://jackpot.example/?ref=77",
    complaint: "advertising, for the third time today",
    dialogue: [
        ("'no'", "yes"),
        ("write your name:", "nicolas"),
        ("write your password:", PASSWORD),
        ("Your name ->", "nicolas"),
        ("Your password ->", PASSWORD),
    ],
};

const FRENCH: Scene = Scene {
    language: "fr",
    log_in: "Se connecter",
    password_again: "Mot de passe, encore",
    talk: &[
        ("Romain", "Bonjour ! Le nouveau serveur tourne ?"),
        ("mimi", "Oui. Tout ce que nous disons ici est dans notre propre base de données."),
        ("mimi", "/me fait signe 👋"),
        ("achille", "Je confirme, je vois les lignes : SELECT * FROM `connexion` ORDER BY `port` ASC"),
        (
            "Romain",
            "Et 漢字, emoji 🎉 et longues lignes gardent leurs colonnes, si étroite que soit la fenêtre, parce \
            qu'elles sont mesurées comme un terminal les montre.",
        ),
        ("mimi", "À dix heures, alors."),
    ],
    question: "Serveur vous me recevez ?",
    answer: "Tout à fait, client",
    reply: "D'accord pour dix heures. J'apporte le café.",
    searched: "lignes",
    advertisement: "JETONS GRATUITS pour les cent premiers !!! https://jackpot.example/?ref=77",
    complaint: "publicité, pour la troisième fois aujourd'hui",
    dialogue: [
        ("'non'", "oui"),
        ("écrivez votre identifiant :", "nicolas"),
        ("écrivez votre mot de passe :", PASSWORD),
        ("Votre identifiant ->", "nicolas"),
        ("Votre mot de passe ->", PASSWORD),
    ],
};

fn main() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    fs::create_dir_all(&directory).expect("the directory of pictures");
    for scene in [ENGLISH, FRENCH] {
        photograph(&scene, &directory);
    }
}

fn photograph(scene: &Scene, directory: &Path) {
    let home = Sandbox::new();
    let server = home.start_server(None, &["--lang", scene.language]);
    let save = |name: &str, terminal: &Terminal, title: &str| {
        terminal.settled();
        let path = directory.join(format!("{name}-{}.svg", scene.language));
        fs::write(&path, svg::render(&terminal.picture(), title, &svg::DARK)).expect("the picture is written");
        println!("{}", path.file_name().unwrap_or_default().display());
    };

    let homes = [Sandbox::new(), Sandbox::new(), Sandbox::new()];
    let names = ["Romain", "mimi", "achille"];
    let clients = [0, 1, 2].map(|index| open(&homes[index], &server, scene, names[index]));
    clients[0].type_text("Romain");
    clients[0].press(Key::Tab);
    clients[0].type_text(PASSWORD);
    clients[0].press(Key::Tab);
    clients[0].type_text("Romain");
    save("form", &clients[0], "chat-tui");
    clients[0].press(Key::Control('u'));
    clients[0].press(Key::BackTab);
    clients[0].press(Key::Control('u'));
    clients[0].press(Key::BackTab);
    clients[0].press(Key::Control('u'));
    for (client, name) in clients.iter().zip(names) {
        register(client, name);
    }
    for (who, line) in scene.talk {
        let index = names.iter().position(|name| name == who).expect("a person of the scene");
        clients[index].type_line(line);
        let shown: String = line.trim_start_matches("/me ").chars().take(18).collect();
        // Seen by somebody else, it is the server's, and the next line stands below it.
        clients[(index + 1) % clients.len()].wait_for(&shown);
    }
    clients[0].type_text(scene.question);
    save("conversation", &clients[0], "chat-tui");

    clients[0].press(Key::Control('u'));
    show_reading(scene, &clients, save);
    show_light(scene, &server, directory);
    show_plain(scene, &server, save);

    clients[0].press(Key::Alt('1'));
    clients[0].wait_for("▌ serveur");
    clients[0].type_line(scene.question);
    let socket = server.socket.display().to_string();
    let mut command = home.in_terminal("chat-server", &["console", "--socket", &socket, "--lang", scene.language]);
    command.env("COLORTERM", "truecolor");
    let console = Terminal::start_on(svg::DARK.told, "the console", command, 100, 20);
    console.wait_for("Romain");
    while !console.settled().contains("▌ Romain") {
        console.press(Key::Control('n'));
    }
    console.type_line(scene.answer);
    clients[0].wait_for(scene.answer);
    save("console", &console, "chat-server console");
    clients[0].press(Key::F1);
    save("help", &clients[0], "chat-tui, F1");
    show_report(scene, &server, &clients[1], &console, save);
}

/// The last line of the talk is answered and reacted to; the switcher; a search.
fn show_reading(scene: &Scene, clients: &[Terminal; 3], save: impl Fn(&str, &Terminal, &str)) {
    let [romain, mimi, achille] = clients;
    for (client, reaction) in [(romain, "heart"), (achille, "heart")] {
        client.press(Key::ShiftUp);
        client.press(Key::Plain('+'));
        client.type_text(reaction);
        client.press(Key::Enter);
        mimi.wait_for("❤");
    }
    mimi.wait_for("❤️ 2");
    romain.press(Key::Escape);
    romain.settled();
    romain.press(Key::ShiftUp);
    romain.press(Key::Plain('r'));
    romain.type_line(scene.reply);
    let shown: String = scene.reply.chars().take(18).collect();
    mimi.wait_for(&shown);
    romain.wait_for(&shown);
    save("reactions", romain, "chat-tui");
    romain.press(Key::Control('k'));
    romain.wait_for(DIALOGUE);
    save("switcher", romain, "chat-tui, Ctrl-K");
    romain.press(Key::Escape);
    romain.wait_gone(DIALOGUE);
    romain.press(Key::Control('f'));
    romain.type_text(scene.searched);
    romain.wait_for(&format!("{DIALOGUE_FIELD}{}", scene.searched));
    save("search", romain, "chat-tui, Ctrl-F");
    romain.press(Key::Escape);
    romain.wait_gone(DIALOGUE);
}

/// A stranger is reported, and the operators see who that is.
fn show_report(
    scene: &Scene,
    server: &RunningServer,
    witness: &Terminal,
    console: &Terminal,
    save: impl Fn(&str, &Terminal, &str),
) {
    let home = Sandbox::new();
    let stranger = open(&home, server, scene, STRANGER);
    register(&stranger, STRANGER);
    stranger.type_line(scene.advertisement);
    let shown: String = scene.advertisement.chars().take(18).collect();
    witness.wait_for(&shown);
    witness.press(Key::ShiftUp);
    witness.press(Key::Plain('!'));
    witness.wait_for(DIALOGUE_FIELD);
    witness.type_line(scene.complaint);
    witness.wait_gone(DIALOGUE_FIELD);
    witness.wait_for(DIALOGUE);
    save("report", witness, "chat-tui");
    witness.press(Key::Enter);
    witness.wait_gone(DIALOGUE);
    console.press(Key::Alt('o'));
    console.wait_for(DIALOGUE_FIELD);
    console.wait_for(STRANGER);
    save("panel", console, "chat-server console, Alt-O");
}

/// Somebody whose terminal is white.
fn show_light(scene: &Scene, server: &RunningServer, directory: &Path) {
    let home = Sandbox::new();
    let client = open_on(&home, server, scene, "chloé", &svg::LIGHT);
    register(&client, "chloé");
    client.settled();
    let path = directory.join(format!("light-{}.svg", scene.language));
    fs::write(&path, svg::render(&client.picture(), "chat-tui", &svg::LIGHT)).expect("the picture");
    println!("{}", path.file_name().unwrap_or_default().display());
    client.type_line("bye");
}

/// The line mode, question by question.
fn show_plain(scene: &Scene, server: &RunningServer, save: impl Fn(&str, &Terminal, &str)) {
    let home = Sandbox::new();
    let address = format!("irc://{}", server.address);
    let command = home.in_terminal("chat-tui", &["--plain", "--server", &address, "--lang", scene.language]);
    let client = Terminal::start("the line mode", command, 100, 20);
    for (question, answer) in scene.dialogue {
        client.wait_for(question);
        client.type_line(answer);
    }
    client.wait_for("\n->");
    client.type_line(scene.question);
    client.wait_for(scene.question);
    save("plain", &client, "chat-tui --plain");
    client.type_line("bye");
}

/// A client with its form open on the tab *Register*, in a dark terminal.
fn open(home: &Sandbox, server: &RunningServer, scene: &Scene, name: &str) -> Terminal {
    open_on(home, server, scene, name, &svg::DARK)
}

/// A client with its form open on the tab *Register*; its terminal has all colours, and says what its background is.
fn open_on(home: &Sandbox, server: &RunningServer, scene: &Scene, name: &str, paper: &Paper) -> Terminal {
    let address = format!("irc://{}", server.address);
    let mut command = home.in_terminal("chat-tui", &["--server", &address, "--lang", scene.language]);
    command.env("COLORTERM", "truecolor");
    let terminal = Terminal::start_on(paper.told, name, command, 100, 24);
    terminal.wait_for(scene.log_in);
    terminal.wait_for(scene.password_again);
    terminal
}

/// Fills the form in, the caret standing on the name.
fn register(terminal: &Terminal, name: &str) {
    for (place, text) in [name, PASSWORD, PASSWORD].into_iter().enumerate() {
        if place > 0 {
            terminal.press(Key::Tab);
        }
        terminal.type_text(text);
    }
    terminal.press(Key::Enter);
    terminal.wait_for("#general");
}

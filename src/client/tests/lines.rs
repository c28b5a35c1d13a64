//! The line mode: the seed's dialogue, question by question.

use super::*;
use crate::client::event::KeyringFault;
use crate::client::plain::{Input, Plain};

struct Dialogue {
    stage: Stage,
    plain: Plain,
    paper: Vec<String>,
}

impl Dialogue {
    fn new(language: Language) -> Self {
        let stage = Stage::with(settings("chat.example.org", language, Mode::Person), Remembered::default());
        let mut dialogue = Self { stage, plain: Plain::new(true), paper: Vec::new() };
        dialogue.input(Input::Event(Event::Start));
        dialogue
    }

    fn input(&mut self, input: Input) {
        let now = self.stage.now();
        let stage = &mut self.stage;
        self.plain.step(&mut stage.model, input, now, &mut stage.effects);
        for (_, effect) in stage.effects.drain() {
            match effect {
                Effect::Send(line) => stage.sent.push(line.to_string()),
                Effect::Connect { connection, .. } => stage.connection = connection,
                effect => stage.done.push(effect),
            }
        }
        for printed in self.plain.take_printed() {
            let date = printed.time.map(|time| time.to_string()[11..19].to_owned());
            self.paper.extend(date);
            self.paper.push(printed.text);
        }
    }

    /// What is asked for, and the answer.
    fn answer(&mut self, question: &str, line: &str) {
        let prompt = self.plain.prompt(&self.stage.model);
        assert_eq!(prompt.map(|prompt| prompt.text).as_deref(), Some(question), "{:?}", self.paper);
        self.input(Input::Line(line.to_owned()));
    }

    fn lines(&mut self, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.input(Input::Event(Event::Network(self.stage.connection, NetworkEvent::Lines(lines))));
    }

    fn connect(&mut self) {
        let event = NetworkEvent::Connected { security: Security::Tls };
        self.input(Input::Event(Event::Network(self.stage.connection, event)));
        self.lines(&[OWN_CAPS]);
        let requests: Vec<String> =
            self.stage.sent.iter().filter_map(|line| line.strip_prefix("CAP REQ :")).map(str::to_owned).collect();
        for request in requests {
            self.lines(&[&format!(":s CAP * ACK :{request}")]);
        }
    }

    fn welcome(&mut self, nick: &str) {
        self.lines(&[
            &format!(":s 001 {nick} :Welcome"),
            &format!(":s 005 {nick} CHANTYPES=# CORRESPONDENT=serveur :are supported"),
            &format!(":s 422 {nick} :No MOTD"),
            &format!(":{nick}!{nick}@c JOIN #general {nick} :{nick}"),
        ]);
    }

    /// The server names this device.
    fn token(&mut self) {
        self.lines(&[":s DEVICE ADD 1 ctd1_t :laptop"]);
    }

    fn tick(&mut self, millis: u64) {
        self.stage.millis += millis;
        self.input(Input::Event(Event::Tick));
    }
}

#[test]
fn the_seeds_own_dialogue() {
    let mut dialogue = Dialogue::new(Language::French);
    dialogue.answer("Voulez-vous vous inscrire ? Tapez 'oui' ou 'non' ", "oui");
    dialogue.answer("écrivez votre identifiant : ", "Romain");
    assert!(dialogue.plain.prompt(&dialogue.stage.model).unwrap().is_secret);
    dialogue.answer("écrivez votre mot de passe : ", "Romain_1995");
    dialogue.answer("Votre identifiant -> ", "Romain");
    dialogue.answer("Votre mot de passe -> ", "Romain_1995");
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model), None, "nothing is asked while it connects");
    dialogue.connect();
    assert_eq!(dialogue.stage.sent.last().unwrap(), "REGISTER Romain * Romain_1995".replace("* ", "* :").as_str());
    dialogue.lines(&["REGISTER SUCCESS Romain :ok"]);
    dialogue.welcome("Romain");
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model), None, "the greeting comes first");
    dialogue.paper.clear();
    dialogue.lines(&["@time=2022-09-18T13:49:43.000Z :serveur!serveur@s NOTICE Romain :la connexion est bien établie"]);
    assert_eq!(dialogue.paper, ["13:49:43", "Le serveur: la connexion est bien établie"]);
    dialogue.answer("-> ", "Serveur vous me recevez ?");
    let sent = dialogue.stage.sent.last().unwrap().clone();
    assert!(sent.ends_with("PRIVMSG serveur :Serveur vous me recevez ?"));
    dialogue.paper.clear();
    dialogue.lines(&[
        &echo(&sent, "m1", 43).replace(":ann!ann@cloak", ":Romain!Romain@c"),
        "@msgid=m2;time=2022-09-18T13:50:44.000Z :serveur!serveur@s PRIVMSG Romain :Tout à fait, client",
    ]);
    assert_eq!(dialogue.paper, ["13:50:44", "Le serveur: Tout à fait, client"]);
    dialogue.token();
    dialogue.answer("-> ", "  BYE ");
    assert_eq!(dialogue.stage.exit(), Some(&Exit::Wanted));
    assert_eq!(dialogue.stage.sent.last().unwrap(), "QUIT");
}

#[test]
fn who_is_remembered_is_not_asked_again() {
    let start = |is_attended: bool, name: Option<&str>| {
        let mut settings = settings("chat.example.org", Language::English, Mode::Person);
        settings.name = name.map(str::to_owned);
        let stage = Stage::with(settings, Stage::remembered());
        let mut dialogue = Dialogue { stage, plain: Plain::new(is_attended), paper: Vec::new() };
        dialogue.input(Input::Event(Event::Start));
        dialogue
    };
    let mut dialogue = start(true, None);
    let told = "Logging in to chat.example.org:6697 as ann, by what is remembered here. Another account: --name NAME";
    assert_eq!(dialogue.paper, [told]);
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model), None);
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 ann :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    dialogue.answer("-> ", "hello");
    assert!(dialogue.stage.sent.last().unwrap().ends_with("PRIVMSG serveur :hello"), "{:?}", dialogue.stage.sent);
    // Who names somebody else is asked; and a program that has answers, among them a password, for what it is asked.
    for (is_attended, name) in [(true, Some("bob")), (false, None)] {
        let dialogue = start(is_attended, name);
        let question = dialogue.plain.prompt(&dialogue.stage.model).map(|prompt| prompt.text);
        assert_eq!(question.as_deref(), Some("Do you want to register? Type 'yes' or 'no' "));
    }
    // By the name on the command line it logs in either way, and need not say as whom.
    assert_eq!(start(false, Some("ann")).plain.prompt(&dialogue.stage.model), None);
    assert!(start(true, Some("ann")).paper.is_empty());
}

#[test]
fn logging_in_with_an_account_that_exists() {
    let mut dialogue = Dialogue::new(Language::English);
    dialogue.answer("Do you want to register? Type 'yes' or 'no' ", "perhaps");
    dialogue.answer("Do you want to register? Type 'yes' or 'no' ", "NO");
    assert_eq!(dialogue.paper.last().unwrap(), "log in with your name and password");
    dialogue.answer("Your name -> ", "two words");
    dialogue.answer("Your name -> ", "ann");
    dialogue.answer("Your password -> ", "");
    dialogue.answer("Your password -> ", "wrong password");
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 904 * :no"]);
    assert!(dialogue.paper.last().unwrap().contains("Wrong name"));
    dialogue.answer("Do you want to register? Type 'yes' or 'no' ", "no");
    dialogue.answer("Your name -> ", "ann");
    dialogue.answer("Your password -> ", "right password");
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 * :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    assert!(dialogue.plain.prompt(&dialogue.stage.model).is_some(), "a greeting that does not come is not waited for");
    dialogue.paper.clear();
    dialogue.lines(&["@msgid=g1 :bob!b@c PRIVMSG #general :hello", "@msgid=g2 :bob!b@c PRIVMSG ann :psst"]);
    assert_eq!(dialogue.paper[1], "[#general] bob: hello");
    assert_eq!(dialogue.paper[3], "bob: psst");
    dialogue.answer("-> ", "/msg bob what?");
    assert_eq!(dialogue.paper.last().unwrap(), "What you type now goes to bob.");
    dialogue.answer("-> ", "/join #tea");
    assert_ne!(dialogue.paper.last().unwrap(), "What you type now goes to #tea.", "not before it does");
    dialogue.lines(&[":ann!ann@c JOIN #tea ann :ann"]);
    assert_eq!(dialogue.paper.last().unwrap(), "What you type now goes to #tea.");
    dialogue.answer("-> ", "/nonsense");
    assert!(dialogue.paper.last().unwrap().contains("/nonsense"));
    dialogue.answer("-> ", "/help");
    assert!(dialogue.paper.iter().any(|line| line.starts_with("/join #channel")));
}

#[test]
fn the_end_of_input_waits_for_what_is_on_its_way() {
    let mut dialogue = Dialogue::new(Language::English);
    for line in ["no", "ann", "password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 * :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    dialogue.answer("-> ", "last words");
    let sent = dialogue.stage.sent.last().unwrap().clone();
    dialogue.input(Input::End);
    assert_eq!(dialogue.stage.exit(), None);
    dialogue.lines(&[&echo(&sent, "m1", 1)]);
    assert_eq!(dialogue.stage.exit(), None, "the token of this device is waited for, for a moment");
    dialogue.token();
    assert_eq!(dialogue.stage.exit(), Some(&Exit::Wanted));
}

#[test]
fn history_comes_page_by_page() {
    let mut dialogue = Dialogue::new(Language::English);
    for line in ["no", "ann", "password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 * :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    dialogue.answer("-> ", "/msg bob");
    dialogue.lines(&[
        ":s BATCH +b chathistory bob",
        "@batch=b;msgid=p3;time=2022-09-18T10:00:03.000Z :bob!b@c PRIVMSG ann :three",
        "@batch=b;msgid=p4;time=2022-09-18T10:00:04.000Z :ann!a@c PRIVMSG bob :four",
        ":s BATCH -b",
    ]);
    dialogue.paper.clear();
    dialogue.answer("-> ", "/history 1");
    assert_eq!(dialogue.paper, ["10:00:04", "ann: four"]);
    dialogue.paper.clear();
    // A short page was the last one: there is nothing to wait for.
    dialogue.answer("-> ", "/history");
    assert_eq!(dialogue.paper, ["10:00:03", "bob: three", "10:00:04", "ann: four"]);
    // Without an end that is known, it is asked for; meanwhile no line is read.
    let id = dialogue.stage.model.conversations.current_id().unwrap();
    let bob = dialogue.stage.model.conversations.get_mut(id).unwrap();
    bob.history = crate::client::conversation::HistoryState::More;
    dialogue.paper.clear();
    dialogue.answer("-> ", "/history 3");
    assert!(
        dialogue.stage.sent.last().unwrap().contains("CHATHISTORY BEFORE bob msgid=p3"),
        "{:?}",
        dialogue.stage.sent
    );
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model), None);
    assert!(dialogue.paper.is_empty(), "{:?}", dialogue.paper);
    dialogue.lines(&[
        ":s BATCH +b chathistory bob",
        "@batch=b;msgid=p1;time=2022-09-18T10:00:01.000Z :bob!b@c PRIVMSG ann :one",
        "@batch=b;msgid=p2;time=2022-09-18T10:00:02.000Z :bob!b@c PRIVMSG ann :two",
        ":s BATCH -b",
    ]);
    assert_eq!(dialogue.paper, ["10:00:02", "bob: two", "10:00:03", "bob: three", "10:00:04", "ann: four"]);
    assert!(dialogue.plain.prompt(&dialogue.stage.model).is_some());
}

#[test]
fn a_refusal_without_anybody_to_try_again_is_a_failure() {
    let mut dialogue = Dialogue::new(Language::English);
    for line in ["no", "ann", "password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 904 * :no"]);
    dialogue.input(Input::End);
    assert!(matches!(dialogue.stage.exit(), Some(Exit::Failed(_))));
}

#[test]
fn questions_of_dialogues_are_answered_with_yes_or_no() {
    let mut dialogue = Dialogue::new(Language::French);
    for line in ["non", "ann", "password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 * :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    dialogue.lines(&[":s NOTE AUTHENTICATE ADDRESS_REFUSED 192.0.2.7 4711 :x"]);
    dialogue.answer("Oui ou non ? ", "quoi ?");
    dialogue.answer("Oui ou non ? ", "oui");
    assert!(dialogue.stage.sent.contains(&"PRIVMSG serveur :allow 192.0.2.7 4711".to_owned()));
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model).unwrap().text, "-> ");
}

#[test]
fn the_code_of_an_invitation_is_asked_for_where_a_server_wants_one() {
    let mut dialogue = Dialogue::new(Language::English);
    for line in ["yes", "ann", "a long password", "ann", "a long password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    let by_invitation = |dialogue: &mut Dialogue| {
        let event = NetworkEvent::Connected { security: Security::Tls };
        dialogue.input(Input::Event(Event::Network(dialogue.stage.connection, event)));
        dialogue.stage.sent.clear();
        dialogue.lines(&[":s CAP * LS :draft/account-registration=before-connect,chat-tui/invitation sasl=PLAIN"]);
        dialogue.lines(&[":s CAP * ACK :draft/account-registration sasl"]);
    };
    by_invitation(&mut dialogue);
    assert!(dialogue.paper.last().unwrap().contains("One needs an invitation"), "{:?}", dialogue.paper);
    dialogue.answer("write the code of your invitation: ", "wrong");
    by_invitation(&mut dialogue);
    assert_eq!(dialogue.stage.sent.last().unwrap(), "REGISTER ann wrong :a long password");
    dialogue.lines(&[":s FAIL REGISTER INVALID_INVITATION ann :no"]);
    dialogue.answer("write the code of your invitation: ", "k7f3-9qpd");
    by_invitation(&mut dialogue);
    assert_eq!(dialogue.stage.sent.last().unwrap(), "REGISTER ann k7f3-9qpd :a long password");
    // Who has none begins anew.
    dialogue.lines(&[":s FAIL REGISTER INVALID_INVITATION ann :no"]);
    dialogue.answer("write the code of your invitation: ", "");
    dialogue.answer("Do you want to register? Type 'yes' or 'no' ", "bye");
    assert_eq!(dialogue.stage.exit(), Some(&Exit::Wanted));
}

#[test]
fn a_report_is_a_question_and_the_panel_is_printed() {
    let mut dialogue = Dialogue::new(Language::English);
    for line in ["no", "ann", "password"] {
        dialogue.input(Input::Line(line.to_owned()));
    }
    dialogue.connect();
    dialogue.lines(&["AUTHENTICATE +", ":s 903 * :ok"]);
    dialogue.welcome("ann");
    dialogue.tick(2_000);
    dialogue.answer("-> ", "/msg bob");
    dialogue.lines(&["@msgid=m1;time=2022-09-18T13:49:43.000Z :bob!b@h PRIVMSG ann :something rude"]);
    dialogue.paper.clear();
    dialogue.answer("-> ", "/report rude");
    assert!(dialogue.paper.contains(&"something rude".to_owned()), "{:?}", dialogue.paper);
    dialogue.answer("Yes or no? ", "yes");
    assert!(dialogue.stage.sent.contains(&"REPORT bob m1 :rude".to_owned()));

    dialogue.answer("-> ", "/panel");
    assert_eq!(dialogue.paper.last().unwrap(), "This server does not offer /panel.");
    dialogue.lines(&[":s 381 ann :You are now an IRC operator"]);
    dialogue.answer("-> ", "/panel");
    dialogue.tick(1);
    assert_eq!(dialogue.stage.sent.last().unwrap(), "INSPECT");
    dialogue.lines(&[
        ":s INSPECT FIGURE connections 2",
        ":s INSPECT SESSION 8 bob bob account tls 192.0.2.7 64917 2026-11-22T09:00:00.000Z 75 0 :#tea",
        ":s INSPECT END 1 1 :That is all.",
    ]);
    assert!(dialogue.paper.iter().any(|line| line.starts_with("connections 2 ")), "{:?}", dialogue.paper);
    assert!(dialogue.paper.contains(&"  bob  192.0.2.7:64917  account  tls  1 min  #tea".to_owned()));
    // Once, and not again every two seconds.
    dialogue.stage.sent.clear();
    dialogue.tick(10_000);
    assert!(!dialogue.stage.sent.iter().any(|line| line.starts_with("INSPECT")));
}

/// By password on a server that gives no tokens, with somebody there or without.
fn at_another_network(is_attended: bool) -> Dialogue {
    let mut dialogue = Dialogue::new(Language::English);
    dialogue.plain = Plain::new(is_attended);
    dialogue.input(Input::Event(Event::Start));
    dialogue.answer("Do you want to register? Type 'yes' or 'no' ", "no");
    dialogue.answer("Your name -> ", "ann");
    dialogue.answer("Your password -> ", "a long password");
    let event = NetworkEvent::Connected { security: Security::Tls };
    dialogue.input(Input::Event(Event::Network(dialogue.stage.connection, event)));
    dialogue.lines(&[":n CAP * LS :sasl=PLAIN", ":n CAP * ACK :sasl", "AUTHENTICATE +", ":n 903 ann :ok"]);
    dialogue.lines(&[":n 001 ann :Welcome", ":n 422 ann :No MOTD"]);
    dialogue
}

#[test]
fn whether_the_password_is_to_be_kept_is_a_question_for_a_person() {
    for (word, expected) in
        [("yes", Kept::Here(SecretKind::Password, Secret::new("a long password"))), ("no", Kept::Nothing)]
    {
        let mut dialogue = at_another_network(true);
        assert!(dialogue.paper.iter().any(|line| line.contains("Keep the one of ann")), "{:?}", dialogue.paper);
        let question = dialogue.plain.prompt(&dialogue.stage.model).unwrap().text;
        dialogue.answer(&question, word);
        let kept = dialogue.stage.done.iter().find_map(|effect| match effect {
            Effect::Remember(login) => Some(login.kept.clone()),
            _ => None,
        });
        assert_eq!(kept, Some(expected));
        assert_eq!(dialogue.plain.prompt(&dialogue.stage.model).unwrap().text, "-> ");
    }
    // What a program writes is for the conversation.
    let dialogue = at_another_network(false);
    assert_eq!(dialogue.plain.prompt(&dialogue.stage.model).unwrap().text, "-> ");
    assert!(!dialogue.stage.done.iter().any(|effect| matches!(effect, Effect::Remember(_))));
}

#[test]
fn a_person_is_told_that_the_keyring_is_waited_for() {
    for is_attended in [true, false] {
        let mut settings = settings("chat.example.org", Language::English, Mode::Person);
        settings.name = Some("ann".to_owned());
        let kept = Kept::InKeyring(SecretKind::Token);
        let login = Login { server: settings.server.key(), account: "ann".to_owned(), kept };
        let stage = Stage::with(settings, Remembered { logins: vec![login], ..Remembered::default() });
        let mut dialogue = Dialogue { stage, plain: Plain::new(is_attended), paper: Vec::new() };
        dialogue.input(Input::Event(Event::Start));
        dialogue.tick(1);
        let told = dialogue.paper.iter().filter(|line| line.starts_with("waiting for the keyring")).count();
        assert_eq!(told, usize::from(is_attended), "{:?}", dialogue.paper);
        assert_eq!(dialogue.plain.prompt(&dialogue.stage.model), None);
        // It does not answer: the questions begin, after why.
        let asked = dialogue.stage.done.iter().find_map(|effect| match effect {
            Effect::AskKeyring { connection, .. } => Some(*connection),
            _ => None,
        });
        dialogue.input(Input::Event(Event::Keyring(asked.unwrap(), Err(KeyringFault::Locked))));
        assert!(dialogue.paper.iter().any(|line| line.contains("it has stayed locked")), "{:?}", dialogue.paper);
        assert!(dialogue.plain.prompt(&dialogue.stage.model).is_some());
    }
}

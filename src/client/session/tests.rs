//! Transcripts: lines of a server in, lines and facts of the session out.

use std::num::NonZeroU32;

use super::*;
use crate::client::connection::Proof;
use crate::client::entry::Reply;
use crate::proto::sasl::{ScramKeys, payload_chunks};
use crate::proto::scram::ClientFirst;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A session and everything that it said.
struct Talk {
    session: Session,
    now: Moment,
}

impl Talk {
    /// The connection stands.
    fn open(proof: Proof, register: bool, security: Security) -> Self {
        let mut talk = Self { session: Session::default(), now: Moment::default() };
        let opening = Opening {
            credentials: Credentials {
                account: "ann".to_owned(),
                proof,
                is_remembered: false,
                register,
                invitation: None,
            },
            security,
            language: "fr",
            device_name: Some("laptop".to_owned()),
            random: [3; 32],
        };
        let mut out = Output::default();
        talk.session.begin(opening, talk.now, &mut out);
        let lines = written(&out);
        assert_eq!(lines, ["CAP LS 302", "NICK ann", "USER ann 0 * :ann"]);
        talk
    }

    fn by_password() -> Self {
        Self::open(Proof::Password(Secret::new("secret word")), false, Security::Tls)
    }

    /// The server says this; what comes back.
    fn hear(&mut self, line: &str) -> Output {
        let mut out = Output::default();
        self.session.receive(line, self.now, &mut out);
        out
    }

    /// The same, when only the lines matter.
    fn answer(&mut self, line: &str) -> Vec<String> {
        written(&self.hear(line))
    }

    /// Offers and grants these capabilities; what comes back at the end.
    fn grant(&mut self, caps: &str) -> Vec<String> {
        let requests = self.answer(&format!(":s CAP * LS :{caps}"));
        let mut last = requests.clone();
        for request in requests {
            if let Some(list) = request.strip_prefix("CAP REQ :") {
                last = self.answer(&format!(":s CAP * ACK :{list}"));
            }
        }
        last
    }

    /// Into the conversations.
    fn online(caps: &str) -> Self {
        let mut talk = Self::by_password();
        talk.grant(caps);
        talk.answer("AUTHENTICATE +");
        assert_eq!(talk.answer(":s 903 ann :ok"), ["CAP END"]);
        talk.answer(":s 001 ann :Welcome");
        talk.hear(":s 376 ann :End of MOTD");
        assert!(talk.session.is_online());
        talk
    }

    fn fact(&mut self, line: &str) -> Fact {
        let mut facts = self.hear(line).facts;
        assert_eq!(facts.len(), 1, "{line}: {facts:?}");
        facts.remove(0)
    }

    fn message(&mut self, line: &str) -> fact::Incoming {
        match self.fact(line) {
            Fact::Message(incoming) => incoming,
            other => panic!("{line}: {other:?}"),
        }
    }
}

fn written(out: &Output) -> Vec<String> {
    out.lines.iter().map(ToString::to_string).collect()
}

fn failure(out: &Output) -> Option<LoginFailureKind> {
    out.facts.iter().find_map(|fact| match fact {
        Fact::LoginFailed(failure) => Some(failure.kind),
        _ => None,
    })
}

#[test]
fn only_what_is_offered_and_useful_is_asked_for() {
    let mut talk = Talk::by_password();
    assert!(talk.answer(":s CAP * LS * :batch sasl=PLAIN tls sts=port=6697").is_empty(), "more follows");
    let requests = talk.answer(":s CAP * LS :server-time draft/languages=2,en,fr draft/metadata-2");
    assert_eq!(requests, ["CAP REQ :batch draft/languages sasl server-time"]);
    assert_eq!(
        talk.answer(":s CAP * ACK :batch draft/languages sasl server-time"),
        ["LANGUAGE fr", "AUTHENTICATE PLAIN"]
    );
    assert_eq!(talk.answer("AUTHENTICATE +"), ["AUTHENTICATE AGFubgBzZWNyZXQgd29yZA=="]);
    assert_eq!(talk.answer(":s CAP * NEW :echo-message away-notify"), ["CAP REQ :away-notify echo-message"]);
    talk.answer(":s CAP * ACK :away-notify echo-message");
    assert!(talk.session.has(Cap::EchoMessage));
    talk.answer(":s CAP * DEL :echo-message");
    assert!(!talk.session.has(Cap::EchoMessage));
}

#[test]
fn a_refused_list_is_asked_for_one_by_one() {
    let mut talk = Talk::by_password();
    talk.answer(":s CAP * LS :sasl echo-message");
    assert_eq!(talk.answer(":s CAP * NAK :echo-message sasl"), ["CAP REQ :echo-message", "CAP REQ :sasl"]);
    assert!(talk.answer(":s CAP * NAK :echo-message").is_empty());
    assert_eq!(talk.answer(":s CAP * ACK :sasl"), ["AUTHENTICATE PLAIN"]);
}

#[test]
fn scram_is_preferred_and_proves_the_server_too() {
    let mut talk = Talk::by_password();
    assert_eq!(talk.grant("sasl=PLAIN,SCRAM-SHA-256"), ["AUTHENTICATE SCRAM-SHA-256"]);
    let first = talk.answer("AUTHENTICATE +");
    let payload = |line: &str| BASE64.decode(line.strip_prefix("AUTHENTICATE ").unwrap()).unwrap();
    let keys = ScramKeys::derive(&Secret::new("secret word"), b"salt", NonZeroU32::new(4_096).unwrap());
    let (server, challenge) = ClientFirst::parse(&payload(&first[0])).unwrap().challenge(keys, "servernonce");
    let challenge = payload_chunks(&challenge).remove(0);
    let mut out = talk.hear(&format!("AUTHENTICATE {challenge}"));
    let Some(Fact::Prove(client, challenge)) = out.facts.pop() else { panic!("a proof is to be computed") };
    let mut out = Output::default();
    talk.session.proved(client.answer(&challenge), &mut out);
    let last = server.finish(&payload(&written(&out)[0])).unwrap();
    assert_eq!(talk.answer(&format!("AUTHENTICATE {}", BASE64.encode(last))), ["AUTHENTICATE +"]);
    assert_eq!(talk.answer(":s 903 ann :ok"), ["CAP END"]);
}

#[test]
fn a_server_that_proves_nothing_is_not_believed() {
    let mut talk = Talk::by_password();
    talk.grant("sasl=SCRAM-SHA-256");
    talk.answer("AUTHENTICATE +");
    assert_eq!(failure(&talk.hear(":s 903 ann :ok")), Some(LoginFailureKind::ServerUnproven));
}

#[test]
fn elsewhere_plain_is_tried_after_scram_but_not_where_others_can_read() {
    let mut talk = Talk::by_password();
    talk.grant("sasl=PLAIN,SCRAM-SHA-256");
    talk.answer("AUTHENTICATE +");
    assert_eq!(talk.answer(":s 904 ann :failed"), ["AUTHENTICATE PLAIN"]);
    talk.answer("AUTHENTICATE +");
    assert_eq!(failure(&talk.hear(":s 904 ann :failed")), Some(LoginFailureKind::BadCredentials));

    let mut talk = Talk::open(Proof::Password(Secret::new("x")), false, Security::Plain);
    talk.grant("sasl=PLAIN,SCRAM-SHA-256");
    talk.answer("AUTHENTICATE +");
    assert_eq!(failure(&talk.hear(":s 904 ann :failed")), Some(LoginFailureKind::BadCredentials));

    let mut talk = Talk::by_password();
    talk.grant("sasl=PLAIN,SCRAM-SHA-256 chat-tui/idempotency");
    talk.answer("AUTHENTICATE +");
    assert_eq!(failure(&talk.hear(":s 904 ann :failed")), Some(LoginFailureKind::BadCredentials));
}

#[test]
fn a_mechanism_that_the_server_does_not_know_is_replaced() {
    let mut talk = Talk::by_password();
    talk.grant("sasl=PLAIN,SCRAM-SHA-256 chat-tui/idempotency");
    assert!(talk.answer(":s 908 ann PLAIN :are available").is_empty());
    assert_eq!(talk.answer(":s 904 ann :failed"), ["AUTHENTICATE PLAIN"]);
}

#[test]
fn a_token_goes_by_plain_and_the_operator_by_external() {
    let mut talk = Talk::open(Proof::Token(Secret::new("ctd1_x")), false, Security::Tls);
    assert_eq!(talk.grant("sasl=PLAIN,SCRAM-SHA-256"), ["AUTHENTICATE PLAIN"]);
    let mut talk = Talk::open(Proof::PeerUid, false, Security::Local);
    assert_eq!(talk.grant("sasl=PLAIN,EXTERNAL"), ["AUTHENTICATE EXTERNAL"]);
    let mut talk = Talk::open(Proof::PeerUid, false, Security::Local);
    talk.answer(":s CAP * LS :sasl=PLAIN");
    assert_eq!(failure(&talk.hear(":s CAP * ACK :sasl")), Some(LoginFailureKind::NoLogin));
}

#[test]
fn registration_waits_for_the_welcome_where_it_must() {
    let mut talk = Talk::open(Proof::Password(Secret::new("secret")), true, Security::Tls);
    assert_eq!(talk.grant("draft/account-registration sasl"), ["CAP END"]);
    assert_eq!(talk.answer(":s 001 ann :Welcome"), ["REGISTER ann * :secret"]);
    assert!(!talk.hear(":s 376 ann :End").facts.iter().any(|fact| matches!(fact, Fact::Ready)));
    let out = talk.hear(":s REGISTER SUCCESS ann :made");
    assert!(out.facts.iter().any(|fact| matches!(fact, Fact::Ready)), "{out:?}");
    assert!(talk.session.is_online());
}

#[test]
fn a_taken_nick_is_varied_until_the_log_in_gives_the_right_one() {
    let mut talk = Talk::by_password();
    assert_eq!(talk.answer(":s 433 * ann :in use"), ["NICK ann_"]);
    assert_eq!(talk.answer(":s 433 * ann_ :in use"), ["NICK ann__"]);
    talk.grant("sasl");
    talk.answer("AUTHENTICATE +");
    talk.answer(":s 903 ann :ok");
    talk.answer(":s 001 ann :Welcome");
    assert_eq!(talk.session.nick(), "ann");
    let mut talk = Talk::by_password();
    let mut out = Output::default();
    for _ in 0..=NICK_ATTEMPTS_MAX {
        out = talk.hear(":s 433 * x :in use");
    }
    assert_eq!(failure(&out), Some(LoginFailureKind::NameInUse));
}

#[test]
fn pings_are_answered_at_any_time() {
    let mut talk = Talk::by_password();
    assert_eq!(talk.answer("PING :a b"), ["PONG :a b"]);
    assert_eq!(talk.answer("PING x"), ["PONG x"]);
}

#[test]
fn messages_are_read_with_their_tags() {
    let mut talk = Talk::online("sasl message-tags server-time account-tag");
    let message = talk.message("@time=2026-01-02T03:04:05.678Z;msgid=m1 :bob!b@h PRIVMSG #tea :hi\x02there\x07");
    assert_eq!(message.text, "hi\x02there", "formatting stays, what could steer a terminal goes");
    assert_eq!((message.kind, message.from.as_str(), message.target.as_str()), (EntryKind::Message, "bob", "#tea"));
    assert_eq!(message.time.to_string(), "2026-01-02T03:04:05.678Z");
    assert_eq!(message.msgid.as_deref(), Some("m1"));
    let action = talk.message(":bob!b@h PRIVMSG ann :\x01ACTION waves\x01");
    assert_eq!((action.kind, action.text.as_str()), (EntryKind::Action, "waves"));
    talk.hear(":s 005 ann STATUSMSG=@+ :are supported by this server");
    let status = talk.message(":bob!b@h NOTICE @#tea :for operators");
    assert_eq!((status.kind, status.target.as_str()), (EntryKind::Notice, "#tea"));
    assert!(talk.message(":irc.example.org NOTICE ann :*** hello").is_from_server);
    assert!(talk.message(":Ann!a@h PRIVMSG bob :from elsewhere").is_own);
    assert!(talk.hear(":bob!b@h PRIVMSG ann :\x01VERSION\x01").facts.is_empty(), "machines' questions are not shown");
}

#[test]
fn labels_name_our_own_messages() {
    let mut talk = Talk::online("sasl batch labeled-response message-tags echo-message");
    assert_eq!(talk.message("@label=L1 :ann!a@h PRIVMSG #tea :hi").id.as_deref(), Some("L1"));
    talk.hear("@label=L2 :s BATCH +b labeled-response");
    assert_eq!(talk.message("@batch=b :ann!a@h PRIVMSG bob :hi").id.as_deref(), Some("L2"));
    let Fact::Refused(refusal) = talk.fact("@batch=b :s 401 ann bob :No such nick") else { panic!() };
    assert_eq!((refusal.label.as_deref(), refusal.code.as_str()), (Some("L2"), "401"));
    assert_eq!((refusal.context, refusal.description.as_str()), (vec!["bob".to_owned()], "No such nick"));
    assert!(matches!(talk.fact("@label=L3 ACK"), Fact::Accepted { label } if label == "L3"));
    let forged = talk.message("@label=L1 :bob!b@h PRIVMSG #tea :hi");
    assert_eq!(forged.id, None, "others' messages have no label of ours");
}

#[test]
fn pages_of_history_are_gathered() {
    let mut talk = Talk::online("sasl batch draft/chathistory server-time message-tags");
    assert!(talk.hear(":s BATCH +h chathistory #tea").facts.is_empty());
    assert!(talk.hear("@batch=h;msgid=1 :bob!b@h PRIVMSG #tea :one").facts.is_empty());
    assert!(talk.hear("@batch=h;msgid=2 :bob!b@h JOIN #tea").facts.is_empty());
    let Fact::Page(page) = talk.fact(":s BATCH -h") else { panic!() };
    assert_eq!((page.target.as_str(), page.messages.len(), page.lines), ("#tea", 1, 2));
}

#[test]
fn what_the_server_tells_becomes_facts() {
    let mut talk = Talk::online("sasl standard-replies");
    assert!(matches!(talk.fact(":ann!a@h JOIN #tea"), Fact::Joined { is_own: true, .. }));
    assert!(matches!(talk.fact(":bob!b@h PART #tea :bye"), Fact::Left { by: None, is_own: false, .. }));
    assert!(matches!(talk.fact(":bob!b@h KICK #tea ann :out"), Fact::Left { by: Some(_), is_own: true, .. }));
    assert!(matches!(talk.fact(":bob!b@h AWAY"), Fact::Away { is_away: false, .. }));
    assert!(matches!(talk.fact(":ann!a@h NICK anna"), Fact::Renamed { is_own: true, .. }));
    assert_eq!(talk.session.nick(), "anna");
    assert!(matches!(talk.fact(":s 332 anna #tea :hot"), Fact::Topic { by: None, .. }));
    let Fact::Names { members, .. } = talk.fact(":s 353 anna = #tea :@+bob anna") else { panic!() };
    assert_eq!(members, [("@+".to_owned(), "bob".to_owned()), (String::new(), "anna".to_owned())]);
    let Fact::Modes { ranks, text, .. } = talk.fact(":bob!b@h MODE #tea +lo-v 5 anna bob") else { panic!() };
    assert_eq!(ranks, [('@', true, "anna".to_owned()), ('+', false, "bob".to_owned())]);
    assert_eq!(text, "+lo-v 5 anna bob");
    let Fact::Refused(refusal) = talk.fact(":s FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :later") else { panic!() };
    assert_eq!((refusal.command.as_str(), refusal.code.as_str()), ("PRIVMSG", "TEMPORARILY_UNAVAILABLE"));
    assert!(matches!(talk.fact("ERROR :Closing link"), Fact::Closing { .. }));
    assert!(talk.hear(":s 252 anna 1 :operators").facts.is_empty());
    assert!(talk.hear("no such thing").facts.is_empty());
}

#[test]
fn a_device_asks_for_its_token_once_and_only_with_a_password() {
    let mut talk = Talk::by_password();
    talk.grant("sasl chat-tui/devices");
    talk.answer("AUTHENTICATE +");
    talk.answer(":s 903 ann :ok");
    assert_eq!(talk.answer(":s 422 ann :No MOTD"), ["DEVICE ADD :laptop"]);
    assert!(talk.answer(":s 422 ann :No MOTD").is_empty());
    assert!(matches!(talk.fact(":s DEVICE ADD 7 ctd1_t :laptop"), Fact::Token(token) if token == "ctd1_t"));
}

#[test]
fn messages_carry_what_the_server_understands() {
    let bare = Talk::online("sasl");
    let entry = |kind, reply_to: Option<&str>| {
        let mut entry = Entry::new(kind, "ann", "hi", Timestamp::EPOCH);
        entry.id = Some("id1".into());
        entry.reply = reply_to.map(|to| Box::new(Reply { to: to.into(), quote: None }));
        entry
    };
    let line = |talk: &Talk, kind| talk.session.message_line("#tea", &entry(kind, None)).to_string();
    assert_eq!(line(&bare, EntryKind::Message), "PRIVMSG #tea :hi");
    assert_eq!(line(&bare, EntryKind::Action), "PRIVMSG #tea :\x01ACTION hi\x01");
    assert_eq!(line(&bare, EntryKind::Notice), "NOTICE #tea :hi");
    let full = Talk::online("sasl labeled-response batch message-tags chat-tui/idempotency echo-message");
    assert_eq!(line(&full, EntryKind::Message), "@label=id1;+chat-tui/id=id1 PRIVMSG #tea :hi");
    let answer = entry(EntryKind::Message, Some("m1"));
    let written = full.session.message_line("#tea", &answer).to_string();
    assert_eq!(written, "@+draft/reply=m1;label=id1;+chat-tui/id=id1 PRIVMSG #tea :hi");
    assert_eq!(bare.session.message_line("#tea", &answer).to_string(), "PRIVMSG #tea :hi");
    let room = |kind| full.session.text_bytes_max("#tea", kind);
    assert_eq!(room(EntryKind::Message) - room(EntryKind::Action), 9);
}

#[test]
fn silence_is_noticed() {
    let mut talk = Talk::online("sasl");
    let mut out = Output::default();
    talk.now.elapsed_millis = PING_AFTER_MILLIS;
    talk.session.tick(talk.now, &mut out);
    assert!(written(&out)[0].starts_with("PING"));
    talk.now.elapsed_millis += PING_TIMEOUT_MILLIS;
    talk.session.tick(talk.now, &mut out);
    assert!(matches!(out.facts.last(), Some(Fact::Silent)));
}
